/* SPDX-License-Identifier: MIT */

/* What takes a machine whose addresses and ports are the test's own: a network namespace. As root. */

#include "testing.h"

#include <linux/ipv6.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK_INDEX = 1, BOUND_INTERFACE = 62 }; /* SO_BINDTOIFINDEX */

static const struct sock_addr link_peer = {"fe80::1%lo", 9};

/* The kernel looks by the way whether an address is somebody else's, and until then it is not to be had. */
static void add_link_local_address(void)
{
	const struct sock_addr own = {"fe80::1%lo", 0};
	const int64_t by = soon();
	struct in6_ifreq add = {.ifr6_prefixlen = 64, .ifr6_ifindex = LOOPBACK_INDEX};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	add.ifr6_addr.s6_addr[0] = 0xfe;
	add.ifr6_addr.s6_addr[1] = 0x80;
	add.ifr6_addr.s6_addr[15] = 1;
	ioctl(fd, SIOCSIFADDR, &add); /* it may be there already */
	close(fd);
	for (int err = LIBSOCK_EADDRNOTAVAIL; err < 0;) {
		struct sock s;

		ck_assert_int_lt(sock_now(), by);
		expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		err = sock_bind(s, &own);
		sock_close(&s);
	}
}

static int bound_interface(struct sock s)
{
	int index = -1;
	socklen_t size = sizeof index;

	ck_assert_int_eq(getsockopt((int)sock_native(s), SOL_SOCKET, BOUND_INTERFACE, &index, &size), 0);
	return index;
}

/* Where a socket that is connected sends from. */
static void expect_from(struct sock s, const char *host)
{
	struct sock_addr own;

	expect(sock_local(s, &own), 0);
	ck_assert_str_eq(own.host, host);
}

/* The first attempt too, of a socket that has no peer to leave. Before there is an address to send from to the link. */
START_TEST(a_failed_connect_ties_a_socket_to_no_link)
{
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_connect(s, &link_peer, soon()), LIBSOCK_ENETUNREACH);
	ck_assert_int_eq(bound_interface(s), 0);
	sock_close(&s);
}
END_TEST

START_TEST(a_socket_that_is_connected_again_is_tied_to_no_earlier_link)
{
	const struct sock_addr six = {"::1", 9}, four = {"127.0.0.1", 9};
	struct sock s;

	add_link_local_address();
	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	for (int i = 0; i < 2; i++) {
		expect(sock_connect(s, &link_peer, soon()), 0);
		ck_assert_int_eq(bound_interface(s), LOOPBACK_INDEX);
		expect(sock_connect(s, i ? &four : &six, soon()), 0);
		expect_from(s, i ? "127.0.0.1" : "::1");
		ck_assert_int_eq(bound_interface(s), 0);
	}
	sock_close(&s);
}
END_TEST

START_TEST(what_ties_a_socket_to_an_interface_but_a_peer_stays)
{
	const struct sock_addr six = {"::1", 9}, elsewhere = {"2001:db8::1", 9}, own = {"fe80::1%lo", 0};
	const int lo = LOOPBACK_INDEX;
	struct sock s;

	add_link_local_address();
	for (int bound = 0; bound < 2; bound++) {
		const struct sock_addr *peer = bound ? &link_peer : &six;

		expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		if (bound)
			expect(sock_bind(s, &own), 0);
		else
			ck_assert_int_eq(setsockopt((int)sock_native(s), SOL_SOCKET, BOUND_INTERFACE, &lo, sizeof lo), 0);
		for (int i = 0; i < 2; i++) {
			expect(sock_connect(s, peer, soon()), 0);
			expect_from(s, bound ? "fe80::1%1" : "::1");
			ck_assert_int_eq(bound_interface(s), LOOPBACK_INDEX);
			expect(sock_connect(s, &elsewhere, soon()), LIBSOCK_ENETUNREACH);
			ck_assert_int_eq(bound_interface(s), LOOPBACK_INDEX);
		}
		expect_from(s, bound ? "fe80::1%1" : "::");
		sock_close(&s);
	}
}
END_TEST

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
	return sock_send_packet(s, "xy", 2, &(struct sock_packet){.peer = nobody, .segment = 1, .os_cuts = -1}, deadline);
}

static ptrdiff_t by_send(struct sock s, int64_t deadline)
{
	return sock_send(s, "x", 1, deadline);
}

static ptrdiff_t by_sendv(struct sock s, int64_t deadline)
{
	return sock_sendv(s, &(struct sock_part){"x", 1}, 1, deadline);
}

static ptrdiff_t (*const needing_a_port[])(struct sock s, int64_t deadline) = {by_connect,  by_sendto, by_send_packet,
									      by_segments, by_send,   by_sendv};

/* Those without a peer, too: the system looks for a port first. */
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
		       needing_a_port[i / 3] == by_send ? LIBSOCK_ENOTCONN : LIBSOCK_EADDRNOTAVAIL);
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
		expect(sock_dial(&s, &own, deadlines[i]), LIBSOCK_ECONNREFUSED);
	for (int i = 0; i < 3; i++) {
		int err;

		expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
		err = sock_connect(s, &own, deadlines[i]);
		expect(err == LIBSOCK_EINPROGRESS ? sock_connected(s, soon()) : err, LIBSOCK_ECONNREFUSED);
		sock_close(&s);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_failed_connect_ties_a_socket_to_no_link},
		{a_socket_that_is_connected_again_is_tied_to_no_earlier_link},
		{what_ties_a_socket_to_an_interface_but_a_peer_stays},
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
