/* SPDX-License-Identifier: MIT */

/* One call each, for tests/faults/inject to spoil: prints the name of what the call returned. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <libsock.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(ptrdiff_t result)
{
	if (result < 0) {
		fprintf(stderr, "faults: set-up: %s\n", sock_strerror(result));
		exit(1);
	}
}

/* A listener with two connections in its queue. */
static struct sock busy_listener(struct sock clients[2])
{
	struct sock_addr addr = {"127.0.0.1", 0};
	struct sock s;

	must(sock_serve(&s, LIBSOCK_STREAM, &addr, 4));
	must(sock_local_addr(s, &addr));
	for (int i = 0; i < 2; i++) {
		must(sock_open(&clients[i], LIBSOCK_AF_INET, LIBSOCK_STREAM));
		must(sock_connect(clients[i], &addr, LIBSOCK_FOREVER));
	}
	return s;
}

/* Ten datagrams in one call, to oneself: 0 when what was said to be sent arrived, that many, and they were `wanted`. */
static ptrdiff_t segments(int interest)
{
	static const char text[] = "zero0one01two02three4four5five6six07seveneightnine";
	struct sock s;
	struct sock_packet packet = {.peer = {"127.0.0.1", 0}, .segment_size = 5};
	ptrdiff_t sent, received = 0;
	char data[64];

	must(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM));
	must(sock_bind(s, &packet.peer));
	must(sock_local_addr(s, &packet.peer));
	sent = sock_send_packet(s, text, sizeof text - 1, &packet, LIBSOCK_NOWAIT);
	/* What was sent may take a while; for more than that nobody waits. */
	while (sock_recv(s, data, sizeof data, received < sent ? sock_after(10000) : LIBSOCK_NOWAIT) == 5 &&
	       memcmp(data, text + received, 5) == 0)
		received += 5;
	must(sock_close(&s));
	if (sent < 0)
		return sent;
	return sent == received && sent == interest ? 0 : LIBSOCK_EIO;
}

/* A connection that keep-alive gives up: told once, then the system says end of file. What the second look at it says. */
static ptrdiff_t read_after_the_end(struct sock s, struct sock peer)
{
	struct sock_wait_item item = {.s = s, .interest = LIBSOCK_READABLE};
	struct sock_reader reader;
	char buffer[16], *line;

	must(sock_send(peer, "half", 4, LIBSOCK_FOREVER));
	must(sock_shutdown(peer, LIBSOCK_SHUT_WR));
	must(sock_reader_init(&reader, s, buffer, sizeof buffer));
	while (!(item.ready & LIBSOCK_PEER_ENDED))
		must(sock_wait(&item, 1, LIBSOCK_FOREVER));
	for (int i = 0; i < 2; i++)
		sock_reader_line(&reader, &line, LIBSOCK_NOWAIT);
	return sock_reader_line(&reader, &line, LIBSOCK_NOWAIT);
}

/* Take a socket that somebody has sent. */
static ptrdiff_t take(struct sock s)
{
	struct sock pair[2], taken;

	must(sock_pair(pair, LIBSOCK_STREAM));
	must(sock_send_socket(pair[0], s, LIBSOCK_FOREVER));
	return sock_recv_socket(pair[1], &taken, LIBSOCK_NOWAIT);
}

/* To a path that is not made, because the call fails. */
static ptrdiff_t bind_path(void)
{
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_STREAM));
	return sock_bind(s, &(struct sock_addr){"./never-made", 0});
}

static ptrdiff_t send_datagram(void)
{
	struct sock_addr addr = {"127.0.0.1", 0};
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM));
	must(sock_bind(s, &addr));
	must(sock_local_addr(s, &addr));
	return sock_sendto(s, "x", 1, &addr, LIBSOCK_NOWAIT);
}

static int64_t deadline_of(const char *name)
{
	if (strcmp(name, "nowait") == 0)
		return LIBSOCK_NOWAIT;
	return strcmp(name, "forever") == 0 ? LIBSOCK_FOREVER : sock_after(10000);
}

/* By each of the calls that receive one. */
static ptrdiff_t receive_datagram(const char *how, int64_t deadline)
{
	struct sock_addr addr = {"127.0.0.1", 0};
	char data[8];
	const struct sock_buffer rooms[] = {{data, 4}, {data + 4, 4}};
	struct sock_packet packet;
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM));
	must(sock_bind(s, &addr));
	must(sock_local_addr(s, &addr));
	must(sock_sendto(s, "", 0, &addr, LIBSOCK_NOWAIT));
	if (strcmp(how, "recv") == 0)
		return sock_recv(s, data, sizeof data, deadline);
	if (strcmp(how, "recvfrom") == 0)
		return sock_recvfrom(s, data, sizeof data, &addr, deadline);
	if (strcmp(how, "recvv") == 0)
		return sock_recvv(s, rooms, 2, deadline);
	return sock_recv_packet(s, data, sizeof data, &packet, deadline);
}

