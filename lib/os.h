/* SPDX-License-Identifier: MIT */

/*
 * The platform contract: everything that the portable core asks of an operating system, and nothing else.
 *
 * A port is one folder with these calls and those of os_process.h (start from null/); what BSD sockets and Winsock share
 * stands in bsd.c. The rules for all of them:
 *
 * - They take checked arguments: a pointer is not null, a family or type is one of ours.
 * - They return 0 or a count, or an error in libsock's own codes, mapped by os_error(); never errno.
 * - OS_EINTR is a code more: "nothing has happened, ask again", mostly after a signal. The core does, of the calls
 *   that wait or transfer: os_accept, os_send and all its kin, os_recv and all its kin, os_file_read,
 *   os_send_fds, os_recv_fds, os_wait, os_poll, os_poller_wait. All others repeat an interrupted call themselves.
 * - They may be called from any thread. They do not retry otherwise, and they wait only where it says so here.
 * - They leave a descriptor's mode, blocking or not, as they found it, and are right in either.
 * - They do not allocate (but names, services, interfaces, connections and jobs may: the system's own calls do), print,
 *   abort, or change anything that the host program can see, signals included.
 */

#ifndef LIBSOCK_OS_H
#define LIBSOCK_OS_H

#include "compiler.h"
#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Outside the public codes on both sides: above LIBSOCK_ESYS, below all names. OS_STALE + err: a receive's error `err`,
 * which is about a datagram that was sent earlier, by all that its number tells.
 */
enum { OS_EINTR = -999, OS_STALE = -900 };

static inline bool os_is_stale(ptrdiff_t err)
{
	return err < OS_STALE && err > OS_EINTR;
}

enum { OS_PATH_MAX = 120 }; /* no OS has a longer sun_path (HP-UX: 92, Linux: 108), and one byte more tells "too long" */

/* An address in bits. Which members mean something depends on the family. */
struct os_addr {
	int32_t family;         /* enum sock_family; 0: unnamed */
	uint32_t scope;         /* AF_INET6: an interface's index, or 0 */
	uint16_t port;          /* both: in the machine's byte order */
	uint8_t ip[16];         /* both: in network order; AF_INET uses the first four */
	char path[OS_PATH_MAX]; /* AF_UNIX: as in struct sock_addr, so @name is abstract */
};

/* Microseconds of a monotonic clock, at least 1000, rounded down; and milliseconds of it, above 0. */
NOINLINE int64_t os_now_us(void);

static inline int64_t os_now(void)
{
	return os_now_us() / 1000;
}

/*
 * A socket, not inheritable from birth and unable to raise SIGPIPE; AF_INET6 with V6ONLY off. Blocking on POSIX, so
 * that waiting for ever is one system call; non-blocking where a send cannot be told not to wait (Windows, macOS,
 * NetBSD). What the OS does not have is LIBSOCK_ENOTSUP; without dual stack (OpenBSD) V6ONLY stays on.
 */
int os_open(int family, int type, intptr_t *fd);

/* The same, but non-blocking, and without a word about V6ONLY: a stream that is to connect. */
int os_open_stream(int family, intptr_t *fd);

/* Make a socket blocking, if os_open() would have it so, or non-blocking. */
int os_set_blocking(intptr_t fd, bool blocking);

/* Once, the descriptor being gone whatever this returns; and have that reset a stream, so that nothing keeps its port. */
int os_close(intptr_t fd);
void os_break(intptr_t fd);

/* The descriptor leaves libsock and may be closed by somebody else: what a poller has of it is no longer certain. */
void os_forget(intptr_t fd);

/*
 * Begin to connect, once. LIBSOCK_EINPROGRESS: begun, wait for OS_CONNECTED and ask os_connect_result(). It may block
 * for as long as `wait_ms` allows (-1: for ever, 0: not at all). On AF_UNIX LIBSOCK_EAGAIN means that the listener's
 * queue is full, which nothing reports the end of: try again.
 */
int os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms);

/* 0 or how the connection failed (SO_ERROR). */
int os_connect_result(intptr_t fd);

/*
 * With the reuse that is safe on this OS: a stream can be bound again after a restart, nobody can take a port in use
 * (but of a datagram socket with LIBSOCK_OPT_SHARE_PORT). The path @ is any abstract name that is free.
 */
int os_bind(intptr_t fd, int type, const struct os_addr *to);

/* Remove a path if it is that of a socket and no link to one; anything else there is LIBSOCK_EADDRINUSE, nothing is 0. */
int os_remove_socket(const char *path);

/* 0: the OS's most. */
int os_listen(intptr_t fd, int backlog);

/* Has os_listen() been called? Is it of LIBSOCK_DGRAM? 1: yes; 0: no; below: it cannot be found out, and may be either. */
int os_listens(intptr_t fd);
int os_is_datagram(intptr_t fd);

