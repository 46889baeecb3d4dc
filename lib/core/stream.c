/* SPDX-License-Identifier: MIT */

/* Whole messages on a stream: all of it, or how much of it. */

#include "deadline.h"
#include "libsock.h"
#include "os.h"
#include "os_job.h"
#include "os_state.h"
#include "socket.h"
#include "transfer.h"
#include "vector.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * The memory of sock_sendfile(): a small thread's stack has room for the least, which does where there is no other. So
 * little is read and sent sooner than the system does so by itself. And how much it does between two looks at the clock.
 */
enum { STREAM__LEAST = 2048, STREAM__MOST = 65536, STREAM__PASS = 1 << 20 };

/* `*done` is right at any time, so that every way out may be taken. */
static size_t *stream__begin(size_t *done, size_t *unused)
{
	if (done == NULL)
		done = unused;
	*done = 0;
	return done;
}

int sock_send_all(struct sock s, const void *data, size_t size, size_t *done, int64_t deadline)
{
	const char *bytes = data;
	size_t unused;
	int err = socket_check(s, LIBSOCK_STREAM);

	done = stream__begin(done, &unused);
	if (err == 0 && data == NULL && size > 0)
		err = LIBSOCK_EINVAL;
	while (err == 0 && *done < size) {
		ptrdiff_t n = sock_send(s, bytes + *done, size - *done, deadline);

		if (n < 0)
			return (int)n;
		*done += (size_t)n;
		if (*done < size) /* a peer that takes little at a time must not keep it here past the deadline */
			err = deadline_passed(deadline);
	}
	return err;
}

int sock_recv_exact(struct sock s, void *data, size_t size, size_t *done, int64_t deadline)
{
	char *bytes = data;
	size_t unused;
	int err = socket_check(s, LIBSOCK_STREAM);

	done = stream__begin(done, &unused);
	if (err == 0 && data == NULL && size > 0)
		err = LIBSOCK_EINVAL;
	while (err == 0 && *done < size) {
		ptrdiff_t n = sock_recv(s, bytes + *done, size - *done, deadline);

		if (n <= 0)
			return n < 0 ? (int)n : LIBSOCK_EEOF;
		*done += (size_t)n;
		if (*done < size)
			err = deadline_passed(deadline);
	}
	return err;
}

static ptrdiff_t stream__skip(struct sock s, uint64_t size, int64_t deadline)
{
	const size_t most = size < INT_MAX ? (size_t)size : INT_MAX;
	struct transfer_tries tries = {0};
	ptrdiff_t n;

	do
		n = os_skip(s.fd, s.family, most, transfer_how(deadline));
	while (n < 0 && transfer_again(s.fd, &n, OS_READABLE, deadline, &tries));
	return n == 0 ? transfer_end(s.fd) : n;
}

int sock_discard(struct sock s, uint64_t size, uint64_t *done, int64_t deadline)
{
	uint64_t unused;
	int err = socket_check(s, LIBSOCK_STREAM);

	if (done == NULL)
		done = &unused;
	*done = 0;
	while (err == 0 && *done < size) {
		ptrdiff_t n = stream__skip(s, size - *done, deadline);

		if (n <= 0)
			return n < 0 ? (int)n : LIBSOCK_EEOF;
		*done += (uint64_t)n;
		if (*done < size)
			err = deadline_passed(deadline);
	}
	return err;
}

/* Where in a vector the next byte is. */
struct stream__place {
	const struct sock_const_buffer *parts;
	int count;
	size_t offset; /* in the first part */
};

static void stream__advance(struct stream__place *place, size_t n)
{
	place->offset += n;
	while (place->count > 0 && place->offset >= place->parts->size) {
		place->offset -= place->parts->size;
		place->parts++;
		place->count--;
	}
}

/*
 * No more of the pieces than one call takes: it looks at all that it is given, each time. The caller's vector is not to
 * be written to, so what is left of a piece is sent from a copy.
 */
