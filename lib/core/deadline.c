/* SPDX-License-Identifier: MIT */

/* The clock and the deadlines made of it. */

#include "libsock.h"
#include "os.h"
#include "deadline.h"

#include <limits.h>

int64_t sock_now(void)
{
	return DEADLINE_FIRST + os_now();
}

int64_t sock_stopwatch_us(void)
{
	return os_now_us();
}

int64_t sock_after(int64_t ms)
{
	const int64_t now = sock_now(), last = LIBSOCK_FOREVER - 2; /* the number between is kept for another kind of wait */

	if (ms <= 0)
		return now;
	/* The clock is rounded down; without the one millisecond more a deadline could be cut short by almost one. */
	return ms < last - now ? now + 1 + ms : LIBSOCK_FOREVER;
}

NOINLINE int deadline_left(int64_t deadline)
{
	if (deadline == LIBSOCK_FOREVER)
		return -1;
	if (deadline < DEADLINE_FIRST)
		return 0;

	int64_t left = deadline - sock_now();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

NOINLINE int deadline_error(int64_t deadline)
{
	if (deadline == LIBSOCK_NOWAIT)
		return LIBSOCK_EAGAIN;
	return deadline_is_duration(deadline) ? LIBSOCK_EINVAL : LIBSOCK_ETIMEDOUT;
}

int deadline_over(int64_t deadline)
{
	return deadline_left(deadline) == 0 ? deadline_error(deadline) : 0;
}

int deadline_passed(int64_t deadline)
{
	return deadline == LIBSOCK_NOWAIT || deadline_is_duration(deadline) ? 0 : deadline_over(deadline);
}
