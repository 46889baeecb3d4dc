/* SPDX-License-Identifier: MIT */

/* A duration where a deadline belongs: an error of each call that would have to wait, and of no other. */

#include "testing.h"

/* The first and the last number that is no time, and between them what is written by mistake. */
static const int64_t durations[] = {1, 5000, ((int64_t)1 << 40) - 1};
enum { DURATIONS = sizeof durations / sizeof durations[0] };

static ptrdiff_t receive(struct sock s, int64_t deadline)
{
	char data[8];

	return sock_recv(s, data, sizeof data, deadline);
}

static ptrdiff_t receive_from(struct sock s, int64_t deadline)
{
	char data[8];

	return sock_recvfrom(s, data, sizeof data, NULL, deadline);
}

static ptrdiff_t receive_packet(struct sock s, int64_t deadline)
{
	struct sock_packet packet;
	char data[8];

	return sock_recv_packet(s, data, sizeof data, &packet, deadline);
}

static ptrdiff_t receive_vector(struct sock s, int64_t deadline)
{
	char data[8];
	const struct sock_buffer rooms[] = {{data, 4}, {data + 4, 4}};

	return sock_recvv(s, rooms, 2, deadline);
}

static ptrdiff_t receive_exact(struct sock s, int64_t deadline)
{
	char data[8];

	return sock_recv_exact(s, data, sizeof data, NULL, deadline);
}

static ptrdiff_t read_bytes(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[8], data[8];

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return sock_reader_read(&reader, data, sizeof data, deadline);
}

static ptrdiff_t read_line(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[8], *line;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return sock_reader_line(&reader, &line, deadline);
}

static ptrdiff_t read_until(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[8], *record;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return sock_reader_until(&reader, "--", 2, &record, deadline);
}

static ptrdiff_t accept_one(struct sock s, int64_t deadline)
{
	struct sock conn;

	return sock_accept(s, &conn, NULL, deadline);
}

static const char data[65536];

static ptrdiff_t send_some(struct sock s, int64_t deadline)
{
	return sock_send(s, data, sizeof data, deadline);
}

static ptrdiff_t send_vector(struct sock s, int64_t deadline)
{
	const struct sock_const_buffer parts[] = {{data, 2048}, {data + 2048, 2048}};

	return sock_sendv(s, parts, 2, deadline);
}

static ptrdiff_t send_all(struct sock s, int64_t deadline)
{
	return sock_send_all(s, data, sizeof data, NULL, deadline);
}

static ptrdiff_t send_vector_all(struct sock s, int64_t deadline)
{
	const struct sock_const_buffer parts[] = {{data, 2048}, {data + 2048, 2048}};

	return sock_sendv_all(s, parts, 2, NULL, deadline);
}

static ptrdiff_t send_file(struct sock s, int64_t deadline)
{
	FILE *file = fopen("./content", "w+b");
	ptrdiff_t err;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, sizeof data, file), sizeof data);
	ck_assert_int_eq(fflush(file), 0);
	err = sock_sendfile(s, native_file(file), 0, sizeof data, NULL, deadline);
	fclose(file);
	remove("./content");
	return err;
}

static void expect_refused(ptrdiff_t (*const calls[])(struct sock s, int64_t deadline), size_t count, struct sock s)
{
	for (size_t i = 0; i < count; i++)
		for (int d = 0; d < DURATIONS; d++) {
			ptrdiff_t n;

			do /* what was full may have found a little more room */
				n = calls[i](s, durations[d]);
			while (n >= 0);
			ck_assert_msg(n == LIBSOCK_EINVAL, "call %d, %lld: %s", (int)i, (long long)durations[d], sock_errname(n));
		}
}
#define expect_all_refused(calls, s) expect_refused(calls, sizeof(calls) / sizeof(calls)[0], s)

