/*
 * tcp_statistics: say something to a TCP echo server, and show how the connection went.
 *
 *   cc tcp_statistics.c -o tcp_statistics $(pkg-config --cflags --libs libsock)
 *   ./tcp_statistics 127.0.0.1:7007
 */
#include <libsock.h>
#include <stdio.h>

static void show(const char *what, int64_t number)
{
	if (number >= 0) /* or it is not known here */
		printf("%-22s%lld\n", what, (long long)number);
}

int main(int argc, char **argv)
{
	struct sock s = {0};
	struct sock_addr server;
	struct sock_statistics found;
	char data[8];
	int64_t by = sock_after(5000);

	if (argc != 2) {
		fprintf(stderr, "usage: tcp_statistics HOST:PORT\n");
		return 2;
	}
	int err = sock_addr_parse(&server, argv[1], -1);
	if (err == 0)
		err = sock_dial(&s, LIBSOCK_STREAM, &server, by);
	if (err == 0)
		err = sock_send_all(s, "question", sizeof data, NULL, by);
	if (err == 0)
		err = sock_recv_exact(s, data, sizeof data, NULL, by);
	if (err == 0)
		err = sock_statistics(s, &found);
	if (err == 0) {
		show("round trip in us", found.rtt_us);
		show("bytes sent", found.bytes_sent);
		show("bytes received", found.bytes_received);
		show("segments sent again", found.segments_resent);
		show("congestion window", found.congestion_window);
		err = fclose(stdout) == 0 ? 0 : LIBSOCK_EIO;
	}
	if (err < 0)
		fprintf(stderr, "tcp_statistics: %s: %s\n", argv[1], sock_strerror(err));
	sock_close(&s);
	return err != 0;
}
