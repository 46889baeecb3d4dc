/* SPDX-License-Identifier: MIT */

/* Pairs of loopback sockets, while strangers are at the door: they come in the moment when the door is open. */

#include "os.h"
#include "pair.h"
#include "testing.h"

#include <string.h>

/* The linker puts these in the place of the platform's calls (--wrap), which are then called __real_. */
int __real_libsock__os_listen(intptr_t fd, int backlog);
int __wrap_libsock__os_listen(intptr_t fd, int backlog);
int __real_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms);
int __wrap_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms);

enum { STRANGERS = 5 };

static struct sock stranger[2 * STRANGERS];
static int strangers;

static struct sock open_stranger(int type, struct os_addr *door)
{
	struct sock s;

	ck_assert_int_lt(strangers, 2 * STRANGERS);
	ck_assert_uint_gt(door->port, 0);
	expect(sock_open(&s, LIBSOCK_AF_INET, type), 0);
	expect(__real_libsock__os_connect(s.fd, type, door, -1) == LIBSOCK_EINPROGRESS ? sock_connect_result(s, soon()) : 0, 0);
	stranger[strangers++] = s;
	return s;
}

int __wrap_libsock__os_listen(intptr_t fd, int backlog)
{
	struct os_addr door;
	int err = __real_libsock__os_listen(fd, backlog);

	expect(err, 0);
	expect(os_local(fd, &door), 0);
	for (int i = 0; i < STRANGERS; i++)
		expect(sock_send(open_stranger(LIBSOCK_STREAM, &door), "let me in", 9, soon()), 9);
	return err;
}

int __wrap_libsock__os_connect(intptr_t fd, int type, const struct os_addr *to, int wait_ms)
{
	struct os_addr door;

	if (type == LIBSOCK_DGRAM) { /* one that fits, one that does not, and one that is empty */
		struct sock s;

		expect(os_local(fd, &door), 0);
		s = open_stranger(type, &door);
		expect(sock_send(s, "x", 1, soon()), 1);
		expect(sock_send(s, "let me in", 9, soon()), 9);
		expect(sock_send(s, "", 0, soon()), 0);
	}
	return __real_libsock__os_connect(fd, type, to, wait_ms);
}

static void close_strangers(void)
{
	while (strangers > 0)
		sock_close(&stranger[--strangers]);
}

static void expect_talk(struct sock pair[2])
{
	char data[16];

	for (int i = 0; i < 2; i++) {
		expect(sock_send(pair[i], "own", 3, soon()), 3);
		expect(sock_recv(pair[1 - i], data, sizeof data, soon()), 3);
		ck_assert_mem_eq(data, "own", 3);
		expect(sock_recv(pair[i], data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	}
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}

START_TEST(no_stranger_becomes_an_end_of_a_stream_pair)
{
	struct sock pair[2] = {{0}, {0}};
	char data[1];

	expect(pair_loopback(pair, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(strangers, STRANGERS);
	for (int i = 0; i < STRANGERS; i++) /* all were turned away */
		ck_assert_int_le(sock_recv(stranger[i], data, 1, soon()), 0);
	expect_talk(pair);
	close_strangers();
}
END_TEST

START_TEST(no_strangers_datagram_gets_into_a_pair)
{
	struct sock pair[2] = {{0}, {0}};

	expect(pair_loopback(pair, LIBSOCK_DGRAM), 0);
	ck_assert_int_eq(strangers, 2);
	for (int i = 0; i < 2; i++) /* late ones do not get in either, and are no error of the pair's */
		sock_send(stranger[i], "late", 4, soon());
	expect_talk(pair);
	close_strangers();
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{no_stranger_becomes_an_end_of_a_stream_pair},
		{no_strangers_datagram_gets_into_a_pair},
		{0},
	};

	return testing_main("strangers", tests);
}
