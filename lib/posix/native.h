/* SPDX-License-Identifier: MIT */

/*
 * POSIX under bsd.c: its types, constants and the calls that differ from Winsock. Where POSIX systems differ among
 * themselves the macro of the feature decides, not the name of the system. Included before anything else.
 */

#ifndef LIBSOCK_NATIVE_H
#define LIBSOCK_NATIVE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4, SOCK_CLOEXEC; without a meaning elsewhere */
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* glibc on 32-bit machines: places in files above 2 GiB, and any inode; else no meaning */
#endif
#ifndef __APPLE_USE_RFC_3542
#define __APPLE_USE_RFC_3542 1 /* IPV6_PKTINFO and its kin as everybody has them; the same */
#endif

#include "libsock.h"
#include "names.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

typedef int native_socket;
typedef socklen_t native_len;
typedef socklen_t native_size; /* of getnameinfo */
typedef struct pollfd native_pollfd;

enum { NATIVE_NONE = -1 }; /* no socket */

enum { NATIVE_PATH_NUL = 0 }; /* the bytes that a Unix-domain path must have behind it: it may fill the field (unix(7)) */

enum { NATIVE_HANGUP_ENDS_BOTH = true }; /* POLLHUP: neither direction is left (poll(2)) */

#define NATIVE_EINTR EINTR

#define NATIVE_DONTWAIT MSG_DONTWAIT
#define NATIVE_REUSE SO_REUSEADDR
#define NATIVE_SHUT_RD SHUT_RD
#define NATIVE_SHUT_WR SHUT_WR
#define NATIVE_SHUT_RDWR SHUT_RDWR

#ifdef MSG_NOSIGNAL
#define NATIVE_SEND_FLAGS MSG_NOSIGNAL
#else
#define NATIVE_SEND_FLAGS 0 /* macOS: SO_NOSIGPIPE on the socket */
#endif

#ifdef __linux__
#define NATIVE_ABSTRACT_NAMES true        /* unix(7) */
#define NATIVE_REUSEPORT SO_REUSEPORT     /* socket(7): shares out what comes */
#define NATIVE_SHARE SO_REUSEADDR         /* socket(7), ip(7): lets all who have it bind to one address */
#define NATIVE_JOINS_ATTEMPTS             /* connect(2), asked again, waits for the first attempt's end */
#define NATIVE_DUAL_OPTIONS true          /* an IPv6 socket must be told what concerns its IPv4 */
#define NATIVE_TELLS_LENGTH MSG_TRUNC     /* recv(2): recvfrom returns a datagram's real length */
#define NATIVE_SKIP MSG_TRUNC             /* tcp(7): what is received goes nowhere */
#define NATIVE_SENDFILE_LINUX             /* sendfile(2), which no two systems have with the same arguments */
#define NATIVE_SIZE(size) (size)          /* the kernel cuts at 0x7ffff000 itself: read(2), NOTES */
#else
#define NATIVE_SIZE(size) ((size) > INT_MAX ? INT_MAX : (size)) /* macOS: more is EINVAL */
#define NATIVE_ABSTRACT_NAMES false
#define NATIVE_DUAL_OPTIONS false /* the BSDs refuse IPv4's options on an IPv6 socket (in6_pcb) */
#define NATIVE_TELLS_LENGTH 0
#define NATIVE_SKIP 0
#endif

#ifdef SOCK_CLOEXEC
#define NATIVE_CLOEXEC SOCK_CLOEXEC
#define NATIVE_NONBLOCK SOCK_NONBLOCK
#else
#define NATIVE_NONBLOCK 0
#define NATIVE_CLOEXEC 0 /* macOS: set a moment later */
#endif

/* What SO_PEERCRED tells, where there is one. FreeBSD has LOCAL_PEERCRED, like others, but with the process in it. */
#ifdef __OpenBSD__
typedef struct sockpeercred native_peer;
#elif defined(SO_PEERCRED)
typedef struct ucred native_peer;
#endif
#ifdef __FreeBSD__
#define NATIVE_PEERCRED_TELLS_PROCESS
#endif

#ifdef __APPLE__
#define NATIVE_SENDFILE_MACOS
#define NATIVE_RELATIVE_WAIT /* pthread_cond_timedwait_relative_np; a condition variable's clock cannot be chosen */
#endif

#ifdef POLLRDHUP
#define NATIVE_POLLRDHUP POLLRDHUP
#define NATIVE_POLL_TELLS_END true
#else
#define NATIVE_POLLRDHUP 0
#define NATIVE_POLL_TELLS_END false
#endif

static inline int native_error(void)
{
	return errno;
}

static inline void native_clear_error(void)
{
	errno = 0;
}

static inline int native_start(void)
{
	return 0;
}

