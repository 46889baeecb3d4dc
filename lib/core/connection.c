/* SPDX-License-Identifier: MIT */

/* The machine's connections, from the platform's bits to the caller's text. */

#include "addr.h"
#include "libsock.h"
#include "os.h"

#include <stdbool.h>

struct connection__caller {
	int (*found)(void *context, const struct sock_connection *connection);
	void *context;
};

/* fe80::/10, and multicast of interface or link scope (RFC 4291): on another interface they mean another host. */
static bool connection__needs_scope(const uint8_t ip[16])
{
	if (ip[0] == 0xff)
		return (ip[1] & 0x0f) == 1 || (ip[1] & 0x0f) == 2;
	return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

/* An interface beside any other address says where the socket is bound, or nothing (Wine), and is no part of it. */
static void connection__write(struct sock_addr *to, const struct os_addr *from)
{
	struct os_addr addr = *from;

	if (!connection__needs_scope(addr.ip))
		addr.scope = 0;
	addr_write(to, &addr);
}

static int connection__show(void *context, const struct os_connection *from)
{
	const struct connection__caller *caller = context;
	struct sock_connection connection = {
		.type = from->type,
		.family = from->family,
		.state = from->state,
		.recv_queue = from->recv_queue,
		.send_queue = from->send_queue,
		.uid = from->uid,
		.pid = from->pid,
	};

	connection__write(&connection.local, &from->local);
	if (from->state != LIBSOCK_STATE_LISTEN && from->state != LIBSOCK_STATE_UNCONNECTED)
		connection__write(&connection.peer, &from->peer);
	return caller->found(caller->context, &connection);
}

int sock_connections(int (*found)(void *context, const struct sock_connection *connection), void *context)
{
	struct connection__caller caller = {found, context};

	return found ? os_connections(connection__show, &caller) : LIBSOCK_EINVAL;
}
