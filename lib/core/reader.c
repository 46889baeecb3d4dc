/* SPDX-License-Identifier: MIT */

/* Lines and records out of a stream, through a buffer of the caller's. */

#include "compiler.h"
#include "deadline.h"
#include "libsock.h"
#include "socket.h"

#include <stdbool.h>
#include <string.h>

int sock_reader_init(struct sock_reader *reader, struct sock s, void *buffer, size_t size)
{
	int err = socket_check(s, LIBSOCK_STREAM);

	if (reader == NULL)
		return LIBSOCK_EINVAL;
	*reader = (struct sock_reader){0};
	if (err < 0)
		return err;
	if (buffer == NULL || size < 2)
		return LIBSOCK_EINVAL;
	*reader = (struct sock_reader){.s = s, .buffer = buffer, .size = size};
	return 0;
}

size_t sock_reader_pending(const struct sock_reader *reader)
{
	return reader ? reader->end - reader->begin : 0;
}

/* Before a record is read; an error leaves none. */
static int reader__check(const struct sock_reader *reader, char **record)
{
	if (record == NULL)
		return LIBSOCK_EINVAL;
	*record = NULL;
	if (reader == NULL)
		return LIBSOCK_EINVAL;
	return reader->s.family == 0 ? LIBSOCK_EBADF : 0;
}

/*
 * The end, whichever it was, is told again by every later call: the system tells of a reset once, and then of an end
 * of file, which would make the head of a line look like the last one.
 */
static int reader__ended(struct sock_reader *reader, ptrdiff_t n)
{
	const int err = n == 0 ? LIBSOCK_EEOF : (int)n;

	switch (err) {
	case LIBSOCK_EAGAIN:
	case LIBSOCK_ETIMEDOUT:
	case LIBSOCK_EINVAL: /* by what is no deadline */
	case LIBSOCK_EACCES: /* the rest: by a wait, which the system had not the means for, or would not allow */
	case LIBSOCK_EPERM:
	case LIBSOCK_EMFILE:
	case LIBSOCK_ENFILE:
	case LIBSOCK_ENOBUFS:
	case LIBSOCK_ENOMEM:
		return err;
	default:
		return reader->err = err;
	}
}

/* One receive into the free end of the buffer, which has room before its last byte: that is for a NUL. */
static int reader__fill(struct sock_reader *reader, int64_t deadline)
{
	ptrdiff_t n;

	if (reader->err < 0)
		return reader->err;
	n = sock_recv(reader->s, reader->buffer + reader->end, reader->size - 1 - reader->end, deadline);
	if (n <= 0)
		return reader__ended(reader, n);
	reader->end += (size_t)n;
	return 0;
}

/* Where in the buffer a delimiter begins, from `from` on, or NULL. */
static char *reader__find(const struct sock_reader *reader, size_t from, const char *delimiter, size_t length)
{
	char *at = reader->buffer + from, *const end = reader->buffer + reader->end;

	while ((size_t)(end - at) >= length) {
		at = memchr(at, delimiter[0], (size_t)(end - at) - (length - 1));
		if (at == NULL || memcmp(at, delimiter, length) == 0)
			return at;
		at++;
	}
	return NULL;
}

/* How much at the buffer's end may be the beginning of a delimiter, and is to be looked at again. */
static size_t reader__looked_at(const struct sock_reader *reader, size_t length)
{
	size_t again = length - 1;

	return reader->end - reader->begin > again ? reader->end - again : reader->begin;
}

static void reader__make_room(struct sock_reader *reader)
{
	if (reader->begin != reader->end && (reader->begin == 0 || reader->end < reader->size - 1))
		return;
	memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
}

/*
 * The end of the head of a record that is too long, where a delimiter may begin: the head is the program's to write to
 * until the next call, which has it back as it was.
 */
enum { READER__KEPT_MAX = sizeof(intptr_t) * 3 };
struct reader__kept {
	intptr_t size;
	char bytes[READER__KEPT_MAX];
};
_Static_assert(sizeof(struct reader__kept) == sizeof((struct sock_reader *)0)->reserved, "that is what it is for");

static void reader__keep(struct sock_reader *reader)
{
	const size_t size = reader->end < READER__KEPT_MAX ? reader->end : READER__KEPT_MAX;
	struct reader__kept kept = {.size = (intptr_t)size};

	memcpy(kept.bytes, reader->buffer + reader->end - size, size);
	memcpy(reader->reserved, &kept, sizeof kept);
}

static void reader__put_back(struct sock_reader *reader)
{
	struct reader__kept kept;

	memcpy(&kept, reader->reserved, sizeof kept);
	memcpy(reader->buffer + reader->end - kept.size, kept.bytes, (size_t)kept.size);
	reader->reserved[0] = 0; /* once: what is in the buffer changes from now on */
}

/*
 * Throw away what is left of a record that was too long, with its delimiter. What is in the buffer has been given or
 * thrown away before: only the beginning of a delimiter matters in it.
 */
