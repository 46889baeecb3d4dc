/* SPDX-License-Identifier: MIT */

/* The clock and the deadlines made of it. */

#include "libsock.h"
#include "os.h"
#include "deadline.h"

#include <limits.h>

int64_t sock_now(void)
{
	return os_now();
}

int64_t sock_after(int64_t ms)
{
	int64_t now = os_now();

	if (ms <= 0)
		return now;
	/* The clock is rounded down; without the one millisecond more a deadline could be cut short by almost one. */
	return ms < LIBSOCK_FOREVER - now - 1 ? now + 1 + ms : LIBSOCK_FOREVER;
}

int deadline_left(int64_t deadline)
{
	if (deadline == LIBSOCK_FOREVER)
		return -1;
	if (deadline <= 0)
		return 0;

	int64_t left = deadline - os_now();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int deadline_over(int64_t deadline)
{
	if (deadline == LIBSOCK_NOWAIT)
		return LIBSOCK_EAGAIN;
	return deadline_left(deadline) == 0 ? LIBSOCK_ETIMEDOUT : 0;
}
