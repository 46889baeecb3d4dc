/* SPDX-License-Identifier: MIT */

/* The tuple: set, parse, text, family, compare. */

#include "testing.h"

#include <limits.h>
#include <string.h>

static const struct {
	const char *text, *host;
	int port;
} readable[] = {
	{"127.0.0.1:80", "127.0.0.1", 80},
	{"127.0.0.1", "127.0.0.1", 0},
	{"0.0.0.0:65535", "0.0.0.0", 65535},
	{"localhost:0", "localhost", 0},
	{"www.example.org:443", "www.example.org", 443},
	{"www.example.org.:443", "www.example.org.", 443},
	{"a_b-c.x:1", "a_b-c.x", 1},
	{"1.2.3.4.example:5", "1.2.3.4.example", 5},
	{"x0:5", "x0", 5},
	{":8080", "", 8080},
	{"[::1]:80", "::1", 80},
	{"[::1]", "::1", 0},
	{"::1", "::1", 0},
	{"2001:db8::1:80", "2001:db8::1:80", 0},
	{"[fe80::1%eth0]:22", "fe80::1%eth0", 22},
	{"[fe80::1%12]:22", "fe80::1%12", 22},
	{"[fe80::1%Ethernet 2]:22", "fe80::1%Ethernet 2", 22},
	{"[fe80::1%\xc3\xbc]:22", "fe80::1%\xc3\xbc", 22},
	{"0xbar:80", "0xbar", 80},
	{"www.0xy", "www.0xy", 0},
	{"[::ffff:192.0.2.1]:9", "::ffff:192.0.2.1", 9},
	{"host:00080", "host", 80},
	{"/run/x.sock", "/run/x.sock", 0},
	{"./x", "./x", 0},
	{"a/b", "a/b", 0},
	{"/a:80", "/a:80", 0},
	{"host:80/", "host:80/", 0},
	{"[::1]/", "[::1]/", 0},
	{"fe80::1%a/b", "fe80::1%a/b", 0},
	{"/", "/", 0},
	{"/with a space\n", "/with a space\n", 0},
	{"@", "@", 0},
	{"@name", "@name", 0},
	{"@name:80", "@name:80", 0},
};

START_TEST(parse_reads_every_documented_form)
{
	for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
		struct sock_addr addr;

		memset(&addr, 'x', sizeof addr);
		ck_assert_msg(sock_addr_parse(&addr, readable[i].text, 0) == 0, "%s", readable[i].text);
		ck_assert_str_eq(addr.host, readable[i].host);
		ck_assert_int_eq(addr.port, readable[i].port);
	}
}
END_TEST

START_TEST(parse_takes_the_default_port_where_there_is_none)
{
	static const struct {
		const char *text;
		int default_port, port; /* or an error */
	} rows[] = {
		{"127.0.0.1", 80, 80},
		{"127.0.0.1", 65535, 65535},
		{"127.0.0.1", -1, LIBSOCK_EPORT},
		{"127.0.0.1:0", 80, 0},
		{"127.0.0.1:0", -1, 0},
		{"127.0.0.1:", 80, LIBSOCK_EPORT},
		{"host", 80, 80},
		{"host:7", 80, 7},
		{"[::1]", 80, 80},
		{"[::1]", -1, LIBSOCK_EPORT},
		{"[::1]:7", -1, 7},
		{"::1", 80, 80},
		{"::1:7", -1, LIBSOCK_EPORT}, /* the 7 is the address's own */
		{":7", 80, 7},
		{":", 80, LIBSOCK_EPORT},
		{"", 80, LIBSOCK_ENAME},
		{"a..b", -1, LIBSOCK_ENAME},
		{"/path", 80, 0},
		{"/path", -1, 0},
		{"@name", -1, 0},
		{"127.0.0.1:7", -2, LIBSOCK_EINVAL},
		{"127.0.0.1:7", 65536, LIBSOCK_EINVAL},
		{"127.0.0.1:7", INT_MIN, LIBSOCK_EINVAL},
		{"127.0.0.1:7", INT_MAX, LIBSOCK_EINVAL},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sock_addr addr = {"before", 9};
		int err = sock_addr_parse(&addr, rows[i].text, rows[i].default_port);

		ck_assert_msg(err == (rows[i].port < 0 ? rows[i].port : 0), "\"%s\": %s", rows[i].text, sock_errname(err));
		ck_assert_int_eq(addr.port, err < 0 ? 9 : rows[i].port);
	}
}
END_TEST

