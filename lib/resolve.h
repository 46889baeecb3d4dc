/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_RESOLVE_H
#define LIBSOCK_RESOLVE_H

#include "libsock.h"
#include "os.h"

enum resolve_use {
	RESOLVE_LOCAL, /* to bind: an empty host is the wildcard, port 0 is any */
	RESOLVE_PEER   /* to connect or send to: both are mistakes */
};

/* The address in the bits that this socket takes: a literal, a path, or a name's first address in the socket's family. */
int resolve_for(struct sock s, enum resolve_use use, const struct sock_addr *addr, int64_t deadline, struct os_addr *bits);

/*
 * All addresses of a host in a family or in LIBSOCK_AF_ANY, each once, at most `max`, without a port. Their number, at least
 * 1. A literal of another family is LIBSOCK_EAFNOSUPPORT; an empty host is LIBSOCK_ENAME.
 */
int resolve_all(const char *host, int family, struct os_addr bits[], int max, int64_t deadline);

#endif
