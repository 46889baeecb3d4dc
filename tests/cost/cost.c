/* SPDX-License-Identifier: MIT */

/*
 * The program that the cost tests look at from outside.
 *
 *   cost calls           one of each thing, under strace, with a mark before each
 *   cost pairs HOW N     N pairs of send and receive, under callgrind; HOW is raw or sock, then tcp or udp
 *   cost bursts HOW N    N bursts of 54 datagrams, sent in one call; HOW is raw or sock, then gso (received one by one) or
 *                        gro (received as they come)
 *   cost lines HOW N     N times 64 lines of 64 bytes, sent at once and read one by one
 *   cost whole HOW N     the same, received at once
 *   cost events HOW N    N events of a poller with two sockets, of which one is always ready
 */

#define _GNU_SOURCE 1

#include <libsock.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void check(ptrdiff_t result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "cost: %s: %s\n", what, sock_strerror(result));
		exit(1);
	}
}

/* A call that fails and does nothing, but shows in the trace. */
static void mark(const char *text)
{
	if (write(-1, text, strlen(text)) >= 0)
		exit(1);
}

/* What is on its way arrives when it arrives: to wait for that is not counted. */
static void await(struct sock s)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};

	mark("(");
	check(sock_wait(&item, 1, sock_after(10000)), "wait");
	mark(")");
}

static struct sock listen_on_loopback(struct sock_addr *addr)
{
	struct sock s;

