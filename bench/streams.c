/* SPDX-License-Identifier: MIT */

/* A TCP connection whose ends are both this thread's: what a send and a receive cost, and a connection as a whole. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SMALL = BENCH_SMALL, LARGE = BENCH_LARGE };

char bench_data[LARGE];

static struct sock pair[2];
static int64_t deadline;

static void *pair_begin(void)
{
	bench_connect(pair);
	deadline = sock_after(3600000);
	return pair;
}

static void pair_end(void *state)
{
	(void)state;
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}

static inline void raw_pair(size_t size, long n)
{
	const int a = (int)sock_native(pair[0]), b = (int)sock_native(pair[1]);

	while (n-- > 0) {
		bench_raw(send(a, bench_data, size, MSG_NOSIGNAL), "send");
		bench_raw(recv(b, bench_data, size, size > SMALL ? MSG_WAITALL : 0), "recv");
	}
}

static inline void sock_pair_of(size_t size, long n, int64_t by)
{
	while (n-- > 0) {
		bench_check(sock_send(pair[0], bench_data, size, by), "send");
		if (size > SMALL)
			bench_check(sock_recv_exact(pair[1], bench_data, size, NULL, by), "recv_all");
		else
			bench_check(sock_recv(pair[1], bench_data, size, by), "recv");
	}
}

static void raw_small(void *state, long n)
{
	(void)state;
	raw_pair(SMALL, n);
}

static void sock_small(void *state, long n)
{
	(void)state;
	sock_pair_of(SMALL, n, LIBSOCK_FOREVER);
}

static void sock_small_deadline(void *state, long n)
{
	(void)state;
	sock_pair_of(SMALL, n, deadline);
}

static void raw_large(void *state, long n)
{
	(void)state;
	raw_pair(LARGE, n);
}

static void sock_large(void *state, long n)
{
	(void)state;
	sock_pair_of(LARGE, n, LIBSOCK_FOREVER);
}

const struct bench_row bench_small = {
	"R1-64", "TCP, send and receive 64 bytes",
	pair_begin, pair_end,
	{{"send, recv", raw_small, 0},
	 {"sock_send, sock_recv", sock_small, 1.02},
	 {"the same with a deadline (R2)", sock_small_deadline, 1.02}},
};

const struct bench_row bench_large = {
	"R1-64k", "TCP, send and receive 64 KiB",
	pair_begin, pair_end,
	{{"send, recv(MSG_WAITALL)", raw_large, 0}, {"sock_send, sock_recv_exact", sock_large, 1.02}},
};

/* Connections: a listener, and what connects to it. */
static struct sock listener;
static struct sock_addr where = {"127.0.0.1", 0};

static void *cycle_begin(void)
{
	where.port = 0;
	bench_check(sock_serve(&listener, &where, 16), "serve");
	bench_check(sock_local_addr(listener, &where), "local");
	return &listener;
}

static void cycle_end(void *state)
{
	(void)state;
	sock_close(&listener);
}

/* The server's end is closed first, so that each port waits there and the clients' are free again. */
static void raw_cycle(void *state, long n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(where.port)}, from;
	socklen_t length;

	(void)state;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (n-- > 0) {
		int a = (int)bench_raw(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"), b;

		bench_raw(connect(a, (struct sockaddr *)&to, sizeof to), "connect");
		length = sizeof from;
		b = (int)bench_raw(accept4((int)sock_native(listener), (struct sockaddr *)&from, &length, SOCK_CLOEXEC),
				   "accept4");
		close(b);
		close(a);
	}
}

static void sock_cycle(void *state, long n)
{
	(void)state;
	while (n-- > 0) {
		struct sock a, b;

		bench_check(sock_open(&a, LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
		bench_check(sock_connect(a, &where, LIBSOCK_FOREVER), "connect");
		bench_check(sock_accept(listener, &b, NULL, LIBSOCK_FOREVER), "accept");
		sock_close(&b);
		sock_close(&a);
	}
}

const struct bench_row bench_cycle = {
	"R8", "TCP, open, connect, accept, close both",
	cycle_begin, cycle_end,
	{{"socket, connect, accept4, close", raw_cycle, 0}, {"sock_open, sock_connect, sock_accept", sock_cycle, 1.02}},
};
