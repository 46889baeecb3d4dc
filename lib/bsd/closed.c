/* SPDX-License-Identifier: MIT */

/*
 * Which descriptors have been closed or given away. A poller is not told when a program closes a socket that it has, and
 * the number alone does not show it, nor does the open file behind it, which can come back from another process under
 * the same number.
 */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stdatomic.h>

enum { CLOSED__PLACES = 4096 };

/*
 * Descriptors that are so many apart share a place. It is one word, so that the two never belong to different closes:
 * which of them was the last one, in the lower bits, and a count.
 */
enum { CLOSED__WHICH_BITS = 19 };
static atomic_uintptr_t closed__places[CLOSED__PLACES];

static unsigned closed__number(intptr_t fd)
{
	return (unsigned)fd / NATIVE_NUMBER_STEP;
}

static atomic_uintptr_t *closed__place(intptr_t fd)
{
	return &closed__places[closed__number(fd) % CLOSED__PLACES];
}

static uintptr_t closed__which(intptr_t fd)
{
	return closed__number(fd) / CLOSED__PLACES & (((uintptr_t)1 << CLOSED__WHICH_BITS) - 1);
}

void os_forget(intptr_t fd)
{
	atomic_uintptr_t *place = closed__place(fd);
	uintptr_t before = atomic_load_explicit(place, memory_order_relaxed), after;

	do
		after = ((before >> CLOSED__WHICH_BITS) + 1) << CLOSED__WHICH_BITS | closed__which(fd);
	while (!atomic_compare_exchange_weak_explicit(place, &before, after, memory_order_release, memory_order_relaxed));
}

uintptr_t bsd_closes(intptr_t fd)
{
	return atomic_load_explicit(closed__place(fd), memory_order_acquire);
}

bool bsd_closed_since(intptr_t fd, uintptr_t closes)
{
	const uintptr_t now = bsd_closes(fd);

	return now != closes && (now & (((uintptr_t)1 << CLOSED__WHICH_BITS) - 1)) == closed__which(fd);
}
