/* SPDX-License-Identifier: MIT */

/* The tuple of text and the bits that an OS takes. Pure: no OS call, no look-up. */

#ifndef LIBSOCK_ADDR_H
#define LIBSOCK_ADDR_H

#include "libsock.h"
#include "names.h"
#include "os.h"

enum addr_kind {
	ADDR_EMPTY,
	ADDR_LITERAL,
	ADDR_NAME /* well-formed; what it means is for the resolver to say */
};

/*
 * Tell what a host is, or LIBSOCK_ENAME. A literal is written to `bits`, v4-mapped IPv6 as the IPv4 that it is, the
 * port left alone. A scope that is no number is not looked up here: `zone` then points at the interface's name, else it
 * is NULL.
 */
int addr_read(const char *host, struct os_addr *bits, const char **zone);

/* Is it a Unix-domain path? With a slash anywhere, or with @ in front, it is neither a literal nor a name. */
bool addr_is_path(const char *host);

/* Bits to text. What has no text (an abstract name with a NUL, a family that is not ours) becomes an empty host. */
void addr_write(struct sock_addr *addr, const struct os_addr *bits);

/* Zeros but for the last byte, the wildcard; or with `last` 1 the loopback address, 127.0.0.1 or ::1. No port. */
void addr_fixed(struct os_addr *bits, int family, int last);

/* localhost and what lies below it, which RFC 6761, section 6.3, keeps from name servers. */
bool addr_is_localhost(const char *name);

#endif
