/* SPDX-License-Identifier: MIT */

/* Services: by the machine's own database, and by the built-in table alone. */

#include "os.h"
#include "testing.h"

#include <limits.h>
#include <string.h>

/*
 * service.c once more, under other names and with a database of ours: table_port() and table_name() ask that one, and
 * the public calls ask the machine's.
 */
static int table_port(const char *service, int type);
static int table_name(long port, int type, char *name, size_t size);
static int database_port(const char *service, int type);
static int database_name(uint16_t port, int type, char *name, size_t size);
#define sock_service_port table_port
#define sock_service_name table_name
#undef os_service_port
#define os_service_port database_port
#undef os_service_name
#define os_service_name database_name
#include "../../lib/core/service.c"
#undef sock_service_port
#undef sock_service_name
#undef os_service_port
#undef os_service_name

/* What the database of ours knows: one service, or nothing. */
static struct {
	const char *name;
	int port, error, calls;
} database;

static void set_database(const char *name, int port)
{
	database.name = name;
	database.port = port;
	database.error = LIBSOCK_EAI_NONAME;
	database.calls = 0;
}

static int database_port(const char *service, int type)
{
	ck_assert(type == LIBSOCK_STREAM || type == LIBSOCK_DGRAM);
	database.calls++;
	return database.name && strcmp(service, database.name) == 0 ? database.port : database.error;
}

static int database_name(uint16_t port, int type, char *name, size_t size)
{
	ck_assert(type == LIBSOCK_STREAM || type == LIBSOCK_DGRAM);
	database.calls++;
	if (database.name == NULL || port != database.port)
		return database.error;
	ck_assert_uint_lt(strlen(database.name), size);
	strcpy(name, database.name);
	return (int)strlen(name);
}

static const int types[] = {LIBSOCK_STREAM, LIBSOCK_DGRAM};

START_TEST(every_row_of_the_table_is_found_by_its_name)
{
	set_database(NULL, 0);
	for (size_t i = 0; i < SERVICE__COUNT; i++)
		for (int t = 0; t < 2; t++) {
			const struct service__row *row = &service__rows[i];
			int interest = row->protocols & 1 << t ? row->port : LIBSOCK_EAI_NONAME, got;

			got = table_port(row->name, types[t]);
			ck_assert_msg(got == interest, "%s: %d, not %d", row->name, got, interest);
		}
}
END_TEST

START_TEST(every_port_of_the_table_gives_its_first_name)
{
	set_database(NULL, 0);
	for (int t = 0; t < 2; t++) {
		int last = -1;

		for (size_t i = 0; i < SERVICE__COUNT; i++) {
			const struct service__row *row = &service__rows[i];
			char name[LIBSOCK_SERVICE_SIZE];

			if ((row->protocols & 1 << t) == 0 || row->port == last)
				continue;
			last = row->port;
			expect(table_name(row->port, types[t], name, sizeof name), 0);
			ck_assert_str_eq(name, row->name);
			expect(table_port(name, types[t]), row->port);
		}
	}
}
END_TEST

START_TEST(the_table_is_sorted_and_its_names_are_well_formed_and_unique)
{
	for (size_t i = 0; i < SERVICE__COUNT; i++) {
		const struct service__row *row = &service__rows[i];

		ck_assert_msg(row->name[sizeof row->name - 1] == '\0' && service__is_name(row->name), "%s", row->name);
		ck_assert(row->protocols >= SERVICE__TCP && row->protocols <= SERVICE__BOTH);
		ck_assert(i == 0 || row->port >= row[-1].port);
		for (const char *c = row->name; *c != '\0'; c++)
			ck_assert_msg(strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *c) != NULL, "%s", row->name);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(row->name, service__rows[j].name) != 0, "%s is there twice", row->name);
	}
}
END_TEST

static const struct {
	const char *name;
	int stream, dgram;
} known[] = {
	{"echo", 7, 7},	     {"ftp", 21, 0},	  {"ssh", 22, 0},      {"smtp", 25, 0},	    {"domain", 53, 53},
	{"tftp", 0, 69},     {"http", 80, 0},	  {"www", 80, 0},      {"pop3", 110, 0},    {"ntp", 0, 123},
	{"imap", 143, 0},    {"imap2", 143, 0},	  {"https", 443, 443}, {"ldap", 389, 389},  {"shell", 514, 0},
	{"syslog", 0, 514},  {"imaps", 993, 0},	  {"pop3s", 995, 0},   {"nfs", 2049, 2049}, {"mysql", 3306, 0},
	{"mdns", 0, 5353},   {"vnc", 5900, 0},	  {"redis", 6379, 0},  {"HTTP", 80, 0},	    {"Http-Alt", 8080, 0},
	{"DOMAIN", 53, 53},  {"htt", 0, 0},	  {"httpx", 0, 0},     {"ht tp", 0, 0},	    {"no-such-service", 0, 0},
};

