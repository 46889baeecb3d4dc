/* SPDX-License-Identifier: MIT */

/* Two copies of libsock in one program: the shared library, and one in a plug-in (PLUGIN is its path). */

#include "testing.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* The calls of a copy. */
struct copy {
	__typeof__(sock_open) *open;
	__typeof__(sock_serve) *serve;
	__typeof__(sock_local_addr) *local;
	__typeof__(sock_dial) *dial;
	__typeof__(sock_accept) *accept;
	__typeof__(sock_send_all) *send_all;
	__typeof__(sock_recv_exact) *recv_all;
	__typeof__(sock_recv) *recv;
	__typeof__(sock_close_gracefully) *finish;
	__typeof__(sock_close) *close;
	__typeof__(sock_pair) *pair;
	__typeof__(sock_send_socket) *send_socket;
	__typeof__(sock_recv_socket) *recv_socket;
	__typeof__(sock_resolve) *resolve;
	__typeof__(sock_now) *now;
	__typeof__(sock_poller_open) *poller_open;
	__typeof__(sock_poller_add) *poller_add;
	__typeof__(sock_poller_remove) *poller_remove;
	__typeof__(sock_poller_wait) *poller_wait;
	__typeof__(sock_poller_wake) *poller_wake;
	__typeof__(sock_poller_close) *poller_close;
};

static const char *const names[] = {
	"open", "serve", "local_addr", "dial", "accept", "send_all", "recv_exact", "recv", "close_gracefully", "close", "pair",
	"send_socket", "recv_socket", "resolve", "now", "poller_open", "poller_add", "poller_remove", "poller_wait",
	"poller_wake", "poller_close",
};
enum { NAMES = sizeof names / sizeof names[0] };
_Static_assert(sizeof(struct copy) == NAMES * sizeof(void *), "a name for each call");

static struct copy copies[2]; /* the program's own, the plug-in's */

static int find(struct copy *copy, void *module)
{
	char name[64];
	void *found;

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof name, "libsock_%s", names[i]);
		found = dlsym(module, name);
		if (found == NULL)
			return 0;
		memcpy((char *)copy + (size_t)i * sizeof found, &found, sizeof found);
	}
	return 1;
}

START_TEST(there_are_two)
{
	for (int i = 0; i < NAMES; i++)
		ck_assert_int_ne(memcmp((char *)&copies[0] + (size_t)i * sizeof(void *), (char *)&copies[1] + (size_t)i * sizeof(void *),
					sizeof(void *)),
				 0);
	ck_assert_int_le(copies[1].now() - copies[0].now(), 1); /* deadlines are of one clock */
}
END_TEST

/* A connection of which each copy has made one end, and uses the other's, too. */
START_TEST(sockets_of_one_work_in_the_other)
{
	for (int i = 0; i < 2 * 2; i++) {
		const struct copy *a = &copies[i % 2], *b = &copies[!(i % 2)];
		struct sock_addr addr = loopback(i / 2 ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET, 0);
		struct sock l, client, server, channel[2], taken;
		char data[5];

		expect(a->serve(&l, LIBSOCK_STREAM, &addr, 1), 0);
		expect(a->local(l, &addr), 0);
		expect(b->dial(&client, LIBSOCK_STREAM, &addr, soon()), 0);
		expect(b->accept(l, &server, NULL, soon()), 0);
		expect(a->send_all(client, "hello", 5, NULL, soon()), 0);
		expect(b->recv_all(server, data, 5, NULL, soon()), 0);
		expect(a->pair(channel, LIBSOCK_STREAM), 0);
		expect(a->send_socket(channel[0], server, soon()), 0);
		expect(b->recv_socket(channel[1], &taken, soon()), 0);
		expect(a->close(&server), 0);
		expect(b->send_all(taken, "again", 5, NULL, soon()), 0);
		expect(a->recv_all(client, data, 5, NULL, soon()), 0);
		expect(a->close(&taken), 0);
		expect(a->finish(&client, soon()), 0);
		expect(b->close(&l), 0);
		expect(b->close(&channel[0]), 0);
		expect(b->close(&channel[1]), 0);
	}
}
END_TEST

/* Each copy's poller tells of sockets that the other opened, until they are removed, which comes before the other's close. */
START_TEST(pollers_tell_of_the_others_sockets_until_they_are_removed)
{
	for (int i = 0; i < 2; i++) {
		const struct copy *a = &copies[i], *b = &copies[!i];
		struct sock_poller mine, other;
		struct sock_event event;
		struct sock pair[2];
		int duplicate;

		expect(a->poller_open(&mine), 0);
		expect(b->poller_open(&other), 0);
		expect(b->pair(pair, LIBSOCK_STREAM), 0);
		expect(a->poller_add(&mine, pair[0], LIBSOCK_READABLE, pair), 0);
		expect(b->poller_add(&other, pair[0], LIBSOCK_READABLE, pair), 0);
		expect(b->send_all(pair[1], "x", 1, NULL, soon()), 0);
		expect(a->poller_wait(&mine, &event, 1, soon()), 1);
		ck_assert_ptr_eq(event.data, pair);
		expect(b->poller_wait(&other, &event, 1, soon()), 1);
		ck_assert_ptr_eq(event.data, pair);
		duplicate = dup((int)pair[0].fd);
		ck_assert_int_ge(duplicate, 0);
		expect(a->poller_remove(&mine, pair[0]), 0);
		expect(b->close(&pair[0]), 0); /* the closing copy's own poller needs no remove */
		expect(a->poller_wait(&mine, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(b->poller_wait(&other, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
		expect(b->poller_wake(&mine), 0);
		expect(a->poller_wait(&mine, &event, 1, soon()), 0);
		close(duplicate);
		expect(a->close(&pair[1]), 0);
		expect(a->poller_close(&mine), 0);
		expect(b->poller_close(&other), 0);
	}
}
END_TEST

enum { LOOK_UPS = 200 };

/* In the place of the system's, which might ask the network. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)name;
	(void)service;
	(void)hints;
	*list = NULL;
	return EAI_NONAME;
}

static void *look_up(void *context)
{
	const struct copy *copy = context;
	struct sock_addr out[4];
	intptr_t right = 0;

	for (int i = 0; i < LOOK_UPS; i++) {
		right += copy->resolve(&(struct sock_addr){"a-name.example", 0}, LIBSOCK_AF_UNSPEC, out, 4, soon()) == LIBSOCK_EAI_NONAME;
		right += copy->resolve(&(struct sock_addr){"localhost", 0}, LIBSOCK_AF_UNSPEC, out, 4, soon()) == 2;
	}
	return (void *)right;
}

START_TEST(look_ups_of_both_run_beside_each_other)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, look_up, &copies[i % 2]), 0);
	for (int i = 0; i < 4; i++) {
		void *right;

		pthread_join(threads[i], &right);
		ck_assert_int_eq((int)(intptr_t)right, 2 * LOOK_UPS);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{there_are_two},
		{sockets_of_one_work_in_the_other},
		{pollers_tell_of_the_others_sockets_until_they_are_removed},
		{look_ups_of_both_run_beside_each_other},
		{0},
	};
	void *plugin = dlopen(PLUGIN, RTLD_NOW | RTLD_LOCAL);

	if (plugin == NULL || !find(&copies[0], RTLD_DEFAULT) || !find(&copies[1], plugin)) {
		printf("Bail out! %s\n", dlerror());
		return 1;
	}
	return testing_main("copies", tests);
}
