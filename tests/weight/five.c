/* SPDX-License-Identifier: MIT */

/* The five calls: what a program gets for them is weighed against raw.c. It is linked and never run. */

#include <libsock.h>

int main(void)
{
	struct sock s = {0};
	const struct sock_addr peer = {"127.0.0.1", 9};
	char data[8];

	if (sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM) == 0 && sock_connect(s, &peer, LIBSOCK_FOREVER) == 0 &&
	    sock_send(s, data, sizeof data, LIBSOCK_FOREVER) > 0)
		sock_recv(s, data, sizeof data, LIBSOCK_FOREVER);
	return sock_close(&s);
}
