/*
 * many_clients: hold many connections to an echo server at once, in one thread, and check what comes back on each.
 *
 *   cc many_clients.c -o many_clients $(pkg-config --cflags --libs libsock)
 *   ./many_clients 127.0.0.1:7007 1000           (the system may allow fewer: see "ulimit -n")
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 100 };

struct client {
	struct sock s;
	int number, connected;
	size_t sent, received;
};

#define fail(...) (fputs("many_clients: ", stderr), fprintf(stderr, __VA_ARGS__), putc('\n', stderr), exit(1))

/* Each says something else, so that an answer to the wrong client is seen. */
static size_t write_request(char request[REQUEST_MAX], int number)
{
	return (size_t)snprintf(request, REQUEST_MAX, "This is client %d, who wants to read this again.\n", number);
}

/* Go on as far as that is possible without waiting. 1: the whole answer has come, and is right. 0: not yet. */
static int go_on(struct sock_poller *poller, struct client *c)
{
	char request[REQUEST_MAX], answer[REQUEST_MAX];
	size_t size = write_request(request, c->number);
	ptrdiff_t n = c->connected ? 0 : sock_connect_result(c->s, LIBSOCK_NOWAIT);

	c->connected = n == 0;
	while (n >= 0 && c->sent < size)
		if ((n = sock_send(c->s, request + c->sent, size - c->sent, LIBSOCK_NOWAIT)) > 0)
			c->sent += (size_t)n;
	while (n >= 0 && c->received < size) {
		n = sock_recv(c->s, answer, size - c->received, LIBSOCK_NOWAIT);
		if (n == 0 || (n > 0 && memcmp(answer, request + c->received, (size_t)n) != 0))
			return n == 0 ? LIBSOCK_EEOF : LIBSOCK_EPROTO;
		c->received += n > 0 ? (size_t)n : 0;
	}
	if (n == LIBSOCK_EAGAIN)
		return sock_poller_modify(poller, c->s, c->sent < size ? LIBSOCK_WRITABLE : LIBSOCK_READABLE, c);
	return n < 0 ? (int)n : 1;
}

static int answered, failed, first_err;

static void count_end(int err)
{
	answered += err >= 0;
	if (err < 0 && failed++ == 0)
		first_err = err;
}

/* Begin to connect; the poller tells how that ends. No descriptor left is no failure of the server's. */
static void start(struct sock_poller *poller, struct client *c, int family, const struct sock_addr *server)
{
	int err = sock_open(&c->s, family, LIBSOCK_STREAM);

	if (err < 0)
		fail("connection %d: %s", c->number, sock_strerror(err));
	err = sock_connect(c->s, server, LIBSOCK_NOWAIT);
	if (err == 0 || err == LIBSOCK_EINPROGRESS)
		err = sock_poller_add(poller, c->s, LIBSOCK_WRITABLE, c);
	if (err < 0)
		count_end(err);
}

int main(int argc, char **argv)
{
	char *rest = NULL;
	long count = argc == 3 ? strtol(argv[2], &rest, 10) : 0;

	if (count < 1 || count > 1000000 || *rest)
		return fputs("usage: many_clients HOST:PORT COUNT\n", stderr), 2;
	static struct sock_event events[256];
	struct sock_poller poller;
	struct sock_addr server;
	struct sock first = {0};
	int64_t began = sock_stopwatch_us(), by = sock_after(30000);
	int ready = 0, err = sock_addr_parse(&server, argv[1], -1);
	if (err == 0 && (err = sock_dial(&first, LIBSOCK_STREAM, &server, by)) == 0)
		err = sock_peer_addr(first, &server); /* the one of its addresses at which it answers */
	if (err < 0)
		fail("%s: %s", argv[1], sock_strerror(err));
	int family = first.family;
	sock_close(&first);
	struct client *clients = calloc((size_t)count, sizeof *clients);
	if (clients == NULL || (err = sock_poller_open(&poller)) < 0)
		fail("%s", sock_strerror(clients ? err : LIBSOCK_ENOMEM));
	for (int i = 0; i < count; i++) {
		clients[i].number = i + 1;
		start(&poller, &clients[i], family, &server);
	}
	while (answered + failed < count && (ready = sock_poller_wait(&poller, events, 256, by)) > 0)
		for (int i = 0; i < ready; i++) {
			struct client *c = events[i].data;
			if ((err = go_on(&poller, c)) != 0) {
				count_end(err);
				sock_poller_remove(&poller, c->s); /* and open until the end: all of them at once */
			}
		}
	while (answered + failed < count)
		count_end(ready);
	printf("%d answered, %d failed, in %.3f s\n", answered, failed, (double)(sock_stopwatch_us() - began) / 1e6);
	if (fclose(stdout) != 0)
		fail("cannot write");
	if (failed > 0)
		fprintf(stderr, "many_clients: %d of %ld failed, the first: %s\n", failed, count, sock_strerror(first_err));
	for (int i = 0; i < count; i++)
		sock_close(&clients[i].s);
	sock_poller_close(&poller);
	free(clients);
	return failed > 0;
}
