/* SPDX-License-Identifier: MIT */

/* What BSD sockets and Winsock share: the calls of the same name, our families and types for theirs. */

#include "native.h"

#include "bsd.h"
#include "compiler.h"
#include "libsock.h"
#include "os.h"

#include <stddef.h>
#include <string.h>

int os_connect(intptr_t fd, int type, const struct os_addr *addr, int wait_ms)
{
	union bsd_addr to;
	native_len length;
	int err = bsd_addr_put(&to, &length, addr);

	if (err < 0)
		return err;
	return native_connect((native_socket)fd, type, &to.any, length, wait_ms) == 0 ? 0 : bsd_error();
}

NOINLINE static int bsd__option(intptr_t fd, int option, int *value)
{
	native_len length = sizeof *value;
	int result;

	BSD_CALL(result, getsockopt((native_socket)fd, SOL_SOCKET, option, (void *)value, &length));
	return result == 0 ? 0 : bsd_error();
}

COLD int bsd_send_error(intptr_t fd)
{
	native_send_failed((native_socket)fd, false);
	return native_is_ending() ? LIBSOCK_ECONNRESET : bsd_error();
}

COLD int bsd_sendto_error(intptr_t fd, bool has_address)
{
	native_send_failed((native_socket)fd, has_address);
	return bsd_error();
}

COLD int bsd_receive_error(void)
{
	return native_is_path_error() ? OS_STALE + bsd_error() : bsd_error();
}

int os_connect_result(intptr_t fd)
{
	int number = 0, err = bsd__option(fd, SO_ERROR, &number);

	if (err < 0 || number != 0)
		return err < 0 ? err : os_error(number);
	return native_is_connected((native_socket)fd) ? 0 : bsd_error();
}

/*
 * On a datagram socket SO_REUSEADDR would let a second process share, that is steal, the port. Who asked for that with
 * LIBSOCK_OPT_SHARE_PORT does not get Windows' opposite.
 */
static bool bsd__is_to_reuse(intptr_t fd, int family, int type)
{
	int shared = 0;

	if (family == LIBSOCK_AF_UNIX || (type == LIBSOCK_DGRAM && NATIVE_REUSE == SO_REUSEADDR))
		return false;
	if (type == LIBSOCK_DGRAM)
		bsd__option(fd, SO_REUSEADDR, &shared);
	return !shared;
}

/*
 * Linux chooses an abstract name for an address that is a family and nothing else, and says that it has where the socket
 * has a name already (unix(7), unix_autobind).
 */
static int bsd__any_name(intptr_t fd, union bsd_addr *to, native_len *length)
{
	struct os_addr own;
	int err = os_local(fd, &own);

	to->un.sun_family = AF_UNIX;
	*length = offsetof(struct sockaddr_un, sun_path);
	return err == 0 && own.family != 0 ? LIBSOCK_EINVAL : err;
}

int os_bind(intptr_t fd, int type, const struct os_addr *addr)
{
	const bool any_name = NATIVE_ABSTRACT_NAMES && addr->family == LIBSOCK_AF_UNIX && strcmp(addr->path, "@") == 0;
	union bsd_addr to = {0};
	native_len length;
	int on = 1, result = any_name ? bsd__any_name(fd, &to, &length) : bsd_addr_put(&to, &length, addr);

	if (result < 0)
		return result;
	if (!bsd_addr_is_whole(&to))
		return LIBSOCK_ENAMETOOLONG;
	if (bsd__is_to_reuse(fd, addr->family, type))
		BSD_CALL(result, setsockopt((native_socket)fd, SOL_SOCKET, NATIVE_REUSE, (const void *)&on, sizeof on));
	if (result == 0)
		BSD_CALL(result, native_bind((native_socket)fd, &to.any, length));
	return result == 0 ? 0 : bsd_error();
}

int os_listen(intptr_t fd, int backlog)
{
	const int most = INT_MAX; /* the kernel cuts it to its own limit */
	int result;

	BSD_CALL(result, listen((native_socket)fd, backlog > 0 ? backlog : most));
	return result == 0 ? 0 : bsd_error();
}

