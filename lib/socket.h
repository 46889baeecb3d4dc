/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_SOCKET_H
#define LIBSOCK_SOCKET_H

#include "libsock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket, and one of the type that the call is for. */
static inline int socket_check(struct sock s, int type)
{
	if (s.family == 0)
		return LIBSOCK_EBADF;
	return s.type == type ? 0 : LIBSOCK_EPROTOTYPE;
}

/*
 * The one deadline loop. A verb makes its call and asks here, with what came back, whether to make it again: after a
 * signal, or when the socket has become ready within the deadline. Otherwise `result` is what the verb returns. `vain`, 0 at
 * first, counts up to two how often "ready" was not true. Once is usual (another thread was quicker, a datagram was
 * damaged); a socket that says it for good (a Unix-domain datagram to a full receiver, an error queue that nobody reads)
 * must neither spin nor outlive the deadline.
 */
bool socket_again(struct sock s, ptrdiff_t *result, int event, int64_t deadline, int *vain);

/* How a transfer is to be asked of the OS: only what may wait for ever may wait there. */
int socket_how(int64_t deadline);

#endif
