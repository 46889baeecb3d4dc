/* SPDX-License-Identifier: MIT */

/* Which descriptors have been closed: where two share a place, one is never taken for the other. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ONE = 8 * NATIVE_NUMBER_STEP, APART = 4096 * NATIVE_NUMBER_STEP };

START_TEST(a_close_is_of_the_number_that_was_closed)
{
	const uintptr_t before = bsd_closes(ONE);

	ck_assert(!bsd_closed_since(ONE, before));
	os_forget(ONE + NATIVE_NUMBER_STEP);
	ck_assert(bsd_closes(ONE) == before);
	os_forget(ONE + APART);
	ck_assert(bsd_closes(ONE) != before);
	ck_assert(!bsd_closed_since(ONE, before));
	ck_assert(bsd_closed_since(ONE + APART, before));
	os_forget(ONE);
	ck_assert(bsd_closed_since(ONE, before));
	ck_assert(!bsd_closed_since(ONE, bsd_closes(ONE)));
}
END_TEST

static atomic_int is_over;

static void *close_its_neighbour(void *unused)
{
	(void)unused;
	while (!is_over)
		os_forget(ONE + APART);
	return NULL;
}

START_TEST(what_another_thread_closes_is_not_taken_for_ones_own)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, close_its_neighbour, NULL), 0);
	for (int i = 0; i < 300000; i++) {
		uintptr_t mine;

		os_forget(ONE);
		mine = bsd_closes(ONE); /* of the socket that has the number now */
		for (int look = 0; look < 10; look++)
			ck_assert(!bsd_closed_since(ONE, mine));
	}
	is_over = 1;
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_close_is_of_the_number_that_was_closed},
		{what_another_thread_closes_is_not_taken_for_ones_own},
		{0},
	};

	return testing_main("closed", tests);
}
