/*
 * peek: take one connection, and say what its first bytes look like before they are received.
 *
 *   cc peek.c -o peek $(pkg-config --cflags --libs libsock)
 *   ./peek 127.0.0.1:7007
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

/* One port for several protocols: who speaks next finds every byte still there. */
static const char *protocol(const unsigned char *first, ptrdiff_t count)
{
	if (count > 0 && first[0] == 22)
		return "TLS";
	return count >= 4 && memcmp(first, "GET ", 4) == 0 ? "HTTP" : "something else";
}

int main(int argc, char **argv)
{
	struct sock server = {0}, s = {0};
	struct sock_addr addr;
	char text[LIBSOCK_ADDR_SIZE], data[100];
	ptrdiff_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: peek ADDRESS:PORT\n");
		return 2;
	}
	n = sock_addr_parse(&addr, argv[1], -1);
	if (n == 0)
		n = sock_serve(&server, LIBSOCK_STREAM, &addr, 0);
	if (n == 0)
		n = sock_local_addr(server, &addr);
	if (n == 0) {
		printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
		fflush(stdout);
		n = sock_accept(server, &s, NULL, LIBSOCK_FOREVER);
	}
	if (n == 0)
		n = sock_peek(s, data, sizeof data, sock_after(5000));
	if (n >= 0) {
		printf("%s\n", protocol((unsigned char *)data, n));
		n = sock_recv(s, data, sizeof data, LIBSOCK_NOWAIT); /* the same bytes */
	}
	if (n >= 0)
		printf("%d bytes received\n", (int)n);
	else
		fprintf(stderr, "peek: %s: %s\n", argv[1], sock_strerror(n));
	sock_close(&s);
	sock_close(&server);
	return n < 0;
}
