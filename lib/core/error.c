/* SPDX-License-Identifier: MIT */

/* Codes to names and sentences. */

#include "libsock.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct error__row {
	const char *name;
	const char *text;
};

#define ERROR__ROW(code, text) [-LIBSOCK_##code] = {#code, text}

static const struct error__row error__rows[] = {
	[0] = {"OK", "success"},
	ERROR__ROW(EACCES, "permission denied"),
	ERROR__ROW(EADDRINUSE, "address already in use"),
	ERROR__ROW(EADDRNOTAVAIL, "address not available on this machine"),
	ERROR__ROW(EAFNOSUPPORT, "address of another family than the socket's"),
	ERROR__ROW(EAGAIN, "it would have to wait"),
	ERROR__ROW(EALREADY, "connection already being made"),
	ERROR__ROW(EBADF, "no open socket"),
	ERROR__ROW(ECONNABORTED, "connection aborted"),
	ERROR__ROW(ECONNREFUSED, "connection refused"),
	ERROR__ROW(ECONNRESET, "connection reset by peer"),
	ERROR__ROW(EFAULT, "bad address in memory"),
	ERROR__ROW(EHOSTDOWN, "host is down"),
	ERROR__ROW(EHOSTUNREACH, "no route to host"),
	ERROR__ROW(EINPROGRESS, "connection in progress"),
	ERROR__ROW(EINVAL, "invalid argument"),
	ERROR__ROW(EIO, "input/output error"),
	ERROR__ROW(EISCONN, "already connected"),
	ERROR__ROW(ELOOP, "too many symbolic links"),
	ERROR__ROW(EMFILE, "too many open descriptors in this process"),
	ERROR__ROW(EMSGSIZE, "message too long"),
	ERROR__ROW(ENAMETOOLONG, "path too long for a socket"),
	ERROR__ROW(ENETDOWN, "network is down"),
	ERROR__ROW(ENETRESET, "connection dropped by the network"),
	ERROR__ROW(ENETUNREACH, "network is unreachable"),
	ERROR__ROW(ENFILE, "too many open descriptors in the system"),
	ERROR__ROW(ENOBUFS, "no buffer space available"),
	ERROR__ROW(ENODEV, "no such network interface"),
	ERROR__ROW(ENOENT, "no such path"),
	ERROR__ROW(ENOMEM, "out of memory"),
	ERROR__ROW(ENOPROTOOPT, "option not known to the protocol"),
	ERROR__ROW(ENOSPC, "no space left on device"),
	ERROR__ROW(ENOTCONN, "not connected"),
	ERROR__ROW(ENOTDIR, "not a directory"),
	ERROR__ROW(ENOTSOCK, "not a socket"),
	ERROR__ROW(ENOTSUP, "not supported by this operating system"),
	ERROR__ROW(EPERM, "operation not permitted"),
	ERROR__ROW(EPIPE, "connection already ended"),
	ERROR__ROW(EPROTO, "protocol error"),
	ERROR__ROW(EPROTOTYPE, "wrong type of socket for this call"),
	ERROR__ROW(EROFS, "read-only file system"),
	ERROR__ROW(ETIMEDOUT, "timed out"),
	ERROR__ROW(ENAME, "malformed host"),
	ERROR__ROW(EPORT, "malformed port, or one outside 1 to 65535"),
	ERROR__ROW(EAI_NONAME, "name not known"),
	ERROR__ROW(EAI_AGAIN, "name servers do not answer"),
	ERROR__ROW(EAI_FAIL, "name servers failed"),
	ERROR__ROW(ECANCELED, "given up because another attempt was first"),
	ERROR__ROW(EEOF, "end of the stream"),
	ERROR__ROW(ECONNTIMEDOUT, "connection given up: the peer does not answer"),
};

static const struct error__row *error__find(ptrdiff_t err)
{
	static const struct error__row system = {"ESYS", "error of the operating system"};
	static const struct error__row unknown = {"EUNKNOWN", "not an error code"};
	const ptrdiff_t count = sizeof error__rows / sizeof error__rows[0];

	if (err >= 0)
		return &error__rows[0];
	if (err > -count)
		return &error__rows[-err];
	return sock_esys_number(err) != 0 ? &system : &unknown;
}

const char *sock_strerror(ptrdiff_t err)
{
	return error__find(err)->text;
}

const char *sock_errname(ptrdiff_t err)
{
	return error__find(err)->name;
}

int sock_esys_number(ptrdiff_t err)
{
	return err < LIBSOCK_ESYS && err >= INT_MIN ? (int)(LIBSOCK_ESYS - err) : 0;
}
