/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_SOCKET_H
#define LIBSOCK_SOCKET_H

#include "libsock.h"
#include "names.h"

#include <stdbool.h>

/* The family of a descriptor that can only be waited for. */
enum { SOCKET_DESCRIPTOR = -1 };

/* What a socket's value remembers of it, in its reserved bits. Copies that were made before do not. */
enum { SOCKET_COALESCES = 1 };

static inline struct sock socket_value(intptr_t fd, int family, int type)
{
	return (struct sock){.fd = fd, .family = (int16_t)family, .type = (int16_t)type};
}

/* What is wrong with a family that is not above 0. */
static inline int socket_none(struct sock s)
{
	return s.family == 0 ? LIBSOCK_EBADF : LIBSOCK_ENOTSOCK;
}

/* A socket, and one of the type that the call is for. No socket has no type, nor has a descriptor. */
static inline int socket_check(struct sock s, int type)
{
	if (s.type == type)
		return 0;
	return s.family <= 0 ? socket_none(s) : LIBSOCK_EPROTOTYPE;
}

/* Does each receive bring one datagram, so that nothing has to say where one ends? */
static inline bool socket_is_plain_datagram(struct sock s)
{
	return s.type == LIBSOCK_DGRAM && s.reserved == 0;
}

/*
 * Has this program not got the family, when opening a socket of it fails so? The machine may be without, or a sandbox
 * keep it back, with what it likes to say (Linux: AppArmor EACCES, seccomp mostly EPERM).
 */
static inline bool socket_lacks_family(int err)
{
	return err == LIBSOCK_ENOTSUP || err == LIBSOCK_EAFNOSUPPORT || err == LIBSOCK_EACCES || err == LIBSOCK_EPERM;
}

#endif
