/* SPDX-License-Identifier: MIT */

/* What could be set of sockets, if there were any. */

#include "libsock.h"
#include "os.h"

int os_option_set(intptr_t fd, int family, int option, int64_t value)
{
	(void)fd;
	(void)family;
	(void)option;
	(void)value;
	return LIBSOCK_ENOTSUP;
}

int os_option_get(intptr_t fd, int family, int option, int64_t *value)
{
	(void)fd;
	(void)family;
	(void)option;
	(void)value;
	return LIBSOCK_ENOTSUP;
}

int os_multicast_set(intptr_t fd, int family, uint32_t index)
{
	(void)fd;
	(void)family;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int os_multicast_get(intptr_t fd, int family, int64_t *index)
{
	(void)fd;
	(void)family;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int os_member(intptr_t fd, bool join, const struct os_addr *group, const struct os_addr *source, uint32_t index)
{
	(void)fd;
	(void)join;
	(void)group;
	(void)source;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int os_bound_set(intptr_t fd, int family, uint32_t index)
{
	(void)fd;
	(void)family;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int os_bound_get(intptr_t fd, int family, int64_t *index)
{
	(void)fd;
	(void)family;
	(void)index;
	return LIBSOCK_ENOTSUP;
}

int os_inherit_set(intptr_t fd, bool on)
{
	(void)fd;
	(void)on;
	return LIBSOCK_ENOTSUP;
}

int os_inherit_get(intptr_t fd, int64_t *on)
{
	(void)fd;
	(void)on;
	return LIBSOCK_ENOTSUP;
}
