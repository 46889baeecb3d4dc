/* SPDX-License-Identifier: MIT */

/* The machine about itself: its network interfaces and its name. */

#include "addr.h"
#include "libsock.h"
#include "os.h"

#include <limits.h>
#include <string.h>

struct interface__caller {
	int (*found)(void *context, const struct sock_interface_addr *row);
	void *context;
};

static int interface__show(void *context, const struct os_interface_addr *from)
{
	const struct interface__caller *caller = context;
	struct sock_interface_addr row = {
		.index = from->index,
		.prefix_length = from->prefix,
		.up = (from->flags & OS_INTERFACE_UP) != 0,
		.loopback = (from->flags & OS_INTERFACE_LOOPBACK) != 0,
		.multicast = (from->flags & OS_INTERFACE_MULTICAST) != 0,
	};
	size_t length = strlen(from->name);

	memcpy(row.name, from->name, length < sizeof row.name ? length : sizeof row.name - 1);
	addr_write(&row.addr, &from->addr);
	return caller->found(caller->context, &row);
}

int sock_interfaces(int (*found)(void *context, const struct sock_interface_addr *row), void *context)
{
	struct interface__caller caller = {found, context};

	return found ? os_interfaces(interface__show, &caller) : LIBSOCK_EINVAL;
}

int sock_interface_index(const char *name)
{
	uint32_t index = 0;
	int err = name ? os_interface(-1, name, &index) : LIBSOCK_EINVAL;

	if (err < 0)
		return err;
	return index <= INT_MAX ? (int)index : LIBSOCK_ENODEV;
}

int sock_hostname(char *name, size_t size)
{
	int err;

	if (name == NULL || size == 0)
		return LIBSOCK_EINVAL;
	err = os_hostname(name, size);
	if (err < 0)
		name[0] = '\0';
	return err;
}
