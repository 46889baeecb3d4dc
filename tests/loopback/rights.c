/* SPDX-License-Identifier: MIT */

/* What a peer can do with SCM_RIGHTS and a service manager with the environment, made here with the system's own calls. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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
		native_send_rights(channel[0], (int)sock_native(l), count);
		expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
		expect(s.family, 0);
	}
	native_send_rights(channel[0], (int)sock_native(l), 1); /* and the channel goes on */
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
		expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 20000), 0);
		native_send_rights(channel[0], (int)sock_native(a), count);
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

/* The option is the socket's, whoever has it. */
START_TEST(a_socket_that_was_not_wanted_lingers_no_more)
{
	struct sock channel[2], a, b, s;
	int64_t ms = 0;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 0), 0);
	native_send_rights(channel[0], (int)sock_native(a), 2);
	expect(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT), LIBSOCK_EPROTO);
	expect(sock_get(a, LIBSOCK_OPT_LINGER_MS, &ms), 0);
	ck_assert_int_eq(ms, -1);
	sock_close(&a);
	sock_close(&b);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

/* What waits in a Unix-domain socket's queue is closed with it, by the last who has it: a lingering socket among it. */
START_TEST(a_lingering_socket_in_a_queue_does_not_hold_the_receiver)
{
	const int before = native_open_descriptors();
	struct sock channel[2], inner[2], a, b, s;
	static const char data[65536];
	int64_t begun;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_pair(inner, LIBSOCK_DGRAM), 0);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
		;
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 2000), 0);
	native_send_rights(inner[0], (int)sock_native(a), 1);
	sock_close(&a);
	native_send_rights(channel[0], (int)sock_native(inner[1]), 2);
	sock_close(&inner[0]);
	sock_close(&inner[1]);
	begun = sock_now();
	expect(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT), LIBSOCK_EPROTO);
	expect_ended(begun);
	sock_close(&b); /* nothing lingers any more */
	sock_close(&channel[0]);
	sock_close(&channel[1]);
	native_await_descriptors(before);
}
END_TEST

/* In a child that may have no threads, as a sandboxed worker. */
static int throws_away_without_threads(void)
{
	const struct rlimit none = {1, 1};
	struct sock channel[2], s;
	int ends[2], before;

	if (setrlimit(RLIMIT_NPROC, &none) != 0 || setuid(65534) != 0 || pipe(ends) != 0 || sock_pair(channel, LIBSOCK_STREAM) != 0)
		return 1;
	before = native_open_descriptors();
	for (int i = 0; i < 20; i++) {
		native_send_rights(channel[0], ends[0], 2);
		if (sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT) != LIBSOCK_EPROTO)
			return 2;
	}
	return native_open_descriptors() == before ? 0 : 3;
}

START_TEST(without_threads_what_is_not_wanted_is_closed_all_the_same)
{
	pid_t child;
	int status;

	if (geteuid() != 0)
		return;
	child = fork();
	if (child == 0)
		_exit(throws_away_without_threads());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_descriptor_of_the_sending_process_is_closed_too)
{
	enum { PASSPIDFD = 76 /* SO_PASSPIDFD, Linux 6.5 */ };
	struct sock channel[2], s;
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 1, &addr);
	const int on = 1;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	if (setsockopt((int)sock_native(channel[1]), SOL_SOCKET, PASSPIDFD, &on, sizeof on) == -1)
		ck_assert_int_eq(errno, ENOPROTOOPT); /* an older kernel: the rest holds all the more */
	expect(sock_send(channel[0], "x", 1, soon()), 1);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
	expect(sock_send_socket(channel[0], l, soon()), 0);
	expect(sock_recv_socket(channel[1], &s, soon()), 0);
	sock_close(&s); /* and the harness counts */
	sock_close(&l);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(what_is_no_socket_is_closed_again)
{
	struct sock channel[2], s;
	int pipes[2], open_before;

	expect(sock_pair(channel, LIBSOCK_DGRAM), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	native_send_rights(channel[0], pipes[0], 1);
	open_before = native_open_descriptors();
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_ENOTSOCK);
	expect(s.family, 0);
	for (int64_t by = soon(); native_open_descriptors() > open_before && sock_now() < by;)
		sched_yield(); /* its close may wait, and is not waited for */
	close(pipes[0]);
	close(pipes[1]);
	expect(sock_send(channel[0], "", 0, soon()), 0); /* an empty datagram is no end */
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EPROTO);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

