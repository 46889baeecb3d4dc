/* SPDX-License-Identifier: MIT */

/*
 * Winsock under bsd.c: its types, constants and the calls that differ from POSIX. Every socket is non-blocking, because
 * Winsock has no MSG_DONTWAIT and a mode that changes from call to call would be a race between a reader and a writer;
 * the deadline loop does the waiting. Included before anything else.
 */

#ifndef LIBSOCK_NATIVE_H
#define LIBSOCK_NATIVE_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#include "names.h"

#define FD_SETSIZE 32 /* how large a set is, in the user's hands (Microsoft's page on select): as OS_WAIT_MAX */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <afunix.h>
#include <iphlpapi.h>
#include <limits.h>
#include <mswsock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef SOCKET native_socket;
typedef int native_len;
typedef DWORD native_size; /* of getnameinfo */
typedef WSAPOLLFD native_pollfd;

/*
 * What one transfer takes. Windows buffers a send whole, however long, while less than SO_SNDBUF is waiting: without a
 * limit there would be no back-pressure, and no deadline. No datagram is as long, so one that is cut is still too long.
 */
enum { NATIVE_TRANSFER_MAX = 128 * 1024 };

#define NATIVE_SIZE(size) ((int)((size) > NATIVE_TRANSFER_MAX ? NATIVE_TRANSFER_MAX : (size)))
#define NATIVE_EINTR WSAEINTR
#define NATIVE_DONTWAIT 0
#define NATIVE_SEND_FLAGS 0
#define NATIVE_SKIP 0
#define NATIVE_REUSE SO_EXCLUSIVEADDRUSE /* SO_REUSEADDR lets anybody take a port that is in use */
#define NATIVE_SHUT_RD SD_RECEIVE
#define NATIVE_SHUT_WR SD_SEND
#define NATIVE_SHUT_RDWR SD_BOTH
#define NATIVE_ABSTRACT_NAMES false
#define NATIVE_NONE INVALID_SOCKET
#define NATIVE_POLLRDHUP 0
#define NATIVE_POLL_TELLS_END true /* POLLHUP */

enum { NATIVE_BLOCKING = false };

enum { NATIVE_PATH_NUL = 1 }; /* at the end of a Unix-domain path: nothing says that it may lack */

enum { NATIVE_HANGUP_ENDS_BOTH = false }; /* WSAPoll reports POLLHUP when the peer alone has ended */

static inline int native_error(void)
{
	return WSAGetLastError();
}

static inline void native_clear_error(void)
{
	WSASetLastError(0);
}

/* Is the error of a receive about a datagram that was sent earlier? For sockets that are connected before libsock gets them. */
static inline bool native_is_path_error(void)
{
	const int number = WSAGetLastError();

	return number == WSAEHOSTUNREACH || number == WSAENETUNREACH || number == WSAEHOSTDOWN;
}

static inline bool native_is_ending(void)
{
	return false;
}

/* What WSAPoll and select say of a set in which no socket is any more, Wine and Windows. */
static inline bool native_is_no_socket(void)
{
	return WSAGetLastError() == WSAENOTSOCK || WSAGetLastError() == WSAEINVAL;
}

/* WSAStartup, once. 0 or −1. Whatever needs no socket to call begins with it. */
int native_start(void);

/* What getaddrinfo() returned, in our codes. */
int native_resolver_error(int number);

/* These return what the Winsock calls of the like names do, with WSAGetLastError(). */

int native_bind(SOCKET s, const struct sockaddr *addr, int length);
int native_connect(SOCKET s, int type, const struct sockaddr *to, int length, int wait_ms);
SOCKET native_accept(SOCKET s, struct sockaddr *peer, int *length, bool nowait); /* never waits */
int native_shutdown(SOCKET s, int how);
ptrdiff_t native_recv(SOCKET s, void *data, size_t size, int flags);
int native_getsockname(SOCKET s, struct sockaddr *name, int *length);
int native_getpeername(SOCKET s, struct sockaddr *name, int *length);

/* Of an attempt that is over and has no error in SO_ERROR: is there a peer? Or else WSAGetLastError() says why not. */
bool native_is_connected(SOCKET s);

/* Has the connection ended with a reset, whoever was told of it? */
bool native_was_reset(SOCKET s);

/* Is a stream connected, or was it once? */
bool native_was_connected(SOCKET s);

/* One datagram. `length` may be NULL with `from`. */
ptrdiff_t native_receive(SOCKET s, void *data, size_t size, int flags, struct sockaddr *from, int *length);

/* Is a program that this one starts to have it; has it? 0 or −1. */
int native_inherit(SOCKET s, bool on);
int native_inherits(SOCKET s, int64_t *on);

/* Whether what ICMP answers to a datagram is an error of the next receive. */
void native_report_icmp(SOCKET s, BOOL on);

/* Not inheritable and, until it is connected, without reports of ICMP, for a socket that was not born so. 0 or −1. */
int native_tame(SOCKET s);

