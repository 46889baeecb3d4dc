/*
 * udp_sink: receive datagrams as fast as they come, many in one call where the system can, and show how fast that is.
 *
 *   cc udp_sink.c -o udp_sink $(pkg-config --cflags --libs libsock)
 *   ./udp_sink 127.0.0.1:7007                 (with "single" at the end: one call for each datagram)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* What has come from one sender since it began. */
struct count {
	long long datagrams, bytes;
	int64_t begun, next; /* in microseconds; in milliseconds */
};

static void show(const struct count *count, const char *what)
{
	int64_t us = sock_stopwatch_us() - count->begun;

	printf("%lld datagrams %s in %.1f s: %.0f Mbit/s\n", count->datagrams, what, (double)us / 1e6,
	       (double)count->bytes * 8 / (double)(us > 0 ? us : 1));
	fflush(stdout);
}

static void add(struct count *count, ptrdiff_t n, const struct sock_packet *packet)
{
	if (count->datagrams == 0)
		*count = (struct count){.begun = sock_stopwatch_us(), .next = sock_now() + 1000};
	count->bytes += n;
	/* The last of several may be shorter than the others. */
	count->datagrams += packet->segment_size > 0 ? (n + packet->segment_size - 1) / packet->segment_size : 1;
	if (sock_now() >= count->next) {
		show(count, "so far");
		count->next += 1000;
	}
}

int main(int argc, char **argv)
{
	static char data[LIBSOCK_PACKET_SIZE];
	struct count count = {0};
	struct sock s = {0};
	struct sock_addr addr;
	struct sock_packet packet;
	char text[LIBSOCK_ADDR_SIZE];
	int single = argc > 2 && strcmp(argv[2], "single") == 0;

	const char *where = argc > 1 ? argv[1] : "127.0.0.1:7007";
	int err = sock_addr_parse(&addr, where, -1);

	if (err == 0)
		err = sock_serve(&s, LIBSOCK_DGRAM, &addr, 0);
	if (err == 0)
		err = sock_local_addr(s, &addr);
	if (err == 0 && !single && sock_has(LIBSOCK_HAS_PACKET_COALESCED))
		err = sock_packet_fields(&s, LIBSOCK_PACKET_COALESCED);
	if (err < 0) {
		fprintf(stderr, "udp_sink: %s: %s\n", where, sock_strerror(err));
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	fflush(stdout);
	while (!stopped) {
		ptrdiff_t n = sock_recv_packet(s, data, sizeof data, &packet, sock_after(1000));

		if (n > 0) {
			add(&count, n, &packet);
		} else if (n == 0 && count.datagrams > 0) { /* an empty one: it is over */
			show(&count, "in all");
			count.datagrams = 0;
		} else if (n < 0 && n != LIBSOCK_ETIMEDOUT) {
			sock_wait(NULL, 0, sock_after(100)); /* whatever is wrong, not to spin until it is over */
		}
	}
	sock_close(&s);
	return 0;
}
