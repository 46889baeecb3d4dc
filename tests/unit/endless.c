/* SPDX-License-Identifier: MIT */

/*
 * A peer that is ready for one byte at a time: as long as the test will have it, or always, so that no transfer ever has to
 * wait and still a call ends when its time is over.
 */

#include "os.h"
#include "transfer.h"
#include "testing.h"

#include <limits.h>
#include <string.h>

/* The linker puts these in the place of the platform's calls (--wrap). */
ptrdiff_t __wrap_libsock__os_send(intptr_t fd, const void *data, size_t size, int how);
ptrdiff_t __wrap_libsock__os_recv(intptr_t fd, void *data, size_t size, int how);
ptrdiff_t __wrap_libsock__os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how);
ptrdiff_t __wrap_libsock__os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how);
ptrdiff_t __wrap_libsock_sendv(struct sock s, const struct sock_const_buffer parts[], int count, int64_t deadline);
ptrdiff_t __real_libsock_sendv(struct sock s, const struct sock_const_buffer parts[], int count, int64_t deadline);

static size_t transfers;
static size_t at_most = SIZE_MAX; /* so many; then each would have to wait */
static int passes_files; /* the system sends them by itself */
static int most_parts; /* of those that one sock_sendv() was given */

ptrdiff_t __wrap_libsock__os_send(intptr_t fd, const void *data, size_t size, int how)
{
	(void)fd;
	(void)data;
	if (transfers == at_most && how & OS_NOWAIT)
		return LIBSOCK_EAGAIN;
	transfers++;
	return size > 0;
}

ptrdiff_t __wrap_libsock__os_recv(intptr_t fd, void *data, size_t size, int how)
{
	(void)fd;
	if (transfers == at_most && how & OS_NOWAIT)
		return LIBSOCK_EAGAIN;
	transfers++;
	memset(data, 'x', size > 0 ? 1 : 0);
	return size > 0;
}

ptrdiff_t __wrap_libsock__os_sendv(intptr_t fd, const struct sock_const_buffer *parts, int count, int how)
{
	(void)fd;
	(void)parts;
	(void)count;
	if (transfers == at_most && how & OS_NOWAIT)
		return LIBSOCK_EAGAIN;
	transfers++;
	return 1;
}

ptrdiff_t __wrap_libsock__os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how)
{
	(void)file;
	(void)offset;
	return passes_files ? __wrap_libsock__os_send(fd, NULL, size, how) : LIBSOCK_ENOTSUP;
}

ptrdiff_t __wrap_libsock_sendv(struct sock s, const struct sock_const_buffer parts[], int count, int64_t deadline)
{
	if (count > most_parts)
		most_parts = count;
	return __real_libsock_sendv(s, parts, count, deadline);
}

/* Too long to be done, a byte at a time, before the test's own time is over. */
static const size_t ENDLESS = (size_t)PTRDIFF_MAX;

static struct sock_reader in;
static char buffer[16];
static FILE *file;

static int send_all(struct sock *s, int64_t deadline, size_t *done)
{
	return sock_send_all(*s, buffer, ENDLESS, done, deadline);
}

static int recv_all(struct sock *s, int64_t deadline, size_t *done)
{
	static char room[100000000];

	return sock_recv_exact(*s, room, sizeof room, done, deadline);
}

static int sendv_all(struct sock *s, int64_t deadline, size_t *done)
{
	const struct sock_const_buffer parts[] = {{buffer, 1}, {NULL, 0}, {buffer, ENDLESS - 1}};

	return sock_sendv_all(*s, parts, 3, done, deadline);
}

static int send_file(struct sock *s, int64_t deadline, size_t *done)
{
	uint64_t count;
	int err = sock_sendfile(*s, native_file(file), 0, 50000000, &count, deadline);

	*done = (size_t)count;
	return err;
}

static int pass_file(struct sock *s, int64_t deadline, size_t *done)
{
	int err;

	passes_files = 1;
	err = send_file(s, deadline, done);
	passes_files = 0;
	return err;
}

static int skip_line(struct sock *s, int64_t deadline, size_t *done)
{
	char *line;

	expect(sock_reader_init(&in, *s, buffer, sizeof buffer), 0);
	expect(sock_reader_line(&in, &line, LIBSOCK_FOREVER), LIBSOCK_EMSGSIZE);
	transfers = 0;

	ptrdiff_t n = sock_reader_line(&in, &line, deadline);

	*done = transfers;
	return (int)n;
}

static int finish(struct sock *s, int64_t deadline, size_t *done)
{
	int err = sock_close_gracefully(s, deadline);

	*done = transfers;
	return err;
}

/* Those that have a size, which ends them; and those that the peer alone could end. */
enum { WHOLE = 5, CALLS = 7 };
static int (*const calls[CALLS])(struct sock *s, int64_t deadline, size_t *done) = {send_all, recv_all,  sendv_all, send_file,
										     pass_file, skip_line, finish};

static void open_content(void)
{
	file = fopen("./content", "w+b");
	ck_assert_ptr_nonnull(file);
	expect(fseek(file, 50000000, SEEK_SET), 0);
	ck_assert_int_eq(fputc('x', file), 'x');
	ck_assert_int_eq(fflush(file), 0);
}

