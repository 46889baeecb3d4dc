/* SPDX-License-Identifier: MIT */

/* Whole messages, vectors, and an orderly end. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

enum { BIG = 8000000 };

static unsigned char big[BIG];

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + i / 251);
}

static void fill_big(void)
{
	for (size_t i = 0; i < BIG; i++)
		big[i] = pattern(i);
}

/* The other end, in a thread of its own. */
struct reader {
	struct sock s;
	size_t step;  /* how much it reads at a time */
	size_t limit; /* after so many bytes it resets the connection; 0: it reads to the end */
	size_t got, wrong;
	ptrdiff_t last;
};

static void *read_in_steps(void *arg)
{
	struct reader *reader = arg;
	unsigned char data[1000];

	for (;;) {
		reader->last = sock_recv(reader->s, data, reader->step, soon());
		if (reader->last <= 0)
			return NULL;
		for (ptrdiff_t i = 0; i < reader->last; i++)
			reader->wrong += data[i] != pattern(reader->got++);
		if (reader->limit > 0 && reader->got >= reader->limit) {
			reset(&reader->s);
			return NULL;
		}
	}
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, run, arg), 0);
	return thread;
}

/* How many bytes there are until the end of file, which the other end has sent. */
static size_t count_rest(struct sock s)
{
	static char data[65536];
	size_t got = 0;
	ptrdiff_t n;

	while ((n = sock_recv(s, data, sizeof data, soon())) > 0)
		got += (size_t)n;
	expect(n, 0);
	return got;
}