int os_accept(intptr_t fd, int how, intptr_t *conn, struct os_addr *peer)
{
	union bsd_addr from;
	native_len length = sizeof from;
	native_socket accepted = native_accept((native_socket)fd, &from.any, &length, how & OS_NOWAIT);

	if (accepted == (native_socket)-1)
		return bsd_error();
	bsd_addr_get(peer, &from, length);
	*conn = (intptr_t)accepted;
	return 0;
}

/*
 * A stream's send, the busiest call of all, is not to keep the descriptor for what only an error needs. What POSIX
 * would find out with it concerns a datagram without a peer: the core asks for that itself.
 */
#ifdef NATIVE_SEND_FAILED
#define BSD__SEND_ERROR(fd) bsd_send_error(fd)
#else
COLD static int bsd__stream_error(void)
{
	return native_is_ending() ? LIBSOCK_ECONNRESET : bsd_error();
}
#define BSD__SEND_ERROR(fd) bsd__stream_error()
#endif

ptrdiff_t os_send(intptr_t fd, const void *data, size_t size, int how)
{
	ptrdiff_t n = send((native_socket)fd, data, NATIVE_SIZE(size), bsd_flags(how) | NATIVE_SEND_FLAGS);

	return n >= 0 ? n : BSD__SEND_ERROR(fd);
}

MELT ptrdiff_t os_sendto(intptr_t fd, const void *data, size_t size, int how, const struct os_addr *addr)
{
	union bsd_addr to;
	native_len length;
	ptrdiff_t n = bsd_addr_put(&to, &length, addr);

	if (n < 0)
		return n;
	n = sendto((native_socket)fd, data, NATIVE_SIZE(size), bsd_flags(how) | NATIVE_SEND_FLAGS, &to.any, length);
	return n >= 0 ? n : bsd_sendto_error(fd, true);
}

COLD static ptrdiff_t bsd__received_none(ptrdiff_t n)
{
	return native_received(LIBSOCK_STREAM, n) == 0 ? 0 : bsd_error();
}

ptrdiff_t os_recv(intptr_t fd, void *data, size_t size, int how)
{
	ptrdiff_t n = native_recv((native_socket)fd, data, size, bsd_flags(how));

	return n > 0 ? n : bsd__received_none(n); /* one comparison for what nearly all receives are */
}

MELT ptrdiff_t os_recvfrom(intptr_t fd, void *data, size_t size, int how, struct os_addr *from)
{
	union bsd_addr peer;
	native_len length = sizeof peer;
	ptrdiff_t n;

	if (from)
		n = native_receive((native_socket)fd, data, size, bsd_flags(how), &peer.any, &length);
	else
		n = native_receive((native_socket)fd, data, size, bsd_flags(how), NULL, NULL);
	if (n < 0)
		n = bsd_receive_error();
	else if ((size_t)n > size)
		n = LIBSOCK_EMSGSIZE;
	if (from && (n >= 0 || n == LIBSOCK_EMSGSIZE))
		bsd_addr_get(from, &peer, length);
	return n;
}

int os_shutdown(intptr_t fd, int how)
{
	int direction = NATIVE_SHUT_RDWR, result;

	if (how == LIBSOCK_SHUT_RD)
		direction = NATIVE_SHUT_RD;
	else if (how == LIBSOCK_SHUT_WR)
		direction = NATIVE_SHUT_WR;
	BSD_CALL(result, native_shutdown((native_socket)fd, direction));
	return result == 0 ? 0 : bsd_error();
}

int os_local(intptr_t fd, struct os_addr *addr)
{
	union bsd_addr name;
	native_len length = sizeof name;
	int result;

	BSD_CALL(result, native_getsockname((native_socket)fd, &name.any, &length));
	if (result != 0)
		return bsd_error();
	bsd_addr_get(addr, &name, length);
	return 0;
}

