/* SPDX-License-Identifier: MIT */

/*
 * The Apache Portable Runtime. There is no call that receives so many bytes and no fewer, and an address is binary
 * until it is asked for its text. The address to connect to is looked up once, beforehand.
 */

#include "bench.h"

#include <apr_general.h>
#include <apr_network_io.h>
#include <apr_pools.h>

static apr_pool_t *pool, *cycle_pool;
static apr_socket_t *listener, *near, *far, *sender, *receiver;
static apr_sockaddr_t *stream_addr, *datagram_addr, *source;

static void must(apr_status_t status)
{
	bench_must(status == APR_SUCCESS, "APR");
}

/* A socket on the loopback, and its address. */
static apr_socket_t *bound(int type, int protocol, apr_sockaddr_t **addr)
{
	apr_socket_t *s;
	apr_sockaddr_t *any;

	must(apr_sockaddr_info_get(&any, "127.0.0.1", APR_INET, 0, 0, pool));
	must(apr_socket_create(&s, APR_INET, type, protocol, pool));
	must(apr_socket_bind(s, any));
	must(apr_socket_addr_get(addr, APR_LOCAL, s));
	must(apr_sockaddr_info_get(addr, "127.0.0.1", APR_INET, (*addr)->port, 0, pool));
	return s;
}

static void begin(void *state)
{
	apr_sockaddr_t *addr;

	(void)state;
	must(apr_initialize());
	must(apr_pool_create(&pool, NULL));
	must(apr_pool_create(&cycle_pool, pool));
	listener = bound(SOCK_STREAM, APR_PROTO_TCP, &stream_addr);
	must(apr_socket_listen(listener, 16));
	must(apr_socket_create(&near, APR_INET, SOCK_STREAM, APR_PROTO_TCP, pool));
	must(apr_socket_connect(near, stream_addr));
	must(apr_socket_accept(&far, listener, pool));
	sender = bound(SOCK_DGRAM, APR_PROTO_UDP, &addr);
	receiver = bound(SOCK_DGRAM, APR_PROTO_UDP, &datagram_addr);
	must(apr_sockaddr_info_get(&source, NULL, APR_INET, 0, 0, pool));
}

static inline void exchange(apr_size_t size, long n)
{
	while (n-- > 0) {
		apr_size_t length = size;

		must(apr_socket_send(near, bench_data, &length));
		bench_must(length == size, "apr_socket_send");
		for (apr_size_t got = 0; got < size; got += length) {
			length = size - got;
			must(apr_socket_recv(far, bench_data + got, &length));
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
	char host[64];

	(void)state;
	while (n-- > 0) {
		apr_size_t length = BENCH_SMALL;

		must(apr_socket_sendto(sender, datagram_addr, 0, bench_data, &length));
		must(apr_socket_recvfrom(source, receiver, 0, bench_data, &length));
		must(apr_sockaddr_ip_getbuf(host, sizeof host, source));
	}
}

static void cycle(void *state, long n)
{
	(void)state;
	while (n-- > 0) {
		apr_socket_t *client, *server;

		must(apr_socket_create(&client, APR_INET, SOCK_STREAM, APR_PROTO_TCP, cycle_pool));
		must(apr_socket_connect(client, stream_addr));
		must(apr_socket_accept(&server, listener, cycle_pool));
		must(apr_socket_close(server));
		must(apr_socket_close(client));
		apr_pool_clear(cycle_pool);
	}
}

const struct bench_peer bench_apr = {
	begin,
	{{"R1-64", {"APR", small, 0}}, {"R1-64k", {"APR", large, 0}}, {"R4-64", {"APR", datagrams, 0}},
	 {"R8", {"APR", cycle, 0}}},
};
