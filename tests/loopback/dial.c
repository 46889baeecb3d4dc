/* SPDX-License-Identifier: MIT */

/* sock_dial and sock_serve over the loopback; what needs a network is in tests/network. */

#include "testing.h"

#include <string.h>

static struct sock serve(const char *host, uint16_t port, struct sock_addr *addr)
{
	struct sock s;

	expect(sock_addr_set(addr, host, port), 0);
	expect(sock_serve(&s, LIBSOCK_STREAM, addr, 4), 0);
	expect(sock_local_addr(s, addr), 0);
	return s;
}

/* A port at which nobody listens at ::1, and at which `four` is bound to 127.0.0.1: "localhost" is both. */
static uint16_t localhost_port(struct sock *six, struct sock *four)
{
	struct sock_addr addr;
	int64_t by = soon();
	int err;

	for (;;) {
		addr = unused_port(LIBSOCK_AF_INET6, LIBSOCK_STREAM, six);
		addr = loopback(LIBSOCK_AF_INET, addr.port);
		expect(sock_open(four, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		err = sock_bind(*four, &addr);
		if (err != LIBSOCK_EADDRINUSE || sock_now() >= by)
			break;
		sock_close(six); /* another program has this one of 127.0.0.1's */
		sock_close(four);
	}
	expect(err, 0);
	return addr.port;
}

START_TEST(dial_connects_to_literals_of_both_families)
{
	static const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};

	for (int i = 0; i < 3; i++) {
		struct sock_addr addr, peer;
		struct sock l = serve(hosts[i], 0, &addr), s, conn;

		ck_assert_int_eq(l.family, i == 1 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, i == 0 ? LIBSOCK_FOREVER : soon()), 0);
		ck_assert_int_eq(s.family, l.family);
		ck_assert_int_eq(s.type, LIBSOCK_STREAM);
		expect(sock_peer_addr(s, &peer), 0);
		ck_assert(sock_addr_equal(&peer, &addr));
		expect(sock_accept(l, &conn, NULL, soon()), 0);
		ck_assert(!native_is_inheritable(sock_native(s)));
		expect(sock_send(conn, "x", 1, soon()), 1);
		expect(sock_recv(s, (char[4]){0}, 4, LIBSOCK_FOREVER), 1); /* a socket that can wait */
		sock_close(&s);
		sock_close(&conn);
		sock_close(&l);
	}
}
END_TEST

START_TEST(dial_goes_on_at_once_when_the_first_family_refuses)
{
	struct sock_addr addr;
	struct sock holder, l, s;
	struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
	int count = -1;
	int64_t took = 250;

	expect(sock_addr_set(&addr, "localhost", localhost_port(&holder, &l)), 0);
	expect(sock_listen(l, 4), 0);
	for (int i = 0; took >= 250 && i < 5; i++) { /* one try may meet a busy machine */
		int64_t start = sock_now();

		expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, LIBSOCK_DIAL_MAX, &count, soon()), 0);
		took = sock_now() - start;
		if (took >= 250)
			sock_close(&s);
	}
	ck_assert_int_lt(took, 250);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(attempts[0].addr.host, "::1");
	ck_assert_int_eq(attempts[0].addr.port, addr.port);
	expect(attempts[0].err, LIBSOCK_ECONNREFUSED);
	ck_assert_str_eq(attempts[1].addr.host, "127.0.0.1");
	expect(attempts[1].err, 0);
	ck_assert_int_eq(s.family, LIBSOCK_AF_INET);
	sock_close(&s);
	sock_close(&l);
	sock_close(&holder);
}
END_TEST

