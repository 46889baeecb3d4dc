/* SPDX-License-Identifier: MIT */

/* Waiting, waking, sending and receiving take nothing from the heap: malloc and its kin are counted by the linker's help. */

#include "testing.h"

#include <stdlib.h>

enum { PAIRS = 40 };

static volatile int allocations; /* a compiler knows that malloc changes nothing of the kind */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	allocations++;
	return __real_realloc(block, size);
}

/* One of each, on every socket; what went wrong is only counted, because Check's own messages take from the heap. */
static int use(struct sock_poller *poller, struct sock pair[][2])
{
	struct sock_event events[PAIRS + 1]; /* and the wake */
	struct sock_item item = {.s = pair[0][0], .wanted = LIBSOCK_READABLE | LIBSOCK_WRITABLE};
	char data[8];
	int bad = 0;

	for (int i = 0; i < PAIRS; i++)
		bad += sock_send(pair[i][1], "x", 1, soon()) != 1;
	bad += sock_wait(&item, 1, soon()) != 1;
	bad += sock_poller_wait(poller, events, PAIRS + 1, soon()) < 1;
	bad += sock_poller_wake(poller) != 0;
	bad += sock_poller_wait(poller, events, PAIRS + 1, soon()) < 0;
	for (int i = 0; i < PAIRS; i++)
		bad += sock_recv(pair[i][0], data, sizeof data, soon()) != 1;
	bad += sock_poller_wait(poller, events, PAIRS + 1, sock_after(1)) != LIBSOCK_ETIMEDOUT;
	bad += sock_poller_modify(poller, pair[0][0], LIBSOCK_READABLE, NULL) != 0;
	return bad;
}

START_TEST(nothing_is_allocated_while_waiting)
{
	static struct sock pair[PAIRS][2];
	struct sock_poller poller;
	void *volatile block;
	int before, bad, during;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < PAIRS; i++) {
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
		expect(sock_poller_add(&poller, pair[i][0], LIBSOCK_READABLE, NULL), 0);
	}
	before = allocations;
	block = malloc(1);
	free(block);
	ck_assert_int_eq(allocations, before + 1); /* the count counts */
	before = allocations;
	bad = use(&poller, pair);
	during = allocations - before;
	expect(bad, 0);
	expect(during, 0);
	for (int i = 0; i < PAIRS; i++) {
		sock_close(&pair[i][0]);
		sock_close(&pair[i][1]);
	}
	sock_poller_close(&poller);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{nothing_is_allocated_while_waiting},
		{0},
	};

	return testing_main("heap", tests);
}
