/* SPDX-License-Identifier: MIT */

/* The list of connections, which each of these systems has in a way of its own (FreeBSD, macOS: sysctl net.inet.tcp.pcblist). */

#include "native.h"

#include "libsock.h"
#include "os.h"

int os_connections(os_connection_found *found, void *context)
{
	(void)found;
	(void)context;
	return LIBSOCK_ENOTSUP;
}
