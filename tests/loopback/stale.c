/* SPDX-License-Identifier: MIT */

/* Closing is final, also where a duplicate lives on: in another process, or under another number. */

#include "testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(struct sock_poller *poller, int64_t deadline)
{
	struct sock_event events[4];

	expect(sock_poller_wait(poller, events, 4, deadline), deadline == LIBSOCK_NOWAIT ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT);
}

/* The very socket that was closed comes back, under the number that it had: whoever wants it adds it again. */
START_TEST(a_closed_socket_that_comes_back_is_another_one)
{
	struct sock channel[2], pair[2], back;
	struct sock_poller poller;
	struct sock_event event;
	int old, fresh;

	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, &old), 0);
	for (int again = 0; again < 2; again++) {
		const intptr_t number = sock_native(pair[0]);

		expect(sock_send_socket(channel[0], pair[0], soon()), 0);
		expect(sock_close(&pair[0]), 0);
		expect(sock_recv_socket(channel[1], &back, soon()), 0);
		ck_assert_int_eq(sock_native(back), number);
		pair[0] = back;
		if (again == 0) {
			expect(sock_poller_modify(&poller, back, LIBSOCK_READABLE, &old), LIBSOCK_ENOENT);
			expect(sock_poller_remove(&poller, back), LIBSOCK_ENOENT);
		}
		expect(sock_send(pair[1], "x", 1, soon()), 1);
		nothing(&poller, LIBSOCK_NOWAIT);
		expect(sock_poller_add(&poller, back, LIBSOCK_READABLE, &fresh), 0);
		expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
		ck_assert_ptr_eq(event.data, &fresh);
	}
	sock_poller_close(&poller);
	for (int i = 0; i < 2; i++) {
		sock_close(&pair[i]);
		sock_close(&channel[i]);
	}
}
END_TEST

static void *close_it(void *s)
{
	sock_close(s);
	return NULL;
}

/* A close that lingers has freed the number long before it ends: whoever has it then is somebody else. */
START_TEST(a_close_that_is_under_way_takes_no_other_socket_from_a_poller)
{
	static const char data[65536];
	struct sock a, b, pair[2];
	struct sock_poller poller;
	struct sock_event event;
	pthread_t thread;
	intptr_t number;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (sock_send(a, data, sizeof data, LIBSOCK_NOWAIT) > 0)
		;
	expect(sock_set(a, LIBSOCK_OPT_LINGER_MS, 20000), 0);
	expect(sock_poller_open(&poller), 0);
	number = sock_native(a);
	ck_assert_int_eq(pthread_create(&thread, NULL, close_it, &a), 0);
	for (int64_t by = soon(); fcntl((int)number, F_GETFD) != -1 && sock_now() < by;)
		sched_yield();
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(sock_native(pair[0]), number);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, pair), 0);
	reset(&b); /* nothing lingers any more */
	pthread_join(thread, NULL);
	expect(sock_send(pair[1], "x", 1, soon()), 1);
	for (int i = 0; i < 2; i++)
		expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
	expect(sock_poller_modify(&poller, pair[0], 0, pair), 0);
	expect(sock_poller_remove(&poller, pair[0]), 0);
	sock_poller_close(&poller);
	for (int i = 0; i < 2; i++)
		sock_close(&pair[i]);
}
END_TEST

/* How a duplicate comes about, and how it ends. */
struct duplicate {
	int fd;
	pid_t child;
	struct sock channel[2], taken;
};

static struct duplicate by_dup(struct sock s)
{
	return (struct duplicate){.fd = dup((int)sock_native(s))};
}

static struct duplicate by_fork(struct sock s)
{
	struct duplicate d = {.fd = -1};

	(void)s;
	d.child = fork();
	if (d.child == 0)
		for (;;)
			pause();
	return d;
}

static struct duplicate by_channel(struct sock s)
{
	struct duplicate d = {.fd = -1};

	expect(sock_pair(d.channel, LIBSOCK_STREAM), 0);
	expect(sock_send_socket(d.channel[0], s, soon()), 0); /* on its way, it is open */
	return d;
}

