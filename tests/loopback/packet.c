/* SPDX-License-Identifier: MIT */

/* Datagrams with all that goes with them, and many in one call. */

#include "testing.h"

#include <string.h>
#include <time.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

enum { ALL = LIBSOCK_PACKET_LOCAL | LIBSOCK_PACKET_ECN | LIBSOCK_PACKET_TTL };

/* A datagram socket on every address, and where it is reached. */
static struct sock wildcard(int family, uint16_t *port)
{
	struct sock_addr addr = {"", 0};
	struct sock s;

	expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
	expect(sock_bind(s, &addr), 0);
	expect(sock_local_addr(s, &addr), 0);
	*port = addr.port;
	return s;
}

static void fill(char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 31 + i / 251);
}

START_TEST(what_was_not_asked_for_is_unknown)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock s = datagram(families[f], &addr);
		struct sock_packet packet;
		char data[8];

		memset(&packet, 0x55, sizeof packet);
		expect(sock_sendto(s, "ping", 4, &addr, soon()), 4);
		expect(sock_recv_packet(s, data, sizeof data, &packet, soon()), 4);
		ck_assert_mem_eq(data, "ping", 4);
		ck_assert(sock_addr_equal(&packet.peer, &addr));
		ck_assert_str_eq(packet.local.host, "");
		ck_assert_uint_eq(packet.local.port, 0);
		ck_assert_uint_eq(packet.interface_index, 0);
		ck_assert_int_eq(packet.ecn, -1);
		ck_assert_int_eq(packet.ttl, -1);
		ck_assert_uint_eq(packet.segment_size, 0);
		ck_assert_uint_eq(packet.truncated, 0);
		ck_assert_int_eq(packet.segment_offload, 0);
		sock_close(&s);
	}
}
END_TEST

/* IPv4, IPv6, and IPv4 through an IPv6 socket. */
static const struct {
	int server, client;
	const char *host;
} ways[] = {
	{LIBSOCK_AF_INET, LIBSOCK_AF_INET, "127.0.0.1"},
	{LIBSOCK_AF_INET6, LIBSOCK_AF_INET6, "::1"},
	{LIBSOCK_AF_INET6, LIBSOCK_AF_INET, "127.0.0.1"},
};

/* Choose fields; whether they are told is what sock_has() says of one of them. */
static int tells(struct sock s, int fields, int feature)
{
	const int can = sock_has(feature);

	expect(sock_packet_fields(&s, fields), can ? 0 : LIBSOCK_ENOTSUP);
	return can;
}

START_TEST(every_field_that_was_asked_for_is_told)
{
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port);
		struct sock_addr client_addr, to;
		struct sock client = datagram(ways[w].client, &client_addr);
		struct sock_packet packet;
		char data[8];

		expect(sock_addr_set(&to, ways[w].host, port), 0);
		if (!tells(server, ALL, LIBSOCK_HAS_PACKET_TTL)) {
			sock_close(&client);
			sock_close(&server);
			continue;
		}
		expect(sock_sendto(client, "hi", 2, &to, soon()), 2);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 2);
		ck_assert(sock_addr_equal(&packet.peer, &client_addr));
		ck_assert_str_eq(packet.local.host, ways[w].host);
		ck_assert_uint_gt(packet.interface_index, 0);
		ck_assert_int_eq(packet.ecn, 0);
		ck_assert_int_ge(packet.ttl, 64);

		expect(sock_packet_fields(&server, LIBSOCK_PACKET_TTL), 0); /* and no more what is no more asked for */
		expect(sock_sendto(client, "hi", 2, &to, soon()), 2);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 2);
		ck_assert_str_eq(packet.local.host, "");
		ck_assert_uint_eq(packet.interface_index, 0);
		ck_assert_int_eq(packet.ecn, -1);
		ck_assert_int_ge(packet.ttl, 64);

		expect(sock_packet_fields(&server, 0), 0);
		expect(sock_sendto(client, "hi", 2, &to, soon()), 2);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 2);
		ck_assert_int_eq(packet.ttl, -1);
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

START_TEST(ecn_and_ttl_arrive_as_they_were_sent)
{
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port), client = wildcard(ways[w].client, &(uint16_t){0});
		struct sock_packet sent = {.ecn = 2, .ttl = 17}, got;
		char data[8];

		expect(sock_addr_set(&sent.peer, ways[w].host, port), 0);
		if (tells(server, ALL, LIBSOCK_HAS_PACKET_TTL)) {
			for (int connected = 0; connected < 2; connected++) {
				expect(sock_send_packet(client, "hi", 2, &sent, soon()), 2);
				expect(sock_recv_packet(server, data, sizeof data, &got, soon()), 2);
				ck_assert_int_eq(got.ecn, 2);
				ck_assert_int_eq(got.ttl, 17);
				if (!connected)
					expect(sock_connect(client, &sent.peer, soon()), 0);
				sent.peer.host[0] = '\0';
			}
		} else {
			expect(sock_send_packet(client, "hi", 2, &sent, soon()), LIBSOCK_ENOTSUP);
		}
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

