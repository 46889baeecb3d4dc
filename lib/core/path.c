/* SPDX-License-Identifier: MIT */

#include "path.h"
#include "os.h"
#include "os_job.h"
#include "resolve.h"
#include "serve.h"
#include "socket.h"

/* How long a system may take that does not say at once whether there is somebody at a path. */
enum { PATH__PATIENCE_MS = 1000 };

struct path__dial {
	struct sock s;
	const struct sock_addr *addr;
	int64_t deadline;
};

/* All that may wait, and so may be cancelled. */
static int path__connect(void *context)
{
	const struct path__dial *d = context;
	int err = sock_connect(d->s, d->addr, d->deadline);

	return err == LIBSOCK_EINPROGRESS ? sock_connect_result(d->s, LIBSOCK_NOWAIT) : err; /* as streams: looked at once */
}

static void path__undo(void *context)
{
	sock_close(&((struct path__dial *)context)->s);
}

/* The path in bits, with the mistakes that need no socket. */
static int path__bits(const struct sock_addr *addr, struct os_addr *bits)
{
	const struct sock any = {.family = LIBSOCK_AF_UNIX};

	return resolve_for(any, RESOLVE_PEER, addr, LIBSOCK_NOWAIT, bits);
}

int path_dial(struct sock *s, int type, const struct sock_addr *addr, struct attempt_log *log, int64_t deadline)
{
	struct path__dial d = {.addr = addr, .deadline = deadline};
	struct os_addr to;
	int err = path__bits(addr, &to);

	if (err < 0)
		return err;
	err = sock_open(&d.s, LIBSOCK_AF_UNIX, type);
	if (err == 0)
		err = os_guard(path__connect, path__undo, &d);
	if (err < 0)
		path__undo(&d);
	attempt_note(log, &to, err);
	*s = d.s;
	return err;
}

/*
 * Is there somebody at a path that cannot be bound? Asked by a datagram socket, where there are any: a stream socket
 * there says that it is of another type, whether it listens or not and however long its queue is, and does not notice.
 * 0: nobody.
 */
static int path__check_stale(const struct os_addr *at)
{
	struct os_wait_item item = {.event = OS_CONNECTED};
	int type = LIBSOCK_DGRAM, err = os_open(LIBSOCK_AF_UNIX, type, &item.fd);

	if (err == LIBSOCK_ENOTSUP) {
		type = LIBSOCK_STREAM;
		err = os_open(LIBSOCK_AF_UNIX, type, &item.fd);
	}
	if (err < 0)
		return err;
	err = os_connect(item.fd, type, at, 0);
	if (err == LIBSOCK_EINPROGRESS)
		err = os_wait(&item, 1, PATH__PATIENCE_MS) > 0 ? os_connect_result(item.fd) : LIBSOCK_ETIMEDOUT;
	os_close(item.fd);
	return err == LIBSOCK_ECONNREFUSED || err == LIBSOCK_ENOENT ? 0 : LIBSOCK_EADDRINUSE;
}

/* Bind to a path, which may be left from a server that is gone. */
static int path__bind(intptr_t fd, int type, const struct os_addr *at)
{
	int err = os_bind(fd, type, at);

	if (err != LIBSOCK_EADDRINUSE || at->path[0] == '@')
		return err;
	err = path__check_stale(at);
	if (err == 0)
		err = os_remove_socket(at->path);
	return err < 0 ? err : os_bind(fd, type, at);
}

static int path__serve(struct sock *s, int type, const struct os_addr *at, int backlog)
{
	intptr_t fd = -1;
	int err = os_open(LIBSOCK_AF_UNIX, type, &fd);

	if (err < 0)
		return err;
	err = path__bind(fd, type, at);
	if (err == 0 && type == LIBSOCK_STREAM) {
		err = serve_listen(fd, LIBSOCK_AF_UNIX, backlog);
		if (err < 0 && at->path[0] != '@')
			os_remove_socket(at->path);
	}
	if (err == 0)
		*s = socket_value(fd, LIBSOCK_AF_UNIX, type);
	else
		os_close(fd);
	return err;
}

int path_serve(struct sock *s, int type, const struct sock_addr *addr, int backlog)
{
	struct os_addr at;
	int err = path__bits(addr, &at);

	return err < 0 ? err : path__serve(s, type, &at, backlog);
}
