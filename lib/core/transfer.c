/* SPDX-License-Identifier: MIT */

/* Sending and receiving, and the one deadline loop. */

#include "addr.h"
#include "compiler.h"
#include "deadline.h"
#include "libsock.h"
#include "os.h"
#include "resolve.h"
#include "socket.h"
#include "transfer.h"

/* What a router may have said: what it answers with ICMP, in the system's words. */
static bool transfer__is_path_error(ptrdiff_t err)
{
	switch (err) {
	case LIBSOCK_EMSGSIZE:
	case LIBSOCK_EHOSTUNREACH:
	case LIBSOCK_ENETUNREACH:
	case LIBSOCK_EHOSTDOWN:
	case LIBSOCK_ENETDOWN:
	case LIBSOCK_ENOPROTOOPT:
	case LIBSOCK_EPROTO:
	case LIBSOCK_ENOTSUP:
	case LIBSOCK_EACCES:
		return true;
	default:
		return false;
	}
}

/* A router's word that came while nobody answered takes the place of the time-out (tcp_write_err of Linux, tcp_drop of BSD). */
int transfer_error(intptr_t fd, int err)
{
	const bool may_be = err == LIBSOCK_ECONNTIMEDOUT || err == LIBSOCK_ECONNRESET || err == LIBSOCK_ECONNREFUSED ||
			    err == LIBSOCK_ENOTCONN || err == LIBSOCK_EPIPE || transfer__is_path_error(err);

	return may_be ? os_ended_by(fd, err) : err;
}

/* More errors of earlier datagrams in a row than this, and no pause between them, are no router's: the system refuses the call. */
enum { TRANSFER__STALE_MAX = 128 };

/* A receive passes over an error that is none of its own; or that error is the result. */
static bool transfer__passes(ptrdiff_t *result, struct transfer_tries *tries)
{
	if (!os_is_stale(*result))
		return false;
	if (++tries->stale < TRANSFER__STALE_MAX)
		return true;
	*result -= OS_STALE;
	return false;
}

bool transfer_again(intptr_t fd, ptrdiff_t *result, int event, int64_t deadline, struct transfer_tries *tries)
{
	if (*result == OS_EINTR || transfer__passes(result, tries))
		return true;
	if (*result == LIBSOCK_EAGAIN)
		tries->stale = 0;
	else if (*result != LIBSOCK_EPIPE || event != OS_WRITABLE) /* it may be one's own end that a send has met */
		*result = transfer_error(fd, (int)*result);
	if (*result != LIBSOCK_EAGAIN || deadline == LIBSOCK_NOWAIT)
		return false;
	for (;;) {
		struct os_wait_item item = {.fd = fd, .event = event};
		int left = deadline_left(deadline), ready = 0;

		if (tries->spurious > 1 && left != 0)
			ready = os_wait(NULL, 0, 1);
		if (ready == 0)
			ready = os_wait(&item, 1, left);
		if (ready > 0 && (left != 0 || tries->spurious == 0)) {
			tries->spurious += tries->spurious < 2; /* at one a millisecond an int is full after 25 days */
			return true;
		}
		if (ready == OS_EINTR || (ready == 0 && left != 0))
			continue;
		*result = ready < 0 ? ready : deadline_error(deadline);
		return false;
	}
}

bool transfer_send_again(intptr_t fd, ptrdiff_t *result, int64_t deadline, struct transfer_tries *tries)
{
	if (tries->stale == 0 && transfer__is_path_error(*result) && os_is_datagram(fd) > 0) {
		tries->stale++;
		return true;
	}
	return transfer_again(fd, result, OS_WRITABLE, deadline, tries);
}

int transfer_end(intptr_t fd)
{
	int end = os_end(fd);

	return end == LIBSOCK_EEOF ? 0 : end;
}

int transfer_how(int64_t deadline)
{
	return deadline != LIBSOCK_FOREVER ? OS_NOWAIT : 0;
}

int transfer_how_again(int64_t deadline, const struct transfer_tries *tries)
{
	return tries->stale > 0 ? OS_NOWAIT : transfer_how(deadline);
}

/*
 * What the rare second try of a transfer needs. It is a struct to be in memory: as arguments of that try, in registers,
 * it would have to be saved and restored around every call, for the one in many that waits (65 instructions instead of
 * 47).
 */
struct transfer__kept {
	intptr_t fd;
	void *data;
	size_t size;
	int64_t deadline;
};

static inline void transfer__keep(struct transfer__kept *t, struct sock s, const void *data, size_t size,
				int64_t deadline)
{
	t->fd = s.fd;
	t->data = (void *)(uintptr_t)data;
	t->size = size;
	t->deadline = deadline;
}

