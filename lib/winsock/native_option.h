/* SPDX-License-Identifier: MIT */

/* Winsock's socket options, where they are not like everybody's. After native.h. */

#ifndef LIBSOCK_NATIVE_OPTION_H
#define LIBSOCK_NATIVE_OPTION_H

#define NATIVE_LINGER SO_LINGER
#define NATIVE_SHARE SO_REUSEADDR
#define NATIVE_REUSEPORT NATIVE_NO_OPTION
#define NATIVE_TOS NATIVE_NO_OPTION /* IP_TOS is taken and ignored, says Microsoft's page on it */
#define NATIVE_TCLASS NATIVE_NO_OPTION
#define NATIVE_DONTFRAG IP_DONTFRAGMENT
#define NATIVE_DONTFRAG6 IPV6_DONTFRAG
#define NATIVE_KEEPIDLE 3   /* TCP_KEEPIDLE */
#define NATIVE_KEEPINTVL 17 /* TCP_KEEPINTVL */
#define NATIVE_KEEPCNT 16   /* TCP_KEEPCNT */
#define NATIVE_USER_TIMEOUT 5  /* TCP_MAXRT */

enum {
	NATIVE_NO_OPTION = -1,
	NATIVE_DONTFRAG_ON = 1,
	NATIVE_DONTFRAG_OFF = 0,
	NATIVE_USER_TIMEOUT_IN_MS = false,
	NATIVE_DUAL_OPTIONS = true
};

typedef DWORD native_small; /* of IP_MULTICAST_TTL */

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