START_TEST(what_would_wait_for_data_is_einval)
{
	static ptrdiff_t (*const of_streams[])(struct sock s, int64_t deadline) = {
		receive, receive_vector, receive_exact, read_bytes, read_line, read_until, wait_for_one, wait_by_poller,
	};
	static ptrdiff_t (*const of_datagrams[])(struct sock s, int64_t deadline) = {
		receive, receive_from, receive_packet, receive_vector, wait_for_one, wait_by_poller,
	};
	static ptrdiff_t (*const of_listeners[])(struct sock s, int64_t deadline) = {accept_one, wait_for_one, wait_by_poller};
	struct sock_addr addr;
	struct sock a, b, d = datagram(LIBSOCK_AF_INET, &addr), l = listener(LIBSOCK_AF_INET, 1, &addr);

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect_all_refused(of_streams, a);
	expect_all_refused(of_datagrams, d);
	expect_all_refused(of_listeners, l);
	for (int i = 0; i < DURATIONS; i++)
		expect(sock_wait(NULL, 0, durations[i]), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);
	sock_close(&l);
}
END_TEST

START_TEST(what_would_wait_for_room_is_einval)
{
	static ptrdiff_t (*const calls[])(struct sock s, int64_t deadline) = {send_some, send_vector, send_all, send_vector_all,
									      send_file};
	struct sock a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (send_some(a, sock_after(50)) > 0)
		;
	expect_all_refused(calls, a);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(what_need_not_wait_does_not_look)
{
	struct sock a, b, conn, client;
	struct sock_addr addr, from;
	struct sock d = datagram(LIBSOCK_AF_INET, &addr);
	char room[8];
	size_t done;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	for (int i = 0; i < DURATIONS; i++) {
		expect(sock_send(a, "1234", 4, durations[i]), 4);
		expect(sock_send_all(a, "5678", 4, NULL, durations[i]), 0);
		expect(sock_recv(b, room, 1, soon()), 1);
		expect(wait_for_one(b, durations[i]), 1);
		expect(sock_recv(b, room, 1, durations[i]), 1);
		expect(sock_recv_exact(b, room, 5, NULL, soon()), 0);
		expect(wait_for_one(b, soon()), 1);
		expect(sock_recv_exact(b, room, 4, &done, durations[i]), LIBSOCK_EINVAL);
		ck_assert_uint_eq(done, 1);
		expect(sock_sendto(d, "x", 1, &addr, durations[i]), 1);
		expect(wait_for_one(d, soon()), 1);
		expect(sock_recvfrom(d, room, sizeof room, &from, durations[i]), 1);
	}
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);

	d = listener(LIBSOCK_AF_INET, 1, &addr);
	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(client, &addr, soon()), 0);
	expect(wait_for_one(d, soon()), 1);
	expect(sock_accept(d, &conn, NULL, durations[0]), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&d);
}
END_TEST

START_TEST(connect_and_dial_begin_nothing)
{
	struct sock_addr addr, name = {"a-name.example", 9};
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s, conn;

	for (int i = 0; i < DURATIONS; i++) {
		struct sock_attempt attempt;
		int count = 1;

		expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		expect(sock_connect(s, &addr, durations[i]), LIBSOCK_EINVAL);
		expect(sock_connect(s, &name, durations[i]), LIBSOCK_EINVAL);
		expect(sock_connect(s, &addr, soon()), 0);
		expect(sock_accept(l, &conn, NULL, soon()), 0);
		sock_close(&conn);
		sock_close(&s);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, durations[i]), LIBSOCK_EINVAL);
		expect(sock_dial(&s, LIBSOCK_STREAM, &name, durations[i]), LIBSOCK_EINVAL);
		expect(sock_dial(&s, LIBSOCK_DGRAM, &addr, durations[i]), LIBSOCK_EINVAL);
		expect(sock_dial(&s, LIBSOCK_STREAM, &(struct sock_addr){"./nobody", 0}, durations[i]), LIBSOCK_EINVAL);
		expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, &attempt, 1, &count, durations[i]), LIBSOCK_EINVAL);
		ck_assert_int_eq(count, 0);
		expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&l);
}
END_TEST

