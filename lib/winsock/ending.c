/* SPDX-License-Identifier: MIT */

/* How a stream has ended, where a receive gives 0 or an error of Winsock's own. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"

/*
 * After a reset that has been told, Wine says end of file. It remembers the reset itself only if its server came to see
 * it before a receive did; all that it knows otherwise is that both directions are over, and a send that is not one's
 * own end.
 */
bool native_was_reset(SOCKET s)
{
	WSAPOLLFD item = {.fd = s};

	if (WSAPoll(&item, 1, 0) <= 0)
		return false;
	return (item.revents & POLLERR) != 0 ||
	       ((item.revents & POLLHUP) != 0 && send(s, "", 0, 0) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET);
}

/* Wine's succeeds after a reset, and what then is left to be seen is an own end: say it first, as other systems do. */
int native_shutdown(SOCKET s, int how)
{
	if (native_was_reset(s)) {
		WSASetLastError(WSAENOTCONN);
		return SOCKET_ERROR;
	}
	return shutdown(s, how);
}

/* What the end of a stream, or an answer to an earlier datagram, is called elsewhere. */
ptrdiff_t native_received(int type, ptrdiff_t n)
{
	if (n < 0 && type == LIBSOCK_DGRAM && WSAGetLastError() == WSAECONNRESET)
		WSASetLastError(WSAECONNREFUSED); /* a datagram socket has no connection to reset: nobody listened */
	if (n < 0 && type == LIBSOCK_DGRAM && WSAGetLastError() == WSAENETRESET)
		WSASetLastError(WSAEHOSTUNREACH); /* nor one to keep alive: its time to live was over */
	if (type != LIBSOCK_STREAM)
		return n;
	return n < 0 && WSAGetLastError() == WSAESHUTDOWN ? 0 /* one's own shutdown: end of file, as on POSIX */ : n;
}

int os_end(intptr_t fd)
{
	char byte;

	if (native_was_reset((SOCKET)fd)) /* or refused before it was one */
		return native_was_connected((SOCKET)fd) ? LIBSOCK_ECONNRESET : LIBSOCK_ENOTCONN;
	if (recv((SOCKET)fd, &byte, 1, MSG_PEEK) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN)
		return 0;
	return LIBSOCK_EEOF;
}

/* Winsock itself remembers, and does not say whether a stream is over. */
int os_ended_by(intptr_t fd, int err)
{
	(void)fd;
	return err;
}

/* Of a connection SO_ERROR tells nothing once it is made; a datagram socket knows no peer to have been reset. */
int os_pending_error(intptr_t fd, int family, int type)
{
	int number = 0, size = sizeof number;

	(void)family;
	if (type == LIBSOCK_STREAM && !native_was_connected((SOCKET)fd))
		return native_identity((SOCKET)fd, &(uint64_t){0}) == 0 ? LIBSOCK_ENOTCONN : bsd_error();
	if (type == LIBSOCK_STREAM && native_was_reset((SOCKET)fd))
		return LIBSOCK_ECONNRESET;
	if (getsockopt((SOCKET)fd, SOL_SOCKET, SO_ERROR, (char *)&number, &size) != 0)
		return bsd_error();
	WSASetLastError(number);
	if (type == LIBSOCK_DGRAM)
		native_received(type, -1);
	return WSAGetLastError() == 0 || native_is_path_error() ? 0 : bsd_error();
}

ptrdiff_t native_recv(SOCKET s, void *data, size_t size, int flags)
{
	return native_received(LIBSOCK_STREAM, recv(s, data, NATIVE_SIZE(size), flags));
}