/* Row answering-from-the-address-asked of docs/porting.md: Wine overlooks what it is told. */
START_TEST(a_wildcard_server_answers_from_the_address_that_was_asked)
{
	static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"};
	const int can = sock_has(LIBSOCK_HAS_PACKET_LOCAL);
	uint16_t port;
	struct sock server = wildcard(LIBSOCK_AF_INET6, &port), clients[2];
	int right = 0;

	ck_assert_int_eq(can, !native_is_wine());
	if (!tells(server, LIBSOCK_PACKET_LOCAL, LIBSOCK_HAS_PACKET_LOCAL)) {
		sock_close(&server);
		return;
	}
	for (int f = 0; f < 2; f++)
		clients[f] = wildcard(families[f], &(uint16_t){0});
	for (int i = 0; i < 1000; i++) {
		struct sock client = clients[i % 4 == 3];
		struct sock_addr to, from;
		struct sock_packet packet;
		char data[8];

		expect(sock_addr_set(&to, hosts[i % 4], port), 0);
		expect(sock_sendto(client, "who?", 4, &to, soon()), 4);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 4);
		ck_assert_str_eq(packet.local.host, hosts[i % 4]);
		expect(sock_send_packet(server, "me", 2, &packet, soon()), can ? 2 : LIBSOCK_ENOTSUP);
		if (can) {
			expect(sock_recvfrom(client, data, sizeof data, &from, soon()), 2);
			right += sock_addr_equal(&from, &to);
		}
	}
	ck_assert_int_eq(right, can ? 1000 : 0);
	sock_close(&clients[0]);
	sock_close(&clients[1]);
	sock_close(&server);
}
END_TEST

/* The loopback's network has a broadcast address, too. */
START_TEST(what_came_by_a_subnets_broadcast_is_answered)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr to, client_addr;
		struct sock server = wildcard(families[f], &to.port), client = datagram(LIBSOCK_AF_INET, &client_addr);
		struct sock_packet packet;
		char data[8];

		expect(sock_addr_set(&to, "127.255.255.255", to.port), 0);
		const int told = tells(server, LIBSOCK_PACKET_LOCAL, LIBSOCK_HAS_PACKET_LOCAL);

		expect(sock_set(client, LIBSOCK_OPT_BROADCAST, 1), 0);
		expect(sock_sendto(client, "who?", 4, &to, soon()), 4);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 4);
		ck_assert_str_eq(packet.local.host, told ? "127.0.0.1" : "");
		expect(sock_send_packet(server, "me", 2, &packet, soon()), 2);
		if (told)
			expect(sock_recv(client, data, sizeof data, soon()), 2);
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

START_TEST(where_to_send_from_must_be_ones_own_and_of_the_peers_family)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr), six = wildcard(LIBSOCK_AF_INET6, &(uint16_t){0});
	struct sock_packet packet = {.peer = addr, .local = {"192.0.2.1", 0}};
	const int foreign = sock_has(LIBSOCK_HAS_PACKET_LOCAL) ? LIBSOCK_EADDRNOTAVAIL : LIBSOCK_ENOTSUP;
	char data[4];

	expect(sock_send_packet(s, "hi", 2, &packet, soon()), foreign);
	packet = (struct sock_packet){.peer = {"::1", addr.port}, .local = {"2001:db8::1", 0}};
	expect(sock_send_packet(six, "hi", 2, &packet, soon()), foreign);
	packet = (struct sock_packet){.peer = addr, .local = {"192.0.2.1", 0}, .segment_size = 1};
	expect(sock_send_packet(six, "hi", 2, &packet, soon()), foreign);
	packet.segment_size = 0;
	packet.local = (struct sock_addr){"::1", 0};
	expect(sock_send_packet(s, "hi", 2, &packet, soon()), LIBSOCK_EAFNOSUPPORT);
	expect(sock_send_packet(six, "hi", 2, &packet, soon()), LIBSOCK_EAFNOSUPPORT);
	packet.local = (struct sock_addr){"127.0.0.x", 0};
	expect(sock_send_packet(s, "hi", 2, &packet, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* a name, for the resolver */
	packet.local = (struct sock_addr){"127.0.0.256", 0};
	expect(sock_send_packet(s, "hi", 2, &packet, soon()), LIBSOCK_ENAME);
	/* Where a question to a group came; the answer comes from the host. */
	packet.local = (struct sock_addr){"224.0.0.251", 0};
	expect(sock_send_packet(s, "hi", 2, &packet, soon()), 2);
	packet.local = (struct sock_addr){"255.255.255.255", 0};
	expect(sock_send_packet(s, "hi", 2, &packet, soon()), 2);
	for (int i = 0; i < 2; i++)
		expect(sock_recv(s, data, sizeof data, soon()), 2);
	sock_close(&six);
	sock_close(&s);
}
END_TEST

START_TEST(a_longer_datagram_is_emsgsize_and_marked_truncated)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr);
	struct sock_packet packet;
	char data[8];

	memset(data, '#', sizeof data);
	const int told = tells(s, LIBSOCK_PACKET_LOCAL, LIBSOCK_HAS_PACKET_LOCAL);

	expect(sock_sendto(s, "0123456789", 10, &addr, soon()), 10);
	expect(sock_recv_packet(s, data, 4, &packet, soon()), LIBSOCK_EMSGSIZE);
	ck_assert_mem_eq(data, "0123####", 8);
	ck_assert_uint_eq(packet.truncated, 1);
	ck_assert(sock_addr_equal(&packet.peer, &addr));
	ck_assert_str_eq(packet.local.host, told ? "127.0.0.1" : "");

	expect(sock_sendto(s, "x", 1, &addr, soon()), 1);
	expect(sock_recv_packet(s, NULL, 0, &packet, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_sendto(s, NULL, 0, &addr, soon()), 0);
	expect(sock_recv_packet(s, data, 4, &packet, soon()), 0);
	ck_assert_uint_eq(packet.truncated, 0);
	sock_close(&s);
}
END_TEST

