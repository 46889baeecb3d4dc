/* SPDX-License-Identifier: MIT */

/* What Linux itself says of paths and memory, and what an owner has set on a descriptor. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

START_TEST(an_adopted_socket_keeps_all_but_its_inheritance)
{
	int fd, on = 1;
	struct sock s;
	int64_t value = -1;

	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
	ck_assert_int_eq(setsockopt(fd, 41 /* IPPROTO_IPV6 */, 26 /* IPV6_V6ONLY */, &on, sizeof on), 0);
	expect(sock_adopt(&s, fd), 0);
	expect(sock_get(s, LIBSOCK_OPT_V6ONLY, &value), 0);
	ck_assert_int_eq(value, 1);
	expect(sock_get(s, LIBSOCK_OPT_KEEPALIVE, &value), 0);
	ck_assert_int_eq(value, 1);
	expect(sock_get(s, LIBSOCK_OPT_NODELAY, &value), 0);
	ck_assert_int_eq(value, 0);
	sock_close(&s);
}
END_TEST

START_TEST(a_path_that_leads_nowhere_says_why)
{
	static const struct {
		const char *path;
		int bind, connect;
	} rows[] = {
		{"missing/x", LIBSOCK_ENOENT, LIBSOCK_ENOENT}, {"file/x", LIBSOCK_ENOTDIR, LIBSOCK_ENOTDIR},
		{"loop/x", LIBSOCK_ELOOP, LIBSOCK_ELOOP},	{"", LIBSOCK_ENAME, LIBSOCK_ENAME},
		{"file", LIBSOCK_EADDRINUSE, LIBSOCK_ECONNREFUSED}, {"absent", 0, LIBSOCK_ECONNREFUSED},
	};
	FILE *file = fopen("file", "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		const int type = i % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM;
		struct sock_addr addr;
		struct sock s, client;

		expect(sock_addr_set(&addr, rows[i / 2].path, 0), 0);
		expect(sock_open(&s, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_open(&client, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_bind(s, &addr), rows[i / 2].bind);
		sock_close(&s);
		expect(sock_connect(client, &addr, soon()), rows[i / 2].connect);
		expect(sock_connect(client, &addr, LIBSOCK_NOWAIT), rows[i / 2].connect);
		sock_close(&client);
		unlink("absent");
	}
	unlink("file");
	unlink("loop");
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which end the program there */
START_TEST(memory_that_is_not_the_programs_is_efault)
{
	void *const nowhere = (void *)16;

	for (int f = 0; f < 2; f++) {
		struct sock a, b, d;
		struct sock_addr addr;
		char data[4];

		connected_pair(families[f], &a, &b);
		d = datagram(families[f], &addr);
		expect(sock_send(a, nowhere, 4, soon()), LIBSOCK_EFAULT);
		expect(sock_sendto(d, nowhere, 4, &addr, soon()), LIBSOCK_EFAULT);
		expect(sock_send(a, "x", 1, soon()), 1);
		expect(sock_recv(b, nowhere, 4, soon()), LIBSOCK_EFAULT);
		expect(sock_recv(b, data, sizeof data, soon()), 1);
		sock_close(&a);
		sock_close(&b);
		sock_close(&d);
	}
}
END_TEST
#endif

/* A time-out that the descriptor's owner has set is none of the caller's deadlines. */
START_TEST(forever_outlasts_the_descriptors_own_time_outs)
{
	const struct timeval soon_over = {.tv_usec = 20000};
	struct sock a, b;
	char data[4];
	pid_t child;
	int status = -1;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	ck_assert_int_eq(setsockopt((int)sock_native(a), SOL_SOCKET, SO_RCVTIMEO, &soon_over, sizeof soon_over), 0);
	expect(sock_recv(a, data, sizeof data, sock_after(100)), LIBSOCK_ETIMEDOUT);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		sock_wait(NULL, 0, sock_after(100)); /* several time-outs later, which only a wait that goes on outlasts */
		_exit(sock_send(b, "x", 1, soon()) == 1 ? 0 : 1);
	}
	expect(sock_recv(a, data, sizeof data, LIBSOCK_FOREVER), 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(a_unix_peer_that_closes_with_unread_data_is_a_reset_once)
{
	struct sock pair[2];
	char data[4];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(pair[0].family, LIBSOCK_AF_UNIX);
	expect(sock_send(pair[0], "x", 1, soon()), 1);
	expect(sock_close(&pair[1]), 0);
	expect(sock_recv(pair[0], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
	expect(sock_recv(pair[0], data, sizeof data, soon()), 0);
	sock_close(&pair[0]);
}
END_TEST

/* A row of docs/porting.md. */
START_TEST(the_low_water_mark_of_what_an_error_has_ended_is_the_librarys_note)
{
	for (int f = 0; f < 2; f++) {
		struct sock a, b;
		int mark = 16384;
		socklen_t size = sizeof mark;
		char data[1];

		connected_pair(families[f], &a, &b);
		ck_assert_int_eq(setsockopt((int)sock_native(a), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &mark, size), 0);
		reset(&b);
		expect(sock_recv(a, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
		ck_assert_int_eq(getsockopt((int)sock_native(a), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &mark, &size), 0);
		ck_assert_int_eq(mark, LIBSOCK_ECONNRESET);
		sock_close(&a);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{an_adopted_socket_keeps_all_but_its_inheritance},
		{a_path_that_leads_nowhere_says_why},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		{memory_that_is_not_the_programs_is_efault},
#endif
		{forever_outlasts_the_descriptors_own_time_outs},
		{a_unix_peer_that_closes_with_unread_data_is_a_reset_once},
		{the_low_water_mark_of_what_an_error_has_ended_is_the_librarys_note},
		{0},
	};

	return testing_main("system", tests);
}
