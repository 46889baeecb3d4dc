/* SPDX-License-Identifier: MIT */

/* From a name to a connection: Happy Eyeballs version 2 (RFC 8305), with the addresses in hand before it begins. */

#include "addr.h"
#include "deadline.h"
#include "libsock.h"
#include "os.h"
#include "resolve.h"

#include <string.h>

enum { DIAL__STAGGER_MS = 250 }; /* RFC 8305, section 8: Connection Attempt Delay */

_Static_assert((int)LIBSOCK_DIAL_MAX <= (int)OS_WAIT_MAX, "all attempts can be waited for at once");

enum dial__state { DIAL__WAITING, DIAL__PENDING, DIAL__WON, DIAL__FAILED };

struct dial__attempt {
	struct os_addr addr;
	intptr_t fd; /* open while pending or won */
	enum dial__state state;
	int err;
};

/* Attempts begin in the order of the array, so those before `begun` have and those after have not. */
struct dial__race {
	struct dial__attempt attempt[LIBSOCK_DIAL_MAX];
	int count, begun, pending;
	struct dial__attempt *winner;
	int64_t next; /* when the next attempt is due, if none has failed by then */
};

/* RFC 8305, section 4: families in turn, beginning with the first address's, else in the resolver's order. */
static void dial__interleave(struct os_addr addr[], int count)
{
	for (int i = 1; i < count; i++) {
		int other = i;

		while (other < count && addr[other].family == addr[i - 1].family)
			other++;
		if (other == count)
			return; /* one family is left */

		struct os_addr moved = addr[other];

		memmove(&addr[i + 1], &addr[i], (size_t)(other - i) * sizeof addr[0]);
		addr[i] = moved;
	}
}

static void dial__settle(struct dial__race *race, struct dial__attempt *attempt, int err)
{
	race->pending -= attempt->state == DIAL__PENDING;
	attempt->err = err;
	if (err == 0) {
		attempt->state = DIAL__WON;
		race->winner = attempt;
		return;
	}
	if (attempt->fd >= 0)
		os_close(attempt->fd);
	attempt->state = DIAL__FAILED;
	race->next = 0; /* a failure brings the next one forward */
}

static void dial__begin(struct dial__race *race)
{
	struct dial__attempt *attempt = &race->attempt[race->begun++];
	int err;

	race->next = os_now() + DIAL__STAGGER_MS;
	attempt->fd = -1;
	err = os_open(attempt->addr.family, LIBSOCK_STREAM, &attempt->fd);
	if (err == 0)
		err = os_connect(attempt->fd, LIBSOCK_STREAM, &attempt->addr, 0);
	if (err != LIBSOCK_EINPROGRESS) {
		dial__settle(race, attempt, err);
		return;
	}
	attempt->state = DIAL__PENDING;
	race->pending++;
}

/* Wait for the attempts under way; settle what has been decided. 0, or why it could not wait. */
static int dial__wait(struct dial__race *race, int wait_ms)
{
	struct os_wait_item items[LIBSOCK_DIAL_MAX];
	struct dial__attempt *attempts[LIBSOCK_DIAL_MAX];
	int count = 0, ready;

	for (int i = 0; i < race->begun; i++)
		if (race->attempt[i].state == DIAL__PENDING) {
			attempts[count] = &race->attempt[i];
			items[count++] = (struct os_wait_item){.fd = race->attempt[i].fd, .event = OS_CONNECTED};
		}
	ready = os_wait(items, count, wait_ms);
	if (ready < 0)
		return ready == OS_EINTR ? 0 : ready;
	for (int i = 0; i < count && race->winner == NULL; i++)
		if (items[i].ready)
			dial__settle(race, attempts[i], os_connect_result(items[i].fd));
	return 0;
}

/* How long to wait before something is to be done without an event: the deadline, or the next attempt. -1: for ever. */
static int dial__patience(const struct dial__race *race, int left)
{
	int64_t due = race->next - os_now();

	if (race->begun == race->count || (left >= 0 && left < due))
		return left;
	return due > 0 ? (int)due : 0;
}

