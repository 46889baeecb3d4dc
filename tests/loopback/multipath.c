/* SPDX-License-Identifier: MIT */

/* Streams of Multipath TCP (RFC 8684), which libsock does not open and sock_adopt() takes: how they end. */

#include "testing.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MULTIPATH = 262 /* IPPROTO_MPTCP, which the C library may not know */ };

static struct sock multipath(int family)
{
	struct sock s;

	expect(sock_adopt(&s, socket(family == LIBSOCK_AF_INET ? AF_INET : AF_INET6, SOCK_STREAM, MULTIPATH)), 0);
	return s;
}

/* A kernel may be built without, and a namespace have it switched off. */
static int is_there(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM, MULTIPATH);

	close(fd);
	return fd != -1;
}

/* The client, whose peer is of the same kind or, as most are, knows TCP alone. */
static void connect_pair(int family, int both, struct sock *client, struct sock *server)
{
	struct sock_addr addr = loopback(family, 0);
	struct sock l = {0};
	char byte;

	*client = multipath(family);
	if (both)
		l = multipath(family);
	else
		expect(sock_open(&l, family, LIBSOCK_STREAM), 0);
	expect(sock_bind(l, &addr), 0);
	expect(sock_listen(l, 1), 0);
	expect(sock_local_addr(l, &addr), 0);
	expect(sock_connect(*client, &addr, soon()), 0);
	expect(sock_accept(l, server, NULL, soon()), 0);
	sock_close(&l);
	expect(sock_send(*client, "x", 1, soon()), 1);
	expect(sock_recv(*server, &byte, 1, soon()), 1);
}

static int wait_for(struct sock s, int told)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};

	for (int64_t by = soon(); !(item.ready & told) && sock_now() < by;)
		expect(sock_wait(&item, 1, by), 1);
	return item.ready;
}

static void expect_reset_ever_after(struct sock *s)
{
	char byte;

	for (int i = 0; i < 3; i++) {
		expect(sock_recv(*s, &byte, 1, soon()), LIBSOCK_ECONNRESET);
		expect(wait_for(*s, ~0), LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	}
	ck_assert_int_lt(sock_close_gracefully(s, soon()), 0);
}

START_TEST(a_reset_of_multipath_tcp_stays_one_whoever_told_it)
{
	for (int i = 0; i < 2 * 2 * 5; i++) {
		const int how = i / 4;
		struct sock a, b;

		connect_pair(i & 1 ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6, i & 2, &a, &b);
		if (how == 4)
			expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		if (how == 4)
			wait_for(b, LIBSOCK_PEER_ENDED);
		reset(&b);
		if (how > 0)
			wait_for(a, LIBSOCK_ERROR);
		if (how == 2)
			expect(sock_send(a, "x", 1, soon()), LIBSOCK_ECONNRESET);
		if (how == 3)
			expect(sock_connect_result(a, soon()), LIBSOCK_ECONNRESET);
		expect_reset_ever_after(&a);
	}
}
END_TEST

/* Linux tells it in the word of a send that comes too late. */
START_TEST(a_reset_after_the_peers_end_is_one_too)
{
	for (int i = 0; i < 2 * 2 * 2; i++) {
		struct sock a, b;

		connect_pair(i & 1 ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6, i & 2, &a, &b);
		expect(sock_send(a, "x", 1, soon()), 1);
		wait_for(b, LIBSOCK_READABLE);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		wait_for(a, LIBSOCK_PEER_ENDED);
		sock_close(&b); /* without having read all */
		wait_for(a, LIBSOCK_ERROR);
		if (i & 4)
			expect(sock_connect_result(a, soon()), LIBSOCK_ECONNRESET);
		expect_reset_ever_after(&a);
	}
}
END_TEST

START_TEST(an_orderly_end_of_multipath_tcp_stays_one)
{
	for (int i = 0; i < 2 * 2 * 3; i++) {
		const int first = i / 4;
		struct sock a, b;
		char byte;

		connect_pair(i & 1 ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6, i & 2, &a, &b);
		if (first == 0)
			expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		if (first == 0)
			expect(sock_recv(b, &byte, 1, soon()), 0);
		expect(sock_shutdown(b, LIBSOCK_SHUT_WR), 0);
		expect(wait_for(a, LIBSOCK_PEER_ENDED) & LIBSOCK_ERROR, 0);
		if (first == 1)
			expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		if (first == 1)
			expect(sock_recv(b, &byte, 1, soon()), 0);
		for (int k = 0; k < 3; k++) {
			expect(sock_recv(a, &byte, 1, soon()), 0);
			expect(wait_for(a, LIBSOCK_PEER_ENDED) & LIBSOCK_ERROR, 0);
		}
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_reset_of_multipath_tcp_stays_one_whoever_told_it},
		{a_reset_after_the_peers_end_is_one_too},
		{an_orderly_end_of_multipath_tcp_stays_one},
		{0},
	};

	if (!is_there()) {
		puts("1..0 # SKIP the kernel has no Multipath TCP");
		return 0;
	}
	return testing_main("multipath", tests);
}
