/*
 * http_get: fetch a page with HTTP/1.0 and write its body to standard output; a terminal gets what is text of it.
 *
 *   cc http_get.c -o http_get $(pkg-config --cflags --libs libsock)
 *   ./http_get http://127.0.0.1:8080/index.html
 */
#include <ctype.h>
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

enum { HEAD_MAX = 16384, TARGET_MAX = 8000, PATIENCE = 30000 /* ms for the header, and for each piece of the body */ };

#define DIGITS "0123456789"
#define NAME DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~" /* RFC 9110, section 5.6.2 */

static char host[LIBSOCK_ADDR_SIZE], target[TARGET_MAX + 1]; /* of the URL */

/* One line, whatever the URL or the server put into it. */
static _Noreturn void die(const char *line)
{
	fputs("http_get: ", stderr);
	for (; *line; line++)
		putc(*line < ' ' || *line > '~' ? '?' : *line, stderr);
	putc('\n', stderr);
	exit(1);
}

static char message[600];
#define fail(...) (snprintf(message, sizeof message, __VA_ARGS__), die(message))

/* Split http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT] into the address, the Host field and the request target. */
static void parse_url(const char *url, struct sock_addr *server)
{
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~')
			fail("byte 0x%02X at position %d is to be written as %%%02X: %s", *c & 255, (int)(c - url), *c & 255, url);
	if (strncmp(url, "http://", 7) != 0)
		fail("a URL here begins with http://, not so %s", url);
	const char *rest = url + 7;
	size_t length = strcspn(rest, "/?#"), path = strcspn(rest + length, "#");
	if (length >= LIBSOCK_ADDR_SIZE || path >= TARGET_MAX - 1)
		fail("the %s is too long: %s", path >= TARGET_MAX - 1 ? "path" : "host", url);
	sprintf(host, "%.*s", (int)length, rest);
	sprintf(target, "%s%.*s", rest[length] == '/' ? "" : "/", (int)path, rest + length);
	const char *colon = strchr(host[0] == '[' ? host + strcspn(host, "]") : host, ':');
	int err = sock_addr_parse(server, host, 80);
	if (colon == host || strchr(host, '@') || (colon && host[0] != '[' && strchr(colon + 1, ':')))
		err = LIBSOCK_ENAME; /* no host, user@host, or an IPv6 address without its brackets */
	if (err == 0 && server->port == 0)
		err = LIBSOCK_EPORT;
	if (err < 0)
		fail("%s: %s", sock_strerror(err), url);
	char *zone = host[0] == '[' ? strchr(host, '%') : NULL; /* means something on this machine only (RFC 6874) */
	if (zone)
		memmove(zone, strchr(zone, ']'), strlen(strchr(zone, ']')) + 1);
}

struct head {
	int status, sized, last_is_size; /* there is a length; it was the last field */
	unsigned long long length;
};

/* "HTTP/1.x NNN", perhaps with a reason (RFC 9112, section 4). 0: something else. */
static int read_status(const char *line)
{
	int good = strncmp(line, "HTTP/1.", 7) == 0 && strspn(line + 7, DIGITS) == 1 && line[8] == ' ' &&
		   strspn(line + 9, DIGITS) == 3 && (line[12] == ' ' || line[12] == '\0');

	return good ? atoi(line + 9) : 0;
}

/* "Name: value" (RFC 9112, section 5), or a line that goes on with the field before. */
static void read_field(struct head *head, char *line)
{
	size_t length = strspn(line, NAME);
	char *value = line + length + 1, *digits, *end;

	if (*line == ' ' || *line == '\t' ? head->last_is_size
					  : length == 0 || line[length] != ':' || strchr(line, '\r'))
		fail("%s: in the answer's header is no field: %s", host, line);
	for (char *c = line; c < line + length; c++)
		*c = (char)tolower((unsigned char)*c); /* the names of fields are the same in any case */
	if (strncmp(line, "transfer-encoding:", length + 1) == 0 && length > 0)
		fail("%s: the answer is encoded, which HTTP/1.0 does not have", host);
	head->last_is_size = strncmp(line, "content-length:", length + 1) == 0 && length > 0;
	if (!head->last_is_size)
		return;
	digits = value + strspn(value, " \t");
	unsigned long long size = strtoull(digits, &end, 10);
	if (end == digits || end > digits + 18 || strspn(digits, DIGITS) != (size_t)(end - digits) ||
	    end[strspn(end, " \t")] != '\0')
		fail("%s: in the answer's header is no length: %s", host, line);
	if (head->sized++ && size != head->length)
		fail("%s: in the answer's header are two lengths, %llu and %llu", host, head->length, size);
	head->length = size;
}