/* The address family of a foreign socket. 0 or −1. */
int native_ask_family(SOCKET s, int *family);

/* As poll does on POSIX; may return early. */
int native_poll(native_pollfd polled[], unsigned count, int wait_ms);

enum { NATIVE_NUMBER_STEP = 4 }; /* between the numbers of two sockets: a handle's last two bits are the program's */

static inline bool native_at_end(SOCKET s)
{
	(void)s;
	return false;
}

/* FIONREAD. 0 or −1. */
int native_pending(SOCKET s, int *bytes);

/* A look takes no error: Winsock remembers. */
static inline ptrdiff_t native_look(SOCKET s)
{
	(void)s;
	return 1;
}

/* 0, or −1 for what is no socket. Nothing here tells a socket from a later one with the same number. */
int native_identity(SOCKET s, uint64_t *identity);

/* 0 or −1. */
int native_set_blocking(SOCKET s, bool blocking);

/* What a receive gave, in the words of other systems. */
ptrdiff_t native_received(int type, ptrdiff_t n);

/* A send has failed: WSAGetLastError() says why in the words of other systems from then on. */
void native_send_failed(SOCKET s, bool has_address);
#define NATIVE_SEND_FAILED /* of os_send(), too */

/* Datagrams with control messages. Numbers that older headers lack are from the Windows SDK's. */

typedef WSABUF native_part;
typedef WSAMSG native_message;
typedef WSACMSGHDR native_cmsg;

/* The WSA_CMSG_ macros of mswsock.h, whose arithmetic in MinGW's is in the wrong sign. */

static inline size_t native_cmsg_align(size_t size)
{
	return (size + _Alignof(WSACMSGHDR) - 1) / _Alignof(WSACMSGHDR) * _Alignof(WSACMSGHDR);
}

static inline size_t native_cmsg_length(size_t size)
{
	return native_cmsg_align(sizeof(WSACMSGHDR)) + size;
}

static inline size_t native_cmsg_space(size_t size)
{
	return native_cmsg_align(native_cmsg_length(size));
}

static inline void *native_cmsg_data(native_cmsg *item)
{
	return (char *)item + native_cmsg_align(sizeof *item);
}

enum {
	NATIVE_LOCAL4 = IP_PKTINFO,
	NATIVE_LOCAL4_SIZE = sizeof(IN_PKTINFO),
	NATIVE_RECV_LOCAL4 = IP_PKTINFO,
	NATIVE_RECV_LOCAL6 = IPV6_PKTINFO,
	NATIVE_RECV_TTL6 = IPV6_HOPLIMIT,
	NATIVE_ECN4 = 50, /* IP_ECN, IPV6_ECN */
	NATIVE_ECN6 = 50,
	NATIVE_RECV_ECN4 = IP_RECVTOS,
	NATIVE_RECV_ECN6 = IPV6_RECVTCLASS,
	NATIVE_TTL4 = IP_TTL,
	NATIVE_SEGMENT = 2, /* UDP_SEND_MSG_SIZE */
	NATIVE_CUTS_ONLY_PLAIN = true, /* build 20348 gets TTL and ECN wrong beside it (msquic) */
	/* Not UDP_RECV_MAX_COALESCED_SIZE: some machines join datagrams without the message that tells their length. */
	NATIVE_SEGMENTS = -1,
	NATIVE_SEGMENTS_ON = 0
};
typedef DWORD native_segment;
typedef int native_ecn4;

static inline native_part native_make_part(void *data, size_t size)
{
	return (native_part){.len = (ULONG)size, .buf = data};
}

static inline native_message native_make_message(struct sockaddr *name, int length, native_part *part, void *control,
						 size_t size)
{
	return (native_message){
		.name = name,
		.namelen = length,
		.lpBuffers = part,
		.dwBufferCount = 1,
		.Control = {.buf = control, .len = (ULONG)size},
	};
}

static inline int native_name_length(const native_message *message)
{
	return message->namelen;
}

static inline size_t native_control_size(const native_message *message)
{
	return message->Control.len;
}

static inline bool native_is_truncated(const native_message *message)
{
	return message->dwFlags & MSG_TRUNC;
}

ptrdiff_t native_send_message(SOCKET s, const native_message *message, int flags);
ptrdiff_t native_recv_message(SOCKET s, native_message *message, int flags);

/* The message once for each part, in order. How many were sent, or −1 if none. */
int native_send_each(SOCKET s, const native_message *message, native_part parts[], int count, int flags);

/* Is what a control message says of a field, of enum sock_packet_field, heeded when sending? */
bool native_hears(int field);

/* The local IPv4 address in a control message of type NATIVE_LOCAL4. Its size; the interface's index, or 0. */
size_t native_put_local4(void *data, const uint8_t ip[4], uint32_t interface_index);
uint32_t native_get_local4(const void *data, uint8_t ip[4]);

#endif
