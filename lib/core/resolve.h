/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_RESOLVE_H
#define LIBSOCK_RESOLVE_H

#include "libsock.h"
#include "names.h"
#include "os.h"

/* What an address is for. */
enum {
	RESOLVE_LOCAL = 0, /* to bind: an empty host is the wildcard, port 0 is any */
	RESOLVE_PEER = 1,  /* to connect or send to: both are mistakes */
	/* With either: a datagram's, whose scope's number costs no system call. Ask resolve_why() what went wrong. */
	RESOLVE_UNCHECKED = 2
};

/* The address in the bits that this socket takes: a literal, a path, or the first of a name's addresses that it takes. */
int resolve_for(struct sock s, int use, const struct sock_addr *addr, int64_t deadline, struct os_addr *bits);

/* Does a socket of a family take IPv4? Not with LIBSOCK_OPT_V6ONLY, for which systems have many words. */
bool resolve_takes_ip4(intptr_t fd, int family);

/*
 * Why a call on `fd` with an address that resolve_for() gave failed: `err`, or LIBSOCK_ENODEV for an interface that is
 * not there, or LIBSOCK_EAFNOSUPPORT for IPv4 on a socket that has none.
 */
ptrdiff_t resolve_why(intptr_t fd, const struct os_addr *bits, ptrdiff_t err);

#endif
