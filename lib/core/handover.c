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

static ptrdiff_t handover__send(struct sock channel, const void *data, size_t size, const intptr_t fds[], int count,
				int64_t deadline)
{
	struct transfer_tries tries = {0};
	ptrdiff_t n;

	do
		n = os_send_fds(channel.fd, data, size, fds, count, transfer_how(deadline));
	while (n < 0 && transfer_send_again(channel.fd, &n, deadline, &tries));
	return n;
}

static ptrdiff_t handover__recv(struct sock channel, void *data, size_t size, intptr_t fds[], int *count, int whole,
				int64_t deadline)
{
	struct transfer_tries tries = {0};
	const int room = *count;
	ptrdiff_t n;

	do {
		*count = room;
		n = os_recv_fds(channel.fd, channel.type, data, size, fds, count, transfer_how(deadline) | whole);
	} while (n < 0 && transfer_again(channel.fd, &n, OS_READABLE, deadline, &tries));
	return n;
}

ptrdiff_t sock_send_descriptors(struct sock channel, const void *data, size_t size, const intptr_t fds[], int count,
				int64_t deadline)
{
	int err = handover__check(channel);

	if (err < 0)
		return err;
	if (data == NULL || size == 0 || count < 0 || count > LIBSOCK_DESCRIPTORS_MAX || (fds == NULL && count > 0))
		return LIBSOCK_EINVAL;
	return handover__send(channel, data, size, fds, count, deadline);
}

ptrdiff_t sock_recv_descriptors(struct sock channel, void *data, size_t size, intptr_t fds[], int room, int *count,
				int64_t deadline)
{
	int err = handover__check(channel);
	ptrdiff_t n;

	if (count == NULL)
		return LIBSOCK_EINVAL;
	*count = 0;
	if (err < 0)
		return err;
	if (data == NULL || size == 0 || room < 0 || (fds == NULL && room > 0))
		return LIBSOCK_EINVAL;
	*count = room;
	n = handover__recv(channel, data, size, fds, count, OS_WHOLE, deadline);
	return n == 0 && channel.type == LIBSOCK_STREAM ? transfer_end(channel.fd) : n;
}

int sock_send_socket(struct sock channel, struct sock s, int64_t deadline)
{
	int err = handover__check(channel);
	ptrdiff_t n;

	if (err == 0 && s.family <= 0)
		err = socket_none(s);
	if (err < 0)
		return err;
	n = handover__send(channel, "", 1, &s.fd, 1, deadline);
	return n < 0 ? (int)n : 0;
}

int sock_recv_socket(struct sock channel, struct sock *s, int64_t deadline)
{
	int err = handover__check(channel), count = 1;
	intptr_t fd = -1;
	char unused;
	ptrdiff_t n;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (err < 0)
		return err;
	n = handover__recv(channel, &unused, 1, &fd, &count, 0, deadline);
	if (n < 0)
		return (int)n;
	if (count == 0)
		return n == 0 && channel.type == LIBSOCK_STREAM ? LIBSOCK_EEOF : LIBSOCK_EPROTO;
	err = sock_adopt(s, fd);
	if (err < 0)
		os_discard(fd);
	return err == LIBSOCK_EBADF ? LIBSOCK_ENOTSOCK : err; /* open(2), O_PATH: the channel is not bad */
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
