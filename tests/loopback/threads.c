/* SPDX-License-Identifier: MIT */

/* What the header lets threads do with one socket at a time: one reads, one writes, several accept, and any ends it. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

enum { MESSAGES = 3000, SIZE = 64 };

struct side {
	struct sock s;
	int failed;
};

static void *write_numbers(void *arg)
{
	struct side *side = arg;
	int message[SIZE / sizeof(int)] = {0};

	for (int i = 0; i < MESSAGES && !side->failed; i++) {
		message[0] = i;
		side->failed = sock_send_all(side->s, message, sizeof message, NULL, soon()) < 0;
	}
	return NULL;
}

static void *read_numbers(void *arg)
{
	struct side *side = arg;
	int message[SIZE / sizeof(int)];

	for (int i = 0; i < MESSAGES && !side->failed; i++)
		side->failed = sock_recv_exact(side->s, message, sizeof message, NULL, soon()) < 0 || message[0] != i;
	return NULL;
}

/* Numbers go both ways, each in a thread of its own at each end; `meanwhile` this one does something with both ends. */
static void exchange_numbers(int family, void (*meanwhile)(struct sock s))
{
	struct side sides[4] = {{{0}, 0}};
	pthread_t threads[4];

	connected_pair(family, &sides[0].s, &sides[2].s);
	sides[1].s = sides[0].s;
	sides[3].s = sides[2].s;
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, i % 2 ? read_numbers : write_numbers, &sides[i]), 0);
	for (int i = 0; meanwhile && i < MESSAGES; i++)
		meanwhile(sides[i % 2 * 2].s);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(sides[i].failed, 0);
	}
	sock_close(&sides[0].s);
	sock_close(&sides[2].s);
}

START_TEST(one_thread_reads_and_one_writes_on_each_end)
{
	for (int f = 0; f < 2; f++)
		exchange_numbers(families[f], NULL);
}
END_TEST

static void ask_and_set(struct sock s)
{
	struct sock_addr addr;
	static unsigned count;
	struct sock_statistics statistics;
	int64_t value = 0;

	ck_assert_int_ge(sock_native(s), 0);
	expect(sock_local_addr(s, &addr), 0);
	expect(sock_peer_addr(s, &addr), 0);
	expect(sock_set(s, LIBSOCK_OPT_NODELAY, 1), 0);
	expect(sock_get(s, LIBSOCK_OPT_NODELAY, &value), 0);
	ck_assert_int_eq(value, 1);
	ck_assert_int_ge(sock_pending(s), 0);
	if (count++ % 16 == 0) /* Wine is slow to find out */
		expect(sock_pending_error(s), 0);
	ck_assert(sock_statistics(s, &statistics) == 0 || native_is_wine());
}

START_TEST(whoever_asks_or_sets_disturbs_neither_reader_nor_writer)
{
	for (int f = 0; f < 2; f++)
		exchange_numbers(families[f], ask_and_set);
}
END_TEST

/* Each takes connections until it is handed one that sends "q", and counts them. */
struct acceptor {
	struct sock l;
	int64_t deadline;
	int count, failed;
};

static void *accept_many(void *arg)
{
	struct acceptor *acceptor = arg;

	for (char data[1] = ""; data[0] != 'q' && !acceptor->failed;) {
		struct sock conn;

		acceptor->failed = sock_accept(acceptor->l, &conn, NULL, acceptor->deadline) < 0 ||
				   sock_recv(conn, data, 1, soon()) != 1;
		acceptor->count += data[0] == 'x';
		sock_close(&conn);
	}
	return NULL;
}

