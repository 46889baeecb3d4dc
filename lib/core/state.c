/* SPDX-License-Identifier: MIT */

/* What waits in a socket, and how it goes: looking without taking. */

#include "libsock.h"
#include "os.h"
#include "os_state.h"
#include "socket.h"
#include "transfer.h"

#include <string.h>

static int state__check_room(struct sock s, const void *data, size_t size)
{
	if (s.family <= 0)
		return socket_none(s);
	if (s.type == LIBSOCK_STREAM ? data == NULL || size == 0 : data == NULL && size > 0)
		return LIBSOCK_EINVAL;
	return s.type == LIBSOCK_STREAM || socket_is_plain_datagram(s) ? 0 : LIBSOCK_EINVAL;
}

ptrdiff_t sock_peek(struct sock s, void *data, size_t size, int64_t deadline)
{
	struct transfer_tries tries = {0};
	ptrdiff_t n = state__check_room(s, data, size);

	if (n < 0)
		return n;
	do
		n = os_peek(s.fd, s.family, s.type, data, size, transfer_how_again(deadline, &tries));
	while (n < 0 && transfer_again(s.fd, &n, OS_READABLE, deadline, &tries));
	return n == 0 && s.type == LIBSOCK_STREAM ? transfer_end(s.fd) : n;
}

ptrdiff_t sock_pending(struct sock s)
{
	ptrdiff_t n;

	if (s.family <= 0)
		return socket_none(s);
	n = os_pending(s.fd);
	return n == 0 && s.type == LIBSOCK_STREAM && os_listens(s.fd) > 0 ? LIBSOCK_EINVAL : n; /* Linux: already so */
}

int sock_pending_error(struct sock s)
{
	return s.family <= 0 ? socket_none(s) : os_pending_error(s.fd, s.family, s.type);
}

int sock_statistics(struct sock s, struct sock_statistics *out)
{
	struct sock_statistics found = {0};
	int err = socket_check(s, LIBSOCK_STREAM);

	if (err < 0)
		return err;
	if (out == NULL)
		return LIBSOCK_EINVAL;
	if (s.family == LIBSOCK_AF_UNIX)
		return LIBSOCK_ENOPROTOOPT;
	memset(&found, 0xff, offsetof(struct sock_statistics, state)); /* −1 */
	found.state = LIBSOCK_STATE_UNKNOWN;
	err = os_statistics(s.fd, &found);
	if (err == 0)
		*out = found;
	return err;
}