static const struct {
	const char *text;
	int err;
} unreadable[] = {
	{"", LIBSOCK_ENAME},
	{"[", LIBSOCK_ENAME},
	{"[]", LIBSOCK_ENAME},
	{"[]:80", LIBSOCK_ENAME},
	{"[::1", LIBSOCK_ENAME},
	{"[::1]x", LIBSOCK_ENAME},
	{"[::1]80", LIBSOCK_ENAME},
	{"[127.0.0.1]:80", LIBSOCK_ENAME},
	{"[www.example.org]:80", LIBSOCK_ENAME},
	{":::1", LIBSOCK_ENAME},
	{"1::2::3", LIBSOCK_ENAME},
	{"12345::", LIBSOCK_ENAME},
	{"::1%", LIBSOCK_ENAME},
	{"fe80::1%0", LIBSOCK_ENAME},
	{"fe80::1%01", LIBSOCK_ENAME},
	{"fe80::1%4294967296", LIBSOCK_ENAME},
	{"fe80::1%42949672960", LIBSOCK_ENAME},
	{"fe80::1%99999999999999999999999", LIBSOCK_ENAME},
	{"fe80::1%a\tb", LIBSOCK_ENAME},
	{"fe80::1%a\x7f", LIBSOCK_ENAME},
	{"0x", LIBSOCK_ENAME},
	{"0xBAD", LIBSOCK_ENAME},
	{"::ffff:127.0.0.1%1", LIBSOCK_ENAME},
	{"[fe80::1%a]b]:80", LIBSOCK_ENAME},
	{"fe80::1%a[b", LIBSOCK_ENAME},
	{"127.0.0.1%1", LIBSOCK_ENAME},
	{"a..b:1", LIBSOCK_ENAME},
	{".a:1", LIBSOCK_ENAME},
	{".", LIBSOCK_ENAME},
	{"a b:1", LIBSOCK_ENAME},
	{"a\tb", LIBSOCK_ENAME},
	{"a\r\nb", LIBSOCK_ENAME},
	{"a\x7f", LIBSOCK_ENAME},
	{"b\xc3\xbc" "cher.example", LIBSOCK_ENAME},
	{"a@b:1", LIBSOCK_ENAME},
	{"127.1:80", LIBSOCK_ENAME},
	{"127.0.0.1.:80", LIBSOCK_ENAME},
	{"0177.0.0.1", LIBSOCK_ENAME},
	{"127.0.0.01", LIBSOCK_ENAME},
	{"2130706433", LIBSOCK_ENAME},
	{"0x7f000001", LIBSOCK_ENAME},
	{"0x7f.0.0.1", LIBSOCK_ENAME},
	{"example.0x1", LIBSOCK_ENAME},
	{"example.0Xa", LIBSOCK_ENAME},
	{"example.123", LIBSOCK_ENAME},
	{"256.1.1.1", LIBSOCK_ENAME},
	{"1.2.3.4 ", LIBSOCK_ENAME},
	{" 1.2.3.4", LIBSOCK_ENAME},
	{"1.2.3.4.5", LIBSOCK_ENAME},
	{"host:", LIBSOCK_EPORT},
	{"host:http", LIBSOCK_EPORT},
	{"host:65536", LIBSOCK_EPORT},
	{"host:99999", LIBSOCK_EPORT},
	{"host:000080", LIBSOCK_EPORT},
	{"host:-1", LIBSOCK_EPORT},
	{"host:+1", LIBSOCK_EPORT},
	{"host: 1", LIBSOCK_EPORT},
	{"host:1 ", LIBSOCK_EPORT},
	{"host:0x50", LIBSOCK_EPORT},
	{"[::1]:", LIBSOCK_EPORT},
	{":", LIBSOCK_EPORT},
};

