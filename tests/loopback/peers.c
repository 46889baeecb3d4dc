/* SPDX-License-Identifier: MIT */

/* What is told of peers that are other processes: children, which become another user, end, or live in a world of their own. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct sock_addr path = {"./who", 0};

static void expect_credentials(struct sock s, int64_t pid)
{
	struct sock_credentials who;

	expect(sock_peer_credentials(s, &who), 0);
	ck_assert_int_eq(who.pid, pid);
	ck_assert_int_eq(who.uid, native_user_id());
	ck_assert_int_eq(who.gid, getegid());
}

/* The child's exit status is 0. */
static void expect_good(pid_t child)
{
	int status = -1;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status is %d", status);
}

/* In a child: connects as this user, becomes another one, and waits for its end. */
static void be_client(void)
{
	struct sock client;
	char byte;

	if (sock_dial(&client, LIBSOCK_STREAM, &path, soon()) < 0)
		_exit(1);
	if (getuid() == 0 && setuid(65534) != 0)
		_exit(2);
	_exit(sock_send(client, "x", 1, soon()) == 1 && sock_recv(client, &byte, 1, soon()) == 0 ? 0 : 3);
}

START_TEST(what_is_told_stays_whoever_the_peer_becomes)
{
	struct sock server, conn;
	char byte;

	expect(sock_serve(&server, LIBSOCK_STREAM, &path, 1), 0);

	const pid_t child = fork();

	if (child == 0)
		be_client();
	expect(sock_accept(server, &conn, NULL, soon()), 0);
	expect(sock_recv(conn, &byte, 1, soon()), 1);
	expect_credentials(conn, child); /* it is another user's by now */
	expect(sock_shutdown(conn, LIBSOCK_SHUT_WR), 0);
	expect_good(child);
	expect_credentials(conn, child); /* it is gone by now */
	sock_close(&conn);
	sock_close(&server);
	remove(path.host);
}
END_TEST

/* The other end is this process's, which the child has nothing to do with. */
START_TEST(whoever_was_given_the_socket_later_is_not_told)
{
	struct sock server, client, conn;

	expect(sock_serve(&server, LIBSOCK_STREAM, &path, 1), 0);
	expect(sock_dial(&client, LIBSOCK_STREAM, &path, soon()), 0);
	expect(sock_accept(server, &conn, NULL, soon()), 0);

	const pid_t child = fork();

	if (child == 0)
		_exit(sock_send(client, "x", 1, soon()) == 1 ? 0 : 1);
	expect_good(child);
	expect_credentials(conn, native_process_id());
	sock_close(&client);
	sock_close(&conn);
	sock_close(&server);
	remove(path.host);
}
END_TEST
#ifdef CLONE_NEWPID
/* In a child: what is a process's number to whom it is not to be seen? */
static int look_from_another_world(struct sock client)
{
	struct sock_credentials who;
	int status = -1;
	pid_t inner;

	if (unshare(CLONE_NEWPID) != 0)
		return 0; /* not allowed */
	inner = fork();
	if (inner == 0)
		_exit(sock_peer_credentials(client, &who) == 0 && who.pid == -1 && who.uid == native_user_id() ? 0 : 1);
	return waitpid(inner, &status, 0) == inner && status == 0 ? 0 : 2;
}

START_TEST(a_process_that_is_not_to_be_seen_is_unknown)
{
	struct sock server, client;
	pid_t child;

	expect(sock_serve(&server, LIBSOCK_STREAM, &path, 1), 0);
	expect(sock_dial(&client, LIBSOCK_STREAM, &path, soon()), 0);
	child = fork();
	if (child == 0)
		_exit(look_from_another_world(client));
	expect_good(child);
	sock_close(&client);
	sock_close(&server);
	remove(path.host);
}
END_TEST
#else
START_TEST(a_process_that_is_not_to_be_seen_is_unknown) {}
END_TEST
#endif

int main(void)
{
	const struct testing_test tests[] = {
		{what_is_told_stays_whoever_the_peer_becomes},
		{whoever_was_given_the_socket_later_is_not_told},
		{a_process_that_is_not_to_be_seen_is_unknown},
		{0},
	};

	return testing_main("peers", tests);
}
