/* SPDX-License-Identifier: MIT */

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/*
 * AddressSanitizer takes the frames that a cancelled thread has left for live ones, as it is not told of their end. With
 * this they are not on the stack.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_stack_use_after_return=1";
}
#endif

static int descriptors_before;

static void count_before(void)
{
	descriptors_before = native_open_descriptors();
}

static void count_after(void)
{
	ck_assert_int_eq(native_open_descriptors(), descriptors_before);
}

/* Some systems open something for good at the first socket or look-up; that is no test's doing. */
static void warm_up(void)
{
	struct sock s;

	if (sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM) == 0)
		sock_close(&s);
}

/* A folder of this process's own: the same program may run twice at a time, and its files have the same names then. */
static void enter_folder(char *folder, size_t size, const char *name)
{
	snprintf(folder, size, "libsock-test-%s-%d", name, native_process_id());
	if (native_make_folder(folder) != 0 || chdir(folder) != 0) {
		printf("Bail out! no folder %s\n", folder);
		exit(EXIT_FAILURE);
	}
}

/* What a test that failed has left there may tell why. */
static void leave_folder(const char *folder)
{
	if (chdir("..") == 0)
		rmdir(folder);
}

int testing_main(const char *name, const struct testing_test tests[])
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	SRunner *runner;
	char folder[64];
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, count_before, count_after);
	for (; tests->test; tests++)
		tcase_add_test(cases, tests->test);
	suite_add_tcase(suite, cases);
	warm_up();
	enter_folder(folder, sizeof folder, name);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	leave_folder(folder);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct sock_addr loopback(int family, uint16_t port)
{
	struct sock_addr addr;

	expect(sock_addr_set(&addr, family == LIBSOCK_AF_INET6 ? "::1" : "127.0.0.1", port), 0);
	return addr;
}

static struct sock bound(int family, int type, struct sock_addr *addr)
{
	struct sock s;

	*addr = loopback(family, 0);
	expect(sock_open(&s, family, type), 0);
	expect(sock_bind(s, addr), 0);
	expect(sock_local_addr(s, addr), 0);
	ck_assert_uint_gt(addr->port, 0);
	return s;
}

struct sock listener(int family, int backlog, struct sock_addr *addr)
{
	struct sock s = bound(family, LIBSOCK_STREAM, addr);

	expect(sock_listen(s, backlog), 0);
	return s;
}

struct sock datagram(int family, struct sock_addr *addr)
{
	return bound(family, LIBSOCK_DGRAM, addr);
}

void connected_pair(int family, struct sock *client, struct sock *server)
{
	struct sock_addr addr;
	struct sock l = listener(family, 1, &addr);

	expect(sock_open(client, family, LIBSOCK_STREAM), 0);
	expect(sock_connect(*client, &addr, soon()), 0);
	expect(sock_accept(l, server, NULL, soon()), 0);
	expect(sock_close(&l), 0);
}

struct sock_addr unused_port(int family, int type, struct sock *holder)
{
	struct sock_addr addr;

	*holder = bound(family, type, &addr);
	if (type == LIBSOCK_DGRAM) /* connected, to itself, it hears nobody else: they are refused */
		expect(sock_connect(*holder, &addr, soon()), 0);
	return addr;
}

void reset(struct sock *s)
{
	native_linger_zero(sock_native(*s));
	expect(sock_close(s), 0);
}
