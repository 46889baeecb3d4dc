/* SPDX-License-Identifier: MIT */

/* Datagrams over the loopback: one by one with addresses as text, and 54 in one call. One thread has both ends. */

#include "bench.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { SEGMENT = 1200, COUNT = 54, BURST = COUNT * SEGMENT };

struct datagrams {
	struct sock s, receiver, connected[2]; /* to each other */
	struct sock_addr addr;
	struct sockaddr_storage to;
	socklen_t length;
	size_t size;
	struct sock_packet packet;
	char data[LIBSOCK_PACKET_SIZE];
};

static struct sock on_loopback(int family)
{
	const struct sock_addr addr = {"localhost", 0};
	struct sock s;

	bench_check(sock_open(&s, family, LIBSOCK_DGRAM), "open");
	bench_check(sock_bind(s, &addr), "bind");
	return s;
}

static void connect_both(struct sock pair[2], int family)
{
	struct sock_addr addr;

	for (int i = 0; i < 2; i++)
		pair[i] = on_loopback(family);
	for (int i = 0; i < 2; i++) {
		bench_check(sock_local_addr(pair[i], &addr), "local");
		bench_check(sock_connect(pair[1 - i], &addr, LIBSOCK_FOREVER), "connect");
	}
}

static void *datagrams_begin(int family, size_t size)
{
	static struct datagrams d;

	d = (struct datagrams){.length = sizeof d.to, .size = size};
	d.s = on_loopback(family);
	d.receiver = on_loopback(family);
	bench_check(sock_local_addr(d.receiver, &d.addr), "local");
	connect_both(d.connected, family);
	bench_raw(getsockname((int)sock_native(d.receiver), (struct sockaddr *)&d.to, &d.length), "getsockname");
	d.packet = (struct sock_packet){.peer = d.addr, .segment_size = SEGMENT};
	return &d;
}

static void *begin_short(void)
{
	return datagrams_begin(LIBSOCK_AF_INET, 64);
}

static void *begin_long(void)
{
	return datagrams_begin(LIBSOCK_AF_INET, SEGMENT);
}

static void *begin_six(void)
{
	return datagrams_begin(LIBSOCK_AF_INET6, 64);
}

static void *begin_coalesced(void)
{
	struct datagrams *d = datagrams_begin(LIBSOCK_AF_INET, SEGMENT);

	bench_check(sock_packet_fields(&d->receiver, LIBSOCK_PACKET_COALESCED), "segments");
	return d;
}

static void datagrams_end(void *state)
{
	struct datagrams *d = state;

	sock_close(&d->s);
	sock_close(&d->connected[0]);
	sock_close(&d->connected[1]);
	sock_close(&d->receiver);
}

static void raw_receive(struct datagrams *d)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof from;

	bench_raw(recvfrom((int)sock_native(d->receiver), d->data, d->size, 0, (struct sockaddr *)&from, &length),
		  "recvfrom");
}

static void sock_receive(struct datagrams *d)
{
	struct sock_addr from;

	bench_check(sock_recvfrom(d->receiver, d->data, d->size, &from, LIBSOCK_FOREVER), "recvfrom");
}

static void raw_each(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		bench_raw(sendto((int)sock_native(d->s), d->data, d->size, MSG_NOSIGNAL, (struct sockaddr *)&d->to,
				 d->length), "sendto");
		raw_receive(d);
	}
}

static void sock_each(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		bench_check(sock_sendto(d->s, d->data, d->size, &d->addr, LIBSOCK_FOREVER), "sendto");
		sock_receive(d);
	}
}

static void raw_connected(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		bench_raw(send((int)sock_native(d->connected[0]), d->data, d->size, MSG_NOSIGNAL), "send");
		bench_raw(recv((int)sock_native(d->connected[1]), d->data, d->size, 0), "recv");
	}
}

static void sock_connected_each(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		bench_check(sock_send(d->connected[0], d->data, d->size, LIBSOCK_FOREVER), "send");
		bench_check(sock_recv(d->connected[1], d->data, d->size, LIBSOCK_FOREVER), "recv");
	}
}