/* With what is no time. */
START_TEST(whole_messages_go_as_far_as_they_need_not_wait)
{
	static const struct {
		int64_t deadline;
		int err;
	} rows[] = {{LIBSOCK_NOWAIT, LIBSOCK_EAGAIN}, {5000, LIBSOCK_EINVAL}};
	static const size_t most[] = {0, 1, 2, 1000};

	open_content();
	for (size_t i = 0; i < WHOLE; i++)
		for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
			for (size_t m = 0; m < sizeof most / sizeof most[0]; m++) {
				struct sock a, b;
				size_t done = 77;

				connected_pair(LIBSOCK_AF_INET, &a, &b);
				transfers = 0;
				at_most = most[m];
				expect(calls[i](&a, rows[r].deadline, &done), rows[r].err);
				at_most = SIZE_MAX;
				ck_assert_uint_eq(done, most[m]);
				ck_assert_uint_eq(transfers, most[m]);
				sock_close(&a);
				sock_close(&b);
			}
	fclose(file);
	remove("./content");
}
END_TEST

START_TEST(no_call_outlasts_its_deadline_while_transfers_succeed)
{
	open_content();
	for (size_t i = 0; i < CALLS; i++)
		for (int d = i < WHOLE; d < 3; d++) {
			const int64_t begun = sock_now(), deadlines[] = {LIBSOCK_NOWAIT, -1, sock_after(50)};
			struct sock a, b;
			size_t done;

			connected_pair(LIBSOCK_AF_INET, &a, &b);
			transfers = 0;
			expect(calls[i](&a, deadlines[d], &done), d == 0 ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT);
			expect_ended(begun);
			ck_assert_uint_eq(transfers, done);
			if (d < 2)
				ck_assert_uint_eq(done, 1);
			else
				ck_assert_int_ge(sock_now(), deadlines[d]);
			sock_close(&a);
			sock_close(&b);
		}
	fclose(file);
	remove("./content");
}
END_TEST

START_TEST(a_line_without_an_end_fills_the_buffer_and_no_more)
{
	struct sock a, b;
	char *line;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_reader_init(&in, a, buffer, sizeof buffer), 0);
	expect(sock_reader_line(&in, &line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_reader_line(&in, &line, -1), LIBSOCK_ETIMEDOUT);
	ck_assert_uint_eq(sock_reader_pending(&in), 2);
	transfers = 0;
	expect(sock_reader_line(&in, &line, LIBSOCK_FOREVER), LIBSOCK_EMSGSIZE);
	ck_assert_uint_eq(transfers, sizeof buffer - 3);
	ck_assert_uint_eq(strlen(line), sizeof buffer - 1);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

/* Or else a vector twice as long would take four times as long. */
START_TEST(no_more_parts_are_looked_at_than_one_transfer_takes)
{
	static struct sock_const_buffer parts[3000];
	struct sock a, b;
	size_t done;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	for (size_t i = 1000; i < 3000; i++)
		parts[i] = (struct sock_const_buffer){buffer, i % 3};
	transfers = 0;
	expect(sock_sendv_all(a, parts, 3000, &done, -1), LIBSOCK_ETIMEDOUT);
	ck_assert_uint_eq(done, 1); /* and not 0, for those that are empty */
	expect(sock_sendv_all(a, parts, 3000, &done, LIBSOCK_FOREVER), 0);
	ck_assert_uint_eq(done, 2001);
	ck_assert_uint_eq(transfers, 2002);
	ck_assert_int_eq(most_parts, LIBSOCK_BUFFERS_MAX);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(spurious_readiness_is_counted_for_ever)
{
	struct sock a, b;
	struct transfer_tries tries = {.spurious = INT_MAX};

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	for (int i = 0; i < 3; i++) {
		ptrdiff_t result = LIBSOCK_EAGAIN;

		ck_assert(transfer_again(a.fd, &result, OS_WRITABLE, LIBSOCK_FOREVER, &tries));
		ck_assert_int_gt(tries.spurious, 1);
	}
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(what_waits_in_the_buffer_is_read_without_a_system_call)
{
	struct sock a, b;
	char *line, data[8];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_reader_init(&in, a, buffer, sizeof buffer), 0);
	for (int i = 0; i < 3; i++)
		expect(sock_reader_line(&in, &line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	transfers = 0;
	expect(sock_reader_read(&in, data, 1, soon()), 1);
	expect(sock_reader_read(&in, data, sizeof data, soon()), 2); /* and no more is asked for */
	ck_assert_uint_eq(transfers, 0);
	expect(sock_reader_read(&in, data, sizeof data, soon()), 1);
	ck_assert_uint_eq(transfers, 1);
	ck_assert_uint_eq(sock_reader_pending(&in), 0); /* not through the buffer */
	sock_close(&a);
	sock_close(&b);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{whole_messages_go_as_far_as_they_need_not_wait},
		{no_call_outlasts_its_deadline_while_transfers_succeed},
		{a_line_without_an_end_fills_the_buffer_and_no_more},
		{no_more_parts_are_looked_at_than_one_transfer_takes},
		{spurious_readiness_is_counted_for_ever},
		{what_waits_in_the_buffer_is_read_without_a_system_call},
		{0},
	};

	return testing_main("endless", tests);
}
