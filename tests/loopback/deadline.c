/* SPDX-License-Identifier: MIT */

/* One deadline: never cut short, never exceeded by more than the promised 10 ms, never extended. */

#include "testing.h"

#include <stdlib.h>

START_TEST(after_is_ahead_of_now_and_saturates)
{
	int64_t before = sock_now(), deadline = sock_after(1000), after = sock_now();

	ck_assert_int_gt(before, 0);
	ck_assert_int_ge(deadline, before + 1000);
	ck_assert_int_le(deadline, after + 1001);
	ck_assert_int_eq(sock_after(LIBSOCK_FOREVER), LIBSOCK_FOREVER);
	ck_assert_int_eq(sock_after(LIBSOCK_FOREVER - 1), LIBSOCK_FOREVER);
	ck_assert_int_lt(sock_after(LIBSOCK_FOREVER / 2), LIBSOCK_FOREVER);
	ck_assert_int_le(sock_after(0), sock_now());
	ck_assert_int_gt(sock_after(0), 0);
	ck_assert_int_le(sock_after(INT64_MIN), sock_now());
	ck_assert_int_gt(sock_after(INT64_MIN), 0);
}
END_TEST

START_TEST(the_clock_never_goes_back)
{
	int64_t last = sock_now();

	for (int i = 0; i < 100000; i++) {
		int64_t now = sock_now();

		ck_assert_int_ge(now, last);
		last = now;
	}
}
END_TEST

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/*
 * How late `wait` comes back, at the median of several tries, not counting the time in which this thread could have run
 * and others did: the machine may be busy. Never early.
 */
static void expect_on_time(ptrdiff_t (*wait)(struct sock s, int64_t deadline), struct sock s, int ms)
{
	int64_t late[9];

	for (int i = 0; i < 9; i++) {
		int64_t start, held;
		ptrdiff_t n;

		do { /* a queue that was full may have found a little more room */
			held = native_held_up();
			start = sock_now();
		} while ((n = wait(s, sock_after(ms))) > 0);
		expect(n, LIBSOCK_ETIMEDOUT);
		late[i] = sock_now() - start - ms;
		ck_assert_int_ge(late[i], 0);
		late[i] -= native_held_up() - held;
	}
	qsort(late, 9, sizeof late[0], compare);
	ck_assert_int_le(late[4], 10);
}

static ptrdiff_t receive(struct sock s, int64_t deadline)
{
	char data[8];

	return sock_recv(s, data, sizeof data, deadline);
}

static ptrdiff_t receive_from(struct sock s, int64_t deadline)
{
	char data[8];
	struct sock_addr from;

	return sock_recvfrom(s, data, sizeof data, &from, deadline);
}

static ptrdiff_t accept_one(struct sock s, int64_t deadline)
{
	struct sock conn;

	return sock_accept(s, &conn, NULL, deadline);
}

static ptrdiff_t send_some(struct sock s, int64_t deadline)
{
	static const char data[4096];

	return sock_send(s, data, sizeof data, deadline);
}

static ptrdiff_t receive_vector(struct sock s, int64_t deadline)
{
	char data[8];
	const struct sock_buffer rooms[] = {{data, 4}, {data + 4, 4}};

	return sock_recvv(s, rooms, 2, deadline);
}

static ptrdiff_t receive_all(struct sock s, int64_t deadline)
{
	char data[8];

	return sock_recv_exact(s, data, sizeof data, NULL, deadline);
}

static ptrdiff_t receive_line(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[8], *line;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return sock_reader_line(&reader, &line, deadline);
}

static ptrdiff_t receive_packet(struct sock s, int64_t deadline)
{
	struct sock_packet packet;
	char data[8];

	return sock_recv_packet(s, data, sizeof data, &packet, deadline);
}

static ptrdiff_t connected(struct sock s, int64_t deadline)
{
	return sock_connect_result(s, deadline);
}

static ptrdiff_t send_vector(struct sock s, int64_t deadline)
{
	static const char data[4096];
	const struct sock_const_buffer parts[] = {{data, 2048}, {data + 2048, 2048}};

	return sock_sendv(s, parts, 2, deadline);
}

START_TEST(every_call_that_waits_for_data_gives_up_on_time)
{
	static ptrdiff_t (*const of_streams[])(struct sock s, int64_t deadline) = {
		receive, receive_vector, receive_all, receive_line, wait_for_one, wait_by_poller,
	};
	static ptrdiff_t (*const of_datagrams[])(struct sock s, int64_t deadline) = {
		receive, receive_from, receive_vector, receive_packet, wait_for_one, wait_by_poller,
	};
	struct sock_addr addr;
	struct sock a, b, d = datagram(LIBSOCK_AF_INET6, &addr);

	connected_pair(LIBSOCK_AF_INET6, &a, &b);
	for (size_t i = 0; i < sizeof of_streams / sizeof of_streams[0]; i++)
		expect_on_time(of_streams[i], a, 15);
	for (size_t i = 0; i < sizeof of_datagrams / sizeof of_datagrams[0]; i++)
		expect_on_time(of_datagrams[i], d, 15);
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);
}
END_TEST

