/* SPDX-License-Identifier: MIT */

/* netlink(7): one question, and the kernel's whole answer. After native.h. */

#ifndef LIBSOCK_NETLINK_H
#define LIBSOCK_NETLINK_H

#include "names.h"
#include "os.h"

/* The kernel's struct nlmsghdr, written out because a C library need not come with the kernel's headers. */
struct netlink_header {
	uint32_t length; /* with this header, without what fills it up to a multiple of four */
	uint16_t type, flags;
	uint32_t sequence, port;
};

/* A socket to ask on, or −1. */
static inline int netlink_open(int protocol)
{
	int fd;

	do
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	while (fd == -1 && errno == EINTR);
	return fd;
}

/* Anything but 0 ends the answer. */
typedef int netlink_found(void *context, uint16_t type, const uint8_t *data, size_t size);

/*
 * Ask on a socket of its own for a dump, and show each message of it. 0, or what `found` said, or an error: OS_EINTR,
 * what was listed has changed meanwhile.
 */
int netlink_dump(int protocol, const struct netlink_header *request, netlink_found *found, void *context);

#endif
