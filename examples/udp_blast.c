/*
 * udp_blast: send datagrams of 1200 bytes as fast as they will go, 54 in one call, and show how fast that is.
 *
 *   cc udp_blast.c -o udp_blast $(pkg-config --cflags --libs libsock)
 *   ./udp_blast 127.0.0.1:7007 1000000        (with "single" at the end: one call for each datagram)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1200, BURST = 54 }; /* 54 times 1200 bytes are the most that one call hands over at a time */

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void show(long long sent, int64_t us)
{
	printf("%lld datagrams sent in %.1f s: %.0f Mbit/s\n", sent, (double)us / 1e6,
	       (double)sent * SIZE * 8 / (double)(us > 0 ? us : 1));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char data[BURST * SIZE];
	struct sock s = {0};
	struct sock_addr peer;
	struct sock_packet packet = {.segment_size = SIZE};
	long long total = argc > 2 ? strtoll(argv[2], NULL, 10) : 0, sent = 0;
	size_t most = sizeof data;

	if (argc < 3 || argc > 4 || total < 1 || (argc == 4 && strcmp(argv[3], "single") != 0)) {
		fprintf(stderr, "usage: udp_blast HOST:PORT COUNT [single]\n");
		return 2;
	}
	if (argc == 4)
		most = SIZE;
	ptrdiff_t n = sock_addr_parse(&peer, argv[1], -1);
	if (n == 0)
		n = sock_dial(&s, LIBSOCK_DGRAM, &peer, sock_after(5000));
	int64_t begun = sock_stopwatch_us(), next = sock_after(1000), give_up = next;

	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	while (n >= 0 && sent < total && !stopped) {
		size_t size = total - sent < BURST ? (size_t)(total - sent) * SIZE : sizeof data;

		n = sock_send_packet(s, data, size < most ? size : most, &packet, sock_after(1000));
		if (n > 0) {
			sent += n / SIZE; /* what is taken is taken in whole datagrams */
			give_up = sock_after(1000);
		} else if (sock_now() < give_up) { /* a full queue, a listener that restarts: that passes */
			sock_wait(NULL, 0, sock_after(1));
			n = 0;
		}
		if (sock_now() >= next) {
			show(sent, sock_stopwatch_us() - begun);
			next += 1000;
		}
	}
	if (n >= 0) {
		show(sent, sock_stopwatch_us() - begun);
		for (int i = 0; i < 3; i++) /* an empty datagram says that it is over; any may get lost */
			sock_send_packet(s, NULL, 0, &packet, sock_after(1000));
	}
	if (n < 0)
		fprintf(stderr, "udp_blast: %s: %s\n", argv[1], sock_strerror(n));
	sock_close(&s);
	return n < 0;
}
