/* SPDX-License-Identifier: MIT */

/* Attempts to connect: under way, given up, made twice; and what is no attempt. Nobody answers from a full queue. */

#include "testing.h"

#include <string.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

enum { MOST = 64 };

/* A listener whose queue is full, and, the last one, a socket whose attempt to connect to it hangs. */
struct queue {
	struct sock l, s[MOST];
	struct sock_addr addr;
	int count;
};

static struct sock *fill(struct queue *queue, int family, int64_t wait)
{
	int err = 0;

	memset(queue, 0, sizeof *queue);
	queue->l = listener(family, 1, &queue->addr);
	while (err == 0 && queue->count < MOST) {
		struct sock *s = &queue->s[queue->count++];

		expect(sock_open(s, family, LIBSOCK_STREAM), 0);
		err = sock_connect(*s, &queue->addr, sock_after(wait));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	return &queue->s[queue->count - 1];
}

static void empty(struct queue *queue)
{
	for (int i = 0; i < queue->count; i++)
		sock_close(&queue->s[i]);
	sock_close(&queue->l);
}

START_TEST(an_attempt_outlives_its_deadline)
{
	for (int f = 0; f < 2; f++) {
		struct queue queue;
		struct sock *s = fill(&queue, families[f], 100), conn;
		struct sock_addr peer;

		expect(sock_connect(*s, &queue.addr, soon()), LIBSOCK_EALREADY);
		expect(sock_connect(*s, &queue.addr, LIBSOCK_NOWAIT), LIBSOCK_EALREADY);
		expect(sock_connect_result(*s, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_connect_result(*s, -1), LIBSOCK_ETIMEDOUT);
		expect(sock_connect_result(*s, sock_after(20)), LIBSOCK_ETIMEDOUT);
		expect(sock_peer_addr(*s, &peer), LIBSOCK_ENOTCONN);
		for (int i = 0; i < queue.count - 1; i++) { /* there is room now */
			expect(sock_accept(queue.l, &conn, NULL, soon()), 0);
			sock_close(&conn);
		}
		expect(sock_connect_result(*s, soon()), 0);
		expect(sock_connect_result(*s, LIBSOCK_NOWAIT), 0);
		expect(sock_peer_addr(*s, &peer), 0);
		ck_assert(sock_addr_equal(&peer, &queue.addr));
		empty(&queue);
	}
}
END_TEST

/* Whomever else it is asked to connect to, and however long it may wait: with room in the queue a wait would end well. */
START_TEST(what_is_connecting_or_connected_is_not_connected_again)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};

	for (int i = 0; i < 2 * 4; i++) {
		struct queue queue;
		struct sock *s = fill(&queue, families[i / 4], 100), conn, holder;
		struct sock_addr other = unused_port(families[i / 4], LIBSOCK_STREAM, &holder), peer;

		for (int k = 0; k < queue.count - 1; k++) {
			expect(sock_accept(queue.l, &conn, NULL, soon()), 0);
			sock_close(&conn);
		}
		expect(sock_connect(*s, &other, deadlines[i % 4]), LIBSOCK_EALREADY);
		expect(sock_wait(&(struct sock_wait_item){.s = *s, .interest = LIBSOCK_WRITABLE}, 1, soon()), 1);
		expect(sock_connect(*s, &other, deadlines[i % 4]), LIBSOCK_EISCONN);
		expect(sock_connect_result(*s, soon()), 0);
		expect(sock_connect(*s, &queue.addr, deadlines[i % 4]), LIBSOCK_EISCONN);
		expect(sock_peer_addr(*s, &peer), 0);
		ck_assert(sock_addr_equal(&peer, &queue.addr));
		sock_close(&holder);
		empty(&queue);
	}
}
END_TEST

START_TEST(what_does_not_listen_accepts_nothing)
{
	static const char data[65536];

	for (int f = 0; f < 2; f++) {
		const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};
		struct queue queue;
		struct sock *connecting = fill(&queue, families[f], 100), *full = &queue.s[0], fresh, conn;
		int64_t begun = sock_now();

		expect(sock_open(&fresh, families[f], LIBSOCK_STREAM), 0);
		while (sock_send(*full, data, sizeof data, LIBSOCK_NOWAIT) > 0)
			;
		for (int d = 0; d < 4; d++) {
			expect(sock_accept(*connecting, &conn, NULL, deadlines[d]), LIBSOCK_EINVAL);
			expect(sock_accept(*full, &conn, NULL, deadlines[d]), LIBSOCK_EINVAL);
			expect(sock_accept(fresh, &conn, NULL, deadlines[d]), LIBSOCK_EINVAL);
			ck_assert_int_eq(conn.family, 0);
		}
		expect_ended(begun);
		sock_close(&fresh);
		empty(&queue);
	}
}
END_TEST

