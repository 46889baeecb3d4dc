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

/* A number below 4096 is alone in its place as long as all are (on Windows: 16384). */
static struct {
	atomic_uint count;
	atomic_int last; /* which of them it was */
} closed__places[4096];

static unsigned closed__place(intptr_t fd)
{
	return (unsigned)fd / NATIVE_NUMBER_STEP % (sizeof closed__places / sizeof closed__places[0]);
}

void os_forget(intptr_t fd)
{
	const unsigned place = closed__place(fd);

	atomic_store_explicit(&closed__places[place].last, (int)fd, memory_order_relaxed);
	atomic_fetch_add_explicit(&closed__places[place].count, 1, memory_order_release);
}

unsigned bsd_closes(intptr_t fd)
{
	return atomic_load_explicit(&closed__places[closed__place(fd)].count, memory_order_acquire);
}

bool bsd_closed_since(intptr_t fd, unsigned closes)
{
	return bsd_closes(fd) != closes &&
	       atomic_load_explicit(&closed__places[closed__place(fd)].last, memory_order_relaxed) == (int)fd;
}