START_TEST(parse_refuses_malformed_text_and_changes_nothing)
{
	for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
		struct sock_addr addr, before;
		int err;

		memset(&addr, 'x', sizeof addr);
		before = addr;
		err = sock_addr_parse(&addr, unreadable[i].text, 0);
		ck_assert_msg(err == unreadable[i].err, "\"%s\": %s", unreadable[i].text, sock_errname(err));
		ck_assert_mem_eq(&addr, &before, sizeof addr);
	}
	expect(sock_addr_parse(NULL, "a:1", 0), LIBSOCK_EINVAL);
	expect(sock_addr_parse(&(struct sock_addr){"", 0}, NULL, 0), LIBSOCK_EINVAL);
}
END_TEST

/* A path, a name and an IPv6 literal with a scope, each as long as a host may be, with the longest port. */
START_TEST(the_longest_address_fits_the_buffer_for_all)
{
	static const char *const begins[] = {"/", "a", "fe80::1%"};

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		struct sock_addr addr, back;
		char host[LIBSOCK_HOST_SIZE], text[LIBSOCK_ADDR_SIZE];

		memset(host, 'a', sizeof host);
		memcpy(host, begins[i], strlen(begins[i]));
		for (size_t k = 63; i == 1 && k < sizeof host; k += 64)
			host[k] = '.';
		host[sizeof host - 1] = '\0';
		ck_assert_uint_eq(strlen(host), 253);
		expect(sock_addr_set(&addr, host, 65535), 0);
		addr.port = i > 0 ? addr.port : 0; /* a path has none */
		ck_assert_uint_ge(strlen(sock_addr_text(&addr, text, sizeof text)), 253);
		expect(sock_addr_parse(&back, text, 0), 0);
		ck_assert(sock_addr_equal(&addr, &back));
	}
}
END_TEST

/* A name of labels of 63 bytes, `length` bytes in all. */
static const char *long_name(size_t length)
{
	static char text[65536 + 1];

	for (size_t i = 0; i < length; i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	text[length] = '\0';
	return text;
}

START_TEST(hosts_of_every_critical_length)
{
	static const size_t fine[] = {1, 63, 65, 253}, over[] = {254, 255, 256, 1000, 65535};
	struct sock_addr addr;
	char label[65] = "";

	for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
		expect(sock_addr_parse(&addr, long_name(fine[i]), 0), 0);
		ck_assert_uint_eq(strlen(addr.host), fine[i]);
		expect(sock_addr_set(&addr, long_name(fine[i]), 1), 0);
		ck_assert_str_eq(addr.host, long_name(fine[i]));
	}
	for (size_t i = 0; i < sizeof over / sizeof over[0]; i++) {
		expect(sock_addr_parse(&addr, long_name(over[i]), 0), LIBSOCK_ENAME);
		expect(sock_addr_set(&addr, "before", 7), 0);
		expect(sock_addr_set(&addr, long_name(over[i]), 1), LIBSOCK_ENAME);
		ck_assert_str_eq(addr.host, "before");
		ck_assert_int_eq(addr.port, 7);
	}
	memset(label, 'a', 64);
	expect(sock_addr_parse(&addr, label, 0), LIBSOCK_ENAME); /* a label of 64 bytes */
	expect(sock_addr_parse(&addr, label + 1, 0), 0);
}
END_TEST

START_TEST(set_checks_range_and_nulls)
{
	struct sock_addr addr = {"before", 7};

	expect(sock_addr_set(&addr, "host", -1), LIBSOCK_EPORT);
	expect(sock_addr_set(&addr, "host", 65536), LIBSOCK_EPORT);
	expect(sock_addr_set(&addr, NULL, 1), LIBSOCK_EINVAL);
	expect(sock_addr_set(NULL, "host", 1), LIBSOCK_EINVAL);
	ck_assert_str_eq(addr.host, "before");
	ck_assert_int_eq(addr.port, 7);
	expect(sock_addr_set(&addr, addr.host, 65535), 0); /* onto itself */
	ck_assert_str_eq(addr.host, "before");
	expect(sock_addr_set(&addr, "", 0), 0);
	ck_assert_str_eq(addr.host, "");
	expect(sock_addr_set(&addr, "host", LONG_MIN), LIBSOCK_EPORT);
	expect(sock_addr_set(&addr, "host", LONG_MAX), LIBSOCK_EPORT);
	expect(sock_addr_set(&addr, "any form: /\x01[", 1), 0); /* which is looked at where it is used */
	ck_assert_str_eq(addr.host, "any form: /\x01[");
}
END_TEST

