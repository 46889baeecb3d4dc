/* SPDX-License-Identifier: MIT */

/* Windows' own way of handing a socket over (WSADuplicateSocket) needs to know the other process; a channel does not tell. */

#include "native.h"

#include "libsock.h"
#include "os.h"
#include "os_process.h"

bool os_has_handover(void)
{
	return false;
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

void os_discard(intptr_t fd)
{
	(void)fd; /* none comes */
}

int os_process_id(void)
{
	return (int)GetCurrentProcessId();
}

#ifndef SIO_AF_UNIX_GETPEERPID
#define SIO_AF_UNIX_GETPEERPID _WSAIOR(IOC_VENDOR, 256)
#endif

/* The process is all that Windows tells (afunix.h), from 10 1803 on, as it has such sockets. */
int os_peer_credentials(intptr_t fd, struct sock_credentials *credentials)
{
	ULONG process = 0;
	DWORD size = 0;

	if (WSAIoctl((SOCKET)fd, SIO_AF_UNIX_GETPEERPID, NULL, 0, &process, sizeof process, &size, NULL, NULL) != 0)
		return WSAGetLastError() == WSAEINVAL ? LIBSOCK_ENOTCONN : os_error(WSAGetLastError());
	if (process > 0)
		credentials->pid = process;
	return 0;
}
