/* SPDX-License-Identifier: MIT */

/* The socket options that not every POSIX system has, or has under one name. After native.h. */

#ifndef LIBSOCK_NATIVE_OPTION_H
#define LIBSOCK_NATIVE_OPTION_H

#include <netinet/tcp.h>

enum { NATIVE_NO_OPTION = -1 };

/* Is a program that this one starts to have it; has it? 0 or −1. */
int native_inherit(int fd, bool on);
int native_inherits(int fd, int64_t *on);

#define NATIVE_TOS IP_TOS
#define NATIVE_TCLASS IPV6_TCLASS

#ifdef SO_LINGER_SEC
#define NATIVE_LINGER SO_LINGER_SEC /* macOS: SO_LINGER counts ticks */
#else
#define NATIVE_LINGER SO_LINGER
#endif

/*
 * Several datagram sockets at one address. On the BSDs SO_REUSEADDR does that for a group's address alone, and not for
 * the wildcard; SO_REUSEPORT does it for any (setsockopt(2)).
 */
#if !defined(NATIVE_SHARE) && defined(SO_REUSEPORT)
#define NATIVE_SHARE SO_REUSEPORT
#elif !defined(NATIVE_SHARE)
#define NATIVE_SHARE SO_REUSEADDR
#endif

/* Only where it shares out what comes: elsewhere the last socket gets all, or the first. */
#ifdef SO_REUSEPORT_LB
#define NATIVE_REUSEPORT SO_REUSEPORT_LB /* FreeBSD */
#elif !defined(NATIVE_REUSEPORT)
#define NATIVE_REUSEPORT NATIVE_NO_OPTION
#endif

#if defined(IP_MTU_DISCOVER) && defined(IPV6_MTU_DISCOVER) /* Linux; its numbers are the same for IPv6 */
#define NATIVE_DONTFRAG IP_MTU_DISCOVER
#define NATIVE_DONTFRAG6 IPV6_MTU_DISCOVER
enum { NATIVE_DONTFRAG_ON = IP_PMTUDISC_DO, NATIVE_DONTFRAG_OFF = IP_PMTUDISC_WANT };
#else
#if defined(IP_DONTFRAG) && defined(IPV6_DONTFRAG)
#define NATIVE_DONTFRAG IP_DONTFRAG
#define NATIVE_DONTFRAG6 IPV6_DONTFRAG
#else
#define NATIVE_DONTFRAG NATIVE_NO_OPTION
#define NATIVE_DONTFRAG6 NATIVE_NO_OPTION
#endif
enum { NATIVE_DONTFRAG_ON = 1, NATIVE_DONTFRAG_OFF = 0 };
#endif

#if defined(TCP_CORK)
#define NATIVE_CORK TCP_CORK
#elif defined(TCP_NOPUSH)
#define NATIVE_CORK TCP_NOPUSH
#else
#define NATIVE_CORK NATIVE_NO_OPTION /* NetBSD */
#endif

#if defined(TCP_KEEPIDLE)
#define NATIVE_KEEPIDLE TCP_KEEPIDLE
#elif defined(TCP_KEEPALIVE)
#define NATIVE_KEEPIDLE TCP_KEEPALIVE /* macOS */
#else
#define NATIVE_KEEPIDLE NATIVE_NO_OPTION /* OpenBSD, all three */
#endif
#ifdef TCP_KEEPINTVL
#define NATIVE_KEEPINTVL TCP_KEEPINTVL
#else
#define NATIVE_KEEPINTVL NATIVE_NO_OPTION
#endif
#ifdef TCP_KEEPCNT
#define NATIVE_KEEPCNT TCP_KEEPCNT
#else
#define NATIVE_KEEPCNT NATIVE_NO_OPTION
#endif

#if defined(TCP_USER_TIMEOUT)
#define NATIVE_USER_TIMEOUT TCP_USER_TIMEOUT
enum { NATIVE_USER_TIMEOUT_IN_MS = true };
#else
#if defined(TCP_RXT_CONNDROPTIME)
#define NATIVE_USER_TIMEOUT TCP_RXT_CONNDROPTIME /* macOS */
#elif defined(TCP_MAXUNACKTIME)
#define NATIVE_USER_TIMEOUT TCP_MAXUNACKTIME /* FreeBSD 14 */
#else
#define NATIVE_USER_TIMEOUT NATIVE_NO_OPTION
#endif
enum { NATIVE_USER_TIMEOUT_IN_MS = false };
#endif

/*
 * The interface to send by. Linux knows its index from 5.1 on, by a number that the C library may not have, and before
 * that its name (socket(7)). macOS has one for each family (ip(4), ip6(4)), of which an IPv6 socket takes its own alone.
 */
#if defined(SO_BINDTODEVICE)
enum { NATIVE_INTERFACE_LEVEL = SOL_SOCKET, NATIVE_INTERFACE = 62 /* SO_BINDTOIFINDEX */, NATIVE_INTERFACE6 = 0 };
#elif defined(IP_BOUND_IF) && defined(IPV6_BOUND_IF)
enum { NATIVE_INTERFACE_LEVEL = IPPROTO_IP, NATIVE_INTERFACE = IP_BOUND_IF, NATIVE_INTERFACE6 = IPV6_BOUND_IF };
#else
enum { NATIVE_INTERFACE_LEVEL = IPPROTO_IP, NATIVE_INTERFACE = NATIVE_NO_OPTION, NATIVE_INTERFACE6 = 0 };
#endif
enum { NATIVE_INTERFACE_IN_NETWORK_ORDER = false }; /* of IPv4's */

/* By its name, on a system that does not know NATIVE_INTERFACE; in our codes, LIBSOCK_ENOTSUP: nor by that. */
int native_device_set(int fd, uint32_t index);
int native_device_get(int fd, uint32_t *index);

typedef unsigned char native_small; /* of IP_MULTICAST_TTL: OpenBSD takes nothing else, all the others this too */

/* Within an option an address must tell its own length, where it has a field for that. */
static inline void native_set_length(struct sockaddr *addr, socklen_t length)
{
#ifdef SIN6_LEN
	addr->sa_len = (unsigned char)length;
#else
	(void)addr;
	(void)length;
#endif
}

/*
 * Linux alone delivers to a socket what any program on the machine has joined (ip(7), IP_MULTICAST_ALL). Fails where a
 * socket has no IPv6 or the kernel is older than 4.20, which does no harm.
 */
static inline void native_own_groups(int fd)
{
#if defined(IP_MULTICAST_ALL) && defined(IPV6_MULTICAST_ALL)
	int off = 0;

	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
	setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
#else
	(void)fd;
#endif
}

#endif