static void end(struct duplicate *d)
{
	if (d->fd >= 0)
		close(d->fd);
	if (d->child > 0) {
		kill(d->child, SIGKILL);
		waitpid(d->child, NULL, 0);
	}
	sock_close(&d->channel[0]);
	sock_close(&d->channel[1]);
}

static struct duplicate (*const ways[])(struct sock s) = {by_dup, by_fork, by_channel};

static void by_close(struct sock *s)
{
	sock_close(s);
}

static void by_release(struct sock *s)
{
	close((int)sock_release(s));
}

static void (*const closes[])(struct sock *s) = {by_close, by_release};

START_TEST(a_closed_socket_has_no_event_while_a_duplicate_lives)
{
	for (int i = 0; i < 3 * 2 * 2; i++) {
		struct sock pair[2], other[2], gone;
		struct sock_poller poller;
		struct sock_event event;
		struct duplicate d;
		int names[2];

		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
		expect(sock_pair(other, LIBSOCK_STREAM), 0);
		expect(sock_poller_open(&poller), 0);
		expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, &names[0]), 0);
		expect(sock_poller_add(&poller, other[0], LIBSOCK_READABLE, &names[1]), 0);
		d = ways[i % 3](pair[0]);
		gone = pair[0];
		closes[i / 3 % 2](&pair[0]);
		if (i / 6) /* before it is closed, or after */
			nothing(&poller, LIBSOCK_NOWAIT);
		expect(sock_send(pair[1], "x", 1, soon()), 1);
		nothing(&poller, sock_after(30));
		expect(sock_send(other[1], "x", 1, soon()), 1);
		for (int k = 0; k < 3; k++) { /* the others are still there */
			expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
			ck_assert_ptr_eq(event.data, &names[1]);
		}
		ck_assert_int_lt(sock_poller_remove(&poller, gone), 0);
		sock_poller_close(&poller);
		end(&d);
		sock_close(&pair[1]);
		sock_close(&other[0]);
		sock_close(&other[1]);
	}
}
END_TEST

START_TEST(a_socket_with_the_number_of_a_closed_one_has_its_own_events)
{
	for (int i = 0; i < 2 * 2; i++) {
		struct sock pair[2], next[2];
		struct sock_poller poller;
		struct sock_event event;
		struct duplicate d;
		intptr_t number;
		int names[2];

		expect(sock_pair(pair, LIBSOCK_STREAM), 0);
		expect(sock_poller_open(&poller), 0);
		expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, &names[0]), 0);
		number = sock_native(pair[0]);
		d = by_dup(pair[0]);
		closes[i % 2](&pair[0]);
		expect(sock_send(pair[1], "x", 1, soon()), 1);
		expect(sock_pair(next, LIBSOCK_STREAM), 0);
		ck_assert_int_eq(sock_native(next[0]), number);
		if (i / 2) {
			expect(sock_poller_add(&poller, next[0], LIBSOCK_READABLE, &names[1]), 0);
			nothing(&poller, sock_after(30));
			expect(sock_send(next[1], "x", 1, soon()), 1);
			for (int k = 0; k < 3; k++) {
				expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
				ck_assert_ptr_eq(event.data, &names[1]);
			}
		} else {
			nothing(&poller, sock_after(30));
			expect(sock_poller_modify(&poller, next[0], LIBSOCK_READABLE, NULL), LIBSOCK_ENOENT);
			expect(sock_poller_remove(&poller, next[0]), LIBSOCK_ENOENT);
			nothing(&poller, sock_after(30));
		}
		sock_poller_close(&poller);
		end(&d);
		sock_close(&pair[1]);
		sock_close(&next[0]);
		sock_close(&next[1]);
	}
}
END_TEST

