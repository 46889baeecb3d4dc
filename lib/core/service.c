/* SPDX-License-Identifier: MIT */

/* Services: the machine's own database first, then the common ones of IANA's registry. */

#include "libsock.h"
#include "os.h"

#include <string.h>

enum { SERVICE__TCP = 1, SERVICE__UDP = 2, SERVICE__BOTH = SERVICE__TCP | SERVICE__UDP };

enum {
	SERVICE__NAME_MAX = LIBSOCK_SERVICE_SIZE - 1,
	SERVICE__ROOM = 256     /* for a name from a database that keeps to no limit */
};

/* By port. Where one has several names the first is its name, and the others are read only. */
static const struct service__row {
	uint16_t port;
	uint8_t protocols;
	char name[16]; /* 15 at most: RFC 6335, section 5.1 */
} service__rows[] = {
	{7, SERVICE__BOTH, "echo"},
	{9, SERVICE__BOTH, "discard"},
	{13, SERVICE__BOTH, "daytime"},
	{17, SERVICE__BOTH, "qotd"},
	{19, SERVICE__BOTH, "chargen"},
	{20, SERVICE__TCP, "ftp-data"},
	{21, SERVICE__TCP, "ftp"},
	{22, SERVICE__TCP, "ssh"},
	{23, SERVICE__TCP, "telnet"},
	{25, SERVICE__TCP, "smtp"},
	{37, SERVICE__BOTH, "time"},
	{43, SERVICE__TCP, "whois"},
	{43, SERVICE__TCP, "nicname"},
	{53, SERVICE__BOTH, "domain"},
	{67, SERVICE__UDP, "bootps"},
	{68, SERVICE__UDP, "bootpc"},
	{69, SERVICE__UDP, "tftp"},
	{70, SERVICE__TCP, "gopher"},
	{79, SERVICE__TCP, "finger"},
	{80, SERVICE__TCP, "http"},
	{80, SERVICE__TCP, "www"},
	{88, SERVICE__BOTH, "kerberos"},
	{110, SERVICE__TCP, "pop3"},
	{111, SERVICE__BOTH, "sunrpc"},
	{113, SERVICE__TCP, "auth"},
	{113, SERVICE__TCP, "ident"},
	{119, SERVICE__TCP, "nntp"},
	{123, SERVICE__UDP, "ntp"},
	{137, SERVICE__BOTH, "netbios-ns"},
	{138, SERVICE__BOTH, "netbios-dgm"},
	{139, SERVICE__BOTH, "netbios-ssn"},
	{143, SERVICE__TCP, "imap"},
	{143, SERVICE__TCP, "imap2"}, /* its name until RFC 9051, and still in many databases */
	{161, SERVICE__BOTH, "snmp"},
	{162, SERVICE__BOTH, "snmptrap"},
	{162, SERVICE__BOTH, "snmp-trap"},
	{179, SERVICE__TCP, "bgp"},
	{194, SERVICE__BOTH, "irc"},
	{389, SERVICE__BOTH, "ldap"},
	{443, SERVICE__BOTH, "https"}, /* UDP: QUIC */
	{445, SERVICE__BOTH, "microsoft-ds"},
	{464, SERVICE__BOTH, "kpasswd"},
	{465, SERVICE__TCP, "submissions"},
	{465, SERVICE__TCP, "smtps"},
	{500, SERVICE__UDP, "isakmp"},
	{512, SERVICE__TCP, "exec"},
	{513, SERVICE__TCP, "login"},
	{514, SERVICE__TCP, "shell"},
	{514, SERVICE__UDP, "syslog"},
	{515, SERVICE__TCP, "printer"},
	{543, SERVICE__TCP, "klogin"},
	{544, SERVICE__TCP, "kshell"},
	{546, SERVICE__UDP, "dhcpv6-client"},
	{547, SERVICE__UDP, "dhcpv6-server"},
	{554, SERVICE__BOTH, "rtsp"},
	{563, SERVICE__TCP, "nntps"},
	{587, SERVICE__TCP, "submission"},
	{631, SERVICE__BOTH, "ipp"},
	{636, SERVICE__TCP, "ldaps"},
	{853, SERVICE__BOTH, "domain-s"},
	{873, SERVICE__TCP, "rsync"},
	{989, SERVICE__TCP, "ftps-data"},
	{990, SERVICE__TCP, "ftps"},
	{992, SERVICE__TCP, "telnets"},
	{993, SERVICE__TCP, "imaps"},
	{995, SERVICE__TCP, "pop3s"},
	{1080, SERVICE__TCP, "socks"},
	{1194, SERVICE__BOTH, "openvpn"},
	{1433, SERVICE__TCP, "ms-sql-s"},
	{1812, SERVICE__BOTH, "radius"},
	{1813, SERVICE__BOTH, "radius-acct"},
	{1883, SERVICE__TCP, "mqtt"},
	{2049, SERVICE__BOTH, "nfs"},
	{3306, SERVICE__TCP, "mysql"},
	{3389, SERVICE__BOTH, "ms-wbt-server"},
	{3478, SERVICE__BOTH, "stun"},
	{5060, SERVICE__BOTH, "sip"},
	{5061, SERVICE__BOTH, "sips"},
	{5222, SERVICE__TCP, "xmpp-client"},
	{5269, SERVICE__TCP, "xmpp-server"},
	{5353, SERVICE__UDP, "mdns"},
	{5432, SERVICE__TCP, "postgresql"},
	{5671, SERVICE__TCP, "amqps"},
	{5672, SERVICE__TCP, "amqp"},
	{5683, SERVICE__UDP, "coap"},
	{5900, SERVICE__TCP, "rfb"},
	{5900, SERVICE__TCP, "vnc"},
	{6379, SERVICE__TCP, "redis"},
	{6667, SERVICE__TCP, "ircd"},
	{8080, SERVICE__TCP, "http-alt"},
	{8883, SERVICE__TCP, "secure-mqtt"},
	{11211, SERVICE__BOTH, "memcache"},
	{27017, SERVICE__TCP, "mongodb"},
};

