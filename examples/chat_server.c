/*
 * chat_server: tell every line that a client says to all others; any number of clients in one thread.
 * A client is a telnet, or anything else that sends lines. One that does not read is dropped when its queue is full.
 *
 *   cc chat_server.c -o chat_server $(pkg-config --cflags --libs libsock)
 *   ./chat_server 127.0.0.1:7008          (":7008" listens on every address of both families)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
	struct client *next;
	struct sock s;
	struct sock_reader reader;
	char name[LIBSOCK_ADDR_SIZE], line[1024];
	int gone;
};

static volatile sig_atomic_t stopped;
static struct sock_poller poller;
static struct client *clients;
static int64_t full; /* until when nobody is let in; 0: the listener is watched */

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* The bytes of the first character; 0: it is no UTF-8 (RFC 3629), or for control (U+0080 to U+009F are, too). */
static size_t character(const unsigned char *text)
{
	static const long least[] = {' ', 0xA0, 0x800, 0x10000};
	size_t more = *text < 0xC0 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
	long code = more ? *text & 0x7F >> more : *text;

	for (size_t i = 1; i <= more; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		else
			code = code << 6 | (text[i] & 0x3F);
	return code < least[more] || (more == 0 && code > '~') || code >> 11 == 0x1B || code > 0x10FFFF ? 0 : more + 1;
}

/* Tell the others, with '?' for what their terminals or telnets would obey. */
static void say(const struct client *from, char *line, size_t size)
{
	char text[sizeof from->name + sizeof from->line + 4];

	for (size_t n, i = 0; i < size; i += n ? n : 1)
		if ((n = character((unsigned char *)line + i)) == 0 && line[i] != '\t')
			line[i] = '?';
	int length = snprintf(text, sizeof text, "%s: %s\n", from->name, line);
	for (struct client *c = clients; c; c = c->next)
		if (c != from && !c->gone)
			c->gone = sock_send_all(c->s, text, (size_t)length, NULL, LIBSOCK_NOWAIT) < 0;
}

/* The lines that one receive brings, no more: the others are to have their turn, too. Too long ones lose their ends. */
static void hear(struct client *c)
{
	ptrdiff_t n;
	char *line;

	while ((n = sock_reader_line(&c->reader, &line, LIBSOCK_NOWAIT)) >= 0 || n == LIBSOCK_EMSGSIZE) {
		say(c, line, n >= 0 ? (size_t)n : sizeof c->line - 1);
		if (!memchr(c->line + c->reader.begin, '\n', sock_reader_pending(&c->reader)))
			return;
	}
	c->gone = n != LIBSOCK_EAGAIN;
}

/* Let a client in, if there is a descriptor for it. */
static void welcome(struct sock server)
{
	struct sock_addr peer;
	struct client *c = calloc(1, sizeof *c);
	int err = c ? sock_accept(server, &c->s, &peer, LIBSOCK_NOWAIT) : LIBSOCK_ENOMEM;

	if (err == 0) {
		sock_addr_text(&peer, c->name, sizeof c->name);
		sock_reader_init(&c->reader, c->s, c->line, sizeof c->line);
		c->gone = sock_poller_add(&poller, c->s, LIBSOCK_READABLE, c) < 0;
		c->next = clients;
		clients = c;
	} else
		free(c);
	if (err < 0 && err != LIBSOCK_EAGAIN) { /* out of descriptors: to go on looking would spin */
		full = sock_after(1000);
		sock_poller_modify(&poller, server, 0, NULL);
	}
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
			full = sock_now(); /* there is a descriptor again */
		} else
			at = &c->next;
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "127.0.0.1:7008";
	char text[LIBSOCK_ADDR_SIZE];
	struct sock_event events[64];
	struct sock_addr addr;
	struct sock server = {0};
	int err = sock_addr_parse(&addr, where, -1);

	if (err == 0 && (err = sock_serve(&server, LIBSOCK_STREAM, &addr, 0)) == 0 &&
	    (err = sock_local_addr(server, &addr)) == 0 && (err = sock_poller_open(&poller)) == 0) {
		signal(SIGINT, stop);
		signal(SIGTERM, stop);
		printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
		fflush(stdout);
		err = sock_poller_add(&poller, server, LIBSOCK_READABLE, NULL);
	}
	while (!stopped && (err >= 0 || err == LIBSOCK_ETIMEDOUT)) {
		if (full > 0 && sock_now() >= full && sock_poller_modify(&poller, server, LIBSOCK_READABLE, NULL) == 0)
			full = 0;
		err = sock_poller_wait(&poller, events, 64, sock_after(1000)); /* and see whether to stop */
		for (int i = 0; i < err; i++) {
			struct client *c = events[i].data;

			if (c && !c->gone)
				hear(c);
			if (!c)
				welcome(server);
		}
		sweep();
	}
	for (struct client *c = clients; c; c = c->next)
		c->gone = 1;
	sweep();
	sock_close(&server);
	if (!stopped)
		fprintf(stderr, "chat_server: %s: %s\n", where, sock_strerror(err));
	return !stopped;
}
