/*
 * udp_sink: receive datagrams as fast as they come, many in one call where the system can, and show how fast that is.
 *
 *   cc udp_sink.c -o udp_sink $(pkg-config --cflags --libs libsock)
 *   ./udp_sink 127.0.0.1:7007                 (with "single" at the end: one call for each datagram)
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

/* What has come from one sender since it began. */
struct count {
	long long datagrams, bytes;
	int64_t begun, next;
};

static void show(const struct count *count, const char *what)
{
	int64_t ms = sock_now() - count->begun;

	printf("%lld datagrams %s in %.1f s: %.0f Mbit/s\n", count->datagrams, what, (double)ms / 1000,
	       (double)count->bytes * 8 / 1000 / (double)(ms > 0 ? ms : 1));
	fflush(stdout);
}

static void add(struct count *count, ptrdiff_t n, const struct sock_packet *packet)
{
	if (count->datagrams == 0)
		*count = (struct count){.begun = sock_now(), .next = sock_now() + 1000};
	count->bytes += n;
	/* The last of several may be shorter than the others. */
	count->datagrams += packet->segment > 0 ? (n + packet->segment - 1) / packet->segment : 1;
	if (sock_now() >= count->next) {
		show(count, "so far");
		count->next += 1000;
	}
}

int main(int argc, char **argv)
{
	static char data[LIBSOCK_PACKET_MAX];
	struct count count = {0};
	struct sock s = {0};
	struct sock_addr addr;
	struct sock_packet packet;
	char text[LIBSOCK_ADDRSTRLEN];
	int single = argc > 2 && strcmp(argv[2], "single") == 0;

	ptrdiff_t n = sock_addr_parse(&addr, argc > 1 ? argv[1] : "127.0.0.1:7007");
	if (n == 0)
		n = sock_open(&s, strchr(addr.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_DGRAM);
	if (n == 0)
		n = sock_bind(s, &addr);
	if (n == 0)
		n = sock_local(s, &addr);
	if (n == 0 && !single && sock_has(LIBSOCK_HAS_UDP_COALESCE) == 1)
		n = sock_packets(s, LIBSOCK_PACKET_SEGMENTS);
	if (n == 0) {
		sock_addr_format(text, sizeof text, &addr);
		printf("listening on %s\n", text);
		fflush(stdout);
	}
	while (n >= 0) {
		n = sock_recv_packet(s, data, sizeof data, &packet, LIBSOCK_FOREVER);
		if (n > 0) {
			add(&count, n, &packet);
		} else if (n == 0 && count.datagrams > 0) { /* an empty one: it is over */
			show(&count, "in all");
			count.datagrams = 0;
		}
	}
	fprintf(stderr, "udp_sink: %s: %s\n", argc > 1 ? argv[1] : "127.0.0.1:7007", sock_strerror((int)n));
	sock_close(&s);
	return 1;
}