START_TEST(dial_prefers_the_first_family)
{
	struct sock_addr addr;
	struct sock l = serve("", 0, &addr), s, conn;
	struct sock_addr peer;

	expect(sock_addr_set(&addr, "localhost", addr.port), 0);
	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
	ck_assert_int_eq(s.family, LIBSOCK_AF_INET6);
	expect(sock_accept(l, &conn, &peer, soon()), 0);
	ck_assert_str_eq(peer.host, "::1");
	sock_close(&conn);
	expect(sock_accept(l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* and connects once */
	sock_close(&s);
	sock_close(&l);
}
END_TEST

START_TEST(dial_says_refused_when_all_refuse)
{
	struct sock holders[2], s = {.family = 77};
	struct sock_addr addr = loopback(LIBSOCK_AF_INET, localhost_port(&holders[0], &holders[1]));
	struct sock_attempt attempts[1];
	int count = -1;

	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ECONNREFUSED);
	ck_assert_int_eq(s.family, 0);
	expect(sock_addr_set(&addr, "localhost", addr.port), 0);
	memset(attempts, 0x55, sizeof attempts);
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, 1, &count, LIBSOCK_FOREVER), LIBSOCK_ECONNREFUSED);
	ck_assert_int_eq(count, 2); /* more than the room */
	expect(attempts[0].err, LIBSOCK_ECONNREFUSED);
	ck_assert_int_eq(attempts[0].padding, 0);
	ck_assert(attempts[0].reserved[0] == 0 && attempts[0].reserved[1] == 0);
	sock_close(&holders[0]);
	sock_close(&holders[1]);
}
END_TEST

enum { QUEUE = 64 };

/* Connections until the listener's queue is full, which from then on does not answer. How many; the last is none. */
static int fill(struct sock s[QUEUE], const struct sock_addr *addr)
{
	int64_t start = 0;
	int err = 0, count = 0;

	while (err == 0 && count < QUEUE) {
		start = sock_now();
		err = sock_dial(&s[count++], LIBSOCK_STREAM, addr, sock_after(150));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now() - start, 150);
	expect_ended(start);
	return count;
}

START_TEST(dial_gives_up_on_time_when_nobody_answers)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr), s[QUEUE] = {{0}};
	int count = fill(s, &addr);

	expect(sock_dial(&s[count - 1], LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_dial(&s[count - 1], LIBSOCK_STREAM, &addr, -1), LIBSOCK_ETIMEDOUT);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
}
END_TEST

START_TEST(dial_waits_a_quarter_of_a_second_for_a_silent_address_and_goes_on)
{
	struct sock_addr silent, addr;
	struct sock holder, four, six, s, queue[QUEUE] = {{0}};
	struct sock_attempt attempts[2];
	uint16_t port = localhost_port(&holder, &four);
	int64_t took = INT64_MAX;
	int filled;

	sock_close(&holder);
	six = serve("::1", port, &silent);
	expect(sock_listen(four, 4), 0);
	filled = fill(queue, &silent);
	expect(sock_addr_set(&addr, "localhost", port), 0);
	for (int i = 0; took >= 300 && i < 5; i++) { /* one try may meet a busy machine */
		int64_t start = sock_now();
		int count = -1;

		expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr, attempts, 2, &count, soon()), 0);
		took = sock_now() - start;
		ck_assert_int_ge(took, 250);
		ck_assert_int_eq(count, 2);
		ck_assert_str_eq(attempts[0].addr.host, "::1");
		expect(attempts[0].err, LIBSOCK_ECANCELED);
		ck_assert_str_eq(attempts[1].addr.host, "127.0.0.1");
		expect(attempts[1].err, 0);
		sock_close(&s);
	}
	ck_assert_int_lt(took, 300);
	while (filled > 0)
		sock_close(&queue[--filled]);
	sock_close(&six);
	sock_close(&four);
}
END_TEST

