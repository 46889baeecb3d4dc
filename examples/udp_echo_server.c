/*
 * udp_echo_server: send every datagram back to where it came from.
 *
 *   cc udp_echo_server.c -o udp_echo_server $(pkg-config --cflags --libs libsock)
 *   ./udp_echo_server 127.0.0.1:7007          (":7007" answers on every IPv4 address, "[::1]:7007" on IPv6)
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char data[65536]; /* no datagram is larger */
	struct sock s = {0};
	struct sock_addr addr, peer;
	char text[LIBSOCK_ADDRSTRLEN];

	ptrdiff_t err = sock_addr_parse(&addr, argc > 1 ? argv[1] : "127.0.0.1:7007");
	if (err == 0)
		err = sock_open(&s, strchr(addr.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_DGRAM);
	if (err == 0)
		err = sock_bind(s, &addr);
	if (err == 0)
		err = sock_local(s, &addr); /* port 0 has become a real one */
	if (err == 0) {
		sock_addr_format(text, sizeof text, &addr);
		printf("listening on %s\n", text);
		fflush(stdout);
	}
	while (err >= 0) {
		err = sock_recvfrom(s, data, sizeof data, &peer, LIBSOCK_FOREVER);
		if (err >= 0) {
			ptrdiff_t sent = sock_sendto(s, data, (size_t)err, &peer, sock_after(1000));

			if (sent < 0) /* one client's trouble does not stop the server */
				fprintf(stderr, "udp_echo_server: %s: %s\n", peer.host, sock_strerror((int)sent));
		}
	}
	fprintf(stderr, "udp_echo_server: %s: %s\n", argc > 1 ? argv[1] : "127.0.0.1:7007", sock_strerror((int)err));
	sock_close(&s);
	return 1;
}
