/* SPDX-License-Identifier: MIT */

/*
 * What the network tests run on their two hosts: one call of the library, or many, and a line of JSON for each.
 *
 *   probe resolve NAME FAMILY TIME [TIMES]    FAMILY is any, 4 or 6; TIME is milliseconds, "forever" or "nowait"
 *   probe reverse HOST TIME [TIMES]
 *   probe dial HOST PORT TIME [TIMES]
 *   probe udp-dial HOST PORT TIME [TIMES]
 *   probe connect HOST PORT TIME [LOCAL]      stays connected until standard input ends
 *   probe serve HOST PORT COUNT               takes COUNT connections and keeps them until standard input ends
 *   probe udp-echo HOST PORT COUNT
 *   probe udp-send HOST PORT [LOCAL]
 *   probe udp-tell FAMILY LOCAL HOST PORT TEXT [OPTION VALUE]...    LOCAL may be -, an OPTION is a number
 *   probe udp-hear FAMILY PORT COUNT GROUP SOURCE INDEX             SOURCE may be -
 *   probe silence HOST PORT TEXT [OPTION VALUE]...                  connected, until standard input ends; then sends
 *                                             TEXT, which may be empty, and receives for ever
 *   probe giveup COUNT TIME NAME              COUNT look-ups given up; what is left of them
 *   probe limit MOST NAME                     look-ups at a time until there may be no more
 *   probe interfaces                          the rows of sock_interfaces()
 *   probe libc                                whose resolver it is
 */

#define _POSIX_C_SOURCE 200809L

#include <libsock.h>

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 64
#define PATIENCE 20000 /* ms that the other host may take to appear */

static int64_t deadline_of(const char *time)
{
	if (strcmp(time, "forever") == 0)
		return LIBSOCK_FOREVER;
	return strcmp(time, "nowait") == 0 ? LIBSOCK_NOWAIT : sock_after(strtoll(time, NULL, 10));
}

static int family_of(const char *host)
{
	return host[0] == '\0' || strchr(host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET;
}

static struct sock_addr address_of(const char *host, const char *port)
{
	struct sock_addr addr;
	int err = sock_addr_set(&addr, host, strtol(port, NULL, 10));

	if (err < 0) {
		fprintf(stderr, "probe: %s %s: %s\n", host, port, sock_strerror(err));
		exit(2);
	}
	return addr;
}

/* What the kernel counts of this process. */
struct process {
	long threads, fds, rss; /* rss in KiB */
};

static struct process process_look(void)
{
	struct process p = {0, 0, 0};
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	DIR *dir = opendir("/proc/self/fd");

	while (status && fgets(line, sizeof line, status)) {
		if (strncmp(line, "Threads:", 8) == 0)
			p.threads = strtol(line + 8, NULL, 10);
		else if (strncmp(line, "VmRSS:", 6) == 0)
			p.rss = strtol(line + 6, NULL, 10);
	}
	while (dir && readdir(dir))
		p.fds++;
	p.fds -= 4; /* two dots, the directory and the status file */
	if (status)
		fclose(status);
	if (dir)
		closedir(dir);
	return p;
}

/*
 * For how many milliseconds of its life this thread was ready to run and did not: the scheduler had others run (the
 * kernel's sched-stats), or the machine around this one did (its "steal").
 */
static int64_t held_up(void)
{
	long long own, waited = 0, stolen = 0;
	FILE *file = fopen("/proc/thread-self/schedstat", "r");

	if (file && fscanf(file, "%lld %lld", &own, &waited) != 2)
		waited = 0;
	if (file)
		fclose(file);
	file = fopen("/proc/stat", "r");
	if (file && fscanf(file, "cpu %*d %*d %*d %*d %*d %*d %*d %lld", &stolen) != 1)
		stolen = 0;
	if (file)
		fclose(file);
	return waited / 1000000 + stolen * 1000 / sysconf(_SC_CLK_TCK);
}

/* Wait a little before asking again. */
static void breathe(int ms)
{
	poll(NULL, 0, ms);
}

struct moment {
	int64_t now, held;
};

static struct moment moment_now(void)
{
	struct moment m = {.held = held_up()};

	m.now = sock_now();
	return m;
}

/* The outcome, the time it took, and for how much of that the thread had to wait for its turn. */
static void print_result(int err, struct moment began)
{
	int64_t now = sock_now();

	printf("{\"code\": \"%s\", \"ms\": %" PRId64 ", \"held\": %" PRId64, sock_errname(err), now - began.now,
	       held_up() - began.held);
}

static void print_addr(const char *key, const struct sock_addr *addr)
{
	printf(", \"%s\": [\"%s\", %u]", key, addr->host, addr->port);
}

static void print_ends(struct sock s)
{
	struct sock_addr addr;

	if (sock_local_addr(s, &addr) == 0)
		print_addr("local", &addr);
	if (sock_peer_addr(s, &addr) == 0)
		print_addr("peer", &addr);
}

static void print_end(void)
{
	puts("}");
	fflush(stdout);
}

/* Until whoever started this program lets go of it. */
static void stay(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0) {
	}
}

