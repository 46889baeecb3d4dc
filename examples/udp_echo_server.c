/*
 * udp_echo_server: send every datagram back to where it came from.
 *
 *   cc udp_echo_server.c -o udp_echo_server $(pkg-config --cflags --libs libsock)
 *   ./udp_echo_server 127.0.0.1:7007          (":7007" answers on every address of both families)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/*
 * A sender can be forged. Two servers that answer everything would then talk with each other for ever (CERT advisory
 * CA-1996-01): so nothing is said to the ports of well-known services and of this server itself, and once in a while
 * nothing is said at all. Who asks by UDP asks again; what goes round and round ends there.
 */
static int is_answered(const struct sock_addr *own, const struct sock_addr *peer)
{
	static unsigned number;

	return peer->port >= 1024 && peer->port != own->port && ++number % 10000 != 0;
}

int main(int argc, char **argv)
{
	static char data[65536]; /* no datagram is larger */
	const char *where = argc > 1 ? argv[1] : "127.0.0.1:7007";
	struct sock s = {0};
	struct sock_addr addr, peer;
	char text[LIBSOCK_ADDR_SIZE];
	int err = sock_addr_parse(&addr, where, -1);

	if (err == 0)
		err = sock_serve(&s, LIBSOCK_DGRAM, &addr, 0);
	if (err == 0)
		err = sock_local_addr(s, &addr); /* port 0 has become a real one */
	if (err < 0) {
		fprintf(stderr, "udp_echo_server: %s: %s\n", where, sock_strerror(err));
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	fflush(stdout);
	while (!stopped) {
		ptrdiff_t got = sock_recvfrom(s, data, sizeof data, &peer, sock_after(1000)); /* or stop */

		if (got >= 0 && is_answered(&addr, &peer))
			sock_sendto(s, data, (size_t)got, &peer, sock_after(100)); /* or it is lost, as on the way */
		if (got < 0 && got != LIBSOCK_ETIMEDOUT)
			sock_wait(NULL, 0, sock_after(100)); /* whatever is wrong, not to spin until it is over */
	}
	sock_close(&s);
	return 0;
}
