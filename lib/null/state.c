/* SPDX-License-Identifier: MIT */

/* A system in which there is no socket has nothing to tell of one. */

#include "libsock.h"
#include "os_state.h"

ptrdiff_t os_peek(intptr_t fd, int family, int type, void *data, size_t size, int how)
{
	(void)fd;
	(void)family;
	(void)type;
	(void)data;
	(void)size;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_pending(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_skip(intptr_t fd, int family, size_t size, int how)
{
	(void)fd;
	(void)family;
	(void)size;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

int os_pending_error(intptr_t fd, int family, int type)
{
	(void)fd;
	(void)family;
	(void)type;
	return LIBSOCK_ENOTSUP;
}

int os_statistics(intptr_t fd, struct sock_statistics *out)
{
	(void)fd;
	(void)out;
	return LIBSOCK_ENOTSUP;
}