/*
 * The next connection: not inheritable, in the mode that os_open() gives, `peer` filled. `how` is 0 or OS_NOWAIT. A
 * connection that died in the queue is LIBSOCK_ECONNABORTED (or one of socket__died()'s codes); a listener that has
 * been shut down is LIBSOCK_EINVAL.
 */
int os_accept(intptr_t fd, int how, intptr_t *conn, struct os_addr *peer);

enum { OS_NOWAIT = 1 }; /* LIBSOCK_EAGAIN instead of waiting; without it a blocking descriptor waits, others need not */

/*
 * One system call each. `how` is 0 or OS_NOWAIT. More than INT_MAX may be cut to that. os_send takes streams and
 * datagrams, os_recv streams only, where 0 is an end, see os_end(). os_recvfrom receives a datagram; one that is longer
 * than the room is LIBSOCK_EMSGSIZE, its head received; `from` may be null, and is filled with LIBSOCK_EMSGSIZE too. Of
 * the datagrams that were sent earlier a receive reports only the peer's refusal (LIBSOCK_ECONNREFUSED, the socket
 * being connected); what a router said of them is OS_STALE and its code. A send may report them, once; the core asks it
 * again. To a send that finds no free port for its socket waiting is no help: it is LIBSOCK_EADDRNOTAVAIL, and without
 * an address to send to LIBSOCK_ENOTCONN; of os_send() the core finds that out.
 */
ptrdiff_t os_send(intptr_t fd, const void *data, size_t size, int how);
ptrdiff_t os_recv(intptr_t fd, void *data, size_t size, int how);
ptrdiff_t os_sendto(intptr_t fd, const void *data, size_t size, int how, const struct os_addr *to);
ptrdiff_t os_recvfrom(intptr_t fd, void *data, size_t size, int how, struct os_addr *from);

/*
 * The same for several pieces of memory, one system call each: at most OS_PART_MAX, none of them empty, not more than
 * INT_MAX bytes; no piece at all is an empty datagram. os_recvv takes streams and datagrams, with the results of
 * os_recv and os_recvfrom.
 */
struct sock_const_buffer;
struct sock_buffer;
enum { OS_PART_MAX = 64 };
ptrdiff_t os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how);
ptrdiff_t os_recvv(intptr_t fd, int type, const struct sock_buffer *rooms, int count, int how);

/*
 * A datagram without its bytes. For sending, `family` is the one in whose headers the rest is to be written, AF_INET
 * also where the peer is IPv4 through an AF_INET6 socket, or 0: as the connected socket's peer turns out. Then `peer`
 * has family 0. So has an address that is not known or does not matter; `local` is never a v4-mapped one when sending.
 */
struct os_packet {
	int32_t family;
	struct os_addr peer;
	struct os_addr local;
	uint32_t interface_index; /* 0: unknown, or as routed */
	int32_t ecn, ttl;         /* below 0: unknown; sending: 0 and below, as the socket is set */
	int64_t time_ns;          /* as in struct sock_packet; not for sending */
	size_t segment_size;      /* 0: one datagram */
	bool truncated;           /* it was longer than the room */
	int cuts;                 /* sending: as sock_packet::segment_offload, also written */
};

/*
 * One datagram, or of several segments as many as one system call takes, at most OS_PACKET_MAX, each segment a
 * datagram, the last one as long as what is left. The bytes taken, in whole datagrams; an error only if there was none.
 * What the system would not do, an address to send from for example, is LIBSOCK_ENOTSUP. Cutting is the platform's:
 * where the system can do so unless `cuts` is below 0, elsewhere and after a refusal (which makes `cuts` −1) by sending
 * each. Does not allocate, and gives AF_UNIX no control data.
 */
enum { OS_PACKET_MAX = 64 };
ptrdiff_t os_send_packet(intptr_t fd, int family, const void *data, size_t size, int how, struct os_packet *packet);

/* The bytes received, at most `size`; then, and only then, `packet` is filled. `family` is the socket's. */
ptrdiff_t os_recv_packet(intptr_t fd, int family, void *data, size_t size, int how, struct os_packet *packet);

/* What os_recv_packet() is to tell, of enum sock_packet_field. LIBSOCK_ENOTSUP: not all; some may be told nevertheless. */
int os_packet_fields(intptr_t fd, int family, int fields);

/* Has LIBSOCK_PACKET_COALESCED been chosen, by whomever? A system that does not say has not. Of any datagram socket. */
bool os_packet_coalesces(intptr_t fd);

/* Does the system cut segments? Does it do what an IPv4 packet says of a field, of enum sock_packet_field, when it is sent? */
bool os_packet_cuts(intptr_t fd);
bool os_packet_heard(int field);

