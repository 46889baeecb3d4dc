/* SPDX-License-Identifier: MIT */

/* What Winsock does its own way: its start, its clock, select, and the errors of datagrams. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stdint.h>

#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif
#ifndef SIO_UDP_NETRESET
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)
#endif
#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif

static BOOL CALLBACK os__start(INIT_ONCE *once, void *number, void **unused)
{
	WSADATA data;

	(void)once;
	(void)unused;
	*(int *)number = WSAStartup(MAKEWORD(2, 2), &data);
	return *(int *)number == 0;
}

/* Never ended by WSACleanup: it would end the host program's own sockets if that forgot to start Winsock itself. */
int native_start(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	int number = WSASYSNOTREADY;

	if (InitOnceExecuteOnce(&once, os__start, &number, NULL))
		return 0;
	WSASetLastError(number);
	return -1;
}

int64_t os_now_us(void)
{
	LARGE_INTEGER frequency, ticks; /* neither call fails since Windows XP */

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&ticks);
	return (ticks.QuadPart / frequency.QuadPart + 1) * 1000000 +
	       ticks.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

int native_set_blocking(SOCKET s, bool blocking)
{
	u_long nonblocking = !blocking;

	return ioctlsocket(s, (long)FIONBIO, &nonblocking);
}

int native_pending(SOCKET s, int *bytes)
{
	u_long count = 0;

	if (ioctlsocket(s, FIONREAD, &count) != 0)
		return -1;
	*bytes = count < INT_MAX ? (int)count : INT_MAX;
	return 0;
}

int native_ask_family(SOCKET s, int *family)
{
	WSAPROTOCOL_INFOA info; /* unlike getsockname this works before bind */
	int length = sizeof info;

	if (native_start() != 0 || getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info, &length) != 0)
		return -1;
	*family = info.iAddressFamily;
	return 0;
}

/*
 * Windows reports the ICMP answer to one datagram as an error of the next receive (KB 263823), and "time to live over"
 * likewise. Only a connected socket can tell whose it was. Failure is no harm: the system then has no such reports.
 */
void native_report_icmp(SOCKET s, BOOL on)
{
	DWORD unused;

	WSAIoctl(s, SIO_UDP_CONNRESET, &on, sizeof on, NULL, 0, &unused, NULL, NULL);
	if (!on)
		WSAIoctl(s, SIO_UDP_NETRESET, &on, sizeof on, NULL, 0, &unused, NULL, NULL);
}

int native_inherit(SOCKET s, bool on)
{
	return SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, on ? HANDLE_FLAG_INHERIT : 0) ? 0 : -1;
}

int native_inherits(SOCKET s, int64_t *on)
{
	DWORD flags = 0;

	if (!GetHandleInformation((HANDLE)s, &flags))
		return -1;
	*on = (flags & HANDLE_FLAG_INHERIT) != 0;
	return 0;
}

static bool os__is_unconnected_datagram(SOCKET s)
{
	struct sockaddr_storage peer;
	int type, length = sizeof type, size = sizeof peer;

	return getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &length) == 0 && type == SOCK_DGRAM &&
	       getpeername(s, (struct sockaddr *)&peer, &size) != 0;
}

int native_tame(SOCKET s)
{
	if (native_inherit(s, false) != 0)
		return -1;
	if (os__is_unconnected_datagram(s))
		native_report_icmp(s, FALSE);
	return 0;
}

static int os__open_error(int number)
{
	switch (number) {
	case WSAEAFNOSUPPORT:
	case WSAEPFNOSUPPORT:
	case WSAEPROTONOSUPPORT:
	case WSAESOCKTNOSUPPORT:
	case WSAEPROTOTYPE:
		return LIBSOCK_ENOTSUP;
	default:
		return os_error(number);
	}
}

int os_open(int family, int type, intptr_t *result)
{
	SOCKET s;
	DWORD off = 0;
	int err;

	if (native_start() != 0)
		return os_error(WSAGetLastError());
	s = WSASocketW(bsd_native_family(family), type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM, 0, NULL, 0,
		       WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	if (s == INVALID_SOCKET)
		return os__open_error(WSAGetLastError());
	if (native_set_blocking(s, false) != 0)
		goto fail;
	if (family == LIBSOCK_AF_INET6 && setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&off, sizeof off) != 0)
		goto fail;
	if (type == LIBSOCK_DGRAM)
		native_report_icmp(s, FALSE);
	*result = (intptr_t)s;
	return 0;
fail:
	err = os_error(WSAGetLastError());
	closesocket(s);
	return err;
}

