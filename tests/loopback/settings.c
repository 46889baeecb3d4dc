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
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const int families[] = {LIBSOCK_AF_INET, LIBSOCK_AF_INET6};

static void set(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	ck_assert_msg(file != NULL, "%s", path);
	fputs(value, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* In a namespace, where settings may be written. */
static int is_alone(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd, err;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0 || access("/proc/sys/net/ipv4/tcp_syn_retries", W_OK) != 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	err = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return err == 0;
}

START_TEST(an_ipv6_socket_is_dual_stack_whatever_the_default)
{
	set("/proc/sys/net/ipv6/bindv6only", "1");
	for (int type = LIBSOCK_STREAM; type <= LIBSOCK_DGRAM; type++) {
		struct sock_addr addr = {"", 0};
		struct sock six, four;
		int64_t only = -1;

		expect(sock_open(&six, LIBSOCK_AF_INET6, type), 0);
		expect(sock_get(six, LIBSOCK_OPT_V6ONLY, &only), 0);
		ck_assert_int_eq(only, 0);
		expect(sock_bind(six, &addr), 0);
		expect(sock_local_addr(six, &addr), 0);
		if (type == LIBSOCK_STREAM)
			expect(sock_listen(six, 1), 0);
		addr = loopback(LIBSOCK_AF_INET, addr.port);
		expect(sock_open(&four, LIBSOCK_AF_INET, type), 0);
		expect(sock_connect(four, &addr, soon()), 0);
		expect(sock_send(four, "x", 1, soon()), 1);
		expect(sock_wait(&(struct sock_wait_item){.s = six, .interest = LIBSOCK_READABLE}, 1, soon()), 1);
		sock_close(&four);
		sock_close(&six);
	}
	set("/proc/sys/net/ipv6/bindv6only", "0");
}
END_TEST

START_TEST(used_up_ports_are_told_of)
{
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
	const struct sock_connection *interest = context;

	if (row->state != LIBSOCK_STATE_LISTEN || row->local.port != interest->local.port)
		return 0;
	*(struct sock_connection *)context = *row;
	return 1;
}

START_TEST(a_queue_of_0_is_the_systems_longest)
{
	static const int rows[][2] = {{0, 17}, {5, 5}, {17, 17}, {1000, 17}}; /* asked for, got */

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
		expect(sock_dial(&t, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ENETUNREACH);
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

	set("/proc/sys/net/ipv4/tcp_syn_retries", "1");
	l = listener(LIBSOCK_AF_INET6, 1, &addr);
	while (err == 0 && count < 60) { /* a full queue does not answer */
		expect(sock_open(&s[count], LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
		err = sock_connect(s[count++], &addr, sock_after(100));
	}
	expect(err, LIBSOCK_ETIMEDOUT);
	expect(sock_open(&s[count], LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
	expect(sock_connect(s[count++], &addr, LIBSOCK_FOREVER), LIBSOCK_ECONNTIMEDOUT);
	expect(sock_connect_result(s[count - 2], soon()), LIBSOCK_ECONNTIMEDOUT); /* the one whose deadline passed */
	expect(sock_dial(&dialled, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ECONNTIMEDOUT);
	while (count > 0)
		sock_close(&s[--count]);
	sock_close(&l);
	set("/proc/sys/net/ipv4/tcp_syn_retries", "6");
}
END_TEST

/* As somebody who may not: what is root's in this folder, and the ports below 1024. */
/* In a folder where anybody may put something, but take away only what is his own. */
START_TEST(another_users_stale_path_is_not_replaced)
{
	struct sock_addr path = {"sticky/socket", 0};
	struct sock l;

	ck_assert_int_eq(chmod(".", 0755), 0);
	ck_assert_int_eq(mkdir("sticky", 0700), 0);
	ck_assert_int_eq(chmod("sticky", 01777), 0);
	expect(sock_serve(&l, LIBSOCK_STREAM, &path, 0), 0);
	sock_close(&l);
	ck_assert_int_eq(seteuid(65534), 0);
	expect(sock_serve(&l, LIBSOCK_STREAM, &path, 0), LIBSOCK_EADDRINUSE); /* it cannot be told who is there */
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(path.host, 0777), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	expect(sock_serve(&l, LIBSOCK_STREAM, &path, 0), LIBSOCK_EACCES);
	ck_assert_int_eq(seteuid(0), 0);
	expect(sock_serve(&l, LIBSOCK_STREAM, &path, 0), 0);
	sock_close(&l);
	unlink(path.host);
	rmdir("sticky");
}
END_TEST

START_TEST(without_permission_it_is_eacces)
{
	struct sock_addr port = loopback(LIBSOCK_AF_INET, 1023), path = {"closed/socket", 0};
	struct sock t, u, l, client;

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
	sock_close(&client);
	expect(sock_dial(&client, LIBSOCK_STREAM, &path, soon()), LIBSOCK_EACCES);
	ck_assert_int_eq(seteuid(0), 0);
	sock_close(&t);
	sock_close(&u);
	sock_close(&l);
	sock_close(&client);
	unlink("closed/socket");
	rmdir("closed");
}
END_TEST

/* Row of docs/porting.md about a peer that closes without reading: the system forgets the error. */
/* Another interface than the loopback, which leads nowhere; 0: this kernel has none. */
static int64_t another_interface(void)
{
	if (system("ip link add libsock0 type veth peer name libsock1 2>&1 && ip link set libsock0 up 2>&1") != 0)
		return 0;
	return sock_interface_index("libsock0");
}

START_TEST(an_interface_is_the_only_one_to_send_and_to_hear_by)
{
	const int64_t other = another_interface(), lo = sock_interface_index("lo");

	for (int f = 0; f < 2 && other > 0; f++) {
		struct sock_addr addr, six = {"", 0};
		struct sock to, from, stream, l = listener(LIBSOCK_AF_INET, 1, &addr);

		expect(sock_open(&stream, families[f], LIBSOCK_STREAM), 0);
		expect(sock_set(stream, LIBSOCK_OPT_INTERFACE, other), 0);
		ck_assert_int_lt(sock_connect(stream, &addr, sock_after(50)), 0); /* nobody answers there */
		sock_close(&stream);
		sock_close(&l);

		expect(sock_open(&to, families[f], LIBSOCK_DGRAM), 0);
		expect(sock_set(to, LIBSOCK_OPT_INTERFACE, other), 0);
		expect(sock_bind(to, &six), 0);
		expect(sock_local_addr(to, &six), 0);
		addr = loopback(LIBSOCK_AF_INET, six.port);
		expect(sock_open(&from, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
		expect(sock_connect(from, &addr, soon()), 0);
		expect(sock_send(from, "x", 1, soon()), 1);
		expect(sock_recv(from, &(char){0}, 1, soon()), LIBSOCK_ECONNREFUSED);
		expect(sock_set(to, LIBSOCK_OPT_INTERFACE, f ? 0 : lo), 0);
		expect(sock_send(from, "x", 1, soon()), 1);
		expect(sock_recv(to, &(char){0}, 1, soon()), 1);
		sock_close(&from);
		sock_close(&to);
	}
	if (other > 0)
		ck_assert_int_eq(system("ip link del libsock0"), 0);
}
END_TEST

/* In a child: anybody may choose an interface, and not another one afterwards (sock_bindtoindex). */
static int choose_twice(int64_t index)
{
	int64_t value = -1;
	struct sock s;

	if (setuid(65534) != 0 || sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_STREAM) != 0)
		return 1;
	if (sock_set(s, LIBSOCK_OPT_INTERFACE, index) != 0)
		return 2;
	if (sock_set(s, LIBSOCK_OPT_INTERFACE, 0) != LIBSOCK_EPERM || sock_set(s, LIBSOCK_OPT_INTERFACE, index) != LIBSOCK_EPERM)
		return 3;
	return sock_get(s, LIBSOCK_OPT_INTERFACE, &value) == 0 && value == index ? 0 : 4;
}

START_TEST(an_interface_is_set_once_by_who_may_do_nothing)
{
	const int64_t index = sock_interface_index("lo");
	const pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(choose_twice(index));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child's status is %d", status);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{an_ipv6_socket_is_dual_stack_whatever_the_default},
		{used_up_ports_are_told_of},
		{a_queue_of_0_is_the_systems_longest},
		{no_way_there_is_told_by_every_call},
		{what_the_system_gives_up_is_not_late},
		{another_users_stale_path_is_not_replaced},
		{without_permission_it_is_eacces},
		{an_interface_is_the_only_one_to_send_and_to_hear_by},
		{an_interface_is_set_once_by_who_may_do_nothing},
		{0},
	};

	if (!is_alone()) {
		printf("1..0 # SKIP no network namespace of one's own here\n");
		return 0;
	}
	return testing_main("settings", tests);
}
