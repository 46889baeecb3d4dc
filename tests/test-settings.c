/* SPDX-License-Identifier: MIT */

/*
 * What the machine's settings decide: ports that are used up or not everybody's, queues, families, and how long the system
 * tries. In a network namespace of the test's own; on Linux, as root.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};
static int is_alone; /* in a namespace, where settings may be written */

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	ck_assert_msg(file != NULL, "%s", path);
	fputs(value, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void be_alone(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0 || access("/proc/sys/net/ipv4/tcp_syn_retries", W_OK) != 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	is_alone = ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
}

START_TEST(an_ipv6_socket_is_dual_stack_whatever_the_default)
{
	if (!is_alone)
		return;
	set("/proc/sys/net/ipv6/bindv6only", "1");
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock_addr addr = {"", 0};
		struct sock six, four;
		int64_t only = -1;

		expect(sock_open(&six, LIBSOCK_AF_INET6, type), 0);
		expect(sock_get(six, LIBSOCK_V6ONLY, &only), 0);
		ck_assert_int_eq(only, 0);
		expect(sock_bind(six, &addr), 0);
		expect(sock_local(six, &addr), 0);
		if (type == LIBSOCK_STREAM)
			expect(sock_listen(six, 1), 0);
		addr = loopback(LIBSOCK_AF_INET, addr.port);
		expect(sock_open(&four, LIBSOCK_AF_INET, type), 0);
		expect(sock_connect(four, &addr, soon()), 0);
		expect(sock_send(four, "x", 1, soon()), 1);
		expect(sock_wait(&(struct sock_item){.s = six, .wanted = LIBSOCK_READABLE}, 1, soon()), 1);
		sock_close(&four);
		sock_close(&six);
	}
	set("/proc/sys/net/ipv6/bindv6only", "0");
}
END_TEST

START_TEST(an_adopted_socket_keeps_all_but_its_inheritance)
{
	int fd, on = 1;
	struct sock s;
	int64_t value = -1;

	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
	ck_assert_int_eq(setsockopt(fd, 41 /* IPPROTO_IPV6 */, 26 /* IPV6_V6ONLY */, &on, sizeof on), 0);
	expect(sock_adopt(&s, fd), 0);
	expect(sock_get(s, LIBSOCK_V6ONLY, &value), 0);
	ck_assert_int_eq(value, 1);
	expect(sock_get(s, LIBSOCK_KEEPALIVE, &value), 0);
	ck_assert_int_eq(value, 1);
	expect(sock_get(s, LIBSOCK_NODELAY, &value), 0);
	ck_assert_int_eq(value, 0);
	sock_close(&s);
}
END_TEST

START_TEST(used_up_ports_are_told_of)
{
	if (!is_alone)
		return;
	set("/proc/sys/net/ipv4/ip_local_port_range", "40001 40002");
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr = loopback(families[f], 50000), any = loopback(families[f], 0);
		struct sock l, s[4];
		int err = 0, made = 0;

		expect(sock_open(&l, families[f], LIBSOCK_STREAM), 0);
		expect(sock_bind(l, &addr), 0);
		expect(sock_listen(l, 8), 0);
		while (err == 0 && made < 4) {
			expect(sock_open(&s[made], families[f], LIBSOCK_STREAM), 0);
			err = sock_connect(s[made], &addr, made % 2 ? soon() : LIBSOCK_FOREVER);
			made++;
		}
		expect(err, LIBSOCK_EADDRNOTAVAIL);
		while (made > 0)
			sock_close(&s[--made]);
		sock_close(&l);
		for (err = 0; err == 0 && made < 4; made++) {
			expect(sock_open(&s[made], families[f], LIBSOCK_DGRAM), 0);
			err = sock_bind(s[made], &any);
		}
		expect(err, LIBSOCK_EADDRINUSE);
		while (made > 0)
			sock_close(&s[--made]);
	}
	set("/proc/sys/net/ipv4/ip_local_port_range", "32768 60999");
}
END_TEST

static int of_listener(void *context, const struct sock_connection *row)
{
	const struct sock_connection *wanted = context;

	if (row->state != LIBSOCK_STATE_LISTEN || row->local.port != wanted->local.port)
		return 0;
	*(struct sock_connection *)context = *row;
	return 1;
}

