/* SPDX-License-Identifier: MIT */

/*
 * sock_diag(7). The messages are the kernel's (linux/netlink.h, linux/inet_diag.h), written out here because a C
 * library need not come with the kernel's headers.
 */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"

#include <string.h>

enum {
	DIAG__NETLINK = 4,      /* NETLINK_SOCK_DIAG */
	DIAG__KERNEL = 0,       /* its port: all others are processes */
	DIAG__BY_FAMILY = 20,   /* SOCK_DIAG_BY_FAMILY */
	DIAG__ERROR = 2,        /* NLMSG_ERROR */
	DIAG__DONE = 3,         /* NLMSG_DONE */
	DIAG__REQUEST = 0x0301, /* NLM_F_REQUEST | NLM_F_DUMP */
	DIAG__STATES = 0x0ffe,  /* 1 to 11: 12 comes with 3, and what is only bound is left out, as ss does */
	DIAG__ROOM = 16384      /* the kernel fills what was offered last, and begins with at most 8 KiB */
};

struct diag__header {
	uint32_t length; /* with this header, without what fills it up to a multiple of four */
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct diag__address {
	uint16_t family, pad;
	uint32_t port, groups;
};

struct diag__id {
	uint16_t local_port, remote_port; /* in network order, like the addresses */
	uint8_t local[16], remote[16];
	uint32_t interface, cookie[2];
};

struct diag__request {
	struct diag__header header;
	uint8_t family, protocol, extensions, pad;
	uint32_t states;
	struct diag__id id;
};

struct diag__row {
	uint8_t family, state, timer, retransmits;
	struct diag__id id;
	uint32_t expires, recv_queue, send_queue, uid, inode;
};

_Static_assert(sizeof(struct diag__header) == 16 && sizeof(struct diag__id) == 48, "as the kernel has them");
_Static_assert(sizeof(struct diag__request) == 72 && sizeof(struct diag__row) == 72, "as the kernel has them");

static int diag__tell(struct linux_sink *sink, const uint8_t *data, size_t size)
{
	struct diag__row from;

	if (size < sizeof from)
		return LIBSOCK_EPROTO;
	memcpy(&from, data, sizeof from); /* attributes follow, which nobody asked for */
	if (from.family != sink->table->native_family)
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
	return linux_tell(sink, &row);
}

/* The last message has an error number, 0 or negative. */
static int diag__outcome(const uint8_t *data, size_t size)
{
	int32_t number;

	if (size < sizeof number)
		return LIBSOCK_EPROTO;
	memcpy(&number, data, sizeof number);
	if (number > 0 || number == INT32_MIN)
		return LIBSOCK_EPROTO;
	if (number == -ENOENT)
		return LIBSOCK_ENOTSUP; /* this kernel has no tcp_diag or udp_diag */
	return number == 0 ? 0 : os_error(-number);
}

/*
 * What one receive has brought: any number of messages. `over` is set by the last of them. That the tables changed
 * meanwhile (NLM_F_DUMP_INTR) is what the caller has been told to expect.
 */
static int diag__read(struct linux_sink *sink, const uint8_t *data, size_t size, bool *over)
{
	struct diag__header header;
	int err = 0;

	while (size > 0 && err == 0 && !*over) {
		if (size < sizeof header)
			return LIBSOCK_EPROTO;
		memcpy(&header, data, sizeof header);
		if (header.length < sizeof header || header.length > size)
			return LIBSOCK_EPROTO;

		const uint8_t *body = data + sizeof header;
		const size_t body_size = header.length - sizeof header;
		const size_t filled = ((size_t)header.length + 3) & ~(size_t)3, step = filled < size ? filled : size;

		*over = header.type == DIAG__DONE || header.type == DIAG__ERROR;
		if (*over)
			err = diag__outcome(body, body_size);
		else if (header.type == DIAG__BY_FAMILY)
			err = diag__tell(sink, body, body_size);
		data += step;
		size -= step;
	}
	return err;
}

/*
 * The kernel has the next part of its answer ready before the last one is out of its hands: this does not wait. Any process
 * can send to this socket (netlink(7)); what comes from one is skipped.
 */
static int diag__receive(struct linux_sink *sink, int fd)
{
	uint8_t data[DIAG__ROOM];
	bool over = false;
	int err = 0;

	while (err == 0 && !over) {
		struct diag__address from;
		socklen_t length = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, MSG_TRUNC, (struct sockaddr *)&from, &length);

		if (n == -1)
			err = errno == EINTR ? 0 : os_error(errno);
		else if (length == sizeof from && from.port != DIAG__KERNEL)
			continue;
		else if (n > 0 && (size_t)n <= sizeof data)
			err = diag__read(sink, data, (size_t)n, &over);
		else
			err = LIBSOCK_EPROTO; /* more than fits, or nothing at all */
	}
	return err;
}

static int diag__ask(const struct linux_table *table, int fd)
{
	const struct diag__request request = {
		.header = {.length = sizeof request, .type = DIAG__BY_FAMILY, .flags = DIAG__REQUEST},
		.family = (uint8_t)table->native_family,
		.protocol = (uint8_t)table->protocol,
		.states = DIAG__STATES,
	};
	ssize_t n;

	do
		n = send(fd, &request, sizeof request, NATIVE_SEND_FLAGS); /* to the kernel: nobody else was named */
	while (n == -1 && errno == EINTR);
	return n == -1 ? os_error(errno) : 0;
}

int diag_table(struct linux_sink *sink)
{
	int err, fd = native_netlink(DIAG__NETLINK);

	if (fd == -1)
		return errno == EAFNOSUPPORT ? LIBSOCK_ENOTSUP : os_error(errno);
	err = diag__ask(sink->table, fd);
	if (err == 0)
		err = diag__receive(sink, fd);
	close(fd);
	return err;
}
