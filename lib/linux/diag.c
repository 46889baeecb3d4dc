/* SPDX-License-Identifier: MIT */

/*
 * sock_diag(7). The messages are the kernel's (linux/netlink.h, linux/inet_diag.h), written out here because a C
 * library need not come with the kernel's headers.
 */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "netlink.h"
#include "os.h"

#include <string.h>

enum {
	DIAG__NETLINK = 4,      /* NETLINK_SOCK_DIAG */
	DIAG__BY_FAMILY = 20,   /* SOCK_DIAG_BY_FAMILY */
	DIAG__REQUEST = 0x0301, /* NLM_F_REQUEST | NLM_F_DUMP */
	DIAG__STATES = 0x0ffe   /* 1 to 11: 12 comes with 3, and what is only bound is left out, as ss does */
};

struct diag__id {
	uint16_t local_port, remote_port; /* in network order, like the addresses */
	uint8_t local[16], remote[16];
	uint32_t interface, cookie[2];
};

struct diag__request {
	struct netlink_header header;
	uint8_t family, protocol, extensions, pad;
	uint32_t states;
	struct diag__id id;
};

struct diag__row {
	uint8_t family, state, timer, retransmits;
	struct diag__id id;
	uint32_t expires, recv_queue, send_queue, uid, inode;
};

_Static_assert(sizeof(struct netlink_header) == 16 && sizeof(struct diag__id) == 48, "as the kernel has them");
_Static_assert(sizeof(struct diag__request) == 72 && sizeof(struct diag__row) == 72, "as the kernel has them");

/* A table on its way to the caller's function, whose own word is kept apart from what netlink says. */
struct diag__listing {
	struct linux_sink *sink;
	int said;
};

static int diag__tell(void *context, uint16_t type, const uint8_t *data, size_t size)
{
	struct diag__listing *listing = context;
	struct diag__row from;

	if (type != DIAG__BY_FAMILY)
		return 0;
	if (size < sizeof from)
		return LIBSOCK_EPROTO;
	memcpy(&from, data, sizeof from); /* attributes follow, which nobody asked for */
	if (from.family != listing->sink->table->native_family)
		return LIBSOCK_EPROTO;

	struct linux_row row = {
		.local_port = ntohs(from.id.local_port),
		.remote_port = ntohs(from.id.remote_port),
		.interface = from.id.interface,
		.state = from.state,
		.recv_queue = from.recv_queue,
		.send_queue = from.send_queue,
		.uid = from.uid,
		.inode = from.inode,
	};

	memcpy(row.local, from.id.local, sizeof row.local);
	memcpy(row.remote, from.id.remote, sizeof row.remote);
	listing->said = linux_tell(listing->sink, &row);
	return listing->said;
}

/* A kernel without tcp_diag or udp_diag says ENOENT, one without netlink EAFNOSUPPORT. */
static int diag__outcome(const struct diag__listing *listing, int err)
{
	if (listing->said != 0)
		return listing->said;
	if (err == OS_EINTR)
		return 0; /* the caller has been told to expect changes */
	return err == LIBSOCK_ENOENT || err == LIBSOCK_EAFNOSUPPORT ? LIBSOCK_ENOTSUP : err;
}

int diag_table(struct linux_sink *sink)
{
	const struct diag__request request = {
		.header = {.length = sizeof request, .type = DIAG__BY_FAMILY, .flags = DIAG__REQUEST},
		.family = (uint8_t)sink->table->native_family,
		.protocol = (uint8_t)sink->table->protocol,
		.states = DIAG__STATES,
	};
	struct diag__listing listing = {.sink = sink};

	return diag__outcome(&listing, netlink_dump(DIAG__NETLINK, &request.header, diag__tell, &listing));
}