static void resolve(char *args[])
{
	static struct sock_addr out[ROOM];
	int family = args[1][0] == '4' ? LIBSOCK_AF_INET : args[1][0] == '6' ? LIBSOCK_AF_INET6 : LIBSOCK_AF_UNSPEC;
	struct moment began = moment_now();
	struct sock_addr addr = address_of(args[0], "0");
	int n = sock_resolve(&addr, family, out, ROOM, deadline_of(args[2]));

	print_result(n, began);
	printf(", \"addrs\": [");
	for (int i = 0; i < n && i < ROOM; i++)
		printf("%s\"%s\"", i ? ", " : "", out[i].host);
	printf("]");
	print_end();
}

static void reverse(char *args[])
{
	struct sock_addr addr = address_of(args[0], "4242"), name = addr;
	struct moment began = moment_now();
	int err = sock_reverse(&addr, &name, deadline_of(args[1]));

	print_result(err, began);
	print_addr("name", &name);
	print_end();
}

static void dial_type(char *args[], int type)
{
	static struct sock_attempt attempts[LIBSOCK_DIAL_MAX];
	struct sock_addr addr = address_of(args[0], args[1]);
	struct sock s;
	int count = LIBSOCK_DIAL_MAX;
	struct moment began = moment_now();
	int err = sock_dial_report(&s, type, &addr, attempts, LIBSOCK_DIAL_MAX, &count, deadline_of(args[2]));

	print_result(err, began);
	if (err == 0)
		print_ends(s);
	else if (s.family != 0)
		printf(", \"socket\": \"left behind\"");
	printf(", \"attempts\": [");
	for (int i = 0; i < count && i < LIBSOCK_DIAL_MAX; i++)
		printf("%s[\"%s\", %u, \"%s\"]", i ? ", " : "", attempts[i].addr.host, attempts[i].addr.port,
		       sock_errname(attempts[i].err));
	printf("], \"count\": %d", count);
	print_end();
	sock_close(&s);
}

/* The same thing as often as told; last how many descriptors and threads that left behind. */
static void repeat(void (*run)(char *[]), char *args[], const char *times)
{
	struct process before = process_look(), after;
	long n = times ? strtol(times, NULL, 10) : 1;

	for (long i = 0; i < n; i++)
		run(args);
	after = process_look();
	printf("{\"fds\": %ld, \"threads\": %ld", after.fds - before.fds, after.threads - before.threads);
	print_end();
}

static void connect_and_stay(char *args[])
{
	struct sock_addr addr = address_of(args[0], args[1]), local = address_of(args[3] ? args[3] : "", "0");
	struct sock s;
	struct moment began = moment_now();
	int err = sock_open(&s, family_of(args[0]), LIBSOCK_STREAM);

	if (err == 0 && args[3])
		err = sock_bind(s, &local);
	if (err == 0)
		err = sock_connect(s, &addr, deadline_of(args[2]));
	print_result(err, began);
	if (err == 0)
		print_ends(s);
	print_end();
	if (err == 0)
		stay();
	sock_close(&s);
}

static void serve(char *args[])
{
	struct sock_addr addr = address_of(args[0], args[1]);
	struct sock listener, conns[ROOM] = {{0}};
	long count = strtol(args[2], NULL, 10);
	struct moment began = moment_now();
	int err = sock_serve(&listener, LIBSOCK_STREAM, &addr, 0);

	print_result(err, began);
	if (err == 0)
		print_ends(listener);
	print_end();
	for (long i = 0; err == 0 && i < count && i < ROOM; i++) {
		err = sock_accept(listener, &conns[i], &addr, sock_after(PATIENCE));
		print_result(err, began);
		if (err == 0) {
			print_addr("accepted", &addr);
			print_ends(conns[i]);
		}
		print_end();
	}
	if (err == 0)
		stay(); /* and leave it to the system to close everything */
}

static void udp_echo(char *args[])
{
	struct sock_addr addr = address_of(args[0], args[1]);
	struct sock s;
	char data[64];
	long count = strtol(args[2], NULL, 10);
	struct moment began = moment_now();
	int err = sock_open(&s, family_of(args[0]), LIBSOCK_DGRAM);

	if (err == 0)
		err = sock_bind(s, &addr);
	print_result(err, began);
	if (err == 0)
		print_ends(s);
	print_end();
	for (long i = 0; err == 0 && i < count; i++) {
		ptrdiff_t n = sock_recvfrom(s, data, sizeof data, &addr, sock_after(PATIENCE));

		if (n >= 0)
			n = sock_sendto(s, data, (size_t)n, &addr, sock_after(PATIENCE));
		err = n < 0 ? (int)n : 0;
		print_result(err, began);
		print_addr("from", &addr);
		print_end();
	}
	sock_close(&s);
}

