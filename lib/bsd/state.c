/* SPDX-License-Identifier: MIT */

/* What waits in a socket: looking at it, counting it, throwing it away. */

#include "native.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"
#include "os_state.h"

static ptrdiff_t bsd_state__peek_datagram(native_socket s, void *data, size_t size, int flags)
{
	ptrdiff_t n = native_receive(s, data, size, flags, NULL, NULL);

	if (n < 0)
		return bsd_receive_error();
	return (size_t)n > size ? LIBSOCK_EMSGSIZE : n;
}

ptrdiff_t os_peek(intptr_t fd, int family, int type, void *data, size_t size, int how)
{
	const native_socket s = (native_socket)fd;
	int flags = bsd_flags(how) | MSG_PEEK;
	ptrdiff_t n;

	if (type == LIBSOCK_DGRAM)
		return bsd_state__peek_datagram(s, data, size, flags);
	if (family == LIBSOCK_AF_UNIX) {
		n = native_look(s);
		if (n <= 0)
			return n;
		flags |= NATIVE_DONTWAIT;
	}
	n = native_received(type, native_recv(s, data, size, flags));
	return n >= 0 ? n : bsd_error();
}

ptrdiff_t os_pending(intptr_t fd)
{
	int bytes = 0;

	return native_pending((native_socket)fd, &bytes) == 0 ? bytes : bsd_error();
}

/* Who does not know how to skip writes nowhere: that is EFAULT, and nothing has been received. */
static ptrdiff_t bsd_state__skip(native_socket s, size_t size, int how)
{
	return native_recv(s, NULL, size, bsd_flags(how) | NATIVE_SKIP);
}

ptrdiff_t os_skip(intptr_t fd, int family, size_t size, int how)
{
	char waste[2048];
	ptrdiff_t n;

	if (NATIVE_SKIP != 0 && family != LIBSOCK_AF_UNIX) {
		n = bsd_state__skip((native_socket)fd, size, how);
		n = n >= 0 ? n : bsd_error();
		if (n != LIBSOCK_EFAULT)
			return n;
	}
	return os_recv(fd, waste, size < sizeof waste ? size : sizeof waste, how);
}
