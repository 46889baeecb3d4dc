/* SPDX-License-Identifier: MIT */

/* What the two ways share in which Linux tells of connections: netlink and /proc. After native.h. */

#ifndef LIBSOCK_LINUX_H
#define LIBSOCK_LINUX_H

#include "names.h"
#include "os.h"

/* Each way has a table for each family and protocol. */
struct linux_table {
	int native_family;
	int protocol;
	int family;
	int type;
	const char *path; /* of the thread: others of the process may be in another network namespace */
};

/* Whom to tell, of which table. */
struct linux_sink {
	os_connection_found *found;
	void *context;
	const struct linux_table *table;
	bool told;    /* something of this table: it cannot be told once more in another way */
	bool by_text; /* the last table had to be read from /proc */
};

/* What both ways tell of a socket; ports and numbers are the machine's, IP addresses the network's. */
struct linux_row {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint32_t interface; /* 0: bound to none, or not told */
	uint32_t state, uid, inode;
	int64_t recv_queue, send_queue;
};

/* One of enum sock_state, for the kernel's number. */
int linux_state(uint32_t number);

/* Show a row; what the caller's function says of it. */
int linux_tell(struct linux_sink *sink, const struct linux_row *row);

/*
 * Show a table. 0, or what the caller's function returned, or an error: LIBSOCK_ENOTSUP, there is no such table in
 * sock_diag; LIBSOCK_ENOENT, no such file in /proc.
 */
int diag_table(struct linux_sink *sink);
int proc_table(struct linux_sink *sink);

#endif
