/* SPDX-License-Identifier: MIT */

/* A datagram socket for a name: to the first of its addresses that the system has a route to. */

#ifndef LIBSOCK_DIAL_DATAGRAM_H
#define LIBSOCK_DIAL_DATAGRAM_H

#include "addr.h"
#include "attempt.h"
#include "libsock.h"
#include "names.h"

/* As sock_dial_report() with LIBSOCK_DGRAM, of a host that is no path and a port that is not 0. */
int dial_datagram(struct sock *s, const struct addr_value *addr, struct attempt_log *log, int64_t deadline);

#endif
