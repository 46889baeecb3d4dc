/* SPDX-License-Identifier: MIT */

/* libevent's raw events: who waits for them sends and receives by system calls. */

#include "bench.h"

#include <event2/event.h>
#include <sys/socket.h>

static struct event_base *base;
static struct event *events[BENCH_ALL];
static long left;

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	char data[64];

	(void)what;
	(void)arg;
	bench_raw(recv(fd, data, sizeof data, MSG_DONTWAIT), "recv");
	bench_raw(send(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL), "send");
	left--;
}

static void begin(void *state)
{
	const struct sock *conns = state;

	base = event_base_new();
	bench_must(base != NULL, "event_base_new");
	for (int i = 0; i < BENCH_ALL; i++) {
		evutil_socket_t fd = (evutil_socket_t)sock_native(conns[i]);

		events[i] = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, NULL);
		bench_must(events[i] && (i < BENCH_ACTIVE || event_add(events[i], NULL) == 0), "event_new");
	}
}

static void server(void *state, long n)
{
	(void)state;
	for (int i = 0; i < BENCH_ACTIVE; i++)
		bench_must(event_add(events[i], NULL) == 0, "event_add");
	for (left = n; left > 0;)
		bench_must(event_base_loop(base, EVLOOP_ONCE) == 0, "event_base_loop");
	for (int i = 0; i < BENCH_ACTIVE; i++)
		bench_must(event_del(events[i]) == 0, "event_del");
}

const struct bench_peer bench_libevent = {begin, {{"R7", {"libevent, raw events", server, 0}}}};
