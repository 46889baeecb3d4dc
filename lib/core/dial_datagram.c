/* SPDX-License-Identifier: MIT */

#include "dial_datagram.h"
#include "addr.h"
#include "lookup.h"
#include "os.h"
#include "os_job.h"
#include "socket.h"

struct dial_datagram__dial {
	const struct addr_value *addr;
	const struct lookup *lookup;
	struct attempt_log *log;
	struct sock *s;
};

/* Connecting sends nothing; it asks the system for a route. `weight`: what an error says of the peer. */
static int dial_datagram__one(const struct dial_datagram__dial *d, const struct os_addr *to, int *weight)
{
	intptr_t fd = -1;
	int err = os_open(to->family, LIBSOCK_DGRAM, &fd);
	const bool lacks_family = err < 0 && socket_lacks_family(err);

	if (err == 0)
		err = os_connect(fd, LIBSOCK_DGRAM, to, -1);
	if (err == 0)
		*d->s = socket_value(fd, to->family, LIBSOCK_DGRAM);
	else if (fd != -1)
		os_close(fd);
	*weight = attempt_weight(err, lacks_family);
	attempt_note(d->log, to, err);
	return err;
}

/* The families in turn, as for streams, from the one on that comes first for this host. */
static int dial_datagram__all(void *context)
{
	const struct dial_datagram__dial *d = context;
	const struct lookup *l = d->lookup;
	int part = d->addr->kind == ADDR_LOCALHOST ? LOOKUP_IP4 : lookup_first(l), best = -1, err = LIBSOCK_EAI_NONAME;
	int taken[LOOKUP_PARTS] = {0};

	for (int tried = 0; tried < LIBSOCK_DIAL_MAX; tried++, part = !part) {
		struct os_addr to;
		int result, weight;

		if (taken[part] >= l->count[part])
			part = !part;
		if (taken[part] >= l->count[part])
			break;
		to = l->found[part][taken[part]++];
		to.port = d->addr->bits.port;
		result = dial_datagram__one(d, &to, &weight);
		if (result == 0)
			return 0;
		if (weight > best) {
			best = weight;
			err = result;
		}
	}
	return err;
}

int dial_datagram(struct sock *s, const struct addr_value *addr, struct attempt_log *log, int64_t deadline)
{
	struct lookup l;
	struct dial_datagram__dial d = {.addr = addr, .lookup = &l, .log = log, .s = s};
	int err = lookup_begin(&l, addr, LIBSOCK_AF_UNSPEC, LIBSOCK_DIAL_MAX, deadline);

	if (err < 0)
		return err;
	err = lookup_finish(&l, deadline);
	if (err > 0)
		err = os_guard(dial_datagram__all, NULL, &d); /* nothing waits, and a cancelled thread would leave a socket behind */
	lookup_end(&l);
	return err;
}
