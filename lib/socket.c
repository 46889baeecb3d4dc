/* SPDX-License-Identifier: MIT */

/* The verbs: check the arguments, call the system, and wait in the one deadline loop. */

#include "addr.h"
#include "compiler.h"
#include "deadline.h"
#include "libsock.h"
#include "os.h"
#include "resolve.h"
#include "socket.h"

bool socket_again(struct sock s, ptrdiff_t *result, int event, int64_t deadline, int *vain)
{
	if (*result == OS_EINTR)
		return true;
	if (*result != LIBSOCK_EAGAIN || deadline == LIBSOCK_NOWAIT)
		return false;
	for (;;) {
		struct os_wait_item item = {.fd = s.fd, .event = event};
		int left = deadline_left(deadline), ready;

		if (*vain > 1 && left != 0)
			os_wait(NULL, 0, 1);
		ready = os_wait(&item, 1, left);
		if (ready > 0 && (left != 0 || *vain == 0)) {
			*vain += *vain < 2; /* at one a millisecond an int is full after 25 days */
			return true;
		}
		if (ready == OS_EINTR || (ready == 0 && left != 0))
			continue;
		*result = ready < 0 ? ready : LIBSOCK_ETIMEDOUT;
		return false;
	}
}

int socket_how(int64_t deadline)
{
	return deadline != LIBSOCK_FOREVER ? OS_NOWAIT : 0;
}

int sock_open(struct sock *s, int family, int type)
{
	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	if (family != LIBSOCK_AF_INET && family != LIBSOCK_AF_INET6 && family != LIBSOCK_AF_UNIX)
		return LIBSOCK_EINVAL;
	if (type != LIBSOCK_STREAM && type != LIBSOCK_DGRAM)
		return LIBSOCK_EINVAL;

	intptr_t fd = -1;
	int err = os_open(family, type, &fd);

	if (err == 0)
		*s = (struct sock){.fd = fd, .family = family, .type = type};
	return err;
}

/* Wait for the end of an attempt under way, and ask how it went: nothing else tells a refusal from success everywhere. */
static int socket__connect_wait(struct sock s, int64_t deadline)
{
	ptrdiff_t result = LIBSOCK_EAGAIN;
	int vain = 0;

	return socket_again(s, &result, OS_CONNECTED, deadline, &vain) ? os_connect_result(s.fd) : (int)result;
}

int sock_connect(struct sock s, const struct sock_addr *addr, int64_t deadline)
{
	struct os_addr to;
	int err, left;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	err = resolve_for(s, RESOLVE_PEER, addr, deadline, &to);
	if (err < 0)
		return err;
	do { /* again only where nothing has begun: a signal, or a full queue before its time, both on AF_UNIX */
		left = deadline_left(deadline);
		err = os_connect(s.fd, s.type, &to, left);
	} while (err == OS_EINTR || (err == LIBSOCK_EAGAIN && left != 0));
	if (deadline == LIBSOCK_NOWAIT)
		return err;
	if (err == LIBSOCK_EINPROGRESS)
		return socket__connect_wait(s, deadline);
	return err == LIBSOCK_EAGAIN ? LIBSOCK_ETIMEDOUT : err;
}

int sock_connected(struct sock s, int64_t deadline)
{
	const int64_t passed = -1; /* looks once, without waiting */
	struct os_addr unused;
	int err = socket_check(s, LIBSOCK_STREAM);

	if (err < 0)
		return err;
	err = socket__connect_wait(s, deadline == LIBSOCK_NOWAIT ? passed : deadline);
	if (err == LIBSOCK_ETIMEDOUT && deadline == LIBSOCK_NOWAIT)
		return LIBSOCK_EAGAIN;
	/* No error is no connection yet: the socket may never have had one, or have told its failure before. */
	return err < 0 ? err : os_peer(s.fd, &unused);
}

int sock_bind(struct sock s, const struct sock_addr *addr)
{
	struct os_addr to;
	int err;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	err = resolve_for(s, RESOLVE_LOCAL, addr, LIBSOCK_FOREVER, &to);
	return err < 0 ? err : os_bind(s.fd, s.type, &to);
}

int sock_listen(struct sock s, int backlog)
{
	int err = socket_check(s, LIBSOCK_STREAM);

	if (err < 0)
		return err;
	return backlog < 0 ? LIBSOCK_EINVAL : os_listen(s.fd, backlog);
}

