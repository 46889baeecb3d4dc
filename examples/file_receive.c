/*
 * file_receive: wait for one file from file_send and put it into a folder, all of it or nothing.
 *
 *   cc file_receive.c -o file_receive $(pkg-config --cflags --libs libsock)
 *   ./file_receive 127.0.0.1:7008 Downloads      (":7008" listens on every address of both families)
 */
#define _POSIX_C_SOURCE 200809L
#include <libsock.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define is_terminal(file) _isatty(_fileno(file))
#else
#include <unistd.h>
#define is_terminal(file) isatty(fileno(file))
#endif

static struct sock server, conn;
static FILE *file; /* open at `part` until it is whole */
static char message[1000], path[4096], part[sizeof path + 8];
static int percent = 100; /* as the bar shows it */

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* One line here, and one for the sender, whom the folder is no business of. What has come of the file is removed. */
static _Noreturn void die(void)
{
	fprintf(stderr, "%sfile_receive: %s%s%s\n", percent < 100 ? "\n" : "", path, path[0] ? ": " : "", message);
	if (file)
		fclose(file), remove(part);
	strcat(message, "\n");
	if (sock_send_all(conn, message, strlen(message), NULL, sock_after(1000)) == 0)
		sock_close_gracefully(&conn, sock_after(1000)); /* closing alone might destroy the line before it is read */
	exit(1);
}

#define fail(...) (snprintf(message, sizeof message - 1, __VA_ARGS__), die())
#define check(call, what) do { ptrdiff_t e = (call); if (e < 0) fail("%s: %s", what, sock_strerror(e)); } while (0)

/* A bar for somebody who watches; a log has no use for it. */
static void show(unsigned long long done, unsigned long long size)
{
	int now = (int)((double)done * 100 / (double)size);

	if (now != percent && is_terminal(stderr))
		fprintf(stderr, "\r%3d %% %.*s%s", percent = now, now / 6, "################", now < 100 ? "" : "\n");
}

/* Is nothing there, neither a file nor a folder nor a device? */
static int is_free(const char *where)
{
	FILE *found = fopen(where, "r+b");

	return found ? fclose(found), errno = EEXIST, 0 : errno == ENOENT;
}

/* The bytes of the first character; 0: it is no UTF-8 (RFC 3629), or for control (U+0080 to U+009F are, too). */
static size_t character(const unsigned char *text)
{
	static const long least[] = {' ', 0xA0, 0x800, 0x10000};
	size_t more = *text < 0xC0 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
	long code = more ? *text & 0x7F >> more : *text;

	for (size_t i = 1; i <= more; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		else
			code = code << 6 | (text[i] & 0x3F);
	return code < least[more] || (more == 0 && code > '~') || code >> 11 == 0x1B || code > 0x10FFFF ? 0 : more + 1;
}

/* Does the name lead to this folder alone, on every system, and neither hide the file nor command a terminal? */
static int is_plain(const char *name)
{
	size_t n = 1;

	for (const char *c = name; *c && n > 0; c += n)
		n = character((const unsigned char *)c);
	return n > 0 && name[0] != '\0' && name[0] != '.' && !strpbrk(name, "/\\:") && !strchr(" .", name[strlen(name) - 1]);
}

/* A call that waits for half a minute in all, and that a signal ends within a second. */
#define wait_for(n, call) \
	for (int64_t by = sock_after(30000); ((n) = (call)) == LIBSOCK_ETIMEDOUT && sock_now() < by;) \
		if (stopped) \
			fail("stopped by a signal")

/* Take what "SIZE NAME" promises; under a name of its own until it is whole. */
static void receive(struct sock_reader *sender, const char *folder)
{
	static char data[65536], *line, *name;
	ptrdiff_t n;

	wait_for(n, sock_reader_line(sender, &line, sock_after(1000)));
	check(n, "the sender");
	unsigned long long got = 0, size = strtoull(line, &name, 10);
	if (name == line || name > line + 18 || strspn(line, "0123456789") != (size_t)(name - line) ||
	    strlen(line) != (size_t)n || *name++ != ' ' || !is_plain(name))
		fail("not a file's size and a name that is taken here");
	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(part, sizeof part, "%s.part", path);
	if (!is_free(path) || !is_free(part) || (file = fopen(part, "wbx")) == NULL)
		fail("it or its .part: %s", strerror(errno));
	check(sock_send_all(conn, "ok\n", 3, NULL, sock_after(1000)), "the sender");
	for (; got < size; show(got += (size_t)n, size)) {
		size_t room = size - got < sizeof data ? (size_t)(size - got) : sizeof data;
		wait_for(n, sock_reader_read(sender, data, room, sock_after(1000)));
		if (n <= 0)
			fail("%llu of %llu bytes: %s", got, size, sock_strerror(n ? n : LIBSOCK_EEOF));
		if (fwrite(data, 1, (size_t)n, file) != (size_t)n)
			break;
	}
	if (ferror(file) || fflush(file) != 0)
		fail("cannot be written: %s", strerror(errno));
	int closed = fclose(file), number = errno; /* only here do some systems say that the disk is full */
	file = NULL;
	if (closed != 0)
		remove(part), fail("cannot be written: %s", strerror(number));
	if (!is_free(path) || rename(part, path) != 0)
		fail("all is in the .part, which cannot be renamed: %s", strerror(errno));
	printf("received %s, %llu bytes\n", path, size);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		return fputs("usage: file_receive ADDRESS [FOLDER]\n", stderr), 2;
	const char *folder = argc > 2 ? argv[2] : ".";
	char buffer[1000], text[LIBSOCK_ADDR_SIZE];
	struct sock_addr addr;
	struct sock_reader sender;
	if (is_free(folder) || strlen(folder) > sizeof path - sizeof buffer)
		fail("%s: no such folder", folder);
	check(sock_addr_parse(&addr, argv[1], -1), argv[1]);
	check(sock_serve(&server, LIBSOCK_STREAM, &addr, 1), argv[1]);
	check(sock_local_addr(server, &addr), argv[1]);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	fflush(stdout);
	while (!stopped && sock_accept(server, &conn, NULL, sock_after(1000)) < 0)
		sock_wait(NULL, 0, sock_after(10)); /* if the system is short of something: that passes */
	sock_close(&server);
	if (stopped)
		return 0;
	sock_reader_init(&sender, conn, buffer, sizeof buffer);
	receive(&sender, folder);
	sock_send_all(conn, "ok\n", 3, NULL, sock_after(1000)); /* heard by the sender or not: the file is here */
	return sock_close_gracefully(&conn, sock_after(1000)), 0;
}
