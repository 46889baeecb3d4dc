/* SPDX-License-Identifier: MIT */

/*
 * What routers say of a datagram that was sent, forged in a network namespace of the test's own: it is no datagram, and fails
 * no later call. As root.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two sockets of the loopback, connected to each other. */
struct scene {
	int family;
	struct sock s, peer;
	struct sock_addr addr, peer_addr;
};

static struct scene begin(int family)
{
	struct scene scene = {.family = family};

	scene.s = datagram(family, &scene.addr);
	scene.peer = datagram(family, &scene.peer_addr);
	expect(sock_connect(scene.s, &scene.peer_addr, soon()), 0);
	expect(sock_connect(scene.peer, &scene.addr, soon()), 0);
	return scene;
}

static void end(struct scene *scene)
{
	sock_close(&scene->s);
	sock_close(&scene->peer);
}

struct message {
	int type, code;
};

static uint16_t checksum(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The header of what is said to have been sent, up to its ports. */
static size_t put_original(uint8_t *at, const struct scene *scene)
{
	const int six = scene->family == LIBSOCK_AF_INET6;
	const size_t head = six ? 40 : 20;

	at[0] = six ? 0x60 : 0x45;
	if (six) {
		put16(at + 4, 9);
		at[6] = IPPROTO_UDP;
		at[7] = 64;
		inet_pton(AF_INET6, scene->addr.host, at + 8);
		inet_pton(AF_INET6, scene->peer_addr.host, at + 24);
	} else {
		put16(at + 2, 29);
		at[8] = 64;
		at[9] = IPPROTO_UDP;
		inet_pton(AF_INET, scene->addr.host, at + 12);
		inet_pton(AF_INET, scene->peer_addr.host, at + 16);
		put16(at + 10, checksum(at, 20));
	}
	put16(at + head, scene->addr.port);
	put16(at + head + 2, scene->peer_addr.port);
	put16(at + head + 4, 9);
	return head + 8;
}

static void forge(const struct scene *scene, const struct message *message)
{
	const int six = scene->family == LIBSOCK_AF_INET6;
	struct sockaddr_in to4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_RAW, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	uint8_t data[128] = {(uint8_t)message->type, (uint8_t)message->code};
	size_t size = 8 + put_original(data + 8, scene);
	ssize_t sent;

	ck_assert_int_ge(fd, 0);
	put16(data + 6, 1300); /* the size of the path, where it is asked for */
	inet_pton(AF_INET, scene->addr.host, &to4.sin_addr);
	inet_pton(AF_INET6, scene->addr.host, &to6.sin6_addr);
	if (!six)
		put16(data + 2, checksum(data, size));
	sent = six ? sendto(fd, data, size, 0, (struct sockaddr *)&to6, sizeof to6)
		   : sendto(fd, data, size, 0, (struct sockaddr *)&to4, sizeof to4);
	ck_assert_int_eq((int)sent, (int)size);
	close(fd);
}

static const struct message messages4[] = {
	{3, 2}, /* protocol unreachable */
	{3, 4}, /* fragmentation needed */
	{3, 6}, /* network unknown */
	{3, 7}, /* host unknown */
	{3, 8}, /* host isolated */
	{3, 10}, /* host prohibited */
	{3, 13}, /* filtered */
	{12, 0}, /* parameter problem */
};
static const struct message messages6[] = {
	{1, 1}, /* administratively prohibited */
	{2, 0}, /* packet too big */
	{4, 1}, /* parameter problem */
};

/* The calls that may meet the error, each with what it is to return. */

static char room[64];

static ptrdiff_t by_recv(struct scene *scene)
{
	return sock_recv(scene->s, room, sizeof room, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recvfrom(struct scene *scene)
{
	struct sock_addr from = {"untouched", 7};
	ptrdiff_t n = sock_recvfrom(scene->s, room, sizeof room, &from, LIBSOCK_NOWAIT);

	if (n < 0)
		ck_assert_str_eq(from.host, "untouched");
	return n;
}

static ptrdiff_t by_recvv(struct scene *scene)
{
	const struct sock_buffer rooms[] = {{room, 8}, {room + 8, 8}};

	return sock_recvv(scene->s, rooms, 2, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_recv_packet(struct scene *scene)
{
	struct sock_packet packet = {.peer = {"untouched", 7}};
	ptrdiff_t n = sock_recv_packet(scene->s, room, sizeof room, &packet, LIBSOCK_NOWAIT);

	if (n < 0)
		ck_assert_str_eq(packet.peer.host, "untouched");
	return n;
}

static ptrdiff_t by_peek(struct scene *scene)
{
	ptrdiff_t n = sock_peek(scene->s, room, sizeof room, LIBSOCK_NOWAIT);

	if (n >= 0)
		expect(sock_recv(scene->s, room, sizeof room, LIBSOCK_NOWAIT), n);
	return n;
}

static ptrdiff_t by_send(struct scene *scene)
{
	return sock_send(scene->s, "x", 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_sendto(struct scene *scene)
{
	return sock_sendto(scene->s, "x", 1, &scene->peer_addr, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_sendv(struct scene *scene)
{
	const struct sock_const_buffer part = {"x", 1};

	return sock_sendv(scene->s, &part, 1, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_send_packet(struct scene *scene)
{
	struct sock_packet packet = {.ttl = 9};

	return sock_send_packet(scene->s, "x", 1, &packet, LIBSOCK_NOWAIT);
}

static ptrdiff_t by_segments(struct scene *scene)
{
	struct sock_packet packet = {.segment_size = 1, .segment_offload = -1};

	return sock_send_packet(scene->s, "x", 1, &packet, LIBSOCK_NOWAIT);
}

static ptrdiff_t (*const receives[])(struct scene *scene) = {by_recv, by_recvfrom, by_recvv, by_recv_packet, by_peek};
static ptrdiff_t (*const sends[])(struct scene *scene) = {by_send, by_sendto, by_sendv, by_send_packet, by_segments};
enum { RECEIVES = sizeof receives / sizeof receives[0], SENDS = sizeof sends / sizeof sends[0] };

static void until_an_error_waits(struct sock s)
{
	struct sock_wait_item item = {.s = s};

	expect(sock_wait(&item, 1, soon()), 1);
	expect(item.ready, LIBSOCK_ERROR | LIBSOCK_READABLE | LIBSOCK_WRITABLE);
}

static void meet(int family, const struct message *message)
{
	for (int i = 0; i < RECEIVES + SENDS; i++) {
		struct scene scene = begin(family);

		forge(&scene, message);
		until_an_error_waits(scene.s);
		memset(room, '#', sizeof room);
		if (i < RECEIVES) {
			expect(receives[i](&scene), LIBSOCK_EAGAIN);
			ck_assert_int_eq(room[0], '#');
			forge(&scene, message);
			until_an_error_waits(scene.s);
			expect(sock_send(scene.peer, "datagram", 8, soon()), 8);
			expect(receives[i](&scene), 8); /* what is there is received, with the error before it */
		} else {
			expect(sends[i - RECEIVES](&scene), 1);
			expect(sock_recv(scene.peer, room, sizeof room, soon()), 1);
			expect(sock_recv(scene.peer, room, sizeof room, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* once */
		}
		end(&scene);
	}
}

START_TEST(what_routers_say_is_no_datagram_and_fails_no_call)
{
	for (size_t i = 0; i < sizeof messages4 / sizeof messages4[0]; i++)
		meet(LIBSOCK_AF_INET, &messages4[i]);
	for (size_t i = 0; i < sizeof messages6 / sizeof messages6[0]; i++)
		meet(LIBSOCK_AF_INET6, &messages6[i]);
}
END_TEST

START_TEST(what_routers_say_is_no_pending_error)
{
	for (size_t i = 0; i < sizeof messages4 / sizeof messages4[0]; i++) {
		struct scene scene = begin(LIBSOCK_AF_INET);

		forge(&scene, &messages4[i]);
		until_an_error_waits(scene.s);
		expect(sock_pending_error(scene.s), 0);
		expect(sock_recv(scene.s, room, sizeof room, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		end(&scene);
	}
}
END_TEST

START_TEST(a_refusal_is_reported_by_whatever_call_comes_next)
{
	const struct message refusals[] = {{3, 3}, {1, 4}};
	const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

	for (int i = 0; i < 2 * (RECEIVES + SENDS); i++) {
		const int family = i / (RECEIVES + SENDS), call = i % (RECEIVES + SENDS);
		struct scene scene = begin(families[family]);

		forge(&scene, &refusals[family]);
		until_an_error_waits(scene.s);
		expect(call < RECEIVES ? receives[call](&scene) : sends[call - RECEIVES](&scene), LIBSOCK_ECONNREFUSED);
		expect(sock_recv(scene.peer, room, sizeof room, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN); /* nothing was sent */
		expect(sock_send(scene.s, "x", 1, soon()), 1);
		end(&scene);
	}
}
END_TEST

/* The size of the path is learnt all the same: what may not be cut up and is too long says so itself, each time. */
START_TEST(a_datagram_too_long_for_the_path_is_its_own_error)
{
	static const char data[1400];
	struct scene scene = begin(LIBSOCK_AF_INET);
	const struct message too_big = {3, 4};

	expect(sock_set(scene.s, LIBSOCK_OPT_DONTFRAG, 1), 0);
	forge(&scene, &too_big);
	until_an_error_waits(scene.s);
	for (int i = 0; i < 3; i++)
		expect(sock_send(scene.s, data, sizeof data, soon()), LIBSOCK_EMSGSIZE);
	expect(sock_send(scene.s, data, 1200, soon()), 1200);
	end(&scene);
}
END_TEST

static size_t received_apart(struct sock s)
{
	size_t count = 0;

	while (sock_recv(s, room, sizeof room, LIBSOCK_NOWAIT) == 4)
		count++;
	return count;
}

/* The system goes on cutting segments for a peer of whom a router, or anybody, has said something. */
START_TEST(what_routers_say_does_not_end_the_systems_cutting)
{
	struct message all[16];
	size_t count4 = sizeof messages4 / sizeof messages4[0], count6 = sizeof messages6 / sizeof messages6[0];

	memcpy(all, messages4, sizeof messages4);
	memcpy(all + count4, messages6, sizeof messages6);
	for (size_t i = 0; i < (count4 + count6) * 2 && sock_has(LIBSOCK_HAS_SEGMENT_OFFLOAD); i++) {
		const size_t kind = i / 2;
		struct scene scene = begin(kind < count4 ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6);
		struct sock_packet packet = {.segment_size = 4, .segment_offload = (int8_t)(i % 2)};

		forge(&scene, &all[kind]);
		until_an_error_waits(scene.s);
		expect(sock_send_packet(scene.s, "one two thr", 11, &packet, LIBSOCK_NOWAIT), 11);
		ck_assert_int_eq(packet.segment_offload, 1);
		expect(sock_recv(scene.peer, room, sizeof room, soon()), 4);
		ck_assert_uint_eq(received_apart(scene.peer), 1);
		end(&scene);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{what_routers_say_is_no_datagram_and_fails_no_call},
		{what_routers_say_is_no_pending_error},
		{a_refusal_is_reported_by_whatever_call_comes_next},
		{what_routers_say_does_not_end_the_systems_cutting},
		{a_datagram_too_long_for_the_path_is_its_own_error},
		{0},
	};

	if (native_enter_namespace() != 0) {
		printf("1..0 # SKIP no network namespace of one's own here\n");
		return 0;
	}
	return testing_main("icmp", tests);
}