/*
 * Is the error of a receive about a datagram that was sent earlier? Routers answer with ICMP, and a connected socket
 * hands that to its next call, whatever that is (ip(7), udp(7)). A refusal by the peer itself (ECONNREFUSED) is not one
 * of these.
 */
static inline bool native_is_path_error(void)
{
	switch (errno) {
	case EMSGSIZE:     /* fragmentation needed, packet too big */
	case EHOSTUNREACH: /* also: time exceeded, a router's filter */
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENOPROTOOPT: /* protocol unreachable */
	case EPROTO:      /* parameter problem */
	case EOPNOTSUPP:  /* source route failed */
	case EACCES:      /* ICMPv6: administratively prohibited */
#ifdef ENONET
	case ENONET: /* host isolated */
#endif
		return true;
	default:
		return false;
	}
}

/* Is the error of a send macOS's word for a stream whose peer is closing just now? (libuv found out; no page has it.) */
static inline bool native_is_ending(void)
{
	return errno == EPROTOTYPE;
}

/* What a receive gave, in the words of TCP: a Unix-domain stream without a peer is EINVAL to Linux. */
static inline ssize_t native_received(int type, ssize_t n)
{
	if (n < 0 && errno == EINVAL && type == LIBSOCK_STREAM)
		errno = ENOTCONN;
	return n;
}

static inline ssize_t native_recv(int fd, void *data, size_t size, int flags)
{
	return recv(fd, data, NATIVE_SIZE(size), flags);
}

static inline int native_shutdown(int fd, int how)
{
	return shutdown(fd, how);
}

static inline int native_getsockname(int fd, struct sockaddr *name, socklen_t *length)
{
	return getsockname(fd, name, length);
}

static inline int native_getpeername(int fd, struct sockaddr *name, socklen_t *length)
{
	return getpeername(fd, name, length);
}

/* What getaddrinfo() returned, in our codes. */
int native_resolver_error(int number);

/* These return what the system calls of the like names do, with errno. */

static inline int native_bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	return bind(fd, addr, length);
}

/* Of an attempt that is over and has no error in SO_ERROR. */
static inline bool native_is_connected(int fd)
{
	(void)fd;
	return true;
}

int native_connect(int fd, int type, const struct sockaddr *to, socklen_t length, int wait_ms);

/* With `nowait` it does not wait, in whichever mode the listener is. */
int native_accept(int fd, struct sockaddr *peer, socklen_t *length, bool nowait);

/* One datagram; returns more than `size` where it was longer. `length` may be NULL with `from`. */
ssize_t native_receive(int fd, void *data, size_t size, int flags, struct sockaddr *from, socklen_t *length);

/* Where only an option of the socket keeps it from raising SIGPIPE (macOS). 0 or −1. */
int native_no_sigpipe(int fd);

/* Close-on-exec and no SIGPIPE, for a descriptor that was not born so. 0 or −1. */
int native_tame(int fd);

/* The address family of a foreign descriptor. 0 or −1. */
int native_ask_family(int fd, int *family);

/* EMFILE: there are more of them than RLIMIT_NOFILE now allows to be open, which poll(2) calls EINVAL. */
static inline int native_poll(native_pollfd polled[], unsigned count, int wait_ms)
{
	int ready = poll(polled, count, wait_ms);

	if (ready == -1 && errno == EINVAL)
		errno = EMFILE;
	return ready;
}

enum { NATIVE_NUMBER_STEP = 1 }; /* between the numbers of two sockets */

/* Has all that the peer sent been received, and its end? For systems whose poll does not tell. */
bool native_at_end(int fd);

/* FIONREAD. 0 or −1. */
int native_pending(int fd, int *bytes);

/* What a look at a Unix-domain stream is to say, so that it takes no error: as os_recv(), or 1: receive. */
ptrdiff_t native_look(int fd);

/* What tells a socket from a later one that was given the same descriptor. 0 or −1. */
int native_identity(int fd, uint64_t *identity);

/* 0 or −1. */
int native_set_blocking(int fd, bool blocking);

/*
 * The mode of sockets that do not listen: waiting for ever is to be one system call. But XNU and NetBSD do not look at
 * MSG_DONTWAIT when sending (sosend, sosendcheck), so that there only a mode can keep a deadline.
 */
#if defined(__APPLE__) || defined(__NetBSD__)
enum { NATIVE_BLOCKING = false };
#else
enum { NATIVE_BLOCKING = true };
#endif

/* Datagrams with control messages: RFC 3542 for IPv6, what has grown for IPv4. */

typedef struct iovec native_part;
typedef struct msghdr native_message;
typedef struct cmsghdr native_cmsg;

