/* SPDX-License-Identifier: MIT */

/* What the files of layer 3 share: the system's addresses, its last error, its flags. After native.h. */

#ifndef LIBSOCK_BSD_H
#define LIBSOCK_BSD_H

#include "compiler.h"
#include "libsock.h"
#include "names.h"
#include "os.h"

union bsd_addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* A family as the system has it; AF_UNSPEC for any. */
int bsd_native_family(int family);

/* Our address as the system takes it, and its length. 0, or why there is no such address. */
int bsd_addr_put(union bsd_addr *to, native_len *length, const struct os_addr *from);

/* Of such a one: is it no path, or a path with its NUL, as programs that are to reach it know them (unix(7))? */
bool bsd_addr_is_whole(const union bsd_addr *addr);

/* An address that the system wrote. Of a family that is none of ours, or without a name, it has family 0. */
void bsd_addr_get(struct os_addr *to, const union bsd_addr *from, native_len length);

/* setsockopt() and getsockopt(); what the system does not know is LIBSOCK_ENOTSUP. */
int bsd_sockopt_set(intptr_t fd, int level, int name, const void *value, size_t size);
int bsd_sockopt_get(intptr_t fd, int level, int name, void *value, native_len *length);

/* What IPv4 said of an option of an IPv6 socket; if that is V6ONLY there may be nobody to tell. */
int bsd_sockopt_of_ipv4(intptr_t fd, int err);

/*
 * Makes a system call, and makes it again for as long as signals interrupt it before it has done anything. For all that
 * neither wait nor transfer: those report OS_EINTR, because the core has to look at its deadline first.
 */
#define BSD_CALL(result, call)        \
	do                            \
		(result) = (call);    \
	while ((result) == -1 && native_error() == NATIVE_EINTR)

static inline int bsd_error(void)
{
	return os_error(native_error());
}

/* What a send to the socket's peer failed with, and one that is a datagram's: to an address, or with control messages. */
COLD int bsd_send_error(intptr_t fd);
COLD int bsd_sendto_error(intptr_t fd, bool has_address);

/* What a receive of a datagram failed with; OS_STALE and its code where that concerns one that was sent. */
COLD int bsd_receive_error(void);

/*
 * A number that has changed once the descriptor has been closed or given away; another one's close may change it, too.
 * And has it been closed since? Yes is certain; no is not, if others with their numbers four thousand apart were as well.
 */
uintptr_t bsd_closes(intptr_t fd);
bool bsd_closed_since(intptr_t fd, uintptr_t closes);

/* The flags of a transfer, from how the core asks for it. */
static inline int bsd_flags(int how)
{
	return how & OS_NOWAIT ? NATIVE_DONTWAIT : 0;
}

/* What to ask poll for, and what its answer about a socket means where `interest` was asked for. 0: nothing. */
short bsd_poll_events(int interest);
int bsd_poll_told_end(native_socket s, int interest, unsigned events);

static inline int bsd_poll_told(native_socket s, int interest, unsigned events)
{
	if (!NATIVE_POLL_TELLS_END || events & (POLLERR | POLLHUP | NATIVE_POLLRDHUP))
		return bsd_poll_told_end(s, interest, events);
	return (events & POLLIN ? LIBSOCK_READABLE : 0) | (events & POLLOUT ? LIBSOCK_WRITABLE : 0);
}

/* native_poll(), which does not return at once for ever because of an end that nobody has asked for. May return early. */
int bsd_poll(native_pollfd polled[], unsigned count, int wait_ms);

#endif
