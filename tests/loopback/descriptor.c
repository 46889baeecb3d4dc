/* SPDX-License-Identifier: MIT */

/* Descriptors that are no sockets, waited for by sock_wait() and in a poller. POSIX. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

static struct sock watched(int fd)
{
	struct sock s;

	expect(sock_from_descriptor(&s, fd), 0);
	ck_assert_int_eq(sock_native(s), fd);
	return s;
}

/* What both ways of waiting report of one descriptor; they must agree. 0: nothing. */
static int readiness(struct sock s, int interest, int64_t deadline)
{
	struct sock_wait_item item = {.s = s, .interest = interest};
	struct sock_poller poller;
	struct sock_event event = {0};
	const int waited = sock_wait(&item, 1, deadline);
	int polled;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, s, interest, &item), 0);
	polled = sock_poller_wait(&poller, &event, 1, deadline);
	sock_poller_close(&poller);
	expect(polled, waited);
	ck_assert_int_eq(event.ready, item.ready);
	if (waited == 1)
		ck_assert_ptr_eq(event.data, &item);
	else
		expect(waited, deadline == LIBSOCK_NOWAIT ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT);
	return event.ready;
}

START_TEST(a_pipe_is_waited_for_like_a_socket)
{
	int fds[2];
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, LIBSOCK_NOWAIT), 0);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, sock_after(20)), 0);
	ck_assert_int_eq(readiness(watched(fds[1]), LIBSOCK_WRITABLE, soon()), LIBSOCK_WRITABLE);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, soon()), LIBSOCK_READABLE);
	ck_assert_int_eq(readiness(watched(fds[0]), 0, LIBSOCK_NOWAIT), 0);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, LIBSOCK_NOWAIT), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(fds[1], "x", 1) == 1)
		;
	ck_assert_int_eq(readiness(watched(fds[1]), LIBSOCK_WRITABLE, LIBSOCK_NOWAIT), 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(the_end_of_a_pipe_is_a_hang_up_or_an_error)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	close(fds[1]);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, soon()), LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	ck_assert_int_eq(read(fds[0], &(char){0}, 1), 1);
	ck_assert_int_eq(readiness(watched(fds[0]), LIBSOCK_READABLE, soon()), LIBSOCK_READABLE | LIBSOCK_PEER_ENDED);
	ck_assert_int_eq(readiness(watched(fds[0]), 0, sock_after(20)), 0); /* nobody has asked */
	close(fds[0]);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	ck_assert_int_eq(readiness(watched(fds[1]), LIBSOCK_WRITABLE, soon()),
			 LIBSOCK_READABLE | LIBSOCK_WRITABLE | LIBSOCK_ERROR);
	close(fds[1]);
}
END_TEST

START_TEST(terminals_and_timers_are_waited_for)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_eq(readiness(watched(slave), LIBSOCK_READABLE, LIBSOCK_NOWAIT), 0);
	ck_assert_int_eq(write(master, "x\n", 2), 2);
	ck_assert_int_eq(readiness(watched(slave), LIBSOCK_READABLE, soon()), LIBSOCK_READABLE);
	close(slave);
	close(master);
#ifdef __linux__
	const struct itimerspec once = {.it_value = {.tv_nsec = 20000000}};
	const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	ck_assert_int_eq(readiness(watched(timer), LIBSOCK_READABLE, LIBSOCK_NOWAIT), 0);
	ck_assert_int_eq(timerfd_settime(timer, 0, &once, NULL), 0);
	ck_assert_int_eq(readiness(watched(timer), LIBSOCK_READABLE, soon()), LIBSOCK_READABLE);
	close(timer);
#endif
}
END_TEST

static FILE *some_file(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	return file;
}

START_TEST(what_cannot_be_waited_for_is_always_ready)
{
	FILE *file = some_file(); /* empty: at its end */
	const int fds[] = {fileno(file), open("/dev/null", O_RDWR | O_CLOEXEC), open(".", O_RDONLY | O_CLOEXEC)};

	for (int i = 0; i < 3; i++) {
		for (int interest = 0; interest <= (LIBSOCK_READABLE | LIBSOCK_WRITABLE); interest++) {
			ck_assert_int_eq(readiness(watched(fds[i]), interest, LIBSOCK_NOWAIT), interest);
			ck_assert_int_eq(readiness(watched(fds[i]), interest, sock_after(interest ? 60000 : 20)), interest);
		}
		if (i > 0)
			close(fds[i]);
	}
	fclose(file);
}
END_TEST

