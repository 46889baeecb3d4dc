/* SPDX-License-Identifier: MIT */

/* The machine's interfaces and its name: as they are, and sorted from a list of ours. */

#include "os.h"
#include "testing.h"

#include <stdio.h>
#include <string.h>

/* interface.c once more, under other names and with a machine of ours: listed() and named() ask that one. */
static int listed(struct sock_interface out[], int max);
static int named(char *name, size_t size);
static int machine_interfaces(void (*found)(void *context, const char *name, uint32_t index, unsigned flags,
					    const struct os_addr *addr),
			      void *context);
static int machine_hostname(char *name, size_t size);
#define sock_interfaces listed
#define sock_hostname named
#undef os_interfaces
#define os_interfaces machine_interfaces
#undef os_hostname
#define os_hostname machine_hostname
#include "../../lib/core/interface.c"
#undef sock_interfaces
#undef sock_hostname
#undef os_interfaces
#undef os_hostname

static const struct machine_row {
	const char *name;
	uint32_t index;
	unsigned flags;
	struct os_addr addr;
} machine[] = {
	{"c", 9, OS_INTERFACE_MULTICAST, {0}},
	{"b", 4, OS_INTERFACE_UP | OS_INTERFACE_MULTICAST, {.family = LIBSOCK_AF_INET, .ip = {192, 0, 2, 7}}},
	{"a", 1, OS_INTERFACE_UP | OS_INTERFACE_LOOPBACK, {.family = LIBSOCK_AF_INET, .ip = {127, 0, 0, 1}}},
	{"b", 4, OS_INTERFACE_UP | OS_INTERFACE_MULTICAST, {.family = LIBSOCK_AF_INET, .ip = {192, 0, 2, 6}}},
	{"d", UINT32_MAX, 0, {0}},
	{"a", 1, OS_INTERFACE_UP | OS_INTERFACE_LOOPBACK, {.family = LIBSOCK_AF_INET6, .ip = {[15] = 1}}},
	{"b", 4, OS_INTERFACE_UP | OS_INTERFACE_MULTICAST,
	 {.family = LIBSOCK_AF_INET6, .scope = 4, .port = 5, .ip = {0xfe, 0x80, [15] = 2}}},
};
enum { MACHINE_COUNT = sizeof machine / sizeof machine[0] };

static const struct {
	const char *name;
	uint32_t index;
	int up, loopback, multicast;
	const char *host;
} sorted[MACHINE_COUNT] = {
	{"a", 1, 1, 1, 0, "127.0.0.1"}, {"a", 1, 1, 1, 0, "::1"},	   {"b", 4, 1, 0, 1, "192.0.2.7"},
	{"b", 4, 1, 0, 1, "192.0.2.6"}, {"b", 4, 1, 0, 1, "fe80::2%4"}, {"c", 9, 0, 0, 1, ""},
	{"d", UINT32_MAX, 0, 0, 0, ""},
};

static int machine_interrupted, machine_error;

static int machine_interfaces(void (*found)(void *context, const char *name, uint32_t index, unsigned flags,
					    const struct os_addr *addr),
			      void *context)
{
	for (size_t i = 0; i < MACHINE_COUNT; i++) {
		found(context, machine[i].name, machine[i].index, machine[i].flags, &machine[i].addr);
		if (i == 3 && machine_interrupted-- > 0)
			return OS_EINTR;
	}
	return machine_error;
}

static int machine_hostname(char *name, size_t size)
{
	memset(name, 'x', size);
	return machine_error;
}

START_TEST(rows_come_by_rising_index_and_then_as_they_appeared)
{
	struct sock_interface rows[MACHINE_COUNT];

	memset(rows, 'x', sizeof rows);
	machine_interrupted = 2; /* asked again from the start */
	expect(listed(rows, MACHINE_COUNT), MACHINE_COUNT);
	for (int i = 0; i < MACHINE_COUNT; i++) {
		ck_assert_str_eq(rows[i].name, sorted[i].name);
		ck_assert_uint_eq(rows[i].index, sorted[i].index);
		ck_assert_int_eq(rows[i].up, sorted[i].up);
		ck_assert_int_eq(rows[i].loopback, sorted[i].loopback);
		ck_assert_int_eq(rows[i].multicast, sorted[i].multicast);
		ck_assert_int_eq(rows[i].reserved, 0);
		ck_assert_str_eq(rows[i].addr.host, sorted[i].host);
		ck_assert_int_eq(rows[i].addr.port, 0);
	}
}
END_TEST

START_TEST(less_room_gets_the_first_rows_and_the_whole_count)
{
	struct sock_interface all[MACHINE_COUNT], rows[MACHINE_COUNT + 1], untouched;

	memset(&untouched, 'x', sizeof untouched);
	expect(listed(all, MACHINE_COUNT), MACHINE_COUNT);
	expect(listed(NULL, 0), MACHINE_COUNT);
	for (int max = 0; max <= MACHINE_COUNT; max++) {
		memset(rows, 'x', sizeof rows);
		expect(listed(rows, max), MACHINE_COUNT);
		ck_assert_int_eq(memcmp(rows, all, (size_t)max * sizeof all[0]), 0);
		ck_assert_mem_eq(&rows[max], &untouched, sizeof untouched);
	}
}
END_TEST