START_TEST(what_is_no_attempt_has_no_outcome)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon()};

	for (int f = 0; f < 2; f++)
		for (int d = 0; d < 3; d++) {
			struct sock_addr addr;
			struct sock fresh, l = listener(families[f], 1, &addr);

			if (!native_is_wine()) { /* Winsock does not tell these from an attempt under way */
				expect(sock_open(&fresh, families[f], LIBSOCK_STREAM), 0);
				expect(sock_connect_result(fresh, deadlines[d]), LIBSOCK_ENOTCONN);
				expect(sock_bind(fresh, &(struct sock_addr){"", 0}), 0);
				expect(sock_connect_result(fresh, deadlines[d]), LIBSOCK_ENOTCONN);
				sock_close(&fresh);
			}
			expect(sock_connect_result(l, deadlines[d]), LIBSOCK_ENOTCONN);
			sock_close(&l);
		}
}
END_TEST

START_TEST(a_refused_attempt_is_told_once_at_any_deadline)
{
	for (int f = 0; f < 2; f++) {
		struct sock s, holder;
		struct sock_addr addr = unused_port(families[f], LIBSOCK_STREAM, &holder);
		int err;

		expect(sock_open(&s, families[f], LIBSOCK_STREAM), 0);
		err = sock_connect(s, &addr, LIBSOCK_NOWAIT);
		ck_assert(err == LIBSOCK_EINPROGRESS || err == LIBSOCK_ECONNREFUSED);
		if (err == LIBSOCK_EINPROGRESS)
			expect(sock_connect_result(s, soon()), LIBSOCK_ECONNREFUSED);
		err = sock_connect_result(s, LIBSOCK_NOWAIT);
		ck_assert_msg(err == LIBSOCK_ENOTCONN || native_is_wine(), "%s", sock_errname(err));
		sock_close(&s);
		sock_close(&holder);
	}
}
END_TEST

/* Every call that needs a connection. The result, an end of file being LIBSOCK_EEOF. */

static int recv_one(struct sock s, int64_t deadline)
{
	char data[4];
	ptrdiff_t n = sock_recv(s, data, sizeof data, deadline);

	return n == 0 ? LIBSOCK_EEOF : (int)n;
}

static int recv_vector(struct sock s, int64_t deadline)
{
	char data[4];
	const struct sock_buffer rooms[] = {{data, 2}, {data + 2, 2}};
	ptrdiff_t n = sock_recvv(s, rooms, 2, deadline);

	return n == 0 ? LIBSOCK_EEOF : (int)n;
}

static int recv_whole(struct sock s, int64_t deadline)
{
	char data[4];

	return sock_recv_exact(s, data, sizeof data, NULL, deadline);
}

static int read_line(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[8], *line;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	return (int)sock_reader_line(&reader, &line, deadline);
}

static int ask_connected(struct sock s, int64_t deadline)
{
	return sock_connect_result(s, deadline);
}

static int ask_peer(struct sock s, int64_t deadline)
{
	struct sock_addr peer;

	(void)deadline;
	return sock_peer_addr(s, &peer);
}

static int shut_down(struct sock s, int64_t deadline)
{
	(void)deadline;
	return sock_shutdown(s, LIBSOCK_SHUT_RDWR);
}

static int send_one(struct sock s, int64_t deadline)
{
	int err = (int)sock_send(s, "x", 1, deadline);

	return err == LIBSOCK_EPIPE ? LIBSOCK_ENOTCONN : err; /* Linux: see sock_send() */
}

static int finish(struct sock s, int64_t deadline)
{
	return sock_close_gracefully(&s, deadline);
}

static int (*const needy[])(struct sock s, int64_t deadline) = {
	recv_one, recv_vector, recv_whole, read_line, ask_connected, ask_peer, shut_down, send_one, finish};
enum { NEEDY = sizeof needy / sizeof needy[0] };

/* A stream that has been refused, and told so, by a connect with each kind of deadline. */
static struct sock refused(int family, int64_t deadline)
{
	struct sock s, holder;
	struct sock_addr addr = unused_port(family, LIBSOCK_STREAM, &holder);
	int err;

	expect(sock_open(&s, family, LIBSOCK_STREAM), 0);
	err = sock_connect(s, &addr, deadline);
	if (err == LIBSOCK_EINPROGRESS)
		err = sock_connect_result(s, soon());
	expect(err, LIBSOCK_ECONNREFUSED);
	sock_close(&holder);
	return s;
}

START_TEST(what_was_refused_has_never_been_a_connection)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, soon(), LIBSOCK_FOREVER};

	for (int i = 0; i < 2 * 3 * 2 * NEEDY; i++) {
		const int way = i % NEEDY, again = i / NEEDY % 2;
		struct sock s = refused(families[i / NEEDY / 6], deadlines[i / NEEDY / 2 % 3]);
		int err;

		if (needy[way] == ask_connected && native_is_wine()) /* see what_is_no_attempt_has_no_outcome */
			err = LIBSOCK_ENOTCONN;
		else
			err = needy[way](s, again ? -1 : soon());
		if (needy[way] == send_one && native_is_wine() && err == LIBSOCK_ECONNRESET) /* as misuse has it, too */
			err = LIBSOCK_ENOTCONN;
		ck_assert_msg(err == LIBSOCK_ENOTCONN, "call %d: %s", way, sock_errname(err));
		if (needy[way] != finish)
			expect(sock_close_gracefully(&s, soon()), LIBSOCK_ENOTCONN);
	}
}
END_TEST

