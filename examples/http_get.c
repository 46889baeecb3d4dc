/*
 * http_get: fetch a page with HTTP/1.0 and write its body to standard output.
 *
 *   cc http_get.c -o http_get $(pkg-config --cflags --libs libsock)
 *   ./http_get http://127.0.0.1:8080/index.html
 */
#include <libsock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

enum { HEAD_MAX = 16384, TARGET_MAX = 8000 };

static void fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "http_get: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

/* Split http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT] into the address, the Host field and the request target. */
static void parse_url(const char *url, struct sock_addr *server, char *host, char *target)
{
	const char *rest = url + 7;
	size_t length, path;

	if (strncmp(url, "http://", 7) != 0)
		fail("%s: a URL here starts with http://", url);
	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c >= 127)
			fail("%s: byte 0x%02x at position %d must be written as %%%02X", url, *c & 255, (int)(c - url), *c & 255);
	length = strcspn(rest, "/?#");
	path = strcspn(rest + length, "#");
	if (length == 0 || rest[0] == ':')
		fail("%s: no host after http://", url);
	if (memchr(rest, '@', length))
		fail("%s: a user name or password in the URL is not supported", url);
	if (length >= LIBSOCK_ADDRSTRLEN || path >= TARGET_MAX - 1)
		fail("%.60s...: the %s is too long", url, path >= TARGET_MAX - 1 ? "path" : "host");
	sprintf(host, "%.*s", (int)length, rest);
	sprintf(target, "%s%.*s", rest[length] == '/' ? "" : "/", (int)path, rest + length);

	int err = sock_addr_parse(server, host);
	if (err < 0)
		fail("%s: %s", url, sock_strerror(err));
	if (server->port == 0)
		server->port = 80;
}

/* The host may be known in either family: IPv6 is tried first, then IPv4. */
static struct sock dial(const struct sock_addr *server)
{
	struct sock s = {0};
	int v4, v6 = sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_STREAM);
	if (v6 == 0 && (v6 = sock_connect(s, server, sock_after(10000))) == 0)
		return s;
	sock_close(&s);
	v4 = sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM);
	if (v4 == 0 && (v4 = sock_connect(s, server, sock_after(10000))) == 0)
		return s;
	sock_close(&s);
	fail("%s port %d: %s", server->host, server->port,
	     sock_strerror(v4 == LIBSOCK_EAI_NONAME || v4 == LIBSOCK_EAFNOSUPPORT ? v6 : v4));
	return s;
}

/* Receive up to the empty line that ends the header; what follows it in `head` is the body's beginning. */
static char *receive_head(struct sock s, char *head, size_t *got)
{
	char *end = NULL;

	for (*got = 0; end == NULL; end = strstr(head, "\r\n\r\n")) {
		if (*got == HEAD_MAX - 1)
			fail("the answer's header is longer than %d bytes, or holds a NUL", HEAD_MAX - 1);
		ptrdiff_t n = sock_recv(s, head + *got, HEAD_MAX - 1 - *got, sock_after(30000));
		if (n <= 0)
			fail("within the answer's header: %s", n == 0 ? "end of file" : sock_strerror((int)n));
		*got += (size_t)n;
		head[*got] = '\0';
	}
	return end + 4;
}

int main(int argc, char **argv)
{
	static char host[LIBSOCK_ADDRSTRLEN], target[TARGET_MAX + 1], head[HEAD_MAX], data[65536];
	struct sock_addr server;
	size_t got;
	int status = 0;

	if (argc != 2)
		fail("usage: http_get http://HOST[:PORT]/PATH");
#ifdef _WIN32
	_setmode(_fileno(stdout), _O_BINARY); /* a body is bytes, not text */
#endif
	parse_url(argv[1], &server, host, target);
	struct sock s = dial(&server);
	int length = snprintf(data, sizeof data, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, host);
	ptrdiff_t n = 0;

	for (int done = 0; done < length; done += (int)n)
		if ((n = sock_send(s, data + done, (size_t)(length - done), sock_after(10000))) < 0)
			fail("%s: sending: %s", argv[1], sock_strerror((int)n));
	char *body = receive_head(s, head, &got);
	if (sscanf(head, "HTTP/%*d.%*d %3d", &status) != 1 || status < 200 || status > 299)
		fail("%s: the server says: %.*s", argv[1], (int)strcspn(head, "\r\n"), head);
	unsigned long long received = (size_t)(head + got - body), promised = 0;
	fwrite(body, 1, (size_t)received, stdout);
	while (!ferror(stdout) && (n = sock_recv(s, data, sizeof data, sock_after(30000))) > 0)
		received += fwrite(data, 1, (size_t)n, stdout);
	sock_close(&s);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("cannot write to standard output");
	if (n < 0)
		fail("%s: after %llu bytes: %s", argv[1], received, sock_strerror((int)n));
	for (const char *line = head; line < body; line = strchr(line, '\n') + 1)
		if (sscanf(line, "%*1[Cc]ontent-%*1[Ll]ength: %llu", &promised) == 1 && received != promised)
			fail("%s: %llu of %llu bytes came", argv[1], received, promised);
	return 0;
}
