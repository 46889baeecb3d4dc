/* SPDX-License-Identifier: MIT */

/* What waits to be received: looked at, counted, thrown away. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6, LIBSOCK_AF_UNIX};
enum { FAMILIES = sizeof families / sizeof families[0] };

/* Two ends of a connection, if there is one of that family here. */
static int make_pair(int family, int type, struct sock pair[2])
{
	struct sock_addr addr;

	if (family == LIBSOCK_AF_UNIX) {
		if (!sock_has(type == LIBSOCK_STREAM ? LIBSOCK_HAS_UNIX_STREAM : LIBSOCK_HAS_UNIX_DGRAM))
			return 0;
		expect(sock_pair(pair, type), 0);
	} else if (type == LIBSOCK_STREAM) {
		connected_pair(family, &pair[0], &pair[1]);
	} else {
		pair[1] = datagram(family, &addr);
		expect(sock_open(&pair[0], family, LIBSOCK_DGRAM), 0);
		expect(sock_connect(pair[0], &addr, soon()), 0);
	}
	return 1;
}

static void close_pair(struct sock pair[2])
{
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}

static void until(struct sock s, int ready)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};

	do
		expect(sock_wait(&item, 1, soon()), 1);
	while ((item.ready & ready) != ready);
}

START_TEST(what_is_looked_at_is_still_there)
{
	for (int i = 0; i < FAMILIES * 2; i++) {
		const int type = i < FAMILIES ? LIBSOCK_STREAM : LIBSOCK_DGRAM;
		struct sock pair[2];
		char data[9] = "........";

		if (!make_pair(families[i % FAMILIES], type, pair))
			continue;
		expect(sock_peek(pair[1], data, 8, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_peek(pair[1], data, 8, sock_after(20)), LIBSOCK_ETIMEDOUT);
		expect(sock_peek(pair[1], data, 8, 20), LIBSOCK_EINVAL);
		expect(sock_send(pair[0], "hello", 5, soon()), 5);
		for (int k = 0; k < 3; k++) {
			expect(sock_peek(pair[1], data, 8, k == 0 ? LIBSOCK_FOREVER : soon()), 5);
			ck_assert_mem_eq(data, "hello...", 8);
		}
		expect(sock_peek(pair[1], data, 8, LIBSOCK_NOWAIT), 5);
		expect(sock_recv(pair[1], data, 8, LIBSOCK_NOWAIT), 5);
		expect(sock_peek(pair[1], data, 8, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		close_pair(pair);
	}
}
END_TEST

START_TEST(a_stream_is_looked_at_as_far_as_there_is_room)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[9] = "........";

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		expect(sock_send(pair[0], "hello", 5, soon()), 5);
		expect(sock_peek(pair[1], data, 3, soon()), 3);
		ck_assert_mem_eq(data, "hel.....", 8);
		expect(sock_recv(pair[1], data, 2, soon()), 2);
		expect(sock_peek(pair[1], data, 8, soon()), 3);
		ck_assert_mem_eq(data, "llo.....", 8);
		close_pair(pair);
	}
}
END_TEST

START_TEST(a_longer_datagram_is_emsgsize_and_can_still_be_received)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[9] = "........";

		if (!make_pair(families[f], LIBSOCK_DGRAM, pair))
			continue;
		expect(sock_send(pair[0], "hello", 5, soon()), 5);
		expect(sock_peek(pair[1], data, 4, soon()), LIBSOCK_EMSGSIZE);
		ck_assert_mem_eq(data, "hell....", 8);
		expect(sock_peek(pair[1], NULL, 0, soon()), LIBSOCK_EMSGSIZE);
		expect(sock_recv(pair[1], data, 8, soon()), 5);
		ck_assert_mem_eq(data, "hello...", 8);
		close_pair(pair);
	}
}
END_TEST

START_TEST(an_empty_datagram_is_seen_and_stays)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[8];

		if (!make_pair(families[f], LIBSOCK_DGRAM, pair))
			continue;
		expect(sock_send(pair[0], NULL, 0, soon()), 0);
		expect(sock_peek(pair[1], data, sizeof data, soon()), 0);
		expect(sock_peek(pair[1], NULL, 0, soon()), 0);
		expect(sock_recv(pair[1], data, sizeof data, soon()), 0);
		expect(sock_recv(pair[1], data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		close_pair(pair);
	}
}
END_TEST

struct peeker {
	struct sock s;
	int64_t deadline;
	ptrdiff_t result;
	char data[8];
};

static void *peek(void *arg)
{
	struct peeker *peeker = arg;

	peeker->result = sock_peek(peeker->s, peeker->data, sizeof peeker->data, peeker->deadline);
	return NULL;
}

