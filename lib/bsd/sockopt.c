/* SPDX-License-Identifier: MIT */

/* getsockopt() and setsockopt(), with our errors: what options and multicast both stand on. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

/* What the core has let through has its row; a system that does not know it has not this option. */
static int bsd_sockopt__error(void)
{
	int err = bsd_error();

	return err == LIBSOCK_ENOPROTOOPT ? LIBSOCK_ENOTSUP : err;
}

int bsd_sockopt_set(intptr_t fd, int level, int name, const void *value, size_t size)
{
	int result;

	BSD_CALL(result, setsockopt((native_socket)fd, level, name, value, (native_len)size));
	return result == 0 ? 0 : bsd_sockopt__error();
}

int bsd_sockopt_get(intptr_t fd, int level, int name, void *value, native_len *length)
{
	int result;

	BSD_CALL(result, getsockopt((native_socket)fd, level, name, value, length));
	return result == 0 ? 0 : bsd_sockopt__error();
}

int bsd_sockopt_of_ipv4(intptr_t fd, int err)
{
	int alone = 0;
	native_len length = sizeof alone;

	if (err < 0 && bsd_sockopt_get(fd, IPPROTO_IPV6, IPV6_V6ONLY, &alone, &length) == 0 && alone)
		return 0;
	return err;
}

void os_break(intptr_t fd)
{
	const struct linger at_once = {.l_onoff = 1};

	bsd_sockopt_set(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
