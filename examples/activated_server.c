/*
 * activated_server: tell everybody the time (RFC 867), on the sockets that systemd opened, or on one of its own. One
 * client at a time: one that does not end holds up the others for a second.
 *
 *   cc activated_server.c -o activated_server $(pkg-config --cflags --libs libsock)
 *   systemd-socket-activate -l 7013 ./activated_server
 *   ./activated_server 127.0.0.1:7013
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum { LISTENERS = 16 };

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void tell_the_time(struct sock client)
{
	char text[64];
	time_t now = time(NULL);
	size_t size = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC\n", gmtime(&now));
	int64_t by = sock_after(1000); /* the others wait meanwhile */

	if (sock_send_all(client, text, size, NULL, by) == 0)
		sock_close_gracefully(&client, by);
	sock_close(&client);
}

/* One client, if there is one. */
static int serve(struct sock listener)
{
	struct sock client;
	int err = sock_accept(listener, &client, NULL, LIBSOCK_NOWAIT);

	if (err == 0)
		tell_the_time(client);
	else if (err != LIBSOCK_EAGAIN)
		fprintf(stderr, "activated_server: %s\n", sock_strerror(err));
	return err == LIBSOCK_EAGAIN ? 0 : err;
}

/* The manager's sockets, or else one at an address. How many. */
static int open_listeners(struct sock listeners[], const char *text)
{
	struct sock_addr addr;
	int count = sock_activation_sockets(NULL, listeners, LISTENERS), err;

	if (count != 0)
		return count < LISTENERS ? count : LISTENERS;
	err = sock_addr_parse(&addr, text, -1);
	if (err == 0)
		err = sock_serve(&listeners[0], LIBSOCK_STREAM, &addr, 0);
	return err < 0 ? err : 1;
}

int main(int argc, char **argv)
{
	const char *own = argc > 1 ? argv[1] : "127.0.0.1:7013";
	struct sock listeners[LISTENERS];
	struct sock_wait_item items[LISTENERS];
	struct sock_addr addr;
	char text[LIBSOCK_ADDR_SIZE];
	int err, count = open_listeners(listeners, own);

	if (count < 0) {
		fprintf(stderr, "activated_server: %s: %s\n", own, sock_strerror(count));
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	for (int i = 0; i < count; i++) {
		items[i].interest = LIBSOCK_READABLE;
		if (sock_local_addr(listeners[i], &addr) == 0)
			printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	}
	fflush(stdout);
	for (int64_t tick = 0; !stopped;) { /* look at least once a second whether to stop */
		if (sock_now() >= tick) { /* and at those again that were left alone */
			for (int i = 0; i < count; i++)
				items[i].s = listeners[i];
			tick = sock_after(1000);
		}
		err = sock_wait(items, count, tick);
		if (err < 0 && err != LIBSOCK_ETIMEDOUT)
			sock_wait(NULL, 0, tick); /* a shortage passes */
		for (int i = 0; i < count && err > 0 && !stopped; i++)
			if (items[i].ready && serve(items[i].s) < 0)
				items[i].s = (struct sock){0}; /* for the rest of the second, or it would be ready again and again */
	}
	for (int i = 0; i < count; i++)
		sock_close(&listeners[i]);
	return 0;
}
