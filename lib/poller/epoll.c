/* SPDX-License-Identifier: MIT */

/*
 * The poller of Linux: epoll(7). What it watches are open files, not descriptors: a socket that was closed goes on
 * being reported for as long as somebody else has it, too (a child of fork, a process that it was sent to), and cannot
 * be removed any more. So a table of what the program has added, by descriptor, says which events are still anybody's.
 */

#include "native.h"

#include "bsd.h"
#include "compiler.h"
#include "libsock.h"
#include "os.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* The kernel has one set of numbers for both. */
_Static_assert((int)EPOLLIN == POLLIN && (int)EPOLLOUT == POLLOUT && (int)EPOLLERR == POLLERR && (int)EPOLLHUP == POLLHUP &&
		       (int)EPOLLRDHUP == POLLRDHUP,
	       "epoll reports in the words of poll");

/* A socket that was added. Its serial number comes with its events: those of earlier ones, under this number, are stale. */
struct epoll__entry {
	void *data;
	uint32_t serial; /* 0: there is none */
	uintptr_t closes; /* bsd_closes() when it was known to be open */
	uint8_t interest;
	bool edge; /* reported only when something changes, for it is at an end that is not wanted */
	bool always; /* the kernel does not watch it */
};

struct epoll__set {
	int fd;
	uint32_t serial;
	size_t room;
	struct epoll__entry *entries; /* by descriptor */
	size_t always; /* how many are ready without the kernel */
	size_t next;   /* where to begin to look for them, so that all have their turn */
	int turn;      /* 0 or 1: who has the odd place */
};

static int epoll__create(void)
{
	int fd;

	BSD_CALL(fd, epoll_create1(EPOLL_CLOEXEC));
	return fd;
}

int os_poller_open(intptr_t *poller)
{
	struct epoll__set *set = calloc(1, sizeof *set);

	if (set == NULL)
		return LIBSOCK_ENOMEM;
	set->fd = epoll__create();
	if (set->fd == -1) {
		free(set);
		return bsd_error();
	}
	*poller = (intptr_t)set;
	return 0;
}

void os_poller_close(intptr_t poller)
{
	struct epoll__set *set = (struct epoll__set *)poller;

	close(set->fd);
	free(set->entries);
	free(set);
}

/* Tell the kernel of an entry, in one of its three ways, in the epoll instance `epoll`. 0 or −1 with errno. */
static int epoll__control(int epoll, int how, int fd, const struct epoll__entry *entry)
{
	struct epoll_event event = {
		.events = (unsigned short)bsd_poll_events(entry->interest) | (entry->edge ? EPOLLET : 0),
		.data.u64 = (uint64_t)entry->serial << 32 | (uint32_t)fd,
	};
	int result;

	BSD_CALL(result, epoll_ctl(epoll, how, fd, &event));
	return result;
}

static int epoll__make_room(struct epoll__set *set, size_t fd)
{
	size_t room = set->room > 0 ? set->room : 16;
	struct epoll__entry *entries;

	while (room <= fd)
		room *= 2;
	if (room == set->room)
		return 0;
	entries = realloc(set->entries, room * sizeof *entries);
	if (entries == NULL)
		return LIBSOCK_ENOMEM;
	for (size_t i = set->room; i < room; i++)
		entries[i] = (struct epoll__entry){0};
	set->entries = entries;
	set->room = room;
	return 0;
}

/* What cannot be watched at all (a file has the number of a closed socket) is no open socket. */
static int epoll__error(void)
{
	return errno == EPERM ? LIBSOCK_EBADF : bsd_error();
}

/* What is not watched, a file for example, is ready for all that is of interest, as poll(2) has it of files. */
COLD static int epoll__keep_always(const struct epoll__set *set, int change, int fd, struct epoll__entry *entry)
{
	const bool is_there = (size_t)fd < set->room && set->entries[fd].always;

	entry->always = true;
	return change == OS_POLLER_ADD || is_there ? 0 : LIBSOCK_ENOENT;
}

