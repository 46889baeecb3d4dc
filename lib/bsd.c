/* SPDX-License-Identifier: MIT */

/* What BSD sockets and Winsock share: our addresses, families and flags to theirs, and the calls of the same name. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <stddef.h>
#include <string.h>

union bsd__addr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

enum { BSD__PATH_OFFSET = offsetof(struct sockaddr_un, sun_path), BSD__PATH_SIZE = sizeof(struct sockaddr_un) - BSD__PATH_OFFSET };

_Static_assert((int)OS_PATH_MAX > (int)BSD__PATH_SIZE + 2, "a path of this OS, and ./ before it, fits struct os_addr");

static int bsd__error(void)
{
	return os_error(native_error());
}

/* A path, or @name: a NUL and the name, its length told by the address's, no NUL at the end (unix(7)). */
static int bsd__path_put(union bsd__addr *to, native_len *length, const char *path)
{
	size_t size = strlen(path);

	if (path[0] == '@' && !NATIVE_ABSTRACT_NAMES)
		return LIBSOCK_ENOTSUP;
	if (path[0] == '@' && size == 1)
		return LIBSOCK_ENAME; /* the kernel would take it for "any name" */
	if (size > (size_t)BSD__PATH_SIZE - (path[0] != '@'))
		return LIBSOCK_ENAMETOOLONG;
	memset(&to->un, 0, sizeof to->un);
	to->un.sun_family = AF_UNIX;
	memcpy(to->un.sun_path, path, size);
	if (path[0] == '@')
		to->un.sun_path[0] = '\0';
	*length = (native_len)(BSD__PATH_OFFSET + size + (path[0] != '@'));
	return 0;
}

static int bsd__addr_put(union bsd__addr *to, native_len *length, const struct os_addr *from)
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
		return bsd__path_put(to, length, from->path);
	memset(&to->in6, 0, sizeof to->in6);
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_port = htons(from->port);
	to->in6.sin6_scope_id = from->scope;
	memcpy(&to->in6.sin6_addr, from->ip, 16);
	*length = sizeof to->in6;
	return 0;
}

/*
 * What the kernel wrote as a path: not terminated when it fills the field; with a NUL in front it is abstract. A relative
 * path that begins with @ gets ./ before it, so that the text means the same when it comes back; an abstract name that no
 * text can hold is unnamed.
 */
static void bsd__path_get(struct os_addr *to, const char *path, size_t size)
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
		if (path[0] == '@') {
			*text++ = '.';
			*text++ = '/';
		}
	}
	memcpy(text, path, size);
	text[size] = '\0';
	to->family = LIBSOCK_AF_UNIX;
}

static void bsd__addr_get(struct os_addr *to, const union bsd__addr *from, native_len length)
{
	if ((size_t)length < BSD__PATH_OFFSET) { /* an unnamed Unix-domain peer, on some systems */
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
		size_t size = (size_t)length - BSD__PATH_OFFSET;

		bsd__path_get(to, from->un.sun_path, size < BSD__PATH_SIZE ? size : BSD__PATH_SIZE);
	} else {
		to->family = 0;
	}
}

int os_connect(intptr_t fd, int type, const struct os_addr *addr, int wait_ms)
{
	union bsd__addr to;
	native_len length;
	int err = bsd__addr_put(&to, &length, addr);

	if (err < 0)
		return err;
	return native_connect((native_socket)fd, type, &to.any, length, wait_ms) == 0 ? 0 : bsd__error();
}

static int bsd__option(intptr_t fd, int option, int *value)
{
	native_len length = sizeof *value;

	return getsockopt((native_socket)fd, SOL_SOCKET, option, (void *)value, &length) == 0 ? 0 : bsd__error();
}

int os_connect_result(intptr_t fd)
{
	int number = 0, err = bsd__option(fd, SO_ERROR, &number);

	return err < 0 || number == 0 ? err : os_error(number);
}

int os_bind(intptr_t fd, int type, const struct os_addr *addr)
{
	union bsd__addr to;
	native_len length;
	int on = 1, err = bsd__addr_put(&to, &length, addr);

	if (err < 0)
		return err;
	/* On a datagram socket SO_REUSEADDR would let a second process share, that is steal, the port. */
	if (addr->family != LIBSOCK_AF_UNIX && (type == LIBSOCK_STREAM || NATIVE_REUSE != SO_REUSEADDR))
		if (setsockopt((native_socket)fd, SOL_SOCKET, NATIVE_REUSE, (const void *)&on, sizeof on) != 0)
			return bsd__error();
	return bind((native_socket)fd, &to.any, length) == 0 ? 0 : bsd__error();
}

int os_listen(intptr_t fd, int backlog)
{
	if (listen((native_socket)fd, backlog > 0 ? backlog : INT_MAX /* the kernel cuts it to its own limit */) != 0)
		return bsd__error();
	return native_set_blocking((native_socket)fd, false) == 0 ? 0 : bsd__error();
}

int os_accept(intptr_t fd, intptr_t *conn, struct os_addr *peer)
{
	union bsd__addr from;
	native_len length = sizeof from;
	native_socket accepted = native_accept((native_socket)fd, &from.any, &length);

	if (accepted == (native_socket)-1)
		return bsd__error();
	bsd__addr_get(peer, &from, length);
	*conn = (intptr_t)accepted;
	return 0;
}

static int bsd__flags(int how)
{
	return how & OS_NOWAIT ? NATIVE_DONTWAIT : 0;
}

ptrdiff_t os_send(intptr_t fd, const void *data, size_t size, int how)
{
	ptrdiff_t n = send((native_socket)fd, data, NATIVE_SIZE(size), bsd__flags(how) | NATIVE_SEND_FLAGS);

	return n >= 0 ? n : bsd__error();
}

