/* SPDX-License-Identifier: MIT */

/* Every public call that asks the system for something, once, for tests/faults/everywhere: a line with what it returned. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <libsock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t by; /* for all that waits: whatever fails, the program ends */

static long show(const char *call, ptrdiff_t result)
{
	printf("%s %s\n", call, sock_errname(result));
	return (long)result;
}

#define SHOW(call) show(#call, call)

static int ignore(void *context, const struct sock_connection *row)
{
	(void)context;
	(void)row;
	return 0;
}

/* A connection of a family, by the calls of the core. */
static void connect_and_talk(int family, struct sock_addr addr)
{
	struct sock l, a, b;
	struct sock_addr other;
	struct sock_reader reader;
	const struct sock_const_buffer parts[] = {{"one", 3}, {"two", 3}};
	char data[64], second[8], *line;
	const struct sock_buffer rooms[] = {{data, 3}, {second, 3}};
	int64_t value;

	SHOW(sock_open(&l, family, LIBSOCK_STREAM));
	SHOW(sock_bind(l, &addr));
	SHOW(sock_listen(l, 4));
	if (family != LIBSOCK_AF_UNIX) {
		SHOW(sock_local_addr(l, &addr));
		SHOW(sock_set(l, LIBSOCK_OPT_NODELAY, 1));
		SHOW(sock_get(l, LIBSOCK_OPT_NODELAY, &value));
		SHOW(sock_set(l, LIBSOCK_OPT_TTL, 9));
	}
	SHOW(sock_open(&a, family, LIBSOCK_STREAM));
	SHOW(sock_connect(a, &addr, by));
	SHOW(sock_connect_result(a, by));
	SHOW(sock_accept(l, &b, &other, by));
	SHOW(sock_peer_addr(a, &other));
	SHOW(sock_send(a, "line\n", 5, by));
	SHOW(sock_reader_init(&reader, b, data, sizeof data));
	SHOW(sock_reader_line(&reader, &line, by));
	SHOW(sock_sendv(a, parts, 2, by));
	SHOW(sock_recvv(b, rooms, 2, by));
	SHOW(sock_send_all(b, "answer", 6, NULL, by));
	SHOW(sock_recv_exact(a, data, 6, NULL, by));
	SHOW(sock_send(b, "x", 1, by));
	SHOW(sock_recv(a, data, 1, by));
	SHOW(sock_recv(a, data, 1, sock_after(5)));
	SHOW(sock_shutdown(b, LIBSOCK_SHUT_WR));
	SHOW(sock_recv(a, data, 1, by));
	SHOW(sock_close(&b));
	SHOW(sock_close_gracefully(&a, by));
	SHOW(sock_accept(l, &b, NULL, LIBSOCK_NOWAIT));
	SHOW(sock_accept(l, &b, NULL, sock_after(5)));
	SHOW(sock_close(&l));
}

static void send_datagrams(int family, const char *host)
{
	struct sock a, b;
	struct sock_addr to = {"", 0}, from;
	struct sock_packet packet = {0};
	char data[64];
	int64_t value;

	sock_addr_set(&to, host, 0);
	SHOW(sock_open(&a, family, LIBSOCK_DGRAM));
	SHOW(sock_set(a, LIBSOCK_OPT_SHARE_PORT, 1));
	SHOW(sock_bind(a, &to));
	SHOW(sock_local_addr(a, &to));
	SHOW(sock_packet_fields(&a, LIBSOCK_PACKET_LOCAL | LIBSOCK_PACKET_TTL));
	SHOW(sock_open(&b, family, LIBSOCK_DGRAM));
	SHOW(sock_set(b, LIBSOCK_OPT_MULTICAST_INTERFACE, 1));
	SHOW(sock_get(b, LIBSOCK_OPT_MULTICAST_INTERFACE, &value));
	SHOW(sock_sendto(b, "x", 1, &to, by));
	SHOW(sock_recvfrom(a, data, sizeof data, &from, by));
	SHOW(sock_connect(b, &to, by));
	packet.segment_size = 1;
	SHOW(sock_send_packet(b, "two", 2, &packet, by));
	SHOW(sock_recv_packet(a, data, sizeof data, &packet, by));
	SHOW(sock_recv_packet(a, data, sizeof data, &packet, by));
	packet.segment_size = 0;
	SHOW(sock_send_packet(a, "x", 1, &packet, by));
	SHOW(sock_recv(b, data, sizeof data, by));
	SHOW(sock_recv(b, data, sizeof data, sock_after(5)));
	SHOW(sock_close(&a));
	SHOW(sock_close(&b));
}

static void join_and_leave(void)
{
	const struct sock_addr group = {"239.1.2.3", 0};
	struct sock s;

	SHOW(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM));
	SHOW(sock_join_group(s, &group, NULL, 1));
	SHOW(sock_leave_group(s, &group, NULL, 1));
	SHOW(sock_close(&s));
}