START_TEST(a_failing_machine_is_told_of)
{
	struct sock_interface rows[MACHINE_COUNT];
	char name[LIBSOCK_HOST_SIZE];

	machine_error = LIBSOCK_ENOMEM;
	expect(listed(rows, MACHINE_COUNT), LIBSOCK_ENOMEM);
	expect(listed(NULL, 0), LIBSOCK_ENOMEM);
	expect(named(name, sizeof name), LIBSOCK_ENOMEM);
	ck_assert_str_eq(name, "");
	machine_error = 0;
}
END_TEST

/* The rows of this machine. */
static struct sock_interface real[256];

static int real_rows(void)
{
	int count = sock_interfaces(real, 256);

	ck_assert_int_gt(count, 0);
	ck_assert_int_le(count, 256);
	return count;
}

START_TEST(the_loopback_interface_has_its_address)
{
	int count = real_rows(), found = 0;

	for (int i = 0; i < count; i++)
		if (strcmp(real[i].addr.host, "127.0.0.1") == 0) {
			ck_assert_int_eq(real[i].loopback, 1);
			ck_assert_int_eq(real[i].up, 1);
			found++;
		}
	ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(no_room_counts_all_the_same)
{
	int count = real_rows();

	expect(sock_interfaces(NULL, 0), count);
	expect(sock_interfaces(real, 0), count);
	expect(sock_interfaces(real, 1), count);
}
END_TEST

START_TEST(every_row_is_whole_and_in_order)
{
	int count = real_rows();

	for (int i = 0; i < count; i++) {
		const struct sock_interface *row = &real[i];
		struct sock_addr addr;

		ck_assert_ptr_nonnull(memchr(row->name, '\0', sizeof row->name));
		ck_assert_str_ne(row->name, "");
		ck_assert_uint_gt(row->index, 0);
		ck_assert(row->up <= 1 && row->loopback <= 1 && row->multicast <= 1 && row->reserved == 0);
		ck_assert_int_eq(row->addr.port, 0);
		if (row->addr.host[0] != '\0')
			expect(sock_addr_parse(&addr, row->addr.host, 0), 0);
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
		int family = strchr(real[i].addr.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET;
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
	static const char *const zones[] = {"no-such", "4294967295", "4294967294", "1000000007"};
	static const char *const hosts[] = {"fe80::1", "2001:db8::1", "ff02::1"};
	const struct sock_addr any = {"", 0}, group = {"ff02::114", 0}, here = {"::1", 9};
	struct sock_addr addr, out[1];
	struct sock s, u;

	if (sock_has(LIBSOCK_HAS_INET6) != 1)
		return;
	for (int i = 0; i < 12; i++) {
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
		if (i % 3 < 2 && sock_has(LIBSOCK_HAS_PACKET_LOCAL) == 1) /* a group is not sent from */
			expect(sock_send_packet(u, "x", 1, &from, soon()), LIBSOCK_ENODEV);
		if (i % 3 == 2)
			expect(sock_join_group(u, &addr, NULL, 0), LIBSOCK_ENODEV);
		else
			expect(sock_join_group(u, &group, &addr, 1), LIBSOCK_ENODEV);
		expect(i % 3 == 2 ? sock_leave_group(u, &addr, NULL, 0) : sock_leave_group(u, &group, &addr, 1), LIBSOCK_ENODEV);
		sock_close(&s);
		sock_close(&u);
		expect(sock_dial(&s, &addr, soon()), LIBSOCK_ENODEV);
		expect(sock_dial(&s, &addr, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_serve(&s, &addr, 1), LIBSOCK_ENODEV);
		expect(sock_resolve(&addr, LIBSOCK_AF_UNSPEC, out, 1, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
		expect(sock_reverse(&addr, out, LIBSOCK_NOWAIT), LIBSOCK_ENODEV);
	}
}
END_TEST

START_TEST(the_machine_has_a_name)
{
	char name[LIBSOCK_HOST_SIZE], again[LIBSOCK_HOST_SIZE];
	int length = sock_hostname(name, sizeof name);

	ck_assert_int_gt(length, 0);
	ck_assert_uint_eq(strlen(name), (size_t)length);
	for (size_t size = 1; size <= (size_t)length; size++) {
		memset(again, 'x', sizeof again);
		expect(sock_hostname(again, size), LIBSOCK_EMSGSIZE);
		ck_assert_str_eq(again, "");
		ck_assert_int_eq(again[size], 'x');
	}
	expect(sock_hostname(again, (size_t)length + 1), length);
	ck_assert_str_eq(again, name);
}
END_TEST

START_TEST(mistakes_are_told_of)
{
	char name[LIBSOCK_HOST_SIZE];

	expect(sock_interfaces(NULL, 1), LIBSOCK_EINVAL);
	expect(sock_interfaces(NULL, -1), LIBSOCK_EINVAL);
	expect(sock_interfaces(real, -1), LIBSOCK_EINVAL);
	expect(sock_hostname(NULL, sizeof name), LIBSOCK_EINVAL);
	name[0] = 'x';
	expect(sock_hostname(name, 0), LIBSOCK_EINVAL);
	ck_assert_int_eq(name[0], 'x');
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{rows_come_by_rising_index_and_then_as_they_appeared},
		{less_room_gets_the_first_rows_and_the_whole_count},
		{a_failing_machine_is_told_of},
		{the_loopback_interface_has_its_address},
		{no_room_counts_all_the_same},
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
