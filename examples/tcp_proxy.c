/*
 * tcp_proxy: pass connections on to another address, many at once in one thread. Nobody is given up for being silent.
 *
 *   cc tcp_proxy.c -o tcp_proxy $(pkg-config --cflags --libs libsock)
 *   ./tcp_proxy 127.0.0.1:8080 www.example.org:80       (SIGINT and SIGTERM end it)
 */
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
	PAIRS = 256, SIZE = 65536, UNWATCHED = -1,
	ADDRESSES = 8192, /* as many as the DNS can answer for both families */
	TICK = 250,      /* ms between looks at who is late, and whether to stop */
	PATIENCE = 2000, /* ms for an address to answer before the next one is tried */
	PARTING = 1000   /* ms for the last words of a side that is gone to arrive at the other one */
};

struct side {
	struct sock s;
	int interest; /* what the poller looks for; 0: a reset alone */
	int ended;    /* nothing more comes from here */
	int deaf;     /* nothing more is taken here: what is for it is thrown away */
	size_t left;  /* at `next`, on the way to the other side; more is received when it has gone */
	char *next, *data;
};

static struct pair {
	struct side client, target;
	int at, untried; /* which address of the target is tried, and how many are left, with that one; 0: connected */
	int broken;      /* one side has not ended in order, so the other one must not see an end of file */
	int over;        /* at once: the side that is gone had ended before, so its last words are no longer on the way */
	int64_t by;      /* when the attempt, or the pair, is given up */
} pairs[PAIRS];

static char buffers[PAIRS][2][SIZE];
static struct sock_addr addresses[ADDRESSES]; /* of the target */
static int count, address_count, last_good;   /* pairs; addresses, and the one to begin with */
static int64_t full;                          /* until when nobody is let in; 0: the listener is watched */
static struct sock_poller poller;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static int complain(const char *about, int err)
{
	return err < 0 && fprintf(stderr, "tcp_proxy: %s: %s\n", about, sock_strerror(err));
}

/* A side takes nothing more. That is no reason not to hear what it has said before. */
static void lose(struct pair *pair, struct side *side)
{
	pair->over |= side->ended;
	pair->broken = side->deaf = 1;
}

/* From one side to the other, as far as that goes without waiting. */
static void carry(struct pair *pair, struct side *from, struct side *to)
{
	ptrdiff_t n = 0;

	if (from->left == 0 && !from->ended) {
		n = sock_recv(from->s, from->next = from->data, SIZE, LIBSOCK_NOWAIT);
		from->left = n > 0 && !to->deaf ? (size_t)n : 0;
		from->ended = n <= 0 && n != LIBSOCK_EAGAIN;
		if (from->ended && n < 0)
			pair->broken = from->deaf = 1;
		if (from->ended && !pair->broken) /* which the other side is told at once: nothing is left for it */
			sock_shutdown(to->s, LIBSOCK_SHUT_WR);
	} else if (from->interest == 0 && sock_wait(&(struct sock_wait_item){from->s, 0, 0}, 1, LIBSOCK_NOWAIT) > 0) {
		lose(pair, from);
	}
	if (from->left > 0 && (n = sock_send(to->s, from->next, from->left, LIBSOCK_NOWAIT)) > 0) {
		from->next += n;
		from->left -= (size_t)n;
	} else if (from->left > 0 && n != LIBSOCK_EAGAIN) {
		lose(pair, to);
		from->left = 0;
	}
}

/* Look for what a side can do next, or for its reset. A known one is not watched: it would be told for ever. */
static int watch(struct pair *pair, struct side *side, const struct side *other)
{
	int before = side->interest;
	int interest = (side->left || side->ended ? 0 : LIBSOCK_READABLE) | (other->left ? LIBSOCK_WRITABLE : 0);

	side->interest = interest = interest == 0 && side->deaf ? UNWATCHED : interest;
	if (interest == UNWATCHED || interest == before)
		return interest == before ? 0 : sock_poller_remove(&poller, side->s);
	return (before == UNWATCHED ? sock_poller_add : sock_poller_modify)(&poller, side->s, interest, pair);
}

static void close_side(struct side *side, int broken)
{
	if (broken) /* reset it: an end of file would say that all has come */
		sock_set(side->s, LIBSOCK_OPT_LINGER_MS, 0);
	sock_poller_remove(&poller, side->s);
	sock_close(&side->s);
}

static void end(struct pair *pair)
{
	close_side(&pair->client, pair->broken || stopped);
	close_side(&pair->target, pair->broken || stopped);
	count--;
	full = sock_now(); /* there is room again */
}

static int is_gone(const struct side *side)
{
	return side->ended && side->deaf && side->left == 0;
}

/* Do all that can be done now. An event is only a reason to look: one of a pair that was here before is harmless. */
static void go_on(struct pair *pair)
{
	struct side *client = &pair->client, *target = &pair->target;

	carry(pair, client, target);
	carry(pair, target, client);
	if (pair->by == LIBSOCK_FOREVER && (is_gone(client) || is_gone(target)))
		pair->by = sock_after(PARTING); /* to reset at once would destroy what is still on its way */
	if (watch(pair, client, target) < 0 || watch(pair, target, client) < 0)
		pair->broken = pair->over = 1;
	if (pair->over || (is_gone(client) && is_gone(target)) ||
	    (!pair->broken && client->ended && target->ended && !client->left && !target->left))
		end(pair);
}

