/* SPDX-License-Identifier: MIT */

/* One table for sock_wait() and every poller: what a socket in each state is reported ready for, whatever is wanted. */

#include "testing.h"

#include <string.h>

enum {
	R = LIBSOCK_READABLE,
	W = LIBSOCK_WRITABLE,
	H = LIBSOCK_PEER_ENDED,
	FAILED = LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE,
	ANY = -1 /* systems differ: see docs/porting.md */
};

/* The socket that is looked at, and what is open beside it. */
struct scene {
	struct sock s, other, listener;
};

static struct scene connected(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock pair[2];

	if (family == LIBSOCK_AF_UNIX) {
		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
		scene.s = pair[0];
		scene.other = pair[1];
	} else {
		connected_pair(family, &scene.s, &scene.other);
	}
	return scene;
}

static struct scene idle(int family)
{
	return connected(family);
}

static struct scene data(int family)
{
	struct scene scene = connected(family);

	expect(sock_send(scene.other, "x", 1, soon()), 1);
	return scene;
}

static struct scene peer_half_closed(int family)
{
	struct scene scene = connected(family);

	expect(sock_shutdown(scene.other, LIBSOCK_SHUT_WR), 0);
	return scene;
}

static struct scene peer_closed(int family)
{
	struct scene scene = connected(family);

	expect(sock_close(&scene.other), 0);
	return scene;
}

static struct scene half_closed(int family)
{
	struct scene scene = connected(family);

	expect(sock_shutdown(scene.s, LIBSOCK_SHUT_WR), 0);
	return scene;
}

static struct scene both_ended(int family)
{
	struct scene scene = peer_half_closed(family);

	expect(sock_shutdown(scene.s, LIBSOCK_SHUT_WR), 0);
	return scene;
}

static struct scene both_closed(int family)
{
	struct scene scene = half_closed(family);

	expect(sock_close(&scene.other), 0);
	return scene;
}

static struct scene was_reset(int family)
{
	struct scene scene = connected(family);

	if (family != LIBSOCK_AF_UNIX) {
		reset(&scene.other);
	} else { /* there it is what was sent and never read */
		expect(sock_send(scene.s, "x", 1, soon()), 1);
		sock_close(&scene.other);
	}
	return scene;
}

/* A reset that one call or another has told: most systems have forgotten it then. */

static struct scene reset_told_by_recv(int family)
{
	struct scene scene = was_reset(family);

	expect(sock_recv(scene.s, (char[1]){0}, 1, soon()), LIBSOCK_ECONNRESET);
	return scene;
}

static void await_error(struct sock s)
{
	struct sock_wait_item item = {.s = s};

	expect(sock_wait(&item, 1, soon()), 1);
}

static struct scene reset_told_by_send(int family)
{
	struct scene scene = was_reset(family);

	await_error(scene.s);
	ck_assert_int_lt(sock_send(scene.s, "x", 1, soon()), 0);
	return scene;
}

static struct scene reset_told_by_connected(int family)
{
	struct scene scene = was_reset(family);

	await_error(scene.s);
	ck_assert_int_lt(sock_connect_result(scene.s, soon()), 0);
	return scene;
}

/* With bytes that came before it, which wait still. */
static struct scene reset_told_before_data(int family)
{
	struct scene scene = data(family);
	struct sock_wait_item item = {.s = scene.s, .interest = R};

	expect(sock_wait(&item, 1, soon()), 1);
	reset(&scene.other);
	await_error(scene.s);
	ck_assert_int_lt(sock_send(scene.s, "x", 1, soon()), 0);
	return scene;
}

static struct scene reset_told_after_own_end(int family)
{
	struct scene scene = half_closed(family);
	struct sock_wait_item item = {.s = scene.other, .interest = R};

	expect(sock_wait(&item, 1, soon()), 1); /* the end has come there */
	reset(&scene.other);
	await_error(scene.s); /* which Wine needs to remember it after an own end */
	expect(sock_recv(scene.s, (char[1]){0}, 1, soon()), LIBSOCK_ECONNRESET);
	return scene;
}

