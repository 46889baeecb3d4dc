/* SPDX-License-Identifier: MIT */

/* Addresses: our bits to the system's and back. */

#include "native.h"

#include "bsd.h"
#include "compiler.h"
#include "libsock.h"
#include "os.h"

#include <stddef.h>
#include <string.h>

enum {
	BSD_ADDR__PATH_OFFSET = offsetof(struct sockaddr_un, sun_path),
	BSD_ADDR__PATH_SIZE = sizeof(struct sockaddr_un) - BSD_ADDR__PATH_OFFSET
};

_Static_assert((int)OS_PATH_MAX > (int)BSD_ADDR__PATH_SIZE + 2, "a path of this OS, and ./ before it, fits struct os_addr");

int bsd_native_family(int family)
{
	switch (family) {
	case LIBSOCK_AF_INET:
		return AF_INET;
	case LIBSOCK_AF_INET6:
		return AF_INET6;
	case LIBSOCK_AF_UNIX:
		return AF_UNIX;
	default:
		return AF_UNSPEC;
	}
}

/*
 * A path, or @name: a NUL and the name, its length told by the address's, no NUL at the end (unix(7)). Nor has a path
 * that fills the field, which is only somebody else's. Where there is no room for the ./ before a path, it goes
 * without.
 */
NOINLINE static int bsd_addr__path_put(union bsd_addr *to, native_len *length, const char *path)
{
	const bool is_abstract = path[0] == '@';
	size_t size = strlen(path);

	if (is_abstract && !NATIVE_ABSTRACT_NAMES)
		return LIBSOCK_ENOTSUP;
	if (is_abstract && size == 1)
		return LIBSOCK_ENAME; /* nobody's; to bind to see bsd__any_name() */
	if (size >= BSD_ADDR__PATH_SIZE && memcmp(path, "./", 2) == 0 && strchr(path + 2, '/') == NULL) {
		path += 2;
		size -= 2;
	}
	if (size > BSD_ADDR__PATH_SIZE - NATIVE_PATH_NUL)
		return LIBSOCK_ENAMETOOLONG;
	memset(&to->un, 0, sizeof to->un);
	to->un.sun_family = AF_UNIX;
	memcpy(to->un.sun_path, path, size);
	if (is_abstract)
		to->un.sun_path[0] = '\0';
	*length = (native_len)(BSD_ADDR__PATH_OFFSET + size + (!is_abstract && size < BSD_ADDR__PATH_SIZE));
	return 0;
}

bool bsd_addr_is_whole(const union bsd_addr *addr)
{
	return addr->any.sa_family != AF_UNIX || addr->un.sun_path[0] == '\0' ||
	       addr->un.sun_path[BSD_ADDR__PATH_SIZE - 1] == '\0';
}

int bsd_addr_put(union bsd_addr *to, native_len *length, const struct os_addr *from)
{
	if (from->family == LIBSOCK_AF_INET) {
		memset(&to->in, 0, sizeof to->in);
		to->in.sin_family = AF_INET;
		to->in.sin_port = htons(from->port);
		memcpy(&to->in.sin_addr, from->ip, 4);
		*length = sizeof to->in;
		return 0;
	}
	if (from->family == LIBSOCK_AF_UNIX)
		return bsd_addr__path_put(to, length, from->path);
	memset(&to->in6, 0, sizeof to->in6);
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_port = htons(from->port);
	to->in6.sin6_scope_id = from->scope;
	memcpy(&to->in6.sin6_addr, from->ip, 16);
	*length = sizeof to->in6;
	return 0;
}

/*
 * What the kernel wrote as a path: not terminated when it fills the field; with a NUL in front it is abstract. A
 * relative path that begins with @, or has no slash, gets ./ before it, so that the text means the same when it comes
 * back; an abstract name that no text can hold is unnamed.
 */
NOINLINE static void bsd_addr__path_get(struct os_addr *to, const char *path, size_t size)
{
	char *text = to->path;

	to->family = 0;
	if (size == 0)
		return;
	if (path[0] == '\0') {
		if (size == 1 || memchr(path + 1, '\0', size - 1) != NULL)
			return;
		*text++ = '@';
		path++;
		size--;
	} else {
		const char *end = memchr(path, '\0', size);

		size = end ? (size_t)(end - path) : size;
		if (path[0] == '@' || memchr(path, '/', size) == NULL) {
			*text++ = '.';
			*text++ = '/';
		}
	}
	memcpy(text, path, size);
	text[size] = '\0';
	to->family = LIBSOCK_AF_UNIX;
}

void bsd_addr_get(struct os_addr *to, const union bsd_addr *from, native_len length)
{
	if ((size_t)length < BSD_ADDR__PATH_OFFSET) { /* an unnamed Unix-domain peer, on some systems */
		to->family = 0;
	} else if (from->any.sa_family == AF_INET) {
		to->family = LIBSOCK_AF_INET;
		to->port = ntohs(from->in.sin_port);
		memcpy(to->ip, &from->in.sin_addr, 4);
	} else if (from->any.sa_family == AF_INET6) {
		to->family = LIBSOCK_AF_INET6;
		to->port = ntohs(from->in6.sin6_port);
		to->scope = from->in6.sin6_scope_id;
		memcpy(to->ip, &from->in6.sin6_addr, 16);
	} else if (from->any.sa_family == AF_UNIX) {
		size_t size = (size_t)length - BSD_ADDR__PATH_OFFSET;

		bsd_addr__path_get(to, from->un.sun_path, size < BSD_ADDR__PATH_SIZE ? size : BSD_ADDR__PATH_SIZE);
	} else {
		to->family = 0;
	}
}
