/* SPDX-License-Identifier: MIT */

/* Waiting for any number of sockets: the calls around the system's own poller, and the way to wake it. */

#include "compiler.h"
#include "deadline.h"
#include "libsock.h"
#include "os.h"

/* More wakes than this at once are left for the next time, lest a thread that never stops to wake holds up all others. */
enum { POLLER__WAKES_MAX = 64 };

int sock_poller_open(struct sock_poller *poller)
{
	int err;

	if (poller == NULL)
		return LIBSOCK_EINVAL;
	*poller = (struct sock_poller){0};
	/* Datagrams: on the loopback a stream might keep one back (Nagle). */
	err = sock_pair(poller->wake, LIBSOCK_DGRAM);
	if (err < 0)
		return err;
	err = os_poller_open(&poller->os);
	if (err < 0) {
		sock_close(&poller->wake[0]);
		sock_close(&poller->wake[1]);
		return err;
	}
	err = os_poller_change(poller->os, OS_POLLER_ADD, poller->wake[0].fd, LIBSOCK_READABLE, &poller->wake[0]);
	if (err < 0)
		sock_poller_close(poller);
	return err;
}

/* Is it a copy of a closed socket, whose number was given to what wakes? */
static bool poller__is_own(const struct sock_poller *poller, struct sock s)
{
	return s.fd == poller->wake[0].fd || s.fd == poller->wake[1].fd;
}

static int poller__change(struct sock_poller *poller, int change, struct sock s, int interest, void *data)
{
	if (poller == NULL || interest & ~(LIBSOCK_READABLE | LIBSOCK_WRITABLE))
		return LIBSOCK_EINVAL;
	if (poller->wake[0].family == 0 || s.family == 0 || poller__is_own(poller, s))
		return LIBSOCK_EBADF;
	return os_poller_change(poller->os, change, s.fd, s.family < 0 ? interest | OS_DESCRIPTOR : interest, data);
}

int sock_poller_add(struct sock_poller *poller, struct sock s, int interest, void *data)
{
	return poller__change(poller, OS_POLLER_ADD, s, interest, data);
}

int sock_poller_modify(struct sock_poller *poller, struct sock s, int interest, void *data)
{
	return poller__change(poller, OS_POLLER_MODIFY, s, interest, data);
}

int sock_poller_remove(struct sock_poller *poller, struct sock s)
{
	return poller__change(poller, OS_POLLER_REMOVE, s, 0, NULL);
}

/* Which of the events is a wake, and none of the caller's; −1: none. */
static int poller__find_wake(const struct sock_poller *poller, const struct sock_event events[], int count)
{
	int at = count - 1;

	while (at >= 0 && events[at].data != &poller->wake[0])
		at--;
	return at;
}

COLD static void poller__take_wake(const struct sock_poller *poller)
{
	char byte;

	for (int wakes = 0; wakes < POLLER__WAKES_MAX; wakes++)
		if (sock_recv(poller->wake[0], &byte, 1, LIBSOCK_NOWAIT) < 0)
			break;
}

/* Woken, with no event besides: the wake may have had the only room for one. */
COLD static int poller__look_again(struct sock_poller *poller, struct sock_event events[], int max)
{
	int count = os_poller_wait(poller->os, events, max, 0), at = poller__find_wake(poller, events, count);

	if (at >= 0) {
		poller__take_wake(poller);
		events[at] = events[--count];
	}
	return count == OS_EINTR ? 0 : count;
}

/* What a first look has not been the end of: no event yet, or a wake among them. */
COLD static int poller__wait_on(struct sock_poller *poller, struct sock_event events[], int max, int64_t deadline, int count)
{
	for (;;) {
		const int at = poller__find_wake(poller, events, count), left = deadline_left(deadline);

		if (at >= 0) {
			poller__take_wake(poller);
			events[at] = events[--count];
			return count > 0 ? count : poller__look_again(poller, events, max);
		}
		if (count != 0 && count != OS_EINTR)
			return count;
		if (count == 0 && left == 0)
			return deadline_error(deadline);
		count = os_poller_wait(poller->os, events, max, left);
	}
}

int sock_poller_wait(struct sock_poller *poller, struct sock_event events[], int max, int64_t deadline)
{
	int count;

	if (poller == NULL || events == NULL || max < 1)
		return LIBSOCK_EINVAL;
	if (poller->wake[0].family == 0)
		return LIBSOCK_EBADF;
	max = max < OS_POLLER_EVENT_MAX ? max : OS_POLLER_EVENT_MAX;
	count = os_poller_wait(poller->os, events, max, deadline_left(deadline));
	if (count > 0 && poller__find_wake(poller, events, count) < 0)
		return count;
	return poller__wait_on(poller, events, max, deadline, count);
}

int sock_poller_wake(const struct sock_poller *poller)
{
	ptrdiff_t n;

	if (poller == NULL)
		return LIBSOCK_EINVAL;
	n = sock_send(poller->wake[1], "", 1, LIBSOCK_NOWAIT);
	/* No room: so many have not been seen yet that one more would tell nothing. */
	return n >= 0 || n == LIBSOCK_EAGAIN || n == LIBSOCK_ENOBUFS ? 0 : (int)n;
}

int sock_poller_close(struct sock_poller *poller)
{
	struct sock_poller last;

	if (poller == NULL)
		return LIBSOCK_EINVAL;
	last = *poller;
	*poller = (struct sock_poller){0};
	if (last.wake[0].family != 0)
		os_poller_close(last.os);
	sock_close(&last.wake[0]);
	sock_close(&last.wake[1]);
	return 0;
}
