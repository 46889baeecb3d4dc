/* SPDX-License-Identifier: MIT */

/*
 * The poller of macOS and the BSDs: kqueue(2). Written from its manual pages and compiled for macOS; not run.
 *
 * A socket is two filters, of which those that are not wanted are disabled, so that both are always there to be
 * deleted.
 */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* A child of fork does not inherit the queue: its number may be another descriptor's there. */
struct kqueue__poller {
	int queue;
	pid_t owner;
};

typedef __typeof__(((struct kevent *)0)->udata) kqueue__data; /* a pointer, or with NetBSD before 10 a number */

int os_poller_open(intptr_t *poller)
{
	struct kqueue__poller *made = malloc(sizeof *made);
	int err = LIBSOCK_ENOMEM;

	*poller = (intptr_t)made;
	if (made == NULL)
		return err;
	*made = (struct kqueue__poller){.queue = kqueue(), .owner = getpid()};
	/* kqueue1 and kqueuex are not everywhere. */
	if (made->queue != -1 && fcntl(made->queue, F_SETFD, FD_CLOEXEC) == 0)
		return 0;
	err = bsd_error();
	if (made->queue != -1)
		close(made->queue);
	free(made);
	return err;
}

void os_poller_close(intptr_t poller)
{
	struct kqueue__poller *old = (struct kqueue__poller *)poller;

	if (old->owner == getpid())
		close(old->queue);
	free(old);
}

static int kqueue__queue(intptr_t poller)
{
	return ((const struct kqueue__poller *)poller)->queue;
}

/* One filter at a time, so that errno is its own: EV_RECEIPT, which answers for several, is not in NetBSD before 10. */
static int kqueue__apply(int queue, intptr_t fd, int filter, int how, void *data)
{
	struct kevent change;

	EV_SET(&change, (uintptr_t)fd, filter, how, 0, 0, (kqueue__data)data);
	return kevent(queue, &change, 1, NULL, 0, NULL) == -1 ? bsd_error() : 0;
}

static int kqueue__delete(int queue, intptr_t fd)
{
	int err = kqueue__apply(queue, fd, EVFILT_READ, EV_DELETE, NULL);
	int also = kqueue__apply(queue, fd, EVFILT_WRITE, EV_DELETE, NULL);

	return err < 0 && also < 0 ? err : 0; /* half a pipe has one of them */
}

static int kqueue__add(int queue, intptr_t fd, int interest, void *data)
{
	int reads = EV_ADD | (interest & LIBSOCK_READABLE ? EV_ENABLE : EV_DISABLE);
	int writes = EV_ADD | (interest & LIBSOCK_WRITABLE ? EV_ENABLE : EV_DISABLE);
	int err = kqueue__apply(queue, fd, EVFILT_READ, reads, data);

	int also = kqueue__apply(queue, fd, EVFILT_WRITE, writes, data);

	if (interest & OS_DESCRIPTOR) { /* what it is not for it need not have */
		err = interest & LIBSOCK_READABLE ? err : 0;
		also = interest & LIBSOCK_WRITABLE ? also : 0;
	}
	return err < 0 ? err : also;
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int interest, void *data)
{
	int err = 0;

	if (fd == kqueue__queue(poller))
		return LIBSOCK_EBADF; /* a copy of a socket that is closed, whose number the queue was given */
	if (change != OS_POLLER_ADD) /* by itself, EV_ADD would not mind that the socket is not there */
		err = kqueue__delete(kqueue__queue(poller), fd);
	if (err < 0 || change == OS_POLLER_REMOVE)
		return err;
	return kqueue__add(kqueue__queue(poller), fd, interest, data);
}

/* On the filter for writing EV_EOF means that the peer receives no more, which a send will tell. */
static int kqueue__told(const struct kevent *event)
{
	if (event->flags & EV_EOF && event->fflags != 0)
		return LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE;
	if (event->filter == EVFILT_WRITE)
		return LIBSOCK_WRITABLE;
	return event->flags & EV_EOF ? LIBSOCK_READABLE | LIBSOCK_PEER_ENDED : LIBSOCK_READABLE;
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
	int count = kevent(kqueue__queue(poller), NULL, 0, got, max, wait_ms < 0 ? NULL : &limit), filled = 0;

	if (count == -1)
		return bsd_error();
	for (int i = 0; i < count; i++) {
		int same = 0; /* a socket that is ready for both comes twice */

		while (same < filled && got[same].ident != got[i].ident)
			same++;
		if (same == filled) {
			got[filled] = got[i];
			events[filled++] = (struct sock_event){.data = (void *)got[i].udata};
		}
		events[same].ready = kqueue__join(events[same].ready, kqueue__told(&got[i]));
	}
	return filled;
}