int os_has_descriptor(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

int os_open_stream(int family, intptr_t *result)
{
	return os_open(family, LIBSOCK_STREAM, result);
}

/* A socket that is to linger must be allowed to wait, or it stays open (Microsoft's page on closesocket). */
int os_close(intptr_t fd)
{
	int result;

	os_forget(fd); /* first: once it is free, the number is another thread's next socket */
	result = closesocket((SOCKET)fd);

	if (result != 0 && WSAGetLastError() == WSAEWOULDBLOCK && native_set_blocking((SOCKET)fd, true) == 0)
		result = closesocket((SOCKET)fd);
	return result == 0 ? 0 : os_error(WSAGetLastError());
}

/* No piece at all would be WSAEINVAL, and a null in an empty one WSAEFAULT. */
static DWORD os__put_part(WSABUF *part, const void *data, size_t size)
{
	*part = (WSABUF){.len = (ULONG)size, .buf = (char *)(uintptr_t)data};
	return 1;
}

ptrdiff_t os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how)
{
	WSABUF list[OS_PART_MAX];
	DWORD n = 0, filled = 0;
	size_t room = NATIVE_TRANSFER_MAX; /* for all together */

	(void)how; /* never waits */
	for (int i = 0; i < count && room > 0; i++) {
		size_t size = parts[i].size < room ? parts[i].size : room;

		filled += os__put_part(&list[filled], parts[i].data, size);
		room -= size;
	}
	if (filled == 0)
		filled = os__put_part(&list[0], "", 0);
	if (WSASend((SOCKET)fd, list, filled, &n, 0, NULL, NULL) == 0)
		return (ptrdiff_t)n;
	return bsd_send_error(fd);
}

ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_buffer *rooms, int count, int how)
{
	WSABUF list[OS_PART_MAX];
	DWORD n = 0, filled = 0, flags = 0;
	ptrdiff_t result;
	char none;

	(void)how;
	for (int i = 0; i < count; i++)
		filled += os__put_part(&list[filled], rooms[i].data, rooms[i].size);
	if (filled == 0)
		filled = os__put_part(&list[0], &none, 0);
	result = WSARecv((SOCKET)fd, list, filled, &n, &flags, NULL, NULL) == 0 ? (ptrdiff_t)n : -1;
	result = native_received(type, result);
	if (result >= 0)
		return result;
	return type == LIBSOCK_DGRAM ? bsd_receive_error() : bsd_error();
}

/* AF_UNIX has no socketpair here. */
int os_pair(int type, intptr_t fd[2])
{
	(void)type;
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t native_receive(SOCKET s, void *data, size_t size, int flags, struct sockaddr *from, int *length)
{
	char none; /* a null buffer is WSAEFAULT, whatever its size */

	return native_received(LIBSOCK_DGRAM, recvfrom(s, data ? data : &none, NATIVE_SIZE(size), flags, from, length));
}

int native_getsockname(SOCKET s, struct sockaddr *name, int *length)
{
	int family;

	if (getsockname(s, name, length) == 0)
		return 0;
	/* Not bound yet; elsewhere that is the wildcard. */
	if (WSAGetLastError() != WSAEINVAL || native_ask_family(s, &family) != 0)
		return -1;
	ZeroMemory(name, (size_t)*length);
	name->sa_family = (ADDRESS_FAMILY)family;
	if (family == AF_UNIX)
		*length = offsetof(struct sockaddr_un, sun_path);
	return 0;
}

_Static_assert((int)OS_WAIT_MAX <= FD_SETSIZE, "a set of sockets holds all that are waited for");

/* How long an end can be overlooked by who waits to send. */
enum { OS__SLICE_MS = 100 };

/*
 * That a connection was reset select promises to tell among the readable alone (Microsoft's page on it), where a writer
 * would be told of all that has come, too. Wine 10, which sends in the background what did not fit, can forget to tell
 * who waits to send, of one's own end as well. The send itself knows: it is tried anew every so often.
 */
static int os__patience(const struct os_wait_item items[], int count, int wait_ms)
{
	if (wait_ms >= 0 && wait_ms <= OS__SLICE_MS)
		return wait_ms;
	for (int i = 0; i < count; i++)
		if (items[i].event == OS_WRITABLE)
			return OS__SLICE_MS;
	return wait_ms;
}

/*
 * select, not WSAPoll: before Windows 10 2004 that never told of a failed connect (it is in select's set of
 * exceptions). A set is an array here, so a socket's number does not matter.
 */
int os_wait(struct os_wait_item items[], int count, int wait_ms)
{
	fd_set readable, writable, failed;
	const int patience = os__patience(items, count, wait_ms);
	struct timeval limit = {.tv_sec = patience / 1000, .tv_usec = patience % 1000 * 1000};
	int ready = 0;

	if (count == 0) { /* select takes no empty sets */
		Sleep((DWORD)wait_ms);
		return 0;
	}
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_ZERO(&failed);
	for (int i = 0; i < count; i++) {
		if (items[i].fd == -1)
			continue;
		FD_SET((SOCKET)items[i].fd, items[i].event == OS_READABLE ? &readable : &writable);
		if (items[i].event == OS_CONNECTED) /* for others it would mean out-of-band data */
			FD_SET((SOCKET)items[i].fd, &failed);
	}
	if (select(0, &readable, &writable, &failed, patience < 0 ? NULL : &limit) < 0)
		return native_is_no_socket() ? LIBSOCK_EBADF : os_error(WSAGetLastError());
	for (int i = 0; i < count; i++) {
		SOCKET s = (SOCKET)items[i].fd;

		items[i].ready = FD_ISSET(s, &readable) || FD_ISSET(s, &writable) || FD_ISSET(s, &failed) ||
				 (items[i].event == OS_WRITABLE && patience != wait_ms);
		ready += items[i].ready;
	}
	return ready;
}
