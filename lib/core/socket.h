/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_SOCKET_H
#define LIBSOCK_SOCKET_H

#include "libsock.h"
#include "names.h"

/* A socket, and one of the type that the call is for. */
static inline int socket_check(struct sock s, int type)
{
	if (s.family == 0)
		return LIBSOCK_EBADF;
	return s.type == type ? 0 : LIBSOCK_EPROTOTYPE;
}

#endif