	check(sock_addr_set(addr, "127.0.0.1", 0), "set");
	check(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	check(sock_bind(s, addr), "bind");
	check(sock_listen(s, 16), "listen");
	check(sock_local_addr(s, addr), "local");
	return s;
}

static void connect_pair(struct sock listener, const struct sock_addr *addr, struct sock pair[2], int64_t deadline)
{
	check(sock_open(&pair[0], LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	check(sock_connect(pair[0], addr, deadline), "connect");
	await(listener);
	check(sock_accept(listener, &pair[1], NULL, deadline), "accept");
}

static void close_pair(struct sock pair[2])
{
	check(sock_close(&pair[0]), "close");
	check(sock_close(&pair[1]), "close");
}

static void datagram_pair(struct sock pair[2], struct sock_addr addr[2])
{
	for (int i = 0; i < 2; i++) {
		check(sock_addr_set(&addr[i], "127.0.0.1", 0), "set");
		check(sock_open(&pair[i], LIBSOCK_AF_INET, LIBSOCK_DGRAM), "open");
		check(sock_bind(pair[i], &addr[i]), "bind");
		check(sock_local_addr(pair[i], &addr[i]), "local");
	}
}

enum { SEGMENT = 1200, BURST = 54 * SEGMENT };

static void packets(struct sock pair[2], const struct sock_addr addr[2], int64_t deadline)
{
	static char data[LIBSOCK_PACKET_SIZE];
	struct sock_packet packet = {.peer = addr[1], .segment_size = SEGMENT}, got;

	mark("");
	check(sock_packet_fields(&pair[1], LIBSOCK_PACKET_LOCAL | LIBSOCK_PACKET_COALESCED), "packets");
	mark("burst-first");
	check(sock_send_packet(pair[0], data, BURST, &packet, deadline), "send");
	await(pair[1]);
	mark("burst-received");
	check(sock_recv_packet(pair[1], data, sizeof data, &got, deadline), "recv");
	mark("burst-next");
	check(sock_send_packet(pair[0], data, BURST, &packet, deadline), "send");
	mark("");
	check(sock_recv_packet(pair[1], data, sizeof data, &got, deadline), "recv");
	packet.segment_offload = -1;
	mark("burst-apart");
	check(sock_send_packet(pair[0], data, BURST, &packet, deadline), "send");
	mark("");
	for (int i = 0; i < 54; i++)
		check(sock_recv_packet(pair[1], data, sizeof data, &got, deadline), "recv");
	mark("packet-single");
	check(sock_send_packet(pair[0], data, SEGMENT, &packet, deadline), "send");
	await(pair[1]);
	check(sock_recv_packet(pair[1], data, sizeof data, &got, deadline), "recv");
}

/* More than fits into any buffer of the library's own. */
static void look_and_discard(struct sock pair[2], int64_t by)
{
	static char many[20000];
	char byte;

	check(sock_send_all(pair[0], many, sizeof many, NULL, by), "send");
	while (sock_pending(pair[1]) < (ptrdiff_t)sizeof many && sock_now() < by)
		await(pair[1]);
	mark("look");
	check(sock_peek(pair[1], &byte, 1, by), "peek");
	check(sock_pending(pair[1]), "pending");
	mark("discard");
	check(sock_discard(pair[1], sizeof many, NULL, by), "discard");
	mark("");
}

/* A file on a stream, by way of whoever sends it. */
static void file_calls(int64_t soon)
{
	const int64_t deadlines[] = {LIBSOCK_FOREVER, soon, LIBSOCK_NOWAIT, soon, soon};
	const char *const marks[] = {"file-forever", "file-deadline", "file-nowait", "file-blocking", "file-small"};
	static char data[60000];
	FILE *file = tmpfile();
	struct sock pair[2];

	if (file == NULL || fwrite(data, sizeof data, 1, file) != 1 || fflush(file) != 0)
		exit(1);
	check(sock_pair(pair, LIBSOCK_STREAM), "pair");
	for (int i = 0; i < 5; i++) {
		const int mode = i % 3 ? O_NONBLOCK : 0;
		const size_t size = i < 4 ? sizeof data : 2048;

		fcntl((int)sock_native(pair[0]), F_SETFL, mode);
		free(malloc(65536)); /* the heap's own calls */
		mark(marks[i]);
		check(sock_sendfile(pair[0], fileno(file), 0, size, NULL, deadlines[i]), "sendfile");
		mark("");
		check(sock_recv_exact(pair[1], data, size, NULL, soon), "recv");
	}
	close_pair(pair);
	fclose(file);
}

static void calls(void)
{
	const int64_t soon = sock_after(10000);
	struct sock_addr addr, addrs[2], from;
	struct sock l = listen_on_loopback(&addr), pair[2];
	char data[64] = "", text[LIBSOCK_ADDR_SIZE];

	mark("cycle-forever");
	connect_pair(l, &addr, pair, LIBSOCK_FOREVER);
	close_pair(pair);
	mark("cycle-deadline");
	connect_pair(l, &addr, pair, soon);
	close_pair(pair);
	mark("");
	connect_pair(l, &addr, pair, soon);
	mark("stream-forever");
	check(sock_send(pair[0], data, sizeof data, LIBSOCK_FOREVER), "send");
	await(pair[1]);
	check(sock_recv(pair[1], data, sizeof data, LIBSOCK_FOREVER), "recv");
	mark("stream-deadline");
	check(sock_send(pair[0], data, sizeof data, soon), "send");
	await(pair[1]);
	check(sock_recv(pair[1], data, sizeof data, soon), "recv");
	mark("stream-nowait");
	check(sock_send(pair[0], data, sizeof data, LIBSOCK_NOWAIT), "send");
	await(pair[1]);
	check(sock_recv(pair[1], data, sizeof data, LIBSOCK_NOWAIT), "recv");
	mark("");
	look_and_discard(pair, soon);
	close_pair(pair);
	datagram_pair(pair, addrs);
	mark("datagram-forever");
	check(sock_sendto(pair[0], data, sizeof data, &addrs[1], LIBSOCK_FOREVER), "sendto");
	await(pair[1]);
	check(sock_recvfrom(pair[1], data, sizeof data, &from, LIBSOCK_FOREVER), "recvfrom");
	mark("datagram-deadline");
	check(sock_sendto(pair[1], data, sizeof data, &from, soon), "sendto");
	await(pair[0]);
	check(sock_recvfrom(pair[0], data, sizeof data, &from, soon), "recvfrom");
	packets(pair, addrs, soon);
	mark("datagram-connect");
	check(sock_connect(pair[0], &addrs[1], LIBSOCK_FOREVER), "connect again");
	mark("text");
	check(sock_addr_parse(&addr, "[2001:db8::1]:80", 0), "parse");
	check(*sock_addr_text(&addr, text, sizeof text) ? 0 : LIBSOCK_ENAME, "text");
	mark("");
	close_pair(pair);
	file_calls(soon);
	check(sock_close(&l), "close");
}

static void pairs(int raw, int stream, long n)
{
	const int64_t deadline = LIBSOCK_FOREVER;
	struct sock_addr addr, addrs[2], from;
	struct sock l = listen_on_loopback(&addr), pair[2];
	char data[64] = "";

	if (stream)
		connect_pair(l, &addr, pair, deadline);
	else
		datagram_pair(pair, addrs);

	int a = (int)sock_native(pair[0]), b = (int)sock_native(pair[1]);
	struct sockaddr_in to = {.sin_family = AF_INET}, got;

	if (!stream) {
		to.sin_port = htons(addrs[1].port);
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	/* A loop each, so that nothing but the calls differs. */
	if (raw && stream)
		for (long i = 0; i < n; i++) {
			check(send(a, data, sizeof data, MSG_NOSIGNAL), "raw send");
			check(recv(b, data, sizeof data, 0), "raw recv");
		}
	else if (raw)
		for (long i = 0; i < n; i++) {
			socklen_t length = sizeof got;

			check(sendto(a, data, sizeof data, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to), "raw sendto");
			check(recvfrom(b, data, sizeof data, 0, (struct sockaddr *)&got, &length), "raw recvfrom");
		}
	else if (stream)
		for (long i = 0; i < n; i++) {
			check(sock_send(pair[0], data, sizeof data, deadline), "send");
			check(sock_recv(pair[1], data, sizeof data, deadline), "recv");
		}
	else
		for (long i = 0; i < n; i++) {
			check(sock_sendto(pair[0], data, sizeof data, &addrs[1], deadline), "sendto");
			check(sock_recvfrom(pair[1], data, sizeof data, &from, deadline), "recvfrom");
		}
	close_pair(pair);
	check(sock_close(&l), "close");
}

enum { COUNT = 64, SIZE = 64 };

struct messages {
	struct sock pair[2];
	char lines[COUNT][SIZE], all[COUNT * SIZE], buffer[16384];
	struct sock_const_buffer parts[COUNT];
	struct iovec vector[COUNT];
};

static void make_messages(struct messages *m)
{
	struct sock_addr addr;
	struct sock l = listen_on_loopback(&addr);

	connect_pair(l, &addr, m->pair, LIBSOCK_FOREVER);
	check(sock_close(&l), "close");
	for (int i = 0; i < COUNT; i++) {
		memset(m->lines[i], 'x', SIZE - 1);
		m->lines[i][SIZE - 1] = '\n';
		m->parts[i] = (struct sock_const_buffer){m->lines[i], SIZE};
		m->vector[i] = (struct iovec){m->lines[i], SIZE};
	}
}

/* The reader that a careful program writes itself: what it has is looked through, then there is one receive more. */
static char *raw_line(struct messages *m, size_t *begin, size_t *end)
{
	for (;;) {
		char *from = m->buffer + *begin, *at = memchr(from, '\n', *end - *begin);

		if (at) {
			*at = '\0';
			*begin = (size_t)(at + 1 - m->buffer);
			return from;
		}
		memmove(m->buffer, from, *end - *begin);
		*end -= *begin;
		*begin = 0;

		ssize_t n = recv((int)sock_native(m->pair[1]), m->buffer + *end, sizeof m->buffer - *end, 0);

		check(n, "recv");
		*end += (size_t)n;
	}
}

static void raw_messages(struct messages *m, int lines, long n)
{
	struct msghdr message = {.msg_iov = m->vector, .msg_iovlen = COUNT};
	size_t begin = 0, end = 0;

	while (n-- > 0) {
		check(sendmsg((int)sock_native(m->pair[0]), &message, MSG_NOSIGNAL), "sendmsg");
		if (!lines)
			check(recv((int)sock_native(m->pair[1]), m->all, sizeof m->all, MSG_WAITALL), "recv");
		for (int i = 0; i < COUNT && lines; i++)
			check(raw_line(m, &begin, &end)[0] == 'x' ? 0 : -1, "line");
	}
}

static void sock_messages(struct messages *m, int lines, long n)
{
	struct sock_reader reader;
	char *line;

	check(sock_reader_init(&reader, m->pair[1], m->buffer, sizeof m->buffer), "reader");
	while (n-- > 0) {
		check(sock_sendv(m->pair[0], m->parts, COUNT, LIBSOCK_FOREVER), "sendv");
		if (!lines)
			check(sock_recv_exact(m->pair[1], m->all, sizeof m->all, NULL, LIBSOCK_FOREVER), "recv_all");
		for (int i = 0; i < COUNT && lines; i++) {
			check(sock_reader_line(&reader, &line, LIBSOCK_FOREVER), "read_line");
			check(line[0] == 'x' ? 0 : -1, "line");
		}
	}
}

static void messages(int raw, int lines, long n)
{
	static struct messages m;

	make_messages(&m);
	(raw ? raw_messages : sock_messages)(&m, lines, n);
	close_pair(m.pair);
}

static void raw_events(const struct sock pair[2], long n)
{
	struct epoll_event event = {.events = EPOLLIN}, got[64];
	int queue = epoll_create1(EPOLL_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		event.data.fd = (int)sock_native(pair[i]);
		check(epoll_ctl(queue, EPOLL_CTL_ADD, event.data.fd, &event), "epoll_ctl");
	}
	while (n-- > 0) {
		check(epoll_wait(queue, got, 64, -1), "epoll_wait");
		check(got[0].data.fd == (int)sock_native(pair[0]) && got[0].events & EPOLLIN ? 0 : -1, "event");
	}
	close(queue);
}

static void sock_events(const struct sock pair[2], long n)
{
	struct sock_poller poller;
	struct sock_event got[64];

	check(sock_poller_open(&poller), "poller");
	for (int i = 0; i < 2; i++)
		check(sock_poller_add(&poller, pair[i], LIBSOCK_READABLE, (void *)(uintptr_t)&pair[i]), "add");
	while (n-- > 0) {
		check(sock_poller_wait(&poller, got, 64, LIBSOCK_FOREVER), "wait");
		check(got[0].data == &pair[0] && got[0].ready & LIBSOCK_READABLE ? 0 : -1, "event");
	}
	sock_poller_close(&poller);
}

static void events(int raw, long n)
{
	struct sock pair[2];

	check(sock_pair(pair, LIBSOCK_STREAM), "pair");
	check(sock_send(pair[1], "x", 1, LIBSOCK_FOREVER), "send");
	(raw ? raw_events : sock_events)(pair, n);
	close_pair(pair);
}

struct burst {
	struct sock pair[2];
	struct sock_addr addr[2];
	struct sockaddr_in to;
	char data[LIBSOCK_PACKET_SIZE];
};

static void raw_burst_send(struct burst *b)
{
	const uint16_t segment = SEGMENT;
	struct iovec part = {b->data, BURST};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof segment)] = "";
	struct msghdr message = {&b->to, sizeof b->to, &part, 1, control, sizeof control, 0};
	struct cmsghdr *item = CMSG_FIRSTHDR(&message);

	item->cmsg_level = IPPROTO_UDP;
	item->cmsg_type = UDP_SEGMENT;
	item->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(item), &segment, sizeof segment);
	check(sendmsg((int)sock_native(b->pair[0]), &message, MSG_NOSIGNAL), "raw sendmsg");
}

static ssize_t raw_burst_recv(struct burst *b, int many)
{
	struct sockaddr_in from;
	struct iovec part = {b->data, sizeof b->data};
	_Alignas(struct cmsghdr) char control[256];
	struct msghdr message = {&from, sizeof from, &part, 1, control, sizeof control, 0};
	socklen_t length = sizeof from;

	if (!many)
		return recvfrom((int)sock_native(b->pair[1]), b->data, SEGMENT, 0, (struct sockaddr *)&from, &length);
	return recvmsg((int)sock_native(b->pair[1]), &message, 0);
}

static void bursts(int raw, int many, long n)
{
	static struct burst b;
	struct sock_packet packet = {.segment_size = SEGMENT}, got;
	struct sock_addr from;

	datagram_pair(b.pair, b.addr);
	packet.peer = b.addr[1];
	b.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(b.addr[1].port)};
	b.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(sock_packet_fields(&b.pair[1], many ? LIBSOCK_PACKET_COALESCED : 0), "packets");
	while (n-- > 0) {
		ptrdiff_t size, done = 0;

		if (raw)
			raw_burst_send(&b);
		else
			check(sock_send_packet(b.pair[0], b.data, BURST, &packet, LIBSOCK_FOREVER), "send");
		for (; done < BURST; done += size) {
			if (raw)
				size = raw_burst_recv(&b, many);
			else if (many)
				size = sock_recv_packet(b.pair[1], b.data, sizeof b.data, &got, LIBSOCK_FOREVER);
			else
				size = sock_recvfrom(b.pair[1], b.data, SEGMENT, &from, LIBSOCK_FOREVER);
			check(size, "recv");
		}
	}
	close_pair(b.pair);
}

int main(int argc, char **argv)
{
	const int raw = argc > 2 && strcmp(argv[2], "raw") == 0;

	if (argc == 2 && strcmp(argv[1], "calls") == 0)
		calls();
	else if (argc == 4 && strcmp(argv[1], "events") == 0)
		events(raw, atol(argv[3]));
	else if (argc == 4)
		messages(raw, strcmp(argv[1], "lines") == 0, atol(argv[3]));
	else if (argc == 5 && strcmp(argv[1], "bursts") == 0)
		bursts(raw, strcmp(argv[3], "gro") == 0, atol(argv[4]));
	else if (argc == 5 && strcmp(argv[1], "pairs") == 0)
		pairs(raw, strcmp(argv[3], "tcp") == 0, atol(argv[4]));
	else
		return 2;
	return 0;
}
