/* SPDX-License-Identifier: MIT */

/* WSAPoll, made to do what poll does. */

#include "native.h"

#include "libsock.h"
#include "os.h"

/* How long a connect that has failed can be overlooked. */
enum { WSAPOLL__SLICE_MS = 100 };

int native_identity(SOCKET s, uint64_t *identity)
{
	int type, length = sizeof type;

	*identity = 0;
	return getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &length) == 0 ? 0 : -1;
}

/* WSAPoll takes no set without a socket: nothing, skipped ones alone, or what are none any more is an error to it. */
static bool wsapoll__is_empty(const WSAPOLLFD polled[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd >= 0)
			return false;
	return true;
}

/* One that is skipped comes back as POLLNVAL, and counts as ready. */
static int wsapoll__count(WSAPOLLFD polled[], unsigned count)
{
	int ready = 0;

	for (unsigned i = 0; i < count; i++) {
		if ((INT_PTR)polled[i].fd < 0)
			polled[i].revents = 0;
		ready += polled[i].revents != 0;
	}
	return ready;
}

static int wsapoll__wait(WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	int ready = 0;

	if (wsapoll__is_empty(polled, count))
		Sleep((DWORD)wait_ms);
	else
		ready = WSAPoll(polled, count, wait_ms);
	if (ready > 0)
		return wsapoll__count(polled, count);
	if (ready == 0 || !native_is_no_socket())
		return ready;
	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd >= 0)
			polled[i].revents = POLLNVAL;
	return (int)count;
}

/* Before Windows 10 2004 WSAPoll never told of a connect that failed, but select did; there it means urgent data, too. */
static bool wsapoll__connect_failed(SOCKET s)
{
	struct timeval at_once = {0};
	struct sockaddr_storage peer;
	int length = sizeof peer;
	fd_set failed;

	FD_ZERO(&failed);
	FD_SET(s, &failed);
	return select(0, NULL, NULL, &failed, &at_once) > 0 &&
	       native_getpeername(s, (struct sockaddr *)&peer, &length) != 0;
}

/* Such a connect has nothing told of it, or an end alone; the rest needs to be asked only where all is quiet. */
static int wsapoll__find_failed(WSAPOLLFD polled[], unsigned count, bool quiet)
{
	int found = 0;

	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd >= 0 && polled[i].events & POLLOUT &&
		    (polled[i].revents == POLLHUP || (quiet && polled[i].revents == 0)) &&
		    wsapoll__connect_failed(polled[i].fd)) {
			found += polled[i].revents == 0;
			polled[i].revents = POLLERR;
		}
	return found;
}

/* How long WSAPoll may wait without being looked after. */
static int wsapoll__patience(const WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	if (wait_ms >= 0 && wait_ms <= WSAPOLL__SLICE_MS)
		return wait_ms;
	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd >= 0 && polled[i].events & POLLOUT)
			return WSAPOLL__SLICE_MS;
	return wait_ms;
}

int native_poll(WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	int ready = wsapoll__wait(polled, count, wsapoll__patience(polled, count, wait_ms));

	return ready < 0 ? ready : ready + wsapoll__find_failed(polled, count, ready == 0);
}