static bool epoll__counts(const struct epoll__entry *entry)
{
	return entry->always && entry->interest != 0;
}

static void epoll__put(struct epoll__set *set, size_t fd, const struct epoll__entry *entry)
{
	set->always -= epoll__counts(&set->entries[fd]);
	set->always += epoll__counts(entry);
	set->entries[fd] = *entry;
}

static uint32_t epoll__next_serial(struct epoll__set *set)
{
	set->serial += set->serial == UINT32_MAX ? 2 : 1;
	return set->serial;
}

/* 0 or −1 with errno. */
static int epoll__change(const struct epoll__set *set, int change, int fd, const struct epoll__entry *entry)
{
	int result = -1;

	if (change == OS_POLLER_REMOVE)
		return epoll__control(set->fd, EPOLL_CTL_DEL, fd, entry);
	if (change == OS_POLLER_ADD)
		result = epoll__control(set->fd, EPOLL_CTL_ADD, fd, entry);
	if (change == OS_POLLER_MODIFY || (result == -1 && errno == EEXIST))
		result = epoll__control(set->fd, EPOLL_CTL_MOD, fd, entry);
	return result;
}

/* Has what was added under this number been closed? The kernel finds it if the same file is back, which nobody has added. */
static bool epoll__was_closed(struct epoll__set *set, intptr_t fd)
{
	return fd >= 0 && (size_t)fd < set->room && set->entries[fd].serial != 0 && bsd_closed_since(fd, set->entries[fd].closes);
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int interest, void *data)
{
	struct epoll__set *set = (struct epoll__set *)poller;
	struct epoll__entry entry = {.data = data, .interest = (uint8_t)(interest & ~OS_DESCRIPTOR)};
	int err = 0;

	if (fd == set->fd)
		return LIBSOCK_EBADF; /* a copy of a socket that is closed, whose number this poller was given */
	if (change != OS_POLLER_ADD && epoll__was_closed(set, fd))
		return LIBSOCK_ENOENT;
	entry.serial = epoll__next_serial(set);
	entry.closes = bsd_closes(fd);
	if (epoll__change(set, change, (int)fd, &entry) != 0)
		err = errno == EPERM && interest & OS_DESCRIPTOR ? epoll__keep_always(set, change, (int)fd, &entry) : epoll__error();
	if (err < 0 || change == OS_POLLER_REMOVE)
		entry.serial = entry.always = 0; /* an error: what stood there is not what the descriptor is now */
	if (err == 0 && epoll__make_room(set, (size_t)fd) < 0) {
		epoll__control(set->fd, EPOLL_CTL_DEL, (int)fd, &entry);
		return LIBSOCK_ENOMEM;
	}
	if (fd >= 0 && (size_t)fd < set->room)
		epoll__put(set, (size_t)fd, &entry);
	return err;
}

/* Is what was added still what the descriptor is? The kernel finds a file only by both. */
COLD static bool epoll__ask(const struct epoll__set *set, int fd, struct epoll__entry *entry)
{
	const bool was_closed = bsd_closed_since(fd, entry->closes);

	entry->closes = bsd_closes(fd);
	if (!was_closed && epoll__control(set->fd, EPOLL_CTL_MOD, fd, entry) == 0)
		return true;
	entry->serial = 0;
	return false;
}

static inline bool epoll__is_open(const struct epoll__set *set, int fd, struct epoll__entry *entry)
{
	return entry->closes == bsd_closes(fd) || epoll__ask(set, fd, entry);
}

/* Begin anew without what cannot be removed: each is added to the new instance that the old one still finds. */
COLD static int epoll__rebuild(struct epoll__set *set)
{
	int fd = epoll__create();

	if (fd == -1)
		return bsd_error();
	for (size_t i = 0; i < set->room; i++) {
		struct epoll__entry *entry = &set->entries[i];

		if (entry->serial == 0 || entry->always || !epoll__ask(set, (int)i, entry))
			continue;
		if (epoll__control(fd, EPOLL_CTL_ADD, (int)i, entry) == 0)
			continue;

		int err = bsd_error();

		close(fd);
		return err;
	}
	close(set->fd);
	set->fd = fd;
	return 0;
}

