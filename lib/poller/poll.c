/* SPDX-License-Identifier: MIT */

/*
 * The poller of every other system: poll, which Winsock has as WSAPoll. It is shown all sockets at each wait. They are
 * kept sorted by descriptor, so that one is found by halving.
 */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

/* What the program said of a socket; and which socket that was, since its descriptor may be another's by now. */
struct poll__entry {
	void *data;
	uint64_t identity;
	uintptr_t closes; /* bsd_closes() when it was added */
	int interest;
};

struct poll__set {
	native_pollfd *polled;
	struct poll__entry *entries; /* of the same places */
	size_t count, room;
	size_t next; /* where to begin to look, so that all have their turn */
};

int os_poller_open(intptr_t *poller)
{
	struct poll__set *set = calloc(1, sizeof *set);

	*poller = (intptr_t)set;
	return set ? 0 : LIBSOCK_ENOMEM;
}

void os_poller_close(intptr_t poller)
{
	struct poll__set *set = (struct poll__set *)poller;

	free(set->polled);
	free(set->entries);
	free(set);
}

/* Where the descriptor is, or would be. */
static size_t poll__place(const struct poll__set *set, native_socket fd)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->polled[middle].fd < fd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool poll__is_there(const struct poll__set *set, size_t place, native_socket fd, uint64_t identity)
{
	return place < set->count && set->polled[place].fd == fd && set->entries[place].identity == identity &&
	       !bsd_closed_since((intptr_t)fd, set->entries[place].closes);
}

/* Move what is at a place and after it. */
static void poll__move(struct poll__set *set, size_t to, size_t from)
{
	memmove(&set->polled[to], &set->polled[from], (set->count - from) * sizeof *set->polled);
	memmove(&set->entries[to], &set->entries[from], (set->count - from) * sizeof *set->entries);
}

static void poll__remove(struct poll__set *set, size_t place)
{
	poll__move(set, place, place + 1);
	set->count--;
}

static int poll__grow(struct poll__set *set)
{
	size_t room = set->room > 0 ? set->room * 2 : 16;
	native_pollfd *polled = realloc(set->polled, room * sizeof *polled);
	struct poll__entry *entries;

	if (polled == NULL)
		return LIBSOCK_ENOMEM;
	set->polled = polled;
	entries = realloc(set->entries, room * sizeof *entries);
	if (entries == NULL)
		return LIBSOCK_ENOMEM;
	set->entries = entries;
	set->room = room;
	return 0;
}

static int poll__insert(struct poll__set *set, size_t place)
{
	int err = set->count < set->room ? 0 : poll__grow(set);

	if (err < 0)
		return err;
	poll__move(set, place + 1, place);
	set->count++;
	return 0;
}

int os_poller_change(intptr_t poller, int change, intptr_t fd, int interest, void *data)
{
	struct poll__set *set = (struct poll__set *)poller;
	size_t place = poll__place(set, (native_socket)fd);
	uint64_t identity;
	int err = 0;

	if (native_identity((native_socket)fd, &identity) != 0)
		return bsd_error();
	if (change != OS_POLLER_ADD && !poll__is_there(set, place, (native_socket)fd, identity))
		return LIBSOCK_ENOENT;
	if (change == OS_POLLER_REMOVE) {
		poll__remove(set, place);
		return 0;
	}
	if (place == set->count || set->polled[place].fd != (native_socket)fd)
		err = poll__insert(set, place);
	if (err < 0)
		return err;
	set->polled[place] = (native_pollfd){.fd = (native_socket)fd, .events = bsd_poll_events(interest)};
	set->entries[place] = (struct poll__entry){
		.data = data, .identity = identity, .closes = bsd_closes(fd), .interest = interest,
	};
	return 0;
}

/* Was the socket closed without being removed? Then poll spoke of no socket, or of another one. */
static bool poll__is_gone(const struct poll__set *set, size_t place)
{
	const native_pollfd *item = &set->polled[place];
	uint64_t identity;

	return item->revents & POLLNVAL || native_identity(item->fd, &identity) != 0 ||
	       !poll__is_there(set, place, item->fd, identity);
}

/* Of the sockets that poll spoke of, at most `max`, beginning where the last look ended. */
static int poll__tell(struct poll__set *set, struct sock_event events[], int ready, int max)
{
	int filled = 0;

	for (size_t left = set->count; left > 0 && ready > 0 && filled < max; left--) {
		size_t place = set->next < set->count ? set->next : 0;

		set->next = place + 1;
		if (set->polled[place].revents == 0)
			continue;
		ready--;
		if (poll__is_gone(set, place)) {
			poll__remove(set, place);
			set->next = place; /* where the one after it is now */
			continue;
		}
		events[filled].data = set->entries[place].data;
		events[filled].reserved = 0;
		events[filled].ready = bsd_poll_told(set->polled[place].fd, set->entries[place].interest,
						    (unsigned short)set->polled[place].revents);
		filled += events[filled].ready != 0;
	}
	return filled;
}

int os_poller_wait(intptr_t poller, struct sock_event events[], int max, int wait_ms)
{
	struct poll__set *set = (struct poll__set *)poller;
	int ready = bsd_poll(set->polled, (unsigned)set->count, wait_ms);

	return ready < 0 ? bsd_error() : poll__tell(set, events, ready, max);
}
