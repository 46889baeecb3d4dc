/* SPDX-License-Identifier: MIT */

/*
 * The table of strict names: what every system must say of every host, whatever its C library thinks. A program of its own,
 * without Check, so that it builds against any C library. TAP on standard output.
 */

#include <libsock.h>

#include <stdio.h>
#include <string.h>

enum verdict { LITERAL, NAME, BAD, LOCAL };

static const struct {
	const char *host;
	enum verdict verdict;
} rows[] = {
	{"127.0.0.1", LITERAL},
	{"0.0.0.0", LITERAL},
	{"255.255.255.255", LITERAL},
	{"::", LITERAL},
	{"::1", LITERAL},
	{"2001:DB8::A", LITERAL},
	{"::ffff:192.0.2.1", LITERAL},
	{"1:2:3:4:5:6:7:8", LITERAL},
	{"64:ff9b::192.0.2.33", LITERAL},
	{"fe80::1%1", LITERAL},
	{"localhost", LOCAL},
	{"LOCALHOST.", LOCAL},
	{"a.localhost", LOCAL},
	{"example", NAME},
	{"www.example.org", NAME},
	{"www.example.org.", NAME},
	{"xn--bcher-kva.example", NAME},
	{"_sip._tcp.example", NAME},
	{"1.2.3.4.example", NAME},
	{"0x7f.example", NAME},
	{"a1", NAME},
	{"3com", NAME},
	{"notlocalhost", NAME},
	/* octal, hexadecimal, short and long forms: CVE-2021-28918, CVE-2021-29921 */
	{"0177.0.0.1", BAD},
	{"127.0.0.01", BAD},
	{"127.1", BAD},
	{"127.0.1", BAD},
	{"2130706433", BAD},
	{"0x7f000001", BAD},
	{"0x7f.0.0.1", BAD},
	{"0X7F.1", BAD},
	{"127.0.0.0x1", BAD},
	{"1.2.3.256", BAD},
	{"1.2.3.4.5", BAD},
	{"1.2.3.", BAD},
	{"1.2.3.4.", BAD},
	{"0", BAD},
	{"4294967296", BAD},
	{"example.1", BAD},
	{"example.0x1", BAD},
	/* trailing and leading text: CVE-2016-10739 */
	{"1.2.3.4 ", BAD},
	{" 1.2.3.4", BAD},
	{"1.2.3.4\t", BAD},
	{"1.2.3.4\n", BAD},
	{"1.2.3.4 example", BAD},
	{"::1 ", BAD},
	{"::1%", BAD},
	{"::1%0", BAD},
	{"::1%4294967296", BAD},
	{"::1/128", BAD},
	{"[::1]", BAD},
	{":::", BAD},
	{"::1::", BAD},
	{"1:2:3:4:5:6:7", BAD},
	{"1:2:3:4:5:6:7:8:9", BAD},
	{"::12345", BAD},
	{"::1.2.3", BAD},
	/* NUL's neighbours, CRLF, control characters: CVE-2019-18348 */
	{"", BAD},
	{"a b", BAD},
	{"a\r\nHost: b", BAD},
	{"a\x01" "b", BAD},
	{"a\x7f", BAD},
	/* IDN: CVE-2021-22918 */
	{"b\xc3\xbc" "cher.example", BAD},
	{"b\xfc" "cher.example", BAD},
	/* labels */
	{".", BAD},
	{"..", BAD},
	{".example", BAD},
	{"a..b", BAD},
	{"example..", BAD},
	{"a/b", BAD},
	{"a@b", BAD},
	{"a:b", BAD},
	{"a%b", BAD},
	{"a,b", BAD},
	{"a*b", BAD},
};

static int tests, failures;

static void verdict(const char *what, size_t length, int got, int interest)
{
	failures += got != interest;
	printf("%s %d - %d bytes: %s (%s wanted): ", got == interest ? "ok" : "not ok", ++tests, (int)length, sock_errname(got),
	       sock_errname(interest));
	for (; *what && length-- > 0 && length < 100; what++)
		putchar(*what > ' ' && *what < 127 && *what != '#' ? *what : '?');
	putchar('\n');
}

/* With NOWAIT no resolver is ever asked: a name that would have to be is EAGAIN. */
static void check(const char *host, enum verdict interest)
{
	static const int codes[] = {[LITERAL] = 1, [NAME] = LIBSOCK_EAGAIN, [BAD] = LIBSOCK_ENAME, [LOCAL] = 2};
	struct sock_addr addr;
	int got = sock_addr_set(&addr, host, 0);

	if (got == 0)
		got = sock_resolve(&addr, LIBSOCK_AF_UNSPEC, NULL, 0, LIBSOCK_NOWAIT);
	verdict(host, strlen(host), got, codes[interest]);
}

/* Labels of 63 bytes, `length` bytes in all: libuv CVE-2024-24806, curl CVE-2023-38545. */
static void check_length(size_t length, enum verdict interest)
{
	static char text[65536];

	for (size_t i = 0; i < length; i++)
		text[i] = i % 64 == 63 ? '.' : 'a';
	text[length] = '\0';
	check(text, interest);
}

int main(void)
{
	static char label[65];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(rows[i].host, rows[i].verdict);
	memset(label, 'a', 64);
	check(label, BAD);
	check(label + 1, NAME);
	check_length(253, NAME);
	check_length(254, BAD);
	check_length(255, BAD);
	check_length(256, BAD);
	check_length(65535, BAD);
	printf("1..%d\n", tests);
	return failures > 0;
}
