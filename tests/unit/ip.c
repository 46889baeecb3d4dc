/* SPDX-License-Identifier: MIT */

/* IP addresses as text, at the level of lib/core/ip.h. */

#include "ip.h"
#include "testing.h"

#include <string.h>

START_TEST(every_octet_is_written_and_read_back)
{
	for (int place = 0; place < 4; place++)
		for (int value = 0; value < 256; value++) {
			uint8_t ip[4] = {10, 0, 100, 255}, again[4];
			char text[IP4_TEXT_MAX + 2], *end;

			ip[place] = (uint8_t)value;
			text[IP4_TEXT_MAX + 1] = '#';
			end = ip4_format(text, ip);
			ck_assert_int_le(end - text, IP4_TEXT_MAX);
			ck_assert_int_eq(text[IP4_TEXT_MAX + 1], '#'); /* room for a NUL, and no more */
			*end = '\0';
			ck_assert_ptr_eq(ip4_parse(text, again), end);
			ck_assert_mem_eq(ip, again, 4);
		}
}
END_TEST

/* RFC 5952, sections 1, 2 and 4. */
START_TEST(ipv6_is_written_in_its_canonical_form)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"1:0:0:0:0:0:0:0", "1::"},
		{"2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"},
		{"fe80::", "fe80::"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t ip[16];
		char text[IP6_TEXT_MAX + 1];

		ck_assert_msg(ip6_parse(rows[i].in, rows[i].in + strlen(rows[i].in), ip), "%s", rows[i].in);
		*ip6_format(text, ip) = '\0';
		ck_assert_str_eq(text, rows[i].out);
	}
}
END_TEST

START_TEST(malformed_ipv6_is_refused)
{
	static const char *const rows[] = {
		"", ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8",
		"::1::", "1::2::3", "::g", "::12345", "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1.2.3.4::", "::256.0.0.1",
		"::01.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "::1 ", " ::1", "::%1", "1:::2",
		"::1.2.3.4.", "1::1.2.3.4::",
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t ip[16];

		ck_assert_msg(!ip6_parse(rows[i], rows[i] + strlen(rows[i]), ip), "%s", rows[i]);
	}
}
END_TEST

/* Every text over a small alphabet, as a tree: whatever is read must survive being written and read again. */
START_TEST(whatever_is_read_survives_a_round_trip)
{
	static const char alphabet[] = "01f:.";
	const size_t depth = 9;
	char text[10];
	long read = 0;

	for (long number = 0; number < 1953125; number++) { /* 5 to the 9th */
		uint8_t ip[16], again[16];
		char out[IP6_TEXT_MAX], *end;
		long rest = number;

		for (size_t i = 0; i < depth; i++, rest /= 5)
			text[i] = alphabet[rest % 5];
		if (!ip6_parse(text, text + depth, ip))
			continue;
		read++;
		end = ip6_format(out, ip);
		ck_assert(ip6_parse(out, end, again));
		ck_assert_mem_eq(ip, again, 16);
	}
	ck_assert_int_gt(read, 1000);
}
END_TEST

START_TEST(mapping_ipv4_works_in_place)
{
	uint8_t ip[16] = {192, 0, 2, 1};
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};

	ck_assert(!ip6_is_mapped(ip));
	ip6_map(ip, ip);
	ck_assert(ip6_is_mapped(ip));
	ck_assert_mem_eq(ip, mapped, 16);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_octet_is_written_and_read_back},
		{ipv6_is_written_in_its_canonical_form},
		{malformed_ipv6_is_refused},
		{whatever_is_read_survives_a_round_trip},
		{mapping_ipv4_works_in_place},
		{0},
	};

	return testing_main("ip", tests);
}
