/* SPDX-License-Identifier: MIT */

/* WSAPoll, made to do what poll does. */

#include "native.h"

#include "libsock.h"
#include "os.h"

/* How long an event can be overlooked for one of the reasons below. */
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

static int wsapoll__wait(WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	int ready = 0;

	if (wsapoll__is_empty(polled, count))
		Sleep((DWORD)wait_ms);
	else
		ready = WSAPoll(polled, count, wait_ms);
	if (ready >= 0 || WSAGetLastError() != WSAENOTSOCK)
		return ready;
	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd >= 0)
			polled[i].revents = POLLNVAL;
	return (int)count;
}

/* WSAPoll tells of a peer's end also where nothing to receive was asked for; poll does not. */
static bool wsapoll__is_noise(const WSAPOLLFD *item)
{
	return item->revents == POLLHUP && !(item->events & POLLIN);
}

static void wsapoll__clear_ends(WSAPOLLFD polled[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!(polled[i].events & POLLIN) && !(polled[i].revents & POLLERR))
			polled[i].revents &= (SHORT)~POLLHUP;
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
	return select(0, NULL, NULL, &failed, &at_once) > 0 && getpeername(s, (struct sockaddr *)&peer, &length) != 0;
}

static int wsapoll__find_failed(WSAPOLLFD polled[], unsigned count)
{
	int found = 0;

	for (unsigned i = 0; i < count; i++)
		if (polled[i].fd != NATIVE_NONE && polled[i].events & POLLOUT && wsapoll__connect_failed(polled[i].fd)) {
			polled[i].revents = POLLERR;
			found++;
		}
	return found;
}

/* A negative descriptor is skipped; the second time it is what it was. */
static void wsapoll__mute(WSAPOLLFD *item)
{
	item->fd = ~item->fd;
	item->revents = 0;
}

/* Wait for those that made no noise. */
static int wsapoll__without_noise(WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	int ready;

	for (unsigned i = 0; i < count; i++)
		if (wsapoll__is_noise(&polled[i]))
			wsapoll__mute(&polled[i]);
	ready = wsapoll__wait(polled, count, wait_ms);
	for (unsigned i = 0; i < count; i++)
		if ((INT_PTR)polled[i].fd < 0 && polled[i].fd != NATIVE_NONE)
			wsapoll__mute(&polled[i]);
	return ready;
}

/* What WSAPoll found: sockets with an event, and of these, those with noise alone. */
static void wsapoll__count(const WSAPOLLFD polled[], unsigned count, int *ready, int *noise)
{
	*ready = *noise = 0;
	for (unsigned i = 0; i < count; i++)
		if (polled[i].fd != NATIVE_NONE && polled[i].revents != 0) {
			(*ready)++;
			*noise += wsapoll__is_noise(&polled[i]);
		}
}

/* How long WSAPoll may wait without being looked after. */
static int wsapoll__patience(const WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	if (wait_ms >= 0 && wait_ms <= WSAPOLL__SLICE_MS)
		return wait_ms;
	for (unsigned i = 0; i < count; i++)
		if (polled[i].fd != NATIVE_NONE && polled[i].events & POLLOUT)
			return WSAPOLL__SLICE_MS;
	return wait_ms;
}

/* How long to look past those that make noise, which may have begun late: what is left of the time. */
static int wsapoll__slice(int wait_ms, int64_t begun)
{
	int64_t left = wait_ms < 0 ? WSAPOLL__SLICE_MS : wait_ms - (os_now() - begun);

	if (left > WSAPOLL__SLICE_MS)
		return WSAPOLL__SLICE_MS;
	return left > 0 ? (int)left : 0;
}

int native_poll(WSAPOLLFD polled[], unsigned count, int wait_ms)
{
	const int64_t begun = os_now();
	int ready, noise;

	if (wsapoll__wait(polled, count, wsapoll__patience(polled, count, wait_ms)) < 0)
		return -1;
	wsapoll__count(polled, count, &ready, &noise);
	if (noise > 0 && noise == ready && wsapoll__without_noise(polled, count, wsapoll__slice(wait_ms, begun)) < 0)
		return -1;
	wsapoll__count(polled, count, &ready, &noise);
	wsapoll__clear_ends(polled, count);
	return ready > noise ? ready - noise : wsapoll__find_failed(polled, count);
}