START_TEST(the_table_knows_the_common_services_in_any_case)
{
	set_database(NULL, 0);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		int stream = table_port(known[i].name, LIBSOCK_STREAM);
		int dgram = table_port(known[i].name, LIBSOCK_DGRAM);

		ck_assert_msg(stream == (known[i].stream ? known[i].stream : LIBSOCK_EAI_NONAME), "%s", known[i].name);
		ck_assert_msg(dgram == (known[i].dgram ? known[i].dgram : LIBSOCK_EAI_NONAME), "%s", known[i].name);
	}
}
END_TEST

START_TEST(the_database_comes_before_the_table)
{
	char name[LIBSOCK_SERVICE_SIZE];

	set_database("http", 8000);
	expect(table_port("http", LIBSOCK_STREAM), 8000);
	expect(table_port("HTTP", LIBSOCK_STREAM), 8000); /* not 80: it is the same name */
	expect(table_port("www", LIBSOCK_STREAM), 80);
	expect(table_name(8000, LIBSOCK_STREAM, name, sizeof name), 0);
	set_database("my-own", 80);
	expect(table_name(80, LIBSOCK_STREAM, name, sizeof name), 0);
	ck_assert_str_eq(name, "my-own");
	set_database("Upper-Case", 4321);
	expect(table_port("Upper-Case", LIBSOCK_STREAM), 4321);
	expect(table_port("upper-case", LIBSOCK_STREAM), LIBSOCK_EAI_NONAME); /* of a database that tells them apart */
}
END_TEST

START_TEST(a_database_that_fails_knows_nothing)
{
	static const int errors[] = {LIBSOCK_ENOTSUP, LIBSOCK_EACCES, LIBSOCK_EAI_FAIL, LIBSOCK_ESYS - 5, OS_EINTR};
	char name[LIBSOCK_SERVICE_SIZE];

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		set_database(NULL, 0);
		database.error = errors[i];
		expect(table_port("http", LIBSOCK_STREAM), 80);
		expect(table_port("nonesuch", LIBSOCK_STREAM), LIBSOCK_EAI_NONAME);
		expect(table_name(80, LIBSOCK_STREAM, name, sizeof name), 0);
		expect(table_name(4, LIBSOCK_STREAM, name, sizeof name), LIBSOCK_EAI_NONAME);
	}
}
END_TEST

START_TEST(a_database_that_cannot_be_asked_now_may_know)
{
	static const int errors[] = {LIBSOCK_EMFILE, LIBSOCK_ENFILE, LIBSOCK_ENOMEM};
	char name[64] = "old";

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		set_database(NULL, 0);
		database.error = errors[i];
		expect(table_port("http", LIBSOCK_STREAM), errors[i]);
		expect(table_port("NoneSuch", LIBSOCK_STREAM), errors[i]);
		ck_assert_int_eq(database.calls, 2);
		expect(table_port("80", LIBSOCK_STREAM), 80);
		expect(table_name(80, LIBSOCK_STREAM, name, sizeof name), errors[i]);
		ck_assert_str_eq(name, "");
	}
}
END_TEST

START_TEST(a_name_from_the_database_that_could_not_be_asked_for_is_none)
{
	static const char long_name[] = "a-name-of-64-bytes-is-one-too-long-for-what-the-header-promises-";
	static const char *const names[] = {"", "80", "a b", "caf\xc3\xa9", "a\n", long_name};
	char name[LIBSOCK_SERVICE_SIZE];

	ck_assert_uint_eq(strlen(long_name), 64);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		set_database(names[i], 80);
		expect(table_name(80, LIBSOCK_STREAM, name, sizeof name), 0);
		ck_assert_str_eq(name, "http");
	}
	set_database(long_name + 1, 80);
	expect(table_name(80, LIBSOCK_STREAM, name, sizeof name), 0);
	expect(table_port(name, LIBSOCK_STREAM), 80);
}
END_TEST

START_TEST(a_number_stands_for_itself_and_asks_nobody)
{
	static const struct {
		const char *text;
		int port;
	} numbers[] = {
		{"0", 0},
		{"1", 1},
		{"80", 80},
		{"00080", 80},
		{"65535", 65535},
		{"000000000000000000065535", 65535},
		{"65536", LIBSOCK_EPORT},
		{"99999", LIBSOCK_EPORT},
		{"4294967376", LIBSOCK_EPORT},
		{"18446744073709551696", LIBSOCK_EPORT},
		{"99999999999999999999999999999999999999999999999999999999999999999999999999", LIBSOCK_EPORT},
	};

	set_database(NULL, 0);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		for (int t = 0; t < 2; t++) {
			expect(table_port(numbers[i].text, types[t]), numbers[i].port);
			expect(sock_service_port(numbers[i].text, types[t]), numbers[i].port);
		}
	ck_assert_int_eq(database.calls, 0);
}
END_TEST

