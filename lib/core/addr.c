/* SPDX-License-Identifier: MIT */

#include "addr.h"
#include "compiler.h"
#include "ip.h"

#include <string.h>

enum {
	ADDR__LABEL_MAX = 63, /* RFC 1035, section 2.3.4 */
	ADDR__ZONE_MAX = 255  /* longer than any interface's name (Linux: 15, Windows: 255) */
};

static bool addr__is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char addr__lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool addr__is_name_char(char c)
{
	return addr__is_digit(c) || (addr__lower(c) >= 'a' && addr__lower(c) <= 'z') || c == '-' || c == '_';
}

/* Resolvers take a name whose last label is a number for an IPv4 address in one of its old forms (127.1, 0x7f000001). */
static bool addr__is_number(const char *label, const char *end)
{
	const bool is_hex = end - label >= 2 && label[0] == '0' && addr__lower(label[1]) == 'x';

	if (is_hex)
		label += 2;
	while (label < end && (addr__is_digit(*label) || (is_hex && addr__lower(*label) >= 'a' && addr__lower(*label) <= 'f')))
		label++;
	return label == end;
}

/* Letters, digits, hyphens and underscores in labels; one dot may end the name. */
COLD static bool addr__is_name(const char *name, const char *end)
{
	const char *label = name;

	if (end > name && end[-1] == '.')
		end--;
	for (const char *c = name;; c++) {
		if (c == end || *c == '.') {
			if (c == label || c - label > ADDR__LABEL_MAX)
				return false;
			if (c == end)
				return !addr__is_number(label, end);
			label = c + 1;
		} else if (!addr__is_name_char(*c)) {
			return false;
		}
	}
}

/*
 * A scope: an index without leading zeros, or an interface's name, which is left for the OS to look up. Names are what
 * the system makes of them, on Windows "Ethernet 2" or worse, in UTF-8.
 */
COLD static bool addr__read_zone(const char *zone, const char *end, struct os_addr *bits, const char **name)
{
	uint64_t index = 0;
	const char *c = zone;

	for (; c < end && addr__is_digit(*c); c++)
		if (index <= UINT32_MAX)
			index = index * 10 + (uint64_t)(*c - '0');
	if (c == end) {
		bits->scope = (uint32_t)index;
		return zone < end && index > 0 && index <= UINT32_MAX && *zone != '0';
	}
	for (c = zone; c < end; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f || *c == '/' || *c == '%' || *c == '[' || *c == ']')
			return false;
	*name = zone;
	return end - zone <= ADDR__ZONE_MAX;
}

static int addr__read_ip6(const char *host, const char *end, struct os_addr *bits, const char **zone)
{
	const char *percent = memchr(host, '%', (size_t)(end - host));

	bits->family = LIBSOCK_AF_INET6;
	bits->scope = 0;
	if (!ip6_parse(host, percent ? percent : end, bits->ip))
		return LIBSOCK_ENAME;
	if (ip6_is_mapped(bits->ip)) {
		bits->family = LIBSOCK_AF_INET;
		memcpy(bits->ip, bits->ip + 12, 4);
		return percent ? LIBSOCK_ENAME : ADDR_LITERAL; /* IPv4 has no scopes */
	}
	return !percent || addr__read_zone(percent + 1, end, bits, zone) ? ADDR_LITERAL : LIBSOCK_ENAME;
}

static bool addr__is_path(const char *host, const char *end)
{
	return *host == '@' || memchr(host, '/', (size_t)(end - host)) != NULL;
}

static bool addr__same_text(const char *a, const char *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (addr__lower(a[i]) != addr__lower(b[i]))
			return false;
	return true;
}

static bool addr__is_localhost(const char *name, const char *end)
{
	static const char localhost[] = "localhost";
	const size_t tail = sizeof localhost - 1;

	if (end[-1] == '.')
		end--;
	if ((size_t)(end - name) < tail || !addr__same_text(end - tail, localhost, tail))
		return false;
	return (size_t)(end - name) == tail || end[-(ptrdiff_t)tail - 1] == '.';
}

