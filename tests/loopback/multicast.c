/* SPDX-License-Identifier: MIT */

/* Multicast groups on the loopback. Between two hosts they are in tests/network. */

#include "testing.h"

#include <pthread.h>
#include <string.h>

/* A socket's family, a group of these tests' own, another one, and the loopback's address. */
struct family {
	int number;
	const char *group, *other, *loopback;
};
static const struct family families[] = {
	{LIBSOCK_AF_INET, "239.255.77.1", "239.255.77.2", "127.0.0.1"},
	{LIBSOCK_AF_INET6, "239.255.77.3", "239.255.77.4", "127.0.0.1"}, /* IPv4 through a dual-stack socket */
	{LIBSOCK_AF_INET6, "ff01::77:1", "ff01::77:2", "::1"},
};
enum { FAMILIES = sizeof families / sizeof families[0] };

static int is_ipv4(const struct family *f)
{
	return strchr(f->group, ':') == NULL;
}

static struct sock_addr host(const char *text)
{
	struct sock_addr addr;

	expect(sock_addr_set(&addr, text, 0), 0);
	return addr;
}

static int is_usable(void *is_loopback, const struct sock_interface_addr *row)
{
	const int wanted = *(int *)is_loopback;

	return row->up && row->loopback == wanted && (wanted || strchr(row->addr.host, ':')) ? (int)row->index : 0;
}

/* The first interface that is the loopback, or is up, no loopback, and has IPv6; or 0. */
static uint32_t interface_index(int is_loopback)
{
	return (uint32_t)sock_interfaces(is_usable, &is_loopback);
}

/*
 * Where a group's datagrams go: nowhere but to this machine. Linux has no way for IPv6 groups on the loopback (its
 * interface cannot do multicast), but an interface-local group (ff01::) leaves no interface. 0: there is none to try
 * that with.
 */
static uint32_t index_of(const struct family *f)
{
	return interface_index(is_ipv4(f));
}

/* A port that nobody has. To a socket that shares its port the system may give one that others share already. */
static uint16_t free_port(int family)
{
	struct sock_addr addr = host("");
	struct sock s;

	expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
	expect(sock_bind(s, &addr), 0);
	expect(sock_local_addr(s, &addr), 0);
	sock_close(&s);
	return addr.port;
}

/* A socket that shares a port at the wildcard; port 0 is any, which is told. */
static struct sock receiver(int family, uint16_t *port)
{
	struct sock_addr addr = host("");
	struct sock s;

	addr.port = *port ? *port : free_port(family);
	expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
	expect(sock_set(s, LIBSOCK_OPT_SHARE_PORT, 1), 0);
	expect(sock_bind(s, &addr), 0);
	*port = addr.port;
	return s;
}

static struct sock sender(const struct family *f)
{
	struct sock s;
	int64_t index = -1;

	expect(sock_open(&s, f->number, LIBSOCK_DGRAM), 0);
	expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, index_of(f)), 0);
	expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), 0);
	ck_assert_int_eq(index, index_of(f));
	return s;
}

static void send_to(struct sock s, const char *text, const char *to, uint16_t port)
{
	struct sock_addr addr = host(to);

	addr.port = port;
	expect(sock_sendto(s, text, 1, &addr, soon()), 1);
}

/* The next datagram is this one: whatever was sent before it did not arrive. */
static struct sock_addr expect_next(struct sock s, const char *text)
{
	char data[4] = "";
	struct sock_addr from;

	expect(sock_recvfrom(s, data, sizeof data, &from, soon()), 1);
	ck_assert_int_eq(data[0], text[0]);
	return from;
}

START_TEST(a_member_receives_until_it_leaves)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group);
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock s = receiver(f->number, &port), out = sender(f);

		expect(sock_join_group(s, &group, NULL, index_of(f)), 0);
		send_to(out, "1", f->group, port);
		expect_next(s, "1");
		expect(sock_leave_group(s, &group, NULL, index_of(f)), 0);
		send_to(out, "2", f->group, port);
		send_to(out, "3", f->loopback, port);
		expect_next(s, "3");
		sock_close(&s);
		sock_close(&out);
	}
}
END_TEST

START_TEST(all_members_on_the_machine_receive)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group);
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock a = receiver(f->number, &port), b = receiver(f->number, &port), out = sender(f);

		expect(sock_join_group(a, &group, NULL, index_of(f)), 0);
		expect(sock_join_group(b, &group, NULL, index_of(f)), 0);
		send_to(out, "1", f->group, port);
		expect_next(a, "1");
		expect_next(b, "1");
		sock_close(&a);
		sock_close(&b);
		sock_close(&out);
	}
}
END_TEST