int os_peer(intptr_t fd, struct os_addr *addr)
{
	union bsd_addr name;
	native_len length = sizeof name;
	int result;

	BSD_CALL(result, native_getpeername((native_socket)fd, &name.any, &length));
	if (result != 0)
		return bsd_error();
	bsd_addr_get(addr, &name, length);
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

int os_adopt(intptr_t fd, int *family, int *type)
{
	int native_family, native_type;

	if ((intptr_t)(native_socket)fd != fd)
		return LIBSOCK_EBADF;
	if (native_ask_family((native_socket)fd, &native_family) != 0)
		return bsd_error();
	int err = bsd__option(fd, SO_TYPE, &native_type);
	if (err < 0)
		return err;
	*family = bsd__family(native_family);
	*type = bsd__type(native_type);
	if (*family < 0 || *type < 0)
		return LIBSOCK_ENOTSUP;
	if (native_tame((native_socket)fd) != 0 || (!NATIVE_BLOCKING && native_set_blocking((native_socket)fd, false) != 0))
		return bsd_error();
	return 0;
}

int os_is_datagram(intptr_t fd)
{
	int type, err = bsd__option(fd, SO_TYPE, &type);

	return err < 0 ? err : type == SOCK_DGRAM;
}

int os_listens(intptr_t fd)
{
	int listening, err = bsd__option(fd, SO_ACCEPTCONN, &listening);

	if (err < 0)
		return err == LIBSOCK_ENOPROTOOPT ? 0 : err; /* a datagram socket does not know the option */
	return listening != 0;
}

int os_set_blocking(intptr_t fd, bool blocking)
{
	return native_set_blocking((native_socket)fd, blocking && NATIVE_BLOCKING) == 0 ? 0 : bsd_error();
}

static bool bsd__same(const struct os_addr *a, const struct os_addr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == LIBSOCK_AF_INET)
		return memcmp(a->ip, b->ip, 4) == 0;
	return a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
}

/* Is it new among what has been found? A hosts file may name one address twice. */
static bool bsd__is_new(const struct os_addr found[], int count)
{
	int i = 0;

	while (i < count && !bsd__same(&found[i], &found[count]))
		i++;
	return i == count;
}

/* IPv4 in an AAAA record, which is somebody's mistake: the host's A record is for that. */
static bool bsd__is_mapped(const struct os_addr *addr)
{
	static const uint8_t prefix[12] = {[10] = 0xff, 0xff};

	return addr->family == LIBSOCK_AF_INET6 && memcmp(addr->ip, prefix, sizeof prefix) == 0;
}

static int bsd__take(const struct addrinfo *item, int family, struct os_addr out[], int max)
{
	int count = 0;

	for (; item && count < max; item = item->ai_next) {
		bsd_addr_get(&out[count], (const union bsd_addr *)(const void *)item->ai_addr, (native_len)item->ai_addrlen);
		count += out[count].family == family && !bsd__is_mapped(&out[count]) && bsd__is_new(out, count);
	}
	return count;
}

/*
 * No AI_ADDRCONFIG: it would make localhost unknown on a machine without a network. No canonical name, no mapped
 * addresses: they cost look-ups that nobody asked for.
 */
int os_resolve(const char *name, int family, struct os_addr out[], int max)
{
	const struct addrinfo hints = {
		.ai_family = bsd_native_family(family),
		.ai_socktype = SOCK_STREAM, /* any one: each address once, not once for every protocol */
	};
	struct addrinfo *list;
	int count = 0, number;

	if (native_start() != 0)
		return bsd_error();
	number = getaddrinfo(name, NULL, &hints, &list);
	if (number != 0)
		return native_resolver_error(number);
	if (family != LIBSOCK_AF_INET)
		count = bsd__take(list, LIBSOCK_AF_INET6, out, max);
	if (family != LIBSOCK_AF_INET6)
		count += bsd__take(list, LIBSOCK_AF_INET, out + count, max);
	freeaddrinfo(list);
	return count > 0 ? count : LIBSOCK_EAI_NONAME;
}

int os_reverse(const struct os_addr *addr, char *name, size_t size)
{
	union bsd_addr from;
	native_len length;
	int number = bsd_addr_put(&from, &length, addr);

	if (number < 0)
		return number;
	if (native_start() != 0)
		return bsd_error();
	number = getnameinfo(&from.any, length, name, (native_size)size, NULL, 0, NI_NAMEREQD);
	return number == 0 ? 0 : native_resolver_error(number);
}

bool os_has_abstract_names(void)
{
	return NATIVE_ABSTRACT_NAMES;
}
