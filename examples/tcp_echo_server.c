/*
 * tcp_echo_server: send every byte back to the client it came from, one client at a time.
 *
 *   cc tcp_echo_server.c -o tcp_echo_server $(pkg-config --cflags --libs libsock)
 *   ./tcp_echo_server 127.0.0.1:7007          (":7007" listens on every address of both families)
 */
#include <libsock.h>
#include <stdio.h>

/* Until the client has said its last word, or has been silent for half a minute. */
static int echo(struct sock client)
{
	char data[16384];
	ptrdiff_t got;
	int err = 0;

	while (err == 0 && (got = sock_recv(client, data, sizeof data, sock_after(30000))) != 0)
		err = got < 0 ? (int)got : sock_send_all(client, data, (size_t)got, sock_after(30000), NULL);
	return err;
}

int main(int argc, char **argv)
{
	struct sock server = {0}, client;
	struct sock_addr addr, peer;
	char text[LIBSOCK_ADDRSTRLEN];
	ptrdiff_t err = sock_addr_parse(&addr, argc > 1 ? argv[1] : "127.0.0.1:7007");

	if (err == 0)
		err = sock_serve(&server, &addr, 16);
	if (err == 0)
		err = sock_local(server, &addr); /* port 0 has become a real one */
	if (err == 0) {
		sock_addr_format(text, sizeof text, &addr);
		printf("listening on %s\n", text);
		fflush(stdout);
	}
	while (err == 0 && (err = sock_accept(server, &client, &peer, LIBSOCK_FOREVER)) == 0) {
		int end = echo(client);

		if (end < 0)
			fprintf(stderr, "tcp_echo_server: %s: %s\n", peer.host, sock_strerror(end));
		sock_close(&client);
	}
	fprintf(stderr, "tcp_echo_server: %s: %s\n", argc > 1 ? argv[1] : "127.0.0.1:7007", sock_strerror((int)err));
	sock_close(&server);
	return 1;
}
