/* SPDX-License-Identifier: MIT */

/* A plug-in with libsock inside. */

#include <libsock.h>

int plugin_begin(void);

int plugin_begin(void)
{
	struct sock_addr out[1];

	return sock_resolve(&(struct sock_addr){"localhost", 0}, LIBSOCK_AF_UNSPEC, out, 1, sock_after(0));
}
