/*
 * tcp_tail: print what a server sends, but for its first bytes.
 *
 *   cc tcp_tail.c -o tcp_tail $(pkg-config --cflags --libs libsock)
 *   ./tcp_tail 127.0.0.1:7007 1000000
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>

/* Others' bytes are for a terminal to show, not to obey. */
static void show(const char *data, ptrdiff_t size)
{
	for (ptrdiff_t i = 0; i < size; i++)
		putchar(data[i] == '\n' || (data[i] >= ' ' && data[i] < 127) ? data[i] : '?');
}

int main(int argc, char **argv)
{
	struct sock s = {0};
	struct sock_addr server;
	char data[4096];
	uint64_t done = 0;
	int64_t by = sock_after(5000);
	ptrdiff_t n;

	if (argc != 3) {
		fprintf(stderr, "usage: tcp_tail HOST:PORT BYTES\n");
		return 2;
	}
	n = sock_addr_parse(&server, argv[1], -1);
	if (n == 0)
		n = sock_dial(&s, LIBSOCK_STREAM, &server, by);
	if (n == 0)
		n = sock_discard(s, strtoull(argv[2], NULL, 10), &done, by); /* no room is needed for them */
	if (n == LIBSOCK_EEOF)
		fprintf(stderr, "tcp_tail: there were only %llu bytes\n", (unsigned long long)done);
	do {
		if (n >= 0) /* what need not wait does not look at the clock, and there might always be more */
			n = sock_now() < by ? sock_recv(s, data, sizeof data, by) : LIBSOCK_ETIMEDOUT;
		if (n > 0)
			show(data, n);
	} while (n > 0);
	if (n == 0 && fclose(stdout) != 0)
		n = LIBSOCK_EIO;
	if (n < 0)
		fprintf(stderr, "tcp_tail: %s: %s\n", argv[1], sock_strerror(n));
	sock_close(&s);
	return n < 0;
}
