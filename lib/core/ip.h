/* SPDX-License-Identifier: MIT */

/*
 * IP addresses as text, to bits and back. Pure: no state, no OS. Our own, because the C libraries take more than an
 * address ("1", "0x7f.1", "0177.0.0.1", trailing text) and cost more than the system call beside them.
 */

#ifndef LIBSOCK_IP_H
#define LIBSOCK_IP_H

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IP4_TEXT_MAX = 15, /* 255.255.255.255 */
	IP6_TEXT_MAX = 39  /* eight groups of four digits */
};

/*
 * Four decimal numbers of 0 to 255 without leading zeros. Returns where they end, which is for the caller to look at,
 * or NULL. What is no number and no dot stops it.
 */
const char *ip4_parse(const char *text, uint8_t ip[4]);

/* RFC 4291, section 2.2, all three forms, and nothing else up to `end`, where a NUL stands or a scope's %. No scope. */
bool ip6_parse(const char *text, const char *end, uint8_t ip[16]);

/*
 * Both return where the text ends, with no NUL, and may write a byte behind it where that is still within TEXT_MAX + 1
 * (a caller has room for a NUL). IPv6 is as in RFC 5952.
 */
char *ip4_format(char *text, const uint8_t ip[4]);
char *ip6_format(char *text, const uint8_t ip[16]);

/* ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2): IPv4 as a dual-stack socket sees it. */
bool ip6_is_mapped(const uint8_t ip[16]);
void ip6_map(uint8_t ip[16], const uint8_t ip4[4]);

#endif