/* Whatever there is room for: files and sockets come, each again and again, and each once in one array. */
START_TEST(what_is_always_ready_and_sockets_have_their_turn)
{
	FILE *files[3] = {some_file(), some_file(), some_file()};
	struct sock pair[2][2];
	struct sock_poller poller;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 3; i++)
		expect(sock_poller_add(&poller, watched(fileno(files[i])), LIBSOCK_READABLE, (void *)(intptr_t)(i + 1)), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_send(pair[i][1], "x", 1, soon()), 1);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_READABLE, (void *)(intptr_t)(i + 4)), 0);
	}
	for (int max = 1; max <= 8; max++) {
		int seen[6] = {0};

		for (int turn = 0; turn < 12; turn++) {
			struct sock_event events[8];
			const int count = sock_poller_wait(&poller, events, max, turn % 2 ? LIBSOCK_NOWAIT : soon());
			unsigned now = 0;

			ck_assert_int_eq(count, max < 5 ? max : 5);
			for (int i = 0; i < count; i++) {
				ck_assert_int_eq(events[i].ready, LIBSOCK_READABLE);
				ck_assert_uint_eq(now & 1U << (intptr_t)events[i].data, 0);
				now |= 1U << (intptr_t)events[i].data;
				seen[(intptr_t)events[i].data]++;
			}
		}
		for (int i = 1; i < 6; i++)
			ck_assert_msg(seen[i] > 0, "%d of room for %d", i, max);
	}
	expect(sock_poller_wake(&poller), 0);
	for (int i = 0; i < 2; i++) {
		sock_poller_remove(&poller, pair[i][0]);
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
	ck_assert_int_eq(sock_poller_wait(&poller, (struct sock_event[8]){{0}}, 8, soon()), 3);
	sock_poller_close(&poller);
	for (int i = 0; i < 3; i++)
		fclose(files[i]);
}
END_TEST

START_TEST(a_file_is_modified_and_removed_like_a_socket)
{
	FILE *file = some_file();
	struct sock s = watched(fileno(file));
	struct sock_poller poller;
	struct sock_event event;
	int data;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_modify(&poller, s, LIBSOCK_READABLE, NULL), LIBSOCK_ENOENT);
	expect(sock_poller_remove(&poller, s), LIBSOCK_ENOENT);
	for (int i = 0; i < 2; i++) { /* added twice it is there once */
		expect(sock_poller_add(&poller, s, LIBSOCK_READABLE, NULL), 0);
		expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), 1);
	}
	expect(sock_poller_modify(&poller, s, LIBSOCK_WRITABLE, &data), 0);
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), 1);
	ck_assert_int_eq(event.ready, LIBSOCK_WRITABLE);
	ck_assert_ptr_eq(event.data, &data);
	expect(sock_poller_modify(&poller, s, 0, NULL), 0);
	expect(sock_poller_wait(&poller, &event, 1, sock_after(20)), LIBSOCK_ETIMEDOUT);
	expect(sock_poller_add(&poller, s, LIBSOCK_READABLE, NULL), 0);
	expect(sock_poller_remove(&poller, s), 0);
	expect(sock_poller_remove(&poller, s), LIBSOCK_ENOENT);
	expect(sock_poller_wait(&poller, &event, 1, sock_after(20)), LIBSOCK_ETIMEDOUT);
	sock_poller_close(&poller);
	fclose(file);
}
END_TEST

