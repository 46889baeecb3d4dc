/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_DEADLINE_H
#define LIBSOCK_DEADLINE_H

#include "names.h"

#include <stdint.h>

/* Milliseconds until the deadline as os_wait() takes them: -1 for ever, 0 passed or NOWAIT, at most INT_MAX. */
int deadline_left(int64_t deadline);

/* For a loop of several transfers, between two of them: 0, or what to give up with. NOWAIT is over after the first. */
int deadline_over(int64_t deadline);

#endif