/* The harness counts what stays open. */
START_TEST(more_descriptors_than_room_are_closed_and_told_of)
{
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++)
		for (int room = 0; room < 3; room++) {
			struct sock channel[2];
			intptr_t fds[3] = {-7, -7, -7};
			char data[4];
			int pipes[2], count = room, open_before;

			expect(sock_pair(channel, type), 0);
			ck_assert_int_eq(pipe(pipes), 0);
			open_before = native_open_descriptors();
			native_send_rights(channel[0], room == 1 ? pipes[0] : (int)sock_native(channel[0]), room + 1);
			expect(sock_recv_descriptors(channel[1], data, 4, fds, room, &count, soon()), LIBSOCK_EPROTO);
			ck_assert_int_eq(count, 0);
			ck_assert_int_eq(fds[0], -7);
			for (int64_t by = soon(); native_open_descriptors() > open_before && sock_now() < by;)
				sched_yield(); /* a pipe's close may wait, and is not waited for */
			native_send_rights(channel[0], pipes[0], 1); /* and the channel goes on */
			expect(sock_recv_descriptors(channel[1], data, 4, fds, 1, &count, soon()), 1);
			ck_assert_int_eq(count, 1);
			close((int)fds[0]);
			close(pipes[0]);
			close(pipes[1]);
			sock_close(&channel[0]);
			sock_close(&channel[1]);
		}
}
END_TEST