/* More dead connections in a row than this, and it is the network that is down, not they that died. */
enum { SOCKET__DEAD_MAX = 128 };

/* The errors of a connection that came and went, or that accept(2) tells to retry after. Nothing is wrong with the listener. */
static bool socket__died(int err)
{
	switch (err) {
	case LIBSOCK_ECONNABORTED:
	case LIBSOCK_ECONNRESET:
	case LIBSOCK_EPROTO:
	case LIBSOCK_ENOPROTOOPT:
	case LIBSOCK_ENOTSUP:
	case LIBSOCK_ENETDOWN:
	case LIBSOCK_ENETUNREACH:
	case LIBSOCK_EHOSTDOWN:
	case LIBSOCK_EHOSTUNREACH:
		return true;
	default:
		return false;
	}
}

int sock_accept(struct sock s, struct sock *conn, struct sock_addr *peer, int64_t deadline)
{
	struct os_addr from;
	intptr_t fd = -1;
	ptrdiff_t err;
	int vain = 0, dead = 0;

	if (conn == NULL)
		return LIBSOCK_EINVAL;
	*conn = (struct sock){0};
	err = socket_check(s, LIBSOCK_STREAM);
	if (err < 0)
		return (int)err;
	do {
		err = os_accept(s.fd, &fd, &from);
		if (socket__died((int)err)) /* the next one, at once: it may be in the queue already */
			err = ++dead < SOCKET__DEAD_MAX ? OS_EINTR : LIBSOCK_EAGAIN;
	} while (err < 0 && socket_again(s, &err, OS_READABLE, deadline, &vain));
	if (err < 0)
		return (int)err;
	*conn = (struct sock){.fd = fd, .family = s.family, .type = s.type};
	if (peer)
		addr_write(peer, &from);
	return 0;
}

/*
 * What the rare second try of a transfer needs. It is volatile to be in memory: in registers it would have to be saved and
 * restored around every call, for the one in many that waits. That is half of what sock_send costs beside the system call.
 */
struct socket__transfer {
	intptr_t fd;
	void *data;
	size_t size;
	int64_t deadline;
};

static inline void socket__keep(volatile struct socket__transfer *t, struct sock s, const void *data, size_t size,
				int64_t deadline)
{
	t->fd = s.fd;
	t->data = (void *)(uintptr_t)data;
	t->size = size;
	t->deadline = deadline;
}

COLD static ptrdiff_t socket__send_again(const volatile struct socket__transfer *t, ptrdiff_t n)
{
	int vain = 0;

	while (n < 0 && socket_again((struct sock){.fd = t->fd}, &n, OS_WRITABLE, t->deadline, &vain))
		n = os_send(t->fd, t->data, t->size, socket_how(t->deadline));
	return n;
}

COLD static ptrdiff_t socket__recv_again(const volatile struct socket__transfer *t, ptrdiff_t n)
{
	int vain = 0;

	while (n < 0 && socket_again((struct sock){.fd = t->fd}, &n, OS_READABLE, t->deadline, &vain))
		n = os_recv(t->fd, t->data, t->size, socket_how(t->deadline));
	return n;
}

ptrdiff_t sock_send(struct sock s, const void *data, size_t size, int64_t deadline)
{
	volatile struct socket__transfer kept;
	ptrdiff_t n;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	if (data == NULL && size > 0)
		return LIBSOCK_EINVAL;
	socket__keep(&kept, s, data, size, deadline);
	n = deadline == LIBSOCK_FOREVER ? os_send(s.fd, data, size, 0) : os_send(s.fd, data, size, OS_NOWAIT);
	return n >= 0 ? n : socket__send_again(&kept, n);
}

ptrdiff_t sock_recv(struct sock s, void *data, size_t size, int64_t deadline)
{
	volatile struct socket__transfer kept;
	ptrdiff_t n;

	if (s.type != LIBSOCK_STREAM)
		return sock_recvfrom(s, data, size, NULL, deadline);
	if (data == NULL || size == 0) /* 0 means the end of file, so no room may not say it */
		return LIBSOCK_EINVAL;
	socket__keep(&kept, s, data, size, deadline);
	n = deadline == LIBSOCK_FOREVER ? os_recv(s.fd, data, size, 0) : os_recv(s.fd, data, size, OS_NOWAIT);
	return n >= 0 ? n : socket__recv_again(&kept, n);
}

