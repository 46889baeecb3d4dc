/* SPDX-License-Identifier: MIT */

/* Lines and records: every place where a segment, the buffer or the stream can end. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

/* One end to write to, a reader on the other. */
struct bench {
	struct sock to, from;
	struct sock_reader in;
	char buffer[64];
	char *line;
};

static void open_bench(struct bench *bench, size_t size)
{
	connected_pair(LIBSOCK_AF_INET, &bench->to, &bench->from);
	expect(sock_reader_init(&bench->in, bench->from, bench->buffer, size), 0);
}

static void close_bench(struct bench *bench)
{
	sock_close(&bench->to);
	sock_close(&bench->from);
}

static void put(struct bench *bench, const char *text)
{
	expect(sock_send_all(bench->to, text, strlen(text), NULL, soon()), 0);
}

static void put_end(struct bench *bench)
{
	expect(sock_shutdown(bench->to, LIBSOCK_SHUT_WR), 0);
}

#define expect_line(bench, text)                                                                                       \
	do {                                                                                                           \
		expect(sock_reader_line(&(bench)->in, &(bench)->line, soon()), strlen(text));                            \
		ck_assert_str_eq((bench)->line, text);                                                                 \
		ck_assert_int_eq((bench)->in.partial, 0);                                                              \
	} while (0)

START_TEST(lines_end_with_lf_or_with_crlf)
{
	struct bench bench;

	open_bench(&bench, 64);
	put(&bench, "one\ntwo\r\n\n\r\n\rfive\r\r\nsix\n");
	expect_line(&bench, "one");
	expect_line(&bench, "two");
	expect_line(&bench, "");
	expect_line(&bench, "");
	expect_line(&bench, "\rfive\r"); /* a CR is an ending only before an LF, and only one of them */
	put_end(&bench);
	expect_line(&bench, "six");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
	ck_assert_ptr_null(bench.line);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
	expect(sock_reader_read(&bench.in, bench.buffer, 1, soon()), 0);
	close_bench(&bench);
}
END_TEST

START_TEST(a_nul_within_a_line_is_told_by_the_length)
{
	struct bench bench;

	open_bench(&bench, 64);
	expect(sock_send_all(bench.to, "a\0b\r\n", 5, NULL, soon()), 0);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), 3);
	ck_assert_mem_eq(bench.line, "a\0b", 4);
	close_bench(&bench);
}
END_TEST

/* Send a text in two segments, split at every place; where the buffer has room the reader sees the first one before. */
static void every_split(const char *text, void (*look)(struct bench *bench))
{
	const size_t length = strlen(text);

	for (size_t size = 8; size <= 64; size += 7)
		for (size_t split = 0; split <= length; split++) {
			struct bench bench;

			open_bench(&bench, size);
			expect(sock_send_all(bench.to, text, split, NULL, soon()), 0);
			/* Leaves it in the buffer, as there is no such delimiter. */
			if (split > 0 && split < size - 1)
				expect(sock_reader_until(&bench.in, "\1\2", 2, &bench.line, sock_after(0)),
				       LIBSOCK_ETIMEDOUT);
			expect(sock_send_all(bench.to, text + split, length - split, NULL, soon()), 0);
			put_end(&bench);
			look(&bench);
			close_bench(&bench);
		}
}

static void look_for_lines(struct bench *bench)
{
	expect_line(bench, "first");
	expect_line(bench, "");
	expect_line(bench, "a");
	expect_line(bench, "4567");
	expect(sock_reader_line(&bench->in, &bench->line, soon()), 1);
	ck_assert_str_eq(bench->line, "z");
	ck_assert_int_eq(bench->in.partial, 1);
	expect(sock_reader_line(&bench->in, &bench->line, soon()), LIBSOCK_EEOF);
}

START_TEST(a_segment_may_end_anywhere_within_lines)
{
	every_split("first\r\n\r\na\n4567\r\nz", look_for_lines);
}
END_TEST