START_TEST(malformed_names_are_unknown_and_ask_nobody)
{
	static const char *const names[] = {
		"",	"+80",	  "-1",	      "-",    " 80", "80 ", "\t80", " http", "http ", "ht\ttp", "http\n",
		"80/",	"\x7f",	  "caf\xc3\xa9", "8 0", "*",	"+",	"0.5",	 "http\x80", "\xff",
		"a-name-of-64-bytes-is-one-too-long-for-what-the-header-promises-",
	};

	set_database(NULL, 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (int t = 0; t < 2; t++) {
			int table = table_port(names[i], types[t]), machine = sock_service_port(names[i], types[t]);

			ck_assert_msg(table == LIBSOCK_EAI_NONAME, "\"%s\": %d", names[i], table);
			ck_assert_msg(machine == LIBSOCK_EAI_NONAME, "\"%s\": %d", names[i], machine);
		}
	ck_assert_int_eq(database.calls, 0);
}
END_TEST

START_TEST(a_name_fits_in_full_or_not_at_all)
{
	char name[8];

	memset(name, 'x', sizeof name);
	expect(sock_service_name(80, LIBSOCK_STREAM, name, 5), 0);
	ck_assert_str_eq(name, "http");
	ck_assert_int_eq(name[5], 'x');
	for (size_t size = 1; size < 5; size++) {
		memset(name, 'x', sizeof name);
		expect(sock_service_name(80, LIBSOCK_STREAM, name, size), LIBSOCK_EMSGSIZE);
		ck_assert_int_eq(name[0], '\0');
		ck_assert_int_eq(name[size], 'x');
	}
}
END_TEST

START_TEST(mistakes_are_told_and_leave_an_empty_name)
{
	static const long ports[] = {-1, 65536, LONG_MIN, LONG_MAX};
	char name[LIBSOCK_SERVICE_SIZE];

	expect(sock_service_port(NULL, LIBSOCK_STREAM), LIBSOCK_EINVAL);
	expect(sock_service_port("http", 0), LIBSOCK_EINVAL);
	expect(sock_service_port("80", 1), LIBSOCK_EINVAL);
	expect(sock_service_name(80, LIBSOCK_STREAM, NULL, LIBSOCK_SERVICE_SIZE), LIBSOCK_EINVAL);
	name[0] = 'x';
	expect(sock_service_name(80, LIBSOCK_STREAM, name, 0), LIBSOCK_EINVAL);
	ck_assert_int_eq(name[0], 'x');
	expect(sock_service_name(80, 1, name, sizeof name), LIBSOCK_EINVAL);
	ck_assert_str_eq(name, "");
	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
		name[0] = 'x';
		expect(sock_service_name(ports[i], LIBSOCK_STREAM, name, sizeof name), LIBSOCK_EPORT);
		ck_assert_str_eq(name, "");
	}
}
END_TEST

START_TEST(this_machine_knows_the_common_services)
{
	char name[LIBSOCK_SERVICE_SIZE];

	expect(sock_service_port("http", LIBSOCK_STREAM), 80);
	expect(sock_service_port("HTTP", LIBSOCK_STREAM), 80);
	expect(sock_service_port("domain", LIBSOCK_DGRAM), 53);
	expect(sock_service_port("syslog", LIBSOCK_DGRAM), 514);
	expect(sock_service_port("shell", LIBSOCK_STREAM), 514);
	expect(sock_service_port("no-such-service", LIBSOCK_STREAM), LIBSOCK_EAI_NONAME);
	expect(sock_service_name(443, LIBSOCK_STREAM, name, sizeof name), 0);
	ck_assert_str_eq(name, "https");
	expect(sock_service_name(514, LIBSOCK_STREAM, name, sizeof name), 0);
	ck_assert_str_eq(name, "shell");
	expect(sock_service_name(514, LIBSOCK_DGRAM, name, sizeof name), 0);
	ck_assert_str_eq(name, "syslog");
}
END_TEST

START_TEST(every_name_that_a_port_has_is_one_that_can_be_asked_for)
{
	char name[LIBSOCK_SERVICE_SIZE];
	int found = 0;

	for (long port = 0; port < 1024; port++)
		for (int t = 0; t < 2; t++) {
			int err = sock_service_name(port, types[t], name, sizeof name);

			if (err == LIBSOCK_EAI_NONAME) {
				ck_assert_str_eq(name, "");
				continue;
			}
			found++;
			ck_assert_msg(err == 0 && strlen(name) > 0, "%ld: %d", port, err);
			ck_assert_msg(sock_service_port(name, types[t]) >= 0, "%ld: %s", port, name);
		}
	ck_assert_int_gt(found, 60);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_row_of_the_table_is_found_by_its_name},
		{every_port_of_the_table_gives_its_first_name},
		{the_table_is_sorted_and_its_names_are_well_formed_and_unique},
		{the_table_knows_the_common_services_in_any_case},
		{the_database_comes_before_the_table},
		{a_database_that_fails_knows_nothing},
		{a_database_that_cannot_be_asked_now_may_know},
		{a_name_from_the_database_that_could_not_be_asked_for_is_none},
		{a_number_stands_for_itself_and_asks_nobody},
		{malformed_names_are_unknown_and_ask_nobody},
		{a_name_fits_in_full_or_not_at_all},
		{mistakes_are_told_and_leave_an_empty_name},
		{this_machine_knows_the_common_services},
		{every_name_that_a_port_has_is_one_that_can_be_asked_for},
		{0},
	};

	return testing_main("service", tests);
}