static char *read_line(struct sock_reader *reader, int64_t by, size_t *total)
{
	char *line;
	ptrdiff_t n = sock_reader_line(reader, &line, by);

	if (n == LIBSOCK_EMSGSIZE || (n >= 0 && (*total += (size_t)n + 1) > HEAD_MAX))
		fail("%s: the answer's header is too long", host);
	if (n < 0 || reader->partial)
		fail("%s: within the answer's header: %s", host,
		     n >= 0 || n == LIBSOCK_EEOF ? "end of file" : sock_strerror(n));
	if (strlen(line) < (size_t)n)
		fail("%s: the answer's header holds a NUL", host);
	return line;
}

/* The header of the answer, after those of what is none yet: "100 Continue", "103 Early Hints". */
static struct head read_head(struct sock_reader *reader)
{
	int64_t by = sock_after(PATIENCE);
	size_t total = 0;
	struct head head;

	do {
		char *line = read_line(reader, by, &total);

		head = (struct head){.status = read_status(line)};
		if (head.status < 100 || head.status == 101 || head.status > 299)
			fail("%s: the server says: %s", host, line);
		while (*(line = read_line(reader, by, &total)) != '\0')
			read_field(&head, line);
	} while (head.status < 200);
	return head;
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

/* A byte for a terminal, which must not obey it. */
static void show(unsigned char byte)
{
	static unsigned char text[5];
	static size_t size, missing;

	if (size > 0 && (byte & 0xC0) != 0x80)
		putchar('?'), size = 0;
	if (size == 0)
		missing = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
	text[size++] = byte;
	if (size < missing)
		return;
	if (byte == '\n' || byte == '\t')
		putchar(byte);
	else if (byte != '\r') /* which is only half of a line's end */
		character(text) == size ? fwrite(text, 1, size, stdout) : (size_t)putchar('?');
	size = 0;
}

static void write_body(struct sock_reader *reader, const struct head *head)
{
	static unsigned char data[65536];
	unsigned long long got = 0;
	ptrdiff_t n = 1;

	while (!ferror(stdout) && n > 0 && (!head->sized || got < head->length)) {
		unsigned long long left = head->sized ? head->length - got : sizeof data;

		n = sock_reader_read(reader, data, left < sizeof data ? (size_t)left : sizeof data, sock_after(PATIENCE));
		got += n > 0 ? (size_t)n : 0;
		if (!isatty(1))
			fwrite(data, 1, n > 0 ? (size_t)n : 0, stdout);
		else
			for (ptrdiff_t i = 0; i < n; i++)
				show(data[i]);
	}
	if (ferror(stdout) || fclose(stdout) != 0)
		fail("cannot write to standard output");
	if (n < 0)
		fail("%s: after %llu bytes: %s", host, got, sock_strerror(n));
	if (head->sized && got < head->length)
		fail("%s: %llu of %llu bytes came", host, got, head->length);
}

int main(int argc, char **argv)
{
	static char request[TARGET_MAX + LIBSOCK_ADDR_SIZE + 100], buffer[HEAD_MAX];
	struct sock_addr server;
	struct sock_reader reader;
	struct sock s;

	if (argc != 2)
		fail("usage: http_get http://HOST[:PORT]/PATH");
#ifdef _WIN32
	_setmode(_fileno(stdout), _O_BINARY); /* a body is bytes, not text */
#endif
	parse_url(argv[1], &server);
	int err = sock_dial(&s, LIBSOCK_STREAM, &server, sock_after(10000)); /* whatever families the host has */
	if (err < 0)
		fail("%s port %d: %s", server.host, server.port, sock_strerror(err));
	int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, host);
	if ((err = sock_send_all(s, request, (size_t)length, NULL, sock_after(10000))) < 0)
		fail("%s: sending: %s", host, sock_strerror(err));
	sock_reader_init(&reader, s, buffer, sizeof buffer);
	struct head head = read_head(&reader);
	if (head.status != 204) /* which has no body, whatever it says (RFC 9112, section 6.3) */
		write_body(&reader, &head);
	return sock_close(&s), 0;
}