/* What is no IPv4. Apart, so that what is has nothing to save and restore. */
COLD static int addr__read_other(const char *host, struct os_addr *bits, const char **zone)
{
	const char *end = memchr(host, '\0', LIBSOCK_HOST_SIZE);

	if (end == NULL)
		return LIBSOCK_ENAME;
	if (end == host)
		return ADDR_WILDCARD;
	if (addr__is_path(host, end))
		return ADDR_PATH;
	if (memchr(host, ':', (size_t)(end - host)))
		return addr__read_ip6(host, end, bits, zone);
	if (!addr__is_name(host, end))
		return LIBSOCK_ENAME;
	return addr__is_localhost(host, end) ? ADDR_LOCALHOST : ADDR_NAME;
}

int addr_read(const char *host, struct os_addr *bits, const char **zone)
{
	const char *end = ip4_parse(host, bits->ip);

	*zone = NULL;
	if (end == NULL || *end != '\0')
		return addr__read_other(host, bits, zone);
	bits->family = LIBSOCK_AF_INET;
	bits->scope = 0;
	return ADDR_LITERAL;
}

void addr_value(const struct sock_addr *addr, struct addr_value *value)
{
	value->kind = addr_read(addr->host, &value->bits, &value->zone);
	value->host = addr->host;
	value->bits.port = addr->port;
}

static char *addr__write_number(char *text, uint32_t number)
{
	char digits[10];
	int n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (n > 0)
		*text++ = digits[--n];
	return text;
}

void addr_write(struct sock_addr *addr, const struct os_addr *bits)
{
	char *end = addr->host;

	addr->port = bits->port;
	if (bits->family == LIBSOCK_AF_INET) {
		end = ip4_format(end, bits->ip);
	} else if (bits->family == LIBSOCK_AF_INET6 && ip6_is_mapped(bits->ip)) {
		end = ip4_format(end, bits->ip + 12);
	} else if (bits->family == LIBSOCK_AF_INET6) {
		end = ip6_format(end, bits->ip);
		if (bits->scope > 0) {
			*end++ = '%';
			end = addr__write_number(end, bits->scope);
		}
	} else {
		addr->port = 0;
		if (bits->family == LIBSOCK_AF_UNIX) {
			size_t length = strlen(bits->path);

			memcpy(end, bits->path, length);
			end += length;
		}
	}
	*end = '\0';
}

void addr_fixed(struct os_addr *bits, int family, int last)
{
	bits->family = family;
	bits->scope = 0;
	memset(bits->ip, 0, sizeof bits->ip);
	if (family == LIBSOCK_AF_INET6)
		bits->ip[15] = (uint8_t)last;
	else if (last)
		memcpy(bits->ip, (const uint8_t[4]){127, 0, 0, 1}, 4);
}

int sock_addr_set(struct sock_addr *addr, const char *host, long port)
{
	if (addr == NULL || host == NULL)
		return LIBSOCK_EINVAL;
	if (port < 0 || port > UINT16_MAX)
		return LIBSOCK_EPORT;

	const char *end = memchr(host, '\0', LIBSOCK_HOST_SIZE);

	if (end == NULL)
		return LIBSOCK_ENAME;
	memmove(addr->host, host, (size_t)(end - host) + 1);
	addr->port = (uint16_t)port;
	return 0;
}

/* One to five digits and nothing else. */
static int addr__port_parse(const char *text)
{
	int port = 0, digits = 0;

	for (; addr__is_digit(text[digits]) && digits < 5; digits++)
		port = port * 10 + (text[digits] - '0');
	return digits > 0 && text[digits] == '\0' && port <= UINT16_MAX ? port : LIBSOCK_EPORT;
}

/*
 * Where the host ends and the port begins: `port` is NULL where there is none. Two colons without brackets are IPv6,
 * whose last group is no port.
 */
static int addr__split(const char **host, const char **end, const char **port)
{
	const char *text = *host, *colon = strchr(text, ':');

	*port = NULL;
	if (*text == '[') {
		*host = text + 1;
		*end = strchr(text, ']');
		if (*end == NULL || memchr(*host, ':', (size_t)(*end - *host)) == NULL)
			return LIBSOCK_ENAME;
		if ((*end)[1] == ':')
			*port = *end + 2;
		else if ((*end)[1] != '\0')
			return LIBSOCK_ENAME;
	} else if (colon && strchr(colon + 1, ':') == NULL) {
		*end = colon;
		*port = colon + 1;
	} else {
		*end = text + strlen(text);
	}
	return *end == text && *port == NULL ? LIBSOCK_ENAME : 0;
}