START_TEST(a_member_receives_nothing_of_groups_that_others_have_joined)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group), other = host(f->other);
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock a = receiver(f->number, &port), b = receiver(f->number, &port), out = sender(f);

		expect(sock_join_group(a, &group, NULL, index_of(f)), 0);
		expect(sock_join_group(b, &other, NULL, index_of(f)), 0);
		send_to(out, "1", f->other, port);
		send_to(out, "2", f->group, port);
		expect_next(b, "1");
		/* Linux shows through, which has that habit but for IPv4 on an IPv6 socket. */
		if (native_is_wine() && (f->number == LIBSOCK_AF_INET || !is_ipv4(f)))
			expect_next(a, "1");
		expect_next(a, "2");
		sock_close(&a);
		sock_close(&b);
		sock_close(&out);
	}
}
END_TEST

/* Whom a member hears who hears all. */
static struct sock_addr source_of(struct sock s, struct sock out, const struct family *f, uint16_t port)
{
	const struct sock_addr group = host(f->group);
	struct sock_addr from;

	expect(sock_join_group(s, &group, NULL, index_of(f)), 0);
	send_to(out, "0", f->group, port);
	from = expect_next(s, "0");
	expect(sock_leave_group(s, &group, NULL, index_of(f)), 0);
	return from;
}

static void hear_one_source(struct sock s, struct sock out, struct sock stranger, const struct family *f, uint16_t port)
{
	const struct sock_addr group = host(f->group), unwanted = host(is_ipv4(f) ? "127.0.0.2" : "2001:db8::1"),
			       interest = source_of(s, out, f, port);

	if (is_ipv4(f)) /* IPv6 has one loopback address: there the stranger is one who never sends */
		expect(sock_bind(stranger, &unwanted), 0);
	expect(sock_join_group(s, &group, &unwanted, index_of(f)), 0);
	send_to(out, "1", f->group, port);
	expect(sock_join_group(s, &group, &interest, index_of(f)), 0);
	expect(sock_join_group(s, &group, &interest, index_of(f)), LIBSOCK_EADDRINUSE);
	expect(sock_leave_group(s, &group, &unwanted, index_of(f)), 0);
	expect(sock_leave_group(s, &group, &unwanted, index_of(f)), LIBSOCK_EADDRNOTAVAIL);
	if (is_ipv4(f))
		send_to(stranger, "2", f->group, port);
	send_to(out, "3", f->group, port);
	ck_assert_str_eq(expect_next(s, "3").host, interest.host);
	expect(sock_leave_group(s, &group, &interest, index_of(f)), 0);
	expect(sock_leave_group(s, &group, &interest, index_of(f)), LIBSOCK_EADDRNOTAVAIL);
}

START_TEST(a_member_of_one_source_hears_nobody_else)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group), any = host(f->loopback);
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock s = receiver(f->number, &port), out = sender(f), stranger = sender(f);

		if (native_is_wine())
			expect(sock_join_group(s, &group, &any, index_of(f)), LIBSOCK_ENOTSUP);
		else
			hear_one_source(s, out, stranger, f, port);
		sock_close(&s);
		sock_close(&out);
		sock_close(&stranger);
	}
}
END_TEST

/*
 * Only for IPv6: what goes through the loopback interface comes back whatever is said, and no other may be used for
 * IPv4.
 */
START_TEST(what_is_sent_with_loop_off_stays_off_this_machine)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group);
		uint16_t port = 0;

		if (is_ipv4(f) || index_of(f) == 0)
			continue;

		struct sock s = receiver(f->number, &port), out = sender(f);

		expect(sock_join_group(s, &group, NULL, index_of(f)), 0);
		expect(sock_set(out, LIBSOCK_OPT_MULTICAST_LOOP, 0), 0);
		send_to(out, "1", f->group, port);
		expect(sock_set(out, LIBSOCK_OPT_MULTICAST_LOOP, 1), 0);
		send_to(out, "2", f->group, port);
		expect_next(s, "2");
		sock_close(&s);
		sock_close(&out);
	}
}
END_TEST

START_TEST(joining_twice_and_leaving_what_is_not_joined_are_told)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group);
		struct sock s;

		expect(sock_open(&s, f->number, LIBSOCK_DGRAM), 0);
		expect(sock_leave_group(s, &group, NULL, interface_index(1)), LIBSOCK_EADDRNOTAVAIL);
		expect(sock_join_group(s, &group, NULL, interface_index(1)), 0);
		expect(sock_join_group(s, &group, NULL, interface_index(1)), LIBSOCK_EADDRINUSE);
		expect(sock_leave_group(s, &group, NULL, interface_index(1)), 0);
		expect(sock_leave_group(s, &group, NULL, interface_index(1)), LIBSOCK_EADDRNOTAVAIL);
		sock_close(&s);
	}
}
END_TEST