START_TEST(several_threads_accept_each_connection_once)
{
	enum { ACCEPTORS = 4, CLIENTS = 200 };

	for (int i = 0; i < 4; i++) {
		struct sock_addr addr = loopback(families[i / 2], 0);
		struct acceptor acceptors[ACCEPTORS];
		pthread_t threads[ACCEPTORS];
		struct sock l, client;
		int total = 0;

		expect(sock_serve(&l, LIBSOCK_STREAM, &addr, 64), 0);
		expect(sock_local_addr(l, &addr), 0);
		for (int k = 0; k < ACCEPTORS; k++) {
			acceptors[k] = (struct acceptor){.l = l, .deadline = i % 2 ? LIBSOCK_FOREVER : soon()};
			ck_assert_int_eq(pthread_create(&threads[k], NULL, accept_many, &acceptors[k]), 0);
		}
		for (int k = 0; k < CLIENTS + ACCEPTORS; k++) {
			expect(sock_dial(&client, LIBSOCK_STREAM, &addr, soon()), 0);
			expect(sock_send(client, k < CLIENTS ? "x" : "q", 1, soon()), 1);
			sock_close(&client);
		}
		for (int k = 0; k < ACCEPTORS; k++) {
			pthread_join(threads[k], NULL);
			ck_assert_int_eq(acceptors[k].failed, 0);
			total += acceptors[k].count;
		}
		ck_assert_int_eq(total, CLIENTS);
		sock_close(&l);
	}
}
END_TEST

/* Sockets of one's own, addresses, the clock and the texts, from many threads at once. */
static int use_everything(int family)
{
	struct sock_addr addr = loopback(family, 0), local, from;
	struct sock s;
	char text[LIBSOCK_ADDR_SIZE];
	int64_t before = sock_now();
	int good;

	if (sock_open(&s, family, LIBSOCK_DGRAM) < 0)
		return 0;
	good = sock_bind(s, &addr) == 0 && sock_local_addr(s, &local) == 0 && sock_sendto(s, "x", 1, &local, soon()) == 1 &&
	       sock_recvfrom(s, text, sizeof text, &from, soon()) == 1 && sock_addr_equal(&local, &from) &&
	       sock_addr_family(&from) == family && sock_addr_parse(&addr, sock_addr_text(&from, text, sizeof text), -1) == 0 &&
	       sock_addr_equal(&local, &addr) && sock_after(5) >= before + 5 && sock_has(LIBSOCK_HAS_INET6) &&
	       strcmp(sock_errname(LIBSOCK_EPIPE), "EPIPE") == 0 && strlen(sock_strerror(LIBSOCK_EPIPE)) > 5 &&
	       sock_esys_number(LIBSOCK_ESYS - 7) == 7 && sock_version()[0] != '\0' && sock_version_number() > 0 && sock_stopwatch_us() > 0;
	return sock_close(&s) == 0 && good;
}

static void *use_everything_often(void *arg)
{
	struct side *side = arg;

	for (int i = 0; i < 300 && !side->failed; i++)
		side->failed = !use_everything(families[i % 2]);
	return NULL;
}

START_TEST(different_sockets_are_used_from_different_threads_freely)
{
	struct side sides[4] = {{{0}, 0}};
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_everything_often, &sides[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(sides[i].failed, 0);
	}
}
END_TEST

/* What a thread that is held by a full connection returns with. */
struct sender {
	struct sock s;
	int64_t deadline;
	ptrdiff_t result;
};

static void *send_until_it_fails(void *arg)
{
	struct sender *sender = arg;
	static const char data[65536];

	do
		sender->result = sock_send(sender->s, data, sizeof data, sender->deadline);
	while (sender->result > 0);
	return NULL;
}

/* Before or while the other thread waits: both end the same. */
START_TEST(shutdown_wakes_whoever_waits_to_send)
{
	static const int hows[] = {LIBSOCK_SHUT_WR, LIBSOCK_SHUT_RDWR};

	for (int i = 0; i < 8; i++) {
		struct sender sender = {.deadline = i % 2 ? LIBSOCK_FOREVER : soon()};
		static const char data[65536];
		struct sock peer;
		pthread_t thread;

		connected_pair(families[i / 4], &sender.s, &peer);
		while (sock_send(sender.s, data, sizeof data, LIBSOCK_NOWAIT) > 0)
			;
		ck_assert_int_eq(pthread_create(&thread, NULL, send_until_it_fails, &sender), 0);
		expect(sock_shutdown(sender.s, hows[i / 2 % 2]), 0);
		pthread_join(thread, NULL);
		expect(sender.result, LIBSOCK_EPIPE);
		sock_close(&sender.s);
		sock_close(&peer);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{one_thread_reads_and_one_writes_on_each_end},
		{whoever_asks_or_sets_disturbs_neither_reader_nor_writer},
		{several_threads_accept_each_connection_once},
		{different_sockets_are_used_from_different_threads_freely},
		{shutdown_wakes_whoever_waits_to_send},
		{0},
	};

	return testing_main("threads", tests);
}