ptrdiff_t os_sendto(intptr_t fd, const void *data, size_t size, int how, const struct os_addr *addr)
{
	union bsd__addr to;
	native_len length;
	ptrdiff_t n = bsd__addr_put(&to, &length, addr);

	if (n < 0)
		return n;
	n = sendto((native_socket)fd, data, NATIVE_SIZE(size), bsd__flags(how) | NATIVE_SEND_FLAGS, &to.any, length);
	return n >= 0 ? n : bsd__error();
}

ptrdiff_t os_recv(intptr_t fd, void *data, size_t size, int how)
{
	ptrdiff_t n = native_recv((native_socket)fd, data, size, bsd__flags(how));

	return n >= 0 ? n : bsd__error();
}

ptrdiff_t os_recvfrom(intptr_t fd, void *data, size_t size, int how, struct os_addr *from)
{
	union bsd__addr peer;
	native_len length = sizeof peer;
	ptrdiff_t n;

	if (from)
		n = native_receive((native_socket)fd, data, size, bsd__flags(how), &peer.any, &length);
	else
		n = native_receive((native_socket)fd, data, size, bsd__flags(how), NULL, NULL);
	if (n < 0)
		n = bsd__error();
	else if ((size_t)n > size)
		n = LIBSOCK_EMSGSIZE;
	if (from && (n >= 0 || n == LIBSOCK_EMSGSIZE))
		bsd__addr_get(from, &peer, length);
	return n;
}

int os_shutdown(intptr_t fd, int how)
{
	int direction = NATIVE_SHUT_RDWR;

	if (how == LIBSOCK_SHUT_RD)
		direction = NATIVE_SHUT_RD;
	else if (how == LIBSOCK_SHUT_WR)
		direction = NATIVE_SHUT_WR;
	return shutdown((native_socket)fd, direction) == 0 ? 0 : bsd__error();
}

int os_local(intptr_t fd, struct os_addr *addr)
{
	union bsd__addr name;
	native_len length = sizeof name;

	if (native_getsockname((native_socket)fd, &name.any, &length) != 0)
		return bsd__error();
	bsd__addr_get(addr, &name, length);
	return 0;
}

int os_peer(intptr_t fd, struct os_addr *addr)
{
	union bsd__addr name;
	native_len length = sizeof name;

	if (getpeername((native_socket)fd, &name.any, &length) != 0)
		return bsd__error();
	bsd__addr_get(addr, &name, length);
	return 0;
}

static int bsd__family(int family)
{
	switch (family) {
	case AF_INET:
		return LIBSOCK_AF_INET;
	case AF_INET6:
		return LIBSOCK_AF_INET6;
	case AF_UNIX:
		return LIBSOCK_AF_UNIX;
	default:
		return LIBSOCK_ENOTSUP;
	}
}

static int bsd__type(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return LIBSOCK_STREAM;
	case SOCK_DGRAM:
		return LIBSOCK_DGRAM;
	default:
		return LIBSOCK_ENOTSUP;
	}
}

int os_adopt(intptr_t fd, int32_t *family, int32_t *type)
{
	int native_family, native_type, listening = 0;

	if ((intptr_t)(native_socket)fd != fd)
		return LIBSOCK_EBADF;
	if (native_ask_family((native_socket)fd, &native_family) != 0)
		return bsd__error();
	int err = bsd__option(fd, SO_TYPE, &native_type);
	if (err < 0)
		return err;
	*family = bsd__family(native_family);
	*type = bsd__type(native_type);
	if (*family < 0 || *type < 0)
		return LIBSOCK_ENOTSUP;
	bsd__option(fd, SO_ACCEPTCONN, &listening); /* where this fails, as on a datagram socket, it does not listen */
	if (native_tame((native_socket)fd) != 0 || native_set_blocking((native_socket)fd, NATIVE_BLOCKING && !listening) != 0)
		return bsd__error();
	return 0;
}

/*
 * No AI_ADDRCONFIG: it would make localhost unknown on a machine without a network. No canonical name, no mapped addresses:
 * they cost look-ups that nobody asked for.
 */
int os_resolve(const char *name, int family, struct os_addr out[], int max)
{
	const int native_family = family == LIBSOCK_AF_INET ? AF_INET : family == LIBSOCK_AF_INET6 ? AF_INET6 : AF_UNSPEC;
	const struct addrinfo hints = {
		.ai_family = native_family,
		.ai_socktype = SOCK_STREAM, /* any one: each address once, not once for every protocol */
	};
	struct addrinfo *list, *item;
	int count = 0, number;

	if (native_start() != 0)
		return bsd__error();
	number = getaddrinfo(name, NULL, &hints, &list);
	if (number != 0)
		return native_resolver_error(number);
	for (item = list; item && count < max; item = item->ai_next)
		bsd__addr_get(&out[count++], (const union bsd__addr *)(const void *)item->ai_addr, (native_len)item->ai_addrlen);
	freeaddrinfo(list);
	return count > 0 ? count : LIBSOCK_EAI_NONAME;
}

int os_reverse(const struct os_addr *addr, char *name, size_t size)
{
	union bsd__addr from;
	native_len length;
	int number = bsd__addr_put(&from, &length, addr);

	if (number < 0)
		return number;
	if (native_start() != 0)
		return bsd__error();
	number = getnameinfo(&from.any, length, name, (native_size)size, NULL, 0, NI_NAMEREQD);
	return number == 0 ? 0 : native_resolver_error(number);
}

bool os_has_abstract_names(void)
{
	return NATIVE_ABSTRACT_NAMES;
}
