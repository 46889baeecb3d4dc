/*
 * ntp_time: ask an NTP server what time it is (RFC 5905), and how far this machine's clock is from that.
 *
 *   cc ntp_time.c -o ntp_time $(pkg-config --cflags --libs libsock)
 *   ./ntp_time ntp.example.org             (a name or an address; ":PORT" if it is not 123)
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifndef TIME_UTC /* Windows' older C library, with MinGW-w64 */
#define timespec_get(time, base) clock_gettime(CLOCK_REALTIME, time)
#endif
#define PACKET 48             /* bytes, without extensions */
#define TO_1970 2208988800ull /* seconds from NTP's first day, in 1900, to Unix's */

/* This machine's time as NTP has it: seconds in the upper 32 bits, their fraction in the lower. */
static uint64_t now(void)
{
	struct timespec t;

	timespec_get(&t, TIME_UTC);
	return ((uint64_t)t.tv_sec + TO_1970) << 32 | ((uint64_t)t.tv_nsec << 32) / 1000000000;
}

static void put_time(unsigned char *to, uint64_t time)
{
	for (int i = 7; i >= 0; i--, time >>= 8)
		to[i] = (unsigned char)(time & 255);
}

static uint64_t get_time(const unsigned char *from)
{
	uint64_t time = 0;

	for (int i = 0; i < 8; i++)
		time = time << 8 | from[i];
	return time;
}

/* Right across the end of NTP's 32 bits, in 2036, because it wraps as they do. */
static double seconds_between(uint64_t earlier, uint64_t later)
{
	return (double)(int64_t)(later - earlier) / 4294967296.0;
}

/* An answer repeats when it was asked: who did not see the question cannot forge one, and late ones are told apart. */
static int answers(const unsigned char *packet, ptrdiff_t size, uint64_t asked)
{
	return size >= PACKET && (packet[0] & 7) == 4 && get_time(packet + 24) == asked;
}

/* Ask, and again if the datagram was lost: three times, two seconds each. `answer` is PACKET bytes or more. */
static int ask(struct sock s, unsigned char *answer, size_t room, uint64_t *asked, uint64_t *answered)
{
	ptrdiff_t n = LIBSOCK_ETIMEDOUT;

	for (int tries = 3; n == LIBSOCK_ETIMEDOUT && tries > 0; tries--) {
		unsigned char question[PACKET] = {4 << 3 | 3}; /* version 4, a client */
		int64_t by = sock_after(2000);

		*asked = now();
		put_time(question + 40, *asked);
		n = sock_send(s, question, sizeof question, by);
		do {
			if (n >= 0) /* what need not wait does not look at the clock, and there might always be more */
				n = sock_now() < by ? sock_recv(s, answer, room, by) : LIBSOCK_ETIMEDOUT;
			*answered = now();
		} while (n >= 0 && !answers(answer, n, *asked));
	}
	return n < 0 ? (int)n : 0;
}

static void print_times(const unsigned char *answer, uint64_t asked, uint64_t answered)
{
	const uint64_t came = get_time(answer + 32), left = get_time(answer + 40); /* by the server's clock */
	const double offset = (seconds_between(asked, came) + seconds_between(answered, left)) / 2;
	const double delay = seconds_between(asked, answered) - seconds_between(came, left);
	struct timespec t;
	char text[32];

	timespec_get(&t, TIME_UTC);
	double exact = (double)t.tv_sec + (double)t.tv_nsec / 1e9 + offset;
	time_t whole = (time_t)exact;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&whole));
	printf("%s.%03d UTC, stratum %d\n", text, (int)((exact - (double)whole) * 1000), answer[1]);
	printf("offset %+.6f s, delay %.6f s\n", offset, delay);
}

int main(int argc, char **argv)
{
	static unsigned char answer[65536]; /* no datagram is larger */
	struct sock s = {0};
	struct sock_addr server = {"", 0};
	uint64_t asked, answered;

	if (argc != 2) {
		fputs("usage: ntp_time HOST[:PORT]\n", stderr);
		return 2;
	}
	int err = sock_addr_parse(&server, argv[1]);
	uint16_t port = server.port;
	if (err == 0) /* the name's first address tells which family the socket must have */
		err = sock_resolve(server.host, LIBSOCK_AF_ANY, &server, 1, sock_after(5000));
	server.port = port > 0 ? port : 123;
	if (err >= 0)
		err = sock_open(&s, strchr(server.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_DGRAM);
	if (err == 0 && (err = sock_connect(s, &server, sock_after(2000))) == 0) /* connected, it hears nobody else */
		err = ask(s, answer, sizeof answer, &asked, &answered);
	sock_close(&s);
	/* A server whose clock is not set says so by its stratum, by the leap indicator, or with a time of 0. */
	if (err == 0 && answer[1] > 0 && answer[1] < 16 && answer[0] >> 6 != 3 && get_time(answer + 40) != 0) {
		print_times(answer, asked, answered);
		return 0;
	}
	fprintf(stderr, "ntp_time: %s: %s\n", argv[1], err < 0 ? sock_strerror(err) : "the server has no time");
	return 1;
}
