/* SPDX-License-Identifier: MIT */

/* The platform without a system, run: what needs none works, and all else says that it is not there. */

#include <libsock.h>

#include <stdio.h>
#include <string.h>

static int count, failures;

static void check(const char *what, int good)
{
	failures += !good;
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++count, what);
}

/* Waiting without a socket waits; the clock moves. */
static void check_time(void)
{
	const int64_t begun = sock_now(), by = sock_after(30);

	check("a wait without sockets ends at its deadline", sock_wait(NULL, 0, by) == LIBSOCK_ETIMEDOUT && sock_now() >= by);
	check("the clock moves as long as that takes", sock_now() - begun >= 30);
	check("nothing is waited for ever that nothing ends", sock_wait(NULL, 0, LIBSOCK_FOREVER) == LIBSOCK_ENOTSUP);
}

static void check_text(void)
{
	struct sock_addr addr, found[2], name = {"localhost", 0};
	char text[LIBSOCK_ADDR_SIZE];

	check("an address is read", sock_addr_parse(&addr, "[::1]:80", 0) == 0 && strcmp(addr.host, "::1") == 0 && addr.port == 80);
	check("and written", strcmp(sock_addr_text(&addr, text, sizeof text), "[::1]:80") == 0);
	check("localhost is known", sock_resolve(&name, LIBSOCK_AF_UNSPEC, found, 2, LIBSOCK_NOWAIT) == 2);
	sock_addr_set(&name, "example.org", 0);
	check("no other name is", sock_resolve(&name, LIBSOCK_AF_UNSPEC, found, 2, LIBSOCK_FOREVER) == LIBSOCK_ENOTSUP);
	check("services are known from the table", sock_service_port("http", LIBSOCK_STREAM) == 80);
}

static void check_sockets(void)
{
	const struct sock_addr peer = {"127.0.0.1", 80};
	struct sock_poller poller;
	struct sock s, pair[2];

	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++)
		check("there are no sockets", sock_open(&s, LIBSOCK_AF_INET, type) == LIBSOCK_ENOTSUP && s.family == 0);
	check("nor pairs", sock_pair(pair, LIBSOCK_STREAM) == LIBSOCK_ENOTSUP);
	check("nor connections", sock_dial(&s, LIBSOCK_STREAM, &peer, sock_after(1000)) == LIBSOCK_ENOTSUP && s.family == 0);
	check("nor listeners", sock_serve(&s, LIBSOCK_STREAM, &peer, 1) == LIBSOCK_ENOTSUP && s.family == 0);
	check("nor pollers", sock_poller_open(&poller) == LIBSOCK_ENOTSUP);
	check("which sock_has() says", sock_has(LIBSOCK_HAS_INET6) == 0 && sock_has(LIBSOCK_HAS_CONNECTIONS) == 0);
	check("no socket cannot be used", sock_send(s, "", 1, LIBSOCK_NOWAIT) == LIBSOCK_EBADF && sock_close(&s) == 0);
}

int main(void)
{
	check_time();
	check_text();
	check_sockets();
	printf("1..%d\n", count);
	return failures > 0;
}
