/* SPDX-License-Identifier: MIT */

/* A row of the kernel's tables of sockets, in our words: what sock_diag(7) and proc(5) have in common. */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"

#include <string.h>

/* The kernel's numbers (include/net/tcp_states.h), which UDP uses too: 1 with a peer, 7 without. */
int linux_state(uint32_t number)
{
	static const int states[] = {
		[1] = LIBSOCK_STATE_ESTABLISHED,
		[2] = LIBSOCK_STATE_SYN_SENT,
		[3] = LIBSOCK_STATE_SYN_RECEIVED,
		[4] = LIBSOCK_STATE_FIN_WAIT_1,
		[5] = LIBSOCK_STATE_FIN_WAIT_2,
		[6] = LIBSOCK_STATE_TIME_WAIT,
		[7] = LIBSOCK_STATE_UNCONNECTED,
		[8] = LIBSOCK_STATE_CLOSE_WAIT,
		[9] = LIBSOCK_STATE_LAST_ACK,
		[10] = LIBSOCK_STATE_LISTEN,
		[11] = LIBSOCK_STATE_CLOSING,
		[12] = LIBSOCK_STATE_SYN_RECEIVED, /* before there is a whole socket for it */
	};

	return number >= 1 && number < sizeof states / sizeof states[0] ? states[number] : LIBSOCK_STATE_UNKNOWN;
}

static void row__put(struct os_addr *to, int family, const uint8_t ip[16], uint16_t port, uint32_t interface)
{
	to->family = family;
	to->port = port;
	memcpy(to->ip, ip, 16);
	to->scope = interface;
}

int linux_tell(struct linux_sink *sink, const struct linux_row *row)
{
	const int family = sink->table->family;
	struct os_connection connection = {
		.type = sink->table->type,
		.family = family,
		.state = linux_state(row->state),
		.recv_queue = row->recv_queue,
		.send_queue = row->send_queue,
		.uid = row->inode > 0 ? (int64_t)row->uid : -1, /* without a file it is the kernel's, and no user's */
		.pid = -1,
	};

	row__put(&connection.local, family, row->local, row->local_port, row->interface);
	row__put(&connection.peer, family, row->remote, row->remote_port, row->interface);
	sink->told = true;
	return sink->found(sink->context, &connection);
}
