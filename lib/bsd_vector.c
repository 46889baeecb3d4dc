/* SPDX-License-Identifier: MIT */

/* Sending and receiving several pieces of memory at once: our vectors to theirs. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stdint.h>

/* A byte to point to where there is none: a null is WSAEFAULT, and no part at all WSAEINVAL. */
struct bsd_vector__list {
	native_part part[OS_PART_MAX];
	char nothing;
};

/* The part that becomes of a piece, cut to the room: the count that comes back is an int on Windows, and on macOS. */
static inline size_t bsd_vector__put(native_part *part, const void *data, size_t size, size_t room)
{
	if (size > room)
		size = room;
	*part = native_make_part((void *)(uintptr_t)data, size);
	return size;
}

static int bsd_vector__end(struct bsd_vector__list *list, int count)
{
	if (count == 0)
		list->part[count++] = native_make_part(&list->nothing, 0);
	return count;
}

ptrdiff_t os_sendv(intptr_t fd, const struct sock_part *parts, int count, int how)
{
	struct bsd_vector__list list;
	size_t room = INT_MAX, size;
	int filled = 0;
	ptrdiff_t n;

	for (int i = 0; i < count && filled < OS_PART_MAX; i++) {
		size = bsd_vector__put(&list.part[filled], parts[i].data, parts[i].size, room);
		room -= size;
		filled += size > 0;
	}
	filled = bsd_vector__end(&list, filled);
	n = native_sendv((native_socket)fd, list.part, filled, bsd_flags(how) | NATIVE_SEND_FLAGS);
	return n >= 0 ? n : bsd_error();
}

ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_room *rooms, int count, int how)
{
	struct bsd_vector__list list;
	size_t room = INT_MAX, size;
	int filled = 0;
	ptrdiff_t n;

	for (int i = 0; i < count && filled < OS_PART_MAX; i++) {
		size = bsd_vector__put(&list.part[filled], rooms[i].data, rooms[i].size, room);
		room -= size;
		filled += size > 0;
	}
	filled = bsd_vector__end(&list, filled);
	n = native_recvv((native_socket)fd, type, list.part, filled, bsd_flags(how));
	return n >= 0 ? n : bsd_error();
}
