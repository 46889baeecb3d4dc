/* SPDX-License-Identifier: MIT */

/*
 * A connection that the system gives up, which is not the caller's deadline. The peer is made deaf by a filter (socket(7)),
 * or as root, in a network namespace of the test's own, the way to it is taken away: then the system knows of a reason.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

static int is_alone; /* in a namespace */

/* With the loopback down there is no way to any peer. 0 or -1. */
static int switch_loopback(int on)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = (short)(on ? IFF_UP | IFF_RUNNING : 0)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), result = ioctl(fd, SIOCSIFFLAGS, &lo);

	close(fd);
	return result;
}

static void make_deaf(struct sock s)
{
	struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
	const struct sock_fprog program = {.len = 1, .filter = &nothing};

	ck_assert_int_eq(setsockopt((int)sock_native(s), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

static void unplug(struct sock s)
{
	(void)s;
	ck_assert_int_eq(switch_loopback(0), 0);
}

static void (*const silences[])(struct sock s) = {make_deaf, unplug};

/* How many of them there are here. */
static int silence_count(void)
{
	return is_alone ? 2 : 1;
}

/* How a connection is given up: something is sent that nobody confirms, or the system asks and nobody answers. */
static void by_user_timeout(struct sock s)
{
	expect(sock_set(s, LIBSOCK_OPT_USER_TIMEOUT_MS, 200), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
}

static void by_keepalive(struct sock s)
{
	expect(sock_set(s, LIBSOCK_OPT_KEEPALIVE_IDLE_MS, 1000), 0);
	expect(sock_set(s, LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS, 1000), 0);
	expect(sock_set(s, LIBSOCK_OPT_KEEPALIVE_COUNT, 1), 0);
	expect(sock_set(s, LIBSOCK_OPT_KEEPALIVE, 1), 0);
}

static void (*const givings_up[])(struct sock s) = {by_user_timeout, by_keepalive};

static void expect_error(struct sock s)
{
	struct sock_wait_item item = {.s = s};

	expect(sock_wait(&item, 1, soon()), 1);
	expect(item.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
}

static void wait_for_error(struct sock s)
{
	expect_error(s);
	if (is_alone)
		ck_assert_int_eq(switch_loopback(1), 0);
}

/* A connection that has been given up, with half a line received before. */
static struct sock given_up(int family, int silence, int how, struct sock *peer)
{
	struct sock s;
	struct sock_wait_item item;

	connected_pair(family, &s, peer);
	expect(sock_send(*peer, "half a li", 9, soon()), 9);
	item = (struct sock_wait_item){.s = s, .interest = LIBSOCK_READABLE};
	expect(sock_wait(&item, 1, soon()), 1);
	silences[silence](*peer);
	givings_up[how](s);
	wait_for_error(s);
	return s;
}

/* Each takes what came before, and returns what the stream ended with, three times asked. */

static void through_recv(struct sock s, int64_t deadline)
{
	char data[16];

	expect(sock_recv(s, data, sizeof data, deadline), 9);
	for (int i = 0; i < 3; i++)
		expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
}

static void through_recv_all(struct sock s, int64_t deadline)
{
	char data[16];
	size_t done;

	expect(sock_recv_exact(s, data, sizeof data, &done, deadline),
	       deadline > 0 ? LIBSOCK_ECONNTIMEDOUT : LIBSOCK_ETIMEDOUT);
	ck_assert_uint_eq(done, 9);
	for (int i = 0; i < 2; i++)
		expect(sock_recv_exact(s, data, sizeof data, &done, deadline), LIBSOCK_ECONNTIMEDOUT);
}

static void through_reader(struct sock s, int64_t deadline)
{
	struct sock_reader reader;
	char buffer[32], rest[16], *line;

	expect(sock_reader_init(&reader, s, buffer, sizeof buffer), 0);
	if (deadline <= 0)
		expect(sock_reader_line(&reader, &line, deadline), LIBSOCK_ETIMEDOUT); /* one receive: the half line */
	for (int i = 0; i < 3; i++) {
		expect(sock_reader_line(&reader, &line, deadline), LIBSOCK_ECONNTIMEDOUT);
		ck_assert_int_eq(reader.partial, 0);
	}
	expect(sock_reader_read(&reader, rest, sizeof rest, deadline), 9);
	for (int i = 0; i < 2; i++)
		expect(sock_reader_read(&reader, rest, sizeof rest, deadline), LIBSOCK_ECONNTIMEDOUT);
}

static void through_connected(struct sock s, int64_t deadline)
{
	char data[16];

	expect(sock_connect_result(s, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_connect_result(s, deadline), LIBSOCK_ENOTCONN);
	expect(sock_recv(s, data, sizeof data, deadline), 9);
	expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
}

static void through_send(struct sock s, int64_t deadline)
{
	char data[16];

	expect(sock_send_all(s, "y", 1, NULL, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_send_all(s, "y", 1, NULL, deadline), LIBSOCK_EPIPE);
	expect(sock_recv(s, data, sizeof data, deadline), 9);
	expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
}

static void through_pending_error(struct sock s, int64_t deadline)
{
	char data[16];

	for (int i = 0; i < 2; i++)
		expect(sock_pending_error(s), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_recv(s, data, sizeof data, deadline), 9);
	for (int i = 0; i < 2; i++)
		expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_pending_error(s), LIBSOCK_ECONNTIMEDOUT);
}

static void through_peek(struct sock s, int64_t deadline)
{
	char data[16];

	expect(sock_peek(s, data, sizeof data, deadline), 9);
	expect(sock_discard(s, 9, NULL, deadline), 0);
	for (int i = 0; i < 2; i++)
		expect(sock_peek(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_discard(s, 1, NULL, deadline), LIBSOCK_ECONNTIMEDOUT);
}

/* By the system itself, which is told the error then; and by way of memory. */
static void through_sendfile(struct sock s, int64_t deadline, int mode)
{
	FILE *file = tmpfile();
	char data[16];

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(ftruncate(fileno(file), 4096), 0);
	fcntl((int)sock_native(s), F_SETFL, mode);
	expect(sock_sendfile(s, native_file(file), 0, 4096, NULL, deadline), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_sendfile(s, native_file(file), 0, 4096, NULL, deadline), LIBSOCK_EPIPE);
	expect(sock_recv(s, data, sizeof data, deadline), 9);
	expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
	fclose(file);
}

static void through_sendfile_passing(struct sock s, int64_t deadline)
{
	through_sendfile(s, deadline, O_NONBLOCK);
}

static void through_sendfile_reading(struct sock s, int64_t deadline)
{
	through_sendfile(s, deadline, 0);
}

static void through_poller(struct sock s, int64_t deadline)
{
	struct sock_poller poller;
	struct sock_event event;
	char data[16];

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, s, LIBSOCK_READABLE, NULL), 0);
	expect(sock_poller_wait(&poller, &event, 1, deadline), 1);
	expect(event.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	expect(sock_recv(s, data, sizeof data, deadline), 9);
	expect(sock_recv(s, data, sizeof data, deadline), LIBSOCK_ECONNTIMEDOUT);
	sock_poller_close(&poller);
}

static void (*const ways[])(struct sock s, int64_t deadline) = {
	through_recv, through_recv_all, through_reader, through_connected, through_send, through_sendfile_passing,
	through_sendfile_reading, through_poller};
enum { WAYS = sizeof ways / sizeof ways[0] };

START_TEST(a_connection_that_was_given_up_is_neither_late_nor_at_its_end)
{
	for (int i = 0; i < WAYS * 2 * (1 + silence_count()); i++) {
		struct sock peer, s = given_up(families[i / WAYS % 2], i / (WAYS * 4), 0, &peer);

		ways[i % WAYS](s, i / (WAYS * 2) % 2 ? -1 : soon());
		expect_error(s);
		ck_assert_int_lt(sock_close_gracefully(&s, soon()), 0);
		sock_close(&peer);
	}
}
END_TEST

START_TEST(a_look_and_the_question_for_the_error_say_so_too)
{
	for (int i = 0; i < 2; i++) {
		struct sock peer, s = given_up(families[i], 0, 0, &peer);

		(i ? through_peek : through_pending_error)(s, soon());
		expect_error(s);
		sock_close(&s);
		sock_close(&peer);
	}
}
END_TEST

START_TEST(a_peer_that_does_not_answer_keepalive_is_given_up_alike)
{
	for (int i = 0; i < silence_count(); i++) {
		struct sock peer, s = given_up(LIBSOCK_AF_INET, i, 1, &peer);

		through_reader(s, soon());
		sock_close(&s);
		sock_close(&peer);
	}
}
END_TEST

START_TEST(finishing_says_that_the_connection_was_given_up)
{
	for (int i = 0; i < 2 * silence_count(); i++) {
		struct sock peer, s = given_up(families[i % 2], i / 2, 0, &peer);

		expect(sock_close_gracefully(&s, soon()), LIBSOCK_ECONNTIMEDOUT);
		sock_close(&peer);
	}
}
END_TEST

/* The peer's end has come, so that no receive tells of an error behind it. */
START_TEST(finishing_after_the_peers_end_says_so_too)
{
	for (int i = 0; i < 2 * silence_count(); i++) {
		struct sock peer, s;
		char byte;

		connected_pair(families[i % 2], &s, &peer);
		expect(sock_shutdown(peer, LIBSOCK_SHUT_WR), 0);
		expect(sock_recv(s, &byte, 1, soon()), 0);
		silences[i / 2](peer);
		by_user_timeout(s);
		wait_for_error(s);
		expect(sock_close_gracefully(&s, soon()), LIBSOCK_ECONNTIMEDOUT);
		sock_close(&peer);
	}
}
END_TEST

START_TEST(a_deadline_before_that_is_the_callers_own)
{
	struct sock s, peer;
	char data[4];

	connected_pair(LIBSOCK_AF_INET, &s, &peer);
	make_deaf(peer);
	expect(sock_set(s, LIBSOCK_OPT_USER_TIMEOUT_MS, 1000), 0);
	expect(sock_send(s, "x", 1, soon()), 1);
	expect(sock_recv(s, data, sizeof data, sock_after(10)), LIBSOCK_ETIMEDOUT);
	expect(sock_recv(s, data, sizeof data, soon()), LIBSOCK_ECONNTIMEDOUT);
	sock_close(&s);
	sock_close(&peer);
}
END_TEST

/* Has the system begun to ask, or to send again? */
static int is_under_way(struct sock s)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	ck_assert_int_eq(getsockopt((int)sock_native(s), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	return info.tcpi_retransmits > 0 || info.tcpi_probes > 0;
}

static void by_retransmission(struct sock s)
{
	expect(sock_send(s, "x", 1, soon()), 1);
}

static void by_question(struct sock s)
{
	by_keepalive(s);
	expect(sock_set(s, LIBSOCK_OPT_KEEPALIVE_COUNT, 9), 0);
}

/* Each way to meet the end first, then each way to receive after it. */
START_TEST(a_peer_that_drops_the_connection_while_it_is_being_asked_has_reset_it)
{
	static void (*const beginnings[])(struct sock s) = {by_retransmission, by_question};
	char byte;

	for (int i = 0; i < 2 * 3; i++) {
		struct sock s, peer;

		connected_pair(i % 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, &s, &peer);
		make_deaf(peer);
		beginnings[i % 2](s);
		for (int64_t by = soon(); !is_under_way(s) && sock_now() < by;)
			expect(sock_wait(&(struct sock_wait_item){.s = s}, 1, sock_after(5)), LIBSOCK_ETIMEDOUT);
		ck_assert(is_under_way(s));
		reset(&peer);
		expect(sock_wait(&(struct sock_wait_item){.s = s}, 1, soon()), 1);
		if (i / 2 == 0)
			expect(sock_recv(s, &byte, 1, soon()), LIBSOCK_ECONNRESET);
		else if (i / 2 == 1)
			expect(sock_connect_result(s, soon()), LIBSOCK_ECONNRESET);
		else
			expect(sock_send(s, "x", 1, soon()), LIBSOCK_ECONNRESET);
		for (int k = 0; k < 2; k++)
			expect(sock_recv(s, &byte, 1, soon()), LIBSOCK_ECONNRESET);
		expect(sock_close_gracefully(&s, soon()), LIBSOCK_ECONNRESET);
	}
}
END_TEST

START_TEST(what_is_sent_again_is_counted)
{
	for (int f = 0; f < 2; f++) {
		struct sock s, peer;
		struct sock_statistics found;

		connected_pair(families[f], &s, &peer);
		make_deaf(peer);
		by_retransmission(s);
		expect(sock_statistics(s, &found), 0);
		ck_assert_int_eq(found.bytes_in_flight, 1);
		for (int64_t by = soon(); !is_under_way(s) && sock_now() < by;)
			expect(sock_wait(&(struct sock_wait_item){.s = s}, 1, sock_after(5)), LIBSOCK_ETIMEDOUT);
		expect(sock_statistics(s, &found), 0);
		ck_assert_int_ge(found.segments_resent, 1);
		ck_assert_int_ge(found.bytes_resent, 1);
		ck_assert_int_eq(found.bytes_sent, found.bytes_resent + 1);
		ck_assert_int_eq(found.bytes_in_flight, 1);
		sock_close(&s);
		sock_close(&peer);
	}
}
END_TEST

/* Another library may have wanted to be told beside each receive how much waits. */
START_TEST(what_others_have_set_is_not_taken_for_how_a_connection_ended)
{
	for (int on = 0; on < 2; on++) {
		struct sock a, b;
		char byte;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		ck_assert_int_eq(setsockopt((int)sock_native(a), IPPROTO_TCP, TCP_INQ, &on, sizeof on), 0);
		reset(&b);
		for (int i = 0; i < 3; i++)
			expect(sock_recv(a, &byte, 1, soon()), LIBSOCK_ECONNRESET);
		sock_close(&a);
		a = given_up(LIBSOCK_AF_INET, 0, 0, &b);
		ck_assert_int_eq(setsockopt((int)sock_native(a), IPPROTO_TCP, TCP_INQ, &on, sizeof on), 0);
		through_recv(a, soon());
		sock_close(&a);
		sock_close(&b);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_connection_that_was_given_up_is_neither_late_nor_at_its_end},
		{a_look_and_the_question_for_the_error_say_so_too},
		{a_peer_that_does_not_answer_keepalive_is_given_up_alike},
		{finishing_says_that_the_connection_was_given_up},
		{what_others_have_set_is_not_taken_for_how_a_connection_ended},
		{finishing_after_the_peers_end_says_so_too},
		{a_deadline_before_that_is_the_callers_own},
		{a_peer_that_drops_the_connection_while_it_is_being_asked_has_reset_it},
		{what_is_sent_again_is_counted},
		{0},
	};

	is_alone = geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && switch_loopback(1) == 0;
	return testing_main("timeout", tests);
}
