/* SPDX-License-Identifier: MIT */

/* The verbs but for sending and receiving: check the arguments, call the system, wait in the deadline loop. */

#include "addr.h"
#include "deadline.h"
#include "dial.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"
#include "resolve.h"
#include "socket.h"
#include "transfer.h"

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
		*s = socket_value(fd, family, type);
	return err;
}

/* Wait for the end of an attempt under way, and ask how it went: nothing else tells a refusal from success everywhere. */
static int socket__connect_wait(struct sock s, int64_t deadline)
{
	ptrdiff_t result = LIBSOCK_EAGAIN;
	struct transfer_tries tries = {0};
	int err;

	if (!transfer_again(s.fd, &result, OS_CONNECTED, deadline, &tries))
		return (int)result;
	err = transfer_error(s.fd, os_connect_result(s.fd));
	if (err < 0)
		os_connect_result(s.fd); /* Linux keeps beside the error what a router said, and tells it next (sk_getsockopt) */
	return err;
}

int sock_connect(struct sock s, const struct sock_addr *addr, int64_t deadline)
{
	struct os_addr to;
	int err, left;

	if (s.family <= 0)
		return socket_none(s);
	if (addr == NULL || deadline_is_duration(deadline)) /* before anything has begun that would go on */
		return LIBSOCK_EINVAL;
	err = resolve_for(s, RESOLVE_PEER, addr, deadline, &to);
	if (err < 0)
		return err;
	do { /* again only where nothing has begun: a full queue, on AF_UNIX */
		left = deadline_left(deadline);
		err = os_connect(s.fd, s.type, &to, left);
		if (err == LIBSOCK_EAGAIN && left != 0) {
			int paused = os_wait(NULL, 0, 1); /* nothing reports that there is room again */

			err = paused < 0 ? paused : err;
		}
	} while (err == OS_EINTR || (err == LIBSOCK_EAGAIN && left != 0)); /* of the pause */
	if (err == LIBSOCK_EINPROGRESS && deadline != LIBSOCK_NOWAIT)
		err = socket__connect_wait(s, deadline);
	if (err == 0 && s.type == LIBSOCK_STREAM)
		return dial_self(s.fd, s.family, to.port);
	if (err == 0)
		os_connect_result(s.fd); /* takes off what the last peer refused: the new one has refused nothing */
	if (err == LIBSOCK_EAGAIN)
		return deadline_error(deadline);
	return (int)resolve_why(s.fd, &to, err);
}

int sock_connect_result(struct sock s, int64_t deadline)
{
	const int64_t passed = -1; /* looks once, without waiting */
	struct os_addr peer;
	int err = socket_check(s, LIBSOCK_STREAM);

	if (err < 0)
		return err;
	/* First whether there is a peer: a connection need not be writable, and an error of it is the next transfer's. */
	if (os_peer(s.fd, &peer) == 0)
		return dial_self(s.fd, s.family, peer.port);
	if (os_listens(s.fd) > 0)
		return LIBSOCK_ENOTCONN; /* it is never writable */
	err = socket__connect_wait(s, deadline == LIBSOCK_NOWAIT ? passed : deadline);
	if (err == LIBSOCK_ETIMEDOUT && deadline == LIBSOCK_NOWAIT)
		return LIBSOCK_EAGAIN;
	/* No error is no connection yet: the socket may never have had one, or have told its failure before. */
	if (err == 0)
		err = os_peer(s.fd, &peer);
	return err == 0 ? dial_self(s.fd, s.family, peer.port) : err;
}

int sock_bind(struct sock s, const struct sock_addr *addr)
{
	struct os_addr to;
	int err;

	if (s.family <= 0)
		return socket_none(s);
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	err = resolve_for(s, RESOLVE_LOCAL, addr, LIBSOCK_FOREVER, &to);
	if (err == 0)
		err = (int)resolve_why(s.fd, &to, os_bind(s.fd, s.type, &to));
	return err;
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
	struct transfer_tries tries = {0};
	int dead = 0;

	if (conn == NULL)
		return LIBSOCK_EINVAL;
	*conn = (struct sock){0};
	err = socket_check(s, LIBSOCK_STREAM);
	if (err < 0)
		return (int)err;
	do {
		err = os_accept(s.fd, transfer_how(deadline), &fd, &from);
		if (socket__died((int)err)) /* the next one, at once: it may be in the queue already */
			err = ++dead < SOCKET__DEAD_MAX ? OS_EINTR : LIBSOCK_EAGAIN;
		if (err == LIBSOCK_EAGAIN && os_listens(s.fd) == 0) /* a connection without room, or on its way, says nothing */
			err = LIBSOCK_EINVAL;
	} while (err < 0 && transfer_again(s.fd, &err, OS_READABLE, deadline, &tries));
	if (err < 0)
		return (int)err;
	*conn = socket_value(fd, s.family, s.type);
	if (peer)
		addr_write(peer, &from);
	return 0;
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
	return last.family <= 0 ? 0 : os_close(last.fd);
}

static int socket__name(struct sock s, struct sock_addr *addr, int (*ask)(intptr_t fd, struct os_addr *addr))
{
	struct os_addr bits;
	int err;

	if (s.family <= 0)
		return socket_none(s);
	if (addr == NULL)
		return LIBSOCK_EINVAL;
	err = ask(s.fd, &bits);
	if (err == 0)
		addr_write(addr, &bits);
	return err;
}

int sock_local_addr(struct sock s, struct sock_addr *addr)
{
	return socket__name(s, addr, os_local);
}

int sock_peer_addr(struct sock s, struct sock_addr *addr)
{
	return socket__name(s, addr, os_peer);
}

intptr_t sock_native(struct sock s)
{
	return s.family == 0 ? -1 : s.fd;
}

int sock_adopt(struct sock *s, intptr_t fd)
{
	int family, type, err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	err = fd == -1 ? LIBSOCK_EBADF : os_adopt(fd, &family, &type); /* Windows calls "no socket" no descriptor of one */
	if (err < 0)
		return err;
	*s = socket_value(fd, family, type);
	if (type == LIBSOCK_DGRAM && os_packet_coalesces(fd)) /* as whoever had it before has chosen */
		s->reserved = SOCKET_COALESCES;
	return 0;
}

int sock_from_descriptor(struct sock *s, intptr_t fd)
{
	int err;

	if (s == NULL)
		return LIBSOCK_EINVAL;
	*s = (struct sock){0};
	err = os_has_descriptor(fd);
	if (err == 0)
		*s = socket_value(fd, SOCKET_DESCRIPTOR, 0);
	return err;
}

intptr_t sock_release(struct sock *s)
{
	intptr_t fd = s ? sock_native(*s) : -1;

	if (fd != -1 && s->family > 0) /* a descriptor was never the library's */
		os_forget(fd);
	if (s)
		*s = (struct sock){0};
	return fd;
}
