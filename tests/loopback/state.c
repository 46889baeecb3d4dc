/* SPDX-License-Identifier: MIT */

/* What a socket knows of itself: the error that waits, how the connection goes, and no peer any more. */

#include "testing.h"

#include <string.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

static int wait_for(struct sock s, int interest, int ready)
{
	struct sock_wait_item item = {.s = s, .interest = interest};

	do
		expect(sock_wait(&item, 1, soon()), 1);
	while (!(item.ready & ready));
	return item.ready;
}

START_TEST(a_connection_without_an_error_has_none)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		char data[8];

		connected_pair(families[f], &a, &b);
		expect(sock_pending_error(a), 0);
		expect(sock_send(b, "hello", 5, soon()), 5);
		wait_for(a, LIBSOCK_READABLE, LIBSOCK_READABLE);
		expect(sock_pending_error(a), 0);
		sock_close(&b);
		wait_for(a, LIBSOCK_READABLE, LIBSOCK_READABLE);
		expect(sock_pending_error(a), 0);
		expect(sock_recv(a, data, sizeof data, soon()), 5);
		expect(sock_recv(a, data, sizeof data, soon()), 0);
		expect(sock_pending_error(a), 0);
		sock_close(&a);
		expect(sock_pending_error(a), LIBSOCK_EBADF);
	}
}
END_TEST