static void raw_send_burst(struct datagrams *d)
{
	const uint16_t segment = SEGMENT;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof segment)] = "";
	struct iovec part = {d->data, BURST};
	struct msghdr message = {.msg_name = &d->to, .msg_namelen = d->length, .msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *item;

	message.msg_control = control;
	message.msg_controllen = sizeof control;
	item = CMSG_FIRSTHDR(&message);
	item->cmsg_level = IPPROTO_UDP;
	item->cmsg_type = UDP_SEGMENT;
	item->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(item), &segment, sizeof segment);
	bench_raw(sendmsg((int)sock_native(d->s), &message, MSG_NOSIGNAL), "sendmsg");
}

static void raw_cut(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		raw_send_burst(d);
		for (int i = 0; i < COUNT; i++)
			raw_receive(d);
	}
}

static void sock_cut(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		bench_check(sock_send_packet(d->s, d->data, BURST, &d->packet, LIBSOCK_FOREVER), "send_packet");
		for (int i = 0; i < COUNT; i++)
			sock_receive(d);
	}
}

/* What came as one, and how long each of it is. */
static size_t raw_receive_many(struct datagrams *d)
{
	_Alignas(struct cmsghdr) char control[256];
	struct sockaddr_storage from;
	struct iovec part = {d->data, sizeof d->data};
	struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
	int segment = 0;

	message.msg_control = control;
	message.msg_controllen = sizeof control;

	long n = bench_raw(recvmsg((int)sock_native(d->receiver), &message, 0), "recvmsg");

	for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item))
		if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(item), sizeof segment);
	bench_raw(segment == SEGMENT ? 0 : -1, "segment");
	return (size_t)n;
}

static void raw_coalesced(void *state, long n)
{
	struct datagrams *d = state;

	while (n-- > 0) {
		raw_send_burst(d);
		for (size_t got = 0; got < BURST;)
			got += raw_receive_many(d);
	}
}

static void sock_coalesced(void *state, long n)
{
	struct datagrams *d = state;
	struct sock_packet from;

	while (n-- > 0) {
		bench_check(sock_send_packet(d->s, d->data, BURST, &d->packet, LIBSOCK_FOREVER), "send_packet");
		for (size_t got = 0; got < BURST;) {
			ptrdiff_t size = sock_recv_packet(d->receiver, d->data, sizeof d->data, &from, LIBSOCK_FOREVER);

			bench_check(size, "recv_packet");
			bench_raw(from.segment_size == SEGMENT ? 0 : -1, "segment");
			got += (size_t)size;
		}
	}
}

#define ONE_BY_ONE(limit)                                                                                              \
	{                                                                                                              \
		{"sendto, recvfrom", raw_each, 0}, {"sock_sendto, sock_recvfrom", sock_each, limit},                   \
		{"connected: send, recv", raw_connected, 0},                                                           \
		{"connected: sock_send, sock_recv", sock_connected_each, 0.88},                                        \
	}

const struct bench_row bench_short = {
	"R4-64", "a datagram of 64 bytes, sent and received with its address as text", begin_short, datagrams_end,
	ONE_BY_ONE(1.02),
};

const struct bench_row bench_long = {
	"R4-1200", "the same with 1200 bytes", begin_long, datagrams_end, ONE_BY_ONE(1.02),
};

const struct bench_row bench_six = {
	"R4-ipv6", "the same with 64 bytes over IPv6", begin_six, datagrams_end, ONE_BY_ONE(1.04),
};

const struct bench_row bench_cut = {
	"R5-segments", "54 datagrams of 1200 bytes, sent in one call", begin_long, datagrams_end,
	{{"sendmsg, recvfrom", raw_cut, 0}, {"sock_send_packet, sock_recvfrom", sock_cut, 1.03}},
};

const struct bench_row bench_coalesced = {
	"R5-coalesced", "54 datagrams of 1200 bytes, sent in one call and received as they come",
	begin_coalesced, datagrams_end,
	{{"sendmsg, recvmsg", raw_coalesced, 0}, {"sock_send_packet, sock_recv_packet", sock_coalesced, 1.05}},
};
