/* SPDX-License-Identifier: MIT */

/* The text of proc(5): a line for each socket, after one that says what stands where. */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"

#include <fcntl.h>
#include <string.h>

enum {
	PROC__ROOM = 2048, /* what a read gives at most; no line is a tenth of it */
	PROC__WORDS = 10,  /* sl, local, remote, st, queues, timer, retransmits, uid, timeout, inode; more may follow */
	PROC__WORD_DIGITS = 8
};

/* Exactly so many digits, in capitals; what follows them, or NULL. No text (NULL) has none, so that calls can be nested. */
static const char *proc__hex(const char *at, int digits, uint32_t *value)
{
	*value = 0;
	for (; at && digits > 0; at++, digits--) {
		if (*at >= '0' && *at <= '9')
			*value = *value << 4 | (uint32_t)(*at - '0');
		else if (*at >= 'A' && *at <= 'F')
			*value = *value << 4 | (uint32_t)(*at - 'A' + 10);
		else
			return NULL;
	}
	return at;
}

static const char *proc__colon(const char *at)
{
	return at && *at == ':' ? at + 1 : NULL;
}

static bool proc__decimal(const char *at, uint32_t *value)
{
	uint64_t number = 0;
	const char *start = at;

	for (; *at >= '0' && *at <= '9' && number <= UINT32_MAX; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	*value = (uint32_t)number;
	return at > start && *at == '\0' && number <= UINT32_MAX;
}

/* The kernel prints an address as one or four numbers of the machine's, which have its bytes as they lie in memory. */
static bool proc__address(const char *at, int family, uint8_t ip[16], uint16_t *port)
{
	uint32_t number;

	for (int i = 0; i < (family == LIBSOCK_AF_INET ? 1 : 4); i++) {
		at = proc__hex(at, PROC__WORD_DIGITS, &number);
		memcpy(ip + i * 4, &number, 4);
	}
	at = proc__hex(proc__colon(at), 4, &number);
	*port = (uint16_t)number;
	return at && *at == '\0';
}

static bool proc__queues(const char *at, uint32_t *send_queue, uint32_t *recv_queue)
{
	at = proc__colon(proc__hex(at, PROC__WORD_DIGITS, send_queue));
	return proc__hex(at, PROC__WORD_DIGITS, recv_queue) != NULL;
}

/* Cut a line into words; there are at least as many as are asked for. */
static bool proc__split(char *line, char *words[PROC__WORDS])
{
	for (int i = 0; i < PROC__WORDS; i++) {
		line += strspn(line, " ");
		words[i] = line;
		line += strcspn(line, " ");
		if (line == words[i])
			return false;
		if (*line != '\0')
			*line++ = '\0';
	}
	return true;
}

static int proc__tell(struct linux_sink *sink, char *line)
{
	const int family = sink->table->family;
	struct linux_row row = {0};
	uint32_t send_queue, recv_queue;
	char *words[PROC__WORDS];

	if (!proc__split(line, words) || !proc__address(words[1], family, row.local, &row.local_port) ||
	    !proc__address(words[2], family, row.remote, &row.remote_port) || !proc__hex(words[3], 2, &row.state) ||
	    !proc__queues(words[4], &send_queue, &recv_queue) ||
	    !proc__decimal(words[7], &row.uid) || !proc__decimal(words[9], &row.inode))
		return LIBSOCK_EPROTO;
	row.recv_queue = recv_queue;
	row.send_queue = linux_state(row.state) == LIBSOCK_STATE_LISTEN ? -1 : (int64_t)send_queue;
	return linux_tell(sink, &row);
}

/* All whole lines of the text, the first ever apart; what is left of it moves to its beginning. */
static int proc__lines(struct linux_sink *sink, char *text, size_t *size, bool *headed)
{
	char *line = text, *end;
	int err = 0;

	while (err == 0 && (end = memchr(line, '\n', *size)) != NULL) {
		*end = '\0';
		if (*headed)
			err = proc__tell(sink, line);
		*headed = true;
		*size -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(text, line, *size);
	return err;
}

static int proc__read(struct linux_sink *sink, int fd)
{
	char text[PROC__ROOM];
	size_t size = 0;
	bool headed = false;
	int err = 0;
	ssize_t n;

	do {
		n = read(fd, text + size, sizeof text - size);
		if (n > 0) {
			size += (size_t)n;
			err = proc__lines(sink, text, &size, &headed);
		} else if (n == -1 && errno != EINTR) {
			err = os_error(errno);
		}
	} while (err == 0 && n != 0);
	return err == 0 && size > 0 ? LIBSOCK_EPROTO : err; /* half a line, or one that is too long */
}

int proc_table(struct linux_sink *sink)
{
	int err, fd;

	do
		fd = open(sink->table->path, O_RDONLY | O_CLOEXEC);
	while (fd == -1 && errno == EINTR);
	if (fd == -1)
		return os_error(errno);
	err = proc__read(sink, fd);
	os_close(fd);
	return err;
}
