/* SPDX-License-Identifier: MIT */

/* What takes a machine whose addresses and ports are the test's own: a network namespace. As root. */

#include "testing.h"

#include <unistd.h>

static void set(const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "/proc/sys/net/ipv4/%s", name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(value, file);
	ck_assert_int_eq(fclose(file), 0);
}

static const struct sock_addr nobody = {"127.0.0.1", 9};

static ptrdiff_t by_connect(struct sock s, int64_t deadline)
{
	return sock_connect(s, &nobody, deadline);
}

static ptrdiff_t by_sendto(struct sock s, int64_t deadline)
{
	return sock_sendto(s, "x", 1, &nobody, deadline);
}

static ptrdiff_t by_send_packet(struct sock s, int64_t deadline)
{
	return sock_send_packet(s, "x", 1, &(struct sock_packet){.peer = nobody}, deadline);
}

static ptrdiff_t by_segments(struct sock s, int64_t deadline)
{
	return sock_send_packet(s, "xy", 2, &(struct sock_packet){.peer = nobody, .segment_size = 1, .segment_offload = -1}, deadline);
}

static ptrdiff_t by_send(struct sock s, int64_t deadline)
{
	return sock_send(s, "x", 1, deadline);
}

static ptrdiff_t by_sendv(struct sock s, int64_t deadline)
{
	return sock_sendv(s, &(struct sock_const_buffer){"x", 1}, 1, deadline);
}

static ptrdiff_t by_plain_packet(struct sock s, int64_t deadline)
{
	return sock_send_packet(s, "x", 1, &(struct sock_packet){.ecn = -1}, deadline);
}

static ptrdiff_t by_plain_segments(struct sock s, int64_t deadline)
{
	return sock_send_packet(s, "xy", 2, &(struct sock_packet){.segment_size = 1}, deadline);
}

static ptrdiff_t by_plain_segments_apart(struct sock s, int64_t deadline)
{
	return sock_send_packet(s, "xy", 2, &(struct sock_packet){.segment_size = 1, .segment_offload = -1}, deadline);
}

enum { WITH_AN_ADDRESS = 4 };
static ptrdiff_t (*const needing_a_port[])(struct sock s, int64_t deadline) = {
	by_connect, by_sendto,       by_send_packet,    by_segments,
	by_send,    by_sendv, by_plain_packet, by_plain_segments, by_plain_segments_apart,
};

/* The system looks for a port first: but who has no peer either lacks that. */
START_TEST(who_finds_no_port_to_send_from_does_not_wait_for_one)
{
	const int64_t deadlines[] = {LIBSOCK_NOWAIT, soon(), LIBSOCK_FOREVER};
	const struct sock_addr any = {"", 0};
	struct sock holder, s;

	set("ip_local_port_range", "40000 40000");
	expect(sock_open(&holder, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_bind(holder, &any), 0);
	for (size_t i = 0; i < sizeof needing_a_port / sizeof needing_a_port[0] * 3; i++) {
		expect(sock_open(&s, i % 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
		expect(needing_a_port[i / 3](s, deadlines[i % 3]),
		       i / 3 < WITH_AN_ADDRESS ? LIBSOCK_EADDRNOTAVAIL : LIBSOCK_ENOTCONN);
		sock_close(&s);
	}
	sock_close(&holder);
}
END_TEST

/* A machine may give ports below 1024 to whoever connects. */
START_TEST(a_stream_that_got_a_low_port_and_reached_itself_was_refused)
{
	const struct sock_addr own = {"127.0.0.1", 600};
	const int64_t deadlines[] = {soon(), LIBSOCK_FOREVER, LIBSOCK_NOWAIT};
	struct sock s;

	set("ip_unprivileged_port_start", "0");
	set("ip_local_port_range", "600 600");
	for (int i = 0; i < 2; i++)
		expect(sock_dial(&s, LIBSOCK_STREAM, &own, deadlines[i]), LIBSOCK_ECONNREFUSED);
	for (int i = 0; i < 3; i++) {
		int err;

		expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		err = sock_connect(s, &own, deadlines[i]);
		expect(err == LIBSOCK_EINPROGRESS ? sock_connect_result(s, soon()) : err, LIBSOCK_ECONNREFUSED);
		for (int j = 0; j < 2; j++) /* not once, as of others */
			expect(sock_connect_result(s, LIBSOCK_NOWAIT), LIBSOCK_ECONNREFUSED);
		sock_close(&s);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{who_finds_no_port_to_send_from_does_not_wait_for_one},
		{a_stream_that_got_a_low_port_and_reached_itself_was_refused},
		{0},
	};

	if (native_enter_namespace() != 0 || access("/proc/sys/net/ipv4/ip_local_port_range", W_OK) != 0) {
		printf("1..0 # SKIP no network namespace of one's own here\n");
		return 0;
	}
	return testing_main("namespace", tests);
}
