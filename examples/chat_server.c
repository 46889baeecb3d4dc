/*
 * chat_server: tell every line that a client says to all others; any number of clients in one thread.
 * A client is a telnet, or anything else that sends lines. One that does not read is dropped when its queue is full.
 *
 *   cc chat_server.c -o chat_server $(pkg-config --cflags --libs libsock)
 *   ./chat_server 127.0.0.1:7008          (":7008" listens on every address of both families)
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
	struct client *next;
	struct sock s;
	struct sock_reader reader;
	char name[LIBSOCK_ADDRSTRLEN], line[1024];
	int gone;
};

static struct sock_poller poller;
static struct client *clients;
static int64_t full = LIBSOCK_FOREVER; /* or until when nobody is let in, because descriptors are used up */

static void say(const struct client *from, const char *line)
{
	char text[sizeof from->name + sizeof from->line + 4];
	int length = snprintf(text, sizeof text, "%s: %s\n", from->name, line);

	for (char *c = text; *c != '\n'; c++) /* a terminal would obey control characters */
		*c = ((unsigned char)*c < ' ' && *c != '\t') || *c == 127 ? '?' : *c;
	for (struct client *c = clients; c; c = c->next)
		if (c != from && !c->gone)
			c->gone = sock_send_all(c->s, text, (size_t)length, LIBSOCK_NOWAIT, NULL) < 0;
}

/* The lines that one receive brings, no more: the others are to have their turn, too. Too long ones lose their ends. */
static void hear(struct client *c)
{
	ptrdiff_t n;
	char *line;

	while ((n = sock_read_line(&c->reader, &line, LIBSOCK_NOWAIT)) >= 0 || n == LIBSOCK_EMSGSIZE) {
		say(c, line);
		if (!memchr(c->line + c->reader.begin, '\n', c->reader.end - c->reader.begin))
			return;
	}
	c->gone = n != LIBSOCK_EAGAIN;
}

/* Let a client in. An error is why nobody can be let in for now. */
static int welcome(struct sock server)
{
	struct sock_addr peer;
	struct client *c = calloc(1, sizeof *c);
	int err = c ? sock_accept(server, &c->s, &peer, LIBSOCK_NOWAIT) : LIBSOCK_ENOMEM;

	if (err == 0) {
		sock_set(c->s, LIBSOCK_NODELAY, 1); /* or a line waits until the one before is confirmed */
		sock_addr_format(c->name, sizeof c->name, &peer);
		sock_reader_init(&c->reader, c->s, c->line, sizeof c->line);
		c->gone = sock_poller_add(&poller, c->s, LIBSOCK_READABLE, c) < 0;
		c->next = clients;
		clients = c;
	} else
		free(c);
	return err == LIBSOCK_EAGAIN ? 0 : err;
}

/* Close who is gone, but not before all events of a wait have been seen, because they point to clients. */
static void sweep(void)
{
	for (struct client **at = &clients, *c = *at; c; c = *at)
		if (c->gone) {
			*at = c->next;
			sock_poller_remove(&poller, c->s);
			sock_close(&c->s);
			free(c);
			full = 0; /* there is a descriptor again */
		} else
			at = &c->next;
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "127.0.0.1:7008";
	char text[LIBSOCK_ADDRSTRLEN];
	struct sock_event events[64];
	struct sock_addr addr;
	struct sock server = {0};
	int err = sock_addr_parse(&addr, where);

	if (err == 0 && (err = sock_serve(&server, &addr, 128)) == 0 && (err = sock_local(server, &addr)) == 0 &&
	    (err = sock_poller_open(&poller)) == 0 && sock_addr_format(text, sizeof text, &addr) > 0) {
		printf("listening on %s\n", text);
		fflush(stdout);
		err = sock_poller_add(&poller, server, LIBSOCK_READABLE, NULL);
	}
	while (err >= 0 || err == LIBSOCK_ETIMEDOUT) {
		err = sock_poller_wait(&poller, events, 64, full);
		for (int i = 0; i < err; i++) {
			struct client *c = events[i].data;

			if (c && !c->gone)
				hear(c);
			if (!c && welcome(server) < 0) {
				full = sock_after(1000);
				sock_poller_modify(&poller, server, 0, NULL);
			}
		}
		sweep();
		if (sock_now() >= full) {
			full = LIBSOCK_FOREVER;
			sock_poller_modify(&poller, server, LIBSOCK_READABLE, NULL);
		}
	}
	fprintf(stderr, "chat_server: %s: %s\n", where, sock_strerror(err));
	return 1;
}
