/* SPDX-License-Identifier: MIT */

/* What this library is and what the system under it can do. */

#include "libsock.h"
#include "os.h"
#include "os_process.h"
#include "socket.h"

#define VERSION__TEXT(x) #x
#define VERSION__DOTTED(a, b, c) VERSION__TEXT(a) "." VERSION__TEXT(b) "." VERSION__TEXT(c)

const char *sock_version(void)
{
	return VERSION__DOTTED(LIBSOCK_VERSION_MAJOR, LIBSOCK_VERSION_MINOR, LIBSOCK_VERSION_PATCH);
}

int sock_version_number(void)
{
	return LIBSOCK_VERSION_NUMBER;
}

static bool version__can_open(int family, int type)
{
	intptr_t fd = -1;

	if (os_open(family, type, &fd) < 0)
		return false;
	os_close(fd);
	return true;
}

/* Can the field be chosen, in a family that there is? 0: does the system cut segments? */
static bool version__can_packet(int field)
{
	struct sock s;
	bool can;

	if (sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM) < 0 && sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM) < 0)
		return false;
	can = field == 0 ? os_packet_cuts(s.fd) : sock_packet_fields(&s, field) == 0;
	sock_close(&s);
	return can;
}

static int version__stop(void *context, const struct os_connection *connection)
{
	(void)context;
	(void)connection;
	return 1; /* one is proof enough */
}

int sock_has(int feature)
{
	switch (feature) {
	case LIBSOCK_HAS_INET6:
		return version__can_open(LIBSOCK_AF_INET6, LIBSOCK_DGRAM);
	case LIBSOCK_HAS_UNIX_STREAM:
		return version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_STREAM);
	case LIBSOCK_HAS_UNIX_DGRAM:
		return version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_DGRAM);
	case LIBSOCK_HAS_UNIX_ABSTRACT:
		return os_has_abstract_names() && version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_STREAM);
	case LIBSOCK_HAS_SEGMENT_OFFLOAD:
		return version__can_packet(0);
	case LIBSOCK_HAS_PACKET_COALESCED:
		return version__can_packet(LIBSOCK_PACKET_COALESCED);
	case LIBSOCK_HAS_PACKET_LOCAL:
		return version__can_packet(LIBSOCK_PACKET_LOCAL);
	case LIBSOCK_HAS_PACKET_ECN:
		return version__can_packet(LIBSOCK_PACKET_ECN);
	case LIBSOCK_HAS_PACKET_TTL:
		return version__can_packet(LIBSOCK_PACKET_TTL);
	case LIBSOCK_HAS_PACKET_TIME:
		return version__can_packet(LIBSOCK_PACKET_TIME);
	case LIBSOCK_HAS_SEND_SOCKET:
		return os_has_handover();
	case LIBSOCK_HAS_CONNECTIONS:
		return os_connections(version__stop, NULL) >= 0;
	default:
		return 0; /* of a newer version, perhaps */
	}
}
