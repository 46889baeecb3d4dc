/* SPDX-License-Identifier: MIT */

/* What a machine without a system tells of itself: nothing. */

#include "libsock.h"
#include "os.h"

int os_service_port(const char *service, int type)
{
	(void)service;
	(void)type;
	return LIBSOCK_EAI_NONAME; /* the built-in table answers */
}

int os_service_name(uint16_t port, int type, char *name, size_t size)
{
	(void)port;
	(void)type;
	(void)name;
	(void)size;
	return LIBSOCK_EAI_NONAME;
}

int os_interfaces(os_interface_found *found, void *context)
{
	(void)found;
	(void)context;
	return LIBSOCK_ENOTSUP;
}

int os_connections(os_connection_found *found, void *context)
{
	(void)found;
	(void)context;
	return LIBSOCK_ENOTSUP;
}

int os_hostname(char *name, size_t size)
{
	(void)name;
	(void)size;
	return LIBSOCK_ENOTSUP;
}

int os_ended_by(intptr_t fd, int err)
{
	(void)fd;
	return err;
}
