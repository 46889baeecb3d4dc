/* SPDX-License-Identifier: MIT */

/*
 * The connections of a Linux machine: sock_diag(7) tells of them over netlink, in bits, and where that is not to be had
 * (a sandbox, a kernel without it) proc(5) does, in text. Other systems have neither.
 */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"

#include <string.h>

/* Of each protocol IPv4 comes first. */
static const struct linux_table connection__tables[] = {
	{AF_INET, IPPROTO_TCP, LIBSOCK_AF_INET, LIBSOCK_STREAM, "/proc/thread-self/net/tcp"},
	{AF_INET6, IPPROTO_TCP, LIBSOCK_AF_INET6, LIBSOCK_STREAM, "/proc/thread-self/net/tcp6"},
	{AF_INET, IPPROTO_UDP, LIBSOCK_AF_INET, LIBSOCK_DGRAM, "/proc/thread-self/net/udp"},
	{AF_INET6, IPPROTO_UDP, LIBSOCK_AF_INET6, LIBSOCK_DGRAM, "/proc/thread-self/net/udp6"},
};

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

static void connection__put(struct os_addr *to, int family, const uint8_t ip[16], uint16_t port, uint32_t interface)
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

	connection__put(&connection.local, family, row->local, row->local_port, row->interface);
	connection__put(&connection.remote, family, row->remote, row->remote_port, row->interface);
	sink->told = true;
	return sink->found(sink->context, &connection);
}

/* Without a file for IPv6, where that for IPv4 has just been read, the kernel has no IPv6. */
static int connection__list(struct linux_sink *sink)
{
	const bool ipv4_by_text = sink->by_text;
	int err = diag_table(sink), text_err;

	sink->by_text = err != 0 && !sink->told;
	if (!sink->by_text)
		return err;
	text_err = proc_table(sink);
	if (text_err != LIBSOCK_ENOENT || sink->told)
		return text_err;
	return ipv4_by_text && sink->table->family == LIBSOCK_AF_INET6 ? 0 : err;
}

int os_connections(os_connection_found *found, void *context)
{
	struct linux_sink sink = {.found = found, .context = context};
	int err = 0;

	for (size_t i = 0; i < sizeof connection__tables / sizeof connection__tables[0] && err == 0; i++) {
		sink.table = &connection__tables[i];
		sink.told = false;
		err = connection__list(&sink);
	}
	return err;
}
