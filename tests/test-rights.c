/* SPDX-License-Identifier: MIT */

/* What a peer can do with SCM_RIGHTS and a service manager with the environment, made here with the system's own calls. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* One byte with `count` times the same descriptor. */
static void send_rights(struct sock channel, int fd, int count)
{
	char byte = 'x';
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control = {.room = {0}};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
	int fds[8];

	for (int i = 0; i < count; i++)
		fds[i] = fd;
	message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));

	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
	ck_assert_int_eq(sendmsg((int)sock_native(channel), &message, 0), 1);
}

START_TEST(what_comes_without_a_socket_or_with_several_is_a_protocol_error)
{
	struct sock channel[2], s;
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr);

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_send(channel[0], "x", 1, soon()), 1);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
	expect(s.family, 0);
	for (int count = 2; count <= 8; count++) { /* the harness counts what stays open */
		send_rights(channel[0], (int)sock_native(l), count);
		expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
		expect(s.family, 0);
	}
	send_rights(channel[0], (int)sock_native(l), 1); /* and the channel goes on */
	expect(sock_recv_socket(channel[1], &s, soon()), 0);
	sock_close(&s);
	sock_close(&channel[0]);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EEOF);
	sock_close(&channel[1]);
	sock_close(&l);
}
END_TEST

/* Its sender has closed it: to close it here, the last place, would wait as long as the sender has set it to. */
START_TEST(a_lingering_socket_that_is_not_wanted_does_not_hold_the_receiver)
{
	for (int count = 2; count <= 3; count++) {
		struct sock channel[2], a, b, s;
		static const char data[65536];
		int64_t begun;

		expect(sock_pair(channel, LIBSOCK_STREAM), 0);
		connected_pair(LIBSOCK_AF_INET, &a, &b);
		while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
			;
		expect(sock_set(a, LIBSOCK_LINGER, 20000), 0);
		send_rights(channel[0], (int)sock_native(a), count);
		sock_close(&a);
		begun = sock_now();
		expect(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT), LIBSOCK_EPROTO);
		expect_ended(begun);
		sock_close(&b);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
	}
}
END_TEST

START_TEST(what_is_no_socket_is_closed_again)
{
	struct sock channel[2], s;
	int pipes[2];

	expect(sock_pair(channel, LIBSOCK_DGRAM), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	send_rights(channel[0], pipes[0], 1);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_ENOTSOCK);
	expect(s.family, 0);
	close(pipes[0]);
	close(pipes[1]);
	expect(sock_send(channel[0], "", 0, soon()), 0); /* an empty datagram is no end */
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(without_a_free_descriptor_the_code_says_so)
{
	struct sock channel[2], s;
	struct rlimit limit, small;
	int lowest;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	send_rights(channel[0], (int)sock_native(channel[0]), 1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	lowest = dup(0);
	ck_assert_int_ge(lowest, 0);
	close(lowest);
	small = limit;
	small.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(s.family, 0);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

/* What a process with these two sockets and this environment is told; -1 where it went wrong in another way. */
struct activation {
	const char *pid, *fds, *names; /* NULL: not set; "self": the process's own */
	const char *name;
	int expected;
};

static void set(const char *name, const char *value)
{
	char self[32];

	snprintf(self, sizeof self, "%ld", (long)getpid());
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, strcmp(value, "self") == 0 ? self : value, 1);
}

/* In a process of its own, where 3 and 4 are two listeners. */
static int activate(const struct activation *case_, struct sock first, struct sock second)
{
	int status = -1, a, b;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0) {
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	a = fcntl((int)sock_native(first), F_DUPFD, 10);
	b = fcntl((int)sock_native(second), F_DUPFD, 10);
	dup2(a, 3);
	dup2(b, 4);
	set("LISTEN_PID", case_->pid);
	set("LISTEN_FDS", case_->fds);
	set("LISTEN_FDNAMES", case_->names);

	struct sock found[2] = {{0}};
	int count = sock_activated(found, 2, case_->name), good = count == case_->expected;

	for (int i = 0; i < count && i < 2; i++)
		good = good && found[i].type == LIBSOCK_STREAM && !native_is_inheritable(sock_native(found[i]));
	if (count == 1 && case_->name && strcmp(case_->name, "second") == 0)
		good = good && sock_native(found[0]) == 4;
	_exit(good ? 0 : 1);
}

START_TEST(the_environment_says_which_sockets_were_passed)
{
	static const struct activation cases[] = {
		{"self", "2", NULL, NULL, 2},
		{"self", "2", "first:second", NULL, 2},
		{"self", "2", "first:second", "first", 1},
		{"self", "2", "first:second", "second", 1},
		{"self", "2", "same:same", "same", 2},
		{"self", "2", "first:second", "third", 0},
		{"self", "2", "first", "second", 0},
		{"self", "2", "firs:second:more", "first", 0},
		{"self", "2", NULL, "first", 0},
		{"self", "1", "first:second", NULL, 1},
		{"self", "0", NULL, NULL, 0},
		{"self", NULL, NULL, NULL, 0},
		{NULL, "2", NULL, NULL, 0},
		{"1", "2", NULL, NULL, 0}, /* another process's */
		{"self", "two", NULL, NULL, LIBSOCK_EINVAL},
		{"self", "", NULL, NULL, LIBSOCK_EINVAL},
		{"self", "-1", NULL, NULL, LIBSOCK_EINVAL},
		{"self", "99999999999", NULL, NULL, LIBSOCK_EINVAL},
		{"x", "2", NULL, NULL, LIBSOCK_EINVAL},
	};
	struct sock_addr addr;
	struct sock a = listener(LIBSOCK_AF_INET, 4, &addr), b = listener(LIBSOCK_AF_INET6, 4, &addr);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(activate(&cases[i], a, b) == 0, "case %d", (int)i);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_comes_without_a_socket_or_with_several_is_a_protocol_error},
		{a_lingering_socket_that_is_not_wanted_does_not_hold_the_receiver},
		{what_is_no_socket_is_closed_again},
		{without_a_free_descriptor_the_code_says_so},
		{the_environment_says_which_sockets_were_passed},
		{0},
	};

	return testing_main("rights", tests);
}
