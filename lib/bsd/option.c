/* SPDX-License-Identifier: MIT */

/* Socket options: our numbers and units to the systems' and back. native.h has the names that differ. */

#include "native.h"
#include "native_option.h"

#include "bsd.h"
#include "libsock.h"
#include "os.h"

#include <stddef.h>

enum bsd_option__kind {
	BSD_OPTION__NUMBER,
	BSD_OPTION__SWITCH,   /* 0 or 1; macOS and the BSDs tell another number for on */
	BSD_OPTION__SMALL,    /* a number in a type that systems do not agree on */
	BSD_OPTION__SECONDS,  /* milliseconds here, whole seconds there */
	BSD_OPTION__LINGER,
	BSD_OPTION__DONTFRAG  /* two of the states that the system has */
};

/* `name6` is what IPv6 has beside IPv4, or 0: then an IPv6 socket has the same one. */
struct bsd_option__row {
	int option;
	enum bsd_option__kind kind;
	int level, name, name6;
};

static const struct bsd_option__row bsd_option__rows[] = {
	{LIBSOCK_OPT_NODELAY, BSD_OPTION__SWITCH, IPPROTO_TCP, TCP_NODELAY, 0},
	{LIBSOCK_OPT_SHARE_PORT, BSD_OPTION__SWITCH, SOL_SOCKET, NATIVE_SHARE, 0},
	{LIBSOCK_OPT_BALANCE_PORT, BSD_OPTION__SWITCH, SOL_SOCKET, NATIVE_REUSEPORT, 0},
	{LIBSOCK_OPT_BROADCAST, BSD_OPTION__SWITCH, SOL_SOCKET, SO_BROADCAST, 0},
	{LIBSOCK_OPT_RECV_BUFFER, BSD_OPTION__NUMBER, SOL_SOCKET, SO_RCVBUF, 0},
	{LIBSOCK_OPT_SEND_BUFFER, BSD_OPTION__NUMBER, SOL_SOCKET, SO_SNDBUF, 0},
	{LIBSOCK_OPT_LINGER_MS, BSD_OPTION__LINGER, SOL_SOCKET, NATIVE_LINGER, 0},
	{LIBSOCK_OPT_TTL, BSD_OPTION__NUMBER, IPPROTO_IP, IP_TTL, IPV6_UNICAST_HOPS},
	{LIBSOCK_OPT_TOS, BSD_OPTION__NUMBER, IPPROTO_IP, NATIVE_TOS, NATIVE_TCLASS},
	{LIBSOCK_OPT_V6ONLY, BSD_OPTION__SWITCH, IPPROTO_IPV6, IPV6_V6ONLY, 0},
	{LIBSOCK_OPT_DONTFRAG, BSD_OPTION__DONTFRAG, IPPROTO_IP, NATIVE_DONTFRAG, NATIVE_DONTFRAG6},
	{LIBSOCK_OPT_KEEPALIVE, BSD_OPTION__SWITCH, SOL_SOCKET, SO_KEEPALIVE, 0},
	{LIBSOCK_OPT_KEEPALIVE_IDLE_MS, BSD_OPTION__SECONDS, IPPROTO_TCP, NATIVE_KEEPIDLE, 0},
	{LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS, BSD_OPTION__SECONDS, IPPROTO_TCP, NATIVE_KEEPINTVL, 0},
	{LIBSOCK_OPT_KEEPALIVE_COUNT, BSD_OPTION__NUMBER, IPPROTO_TCP, NATIVE_KEEPCNT, 0},
	{LIBSOCK_OPT_USER_TIMEOUT_MS, NATIVE_USER_TIMEOUT_IN_MS ? BSD_OPTION__NUMBER : BSD_OPTION__SECONDS, IPPROTO_TCP,
	 NATIVE_USER_TIMEOUT, 0},
	{LIBSOCK_OPT_MULTICAST_LOOP, BSD_OPTION__SMALL, IPPROTO_IP, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP},
	{LIBSOCK_OPT_MULTICAST_TTL, BSD_OPTION__SMALL, IPPROTO_IP, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS},
	{LIBSOCK_OPT_CORK, BSD_OPTION__SWITCH, IPPROTO_TCP, NATIVE_CORK, 0},
};

