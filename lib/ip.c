/* SPDX-License-Identifier: MIT */

#include "ip.h"

#include <string.h>

static unsigned ip__digit(char c)
{
	return (unsigned)(unsigned char)c - '0'; /* above 9: none */
}

/* One number of one to three digits; NULL where there is none, or one that is too large or begins with a zero too many. */
static const char *ip__octet_parse(const char *text, uint8_t *octet)
{
	unsigned value = ip__digit(*text++), digit;

	if (value > 9)
		return NULL;
	if ((digit = ip__digit(*text)) <= 9) {
		if (value == 0)
			return NULL;
		value = value * 10 + digit;
		if ((digit = ip__digit(*++text)) <= 9) {
			value = value * 10 + digit;
			text++;
		}
	}
	*octet = (uint8_t)value;
	return value <= 255 ? text : NULL;
}

bool ip4_parse(const char *text, const char *end, uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0 && *text++ != '.')
			return false;
		text = ip__octet_parse(text, &ip[i]);
		if (text == NULL)
			return false;
	}
	return text == end;
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
			if (used > 12 || !ip4_parse(text, end, ip + used))
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

char *ip4_format(char *text, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned value = ip[i];

		if (value >= 100)
			*text++ = (char)('0' + value / 100);
		if (value >= 10)
			*text++ = (char)('0' + value / 10 % 10);
		*text++ = (char)('0' + value % 10);
		*text++ = '.';
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
	return memcmp(ip, ip__mapped_prefix, sizeof ip__mapped_prefix) == 0;
}

void ip6_map(uint8_t ip[16], const uint8_t ip4[4])
{
	uint8_t tail[4]; /* the two may be the same memory */

	memcpy(tail, ip4, sizeof tail);
	memcpy(ip, ip__mapped_prefix, sizeof ip__mapped_prefix);
	memcpy(ip + 12, tail, sizeof tail);
}
