/* SPDX-License-Identifier: MIT */

/* 64 lines of 64 bytes over TCP: written with one call, read as a whole or line by line. One thread has both ends. */

#include "bench.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { COUNT = 64, SIZE = 64, ROOM = 16384 };

struct messages {
	struct sock pair[2];
	char lines[COUNT][SIZE];
	struct sock_const_buffer parts[COUNT];
	struct iovec vector[COUNT];
	char all[COUNT * SIZE], buffer[ROOM];
	struct sock_reader reader;
	size_t begin, end; /* of the raw reader */
};

static void *messages_begin(void)
{
	static struct messages m;

	bench_connect(m.pair);
	for (int i = 0; i < COUNT; i++) {
		memset(m.lines[i], 'a' + i % 26, SIZE - 1);
		m.lines[i][SIZE - 1] = '\n';
		m.parts[i] = (struct sock_const_buffer){m.lines[i], SIZE};
		m.vector[i] = (struct iovec){m.lines[i], SIZE};
	}
	bench_check(sock_reader_init(&m.reader, m.pair[1], m.buffer, ROOM), "reader");
	return &m;
}

static void messages_end(void *state)
{
	struct messages *m = state;

	sock_close(&m->pair[0]);
	sock_close(&m->pair[1]);
}

/* What a careful program writes itself. */
static void raw_send(struct messages *m)
{
	struct msghdr message = {.msg_iov = m->vector, .msg_iovlen = COUNT};

	bench_raw(sendmsg((int)sock_native(m->pair[0]), &message, MSG_NOSIGNAL), "sendmsg");
}

static void raw_whole(void *state, long n)
{
	struct messages *m = state;

	while (n-- > 0) {
		raw_send(m);
		bench_raw(recv((int)sock_native(m->pair[1]), m->all, sizeof m->all, MSG_WAITALL), "recv");
	}
}

static void sock_whole(void *state, long n)
{
	struct messages *m = state;

	while (n-- > 0) {
		bench_check(sock_sendv(m->pair[0], m->parts, COUNT, LIBSOCK_FOREVER), "sendv");
		bench_check(sock_recv_exact(m->pair[1], m->all, sizeof m->all, NULL, LIBSOCK_FOREVER), "recv_all");
	}
}

/* A line with a NUL in place of its end, from a buffer that is filled when it has none left. */
static char *raw_line(struct messages *m)
{
	for (;;) {
		char *from = m->buffer + m->begin, *end = memchr(from, '\n', m->end - m->begin);

		if (end) {
			*end = '\0';
			m->begin = (size_t)(end + 1 - m->buffer);
			return from;
		}
		memmove(m->buffer, from, m->end - m->begin);
		m->end -= m->begin;
		m->begin = 0;
		m->end += (size_t)bench_raw(recv((int)sock_native(m->pair[1]), m->buffer + m->end, ROOM - m->end, 0),
					    "recv");
	}
}

static void raw_lines(void *state, long n)
{
	struct messages *m = state;

	while (n-- > 0) {
		raw_send(m);
		for (int i = 0; i < COUNT; i++)
			bench_raw(raw_line(m)[0] == 'a' + i % 26 ? 0 : -1, "line");
	}
}

static void sock_lines(void *state, long n)
{
	struct messages *m = state;
	char *line;

	while (n-- > 0) {
		bench_check(sock_sendv(m->pair[0], m->parts, COUNT, LIBSOCK_FOREVER), "sendv");
		for (int i = 0; i < COUNT; i++) {
			bench_check(sock_reader_line(&m->reader, &line, LIBSOCK_FOREVER), "read_line");
			bench_raw(line[0] == 'a' + i % 26 ? 0 : -1, "line");
		}
	}
}

const struct bench_row bench_messages = {
	"R6-whole", "64 messages of 64 bytes, sent at once and received at once",
	messages_begin, messages_end,
	{{"sendmsg, recv(MSG_WAITALL)", raw_whole, 0}, {"sock_sendv, sock_recv_exact", sock_whole, 1.05}},
};

const struct bench_row bench_lines = {
	"R6-lines", "64 lines of 64 bytes, sent at once and read one by one",
	messages_begin, messages_end,
	{{"sendmsg, a buffer and memchr", raw_lines, 0}, {"sock_sendv, sock_reader_line", sock_lines, 1.05}},
};