START_TEST(dial_refuses_what_is_no_peer)
{
	struct sock s = {.family = 77};
	struct sock_addr empty = {"", 80}, zero = {"127.0.0.1", 0}, bad = {"127.1", 80}, zone = {"fe80::1%no-such", 80};
	int count = 3;
	static const int types[] = {LIBSOCK_STREAM, LIBSOCK_DGRAM};

	for (int i = 0; i < 2; i++) {
		expect(sock_dial(&s, types[i], &empty, soon()), LIBSOCK_ENAME);
		expect(sock_dial(&s, types[i], &zero, soon()), LIBSOCK_EPORT);
		expect(sock_dial(&s, types[i], &bad, soon()), LIBSOCK_ENAME);
		expect(sock_dial(&s, types[i], &zone, soon()), LIBSOCK_ENODEV);
		expect(sock_dial(&s, types[i], NULL, soon()), LIBSOCK_EINVAL);
		expect(sock_dial(NULL, types[i], &bad, soon()), LIBSOCK_EINVAL);
	}
	expect(sock_dial(&s, 0, &zero, soon()), LIBSOCK_EINVAL);
	expect(sock_dial(&s, LIBSOCK_DGRAM + 1, &bad, soon()), LIBSOCK_EINVAL);
	ck_assert_int_eq(s.family, 0);
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &zero, NULL, 1, &count, soon()), LIBSOCK_EINVAL);
	ck_assert_int_eq(count, 0);
	count = -1;
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &zero, NULL, 0, &count, soon()), LIBSOCK_EPORT);
	ck_assert_int_eq(count, 0);
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &zero, NULL, 0, NULL, soon()), LIBSOCK_EINVAL);
}
END_TEST

START_TEST(serve_takes_both_families_for_an_empty_host)
{
	struct sock_addr addr, peer;
	struct sock l = serve("", 0, &addr), s, conn;
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	for (int i = 0; i < 2; i++) {
		expect(sock_addr_set(&addr, hosts[i], addr.port), 0);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
		expect(sock_accept(l, &conn, &peer, soon()), 0);
		ck_assert_str_eq(peer.host, hosts[i]);
		sock_close(&conn);
		sock_close(&s);
	}
	sock_close(&l);
}
END_TEST

START_TEST(serve_again_while_old_connections_drain)
{
	struct sock_addr addr, local;
	struct sock l = serve("127.0.0.1", 0, &addr), s, conn, again;
	int err;

	expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), 0);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	expect(sock_serve(&again, LIBSOCK_STREAM, &addr, 4), LIBSOCK_EADDRINUSE);
	ck_assert_int_eq(again.family, 0);
	sock_close(&l);
	err = sock_serve(&again, LIBSOCK_STREAM, &addr, 4); /* with the connection still open */
	ck_assert_msg(err == 0 || (native_is_windows() && err == LIBSOCK_EADDRINUSE), "%s", sock_errname(err));
	sock_close(&again);
	sock_close(&conn);
	sock_close(&s);
	again = serve(addr.host, addr.port, &local);
	sock_close(&again);
}
END_TEST

START_TEST(serve_says_what_it_cannot_bind)
{
	struct sock s = {.family = 77};
	struct sock_addr foreign = {"198.51.100.1", 0}, bad = {"127.1", 0};

	expect(sock_serve(&s, LIBSOCK_STREAM, &foreign, 1), LIBSOCK_EADDRNOTAVAIL);
	ck_assert_int_eq(s.family, 0);
	expect(sock_serve(&s, LIBSOCK_STREAM, &bad, 1), LIBSOCK_ENAME);
	expect(sock_serve(&s, LIBSOCK_STREAM, NULL, 1), LIBSOCK_EINVAL);
	expect(sock_serve(NULL, LIBSOCK_STREAM, &bad, 1), LIBSOCK_EINVAL);
	expect(sock_addr_set(&bad, "127.0.0.1", 0), 0);
	expect(sock_serve(&s, LIBSOCK_STREAM, &bad, -1), LIBSOCK_EINVAL);
	ck_assert_int_eq(s.family, 0);
}
END_TEST

/* Both ends know each other, and what is sent arrives and is answered. */
static void talk(struct sock client, struct sock server)
{
	struct sock_addr from, own;
	char data[8];

	expect(sock_send(client, "ask", 3, soon()), 3);
	expect(sock_recvfrom(server, data, sizeof data, &from, soon()), 3);
	expect(sock_local_addr(client, &own), 0);
	ck_assert(sock_addr_equal(&own, &from));
	expect(sock_sendto(server, "tell", 4, &from, soon()), 4);
	expect(sock_recv(client, data, sizeof data, soon()), 4);
}

