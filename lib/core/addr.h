/* SPDX-License-Identifier: MIT */

/* The tuple of text and the bits that an OS takes. Pure: no OS call, no look-up. */

#ifndef LIBSOCK_ADDR_H
#define LIBSOCK_ADDR_H

#include "libsock.h"
#include "names.h"
#include "os.h"

enum addr_kind {
	ADDR_WILDCARD,  /* an empty host */
	ADDR_PATH,      /* of the Unix domain: with a slash anywhere, or with @ in front */
	ADDR_LITERAL,
	ADDR_LOCALHOST, /* and what lies below it, which RFC 6761, section 6.3, keeps from name servers */
	ADDR_NAME       /* well-formed; what it means is for the resolver to say */
};

/* A tuple that has been read, so that nobody further in has to look at its text again. */
struct addr_value {
	int kind;           /* or LIBSOCK_ENAME */
	const char *host;   /* the caller's, which a resolver or the file system takes as it is */
	const char *zone;   /* of a literal: an interface's name that is not looked up yet, or NULL */
	struct os_addr bits; /* of a literal; the port is always there */
};

/* Read a tuple, where it comes in. */
void addr_value(const struct sock_addr *addr, struct addr_value *value);

/*
 * The same in its parts, for whoever has room for the bits already: the kind, or LIBSOCK_ENAME. A literal is written to
 * `bits`, v4-mapped IPv6 as the IPv4 that it is, the port left alone. A scope that is no number is not looked up here:
 * `zone` then points at the interface's name, else it is NULL.
 */
int addr_read(const char *host, struct os_addr *bits, const char **zone);

/* Bits to text. What has no text (an abstract name with a NUL, a family that is not ours) becomes an empty host. */
void addr_write(struct sock_addr *addr, const struct os_addr *bits);

/* Zeros but for the last byte, the wildcard; or with `last` 1 the loopback address, 127.0.0.1 or ::1. No port. */
void addr_fixed(struct os_addr *bits, int family, int last);

#endif