static ptrdiff_t stream__send_rest(struct sock s, const struct stream__place *place, int64_t deadline)
{
	struct sock_const_buffer rest[LIBSOCK_BUFFERS_MAX];
	int count = place->count < LIBSOCK_BUFFERS_MAX ? place->count : LIBSOCK_BUFFERS_MAX;

	if (place->offset == 0)
		return sock_sendv(s, place->parts, count, deadline);
	memcpy(rest, place->parts, (size_t)count * sizeof *rest);
	rest[0].data = (const char *)rest[0].data + place->offset;
	rest[0].size -= place->offset;
	return sock_sendv(s, rest, count, deadline);
}

int sock_sendv_all(struct sock s, const struct sock_const_buffer parts[], int count, size_t *done, int64_t deadline)
{
	struct stream__place place = {.parts = parts, .count = count};
	size_t unused, size = 0;
	int err = socket_check(s, LIBSOCK_STREAM);

	done = stream__begin(done, &unused);
	if (err == 0)
		err = vector_size(parts, count, &size);
	if (err == 0)
		stream__advance(&place, 0); /* past empty ones: there may be more of them than one call takes */
	while (err == 0 && *done < size) {
		ptrdiff_t n = stream__send_rest(s, &place, deadline);

		if (n < 0)
			return (int)n;
		*done += (size_t)n;
		stream__advance(&place, (size_t)n);
		if (*done < size)
			err = deadline_passed(deadline);
	}
	return err;
}

/* A piece of a file on its way, by way of some memory where the system does not send it by itself. */
struct stream__file {
	struct sock s;
	intptr_t file;
	uint64_t offset, size, *done;
	int64_t deadline;
	int ended; /* the error that the stream ended with, or 0: not that anybody has been told */
	char *room, *most;
	size_t room_size;
};

static size_t stream__step(const struct stream__file *f, size_t most)
{
	const uint64_t rest = f->size - *f->done;

	return rest < most ? (size_t)rest : most;
}

/* 0 or how many bytes, or what the file says. */
static ptrdiff_t stream__read(const struct stream__file *f, void *data, size_t size)
{
	ptrdiff_t n;

	do
		n = os_file_read(f->file, data, size, f->offset + *f->done);
	while (n == OS_EINTR);
	return n != 0 ? n : LIBSOCK_EEOF;
}

/* `n` bytes have been taken. */
static int stream__count(const struct stream__file *f, size_t n)
{
	*f->done += n;
	return *f->done < f->size ? deadline_passed(f->deadline) : 0;
}

/*
 * As much as the system sends by itself; LIBSOCK_ENOTSUP: the rest is for others to send. Of an error the file is asked
 * first, for what it does not say is the stream's.
 */
static int stream__pass(struct stream__file *f)
{
	struct transfer_tries tries = {0};
	int err = 0;

	while (err == 0 && *f->done < f->size) {
		ptrdiff_t n = os_file_send(f->s.fd, f->file, stream__step(f, STREAM__PASS), f->offset + *f->done,
					   transfer_how(f->deadline));
		const bool is_full = n == LIBSOCK_EAGAIN;
		char byte;

		if (n > 0) {
			tries = (struct transfer_tries){0};
			err = stream__count(f, (size_t)n);
			continue;
		}
		if (n == 0 || n == LIBSOCK_ENOTSUP)
			return LIBSOCK_ENOTSUP;
		if (n != OS_EINTR)
			err = (int)stream__read(f, &byte, 1);
		if (err < 0)
			return err;
		err = 0;
		if (!transfer_again(f->s.fd, &n, OS_WRITABLE, f->deadline, &tries)) {
			f->ended = n == LIBSOCK_ECONNRESET || n == LIBSOCK_ECONNTIMEDOUT ? (int)n : 0;
			return is_full ? (int)n : LIBSOCK_ENOTSUP;
		}
	}
	return err;
}

static void stream__take_room(struct stream__file *f)
{
	if (f->size - *f->done > f->room_size)
		f->most = malloc(STREAM__MOST);
	if (f->most) {
		f->room = f->most;
		f->room_size = STREAM__MOST;
	}
}

