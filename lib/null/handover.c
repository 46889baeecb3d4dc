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
