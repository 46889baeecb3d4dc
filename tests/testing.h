/* SPDX-License-Identifier: MIT */

/* What every suite shares. A test ends with as many descriptors open as it began with, or it fails. */

#ifndef TESTING_H
#define TESTING_H

#include <check.h>
#include <libsock.h>
#include <stdio.h>

/*
 * A suite of one case, named for the file; `tests` ends with {0}. Returns the exit status of the program. The current
 * folder is the process's own while they run, and is removed if they leave nothing in it.
 */
struct testing_test {
	const TTest *test;
};
int testing_main(const char *name, const struct testing_test tests[]);

/* Expect a code, and say both by name if it is another. */
#define expect(code, interest)                                                                                            \
	do {                                                                                                            \
		long got_ = (long)(code), wanted_ = (long)(interest);                                                     \
		ck_assert_msg(got_ == wanted_, "%s: %ld (%s), not %ld (%s)", #code, got_, sock_errname(got_),           \
			      wanted_, sock_errname(wanted_));                                                          \
	} while (0)

/* Long enough for anything that will happen, short enough that what will not does not hang the suite. */
static inline int64_t soon(void)
{
	return sock_after(60000);
}

/*
 * What began at `begun` has ended by its own deadline of well under a second, and not by something else much later. How
 * late it may be is measured where many tries can be compared (tests/test-deadline.c): a single one may meet a machine
 * that stands still for a second.
 */
#define expect_ended(begun) ck_assert_int_le(sock_now() - (begun), 5000)

/* The loopback address of a family, with a port. */
struct sock_addr loopback(int family, uint16_t port);

/* A listener on a free port of the loopback; `addr` receives where. */
struct sock listener(int family, int backlog, struct sock_addr *addr);

/* A bound datagram socket on a free port of the loopback. */
struct sock datagram(int family, struct sock_addr *addr);

/* Two ends of a TCP connection. */
void connected_pair(int family, struct sock *client, struct sock *server);

/* An address of the loopback where nobody listens, and which stays so while `holder` is open. */
struct sock_addr unused_port(int family, int type, struct sock *holder);

/* Close with a reset instead of an orderly end. */
void reset(struct sock *s);

/* What differs between the systems that the tests run on. */

int native_open_descriptors(void);

/* A close may be under way still when the call that threw the descriptor away has returned. POSIX alone. */
void native_await_descriptors(int count);
int native_is_inheritable(intptr_t fd);
void native_linger_zero(intptr_t fd);
int native_process_id(void);

/* Wine, too. A test that asks this or the next has its difference in docs/porting.md (tests/promises/promises.py). */
int native_is_windows(void);

/* The first number of Wine's version, or 0: not Wine. */
int native_is_wine(void);

/* The user of this process, or -1. */
int64_t native_user_id(void);

/* For how many milliseconds of its life this thread was ready to run and others ran, where the system tells; or 0. */
int64_t native_held_up(void);

/* A clock that is finer than sock_now(). */
int64_t native_nanoseconds(void);

/* The processor's time that this process has used, in milliseconds. */
int64_t native_processor_ms(void);

/* Returns when a thread beside this one waits in the kernel. POSIX alone. */
void native_until_another_waits(void);

/* One byte with `count` times the same descriptor, at most 8. POSIX alone. */
void native_send_rights(struct sock channel, int fd, int count);

int native_make_folder(const char *path);

/* The exit status of a program, whose path is the first argument; −1: it could not be started, or did not end by itself. */
int native_run(const char *const args[]);

/* From now on in a network namespace of this process's own, with a loopback. Linux alone, as root; or −1. */
int native_enter_namespace(void);

/* What sock_sendfile() takes. */
intptr_t native_file(FILE *file);

/* A pipe (to read from, to write to) with nothing in it, as native_file() would have it. */
void native_open_pipe(intptr_t ends[2]);
void native_close_pipe(const intptr_t ends[2]);

/* What the system says of reading at a place of what has none. */
int native_error_no_place(void);

/* The two ways of waiting for a socket, as calls of one socket. */
static inline ptrdiff_t wait_for_one(struct sock s, int64_t deadline)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};

	return sock_wait(&item, 1, deadline);
}

static inline ptrdiff_t wait_by_poller(struct sock s, int64_t deadline)
{
	struct sock_poller poller;
	struct sock_event event;
	int n;

	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, s, LIBSOCK_READABLE, NULL), 0);
	n = sock_poller_wait(&poller, &event, 1, deadline);
	sock_poller_close(&poller);
	return n;
}

#endif
