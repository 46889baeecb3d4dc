/* SPDX-License-Identifier: MIT */

/* A Windows before 10 2004, whose WSAPoll does not tell of a failed connect. Only that is put in the system's place. */

#include <winsock2.h>

#include "testing.h"

/*
 * A function of a DLL is called through a pointer, or by its name where the headers do not say that it is in one, as
 * MinGW's do not of WSAPoll. The linker puts these in the place of both (--wrap).
 */
typedef int(WSAAPI *poll_function)(WSAPOLLFD polled[], ULONG count, INT wait_ms);
extern poll_function __real___imp_WSAPoll;
int WSAAPI __wrap_WSAPoll(WSAPOLLFD polled[], ULONG count, INT wait_ms);

static int overlooked; /* or else the test has tested nothing */

int WSAAPI __wrap_WSAPoll(WSAPOLLFD polled[], ULONG count, INT wait_ms)
{
	int ready = __real___imp_WSAPoll(polled, count, wait_ms), told = 0;

	for (ULONG i = 0; i < count; i++) {
		if (polled[i].revents & POLLERR) { /* a failed connect, in this test */
			polled[i].revents = 0;
			overlooked++;
		}
		told += polled[i].revents != 0;
	}
	return ready <= 0 ? ready : told;
}

poll_function __wrap___imp_WSAPoll = __wrap_WSAPoll;

static struct sock refused(struct sock *holder)
{
	struct sock_addr nobody = unused_port(LIBSOCK_AF_INET, LIBSOCK_STREAM, holder);
	struct sock s;

	overlooked = 0;
	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_connect(s, &nobody, LIBSOCK_NOWAIT), LIBSOCK_EINPROGRESS);
	return s;
}

START_TEST(a_failed_connect_is_found_by_a_wait)
{
	struct sock holder, s = refused(&holder);
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_WRITABLE};

	expect(sock_wait(&item, 1, soon()), 1);
	expect(item.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	ck_assert_int_gt(overlooked, 0);
	expect(sock_connect_result(s, LIBSOCK_NOWAIT), LIBSOCK_ECONNREFUSED);
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

START_TEST(a_failed_connect_is_found_by_a_poller_that_waits_for_ever)
{
	struct sock holder, s = refused(&holder);
	struct sock_poller poller;
	struct sock_event event;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, s, LIBSOCK_WRITABLE, &s), 0);
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_FOREVER), 1);
	ck_assert(event.data == &s);
	expect(event.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	ck_assert_int_gt(overlooked, 0);
	sock_poller_close(&poller);
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

START_TEST(a_failed_connect_is_found_beside_an_end_that_nobody_wants_to_know_of)
{
	struct sock holder, s = refused(&holder), client, server;
	struct sock_wait_item items[2];

	connected_pair(LIBSOCK_AF_INET, &client, &server);
	expect(sock_shutdown(server, LIBSOCK_SHUT_WR), 0);
	items[0] = (struct sock_wait_item){.s = client, .interest = LIBSOCK_READABLE};
	expect(sock_wait(items, 1, soon()), 1);
	items[0].interest = 0;
	items[1] = (struct sock_wait_item){.s = s, .interest = LIBSOCK_WRITABLE};
	expect(sock_wait(items, 2, soon()), 1);
	expect(items[0].ready, 0);
	expect(items[1].ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
	ck_assert_int_gt(overlooked, 0);
	sock_close(&client);
	sock_close(&server);
	sock_close(&s);
	sock_close(&holder);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_failed_connect_is_found_by_a_wait},
		{a_failed_connect_is_found_by_a_poller_that_waits_for_ever},
		{a_failed_connect_is_found_beside_an_end_that_nobody_wants_to_know_of},
		{0},
	};

	return testing_main("wsapoll", tests);
}
