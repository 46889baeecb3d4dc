/* SPDX-License-Identifier: MIT */

/* How a Winsock socket gets its two addresses: bind, connect, accept. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"

#include <mstcpip.h>

/* To a path that it does not like, one that is no UTF-8 for example, Windows says that the network is down. */
static void connect__blame_path(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_UNIX && WSAGetLastError() == WSAENETDOWN)
		WSASetLastError(WSAEINVAL);
}

/*
 * What is taken already is WSAEADDRINUSE or WSAEACCES, by the options of both sockets, and Microsoft's two pages on
 * SO_EXCLUSIVEADDRUSE do not agree on when. No port needs a permission here.
 */
int native_bind(SOCKET s, const struct sockaddr *addr, int length)
{
	if (bind(s, addr, length) == 0)
		return 0;
	connect__blame_path(addr);
	if (addr->sa_family != AF_UNIX && WSAGetLastError() == WSAEACCES)
		WSASetLastError(WSAEADDRINUSE);
	return -1;
}

static bool connect__is_loopback(const struct sockaddr *addr)
{
	const struct in6_addr *ip6 = &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;

	if (addr->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(ip6) || (IN6_IS_ADDR_V4MAPPED(ip6) && ip6->s6_addr[12] == 127);
	return addr->sa_family == AF_INET &&
	       ((const struct sockaddr_in *)(const void *)addr)->sin_addr.S_un.S_un_b.s_b1 == 127;
}

/*
 * Windows sends a SYN again after a refusal, twice, which takes two seconds. On the loopback none is lost: once is
 * enough. Before Windows 10 1709 the number that says so meant 254 times; the option TCP_KEEPIDLE is of that version,
 * too.
 */
static void connect__refuse_at_once(SOCKET s)
{
	TCP_INITIAL_RTO_PARAMETERS once = {.Rtt = TCP_INITIAL_RTO_UNSPECIFIED_RTT,
					   .MaxSynRetransmissions = TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS};
	int idle, length = sizeof idle;
	DWORD unused;

	if (getsockopt(s, IPPROTO_TCP, NATIVE_KEEPIDLE, (char *)&idle, &length) == 0)
		WSAIoctl(s, SIO_TCP_INITIAL_RTO, &once, sizeof once, NULL, 0, &unused, NULL, NULL);
}

int native_connect(SOCKET s, int type, const struct sockaddr *to, int length, int wait_ms)
{
	(void)wait_ms; /* always non-blocking: nothing here could wait */
	if (type == LIBSOCK_STREAM && connect__is_loopback(to))
		connect__refuse_at_once(s);
	if (connect(s, to, length) == 0) {
		if (type == LIBSOCK_DGRAM)
			native_report_icmp(s, TRUE);
		return 0;
	}
	connect__blame_path(to);
	if (WSAGetLastError() == WSAEINVAL && type == LIBSOCK_STREAM)
		WSASetLastError(os_listens((intptr_t)s) == 1 ? WSAEISCONN : WSAEINVAL);
	if (WSAGetLastError() == WSAEWOULDBLOCK)
		WSASetLastError(WSAEINPROGRESS);
	return -1;
}

/* For how long there has been a connection is told of one alone, and −1 of all else (Microsoft's page on SO_CONNECT_TIME). */
bool native_was_connected(SOCKET s)
{
	DWORD seconds = 0;
	int size = sizeof seconds;

	return getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &size) != 0 || seconds != (DWORD)-1;
}

/* A peer is named of an attempt that is under way, too, and by Wine 10 of a connection that was reset. */
static bool connect__is_up(SOCKET s, int family)
{
	int type = 0, length = sizeof type;

	if (getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &length) != 0 || type != SOCK_STREAM)
		return true; /* datagram sockets have no connection, but a peer */
	return (family == AF_UNIX || native_was_connected(s)) && !native_was_reset(s);
}

int native_getpeername(SOCKET s, struct sockaddr *name, int *length)
{
	if (getpeername(s, name, length) != 0)
		return -1;
	if (connect__is_up(s, name->sa_family))
		return 0;
	WSASetLastError(WSAENOTCONN);
	return -1;
}

/* SO_ERROR may be empty yet where select tells of a failure (Microsoft's page on SO_ERROR), or when it was asked before. */
bool native_is_connected(SOCKET s)
{
	struct sockaddr_storage peer;
	int size = sizeof peer, number = 0, length = sizeof number;
	const bool was = getpeername(s, (struct sockaddr *)&peer, &size) == 0;

	if (was && connect__is_up(s, peer.ss_family))
		return true;
	Sleep(0);
	getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&number, &length);
	if (number == 0)
		number = was ? WSAECONNRESET : WSAENOTCONN;
	WSASetLastError(number);
	return false;
}

SOCKET native_accept(SOCKET s, struct sockaddr *peer, int *length, bool nowait)
{
	SOCKET conn = accept(s, peer, length);

	(void)nowait; /* the listener is non-blocking */
	if (conn == INVALID_SOCKET && WSAGetLastError() == WSAENOTCONN)
		WSASetLastError(WSAECONNRESET); /* Wine's word for a connection that died in the queue */
	if (conn == INVALID_SOCKET || (native_inherit(conn, false) == 0 && native_set_blocking(conn, false) == 0))
		return conn;
	closesocket(conn);
	WSASetLastError(WSAECONNRESET); /* what accept itself says of a connection that is gone */
	return INVALID_SOCKET;
}

#ifndef IO_REPARSE_TAG_AF_UNIX
#define IO_REPARSE_TAG_AF_UNIX 0x80000023L
#endif

/* A socket's file is a reparse point with a tag of its own (MS-FSCC, section 2.1.2.1). */
int os_remove_socket(const char *path)
{
	WCHAR wide[OS_PATH_MAX];
	WIN32_FIND_DATAW found;
	HANDLE search;

	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, OS_PATH_MAX) == 0)
		return LIBSOCK_EADDRINUSE;
	search = FindFirstFileW(wide, &found);
	if (search == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_FILE_NOT_FOUND ? 0 : LIBSOCK_EADDRINUSE;
	FindClose(search);
	if (!(found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) || found.dwReserved0 != IO_REPARSE_TAG_AF_UNIX)
		return LIBSOCK_EADDRINUSE;
	if (DeleteFileW(wide) || GetLastError() == ERROR_FILE_NOT_FOUND)
		return 0;
	return GetLastError() == ERROR_ACCESS_DENIED ? LIBSOCK_EACCES : LIBSOCK_EADDRINUSE;
}
