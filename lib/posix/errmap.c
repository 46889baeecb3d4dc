/* SPDX-License-Identifier: MIT */

/* errno to our codes. */

#include "native.h"

#include "libsock.h"
#include "os.h"

const struct os_error_row os_error_rows[] = {
	{EAGAIN, LIBSOCK_EAGAIN}, /* first: the only one on a busy path */
	{EINTR, OS_EINTR},
	{EACCES, LIBSOCK_EACCES},
	{EADDRINUSE, LIBSOCK_EADDRINUSE},
	{EADDRNOTAVAIL, LIBSOCK_EADDRNOTAVAIL},
	{EAFNOSUPPORT, LIBSOCK_EAFNOSUPPORT},
	{EALREADY, LIBSOCK_EALREADY},
	{EBADF, LIBSOCK_EBADF},
	{ECONNABORTED, LIBSOCK_ECONNABORTED},
	{ECONNREFUSED, LIBSOCK_ECONNREFUSED},
	{ECONNRESET, LIBSOCK_ECONNRESET},
	{EFAULT, LIBSOCK_EFAULT},
	{EHOSTDOWN, LIBSOCK_EHOSTDOWN},
	{EHOSTUNREACH, LIBSOCK_EHOSTUNREACH},
	{EINPROGRESS, LIBSOCK_EINPROGRESS},
	{EINVAL, LIBSOCK_EINVAL},
	{EIO, LIBSOCK_EIO},
	{EISCONN, LIBSOCK_EISCONN},
	{ELOOP, LIBSOCK_ELOOP},
	{EMFILE, LIBSOCK_EMFILE},
	{EMSGSIZE, LIBSOCK_EMSGSIZE},
	{ENAMETOOLONG, LIBSOCK_ENAMETOOLONG},
	{ENETDOWN, LIBSOCK_ENETDOWN},
	{ENETRESET, LIBSOCK_ENETRESET},
	{ENETUNREACH, LIBSOCK_ENETUNREACH},
	{ENFILE, LIBSOCK_ENFILE},
	{ENOBUFS, LIBSOCK_ENOBUFS},
	{ENODEV, LIBSOCK_ENODEV},
	{ENOENT, LIBSOCK_ENOENT},
	{ENOMEM, LIBSOCK_ENOMEM},
	{ENOPROTOOPT, LIBSOCK_ENOPROTOOPT},
	{ENOSPC, LIBSOCK_ENOSPC},
	{ENOTCONN, LIBSOCK_ENOTCONN},
	{ENOTDIR, LIBSOCK_ENOTDIR},
	{ENOTSOCK, LIBSOCK_ENOTSOCK},
	{ENOTSUP, LIBSOCK_ENOTSUP},
	{EPERM, LIBSOCK_EPERM},
	{EPIPE, LIBSOCK_EPIPE},
	{EPROTO, LIBSOCK_EPROTO},
	{EPROTOTYPE, LIBSOCK_EPROTOTYPE},
	{EROFS, LIBSOCK_EROFS},
	{ETIMEDOUT, LIBSOCK_ECONNTIMEDOUT}, /* no call here sets a time-out of the system's: it is the connection's */
	{EDESTADDRREQ, LIBSOCK_ENOTCONN}, /* a datagram socket without a peer; Unix-domain ones say ENOTCONN themselves */
	{ENXIO, LIBSOCK_ENODEV},
	{EPROTONOSUPPORT, LIBSOCK_ENOTSUP},
	{ESOCKTNOSUPPORT, LIBSOCK_ENOTSUP},
	{EPFNOSUPPORT, LIBSOCK_ENOTSUP},
	{ENOSYS, LIBSOCK_ENOTSUP},
	{ESHUTDOWN, LIBSOCK_EPIPE},
	{ETOOMANYREFS, LIBSOCK_ENOBUFS}, /* descriptors in flight, unix(7); on the BSDs a socket's groups */
	{EDQUOT, LIBSOCK_ENOSPC},
	{EILSEQ, LIBSOCK_EINVAL}, /* macOS: a path that is no UTF-8 */
	{ESTALE, LIBSOCK_EIO},
#if EWOULDBLOCK != EAGAIN
	{EWOULDBLOCK, LIBSOCK_EAGAIN},
#endif
#if EOPNOTSUPP != ENOTSUP
	{EOPNOTSUPP, LIBSOCK_ENOTSUP},
#endif
#ifdef ENONET
	{ENONET, LIBSOCK_ENETUNREACH}, /* Linux: the machine has no network; accept(2) */
	{EREMOTEIO, LIBSOCK_EIO},
	{EUCLEAN, LIBSOCK_EIO}, /* a file system in disorder */
#endif
#ifdef EQFULL
	{EQFULL, LIBSOCK_ENOBUFS}, /* macOS: an interface's queue */
#endif
#ifdef ENOTCAPABLE
	{ENOTCAPABLE, LIBSOCK_EPERM}, /* FreeBSD's sandbox, capsicum(4) */
	{ECAPMODE, LIBSOCK_EPERM},
#endif
#ifdef EINTEGRITY
	{EINTEGRITY, LIBSOCK_EIO}, /* FreeBSD: a file system in disorder */
#endif
};

const size_t os_error_count = sizeof os_error_rows / sizeof os_error_rows[0];

int os_error(int number)
{
	for (size_t i = 0; i < os_error_count; i++)
		if (os_error_rows[i].number == number)
			return os_error_rows[i].code;
	return LIBSOCK_ESYS - number;
}

/* Only what is about this process is told as it is: a refusal here is the name server's, not the peer's. */
static int errmap__resolver_system(int number)
{
	switch (number) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return os_error(number);
	case EAGAIN:
	case EINTR:
		return LIBSOCK_EAI_AGAIN;
	default:
		return LIBSOCK_EAI_FAIL;
	}
}

int native_resolver_error(int number)
{
	switch (number) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA: /* glibc: the name exists, but not in this family */
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return LIBSOCK_EAI_NONAME;
	case EAI_AGAIN:
		return LIBSOCK_EAI_AGAIN;
	case EAI_MEMORY:
		return LIBSOCK_ENOMEM;
	case EAI_SYSTEM:
		return errmap__resolver_system(errno);
	default:
		return LIBSOCK_EAI_FAIL;
	}
}
