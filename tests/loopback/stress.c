/* SPDX-License-Identifier: MIT */

/*
 * A poller whose sockets are added, changed, removed, closed and opened again at random from its own loop, while another
 * thread wakes it. A model of what each socket has to tell stands beside it. STRESS_SECONDS says how long, 2 by default.
 */

#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { SLOTS = 40, ROOM = SLOTS + 1, EVENTS_MIN = 100 };

struct slot {
	struct sock watched, peer;
	bool added, ended; /* the peer has sent its end of file */
	int interest, unread;
	long touched; /* in which batch it was last changed: an event from before is stale */
};

struct stress {
	struct sock_poller poller;
	struct slot slots[SLOTS];
	unsigned random;
	long batch, events, wakes;
	atomic_bool over;
};

/* Enough chance for a test, and the same one every time. */
static unsigned chance(struct stress *stress, unsigned below)
{
	stress->random = stress->random * 1664525u + 1013904223u;
	return (stress->random >> 8) % below;
}

static void add(struct stress *stress, struct slot *slot)
{
	slot->interest = (int)chance(stress, 4);
	expect(sock_poller_add(&stress->poller, slot->watched, slot->interest, slot), 0);
	slot->added = true;
}

static void open_slot(struct stress *stress, struct slot *slot)
{
	struct sock pair[2];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	*slot = (struct slot){.watched = pair[0], .peer = pair[1]};
	add(stress, slot);
}

/* On POSIX a socket may be closed without being removed first. */
static void close_slot(struct stress *stress, struct slot *slot)
{
	if (slot->added && chance(stress, 2))
		expect(sock_poller_remove(&stress->poller, slot->watched), 0);
	sock_close(&slot->watched);
	sock_close(&slot->peer);
	*slot = (struct slot){0};
}

static void use_slot(struct stress *stress, struct slot *slot)
{
	char byte;

	switch (chance(stress, 6)) {
	case 0:
		if (slot->unread > 0) {
			expect(sock_recv(slot->watched, &byte, 1, soon()), 1);
			slot->unread--;
		}
		break;
	case 1:
		if (!slot->ended && slot->unread < 4) {
			expect(sock_send(slot->peer, "x", 1, soon()), 1);
			slot->unread++;
		}
		break;
	case 2:
		if (!slot->ended) {
			expect(sock_shutdown(slot->peer, LIBSOCK_SHUT_WR), 0);
			slot->ended = true;
		}
		break;
	case 3:
		if (slot->added)
			expect(sock_poller_remove(&stress->poller, slot->watched), 0);
		slot->added = false;
		break;
	case 4:
		close_slot(stress, slot);
		break;
	default:
		if (slot->added)
			expect(sock_poller_modify(&stress->poller, slot->watched, slot->interest = (int)chance(stress, 4), slot), 0);
		else
			add(stress, slot);
	}
}

static void act(struct stress *stress)
{
	struct slot *slot = &stress->slots[chance(stress, SLOTS)];

	if (slot->watched.family == 0)
		open_slot(stress, slot);
	else
		use_slot(stress, slot);
	slot->touched = stress->batch;
}

static int due(const struct slot *slot)
{
	int told = slot->unread > 0 ? LIBSOCK_READABLE | LIBSOCK_WRITABLE : LIBSOCK_WRITABLE;

	if (!slot->added)
		return 0;
	if (slot->ended && slot->interest & LIBSOCK_READABLE)
		return (told & slot->interest) | LIBSOCK_READABLE | LIBSOCK_PEER_ENDED;
	return told & slot->interest;
}

/* All of it, but that the end may be kept back while there are bytes before it. */
static bool is_whole(const struct slot *slot, int told)
{
	int missing = due(slot) & ~told;

	return missing == 0 || (missing == LIBSOCK_PEER_ENDED && slot->unread > 0);
}

static bool anything_due(const struct stress *stress)
{
	for (int i = 0; i < SLOTS; i++)
		if (due(&stress->slots[i]))
			return true;
	return false;
}

/* What is told must be true; it may be late, where bytes are on their way. */
static void check_event(const struct slot *slot, int told)
{
	ck_assert_msg(slot->added, "told of a socket that is not there");
	ck_assert_msg(told != 0 && (told & ~due(slot)) == 0, "told %d where %d is due", told, due(slot));
}

static void one_batch(struct stress *stress)
{
	struct sock_event events[ROOM];
	int count;

	stress->batch++;
	count = sock_poller_wait(&stress->poller, events, ROOM, anything_due(stress) ? soon() : LIBSOCK_NOWAIT);
	ck_assert_msg(count >= 0 || (count == LIBSOCK_EAGAIN && !anything_due(stress)), "%s", sock_errname(count));
	stress->wakes += count == 0;
	for (int i = 0; i < count; i++) {
		const struct slot *slot = events[i].data;

		if (slot->touched != stress->batch)
			check_event(slot, events[i].ready);
		stress->events++;
		act(stress);
	}
	act(stress);
}

/* Everything that is due comes, in the end, to be told at the same time. */
static void settle(struct stress *stress)
{
	struct sock_event events[ROOM];
	int64_t by = soon();
	int interest = 0, right;

	for (int i = 0; i < SLOTS; i++)
		interest += due(&stress->slots[i]) != 0;
	do {
		int count = sock_poller_wait(&stress->poller, events, ROOM, interest ? by : LIBSOCK_NOWAIT);

		ck_assert_msg(count >= 0 || (count == LIBSOCK_EAGAIN && interest == 0), "%s", sock_errname(count));
		right = 0;
		for (int i = 0; i < count; i++)
			right += is_whole(events[i].data, events[i].ready);
	} while (right < interest && sock_now() < by);
	expect(right, interest);
}

static void *wake_until_over(void *argument)
{
	struct stress *stress = argument;

	while (!atomic_load(&stress->over))
		expect(sock_poller_wake(&stress->poller), 0);
	return NULL;
}

START_TEST(random_changes_from_the_loop_and_wakes_leave_every_event_true)
{
	static struct stress stress;
	const char *seconds = getenv("STRESS_SECONDS");
	int64_t until = sock_after(seconds ? atol(seconds) * 1000 : 2000);
	pthread_t thread;

	stress.random = 20261124;
	expect(sock_poller_open(&stress.poller), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, wake_until_over, &stress), 0);
	while (sock_now() < until || stress.events < EVENTS_MIN)
		one_batch(&stress);
	atomic_store(&stress.over, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	settle(&stress);
	for (int i = 0; i < SLOTS; i++)
		if (stress.slots[i].watched.family != 0)
			close_slot(&stress, &stress.slots[i]);
	sock_poller_close(&stress.poller);
	printf("# %ld batches, %ld events, %ld returns by a wake alone\n", stress.batch, stress.events, stress.wakes);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{random_changes_from_the_loop_and_wakes_leave_every_event_true},
		{0},
	};

	return testing_main("stress", tests);
}
