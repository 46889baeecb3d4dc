/* SPDX-License-Identifier: MIT */

/*
 * The program that the cost tests look at from outside.
 *
 *   cost calls           one of each thing, under strace, with a mark before each
 *   cost pairs HOW N     N pairs of send and receive, under callgrind; HOW is raw or sock, then tcp or udp
 */

#include <libsock.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void check(ptrdiff_t result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "cost: %s: %s\n", what, sock_strerror((int)result));
		exit(1);
	}
}

/* A call that fails and does nothing, but shows in the trace. */
static void mark(const char *text)
{
	if (write(-1, text, strlen(text)) >= 0)
		exit(1);
}

static struct sock listen_on_loopback(struct sock_addr *addr)
{
	struct sock s;

	check(sock_addr_set(addr, "127.0.0.1", 0), "set");
	check(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	check(sock_bind(s, addr), "bind");
	check(sock_listen(s, 16), "listen");
	check(sock_local(s, addr), "local");
	return s;
}

static void connect_pair(struct sock listener, const struct sock_addr *addr, struct sock pair[2], int64_t deadline)
{
	check(sock_open(&pair[0], LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	check(sock_connect(pair[0], addr, deadline), "connect");
	check(sock_accept(listener, &pair[1], NULL, deadline), "accept");
}

static void close_pair(struct sock pair[2])
{
	check(sock_close(&pair[0]), "close");
	check(sock_close(&pair[1]), "close");
}

static void datagram_pair(struct sock pair[2], struct sock_addr addr[2])
{
	for (int i = 0; i < 2; i++) {
		check(sock_addr_set(&addr[i], "127.0.0.1", 0), "set");
		check(sock_open(&pair[i], LIBSOCK_AF_INET, LIBSOCK_DGRAM), "open");
		check(sock_bind(pair[i], &addr[i]), "bind");
		check(sock_local(pair[i], &addr[i]), "local");
	}
}

static void calls(void)
{
	const int64_t soon = sock_after(10000);
	struct sock_addr addr, addrs[2], from;
	struct sock l = listen_on_loopback(&addr), pair[2];
	char data[64] = "", text[LIBSOCK_ADDRSTRLEN];

	mark("cycle-forever");
	connect_pair(l, &addr, pair, LIBSOCK_FOREVER);
	close_pair(pair);
	mark("cycle-deadline");
	connect_pair(l, &addr, pair, soon);
	close_pair(pair);
	mark("");
	connect_pair(l, &addr, pair, soon);
	mark("stream-forever");
	check(sock_send(pair[0], data, sizeof data, LIBSOCK_FOREVER), "send");
	check(sock_recv(pair[1], data, sizeof data, LIBSOCK_FOREVER), "recv");
	mark("stream-deadline");
	check(sock_send(pair[0], data, sizeof data, soon), "send");
	check(sock_recv(pair[1], data, sizeof data, soon), "recv");
	mark("stream-nowait");
	check(sock_send(pair[0], data, sizeof data, LIBSOCK_NOWAIT), "send");
	check(sock_recv(pair[1], data, sizeof data, LIBSOCK_NOWAIT), "recv");
	mark("");
	close_pair(pair);
	datagram_pair(pair, addrs);
	mark("datagram-forever");
	check(sock_sendto(pair[0], data, sizeof data, &addrs[1], LIBSOCK_FOREVER), "sendto");
	check(sock_recvfrom(pair[1], data, sizeof data, &from, LIBSOCK_FOREVER), "recvfrom");
	mark("datagram-deadline");
	check(sock_sendto(pair[1], data, sizeof data, &from, soon), "sendto");
	check(sock_recvfrom(pair[0], data, sizeof data, &from, soon), "recvfrom");
	mark("text");
	check(sock_addr_parse(&addr, "[2001:db8::1]:80"), "parse");
	check(sock_addr_format(text, sizeof text, &addr), "format");
	mark("");
	close_pair(pair);
	check(sock_close(&l), "close");
}

static void pairs(int raw, int stream, long n)
{
	const int64_t deadline = LIBSOCK_FOREVER;
	struct sock_addr addr, addrs[2], from;
	struct sock l = listen_on_loopback(&addr), pair[2];
	char data[64] = "";

	if (stream)
		connect_pair(l, &addr, pair, deadline);
	else
		datagram_pair(pair, addrs);

	int a = (int)sock_native(pair[0]), b = (int)sock_native(pair[1]);
	struct sockaddr_in to = {.sin_family = AF_INET}, got;

	if (!stream) {
		to.sin_port = htons(addrs[1].port);
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	/* A loop each, so that nothing but the calls differs. */
	if (raw && stream)
		for (long i = 0; i < n; i++) {
			check(send(a, data, sizeof data, MSG_NOSIGNAL), "raw send");
			check(recv(b, data, sizeof data, 0), "raw recv");
		}
	else if (raw)
		for (long i = 0; i < n; i++) {
			socklen_t length = sizeof got;

			check(sendto(a, data, sizeof data, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to), "raw sendto");
			check(recvfrom(b, data, sizeof data, 0, (struct sockaddr *)&got, &length), "raw recvfrom");
		}
	else if (stream)
		for (long i = 0; i < n; i++) {
			check(sock_send(pair[0], data, sizeof data, deadline), "send");
			check(sock_recv(pair[1], data, sizeof data, deadline), "recv");
		}
	else
		for (long i = 0; i < n; i++) {
			check(sock_sendto(pair[0], data, sizeof data, &addrs[1], deadline), "sendto");
			check(sock_recvfrom(pair[1], data, sizeof data, &from, deadline), "recvfrom");
		}
	close_pair(pair);
	check(sock_close(&l), "close");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "calls") == 0)
		calls();
	else if (argc == 5 && strcmp(argv[1], "pairs") == 0)
		pairs(strcmp(argv[2], "raw") == 0, strcmp(argv[3], "tcp") == 0, atol(argv[4]));
	else
		return 2;
	return 0;
}
