/* SPDX-License-Identifier: MIT */

/*
 * Winsock under bsd.c: its types, constants and the calls that differ from POSIX. Every socket is non-blocking, because
 * Winsock has no MSG_DONTWAIT and a mode that changes from call to call would be a race between a reader and a writer; the
 * deadline loop does the waiting. Included before anything else.
 */

#ifndef LIBSOCK_NATIVE_H
#define LIBSOCK_NATIVE_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

#include <winsock2.h>
#include <ws2tcpip.h>
#include <afunix.h>
#include <iphlpapi.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef SOCKET native_socket;
typedef int native_len;
typedef DWORD native_size; /* of getnameinfo */
typedef WSAPOLLFD native_pollfd;

#define NATIVE_SIZE(size) ((int)((size) > INT_MAX ? INT_MAX : (size))) /* counts in int */
#define NATIVE_DONTWAIT 0
#define NATIVE_SEND_FLAGS 0
#define NATIVE_REUSE SO_EXCLUSIVEADDRUSE /* SO_REUSEADDR lets anybody take a port that is in use */
#define NATIVE_SHUT_RD SD_RECEIVE
#define NATIVE_SHUT_WR SD_SEND
#define NATIVE_SHUT_RDWR SD_BOTH
#define NATIVE_ABSTRACT_NAMES false
#define NATIVE_NONE INVALID_SOCKET
#define NATIVE_POLLRDHUP 0
#define NATIVE_POLL_TELLS_END true /* POLLHUP */

enum { NATIVE_BLOCKING = false };

static inline int native_error(void)
{
	return WSAGetLastError();
}

/* WSAStartup, once. 0 or −1. Whatever needs no socket to call begins with it. */
int native_start(void);

/* What getaddrinfo() returned, in our codes. */
int native_resolver_error(int number);

/* These return what the Winsock calls of the like names do, with WSAGetLastError(). */

int native_connect(SOCKET s, int type, const struct sockaddr *to, int length, int wait_ms);
SOCKET native_accept(SOCKET s, struct sockaddr *peer, int *length);
ptrdiff_t native_recv(SOCKET s, void *data, size_t size, int flags);
int native_getsockname(SOCKET s, struct sockaddr *name, int *length);

/* One datagram. `length` may be NULL with `from`. */
ptrdiff_t native_receive(SOCKET s, void *data, size_t size, int flags, struct sockaddr *from, int *length);

/* Not inheritable, for a socket that was not born so. 0 or −1. */
int native_tame(SOCKET s);

/* The address family of a foreign socket. 0 or −1. */
int native_ask_family(SOCKET s, int *family);

/* As poll does on POSIX; may return early. */
int native_poll(native_pollfd polled[], unsigned count, int wait_ms);

static inline bool native_at_end(SOCKET s)
{
	(void)s;
	return false;
}

/* 0, or −1 for what is no socket. Nothing here tells a socket from a later one with the same number. */
int native_identity(SOCKET s, uint64_t *identity);

/* 0 or −1. */
int native_set_blocking(SOCKET s, bool blocking);

#endif
