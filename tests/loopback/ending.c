/* SPDX-License-Identifier: MIT */

/* How a stream ended is remembered: an error is never followed by what looks like an orderly end. */

#include "testing.h"

#include <string.h>

/* Every way to receive. The result, an end of file being LIBSOCK_EEOF. */

static int by_recv(struct sock s)
{
	char data[8];
	ptrdiff_t n = sock_recv(s, data, sizeof data, soon());

	return n == 0 ? LIBSOCK_EEOF : (int)n;
}

static int by_recvv(struct sock s)
{
	char data[8];
	const struct sock_buffer rooms[] = {{data, 4}, {data + 4, 4}};
	ptrdiff_t n = sock_recvv(s, rooms, 2, soon());

	return n == 0 ? LIBSOCK_EEOF : (int)n;
}

static int by_recv_all(struct sock s)
{
	char data[8];

	return sock_recv_exact(s, data, sizeof data, NULL, soon());
}

static int by_line(struct sock s)
{
	struct sock_reader reader;
	char buffer[8], *line;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return (int)sock_reader_line(&reader, &line, soon());
}

static int by_read(struct sock s)
{
	struct sock_reader reader;
	char buffer[8], data[8];
	ptrdiff_t n;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	n = sock_reader_read(&reader, data, sizeof data, soon());
	return n == 0 ? LIBSOCK_EEOF : (int)n;
}

static int (*const ways[])(struct sock s) = {by_recv, by_recvv, by_recv_all, by_line, by_read};
enum { WAYS = sizeof ways / sizeof ways[0] };

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

static void wait_for(struct sock s, int told)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};

	while (!(item.ready & told))
		expect(sock_wait(&item, 1, soon()), 1);
}

START_TEST(a_reset_stays_a_reset_however_it_is_asked_for)
{
	for (int i = 0; i < 4 * WAYS * WAYS; i++) {
		struct sock a, b;

		connected_pair(families[i / (WAYS * WAYS) % 2], &a, &b);
		reset(&b);
		if (i / (WAYS * WAYS) < 2) /* or the receive itself is the first to see it */
			wait_for(a, LIBSOCK_ERROR);
		expect(ways[i % WAYS](a), LIBSOCK_ECONNRESET);
		for (int k = 0; k < 3; k++)
			expect(ways[i / WAYS % WAYS](a), LIBSOCK_ECONNRESET);
		ck_assert_int_lt(sock_close_gracefully(&a, soon()), 0);
	}
}
END_TEST

START_TEST(a_reset_that_another_call_has_reported_is_no_end_of_file)
{
	for (int i = 0; i < 2 * WAYS * 3; i++) {
		struct sock a, b;
		int err = 0;

		connected_pair(families[i / (WAYS * 3)], &a, &b);
		reset(&b);
		wait_for(a, LIBSOCK_ERROR);
		if (i / WAYS % 3 == 0)
			err = (int)sock_send(a, "x", 1, soon());
		else if (i / WAYS % 3 == 1)
			expect(err = sock_connect_result(a, soon()), native_is_wine() == 8 ? LIBSOCK_ENOTCONN : LIBSOCK_ECONNRESET);
		else
			err = sock_send_all(a, "x", 1, NULL, soon());
		ck_assert_int_lt(err, 0);
		expect(ways[i % WAYS](a), LIBSOCK_ECONNRESET);
		ck_assert_int_lt(sock_close_gracefully(&a, soon()), 0);
	}
}
END_TEST

/* After an own end, too, when the connection is gone as a whole. */
START_TEST(a_reset_after_ones_own_end_is_no_end_of_file)
{
	for (int i = 0; i < 2 * WAYS; i++) {
		struct sock a, b;

		connected_pair(families[i / WAYS], &a, &b);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		wait_for(b, LIBSOCK_PEER_ENDED);
		reset(&b);
		wait_for(a, LIBSOCK_ERROR);
		for (int k = 0; k < 3; k++)
			expect(ways[i % WAYS](a), LIBSOCK_ECONNRESET);
		sock_close(&a);
	}
}
END_TEST

START_TEST(an_orderly_end_stays_one_whoever_ended_first)
{
	for (int i = 0; i < 2 * WAYS * 3; i++) {
		const int first = i / WAYS % 3;
		struct sock a, b;

		connected_pair(families[i / (WAYS * 3)], &a, &b);
		if (first == 0)
			expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		if (first == 0)
			wait_for(b, LIBSOCK_PEER_ENDED);
		expect(sock_close(&b), 0);
		wait_for(a, LIBSOCK_PEER_ENDED);
		if (first == 1)
			expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		for (int k = 0; k < 3; k++)
			expect(ways[i % WAYS](a), LIBSOCK_EEOF);
		sock_close(&a);
	}
}
END_TEST