/* What is no path. A port of -1: there is none in the text. */
static int addr__parse_internet(const char *text, char host[LIBSOCK_HOST_SIZE], int *number)
{
	struct os_addr bits;
	const char *end, *port, *zone;
	int err = addr__split(&text, &end, &port);

	if (err < 0)
		return err;
	if (end - text >= LIBSOCK_HOST_SIZE)
		return LIBSOCK_ENAME;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	err = addr_read(host, &bits, &zone);
	if (err < 0 || err == ADDR_PATH)
		return LIBSOCK_ENAME;
	*number = port ? addr__port_parse(port) : -1;
	return *number < -1 ? *number : 0;
}

int sock_addr_parse(struct sock_addr *addr, const char *text, int default_port)
{
	char host[LIBSOCK_HOST_SIZE];
	int err, port;

	if (addr == NULL || text == NULL || default_port < -1 || default_port > UINT16_MAX)
		return LIBSOCK_EINVAL;
	if (addr__is_path(text, text + strlen(text)))
		return sock_addr_set(addr, text, 0);
	err = addr__parse_internet(text, host, &port);
	if (err < 0)
		return err;
	return sock_addr_set(addr, host, port >= 0 ? port : default_port);
}

/* How long it is, without a NUL; 0: the host has no NUL. */
static size_t addr__write_text(char whole[LIBSOCK_ADDR_SIZE], const struct sock_addr *addr)
{
	const char *nul = memchr(addr->host, '\0', sizeof addr->host);
	char *end = whole;

	if (nul == NULL)
		return 0;

	const bool has_port = addr->port > 0 && !addr__is_path(addr->host, nul);
	const bool brackets = has_port && strchr(addr->host, ':') != NULL;

	if (brackets)
		*end++ = '[';
	memcpy(end, addr->host, (size_t)(nul - addr->host));
	end += nul - addr->host;
	if (brackets)
		*end++ = ']';
	if (has_port || nul == addr->host) { /* :0 is the wildcard's shortest */
		*end++ = ':';
		end = addr__write_number(end, addr->port);
	}
	return (size_t)(end - whole);
}

const char *sock_addr_text(const struct sock_addr *addr, char *text, size_t size)
{
	char whole[LIBSOCK_ADDR_SIZE];
	size_t length;

	if (text == NULL || size == 0)
		return "";
	length = addr ? addr__write_text(whole, addr) : 0;
	if (length >= size)
		length = 0;
	memcpy(text, whole, length); /* last, for `text` may lie in the address */
	text[length] = '\0';
	return text;
}

int sock_addr_family(const struct sock_addr *addr)
{
	struct addr_value value;

	if (addr == NULL)
		return LIBSOCK_EINVAL;
	addr_value(addr, &value);
	if (value.kind < 0 || value.kind == ADDR_PATH)
		return value.kind < 0 ? value.kind : LIBSOCK_AF_UNIX;
	return value.kind == ADDR_LITERAL ? value.bits.family : LIBSOCK_AF_UNSPEC;
}

int sock_addr_equal(const struct sock_addr *a, const struct sock_addr *b)
{
	struct addr_value x, y;

	if (a == NULL || b == NULL || a->port != b->port)
		return 0;
	addr_value(a, &x);
	addr_value(b, &y);
	if (x.kind != y.kind)
		return 0;
	if (x.kind == ADDR_NAME || x.kind == ADDR_LOCALHOST)
		return addr__same_text(a->host, b->host, strlen(a->host) + 1);
	if (x.kind != ADDR_LITERAL) /* both empty, or two paths, or two malformed hosts */
		return strncmp(a->host, b->host, sizeof a->host) == 0;
	if (x.bits.family != y.bits.family || x.bits.scope != y.bits.scope || (x.zone == NULL) != (y.zone == NULL))
		return 0;
	if (x.zone && strcmp(x.zone, y.zone) != 0)
		return 0;
	return memcmp(x.bits.ip, y.bits.ip, x.bits.family == LIBSOCK_AF_INET ? 4 : 16) == 0;
}