static void dial_and_serve(void)
{
	struct sock_addr addr = {"localhost", 0};
	struct sock l, a, b;
	uint64_t done;
	int file;

	do
		file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	while (file == -1 && errno == EINTR);

	SHOW(sock_serve(&l, LIBSOCK_STREAM, &addr, 4));
	SHOW(sock_local_addr(l, &addr));
	SHOW(sock_dial(&a, LIBSOCK_STREAM, &addr, by));
	SHOW(sock_accept(l, &b, NULL, by));
	SHOW(sock_sendfile(a, file, 0, 10, &done, by));
	SHOW(sock_sendfile(a, file, 0, 4096, &done, LIBSOCK_FOREVER));
	SHOW(sock_close(&a));
	SHOW(sock_close(&b));
	SHOW(sock_close(&l));
	close(file);
}

static void dial_and_serve_datagrams(void)
{
	struct sock_addr addr = {"localhost", 0};
	struct sock s, client;

	SHOW(sock_serve(&s, LIBSOCK_DGRAM, &addr, 0));
	SHOW(sock_local_addr(s, &addr));
	SHOW(sock_dial(&client, LIBSOCK_DGRAM, &addr, by));
	SHOW(sock_send(client, "x", 1, by));
	SHOW(sock_close(&client));
	SHOW(sock_close(&s));
}

static void dial_and_serve_a_path(void)
{
	struct sock_addr addr = {"", 0};
	struct sock l, client;

	snprintf(addr.host, sizeof addr.host, "/tmp/libsock-everywhere-%d", (int)getpid());
	for (int i = 0; i < 2; i++) { /* the second time it is stale */
		SHOW(sock_serve(&l, LIBSOCK_STREAM, &addr, 0));
		SHOW(sock_dial(&client, LIBSOCK_STREAM, &addr, by));
		SHOW(sock_close(&client));
		SHOW(sock_close(&l));
	}
	while (unlink(addr.host) == -1 && errno == EINTR)
		continue;
}

static void wait_and_poll(void)
{
	struct sock pair[2];
	struct sock_poller poller;
	struct sock_event event;
	struct sock_wait_item item;

	SHOW(sock_pair(pair, LIBSOCK_STREAM));
	item = (struct sock_wait_item){.s = pair[0], .interest = LIBSOCK_READABLE};
	SHOW(sock_wait(&item, 1, sock_after(5)));
	SHOW(sock_poller_open(&poller));
	SHOW(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, NULL));
	SHOW(sock_poller_add(&poller, pair[0], LIBSOCK_READABLE, NULL));
	SHOW(sock_poller_modify(&poller, pair[0], LIBSOCK_WRITABLE, NULL));
	SHOW(sock_poller_wait(&poller, &event, 1, by));
	SHOW(sock_poller_modify(&poller, pair[0], 0, NULL));
	SHOW(sock_poller_wait(&poller, &event, 1, sock_after(5)));
	SHOW(sock_poller_wake(&poller));
	SHOW(sock_poller_wait(&poller, &event, 1, by));
	SHOW(sock_poller_remove(&poller, pair[0]));
	SHOW(sock_poller_close(&poller));
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}

static void hand_over(void)
{
	struct sock channel[2], s;

	SHOW(sock_pair(channel, LIBSOCK_STREAM));
	SHOW(sock_send_socket(channel[0], channel[0], by));
	SHOW(sock_recv_socket(channel[1], &s, by));
	SHOW(sock_adopt(&s, sock_release(&s)));
	SHOW(sock_close(&s));
	SHOW(sock_recv_socket(channel[1], &s, LIBSOCK_NOWAIT));
	sock_close(&channel[0]);
	sock_close(&channel[1]);
}

static int ignore_interface(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	(void)row;
	return 0;
}

static void look_around(void)
{
	struct sock_addr out[4];
	char name[64];

	SHOW(sock_resolve(&(struct sock_addr){"localhost", 0}, LIBSOCK_AF_UNSPEC, out, 4, by));
	SHOW(sock_resolve(&(struct sock_addr){"fe80::1%lo", 0}, LIBSOCK_AF_UNSPEC, out, 4, by));
	SHOW(sock_interfaces(ignore_interface, NULL));
	SHOW(sock_interface_index("lo"));
	SHOW(sock_hostname(name, sizeof name));
	SHOW(sock_connections(ignore, NULL));
	for (int feature = LIBSOCK_HAS_INET6; feature <= LIBSOCK_HAS_PACKET_TIME; feature++)
		SHOW(sock_has(feature));
}

int main(void)
{
	struct sock_addr name = {"", 0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	by = sock_after(2000);
	if (write(-1, "begin", 5) == -1) /* marks where the trace begins to count */
		by = sock_after(2000);
	connect_and_talk(LIBSOCK_AF_INET, (struct sock_addr){"127.0.0.1", 0});
	connect_and_talk(LIBSOCK_AF_INET6, (struct sock_addr){"::1", 0});
	snprintf(name.host, sizeof name.host, "@libsock-everywhere-%d", (int)getpid()); /* several may run at a time */
	connect_and_talk(LIBSOCK_AF_UNIX, name);
	send_datagrams(LIBSOCK_AF_INET, "127.0.0.1");
	send_datagrams(LIBSOCK_AF_INET6, "::1");
	join_and_leave();
	dial_and_serve();
	dial_and_serve_datagrams();
	dial_and_serve_a_path();
	wait_and_poll();
	hand_over();
	look_around();
	return 0;
}
