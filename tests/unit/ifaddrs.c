/* SPDX-License-Identifier: MIT */

/* The list of interfaces as other POSIX systems have it, where Linux's own says what is right. */

#include "native.h"

#include "os.h"

static int list_by_ifaddrs(os_interface_found *found, void *context);

#undef os_interfaces
#define os_interfaces list_by_ifaddrs
#include "../../lib/unix/ifaddrs.c"
#undef os_interfaces
#define os_interfaces libsock__os_interfaces

#include "testing.h"

enum { ROWS = 256 };
struct list {
	struct row {
		char name[IF_NAMESIZE];
		struct os_interface_addr addr;
	} rows[ROWS];
	int count;
};

static int take(void *context, const struct os_interface_addr *addr)
{
	struct list *list = context;
	struct row *row = &list->rows[list->count];

	row->addr = *addr;
	snprintf(row->name, sizeof row->name, "%s", addr->name);
	list->count++;
	return list->count == ROWS;
}

static bool has(const struct list *list, const struct row *row)
{
	const struct os_interface_addr *b = &row->addr;

	for (int i = 0; i < list->count; i++) {
		const struct os_interface_addr *a = &list->rows[i].addr;
		const size_t size = a->addr.family == LIBSOCK_AF_INET6 ? 16 : a->addr.family == LIBSOCK_AF_INET ? 4 : 0;

		if (strcmp(list->rows[i].name, row->name) == 0 && a->index == b->index && a->flags == b->flags &&
		    a->prefix == b->prefix && a->addr.family == b->addr.family && a->addr.scope == b->addr.scope &&
		    memcmp(a->addr.ip, b->addr.ip, size) == 0)
			return true;
	}
	return false;
}

/* An address with a label is under the label's name here: this machine may have one. */
static bool has_labels(void)
{
	struct ifaddrs *list;
	bool found = false;

	ck_assert_int_eq(getifaddrs(&list), 0);
	for (const struct ifaddrs *item = list; item; item = item->ifa_next)
		found = found || if_nametoindex(item->ifa_name) == 0 || strchr(item->ifa_name, ':');
	freeifaddrs(list);
	return found;
}

START_TEST(both_lists_have_the_same_rows_in_the_order_of_interfaces)
{
	static struct list ours, theirs;

	if (has_labels())
		return;
	ours.count = theirs.count = 0;
	expect(list_by_ifaddrs(take, &ours), 0);
	expect(os_interfaces(take, &theirs), 0);
	ck_assert_int_gt(ours.count, 0);
	ck_assert_int_eq(ours.count, theirs.count);
	for (int i = 0; i < ours.count; i++) {
		ck_assert_msg(has(&theirs, &ours.rows[i]), "row %d of %s", i, ours.rows[i].name);
		ck_assert(i == 0 || ours.rows[i - 1].addr.index <= ours.rows[i].addr.index);
	}
}
END_TEST

static int stop(void *context, const struct os_interface_addr *addr)
{
	(void)addr;
	++*(int *)context;
	return 4711;
}

START_TEST(the_callers_word_ends_the_list)
{
	int calls = 0;

	expect(list_by_ifaddrs(stop, &calls), 4711);
	ck_assert_int_eq(calls, 1);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{both_lists_have_the_same_rows_in_the_order_of_interfaces},
		{the_callers_word_ends_the_list},
		{0},
	};

	return testing_main("ifaddrs", tests);
}