/* How one finishes with a peer that ended first, told by what it did then. */
START_TEST(finishing_after_the_peers_end_tells_what_became_of_it)
{
	for (int i = 0; i < 2 * 4; i++) {
		const int is_reset = i & 1, has_read = i & 2;
		struct sock a, b;

		connected_pair(families[i / 4], &a, &b);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		wait_for(a, LIBSOCK_PEER_ENDED);
		if (has_read)
			expect(by_recv(a), LIBSOCK_EEOF);
		if (is_reset) {
			struct sock_wait_item item = {.s = a};

			reset(&b);
			expect(sock_wait(&item, 1, soon()), 1);
			expect(item.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
		}
		expect(sock_close_gracefully(&a, soon()), is_reset ? LIBSOCK_ECONNRESET : 0);
		sock_close(&b);
	}
}
END_TEST

/* Once another call has told of that reset, Linux cannot tell it from an end of both sides: still it is no success. */
START_TEST(finishing_is_no_success_after_a_call_that_told_of_that_reset)
{
	for (int i = 0; i < 4; i++) {
		struct sock a, b;
		int err;

		connected_pair(families[i / 2], &a, &b);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		wait_for(a, LIBSOCK_PEER_ENDED);
		expect(sock_send(a, "x", 1, soon()), 1);
		reset(&b);
		wait_for(a, LIBSOCK_ERROR);
		err = i % 2 ? (int)sock_send(a, "x", 1, soon()) : sock_connect_result(a, soon());
		ck_assert_int_lt(err, 0);
		err = sock_close_gracefully(&a, soon());
		ck_assert_msg(err == LIBSOCK_ENOTCONN || err == LIBSOCK_ECONNRESET, "%s", sock_errname(err));
	}
}
END_TEST

START_TEST(ones_own_end_of_reading_is_an_end_of_file_and_no_knowledge_of_the_peer)
{
	for (int i = 0; i < 2; i++) {
		struct sock a, b;
		char data[8];

		connected_pair(families[i], &a, &b);
		expect(sock_shutdown(a, LIBSOCK_SHUT_RD), 0);
		for (int k = 0; k < 2; k++)
			expect(sock_recv(a, data, sizeof data, soon()), 0);
		expect(sock_send(a, "hello", 5, soon()), 5);
		expect(sock_close_gracefully(&a, soon()), LIBSOCK_ENOTCONN);
		sock_close(&b);
	}
}
END_TEST

/* What each way to send nothing does to a stream: nothing. */
static void send_nothing(struct sock s, int64_t deadline)
{
	const struct sock_const_buffer part = {NULL, 0};
	size_t done = 1;
	uint64_t sent = 1;

	expect(sock_send(s, NULL, 0, deadline), 0);
	expect(sock_send(s, "", 0, deadline), 0);
	expect(sock_sendv(s, &part, 1, deadline), 0);
	expect(sock_sendv(s, NULL, 0, deadline), 0);
	expect(sock_send_all(s, NULL, 0, &done, deadline), 0);
	ck_assert_uint_eq(done, 0);
	expect(sock_sendv_all(s, &part, 1, &done, deadline), 0);
	expect(sock_sendfile(s, -1, 0, 0, &sent, deadline), 0);
	ck_assert_uint_eq(sent, 0);
}

START_TEST(sending_nothing_does_nothing_on_whatever_has_become_of_a_stream)
{
	for (int i = 0; i < 2; i++) {
		const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};

		for (int d = 0; d < 4; d++) {
			struct sock a, b, fresh;

			connected_pair(families[i], &a, &b);
			send_nothing(a, deadlines[d]);
			reset(&b);
			wait_for(a, LIBSOCK_ERROR);
			send_nothing(a, deadlines[d]);
			expect(by_recv(a), LIBSOCK_ECONNRESET); /* it has not taken the error away */
			send_nothing(a, deadlines[d]);
			sock_close(&a);
			expect(sock_open(&fresh, families[i], LIBSOCK_STREAM), 0);
			send_nothing(fresh, deadlines[d]);
			sock_close(&fresh);
		}
	}
}
END_TEST

START_TEST(nothing_is_not_sent_through_what_is_closed)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock s, copy;

		expect(sock_open(&s, LIBSOCK_AF_INET, type), 0);
		copy = s;
		sock_close(&s);
		ck_assert_int_lt(sock_send(copy, "", 0, LIBSOCK_NOWAIT), 0);
		expect(sock_send(s, "", 0, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
	}
}
END_TEST

START_TEST(a_connection_without_room_is_a_connection)
{
	struct sock a, b;
	static const char full[65536];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (sock_send(a, full, sizeof full, LIBSOCK_NOWAIT) > 0)
		;
	expect(sock_connect_result(a, LIBSOCK_NOWAIT), 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(finishing_does_not_linger_past_its_deadline)
{
	struct sock a, b;
	static const char full[65536];
	int64_t begun;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (sock_send(a, full, sizeof full, LIBSOCK_NOWAIT) > 0)
		;
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 20000), 0);
	begun = sock_now();
	expect(sock_close_gracefully(&a, sock_after(10)), LIBSOCK_ETIMEDOUT);
	expect_ended(begun);
	sock_close(&b);
}
END_TEST

START_TEST(a_new_peer_has_not_refused_what_was_sent_to_the_last_one)
{
	struct sock holder, s, peer;
	struct sock_addr dead = unused_port(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &holder), addr;
	char byte;

	peer = datagram(LIBSOCK_AF_INET, &addr);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &dead, soon()), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	expect(sock_connect(s, &addr, soon()), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	expect(sock_recv(peer, &byte, 1, soon()), 1);
	sock_close(&s);
	sock_close(&peer);
	sock_close(&holder);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_reset_stays_a_reset_however_it_is_asked_for},
		{a_reset_that_another_call_has_reported_is_no_end_of_file},
		{a_reset_after_ones_own_end_is_no_end_of_file},
		{an_orderly_end_stays_one_whoever_ended_first},
		{finishing_after_the_peers_end_tells_what_became_of_it},
		{finishing_is_no_success_after_a_call_that_told_of_that_reset},
		{ones_own_end_of_reading_is_an_end_of_file_and_no_knowledge_of_the_peer},
		{sending_nothing_does_nothing_on_whatever_has_become_of_a_stream},
		{nothing_is_not_sent_through_what_is_closed},
		{a_connection_without_room_is_a_connection},
		{finishing_does_not_linger_past_its_deadline},
		{a_new_peer_has_not_refused_what_was_sent_to_the_last_one},
		{0},
	};

	return testing_main("ending", tests);
}