static inline socklen_t native_cmsg_length(size_t size)
{
	return (socklen_t)CMSG_LEN(size); /* cmsg_len is a size_t with glibc, a socklen_t elsewhere */
}

static inline size_t native_cmsg_space(size_t size)
{
	return CMSG_SPACE(size);
}

static inline void *native_cmsg_data(native_cmsg *item)
{
	return CMSG_DATA(item);
}

#ifdef IP_PKTINFO
enum { NATIVE_LOCAL4 = IP_PKTINFO, NATIVE_LOCAL4_SIZE = sizeof(struct in_pktinfo) };
#ifdef IP_RECVPKTINFO
enum { NATIVE_RECV_LOCAL4 = IP_RECVPKTINFO };
#else
enum { NATIVE_RECV_LOCAL4 = IP_PKTINFO };
#endif
#else /* FreeBSD, OpenBSD: IP_SENDSRCADDR has the same number */
enum { NATIVE_LOCAL4 = IP_RECVDSTADDR, NATIVE_RECV_LOCAL4 = IP_RECVDSTADDR, NATIVE_LOCAL4_SIZE = 4 };
#endif

enum {
	NATIVE_RECV_LOCAL6 = IPV6_RECVPKTINFO,
	NATIVE_RECV_TTL6 = IPV6_RECVHOPLIMIT,
	NATIVE_ECN6 = IPV6_TCLASS,
	NATIVE_RECV_ECN6 = IPV6_RECVTCLASS
};

/*
 * What IPv4 may be told and tells of a single datagram, by the kernels' sources; −1: not. FreeBSD takes the class as a
 * byte; NetBSD and OpenBSD know nothing of it, and one refuses what it does not know, the other overlooks it. A time to
 * live is only Linux's to be told: FreeBSD and NetBSD refuse it, macOS and OpenBSD overlook it.
 */
#ifdef IP_RECVTOS
enum { NATIVE_ECN4 = IP_TOS, NATIVE_RECV_ECN4 = IP_RECVTOS };
#else
enum { NATIVE_ECN4 = -1, NATIVE_RECV_ECN4 = -1 };
#endif
#ifdef __FreeBSD__
#define NATIVE_SENDFILE_FREEBSD
typedef unsigned char native_ecn4;
#else
typedef int native_ecn4;
#endif
#ifdef __linux__
enum { NATIVE_TTL4 = IP_TTL };
#else
enum { NATIVE_TTL4 = -1 };
#endif

/* UDP_SEGMENT and UDP_GRO (udp(7)), in numbers, as the C library may be older than the kernel. −1: no option at all. */
#ifdef __linux__
enum { NATIVE_SEGMENT = 103, NATIVE_SEGMENTS = 104, NATIVE_SEGMENTS_ON = 1 };
#else
enum { NATIVE_SEGMENT = -1, NATIVE_SEGMENTS = -1, NATIVE_SEGMENTS_ON = 1 };
#endif
enum { NATIVE_CUTS_ONLY_PLAIN = false };
typedef uint16_t native_segment;

static inline native_part native_make_part(void *data, size_t size)
{
	return (native_part){.iov_base = data, .iov_len = size};
}

static inline native_message native_make_message(struct sockaddr *name, socklen_t length, native_part *part,
						 void *control, size_t size)
{
	return (native_message){
		.msg_name = name,
		.msg_namelen = length,
		.msg_iov = part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = (socklen_t)size, /* size_t with glibc */
	};
}

static inline socklen_t native_name_length(const native_message *message)
{
	return message->msg_namelen;
}

static inline size_t native_control_size(const native_message *message)
{
	return message->msg_controllen;
}

static inline bool native_is_truncated(const native_message *message)
{
	return message->msg_flags & MSG_TRUNC;
}

static inline ssize_t native_send_message(int fd, const native_message *message, int flags)
{
	return sendmsg(fd, message, flags);
}

static inline ssize_t native_recv_message(int fd, native_message *message, int flags)
{
	return recvmsg(fd, message, flags);
}

/* A send has failed, to an address or to the peer: errno says why in the words of other systems from then on. */
void native_send_failed(int fd, bool has_address);

/* The message once for each part, in order. How many were sent, or −1 if none. */
int native_send_each(int fd, const native_message *message, native_part parts[], int count, int flags);

/* Is what a control message says of a field, of enum sock_packet_field, heeded when sending? */
static inline bool native_hears(int field)
{
	(void)field;
	return true;
}

/* The local IPv4 address in a control message of type NATIVE_LOCAL4. Its size; the interface's index, or 0. */
size_t native_put_local4(void *data, const uint8_t ip[4], uint32_t interface_index);
uint32_t native_get_local4(const void *data, uint8_t ip[4]);

#endif