static void udp_send(char *args[])
{
	struct sock_addr addr = address_of(args[0], args[1]), local = address_of(args[2] ? args[2] : "", "0");
	struct sock_addr from = {"", 0};
	struct sock s;
	char data[64] = "ping";
	int64_t by = sock_after(PATIENCE);
	struct moment began = moment_now();
	ptrdiff_t n = sock_open(&s, family_of(args[0]), LIBSOCK_DGRAM);

	if (n == 0 && args[2])
		n = sock_bind(s, &local);
	if (n == 0)
		n = sock_sendto(s, data, 4, &addr, by);
	if (n >= 0)
		n = sock_recvfrom(s, data, sizeof data, &from, by);
	print_result((int)n, began);
	print_addr("from", &from);
	if (n >= 0)
		print_ends(s);
	print_end();
	sock_close(&s);
}

static int set_options(struct sock s, char *args[])
{
	int err = 0;

	for (; err == 0 && args[0] && args[1]; args += 2)
		err = sock_set(s, (int)strtol(args[0], NULL, 10), strtoll(args[1], NULL, 10));
	return err;
}

static void udp_tell(char *args[])
{
	struct sock_addr local = address_of(args[1], "0"), to = address_of(args[2], args[3]);
	struct sock s;
	struct moment began = moment_now();
	ptrdiff_t n = sock_open(&s, args[0][0] == '4' ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6, LIBSOCK_DGRAM);

	if (n == 0 && args[1][0] != '-')
		n = sock_bind(s, &local);
	if (n == 0)
		n = set_options(s, args + 5);
	if (n == 0)
		n = sock_sendto(s, args[4], strlen(args[4]), &to, sock_after(PATIENCE));
	print_result((int)n, began);
	print_end();
	sock_close(&s);
}

static void dial(char *args[])
{
	dial_type(args, LIBSOCK_STREAM);
}

static void udp_dial(char *args[])
{
	dial_type(args, LIBSOCK_DGRAM);
}

static void udp_hear(char *args[])
{
	struct sock_addr addr = address_of("", args[1]);
	const struct sock_addr group = address_of(args[3], "0"), source = address_of(args[4], "0");
	struct sock s;
	char data[64];
	struct moment began = moment_now();
	ptrdiff_t n = sock_open(&s, args[0][0] == '4' ? LIBSOCK_AF_INET : LIBSOCK_AF_INET6, LIBSOCK_DGRAM);

	if (n == 0)
		n = sock_bind(s, &addr);
	if (n == 0)
		n = sock_join_group(s, &group, args[4][0] != '-' ? &source : NULL, (uint32_t)strtoul(args[5], NULL, 10));
	print_result((int)n, began);
	print_end();
	for (long i = strtol(args[2], NULL, 10); n >= 0 && i > 0; i--) {
		n = sock_recvfrom(s, data, sizeof data, &addr, sock_after(PATIENCE));
		print_result((int)n, began);
		print_addr("from", &addr);
		printf(", \"text\": \"%.*s\"", n > 0 ? (int)n : 0, data);
		print_end();
	}
	sock_close(&s);
}

static void silence(char *args[])
{
	struct sock_addr addr = address_of(args[0], args[1]);
	struct sock s;
	char byte;
	struct moment began = moment_now();
	ptrdiff_t n = sock_dial(&s, LIBSOCK_STREAM, &addr, sock_after(PATIENCE));

	if (n == 0)
		n = set_options(s, args + 3);
	print_result((int)n, began);
	print_end();
	if (n == 0) {
		stay();
		began = moment_now();
		n = sock_send(s, args[2], strlen(args[2]), LIBSOCK_FOREVER);
		if (n >= 0)
			n = sock_recv(s, &byte, 1, LIBSOCK_FOREVER);
		print_result((int)n, began);
		print_end();
	}
	sock_close(&s);
}

/* Until as many threads and descriptors are left as there were; how long that took, or -1. */
static int64_t settle(struct process start, struct process *end)
{
	int64_t began = sock_now(), by = sock_after(PATIENCE);

	do {
		*end = process_look();
		if (end->threads <= start.threads && end->fds <= start.fds)
			return sock_now() - began;
		breathe(10);
	} while (sock_now() < by);
	return -1;
}

struct giveups {
	long done, again, longest;
	int other; /* a result that was neither, or 0 */
	struct process peak;
};