enum { SERVICE__COUNT = sizeof service__rows / sizeof service__rows[0] };

static int service__protocol(int type)
{
	switch (type) {
	case LIBSOCK_STREAM:
		return SERVICE__TCP;
	case LIBSOCK_DGRAM:
		return SERVICE__UDP;
	default:
		return 0;
	}
}

static char service__lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/*
 * Printing ASCII with a letter in it. RFC 6335, section 5.1, wants the letter, and it is what keeps "+80" and "-1" from
 * the C libraries, which would read them as numbers.
 */
static bool service__is_name(const char *text)
{
	bool has_letter = false;

	for (size_t length = 0; text[length] != '\0'; length++) {
		char c = service__lower(text[length]);

		if (length == SERVICE__NAME_MAX || c <= ' ' || c >= 0x7f)
			return false;
		has_letter |= c >= 'a' && c <= 'z';
	}
	return has_letter;
}

/* The port that a text of digits stands for. What is no number is LIBSOCK_EAI_NONAME: nothing, or perhaps a name. */
static int service__number(const char *text)
{
	int port = 0;

	if (*text == '\0')
		return LIBSOCK_EAI_NONAME;
	for (; *text >= '0' && *text <= '9'; text++)
		if (port <= UINT16_MAX)
			port = port * 10 + (*text - '0');
	if (*text != '\0')
		return LIBSOCK_EAI_NONAME;
	return port <= UINT16_MAX ? port : LIBSOCK_EPORT;
}

/* The database may know, and cannot be read for now. One that cannot be read for another reason knows nothing. */
static bool service__is_shortage(int err)
{
	return err == LIBSOCK_EMFILE || err == LIBSOCK_ENFILE || err == LIBSOCK_ENOMEM;
}

/* As it is spelt, then in lower case, as databases mostly are; some of them (glibc's) tell one from the other. */
static int service__ask(const char *name, int type)
{
	char lower[SERVICE__NAME_MAX + 1];
	size_t length = 0;
	int port = os_service_port(name, type);

	if (port >= 0 || service__is_shortage(port))
		return port;
	for (; name[length] != '\0'; length++)
		lower[length] = service__lower(name[length]);
	lower[length] = '\0';
	return strcmp(lower, name) == 0 ? port : os_service_port(lower, type);
}

/* `known` is in lower case, as the table is. */
static bool service__is_called(const char *name, const char *known)
{
	while (*known != '\0' && service__lower(*name) == *known) {
		name++;
		known++;
	}
	return *name == *known;
}

static int service__find_port(const char *name, int protocol)
{
	for (size_t i = 0; i < SERVICE__COUNT; i++)
		if ((service__rows[i].protocols & protocol) != 0 && service__is_called(name, service__rows[i].name))
			return service__rows[i].port;
	return LIBSOCK_EAI_NONAME;
}

static const char *service__find_name(long port, int protocol)
{
	for (size_t i = 0; i < SERVICE__COUNT; i++)
		if ((service__rows[i].protocols & protocol) != 0 && service__rows[i].port == port)
			return service__rows[i].name;
	return NULL;
}

int sock_service_port(const char *service, int type)
{
	int protocol = service__protocol(type), port;

	if (service == NULL || protocol == 0)
		return LIBSOCK_EINVAL;
	port = service__number(service);
	if (port != LIBSOCK_EAI_NONAME)
		return port;
	if (!service__is_name(service))
		return LIBSOCK_EAI_NONAME;
	port = service__ask(service, type);
	return port >= 0 || service__is_shortage(port) ? port : service__find_port(service, protocol);
}

int sock_service_name(long port, int type, char *name, size_t size)
{
	char found[SERVICE__ROOM];
	const char *known = found;
	int protocol = service__protocol(type), err;

	if (name == NULL || size == 0)
		return LIBSOCK_EINVAL;
	name[0] = '\0';
	if (protocol == 0)
		return LIBSOCK_EINVAL;
	if (port < 0 || port > UINT16_MAX)
		return LIBSOCK_EPORT;
	err = os_service_name((uint16_t)port, type, found, sizeof found);
	if (service__is_shortage(err))
		return err;
	/* A name that sock_service_port() would refuse is none. */
	if (err < 0 || !service__is_name(found))
		known = service__find_name(port, protocol);
	if (known == NULL)
		return LIBSOCK_EAI_NONAME;

	size_t length = strlen(known);

	if (length >= size)
		return LIBSOCK_EMSGSIZE;
	memcpy(name, known, length + 1);
	return 0;
}