/* A closed socket whose duplicate lives has the poller begin anew. */
START_TEST(a_file_stays_when_a_closed_socket_is_thrown_out)
{
	FILE *file = some_file();
	struct sock pair[2];
	struct sock_poller poller;
	struct sock_event events[2];
	int duplicate;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, watched(fileno(file)), LIBSOCK_READABLE, file), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, pair), 0);
	expect(sock_send(pair[1], "x", 1, soon()), 1);
	duplicate = dup((int)sock_native(pair[0]));
	sock_close(&pair[0]);
	for (int i = 0; i < 4; i++) {
		expect(sock_poller_wait(&poller, events, 2, soon()), 1);
		ck_assert_ptr_eq(events[0].data, file);
	}
	close(duplicate);
	sock_close(&pair[1]);
	sock_poller_close(&poller);
	fclose(file);
}
END_TEST

/* Each call with a socket; those of a reader and of records go through them. */
static void expect_no_socket(struct sock s)
{
	struct sock_addr addr = {"127.0.0.1", 9};
	struct sock_const_buffer part = {"x", 1};
	struct sock_packet packet = {.peer = addr};
	struct sock_reader reader;
	struct sock_credentials who;
	struct sock pair[2], other, copy = s;
	struct sock_statistics statistics;
	char data[8];
	int64_t value;
	int count;

	for (int i = 0; i < 2; i++) {
		const int64_t by = i ? LIBSOCK_FOREVER : LIBSOCK_NOWAIT;

		expect(sock_connect(s, &addr, by), LIBSOCK_ENOTSOCK);
		expect(sock_connect_result(s, by), LIBSOCK_ENOTSOCK);
		expect(sock_accept(s, &other, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_send(s, "x", 1, by), LIBSOCK_ENOTSOCK);
		expect(sock_recv(s, data, sizeof data, by), LIBSOCK_ENOTSOCK);
		expect(sock_sendto(s, "x", 1, &addr, by), LIBSOCK_ENOTSOCK);
		expect(sock_recvfrom(s, data, sizeof data, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_send_packet(s, "x", 1, &packet, by), LIBSOCK_ENOTSOCK);
		expect(sock_recv_packet(s, data, sizeof data, &packet, by), LIBSOCK_ENOTSOCK);
		expect(sock_send_all(s, "x", 1, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_recv_exact(s, data, 1, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_sendv(s, &part, 1, by), LIBSOCK_ENOTSOCK);
		expect(sock_sendv_all(s, &part, 1, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_recvv(s, &(struct sock_buffer){data, 1}, 1, by), LIBSOCK_ENOTSOCK);
		expect(sock_sendfile(s, 0, 0, 1, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_peek(s, data, sizeof data, by), LIBSOCK_ENOTSOCK);
		expect(sock_discard(s, 1, NULL, by), LIBSOCK_ENOTSOCK);
		expect(sock_send_descriptors(s, "x", 1, NULL, 0, by), LIBSOCK_ENOTSOCK);
		expect(sock_recv_descriptors(s, data, 1, NULL, 0, &count, by), LIBSOCK_ENOTSOCK);
		expect(sock_send_socket(s, s, by), LIBSOCK_ENOTSOCK);
		expect(sock_recv_socket(s, &other, by), LIBSOCK_ENOTSOCK);
	}
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_send_socket(pair[0], s, LIBSOCK_NOWAIT), LIBSOCK_ENOTSOCK);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
	expect(sock_bind(s, &addr), LIBSOCK_ENOTSOCK);
	expect(sock_listen(s, 1), LIBSOCK_ENOTSOCK);
	expect(sock_shutdown(s, LIBSOCK_SHUT_WR), LIBSOCK_ENOTSOCK);
	expect(sock_local_addr(s, &addr), LIBSOCK_ENOTSOCK);
	expect(sock_peer_addr(s, &addr), LIBSOCK_ENOTSOCK);
	expect(sock_peer_credentials(s, &who), LIBSOCK_ENOTSOCK);
	expect(sock_pending(s), LIBSOCK_ENOTSOCK);
	expect(sock_pending_error(s), LIBSOCK_ENOTSOCK);
	expect(sock_statistics(s, &statistics), LIBSOCK_ENOTSOCK);
	expect(sock_packet_fields(&s, 0), LIBSOCK_ENOTSOCK);
	expect(sock_set(s, LIBSOCK_OPT_SEND_BUFFER, 65536), LIBSOCK_ENOTSOCK);
	expect(sock_get(s, LIBSOCK_OPT_SEND_BUFFER, &value), LIBSOCK_ENOTSOCK);
	expect(sock_join_group(s, &addr, NULL, 0), LIBSOCK_ENOTSOCK);
	expect(sock_leave_group(s, &addr, NULL, 0), LIBSOCK_ENOTSOCK);
	expect(sock_reader_init(&reader, s, data, sizeof data), LIBSOCK_ENOTSOCK);
	expect(sock_close_gracefully(&copy, LIBSOCK_NOWAIT), LIBSOCK_ENOTSOCK);
	ck_assert_int_eq(copy.family, 0);
}

/* The last is a socket that the system would send through. */
START_TEST(whatever_it_is_no_other_call_takes_it)
{
	int fds[2], pair[2];

	ck_assert_int_eq(pipe(fds), 0);
	expect_no_socket(watched(fds[0]));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	ck_assert_int_eq(readiness(watched(pair[0]), LIBSOCK_WRITABLE, soon()), LIBSOCK_WRITABLE);
	expect_no_socket(watched(pair[0]));
	ck_assert_int_eq(readiness(watched(pair[1]), LIBSOCK_READABLE, LIBSOCK_NOWAIT), 0); /* nothing came, not even the end */
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pair[i]);
	}
}
END_TEST

/* A poller has it by its number: whatever becomes of a value, that is still open. */
START_TEST(a_value_that_is_given_back_stays_in_a_poller)
{
	int fds[2];
	struct sock s[2];
	struct sock_poller poller;
	struct sock_event event;

	ck_assert_int_eq(pipe(fds), 0);
	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < 2; i++)
		s[i] = watched(fds[1]);
	expect(sock_poller_add(&poller, s[0], LIBSOCK_WRITABLE, s), 0);
	ck_assert_int_eq(sock_release(&s[1]), fds[1]);
	expect(sock_close(&s[0]), 0);
	for (int i = 0; i < 2; i++)
		expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
	expect(sock_poller_modify(&poller, watched(fds[1]), LIBSOCK_WRITABLE, s), 0);
	sock_poller_close(&poller);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(the_descriptor_stays_the_programs)
{
	int fds[2];
	struct sock s;

	ck_assert_int_eq(pipe(fds), 0);
	s = watched(fds[0]);
	ck_assert(native_is_inheritable(fds[0]));
	ck_assert_int_eq(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	expect(sock_close(&s), 0);
	ck_assert_int_eq(s.family, 0);
	ck_assert_int_ge(fcntl(fds[0], F_GETFD), 0);
	s = watched(fds[0]);
	ck_assert_int_eq(sock_release(&s), fds[0]);
	ck_assert_int_eq(s.family, 0);
	close(fds[0]);
	s = watched(fds[1]);
	close(fds[1]);
	expect(sock_wait(&(struct sock_wait_item){.s = s, .interest = LIBSOCK_READABLE}, 1, LIBSOCK_NOWAIT), LIBSOCK_EBADF);
}
END_TEST

START_TEST(what_is_not_open_is_ebadf)
{
	const intptr_t bad[] = {-1, INTPTR_MIN, INTPTR_MAX, 1000000};
	struct sock s;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		s = (struct sock){1, 2, 3, 4};
		expect(sock_from_descriptor(&s, bad[i]), LIBSOCK_EBADF);
		ck_assert_int_eq(s.family, 0);
	}
	expect(sock_from_descriptor(NULL, 0), LIBSOCK_EINVAL);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_pipe_is_waited_for_like_a_socket},
		{the_end_of_a_pipe_is_a_hang_up_or_an_error},
		{terminals_and_timers_are_waited_for},
		{what_cannot_be_waited_for_is_always_ready},
		{what_is_always_ready_and_sockets_have_their_turn},
		{a_file_is_modified_and_removed_like_a_socket},
		{a_file_stays_when_a_closed_socket_is_thrown_out},
		{whatever_it_is_no_other_call_takes_it},
		{a_value_that_is_given_back_stays_in_a_poller},
		{the_descriptor_stays_the_programs},
		{what_is_not_open_is_ebadf},
		{0},
	};

	return testing_main("descriptor", tests);
}