static void look_for_records(struct bench *bench)
{
	expect(sock_reader_until(&bench->in, "aab", 3, &bench->line, soon()), 2);
	ck_assert_str_eq(bench->line, "xa"); /* xaaab: the delimiter begins at the second a */
	expect(sock_reader_until(&bench->in, "aab", 3, &bench->line, soon()), 0);
	ck_assert_str_eq(bench->line, "");
	expect(sock_reader_until(&bench->in, "aab", 3, &bench->line, soon()), 2);
	ck_assert_str_eq(bench->line, "aa");
	ck_assert_int_eq(bench->in.partial, 1);
	expect(sock_reader_until(&bench->in, "aab", 3, &bench->line, soon()), LIBSOCK_EEOF);
}

START_TEST(a_segment_may_end_anywhere_within_a_delimiter)
{
	every_split("xaaabaabaa", look_for_records);
}
END_TEST

START_TEST(single_bytes_make_the_same_lines)
{
	const char *text = "one\r\n\r\ntwo\nthree\r\n";
	struct bench bench;

	open_bench(&bench, 8);
	for (int pass = 0; pass < 5; pass++) {
		const char *const lines[] = {"one", "", "two", "three"};
		int seen = 0;

		for (const char *c = text; *c; c++) {
			ptrdiff_t n;

			expect(sock_send(bench.to, c, 1, soon()), 1);
			n = sock_reader_line(&bench.in, &bench.line, *c == '\n' ? soon() : sock_after(0));
			if (*c != '\n') {
				expect(n, LIBSOCK_ETIMEDOUT);
				continue;
			}
			expect(n, strlen(lines[seen]));
			ck_assert_str_eq(bench.line, lines[seen++]);
		}
		ck_assert_int_eq(seen, 4);
	}
	close_bench(&bench);
}
END_TEST

START_TEST(what_follows_a_line_is_read_first_and_the_rest_from_the_socket)
{
	struct bench bench;
	char data[64];

	open_bench(&bench, 64);
	put(&bench, "header\r\nbody of 1");
	expect_line(&bench, "header");
	expect(sock_reader_read(&bench.in, data, 4, soon()), 4);
	ck_assert_mem_eq(data, "body", 4);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), 5);
	ck_assert_mem_eq(data, " of 1", 5);
	expect(sock_reader_read(&bench.in, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_reader_read(&bench.in, data, sizeof data, sock_after(20)), LIBSOCK_ETIMEDOUT);
	put(&bench, "more\nline\n");
	expect(sock_reader_read(&bench.in, data, 5, soon()), 5);
	expect_line(&bench, "line");
	put_end(&bench);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), 0);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), 0);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
	close_bench(&bench);
}
END_TEST

START_TEST(the_longest_line_fits_and_one_byte_more_does_not)
{
	struct bench bench;

	open_bench(&bench, 9);
	put(&bench, "ab\n" "123456\r\n" "1234567\n" "1234567\r\n" "next\n");
	expect_line(&bench, "ab");
	expect_line(&bench, "123456");
	expect_line(&bench, "1234567");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_str_eq(bench.line, "1234567\r");
	expect_line(&bench, "next");
	close_bench(&bench);
}
END_TEST