/* Two sockets as from os_open(), of AF_UNIX, connected to each other. LIBSOCK_ENOTSUP: the core takes the loopback. */
int os_pair(int type, intptr_t fd[2]);

/*
 * Bytes of an open file at a place in it, which need not be where the program reads it; 0: there is its end. `file` is
 * what the system has for files, a descriptor or a HANDLE; what is none is LIBSOCK_EBADF. os_file_read waits for the
 * disk; no error of its is a connection's, nor LIBSOCK_EAGAIN. os_file_send has the system put them onto a stream, and
 * can be cancelled where it waits. Errors and 0 may be of either; LIBSOCK_ENOTSUP: not so, or OS_NOWAIT cannot be kept.
 */
ptrdiff_t os_file_read(intptr_t file, void *data, size_t size, uint64_t offset);
ptrdiff_t os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how);

/* `how` is of enum sock_how. */
int os_shutdown(intptr_t fd, int how);

/*
 * How a stream has ended whose receive was 0, or which poll calls at an end: LIBSOCK_EEOF, in order, by the peer; 0,
 * this side reads no more; LIBSOCK_ENOTCONN, it never was connected; LIBSOCK_ECONNRESET or LIBSOCK_ECONNTIMEDOUT, by an
 * error, also where the system has reported that before and reports an end of file from then on. LIBSOCK_EAGAIN: that
 * is not known before the bytes that wait have been received; not after a receive of 0.
 */
int os_end(intptr_t fd);

/*
 * A descriptor has told, perhaps for the only time, an error that may have ended it: what is it to be called? If it is
 * a stream that was connected and is over, what is no reset (LIBSOCK_EPIPE, which is no send's, is one) is
 * LIBSOCK_ECONNTIMEDOUT, and os_end() will say the same later. Else, and where the system does not say, `err`.
 */
int os_ended_by(intptr_t fd, int err);

/*
 * A socket option, of enum sock_option but the next ones, in the units of libsock.h; the core has checked it against the
 * socket and its range. What the OS does not have is LIBSOCK_ENOTSUP. Of LIBSOCK_AF_INET6, both get what IPv4 has as well.
 */
int os_option_set(intptr_t fd, int family, int option, int64_t value);
int os_option_get(intptr_t fd, int family, int option, int64_t *value);

/* LIBSOCK_OPT_MULTICAST_INTERFACE, which takes more than a number where the system knows an interface by its address. */
int os_multicast_set(intptr_t fd, int family, uint32_t index);
int os_multicast_get(intptr_t fd, int family, int64_t *index);

/* LIBSOCK_OPT_INTERFACE (an index that is not there is LIBSOCK_ENODEV), and LIBSOCK_OPT_INHERIT of a socket of any kind. */
int os_bound_set(intptr_t fd, int family, uint32_t index);
int os_bound_get(intptr_t fd, int family, int64_t *index);
int os_inherit_set(intptr_t fd, bool on);
int os_inherit_get(intptr_t fd, int64_t *on);

/*
 * Join or leave a multicast group, of `source` alone if it is not null, on an interface or (0) where the OS would have
 * it. The group may be IPv4 on an LIBSOCK_AF_INET6 socket; the source is of its family. Once joined, the socket hears
 * its own groups only, if the OS can do that. Already: LIBSOCK_EADDRINUSE. Not a member: LIBSOCK_EADDRNOTAVAIL.
 */
int os_member(intptr_t fd, bool join, const struct os_addr *group, const struct os_addr *source, uint32_t index);

/* A socket without a name has family 0, or the wildcard. */
int os_local(intptr_t fd, struct os_addr *addr);
int os_peer(intptr_t fd, struct os_addr *addr);

enum {
	OS_READABLE = 1,
	OS_WRITABLE = 2,
	OS_CONNECTED = 3 /* a connection attempt is over, however it ended */
};

/*
 * Wait until one of a few descriptors, at most OS_WAIT_MAX, is ready or has an error to tell, for at most `wait_ms`
 * (-1: for ever). How many are; `ready` of each is set; one of −1 is skipped. 0: the time is over. Being early is allowed, the core looks at
 * the clock. Works for any descriptor number. With none of them (null, 0) it only waits.
 */
enum { OS_WAIT_MAX = 32 };
struct os_wait_item {
	intptr_t fd;
	int event;
	bool ready;
};
int os_wait(struct os_wait_item items[], int count, int wait_ms);

/*
 * Find out family and type of a foreign descriptor, and make it not inheritable; non-blocking only where os_open() has
 * to make sockets so. What libsock has no name for is LIBSOCK_ENOTSUP.
 */
int os_adopt(intptr_t fd, int *family, int *type);

/* Is it open, of whatever kind? LIBSOCK_EBADF: no; LIBSOCK_ENOTSUP: the system waits for sockets alone. */
int os_has_descriptor(intptr_t fd);