START_TEST(microseconds_are_the_same_clock_seen_closer)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	int64_t last = sock_stopwatch_us(), least = INT64_MAX, before, begin, took;

	ck_assert_int_gt(last, 0);
	for (int i = 0; i < 100000; i++) {
		int64_t now = sock_stopwatch_us();

		ck_assert_int_ge(now, last);
		if (now > last && now - last < least)
			least = now - last;
		last = now;
	}
	ck_assert_int_lt(least, 1000);

	before = sock_now();
	begin = sock_stopwatch_us();
	expect(receive(s, sock_after(30)), LIBSOCK_ETIMEDOUT);
	took = sock_stopwatch_us() - begin;
	ck_assert_int_ge(took, 30000);
	ck_assert_int_le(took / 1000, sock_now() - before); /* which began earlier and ends later */
	sock_close(&s);
}
END_TEST

/* By a clock of this test's own. */
START_TEST(the_clock_counts_milliseconds)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	int good = 0;

	for (int i = 0; i < 5 && !good; i++) { /* one try may be held up between the two clocks */
		int64_t begin = native_nanoseconds(), from = sock_now(), took, ms;

		expect(receive(s, sock_after(100)), LIBSOCK_ETIMEDOUT);
		took = sock_now() - from;
		ms = (native_nanoseconds() - begin) / 1000000;
		ck_assert_int_ge(took, 100);
		good = ms >= took - 20 && ms <= took + 20;
	}
	ck_assert(good);
	sock_close(&s);
}
END_TEST

/* In full, by a clock that is finer than the deadline's. */
START_TEST(a_deadline_is_not_a_fraction_of_a_millisecond_early)
{
	int early = 0;

	for (int i = 0; i < 50; i++) {
		int64_t begin = native_nanoseconds(), deadline = sock_after(1);

		while (sock_now() < deadline)
			;
		early += native_nanoseconds() - begin < 1000000;
	}
	ck_assert_int_eq(early, 0);
}
END_TEST

START_TEST(recv_gives_up_on_time)
{
	struct sock a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect_on_time(receive, a, 1);
	expect_on_time(receive, a, 30);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(recvfrom_gives_up_on_time)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);

	expect_on_time(receive_from, s, 30);
	sock_close(&s);
}
END_TEST

START_TEST(accept_gives_up_on_time)
{
	struct sock_addr addr;
	struct sock s = listener(LIBSOCK_AF_INET, 1, &addr);

	expect_on_time(accept_one, s, 30);
	sock_close(&s);
}
END_TEST

START_TEST(send_gives_up_on_time_when_the_peer_does_not_read)
{
	struct sock a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (send_some(a, sock_after(50)) > 0)
		;
	expect_on_time(send_some, a, 30);
	expect_on_time(send_vector, a, 30);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

/* With a socket of its own each time, to the port that is passed as its type. */
static ptrdiff_t connect_another(struct sock s, int64_t deadline)
{
	const struct sock_addr addr = loopback(LIBSOCK_AF_INET, (uint16_t)s.fd);
	int err;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	err = sock_connect(s, &addr, deadline);
	sock_close(&s);
	return err;
}

/*
 * A listener whose queue is full leaves new connections without an answer. How many fit is the OS's secret (Linux: the
 * backlog and one more), so connect until one is left hanging.
 */
START_TEST(connect_gives_up_on_time_when_nobody_answers)
{
	enum { MOST = 64 };
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s[MOST] = {{0}};
	int64_t start = 0;
	int err = 0, count = 0;

	while (err == 0 && count < MOST) {
		expect(sock_open(&s[count], LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		start = sock_now();
		err = sock_connect(s[count++], &addr, sock_after(150));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now() - start, 150);
	expect_ended(start);
	expect_on_time(connected, s[count - 1], 30);
	expect_on_time(connect_another, (struct sock){.fd = addr.port}, 30);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
}
END_TEST

START_TEST(a_passed_deadline_still_tries_once)
{
	struct sock a, b;
	char data[8];
	const int64_t passed[] = {-1, INT64_MIN, (int64_t)1 << 40, sock_after(0)};

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
		expect(sock_recv(a, data, sizeof data, passed[i]), LIBSOCK_ETIMEDOUT);
		expect(sock_send(b, "x", 1, passed[i]), 1);
		expect(sock_recv(a, data, 1, soon()), 1);
		expect(sock_send(b, "yz", 2, soon()), 2);
		expect(sock_recv(a, data, 1, soon()), 1); /* both are here now */
		expect(sock_recv(a, data, sizeof data, passed[i]), 1);
	}
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(nowait_never_waits_and_says_eagain)
{
	struct sock_addr addr;
	struct sock u = datagram(LIBSOCK_AF_INET, &addr), l = listener(LIBSOCK_AF_INET, 1, &addr), a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(receive(a, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(receive_from(u, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(accept_one(l, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	while (send_some(a, LIBSOCK_NOWAIT) > 0)
		;
	expect(send_some(a, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(send_vector(a, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(send_some(a, -1), LIBSOCK_ETIMEDOUT);
	sock_close(&a);
	sock_close(&b);
	sock_close(&l);
	sock_close(&u);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{after_is_ahead_of_now_and_saturates},
		{the_clock_never_goes_back},
		{a_deadline_is_not_a_fraction_of_a_millisecond_early},
		{the_clock_counts_milliseconds},
		{microseconds_are_the_same_clock_seen_closer},
		{every_call_that_waits_for_data_gives_up_on_time},
		{recv_gives_up_on_time},
		{recvfrom_gives_up_on_time},
		{accept_gives_up_on_time},
		{send_gives_up_on_time_when_the_peer_does_not_read},
		{connect_gives_up_on_time_when_nobody_answers},
		{a_passed_deadline_still_tries_once},
		{nowait_never_waits_and_says_eagain},
		{0},
	};

	return testing_main("deadline", tests);
}
