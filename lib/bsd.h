/* SPDX-License-Identifier: MIT */

/* What the files of layer 3 share: the system's addresses, its last error, its flags. After native.h. */

#ifndef LIBSOCK_BSD_H
#define LIBSOCK_BSD_H

#include "os.h"

union bsd_addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Our address as the system takes it, and its length. 0, or why there is no such address. */
int bsd_addr_put(union bsd_addr *to, native_len *length, const struct os_addr *from);

/* An address that the system wrote. Of a family that is none of ours, or without a name, it has family 0. */
void bsd_addr_get(struct os_addr *to, const union bsd_addr *from, native_len length);

/* setsockopt(); what the system does not know is LIBSOCK_ENOTSUP. */
int bsd_option_write(intptr_t fd, int level, int name, const void *value, size_t size);

/* What IPv4 said of an option of an IPv6 socket; if that is V6ONLY there may be nobody to tell. */
int bsd_option_of_ipv4(intptr_t fd, int err);

/* LIBSOCK_MULTICAST_INTERFACE. */
int bsd_multicast_set_interface(intptr_t fd, int family, uint32_t index);
int bsd_multicast_get_interface(intptr_t fd, int family, int64_t *value);

static inline int bsd_error(void)
{
	return os_error(native_error());
}

/* The flags of a transfer, from how the core asks for it. */
static inline int bsd_flags(int how)
{
	return how & OS_NOWAIT ? NATIVE_DONTWAIT : 0;
}

/* What to ask poll for, and what its answer about a socket means. */
short bsd_poll_events(int wanted);
int bsd_poll_told(native_socket s, unsigned events);

#endif
