/* SPDX-License-Identifier: MIT */

/* The machine's interfaces and its name: as they are, and sorted from a list of ours. */

#include "os.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>

/* interface.c once more, under other names and with a machine of ours: listed(), index_of() and named() ask that one. */
static int listed(int (*found)(void *context, const struct sock_interface_addr *row), void *context);
static int index_of(const char *name);
static int named(char *name, size_t size);
static int machine_interfaces(os_interface_found *found, void *context);
static int machine_interface(intptr_t fd, const char *name, uint32_t *index);
static int machine_hostname(char *name, size_t size);
#define sock_interfaces listed
#define sock_interface_index index_of
#define sock_hostname named
#undef os_interfaces
#define os_interfaces machine_interfaces
#undef os_interface
#define os_interface machine_interface
#undef os_hostname
#define os_hostname machine_hostname
#include "../../lib/core/interface.c"
#undef sock_interfaces
#undef sock_interface_index
#undef sock_hostname
#undef os_interfaces
#undef os_interface
#undef os_hostname

static const struct machine_row {
	struct os_interface_addr from;
	int up, loopback, multicast;
	const char *host;
} machine[] = {
	{{"a", 1, OS_INTERFACE_UP | OS_INTERFACE_LOOPBACK, 8, {.family = LIBSOCK_AF_INET, .ip = {127, 0, 0, 1}}}, 1, 1, 0, "127.0.0.1"},
	{{"a", 1, OS_INTERFACE_UP | OS_INTERFACE_LOOPBACK, 128, {.family = LIBSOCK_AF_INET6, .ip = {[15] = 1}}}, 1, 1, 0, "::1"},
	{{"b", 4, OS_INTERFACE_UP | OS_INTERFACE_MULTICAST, 64,
	  {.family = LIBSOCK_AF_INET6, .scope = 4, .ip = {0xfe, 0x80, [15] = 2}}}, 1, 0, 1, "fe80::2%4"},
	{{"c", 9, OS_INTERFACE_MULTICAST, -1, {0}}, 0, 0, 1, ""},
	{{"d", UINT32_MAX, 0, -1, {0}}, 0, 0, 0, ""},
};
enum { MACHINE_COUNT = sizeof machine / sizeof machine[0] };

static int machine_error;

static int machine_interfaces(os_interface_found *found, void *context)
{
	int err = machine_error;

	for (int i = 0; i < MACHINE_COUNT && err == 0; i++)
		err = found(context, &machine[i].from);
	return err;
}

static int machine_interface(intptr_t fd, const char *name, uint32_t *index)
{
	ck_assert_int_eq(fd, -1);
	for (int i = 0; i < MACHINE_COUNT && machine_error == 0; i++)
		if (strcmp(machine[i].from.name, name) == 0) {
			*index = machine[i].from.index;
			return 0;
		}
	return machine_error < 0 ? machine_error : LIBSOCK_ENODEV;
}

static int machine_hostname(char *name, size_t size)
{
	memset(name, 'x', size);
	return machine_error;
}

/* The rows, as many as are wanted. */
static struct sock_interface_addr rows[256];
static int row_count, rows_wanted;

static int take(void *context, const struct sock_interface_addr *row)
{
	ck_assert_ptr_eq(context, rows);
	rows[row_count++] = *row;
	return row_count == rows_wanted ? 4711 : 0;
}

START_TEST(every_row_is_shown_until_that_is_enough)
{
	rows_wanted = 0;
	row_count = 0;
	expect(listed(take, rows), 0);
	ck_assert_int_eq(row_count, MACHINE_COUNT);
	for (int i = 0; i < MACHINE_COUNT; i++) {
		char rest[sizeof rows->name] = "";

		ck_assert_str_eq(rows[i].name, machine[i].from.name);
		ck_assert_mem_eq(rows[i].name + 1, rest, sizeof rest - 1);
		ck_assert_uint_eq(rows[i].index, machine[i].from.index);
		ck_assert_int_eq(rows[i].prefix_length, machine[i].from.prefix);
		ck_assert_int_eq(rows[i].up, machine[i].up);
		ck_assert_int_eq(rows[i].loopback, machine[i].loopback);
		ck_assert_int_eq(rows[i].multicast, machine[i].multicast);
		ck_assert_int_eq(rows[i].reserved, 0);
		ck_assert_str_eq(rows[i].addr.host, machine[i].host);
		ck_assert_int_eq(rows[i].addr.port, 0);
	}
	for (rows_wanted = 1; rows_wanted <= MACHINE_COUNT; rows_wanted++) {
		row_count = 0;
		expect(listed(take, rows), 4711);
		ck_assert_int_eq(row_count, rows_wanted);
	}
}
END_TEST

