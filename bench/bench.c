/* SPDX-License-Identifier: MIT */

/*
 * Measures the rows and prints a table:
 *
 *   bench [--processes N] [--rounds N] [--json FILE] [ROW...]
 *
 * On a machine that others use, too, the time of a single run says nothing. So all ways of doing a thing run in turns
 * of some 30 ms each, in an order that is shuffled for every round; what is compared is the processor time of the
 * thread, and the median of the rounds' ratios. Where code, stack, buffers and the kernel's objects happen to lie
 * decides some per cent of it for as long as a process lives. So there are several, each of them this program started
 * anew; what is shown is the median of theirs, the lowest and the highest. The first way stands in the table twice:
 * how far that is from 1.00 tells how far the others are to be believed.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "bench.h"
#include "peers.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_NS = 30000000, PROCESSES = 9, ROUNDS = 9, COUNT_MAX = 1000, SIDES_MAX = 12 };

static const struct bench_row *const rows[] = {
	&bench_small, &bench_large, &bench_short, &bench_long, &bench_six, &bench_cut, &bench_coalesced,
	&bench_messages, &bench_lines, &bench_readiness, &bench_cycle, &bench_files[0], &bench_files[1], &bench_files[2],
	&bench_files[3], &bench_files[4], &bench_files[5],
};
enum { ROWS = sizeof rows / sizeof *rows };

#define PEER(name) extern const struct bench_peer bench_##name;
PEERS
#undef PEER

static const struct bench_peer *const peers[] = {
#define PEER(name) &bench_##name,
	PEERS
#undef PEER
	NULL,
};

/* The ways of doing the row that is measured or reported, with those of the peers. */
static struct bench_side sides[SIDES_MAX];
static int count;

/* What was measured: of a way of doing it, by round or by process. The raw way is the first one and the last one. */
static double times[SIDES_MAX + 1][COUNT_MAX], ratios[SIDES_MAX + 1][COUNT_MAX];

void bench_check(ptrdiff_t result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, sock_strerror(result));
	exit(1);
}