START_TEST(a_queue_of_0_is_the_systems_longest)
{
	static const int rows[][2] = {{0, 17}, {5, 5}, {17, 17}, {1000, 17}}; /* asked for, got */

	if (!is_alone)
		return;
	set("/proc/sys/net/core/somaxconn", "17");
	for (int i = 0; i < 8; i++) {
		struct sock_connection found = {0};
		struct sock l = listener(families[i / 4], rows[i % 4][0], &found.local);

		expect(sock_connections(of_listener, &found), 1);
		if (found.send_queue != -1)
			ck_assert_int_eq(found.send_queue, rows[i % 4][1]);
		sock_close(&l);
	}
	set("/proc/sys/net/core/somaxconn", "4096");
}
END_TEST

START_TEST(no_way_there_is_told_by_every_call)
{
	static const char *const hosts[] = {"192.0.2.1", "2001:db8::1"};

	if (!is_alone)
		return;
	for (int f = 0; f < 2; f++) {
		struct sock_addr addr;
		struct sock t, u;

		expect(sock_addr_set(&addr, hosts[f], 9), 0);
		expect(sock_open(&t, families[f], LIBSOCK_STREAM), 0);
		expect(sock_open(&u, families[f], LIBSOCK_DGRAM), 0);
		expect(sock_connect(t, &addr, soon()), LIBSOCK_ENETUNREACH);
		expect(sock_connect(u, &addr, soon()), LIBSOCK_ENETUNREACH);
		expect(sock_sendto(u, "x", 1, &addr, soon()), LIBSOCK_ENETUNREACH);
		sock_close(&t);
		expect(sock_dial(&t, &addr, soon()), LIBSOCK_ENETUNREACH);
		sock_close(&u);
	}
}
END_TEST

