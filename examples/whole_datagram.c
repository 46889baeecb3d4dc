/*
 * whole_datagram: receive one datagram of any length, into as much memory as it needs.
 *
 *   cc whole_datagram.c -o whole_datagram $(pkg-config --cflags --libs libsock)
 *   ./whole_datagram 127.0.0.1:7007
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct sock_wait_item item = {.interest = LIBSOCK_READABLE};
	struct sock_addr addr;
	char text[LIBSOCK_ADDR_SIZE], *data = NULL;
	ptrdiff_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: whole_datagram ADDRESS:PORT\n");
		return 2;
	}
	n = sock_addr_parse(&addr, argv[1], -1);
	if (n == 0)
		n = sock_serve(&item.s, LIBSOCK_DGRAM, &addr, 0);
	if (n == 0)
		n = sock_local_addr(item.s, &addr);
	if (n == 0) {
		printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
		fflush(stdout);
		n = sock_wait(&item, 1, LIBSOCK_FOREVER);
	}
	if (n > 0)
		n = sock_pending(item.s); /* so much room is enough */
	if (n >= 0) {
		size_t room = (size_t)n;

		data = malloc(room + 1);
		n = data ? sock_recv(item.s, data, room, sock_after(1000)) : LIBSOCK_ENOMEM;
	}
	if (n >= 0)
		printf("%d bytes\n", (int)n);
	else
		fprintf(stderr, "whole_datagram: %s: %s\n", argv[1], sock_strerror(n));
	free(data);
	sock_close(&item.s);
	return n < 0;
}
