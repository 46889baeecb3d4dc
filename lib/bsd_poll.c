/* SPDX-License-Identifier: MIT */

/* Readiness in the words of poll, which Winsock has as WSAPoll. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

short bsd_poll_events(int wanted)
{
	return (short)((wanted & LIBSOCK_READABLE ? POLLIN | NATIVE_POLLRDHUP : 0) | (wanted & LIBSOCK_WRITABLE ? POLLOUT : 0));
}

int bsd_poll_told(native_socket s, unsigned events)
{
	int told = 0;

	if (events & POLLERR)
		return LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	if (events & POLLIN)
		told |= LIBSOCK_READABLE;
	if (events & POLLOUT)
		told |= LIBSOCK_WRITABLE;
	if (events & (POLLHUP | NATIVE_POLLRDHUP) || (!NATIVE_POLL_TELLS_END && events & POLLIN && native_at_end(s)))
		told |= LIBSOCK_HANGUP | LIBSOCK_READABLE;
	return told;
}

int os_poll(struct sock_item items[], int count, int wait_ms)
{
	native_pollfd polled[LIBSOCK_WAIT_MAX];
	int ready;

	for (int i = 0; i < count; i++) {
		polled[i] = (native_pollfd){.fd = items[i].s.family != 0 ? (native_socket)items[i].s.fd : NATIVE_NONE};
		polled[i].events = bsd_poll_events(items[i].wanted);
	}
	if (native_poll(polled, (unsigned)count, wait_ms) < 0)
		return bsd_error();
	ready = 0;
	for (int i = 0; i < count; i++) {
		if (polled[i].revents == 0 || items[i].s.family == 0)
			continue;
		if (polled[i].revents & POLLNVAL)
			return LIBSOCK_EBADF;
		items[i].told = bsd_poll_told(polled[i].fd, (unsigned short)polled[i].revents);
		ready += items[i].told != 0;
	}
	return ready;
}