/* A connection cannot listen, and a listener cannot be bound again. */
START_TEST(a_connection_is_no_listener)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b, conn;
		struct sock_addr any = loopback(families[f], 0);

		connected_pair(families[f], &a, &b);
		expect(sock_listen(a, 1), LIBSOCK_EINVAL);
		expect(sock_listen(b, 0), LIBSOCK_EINVAL);
		expect(sock_bind(a, &any), LIBSOCK_EINVAL);
		expect(sock_accept(a, &conn, NULL, soon()), LIBSOCK_EINVAL);
		ck_assert_int_eq(conn.family, 0);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

/* Two streams may be bound to one address where the system lets them; one of them may listen. */
START_TEST(one_listener_has_the_address)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr = loopback(families[f], 0);
		struct sock first, second;
		int err;

		expect(sock_open(&first, families[f], LIBSOCK_STREAM), 0);
		expect(sock_open(&second, families[f], LIBSOCK_STREAM), 0);
		expect(sock_bind(first, &addr), 0);
		expect(sock_local_addr(first, &addr), 0);
		err = sock_bind(second, &addr);
		expect(sock_listen(first, 1), 0);
		expect(err < 0 ? err : sock_listen(second, 1), LIBSOCK_EADDRINUSE);
		sock_close(&first);
		sock_close(&second);
	}
}
END_TEST

START_TEST(a_datagram_socket_that_is_connected_later_tells_strangers_apart)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr a_addr, b_addr, c_addr, from;
		struct sock a = datagram(families[f], &a_addr), b = datagram(families[f], &b_addr), c = datagram(families[f], &c_addr);
		char data[8];
		ptrdiff_t n;

		expect(sock_sendto(c, "before", 6, &a_addr, soon()), 6);
		expect(sock_wait(&(struct sock_wait_item){.s = a, .interest = LIBSOCK_READABLE}, 1, soon()), 1);
		expect(sock_connect(a, &b_addr, soon()), 0);
		expect(sock_sendto(b, "peer", 4, &a_addr, soon()), 4);
		do {
			n = sock_recvfrom(a, data, sizeof data, &from, soon());
			ck_assert(sock_addr_equal(&from, n == 4 ? &b_addr : &c_addr));
		} while (n == 6);
		expect(n, 4);
		sock_close(&a);
		sock_close(&b);
		sock_close(&c);
	}
}
END_TEST

START_TEST(an_empty_datagram_goes_to_the_peer_too)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock a = datagram(families[f], &addr), b;
		static char long_one[70000];
		char data[4];

		expect(sock_open(&b, families[f], LIBSOCK_DGRAM), 0);
		expect(sock_connect(b, &addr, soon()), 0);
		expect(sock_send(b, NULL, 0, soon()), 0);
		expect(sock_recv(a, data, sizeof data, soon()), 0);
		expect(sock_send(b, long_one, sizeof long_one, soon()), LIBSOCK_EMSGSIZE);
		expect(sock_send(b, "x", 1, soon()), 1); /* nothing of the long one is on its way */
		expect(sock_recv(a, data, sizeof data, soon()), 1);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

/* With what has been received on it read, or else it is a reset: see sock_close_gracefully(). */
START_TEST(closing_delivers_what_was_sent)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		static char data[65536];
		size_t sent = 0, got = 0;
		ptrdiff_t n;

		connected_pair(families[f], &a, &b);
		while ((n = sock_send(a, data, sizeof data, LIBSOCK_NOWAIT)) > 0)
			sent += (size_t)n;
		ck_assert_uint_gt(sent, sizeof data);
		expect(sock_close(&a), 0);
		while ((n = sock_recv(b, data, sizeof data, soon())) > 0)
			got += (size_t)n;
		expect(n, 0);
		ck_assert_uint_eq(got, sent);
		sock_close(&b);
	}
}
END_TEST

START_TEST(a_stream_receives_nothing_past_the_room)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		char data[8];

		connected_pair(families[f], &a, &b);
		expect(sock_send(a, "0123456789", 10, soon()), 10);
		memset(data, '#', sizeof data);
		expect(sock_recv(b, data, 4, soon()), 4);
		ck_assert_mem_eq(data, "0123####", 8);
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{an_attempt_outlives_its_deadline},
		{what_is_connecting_or_connected_is_not_connected_again},
		{what_does_not_listen_accepts_nothing},
		{what_is_no_attempt_has_no_outcome},
		{a_refused_attempt_is_told_once_at_any_deadline},
		{what_was_refused_has_never_been_a_connection},
		{a_connection_is_no_listener},
		{one_listener_has_the_address},
		{a_datagram_socket_that_is_connected_later_tells_strangers_apart},
		{an_empty_datagram_goes_to_the_peer_too},
		{closing_delivers_what_was_sent},
		{a_stream_receives_nothing_past_the_room},
		{0},
	};

	return testing_main("connecting", tests);
}