static struct scene refused(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock_addr addr = unused_port(family, LIBSOCK_STREAM, &scene.other);

	expect(sock_open(&scene.s, family, LIBSOCK_STREAM), 0);
	expect(sock_connect(scene.s, &addr, LIBSOCK_NOWAIT), LIBSOCK_EINPROGRESS);
	return scene;
}

static struct scene never_connected(int family)
{
	struct scene scene = {{0}, {0}, {0}};

	expect(sock_open(&scene.s, family, LIBSOCK_STREAM), 0);
	return scene;
}

static struct scene listening(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock_addr addr;

	scene.s = listener(family, 4, &addr);
	return scene;
}

static struct scene somebody_came(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock_addr addr;

	scene.s = listener(family, 4, &addr);
	expect(sock_open(&scene.other, family, LIBSOCK_STREAM), 0);
	expect(sock_connect(scene.other, &addr, soon()), 0);
	return scene;
}

static struct scene bound(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock_addr addr;

	scene.s = datagram(family, &addr);
	return scene;
}

static struct scene datagram_came(int family)
{
	struct scene scene = {{0}, {0}, {0}};
	struct sock_addr addr, unused;

	scene.s = datagram(family, &addr);
	scene.other = datagram(family, &unused);
	expect(sock_sendto(scene.other, "x", 1, &addr, soon()), 1);
	return scene;
}

enum { INET = 1, LOCAL = 2, BOTH = 3 };

/* By what is wanted: nothing, readable, writable, both. */
static const struct {
	const char *name;
	struct scene (*make)(int family);
	int families;
	int ready[4];
} states[] = {
	{"idle", idle, BOTH, {0, 0, W, W}},
	{"data", data, BOTH, {0, R, W, R | W}},
	{"peer half-closed", peer_half_closed, BOTH, {0, R | H, W, R | W | H}},
	{"peer closed", peer_closed, BOTH, {0, R | H, W, R | W | H}},
	{"half-closed", half_closed, BOTH, {0, 0, W, W}},
	{"both ended", both_ended, BOTH, {0, R | H, W, R | W | H}},
	{"both closed", both_closed, BOTH, {0, R | H, W, R | W | H}},
	{"reset", was_reset, BOTH, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told by recv", reset_told_by_recv, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told by send", reset_told_by_send, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told by connected", reset_told_by_connected, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told before data", reset_told_before_data, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told after one's own end", reset_told_after_own_end, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"reset, told and forgotten", reset_told_by_recv, LOCAL, {0, R | H, W, R | W | H}},
	{"refused", refused, INET, {FAILED, FAILED, FAILED, FAILED}},
	{"never connected", never_connected, BOTH, {0, ANY, ANY, ANY}},
	{"listening", listening, INET, {0, 0, 0, 0}},
	{"somebody came", somebody_came, INET, {0, R, 0, R}},
	{"bound", bound, INET, {0, 0, W, W}},
	{"datagram came", datagram_came, INET, {0, R, W, R | W}},
};

static int by_wait(struct sock s, int interest, int64_t deadline)
{
	struct sock_wait_item item = {.s = s, .interest = interest};
	int n = sock_wait(&item, 1, deadline);

	return n == 1 ? item.ready : n;
}

static int by_poller(struct sock s, int interest, int64_t deadline)
{
	struct sock_poller poller;
	struct sock_event event;
	int n;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, s, interest, &poller), 0);
	n = sock_poller_wait(&poller, &event, 1, deadline);
	if (n == 1) { /* as long as it is true, it is reported again */
		const int again = event.ready;

		ck_assert_ptr_eq(event.data, &poller);
		expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
		expect(event.ready, again);
	}
	sock_poller_close(&poller);
	return n == 1 ? event.ready : n;
}

