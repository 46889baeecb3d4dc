/* SPDX-License-Identifier: MIT */

/*
 * Descriptors that are no sockets, sent in the place of one: each is an error of its own, and none is kept. One whose close
 * waits is in tests/test-held.c.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A close may be under way still when the call that threw the descriptor away has returned. */
static void until_open(int count)
{
	for (int64_t by = soon(); native_open_descriptors() != count && sock_now() < by;)
		sched_yield();
	ck_assert_int_eq(native_open_descriptors(), count);
}

/* Receive it, alone and twice at once, with each deadline, through each kind of channel; `code` is what it is alone. */
static void take(int fd, int code)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, soon(), LIBSOCK_FOREVER};
	const int before = native_open_descriptors();

	for (int i = 0; i < 2 * 2 * 4; i++) {
		const int count = 1 + i / 2 % 2;
		struct sock channel[2], s = {.family = 7};

		expect(sock_pair(channel, i % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM), 0);
		native_send_rights(channel[0], fd, count);
		expect(sock_recv_socket(channel[1], &s, deadlines[i / 4]), count == 1 ? code : LIBSOCK_EPROTO);
		ck_assert_int_eq(s.family, 0);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
	until_open(before);
}

static void take_and_close(int fd, int code)
{
	ck_assert_int_ge(fd, 0);
	take(fd, code);
	close(fd);
}

START_TEST(what_is_no_socket_is_told_and_closed)
{
	int pipes[2], pid;

	ck_assert_int_eq(pipe(pipes), 0);
	take_and_close(pipes[0], LIBSOCK_ENOTSOCK);
	take_and_close(pipes[1], LIBSOCK_ENOTSOCK);
	take_and_close(open("/dev/null", O_RDWR), LIBSOCK_ENOTSOCK);
	take_and_close(open(".", O_RDONLY | O_DIRECTORY), LIBSOCK_ENOTSOCK);
	take_and_close(open("/proc/self/exe", O_RDONLY), LIBSOCK_ENOTSOCK);
	take_and_close(open("/proc/self/exe", O_PATH), LIBSOCK_ENOTSOCK); /* nothing can be done with it, but the channel is good */
	take_and_close(epoll_create1(0), LIBSOCK_ENOTSOCK);
	take_and_close(eventfd(0, 0), LIBSOCK_ENOTSOCK);
	take_and_close(socket(AF_NETLINK, SOCK_RAW, 0), LIBSOCK_ENOTSUP);
	take_and_close(socket(AF_UNIX, SOCK_SEQPACKET, 0), LIBSOCK_ENOTSUP);
	pid = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (pid >= 0) /* Linux 5.3 */
		take_and_close(pid, LIBSOCK_ENOTSOCK);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_is_no_socket_is_told_and_closed},
		{0},
	};

	return testing_main("odd", tests);
}