START_TEST(datagrams_are_dialled_and_served_in_one_call_each)
{
	static const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost"};

	for (int i = 0; i < 4 * 3; i++) {
		const int64_t deadline = i / 4 == 0 ? LIBSOCK_NOWAIT : i / 4 == 1 ? -1 : LIBSOCK_FOREVER;
		struct sock_attempt attempts[2];
		struct sock_addr addr, at, peer;
		struct sock server, client;
		int count = 2;

		expect(sock_addr_set(&addr, hosts[i % 4], 0), 0);
		expect(sock_serve(&server, LIBSOCK_DGRAM, &addr, i % 2), 0);
		ck_assert_int_eq(server.type, LIBSOCK_DGRAM);
		expect(sock_local_addr(server, &at), 0);
		addr.port = at.port;
		expect(sock_dial_report(&client, LIBSOCK_DGRAM, &addr, attempts, 2, &count, deadline), 0);
		ck_assert_int_eq(client.type, LIBSOCK_DGRAM);
		ck_assert_int_eq(client.family, server.family); /* of localhost, too: both mean the same one */
		ck_assert_int_eq(count, 1);
		expect(attempts[0].err, 0);
		ck_assert(sock_addr_equal(&attempts[0].addr, &at));
		expect(sock_peer_addr(client, &peer), 0);
		ck_assert(sock_addr_equal(&peer, &at));
		ck_assert(!native_is_inheritable(sock_native(client)));
		talk(client, server);
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

START_TEST(datagrams_of_both_families_are_served_for_an_empty_host)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	struct sock_addr addr = {"", 0}, local;
	struct sock server, again, client;

	expect(sock_serve(&server, LIBSOCK_DGRAM, &addr, 0), 0);
	expect(sock_local_addr(server, &local), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_addr_set(&addr, hosts[i], local.port), 0);
		expect(sock_dial(&client, LIBSOCK_DGRAM, &addr, soon()), 0);
		talk(client, server);
		sock_close(&client);
	}
	expect(sock_serve(&again, LIBSOCK_DGRAM, &(struct sock_addr){"", local.port}, 0), LIBSOCK_EADDRINUSE);
	ck_assert_int_eq(again.family, 0);
	expect(sock_serve(&again, LIBSOCK_DGRAM, &local, -1), LIBSOCK_EINVAL); /* checked, though it is not used */
	expect(sock_serve(&again, 0, &local, 0), LIBSOCK_EINVAL);
	expect(sock_serve(&again, LIBSOCK_DGRAM + 1, &local, 0), LIBSOCK_EINVAL);
	sock_close(&server);
}
END_TEST

/* No packet is sent: that nobody listens is told by the first answer to one that is. */
START_TEST(a_dial_of_datagrams_does_not_notice_that_nobody_listens)
{
	struct sock holder, s;
	struct sock_addr addr = unused_port(LIBSOCK_AF_INET, LIBSOCK_DGRAM, &holder);

	sock_close(&holder);
	expect(sock_dial(&s, LIBSOCK_DGRAM, &addr, soon()), 0);
	sock_close(&s);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{dial_connects_to_literals_of_both_families},
		{dial_goes_on_at_once_when_the_first_family_refuses},
		{dial_prefers_the_first_family},
		{dial_says_refused_when_all_refuse},
		{dial_gives_up_on_time_when_nobody_answers},
		{dial_waits_a_quarter_of_a_second_for_a_silent_address_and_goes_on},
		{dial_refuses_what_is_no_peer},
		{serve_takes_both_families_for_an_empty_host},
		{serve_again_while_old_connections_drain},
		{serve_says_what_it_cannot_bind},
		{datagrams_are_dialled_and_served_in_one_call_each},
		{datagrams_of_both_families_are_served_for_an_empty_host},
		{a_dial_of_datagrams_does_not_notice_that_nobody_listens},
		{0},
	};

	return testing_main("dial", tests);
}