START_TEST(a_peek_waits_for_what_comes)
{
	for (int i = 0; i < FAMILIES * 4; i++) {
		struct peeker peeker = {.deadline = i / FAMILIES / 2 ? soon() : LIBSOCK_FOREVER};
		struct sock pair[2];
		pthread_t thread;

		if (!make_pair(families[i % FAMILIES], i / FAMILIES % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM, pair))
			continue;
		peeker.s = pair[1];
		ck_assert_int_eq(pthread_create(&thread, NULL, peek, &peeker), 0);
		expect(sock_send(pair[0], "x", 1, soon()), 1);
		pthread_join(thread, NULL);
		expect(peeker.result, 1);
		expect(sock_recv(pair[1], peeker.data, 8, LIBSOCK_NOWAIT), 1);
		close_pair(pair);
	}
}
END_TEST

START_TEST(the_end_of_a_stream_is_seen_and_stays)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[8];

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		expect(sock_send(pair[0], "x", 1, soon()), 1);
		sock_close(&pair[0]);
		expect(sock_peek(pair[1], data, sizeof data, soon()), 1);
		expect(sock_recv(pair[1], data, sizeof data, soon()), 1);
		for (int k = 0; k < 2; k++)
			expect(sock_peek(pair[1], data, sizeof data, k ? LIBSOCK_NOWAIT : soon()), 0);
		expect(sock_recv(pair[1], data, sizeof data, soon()), 0);
		sock_close(&pair[1]);
	}
}
END_TEST

/* A peer that has thrown away what it was sent. */
static void drop(struct sock pair[2], int family)
{
	if (family == LIBSOCK_AF_UNIX) {
		expect(sock_send(pair[1], "unread", 6, soon()), 6);
		sock_close(&pair[0]);
	} else {
		reset(&pair[0]);
	}
}

