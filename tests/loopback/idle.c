/* SPDX-License-Identifier: MIT */

/* What ten thousand connections that do nothing cost the process that holds them, in its own memory. */

#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 10000, LIMIT_KIB = 4096 };

static int allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -1;
	limit.rlim_cur = CONNECTIONS + 200;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur; /* root may */
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Memory that is the process's alone: no files, no libraries. */
static long own_memory_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof line, status))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = strtol(line + 8, NULL, 10);
	fclose(status);
	ck_assert_int_gt(kib, 0);
	return kib;
}

/* The other process: connects, and stays until the channel ends. Resets, lest the machine remember all of them. */
static int be_the_clients(const struct sock_addr *addr, struct sock channel)
{
	static struct sock clients[CONNECTIONS];
	char byte;
	int err = 0;

	for (int i = 0; i < CONNECTIONS && err == 0; i++) {
		err = sock_open(&clients[i], LIBSOCK_AF_INET, LIBSOCK_STREAM);
		if (err == 0)
			err = sock_connect(clients[i], addr, sock_after(30000));
	}
	sock_recv(channel, &byte, 1, sock_after(60000));
	for (int i = 0; i < CONNECTIONS; i++) {
		if (clients[i].family != 0)
			native_linger_zero(sock_native(clients[i]));
		sock_close(&clients[i]);
	}
	return err == 0 ? 0 : 1;
}

START_TEST(ten_thousand_idle_connections_cost_less_than_four_megabytes)
{
	struct sock_addr addr;
	struct sock l = listener(LIBSOCK_AF_INET, 4096, &addr), channel[2], *conns;
	struct sock_poller poller;
	struct sock_event event;
	long before, after;
	int status = -1;
	pid_t child;

	ck_assert_int_eq(allow_descriptors(), 0);
	expect(sock_pair(channel, LIBSOCK_STREAM), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		sock_close(&channel[0]);
		_exit(be_the_clients(&addr, channel[1]));
	}
	sock_close(&channel[1]);

	before = own_memory_kib();
	conns = malloc(CONNECTIONS * sizeof *conns);
	ck_assert_ptr_nonnull(conns);
	expect(sock_poller_open(&poller), 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		expect(sock_accept(l, &conns[i], NULL, sock_after(30000)), 0);
		expect(sock_poller_add(&poller, conns[i], LIBSOCK_READABLE, &conns[i]), 0);
	}
	expect(sock_poller_wait(&poller, &event, 1, LIBSOCK_NOWAIT), LIBSOCK_EAGAIN);
	after = own_memory_kib();
	printf("# %d idle connections cost %ld KiB\n", CONNECTIONS, after - before);
	ck_assert_int_lt(after - before, LIMIT_KIB);

	sock_close(&channel[0]);
	for (int i = 0; i < CONNECTIONS; i++) {
		char byte;

		expect(sock_recv(conns[i], &byte, 1, sock_after(30000)), LIBSOCK_ECONNRESET);
		sock_close(&conns[i]);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	expect(status, 0);
	free(conns);
	sock_poller_close(&poller);
	sock_close(&l);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{ten_thousand_idle_connections_cost_less_than_four_megabytes},
		{0},
	};

	return testing_main("idle", tests);
}