START_TEST(a_connection_on_its_way_is_not_waited_for)
{
	enum { MOST = 64 };
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s[MOST] = {{0}};
	int err = 0, count = 0;

	while (err == 0 && count < MOST) { /* until the queue is full, and one is left without an answer */
		expect(sock_open(&s[count], LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		err = sock_connect(s[count++], &addr, sock_after(150));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	for (int i = 0; i < DURATIONS; i++)
		expect(sock_connect_result(s[count - 1], durations[i]), LIBSOCK_EINVAL);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
}
END_TEST

START_TEST(no_name_is_looked_up)
{
	struct sock_addr addr, name = {"a-name.example", 9}, out[4];
	struct sock d = datagram(LIBSOCK_AF_INET, &addr);
	struct sock_packet packet = {.peer = name};

	expect(sock_addr_set(&addr, "192.0.2.1", 9), 0);
	for (int i = 0; i < DURATIONS; i++) {
		expect(sock_resolve(&name, LIBSOCK_AF_UNSPEC, out, 4, durations[i]), LIBSOCK_EINVAL);
		expect(sock_reverse(&addr, out, durations[i]), LIBSOCK_EINVAL);
		expect(sock_sendto(d, "x", 1, &name, durations[i]), LIBSOCK_EINVAL);
		expect(sock_send_packet(d, "x", 1, &packet, durations[i]), LIBSOCK_EINVAL);
		expect(sock_connect(d, &name, durations[i]), LIBSOCK_EINVAL);
	}
	sock_close(&d);
}
END_TEST

START_TEST(a_reader_goes_on_afterwards)
{
	struct sock_reader reader;
	char buffer[16], room[8], *line;
	struct sock a, b;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_reader_init(&reader, b, buffer, sizeof buffer), 0);
	for (int i = 0; i < DURATIONS; i++) {
		expect(sock_reader_read(&reader, room, sizeof room, durations[i]), LIBSOCK_EINVAL);
		expect(sock_send_all(a, "hel", 3, NULL, soon()), 0);
		while (reader.end - reader.begin < 3)
			expect(sock_reader_line(&reader, &line, sock_after(10)), LIBSOCK_ETIMEDOUT);
		expect(sock_reader_line(&reader, &line, durations[i]), LIBSOCK_EINVAL);
		expect(sock_send_all(a, "lo\n", 3, NULL, soon()), 0);
		expect(sock_reader_line(&reader, &line, soon()), 5);
		ck_assert_str_eq(line, "hello");
	}
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(what_closes_has_closed)
{
	for (int i = 0; i < DURATIONS; i++) {
		struct sock a, b;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		expect(sock_close_gracefully(&a, durations[i]), LIBSOCK_EINVAL);
		ck_assert_int_eq(a.family, 0);
		expect(receive(b, soon()), 0);
		sock_close(&b);
	}
}
END_TEST

START_TEST(a_socket_is_not_waited_for_in_a_channel)
{
	struct sock channel[2], s;

	if (!sock_has(LIBSOCK_HAS_SEND_SOCKET))
		return;
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	for (int i = 0; i < DURATIONS; i++)
		expect(sock_recv_socket(channel[1], &s, durations[i]), LIBSOCK_EINVAL);
	while (send_some(channel[0], LIBSOCK_NOWAIT) > 0)
		;
	for (int i = 0; i < DURATIONS; i++)
		expect(sock_send_socket(channel[0], channel[1], durations[i]), LIBSOCK_EINVAL);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(every_real_deadline_is_a_time)
{
	ck_assert_int_ge(sock_now(), (int64_t)1 << 40);
	ck_assert_int_ge(sock_after(INT64_MIN), (int64_t)1 << 40);
	ck_assert_int_ge(sock_after(0), (int64_t)1 << 40);
	expect(sock_wait(NULL, 0, (int64_t)1 << 40), LIBSOCK_ETIMEDOUT);
	for (int64_t ms = LIBSOCK_FOREVER - sock_now() - 10000; ms < LIBSOCK_FOREVER - sock_now() + 10; ms++)
		ck_assert_int_ne(sock_after(ms), LIBSOCK_FOREVER - 1); /* kept free */
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_would_wait_for_data_is_einval},
		{what_would_wait_for_room_is_einval},
		{what_need_not_wait_does_not_look},
		{connect_and_dial_begin_nothing},
		{a_connection_on_its_way_is_not_waited_for},
		{no_name_is_looked_up},
		{a_reader_goes_on_afterwards},
		{what_closes_has_closed},
		{a_socket_is_not_waited_for_in_a_channel},
		{every_real_deadline_is_a_time},
		{0},
	};

	return testing_main("duration", tests);
}