static const struct bsd_option__row *bsd_option__find(int option)
{
	const struct bsd_option__row *row = bsd_option__rows;

	while (row->option != option)
		row++;
	return row->name != NATIVE_NO_OPTION ? row : NULL;
}

/* Several systems give a byte where another type was asked for. */
union bsd_option__value {
	int number;
	unsigned char byte;
	native_small small;
	struct linger linger;
};

/* Up, so that a little time does not become none. */
static int bsd_option__seconds(int64_t ms)
{
	return (int)((ms + 999) / 1000);
}

static int bsd_option__put(intptr_t fd, enum bsd_option__kind kind, int level, int name, int64_t value)
{
	union bsd_option__value v = {.number = (int)value};
	size_t size = sizeof v.number;

	switch (kind) {
	case BSD_OPTION__SMALL:
		v.small = (native_small)value;
		size = sizeof v.small;
		break;
	case BSD_OPTION__SECONDS:
		v.number = bsd_option__seconds(value);
		break;
	case BSD_OPTION__LINGER:
		v.linger = (struct linger){.l_onoff = value >= 0};
		if (value > 0)
			v.linger.l_linger = (uint16_t)bsd_option__seconds(value);
		size = sizeof v.linger;
		break;
	case BSD_OPTION__DONTFRAG:
		v.number = value ? NATIVE_DONTFRAG_ON : NATIVE_DONTFRAG_OFF;
		break;
	default:
		break;
	}
	return bsd_sockopt_set(fd, level, name, &v, size);
}

/* An IPv6 socket speaks IPv4 too, which has its own hop limits and the like. */
static int bsd_option__put_dual(intptr_t fd, const struct bsd_option__row *row, int64_t value)
{
	const enum bsd_option__kind kind6 = row->kind == BSD_OPTION__SMALL ? BSD_OPTION__NUMBER : row->kind;
	int err = bsd_option__put(fd, kind6, IPPROTO_IPV6, row->name6, value);

	if (err < 0 || !NATIVE_DUAL_OPTIONS)
		return err;
	return bsd_sockopt_of_ipv4(fd, bsd_option__put(fd, row->kind, row->level, row->name, value));
}

int os_option_set(intptr_t fd, int family, int option, int64_t value)
{
	const struct bsd_option__row *row = bsd_option__find(option);

	if (row == NULL)
		return LIBSOCK_ENOTSUP;
	if (family == LIBSOCK_AF_INET6 && row->name6 != 0)
		return bsd_option__put_dual(fd, row, value);
	return bsd_option__put(fd, row->kind, row->level, row->name, value);
}

static int64_t bsd_option__get(enum bsd_option__kind kind, const union bsd_option__value *v, native_len length)
{
	const int number = length == 1 ? v->byte : v->number;

	switch (kind) {
	case BSD_OPTION__SWITCH:
		return number != 0;
	case BSD_OPTION__SECONDS:
		return (int64_t)number * 1000;
	case BSD_OPTION__LINGER:
		return v->linger.l_onoff ? (int64_t)v->linger.l_linger * 1000 : -1;
	case BSD_OPTION__DONTFRAG:
		return number == NATIVE_DONTFRAG_ON;
	default:
		return number;
	}
}

int os_option_get(intptr_t fd, int family, int option, int64_t *value)
{
	const struct bsd_option__row *row = bsd_option__find(option);
	union bsd_option__value v = {0};
	native_len length = sizeof v.number;
	int level, name, err;

	if (row == NULL)
		return LIBSOCK_ENOTSUP;
	level = row->level;
	name = row->name;
	if (family == LIBSOCK_AF_INET6 && row->name6 != 0) {
		level = IPPROTO_IPV6;
		name = row->name6;
	}
	if (row->kind == BSD_OPTION__LINGER)
		length = sizeof v.linger;
	err = bsd_sockopt_get(fd, level, name, &v, &length);
	if (err == 0)
		*value = bsd_option__get(row->kind, &v, length);
	return err;
}