static int stream__send_file(void *context)
{
	struct stream__file *f = context;
	int err = f->size > STREAM__LEAST ? stream__pass(f) : LIBSOCK_ENOTSUP;

	if (err != LIBSOCK_ENOTSUP)
		return err;
	stream__take_room(f);
	for (err = 0; err == 0 && *f->done < f->size;) {
		ptrdiff_t n = stream__read(f, f->room, stream__step(f, f->room_size));
		size_t sent;

		if (n < 0)
			return (int)n;
		err = sock_send_all(f->s, f->room, (size_t)n, &sent, f->deadline);
		if (err == LIBSOCK_EPIPE && sent == 0 && f->ended < 0)
			return f->ended;
		f->ended = 0;
		if (err == 0)
			err = stream__count(f, sent);
		else
			*f->done += sent;
	}
	return err;
}

/* Also of a thread that is cancelled while it waits. */
static void stream__end_file(void *context)
{
	free(((struct stream__file *)context)->most);
}

int sock_sendfile(struct sock s, intptr_t file, uint64_t offset, uint64_t size, uint64_t *done, int64_t deadline)
{
	char least[STREAM__LEAST];
	uint64_t unused;
	struct stream__file f = {.s = s, .file = file, .offset = offset, .size = size, .done = done ? done : &unused,
				 .deadline = deadline, .room = least, .room_size = sizeof least};
	int err = socket_check(s, LIBSOCK_STREAM);

	*f.done = 0;
	if (err == 0 && (offset > INT64_MAX || size > INT64_MAX - offset))
		err = LIBSOCK_EINVAL;
	if (err < 0)
		return err;
	err = os_guard(stream__send_file, stream__end_file, &f);
	stream__end_file(&f);
	return err;
}

/*
 * Until the peer has ended, too. What comes is thrown away; who sends without end is given up at the deadline. After
 * one's own LIBSOCK_SHUT_RD nothing comes, and what the peer does is not known.
 */
static int stream__drain(struct sock s, int64_t deadline)
{
	char waste[2048];
	int err = 0;

	while (err == 0) {
		ptrdiff_t n = sock_recv(s, waste, sizeof waste, deadline);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return os_end(s.fd) == LIBSOCK_EEOF ? 0 : LIBSOCK_ENOTCONN;
		err = deadline_over(deadline);
	}
	return err;
}

/*
 * Why a connection is over is told behind the bytes that came before, and those are all here already. An error that
 * came after the peer's end is told beside that end: what was sent since has not been read.
 */
static int stream__reason(struct sock s)
{
	char waste[2048];
	ptrdiff_t n;
	int err;

	do
		n = sock_recv(s, waste, sizeof waste, LIBSOCK_NOWAIT);
	while (n > 0);
	if (n < 0 && n != LIBSOCK_EAGAIN)
		return (int)n;
	err = transfer_error(s.fd, os_connect_result(s.fd));
	if (err == LIBSOCK_ECONNTIMEDOUT)
		return err;
	return err == LIBSOCK_EPIPE || err == LIBSOCK_ECONNRESET ? LIBSOCK_ECONNRESET : LIBSOCK_ENOTCONN;
}

/* Whoever set LIBSOCK_OPT_LINGER_MS, the sender of a socket for example, does not hold the close past the deadline. */
static void stream__close(struct sock *s)
{
	int64_t ms = 0;

	if (s->family != 0 && s->family != LIBSOCK_AF_UNIX && s->type == LIBSOCK_STREAM &&
	    os_option_get(s->fd, s->family, LIBSOCK_OPT_LINGER_MS, &ms) == 0 && ms > 0)
		os_option_set(s->fd, s->family, LIBSOCK_OPT_LINGER_MS, -1);
	sock_close(s);
}

int sock_close_gracefully(struct sock *s, int64_t deadline)
{
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	err = socket_check(*s, LIBSOCK_STREAM);
	if (err == 0) {
		err = sock_shutdown(*s, LIBSOCK_SHUT_WR);
		if (err == 0)
			err = stream__drain(*s, deadline);
		else if (err == LIBSOCK_ENOTCONN)
			err = stream__reason(*s);
	}
	stream__close(s);
	return err;
}