/* Is a switch that was set read as 1? */
static ptrdiff_t read_switch(struct sock s)
{
	int64_t value = 0;

	must(sock_set(s, LIBSOCK_OPT_KEEPALIVE, 1));
	must(sock_get(s, LIBSOCK_OPT_KEEPALIVE, &value));
	return value == 1 ? 0 : LIBSOCK_EIO;
}

/* Of IPv6 alone, the last thing asked being IPv4's interface. */
static ptrdiff_t choose_interface(void)
{
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM));
	must(sock_set(s, LIBSOCK_OPT_V6ONLY, 1));
	return sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, 0);
}

/* Set and read again, and undone, by its index or by its name. */
static ptrdiff_t keep_to_interface(void)
{
	int64_t value = 0;
	const int index = sock_interface_index("lo");
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM));
	must(sock_set(s, LIBSOCK_OPT_INTERFACE, index));
	must(sock_get(s, LIBSOCK_OPT_INTERFACE, &value));
	if (value != index)
		return LIBSOCK_EIO;
	must(sock_set(s, LIBSOCK_OPT_INTERFACE, 0));
	must(sock_get(s, LIBSOCK_OPT_INTERFACE, &value));
	return value == 0 ? 0 : LIBSOCK_EPROTO;
}

static ptrdiff_t send_zeros(struct sock s, int64_t deadline)
{
	return sock_sendfile(s, open("/dev/zero", O_RDONLY | O_CLOEXEC), 0, 4096, NULL, deadline);
}

static ptrdiff_t accept_all(struct sock listener, int64_t deadline)
{
	struct sock conn;
	int err;

	do
		err = sock_accept(listener, &conn, NULL, deadline);
	while (err == 0);
	return err;
}

/* An empty datagram, which is something. */
static ptrdiff_t send_nothing(void)
{
	struct sock pair[2];

	must(sock_pair(pair, LIBSOCK_DGRAM));
	return sock_send(pair[0], "", 0, LIBSOCK_NOWAIT);
}

/* Through a socket that is open already. */
static ptrdiff_t connect_scope(void)
{
	const struct sock_addr addr = {"::1%1", 9};
	struct sock s;

	must(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM));
	return sock_connect(s, &addr, LIBSOCK_NOWAIT);
}

static int is_listener(void *context, const struct sock_connection *row)
{
	return row->state == LIBSOCK_STATE_LISTEN && sock_addr_equal(&row->local, context);
}

static int is_anything(void *context, const struct sock_connection *row)
{
	(void)context;
	(void)row;
	return 0;
}

/* After a wait that failed a reader goes on. */
static int read_after_a_wait(struct sock s, struct sock peer)
{
	struct sock_reader reader;
	char buffer[16], *line;
	ptrdiff_t n;

	must(sock_reader_init(&reader, s, buffer, sizeof buffer));
	n = sock_reader_line(&reader, &line, sock_after(5000));
	if (n != LIBSOCK_ENOMEM)
		return n < 0 ? (int)n : LIBSOCK_EPROTO;
	must(sock_send_all(peer, "a\n", 2, NULL, LIBSOCK_FOREVER));
	n = sock_reader_line(&reader, &line, sock_after(5000));
	return n == 1 ? 0 : n < 0 ? (int)n : LIBSOCK_EPROTO;
}

/* The list, with the listener in it. */
static int list_connections(struct sock listener)
{
	struct sock_addr addr;
	int found;

	must(sock_local_addr(listener, &addr));
	found = sock_connections(is_listener, &addr);
	return found == 0 ? LIBSOCK_EEOF : found;
}

/* Connected, by whichever call, and not merely said to be. */
static int connect_somehow(struct sock listener, const char *how)
{
	struct sock s = {0};
	struct sock_addr addr, peer;
	const int type = strstr(how, "datagram") ? LIBSOCK_DGRAM : LIBSOCK_STREAM;
	int err;

	must(sock_local_addr(listener, &addr));
	if (strncmp(how, "dial", 4) == 0) {
		err = sock_dial(&s, type, &addr, sock_after(5000));
	} else {
		must(sock_open(&s, LIBSOCK_AF_INET, type));
		err = sock_connect(s, &addr, strstr(how, "soon") ? sock_after(5000) : strstr(how, "nowait") ? LIBSOCK_NOWAIT : LIBSOCK_FOREVER);
		if (err == LIBSOCK_EINPROGRESS)
			err = sock_connect_result(s, sock_after(5000));
	}
	return err < 0 ? err : sock_peer_addr(s, &peer);
}

