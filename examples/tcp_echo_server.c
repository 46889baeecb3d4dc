/*
 * tcp_echo_server: send every byte back to the client it came from, one client at a time.
 *
 *   cc tcp_echo_server.c -o tcp_echo_server $(pkg-config --cflags --libs libsock)
 *   ./tcp_echo_server 127.0.0.1:7007          (":7007" listens on every address of both families)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>

enum { PATIENCE = 30000 /* ms */ };

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* Until the client has said its last word, or has done nothing for too long. How that ends is its own business. */
static void echo(struct sock client)
{
	char data[16384], *next = data;
	size_t left = 0; /* at `next`, to be sent */
	int64_t by = sock_after(PATIENCE);

	while (!stopped && sock_now() < by) {
		int64_t soon = sock_after(1000); /* to see whether to stop */
		ptrdiff_t n = left > 0 ? sock_send(client, next, left, soon)
				       : sock_recv(client, data, sizeof data, soon);

		if (n == LIBSOCK_ETIMEDOUT)
			continue;
		if (n <= 0)
			return;
		by = sock_after(PATIENCE);
		next = left > 0 ? next + n : data;
		left = left > 0 ? left - (size_t)n : (size_t)n;
	}
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "127.0.0.1:7007";
	struct sock server = {0}, client;
	struct sock_addr addr;
	char text[LIBSOCK_ADDR_SIZE];
	int err = sock_addr_parse(&addr, where, -1);

	if (err == 0)
		err = sock_serve(&server, LIBSOCK_STREAM, &addr, 0);
	if (err == 0)
		err = sock_local_addr(server, &addr); /* port 0 has become a real one */
	if (err < 0) {
		fprintf(stderr, "tcp_echo_server: %s: %s\n", where, sock_strerror(err));
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	fflush(stdout);
	while (!stopped) {
		err = sock_accept(server, &client, NULL, sock_after(1000)); /* and see whether to stop */
		if (err == 0) {
			echo(client);
			sock_close(&client);
		} else if (err != LIBSOCK_ETIMEDOUT) { /* the system is short of something: that passes */
			fprintf(stderr, "tcp_echo_server: %s: %s\n", where, sock_strerror(err));
			sock_wait(NULL, 0, sock_after(1000));
		}
	}
	sock_close(&server);
	return 0;
}
