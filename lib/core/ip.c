/* SPDX-License-Identifier: MIT */

#include "ip.h"

#include <string.h>

static unsigned ip__digit(char c)
{
	return (unsigned)(unsigned char)c - '0'; /* above 9: none */
}

const char *ip4_parse(const char *text, uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned value = ip__digit(*text++), digit;

		if (value > 9)
			return NULL;
		for (; (digit = ip__digit(*text)) <= 9; text++) {
			if (value == 0) /* a zero too many: octal, to some */
				return NULL;
			value = value * 10 + digit;
			if (value > 255)
				return NULL;
		}
		ip[i] = (uint8_t)value;
		if (i < 3 && *text++ != '.')
			return NULL;
	}
	return text;
}

static int ip__hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of one to four digits; NULL where there is none. */
static const char *ip__group_parse(const char *text, const char *end, uint8_t group[2])
{
	unsigned value = 0;
	const char *start = text;

	for (int digit; text < end && text - start < 4 && (digit = ip__hex_digit(*text)) >= 0; text++)
		value = value << 4 | (unsigned)digit;
	group[0] = (uint8_t)(value >> 8);
	group[1] = (uint8_t)value;
	return text == start ? NULL : text;
}

/* Push what stands behind the gap `::` to the end and fill the gap with zeros. */
static void ip__gap_open(uint8_t ip[16], int gap, int used)
{
	memmove(ip + 16 - (used - gap), ip + gap, (size_t)(used - gap));
	memset(ip + gap, 0, (size_t)(16 - used));
}

bool ip6_parse(const char *text, const char *end, uint8_t ip[16])
{
	int used = 0, gap = -1;

	if (end - text >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (text < end) {
		const char *next = used < 16 ? ip__group_parse(text, end, ip + used) : NULL;

		if (next != NULL && next < end && *next == '.') { /* a dotted tail takes the place of the last two groups */
			if (used > 12 || ip4_parse(text, ip + used) != end)
				return false;
			used += 4;
			break;
		}
		if (next == NULL)
			return false;
		used += 2;
		text = next;
		if (text == end)
			break;
		if (*text++ != ':' || text == end)
			return false;
		if (*text == ':') {
			if (gap >= 0)
				return false;
			gap = used;
			text++;
		}
	}
	if (gap < 0)
		return used == 16;
	if (used > 14) /* the gap stands for at least one group */
		return false;
	ip__gap_open(ip, gap, used);
	return true;
}

/* Every octet and the dot behind it, and how long that is: to divide would take longer than the rest of the way. */
#define IP__TEXT1(n) {{'0' + (n), '.'}, 2}
#define IP__TEXT2(n) {{'0' + (n) / 10, '0' + (n) % 10, '.'}, 3}
#define IP__TEXT3(n) {{'0' + (n) / 100, '0' + (n) / 10 % 10, '0' + (n) % 10, '.'}, 4}
#define IP__FIVE(text, n) text(n), text((n) + 1), text((n) + 2), text((n) + 3), text((n) + 4)
#define IP__TEN(text, n) IP__FIVE(text, n), IP__FIVE(text, (n) + 5)
#define IP__FIFTY(text, n) \
	IP__TEN(text, n), IP__TEN(text, (n) + 10), IP__TEN(text, (n) + 20), IP__TEN(text, (n) + 30),                   \
		IP__TEN(text, (n) + 40)

static const struct {
	char text[4];
	uint8_t length;
} ip__octets[256] = {
	IP__TEN(IP__TEXT1, 0),
	IP__TEN(IP__TEXT2, 10), IP__TEN(IP__TEXT2, 20), IP__TEN(IP__TEXT2, 30), IP__TEN(IP__TEXT2, 40),
	IP__FIFTY(IP__TEXT2, 50),
	IP__FIFTY(IP__TEXT3, 100), IP__FIFTY(IP__TEXT3, 150), IP__FIFTY(IP__TEXT3, 200),
	IP__FIVE(IP__TEXT3, 250), IP__TEXT3(255),
};

char *ip4_format(char *text, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		memcpy(text, ip__octets[ip[i]].text, 4);
		text += ip__octets[ip[i]].length;
	}
	return text - 1;
}

static char *ip__group_format(char *text, unsigned group)
{
	static const char digits[] = "0123456789abcdef";

	if (group > 0xfff)
		*text++ = digits[group >> 12];
	if (group > 0xff)
		*text++ = digits[group >> 8 & 15];
	if (group > 0xf)
		*text++ = digits[group >> 4 & 15];
	*text++ = digits[group & 15];
	return text;
}

/* The longest run of two or more zero groups, the first of several as long; its length is 0 where there is none. */
static int ip__zeros_find(const unsigned group[8], int *length)
{
	int best = -1;

	*length = 0;
	for (int i = 0; i < 8; i++) {
		int start = i;

		while (i < 8 && group[i] == 0)
			i++;
		if (i - start > 1 && i - start > *length) {
			best = start;
			*length = i - start;
		}
	}
	return best;
}

char *ip6_format(char *text, const uint8_t ip[16])
{
	unsigned group[8];
	int zeros, length;

	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
	zeros = ip__zeros_find(group, &length);
	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			*text++ = ':';
			if (i == 0)
				*text++ = ':';
			i += length - 1;
			continue;
		}
		text = ip__group_format(text, group[i]);
		if (i < 7)
			*text++ = ':';
	}
	return text;
}

static const uint8_t ip__mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool ip6_is_mapped(const uint8_t ip[16])
{
	/* In halves that compilers make a comparison of, where twelve bytes would be a call. */
	return memcmp(ip, ip__mapped_prefix, 8) == 0 && memcmp(ip + 8, ip__mapped_prefix + 8, 4) == 0;
}

void ip6_map(uint8_t ip[16], const uint8_t ip4[4])
{
	uint8_t tail[4]; /* the two may be the same memory */

	memcpy(tail, ip4, sizeof tail);
	memcpy(ip, ip__mapped_prefix, sizeof ip__mapped_prefix);
	memcpy(ip + 12, tail, sizeof tail);
}
