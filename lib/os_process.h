/* SPDX-License-Identifier: MIT */

/* The platform contract's part about other processes of the machine, by the rules of os.h. */

#ifndef LIBSOCK_OS_PROCESS_H
#define LIBSOCK_OS_PROCESS_H

#include "names.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Pass a descriptor through an AF_UNIX channel, beside one byte of data, or receive one. What came without a
 * descriptor, or with several, is LIBSOCK_EPROTO, the end of a stream LIBSOCK_EEOF, no descriptor left LIBSOCK_EMFILE:
 * nothing of it is kept open then.
 */
bool os_has_handover(void);
int os_send_fd(intptr_t channel, intptr_t fd, int how);
int os_recv_fd(intptr_t channel, int type, intptr_t *fd, int how);

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
