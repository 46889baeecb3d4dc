/*
 * talk: what is typed goes to a server, and what it says to the terminal, by one wait for both. POSIX; netcat and
 * telnet show how to do without.
 *
 *   cc talk.c -o talk $(pkg-config --cflags --libs libsock)
 *   ./talk 127.0.0.1:7007
 */
#include <libsock.h>
#include <stdio.h>
#include <unistd.h>

/* Others' bytes are for a terminal to show, not to obey. */
static void show(const char *data, ptrdiff_t size)
{
	for (ptrdiff_t i = 0; i < size; i++)
		putchar(data[i] == '\n' || (data[i] >= ' ' && data[i] < 127) ? data[i] : '?');
}

static ptrdiff_t talk(struct sock server, struct sock keys)
{
	struct sock_wait_item items[] = {{server, LIBSOCK_READABLE, 0}, {keys, LIBSOCK_READABLE, 0}};
	char data[4096];
	ptrdiff_t n;

	while ((n = sock_wait(items, 2, LIBSOCK_FOREVER)) > 0) {
		if (items[0].ready) {
			n = sock_recv(server, data, sizeof data, LIBSOCK_NOWAIT);
			if (n <= 0 && n != LIBSOCK_EAGAIN)
				return n;
			show(data, n);
			if (fflush(stdout) != 0)
				return LIBSOCK_EIO;
		}
		if (items[1].ready) {
			n = read(0, data, sizeof data); /* the system's own: keys are no socket */
			if (n > 0)
				n = sock_send_all(server, data, (size_t)n, NULL, sock_after(10000));
			else {
				n = sock_shutdown(server, LIBSOCK_SHUT_WR);
				sock_close(&items[1].s); /* which leaves standard input open, and is waited for no more */
			}
			if (n < 0)
				return n;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sock server = {0}, keys;
	struct sock_addr addr;

	if (argc != 2) {
		fprintf(stderr, "usage: talk HOST:PORT\n");
		return 2;
	}
	ptrdiff_t err = sock_from_descriptor(&keys, 0);
	if (err == 0)
		err = sock_addr_parse(&addr, argv[1], -1);
	if (err == 0)
		err = sock_dial(&server, LIBSOCK_STREAM, &addr, sock_after(10000));
	if (err == 0)
		err = talk(server, keys);
	if (err < 0)
		fprintf(stderr, "talk: %s: %s\n", argv[1], sock_strerror(err));
	sock_close(&server);
	return err < 0;
}
