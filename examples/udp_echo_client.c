/*
 * udp_echo_client: send a text as one datagram, then print the datagram that comes back.
 *
 *   cc udp_echo_client.c -o udp_echo_client $(pkg-config --cflags --libs libsock)
 *   ./udp_echo_client 127.0.0.1:7007 "hello, world"
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char data[65536];
	struct sock s = {0};
	struct sock_addr server;

	if (argc != 3) {
		fprintf(stderr, "usage: udp_echo_client HOST:PORT TEXT\n");
		return 2;
	}
	ptrdiff_t err = sock_addr_parse(&server, argv[1]);
	if (err == 0)
		err = sock_open(&s, strchr(server.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_DGRAM);
	if (err == 0) /* a connected datagram socket hears only its peer, and learns when nobody listens there */
		err = sock_connect(s, &server, sock_after(2000));

	/* A datagram may get lost, either way: ask again, three times, a second each. */
	for (int tries = 3; err == 0 && tries > 0; tries--) {
		err = sock_send(s, argv[2], strlen(argv[2]), sock_after(1000));
		if (err >= 0)
			err = sock_recv(s, data, sizeof data, sock_after(1000));
		if (err == LIBSOCK_ETIMEDOUT && tries > 1)
			err = 0;
		else
			break;
	}
	if (err >= 0) {
		fwrite(data, 1, (size_t)err, stdout);
		putchar('\n');
	} else
		fprintf(stderr, "udp_echo_client: %s: %s\n", argv[1], sock_strerror((int)err));
	sock_close(&s);
	return err < 0;
}
