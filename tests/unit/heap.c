/* SPDX-License-Identifier: MIT */

/* Waiting, waking, sending and receiving take nothing from the heap: malloc and its kin are counted by the linker's help. */

#include "testing.h"

#include <stdlib.h>

enum { PAIRS = 40 };

static volatile int is_out; /* of memory */
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
	return is_out ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations++;
	return is_out ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	allocations++;
	return is_out ? NULL : __real_realloc(block, size);
}

/* One of each, on every socket; what went wrong is only counted, because Check's own messages take from the heap. */
static int use(struct sock_poller *poller, struct sock pair[][2])
{
	struct sock_event events[PAIRS + 1]; /* and the wake */
	struct sock_wait_item item = {.s = pair[0][0], .interest = LIBSOCK_READABLE | LIBSOCK_WRITABLE};
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

static int ignore(void *context, const struct sock_interface_addr *row)
{
	(void)context;
	return row->index == 0;
}

/* Nothing that is made needs more descriptors afterwards: the harness counts. */
START_TEST(what_there_is_no_memory_for_says_so_and_leaves_nothing)
{
	enum { CALLS = 6 };
	const struct sock_addr literal = {"192.0.2.1", 0}, named = {"a-name.example", 0};
	const struct sock_poller none = {0};
	struct sock_poller poller, other;
	struct sock_addr out[2];
	struct sock pair[2];
	int results[CALLS];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	expect(sock_poller_open(&poller), 0);
	is_out = 1;
	results[0] = sock_poller_open(&other);
	results[1] = sock_interfaces(ignore, NULL);
	results[2] = sock_resolve(&named, LIBSOCK_AF_UNSPEC, out, 2, soon());
	results[3] = sock_resolve(&named, LIBSOCK_AF_INET, out, 2, soon());
	results[4] = sock_reverse(&literal, &out[0], soon());
	results[5] = sock_wait(NULL, 0, LIBSOCK_NOWAIT); /* needs none */
	is_out = 0;
	for (int i = 0; i < CALLS - 1; i++)
		ck_assert_msg(results[i] == LIBSOCK_ENOMEM, "call %d: %s", i, sock_errname(results[i]));
	expect(results[CALLS - 1], LIBSOCK_EAGAIN);
	ck_assert_mem_eq(&other, &none, sizeof none);
	sock_poller_close(&poller);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

/* A poller makes room by and by. */
START_TEST(a_poller_without_memory_watches_what_it_did)
{
	enum { MANY = 80 };
	static struct sock pair[MANY][2];
	struct sock_event events[2 * MANY];
	struct sock_poller poller;
	int added = 0, err = 0;

	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < MANY; i++)
		expect(sock_pair(pair[i], LIBSOCK_STREAM), 0);
	expect(sock_poller_add(&poller, pair[0][0], LIBSOCK_WRITABLE, NULL), 0);
	is_out = 1;
	for (added = 1; added < MANY; added++)
		if ((err = sock_poller_add(&poller, pair[added][0], LIBSOCK_WRITABLE, NULL)) < 0)
			break;
	is_out = 0;
	expect(err, LIBSOCK_ENOMEM);
	expect(sock_poller_modify(&poller, pair[added][0], 0, NULL), LIBSOCK_ENOENT);
	expect(sock_poller_wait(&poller, events, 2 * MANY, soon()), added);
	expect(sock_poller_add(&poller, pair[added][0], LIBSOCK_WRITABLE, NULL), 0);
	sock_poller_close(&poller);
	for (int i = 0; i < 2 * MANY; i++)
		sock_close(&pair[i / 2][i % 2]);
}
END_TEST

/* In smaller steps. */
START_TEST(a_file_is_sent_without_memory)
{
	enum { SIZE = 30001 };
	static char content[SIZE], got[SIZE];
	struct sock pair[2];
	FILE *file = tmpfile();
	uint64_t done;
	int err, before;

	for (int i = 0; i < SIZE; i++)
		content[i] = (char)(i * 31 + i / 251);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(content, 1, SIZE, file), SIZE);
	ck_assert_int_eq(fflush(file), 0);
	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	before = allocations;
	is_out = 1;
	err = sock_sendfile(pair[0], native_file(file), 0, SIZE, &done, soon());
	is_out = 0;
	ck_assert_int_gt(allocations, before);
	expect(err, 0);
	ck_assert_uint_eq(done, SIZE);
	expect(sock_recv_exact(pair[1], got, SIZE, NULL, soon()), 0);
	ck_assert_mem_eq(got, content, SIZE);
	fclose(file);
	sock_close(&pair[0]);
	sock_close(&pair[1]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{nothing_is_allocated_while_waiting},
		{what_there_is_no_memory_for_says_so_and_leaves_nothing},
		{a_poller_without_memory_watches_what_it_did},
		{a_file_is_sent_without_memory},
		{0},
	};

	return testing_main("heap", tests);
}
