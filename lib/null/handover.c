/* SPDX-License-Identifier: MIT */

/* Other processes, and what is no socket, if there were any. */

#include "libsock.h"
#include "os.h"
#include "os_process.h"

int os_has_descriptor(intptr_t fd)
{
	(void)fd;
	return LIBSOCK_ENOTSUP;
}

bool os_has_handover(void)
{
	return false;
}

void os_discard(intptr_t fd)
{
	(void)fd;
}

ptrdiff_t os_send_fds(intptr_t channel, const void *data, size_t size, const intptr_t fds[], int count, int how)
{
	(void)channel;
	(void)data;
	(void)size;
	(void)fds;
	(void)count;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

ptrdiff_t os_recv_fds(intptr_t channel, int type, void *data, size_t size, intptr_t fds[], int *count, int how)
{
	(void)channel;
	(void)type;
	(void)data;
	(void)size;
	(void)fds;
	(void)count;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

int os_process_id(void)
{
	return 1;
}

int os_peer_credentials(intptr_t fd, struct sock_credentials *credentials)
{
	(void)fd;
	(void)credentials;
	return LIBSOCK_ENOTSUP;
}