/*
 * Readiness as the public header has it: sets `ready` of each item, 0 before, and returns of how many it did.
 * An item whose socket is {0} is skipped. A socket that is none any more is LIBSOCK_EBADF. Being early is allowed.
 */
struct sock_wait_item;
int os_poll(struct sock_wait_item *items, int count, int wait_ms);

/*
 * A poller. To add what is there already is to modify it; to modify or remove what is not there is LIBSOCK_ENOENT.
 * Changing may allocate. Waiting does not; it fills one event for each socket that is ready, at most `max` (itself at
 * most OS_POLLER_EVENT_MAX), in such an order that all have their turn, and returns how many, as early as it likes.
 * `interest` with OS_DESCRIPTOR is of what may be no socket: what the system cannot wait for is always ready then.
 */
struct sock_event;
enum { OS_POLLER_ADD, OS_POLLER_MODIFY, OS_POLLER_REMOVE };
enum { OS_POLLER_EVENT_MAX = 256, OS_DESCRIPTOR = 16 };
int os_poller_open(intptr_t *poller);
void os_poller_close(intptr_t poller);
int os_poller_change(intptr_t poller, int change, intptr_t fd, int interest, void *data);
int os_poller_wait(intptr_t poller, struct sock_event *events, int max, int wait_ms);

/*
 * All addresses of a name in one family, through the system's resolver, in its order, each once; at most `max` are
 * written, their number is returned, at least 1. Of LIBSOCK_AF_UNSPEC, in one question, those of IPv6 and then those of
 * IPv4, at most `max` of each. The name is well-formed and no literal. Waits as long as the resolver does.
 */
int os_resolve(const char *name, int family, struct os_addr out[], int max);

/* The name of an address (NUL-terminated, at most `size` bytes with it), through the system's resolver, as long as it takes. */
int os_reverse(const struct os_addr *addr, char *name, size_t size);

/*
 * The machine's own database of services: the port, or the name's length. A name is printing ASCII, at most 63 bytes,
 * with a letter in it. Asks no name server. LIBSOCK_EMFILE, LIBSOCK_ENFILE and LIBSOCK_ENOMEM: it cannot be asked now.
 * Any other error counts as not knowing.
 */
int os_service_port(const char *service, int type);
int os_service_name(uint16_t port, int type, char *name, size_t size);

/*
 * `found` is called with each address of each interface, by rising index; with family 0, once, for an interface that
 * has none. Anything but 0 from it ends the call, which returns it. Errors, never OS_EINTR, come before the first.
 */
enum { OS_INTERFACE_UP = 1, OS_INTERFACE_LOOPBACK = 2, OS_INTERFACE_MULTICAST = 4 };
struct os_interface_addr {
	const char *name;
	uint32_t index; /* above 0 */
	unsigned flags;
	int prefix;          /* bits of the address's network; -1: not known */
	struct os_addr addr; /* port 0 */
};
typedef int os_interface_found(void *context, const struct os_interface_addr *row);
int os_interfaces(os_interface_found *found, void *context);

/*
 * `found` is called with each TCP and UDP socket of the machine that has an address, IPv4 and IPv6, in any order.
 * Anything but 0 from it ends the call, which returns it. An error may come after some have been shown; as they cannot
 * be taken back, it is never OS_EINTR. `peer` means nothing where the state says that there is no peer, and has family
 * 0 where it is not told; a scope means nothing where the address needs none. Numbers that are not known are −1.
 */
struct os_connection {
	int32_t type;   /* enum sock_type */
	int32_t family; /* of the socket: AF_INET6 also where the addresses are v4-mapped */
	int32_t state;  /* enum sock_state */
	struct os_addr local, peer;
	int64_t recv_queue, send_queue; /* as in struct sock_connection */
	int64_t uid, pid;
};
typedef int os_connection_found(void *context, const struct os_connection *connection);
int os_connections(os_connection_found *found, void *context);

/* The machine's name, NUL-terminated; LIBSOCK_EMSGSIZE where it does not fit. Its length. */
int os_hostname(char *name, size_t size);

/*
 * The index of the interface of a name, above 0; or with NULL: is there one of that index? LIBSOCK_ENODEV: no; another
 * error: it cannot be found out. `fd` is a socket to ask through, or −1: there is none.
 */
int os_interface(intptr_t fd, const char *name, uint32_t *index);

/* Can a path begin with @ and be no path? */
bool os_has_abstract_names(void);

/* An error number of the OS in our codes; what the table does not know is LIBSOCK_ESYS - n. One errmap.c for each OS. */
COLD int os_error(int number);

/* The table behind it, for the test that looks at every row. */
struct os_error_row {
	int number;
	int code;
};
extern const struct os_error_row os_error_rows[];
extern const size_t os_error_count;

#endif
