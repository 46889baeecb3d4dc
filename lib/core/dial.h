/* SPDX-License-Identifier: MIT */

#ifndef LIBSOCK_DIAL_H
#define LIBSOCK_DIAL_H

#include "addr.h"
#include "attempt.h"
#include "libsock.h"
#include "names.h"
#include "os.h"

/*
 * Has a stream that has just been connected become its own peer? It can, when nobody listens at a port that the system
 * then gives to this very socket (RFC 9293, section 3.5: simultaneous open). 0, or LIBSOCK_ECONNREFUSED, as of any
 * other port where nobody listens: then the socket is only good for being closed, which frees the port at once.
 * `family` is the socket's, `port` the one that it was to be connected to.
 */
int dial_self(intptr_t fd, int family, uint16_t port);

/* As sock_dial_report() with LIBSOCK_STREAM, of a host that is no path and a port that is not 0. */
int dial_stream(struct sock *s, const struct addr_value *addr, struct attempt_log *log, int64_t deadline);

#endif
