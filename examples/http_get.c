/*
 * http_get: fetch a page with HTTP/1.0 and write its body to standard output.
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
#endif

enum { HEAD_MAX = 16384, TARGET_MAX = 8000 };

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
static void parse_url(const char *url, struct sock_addr *server, char *host, char *target)
{
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~')
			fail("byte 0x%02X at position %d is to be written as %%%02X: %s", *c & 255, (int)(c - url), *c & 255, url);
	if (strncmp(url, "http://", 7) != 0)
		fail("a URL here begins with http://, not so %s", url);
	const char *rest = url + 7;
	size_t length = strcspn(rest, "/?#"), path = strcspn(rest + length, "#");
	if (length >= LIBSOCK_ADDRSTRLEN || path >= TARGET_MAX - 1)
		fail("the %s is too long: %s", path >= TARGET_MAX - 1 ? "path" : "host", url);
	sprintf(host, "%.*s", (int)length, rest);
	sprintf(target, "%s%.*s", rest[length] == '/' ? "" : "/", (int)path, rest + length);
	const char *colon = strchr(host[0] == '[' ? host + strcspn(host, "]") : host, ':');
	int err = sock_addr_parse(server, host);
	if (colon == host || strchr(host, '@') || (colon && host[0] != '[' && strchr(colon + 1, ':')))
		err = LIBSOCK_ENAME; /* no host, user@host, or an IPv6 address without its brackets */
	if (err == 0 && colon && server->port == 0)
		err = LIBSOCK_EPORT;
	if (err < 0)
		fail("%s: %s", sock_strerror(err), url);
	if (colon == NULL)
		server->port = 80;
}

/* Receive up to the empty line that ends the header, then a string; what follows it is the beginning of the body. */
static char *receive_head(struct sock s, const char *host, char *head, size_t *got)
{
	int64_t by = sock_after(30000);
	char *end = NULL;

	for (*got = 0; end == NULL; end = strstr(head, "\r\n\r\n")) {
		if (*got == HEAD_MAX - 1 || strlen(head) < *got)
			fail("%s: the answer's header %s", host, strlen(head) < *got ? "holds a NUL" : "is too long");
		ptrdiff_t n = sock_recv(s, head + *got, HEAD_MAX - 1 - *got, by);
		if (n <= 0)
			fail("%s: within the answer's header: %s", host, n == 0 ? "end of file" : sock_strerror((int)n));
		*got += (size_t)n;
		head[*got] = '\0';
	}
	for (char *c = head + strcspn(head, "\n"); c < end; c++)
		*c = (char)tolower((unsigned char)*c); /* the names of fields are the same in any case */
	end[3] = '\0';
	return end + 4;
}

int main(int argc, char **argv)
{
	static char host[LIBSOCK_ADDRSTRLEN], target[TARGET_MAX + 1], head[HEAD_MAX], data[65536];
	struct sock_addr server;
	size_t got;
	ptrdiff_t n = 0;
	int status = 0;

	if (argc != 2)
		fail("usage: http_get http://HOST[:PORT]/PATH");
#ifdef _WIN32
	_setmode(_fileno(stdout), _O_BINARY); /* a body is bytes, not text */
#endif
	parse_url(argv[1], &server, host, target);
	struct sock s;
	int err = sock_dial(&s, &server, sock_after(10000)); /* whatever families the host has */
	if (err < 0)
		fail("%s port %d: %s", server.host, server.port, sock_strerror(err));
	int length = snprintf(data, sizeof data, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, host);
	if ((err = sock_send_all(s, data, (size_t)length, sock_after(10000), NULL)) < 0)
		fail("%s: sending: %s", host, sock_strerror(err));
	char *body = receive_head(s, host, head, &got);
	if (sscanf(head, "HTTP/%*d.%*d %3d", &status) != 1 || status < 200 || status > 299)
		fail("%s: the server says: %.*s", host, (int)strcspn(head, "\r\n"), head);
	if (strstr(head, "\ntransfer-encoding:"))
		fail("%s: the answer is encoded, which HTTP/1.0 does not have", host);
	unsigned long long received = (size_t)(head + got - body), promised = 0;
	fwrite(body, 1, (size_t)received, stdout);
	while (!ferror(stdout) && (n = sock_recv(s, data, sizeof data, sock_after(30000))) > 0)
		received += fwrite(data, 1, (size_t)n, stdout);
	sock_close(&s);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("cannot write to standard output");
	if (n < 0)
		fail("%s: after %llu bytes: %s", host, received, sock_strerror((int)n));
	for (const char *field = head; (field = strstr(field, "\ncontent-length:")) != NULL; field++)
		if (sscanf(field, "\ncontent-length: %llu", &promised) == 1 && received != promised)
			fail("%s: %llu of %llu bytes came", host, received, promised);
	return 0;
}