START_TEST(a_long_line_is_skipped_to_its_end_by_the_next_call)
{
	static const char xs[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	for (size_t length = 8; length < sizeof xs; length++)
		for (int d = 0; d < 2; d++) {
			struct bench bench;
			ptrdiff_t n;

			open_bench(&bench, 8);
			put(&bench, "a\n");
			expect(sock_send_all(bench.to, xs, length, NULL, soon()), 0);
			expect_line(&bench, "a");
			expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
			ck_assert_str_eq(bench.line, "xxxxxxx");
			do /* its end is still to come: nothing of it is taken for a line */
				n = sock_reader_line(&bench.in, &bench.line, d ? sock_after(5) : LIBSOCK_NOWAIT);
			while (sock_reader_pending(&bench.in) > 0);
			expect(n, d ? LIBSOCK_ETIMEDOUT : LIBSOCK_EAGAIN);
			put(&bench, "x\r\nb\r\n");
			expect_line(&bench, "b");
			close_bench(&bench);
			if (d == 0 && length > 20)
				length += 3;
		}
}
END_TEST

/* Put a few bytes, and read a line once they are there. */
static ptrdiff_t put_and_read(struct bench *bench, const char *text, int64_t deadline)
{
	struct sock_wait_item item = {.s = bench->from, .interest = LIBSOCK_READABLE};

	put(bench, text);
	expect(sock_wait(&item, 1, soon()), 1);
	return sock_reader_line(&bench->in, &bench->line, deadline);
}

START_TEST(a_line_is_too_long_as_soon_as_the_buffer_is_full)
{
	static const struct {
		const char *first, *then;
		int code; /* of the first, where it is not that nothing is known yet */
	} cases[] = {{NULL, "12345678", 0}, {"1", "2345678", 0}, {"1234567", "8", 0}, {"a\n123456", "78", 1}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int passed = 0; passed < 2; passed++) {
			const int code = cases[i].code ? cases[i].code : passed ? LIBSOCK_ETIMEDOUT : LIBSOCK_EAGAIN;
			const int64_t deadline = passed ? sock_after(0) : LIBSOCK_NOWAIT;
			struct bench bench;

			open_bench(&bench, 9);
			if (cases[i].first)
				expect(put_and_read(&bench, cases[i].first, deadline), code);
			expect(put_and_read(&bench, cases[i].then, deadline), LIBSOCK_EMSGSIZE);
			ck_assert_str_eq(bench.line, "12345678");
			close_bench(&bench);
		}
}
END_TEST

START_TEST(a_long_line_can_be_read_in_pieces_instead)
{
	struct bench bench;
	char data[64];
	size_t got = 0;

	open_bench(&bench, 8);
	put(&bench, "0123456789abcdef\nb\n");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_str_eq(bench.line, "0123456");
	while (got < 12) {
		ptrdiff_t n = sock_reader_read(&bench.in, data + got, 12 - got, soon());

		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
	ck_assert_mem_eq(data, "0123456789ab", 12);
	expect_line(&bench, "cdef");
	expect_line(&bench, "b");
	close_bench(&bench);
}
END_TEST

/* What has come of it is skipped: there is nothing to read in pieces but what is still to come. */
START_TEST(a_read_that_gives_nothing_leaves_a_long_line_too_long)
{
	struct bench bench;
	char data[8];

	open_bench(&bench, 8);
	put(&bench, "0123456");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_reader_line(&bench.in, &bench.line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_reader_read(&bench.in, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	ck_assert_int_eq(bench.in.overlong, 1);
	put(&bench, "tail\nnext\n");
	expect_line(&bench, "next");
	close_bench(&bench);
}
END_TEST

START_TEST(the_end_of_file_within_a_long_line_is_the_end_of_file)
{
	struct bench bench;
	char end;

	open_bench(&bench, 8);
	put(&bench, "0123456789");
	put_end(&bench);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
	close_bench(&bench);
	open_bench(&bench, 8);
	put(&bench, "0123456789a");
	put_end(&bench);
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), LIBSOCK_EEOF);
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), LIBSOCK_EEOF);
	expect(sock_reader_read(&bench.in, &end, 1, soon()), 0); /* nothing is left */
	close_bench(&bench);
}
END_TEST

START_TEST(the_rest_before_the_end_of_file_is_one_last_line)
{
	const char *const rests[] = {"x", "rest", "cr\r", "\r"};

	for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
		struct bench bench;

		open_bench(&bench, 8);
		put(&bench, "a\n");
		put(&bench, rests[i]);
		put_end(&bench);
		expect_line(&bench, "a");
		expect(sock_reader_line(&bench.in, &bench.line, soon()), strlen(rests[i]));
		ck_assert_str_eq(bench.line, rests[i]);
		ck_assert_int_eq(bench.in.partial, 1);
		expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EEOF);
		ck_assert_int_eq(bench.in.partial, 0);
		close_bench(&bench);
	}
}
END_TEST

