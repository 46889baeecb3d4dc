/* SPDX-License-Identifier: MIT */

/* Two connected sockets; where the system has no pairs, of loopback sockets that nobody else gets into. */

#include "pair.h"

#include "libsock.h"
#include "os.h"
#include "socket.h"

enum {
	PAIR__PATIENCE_MS = 10000, /* the loopback answers at once; what does not is a firewall, not a reason to hang */
	PAIR__STRANGERS_MAX = 1000 /* so many before the one that was sent for are an attack */
};

static int pair__open(struct sock *s, int type, struct sock_addr *addr)
{
	const struct sock_addr anywhere = {"127.0.0.1", 0};
	int err = sock_open(s, LIBSOCK_AF_INET, type);

	if (err == 0)
		err = sock_bind(*s, &anywhere);
	return err < 0 ? err : sock_local_addr(*s, addr);
}

/*
 * Any process can connect to the listener while it is there. No two connections to it have the same address at the
 * other end, so the one from the connector's own address is the connector's.
 */
static int pair__accept(struct sock listener, struct sock *s, const struct sock_addr *interest, int64_t deadline)
{
	struct sock_addr peer;
	int err;

	for (int i = 0; i < PAIR__STRANGERS_MAX; i++) {
		err = sock_accept(listener, s, &peer, deadline);
		if (err < 0)
			return err;
		if (sock_addr_equal(&peer, interest))
			return 0;
		sock_close(s);
	}
	return LIBSOCK_ECONNABORTED;
}

static int pair__stream(struct sock pair[2])
{
	const int64_t deadline = sock_after(PAIR__PATIENCE_MS);
	struct sock listener;
	struct sock_addr addr, own;
	int err = pair__open(&listener, LIBSOCK_STREAM, &addr);

	if (err == 0)
		err = sock_listen(listener, 0);
	if (err == 0)
		err = sock_open(&pair[0], LIBSOCK_AF_INET, LIBSOCK_STREAM);
	if (err == 0)
		err = sock_connect(pair[0], &addr, deadline);
	if (err == 0)
		err = sock_local_addr(pair[0], &own);
	if (err == 0)
		err = pair__accept(listener, &pair[1], &own, deadline);
	sock_close(&listener);
	return err;
}

/* Whatever came before the socket was connected may be anybody's; from then on only the other end's is let in. */
static void pair__empty(struct sock s)
{
	char byte;
	ptrdiff_t n;

	do
		n = sock_recv(s, &byte, 1, LIBSOCK_NOWAIT);
	while (n >= 0 || n == LIBSOCK_EMSGSIZE || n == LIBSOCK_ECONNREFUSED);
}

static int pair__dgram(struct sock pair[2])
{
	struct sock_addr addr[2];
	int err = pair__open(&pair[0], LIBSOCK_DGRAM, &addr[0]);

	if (err == 0)
		err = pair__open(&pair[1], LIBSOCK_DGRAM, &addr[1]);
	for (int i = 0; i < 2 && err == 0; i++)
		err = sock_connect(pair[i], &addr[1 - i], sock_after(PAIR__PATIENCE_MS));
	if (err < 0)
		return err;
	pair__empty(pair[0]);
	pair__empty(pair[1]);
	return 0;
}

int pair_loopback(struct sock pair[2], int type)
{
	int err = type == LIBSOCK_STREAM ? pair__stream(pair) : pair__dgram(pair);

	if (err < 0) {
		sock_close(&pair[0]);
		sock_close(&pair[1]);
	}
	return err;
}

int sock_pair(struct sock pair[2], int type)
{
	intptr_t fd[2];
	int err;

	if (pair == NULL)
		return LIBSOCK_EINVAL;
	pair[0] = pair[1] = (struct sock){0};
	if (type != LIBSOCK_STREAM && type != LIBSOCK_DGRAM)
		return LIBSOCK_EINVAL;
	err = os_pair(type, fd);
	if (err == LIBSOCK_ENOTSUP)
		return pair_loopback(pair, type);
	for (int i = 0; i < 2 && err == 0; i++)
		pair[i] = socket_value(fd[i], LIBSOCK_AF_UNIX, type);
	return err;
}
