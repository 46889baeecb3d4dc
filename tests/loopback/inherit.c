/* SPDX-License-Identifier: MIT */

/* Sockets that a program has from the one that started it: this one starts itself. */

#include "testing.h"

#include <stdlib.h>
#include <string.h>

static const char *self;

/* How the other program found what it was given: 0: a socket, through which it has said so. */
static int run_child(struct sock s)
{
	char number[24];
	const char *const args[] = {self, "child", number, NULL};

	snprintf(number, sizeof number, "%lld", (long long)sock_native(s));
	return native_run(args);
}

/* What the child does; it is told the number alone. */
static int be_child(const char *number)
{
	const intptr_t fd = (intptr_t)strtoll(number, NULL, 10);
	struct sock s;
	int err = sock_adopt(&s, fd);

	/* It is there, but Wine's Winsock takes no socket that it has not opened in this process. */
	if (err == LIBSOCK_ENOTSOCK && native_is_wine() && native_is_inheritable(fd))
		return 0;
	if (err < 0)
		return err == LIBSOCK_EBADF || err == LIBSOCK_ENOTSOCK ? 3 : 4;
	if (native_is_inheritable(fd))
		return 5;
	return sock_send(s, "child", 5, soon()) == 5 ? 0 : 6;
}

static void expect_child_has(struct sock a, struct sock b, int has)
{
	char data[8];

	ck_assert_int_eq(run_child(a), has ? 0 : 3);
	ck_assert_int_eq(native_is_inheritable(sock_native(a)), has);
	if (has && !native_is_wine())
		expect(sock_recv(b, data, sizeof data, soon()), 5);
	expect(sock_recv(b, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* nor an end: it is open here */
}

START_TEST(a_program_has_the_sockets_that_are_to_be_inherited_alone)
{
	struct sock pair[2][2];
	int64_t value;

	connected_pair(LIBSOCK_AF_INET, &pair[0][0], &pair[0][1]);
	expect(sock_pair(pair[1], LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_get(pair[i][0], LIBSOCK_OPT_INHERIT, &value), 0);
		ck_assert_int_eq(value, 0);
		expect_child_has(pair[i][0], pair[i][1], 0);
		for (int on = 1; on >= 0; on--) {
			expect(sock_set(pair[i][0], LIBSOCK_OPT_INHERIT, on), 0);
			expect(sock_get(pair[i][0], LIBSOCK_OPT_INHERIT, &value), 0);
			ck_assert_int_eq(value, on);
			expect_child_has(pair[i][0], pair[i][1], on);
		}
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
}
END_TEST

START_TEST(a_closed_socket_is_inherited_by_nobody)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr), closed = s;
	int64_t value = -7;
	int err;

	sock_close(&s);
	err = sock_set(closed, LIBSOCK_OPT_INHERIT, 1);
	ck_assert(err == LIBSOCK_EBADF || err == LIBSOCK_ENOTSOCK);
	err = sock_get(closed, LIBSOCK_OPT_INHERIT, &value);
	ck_assert(err == LIBSOCK_EBADF || err == LIBSOCK_ENOTSOCK);
	ck_assert_int_eq(value, -7);
}
END_TEST

int main(int argc, char **argv)
{
	const struct testing_test tests[] = {
		{a_program_has_the_sockets_that_are_to_be_inherited_alone},
		{a_closed_socket_is_inherited_by_nobody},
		{0},
	};

	self = argv[0];
	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return be_child(argv[2]);
	return testing_main("inherit", tests);
}
