/* SPDX-License-Identifier: MIT */

/*
 * Measures the rows and prints a table:
 *
 *   bench [--rounds N] [--json FILE] [ROW...]
 *
 * On a machine that others use, too, the time of a single run says nothing. So all ways of doing a thing run in turns of some
 * 30 ms each, in an order that is shuffled for every round; what is compared is the processor time of the thread, and what
 * is shown is the median of the rounds' ratios. The first way stands in the table twice: how far that is from 1.00 tells
 * how far the others are to be believed.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SLICE_NS = 30000000, ROUNDS = 31, ROUNDS_MAX = 1000, SIDES_MAX = 8 };

static const struct bench_row *const rows[] = {
	&bench_small, &bench_large, &bench_short, &bench_long, &bench_six, &bench_cut, &bench_coalesced, &bench_messages,
	&bench_lines, &bench_readiness, &bench_cycle,
};
enum { ROWS = sizeof rows / sizeof *rows };

void bench_check(ptrdiff_t result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, sock_strerror((int)result));
	exit(1);
}

long bench_raw(long result, const char *what)
{
	if (result != -1)
		return result;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void bench_connect(struct sock pair[2])
{
	struct sock l;
	struct sock_addr addr = {"127.0.0.1", 0};

	bench_check(sock_serve(&l, &addr, 1), "serve");
	bench_check(sock_local(l, &addr), "local");
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

static double thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double measure(const struct bench_side *side, void *state, long n)
{
	double begun = thread_ns();

	side->run(state, n);
	return (thread_ns() - begun) / (double)n;
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

static void shuffle(int order[], int count)
{
	for (int i = count - 1; i > 0; i--) {
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

static double median(double values[], int count)
{
	qsort(values, (size_t)count, sizeof *values, compare);
	return values[count / 2];
}

/* Side 0 is the raw one, and so is the last. */
static void run_rounds(const struct bench_row *row, int sides, int rounds, double ns[SIDES_MAX][ROUNDS_MAX])
{
	void *state = row->begin();
	long n = calibrate(&row->sides[0], state);
	int order[SIDES_MAX];

	for (int i = 0; i <= sides; i++)
		order[i] = i;
	for (int round = 0; round < rounds; round++) {
		shuffle(order, sides + 1);
		for (int i = 0; i <= sides; i++)
			ns[order[i]][round] = measure(&row->sides[order[i] % sides], state, n);
	}
	row->end(state);
}

/* Whether every promise was kept. */
static int report(const struct bench_row *row, int sides, int rounds, double ns[SIDES_MAX][ROUNDS_MAX], FILE *json)
{
	static double ratio[ROUNDS_MAX], own[ROUNDS_MAX];
	int kept = 1;

	printf("%s: %s\n", row->name, row->what);
	for (int i = 0; i <= sides; i++) {
		const struct bench_side *side = &row->sides[i % sides];
		double limit = i < sides ? side->limit : 0, middle, time;

		for (int round = 0; round < rounds; round++) {
			ratio[round] = ns[i][round] / ns[0][round];
			own[round] = ns[i][round];
		}
		middle = median(ratio, rounds);
		time = median(own, rounds);
		printf("  %-34s %10.0f ns  %6.3f", i < sides ? side->name : "the first once more", time, middle);
		if (limit > 0)
			printf("  at most %.2f: %s", limit, middle <= limit ? "yes" : "NO");
		printf("\n");
		kept = kept && (limit <= 0 || middle <= limit);
		if (json)
			fprintf(json, "%s{\"row\": \"%s\", \"side\": \"%s\", \"ns\": %.1f, \"ratio\": %.4f, \"limit\": %.2f}",
				ftell(json) > 2 ? ",\n" : "", row->name, i < sides ? side->name : "again", time, middle, limit);
	}
	fflush(stdout);
	return kept;
}

static int run_row(const struct bench_row *row, int rounds, FILE *json)
{
	static double ns[SIDES_MAX][ROUNDS_MAX];
	int sides = 0;

	while (row->sides[sides].run)
		sides++;
	run_rounds(row, sides, rounds, ns);
	return report(row, sides, rounds, ns, json);
}

static int wanted(const struct bench_row *row, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], row->name) == 0)
			return 1;
	return count == 0;
}

int main(int argc, char **argv)
{
	int rounds = ROUNDS, kept = 1, first = 1;
	FILE *json = NULL;

	for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2)
		if (strcmp(argv[first], "--rounds") == 0)
			rounds = atoi(argv[first + 1]);
		else if (strcmp(argv[first], "--json") == 0)
			json = fopen(argv[first + 1], "w");
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench [--rounds 1...%d] [--json FILE] [ROW...]\n", ROUNDS_MAX);
		return 2;
	}
	setpriority(PRIO_PROCESS, 0, -20); /* where it is not allowed, the medians have more to do */
	bench_pin(0);
	if (json)
		fputs("[\n", json);
	for (int i = 0; i < ROWS; i++)
		if (wanted(rows[i], argv + first, argc - first))
			kept = run_row(rows[i], rounds, json) && kept;
	if (json) {
		fputs("\n]\n", json);
		fclose(json);
	}
	return !kept;
}
