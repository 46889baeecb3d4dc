/* SPDX-License-Identifier: MIT */

/* Files, where there are none. */

#include "libsock.h"
#include "os.h"

ptrdiff_t os_file_read(intptr_t file, void *data, size_t size, uint64_t offset)
{
	(void)file;
	(void)data;
	(void)size;
	(void)offset;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how)
{
	(void)fd;
	(void)file;
	(void)size;
	(void)offset;
	(void)how;
	return LIBSOCK_ENOTSUP;
}