START_TEST(the_descriptors_of_a_datagram_that_is_too_long_are_closed)
{
	struct sock channel[2], s;
	intptr_t fds[2];
	char data[4];
	int count = 2;

	expect(sock_pair(channel, LIBSOCK_DGRAM), 0);
	fds[0] = sock_native(channel[0]);
	for (int i = 0; i < 2; i++)
		expect(sock_send_descriptors(channel[0], "hello", 5, fds, 1, soon()), 5);
	expect(sock_recv_descriptors(channel[1], data, 4, fds, 2, &count, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_int_eq(count, 0);
	expect(sock_recv_socket(channel[1], &s, soon()), 0); /* which looks at no data */
	sock_close(&s);
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}
END_TEST

START_TEST(any_file_goes_and_is_the_same)
{
	struct sock channel[2];
	intptr_t fds[2];
	char data[4];
	int pipes[2], count = 2;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	fds[0] = pipes[0];
	fds[1] = pipes[1];
	expect(sock_send_descriptors(channel[0], "x", 1, fds, 2, soon()), 1);
	expect(sock_recv_descriptors(channel[1], data, 4, fds, 2, &count, soon()), 1);
	ck_assert_int_eq(count, 2);
	ck_assert(!native_is_inheritable(fds[0]) && !native_is_inheritable(fds[1]));
	ck_assert_int_eq(write((int)fds[1], "yes", 3), 3);
	ck_assert_int_eq(read(pipes[0], data, 4), 3);
	for (int i = 0; i < 2; i++) {
		close((int)fds[i]);
		close(pipes[i]);
		sock_close(&channel[i]);
	}
}
END_TEST

START_TEST(without_a_free_descriptor_the_code_says_so)
{
	struct sock channel[2], s;
	struct rlimit limit, small;
	int lowest, count = 1;
	intptr_t fd;
	char byte;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	for (int i = 0; i < 2; i++)
		native_send_rights(channel[0], (int)sock_native(channel[0]), 1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	lowest = dup(0);
	ck_assert_int_ge(lowest, 0);
	close(lowest);
	small = limit;
	small.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
	expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_EMFILE);
	expect(sock_recv_descriptors(channel[1], &byte, 1, &fd, 1, &count, soon()), LIBSOCK_EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect(s.family, 0);
	ck_assert_int_eq(count, 0);
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
	int count = sock_activation_sockets(case_->name, found, 2), good = count == case_->expected;

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
		{"self", "2000000000", NULL, NULL, LIBSOCK_EBADF}, /* which takes no time, */
		{"self", "2000000000", "first:second", "second", 1}, /* nor does this */
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

/* In a process of its own, where 3 is one listener and 4 is what the case makes of it, within the room and beyond. */
static int activate_odd(struct sock first, int odd, int expected, int beyond)
{
	int status = -1, a, b;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0) {
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	a = fcntl((int)sock_native(first), F_DUPFD, 10);
	b = odd >= 0 ? fcntl(odd, F_DUPFD, 10) : -1;
	dup2(a, 3);
	close(4);
	if (odd >= 0)
		dup2(b, 4);
	set("LISTEN_PID", "self");
	set("LISTEN_FDS", "2");
	unsetenv("LISTEN_FDNAMES");

	struct sock found[2] = {{0}};

	if (sock_activation_sockets(NULL, found, 2) != expected)
		_exit(1);
	_exit(sock_activation_sockets(NULL, found, 1) == beyond ? 0 : 2);
}

START_TEST(what_was_passed_and_is_no_socket_of_ours_says_so)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
#ifdef AF_NETLINK
	int other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
#else
	int other = -1;
#endif

	expect(activate_odd(l, -1, LIBSOCK_EBADF, LIBSOCK_EBADF), 0);
	expect(activate_odd(l, file, LIBSOCK_ENOTSOCK, 2), 0);
	if (other >= 0) {
		struct sock channel[2], s;

		expect(activate_odd(l, other, LIBSOCK_ENOTSUP, 2), 0);
		expect(sock_pair(channel, LIBSOCK_STREAM), 0);
		native_send_rights(channel[0], other, 1);
		expect(sock_recv_socket(channel[1], &s, soon()), LIBSOCK_ENOTSUP);
		expect(s.family, 0);
		sock_close(&channel[0]);
		sock_close(&channel[1]);
		close(other);
	}
	close(file);
	sock_close(&l);
}
END_TEST

static int is_env(const char *name, const char *value)
{
	const char *found = getenv(name);

	return found && strcmp(found, value) == 0;
}

/* In the child: 3 and 4 are passed, and 4 alone is beyond the room. Returns what is not as it should be. */
static int wrong_with_activation(void)
{
	struct sock first[2] = {{0}}, again[2] = {{0}}, only = {0};
	char self[32];

	snprintf(self, sizeof self, "%ld", (long)getpid());
	fcntl(3, F_SETFD, 0);
	fcntl(4, F_SETFD, 0);
	if (sock_activation_sockets(NULL, NULL, 0) != 2 || !native_is_inheritable(3))
		return 1;
	if (sock_activation_sockets(NULL, &only, 1) != 2 || sock_native(only) != 3)
		return 2;
	if (native_is_inheritable(3) || !native_is_inheritable(4))
		return 3;
	if (sock_activation_sockets(NULL, first, 2) != 2 || sock_activation_sockets(NULL, again, 2) != 2)
		return 4;
	for (int i = 0; i < 2; i++)
		if (sock_native(first[i]) != 3 + i || sock_native(again[i]) != 3 + i)
			return 5;
	if (first[0].family != LIBSOCK_AF_INET || first[1].family != LIBSOCK_AF_INET6)
		return 6;
	return is_env("LISTEN_PID", self) && is_env("LISTEN_FDS", "2") && is_env("LISTEN_FDNAMES", "a:b") ? 0 : 7;
}

START_TEST(asked_again_it_gives_the_same_sockets_and_the_environment_stays)
{
	struct sock_addr addr;
	struct sock l[2] = {listener(LIBSOCK_AF_INET, 4, &addr), listener(LIBSOCK_AF_INET6, 4, &addr)};
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		int a = fcntl((int)sock_native(l[0]), F_DUPFD, 10), b = fcntl((int)sock_native(l[1]), F_DUPFD, 10);

		dup2(a, 3);
		dup2(b, 4);
		set("LISTEN_PID", "self");
		set("LISTEN_FDS", "2");
		set("LISTEN_FDNAMES", "a:b");
		_exit(wrong_with_activation());
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wrong: %d", WEXITSTATUS(status));
	sock_close(&l[0]);
	sock_close(&l[1]);
}
END_TEST

/* What so many free descriptors are too few for. */
static void expect_emfile(int (*call)(void), int needs)
{
	struct rlimit limit, small;
	int free_[8], results[8];

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i <= needs; i++)
		free_[i] = dup(0);
	small = limit;
	for (int i = 0; i <= needs; i++)
		close(free_[i]);
	for (int i = 0; i <= needs; i++) {
		small.rlim_cur = (rlim_t)free_[i];
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
		results[i] = call();
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	for (int i = 0; i < needs; i++)
		expect(results[i], LIBSOCK_EMFILE);
	ck_assert_msg(results[needs] >= 0, "%s", sock_errname(results[needs]));
}

static int make_pair(void)
{
	struct sock pair[2] = {{1, 2, 3}, {4, 5, 6}};
	int err = sock_pair(pair, LIBSOCK_STREAM);

	ck_assert(err == 0 || (pair[0].family == 0 && pair[1].family == 0));
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	return err;
}

static int make_poller(void)
{
	struct sock_poller poller;
	const struct sock_poller none = {0};
	int err;

	memset(&poller, 0x55, sizeof poller);
	err = sock_poller_open(&poller);
	if (err < 0)
		ck_assert_mem_eq(&poller, &none, sizeof none);
	else
		sock_poller_close(&poller);
	return err;
}

static int ignore_interface(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	(void)row;
	return 0;
}

static int list_interfaces(void)
{
	return sock_interfaces(ignore_interface, NULL);
}

static int find_interface(void)
{
	int index = sock_interface_index("lo");

	return index > 0 ? 0 : index;
}

static int ignore_row(void *context, const struct sock_connection *row)
{
	(void)context;
	(void)row;
	return 0;
}

static int list_connections(void)
{
	return sock_connections(ignore_row, NULL);
}

static int has_connections(void)
{
	return sock_has(LIBSOCK_HAS_CONNECTIONS) ? 0 : LIBSOCK_EMFILE;
}

START_TEST(what_has_too_few_descriptors_is_emfile_and_leaves_none)
{
	struct sock_poller poller;
	int needs = -native_open_descriptors();

	expect(sock_poller_open(&poller), 0);
	needs += native_open_descriptors();
	sock_poller_close(&poller);
	expect_emfile(make_pair, 2);
	expect_emfile(make_poller, needs);
	if (sock_has(LIBSOCK_HAS_CONNECTIONS)) { /* Linux, where a list takes one */
		expect_emfile(list_interfaces, 1);
		expect_emfile(find_interface, 1);
		expect_emfile(list_connections, 1);
		expect_emfile(has_connections, 1);
	}
}
END_TEST

/* The loopback's address in a scope, by number or by name; `name` may be of no interface. */
static struct sock_addr scoped(const char *name)
{
	struct sock_addr addr = {.port = 9};

	snprintf(addr.host, sizeof addr.host, "::1%%%.200s", name);
	return addr;
}

static char scopes[2][LIBSOCK_INTERFACE_SIZE]; /* the loopback's name and number */

static int take_loopback(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	if (!row->loopback || strcmp(row->addr.host, "::1") != 0)
		return 0;
	snprintf(scopes[0], sizeof scopes[0], "%s", row->name);
	snprintf(scopes[1], sizeof scopes[1], "%u", (unsigned)row->index);
	return 1;
}

static int resolve_scope(void)
{
	struct sock_addr found, name = scoped(scopes[0]), number = scoped(scopes[1]);
	int by_name = sock_resolve(&name, LIBSOCK_AF_INET6, &found, 1, soon());
	int by_number = sock_resolve(&number, LIBSOCK_AF_INET6, &found, 1, soon());

	expect(by_name, by_number);
	return by_name;
}

static int reverse_scope(void)
{
	struct sock_addr name, addr = scoped(scopes[0]);

	return sock_reverse(&addr, &name, soon());
}

static int dial_scope(void)
{
	struct sock s;
	struct sock_addr addr = scoped(scopes[1]);
	int err = sock_dial(&s, LIBSOCK_STREAM, &addr, soon());

	return err == LIBSOCK_ECONNREFUSED ? 0 : err;
}

static int service_port(void)
{
	return sock_service_port("http", LIBSOCK_STREAM); /* also of a name that is in the built-in table: the database is first */
}

static int service_name(void)
{
	char name[LIBSOCK_SERVICE_SIZE] = "old";
	int n = sock_service_name(80, LIBSOCK_STREAM, name, sizeof name);

	ck_assert((n < 0) == (name[0] == '\0'));
	return n;
}

/* glibc calls a service unknown whose database it could not open. */
START_TEST(a_service_is_not_unknown_because_no_descriptor_is_left)
{
	FILE *database = fopen("/etc/services", "r");

	if (database == NULL)
		return; /* a machine without one: nothing is to be opened */
	fclose(database);
	expect_emfile(service_port, 1);
	expect_emfile(service_name, 1);
}
END_TEST

static void set_most_descriptors(struct rlimit *limit, rlim_t most)
{
	limit->rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, limit), 0);
}

/* glibc's calls for it open a socket of their own, and do not say that they could not. */
START_TEST(an_interface_is_not_missing_because_no_descriptor_is_left)
{
	static const char *const none[] = {"nosuch0", "999999", "a-name-that-no-interface-has"};
	static char long_[70000];
	struct rlimit limit;
	struct sock s;

	expect(sock_interfaces(take_loopback, NULL), 1);
	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);

	const rlim_t before = limit.rlim_cur;

	for (int i = 0; i < 2; i++) {
		struct sock_addr addr = scoped(scopes[i]), missing;

		set_most_descriptors(&limit, 3);

		int sent = (int)sock_sendto(s, long_, sizeof long_, &addr, soon()), connected = sock_connect(s, &addr, soon());

		set_most_descriptors(&limit, before);
		expect(sent, LIBSOCK_EMSGSIZE);
		expect(connected, 0);
		for (int j = 0; j < 3; j++) {
			missing = scoped(none[j]);
			set_most_descriptors(&limit, 3);
			connected = sock_connect(s, &missing, soon());
			sent = (int)sock_sendto(s, "x", 1, &missing, soon());
			set_most_descriptors(&limit, before);
			expect(connected, LIBSOCK_ENODEV);
			expect(sent, LIBSOCK_ENODEV);
		}
	}
	sock_close(&s);
	if (sock_has(LIBSOCK_HAS_CONNECTIONS) != 1)
		return; /* not Linux: no descriptor is needed there */
	expect_emfile(resolve_scope, 1);
	expect_emfile(reverse_scope, 1);
	expect_emfile(dial_scope, 1);
}
END_TEST

