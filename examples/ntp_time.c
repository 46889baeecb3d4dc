/*
 * ntp_time: ask an NTP server what time it is (RFC 5905), and how far this machine's clock is from that.
 *
 *   cc ntp_time.c -o ntp_time $(pkg-config --cflags --libs libsock)
 *   ./ntp_time ntp.example.org             (a name or an address; ":PORT" if it is not 123)
 */
#include <libsock.h>
#include <stdio.h>
#include <time.h>

#ifndef TIME_UTC /* Windows' older C library, with MinGW-w64 */
#define timespec_get(time, base) clock_gettime(CLOCK_REALTIME, time)
#endif
#define PACKET 48             /* bytes, without extensions */
#define TO_1970 2208988800ull /* seconds from NTP's first day, in 1900, to Unix's */
#define ADDRESSES 8192        /* as many as the DNS can answer for both families */

/*
 * This machine's time as NTP has it: seconds in the upper 32 bits, their fraction in the lower. It is when a packet came
 * in, a little before the program gets to see it, where `ns` says so, and otherwise now.
 */
static uint64_t time_of(int64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};

	if (ns == 0)
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

/* A server's answer repeats when it was asked: who did not see the question cannot forge it, and late ones are seen. */
static int answers(const unsigned char *packet, ptrdiff_t size, uint64_t asked)
{
	return size >= PACKET && (packet[0] & 63) == (4 << 3 | 4) && get_time(packet + 24) == asked;
}

/* Ask one address, for two seconds. `answer` is PACKET bytes or more. */
static int ask(const struct sock_addr *server, unsigned char *answer, size_t room, uint64_t *asked, uint64_t *answered)
{
	unsigned char question[PACKET] = {4 << 3 | 3}; /* version 4, a client */
	int64_t by = sock_after(2000);
	struct sock s;
	struct sock_packet packet = {.time_ns = 0};
	ptrdiff_t n = sock_dial(&s, LIBSOCK_DGRAM, server, by); /* connected, it hears nobody else */

	sock_packet_fields(&s, LIBSOCK_PACKET_TIME); /* where the system tells it */
	*asked = time_of(0);
	put_time(question + 40, *asked);
	if (n == 0)
		n = sock_send(s, question, sizeof question, by);
	do {
		if (n >= 0) /* what need not wait does not look at the clock, and there might always be more */
			n = sock_now() < by ? sock_recv_packet(s, answer, room, &packet, by) : LIBSOCK_ETIMEDOUT;
		*answered = time_of(n < 0 ? 0 : packet.time_ns);
	} while (n >= 0 && !answers(answer, n, *asked));
	sock_close(&s);
	return n < 0 ? (int)n : 0;
}

/* Why an answer must not be believed (RFC 5905, appendix A.5.1.1), or NULL. */
static const char *doubt(const unsigned char *answer, double delay)
{
	const int root_delay = answer[4] << 8 | answer[5], dispersion = answer[8] << 8 | answer[9]; /* seconds */
	const uint64_t set = get_time(answer + 16), came = get_time(answer + 32), left = get_time(answer + 40);

	if (answer[1] == 0) /* a "kiss of death" */
		return "the server has no time for us";
	if (answer[1] > 15 || answer[0] >> 6 == 3 || came == 0 || left == 0 || root_delay / 2 + dispersion >= 16)
		return "the server has no time: its clock is not set";
	if (seconds_between(came, left) < 0 || (set != 0 && seconds_between(set, left) < 0))
		return "nonsense: time runs backwards there";
	return delay < -0.02 ? "nonsense: it took less time here than there" : NULL; /* so coarse are some clocks */
}

/* What the answer means; 0: nothing that can be believed. */
static int print_times(const unsigned char *answer, uint64_t asked, uint64_t answered, const char *server)
{
	const uint64_t came = get_time(answer + 32), left = get_time(answer + 40); /* by the server's clock */
	const double offset = (seconds_between(asked, came) + seconds_between(answered, left)) / 2;
	const double delay = seconds_between(asked, answered) - seconds_between(came, left);
	const char *reason = doubt(answer, delay);
	struct timespec t;
	char text[32];

	timespec_get(&t, TIME_UTC);
	const double exact = (double)t.tv_sec + (double)t.tv_nsec / 1e9 + offset;
	const time_t whole = (time_t)exact;
	if (!reason && exact < 0)
		reason = "nonsense: a time before 1970";
	if (reason)
		return fprintf(stderr, "ntp_time: %s: %s\n", server, reason), 0;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&whole));
	printf("%s.%03d UTC, stratum %d\n", text, (int)((exact - (double)whole) * 1000), answer[1]);
	printf("offset %+.6f s, delay %.6f s\n", offset, delay);
	return 1;
}

int main(int argc, char **argv)
{
	static unsigned char answer[65536]; /* no datagram is larger */
	static struct sock_addr found[ADDRESSES];
	struct sock_addr server;
	uint64_t asked = 0, answered = 0;

	if (argc != 2) {
		fputs("usage: ntp_time HOST[:PORT]\n", stderr);
		return 2;
	}
	int good = 0, count = 0, err = sock_addr_parse(&server, argv[1], 123);
	if (err == 0)
		err = count = sock_resolve(&server, LIBSOCK_AF_UNSPEC, found, ADDRESSES, sock_after(5000));
	/* A datagram may get lost, and an address may be of no use: ask all of them, three times, or until they answer. */
	count = count < ADDRESSES ? count : ADDRESSES;
	for (int i = 0; i < 3 * count && !good; i++) {
		struct sock_addr *at = &found[i % count];

		if (at->port == 0)
			continue;
		err = ask(at, answer, sizeof answer, &asked, &answered);
		good = err == 0 && print_times(answer, asked, answered, argv[1]);
		at->port = err == 0 ? 0 : at->port;
	}
	if (err < 0)
		fprintf(stderr, "ntp_time: %s: %s\n", argv[1], sock_strerror(err));
	else if (good && (ferror(stdout) || fclose(stdout) != 0))
		good = !fprintf(stderr, "ntp_time: cannot write\n");
	return !good;
}