/* To a peer that is gone, until that is said; a signal would end this program. */
static ptrdiff_t send_to_nobody(struct sock s, struct sock peer)
{
	int err = 0;

	sock_close(&peer);
	for (int i = 0; i < 100 && err == 0; i++)
		err = (int)send_zeros(s, LIBSOCK_FOREVER);
	return err;
}

/* A path that is left from a server that is gone. */
static int serve_again(void)
{
	struct sock s;
	struct sock_addr addr = {.port = 0};

	snprintf(addr.host, sizeof addr.host, "./stale-%d", (int)getpid());
	must(sock_serve(&s, LIBSOCK_STREAM, &addr, 1));
	sock_close(&s);

	int err = sock_serve(&s, LIBSOCK_STREAM, &addr, 1);

	remove(addr.host);
	return err;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct sock clients[2], conn, s = busy_listener(clients);
	struct sock_addr addr;
	ptrdiff_t result = LIBSOCK_EINVAL;
	char data[1];

	if (strcmp(what, "accept-all") == 0)
		result = accept_all(s, LIBSOCK_NOWAIT);
	else if (strcmp(what, "accept-all-soon") == 0)
		result = accept_all(s, sock_after(30));
	else if (strcmp(what, "send-nothing") == 0)
		result = send_nothing();
	else if (argc > 3 && strcmp(what, "datagram") == 0)
		result = receive_datagram(argv[2], deadline_of(argv[3]));
	else if (strcmp(what, "accept-nowait") == 0)
		result = sock_accept(s, &conn, NULL, LIBSOCK_NOWAIT);
	else if (strcmp(what, "accept") == 0)
		result = sock_accept(s, &conn, NULL, sock_after(100));
	else if (strcmp(what, "accept-forever") == 0)
		result = sock_accept(s, &conn, NULL, LIBSOCK_FOREVER);
	else if (strcmp(what, "recv") == 0)
		result = sock_recv(clients[0], data, 1, sock_after(30));
	else if (strcmp(what, "read-after-the-end") == 0 && sock_accept(s, &conn, NULL, LIBSOCK_FOREVER) == 0)
		result = read_after_the_end(clients[0], conn);
	else if (strcmp(what, "read-after-a-wait") == 0 && sock_accept(s, &conn, NULL, LIBSOCK_FOREVER) == 0)
		result = read_after_a_wait(clients[0], conn);
	else if (strcmp(what, "recv-socket") == 0)
		result = take(s);
	else if (strcmp(what, "read-switch") == 0)
		result = read_switch(s);
	else if (strcmp(what, "choose-interface") == 0)
		result = choose_interface();
	else if (strcmp(what, "keep-to-interface") == 0)
		result = keep_to_interface();
	else if (argc > 2 && strcmp(what, "connect") == 0)
		result = connect_somehow(s, argv[2]);
	else if (strcmp(what, "serve-again") == 0)
		result = serve_again();
	else if (strcmp(what, "connected") == 0)
		result = sock_connect_result(clients[0], LIBSOCK_NOWAIT);
	else if (strcmp(what, "close") == 0)
		result = sock_close(&clients[0]);
	else if (strcmp(what, "has-inet6") == 0)
		result = sock_has(LIBSOCK_HAS_INET6) ? 0 : LIBSOCK_ENOTSUP;
	else if (strcmp(what, "send") == 0)
		result = sock_send(clients[0], "x", 1, LIBSOCK_FOREVER);
	else if (strcmp(what, "sendto") == 0)
		result = send_datagram();
	else if (argc > 2 && strcmp(what, "sendfile") == 0)
		result = send_zeros(clients[0], deadline_of(argv[2]));
	else if (strcmp(what, "sendfile-gone") == 0 && sock_accept(s, &conn, NULL, LIBSOCK_FOREVER) == 0)
		result = send_to_nobody(clients[0], conn);
	else if (strcmp(what, "local") == 0)
		result = sock_local_addr(s, &addr);
	else if (strcmp(what, "bind-path") == 0)
		result = bind_path();
	else if (strcmp(what, "connect-scope") == 0)
		result = connect_scope();
	else if (strcmp(what, "interface-index") == 0)
		result = sock_interface_index("lo");
	else if (strcmp(what, "open-inet6") == 0)
		result = sock_open(&conn, LIBSOCK_AF_INET6, LIBSOCK_STREAM);
	else if (strcmp(what, "segments") == 0)
		result = segments(50);
	else if (strcmp(what, "segments-four") == 0)
		result = segments(20);
	else if (strcmp(what, "connections") == 0)
		result = list_connections(s);
	else if (strcmp(what, "all-connections") == 0)
		result = sock_connections(is_anything, NULL);
	else if (strcmp(what, "has-connections") == 0)
		result = sock_has(LIBSOCK_HAS_CONNECTIONS) ? 0 : LIBSOCK_ENOTSUP;
	printf("%s\n", sock_errname(result));
	return 0;
}