/* Until one has won, all have failed, or the time is over. */
static int dial__run(struct dial__race *race, int64_t deadline)
{
	while (race->winner == NULL) {
		int left = deadline_left(deadline), err;
		bool more = race->begun < race->count;

		if (more && (race->begun == 0 || (left != 0 && os_now() >= race->next))) {
			dial__begin(race);
			continue;
		}
		if (race->pending == 0 && (!more || left == 0))
			return 0;
		err = dial__wait(race, dial__patience(race, left));
		if (err < 0 || (left == 0 && race->winner == NULL))
			return err;
	}
	return 0;
}

/* The winner keeps its socket; whoever is still under way is closed. */
static void dial__end(struct dial__race *race, int err)
{
	for (int i = 0; i < race->begun; i++)
		if (race->attempt[i].state == DIAL__PENDING)
			dial__settle(race, &race->attempt[i], err);
}

/* Which of several errors tells most about the peer: an answer before no way there before silence. */
static int dial__weight(int err)
{
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
	case LIBSOCK_ENOTSUP: /* this machine has no such family */
	case LIBSOCK_EADDRNOTAVAIL:
		return 1;
	default:
		return 4;
	}
}

static int dial__error(const struct dial__race *race)
{
	int err = race->attempt[0].err;

	for (int i = 1; i < race->begun; i++)
		if (dial__weight(race->attempt[i].err) > dial__weight(err))
			err = race->attempt[i].err;
	return err;
}

static int dial__prepare(struct dial__race *race, const struct sock_addr *addr, int64_t deadline)
{
	struct os_addr found[LIBSOCK_DIAL_MAX];
	int count;

	if (addr->port == 0)
		return LIBSOCK_EPORT;
	count = resolve_all(addr->host, LIBSOCK_AF_ANY, found, LIBSOCK_DIAL_MAX, deadline);
	if (count < 0)
		return count;
	dial__interleave(found, count);
	race->count = count;
	race->begun = race->pending = 0;
	race->winner = NULL;
	for (int i = 0; i < count; i++) {
		race->attempt[i].state = DIAL__WAITING;
		race->attempt[i].addr = found[i];
		race->attempt[i].addr.port = addr->port;
	}
	return 0;
}

static void dial__report(const struct dial__race *race, struct sock_attempt attempts[], int *count)
{
	for (int i = 0; i < race->begun && i < *count; i++) {
		addr_write(&attempts[i].addr, &race->attempt[i].addr);
		attempts[i].err = race->attempt[i].err;
	}
	*count = race->begun;
}

int sock_dial_attempts(struct sock *s, const struct sock_addr *addr, struct sock_attempt attempts[], int *count,
		       int64_t deadline)
{
	struct dial__race race;
	int err, failure;

	if (s == NULL || count == NULL || *count < 0 || (attempts == NULL && *count > 0))
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	err = addr ? dial__prepare(&race, addr, deadline) : LIBSOCK_EINVAL;
	if (err < 0) {
		*count = 0;
		return err;
	}
	failure = dial__run(&race, deadline);
	dial__end(&race, race.winner ? LIBSOCK_ECANCELED : failure < 0 ? failure : LIBSOCK_ETIMEDOUT);
	dial__report(&race, attempts, count);
	if (race.winner) {
		*s = (struct sock){.fd = race.winner->fd, .family = race.winner->addr.family, .type = LIBSOCK_STREAM};
		return 0;
	}
	err = dial__error(&race);
	return err == LIBSOCK_ETIMEDOUT && deadline == LIBSOCK_NOWAIT ? LIBSOCK_EAGAIN : err;
}

int sock_dial(struct sock *s, const struct sock_addr *addr, int64_t deadline)
{
	int none = 0;

	return sock_dial_attempts(s, addr, NULL, &none, deadline);
}