START_TEST(a_line_that_a_reset_cuts_off_is_no_line)
{
	struct bench bench;
	char data[64];

	open_bench(&bench, 64);
	put(&bench, "whole\nhalf");
	expect_line(&bench, "whole");
	expect(sock_reader_line(&bench.in, &bench.line, sock_after(20)), LIBSOCK_ETIMEDOUT);
	reset(&bench.to);
	for (int i = 0; i < 3; i++) /* the system tells of it once */
		expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_ECONNRESET);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), 4);
	ck_assert_mem_eq(data, "half", 4);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), LIBSOCK_ECONNRESET);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_ECONNRESET);
	close_bench(&bench);
}
END_TEST

START_TEST(records_and_lines_can_be_mixed)
{
	struct bench bench;

	open_bench(&bench, 64);
	put(&bench, "GET / HTTP/1.0\r\nHost: a\r\n\r\nbody;tail");
	expect_line(&bench, "GET / HTTP/1.0");
	expect(sock_reader_until(&bench.in, "\r\n\r\n", 4, &bench.line, soon()), 7);
	ck_assert_str_eq(bench.line, "Host: a");
	expect(sock_reader_until(&bench.in, ";", 1, &bench.line, soon()), 4);
	ck_assert_str_eq(bench.line, "body");
	put(&bench, "\0"); /* nothing */
	expect(sock_send_all(bench.to, "\0z", 2, NULL, soon()), 0);
	expect(sock_reader_until(&bench.in, "", 1, &bench.line, soon()), 4);
	ck_assert_str_eq(bench.line, "tail");
	close_bench(&bench);
}
END_TEST

static void *send_noise(void *arg)
{
	static const char noise[65536];

	while (sock_send(*(struct sock *)arg, noise, sizeof noise, soon()) > 0)
		;
	return NULL;
}