static int open_target(struct sock *s, int at)
{
	int family = sock_addr_family(&addresses[at]);
	int err = sock_open(s, family, LIBSOCK_STREAM);

	if (err == 0)
		sock_set(*s, LIBSOCK_OPT_NODELAY, 1); /* as clients have it, by sock_serve() */
	return err;
}

/* Begin to connect to the address that it is the turn of; the poller tells how that ends. */
static int begin(struct pair *pair)
{
	int err = sock_connect(pair->target.s, &addresses[pair->at], LIBSOCK_NOWAIT);

	pair->by = pair->untried > 1 ? sock_after(PATIENCE) : LIBSOCK_FOREVER; /* the system gives up the last one */
	if (err == 0 || err == LIBSOCK_EINPROGRESS)
		err = sock_poller_add(&poller, pair->target.s, pair->target.interest = LIBSOCK_WRITABLE, pair);
	return err < 0 ? err : LIBSOCK_EAGAIN;
}

/* How an attempt goes. If it has failed, the next address is tried; if it was the last one, the client is reset. */
static void attempt(struct pair *pair, int err)
{
	while (err < 0 && err != LIBSOCK_EAGAIN && pair->untried > 1) {
		close_side(&pair->target, 0);
		pair->untried--;
		pair->at = (pair->at + 1) % address_count;
		if ((err = open_target(&pair->target.s, pair->at)) == 0)
			err = begin(pair);
	}
	if (err == LIBSOCK_EAGAIN)
		return;
	if (complain("the target", err)) {
		pair->broken = 1;
		end(pair);
	} else {
		last_good = pair->at;
		pair->untried = 0;
		pair->by = LIBSOCK_FOREVER;
		go_on(pair);
	}
}

/* Take a client and begin to connect to the target, if the system has a descriptor for each. */
static void start(struct sock listener)
{
	static int told; /* once, until there is room again */
	struct pair *pair = pairs;

	while (pair->client.s.family != 0)
		pair++;
	char *data = buffers[pair - pairs][0];
	*pair = (struct pair){.client = {.data = data, .interest = UNWATCHED}, .target.data = data + SIZE};
	pair->at = last_good;
	pair->untried = address_count;
	int err = open_target(&pair->target.s, last_good);
	if (err == 0)
		err = sock_accept(listener, &pair->client.s, NULL, LIBSOCK_NOWAIT);
	if (err == 0) {
		told = 0;
		if (++count == PAIRS && sock_poller_modify(&poller, listener, 0, NULL) == 0)
			full = LIBSOCK_FOREVER;
		attempt(pair, begin(pair));
		return;
	}
	sock_close(&pair->target.s);
	if (err != LIBSOCK_EAGAIN) { /* out of descriptors: to go on looking would spin */
		full = sock_after(1000);
		sock_poller_modify(&poller, listener, 0, NULL);
		told = told || complain("accepting", err);
	}
}

/* End whoever has had all its time; where that was an attempt to connect, it is the next address's turn. */
static void sweep(int64_t now)
{
	for (struct pair *pair = pairs; pair < pairs + PAIRS; pair++)
		if (pair->client.s.family != 0 && now >= pair->by)
			pair->untried > 0 && !stopped ? attempt(pair, LIBSOCK_ETIMEDOUT) : end(pair);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return fputs("usage: tcp_proxy LISTEN TARGET\n", stderr), 2;
	static struct sock_event events[64];
	char text[LIBSOCK_ADDR_SIZE], *at = argv[1], *target = argv[2];
	struct sock listener;
	struct sock_addr addr, name;
	int n = 0, family = sock_has(LIBSOCK_HAS_INET6) ? LIBSOCK_AF_UNSPEC : LIBSOCK_AF_INET;
	if (complain(target, sock_addr_parse(&name, target, -1)) ||
	    complain(target, n = sock_resolve(&name, family, addresses, ADDRESSES, sock_after(10000))) ||
	    complain(at, sock_addr_parse(&addr, at, -1)) || complain(at, sock_serve(&listener, LIBSOCK_STREAM, &addr, 0)) ||
	    complain(at, sock_local_addr(listener, &addr)) || complain(at, sock_poller_open(&poller)) ||
	    complain(at, sock_poller_add(&poller, listener, LIBSOCK_READABLE, NULL)))
		return 1;
	address_count = n < ADDRESSES ? n : ADDRESSES;
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
	fflush(stdout);
	for (int64_t tick = 0; !stopped && (n >= 0 || n == LIBSOCK_ETIMEDOUT);) {
		if (full > 0 && sock_now() >= full && sock_poller_modify(&poller, listener, LIBSOCK_READABLE, NULL) == 0)
			full = 0;
		n = sock_poller_wait(&poller, events, 64, sock_after(TICK));
		for (int i = 0; i < n; i++) {
			struct pair *p = events[i].data;

			if (!p && count < PAIRS)
				start(listener);
			else if (p && p->client.s.family != 0)
				p->untried > 0 ? attempt(p, sock_connect_result(p->target.s, LIBSOCK_NOWAIT)) : go_on(p);
		}
		if (sock_now() >= tick)
			sweep(sock_now()), tick = sock_after(TICK);
	}
	sweep(LIBSOCK_FOREVER);
	sock_close(&listener);
	sock_poller_close(&poller);
	return !stopped && complain("waiting", n);
}
