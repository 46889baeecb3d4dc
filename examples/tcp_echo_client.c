/*
 * tcp_echo_client: send a text to a TCP echo server, then print what comes back.
 *
 *   cc tcp_echo_client.c -o tcp_echo_client $(pkg-config --cflags --libs libsock)
 *   ./tcp_echo_client 127.0.0.1:7007 "hello, world"
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

static ptrdiff_t print_reply(struct sock s, int64_t by)
{
	char data[4096];
	ptrdiff_t got;

	while ((got = sock_recv(s, data, sizeof data, by)) > 0) {
		fwrite(data, 1, (size_t)got, stdout);
		if (sock_now() >= by) /* what need not wait does not look at the clock; there might always be more */
			return LIBSOCK_ETIMEDOUT;
	}
	return got;
}

int main(int argc, char **argv)
{
	struct sock s = {0};
	struct sock_addr server;
	int64_t by = sock_after(5000); /* one deadline for the whole exchange */

	if (argc != 3) {
		fprintf(stderr, "usage: tcp_echo_client HOST:PORT TEXT\n");
		return 2;
	}
	ptrdiff_t err = sock_addr_parse(&server, argv[1]);
	if (err == 0)
		err = sock_dial(&s, &server, by);
	if (err == 0)
		err = sock_send_all(s, argv[2], strlen(argv[2]), by, NULL);
	if (err == 0)
		err = sock_shutdown(s, LIBSOCK_SHUT_WR); /* "that was all": the server sees the end of file */
	if (err == 0)
		err = print_reply(s, by);
	if (err == 0)
		putchar('\n');
	else
		fprintf(stderr, "tcp_echo_client: %s: %s\n", argv[1], sock_strerror((int)err));
	sock_close(&s);
	return err != 0;
}