START_TEST(send_all_sends_everything_to_a_slow_reader)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};

	fill_big();
	for (int d = 0; d < 2; d++) {
		struct sock a, b;
		size_t done = 1;

		connected_pair(LIBSOCK_AF_INET, &a, &b);

		struct reader reader = {.s = b, .step = 997};
		pthread_t thread = start(read_in_steps, &reader);

		expect(sock_send_all(a, big, BIG, &done, deadlines[d]), 0);
		ck_assert_uint_eq(done, BIG);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		pthread_join(thread, NULL);
		ck_assert_uint_eq(reader.got, BIG);
		ck_assert_uint_eq(reader.wrong, 0);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(send_all_without_a_reader_tells_the_exact_count)
{
	const int64_t ends[] = {LIBSOCK_NOWAIT, 0, -1};
	const int codes[] = {LIBSOCK_EAGAIN, LIBSOCK_ETIMEDOUT, LIBSOCK_ETIMEDOUT};

	for (int i = 0; i < 3; i++) {
		struct sock a, b;
		size_t done = 0, all = 0;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		do { /* loopback takes a while to be full */
			expect(sock_send_all(a, big, BIG, &done, i == 1 ? sock_after(50) : ends[i]), codes[i]);
			ck_assert_uint_lt(done, BIG);
			all += done;
		} while (done > 0);
		ck_assert_uint_gt(all, 0);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		ck_assert_uint_eq(count_rest(b), all);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

START_TEST(without_waiting_at_either_end_every_byte_arrives_once)
{
	static unsigned char data[BIG];
	size_t sent = 0, got = 0, done;
	struct sock a, b;

	fill_big();
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (got < BIG) {
		struct sock_wait_item item = {.s = b, .interest = LIBSOCK_READABLE};
		int err = sock_send_all(a, big + sent, BIG - sent, &done, LIBSOCK_NOWAIT);

		sent += done;
		expect(err, sent < BIG ? LIBSOCK_EAGAIN : 0);
		expect(sock_wait(&item, 1, soon()), 1);
		err = sock_recv_exact(b, data + got, BIG - got, &done, LIBSOCK_NOWAIT);
		ck_assert_uint_gt(done, 0);
		got += done;
		expect(err, got < BIG ? LIBSOCK_EAGAIN : 0);
	}
	ck_assert_uint_eq(sent, BIG);
	ck_assert(memcmp(data, big, BIG) == 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(send_all_tells_how_much_went_before_a_reset)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};

	fill_big();
	for (int d = 0; d < 2; d++) {
		struct sock a, b;
		size_t done, all = 0;
		int err;

		connected_pair(LIBSOCK_AF_INET, &a, &b);

		struct reader reader = {.s = b, .step = 1000, .limit = 100000};
		pthread_t thread = start(read_in_steps, &reader);

		do {
			err = sock_send_all(a, big, BIG, &done, deadlines[d]);
			all += done;
		} while (err == 0);
		pthread_join(thread, NULL);
		ck_assert_msg(err == LIBSOCK_ECONNRESET || err == LIBSOCK_EPIPE, "%s", sock_errname(err));
		ck_assert_uint_ge(all, reader.got);
		ck_assert_uint_lt(done, BIG);
		sock_close(&a);
	}
}
END_TEST

START_TEST(recv_all_waits_for_the_last_byte)
{
	struct sock a, b;
	char data[10];
	size_t done;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(a, "01234", 5, NULL, soon()), 0);
	expect(sock_recv_exact(b, data, 10, &done, sock_after(30)), LIBSOCK_ETIMEDOUT);
	ck_assert_uint_eq(done, 5);
	expect(sock_send_all(a, "56789", 5, NULL, soon()), 0);
	expect(sock_recv_exact(b, data + 5, 5, &done, soon()), 0);
	ck_assert_uint_eq(done, 5);
	ck_assert_mem_eq(data, "0123456789", 10);
	expect(sock_recv_exact(b, data, 10, &done, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	ck_assert_uint_eq(done, 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(recv_all_gathers_what_comes_in_pieces)
{
	struct sock a, b;
	static unsigned char data[BIG];

	fill_big();
	connected_pair(LIBSOCK_AF_INET6, &a, &b);

	struct reader reader = {.s = b, .step = 3};
	pthread_t thread = start(read_in_steps, &reader);

	for (size_t i = 0; i < 3000; i += 5)
		expect(sock_send_all(a, big + i, 5, NULL, soon()), 0);
	expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(reader.got, 3000);

	struct reader back = {.s = a, .step = 1000};

	thread = start(read_in_steps, &back);
	expect(sock_send_all(b, big, BIG, NULL, soon()), 0);
	expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(back.got, BIG);
	ck_assert_uint_eq(back.wrong, 0);
	expect(sock_recv_exact(a, data, 1, NULL, soon()), LIBSOCK_EEOF);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(recv_all_tells_an_early_end_from_a_whole_message)
{
	struct sock a, b;
	char data[8];
	size_t done = 9;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(a, "abcdefg", 7, NULL, soon()), 0);
	expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
	expect(sock_recv_exact(b, data, 4, &done, soon()), 0);
	ck_assert_uint_eq(done, 4);
	expect(sock_recv_exact(b, data, 4, &done, soon()), LIBSOCK_EEOF);
	ck_assert_uint_eq(done, 3);
	ck_assert_mem_eq(data, "efg", 3);
	expect(sock_recv_exact(b, data, 4, &done, soon()), LIBSOCK_EEOF);
	ck_assert_uint_eq(done, 0);
	expect(sock_recv_exact(b, NULL, 0, &done, soon()), 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(recv_all_gives_what_came_before_a_reset)
{
	struct sock a, b;
	char data[20];
	size_t done;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(b, "0123456789", 10, NULL, soon()), 0);
	expect(sock_recv_exact(a, data, 1, NULL, soon()), 0); /* it has arrived */
	reset(&b);
	expect(sock_recv_exact(a, data, 20, &done, soon()), LIBSOCK_ECONNRESET);
	ck_assert(done == 9 || (native_is_windows() && done == 0));
	ck_assert_mem_eq(data, "123456789", done);
	sock_close(&a);
}
END_TEST

static void *send_without_end(void *arg)
{
	static const char data[65536];

	while (sock_send(*(struct sock *)arg, data, sizeof data, soon()) > 0)
		;
	return NULL;
}

START_TEST(a_peer_that_never_pauses_does_not_outlast_the_deadline)
{
	static char room[100000000]; /* takes longer than the deadline, whatever the machine */
	struct sock a, b;
	size_t done;
	int64_t begun;

	connected_pair(LIBSOCK_AF_INET, &a, &b);

	pthread_t thread = start(send_without_end, &b);

	expect(sock_recv_exact(a, room, BIG, NULL, soon()), 0); /* it is under way */
	begun = sock_now();
	expect(sock_recv_exact(a, room, sizeof room, &done, sock_after(2)), LIBSOCK_ETIMEDOUT);
	expect_ended(begun);
	ck_assert_uint_gt(done, 0);
	begun = sock_now();
	expect(sock_close_gracefully(&a, sock_after(100)), LIBSOCK_ETIMEDOUT);
	expect_ended(begun);
	pthread_join(thread, NULL);
	sock_close(&b);
}
END_TEST

START_TEST(whole_message_calls_refuse_what_they_cannot_take)
{
	struct sock_addr addr;
	struct sock a, b, d = datagram(LIBSOCK_AF_INET, &addr), none = {0};
	char data[1];
	size_t done = 7;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(none, "x", 1, &done, soon()), LIBSOCK_EBADF);
	ck_assert_uint_eq(done, 0);
	expect(sock_recv_exact(none, data, 1, NULL, soon()), LIBSOCK_EBADF);
	expect(sock_sendv_all(none, NULL, 0, NULL, soon()), LIBSOCK_EBADF);
	expect(sock_sendv(none, NULL, 0, soon()), LIBSOCK_EBADF);
	expect(sock_recvv(none, NULL, 0, soon()), LIBSOCK_EBADF);
	expect(sock_send_all(d, "x", 1, NULL, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_recv_exact(d, data, 1, NULL, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_sendv_all(d, NULL, 0, NULL, soon()), LIBSOCK_EPROTOTYPE);
	done = 7;
	expect(sock_send_all(a, NULL, 1, &done, soon()), LIBSOCK_EINVAL);
	ck_assert_uint_eq(done, 0);
	expect(sock_recv_exact(a, NULL, 1, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_send_all(a, NULL, 0, NULL, soon()), 0);
	expect(sock_sendv_all(a, NULL, 0, NULL, soon()), 0);
	expect(sock_sendv_all(a, NULL, 1, NULL, soon()), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);
}
END_TEST

START_TEST(vectors_are_sent_and_received_in_order)
{
	const struct sock_const_buffer parts[] = {{NULL, 0}, {"one", 3}, {"", 0}, {"two", 3}, {"three", 5}, {NULL, 0}};
	char x[2], y[4], z[20];
	const struct sock_buffer rooms[] = {{x, 2}, {NULL, 0}, {y, 4}, {z, 20}};
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon(), LIBSOCK_NOWAIT};

	for (int d = 0; d < 3; d++) {
		struct sock a, b;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		expect(sock_sendv(a, parts, 6, deadlines[d]), 11);
		expect(sock_recv(b, x, 1, soon()), 1); /* it has arrived */
		ck_assert_int_eq(x[0], 'o');
		expect(sock_recvv(b, rooms, 4, deadlines[d]), 10);
		ck_assert_mem_eq(x, "ne", 2);
		ck_assert_mem_eq(y, "twot", 4);
		ck_assert_mem_eq(z, "hree", 4);
		expect(sock_recvv(b, rooms, 4, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_recvv(b, rooms, 4, sock_after(20)), LIBSOCK_ETIMEDOUT);
		sock_close(&a);
		expect(sock_recvv(b, rooms, 4, soon()), 0);
		sock_close(&b);
	}
}
END_TEST

START_TEST(a_vector_without_bytes_does_nothing_on_a_stream)
{
	const struct sock_const_buffer empty[] = {{NULL, 0}, {"x", 0}};
	const struct sock_buffer no_room[] = {{NULL, 0}};
	struct sock a, b;
	char data[1];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendv(a, NULL, 0, soon()), 0);
	expect(sock_sendv(a, empty, 2, soon()), 0);
	expect(sock_sendv_all(a, empty, 2, NULL, soon()), 0);
	expect(sock_recv(b, data, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_recvv(b, NULL, 0, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, no_room, 1, soon()), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(vectors_that_no_count_can_tell_are_refused)
{
	char byte = 'x';
	const struct sock_const_buffer parts[] = {{&byte, (size_t)PTRDIFF_MAX}, {&byte, 1}, {&byte, SIZE_MAX}};
	const struct sock_buffer rooms[] = {{&byte, (size_t)PTRDIFF_MAX}, {&byte, 1}, {&byte, SIZE_MAX}};
	const struct sock_const_buffer null = {NULL, 1};
	const struct sock_buffer null_room = {NULL, 1};
	struct sock a, b;
	size_t done;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendv(a, parts, 2, soon()), LIBSOCK_EINVAL);
	expect(sock_sendv(a, parts + 1, 2, soon()), LIBSOCK_EINVAL);
	expect(sock_sendv_all(a, parts, 2, &done, soon()), LIBSOCK_EINVAL);
	expect(sock_sendv(a, parts, -1, soon()), LIBSOCK_EINVAL);
	expect(sock_sendv(a, NULL, 1, soon()), LIBSOCK_EINVAL);
	expect(sock_sendv(a, &null, 1, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, rooms, 2, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, rooms + 1, 2, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, rooms, -1, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, NULL, 1, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, &null_room, 1, soon()), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

enum { MANY = LIBSOCK_BUFFERS_MAX * 3 + 7 };

/* Single bytes, an empty part after each. */
static void make_many(struct sock_const_buffer parts[2 * MANY], struct sock_buffer rooms[2 * MANY], char got[MANY])
{
	fill_big();
	for (int i = 0; i < MANY; i++) {
		parts[2 * i] = (struct sock_const_buffer){big + i, 1};
		parts[2 * i + 1] = (struct sock_const_buffer){NULL, 0};
		rooms[2 * i] = (struct sock_buffer){got + i, 1};
		rooms[2 * i + 1] = (struct sock_buffer){NULL, 0};
	}
}

START_TEST(more_parts_than_the_limit_are_a_short_count_on_a_stream)
{
	struct sock_const_buffer parts[2 * MANY];
	struct sock_buffer rooms[2 * MANY];
	char got[MANY] = {0};
	struct sock a, b;
	size_t done;

	make_many(parts, rooms, got);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendv(a, parts, 2 * MANY, soon()), LIBSOCK_BUFFERS_MAX);
	expect(sock_recv_exact(b, got, LIBSOCK_BUFFERS_MAX, NULL, soon()), 0);
	ck_assert_mem_eq(got, big, LIBSOCK_BUFFERS_MAX);
	expect(sock_sendv_all(a, parts, 2 * MANY, &done, soon()), 0);
	ck_assert_uint_eq(done, MANY);
	expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
	memset(got, 0, sizeof got);
	for (int at = 0; at < MANY;) {
		ptrdiff_t n = sock_recvv(b, rooms + 2 * at, 2 * (MANY - at), soon());

		ck_assert_int_gt(n, 0);
		ck_assert_int_le(n, LIBSOCK_BUFFERS_MAX);
		at += (int)n;
	}
	ck_assert_mem_eq(got, big, MANY);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(a_datagram_of_too_many_parts_is_never_cut)
{
	struct sock_const_buffer parts[2 * MANY];
	struct sock_buffer rooms[2 * MANY];
	char got[MANY] = {0};
	struct sock_addr addr, own;
	struct sock a = datagram(LIBSOCK_AF_INET, &own), b = datagram(LIBSOCK_AF_INET, &addr);

	make_many(parts, rooms, got);
	expect(sock_connect(a, &addr, soon()), 0);
	expect(sock_sendv(a, parts, 2 * LIBSOCK_BUFFERS_MAX + 2, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_sendv(a, parts, 2 * LIBSOCK_BUFFERS_MAX, soon()), LIBSOCK_BUFFERS_MAX);
	expect(sock_recvv(b, rooms, 2 * LIBSOCK_BUFFERS_MAX + 2, soon()), LIBSOCK_EINVAL);
	expect(sock_recvv(b, rooms, 2 * LIBSOCK_BUFFERS_MAX, soon()), LIBSOCK_BUFFERS_MAX);
	ck_assert_mem_eq(got, big, LIBSOCK_BUFFERS_MAX);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(datagrams_keep_their_bounds_in_vectors)
{
	const struct sock_const_buffer parts[] = {{"head", 4}, {"body", 4}};
	char x[3], y[3];
	const struct sock_buffer rooms[] = {{x, 3}, {y, 3}}, enough[] = {{x, 3}, {y, 3}, {big, BIG}};
	struct sock_addr addr, own;
	struct sock a = datagram(LIBSOCK_AF_INET, &own), b = datagram(LIBSOCK_AF_INET, &addr);
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};

	expect(sock_connect(a, &addr, soon()), 0);
	for (int d = 0; d < 2; d++) {
		expect(sock_sendv(a, parts, 2, deadlines[d]), 8);
		expect(sock_sendv(a, NULL, 0, deadlines[d]), 0);
		expect(sock_sendv(a, parts, 2, deadlines[d]), 8);
		expect(sock_sendv(a, parts, 1, deadlines[d]), 4);
		expect(sock_recvv(b, rooms, 2, deadlines[d]), LIBSOCK_EMSGSIZE);
		ck_assert_mem_eq(x, "hea", 3);
		ck_assert_mem_eq(y, "dbo", 3);
		expect(sock_recvv(b, rooms, 2, deadlines[d]), 0);
		expect(sock_recvv(b, enough, 3, deadlines[d]), 8);
		ck_assert_mem_eq(big, "dy", 2);
		expect(sock_recvv(b, NULL, 0, deadlines[d]), LIBSOCK_EMSGSIZE);
		expect(sock_recvv(b, rooms, 2, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	expect(sock_sendv(a, (const struct sock_const_buffer[]){{big, 40000}, {big, 40000}}, 2, soon()), LIBSOCK_EMSGSIZE);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(sendv_all_sends_uneven_parts_to_a_slow_reader)
{
	enum { PERIOD = 251 * 256 }; /* of the pattern */
	static struct sock_const_buffer parts[2000];
	struct sock_const_buffer before[2];
	struct sock a, b;
	size_t at = 0, done;

	fill_big();
	for (size_t i = 0; i < 2000; i++) { /* more in all than the system holds; every other hundred are empty */
		size_t size = i / 100 % 2 ? 0 : i * 7919 % 70001;

		parts[i] = (struct sock_const_buffer){big + at % PERIOD, size};
		at += size;
	}
	memcpy(before, parts, sizeof before);
	connected_pair(LIBSOCK_AF_INET, &a, &b);

	struct reader reader = {.s = b, .step = 1000};
	pthread_t thread = start(read_in_steps, &reader);

	expect(sock_sendv_all(a, parts, 2000, &done, soon()), 0);
	ck_assert_uint_eq(done, at);
	ck_assert_mem_eq(before, parts, sizeof before);
	expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(reader.got, at);
	ck_assert_uint_eq(reader.wrong, 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(sendv_all_without_a_reader_tells_the_exact_count)
{
	const struct sock_const_buffer parts[] = {{big, BIG / 2}, {big, BIG / 2}};
	struct sock a, b;
	size_t done, all = 0;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	do {
		expect(sock_sendv_all(a, parts, 2, &done, sock_after(50)), LIBSOCK_ETIMEDOUT);
		all += done;
	} while (done > 0);
	expect(sock_sendv(a, parts, 2, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_sendv(a, parts, 2, sock_after(20)), LIBSOCK_ETIMEDOUT);
	expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
	expect(sock_sendv(a, parts, 2, soon()), LIBSOCK_EPIPE);
	ck_assert_uint_eq(count_rest(b), all);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(recvv_gives_data_before_a_reset_and_the_reset_after)
{
	char data[8];
	const struct sock_buffer room = {data, sizeof data};
	struct sock a, b;
	ptrdiff_t n;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(b, "data", 4, NULL, soon()), 0);
	expect(sock_recv_exact(a, data, 1, NULL, soon()), 0);
	reset(&b);
	n = sock_recvv(a, &room, 1, soon());
	ck_assert_msg(n == 3 || (native_is_windows() && n == LIBSOCK_ECONNRESET), "%s", sock_errname(n));
	expect(sock_recvv(a, &room, 1, soon()), LIBSOCK_ECONNRESET);
	sock_close(&a);
}
END_TEST

static void *read_to_the_end_and_close(void *arg)
{
	struct reader *reader = arg;

	read_in_steps(reader);
	sock_close(&reader->s);
	return NULL;
}

START_TEST(finish_waits_until_the_peer_has_read_everything)
{
	struct sock a, b;

	fill_big();
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_send_all(b, "never read by the program", 25, NULL, soon()), 0);

	struct reader reader = {.s = b, .step = 1000};
	pthread_t thread = start(read_to_the_end_and_close, &reader);

	expect(sock_send_all(a, big, BIG, NULL, soon()), 0);
	expect(sock_close_gracefully(&a, soon()), 0);
	ck_assert_int_eq(a.family, 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(reader.got, BIG);
	expect(reader.last, 0);
}
END_TEST

START_TEST(finish_closes_whatever_happens)
{
	struct sock_addr addr;
	struct sock a, b, d = datagram(LIBSOCK_AF_INET, &addr), none = {0};
	int err;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_close_gracefully(&a, sock_after(30)), LIBSOCK_ETIMEDOUT);
	ck_assert_int_eq(a.family, 0);
	expect(sock_close_gracefully(&b, soon()), 0); /* the other end has ended already */
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_close_gracefully(&a, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&b);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	reset(&b);
	do /* so that the reset has arrived */
		err = (int)sock_recv(a, big, 1, soon());
	while (err > 0);
	expect(err, LIBSOCK_ECONNRESET);
	err = sock_close_gracefully(&a, soon()); /* in a system's own words, once the reset has been told */
	ck_assert_msg(err == LIBSOCK_ENOTCONN || err == LIBSOCK_ECONNRESET, "%s", sock_errname(err));
	ck_assert_int_eq(a.family, 0);
	expect(sock_close_gracefully(&d, soon()), LIBSOCK_EPROTOTYPE);
	ck_assert_int_eq(d.family, 0);
	expect(sock_close_gracefully(&none, soon()), LIBSOCK_EBADF);
	expect(sock_close_gracefully(NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_open(&a, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_close_gracefully(&a, soon()), LIBSOCK_ENOTCONN);
}
END_TEST

static void *wait_and_reset(void *arg)
{
	struct sock *s = arg;
	char data[1];

	if (sock_recv(*s, data, 1, soon()) == 0) /* the half-close has come */
		reset(s);
	return NULL;
}

START_TEST(finish_tells_of_a_reset_before_it_or_while_it_waits)
{
	struct sock a, b;

	for (size_t unread = 0; unread < 30000; unread = unread * 10 + 1) { /* more than one receive takes, at last */
		connected_pair(LIBSOCK_AF_INET, &a, &b);
		expect(sock_send_all(b, big, unread, NULL, soon()), 0);

		struct sock_wait_item item = {.s = a, .interest = LIBSOCK_WRITABLE};

		reset(&b);
		do
			expect(sock_wait(&item, 1, soon()), 1);
		while (!(item.ready & LIBSOCK_ERROR));
		expect(sock_close_gracefully(&a, soon()), LIBSOCK_ECONNRESET);
	}
	connected_pair(LIBSOCK_AF_INET, &a, &b);

	pthread_t thread = start(wait_and_reset, &b);

	expect(sock_close_gracefully(&a, soon()), LIBSOCK_ECONNRESET);
	pthread_join(thread, NULL);
	ck_assert_int_eq(b.family, 0);
}
END_TEST

/* Row send-on-unconnected-stream of docs/porting.md. */
static void expect_no_peer(ptrdiff_t n)
{
	ck_assert_msg(n == LIBSOCK_EPIPE || n == LIBSOCK_ENOTCONN || (native_is_wine() && n == LIBSOCK_ECONNRESET), "%s",
		      sock_errname(n));
}

START_TEST(a_stream_that_was_never_connected_is_enotconn_in_every_call)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};
	const struct sock_const_buffer part = {"x", 1};
	FILE *file = fopen("./content", "w+b");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputc('x', file), 'x');
	ck_assert_int_eq(fflush(file), 0);
	for (int i = 0; i < 2 * 4; i++) {
		const int64_t deadline = deadlines[i / 2];
		struct sock_reader reader;
		struct sock s;
		char data[4], buffer[8], *line;
		const struct sock_buffer room = {data, sizeof data};
		size_t done = 7;
		uint64_t sent = 7;

		expect(sock_open(&s, i % 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		expect(sock_recv_exact(s, data, sizeof data, &done, deadline), LIBSOCK_ENOTCONN);
		ck_assert_uint_eq(done, 0);
		expect(sock_recv_exact(s, data, sizeof data, NULL, deadline), LIBSOCK_ENOTCONN);
		expect(sock_recvv(s, &room, 1, deadline), LIBSOCK_ENOTCONN);
		expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
		expect(sock_reader_read(&reader, data, 1, deadline), LIBSOCK_ENOTCONN);
		expect(sock_reader_line(&reader, &line, deadline), LIBSOCK_ENOTCONN);
		done = 7;
		expect_no_peer(sock_send_all(s, "x", 1, &done, deadline));
		ck_assert_uint_eq(done, 0);
		expect_no_peer(sock_sendv(s, &part, 1, deadline));
		done = 7;
		expect_no_peer(sock_sendv_all(s, &part, 1, &done, deadline));
		ck_assert_uint_eq(done, 0);
		expect_no_peer(sock_sendfile(s, native_file(file), 0, 1, &sent, deadline));
		ck_assert_uint_eq(sent, 0);
		expect(sock_close_gracefully(&s, deadline), LIBSOCK_ENOTCONN);
		ck_assert_int_eq(s.family, 0);
	}
	fclose(file);
	remove("./content");
}
END_TEST

START_TEST(finish_knows_of_ends_that_have_come_already)
{
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
		struct sock a, b;
		char data[4];

		connected_pair(family, &a, &b);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0); /* one's own alone: the peer's is waited for */
		expect(sock_close_gracefully(&a, sock_after(20)), LIBSOCK_ETIMEDOUT);
		sock_close(&b);
		connected_pair(family, &a, &b);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0); /* the peer's alone */
		expect(sock_close_gracefully(&a, soon()), 0);
		sock_close(&b);
		connected_pair(family, &a, &b);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		expect(sock_recv(b, data, 1, soon()), 0);
		sock_close(&b);
		expect(sock_recv(a, data, 1, soon()), 0); /* both */
		expect(sock_close_gracefully(&a, soon()), native_is_wine() ? 0 : LIBSOCK_ENOTCONN);
	}
}
END_TEST

START_TEST(finish_after_ones_own_end_of_reading_knows_of_the_peers_on_unix_alone)
{
	struct sock pair[2];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);

	const int interest = pair[0].family == LIBSOCK_AF_UNIX ? 0 : LIBSOCK_ENOTCONN;

	expect(sock_shutdown(pair[0], LIBSOCK_SHUT_RD), 0);
	expect(sock_close_gracefully(&pair[0], soon()), interest);
	sock_close(&pair[1]);
}
END_TEST

/* sock_close() alone resets, and what was sent last may be lost; beside it sock_close_gracefully() throws away what was not read. */
START_TEST(closing_with_unread_data_resets_and_finishing_does_not)
{
	for (int i = 0; i < 2 * 2; i++) {
		struct sock a, b;
		char data[4];
		size_t done;

		connected_pair(i % 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, &a, &b);
		expect(sock_send_all(b, "unread", 6, NULL, soon()), 0);
		expect(sock_recv(a, data, 1, soon()), 1); /* it is there */
		if (i < 2) {
			expect(sock_close(&a), 0);
			expect(sock_recv(b, data, 1, soon()), LIBSOCK_ECONNRESET);
		} else {
			expect(sock_send_all(a, "last", 4, NULL, soon()), 0);
			expect(sock_close_gracefully(&a, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			expect(sock_recv_exact(b, data, 4, &done, soon()), 0);
			expect(sock_recv(b, data, 1, soon()), 0);
		}
		sock_close(&b);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{send_all_sends_everything_to_a_slow_reader},
		{send_all_without_a_reader_tells_the_exact_count},
		{without_waiting_at_either_end_every_byte_arrives_once},
		{send_all_tells_how_much_went_before_a_reset},
		{recv_all_waits_for_the_last_byte},
		{recv_all_gathers_what_comes_in_pieces},
		{recv_all_tells_an_early_end_from_a_whole_message},
		{recv_all_gives_what_came_before_a_reset},
		{a_peer_that_never_pauses_does_not_outlast_the_deadline},
		{whole_message_calls_refuse_what_they_cannot_take},
		{vectors_are_sent_and_received_in_order},
		{a_vector_without_bytes_does_nothing_on_a_stream},
		{vectors_that_no_count_can_tell_are_refused},
		{more_parts_than_the_limit_are_a_short_count_on_a_stream},
		{a_datagram_of_too_many_parts_is_never_cut},
		{datagrams_keep_their_bounds_in_vectors},
		{sendv_all_sends_uneven_parts_to_a_slow_reader},
		{sendv_all_without_a_reader_tells_the_exact_count},
		{recvv_gives_data_before_a_reset_and_the_reset_after},
		{finish_waits_until_the_peer_has_read_everything},
		{finish_closes_whatever_happens},
		{finish_tells_of_a_reset_before_it_or_while_it_waits},
		{a_stream_that_was_never_connected_is_enotconn_in_every_call},
		{finish_knows_of_ends_that_have_come_already},
		{finish_after_ones_own_end_of_reading_knows_of_the_peers_on_unix_alone},
		{closing_with_unread_data_resets_and_finishing_does_not},
		{0},
	};

	return testing_main("stream", tests);
}