/* Sends `size` bytes in segments, however the system does that, and expects them as single datagrams, the same bytes. */
static void expect_segments(int family, size_t segment, size_t size, int cuts)
{
	static char data[80000], got[80000];
	struct sock_addr addr;
	struct sock receiver = datagram(family, &addr), s = wildcard(family, &(uint16_t){0});
	struct sock_packet packet = {.peer = addr, .segment_size = (uint32_t)segment, .segment_offload = (int8_t)cuts};

	ck_assert_uint_le(size, sizeof data);
	fill(data, size);
	expect(sock_send_packet(s, data, size, &packet, soon()), size);
	for (size_t offset = 0; offset < size; offset += segment) {
		size_t interest = size - offset < segment ? size - offset : segment;

		expect(sock_recv(receiver, got, sizeof got, soon()), interest);
		ck_assert_mem_eq(got, data + offset, interest);
	}
	expect(sock_recv(receiver, got, sizeof got, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	if (size > segment && segment <= 1400)
		ck_assert_int_eq(packet.segment_offload, cuts < 0 || !sock_has(LIBSOCK_HAS_SEGMENT_OFFLOAD) ? -1 : 1);
	else if (size <= segment)
		ck_assert_int_eq(packet.segment_offload, cuts); /* one datagram is nothing to cut */
	sock_close(&receiver);
	sock_close(&s);
}

START_TEST(segments_arrive_as_single_datagrams_whoever_cuts)
{
	static const struct {
		size_t segment_size, size;
	} cases[] = {
		{1200, 1200}, {1200, 100}, {1200, 1201}, {1200, 2400}, {1200, 54 * 1200}, {1200, 54 * 1200 + 1},
		{100, 6400}, {100, 6401}, {100, 13050}, {1000, 70000}, {1, 65}, {9000, 20000}, {40000, 79999},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int f = 0; f < 2; f++)
			for (int cuts = -1; cuts <= 0; cuts++)
				expect_segments(families[f], cases[i].segment_size, cases[i].size, cuts);
}
END_TEST

START_TEST(segments_go_to_a_connected_peer_too)
{
	struct sock_addr addr;
	struct sock receiver = datagram(LIBSOCK_AF_INET, &addr), s = wildcard(LIBSOCK_AF_INET, &(uint16_t){0});
	struct sock_packet packet = {.segment_size = 2};
	char data[8];

	expect(sock_connect(s, &addr, soon()), 0);
	expect(sock_send_packet(s, "abcdef", 6, &packet, soon()), 6);
	expect(sock_send_packet(s, "gh", 2, NULL, soon()), 2);
	expect(sock_send_packet(s, NULL, 0, &packet, soon()), 0);
	for (int i = 0; i < 4; i++) {
		expect(sock_recv(receiver, data, sizeof data, soon()), 2);
		ck_assert_mem_eq(data, &"abcdefgh"[2 * i], 2);
	}
	expect(sock_recv(receiver, data, sizeof data, soon()), 0);
	sock_close(&receiver);
	sock_close(&s);
}
END_TEST

START_TEST(datagrams_that_came_as_one_tell_where_each_ends)
{
	static char data[54 * 1200], got[LIBSOCK_PACKET_SIZE];

	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock receiver = datagram(families[f], &addr), s = wildcard(families[f], &(uint16_t){0});
		struct sock_packet packet = {.peer = addr, .segment_size = 1200}, from;
		size_t done = 0;
		int can = sock_has(LIBSOCK_HAS_PACKET_COALESCED);

		fill(data, sizeof data);
		expect(sock_packet_fields(&receiver, LIBSOCK_PACKET_COALESCED | LIBSOCK_PACKET_LOCAL), can ? 0 : LIBSOCK_ENOTSUP);
		expect(sock_send_packet(s, data, sizeof data, &packet, soon()), sizeof data);
		while (done < sizeof data) {
			ptrdiff_t n = sock_recv_packet(receiver, got, sizeof got, &from, soon());

			ck_assert_int_gt(n, 0);
			ck_assert(from.segment_size == 0 ? n == 1200 : from.segment_size == 1200 && n % 1200 == 0);
			ck_assert_str_eq(from.local.host, can ? loopback(families[f], 0).host : "");
			ck_assert_mem_eq(got, data + done, (size_t)n);
			done += (size_t)n;
		}
		if (can) { /* an ordinary one is none of many */
			expect(sock_sendto(s, "single", 6, &addr, soon()), 6);
			expect(sock_recv_packet(receiver, got, sizeof got, &from, soon()), 6);
			ck_assert_uint_eq(from.segment_size, 0);
		}
		sock_close(&receiver);
		sock_close(&s);
	}
}
END_TEST

/* A receive that cannot say where a datagram ends; what is there stays for one that can. */
static void expect_refused(struct sock s)
{
	struct sock_addr from;
	char data[8];

	expect(sock_recv(s, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_recv(s, data, sizeof data, soon()), LIBSOCK_EINVAL);
	expect(sock_recvfrom(s, data, sizeof data, &from, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_recvfrom(s, NULL, 0, NULL, LIBSOCK_FOREVER), LIBSOCK_EINVAL);
	expect(sock_recvv(s, &(struct sock_buffer){data, sizeof data}, 1, LIBSOCK_NOWAIT), LIBSOCK_EINVAL);
	expect(sock_recvv(s, NULL, 0, LIBSOCK_FOREVER), LIBSOCK_EINVAL);
}

START_TEST(a_plain_receive_of_what_may_be_many_is_einval)
{
	static char got[LIBSOCK_PACKET_SIZE];

	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock s = datagram(families[f], &addr), before = s, after, other = {0};
		struct sock_packet packet;

		expect(sock_sendto(s, "x", 1, &addr, soon()), 1);
		if (sock_packet_fields(&s, LIBSOCK_PACKET_COALESCED) == 0) {
			after = s;
			expect_refused(s);
			expect_refused(after);
			expect(sock_adopt(&other, sock_native(s)), 0); /* whoever has chosen it, the system tells */
			expect_refused(other);
			expect(sock_recv_packet(s, got, sizeof got, &packet, soon()), 1);
			expect(sock_recv(before, got, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* it does not know */
			expect(sock_packet_fields(&s, LIBSOCK_PACKET_TIME * 2), LIBSOCK_EINVAL);
			expect_refused(s); /* nothing has changed */
			expect(sock_packet_fields(&s, 0), 0);
			expect(sock_sendto(s, "y", 1, &addr, soon()), 1);
		}
		expect(sock_recv(s, got, 1, soon()), 1); /* refused or never chosen: as it was */
		expect(sock_adopt(&other, sock_native(s)), 0);
		expect(sock_recvfrom(other, got, 1, NULL, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		sock_close(&s);
	}
}
END_TEST

/* A Unix-domain receiver takes a few datagrams and then no more: the one queue whose end is certain to be met. */
START_TEST(a_burst_that_is_cut_short_counts_what_was_sent)
{
	struct sock pair[2];
	struct sock_packet packet = {.segment_size = 10}, from;
	static char data[100000];
	char got[16];
	ptrdiff_t n, sent = 0, received = 0;
	int64_t by = soon();

	if (!sock_has(LIBSOCK_HAS_UNIX_DGRAM))
		return;
	fill(data, sizeof data);
	expect(sock_pair(pair, LIBSOCK_DGRAM), 0);
	while ((n = sock_send_packet(pair[0], data + sent, sizeof data - (size_t)sent, &packet, LIBSOCK_NOWAIT)) > 0) {
		ck_assert_msg(n <= 640 && n % 10 == 0, "%ld", (long)n);
		sent += n;
	}
	expect(n, LIBSOCK_EAGAIN);
	ck_assert_int_gt(sent, 0);
	ck_assert_int_lt(sent, (long)sizeof data);
	expect(sock_send_packet(pair[0], data, sizeof data, &packet, sock_after(20)), LIBSOCK_ETIMEDOUT);
	for (; received < sent; received += 10) {
		expect(sock_recv_packet(pair[1], got, sizeof got, &from, soon()), 10);
		ck_assert_mem_eq(got, data + received, 10);
		ck_assert_str_eq(from.local.host, "");
		ck_assert_int_eq(from.ttl, -1);
	}
	expect(sock_recv_packet(pair[1], got, sizeof got, &from, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	/* As many again, in one call that takes several of the system's, until the time is over; not before, in the end. */
	do {
		while (sock_recv_packet(pair[1], got, sizeof got, &from, LIBSOCK_NOWAIT) > 0)
			;
		n = sock_send_packet(pair[0], data, sizeof data, &packet, sock_after(50));
	} while (n < sent && sock_now() < by);
	expect(n, sent);
	expect(sock_packet_fields(&pair[0], LIBSOCK_PACKET_LOCAL), LIBSOCK_ENOTSUP);
	packet.local = (struct sock_addr){"127.0.0.1", 0};
	expect(sock_send_packet(pair[0], data, 1, &packet, soon()), LIBSOCK_ENOTSUP);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

/* The limit of UDP is none of theirs. */
START_TEST(unix_domain_segments_may_be_longer_than_udp_datagrams)
{
	static char data[140000], got[140000];
	struct sock pair[2];
	struct sock_packet packet = {.segment_size = 70000};

	if (!sock_has(LIBSOCK_HAS_UNIX_DGRAM))
		return;
	expect(sock_pair(pair, LIBSOCK_DGRAM), 0);
	if (sock_send(pair[0], data, packet.segment_size, soon()) == LIBSOCK_EMSGSIZE)
		packet.segment_size = 1000; /* as long as this system has them */
	fill(data, sizeof data);
	packet.segment_offload = 1; /* of another peer, over UDP */
	expect(sock_send_packet(pair[0], data, 2 * packet.segment_size, &packet, soon()), 2 * packet.segment_size);
	ck_assert_int_eq(packet.segment_offload, -1);
	if (packet.segment_size == 70000) /* the one before */
		expect(sock_recv(pair[1], got, sizeof got, soon()), packet.segment_size);
	for (int i = 0; i < 2; i++) {
		expect(sock_recv(pair[1], got, sizeof got, soon()), packet.segment_size);
		ck_assert_mem_eq(got, data + (size_t)i * packet.segment_size, packet.segment_size);
	}
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

START_TEST(what_no_packet_can_be_is_refused)
{
	struct sock_addr addr;
	struct sock s = datagram(LIBSOCK_AF_INET, &addr), l = listener(LIBSOCK_AF_INET, 1, &(struct sock_addr){{0}, 0});
	struct sock_packet packet = {.peer = addr};
	static char data[80000];

	expect(sock_packet_fields(&(struct sock){0}, 0), LIBSOCK_EBADF);
	expect(sock_packet_fields(NULL, 0), LIBSOCK_EINVAL);
	expect(sock_packet_fields(&l, 0), LIBSOCK_EPROTOTYPE);
	expect(sock_packet_fields(&s, 32), LIBSOCK_EINVAL);
	expect(sock_packet_fields(&s, -1), LIBSOCK_EINVAL);
	expect(sock_packet_fields(&s, 0), 0);
	expect(sock_send_packet((struct sock){0}, "x", 1, &packet, soon()), LIBSOCK_EBADF);
	expect(sock_send_packet(l, "x", 1, &packet, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_send_packet(l, "x", 1, NULL, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_send_packet(s, NULL, 1, &packet, soon()), LIBSOCK_EINVAL);
	expect(sock_recv_packet((struct sock){0}, data, 1, &packet, soon()), LIBSOCK_EBADF);
	expect(sock_recv_packet(l, data, 1, &packet, soon()), LIBSOCK_EPROTOTYPE);
	expect(sock_recv_packet(s, NULL, 1, &packet, soon()), LIBSOCK_EINVAL);
	expect(sock_recv_packet(s, data, 1, NULL, soon()), LIBSOCK_EINVAL);
	expect(sock_recv_packet(s, data, 1, &packet, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	expect(sock_recv_packet(s, data, 1, &packet, sock_after(1)), LIBSOCK_ETIMEDOUT);
	ck_assert(sock_addr_equal(&packet.peer, &addr));

	packet.ecn = 4;
	expect(sock_send_packet(s, "x", 1, &packet, soon()), LIBSOCK_EINVAL);
	packet = (struct sock_packet){.peer = addr, .ttl = 256};
	expect(sock_send_packet(s, "x", 1, &packet, soon()), LIBSOCK_EINVAL);
	packet = (struct sock_packet){.peer = addr};
	expect(sock_send_packet(s, data, 65508, &packet, soon()), LIBSOCK_EMSGSIZE);
	packet.segment_size = 65508;
	expect(sock_send_packet(s, data, 65508, &packet, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_send_packet(s, data, 65509, &packet, soon()), LIBSOCK_EMSGSIZE);
	packet.peer.port = 0;
	expect(sock_send_packet(s, "x", 1, &packet, soon()), LIBSOCK_EPORT);
	packet.peer = (struct sock_addr){"::1", 9};
	expect(sock_send_packet(s, "x", 1, &packet, soon()), LIBSOCK_EAFNOSUPPORT);
	sock_close(&l);
	sock_close(&s);
}
END_TEST

START_TEST(features_are_yes_or_no_and_sockets_agree)
{
	struct sock s = wildcard(LIBSOCK_AF_INET, &(uint16_t){0});

	for (int feature = LIBSOCK_HAS_SEGMENT_OFFLOAD; feature <= LIBSOCK_HAS_PACKET_TTL; feature++)
		ck_assert(sock_has(feature) == 0 || sock_has(feature) == 1);
	expect(sock_packet_fields(&s, LIBSOCK_PACKET_COALESCED), sock_has(LIBSOCK_HAS_PACKET_COALESCED) ? 0 : LIBSOCK_ENOTSUP);
	expect(sock_packet_fields(&s, LIBSOCK_PACKET_TIME), sock_has(LIBSOCK_HAS_PACKET_TIME) ? 0 : LIBSOCK_ENOTSUP);
	sock_close(&s);
}
END_TEST

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

START_TEST(the_time_is_when_it_came_and_not_when_it_was_received)
{
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port), client = wildcard(ways[w].client, &(uint16_t){0});
		struct sock_addr to;
		struct sock_packet packet;
		struct sock_wait_item item = {.s = server, .interest = LIBSOCK_READABLE};
		int64_t before, after;
		char data[8];

		if (!tells(server, LIBSOCK_PACKET_TIME, LIBSOCK_HAS_PACKET_TIME)) {
			sock_close(&client);
			sock_close(&server);
			continue;
		}
		expect(sock_addr_set(&to, ways[w].host, port), 0);
		const int64_t by = soon();

		for (int k = 0, is_late = 0; k < 3; k += !is_late) { /* until the system has begun to look at the clock, it is late */
			before = wall_clock();
			expect(sock_sendto(client, "hi", 2, &to, soon()), 2);
			expect(sock_wait(&item, 1, soon()), 1);
			after = wall_clock();
			while (wall_clock() <= after)
				continue;
			expect(sock_recv_packet(server, data, k < 2 ? 8 : 1, &packet, soon()), k < 2 ? 2 : LIBSOCK_EMSGSIZE);
			ck_assert_int_ge(packet.time_ns, before / 1000 * 1000);
			is_late = packet.time_ns > after;
			ck_assert(!is_late || (k == 0 && sock_now() < by));
			ck_assert_int_eq(packet.ttl, -1);
			expect(sock_send_packet(server, "answer", 6, &packet, soon()), 6); /* with a time that does not matter */
			expect(sock_recv(client, data, sizeof data, soon()), 6);
		}
		expect(sock_packet_fields(&server, 0), 0);
		expect(sock_sendto(client, "hi", 2, &to, soon()), 2);
		expect(sock_recv_packet(server, data, sizeof data, &packet, soon()), 2);
		ck_assert_int_eq(packet.time_ns, 0);
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

START_TEST(all_fields_fit_into_one_record)
{
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port), client = wildcard(ways[w].client, &(uint16_t){0});
		struct sock_packet packet = {.segment_size = 4};
		static char data[LIBSOCK_PACKET_SIZE];
		ptrdiff_t got = 0;

		expect(sock_addr_set(&packet.peer, ways[w].host, port), 0);
		if (sock_packet_fields(&server, ALL | LIBSOCK_PACKET_COALESCED | LIBSOCK_PACKET_TIME) == 0) {
			expect(sock_send_packet(client, "aaaabbbbcc", 10, &packet, soon()), 10);
			while (got < 10) {
				got += sock_recv_packet(server, data, sizeof data, &packet, soon());
				ck_assert_int_ge(got, 2);
				ck_assert_str_eq(packet.local.host, ways[w].host);
				ck_assert_int_eq(packet.ecn, 0);
				ck_assert_int_ge(packet.ttl, 64);
				ck_assert_int_gt(packet.time_ns, 0);
			}
			expect(got, 10);
		}
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

START_TEST(unix_domain_datagrams_have_no_time)
{
	struct sock pair[2];

	if (!sock_has(LIBSOCK_HAS_UNIX_DGRAM))
		return;
	expect(sock_pair(pair, LIBSOCK_DGRAM), 0);
	expect(sock_packet_fields(&pair[0], LIBSOCK_PACKET_TIME), LIBSOCK_ENOTSUP);
	expect(sock_packet_fields(&pair[0], 0), 0);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

/* Whatever was in the record before; and of what was sent with it only where to send is looked at. */
START_TEST(a_record_is_written_as_a_whole_and_only_os_cuts_by_sending)
{
	static const struct sock_packet none;

	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port), client = wildcard(ways[w].client, &(uint16_t){0});
		struct sock_packet sent = {.local = {"", 77}, .truncated = 1, .segment_offload = -1}, before, got;
		char data[8];

		expect(sock_addr_set(&sent.peer, ways[w].host, port), 0);
		before = sent;
		expect(sock_send_packet(client, "hi", 2, &sent, soon()), 2);
		ck_assert_mem_eq(&before, &sent, sizeof sent);
		tells(server, ALL, LIBSOCK_HAS_PACKET_TTL);
		expect(sock_send_packet(client, "hi", 2, &sent, soon()), 2);
		memset(&got, 0x55, sizeof got);
		before = got;
		expect(sock_recv_packet(server, NULL, 1, &got, soon()), LIBSOCK_EINVAL);
		ck_assert_mem_eq(&before, &got, sizeof got);
		expect(sock_recv_packet(server, data, sizeof data, &got, soon()), 2); /* the one from before is asked of anew */
		memset(&got, 0x55, sizeof got);
		expect(sock_recv_packet(server, data, sizeof data, &got, soon()), 2);
		ck_assert_uint_eq(got.local.port, 0);
		ck_assert_uint_eq(got.segment_size, 0);
		ck_assert_uint_eq(got.truncated, 0);
		ck_assert_int_eq(got.segment_offload, 0);
		ck_assert_mem_eq(got.padding, none.padding, sizeof none.padding);
		ck_assert_mem_eq(got.reserved, none.reserved, sizeof none.reserved);
		memset(&got, 0x55, sizeof got);
		expect(sock_recv_packet(server, data, sizeof data, &got, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(sock_recv_packet(server, data, sizeof data, &got, sock_after(1)), LIBSOCK_ETIMEDOUT);
		ck_assert_mem_eq(&before, &got, sizeof got);
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

static int is_loopback(void *unused, const struct sock_interface_addr *row)
{
	(void)unused;
	return row->loopback ? (int)row->index : 0;
}

static uint32_t loopback_index(void)
{
	return (uint32_t)sock_interfaces(is_loopback, NULL);
}

/* An interface is for groups and broadcasts: an unknown one is in nobody's way elsewhere. */
START_TEST(an_interface_is_looked_at_for_groups_alone)
{
	static const struct {
		int family;
		const char *host;
	} groups[] = {
		{LIBSOCK_AF_INET, "239.255.77.9"}, {LIBSOCK_AF_INET, "255.255.255.255"}, {LIBSOCK_AF_INET6, "239.255.77.9"},
		{LIBSOCK_AF_INET6, "255.255.255.255"}, {LIBSOCK_AF_INET6, "ff05::77:9"}, {LIBSOCK_AF_INET6, "ff01::77:9"},
	};
	const int can = sock_has(LIBSOCK_HAS_PACKET_LOCAL);
	char data[8];

	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock s = datagram(families[f], &addr);
		struct sock_packet packet = {.peer = addr, .interface_index = 999999};

		expect(sock_send_packet(s, "hi", 2, &packet, soon()), 2);
		expect(sock_recv(s, data, sizeof data, soon()), 2);
		sock_close(&s);
	}
	for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
		struct sock s = wildcard(groups[g].family, &(uint16_t){0});
		struct sock_packet packet = {.interface_index = 999999};

		expect(sock_addr_set(&packet.peer, groups[g].host, 9), 0);
		expect(sock_set(s, LIBSOCK_OPT_BROADCAST, 1), 0);
		expect(sock_send_packet(s, "hi", 2, &packet, soon()), can ? LIBSOCK_ENODEV : LIBSOCK_ENOTSUP);
		sock_close(&s);
	}
}
END_TEST

/* Of a connected socket the peer is not in the record. */
START_TEST(an_interface_is_looked_at_for_the_group_that_a_socket_is_connected_to)
{
	const int can = sock_has(LIBSOCK_HAS_PACKET_LOCAL);
	const struct sock_addr group = {"239.255.77.9", 9};

	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock_packet packet = {.interface_index = 999999};
		struct sock s = wildcard(families[f], &(uint16_t){0}), single = datagram(families[f], &addr);

		expect(sock_send_packet(s, "hi", 2, &packet, soon()), LIBSOCK_ENOTCONN);
		expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, loopback_index()), 0);
		expect(sock_connect(s, &group, soon()), 0);
		expect(sock_send_packet(s, "hi", 2, &packet, soon()), can ? LIBSOCK_ENODEV : LIBSOCK_ENOTSUP);
		packet.interface_index = loopback_index();
		expect(sock_send_packet(s, "hi", 2, &packet, soon()), can ? 2 : LIBSOCK_ENOTSUP);
		packet.interface_index = 999999;
		expect(sock_connect(single, &addr, soon()), 0);
		expect(sock_send_packet(single, "hi", 2, &packet, soon()), 2);
		sock_close(&single);
		sock_close(&s);
	}
}
END_TEST

/* Nor is its peer's family. */
START_TEST(a_connected_sockets_local_address_is_of_its_peers_family_too)
{
	static const char *const wrong[2] = {"::1", "127.0.0.1"}, *const foreign[2] = {"192.0.2.1", "2001:db8::1"};
	const int can = sock_has(LIBSOCK_HAS_PACKET_LOCAL);

	for (int f = 0; f < 2; f++)
		for (int dual = 0; dual < 2; dual++) {
			struct sock_addr addr, from;
			struct sock to = datagram(families[f], &addr);
			struct sock s = wildcard(dual ? LIBSOCK_AF_INET6 : families[f], &(uint16_t){0});
			struct sock_packet packet = {0};
			char data[8];

			expect(sock_addr_set(&packet.local, loopback(families[f], 0).host, 0), 0);
			if (can)
				expect(sock_send_packet(s, "hi", 2, &packet, soon()), LIBSOCK_ENOTCONN);
			expect(sock_connect(s, &addr, soon()), 0);
			expect(sock_send_packet(s, "hi", 2, &packet, soon()), can ? 2 : LIBSOCK_ENOTSUP);
			if (can)
				expect(sock_recvfrom(to, data, sizeof data, &from, soon()), 2);
			expect(sock_addr_set(&packet.local, foreign[f], 0), 0);
			expect(sock_send_packet(s, "hi", 2, &packet, soon()), can ? LIBSOCK_EADDRNOTAVAIL : LIBSOCK_ENOTSUP);
			expect(sock_addr_set(&packet.local, wrong[f], 0), 0);
			expect(sock_send_packet(s, "hi", 2, &packet, soon()), LIBSOCK_EAFNOSUPPORT);
			expect(sock_recv(to, data, sizeof data, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
			sock_close(&s);
			sock_close(&to);
		}
}
END_TEST

START_TEST(what_is_unknown_or_zero_is_left_to_the_system)
{
	for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
		uint16_t port;
		struct sock server = wildcard(ways[w].server, &port), client = wildcard(ways[w].client, &(uint16_t){0});
		struct sock_packet sent = {0}, got;
		char data[8];
		int ttl = -2;

		expect(sock_addr_set(&sent.peer, ways[w].host, port), 0);
		const int told = tells(server, ALL, LIBSOCK_HAS_PACKET_TTL);

		for (int unknown = -1; unknown <= 0; unknown++) {
			sent.ecn = sent.ttl = unknown;
			expect(sock_send_packet(client, "hi", 2, &sent, soon()), 2);
			expect(sock_recv_packet(server, data, sizeof data, &got, soon()), 2);
			ck_assert_int_eq(got.ecn, told ? 0 : -1);
			ck_assert(!told || got.ttl >= 64);
			ck_assert((ttl == -2 || got.ttl == ttl));
			ttl = got.ttl;
		}
		for (int i = 0; i < 4; i++) {
			const int bad[4][2] = {{-2, 0}, {4, 0}, {0, -2}, {0, 256}};

			sent.ecn = bad[i][0];
			sent.ttl = bad[i][1];
			expect(sock_send_packet(client, "hi", 2, &sent, soon()), LIBSOCK_EINVAL);
		}
		sock_close(&client);
		sock_close(&server);
	}
}
END_TEST

/* A deadline that has passed is one try of up to 64 segments, and so is LIBSOCK_NOWAIT. */
START_TEST(one_try_sends_64_segments)
{
	static const char data[100];
	const int64_t tries[] = {LIBSOCK_NOWAIT, -1, 1};

	for (int f = 0; f < 2; f++)
		for (int i = 0; i < 3; i++)
			for (int cuts = -1; cuts <= 0; cuts++) {
				struct sock_addr addr;
				struct sock receiver = datagram(families[f], &addr), s = wildcard(families[f], &(uint16_t){0});
				struct sock_packet packet = {.peer = addr, .segment_size = 1, .segment_offload = (int8_t)cuts};
				char got[8];

				expect(sock_send_packet(s, data, sizeof data, &packet, tries[i]), 64);
				for (int n = 0; n < 64; n++)
					expect(sock_recv(receiver, got, sizeof got, soon()), 1);
				expect(sock_recv(receiver, got, sizeof got, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
				sock_close(&receiver);
				sock_close(&s);
			}
}
END_TEST

/* One that is not there spoils all of them. */
START_TEST(what_the_system_does_not_tell_leaves_nothing_chosen)
{
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock s = datagram(families[f], &addr);
		struct sock_packet packet;
		const int can = sock_has(LIBSOCK_HAS_PACKET_COALESCED) && sock_has(LIBSOCK_HAS_PACKET_TTL);
		char data[LIBSOCK_PACKET_SIZE];

		tells(s, LIBSOCK_PACKET_TTL, LIBSOCK_HAS_PACKET_TTL);
		expect(sock_packet_fields(&s, LIBSOCK_PACKET_TTL | LIBSOCK_PACKET_COALESCED), can ? 0 : LIBSOCK_ENOTSUP);
		expect(sock_sendto(s, "x", 1, &addr, soon()), 1);
		expect(sock_recv_packet(s, data, sizeof data, &packet, soon()), 1);
		ck_assert(can ? packet.ttl >= 64 : packet.ttl == -1);
		sock_close(&s);
	}
}
END_TEST

START_TEST(no_peer_is_enotconn_however_it_is_sent)
{
	const int code = native_is_wine() == 8 ? LIBSOCK_EINVAL : LIBSOCK_ENOTCONN;

	for (int f = 0; f < 2; f++) {
		struct sock s = wildcard(families[f], &(uint16_t){0});
		struct sock_packet one = {0}, many = {.segment_size = 1}, each = {.segment_size = 1, .segment_offload = -1};

		expect(sock_send_packet(s, "x", 1, NULL, soon()), code);
		expect(sock_send_packet(s, "x", 1, &one, soon()), code);
		expect(sock_send_packet(s, "xy", 2, &many, soon()), code);
		expect(sock_send_packet(s, "xy", 2, &each, LIBSOCK_NOWAIT), code);
		sock_close(&s);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_was_not_asked_for_is_unknown},
		{every_field_that_was_asked_for_is_told},
		{ecn_and_ttl_arrive_as_they_were_sent},
		{a_wildcard_server_answers_from_the_address_that_was_asked},
		{what_came_by_a_subnets_broadcast_is_answered},
		{where_to_send_from_must_be_ones_own_and_of_the_peers_family},
		{a_longer_datagram_is_emsgsize_and_marked_truncated},
		{segments_arrive_as_single_datagrams_whoever_cuts},
		{segments_go_to_a_connected_peer_too},
		{datagrams_that_came_as_one_tell_where_each_ends},
		{a_plain_receive_of_what_may_be_many_is_einval},
		{a_burst_that_is_cut_short_counts_what_was_sent},
		{unix_domain_segments_may_be_longer_than_udp_datagrams},
		{what_no_packet_can_be_is_refused},
		{features_are_yes_or_no_and_sockets_agree},
		{the_time_is_when_it_came_and_not_when_it_was_received},
		{all_fields_fit_into_one_record},
		{unix_domain_datagrams_have_no_time},
		{a_record_is_written_as_a_whole_and_only_os_cuts_by_sending},
		{an_interface_is_looked_at_for_groups_alone},
		{an_interface_is_looked_at_for_the_group_that_a_socket_is_connected_to},
		{a_connected_sockets_local_address_is_of_its_peers_family_too},
		{what_is_unknown_or_zero_is_left_to_the_system},
		{one_try_sends_64_segments},
		{what_the_system_does_not_tell_leaves_nothing_chosen},
		{no_peer_is_enotconn_however_it_is_sent},
		{0},
	};

	return testing_main("packet", tests);
}
