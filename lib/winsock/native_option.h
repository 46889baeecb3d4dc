/* SPDX-License-Identifier: MIT */

/* Winsock's socket options, where they are not like everybody's. After native.h. */

#ifndef LIBSOCK_NATIVE_OPTION_H
#define LIBSOCK_NATIVE_OPTION_H

#include "libsock.h"

#define NATIVE_LINGER SO_LINGER
#define NATIVE_SHARE SO_REUSEADDR
#define NATIVE_REUSEPORT NATIVE_NO_OPTION
#define NATIVE_TOS NATIVE_NO_OPTION /* IP_TOS is taken and ignored, says Microsoft's page on it */
#define NATIVE_TCLASS NATIVE_NO_OPTION
#define NATIVE_DONTFRAG IP_DONTFRAGMENT
#define NATIVE_DONTFRAG6 IPV6_DONTFRAG
#define NATIVE_CORK NATIVE_NO_OPTION
#define NATIVE_KEEPIDLE 3   /* TCP_KEEPIDLE */
#define NATIVE_KEEPINTVL 17 /* TCP_KEEPINTVL */
#define NATIVE_KEEPCNT 16   /* TCP_KEEPCNT */
#define NATIVE_USER_TIMEOUT 5  /* TCP_MAXRT */

enum {
	NATIVE_NO_OPTION = -1,
	NATIVE_DONTFRAG_ON = 1,
	NATIVE_DONTFRAG_OFF = 0,
	NATIVE_USER_TIMEOUT_IN_MS = false,
	NATIVE_INTERFACE_LEVEL = IPPROTO_IP,
	NATIVE_INTERFACE = 31,  /* IP_UNICAST_IF: of its two pages at Microsoft the first wants an index in network order */
	NATIVE_INTERFACE6 = 31, /* IPV6_UNICAST_IF */
	NATIVE_INTERFACE_IN_NETWORK_ORDER = true,
	NATIVE_DUAL_OPTIONS = true
};

typedef DWORD native_small; /* of IP_MULTICAST_TTL */

static inline int native_device_set(SOCKET s, uint32_t index)
{
	(void)s;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

static inline int native_device_get(SOCKET s, uint32_t *index)
{
	(void)s;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

/* Addresses have no field for it. */
static inline void native_set_length(struct sockaddr *addr, int length)
{
	(void)addr;
	(void)length;
}

/* As it is. */
static inline void native_own_groups(SOCKET s)
{
	(void)s;
}

#endif
