/* SPDX-License-Identifier: MIT */

/*
 * The poller of macOS and the BSDs: kqueue(2). Written from its manual pages and compiled for macOS; not run.
 *
 * A socket is two filters, of which those that are not wanted are disabled, so that both are always there to be deleted.
 */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

int os_poller_open(intptr_t *poller)
{
	int fd = kqueue(), err;

	*poller = fd;
	if (fd == -1)
		return bsd_error();
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) /* kqueue1 and kqueuex are not everywhere */
		return 0;
	err = bsd_error();
	close(fd);
	return err;
}

void os_poller_close(intptr_t poller)
{
	close((int)poller);
}

/* With EV_RECEIPT each change is answered with its own errno, or 0. The first that is not 0. */
static int kqueue__apply(int queue, struct kevent change[2])
{
	struct kevent answer[2];
	const struct timespec at_once = {0};
	int count = kevent(queue, change, 2, answer, 2, &at_once);

	for (int i = 0; i < count; i++)
		if (answer[i].data != 0)
			return os_error((int)answer[i].data);
	return count < 0 ? bsd_error() : 0;
}

static int kqueue__delete(int queue, uintptr_t fd)
{
	struct kevent change[2];

	EV_SET(&change[0], fd, EVFILT_READ, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
	EV_SET(&change[1], fd, EVFILT_WRITE, EV_DELETE | EV_RECEIPT, 0, 0, NULL);
	return kqueue__apply(queue, change);
}

static int kqueue__add(int queue, uintptr_t fd, int wanted, void *data)
{
	struct kevent change[2];
	const int how = EV_ADD | EV_RECEIPT;

	EV_SET(&change[0], fd, EVFILT_READ, how | (wanted & LIBSOCK_READABLE ? EV_ENABLE : EV_DISABLE), 0, 0, data);
	EV_SET(&change[1], fd, EVFILT_WRITE, how | (wanted & LIBSOCK_WRITABLE ? EV_ENABLE : EV_DISABLE), 0, 0, data);
	return kqueue__apply(queue, change);
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int wanted, void *data)
{
	int err = 0;

	if (change != OS_POLLER_ADD) /* by itself, EV_ADD would not mind that the socket is not there */
		err = kqueue__delete((int)poller, (uintptr_t)fd);
	if (err < 0 || change == OS_POLLER_REMOVE)
		return err;
	return kqueue__add((int)poller, (uintptr_t)fd, wanted, data);
}

/* On the filter for writing EV_EOF means that the peer receives no more, which a send will tell. */
static int kqueue__told(const struct kevent *event)
{
	if (event->flags & EV_EOF && event->fflags != 0)
		return LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	if (event->filter == EVFILT_WRITE)
		return LIBSOCK_WRITABLE;
	return event->flags & EV_EOF ? LIBSOCK_READABLE | LIBSOCK_HANGUP : LIBSOCK_READABLE;
}

/* An error is told alone. */
static int kqueue__join(int told, int more)
{
	return (told | more) & LIBSOCK_ERROR ? LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE : told | more;
}

int os_poller_wait(intptr_t poller, struct sock_event events[], int max, int wait_ms)
{
	const struct timespec limit = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};
	struct kevent got[OS_POLLER_EVENT_MAX];
	int count = kevent((int)poller, NULL, 0, got, max, wait_ms < 0 ? NULL : &limit), filled = 0;

	if (count == -1)
		return bsd_error();
	for (int i = 0; i < count; i++) {
		int same = 0; /* a socket that is ready for both comes twice */

		while (same < filled && got[same].ident != got[i].ident)
			same++;
		if (same == filled) {
			got[filled] = got[i];
			events[filled++] = (struct sock_event){.data = got[i].udata};
		}
		events[same].told = kqueue__join(events[same].told, kqueue__told(&got[i]));
	}
	return filled;
}
