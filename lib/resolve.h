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
int resolve_for(struct sock s, enum resolve_use use, const struct sock_addr *addr, struct os_addr *bits);

#endif
