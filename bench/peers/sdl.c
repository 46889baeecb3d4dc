/* SPDX-License-Identifier: MIT */

/*
 * SDL2_net. It accepts and receives datagrams only without waiting, listens on every interface, cannot be given a free
 * port by the system, and has an address in binary only: the text that it could give is the name, from a resolver.
 */

#include "bench.h"

#include <SDL_net.h>

static TCPsocket listener, near, far;
static UDPsocket sender, receiver;
static UDPpacket *out, *in;
static IPaddress stream_addr;

static void must(int good)
{
	bench_must(good, "SDL2_net");
}

/* One that is free now. */
static Uint16 free_port(void)
{
	struct sock_addr addr = {"0.0.0.0", 0};
	struct sock s;

	bench_check(sock_serve(&s, LIBSOCK_STREAM, &addr, 1), "serve");
	bench_check(sock_local_addr(s, &addr), "local");
	sock_close(&s);
	return addr.port;
}

static void begin(void *state)
{
	IPaddress any;

	(void)state;
	must(SDLNet_Init() == 0);
	must(SDLNet_ResolveHost(&any, NULL, free_port()) == 0);
	listener = SDLNet_TCP_Open(&any);
	must(listener != NULL);
	must(SDLNet_ResolveHost(&stream_addr, "127.0.0.1", SDLNet_Read16(&any.port)) == 0);
	near = SDLNet_TCP_Open(&stream_addr);
	far = SDLNet_TCP_Accept(listener);
	must(near && far);
	sender = SDLNet_UDP_Open(0);
	receiver = SDLNet_UDP_Open(0);
	out = SDLNet_AllocPacket(BENCH_SMALL);
	in = SDLNet_AllocPacket(BENCH_SMALL);
	must(sender && receiver && out && in);
	out->len = BENCH_SMALL;
	out->address = stream_addr;
	out->address.port = SDLNet_UDP_GetPeerAddress(receiver, -1)->port; /* -1: its own */
}

static inline void exchange(int size, long n)
{
	while (n-- > 0) {
		int length;

		must(SDLNet_TCP_Send(near, bench_data, size) == size);
		for (int got = 0; got < size; got += length) {
			length = SDLNet_TCP_Recv(far, bench_data + got, size - got);
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
		must(SDLNet_UDP_Send(sender, -1, out) == 1);
		must(SDLNet_UDP_Recv(receiver, in) == 1);
	}
}

static void cycle(void *state, long n)
{
	(void)state;
	while (n-- > 0) {
		TCPsocket client = SDLNet_TCP_Open(&stream_addr), server = SDLNet_TCP_Accept(listener);

		must(client && server);
		SDLNet_TCP_Close(server);
		SDLNet_TCP_Close(client);
	}
}

const struct bench_peer bench_sdl = {
	begin,
	{{"R1-64", {"SDL2_net", small, 0}}, {"R1-64k", {"SDL2_net", large, 0}},
	 {"R4-64", {"SDL2_net, address in binary", datagrams, 0}}, {"R8", {"SDL2_net", cycle, 0}}},
};
