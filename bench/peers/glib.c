/* SPDX-License-Identifier: MIT */

/*
 * GLib's GSocket. There is no call of it that receives so many bytes and no fewer, and an address is an object until it
 * is asked for its text. The address to connect to is made once, beforehand.
 */

#include "bench.h"

#include <gio/gio.h>

static GSocket *listener, *near, *far, *sender, *receiver;
static GSocketAddress *stream_addr, *datagram_addr;

static void must(int good)
{
	bench_must(good, "GLib");
}

static GSocket *opened(GSocketType type)
{
	GSocket *s = g_socket_new(G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);

	must(s != NULL);
	return s;
}

/* A socket on the loopback, and its address. */
static GSocket *bound(GSocketType type, GSocketAddress **addr)
{
	GSocketAddress *any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
	GSocket *s = opened(type);

	must(g_socket_bind(s, any, TRUE, NULL));
	g_object_unref(any);
	*addr = g_socket_get_local_address(s, NULL);
	must(*addr != NULL);
	return s;
}

static void begin(void *state)
{
	GSocketAddress *addr;

	(void)state;
	listener = bound(G_SOCKET_TYPE_STREAM, &stream_addr);
	must(g_socket_listen(listener, NULL));
	near = opened(G_SOCKET_TYPE_STREAM);
	must(g_socket_connect(near, stream_addr, NULL, NULL));
	far = g_socket_accept(listener, NULL, NULL);
	must(far != NULL);
	sender = bound(G_SOCKET_TYPE_DATAGRAM, &addr);
	receiver = bound(G_SOCKET_TYPE_DATAGRAM, &datagram_addr);
}

static inline void exchange(gsize size, long n)
{
	while (n-- > 0) {
		gssize length;

		must(g_socket_send(near, bench_data, size, NULL, NULL) == (gssize)size);
		for (gsize got = 0; got < size; got += (gsize)length) {
			length = g_socket_receive(far, bench_data + got, size - got, NULL, NULL);
			must(length > 0);
		}
	}
}

static void small(void *state, long n)
{
	(void)state;
	exchange(BENCH_SMALL, n);
}

static void large(void *state, long n)
{
	(void)state;
	exchange(BENCH_LARGE, n);
}

static void datagrams(void *state, long n)
{
	(void)state;
	while (n-- > 0) {
		GSocketAddress *from;
		char *host;

		must(g_socket_send_to(sender, datagram_addr, bench_data, BENCH_SMALL, NULL, NULL) == BENCH_SMALL);
		must(g_socket_receive_from(receiver, &from, bench_data, BENCH_SMALL, NULL, NULL) == BENCH_SMALL);
		host = g_inet_address_to_string(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(from)));
		g_free(host);
		g_object_unref(from);
	}
}

static void cycle(void *state, long n)
{
	(void)state;
	while (n-- > 0) {
		GSocket *client = opened(G_SOCKET_TYPE_STREAM), *server;

		must(g_socket_connect(client, stream_addr, NULL, NULL));
		server = g_socket_accept(listener, NULL, NULL);
		must(server != NULL);
		g_object_unref(server); /* closes it */
		g_object_unref(client);
	}
}

const struct bench_peer bench_glib = {
	begin,
	{{"R1-64", {"GLib", small, 0}}, {"R1-64k", {"GLib", large, 0}}, {"R4-64", {"GLib", datagrams, 0}},
	 {"R8", {"GLib", cycle, 0}}},
};
