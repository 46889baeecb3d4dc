/* SPDX-License-Identifier: MIT */

/* Windows' own way of handing a socket over (WSADuplicateSocket) needs to know the other process; a channel does not tell. */

#include "native.h"

#include "libsock.h"
#include "os.h"

bool os_has_handover(void)
{
	return false;
}

int os_send_fd(intptr_t channel, intptr_t fd, int how)
{
	(void)channel;
	(void)fd;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

int os_recv_fd(intptr_t channel, int type, intptr_t *fd, int how)
{
	(void)channel;
	(void)type;
	(void)fd;
	(void)how;
	return LIBSOCK_ENOTSUP;
}

void os_discard(intptr_t fd)
{
	(void)fd; /* none comes */
}

int os_process_id(void)
{
	return (int)GetCurrentProcessId();
}