START_TEST(an_error_that_a_peek_reports_is_not_lost_for_a_receive)
{
	for (int i = 0; i < FAMILIES * 2; i++) {
		struct sock pair[2];
		char data[8];

		if (!make_pair(families[i % FAMILIES], LIBSOCK_STREAM, pair))
			continue;
		drop(pair, families[i % FAMILIES]);
		if (i < FAMILIES)
			until(pair[1], LIBSOCK_ERROR);
		for (int k = 0; k < 3; k++)
			expect(sock_peek(pair[1], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		expect(sock_recv(pair[1], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		sock_close(&pair[1]);
	}
}
END_TEST

START_TEST(a_reset_while_a_peek_waits_is_not_lost_either)
{
	for (int i = 0; i < FAMILIES * 2; i++) {
		struct peeker peeker = {.deadline = i < FAMILIES ? soon() : LIBSOCK_FOREVER};
		struct sock pair[2];
		pthread_t thread;

		if (!make_pair(families[i % FAMILIES], LIBSOCK_STREAM, pair))
			continue;
		peeker.s = pair[1];
		ck_assert_int_eq(pthread_create(&thread, NULL, peek, &peeker), 0);
		drop(pair, families[i % FAMILIES]);
		pthread_join(thread, NULL);
		expect(peeker.result, LIBSOCK_ECONNRESET);
		expect(sock_recv(pair[1], peeker.data, 8, soon()), LIBSOCK_ECONNRESET);
		sock_close(&pair[1]);
	}
}
END_TEST

START_TEST(a_refused_datagram_is_told_once_by_a_peek_too)
{
	struct sock s, holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &holder);
	struct sock_wait_item item;
	char byte;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &nobody, soon()), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	item = (struct sock_wait_item){.s = s, .interest = LIBSOCK_READABLE};
	if (sock_wait(&item, 1, native_is_wine() ? sock_after(50) : soon()) == 1) { /* Wine: late or never */
		expect(sock_peek(s, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_ECONNREFUSED);
		expect(sock_recv(s, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

START_TEST(a_failed_attempt_is_told_by_a_peek_and_never_becomes_an_end)
{
	struct sock s, holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, &holder);
	char byte;
	int err;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	err = sock_connect(s, &nobody, LIBSOCK_NOWAIT);
	if (err == LIBSOCK_EINPROGRESS) {
		until(s, LIBSOCK_ERROR);
		ck_assert_int_lt(sock_peek(s, &byte, 1, soon()), 0);
	}
	ck_assert_int_lt(sock_peek(s, &byte, 1, soon()), 0);
	ck_assert_int_lt(sock_recv(s, &byte, 1, soon()), 0);
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

START_TEST(what_cannot_be_looked_at_says_why)
{
	struct sock pair[2], s, l;
	struct sock_addr addr;
	char data[4];

	connected_pair(LIBSOCK_AF_INET, &pair[0], &pair[1]);
	expect(sock_peek((struct sock){0}, data, 4, soon()), LIBSOCK_EBADF);
	expect(sock_peek(pair[0], NULL, 4, soon()), LIBSOCK_EINVAL);
	expect(sock_peek(pair[0], data, 0, soon()), LIBSOCK_EINVAL);
	close_pair(pair);
	s = datagram(LIBSOCK_AF_INET, &addr);
	expect(sock_peek(s, NULL, 4, soon()), LIBSOCK_EINVAL);
	if (sock_packet_fields(&s, LIBSOCK_PACKET_COALESCED) == 0)
		expect(sock_peek(s, data, 4, soon()), LIBSOCK_EINVAL);
	sock_close(&s);
	for (int f = 0; f < FAMILIES; f++) {
		if (families[f] == LIBSOCK_AF_UNIX && !sock_has(LIBSOCK_HAS_UNIX_STREAM))
			continue;
		expect(sock_open(&s, families[f], LIBSOCK_STREAM), 0);
		expect(sock_peek(s, data, 4, soon()), LIBSOCK_ENOTCONN);
		sock_close(&s);
	}
	l = listener(LIBSOCK_AF_INET, 1, &addr);
	expect(sock_peek(l, data, 4, soon()), LIBSOCK_ENOTCONN);
	sock_close(&l);
}
END_TEST

START_TEST(bytes_of_a_stream_that_wait_are_counted)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[8];

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		expect(sock_pending(pair[1]), 0);
		expect(sock_send(pair[0], "hello", 5, soon()), 5);
		until(pair[1], LIBSOCK_READABLE);
		expect(sock_pending(pair[1]), 5);
		expect(sock_recv(pair[1], data, 2, soon()), 2);
		expect(sock_pending(pair[1]), 3);
		sock_close(&pair[0]);
		until(pair[1], LIBSOCK_READABLE);
		expect(sock_pending(pair[1]), 3);
		expect(sock_recv(pair[1], data, 8, soon()), 3);
		until(pair[1], LIBSOCK_PEER_ENDED);
		expect(sock_pending(pair[1]), 0);
		sock_close(&pair[1]);
		expect(sock_pending(pair[1]), LIBSOCK_EBADF);
	}
}
END_TEST

START_TEST(a_pending_datagram_fits_in_what_is_counted)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[64];
		ptrdiff_t n;

		if (!make_pair(families[f], LIBSOCK_DGRAM, pair))
			continue;
		expect(sock_pending(pair[1]), 0);
		expect(sock_send(pair[0], NULL, 0, soon()), 0);
		until(pair[1], LIBSOCK_READABLE);
		expect(sock_pending(pair[1]), 0);
		expect(sock_recv(pair[1], data, sizeof data, soon()), 0);
		expect(sock_send(pair[0], "long one", 8, soon()), 8);
		expect(sock_send(pair[0], "b", 1, soon()), 1);
		until(pair[1], LIBSOCK_READABLE);
		n = sock_pending(pair[1]);
		ck_assert_int_ge(n, 8);
		ck_assert_int_le(n, (ptrdiff_t)sizeof data);
		expect(sock_recv(pair[1], data, (size_t)n, soon()), 8);
		until(pair[1], LIBSOCK_READABLE);
		ck_assert_int_ge(sock_pending(pair[1]), 1);
		close_pair(pair);
	}
}
END_TEST

START_TEST(counting_takes_no_error)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[8];

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		drop(pair, families[f]);
		until(pair[1], LIBSOCK_ERROR);
		expect(sock_pending(pair[1]), 0);
		expect(sock_recv(pair[1], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		sock_close(&pair[1]);
	}
}
END_TEST

START_TEST(a_listener_has_no_bytes)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock l = listener(families[f], 1, &addr), s;

		expect(sock_pending(l), LIBSOCK_EINVAL);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
		until(l, LIBSOCK_READABLE);
		expect(sock_pending(l), LIBSOCK_EINVAL);
		sock_close(&s);
		sock_close(&l);
	}
}
END_TEST

START_TEST(so_many_bytes_are_thrown_away_and_no_more)
{
	static char many[50000];

	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		char data[8];
		uint64_t done = 77;

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		expect(sock_discard(pair[1], 0, &done, LIBSOCK_NOWAIT), 0);
		ck_assert_uint_eq(done, 0);
		expect(sock_send_all(pair[0], many, sizeof many, NULL, soon()), 0);
		expect(sock_send_all(pair[0], "rest", 4, NULL, soon()), 0);
		expect(sock_discard(pair[1], sizeof many, &done, soon()), 0);
		ck_assert_uint_eq(done, sizeof many);
		expect(sock_recv_exact(pair[1], data, 4, NULL, soon()), 0);
		ck_assert_mem_eq(data, "rest", 4);
		expect(sock_send(pair[0], "abc", 3, soon()), 3);
		expect(sock_discard(pair[1], 1, NULL, LIBSOCK_FOREVER), 0);
		expect(sock_recv_exact(pair[1], data, 2, NULL, soon()), 0);
		ck_assert_mem_eq(data, "bc", 2);
		close_pair(pair);
	}
}
END_TEST

