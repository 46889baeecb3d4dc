/* SPDX-License-Identifier: MIT */

/* One-call set-up at a Unix-domain path. */

#ifndef LIBSOCK_PATH_H
#define LIBSOCK_PATH_H

#include "attempt.h"
#include "libsock.h"
#include "names.h"

/* As sock_dial_report() and sock_serve(), of an ADDR_PATH; the port is ignored. */
int path_dial(struct sock *s, int type, const struct sock_addr *addr, struct attempt_log *log, int64_t deadline);
int path_serve(struct sock *s, int type, const struct sock_addr *addr, int backlog);

#endif
