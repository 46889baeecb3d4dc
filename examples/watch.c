/*
 * watch: keep a connection on which nothing is sent or received, and say how it ended.
 *
 *   cc watch.c -o watch $(pkg-config --cflags --libs libsock)
 *   ./watch 127.0.0.1:7007
 */
#include <libsock.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct sock_wait_item item = {.interest = 0}; /* errors alone */
	struct sock_addr server;

	if (argc != 2) {
		fprintf(stderr, "usage: watch HOST:PORT\n");
		return 2;
	}
	int err = sock_addr_parse(&server, argv[1], -1);
	if (err == 0)
		err = sock_dial(&item.s, LIBSOCK_STREAM, &server, sock_after(5000));
	if (err == 0) {
		printf("connected\n");
		fflush(stdout);
		err = sock_wait(&item, 1, sock_after(60000));
	}
	if (err == 1) /* there is an error: which one? */
		err = sock_pending_error(item.s);
	if (err == LIBSOCK_ECONNRESET)
		printf("the peer dropped the connection\n");
	else if (err == LIBSOCK_ECONNTIMEDOUT)
		printf("the peer does not answer any more\n");
	else
		fprintf(stderr, "watch: %s: %s\n", argv[1], sock_strerror(err));
	sock_close(&item.s);
	return err != LIBSOCK_ECONNRESET && err != LIBSOCK_ECONNTIMEDOUT;
}