START_TEST(a_failing_machine_is_told_of)
{
	char name[LIBSOCK_HOST_SIZE];

	machine_error = LIBSOCK_ENOMEM;
	row_count = 0;
	expect(listed(take, rows), LIBSOCK_ENOMEM);
	ck_assert_int_eq(row_count, 0);
	expect(index_of("a"), LIBSOCK_ENOMEM);
	expect(named(name, sizeof name), LIBSOCK_ENOMEM);
	ck_assert_str_eq(name, "");
	machine_error = 0;
	expect(index_of("a"), 1);
	expect(index_of("b"), 4);
	expect(index_of("e"), LIBSOCK_ENODEV);
	expect(index_of("d"), LIBSOCK_ENODEV); /* too large for a result */
}
END_TEST

/* The rows of this machine. */
static struct sock_interface_addr *const real = rows;

static int real_rows(void)
{
	rows_wanted = 0;
	row_count = 0;
	expect(sock_interfaces(take, rows), 0);
	ck_assert_int_gt(row_count, 0);
	return row_count;
}

START_TEST(the_loopback_interface_has_its_address)
{
	int count = real_rows(), found = 0;

	for (int i = 0; i < count; i++)
		if (strcmp(real[i].addr.host, "127.0.0.1") == 0) {
			ck_assert_int_eq(real[i].loopback, 1);
			ck_assert_int_eq(real[i].up, 1);
			ck_assert_int_eq(real[i].prefix_length, 8);
			found++;
		}
	ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(whoever_looks_may_end_the_search)
{
	real_rows();
	row_count = 0;
	rows_wanted = 1;
	expect(sock_interfaces(take, rows), 4711);
	ck_assert_int_eq(row_count, 1);
}
END_TEST

static int expect_index(void *count, const struct sock_interface_addr *row)
{
	char longer[LIBSOCK_INTERFACE_SIZE + 2];

	expect(sock_interface_index(row->name), row->index);
	snprintf(longer, sizeof longer, "%s:1", row->name); /* perhaps a label, but no interface */
	expect(sock_interface_index(longer), LIBSOCK_ENODEV);
	++*(int *)count;
	return 0;
}

START_TEST(each_name_has_its_index)
{
	static const char *const none[] = {"", "no-such-interface", "1", "/", "a name that is longer than Linux's and macOS's"};
	char longer[1000];
	int count = 0;

	expect(sock_interfaces(expect_index, &count), 0);
	ck_assert_int_gt(count, 0);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		expect(sock_interface_index(none[i]), LIBSOCK_ENODEV);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	expect(sock_interface_index(longer), LIBSOCK_ENODEV);
	expect(sock_interface_index(NULL), LIBSOCK_EINVAL);
}
END_TEST

START_TEST(every_row_is_whole_and_in_order)
{
	int count = real_rows();

	for (int i = 0; i < count; i++) {
		const struct sock_interface_addr *row = &real[i];
		struct sock_addr addr;

		ck_assert_ptr_nonnull(memchr(row->name, '\0', sizeof row->name));
		ck_assert_str_ne(row->name, "");
		ck_assert_uint_gt(row->index, 0);
		ck_assert(row->up <= 1 && row->loopback <= 1 && row->multicast <= 1 && row->reserved == 0);
		ck_assert_int_eq(row->addr.port, 0);
		if (row->addr.host[0] != '\0')
			expect(sock_addr_parse(&addr, row->addr.host, 0), 0);
		else
			ck_assert_int_eq(row->prefix_length, -1);
		ck_assert_int_ge(row->prefix_length, -1);
		ck_assert_int_le(row->prefix_length, sock_addr_family(&row->addr) == LIBSOCK_AF_INET ? 32 : 128);
		if (i == 0)
			continue;
		ck_assert_uint_ge(row->index, row[-1].index);
		if (row->index != row[-1].index)
			continue;
		ck_assert_str_eq(row->name, row[-1].name);
		ck_assert_str_ne(row->addr.host, ""); /* only an interface's one row has none */
		ck_assert_str_ne(row[-1].addr.host, "");
	}
}
END_TEST

/* fe80::1%2 and fe80::1%eth0 alike: the number is the row's index, and the name means the same. */
START_TEST(a_link_local_address_is_scoped_to_its_own_interface)
{
	int count = real_rows();

	for (int i = 0; i < count; i++) {
		char host[LIBSOCK_HOST_SIZE + LIBSOCK_INTERFACE_SIZE], number[16];
		const char *percent = strchr(real[i].addr.host, '%');
		struct sock_addr addr;
		struct sock s;

		if (strncmp(real[i].addr.host, "fe80:", 5) != 0) {
			ck_assert_ptr_null(percent);
			continue;
		}
		ck_assert_ptr_nonnull(percent);
		snprintf(number, sizeof number, "%u", (unsigned)real[i].index);
		ck_assert_str_eq(percent + 1, number);
		if (strspn(real[i].name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(real[i].name))
			continue; /* a scope takes no spaces */
		snprintf(host, sizeof host, "%.*s%%%s", (int)(percent - real[i].addr.host), real[i].addr.host,
			 real[i].name);
		expect(sock_addr_set(&addr, host, 0), 0);
		expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		if (real[i].up)
			expect(sock_bind(s, &addr), 0);
		sock_close(&s);
	}
}
END_TEST

START_TEST(every_address_in_use_can_be_bound)
{
	int count = real_rows();

	for (int i = 0; i < count; i++) {
		int family = sock_addr_family(&real[i].addr);
		struct sock s;

		if (!real[i].up || real[i].addr.host[0] == '\0')
			continue;
		expect(sock_open(&s, family, LIBSOCK_DGRAM), 0);
		ck_assert_msg(sock_bind(s, &real[i].addr) == 0, "%s", real[i].addr.host);
		sock_close(&s);
	}
}
END_TEST

/* By name and by number, of an address that needs a scope and of one that does not. */
START_TEST(an_unknown_interface_is_enodev_in_every_call)
{
	static const char *const zones[] = {"no-such", "4294967295", "4294967294", "1000000007", "lo:5060", "lo:"};
	static const char *const hosts[] = {"fe80::1", "2001:db8::1", "ff02::1"};
	const struct sock_addr any = {"", 0}, group = {"ff02::114", 0}, here = {"::1", 9};
	struct sock_addr addr, out[1];
	struct sock s, u;

	if (!sock_has(LIBSOCK_HAS_INET6))
		return;
	for (int i = 0; i < 18; i++) {
		struct sock_packet to = {.ecn = -1, .ttl = -1}, from = {.peer = here, .ecn = -1, .ttl = -1};

		addr.port = 9;
		snprintf(addr.host, sizeof addr.host, "%s%%%s", hosts[i % 3], zones[i / 3]);
		to.peer = from.local = addr;
		expect(sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_STREAM), 0);
		expect(sock_open(&u, LIBSOCK_AF_INET6, LIBSOCK_DGRAM), 0);
		expect(sock_connect(s, &addr, soon()), LIBSOCK_ENODEV);
		expect(sock_connect(u, &addr, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_bind(s, &addr), LIBSOCK_ENODEV);
		expect(sock_bind(u, &addr), LIBSOCK_ENODEV);
		expect(sock_bind(u, &any), 0);
		expect(sock_sendto(u, "x", 1, &addr, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_sendto(u, "x", 1, &addr, LIBSOCK_FOREVER), LIBSOCK_ENODEV);
		expect(sock_send_packet(u, "x", 1, &to, soon()), LIBSOCK_ENODEV);
		if (i % 3 < 2 && sock_has(LIBSOCK_HAS_PACKET_LOCAL)) /* a group is not sent from */
			expect(sock_send_packet(u, "x", 1, &from, soon()), LIBSOCK_ENODEV);
		if (i % 3 == 2)
			expect(sock_join_group(u, &addr, NULL, 0), LIBSOCK_ENODEV);
		else
			expect(sock_join_group(u, &group, &addr, 1), LIBSOCK_ENODEV);
		expect(i % 3 == 2 ? sock_leave_group(u, &addr, NULL, 0) : sock_leave_group(u, &group, &addr, 1), LIBSOCK_ENODEV);
		sock_close(&s);
		sock_close(&u);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, soon()), LIBSOCK_ENODEV);
		expect(sock_dial(&s, LIBSOCK_STREAM, &addr, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_serve(&s, LIBSOCK_STREAM, &addr, 1), LIBSOCK_ENODEV);
		expect(sock_resolve(&addr, LIBSOCK_AF_UNSPEC, out, 1, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_reverse(&addr, out, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
	}
}
END_TEST

START_TEST(the_machine_has_a_name)
{
	char name[LIBSOCK_HOST_SIZE], again[LIBSOCK_HOST_SIZE];
	size_t length;

	expect(sock_hostname(name, sizeof name), 0);
	length = strlen(name);
	ck_assert_uint_gt(length, 0);
	for (size_t size = 1; size <= length; size++) {
		memset(again, 'x', sizeof again);
		expect(sock_hostname(again, size), LIBSOCK_EMSGSIZE);
		ck_assert_str_eq(again, "");
		ck_assert_int_eq(again[size], 'x');
	}
	expect(sock_hostname(again, length + 1), 0);
	ck_assert_str_eq(again, name);
}
END_TEST

START_TEST(mistakes_are_told_of)
{
	char name[LIBSOCK_HOST_SIZE];

	expect(sock_interfaces(NULL, rows), LIBSOCK_EINVAL);
	expect(sock_hostname(NULL, sizeof name), LIBSOCK_EINVAL);
	name[0] = 'x';
	expect(sock_hostname(name, 0), LIBSOCK_EINVAL);
	ck_assert_int_eq(name[0], 'x');
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_row_is_shown_until_that_is_enough},
		{a_failing_machine_is_told_of},
		{the_loopback_interface_has_its_address},
		{whoever_looks_may_end_the_search},
		{each_name_has_its_index},
		{every_row_is_whole_and_in_order},
		{a_link_local_address_is_scoped_to_its_own_interface},
		{every_address_in_use_can_be_bound},
		{an_unknown_interface_is_enodev_in_every_call},
		{the_machine_has_a_name},
		{mistakes_are_told_of},
		{0},
	};

	return testing_main("interface", tests);
}