/* What a sandbox sets: nothing can be opened any more, and poll(2) takes no descriptor. */
START_TEST(a_limit_of_no_descriptors_leaves_what_is_open_as_it_was)
{
	static const char data[65536];
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4, &addr), client, conn, pair[2];
	struct sock_wait_item item;
	struct rlimit limit;
	char byte;

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_open(&client, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);

	const rlim_t before = limit.rlim_cur;

	item = (struct sock_wait_item){.s = pair[0], .interest = LIBSOCK_READABLE};
	set_most_descriptors(&limit, 0);

	const ptrdiff_t received = sock_recv(pair[0], &byte, 1, sock_after(20));
	const int waited = sock_wait(&item, 1, sock_after(20)), slept = sock_wait(NULL, 0, sock_after(20));
	const int connected = sock_connect(client, &addr, soon());

	while (sock_send(pair[0], data, sizeof data, LIBSOCK_NOWAIT) > 0)
		;

	const ptrdiff_t sent = sock_send(pair[0], data, 1, sock_after(20));
	const ptrdiff_t got = sock_recv(pair[1], &byte, 1, soon());
	const int accepted = sock_accept(l, &conn, NULL, soon()), finished = sock_close_gracefully(&pair[0], sock_after(20));

	set_most_descriptors(&limit, before);
	expect(received, LIBSOCK_ETIMEDOUT);
	expect(waited, LIBSOCK_EMFILE);
	expect(slept, LIBSOCK_ETIMEDOUT);
	expect(connected, LIBSOCK_EMFILE); /* how it ends is not told; it goes on */
	expect(sent, LIBSOCK_ETIMEDOUT);
	expect(got, 1);
	expect(accepted, LIBSOCK_EMFILE);
	expect(finished, LIBSOCK_ETIMEDOUT);
	expect(sock_accept(l, &conn, NULL, soon()), 0);
	sock_close(&conn);
	sock_close(&client);
	sock_close(&pair[1]);
	sock_close(&l);
}
END_TEST

