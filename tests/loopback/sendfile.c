/* SPDX-License-Identifier: MIT */

/* Files onto streams: from any place, with exact counts. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

enum { SIZE = 6000011 };

static unsigned char content[SIZE], got[SIZE];
static const char name[] = "./content";

static FILE *open_file(void)
{
	FILE *file = fopen(name, "w+b");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < SIZE; i++)
		content[i] = (unsigned char)(i * 31 + i / 251);
	ck_assert_uint_eq(fwrite(content, 1, SIZE, file), SIZE);
	ck_assert_int_eq(fflush(file), 0);
	return file;
}

static void close_file(FILE *file)
{
	fclose(file);
	remove(name);
}

static void *receive_all(void *arg)
{
	struct sock s = *(struct sock *)arg;
	size_t length = 0;

	for (;;) {
		size_t room = SIZE - length < 9973 ? SIZE - length : 9973;
		ptrdiff_t n = room > 0 ? sock_recv(s, got + length, room, soon()) : 0;

		if (n <= 0)
			return (void *)(uintptr_t)length;
		length += (size_t)n;
	}
}

static pthread_t start_receiving(struct sock *s)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, receive_all, s), 0);
	return thread;
}

static size_t end_receiving(pthread_t thread)
{
	void *length;

	pthread_join(thread, &length);
	return (size_t)(uintptr_t)length;
}

START_TEST(any_piece_of_a_file_is_sent)
{
	const struct {
		size_t offset, size;
	} pieces[] = {{0, SIZE}, {0, 1}, {1, 16384}, {16383, 16385}, {SIZE - 1, 1}, {SIZE, 0}, {4321, 3000000}};
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon()};
	FILE *file = open_file();

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct sock a, b;
		uint64_t done = 1;
		pthread_t thread;

		connected_pair(LIBSOCK_AF_INET, &a, &b);
		thread = start_receiving(&b);
		expect(sock_sendfile(a, native_file(file), pieces[i].offset, pieces[i].size, &done, deadlines[i % 2]),
		       0);
		expect(sock_shutdown(a, LIBSOCK_SHUT_WR), 0);
		ck_assert_uint_eq(done, pieces[i].size);
		ck_assert_uint_eq(end_receiving(thread), pieces[i].size);
		ck_assert(memcmp(got, content + pieces[i].offset, pieces[i].size) == 0);
		sock_close(&a);
		sock_close(&b);
	}
	close_file(file);
}
END_TEST

START_TEST(a_file_that_ends_early_is_told_with_the_count)
{
	struct sock a, b;
	uint64_t done;
	char data[20];
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendfile(a, native_file(file), SIZE - 10, 20, &done, soon()), LIBSOCK_EEOF);
	ck_assert_uint_eq(done, 10);
	expect(sock_sendfile(a, native_file(file), SIZE, 1, &done, soon()), LIBSOCK_EEOF);
	ck_assert_uint_eq(done, 0);
	expect(sock_sendfile(a, native_file(file), (uint64_t)1 << 33, 1, NULL, soon()), LIBSOCK_EEOF);
	expect(sock_recv_exact(b, data, 10, NULL, soon()), 0);
	ck_assert_mem_eq(data, content + SIZE - 10, 10);
	expect(sock_recv(b, data, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&a);
	sock_close(&b);
	close_file(file);
}
END_TEST

START_TEST(a_transfer_cut_off_anywhere_goes_on_there)
{
	struct sock a, b;
	uint64_t at = 0, done;
	size_t length = 0;
	int err = 0, cuts = 0;
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	while (at < SIZE) {
		err = sock_sendfile(a, native_file(file), at, SIZE - at, &done,
				    cuts % 2 ? LIBSOCK_NOWAIT : sock_after(5));
		at += done;
		if (err < 0) {
			expect(err, cuts % 2 ? LIBSOCK_EAGAIN : LIBSOCK_ETIMEDOUT);
			cuts++;
			expect(sock_recv_exact(b, got + length, 1000, NULL, soon()), 0);
			length += 1000;
			if (done == 0) { /* full: make room for more than a little */
				expect(sock_recv_exact(b, got + length, at - length, NULL, soon()), 0);
				length = at;
			}
		}
	}
	expect(err, 0);
	ck_assert_int_gt(cuts, 0);
	expect(sock_recv_exact(b, got + length, SIZE - length, NULL, soon()), 0);
	ck_assert(memcmp(got, content, SIZE) == 0);
	sock_close(&a);
	sock_close(&b);
	close_file(file);
}
END_TEST