START_TEST(what_was_thrown_away_before_an_error_is_told)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		uint64_t done = 77;

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		expect(sock_discard(pair[1], 9, &done, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		ck_assert_uint_eq(done, 0);
		expect(sock_discard(pair[1], 9, &done, 20), LIBSOCK_EINVAL);
		expect(sock_send(pair[0], "abc", 3, soon()), 3);
		expect(sock_discard(pair[1], 9, &done, sock_after(20)), LIBSOCK_ETIMEDOUT);
		ck_assert_uint_eq(done, 3);
		expect(sock_send(pair[0], "de", 2, soon()), 2);
		until(pair[1], LIBSOCK_READABLE);
		expect(sock_discard(pair[1], 9, &done, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		ck_assert_uint_eq(done, 2);
		expect(sock_send(pair[0], "f", 1, soon()), 1);
		sock_close(&pair[0]);
		expect(sock_discard(pair[1], UINT64_MAX, &done, soon()), LIBSOCK_EEOF);
		ck_assert_uint_eq(done, 1);
		sock_close(&pair[1]);
		make_pair(families[f], LIBSOCK_STREAM, pair);
		drop(pair, families[f]);
		expect(sock_discard(pair[1], 9, &done, soon()), LIBSOCK_ECONNRESET);
		ck_assert_uint_eq(done, 0);
		sock_close(&pair[1]);
		expect(sock_discard(pair[1], 9, NULL, soon()), LIBSOCK_EBADF);
	}
}
END_TEST

START_TEST(only_what_is_connected_can_be_thrown_away)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	uint64_t done = 77;

	expect(sock_discard(s, 1, &done, soon()), LIBSOCK_EPROTOTYPE);
	ck_assert_uint_eq(done, 0);
	sock_close(&s);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_discard(s, 1, NULL, soon()), LIBSOCK_ENOTCONN);
	sock_close(&s);
}
END_TEST

enum { MANY = 8 << 20 };

static void *send_many(void *arg)
{
	static char block[65536];
	const struct sock *s = arg;

	for (int i = 0; i < MANY / (int)sizeof block; i++)
		if (sock_send_all(*s, block, sizeof block, NULL, soon()) != 0)
			break;
	return NULL;
}

START_TEST(megabytes_are_thrown_away_while_they_come)
{
	for (int f = 0; f < FAMILIES; f++) {
		struct sock pair[2];
		pthread_t thread;
		uint64_t done;
		char byte;

		if (!make_pair(families[f], LIBSOCK_STREAM, pair))
			continue;
		ck_assert_int_eq(pthread_create(&thread, NULL, send_many, &pair[0]), 0);
		expect(sock_discard(pair[1], MANY - 1, &done, soon()), 0);
		ck_assert_uint_eq(done, MANY - 1);
		expect(sock_recv(pair[1], &byte, 1, soon()), 1);
		pthread_join(thread, NULL);
		expect(sock_recv(pair[1], &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		close_pair(pair);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_is_looked_at_is_still_there},
		{a_stream_is_looked_at_as_far_as_there_is_room},
		{a_longer_datagram_is_emsgsize_and_can_still_be_received},
		{an_empty_datagram_is_seen_and_stays},
		{a_peek_waits_for_what_comes},
		{the_end_of_a_stream_is_seen_and_stays},
		{an_error_that_a_peek_reports_is_not_lost_for_a_receive},
		{a_reset_while_a_peek_waits_is_not_lost_either},
		{a_refused_datagram_is_told_once_by_a_peek_too},
		{a_failed_attempt_is_told_by_a_peek_and_never_becomes_an_end},
		{what_cannot_be_looked_at_says_why},
		{bytes_of_a_stream_that_wait_are_counted},
		{a_pending_datagram_fits_in_what_is_counted},
		{counting_takes_no_error},
		{a_listener_has_no_bytes},
		{so_many_bytes_are_thrown_away_and_no_more},
		{what_was_thrown_away_before_an_error_is_told},
		{only_what_is_connected_can_be_thrown_away},
		{megabytes_are_thrown_away_while_they_come},
		{0},
	};

	return testing_main("peek", tests);
}
