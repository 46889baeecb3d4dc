/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_TRANSFER_H
#define LIBSOCK_TRANSFER_H

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one call has met so far, all 0 at first. */
struct transfer_tries {
	int spurious; /* how often "ready" was not true, up to two */
	int stale;    /* how many errors of earlier datagrams, or its own, it has met since it last had to wait */
};

/*
 * The one deadline loop. A verb makes its call and asks here, with what came back, whether to make it again: after a
 * signal, or when the socket has become ready within the deadline. Otherwise `result` is what the verb returns. "Ready"
 * can be false: once is usual (another thread was quicker, a datagram was damaged); a socket that says it for good (a
 * Unix-domain datagram to a full receiver, an error queue that nobody reads) must neither spin nor outlive the
 * deadline.
 */
bool transfer_again(intptr_t fd, ptrdiff_t *result, int event, int64_t deadline, struct transfer_tries *tries);

/*
 * The same for a send. What ICMP says of an earlier datagram is handed to the next call (udp(7)), which has not sent
 * anything then: it is made once more, and what that reports is its own. A refusal is reported, for the peer gave it.
 */
bool transfer_send_again(intptr_t fd, ptrdiff_t *result, int64_t deadline, struct transfer_tries *tries);

/*
 * The error that a stream has told, in one word where the system gave it up. What transfer_end() will have to know is
 * kept. Not for LIBSOCK_EPIPE from a send.
 */
int transfer_error(intptr_t fd, int err);

/* What a receive of 0 on a stream means: 0, its end, or the error that ended it. */
int transfer_end(intptr_t fd);

/* How a transfer is to be asked of the OS: only what may wait for ever may wait there. */
int transfer_how(int64_t deadline);

/* The same of a receive that is asked again: not when an error may come once more, so that what does so for good is known. */
int transfer_how_again(int64_t deadline, const struct transfer_tries *tries);

#endif
