/*
 * file_send: send a file to file_receive, which says how it ended.
 *
 *   cc file_send.c -o file_send $(pkg-config --cflags --libs libsock)
 *   ./file_send 127.0.0.1:7008 picture.jpg
 *
 * It says "SIZE NAME\n", is told "ok\n", sends SIZE bytes, and is told "ok\n"; or, instead of "ok", what is wrong.
 */
#ifndef _WIN32
#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#endif
#include <libsock.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define SEPARATORS "/\\:"
#define handle_of(file) _get_osfhandle(_fileno(file))
#define is_terminal(file) _isatty(_fileno(file))
#define seek _fseeki64
#define tell _ftelli64
#else
#include <unistd.h>
#define SEPARATORS "/"
#define handle_of(file) fileno(file)
#define is_terminal(file) isatty(fileno(file))
#define seek fseeko
#define tell ftello
#endif

enum { PIECE = 1 << 18, PATIENCE = 30000 };

static int percent = 100; /* as the bar shows it */

#define fail(...) (begin_line(), fprintf(stderr, __VA_ARGS__), putc('\n', stderr), exit(1))

static void begin_line(void)
{
	fputs(percent < 100 ? "\nfile_send: " : "file_send: ", stderr);
}

/* A bar for somebody who watches; a log has no use for it. */
static void show(uint64_t done, uint64_t size)
{
	int now = (int)((double)done * 100 / (double)size);

	if (now != percent && is_terminal(stderr))
		fprintf(stderr, "\r%3d %% %.*s%s", percent = now, now / 6, "################", now < 100 ? "" : "\n");
}

static FILE *open_file(const char *path, uint64_t *size)
{
	FILE *file = fopen(path, "rb");
	int first = file ? fgetc(file) : EOF;

	if (file == NULL || (first == EOF && ferror(file))) /* a folder may be opened, but not read */
		fail("%s: %s", path, strerror(errno));
	if (seek(file, 0, SEEK_END) != 0 || tell(file) < (first != EOF)) /* a device's, for example, is 0 */
		fail("%s: has no size", path);
	*size = (uint64_t)tell(file);
	return file;
}

/* `err` is how sending went. If it failed, what the receiver has said tells why. */
static void await_ok(struct sock_reader *receiver, const char *address, int err)
{
	char *line;
	ptrdiff_t n = sock_reader_line(receiver, &line, err < 0 ? LIBSOCK_NOWAIT : sock_after(PATIENCE));

	if (n >= 0 && (n != 2 || memcmp(line, "ok", 2) != 0)) {
		for (char *c = line; c < line + n; c++) /* over a NUL, too */
			*c = *c < ' ' || *c > '~' ? '?' : *c; /* nothing that a terminal obeys */
		fail("%s says: %s", address, line);
	}
	if (n >= 0 && receiver->partial) /* an end, and no end of the line */
		n = LIBSOCK_EEOF;
	if (n < 0 || err < 0)
		fail("%s: %s", address, sock_strerror(err < 0 ? err : n));
}

int main(int argc, char **argv)
{
	char head[600], buffer[600];
	struct sock_addr address;
	struct sock_reader receiver;
	struct sock s = {0};
	uint64_t size, sent = 0, done;

	if (argc != 3)
		return fputs("usage: file_send HOST:PORT FILE\n", stderr), 2;
	const char *name = argv[2] + strlen(argv[2]);
	while (name > argv[2] && !strchr(SEPARATORS, name[-1]))
		name--;
	FILE *file = open_file(argv[2], &size);
	int length = snprintf(head, sizeof head, "%llu %s\n", (unsigned long long)size, name);
	if (length >= (int)sizeof head || strpbrk(name, "\r\n"))
		fail("%s: not a name that can be sent", argv[2]);
	int err = sock_addr_parse(&address, argv[1], -1);
	if (err == 0)
		err = sock_dial(&s, LIBSOCK_STREAM, &address, sock_after(10000));
	if (err < 0)
		fail("%s: %s", argv[1], sock_strerror(err));
	sock_reader_init(&receiver, s, buffer, sizeof buffer);
	await_ok(&receiver, argv[1], sock_send_all(s, head, (size_t)length, NULL, sock_after(PATIENCE)));
	for (; err == 0 && sent < size; show(sent += done, size)) {
		uint64_t piece = size - sent < PIECE ? size - sent : PIECE; /* with a deadline of its own */
		err = sock_sendfile(s, handle_of(file), sent, piece, &done, sock_after(PATIENCE));
	}
	if (err == LIBSOCK_EEOF)
		fail("%s: has become shorter on the way", argv[2]);
	await_ok(&receiver, argv[1], err);
	printf("sent %s, %llu bytes\n", name, (unsigned long long)size);
	sock_close(&s);
	fclose(file);
	return 0;
}
