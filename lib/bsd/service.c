/* SPDX-License-Identifier: MIT */

/*
 * The machine's database of services, where BSD sockets and Winsock are alike: through getaddrinfo and getnameinfo,
 * which threads may call (getservbyname is allowed one static result). Neither is given a host, so no name server is
 * asked.
 */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <string.h>

/*
 * glibc says of a database that it could not open what it says of a service that is not in it. Why it could not is left
 * in errno, where there was nothing before.
 */
static int service__unknown(void)
{
	const int err = bsd_error();

	return err == LIBSOCK_EMFILE || err == LIBSOCK_ENFILE || err == LIBSOCK_ENOMEM ? err : LIBSOCK_EAI_NONAME;
}

int os_service_port(const char *service, int type)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET, /* any one; both would be a list to sort */
		.ai_socktype = type == LIBSOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM,
		.ai_protocol = type == LIBSOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP,
	};
	struct sockaddr_in found;
	struct addrinfo *list;
	int number;

	if (native_start() != 0)
		return bsd_error();
	native_clear_error();
	number = getaddrinfo(NULL, service, &hints, &list);
	if (number != 0)
		return number == EAI_SERVICE ? service__unknown() : native_resolver_error(number);
	memcpy(&found, list->ai_addr, sizeof found);
	freeaddrinfo(list);
	return ntohs(found.sin_port);
}

int os_service_name(uint16_t port, int type, char *name, size_t size)
{
	const struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	unsigned room = size < INT_MAX ? (unsigned)size : INT_MAX;
	int flags = NI_NUMERICHOST | (type == LIBSOCK_STREAM ? 0 : NI_DGRAM), number;

	if (native_start() != 0)
		return bsd_error();
	native_clear_error();
	number = getnameinfo((const struct sockaddr *)&addr, sizeof addr, NULL, 0, name, room, flags);
	if (number != 0)
		return native_resolver_error(number);
	/* NI_NAMEREQD is for hosts alone: a port without a name comes back as a number. */
	return name[strspn(name, "0123456789")] == '\0' ? service__unknown() : (int)strlen(name);
}