/* An end that is not wanted is not reported: once it has come, only changes are. What is reported is so again and again. */
COLD static void epoll__turn(const struct epoll__set *set, int fd, struct epoll__entry *entry)
{
	entry->edge = !entry->edge;
	epoll__control(set->fd, EPOLL_CTL_MOD, fd, entry);
}

/* Whether it is an event of a socket that is still there; `event` is filled, with nothing if there is nothing to report. */
static bool epoll__tell(const struct epoll__set *set, const struct epoll_event *got, struct sock_event *event)
{
	const int fd = (int)(uint32_t)got->data.u64;
	struct epoll__entry *entry = &set->entries[fd]; /* there is room: it was added */

	event->ready = 0;
	if (entry->serial != got->data.u64 >> 32 || !epoll__is_open(set, fd, entry))
		return false;
	event->data = entry->data;
	event->reserved = 0;
	event->ready = bsd_poll_told(fd, entry->interest, got->events);
	if (entry->edge != (event->ready == 0))
		epoll__turn(set, fd, entry);
	return true;
}

/* What is stale or silent took up room that was for others: where it took all, the core looks again. */
COLD static int epoll__clean(struct epoll__set *set, int filled, bool stale)
{
	int err = stale ? epoll__rebuild(set) : 0;

	if (filled > 0)
		return filled;
	return err < 0 ? err : OS_EINTR;
}

static inline int epoll__wait(struct epoll__set *set, struct sock_event events[], int max, int wait_ms)
{
	struct epoll_event got[OS_POLLER_EVENT_MAX];
	int count = epoll_wait(set->fd, got, max, wait_ms), filled = 0;
	bool stale = false;

	if (count == -1)
		return bsd_error();
	for (int i = 0; i < count; i++) {
		stale |= !epoll__tell(set, &got[i], &events[filled]);
		filled += events[filled].ready != 0;
	}
	if (filled > 0 && !stale)
		return filled;
	return count > 0 ? epoll__clean(set, filled, stale) : 0;
}

/* Of what is always ready at most so many, beginning where the last look ended. */
static int epoll__tell_always(struct epoll__set *set, struct sock_event events[], size_t most)
{
	size_t filled = 0;

	for (size_t left = set->room; left > 0 && filled < most; left--) {
		const struct epoll__entry *entry = &set->entries[set->next < set->room ? set->next : 0];

		set->next = (size_t)(entry - set->entries) + 1;
		if (epoll__counts(entry))
			events[filled++] = (struct sock_event){.data = entry->data, .ready = entry->interest};
	}
	return (int)filled;
}

static size_t epoll__less(size_t a, int b)
{
	return a < (size_t)b ? a : (size_t)b;
}

/* Half of the room is for what is always ready and half for what has become so, and what one leaves the other takes. */
COLD static int epoll__wait_beside(struct epoll__set *set, struct sock_event events[], int max)
{
	const int first = epoll__tell_always(set, events, epoll__less(set->always, (max + set->turn) / 2));
	int filled = first, count = 0;

	set->turn = !set->turn;
	if (filled < max)
		count = epoll__wait(set, events + filled, max - filled, 0);
	if (count > 0)
		filled += count;
	filled += epoll__tell_always(set, events + filled, epoll__less(set->always - (size_t)first, max - filled));
	return filled > 0 ? filled : count;
}

int os_poller_wait(intptr_t poller, struct sock_event events[], int max, int wait_ms)
{
	struct epoll__set *set = (struct epoll__set *)poller;

	return set->always == 0 ? epoll__wait(set, events, max, wait_ms) : epoll__wait_beside(set, events, max);
}