static int reader__skip(struct sock_reader *reader, const char *delimiter, size_t length, int64_t deadline)
{
	char *at = NULL;
	int err = 0;

	reader__put_back(reader);
	while (at == NULL && err == 0) {
		reader->begin = reader__looked_at(reader, length);
		reader__make_room(reader);
		err = reader__fill(reader, deadline);
		if (err == 0)
			at = reader__find(reader, reader->begin, delimiter, length);
		if (err == 0 && at == NULL)
			err = deadline_over(deadline);
	}
	if (at) {
		reader->begin = (size_t)(at - reader->buffer) + length;
		reader->overlong = 0;
	}
	if (err == LIBSOCK_EEOF) /* what looked like the beginning of a delimiter was none */
		reader->begin = reader->end;
	return err;
}

/* Hand out the bytes up to `end`, and go on after `next`. */
static ptrdiff_t reader__give(struct sock_reader *reader, char **record, size_t end, size_t next)
{
	size_t begin = reader->begin;

	*record = reader->buffer + begin;
	reader->buffer[end] = '\0';
	reader->begin = next;
	return (ptrdiff_t)(end - begin);
}

/* Without a delimiter: the last bytes before the end of file are a record too; otherwise the buffer is full. */
static ptrdiff_t reader__give_rest(struct sock_reader *reader, char **record, int err)
{
	if (err == LIBSOCK_EEOF && reader->end > reader->begin) {
		reader->partial = 1;
		return reader__give(reader, record, reader->end, reader->end);
	}
	if (err == LIBSOCK_EMSGSIZE) {
		reader->overlong = 1;
		reader__keep(reader);
		reader__give(reader, record, reader->end, reader->begin);
	}
	return err;
}

COLD static ptrdiff_t reader__until(struct sock_reader *reader, const char *delimiter, size_t length, char **record,
				     int64_t deadline)
{
	int err = reader->overlong ? reader__skip(reader, delimiter, length, deadline) : 0;
	size_t from = reader->begin;

	if (err < 0)
		return err;
	for (;;) {
		char *at = reader__find(reader, from, delimiter, length);

		if (at) {
			size_t end = (size_t)(at - reader->buffer);

			return reader__give(reader, record, end, end + length);
		}
		reader__make_room(reader);
		from = reader__looked_at(reader, length);
		if (reader->end == reader->size - 1) /* known without another receive, whatever has become of the deadline */
			err = LIBSOCK_EMSGSIZE;
		else if (err == 0)
			err = reader__fill(reader, deadline);
		if (err < 0)
			return reader__give_rest(reader, record, err);
		err = deadline_over(deadline); /* one receive has been made: what it brought is looked at first */
	}
}

ptrdiff_t sock_reader_until(struct sock_reader *reader, const void *delimiter, size_t length, char **record,
			  int64_t deadline)
{
	int err = reader__check(reader, record);

	if (err < 0)
		return err;
	if (delimiter == NULL || length == 0 || length >= reader->size)
		return LIBSOCK_EINVAL;
	reader->partial = 0;
	return reader__until(reader, delimiter, length, record, deadline);
}

/* A line's ending may be two bytes, unless the stream ended before it had any. */
static inline ptrdiff_t reader__chop(char *line, ptrdiff_t n)
{
	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	return n;
}

COLD static ptrdiff_t reader__line(struct sock_reader *reader, char **line, int64_t deadline)
{
	ptrdiff_t n = sock_reader_until(reader, "\n", 1, line, deadline);

	return n > 0 && !reader->partial ? reader__chop(*line, n) : n;
}

/* Most lines have come already, together with others: those are quick. */
ptrdiff_t sock_reader_line(struct sock_reader *reader, char **line, int64_t deadline)
{
	char *begin, *end;

	if (reader == NULL || line == NULL || reader->begin == reader->end || reader->overlong)
		return reader__line(reader, line, deadline);
	begin = reader->buffer + reader->begin;
	end = memchr(begin, '\n', reader->end - reader->begin);
	if (end == NULL)
		return reader__line(reader, line, deadline);
	*end = '\0';
	*line = begin;
	reader->partial = 0;
	reader->begin = (size_t)(end - reader->buffer) + 1;
	return reader__chop(begin, end - begin);
}

ptrdiff_t sock_reader_read(struct sock_reader *reader, void *data, size_t size, int64_t deadline)
{
	char *none;
	ptrdiff_t n = reader__check(reader, &none);
	size_t buffered;

	if (n < 0)
		return n;
	if (data == NULL || size == 0)
		return LIBSOCK_EINVAL;
	reader->partial = 0;
	buffered = reader->end - reader->begin;
	if (buffered > 0) {
		reader->overlong = 0;
		if (size > buffered)
			size = buffered;
		memcpy(data, reader->buffer + reader->begin, size);
		reader->begin += size;
		return (ptrdiff_t)size;
	}
	reader->begin = reader->end = 0;
	n = reader->err < 0 ? reader->err : sock_recv(reader->s, data, size, deadline);
	if (n > 0)
		reader->overlong = 0; /* only now: where nothing is given, the rest of a line is still one */
	else
		n = reader->err < 0 ? reader->err : reader__ended(reader, n);
	return n == LIBSOCK_EEOF ? 0 : n;
}
