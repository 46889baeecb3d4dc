/* SPDX-License-Identifier: MIT */

/*
 * Other processes: who is at the other end, and sockets from there, through a channel or from the service manager that
 * started this one.
 */

#include "libsock.h"
#include "os.h"
#include "os_process.h"
#include "socket.h"
#include "transfer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* sd_listen_fds(3): the first descriptor that the service manager passes. */
enum { HANDOVER__FIRST = 3 };

int sock_peer_credentials(struct sock s, struct sock_credentials *credentials)
{
	struct sock_credentials found = {.pid = -1, .uid = -1, .gid = -1};
	int err = s.family <= 0 || s.family == LIBSOCK_AF_UNIX ? socket_check(s, LIBSOCK_STREAM) : LIBSOCK_ENOTSUP;

	if (err < 0)
		return err;
	if (credentials == NULL)
		return LIBSOCK_EINVAL;
	if (os_listens(s.fd) > 0)
		return LIBSOCK_ENOTCONN; /* Linux would tell of this very process */
	err = os_peer_credentials(s.fd, &found);
	if (err == 0)
		*credentials = found;
	return err;
}

static int handover__check(struct sock channel)
{
	if (channel.family <= 0)
		return socket_none(channel);
	return channel.family == LIBSOCK_AF_UNIX && os_has_handover() ? 0 : LIBSOCK_ENOTSUP;
}

int sock_send_socket(struct sock channel, struct sock s, int64_t deadline)
{
	ptrdiff_t result = handover__check(channel);
	struct transfer_tries tries = {0};

	if (result == 0 && s.family <= 0)
		result = socket_none(s);
	if (result < 0)
		return (int)result;
	do
		result = os_send_fd(channel.fd, s.fd, transfer_how(deadline));
	while (result < 0 && transfer_send_again(channel.fd, &result, deadline, &tries));
	return (int)result;
}

int sock_recv_socket(struct sock channel, struct sock *s, int64_t deadline)
{
	ptrdiff_t result = handover__check(channel);
	intptr_t fd = -1;
	struct transfer_tries tries = {0};

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (result < 0)
		return (int)result;
	do
		result = os_recv_fd(channel.fd, channel.type, &fd, transfer_how(deadline));
	while (result < 0 && transfer_again(channel.fd, &result, OS_READABLE, deadline, &tries));
	if (result < 0)
		return (int)result;
	result = sock_adopt(s, fd);
	if (result < 0)
		os_discard(fd);
	return result == LIBSOCK_EBADF ? LIBSOCK_ENOTSOCK : (int)result; /* open(2), O_PATH: the channel is not bad */
}

/* A variable of the environment that holds a number: 0 where there is none, or why it is no number. */
static int handover__number(const char *name)
{
	const char *text = getenv(name);
	int number = 0;

	if (text == NULL)
		return 0;
	if (*text == '\0')
		return LIBSOCK_EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > (INT_MAX - HANDOVER__FIRST - 9) / 10)
			return LIBSOCK_EINVAL;
		number = number * 10 + (*text - '0');
	}
	return number;
}

/* How many descriptors were passed to this process, and not to the one that it was forked from. */
static int handover__count(void)
{
	int pid = handover__number("LISTEN_PID"), count = handover__number("LISTEN_FDS");

	if (!os_has_handover() || pid == 0 || (pid > 0 && pid != os_process_id()))
		return 0;
	return pid < 0 ? pid : count;
}

/* Is the next of the names, which colons separate, this one? A descriptor beyond the last name has none. */
static bool handover__is_named(const char **names, const char *name)
{
	const char *next = *names;
	size_t length = next ? strcspn(next, ":") : 0;

	if (next)
		*names = next[length] == ':' ? next + length + 1 : NULL;
	return name == NULL || (next && strlen(name) == length && memcmp(next, name, length) == 0);
}

int sock_activation_sockets(const char *name, struct sock out[], int room)
{
	const char *names = getenv("LISTEN_FDNAMES");
	int count = handover__count(), found = 0;

	if (room < 0 || (out == NULL && room > 0))
		return LIBSOCK_EINVAL;
	for (int i = 0; i < count && (name == NULL || names); i++) {
		int err;

		if (!handover__is_named(&names, name))
			continue;
		if (found < room)
			err = sock_adopt(&out[found], HANDOVER__FIRST + i);
		else
			err = os_is_datagram(HANDOVER__FIRST + i) == LIBSOCK_EBADF ? LIBSOCK_EBADF : 0;
		if (err < 0)
			return err;
		found++;
	}
	return count < 0 ? count : found;
}
