/* SPDX-License-Identifier: MIT */

#include "native.h"

#include "libsock.h"
#include "netlink.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

enum {
	NETLINK__ERROR = 2,       /* NLMSG_ERROR */
	NETLINK__DONE = 3,        /* NLMSG_DONE */
	NETLINK__CHANGED = 0x10,  /* NLM_F_DUMP_INTR */
	NETLINK__ROOM = 131072    /* more than any message: of a link's other names come at most 64 KiB */
};

/* The kernel's struct sockaddr_nl; the kernel itself has the port 0, which nobody else can have. */
struct netlink__name {
	uint16_t family, pad;
	uint32_t port, groups;
};

/* An answer on its way. */
struct netlink__dump {
	netlink_found *found;
	void *context;
	uint8_t *room; /* NETLINK__ROOM: more than a thread's stack may have */
	bool over, changed;
};

/* The last message has an error number, 0 or negative. */
static int netlink__outcome(const uint8_t *data, size_t size)
{
	int32_t number;

	if (size < sizeof number)
		return LIBSOCK_EPROTO;
	memcpy(&number, data, sizeof number);
	if (number > 0 || number == INT32_MIN)
		return LIBSOCK_EPROTO;
	return number == 0 ? 0 : os_error(-number);
}

/* What one receive has brought: any number of messages. */
static int netlink__read(struct netlink__dump *dump, const uint8_t *data, size_t size)
{
	struct netlink_header header;
	int err = 0;

	while (size > 0 && err == 0 && !dump->over) {
		if (size < sizeof header)
			return LIBSOCK_EPROTO;
		memcpy(&header, data, sizeof header);
		if (header.length < sizeof header || header.length > size)
			return LIBSOCK_EPROTO;

		const uint8_t *body = data + sizeof header;
		const size_t body_size = header.length - sizeof header;
		const size_t filled = ((size_t)header.length + 3) & ~(size_t)3, step = filled < size ? filled : size;

		dump->over = header.type == NETLINK__DONE || header.type == NETLINK__ERROR;
		dump->changed = dump->changed || (header.flags & NETLINK__CHANGED);
		err = dump->over ? netlink__outcome(body, body_size) : dump->found(dump->context, header.type, body, body_size);
		data += step;
		size -= step;
	}
	return err;
}

/*
 * The kernel has the next part of its answer ready before the last one is out of its hands: this does not wait. What
 * others on the machine send is passed over.
 */
static int netlink__receive(struct netlink__dump *dump, int fd)
{
	struct netlink__name from;
	int err = 0;

	while (err == 0 && !dump->over) {
		socklen_t length = sizeof from;
		ssize_t n = recvfrom(fd, dump->room, NETLINK__ROOM, MSG_TRUNC, (struct sockaddr *)(void *)&from, &length);

		if (n < 0)
			err = errno == EINTR ? 0 : os_error(errno);
		else if (length < sizeof from || from.port != 0)
			continue;
		else if (n == 0 || n > NETLINK__ROOM)
			err = LIBSOCK_EPROTO; /* nothing at all, or more than fits */
		else
			err = netlink__read(dump, dump->room, (size_t)n);
	}
	return err == 0 && dump->changed ? OS_EINTR : err;
}

static int netlink__ask(struct netlink__dump *dump, int protocol, const struct netlink_header *request)
{
	int err, fd = netlink_open(protocol);
	ssize_t n;

	if (fd == -1)
		return os_error(errno);
	do
		n = send(fd, request, request->length, NATIVE_SEND_FLAGS); /* to the kernel: nobody else was named */
	while (n == -1 && errno == EINTR);
	err = n == -1 ? os_error(errno) : netlink__receive(dump, fd);
	os_close(fd);
	return err;
}

int netlink_dump(int protocol, const struct netlink_header *request, netlink_found *found, void *context)
{
	struct netlink__dump dump = {.found = found, .context = context, .room = malloc(NETLINK__ROOM)};
	int err = dump.room ? netlink__ask(&dump, protocol, request) : LIBSOCK_ENOMEM;

	free(dump.room);
	return err;
}