START_TEST(text_is_read_back_by_parse)
{
	for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
		struct sock_addr addr, again;
		char text[LIBSOCK_ADDR_SIZE];

		expect(sock_addr_parse(&addr, readable[i].text, 0), 0);
		expect(sock_addr_parse(&again, sock_addr_text(&addr, text, sizeof text), 0), 0);
		ck_assert_msg(sock_addr_equal(&addr, &again), "%s", text);
	}
}
END_TEST

/* Texts of the letters that mean something, always the same ones: whatever is read is read again from what is written. */
START_TEST(whatever_parses_is_written_so_that_it_parses)
{
	static const char letters[] = "::::[]%..0019afx-/@";
	unsigned seed = 1, found = 0;

	for (int i = 0; i < 1000000; i++) {
		struct sock_addr addr, again;
		char text[24] = "", written[LIBSOCK_ADDR_SIZE];
		size_t length = (seed >> 16) % (i % 2 ? 8 : sizeof text);

		for (size_t c = 0; c < length; c++) {
			seed = seed * 1103515245U + 12345U;
			text[c] = letters[(seed >> 16) % (sizeof letters - 1)];
		}
		seed = seed * 1103515245U + 12345U;
		if (sock_addr_parse(&addr, text, 0) < 0)
			continue;
		found++;
		ck_assert_msg(*sock_addr_text(&addr, written, sizeof written), "%s", text);
		ck_assert_msg(sock_addr_parse(&again, written, 0) == 0 && sock_addr_equal(&addr, &again), "%s: %s", text, written);
	}
	ck_assert_uint_gt(found, 1000);
}
END_TEST