START_TEST(an_outcome_is_told_when_descriptors_are_allowed_again)
{
	struct sock holder, s;
	const struct sock_addr addr = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, &holder);
	struct rlimit limit;

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);

	const rlim_t before = limit.rlim_cur;

	set_most_descriptors(&limit, 0);

	const int begun = sock_connect(s, &addr, LIBSOCK_NOWAIT), asked = sock_connect_result(s, LIBSOCK_NOWAIT),
		  waited = sock_connect_result(s, soon());

	set_most_descriptors(&limit, before);
	expect(begun, LIBSOCK_EINPROGRESS);
	expect(asked, LIBSOCK_EMFILE);
	expect(waited, LIBSOCK_EMFILE);
	expect(sock_connect_result(s, soon()), LIBSOCK_ECONNREFUSED);
	expect(sock_connect_result(s, soon()), LIBSOCK_ENOTCONN);
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_comes_without_a_socket_or_with_several_is_a_protocol_error},
		{a_lingering_socket_that_is_not_wanted_does_not_hold_the_receiver},
		{a_socket_that_was_not_wanted_lingers_no_more},
		{a_lingering_socket_in_a_queue_does_not_hold_the_receiver},
		{without_threads_what_is_not_wanted_is_closed_all_the_same},
		{a_descriptor_of_the_sending_process_is_closed_too},
		{what_is_no_socket_is_closed_again},
		{more_descriptors_than_room_are_closed_and_told_of},
		{the_descriptors_of_a_datagram_that_is_too_long_are_closed},
		{any_file_goes_and_is_the_same},
		{without_a_free_descriptor_the_code_says_so},
		{the_environment_says_which_sockets_were_passed},
		{what_was_passed_and_is_no_socket_of_ours_says_so},
		{asked_again_it_gives_the_same_sockets_and_the_environment_stays},
		{what_has_too_few_descriptors_is_emfile_and_leaves_none},
		{a_service_is_not_unknown_because_no_descriptor_is_left},
		{a_limit_of_no_descriptors_leaves_what_is_open_as_it_was},
		{an_outcome_is_told_when_descriptors_are_allowed_again},
		{an_interface_is_not_missing_because_no_descriptor_is_left},
		{0},
	};

	return testing_main("rights", tests);
}
