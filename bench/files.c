/* SPDX-License-Identifier: MIT */

/*
 * A file out of the page cache to a thread that throws it away, on the same processor, so that the time of both ends is
 * what one processor did.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "bench.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SMALL = 64 << 10, MIDDLE = 1 << 20, LARGE = 32 << 20 };

static struct sock pair[2];
static struct sock_poller poller;
static FILE *file;
static pthread_t thread;
static atomic_long drained;
static long sent;
static int epoll;

static void *drain(void *unused)
{
	static char data[65536];
	ptrdiff_t n;

	while ((n = recv((int)sock_native(pair[1]), data, sizeof data, 0)) > 0)
		atomic_fetch_add(&drained, n);
	return unused;
}

static void choose_reno(struct sock s)
{
	bench_raw(setsockopt((int)sock_native(s), IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "TCP_CONGESTION");
}

/* BBR, the default of some machines, paces what it sends from the beginning on: its timers would take most of the time. */
static void connect_unpaced(struct sock ends[2])
{
	struct sock l;
	struct sock_addr addr = {"127.0.0.1", 0};

	bench_check(sock_serve(&l, LIBSOCK_STREAM, &addr, 1), "serve");
	choose_reno(l);
	bench_check(sock_local_addr(l, &addr), "local");
	bench_check(sock_open(&ends[0], LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	choose_reno(ends[0]);
	bench_check(sock_connect(ends[0], &addr, LIBSOCK_FOREVER), "connect");
	bench_check(sock_accept(l, &ends[1], NULL, LIBSOCK_FOREVER), "accept");
	sock_close(&l);
}

static void *begin(void)
{
	file = tmpfile();
	bench_must(file != NULL, "tmpfile");
	memset(bench_data, 'x', sizeof bench_data);
	for (long i = 0; i < LARGE; i += BENCH_LARGE)
		bench_must(fwrite(bench_data, BENCH_LARGE, 1, file) == 1, "fwrite");
	bench_must(fflush(file) == 0, "fflush");
	connect_unpaced(pair);
	sent = 0;
	drained = 0;
	bench_must(pthread_create(&thread, NULL, drain, NULL) == 0, "pthread_create");
	return pair;
}

/* What the ways of a row take for granted is that the other end has all before the next one is measured. */
static void settle(long n)
{
	for (sent += n; atomic_load(&drained) < sent;)
		sched_yield();
}

static void end(void *state)
{
	(void)state;
	sock_shutdown(pair[0], LIBSOCK_SHUT_WR);
	pthread_join(thread, NULL);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	fclose(file);
}

static void raw_passing(long size, long n)
{
	for (long i = 0; i < n; i++)
		for (off_t at = 0; at < size;)
			bench_raw(sendfile((int)sock_native(pair[0]), fileno(file), &at, (size_t)(size - at)), "sendfile");
	settle(n * size);
}

static void raw_reading(long size, long n)
{
	for (long i = 0; i < n; i++)
		for (long at = 0; at < size;) {
			long got = bench_raw(pread(fileno(file), bench_data, BENCH_LARGE, at), "pread");

			at += bench_raw(send((int)sock_native(pair[0]), bench_data, (size_t)got, MSG_NOSIGNAL), "send");
		}
	settle(n * size);
}

static void sock_passing(long size, long n, int64_t by)
{
	for (long i = 0; i < n; i++)
		bench_check(sock_sendfile(pair[0], fileno(file), 0, (uint64_t)size, NULL, by), "sendfile");
	settle(n * size);
}

/* What is sent as there is room, and waited for in between; the descriptor does not block. */
static void raw_polling(long size, long n)
{
	struct epoll_event event;

	for (long i = 0; i < n; i++)
		for (off_t at = 0; at < size;) {
			bench_raw(epoll_wait(epoll, &event, 1, -1), "epoll_wait");
			while (at < size && sendfile(event.data.fd, fileno(file), &at, (size_t)(size - at)) > 0)
				continue;
		}
	settle(n * size);
}

static void sock_polling(long size, long n)
{
	struct sock_event event;

	for (long i = 0; i < n; i++)
		for (uint64_t at = 0, done; at < (uint64_t)size; at += done) {
			bench_check(sock_poller_wait(&poller, &event, 1, LIBSOCK_FOREVER), "wait");
			sock_sendfile(pair[0], fileno(file), at, (uint64_t)size - at, &done, LIBSOCK_NOWAIT);
		}
	settle(n * size);
}

static void *polled_begin(void)
{
	struct epoll_event event = {.events = EPOLLOUT};

	begin();
	event.data.fd = (int)sock_native(pair[0]);
	fcntl(event.data.fd, F_SETFL, O_NONBLOCK);
	epoll = (int)bench_raw(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	bench_raw(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
	bench_check(sock_poller_open(&poller), "open");
	bench_check(sock_poller_add(&poller, pair[0], LIBSOCK_WRITABLE, NULL), "add");
	return pair;
}

static void polled_end(void *state)
{
	sock_poller_close(&poller);
	close(epoll);
	end(state);
}

#define SIZE(name, size)                                 \
	static void raw_passing_##name(void *state, long n)    \
	{                                                      \
		(void)state;                                   \
		raw_passing(size, n);                          \
	}                                                      \
	static void raw_reading_##name(void *state, long n)    \
	{                                                      \
		(void)state;                                   \
		raw_reading(size, n);                          \
	}                                                      \
	static void sock_passing_##name(void *state, long n)   \
	{                                                      \
		(void)state;                                   \
		sock_passing(size, n, LIBSOCK_FOREVER);        \
	}                                                      \
	static void sock_deadline_##name(void *state, long n)  \
	{                                                      \
		(void)state;                                   \
		sock_passing(size, n, sock_after(600000));     \
	}                                                      \
	static void raw_polling_##name(void *state, long n)    \
	{                                                      \
		(void)state;                                   \
		raw_polling(size, n);                          \
	}                                                      \
	static void sock_polling_##name(void *state, long n)   \
	{                                                      \
		(void)state;                                   \
		sock_polling(size, n);                         \
	}

SIZE(small, SMALL)
SIZE(middle, MIDDLE)
SIZE(large, LARGE)

/*
 * The limit of 64 KiB has room for the system calls that a program does without which need not care for SIGPIPE or for
 * the descriptor's mode: on a machine where each costs 0.3 us. A deadline on a descriptor that blocks has the file read.
 */
#define ROW(name, text, limit)                                                                                     \
	{"R13-" text, "TCP, a file of " text " to a thread", begin, end,                                           \
	 {{"sendfile", raw_passing_##name, 0}, {"pread, send", raw_reading_##name, 0},                             \
	  {"sock_sendfile", sock_passing_##name, limit}, {"the same with a deadline", sock_deadline_##name, 0}},   \
	 .both = 1}
#define POLLED_ROW(name, text, limit)                                                                              \
	{"R13-poller-" text, "TCP, a file of " text " to a thread, as there is room", polled_begin, polled_end,    \
	 {{"epoll_wait, sendfile", raw_polling_##name, 0},                                                         \
	  {"sock_poller_wait, sock_sendfile", sock_polling_##name, limit}},                                        \
	 .both = 1}

const struct bench_row bench_files[] = {
	ROW(small, "64k", 1.12), ROW(middle, "1M", 1.05), ROW(large, "32M", 1.05),
	POLLED_ROW(small, "64k", 1.15), POLLED_ROW(middle, "1M", 1.05), POLLED_ROW(large, "32M", 1.05),
};
