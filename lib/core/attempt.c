/* SPDX-License-Identifier: MIT */

/* The calls that dial, and what the ways of doing so have in common. */

#include "attempt.h"
#include "addr.h"
#include "dial_datagram.h"
#include "deadline.h"
#include "dial.h"
#include "libsock.h"
#include "path.h"

#include <string.h>

int attempt_weight(int err, bool lacks_family)
{
	if (lacks_family)
		return 0;
	switch (err) {
	case LIBSOCK_ECONNREFUSED:
		return 5;
	case LIBSOCK_EHOSTUNREACH:
	case LIBSOCK_ENETUNREACH:
	case LIBSOCK_EHOSTDOWN:
	case LIBSOCK_ENETDOWN:
		return 3;
	case LIBSOCK_ETIMEDOUT:
	case LIBSOCK_ECONNTIMEDOUT:
		return 2;
	case LIBSOCK_EADDRNOTAVAIL:
		return 1;
	default:
		return 4;
	}
}

void attempt_note(struct attempt_log *log, const struct os_addr *to, int err)
{
	if (log->count < log->room) {
		struct sock_attempt *attempt = &log->attempts[log->count];

		addr_write(&attempt->addr, to);
		attempt->err = err;
		attempt->padding = 0;
		memset(attempt->reserved, 0, sizeof attempt->reserved);
	}
	log->count++;
}

static int attempt__any(struct sock *s, int type, const struct sock_addr *addr, struct attempt_log *log, int64_t deadline)
{
	struct addr_value to;

	if (addr == NULL || (type != LIBSOCK_STREAM && type != LIBSOCK_DGRAM) || deadline_is_duration(deadline))
		return LIBSOCK_EINVAL;
	addr_value(addr, &to);
	if (to.kind == ADDR_PATH)
		return path_dial(s, type, addr, log, deadline);
	if (to.kind < 0)
		return to.kind;
	if (addr->port == 0)
		return LIBSOCK_EPORT;
	return type == LIBSOCK_DGRAM ? dial_datagram(s, &to, log, deadline) : dial_stream(s, &to, log, deadline);
}

int sock_dial_report(struct sock *s, int type, const struct sock_addr *addr, struct sock_attempt attempts[], int room,
		     int *made, int64_t deadline)
{
	struct attempt_log log = {.attempts = attempts, .room = room};
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (made)
		*made = 0;
	if (made == NULL || room < 0 || (attempts == NULL && room > 0))
		return LIBSOCK_EINVAL;
	err = attempt__any(s, type, addr, &log, deadline);
	*made = log.count;
	return err == LIBSOCK_ETIMEDOUT && deadline == LIBSOCK_NOWAIT ? LIBSOCK_EAGAIN : err;
}

int sock_dial(struct sock *s, int type, const struct sock_addr *addr, int64_t deadline)
{
	int made;

	return sock_dial_report(s, type, addr, NULL, 0, &made, deadline);
}
