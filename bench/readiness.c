/* SPDX-License-Identifier: MIT */

/*
 * An echo server with 100 clients that ask and 9700 that do nothing; its processor time for one request. The clients
 * are another process, on the other processor.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "bench.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACTIVE = BENCH_ACTIVE, ALL = BENCH_ALL, SIZE = 64, ROOM = 256 };

struct readiness {
	struct sock conns[ALL]; /* those that ask come first */
	struct sock_poller poller;
	int epoll;
	pid_t clients;
};

static void allow_descriptors(void)
{
	struct rlimit limit;

	bench_raw(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = ALL + 100;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	bench_raw(setrlimit(RLIMIT_NOFILE, &limit), "ten thousand descriptors");
}

static void ask_for_ever(struct sock conns[])
{
	struct epoll_event events[ROOM];
	char data[SIZE] = "";
	int queue = (int)bench_raw(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");

	for (int i = 0; i < ACTIVE; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.fd = (int)sock_native(conns[i])};

		bench_raw(epoll_ctl(queue, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
		bench_raw(send(event.data.fd, data, SIZE, MSG_NOSIGNAL), "send");
	}
	for (;;) {
		int count = (int)bench_raw(epoll_wait(queue, events, ROOM, -1), "epoll_wait");

		for (int i = 0; i < count; i++)
			if (recv(events[i].data.fd, data, SIZE, 0) != SIZE ||
			    send(events[i].data.fd, data, SIZE, MSG_NOSIGNAL) != SIZE)
				_exit(0); /* the server has ended */
	}
}

static void be_the_clients(const struct sock_addr *addr)
{
	static struct sock conns[ALL];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_pin(1);
	for (int i = 0; i < ALL; i++) {
		bench_check(sock_open(&conns[i], LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
		bench_check(sock_connect(conns[i], addr, LIBSOCK_FOREVER), "connect");
	}
	ask_for_ever(conns);
}

static void *readiness_begin(void)
{
	static struct readiness r;
	struct sock_addr addr = {"127.0.0.1", 0};
	struct sock l;

	allow_descriptors();
	bench_check(sock_serve(&l, LIBSOCK_STREAM, &addr, 4096), "serve");
	bench_check(sock_local_addr(l, &addr), "local");
	r.clients = (pid_t)bench_raw(fork(), "fork");
	if (r.clients == 0)
		be_the_clients(&addr);
	r.epoll = (int)bench_raw(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	bench_check(sock_poller_open(&r.poller), "poller_open");
	for (int i = 0; i < ALL; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &r.conns[i]};

		bench_check(sock_accept(l, &r.conns[i], NULL, sock_after(30000)), "accept");
		if (i < ACTIVE)
			continue; /* until their turn */
		bench_check(sock_poller_add(&r.poller, r.conns[i], LIBSOCK_READABLE, &r.conns[i]), "poller_add");
		bench_raw(epoll_ctl(r.epoll, EPOLL_CTL_ADD, (int)sock_native(r.conns[i]), &event), "epoll_ctl");
	}
	sock_close(&l);
	return &r;
}

static void readiness_end(void *state)
{
	struct readiness *r = state;

	kill(r->clients, SIGKILL);
	waitpid(r->clients, NULL, 0);
	sock_poller_close(&r->poller);
	close(r->epoll);
	for (int i = 0; i < ALL; i++)
		sock_close(&r->conns[i]);
}

static void raw_server(void *state, long n)
{
	struct readiness *r = state;
	struct epoll_event events[ROOM];
	char data[SIZE];

	for (int i = 0; i < ACTIVE; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = &r->conns[i]};

		bench_raw(epoll_ctl(r->epoll, EPOLL_CTL_ADD, (int)sock_native(r->conns[i]), &event), "epoll_ctl");
	}
	while (n > 0) {
		int count = (int)bench_raw(epoll_wait(r->epoll, events, ROOM, -1), "epoll_wait");

		for (int i = 0; i < count; i++, n--) {
			int fd = (int)((struct sock *)events[i].data.ptr)->fd;

			bench_raw(recv(fd, data, SIZE, MSG_DONTWAIT), "recv");
			bench_raw(send(fd, data, SIZE, MSG_DONTWAIT | MSG_NOSIGNAL), "send");
		}
	}
	for (int i = 0; i < ACTIVE; i++)
		bench_raw(epoll_ctl(r->epoll, EPOLL_CTL_DEL, (int)sock_native(r->conns[i]), NULL), "epoll_ctl");
}

static void sock_server(void *state, long n)
{
	struct readiness *r = state;
	struct sock_event events[ROOM];
	char data[SIZE];

	for (int i = 0; i < ACTIVE; i++)
		bench_check(sock_poller_add(&r->poller, r->conns[i], LIBSOCK_READABLE, &r->conns[i]), "poller_add");
	while (n > 0) {
		int count = sock_poller_wait(&r->poller, events, ROOM, LIBSOCK_FOREVER);

		bench_check(count, "poller_wait");
		for (int i = 0; i < count; i++, n--) {
			struct sock s = *(struct sock *)events[i].data;

			bench_check(sock_recv(s, data, SIZE, LIBSOCK_NOWAIT), "recv");
			bench_check(sock_send(s, data, SIZE, LIBSOCK_NOWAIT), "send");
		}
	}
	for (int i = 0; i < ACTIVE; i++)
		bench_check(sock_poller_remove(&r->poller, r->conns[i]), "poller_remove");
}

const struct bench_row bench_readiness = {
	"R7", "echo server, 100 clients that ask and 9700 that do nothing: processor time for a request",
	readiness_begin, readiness_end,
	{{"epoll", raw_server, 0}, {"sock_poller", sock_server, 1.03}},
};
