/* SPDX-License-Identifier: MIT */

/* From a name to a connection: Happy Eyeballs version 2 (RFC 8305). */

#include "attempt.h"
#include "compiler.h"
#include "deadline.h"
#include "dial.h"
#include "libsock.h"
#include "lookup.h"
#include "os.h"
#include "os_job.h"
#include "socket.h"

#include <limits.h>
#include <string.h>

enum {
	DIAL__STAGGER_MS = 250,   /* RFC 8305, section 8: Connection Attempt Delay */
	DIAL__RESOLUTION_MS = 50, /* and Resolution Delay */
	DIAL__GLANCE_MS = 10      /* how often an answer is looked for while attempts are waited for */
};

_Static_assert((int)LIBSOCK_DIAL_MAX <= (int)OS_WAIT_MAX, "all attempts can be waited for at once");

struct dial__attempt {
	int err;
	uint8_t part, index; /* the address's place in the look-up */
	bool lacks_family; /* of this program; `err` then says nothing of the peer */
};

struct dial__race {
	const struct addr_value *addr;
	int64_t deadline;
	bool once;        /* no time from the beginning: each address is looked at once */
	struct lookup lookup;
	int taken[LOOKUP_PARTS]; /* addresses of each family that have been tried */
	int last;                /* the family of the latest attempt; the families take turns */
	int64_t next;            /* when the next attempt is due, if none has failed by then */
	struct dial__attempt attempt[LIBSOCK_DIAL_MAX];
	struct os_wait_item socket[LIBSOCK_DIAL_MAX]; /* of each attempt; −1: it has failed */
	int begun, pending;
	int winner; /* −1: there is none */
};

int dial_self(intptr_t fd, int family, uint16_t port)
{
	struct os_addr own, peer;

	if (family == LIBSOCK_AF_UNIX || os_local(fd, &own) < 0 || own.port != port)
		return 0;
	/* The peer's own address, and not the one that was asked for: the wildcard is this machine to most systems. */
	if (os_peer(fd, &peer) < 0 || memcmp(own.ip, peer.ip, own.family == LIBSOCK_AF_INET ? 4 : 16) != 0)
		return 0;
	os_break(fd); /* so that nothing of it keeps the port from its server */
	return LIBSOCK_ECONNREFUSED;
}

/* How long IPv6 addresses are waited for; less where there is little time. */
static int dial__resolution_ms(int64_t deadline)
{
	const int left = deadline_left(deadline);

	return left >= 0 && left / 4 < DIAL__RESOLUTION_MS ? left / 4 : DIAL__RESOLUTION_MS;
}

/* The family of the next address to try, or −1: there is none, as yet. */
static int dial__part(const struct dial__race *race)
{
	int part = !race->last;

	if (race->begun == LIBSOCK_DIAL_MAX)
		return -1;
	if (race->taken[part] >= race->lookup.count[part])
		part = race->last;
	return race->taken[part] < race->lookup.count[part] ? part : -1;
}

/*
 * An answer has come, or all that there are. RFC 8305, section 3: with IPv6 addresses the first attempt is due at once,
 * with IPv4 alone after a short wait for the others. IPv6 that leads nowhere does not come first.
 */
static void dial__learn(struct dial__race *race)
{
	const struct lookup *l = &race->lookup;

	if (race->begun > 0)
		return;
	if (lookup_is_over(l)) {
		race->last = !lookup_first(l);
		race->next = 0;
	} else if (l->count[LOOKUP_IP4] > 0) {
		race->last = LOOKUP_IP6;
		race->next = os_now() + dial__resolution_ms(race->deadline);
	} else if (l->count[LOOKUP_IP6] > 0 && lookup_has_way(l->found[LOOKUP_IP6])) {
		race->last = LOOKUP_IP4;
		race->next = 0;
	}
}

/* Without the port. */
static const struct os_addr *dial__addr(const struct dial__race *race, const struct dial__attempt *attempt)
{
	return &race->lookup.found[attempt->part][attempt->index];
}

static struct os_addr dial__to(const struct dial__race *race, const struct dial__attempt *attempt)
{
	struct os_addr to = *dial__addr(race, attempt);

	to.port = race->addr->bits.port;
	return to;
}

static void dial__settle(struct dial__race *race, int at, int err)
{
	const intptr_t fd = race->socket[at].fd;

	race->pending--;
	if (err == 0)
		err = dial_self(fd, dial__addr(race, &race->attempt[at])->family, race->addr->bits.port);
	race->attempt[at].err = err;
	if (err == 0) {
		race->winner = at;
		return;
	}
	if (fd != -1)
		os_close(fd);
	race->socket[at].fd = -1;
	race->next = 0; /* a failure brings the next one forward */
}

static void dial__begin(struct dial__race *race, int part)
{
	struct dial__attempt *attempt = &race->attempt[race->begun];
	struct os_wait_item *socket = &race->socket[race->begun];
	int err;

	attempt->part = (uint8_t)part;
	attempt->index = (uint8_t)race->taken[part]++;
	attempt->lacks_family = false;
	*socket = (struct os_wait_item){.fd = -1, .event = OS_CONNECTED};
	race->last = part;
	race->begun++;
	race->pending++;
	race->next = os_now() + DIAL__STAGGER_MS;
	err = os_open_stream(dial__addr(race, attempt)->family, &socket->fd);
	if (err < 0) {
		attempt->lacks_family = socket_lacks_family(err);
	} else { /* which does not block, so that this does not, either */
		const struct os_addr to = dial__to(race, attempt);

		err = os_connect(socket->fd, LIBSOCK_STREAM, &to, -1);
	}
	if (err != LIBSOCK_EINPROGRESS)
		dial__settle(race, race->begun - 1, err);
}

