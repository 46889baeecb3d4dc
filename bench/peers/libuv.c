/* SPDX-License-Identifier: MIT */

/* libuv's uv_poll: who waits for it sends and receives by system calls. */

#include "bench.h"

#include <sys/socket.h>
#include <uv.h>

static uv_loop_t loop;
static uv_poll_t polls[BENCH_ALL];
static long left;

static void on_readable(uv_poll_t *poll, int status, int events)
{
	int fd = *(const int *)poll->data;
	char data[64];

	(void)events;
	bench_must(status == 0, "uv_poll");
	bench_raw(recv(fd, data, sizeof data, MSG_DONTWAIT), "recv");
	bench_raw(send(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL), "send");
	left--;
}

static void begin(void *state)
{
	static int fds[BENCH_ALL];
	const struct sock *conns = state;

	bench_must(uv_loop_init(&loop) == 0, "uv_loop_init");
	for (int i = 0; i < BENCH_ALL; i++) {
		fds[i] = (int)sock_native(conns[i]);
		bench_must(uv_poll_init(&loop, &polls[i], fds[i]) == 0, "uv_poll_init");
		polls[i].data = &fds[i];
		if (i >= BENCH_ACTIVE)
			bench_must(uv_poll_start(&polls[i], UV_READABLE, on_readable) == 0, "uv_poll_start");
	}
}

static void server(void *state, long n)
{
	(void)state;
	for (int i = 0; i < BENCH_ACTIVE; i++)
		bench_must(uv_poll_start(&polls[i], UV_READABLE, on_readable) == 0, "uv_poll_start");
	for (left = n; left > 0;)
		uv_run(&loop, UV_RUN_ONCE);
	for (int i = 0; i < BENCH_ACTIVE; i++)
		bench_must(uv_poll_stop(&polls[i]) == 0, "uv_poll_stop");
}

const struct bench_peer bench_libuv = {begin, {{"R7", {"libuv, uv_poll", server, 0}}}};
