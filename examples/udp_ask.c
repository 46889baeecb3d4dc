/*
 * udp_ask: ask several UDP servers one after another, from one socket.
 *
 *   cc udp_ask.c -o udp_ask $(pkg-config --cflags --libs libsock)
 *   ./udp_ask 127.0.0.1:7007 127.0.0.1:7008
 */
#include <libsock.h>
#include <stdio.h>

/* While it is connected the socket hears the server alone, and of a refusal at once. */
static ptrdiff_t ask(const char *text)
{
	struct sock s = {0};
	struct sock_addr server;
	char data[100];
	int64_t by = sock_after(1000);
	int err = sock_addr_parse(&server, text, -1);

	if (err == 0)
		err = sock_dial(&s, LIBSOCK_DGRAM, &server, by);
	if (err < 0)
		return err;
	ptrdiff_t n = sock_send(s, "question", 8, by);
	if (n >= 0)
		n = sock_recv(s, data, sizeof data, by);
	sock_close(&s); /* a late answer finds nobody */
	return n;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: udp_ask HOST:PORT...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		ptrdiff_t n = ask(argv[i]);

		if (n >= 0)
			printf("%s: %d bytes\n", argv[i], (int)n);
		else
			fprintf(stderr, "udp_ask: %s: %s\n", argv[i], sock_strerror(n));
		failed |= n < 0;
	}
	if (fclose(stdout) != 0) {
		fprintf(stderr, "udp_ask: cannot write\n");
		failed = 1;
	}
	return failed;
}