START_TEST(text_has_the_documented_forms)
{
	static const struct {
		struct sock_addr addr;
		const char *text;
	} rows[] = {
		{{"127.0.0.1", 80}, "127.0.0.1:80"}, {{"::1", 80}, "[::1]:80"}, {{"::1", 0}, "::1"},
		{{"", 80}, ":80"},		     {{"", 0}, ":0"},		{{"/run/x", 0}, "/run/x"},
		{{"/run/x", 80}, "/run/x"},	     {{"@x:y", 80}, "@x:y"},	{{"www.example.org", 0}, "www.example.org"},
	};
	char text[LIBSOCK_ADDR_SIZE];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_ptr_eq(sock_addr_text(&rows[i].addr, text, sizeof text), text);
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

START_TEST(what_cannot_be_written_is_an_empty_text)
{
	const struct sock_addr addr = {"192.0.2.1", 8080};
	struct sock_addr endless;
	const char whole[] = "192.0.2.1:8080";
	char text[64];

	for (size_t size = 1; size < sizeof text; size++) {
		memset(text, '#', sizeof text);
		ck_assert_str_eq(sock_addr_text(&addr, text, size), size >= sizeof whole ? whole : "");
		ck_assert_int_eq(text[size], '#');
	}
	endless = addr; /* the text may take the place of the host that it is made of */
	ck_assert_str_eq(sock_addr_text(&endless, endless.host, sizeof endless.host), whole);
	ck_assert_str_eq(endless.host, whole);
	memset(&endless, 'a', sizeof endless);
	memset(text, '#', sizeof text);
	ck_assert_ptr_eq(sock_addr_text(&endless, text, sizeof text), text);
	ck_assert_str_eq(text, "");
	ck_assert_str_eq(sock_addr_text(&addr, NULL, 10), "");
	ck_assert_str_eq(sock_addr_text(&addr, NULL, 0), "");
	memset(text, '#', sizeof text);
	ck_assert_str_eq(sock_addr_text(&addr, text, 0), "");
	ck_assert_int_eq(text[0], '#');
	ck_assert_ptr_eq(sock_addr_text(NULL, text, sizeof text), text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(the_family_is_what_the_text_says)
{
	static const struct {
		const char *host;
		int family;
	} rows[] = {
		{"127.0.0.1", LIBSOCK_AF_INET},       {"::ffff:192.0.2.1", LIBSOCK_AF_INET},
		{"::1", LIBSOCK_AF_INET6},	      {"fe80::1%2", LIBSOCK_AF_INET6},
		{"fe80::1%no-such", LIBSOCK_AF_INET6}, {"/run/x", LIBSOCK_AF_UNIX},
		{"a/b:c", LIBSOCK_AF_UNIX},	      {"@x", LIBSOCK_AF_UNIX},
		{"@", LIBSOCK_AF_UNIX},		      {"www.example.org", LIBSOCK_AF_UNSPEC},
		{"localhost", LIBSOCK_AF_UNSPEC},     {"", LIBSOCK_AF_UNSPEC},
		{"127.1", LIBSOCK_ENAME},	      {"1::2::3", LIBSOCK_ENAME},
		{"a@b", LIBSOCK_ENAME},		      {"a b", LIBSOCK_ENAME},
	};
	struct sock_addr addr;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		expect(sock_addr_set(&addr, rows[i].host, i % 2), 0);
		ck_assert_msg(sock_addr_family(&addr) == rows[i].family, "%s", rows[i].host);
	}
	memset(&addr, '/', sizeof addr);
	expect(sock_addr_family(&addr), LIBSOCK_ENAME);
	expect(sock_addr_family(NULL), LIBSOCK_EINVAL);
}
END_TEST

/* Filled in by libsock, each twice, from other spellings: one host is one text, and other hosts are others. */
START_TEST(text_from_libsock_is_canonical)
{
	static const char *const hosts[] = {
		"127.0.0.1", "::ffff:127.0.0.1", "::FFFF:7f00:1", "127.0.0.2", "::127.0.0.1", "::7f00:1", "::1", "0:0:0:0:0:0:0:1",
		"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8:0:0:1::1", "2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1",
		"2001:db8::1", "fe80::1", "FE80:0::1", "fe80::1%1", "FE80::0:1%1", "1::", "1:0::0", "0.0.0.0", "::", "::ffff:0:0",
	};
	enum { COUNT = sizeof hosts / sizeof hosts[0] };
	struct sock_addr out[2 * COUNT], asked;

	for (int i = 0; i < 2 * COUNT; i++) {
		memset(&out[i], '#', sizeof out[i]);
		expect(sock_addr_set(&asked, hosts[i / 2], 80 + i % 2), 0);
		expect(sock_resolve(&asked, LIBSOCK_AF_UNSPEC, &out[i], 1, LIBSOCK_NOWAIT), 1);
		ck_assert(sock_addr_equal(&out[i], &asked));
	}
	for (int i = 0; i < 2 * COUNT; i++)
		for (int k = 0; k < 2 * COUNT; k++)
			ck_assert_int_eq(sock_addr_equal(&out[i], &out[k]),
					 strcmp(out[i].host, out[k].host) == 0 && out[i].port == out[k].port);
}
END_TEST

/* But for a few bytes: octets are written four bytes at a time. */
static void expect_tail_uncleared(const struct sock_addr *addr)
{
	for (size_t i = strlen(addr->host) + 4; i < sizeof addr->host; i++)
		ck_assert_int_eq(addr->host[i], '#');
}

/* Of all calls that fill an address in. */
START_TEST(what_follows_the_nul_is_not_cleared)
{
	struct sock_addr addr[9];
	struct sock l, s, c, d;
	struct sock_packet packet;
	struct sock_attempt attempts[2];
	char byte;
	int count = 2;

	memset(addr, '#', sizeof addr);
	memset(&packet, '#', sizeof packet);
	memset(attempts, '#', sizeof attempts);
	expect(sock_addr_set(&addr[0], "127.0.0.1", 0), 0);
	expect(sock_addr_parse(&addr[1], "127.0.0.1:80", -1), 0);
	expect(sock_resolve(&addr[1], LIBSOCK_AF_INET, &addr[2], 1, LIBSOCK_NOWAIT), 1);
	expect(sock_reverse(&addr[1], &addr[3], LIBSOCK_NOWAIT), 0);
	expect(sock_serve(&l, LIBSOCK_STREAM, &addr[0], 1), 0);
	expect(sock_local_addr(l, &addr[4]), 0);
	expect(sock_dial_report(&s, LIBSOCK_STREAM, &addr[4], attempts, 2, &count, soon()), 0);
	expect(sock_accept(l, &c, &addr[5], soon()), 0);
	expect(sock_peer_addr(s, &addr[6]), 0);
	expect(sock_open(&d, LIBSOCK_AF_INET, LIBSOCK_DGRAM), 0);
	expect(sock_bind(d, &addr[0]), 0);
	expect(sock_local_addr(d, &addr[7]), 0);
	for (int i = 0; i < 2; i++)
		expect(sock_sendto(d, "x", 1, &addr[7], soon()), 1);
	expect(sock_recvfrom(d, &byte, 1, &addr[8], soon()), 1);
	expect(sock_recv_packet(d, &byte, 1, &packet, soon()), 1);
	for (int i = 0; i < 9; i++)
		expect_tail_uncleared(&addr[i]);
	expect_tail_uncleared(&packet.peer);
	expect_tail_uncleared(&packet.local);
	expect_tail_uncleared(&attempts[0].addr);
	sock_close(&d);
	sock_close(&c);
	sock_close(&s);
	sock_close(&l);
}
END_TEST

START_TEST(equal_compares_meaning)
{
	static const struct {
		struct sock_addr a, b;
		int equal;
	} rows[] = {
		{{"::1", 1}, {"0:0:0:0:0:0:0:1", 1}, 1},
		{{"::A", 1}, {"::a", 1}, 1},
		{{"127.0.0.1", 1}, {"::ffff:127.0.0.1", 1}, 1},
		{{"127.0.0.1", 1}, {"127.0.0.1", 2}, 0},
		{{"127.0.0.1", 1}, {"127.0.0.2", 1}, 0},
		{{"127.0.0.1", 1}, {"::1", 1}, 0},
		{{"fe80::1%1", 1}, {"fe80::1%2", 1}, 0},
		{{"fe80::1%1", 1}, {"FE80::1%1", 1}, 1},
		{{"fe80::1%lo", 1}, {"fe80::1%lo", 1}, 1},
		{{"fe80::1%lo", 1}, {"fe80::1%l0", 1}, 0},
		{{"fe80::1%lo", 1}, {"fe80::1", 1}, 0},
		{{"Example.ORG", 1}, {"example.org", 1}, 1},
		{{"example.org", 1}, {"example.com", 1}, 0},
		{{"example.org", 1}, {"example.or", 1}, 0},
		{{"127.0.0.1", 1}, {"localhost", 1}, 0},
		{{"", 1}, {"", 1}, 1},
		{{"/tmp/A", 0}, {"/tmp/A", 0}, 1},
		{{"/tmp/A", 0}, {"/tmp/a", 0}, 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_msg(sock_addr_equal(&rows[i].a, &rows[i].b) == rows[i].equal, "%s %s", rows[i].a.host, rows[i].b.host);
		ck_assert_msg(sock_addr_equal(&rows[i].b, &rows[i].a) == rows[i].equal, "%s %s", rows[i].b.host, rows[i].a.host);
	}
	ck_assert_int_eq(sock_addr_equal(NULL, NULL), 0);
	ck_assert_int_eq(sock_addr_equal(NULL, &rows[0].a), 0);
	ck_assert_int_eq(sock_addr_equal(&rows[0].a, NULL), 0);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{parse_reads_every_documented_form},
		{parse_takes_the_default_port_where_there_is_none},
		{parse_refuses_malformed_text_and_changes_nothing},
		{hosts_of_every_critical_length},
		{the_longest_address_fits_the_buffer_for_all},
		{set_checks_range_and_nulls},
		{text_is_read_back_by_parse},
		{whatever_parses_is_written_so_that_it_parses},
		{text_has_the_documented_forms},
		{what_cannot_be_written_is_an_empty_text},
		{the_family_is_what_the_text_says},
		{text_from_libsock_is_canonical},
		{what_follows_the_nul_is_not_cleared},
		{equal_compares_meaning},
		{0},
	};

	return testing_main("addr", tests);
}
