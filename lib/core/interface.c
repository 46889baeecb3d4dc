/* SPDX-License-Identifier: MIT */

/* The machine about itself: its network interfaces and its name. */

#include "addr.h"
#include "libsock.h"
#include "os.h"

#include <limits.h>
#include <string.h>

struct interface__list {
	struct sock_interface *rows;
	int max, kept, count;
};

static void interface__write(struct sock_interface *row, const char *name, uint32_t index, unsigned flags,
			     const struct os_addr *addr)
{
	size_t length = strlen(name);

	if (length >= sizeof row->name)
		length = sizeof row->name - 1;
	memset(row, 0, sizeof *row);
	memcpy(row->name, name, length);
	row->index = index;
	row->up = (flags & OS_INTERFACE_UP) != 0;
	row->loopback = (flags & OS_INTERFACE_LOOPBACK) != 0;
	row->multicast = (flags & OS_INTERFACE_MULTICAST) != 0;
	addr_write(&row->addr, addr);
	row->addr.port = 0;
}

/*
 * Insert into what is sorted already, behind its equals; what falls off the end has one of the highest indexes so far,
 * and would not be among the first `max` in the end either. So the caller's room is all that is needed.
 */
static void interface__insert(void *context, const char *name, uint32_t index, unsigned flags,
			      const struct os_addr *addr)
{
	struct interface__list *list = context;
	int at = list->kept;

	if (list->count < INT_MAX)
		list->count++;
	while (at > 0 && list->rows[at - 1].index > index)
		at--;
	if (at == list->max)
		return;
	if (list->kept < list->max)
		list->kept++;
	memmove(list->rows + at + 1, list->rows + at, (size_t)(list->kept - at - 1) * sizeof list->rows[0]);
	interface__write(&list->rows[at], name, index, flags, addr);
}

int sock_interfaces(struct sock_interface out[], int max)
{
	struct interface__list list = {.rows = out, .max = max};
	int err;

	if (max < 0 || (out == NULL && max > 0))
		return LIBSOCK_EINVAL;
	do {
		list.kept = list.count = 0;
		err = os_interfaces(interface__insert, &list);
	} while (err == OS_EINTR);
	return err < 0 ? err : list.count;
}

int sock_hostname(char *name, size_t size)
{
	int length;

	if (name == NULL || size == 0)
		return LIBSOCK_EINVAL;
	length = os_hostname(name, size);
	if (length < 0)
		name[0] = '\0';
	return length;
}