/* Many come and go, each with a duplicate that stays: only those that are there are reported, each with its pointer. */
START_TEST(hundreds_of_duplicates_do_not_hide_what_is_ready)
{
	enum { COUNT = 200 };
	struct sock pairs[COUNT][2];
	struct sock_event events[COUNT];
	struct sock_poller poller;
	int duplicates[COUNT], seen = 0, n;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < COUNT; i++) {
		expect(sock_pair(pairs[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pairs[i][0], LIBSOCK_READABLE, &pairs[i]), 0);
		duplicates[i] = dup((int)sock_native(pairs[i][0]));
		expect(sock_send(pairs[i][1], "x", 1, soon()), 1);
	}
	for (int i = 0; i < COUNT; i += 2)
		sock_close(&pairs[i][0]);
	while ((n = sock_poller_wait(&poller, events, COUNT, LIBSOCK_NOWAIT)) > 0)
		for (int k = 0; k < n; k++, seen++) {
			struct sock *pair = events[k].data;
			char byte;

			ck_assert_int_ne(pair[0].family, 0);
			expect(sock_recv(pair[0], &byte, 1, LIBSOCK_NOWAIT), 1);
		}
	expect(n, LIBSOCK_EAGAIN);
	ck_assert_int_eq(seen, COUNT / 2);
	sock_poller_close(&poller);
	for (int i = 0; i < COUNT; i++) {
		close(duplicates[i]);
		sock_close(&pairs[i][0]);
		sock_close(&pairs[i][1]);
	}
}
END_TEST

/* With room for one event: what has none of its own is passed over within the call. */
START_TEST(what_is_stale_or_silent_does_not_take_the_room_of_what_is_ready)
{
	enum { COUNT = 5 };
	struct sock pairs[COUNT][2], ended[COUNT][2], other[2];
	struct sock_poller poller;
	struct sock_event event;
	int duplicates[COUNT];

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < COUNT; i++) {
		expect(sock_pair(pairs[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pairs[i][0], LIBSOCK_READABLE, NULL), 0);
		duplicates[i] = dup((int)sock_native(pairs[i][0]));
		expect(sock_send(pairs[i][1], "x", 1, soon()), 1);
		sock_close(&pairs[i][0]);
		expect(sock_pair(ended[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, ended[i][0], 0, NULL), 0);
		sock_close(&ended[i][1]);
	}
	expect(sock_pair(other, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, other[0], LIBSOCK_READABLE, &poller), 0);
	expect(sock_send(other[1], "x", 1, soon()), 1);
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), 1);
	ck_assert_ptr_eq(event.data, &poller);
	sock_poller_close(&poller);
	for (int i = 0; i < COUNT; i++) {
		close(duplicates[i]);
		sock_close(&pairs[i][1]);
		sock_close(&ended[i][0]);
	}
	sock_close(&other[0]);
	sock_close(&other[1]);
}
END_TEST

struct acceptor {
	struct sock l;
	int64_t deadline;
	int result;
};

static void *accept_once(void *arg)
{
	struct acceptor *a = arg;
	struct sock conn;

	a->result = sock_accept(a->l, &conn, NULL, a->deadline);
	return NULL;
}

static struct sock unix_listener(void)
{
	const struct sock_addr addr = {"stale.sock", 0};
	struct sock l;

	expect(sock_open(&l, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_bind(l, &addr), 0);
	expect(sock_listen(l, 4), 0);
	return l;
}

START_TEST(shutdown_wakes_acceptors_of_every_family_in_either_mode)
{
	for (int i = 0; i < 2 * 2 * 2 * 2; i++) {
		const int how = i % 2 ? LIBSOCK_SHUT_RD : LIBSOCK_SHUT_RDWR;
		struct sock_addr addr;
		struct acceptor a = {.deadline = i / 2 % 2 ? LIBSOCK_FOREVER : soon()};
		pthread_t thread;
		struct sock conn;

		a.l = i / 8 ? unix_listener() : listener(LIBSOCK_AF_INET, 4, &addr);
		if (i / 4 % 2)
			ck_assert_int_eq(fcntl((int)sock_native(a.l), F_SETFL, O_NONBLOCK), 0);
		ck_assert_int_eq(pthread_create(&thread, NULL, accept_once, &a), 0);
		native_until_another_waits();
		expect(sock_shutdown(a.l, how), 0);
		pthread_join(thread, NULL);
		expect(a.result, LIBSOCK_EINVAL);
		expect(sock_accept(a.l, &conn, NULL, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
		expect(sock_accept(a.l, &conn, NULL, soon()), LIBSOCK_EINVAL);
		expect(sock_accept(a.l, &conn, NULL, LIBSOCK_FOREVER), LIBSOCK_EINVAL);
		sock_close(&a.l);
		unlink("stale.sock");
	}
}
END_TEST

START_TEST(a_listener_has_no_connection_of_its_own)
{
	struct sock_addr addr;
	struct sock all[] = {listener(LIBSOCK_AF_INET, 4, &addr), listener(LIBSOCK_AF_INET6, 4, &addr), unix_listener()};
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, -1, sock_after(100000), LIBSOCK_FOREVER};

	for (int i = 0; i < 3 * 4; i++)
		expect(sock_connect_result(all[i % 3], deadlines[i / 3]), LIBSOCK_ENOTCONN);
	for (int i = 0; i < 3; i++)
		sock_close(&all[i]);
	unlink("stale.sock");
}
END_TEST

START_TEST(after_fork_the_other_process_may_close_the_poller)
{
	struct sock_poller poller;
	struct sock_event event;
	struct sock pair[2];
	int status = -1, name;

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, &name), 0);

