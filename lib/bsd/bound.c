/* SPDX-License-Identifier: MIT */

/* What an option of ours is that is none like the others to the system: the interface to send by, and who inherits. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

static int bsd_bound__put(intptr_t fd, int level, int name, uint32_t number)
{
	return bsd_sockopt_set(fd, level, name, &number, sizeof number);
}

/* IPv4's may be in network order; IPv6's never is. */
static uint32_t bsd_bound__order(uint32_t index)
{
	return NATIVE_INTERFACE_IN_NETWORK_ORDER ? htonl(index) : index;
}

/* An IPv6 socket speaks IPv4 too. */
static int bsd_bound__put_dual(intptr_t fd, uint32_t index)
{
	int err = bsd_bound__put(fd, IPPROTO_IPV6, NATIVE_INTERFACE6, index);

	if (err < 0 || !NATIVE_DUAL_OPTIONS)
		return err;
	return bsd_sockopt_of_ipv4(fd, bsd_bound__put(fd, NATIVE_INTERFACE_LEVEL, NATIVE_INTERFACE, bsd_bound__order(index)));
}

int os_bound_set(intptr_t fd, int family, uint32_t index)
{
	int err = 0;

	if ((int)NATIVE_INTERFACE == (int)NATIVE_NO_OPTION)
		return LIBSOCK_ENOTSUP;
	if (index > 0)
		err = os_interface(fd, NULL, &index);
	if (err < 0)
		return err;
	if (family == LIBSOCK_AF_INET6 && NATIVE_INTERFACE6 != 0)
		err = bsd_bound__put_dual(fd, index);
	else
		err = bsd_bound__put(fd, NATIVE_INTERFACE_LEVEL, NATIVE_INTERFACE, bsd_bound__order(index));
	if (err == LIBSOCK_EINVAL) /* of an interface that is there: Wine expects IPv6's index in IPv4's order */
		return LIBSOCK_ENOTSUP;
	return err == LIBSOCK_ENOTSUP ? native_device_set((native_socket)fd, index) : err;
}

int os_bound_get(intptr_t fd, int family, int64_t *index)
{
	const bool six = family == LIBSOCK_AF_INET6 && NATIVE_INTERFACE6 != 0;
	uint32_t number = 0;
	native_len length = sizeof number;
	int err = LIBSOCK_ENOTSUP;

	if ((int)NATIVE_INTERFACE == (int)NATIVE_NO_OPTION)
		return err;
	if (six)
		err = bsd_sockopt_get(fd, IPPROTO_IPV6, NATIVE_INTERFACE6, &number, &length);
	else
		err = bsd_sockopt_get(fd, NATIVE_INTERFACE_LEVEL, NATIVE_INTERFACE, &number, &length);
	if (err == 0)
		*index = six ? number : bsd_bound__order(number); /* twice turned it is as it was */
	else if (err == LIBSOCK_ENOTSUP && (err = native_device_get((native_socket)fd, &number)) == 0)
		*index = number;
	return err;
}

int os_inherit_set(intptr_t fd, bool on)
{
	return native_inherit((native_socket)fd, on) == 0 ? 0 : bsd_error();
}

int os_inherit_get(intptr_t fd, int64_t *on)
{
	return native_inherits((native_socket)fd, on) == 0 ? 0 : bsd_error();
}