long bench_raw(long result, const char *what)
{
	if (result != -1)
		return result;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void bench_must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void bench_connect(struct sock pair[2])
{
	struct sock l;
	struct sock_addr addr = {"127.0.0.1", 0};

	bench_check(sock_serve(&l, LIBSOCK_STREAM, &addr, 1), "serve");
	bench_check(sock_local_addr(l, &addr), "local");
	bench_check(sock_open(&pair[0], LIBSOCK_AF_INET, LIBSOCK_STREAM), "open");
	bench_check(sock_connect(pair[0], &addr, LIBSOCK_FOREVER), "connect");
	bench_check(sock_accept(l, &pair[1], NULL, LIBSOCK_FOREVER), "accept");
	sock_close(&l);
}

void bench_pin(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	sched_setaffinity(0, sizeof set, &set);
}

static clockid_t measured_clock = CLOCK_THREAD_CPUTIME_ID;

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(measured_clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double measure(const struct bench_side *side, void *state, long n)
{
	double begun = cpu_ns();

	side->run(state, n);
	return (cpu_ns() - begun) / (double)n;
}

/* How often fits into a slice. */
static long calibrate(const struct bench_side *side, void *state)
{
	long n = 1;

	measure(side, state, 1);
	for (;;) {
		double ns = measure(side, state, n);

		if (ns * (double)n >= SLICE_NS / 2)
			return (long)(SLICE_NS / ns) + 1;
		n *= 2;
	}
}

static void shuffle(int order[], int length)
{
	for (int i = length - 1; i > 0; i--) {
		int other = rand() % (i + 1), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double values[], int length)
{
	qsort(values, (size_t)length, sizeof *values, compare);
	return values[length / 2];
}

static void add_peer(const struct bench_row *row, const struct bench_peer *peer, void *state)
{
	for (int i = 0; peer->does[i].row; i++)
		if (strcmp(peer->does[i].row, row->name) == 0) {
			if (state)
				peer->begin(state);
			sides[count++] = peer->does[i].side;
		}
}

/* To measure the row, its state; to report it, NULL. */
static void list_sides(const struct bench_row *row, void *state)
{
	for (count = 0; row->sides[count].run; count++)
		sides[count] = row->sides[count];
	for (int i = 0; peers[i]; i++)
		add_peer(row, peers[i], state);
}

/* What a process of a row does: a line with the medians of each side. */
static void measure_row(const struct bench_row *row, int rounds)
{
	void *state = row->begin();

	if (row->both)
		measured_clock = CLOCK_PROCESS_CPUTIME_ID;

	long n = calibrate(&row->sides[0], state);
	int order[SIDES_MAX + 1];

	list_sides(row, state);
	srand((unsigned)getpid());
	for (int i = 0; i <= count; i++)
		order[i] = i;
	for (int round = 0; round < rounds; round++) {
		shuffle(order, count + 1);
		for (int i = 0; i <= count; i++)
			times[order[i]][round] = measure(&sides[order[i] % count], state, n);
		for (int i = 0; i <= count; i++)
			ratios[i][round] = times[i][round] / times[0][round];
	}
	row->end(state);
	for (int i = 0; i <= count; i++)
		printf("%f %f\n", median(times[i], rounds), median(ratios[i], rounds));
}

static pid_t process_start(const struct bench_row *row, int rounds, FILE **lines)
{
	char number[16];
	int ends[2];
	pid_t process;

	snprintf(number, sizeof number, "%d", rounds);
	bench_raw(pipe(ends), "pipe");
	process = (pid_t)bench_raw(fork(), "fork");
	if (process == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl("/proc/self/exe", "bench", "--rounds", number, "--measure", row->name, (char *)NULL);
		bench_raw(-1, "/proc/self/exe");
	}
	close(ends[1]);
	*lines = fdopen(ends[0], "r");
	bench_raw(*lines ? 0 : -1, "fdopen");
	return process;
}

/* The process has said itself what failed, unless it had no time to. */
static void run_process(const struct bench_row *row, int rounds, int number)
{
	FILE *lines;
	pid_t process = process_start(row, rounds, &lines);
	int status, got = 0;

	while (got <= count && fscanf(lines, "%lf %lf", &times[got][number], &ratios[got][number]) == 2)
		got++;
	fclose(lines);
	bench_raw(waitpid(process, &status, 0), "waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		exit(1);
	if (status == 0 && got == count + 1)
		return;
	fprintf(stderr, "bench: %s: a process ended with status %#x and %d of %d lines\n", row->name,
		(unsigned)status, got, count + 1);
	exit(1);
}

/* The ratio that a limit is one of: that of the first way, or of the best that stands before the limits. */
static double base_of(const struct bench_row *row, int processes)
{
	double best = 1;

	for (int i = 0; row->both && i < count && sides[i].limit <= 0; i++) {
		double middle = median(ratios[i], processes);

		best = middle < best ? middle : best;
	}
	return best;
}

/* Whether every promise was kept. */
static int report(const struct bench_row *row, int processes, FILE *json)
{
	const double base = base_of(row, processes);
	int kept = 1;

	printf("%s: %s\n", row->name, row->what);
	for (int i = 0; i <= count; i++) {
		const struct bench_side *side = &sides[i % count];
		double time = median(times[i], processes), middle = median(ratios[i], processes);
		double lowest = ratios[i][0], highest = ratios[i][processes - 1]; /* they are sorted now */
		double limit = i < count ? side->limit * base : 0;

		printf("  %-36s %8.0f ns  %6.3f", i < count ? side->name : "the first once more", time, middle);
		if (i > 0)
			printf("  (%.3f to %.3f)", lowest, highest);
		if (limit > 0)
			printf("  at most %.2f: %s", limit, middle <= limit ? "yes" : "NO");
		printf("\n");
		kept = kept && (limit <= 0 || middle <= limit);
		if (json)
			fprintf(json, "%s{\"row\": \"%s\", \"side\": \"%s\", \"ns\": %.1f, \"ratio\": %.4f, "
				"\"lowest\": %.4f, \"highest\": %.4f, \"limit\": %.2f}", ftell(json) > 2 ? ",\n" : "",
				row->name, i < count ? side->name : "again", time, middle, lowest, highest, limit);
	}
	fflush(stdout);
	return kept;
}

static int run_row(const struct bench_row *row, int processes, int rounds, FILE *json)
{
	list_sides(row, NULL);
	for (int i = 0; i < processes; i++)
		run_process(row, rounds, i);
	return report(row, processes, json);
}

static int interest(const struct bench_row *row, char **names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], row->name) == 0)
			return 1;
	return !names[0];
}

static int run_rows(char **names, int processes, int rounds, const char *file)
{
	FILE *json = file ? fopen(file, "w") : NULL;
	int kept = 1;

	bench_raw(file && !json ? -1 : 0, file);
	if (json)
		fputs("[\n", json);
	printf("Time and ratio to the first way: the median of %d processes of %d rounds (the lowest to the highest)\n",
	       processes, rounds);
	for (int i = 0; i < ROWS; i++)
		if (interest(rows[i], names))
			kept = run_row(rows[i], processes, rounds, json) && kept;
	if (PEERS_SKIPPED[0])
		printf("Skipped, for they were not there when the bench was built: %s\n", PEERS_SKIPPED);
	if (json) {
		fputs("\n]\n", json);
		fclose(json);
	}
	return kept;
}

int main(int argc, char **argv)
{
	int processes = PROCESSES, rounds = ROUNDS, first = 1;
	const char *file = NULL, *measured = NULL;

	for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2)
		if (strcmp(argv[first], "--processes") == 0)
			processes = atoi(argv[first + 1]);
		else if (strcmp(argv[first], "--rounds") == 0)
			rounds = atoi(argv[first + 1]);
		else if (strcmp(argv[first], "--json") == 0)
			file = argv[first + 1];
		else if (strcmp(argv[first], "--measure") == 0)
			measured = argv[first + 1];
		else
			break;
	if (processes < 1 || processes > COUNT_MAX || rounds < 1 || rounds > COUNT_MAX ||
	    (first < argc && argv[first][0] == '-')) {
		fprintf(stderr, "usage: bench [--processes 1...%d] [--rounds 1...%d] [--json FILE] [ROW...]\n",
			COUNT_MAX, COUNT_MAX);
		return 2;
	}
	setpriority(PRIO_PROCESS, 0, -20); /* where it is not allowed, the medians have more to do */
	bench_pin(0);
	if (!measured)
		return !run_rows(argv + first, processes, rounds, file);
	for (int i = 0; i < ROWS; i++)
		if (strcmp(rows[i]->name, measured) == 0)
			measure_row(rows[i], rounds);
	return 0;
}