/* Wait for the attempts under way, and settle what has been decided. 0, or why it could not wait. */
static int dial__look(struct dial__race *race, int wait_ms)
{
	int ready = os_wait(race->socket, race->begun, wait_ms);

	if (ready < 0)
		return ready == OS_EINTR ? 0 : ready;
	for (int i = 0; ready > 0 && i < race->begun && race->winner < 0; i++)
		if (race->socket[i].ready)
			dial__settle(race, i, os_connect_result(race->socket[i].fd));
	return 0;
}

/* Wait for attempts and for answers of the look-up. */
static int dial__wait(struct dial__race *race, int wait_ms)
{
	const int known = race->lookup.known;
	int err = 0;

	if (race->pending > 0) {
		err = dial__look(race, wait_ms);
		wait_ms = 0;
	}
	lookup_wait(&race->lookup, wait_ms);
	if (race->lookup.known != known)
		dial__learn(race);
	return err;
}

/*
 * How long to wait before something is to be done without an event: the deadline, or the next attempt. -1: for ever.
 * While an attempt is under way, an answer of the look-up matters only when the next one is due, and is no event.
 */
static int dial__patience(const struct dial__race *race, bool more, int left)
{
	int64_t due = race->next - os_now();

	if (!more && (race->pending == 0 || lookup_is_over(&race->lookup)))
		return left;
	if (!more && due < DIAL__GLANCE_MS)
		due = DIAL__GLANCE_MS;
	if (left >= 0 && left < due)
		return left;
	return due <= 0 ? 0 : due > INT_MAX ? INT_MAX : (int)due;
}

/* Until one has won, all have failed, or the time is over. */
static int dial__run(struct dial__race *race)
{
	while (race->winner < 0) {
		int left = deadline_left(race->deadline), part = dial__part(race), err = 0;

		if (part >= 0 && (race->once || (left != 0 && os_now() >= race->next))) {
			dial__begin(race, part);
			if (race->once && race->pending > 0 && race->winner < 0)
				err = dial__look(race, 0);
			if (err < 0)
				return err;
			continue;
		}
		if (race->pending == 0 && ((part < 0 && lookup_is_over(&race->lookup)) || (part >= 0 && left == 0)))
			return 0;
		err = dial__wait(race, dial__patience(race, part >= 0, left));
		if (err < 0 || (left == 0 && race->winner < 0))
			return err;
	}
	return 0;
}

/* The winner keeps its socket; whoever is still under way is closed. */
static void dial__end(struct dial__race *race, int err)
{
	for (int i = 0; i < race->begun; i++)
		if (race->socket[i].fd != -1 && i != race->winner)
			dial__settle(race, i, err);
}

static int dial__error(const struct dial__race *race)
{
	int best = -1, err = lookup_error(&race->lookup);

	for (int i = 0; i < race->begun; i++) {
		const struct dial__attempt *attempt = &race->attempt[i];
		int weight = attempt_weight(attempt->err, attempt->lacks_family);

		if (weight > best) {
			best = weight;
			err = attempt->err;
		}
	}
	return err;
}

/* A socket that does not block was right for the race; the caller's is as sock_open() makes them, and sends at once. */
static void dial__finish(const struct dial__race *race)
{
	const intptr_t fd = race->socket[race->winner].fd;

	os_option_set(fd, dial__addr(race, &race->attempt[race->winner])->family, LIBSOCK_OPT_NODELAY, 1);
	os_set_blocking(fd, true);
}

/* All that may wait, and so may be cancelled. */
static int dial__all(void *context)
{
	struct dial__race *race = context;
	int err = lookup_begin(&race->lookup, race->addr, LIBSOCK_AF_UNSPEC, LIBSOCK_DIAL_MAX, race->deadline);

	if (err < 0)
		return err;
	dial__learn(race);
	err = dial__run(race);
	dial__end(race, race->winner >= 0 ? LIBSOCK_ECANCELED : err < 0 ? err : LIBSOCK_ETIMEDOUT);
	if (race->winner < 0)
		return dial__error(race);
	dial__finish(race);
	return 0;
}

/* Nothing is left of a race whose thread is cancelled, and only the winner of one that is over. */
static void dial__undo(void *context)
{
	struct dial__race *race = context;

	for (int i = 0; i < race->begun; i++)
		if (race->socket[i].fd != -1)
			os_close(race->socket[i].fd);
	lookup_end(&race->lookup);
}

static void dial__prepare(struct dial__race *race, const struct addr_value *addr, int64_t deadline)
{
	race->addr = addr;
	race->deadline = deadline;
	race->once = deadline_left(deadline) == 0;
	race->lookup.job = NULL;
	race->taken[LOOKUP_IP6] = race->taken[LOOKUP_IP4] = 0;
	race->last = LOOKUP_IP4;
	race->next = INT64_MAX;
	race->begun = race->pending = 0;
	race->winner = -1;
}

static void dial__report(const struct dial__race *race, struct attempt_log *log)
{
	for (int i = 0; i < race->begun; i++) {
		const struct os_addr to = dial__to(race, &race->attempt[i]);

		attempt_note(log, &to, race->attempt[i].err);
	}
}

int dial_stream(struct sock *s, const struct addr_value *addr, struct attempt_log *log, int64_t deadline)
{
	struct dial__race race;
	int err;

	dial__prepare(&race, addr, deadline);
	err = os_guard(dial__all, dial__undo, &race);
	dial__report(&race, log);
	if (err == 0)
		*s = socket_value(race.socket[race.winner].fd, dial__addr(&race, &race.attempt[race.winner])->family, LIBSOCK_STREAM);
	lookup_end(&race.lookup); /* which has the addresses */
	return err;
}
