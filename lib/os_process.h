/* SPDX-License-Identifier: MIT */

/* The platform contract's part about other processes of the machine, by the rules of os.h. */

#ifndef LIBSOCK_OS_PROCESS_H
#define LIBSOCK_OS_PROCESS_H

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Pass descriptors of any kind through an AF_UNIX channel, beside at least one byte of data, or receive what has come,
 * close-on-exec. `count` is the room for descriptors before and their number after. The bytes, or an error: then
 * nothing of it is kept open and `count` is 0. LIBSOCK_EPROTO: more descriptors than room; LIBSOCK_EMFILE: the process
 * has none left; LIBSOCK_EMSGSIZE, with OS_WHOLE: a datagram that was longer; without, its head is received.
 */
enum { OS_WHOLE = 2 };
bool os_has_handover(void);
ptrdiff_t os_send_fds(intptr_t channel, const void *data, size_t size, const intptr_t fds[], int count, int how);
ptrdiff_t os_recv_fds(intptr_t channel, int type, void *data, size_t size, intptr_t fds[], int *count, int how);

/*
 * Close a descriptor that a stranger has passed, of whatever kind, without the waiting that the stranger set up:
 * SO_LINGER, or a file whose close waits, which may be closed later than this returns.
 */
void os_discard(intptr_t fd);

/* Who this process is, above 0. */
int os_process_id(void);

/*
 * Who connected to an AF_UNIX stream, or listened where it connected to, as the system noted it then. What it does not
 * tell stays as it is. LIBSOCK_ENOTCONN: there is no peer; that it listens the core has asked before.
 */
struct sock_credentials;
int os_peer_credentials(intptr_t fd, struct sock_credentials *credentials);

#endif