START_TEST(a_peer_that_resets_ends_the_transfer_without_a_signal)
{
	struct sock a, b;
	uint64_t done;
	int err;
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendfile(a, native_file(file), 0, 1000, &done, soon()), 0);
	expect(sock_recv_exact(b, got, 1000, NULL, soon()), 0);
	reset(&b);
	do
		err = sock_sendfile(a, native_file(file), 0, SIZE, &done, soon());
	while (err == 0);
	ck_assert_msg(err == LIBSOCK_ECONNRESET || err == LIBSOCK_EPIPE, "%s", sock_errname(err));
	err = sock_sendfile(a, native_file(file), 0, SIZE, &done, LIBSOCK_FOREVER);
	ck_assert_msg(err == LIBSOCK_ECONNRESET || err == LIBSOCK_EPIPE, "%s", sock_errname(err));
	ck_assert_uint_eq(done, 0);
	sock_close(&a);
	close_file(file);
}
END_TEST

START_TEST(what_is_no_file_or_no_place_is_refused)
{
	struct sock_addr addr;
	struct sock a, b, d = datagram(LIBSOCK_AF_INET, &addr), none = {0};
	uint64_t done = 7;
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendfile(none, native_file(file), 0, 1, &done, soon()), LIBSOCK_EBADF);
	ck_assert_uint_eq(done, 0);
	expect(sock_sendfile(d, native_file(file), 0, 1, NULL, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_sendfile(a, -1, 0, 1, NULL, soon()), LIBSOCK_EBADF);
	expect(sock_sendfile(a, native_file(file), UINT64_MAX, 1, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_sendfile(a, native_file(file), 1, INT64_MAX, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_sendfile(a, native_file(file), 0, 0, NULL, soon()), 0);
	sock_close(&a);
	sock_close(&b);
	sock_close(&d);
	close_file(file);
}
END_TEST

START_TEST(what_has_no_places_is_refused_and_not_waited_for)
{
	struct sock a, b;
	uint64_t done = 7;
	intptr_t ends[2];

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	native_open_pipe(ends);
	ck_assert_int_eq(sock_esys_number(sock_sendfile(a, ends[0], 1000, 1, &done, soon())), native_error_no_place());
	ck_assert_uint_eq(done, 0);
	native_close_pipe(ends);
	expect(sock_send(b, "x", 1, soon()), 1);
	ck_assert_int_eq(sock_esys_number(sock_sendfile(b, sock_native(a), 0, 1, NULL, soon())), native_error_no_place());
	expect(sock_recv(a, &(char){0}, 1, soon()), 1);
	expect(sock_recv(b, &(char){0}, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

START_TEST(what_is_not_open_for_reading_is_refused)
{
	struct sock a, b;
	FILE *file = open_file(), *written = fopen(name, "ab");

	ck_assert_ptr_nonnull(written);
	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(sock_sendfile(a, native_file(written), 0, 1, NULL, soon()),
	       native_is_windows() ? LIBSOCK_EACCES : LIBSOCK_EBADF);
	fclose(written);
	sock_close(&a);
	sock_close(&b);
	close_file(file);
}
END_TEST

START_TEST(where_the_program_reads_the_file_stays_as_it_is_but_on_windows)
{
	struct sock a, b;
	char data[1000];
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	expect(fseek(file, 5, SEEK_SET), 0);
	ck_assert_int_eq(fflush(file), 0);
	expect(sock_sendfile(a, native_file(file), 777, sizeof data, NULL, soon()), 0);
	expect(sock_recv_exact(b, data, sizeof data, NULL, soon()), 0);
	ck_assert_mem_eq(data, content + 777, sizeof data);
	if (!native_is_windows())
		ck_assert_int_eq(fgetc(file), content[5]);
	sock_close(&a);
	sock_close(&b);
	close_file(file);
}
END_TEST

START_TEST(places_up_to_the_highest_are_taken)
{
	struct sock a, b;
	uint64_t done;
	FILE *file = open_file();

	connected_pair(LIBSOCK_AF_INET6, &a, &b);
	expect(sock_sendfile(a, native_file(file), SIZE - 1, INT64_MAX - SIZE + 1, &done, soon()), LIBSOCK_EEOF);
	ck_assert_uint_eq(done, 1);
	expect(sock_sendfile(a, native_file(file), SIZE - 1, INT64_MAX - SIZE + 2, &done, soon()), LIBSOCK_EINVAL);
	ck_assert_uint_eq(done, 0);
	expect(sock_sendfile(a, native_file(file), INT64_MAX, 0, NULL, soon()), 0);
	expect(sock_sendfile(a, native_file(file), (uint64_t)INT64_MAX + 1, 0, NULL, soon()), LIBSOCK_EINVAL);
	sock_close(&a);
	sock_close(&b);
	close_file(file);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{any_piece_of_a_file_is_sent},
		{a_file_that_ends_early_is_told_with_the_count},
		{a_transfer_cut_off_anywhere_goes_on_there},
		{a_peer_that_resets_ends_the_transfer_without_a_signal},
		{what_is_no_file_or_no_place_is_refused},
		{what_has_no_places_is_refused_and_not_waited_for},
		{what_is_not_open_for_reading_is_refused},
		{where_the_program_reads_the_file_stays_as_it_is_but_on_windows},
		{places_up_to_the_highest_are_taken},
		{0},
	};

	return testing_main("sendfile", tests);
}
