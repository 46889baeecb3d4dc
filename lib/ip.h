/* SPDX-License-Identifier: MIT */

/*
 * IP addresses as text, to bits and back. Pure: no state, no OS. Our own, because the C libraries take more than an
 * address ("1", "0x7f.1", "0177.0.0.1", trailing text) and cost more than the system call beside them.
 */

#ifndef LIBSOCK_IP_H
#define LIBSOCK_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IP4_TEXT_MAX = 15, /* 255.255.255.255 */
	IP6_TEXT_MAX = 39  /* eight groups of four digits */
};

/*
 * Both parsers read from `text` up to `end`, where something stands that no address goes on with: a NUL, or a scope's %.
 */

/* Four decimal numbers of 0 to 255 without leading zeros, and nothing else. */
bool ip4_parse(const char *text, const char *end, uint8_t ip[4]);

/* RFC 4291, section 2.2, all three forms, and nothing else. No scope. */
bool ip6_parse(const char *text, const char *end, uint8_t ip[16]);

/* Both write at most their TEXT_MAX bytes and no NUL, and return where they stopped. IPv6 is as in RFC 5952. */
char *ip4_format(char *text, const uint8_t ip[4]);
char *ip6_format(char *text, const uint8_t ip[16]);

/* ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2): IPv4 as a dual-stack socket sees it. */
bool ip6_is_mapped(const uint8_t ip[16]);
void ip6_map(uint8_t ip[16], const uint8_t ip4[4]);

#endif