START_TEST(a_line_without_an_end_does_not_outlast_the_deadline)
{
	struct bench bench;
	pthread_t thread;
	int64_t begun;

	open_bench(&bench, 16);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_noise, &bench.to), 0);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	begun = sock_now();
	expect(sock_reader_line(&bench.in, &bench.line, sock_after(100)), LIBSOCK_ETIMEDOUT);
	ck_assert_int_ge(sock_now() - begun, 100);
	expect_ended(begun);
	expect(sock_reader_line(&bench.in, &bench.line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	sock_close(&bench.from);
	pthread_join(thread, NULL);
	sock_close(&bench.to);
}
END_TEST

START_TEST(a_reader_refuses_what_it_cannot_read)
{
	struct sock_addr addr;
	struct sock d = datagram(LIBSOCK_AF_INET, &addr), none = {0};
	struct sock_reader bad = {.size = 1};
	struct bench bench;
	char data[8];

	open_bench(&bench, 8);
	expect(sock_reader_init(NULL, bench.from, data, sizeof data), LIBSOCK_EINVAL);
	expect(sock_reader_init(&bad, none, data, sizeof data), LIBSOCK_EBADF);
	expect(sock_reader_init(&bad, d, data, sizeof data), LIBSOCK_EPROTOTYPE);
	expect(sock_reader_init(&bad, bench.from, NULL, sizeof data), LIBSOCK_EINVAL);
	expect(sock_reader_init(&bad, bench.from, data, 1), LIBSOCK_EINVAL);
	ck_assert_uint_eq(bad.size, 0);
	expect(sock_reader_line(&bad, &bench.line, soon()), LIBSOCK_EBADF);
	expect(sock_reader_line(NULL, &bench.line, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_line(&bench.in, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_until(&bench.in, NULL, 1, &bench.line, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_until(&bench.in, "x", 0, &bench.line, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_until(&bench.in, "12345678", 8, &bench.line, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_read(NULL, data, 1, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_read(&bad, data, 1, soon()), LIBSOCK_EBADF);
	expect(sock_reader_read(&bench.in, NULL, 1, soon()), LIBSOCK_EINVAL);
	expect(sock_reader_read(&bench.in, data, 0, soon()), LIBSOCK_EINVAL);
	put(&bench, "1234567next!!"); /* a delimiter as long as all of the buffer */
	expect(sock_reader_until(&bench.in, "1234567", 7, &bench.line, soon()), 0);
	expect(sock_reader_until(&bench.in, "!!", 2, &bench.line, soon()), 4);
	ck_assert_str_eq(bench.line, "next");
	close_bench(&bench);
	sock_close(&d);
}
END_TEST

/* What has left the socket makes it ready no more, and only the reader knows of it. */
START_TEST(what_is_pending_is_what_no_wait_reports)
{
	struct bench bench;
	struct sock_poller poller;
	struct sock_event event;
	char data[64];

	open_bench(&bench, 64);
	expect(sock_poller_open(&poller), 0);
	expect(sock_poller_add(&poller, bench.from, LIBSOCK_READABLE, &bench), 0);
	ck_assert_uint_eq(sock_reader_pending(&bench.in), 0);
	put(&bench, "one\ntwo\r\nth");
	expect(sock_poller_wait(&poller, &event, 1, soon()), 1);
	ck_assert_uint_eq(sock_reader_pending(&bench.in), 0); /* it is the socket's still */
	expect_line(&bench, "one");
	for (size_t pending = 7; pending > 0;) {
		struct sock_wait_item item = {.s = bench.from, .interest = LIBSOCK_READABLE};

		ck_assert_uint_eq(sock_reader_pending(&bench.in), pending);
		expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_wait(&item, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		if (pending == 7)
			expect_line(&bench, "two");
		else /* of what is no line yet, a call for one takes nothing */
			expect(sock_reader_line(&bench.in, &bench.line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		if (pending < 7)
			expect(sock_reader_read(&bench.in, data, 1, LIBSOCK_NOWAIT), 1);
		pending = pending == 7 ? 2 : pending - 1;
	}
	ck_assert_uint_eq(sock_reader_pending(&bench.in), 0);
	ck_assert_uint_eq(sock_reader_pending(&(struct sock_reader){.err = 0}), 0);
	ck_assert_uint_eq(sock_reader_pending(NULL), 0);
	sock_poller_close(&poller);
	close_bench(&bench);
}
END_TEST

/* What the members say, call by call. */
START_TEST(the_members_say_what_waits_and_how_it_ended)
{
	struct bench bench;
	char data[16];

	open_bench(&bench, 16);
	ck_assert_ptr_eq(bench.in.buffer, bench.buffer);
	ck_assert_uint_eq(bench.in.size, 16);
	ck_assert_int_eq(bench.in.s.fd == bench.from.fd && bench.in.err == 0, 1);
	put(&bench, "a\nbcd");
	expect_line(&bench, "a");
	if (sock_reader_pending(&bench.in) < 3)
		expect(sock_reader_line(&bench.in, &bench.line, sock_after(5)), LIBSOCK_ETIMEDOUT);
	ck_assert_mem_eq(bench.buffer + bench.in.begin, "bcd", sock_reader_pending(&bench.in));
	ck_assert_int_eq(bench.in.err, 0); /* a deadline is no end */
	put(&bench, "56789abcdefghijk\nrest");
	put_end(&bench);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_int_eq(bench.in.overlong, 1);
	ck_assert_ptr_nonnull(bench.line);
	ck_assert_uint_eq(strlen(bench.line), 15);
	expect(sock_reader_line(&bench.in, &bench.line, soon()), 4);
	ck_assert_int_eq(bench.in.overlong, 0);
	ck_assert_int_eq(bench.in.partial, 1);
	ck_assert_int_eq(bench.in.err, LIBSOCK_EEOF);
	expect(sock_reader_read(&bench.in, data, sizeof data, soon()), 0);
	ck_assert_int_eq(bench.in.partial, 0);
	close_bench(&bench);
}
END_TEST

/* The rest of a long record is skipped up to the delimiter of whoever skips it, or read. */
START_TEST(a_long_record_is_skipped_to_the_next_calls_own_delimiter)
{
	for (int with = 0; with < 3; with++) {
		struct bench bench;
		char data[32];

		open_bench(&bench, 8);
		put(&bench, "0123456789;ab\nc--e--\n");
		expect(sock_reader_until(&bench.in, ";", 1, &bench.line, soon()), LIBSOCK_EMSGSIZE);
		if (with == 0) {
			expect_line(&bench, "c--e--");
		} else if (with == 1) {
			expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), 1);
			ck_assert_str_eq(bench.line, "e");
			expect_line(&bench, "");
		} else {
			expect(sock_reader_read(&bench.in, data, 1, soon()), 1);
			ck_assert_int_eq(data[0], '0');
			ck_assert_int_eq(bench.in.overlong, 0);
		}
		close_bench(&bench);
	}
}
END_TEST

/* The head has been given: a delimiter that is in it ends nothing, but one that only begins there does. */
START_TEST(the_head_of_a_long_record_is_not_searched_again)
{
	struct bench bench;

	open_bench(&bench, 9);
	put(&bench, "aa;bbb--BB\ncc;dd;");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_str_eq(bench.line, "aa;bbb--");
	expect(sock_reader_until(&bench.in, ";", 1, &bench.line, soon()), 2);
	ck_assert_str_eq(bench.line, "dd");
	put(&bench, "--34567-" "-e--");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_str_eq(bench.line, "--34567-");
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), 1);
	ck_assert_str_eq(bench.line, "e");
	close_bench(&bench);
}
END_TEST

/* A delimiter of any length that is kept whole by the reader's own memory begins in the head and ends behind it. */
START_TEST(the_head_of_a_long_record_may_be_written_to)
{
	static const char delimiter[] = "0123456789abc";

	for (size_t length = 2; length < sizeof delimiter; length++) {
		for (size_t split = 1; split < length; split++) {
			struct bench bench;
			char text[64];

			open_bench(&bench, 21);
			snprintf(text, sizeof text, "%.*s%.*s", (int)(20 - split), "........................", (int)length, delimiter);
			put(&bench, text);
			put(&bench, "next");
			if (split % 2)
				expect(sock_reader_until(&bench.in, delimiter, length, &bench.line, soon()), LIBSOCK_EMSGSIZE);
			else
				expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
			ck_assert_mem_eq(bench.line, text, 20);
			memset(bench.line, '!', 21);
			expect(sock_reader_until(&bench.in, delimiter, length, &bench.line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			put(&bench, text);
			expect(sock_reader_until(&bench.in, delimiter, length, &bench.line, soon()), LIBSOCK_EMSGSIZE);
			ck_assert_mem_eq(bench.line, "next....", 8);
			close_bench(&bench);
		}
	}
}
END_TEST

/* What a call has skipped that gave up before the end is not taken for a head that has just been given. */
START_TEST(a_head_is_put_right_once)
{
	struct bench bench;

	open_bench(&bench, 9);
	put(&bench, "123456-x" "-+-+-+-");
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	put(&bench, "-end--");
	expect(sock_reader_until(&bench.in, "--", 2, &bench.line, soon()), 3);
	ck_assert_str_eq(bench.line, "end");
	close_bench(&bench);
}
END_TEST

/* Nor is what a call has skipped that gave up before the end. */
START_TEST(what_was_skipped_of_a_long_record_is_not_searched_again)
{
	struct bench bench;

	open_bench(&bench, 9);
	put(&bench, "12345678");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	put(&bench, "a;b");
	expect(sock_reader_until(&bench.in, "\r\n\r\n", 4, &bench.line, sock_after(20)), LIBSOCK_ETIMEDOUT);
	put(&bench, "c;d;");
	expect(sock_reader_until(&bench.in, ";", 1, &bench.line, soon()), 1);
	ck_assert_str_eq(bench.line, "d");
	close_bench(&bench);
}
END_TEST

START_TEST(two_bytes_are_room_enough)
{
	struct bench bench;

	open_bench(&bench, 2);
	put(&bench, "\n;\nab\n\n");
	expect_line(&bench, "");
	expect(sock_reader_until(&bench.in, ";", 1, &bench.line, soon()), 0);
	expect_line(&bench, "");
	expect(sock_reader_line(&bench.in, &bench.line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_str_eq(bench.line, "a");
	expect(sock_reader_until(&bench.in, "\n", 1, &bench.line, soon()), 0);
	ck_assert_str_eq(bench.line, "");
	expect(sock_reader_until(&bench.in, "12", 2, &bench.line, soon()), LIBSOCK_EINVAL);
	close_bench(&bench);
}
END_TEST

/* No call leaves an old pointer behind. */
START_TEST(an_error_leaves_no_line)
{
	struct sock_reader none = {0};
	struct bench bench;

	open_bench(&bench, 8);
	for (int i = 0; i < 8; i++) {
		char *line = bench.buffer;

		switch (i) {
		case 0:
			expect(sock_reader_line(NULL, &line, soon()), LIBSOCK_EINVAL);
			break;
		case 1:
			expect(sock_reader_line(&none, &line, soon()), LIBSOCK_EBADF);
			break;
		case 2:
			expect(sock_reader_until(NULL, "x", 1, &line, soon()), LIBSOCK_EINVAL);
			break;
		case 3:
			expect(sock_reader_until(&none, "x", 1, &line, soon()), LIBSOCK_EBADF);
			break;
		case 4:
			expect(sock_reader_until(&bench.in, NULL, 1, &line, soon()), LIBSOCK_EINVAL);
			break;
		case 5:
			expect(sock_reader_until(&bench.in, "x", 0, &line, soon()), LIBSOCK_EINVAL);
			break;
		case 6:
			expect(sock_reader_line(&bench.in, &line, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			break;
		default:
			expect(sock_reader_until(&bench.in, "x", 1, &line, -1), LIBSOCK_ETIMEDOUT);
		}
		ck_assert_msg(line == NULL, "call %d", i);
	}
	expect(sock_reader_until(&bench.in, "x", 1, NULL, soon()), LIBSOCK_EINVAL);
	close_bench(&bench);
}
END_TEST

START_TEST(what_was_too_long_is_pending_until_it_has_been_read)
{
	struct sock pair[2];
	struct sock_reader reader;
	char buffer[8], piece[4], *line;
	int left = 12;

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_reader_init(&reader, pair[0], buffer, sizeof buffer), 0);
	expect(sock_send_all(pair[1], "0123456789a\n", 12, NULL, soon()), 0);
	expect(sock_reader_line(&reader, &line, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_uint_gt(sock_reader_pending(&reader), 0);
	while (left > 0) {
		ptrdiff_t n = sock_reader_read(&reader, piece, sizeof piece, soon());

		ck_assert_int_gt(n, 0);
		left -= (int)n;
	}
	ck_assert_uint_eq(sock_reader_pending(&reader), 0);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{lines_end_with_lf_or_with_crlf},
		{a_nul_within_a_line_is_told_by_the_length},
		{a_segment_may_end_anywhere_within_lines},
		{a_segment_may_end_anywhere_within_a_delimiter},
		{single_bytes_make_the_same_lines},
		{what_follows_a_line_is_read_first_and_the_rest_from_the_socket},
		{the_longest_line_fits_and_one_byte_more_does_not},
		{a_long_line_is_skipped_to_its_end_by_the_next_call},
		{a_line_is_too_long_as_soon_as_the_buffer_is_full},
		{a_long_line_can_be_read_in_pieces_instead},
		{a_read_that_gives_nothing_leaves_a_long_line_too_long},
		{the_end_of_file_within_a_long_line_is_the_end_of_file},
		{the_rest_before_the_end_of_file_is_one_last_line},
		{a_line_that_a_reset_cuts_off_is_no_line},
		{records_and_lines_can_be_mixed},
		{a_line_without_an_end_does_not_outlast_the_deadline},
		{a_reader_refuses_what_it_cannot_read},
		{what_is_pending_is_what_no_wait_reports},
		{the_members_say_what_waits_and_how_it_ended},
		{a_long_record_is_skipped_to_the_next_calls_own_delimiter},
		{the_head_of_a_long_record_is_not_searched_again},
		{the_head_of_a_long_record_may_be_written_to},
		{a_head_is_put_right_once},
		{what_was_skipped_of_a_long_record_is_not_searched_again},
		{two_bytes_are_room_enough},
		{an_error_leaves_no_line},
		{what_was_too_long_is_pending_until_it_has_been_read},
		{0},
	};

	return testing_main("reader", tests);
}