COLD static ptrdiff_t transfer__send_again(const struct transfer__kept *t, ptrdiff_t n)
{
	struct transfer_tries tries = {0};
	struct os_addr peer;

	if (t->size == 0 && os_is_datagram(t->fd) == 0)
		return 0; /* nothing to do, on whatever has become of a stream */
	/* Linux looks for a port before it looks for a peer, and waiting is no help to who has neither. */
	if (n == LIBSOCK_EAGAIN && os_is_datagram(t->fd) > 0 && os_peer(t->fd, &peer) == LIBSOCK_ENOTCONN)
		return LIBSOCK_ENOTCONN;
	while (n < 0 && transfer_send_again(t->fd, &n, t->deadline, &tries))
		n = os_send(t->fd, t->data, t->size, transfer_how(t->deadline));
	return n;
}

COLD static ptrdiff_t transfer__recv_again(const struct transfer__kept *t, ptrdiff_t n)
{
	struct transfer_tries tries = {0};

	while (n < 0 && transfer_again(t->fd, &n, OS_READABLE, t->deadline, &tries))
		n = os_recv(t->fd, t->data, t->size, transfer_how(t->deadline));
	return n == 0 ? transfer_end(t->fd) : n;
}

ptrdiff_t sock_send(struct sock s, const void *data, size_t size, int64_t deadline)
{
	struct transfer__kept kept;
	ptrdiff_t n;

	if (s.family <= 0)
		return socket_none(s);
	if (data == NULL && size > 0)
		return LIBSOCK_EINVAL;
	transfer__keep(&kept, s, data, size, deadline);
	n = deadline == LIBSOCK_FOREVER ? os_send(s.fd, data, size, 0) : os_send(s.fd, data, size, OS_NOWAIT);
	return n >= 0 ? n : transfer__send_again(&kept, n);
}

ptrdiff_t sock_recv(struct sock s, void *data, size_t size, int64_t deadline)
{
	struct transfer__kept kept;
	ptrdiff_t n;

	if (s.type != LIBSOCK_STREAM)
		return sock_recvfrom(s, data, size, NULL, deadline);
	if (data == NULL || size == 0) /* 0 means the end of file, so no room may not say it */
		return LIBSOCK_EINVAL;
	transfer__keep(&kept, s, data, size, deadline);
	n = deadline == LIBSOCK_FOREVER ? os_recv(s.fd, data, size, 0) : os_recv(s.fd, data, size, OS_NOWAIT);
	return n > 0 ? n : transfer__recv_again(&kept, n);
}

COLD static ptrdiff_t transfer__sendto_again(const struct transfer__kept *t, const struct os_addr *to,
					   ptrdiff_t n)
{
	struct transfer_tries tries = {0};

	while (n < 0 && transfer_send_again(t->fd, &n, t->deadline, &tries))
		n = os_sendto(t->fd, t->data, t->size, transfer_how(t->deadline), to);
	return n;
}

COLD static ptrdiff_t transfer__recvfrom_again(const struct transfer__kept *t, struct os_addr *from,
					     ptrdiff_t n)
{
	struct transfer_tries tries = {0};

	while (n < 0 && transfer_again(t->fd, &n, OS_READABLE, t->deadline, &tries))
		n = os_recvfrom(t->fd, t->data, t->size, transfer_how_again(t->deadline, &tries), from);
	return n;
}

COLD static int transfer__why_not_plain(struct sock s)
{
	int err = socket_check(s, LIBSOCK_DGRAM);

	return err < 0 ? err : LIBSOCK_EINVAL;
}

ptrdiff_t sock_sendto(struct sock s, const void *data, size_t size, const struct sock_addr *to, int64_t deadline)
{
	struct transfer__kept kept;
	struct os_addr bits;
	ptrdiff_t n = socket_check(s, LIBSOCK_DGRAM);

	if (n < 0)
		return n;
	if (to == NULL || (data == NULL && size > 0))
		return LIBSOCK_EINVAL;
	transfer__keep(&kept, s, data, size, deadline);
	n = resolve_for(s, RESOLVE_PEER | RESOLVE_UNCHECKED, to, deadline, &bits);
	if (n < 0)
		return n;
	n = os_sendto(kept.fd, kept.data, kept.size, transfer_how(kept.deadline), &bits);
	return n >= 0 ? n : resolve_why(kept.fd, &bits, transfer__sendto_again(&kept, &bits, n));
}

/* Within sock_recv it would cost streams, too, the registers that only this needs. */
NOINLINE ptrdiff_t sock_recvfrom(struct sock s, void *data, size_t size, struct sock_addr *from, int64_t deadline)
{
	struct transfer__kept kept;
	struct os_addr bits;
	ptrdiff_t n;

	if (!socket_is_plain_datagram(s))
		return transfer__why_not_plain(s);
	if (data == NULL && size > 0)
		return LIBSOCK_EINVAL;
	transfer__keep(&kept, s, data, size, deadline);
	bits.family = 0;
	n = os_recvfrom(s.fd, data, size, transfer_how(deadline), from ? &bits : NULL);
	if (n < 0)
		n = transfer__recvfrom_again(&kept, from ? &bits : NULL, n);
	if (from && (n >= 0 || n == LIBSOCK_EMSGSIZE))
		addr_write(from, &bits);
	return n;
}