START_TEST(a_scope_in_the_group_is_the_interface)
{
	struct sock_addr group, wrong;
	struct sock s;

	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	snprintf(group.host, sizeof group.host, "ff02::77:1%%%u", (unsigned)interface_index(1));
	wrong = host("ff02::77:1%999999");
	expect(sock_join_group(s, &wrong, NULL, interface_index(1)), LIBSOCK_EINVAL);
	expect(sock_join_group(s, &group, NULL, 0), 0);
	group = host("ff02::77:1");
	expect(sock_leave_group(s, &group, NULL, interface_index(1)), 0);
	sock_close(&s);
}
END_TEST

START_TEST(an_unknown_interface_is_enodev)
{
	static const uint32_t unknown[] = {999999, UINT32_MAX};

	for (int i = 0; i < FAMILIES; i++) {
		const struct sock_addr group = host(families[i].group);
		struct sock s;
		int64_t index = -1;

		expect(sock_open(&s, families[i].number, LIBSOCK_DGRAM), 0);
		for (int j = 0; j < 2; j++) {
			expect(sock_join_group(s, &group, NULL, unknown[j]), LIBSOCK_ENODEV);
			expect(sock_leave_group(s, &group, NULL, unknown[j]), LIBSOCK_ENODEV);
			expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, unknown[j]), LIBSOCK_ENODEV);
			expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), 0);
			ck_assert_int_eq(index, 0);
		}
		expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, interface_index(1)), 0);
		expect(sock_set(s, LIBSOCK_OPT_MULTICAST_INTERFACE, 0), 0);
		expect(sock_get(s, LIBSOCK_OPT_MULTICAST_INTERFACE, &index), 0);
		ck_assert_int_eq(index, 0);
		sock_close(&s);
	}
}
END_TEST

START_TEST(what_cannot_be_joined_says_why)
{
	const struct sock_addr four = host("239.255.77.1"), six = host("ff01::77:1"), name = host("localhost"),
			       none = host(""), before = host("223.255.255.255"), after = host("240.0.0.1"),
			       uni = host("fe80::1"), from = host("127.0.0.1");
	struct sock s, stream, zero = {0};

	expect(sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_open(&stream, LIBSOCK_AF_INET, LIBSOCK_STREAM), 0);
	for (int i = 0; i < 2; i++) {
		int (*change)(struct sock, const struct sock_addr *, const struct sock_addr *, uint32_t) =
			i ? sock_leave_group : sock_join_group;

		expect(change(zero, &four, NULL, 0), LIBSOCK_EBADF);
		expect(change(stream, &four, NULL, 0), LIBSOCK_EPROTOTYPE);
		expect(change(s, NULL, NULL, 0), LIBSOCK_EINVAL);
		expect(change(s, &six, NULL, 0), LIBSOCK_EAFNOSUPPORT);
		expect(change(s, &four, &six, 0), LIBSOCK_EAFNOSUPPORT);
		expect(change(s, &name, NULL, 0), LIBSOCK_ENAME);
		expect(change(s, &none, NULL, 0), LIBSOCK_ENAME);
		expect(change(s, &four, &name, 0), LIBSOCK_ENAME);
		expect(change(s, &before, NULL, 0), LIBSOCK_EINVAL);
		expect(change(s, &after, NULL, 0), LIBSOCK_EINVAL);
		expect(change(s, &four, &four, 0), LIBSOCK_EINVAL);
	}
	sock_close(&s);
	expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
	expect(sock_join_group(s, &uni, NULL, 0), LIBSOCK_EINVAL);
	expect(sock_join_group(s, &six, &from, 0), LIBSOCK_EAFNOSUPPORT);
	sock_close(&s);
	sock_close(&stream);
	if (sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM) == 0)
		expect(sock_join_group(s, &four, NULL, 0), LIBSOCK_ENOPROTOOPT);
	sock_close(&s);
}
END_TEST

/* Row a-source-of-a-group-joined-for-all of docs/porting.md: Linux would turn it into a membership of this source alone. */
START_TEST(a_source_of_a_group_that_is_joined_for_all_is_einval)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group), source = host(is_ipv4(f) ? "127.0.0.2" : "2001:db8::1");
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock s = receiver(f->number, &port), out = sender(f);

		expect(sock_join_group(s, &group, NULL, index_of(f)), 0);
		expect(sock_join_group(s, &group, &source, index_of(f)), native_is_wine() ? LIBSOCK_ENOTSUP : LIBSOCK_EINVAL);
		send_to(out, "1", f->group, port);
		expect_next(s, "1");
		expect(sock_leave_group(s, &group, NULL, index_of(f)), 0);
		if (!native_is_wine()) {
			expect(sock_join_group(s, &group, &source, index_of(f)), 0);
			expect(sock_join_group(s, &group, NULL, index_of(f)), LIBSOCK_EADDRINUSE);
			expect(sock_leave_group(s, &group, &source, index_of(f)), 0);
		}
		sock_close(&s);
		sock_close(&out);
	}
}
END_TEST