static int (*const ways[])(struct sock s, int interest, int64_t deadline) = {by_wait, by_poller};

/* The network may take a moment to bring about the state: what is to be reported is waited for. */
static void look(int state, int family)
{
	for (int interest = 0; interest < 4; interest++) {
		const int told = states[state].ready[interest];

		for (int way = 0; way < 2 && told != ANY; way++) {
			struct scene scene = states[state].make(family);
			int got = 0;

			if (told == 0) {
				got = ways[way](scene.s, interest, sock_after(20));
				got = got == LIBSOCK_ETIMEDOUT ? 0 : got;
			}
			for (int64_t by = soon(); got != told && sock_now() < by;)
				got = ways[way](scene.s, interest, soon());
			ck_assert_msg(got == told, "%s, family %d, wanted %d, way %d: %d, not %d", states[state].name,
				      family, interest, way, got, told);
			sock_close(&scene.s);
			sock_close(&scene.other);
			sock_close(&scene.listener);
		}
	}
}

START_TEST(each_state_is_reported_alike_in_every_way)
{
	for (int state = 0; state < (int)(sizeof states / sizeof states[0]); state++) {
		if (states[state].families & INET) {
			look(state, LIBSOCK_AF_INET);
			look(state, LIBSOCK_AF_INET6);
		}
		if (states[state].families & LOCAL && sock_has(LIBSOCK_HAS_UNIX_STREAM))
			look(state, LIBSOCK_AF_UNIX);
	}
}
END_TEST

/* Where nothing is wanted, an end is none of the caller's business, for as long as it lasts. */
START_TEST(errors_alone_are_waited_for_past_every_end)
{
	for (int way = 0; way < 2; way++) {
		struct scene scene = both_ended(LIBSOCK_AF_INET);
		const int64_t begun = sock_now(), processor = native_processor_ms();

		expect(ways[way](scene.s, 0, sock_after(400)), LIBSOCK_ETIMEDOUT);
		ck_assert_int_ge(sock_now() - begun, 400);
		ck_assert_int_le(native_processor_ms() - processor, 200);
		sock_close(&scene.s);
		sock_close(&scene.other);
	}
}
END_TEST

/* An error that comes after the end is still found: the socket is not forgotten. */
START_TEST(an_error_after_the_end_is_reported)
{
	for (int way = 0; way < 2; way++) {
		struct sock a, b;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		expect(ways[way](a, R, soon()) & H, H);
		expect(ways[way](a, 0, sock_after(20)), LIBSOCK_ETIMEDOUT);
		expect(sock_send(a, "x", 1, soon()), 1);
		reset(&b);
		expect(ways[way](a, 0, soon()), FAILED);
		sock_close(&a);
	}
}
END_TEST

/* Both sides have ended, and what was sent fills the queue: a send would fail at once, and not wait. */
START_TEST(a_full_stream_that_has_ended_is_writable)
{
	for (int way = 0; way < 2 && sock_has(LIBSOCK_HAS_UNIX_STREAM); way++) {
		struct scene scene = connected(LIBSOCK_AF_UNIX);
		static const char full[65536];

		while (sock_send(scene.s, full, sizeof full, LIBSOCK_NOWAIT) > 0)
			;
		expect(sock_shutdown(scene.other, LIBSOCK_SHUT_RDWR), 0);
		expect(sock_send(scene.s, "x", 1, LIBSOCK_NOWAIT), LIBSOCK_EPIPE);
		expect(ways[way](scene.s, W, soon()), W);
		expect(ways[way](scene.s, 0, sock_after(20)), LIBSOCK_ETIMEDOUT);
		sock_close(&scene.s);
		sock_close(&scene.other);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{each_state_is_reported_alike_in_every_way},
		{errors_alone_are_waited_for_past_every_end},
		{an_error_after_the_end_is_reported},
		{a_full_stream_that_has_ended_is_writable},
		{0},
	};

	return testing_main("readiness", tests);
}
