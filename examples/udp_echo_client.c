/*
 * udp_echo_client: send a text as one datagram, see whether it comes back as it was, and print it.
 *
 *   cc udp_echo_client.c -o udp_echo_client $(pkg-config --cflags --libs libsock)
 *   ./udp_echo_client 127.0.0.1:7007 "hello, world"
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESSES = 8192 /* as many as the DNS can answer for both families */ };

/* Ask one address. A connected datagram socket hears its peer alone, and learns when nobody listens there. */
static ptrdiff_t ask(const struct sock_addr *server, const char *text, char *data, size_t room)
{
	struct sock s;
	ptrdiff_t n = sock_dial(&s, LIBSOCK_DGRAM, server, sock_after(1000));

	/* A datagram may get lost, either way: ask again, three times, a second each. */
	for (int tries = 3; n == 0 && tries > 0; tries--) {
		n = sock_send(s, text, strlen(text), sock_after(1000));
		if (n >= 0)
			n = sock_recv(s, data, room, sock_after(1000));
		if (n != LIBSOCK_ETIMEDOUT || tries == 1)
			break;
		n = 0;
	}
	sock_close(&s);
	return n;
}

int main(int argc, char **argv)
{
	static char data[65536];
	static struct sock_addr found[ADDRESSES];
	struct sock_addr server;
	int count = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: udp_echo_client HOST:PORT TEXT\n");
		return 2;
	}
	ptrdiff_t n = sock_addr_parse(&server, argv[1], -1);
	if (n == 0)
		n = count = sock_resolve(&server, LIBSOCK_AF_UNSPEC, found, ADDRESSES, sock_after(5000));
	for (int i = 0; i < count && i < ADDRESSES && (i == 0 || n < 0); i++) {
		n = ask(&found[i], argv[2], data, sizeof data);
		if (n >= 0 && ((size_t)n != strlen(argv[2]) || memcmp(data, argv[2], (size_t)n) != 0))
			n = LIBSOCK_EPROTO; /* no echo; and it is not for us to say what it would do to a terminal */
	}
	if (n >= 0 && (printf("%s\n", argv[2]) < 0 || fclose(stdout) != 0))
		n = LIBSOCK_EIO;
	if (n < 0)
		fprintf(stderr, "udp_echo_client: %s: %s\n", argv[1], sock_strerror(n));
	return n < 0;
}