/* What the port of a group and of a source is, nobody looks at. */
START_TEST(several_groups_are_joined_whatever_their_ports)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		struct sock_addr group = host(f->group), other = host(f->other);
		uint16_t port = 0;

		if (index_of(f) == 0)
			continue;

		struct sock s = receiver(f->number, &port), out = sender(f);

		group.port = 1;
		other.port = 65535;
		expect(sock_join_group(s, &group, NULL, index_of(f)), 0);
		expect(sock_join_group(s, &other, NULL, index_of(f)), 0);
		send_to(out, "1", f->group, port);
		send_to(out, "2", f->other, port);
		expect_next(s, "1");
		expect_next(s, "2");
		group.port = 2;
		expect(sock_join_group(s, &group, NULL, index_of(f)), LIBSOCK_EADDRINUSE);
		expect(sock_leave_group(s, &group, NULL, index_of(f)), 0);
		send_to(out, "3", f->group, port);
		send_to(out, "4", f->other, port);
		expect_next(s, "4");
		sock_close(&s); /* and with it the membership: the group can be joined anew */
		s = receiver(f->number, &port);
		send_to(out, "5", f->other, port);
		expect(sock_join_group(s, &other, NULL, index_of(f)), 0);
		send_to(out, "6", f->other, port);
		expect_next(s, "6");
		sock_close(&s);
		sock_close(&out);
	}
}
END_TEST

/* On Linux there is a limit for IPv4, which the machine may have set otherwise. */
START_TEST(more_groups_than_allowed_are_enobufs)
{
	FILE *file = fopen("/proc/sys/net/ipv4/igmp_max_memberships", "r");
	const int too_many = native_is_wine() ? LIBSOCK_EINVAL : LIBSOCK_ENOBUFS;
	int most = 0;

	if (file == NULL)
		return; /* another system */
	ck_assert_int_eq(fscanf(file, "%d", &most), 1);
	fclose(file);
	for (int family = LIBSOCK_AF_INET; family <= LIBSOCK_AF_INET6; family += 2) {
		struct sock s;

		expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
		for (int i = 0; i <= most && i < 65000; i++) {
			struct sock_addr group = {"", 0};

			snprintf(group.host, sizeof group.host, "239.255.%d.%d", i / 250 + 1, i % 250 + 1);
			expect(sock_join_group(s, &group, NULL, interface_index(1)), i < most ? 0 : too_many);
		}
		sock_close(&s);
	}
}
END_TEST

enum { JOINS = 100 };

struct reception {
	struct sock s;
	int count;
};

static void *receive_all(void *arg)
{
	struct reception *reception = arg;
	char data[4];

	while (reception->count < 2 * JOINS && sock_recv(reception->s, data, sizeof data, soon()) == 1)
		reception->count++;
	return NULL;
}

START_TEST(groups_are_joined_and_left_while_a_thread_receives)
{
	for (int i = 0; i < FAMILIES; i++) {
		const struct family *f = &families[i];
		const struct sock_addr group = host(f->group);
		uint16_t port = 0;
		pthread_t thread;

		if (index_of(f) == 0)
			continue;

		struct reception reception = {receiver(f->number, &port), 0};
		struct sock out = sender(f);

		ck_assert_int_eq(pthread_create(&thread, NULL, receive_all, &reception), 0);
		for (int k = 0; k < JOINS; k++) {
			expect(sock_join_group(reception.s, &group, NULL, index_of(f)), 0);
			send_to(out, "x", f->loopback, port);
			expect(sock_leave_group(reception.s, &group, NULL, index_of(f)), 0);
			send_to(out, "x", f->loopback, port);
		}
		pthread_join(thread, NULL);
		ck_assert_int_eq(reception.count, 2 * JOINS);
		sock_close(&reception.s);
		sock_close(&out);
	}
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{a_member_receives_until_it_leaves},
		{groups_are_joined_and_left_while_a_thread_receives},
		{all_members_on_the_machine_receive},
		{a_member_receives_nothing_of_groups_that_others_have_joined},
		{a_member_of_one_source_hears_nobody_else},
		{what_is_sent_with_loop_off_stays_off_this_machine},
		{joining_twice_and_leaving_what_is_not_joined_are_told},
		{a_scope_in_the_group_is_the_interface},
		{an_unknown_interface_is_enodev},
		{what_cannot_be_joined_says_why},
		{a_source_of_a_group_that_is_joined_for_all_is_einval},
		{several_groups_are_joined_whatever_their_ports},
		{more_groups_than_allowed_are_enobufs},
		{0},
	};

	return testing_main("multicast", tests);
}