COLD static ptrdiff_t socket__sendto_again(const volatile struct socket__transfer *t, const struct os_addr *to,
					   ptrdiff_t n)
{
	int vain = 0;

	while (n < 0 && socket_again((struct sock){.fd = t->fd}, &n, OS_WRITABLE, t->deadline, &vain))
		n = os_sendto(t->fd, t->data, t->size, socket_how(t->deadline), to);
	return n;
}

COLD static ptrdiff_t socket__recvfrom_again(const volatile struct socket__transfer *t, struct os_addr *from,
					     ptrdiff_t n)
{
	int vain = 0;

	while (n < 0 && socket_again((struct sock){.fd = t->fd}, &n, OS_READABLE, t->deadline, &vain))
		n = os_recvfrom(t->fd, t->data, t->size, socket_how(t->deadline), from);
	return n;
}

ptrdiff_t sock_sendto(struct sock s, const void *data, size_t size, const struct sock_addr *to, int64_t deadline)
{
	volatile struct socket__transfer kept;
	struct os_addr bits;
	ptrdiff_t n = socket_check(s, LIBSOCK_DGRAM);

	if (n < 0)
		return n;
	if (to == NULL || (data == NULL && size > 0))
		return LIBSOCK_EINVAL;
	socket__keep(&kept, s, data, size, deadline);
	n = resolve_for(s, RESOLVE_PEER, to, deadline, &bits);
	if (n < 0)
		return n;
	n = os_sendto(kept.fd, kept.data, kept.size, socket_how(kept.deadline), &bits);
	return n >= 0 ? n : socket__sendto_again(&kept, &bits, n);
}

/* Within sock_recv it would cost streams, too, the registers that only this needs. */
NOINLINE ptrdiff_t sock_recvfrom(struct sock s, void *data, size_t size, struct sock_addr *from, int64_t deadline)
{
	volatile struct socket__transfer kept;
	struct os_addr bits;
	ptrdiff_t n = socket_check(s, LIBSOCK_DGRAM);

	if (n < 0)
		return n;
	if (data == NULL && size > 0)
		return LIBSOCK_EINVAL;
	socket__keep(&kept, s, data, size, deadline);
	bits.family = 0;
	n = os_recvfrom(s.fd, data, size, socket_how(deadline), from ? &bits : NULL);
	if (n < 0)
		n = socket__recvfrom_again(&kept, from ? &bits : NULL, n);
	if (from && (n >= 0 || n == LIBSOCK_EMSGSIZE))
		addr_write(from, &bits);
	return n;
}

int sock_shutdown(struct sock s, int how)
{
	int err = socket_check(s, LIBSOCK_STREAM);

	if (err < 0)
		return err;
	if (how != LIBSOCK_SHUT_RD && how != LIBSOCK_SHUT_WR && how != LIBSOCK_SHUT_RDWR)
		return LIBSOCK_EINVAL;
	return os_shutdown(s.fd, how);
}

int sock_close(struct sock *s)
{
	if (s == NULL)
		return LIBSOCK_EINVAL;

	struct sock last = *s;

	*s = (struct sock){0};
	return last.family == 0 ? 0 : os_close(last.fd);
}

static int socket__name(struct sock s, struct sock_addr *addr, int (*ask)(intptr_t fd, struct os_addr *addr))
{
	struct os_addr bits;
	int err;

	if (s.family == 0)
		return LIBSOCK_EBADF;
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	err = ask(s.fd, &bits);
	if (err == 0)
		addr_write(addr, &bits);
	return err;
}

int sock_local(struct sock s, struct sock_addr *addr)
{
	return socket__name(s, addr, os_local);
}

int sock_peer(struct sock s, struct sock_addr *addr)
{
	return socket__name(s, addr, os_peer);
}

intptr_t sock_native(struct sock s)
{
	return s.family == 0 ? -1 : s.fd;
}

int sock_adopt(struct sock *s, intptr_t fd)
{
	struct sock found = {.fd = fd};
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	err = os_adopt(fd, &found.family, &found.type);
	if (err == 0)
		*s = found;
	return err;
}

intptr_t sock_release(struct sock *s)
{
	intptr_t fd = s ? sock_native(*s) : -1;

	if (s)
		*s = (struct sock){0};
	return fd;
}
