/* SPDX-License-Identifier: MIT */

/* Attempts to reach a peer: what a caller is shown of them, and which of their errors counts. */

#ifndef LIBSOCK_ATTEMPT_H
#define LIBSOCK_ATTEMPT_H

#include "libsock.h"
#include "names.h"
#include "os.h"

struct attempt_log {
	struct sock_attempt *attempts; /* the caller's */
	int room, count;               /* the count goes on beyond the room */
};

void attempt_note(struct attempt_log *log, const struct os_addr *to, int err);

/*
 * Which of several errors tells most about the peer: an answer before no way there before silence. `lacks_family`: of
 * this program; the error then says nothing of the peer.
 */
int attempt_weight(int err, bool lacks_family);

#endif
