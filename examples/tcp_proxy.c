/*
 * tcp_proxy: pass connections on to another address, many at once in one thread. Nobody is given up for being silent.
 *
 *   cc tcp_proxy.c -o tcp_proxy $(pkg-config --cflags --libs libsock)
 *   ./tcp_proxy 127.0.0.1:8080 www.example.org:80
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

struct side {
	struct sock s;
	int wanted, ended; /* what the poller looks for; nothing more comes from here */
	size_t left;       /* at `next`, on the way to the other side; more is received when it has gone */
	char *next, data[16384];
};

static struct pair { struct side client, target; int connecting; } pairs[256];
static int count, limit = sizeof pairs / sizeof pairs[0];
static struct sock_poller poller;

static int complain(const char *about, int err)
{
	return err < 0 && fprintf(stderr, "tcp_proxy: %s: %s\n", about, sock_strerror(err));
}

/* From one side to the other, as far as that goes without waiting. */
static int carry(struct side *from, struct side *to)
{
	ptrdiff_t n = 0;

	if (from->left == 0 && !from->ended) {
		n = sock_recv(from->s, from->next = from->data, sizeof from->data, LIBSOCK_NOWAIT);
		from->left = n > 0 ? (size_t)n : 0;
		if ((from->ended = n == 0)) /* which the other side is told at once: nothing is left for it */
			n = sock_shutdown(to->s, LIBSOCK_SHUT_WR);
	}
	if (from->left > 0 && (n = sock_send(to->s, from->next, from->left, LIBSOCK_NOWAIT)) > 0) {
		from->next += n;
		from->left -= (size_t)n;
	}
	return n >= 0 || n == LIBSOCK_EAGAIN ? 0 : (int)n;
}

/* Look for what a side can do next. If that is nothing it is not watched: its end would be told again and again. */
static int watch(struct pair *pair, struct side *side, const struct side *other)
{
	int wanted = (side->left || side->ended ? 0 : LIBSOCK_READABLE) | (other->left ? LIBSOCK_WRITABLE : 0);

	if (wanted == side->wanted)
		return 0;
	side->wanted = wanted;
	return wanted ? sock_poller_add(&poller, side->s, wanted, pair) : sock_poller_remove(&poller, side->s);
}

/* Do all that can be done now. An event is only a reason to look: one of a pair that was here before is harmless. */
static void go_on(struct pair *pair, int err)
{
	struct side *client = &pair->client, *target = &pair->target;

	if (client->s.family == 0 ||
	    (err == 0 && pair->connecting && (err = sock_connected(target->s, LIBSOCK_NOWAIT)) == LIBSOCK_EAGAIN))
		return;
	pair->connecting = 0;
	if (err == 0 && (err = carry(client, target)) == 0 && (err = carry(target, client)) == 0 &&
	    !(client->ended && target->ended) && (err = watch(pair, client, target)) == 0 &&
	    (err = watch(pair, target, client)) == 0)
		return;
	if (complain("passing on", err)) { /* reset both: an end of file would say that all has come */
		sock_set(client->s, LIBSOCK_LINGER, 0);
		sock_set(target->s, LIBSOCK_LINGER, 0);
	}
	sock_poller_remove(&poller, client->s);
	sock_poller_remove(&poller, target->s);
	sock_close(&client->s);
	sock_close(&target->s);
	count--;
}

/* Take a client and begin to connect to the target. If the system has no room for more, that is the limit. */
static void start(struct sock listener, const struct sock_addr *to)
{
	struct pair *pair = pairs;
	struct sock client, target;
	int err = sock_open(&target, strchr(to->host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, LIBSOCK_STREAM);

	if (err < 0 || (err = sock_accept(listener, &client, NULL, LIBSOCK_NOWAIT)) < 0) {
		limit = complain("accepting", err == LIBSOCK_EAGAIN ? 0 : err) ? count : limit;
		sock_close(&target);
		return;
	}
	while (pair->client.s.family != 0)
		pair++;
	err = sock_connect(target, to, LIBSOCK_NOWAIT);
	if (err == 0 || err == LIBSOCK_EINPROGRESS)
		err = sock_poller_add(&poller, target, LIBSOCK_WRITABLE, pair);
	*pair = (struct pair){{.s = client}, {.s = target, .wanted = LIBSOCK_WRITABLE}, .connecting = 1};
	count++;
	go_on(pair, err);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: tcp_proxy LISTEN TARGET\n", stderr);
		return 2;
	}
	static struct sock_event events[64];
	char text[LIBSOCK_ADDRSTRLEN], *at = argv[1], *target = argv[2];
	struct sock listener;
	struct sock_addr addr, name, to;
	if (complain(target, sock_addr_parse(&name, target)) || complain(target, name.port ? 0 : LIBSOCK_EPORT) ||
	    complain(target, sock_resolve(name.host, LIBSOCK_AF_ANY, &to, 1, sock_after(10000))) ||
	    complain(at, sock_addr_parse(&addr, at)) || complain(at, sock_serve(&listener, &addr, 0)) ||
	    complain(at, sock_local(listener, &addr)) || complain(at, sock_addr_format(text, sizeof text, &addr)) ||
	    complain(at, sock_poller_open(&poller)))
		return 1;
	to.port = name.port;
	printf("listening on %s\n", text);
	fflush(stdout);
	for (int n = 0; limit > 0 && n >= 0; n = sock_poller_wait(&poller, events, 64, LIBSOCK_FOREVER)) {
		for (int i = 0; i < n; i++)
			events[i].data ? go_on(events[i].data, 0) : start(listener, &to);
		sock_poller_add(&poller, listener, count < limit ? LIBSOCK_READABLE : 0, NULL);
	}
	return 1;
}