START_TEST(a_reset_is_told_each_time_and_by_every_other_call_too)
{
	for (int i = 0; i < 4; i++) {
		struct sock a, b;
		char data[8];

		connected_pair(families[i % 2], &a, &b);
		reset(&b);
		wait_for(a, LIBSOCK_READABLE, LIBSOCK_ERROR);
		if (i / 2)
			expect(sock_recv(a, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		for (int k = 0; k < 3; k++) {
			expect(sock_pending_error(a), LIBSOCK_ECONNRESET);
			ck_assert_int_eq(wait_for(a, LIBSOCK_READABLE, LIBSOCK_ERROR) & LIBSOCK_PEER_ENDED, 0);
		}
		for (int k = 0; k < 2; k++)
			expect(sock_recv(a, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		expect(sock_pending_error(a), LIBSOCK_ECONNRESET);
		sock_close(&a);
	}
}
END_TEST

/* Row bytes-before-a-reset of docs/porting.md: where the system keeps them. */
START_TEST(bytes_before_a_reset_come_after_it_was_told)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		char data[8];
		ptrdiff_t n;

		connected_pair(families[f], &a, &b);
		expect(sock_send(b, "hello", 5, soon()), 5);
		wait_for(a, LIBSOCK_READABLE, LIBSOCK_READABLE);
		reset(&b);
		wait_for(a, 0, LIBSOCK_ERROR);
		for (int k = 0; k < 2; k++)
			expect(sock_pending_error(a), LIBSOCK_ECONNRESET);
		wait_for(a, 0, LIBSOCK_ERROR);
		n = sock_recv(a, data, sizeof data, soon());
		if (!native_is_windows() || n != LIBSOCK_ECONNRESET)
			expect(n, 5);
		expect(sock_recv(a, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		expect(sock_pending_error(a), LIBSOCK_ECONNRESET);
		sock_close(&a);
	}
}
END_TEST

START_TEST(a_reset_after_the_peers_end_is_told_each_time)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;

		connected_pair(families[f], &a, &b);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		wait_for(a, LIBSOCK_READABLE, LIBSOCK_PEER_ENDED);
		expect(sock_pending_error(a), 0);
		reset(&b);
		wait_for(a, 0, LIBSOCK_ERROR);
		for (int k = 0; k < 3; k++)
			expect(sock_pending_error(a), LIBSOCK_ECONNRESET);
		sock_close(&a);
	}
}
END_TEST

START_TEST(a_unix_domain_reset_stays_for_the_receive)
{
	struct sock pair[2], s;
	char data[8];

	if (!sock_has(LIBSOCK_HAS_UNIX_STREAM))
		return;
	expect(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
	sock_close(&s);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_pending_error(pair[0]), 0);
	expect(sock_send(pair[0], "unread", 6, soon()), 6);
	sock_close(&pair[1]);
	for (int k = 0; k < 3; k++)
		expect(sock_pending_error(pair[0]), LIBSOCK_ECONNRESET);
	expect(sock_recv(pair[0], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
	expect(sock_pending_error(pair[0]), 0);
	sock_close(&pair[0]);
}
END_TEST

START_TEST(an_attempt_is_left_to_connect_result)
{
	for (int f = 0; f < 2; f++) {
		struct sock s, holder;
		struct sock_addr nobody = unused_port(families[f], LIBSOCK_STREAM, &holder), addr;
		int err;

		expect(sock_open(&s, families[f], LIBSOCK_STREAM), 0);
		expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
		err = sock_connect(s, &nobody, LIBSOCK_NOWAIT);
		if (err == LIBSOCK_EINPROGRESS) {
			expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
			wait_for(s, LIBSOCK_WRITABLE, LIBSOCK_ERROR);
			expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
			expect(sock_connect_result(s, soon()), LIBSOCK_ECONNREFUSED);
		}
		expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
		sock_close(&s);
		sock_close(&holder);
		s = listener(families[f], 1, &addr);
		expect(sock_pending_error(s), LIBSOCK_ENOTCONN);
		sock_close(&s);
	}
}
END_TEST

START_TEST(a_refused_datagrams_error_is_taken)
{
	struct sock s, holder;
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &holder);
	struct sock_wait_item item;
	char byte;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_pending_error(s), 0);
	expect(sock_connect(s, &nobody, soon()), 0);
	expect(sock_pending_error(s), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	item = (struct sock_wait_item){.s = s, .interest = LIBSOCK_READABLE};
	if (sock_wait(&item, 1, native_is_wine() ? sock_after(50) : soon()) == 1) { /* Wine: late or never */
		expect(sock_pending_error(s), LIBSOCK_ECONNREFUSED);
		expect(sock_pending_error(s), 0);
		expect(sock_recv(s, &byte, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

/* The members that are numbers, in their order. */
enum { NUMBERS = (int)(offsetof(struct sock_statistics, state) / sizeof(int64_t)) };

static void expect_state_alone(const struct sock_statistics *found, int state)
{
	int64_t numbers[NUMBERS];

	memcpy(numbers, found, sizeof numbers);
	for (int i = 0; i < NUMBERS; i++)
		ck_assert_int_eq(numbers[i], -1);
	ck_assert_int_eq(found->state, state);
	ck_assert_int_eq(found->padding, 0);
}

/* Whether there are any here; what is not there is not written. */
static int ask(struct sock s, struct sock_statistics *found)
{
	struct sock_statistics before;
	int err;

	memset(found, 0x55, sizeof *found);
	before = *found;
	err = sock_statistics(s, found);
	if (err == 0) {
		for (size_t i = 0; i < sizeof found->reserved / sizeof found->reserved[0]; i++)
			ck_assert_int_eq(found->reserved[i], 0);
		return 1;
	}
	expect(err, LIBSOCK_ENOTSUP);
	ck_assert(native_is_wine());
	ck_assert_mem_eq(found, &before, sizeof before);
	return 0;
}

enum { SIZE = 100000 };

START_TEST(statistics_tell_what_was_sent_and_received)
{
	static char data[SIZE];

	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		struct sock_statistics there, here;

		connected_pair(families[f], &a, &b);
		for (int i = 0; i < 10; i++) {
			expect(sock_send_all(a, data, sizeof data / 10, NULL, soon()), 0);
			expect(sock_recv_exact(b, data, sizeof data / 10, NULL, soon()), 0);
		}
		do /* until the last acknowledgement is there */
			if (!ask(a, &here))
				break;
		while (here.bytes_in_flight > 0);
		if (ask(b, &there)) {
			ck_assert_int_eq(here.state, LIBSOCK_STATE_ESTABLISHED);
			ck_assert_int_eq(here.bytes_in_flight, 0);
			ck_assert_int_eq(here.bytes_sent, SIZE);
			ck_assert_int_eq(here.bytes_received, 0);
			ck_assert_int_eq(here.bytes_resent, 0);
			ck_assert_int_eq(here.segments_resent, 0);
			ck_assert_int_gt(here.rtt_us, 0);
			ck_assert_int_lt(here.rtt_us, 60000000);
			ck_assert_int_ge(here.rtt_variation_us, 0);
			ck_assert_int_gt(here.rtt_min_us, 0);
			ck_assert_int_lt(here.rtt_min_us, 60000000);
			ck_assert_int_gt(here.mss, 500);
			ck_assert_int_ge(here.congestion_window, here.mss);
			ck_assert(here.delivery_rate == -1 || here.delivery_rate > 0);
			ck_assert_int_eq(there.state, LIBSOCK_STATE_ESTABLISHED);
			ck_assert_int_eq(there.bytes_received, SIZE);
			ck_assert_int_eq(there.bytes_sent, 0);
		}
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(statistics_follow_the_state)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b, l, s;
		struct sock_statistics found;
		struct sock_addr addr;

		l = listener(families[f], 1, &addr);
		if (ask(l, &found))
			expect_state_alone(&found, LIBSOCK_STATE_LISTEN);
		sock_close(&l);
		expect(sock_open(&s, families[f], LIBSOCK_STREAM), 0);
		if (ask(s, &found))
			expect_state_alone(&found, LIBSOCK_STATE_UNCONNECTED);
		sock_close(&s);
		connected_pair(families[f], &a, &b);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		wait_for(b, LIBSOCK_READABLE, LIBSOCK_PEER_ENDED);
		if (ask(b, &found))
			ck_assert_int_eq(found.state, LIBSOCK_STATE_CLOSE_WAIT);
		if (ask(a, &found))
			ck_assert(found.state == LIBSOCK_STATE_FIN_WAIT_1 || found.state == LIBSOCK_STATE_FIN_WAIT_2);
		expect(sock_send(b, "x", 1, soon()), 1);
		reset(&b);
		wait_for(a, 0, LIBSOCK_ERROR);
		if (ask(a, &found)) {
			ck_assert_int_eq(found.state, LIBSOCK_STATE_UNCONNECTED);
			ck_assert_int_eq(found.bytes_received, 1);
		}
		sock_close(&a);
	}
}
END_TEST

START_TEST(statistics_are_of_tcp_alone)
{
	struct sock_addr addr;
	struct sock u = datagram(LIBSOCK_AF_INET, &addr), s;
	struct sock_statistics found;

	expect(sock_statistics((struct sock){0}, &found), LIBSOCK_EBADF);
	expect(sock_statistics(u, &found), LIBSOCK_EPROTOTYPE);
	sock_close(&u);
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_statistics(s, NULL), LIBSOCK_EINVAL);
	sock_close(&s);
	if (sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM) == 0)
		expect(sock_statistics(s, &found), LIBSOCK_ENOPROTOOPT);
	sock_close(&s);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_connection_without_an_error_has_none},
		{a_reset_is_told_each_time_and_by_every_other_call_too},
		{bytes_before_a_reset_come_after_it_was_told},
		{a_reset_after_the_peers_end_is_told_each_time},
		{a_unix_domain_reset_stays_for_the_receive},
		{an_attempt_is_left_to_connect_result},
		{a_refused_datagrams_error_is_taken},
		{statistics_tell_what_was_sent_and_received},
		{statistics_follow_the_state},
		{statistics_are_of_tcp_alone},
		{0},
	};

	return testing_main("state", tests);
}
