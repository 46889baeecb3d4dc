/* SPDX-License-Identifier: MIT */

/*
 * What the rows of the benchmark share. A row does one thing in several ways; the first is raw system calls, and the
 * others are compared with it in the same run.
 */

#ifndef BENCH_H
#define BENCH_H

#include <libsock.h>
#include <stddef.h>

/* One way of doing it, `n` times. */
struct bench_side {
	const char *name;
	void (*run)(void *state, long n);
	double limit; /* at most this many times the first side's time; 0: none is promised */
};

struct bench_row {
	const char *name, *what;
	void *(*begin)(void); /* not measured */
	void (*end)(void *state);
	struct bench_side sides[6]; /* ends with {0} */
	int both; /* the time of all threads counts, and a limit is one of the better of the raw ways, which come first */
};

extern const struct bench_row bench_small, bench_large, bench_messages, bench_lines, bench_readiness, bench_cycle;
extern const struct bench_row bench_short, bench_long, bench_six, bench_cut, bench_coalesced;
extern const struct bench_row bench_files[6];

/* What another library can do of the rows; each side stands in its row below those of this library, with no limit. */
struct bench_peer {
	void (*begin)(void *state); /* after the row's; not measured, and left to the end of the process */
	struct {
		const char *row;
		struct bench_side side;
	} does[6]; /* ends with {0} */
};

/* The rows of R1: what is sent and received by all, so that its place in memory makes no difference. */
enum { BENCH_SMALL = 64, BENCH_LARGE = 65536 };
extern char bench_data[BENCH_LARGE];

/* R7: its state begins with the connections; those that ask come first. */
enum { BENCH_ACTIVE = 100, BENCH_ALL = 9800 };

/* The program ends with a line that says what failed, if the result is an error. */
void bench_check(ptrdiff_t result, const char *what);

/* The same for a raw call: -1 is an error. Returns the result. */
long bench_raw(long result, const char *what);

/* The same for what is true if it went well. */
void bench_must(int good, const char *what);

/* Two ends of a TCP connection on the loopback. */
void bench_connect(struct sock pair[2]);

/* Run on one processor from now on, where there is such a one. */
void bench_pin(int processor);

#endif
