/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_DEADLINE_H
#define LIBSOCK_DEADLINE_H

#include "names.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the clock of sock_now() begins. */
#define DEADLINE_FIRST ((int64_t)1 << 40)

/* A number of milliseconds where a deadline belongs: LIBSOCK_EINVAL of what would have to wait. */
static inline bool deadline_is_duration(int64_t deadline)
{
	return deadline > 0 && deadline < DEADLINE_FIRST;
}

/* Milliseconds until the deadline as os_wait() takes them: -1 for ever, 0 passed or no time, at most INT_MAX. */
int deadline_left(int64_t deadline);

/* With none left: what a call ends with that would have to wait. */
int deadline_error(int64_t deadline);

/*
 * For a loop of transfers that the peer can keep going for ever, between two of them: 0, or what to give up with. What
 * is no time is over after the first.
 */
int deadline_over(int64_t deadline);

/* The same for a loop that ends by itself: what is no time goes on until a transfer would have to wait. */
int deadline_passed(int64_t deadline);

#endif
