/* SPDX-License-Identifier: MIT */

/*
 * NSPR, the Netscape Portable Runtime. There is no call that receives so many bytes and no fewer, and an address is
 * binary until it is asked for its text. The address to connect to is made once, beforehand.
 */

#include "bench.h"

#include <nspr.h>

static PRFileDesc *listener, *near, *far, *sender, *receiver;
static PRNetAddr stream_addr, datagram_addr;

static void must(int good)
{
	bench_must(good, "NSPR");
}

/* A socket gets a port on the loopback, and `addr` its address. */
static void bind_to_loopback(PRFileDesc *s, PRNetAddr *addr)
{
	must(s != NULL);
	must(PR_InitializeNetAddr(PR_IpAddrLoopback, 0, addr) == PR_SUCCESS);
	must(PR_Bind(s, addr) == PR_SUCCESS);
	must(PR_GetSockName(s, addr) == PR_SUCCESS);
}

static void begin(void *state)
{
	PRNetAddr addr;

	(void)state;
	listener = PR_NewTCPSocket();
	bind_to_loopback(listener, &stream_addr);
	must(PR_Listen(listener, 16) == PR_SUCCESS);
	near = PR_NewTCPSocket();
	must(near && PR_Connect(near, &stream_addr, PR_INTERVAL_NO_TIMEOUT) == PR_SUCCESS);
	far = PR_Accept(listener, &addr, PR_INTERVAL_NO_TIMEOUT);
	must(far != NULL);
	sender = PR_NewUDPSocket();
	bind_to_loopback(sender, &addr);
	receiver = PR_NewUDPSocket();
	bind_to_loopback(receiver, &datagram_addr);
}

static inline void exchange(PRInt32 size, long n)
{
	while (n-- > 0) {
		PRInt32 length;

		must(PR_Send(near, bench_data, size, 0, PR_INTERVAL_NO_TIMEOUT) == size);
		for (PRInt32 got = 0; got < size; got += length) {
			length = PR_Recv(far, bench_data + got, size - got, 0, PR_INTERVAL_NO_TIMEOUT);
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
	PRNetAddr from;
	char host[64];

	(void)state;
	while (n-- > 0) {
		must(PR_SendTo(sender, bench_data, BENCH_SMALL, 0, &datagram_addr, PR_INTERVAL_NO_TIMEOUT) > 0);
		must(PR_RecvFrom(receiver, bench_data, BENCH_SMALL, 0, &from, PR_INTERVAL_NO_TIMEOUT) > 0);
		must(PR_NetAddrToString(&from, host, sizeof host) == PR_SUCCESS);
	}
}

static void cycle(void *state, long n)
{
	PRNetAddr from;

	(void)state;
	while (n-- > 0) {
		PRFileDesc *client = PR_NewTCPSocket(), *server;

		must(client && PR_Connect(client, &stream_addr, PR_INTERVAL_NO_TIMEOUT) == PR_SUCCESS);
		server = PR_Accept(listener, &from, PR_INTERVAL_NO_TIMEOUT);
		must(server != NULL);
		PR_Close(server);
		PR_Close(client);
	}
}

const struct bench_peer bench_nspr = {
	begin,
	{{"R1-64", {"NSPR", small, 0}}, {"R1-64k", {"NSPR", large, 0}}, {"R4-64", {"NSPR", datagrams, 0}},
	 {"R8", {"NSPR", cycle, 0}}},
};
