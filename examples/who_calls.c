/*
 * who_calls: tell each program that connects who it is, as the system knows: process, user and group.
 *
 *   cc who_calls.c -o who_calls $(pkg-config --cflags --libs libsock)
 *   ./who_calls /tmp/who.sock
 *   ./netcat /tmp/who.sock                    (process 4711, user 1000, group 1000)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void answer(struct sock client)
{
	struct sock_credentials who;
	char text[128];

	if (sock_peer_credentials(client, &who) < 0)
		return;
	snprintf(text, sizeof text, "process %d, user %d, group %d\n", (int)who.pid, (int)who.uid, (int)who.gid);
	sock_send_all(client, text, strlen(text), NULL, sock_after(1000));
}

int main(int argc, char **argv)
{
	struct sock server, client;
	struct sock_addr addr;

	if (argc != 2) {
		fprintf(stderr, "usage: who_calls PATH\n");
		return 2;
	}
	int err = sock_addr_set(&addr, argv[1], 0);
	if (err == 0)
		err = sock_serve(&server, LIBSOCK_STREAM, &addr, 0);
	if (err < 0) {
		fprintf(stderr, "who_calls: %s: %s\n", argv[1], sock_strerror(err));
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", argv[1]);
	fflush(stdout);
	while (!stopped)
		if (sock_accept(server, &client, NULL, sock_after(1000)) == 0) { /* and see whether to stop */
			answer(client); /* or it has gone */
			sock_close(&client);
		}
	sock_close(&server);
	return remove(argv[1]) != 0;
}
