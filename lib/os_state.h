/* SPDX-License-Identifier: MIT */

/*
 * The rest of the platform contract: what a socket can be asked, and told, beside the transfers and the waits of os.h,
 * whose rules hold here, too. Of these only os_peek() and os_skip() may be LIBSOCK_EAGAIN or OS_EINTR.
 */

#ifndef LIBSOCK_OS_STATE_H
#define LIBSOCK_OS_STATE_H

#include "libsock.h"
#include "names.h"

#include <stddef.h>
#include <stdint.h>

/*
 * As os_recv() or, by `type`, os_recvfrom(), but what was read is still there. An error of a stream that comes out here
 * comes out of the next receive, too, or os_end() says it.
 */
ptrdiff_t os_peek(intptr_t fd, int family, int type, void *data, size_t size, int how);

/* How many bytes a receive from a stream would give at once, or, at the least, how much room the next datagram needs. */
ptrdiff_t os_pending(intptr_t fd);

/* As os_recv(), but what comes, at most `size` bytes, is thrown away. It may take fewer at a time than os_recv(). */
ptrdiff_t os_skip(intptr_t fd, int family, size_t size, int how);

/*
 * 0, or the error that waits to be told, which is taken then: of a stream the one that has ended it, LIBSOCK_ECONNRESET
 * or LIBSOCK_ECONNTIMEDOUT, also where that has been told before; of a datagram socket none that a router has reported.
 * A stream that is not connected, and never was, is LIBSOCK_ENOTCONN, and nothing is taken.
 */
int os_pending_error(intptr_t fd, int family, int type);

/* What the system knows of a TCP connection. What it does not tell stays as it was. LIBSOCK_ENOTSUP: it tells nothing. */
int os_statistics(intptr_t fd, struct sock_statistics *out);

#endif