/* Two tries, after one second and two more: the connection is over when the system says so, not at the deadline. */
START_TEST(what_the_system_gives_up_is_not_late)
{
	struct sock s[64] = {{0}}, l, dialled;
	struct sock_addr addr;
	int count = 0, err = 0;

	if (!is_alone)
		return;
	set("/proc/sys/net/ipv4/tcp_syn_retries", "1");
	l = listener(LIBSOCK_AF_INET6, 1, &addr);
	while (err == 0 && count < 60) { /* a full queue does not answer */
		expect(sock_open(&s[count], LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
		err = sock_connect(s[count++], &addr, sock_after(100));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	expect(sock_open(&s[count], LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
	expect(sock_connect(s[count++], &addr, LIBSOCK_FOREVER), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_connected(s[count - 2], soon()), LIBSOCK_ECONNTIMEDOUT); /* the one whose deadline passed */
	expect(sock_dial(&dialled, &addr, soon()), LIBSOCK_ECONNTIMEDOUT);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	set("/proc/sys/net/ipv4/tcp_syn_retries", "6");
}
END_TEST

/* As somebody who may not: what is root's in this folder, and the ports below 1024. */
START_TEST(without_permission_it_is_eacces)
{
	struct sock_addr port = loopback(LIBSOCK_AF_INET, 1023), path = {"closed/socket", 0};
	struct sock t, u, l, client;

	if (!is_alone)
		return;
	set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024");
	ck_assert_int_eq(mkdir("closed", 0700), 0);
	expect(sock_open(&t, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	expect(sock_open(&u, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_open(&l, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_open(&client, LIBSOCK_AF_UNIX, LIBSOCK_STREAM), 0);
	expect(sock_bind(l, &path), 0);
	expect(sock_listen(l, 1), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	expect(sock_bind(t, &port), LIBSOCK_EACCES);
	expect(sock_bind(u, &(struct sock_addr){"closed/other", 0}), LIBSOCK_EACCES);
	expect(sock_connect(client, &path, soon()), LIBSOCK_EACCES);
	ck_assert_int_eq(seteuid(0), 0);
	sock_close(&t);
	sock_close(&u);
	sock_close(&l);
	sock_close(&client);
	unlink("closed/socket");
	rmdir("closed");
}
END_TEST

START_TEST(a_path_that_leads_nowhere_says_why)
{
	static const struct {
		const char *path;
		int bind, connect;
	} rows[] = {
		{"missing/x", LIBSOCK_ENOENT, LIBSOCK_ENOENT}, {"file/x", LIBSOCK_ENOTDIR, LIBSOCK_ENOTDIR},
		{"loop/x", LIBSOCK_ELOOP, LIBSOCK_ELOOP},	{"", LIBSOCK_ENAME, LIBSOCK_ENAME},
		{"file", LIBSOCK_EADDRINUSE, LIBSOCK_ECONNREFUSED}, {"absent", 0, LIBSOCK_ECONNREFUSED},
	};
	FILE *file = fopen("file", "w");

	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		const int type = i % 2 ? LIBSOCK_STREAM : LIBSOCK_DGRAM;
		struct sock_addr addr;
		struct sock s, client;

		expect(sock_addr_set(&addr, rows[i / 2].path, 0), 0);
		expect(sock_open(&s, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_open(&client, LIBSOCK_AF_UNIX, type), 0);
		expect(sock_bind(s, &addr), rows[i / 2].bind);
		sock_close(&s);
		expect(sock_connect(client, &addr, soon()), rows[i / 2].connect);
		expect(sock_connect(client, &addr, LIBSOCK_NOWAIT), rows[i / 2].connect);
		sock_close(&client);
		unlink("absent");
	}
	unlink("file");
	unlink("loop");
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* which end the program there */
START_TEST(memory_that_is_not_the_programs_is_efault)
{
	void *const nowhere = (void *)16;

	for (int f = 0; f < 2; f++) {
		struct sock a, b, d;
		struct sock_addr addr;
		char data[4];

		connected_pair(families[f], &a, &b);
		d = datagram(families[f], &addr);
		expect(sock_send(a, nowhere, 4, soon()), LIBSOCK_EFAULT);
		expect(sock_sendto(d, nowhere, 4, &addr, soon()), LIBSOCK_EFAULT);
		expect(sock_send(a, "x", 1, soon()), 1);
		expect(sock_recv(b, nowhere, 4, soon()), LIBSOCK_EFAULT);
		expect(sock_recv(b, data, sizeof data, soon()), 1);
		sock_close(&a);
		sock_close(&b);
		sock_close(&d);
	}
}
END_TEST
#endif

/* A time-out that the descriptor's owner has set is none of the caller's deadlines. */
START_TEST(forever_outlasts_the_descriptors_own_time_outs)
{
	const struct timeval soon_over = {.tv_usec = 20000};
	struct sock a, b;
	char data[4];
	pid_t child;
	int status = -1;

	connected_pair(LIBSOCK_AF_INET, &a, &b);
	ck_assert_int_eq(setsockopt((int)sock_native(a), SOL_SOCKET, SO_RCVTIMEO, &soon_over, sizeof soon_over), 0);
	expect(sock_recv(a, data, sizeof data, sock_after(100)), LIBSOCK_ETIMEDOUT);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		sock_wait(NULL, 0, sock_after(100)); /* several time-outs later, which only a wait that goes on outlasts */
		_exit(sock_send(b, "x", 1, soon()) == 1 ? 0 : 1);
	}
	expect(sock_recv(a, data, sizeof data, LIBSOCK_FOREVER), 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	sock_close(&a);
	sock_close(&b);
}
END_TEST

/* Row of docs/porting.md about a peer that closes without reading: the system forgets the error. */
START_TEST(a_unix_peer_that_closes_with_unread_data_is_a_reset_once)
{
	struct sock pair[2];
	char data[4];

	expect(sock_pair(pair, LIBSOCK_STREAM), 0);
	ck_assert_int_eq(pair[0].family, LIBSOCK_AF_UNIX);
	expect(sock_send(pair[0], "x", 1, soon()), 1);
	expect(sock_close(&pair[1]), 0);
	expect(sock_recv(pair[0], data, sizeof data, soon()), LIBSOCK_ECONNRESET);
	expect(sock_recv(pair[0], data, sizeof data, soon()), 0);
	sock_close(&pair[0]);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{an_ipv6_socket_is_dual_stack_whatever_the_default},
		{an_adopted_socket_keeps_all_but_its_inheritance},
		{used_up_ports_are_told_of},
		{a_queue_of_0_is_the_systems_longest},
		{no_way_there_is_told_by_every_call},
		{what_the_system_gives_up_is_not_late},
		{without_permission_it_is_eacces},
		{a_path_that_leads_nowhere_says_why},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		{memory_that_is_not_the_programs_is_efault},
#endif
		{a_unix_peer_that_closes_with_unread_data_is_a_reset_once},
		{forever_outlasts_the_descriptors_own_time_outs},
		{0},
	};

	be_alone();
	return testing_main("settings", tests);
}
