/* SPDX-License-Identifier: MIT */

/* What this library is and what the system under it can do. */

#include "libsock.h"
#include "os.h"
#include "socket.h"

#define VERSION__TEXT(x) #x
#define VERSION__DOTTED(a, b, c) VERSION__TEXT(a) "." VERSION__TEXT(b) "." VERSION__TEXT(c)

const char *sock_version(void)
{
	return VERSION__DOTTED(LIBSOCK_VERSION_MAJOR, LIBSOCK_VERSION_MINOR, LIBSOCK_VERSION_PATCH);
}

static int version__can_open(int family, int type)
{
	intptr_t fd = -1;
	int err = os_open(family, type, &fd);

	if (err < 0)
		return socket_lacks_family(err) ? 0 : err;
	os_close(fd);
	return 1;
}

/* 1, 0 or an error: can the field be chosen, in a family that there is? 0: does the system cut segments? */
static int version__can_packet(int field)
{
	struct sock s;
	int err = sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM), can;

	if (err < 0 && socket_lacks_family(err))
		err = sock_open(&s, LIBSOCK_AF_INET6, LIBSOCK_DGRAM);
	if (err < 0)
		return socket_lacks_family(err) ? 0 : err;
	can = field == 0 ? os_packet_cuts(s.fd) : sock_packet_fields(s, field) == 0;
	sock_close(&s);
	return can;
}

static int version__stop(void *context, const struct os_connection *connection)
{
	(void)context;
	(void)connection;
	return 1; /* one is proof enough */
}

static int version__can_list_connections(void)
{
	int err = os_connections(version__stop, NULL);

	if (err == LIBSOCK_ENOTSUP)
		return 0;
	return err < 0 ? err : 1;
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
		return os_has_abstract_names() ? version__can_open(LIBSOCK_AF_UNIX, LIBSOCK_STREAM) : 0;
	case LIBSOCK_HAS_PACKET_SEGMENTS:
		return version__can_packet(0);
	case LIBSOCK_HAS_PACKET_COALESCED:
		return version__can_packet(LIBSOCK_PACKET_COALESCED);
	case LIBSOCK_HAS_PACKET_LOCAL:
		return version__can_packet(LIBSOCK_PACKET_LOCAL);
	case LIBSOCK_HAS_PACKET_ECN:
		return version__can_packet(LIBSOCK_PACKET_ECN);
	case LIBSOCK_HAS_PACKET_TTL:
		return version__can_packet(LIBSOCK_PACKET_TTL);
	case LIBSOCK_HAS_SEND_SOCKET:
		return os_has_handover();
	case LIBSOCK_HAS_CONNECTIONS:
		return version__can_list_connections();
	default:
		return LIBSOCK_EINVAL;
	}
}