	pid_t child = fork();

	if (child == 0)
		_exit(sock_poller_close(&poller) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	nothing(&poller, LIBSOCK_NOWAIT);
	expect(sock_poller_wake(&poller), 0);
	expect(sock_poller_wait(&poller, &event, 1, soon()), 0);
	expect(sock_send(pair[1], "x", 1, soon()), 1);
	expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
	ck_assert_ptr_eq(event.data, &name);
	sock_poller_close(&poller);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

/* To forget what cannot be removed takes a descriptor, for the moment. */
START_TEST(without_a_descriptor_to_forget_a_closed_socket_with_it_is_emfile)
{
	struct sock_poller poller;
	struct sock_event event;
	struct sock pair[2];
	struct rlimit limit, none;
	struct duplicate d;
	int lowest, n, before = native_open_descriptors() + 2, has_own;

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_open(&poller), 0);
	has_own = native_open_descriptors() - before - 2; /* epoll beside the way to wake it */
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, NULL), 0);
	d = by_dup(pair[0]);
	sock_close(&pair[0]);
	expect(sock_send(pair[1], "x", 1, soon()), 1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	lowest = dup(0);
	close(lowest);
	none = limit;
	none.rlim_cur = (rlim_t)lowest;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	n = sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
#ifdef __linux__
	expect(n, has_own ? LIBSOCK_EMFILE : LIBSOCK_EAGAIN);
#else
	(void)has_own;
	expect(n, LIBSOCK_EAGAIN);
#endif
	nothing(&poller, LIBSOCK_NOWAIT);
	sock_poller_close(&poller);
	end(&d);
	sock_close(&pair[1]);
}
END_TEST

/* The poller's own descriptor may be given the number of a socket that was closed. */
START_TEST(a_copy_of_a_closed_socket_is_not_taken_for_the_poller)
{
	struct sock_poller poller;
	struct sock_event event;
	struct sock s[3], copies[3];

	for (int i = 0; i < 3; i++)
		expect(sock_open(&s[i], LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	for (int i = 0; i < 3; i++) {
		copies[i] = s[i];
		sock_close(&s[i]);
	}
	expect(sock_poller_open(&poller), 0); /* two to wake it come first */
	expect(sock_poller_add(&poller, copies[2], LIBSOCK_READABLE, NULL), LIBSOCK_EBADF);
	ck_assert_int_lt(sock_poller_remove(&poller, copies[2]), 0);
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_poller_close(&poller);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_closed_socket_that_comes_back_is_another_one},
		{a_close_that_is_under_way_takes_no_other_socket_from_a_poller},
		{a_closed_socket_has_no_event_while_a_duplicate_lives},
		{a_socket_with_the_number_of_a_closed_one_has_its_own_events},
		{hundreds_of_duplicates_do_not_hide_what_is_ready},
		{what_is_stale_or_silent_does_not_take_the_room_of_what_is_ready},
		{shutdown_wakes_acceptors_of_every_family_in_either_mode},
		{a_listener_has_no_connection_of_its_own},
		{after_fork_the_other_process_may_close_the_poller},
		{without_a_descriptor_to_forget_a_closed_socket_with_it_is_emfile},
		{a_copy_of_a_closed_socket_is_not_taken_for_the_poller},
		{0},
	};

	return testing_main("stale", tests);
}
