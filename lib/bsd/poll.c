/* SPDX-License-Identifier: MIT */

/* Readiness in the words of poll, which Winsock has as WSAPoll. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

/* How long an error can be overlooked on a socket whose end is not to be reported. */
enum { BSD_POLL__SLICE_MS = 100 };

short bsd_poll_events(int interest)
{
	return (short)((interest & LIBSOCK_READABLE ? POLLIN | NATIVE_POLLRDHUP : 0) | (interest & LIBSOCK_WRITABLE ? POLLOUT : 0));
}

/* An error that has been told before, of an end that it looks like from then on (os_end). */
static bool bsd_poll__has_failed(native_socket s, unsigned events)
{
	int end;

	if (events & POLLERR || !(events & POLLHUP))
		return events & POLLERR;
	end = os_end((intptr_t)s);
	return end == LIBSOCK_ECONNRESET || end == LIBSOCK_ECONNTIMEDOUT;
}

int bsd_poll_told_end(native_socket s, int interest, unsigned events)
{
	const bool ended = NATIVE_HANGUP_ENDS_BOTH && interest & LIBSOCK_WRITABLE && events & POLLHUP; /* a send fails at once */
	int told = events & POLLOUT || ended ? LIBSOCK_WRITABLE : 0;

	if (bsd_poll__has_failed(s, events))
		return LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	if (!(interest & LIBSOCK_READABLE))
		return told;
	if (events & POLLIN)
		told |= LIBSOCK_READABLE;
	if (events & (POLLHUP | NATIVE_POLLRDHUP) || (!NATIVE_POLL_TELLS_END && events & POLLIN && native_at_end(s)))
		told |= LIBSOCK_PEER_ENDED | LIBSOCK_READABLE;
	return told;
}

/* poll reports an end also where nothing to receive was asked for, and does so at once and for ever. */
static bool bsd_poll__is_noise(const native_pollfd *item)
{
	const short matters = POLLIN | (NATIVE_HANGUP_ENDS_BOTH ? POLLOUT : 0);

	return item->revents == POLLHUP && !(item->events & matters) && !bsd_poll__has_failed(item->fd, POLLHUP);
}

/* A negative descriptor is skipped; flipped twice it is what it was, and NATIVE_NONE is itself. */
static void bsd_poll__flip(native_pollfd *item)
{
	item->fd = (native_socket)(-2 - (intptr_t)item->fd);
	item->revents = 0;
}

static int bsd_poll__count_noise(const native_pollfd polled[], unsigned count)
{
	int noise = 0;

	for (unsigned i = 0; i < count; i++)
		noise += bsd_poll__is_noise(&polled[i]);
	return noise;
}

/* Waits for the others. */
static int bsd_poll__without_noise(native_pollfd polled[], unsigned count, int wait_ms)
{
	int ready;

	for (unsigned i = 0; i < count; i++)
		if (bsd_poll__is_noise(&polled[i]))
			bsd_poll__flip(&polled[i]);
	ready = native_poll(polled, count, wait_ms);
	for (unsigned i = 0; i < count; i++)
		if ((intptr_t)polled[i].fd < -1)
			bsd_poll__flip(&polled[i]);
	return ready;
}

/* What is left of the time, at most a slice: the noise may have begun late. */
static int bsd_poll__slice(int wait_ms, int64_t begun)
{
	int64_t left = wait_ms < 0 ? BSD_POLL__SLICE_MS : wait_ms - (os_now() - begun);

	if (left > BSD_POLL__SLICE_MS)
		return BSD_POLL__SLICE_MS;
	return left > 0 ? (int)left : 0;
}

int bsd_poll(native_pollfd polled[], unsigned count, int wait_ms)
{
	const int64_t begun = wait_ms > 0 ? os_now() : 0;
	int ready = native_poll(polled, count, wait_ms);

	if (ready <= 0 || bsd_poll__count_noise(polled, count) < ready)
		return ready;
	return bsd_poll__without_noise(polled, count, bsd_poll__slice(wait_ms, begun));
}

int os_poll(struct sock_wait_item items[], int count, int wait_ms)
{
	native_pollfd polled[LIBSOCK_WAIT_MAX];
	int ready;

	for (int i = 0; i < count; i++) {
		polled[i] = (native_pollfd){.fd = items[i].s.family != 0 ? (native_socket)items[i].s.fd : NATIVE_NONE};
		polled[i].events = bsd_poll_events(items[i].interest);
	}
	if (bsd_poll(polled, (unsigned)count, wait_ms) < 0)
		return bsd_error();
	ready = 0;
	for (int i = 0; i < count; i++) {
		if (polled[i].revents == 0 || items[i].s.family == 0)
			continue;
		if (polled[i].revents & POLLNVAL)
			return LIBSOCK_EBADF;
		items[i].ready = bsd_poll_told(polled[i].fd, items[i].interest, (unsigned short)polled[i].revents);
		ready += items[i].ready != 0;
	}
	return ready;
}