static void giveup__one(struct giveups *g, const char *time, const char *name)
{
	struct sock_addr out[4];
	struct process p;
	struct sock_addr addr = address_of(name, "0");
	struct moment began = moment_now();
	int err = sock_resolve(&addr, LIBSOCK_AF_UNSPEC, out, 4, deadline_of(time));
	long took = (long)(sock_now() - began.now - (held_up() - began.held));

	if (took > g->longest)
		g->longest = took;
	if (err == LIBSOCK_EAI_AGAIN) {
		g->again++;
		breathe(5);
		return;
	}
	if (err != LIBSOCK_ETIMEDOUT)
		g->other = err == 0 ? LIBSOCK_EINVAL : err;
	g->done++;
	if (g->done % 100 == 0) {
		p = process_look();
		g->peak.threads = p.threads > g->peak.threads ? p.threads : g->peak.threads;
		g->peak.fds = p.fds > g->peak.fds ? p.fds : g->peak.fds;
	}
}

static void giveup(char *args[])
{
	long count = strtol(args[0], NULL, 10);
	int64_t took, by = sock_after(600000);
	struct giveups g = {0};
	struct process start = process_look(), tenth = start, all, end;

	while (g.done < count && g.other == 0 && sock_now() < by) {
		giveup__one(&g, args[1], args[2]);
		if (g.done == count / 10)
			tenth = process_look();
	}
	all = process_look();
	took = settle(start, &end);
	printf("{\"done\": %ld, \"again\": %ld, \"longest\": %ld", g.done, g.again, g.longest);
	printf(", \"other\": \"%s\", \"settled\": %" PRId64, sock_errname(g.other), took);
	printf(", \"threads\": [%ld, %ld, %ld]", start.threads, g.peak.threads, end.threads);
	printf(", \"fds\": [%ld, %ld, %ld]", start.fds, g.peak.fds, end.fds);
	printf(", \"rss\": [%ld, %ld, %ld, %ld]", start.rss, tenth.rss, all.rss, end.rss);
	print_end();
}

static void limit(char *args[])
{
	long most = strtol(args[0], NULL, 10), n;
	struct sock_addr addr = address_of(args[1], "0"), out[1];
	struct moment began = moment_now(), refused = began;
	struct process start = process_look(), peak, end;
	int err = LIBSOCK_ETIMEDOUT;

	for (n = 0; n < most; n++) {
		refused = moment_now();
		err = sock_resolve(&addr, LIBSOCK_AF_INET, out, 1, sock_after(1));
		if (err != LIBSOCK_ETIMEDOUT)
			break;
	}
	print_result(err, refused);
	peak = process_look();
	printf(", \"looking\": %ld, \"threads\": %ld", n, peak.threads - start.threads);
	printf(", \"took\": %" PRId64, sock_now() - began.now);
	printf(", \"settled\": %" PRId64, settle(start, &end));
	err = sock_resolve(&addr, LIBSOCK_AF_INET, out, 1, sock_after(1));
	printf(", \"afterwards\": \"%s\"", sock_errname(err));
	print_end();
}

static int print_interface(void *context, const struct sock_interface_addr *row)
{
	int *count = context;

	printf("%s[\"%s\", %u, \"%s\"]", (*count)++ ? ", " : "", row->name, (unsigned)row->index, row->addr.host);
	return 0;
}

static void interfaces(char *args[])
{
	int count = 0;

	(void)args;
	printf("{\"rows\": [");
	sock_interfaces(print_interface, &count);
	printf("]");
	print_end();
}

static void libc(char *args[])
{
	(void)args;
#ifdef __GLIBC__
	printf("{\"libc\": \"glibc\"");
#else
	printf("{\"libc\": \"another\"");
#endif
	print_end();
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*run)(char *[]);
		int least, times; /* arguments; how many of them come before TIMES, or 0 */
	} commands[] = {
		{"resolve", resolve, 3, 3},          {"reverse", reverse, 2, 2},   {"dial", dial, 3, 3},
		{"connect", connect_and_stay, 3, 0}, {"serve", serve, 3, 0},       {"udp-echo", udp_echo, 3, 0},
		{"udp-send", udp_send, 2, 0},        {"giveup", giveup, 3, 0},     {"limit", limit, 2, 0},
		{"udp-dial", udp_dial, 3, 3},        {"udp-tell", udp_tell, 5, 0},        {"udp-hear", udp_hear, 6, 0},  {"silence", silence, 3, 0},
		{"libc", libc, 0, 0},                {"interfaces", interfaces, 0, 0},
	};

	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 < commands[i].least)
			continue;
		if (commands[i].times)
			repeat(commands[i].run, argv + 2, argv[2 + commands[i].times]);
		else
			commands[i].run(argv + 2);
		return 0;
	}
	fprintf(stderr, "usage: see the head of probe.c\n");
	return 2;
}
