/* SPDX-License-Identifier: MIT */

/* Socket options: which socket takes which of them, and which values. What they are called is the system's business. */

#include "libsock.h"
#include "os.h"
#include "socket.h"

enum {
	OPTION__INET = 1,
	OPTION__INET6 = 2,
	OPTION__UNIX = 4,
	OPTION__IP = OPTION__INET | OPTION__INET6,
	OPTION__ALL = OPTION__IP | OPTION__UNIX,
	OPTION__SECONDS_MAX = 32767000 /* ms: the most seconds that every system takes, in 16 bits */
};

struct option__rule {
	int option;
	int type; /* the only one that has it, or 0 */
	int families;
	int64_t least, most;
};

static const struct option__rule option__rules[] = {
	{LIBSOCK_OPT_NODELAY, LIBSOCK_STREAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_SHARE_PORT, LIBSOCK_DGRAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_BALANCE_PORT, 0, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_BROADCAST, LIBSOCK_DGRAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_RECV_BUFFER, 0, OPTION__ALL, 1, INT32_MAX},
	{LIBSOCK_OPT_SEND_BUFFER, 0, OPTION__ALL, 1, INT32_MAX},
	{LIBSOCK_OPT_LINGER_MS, LIBSOCK_STREAM, OPTION__IP, -1, OPTION__SECONDS_MAX},
	{LIBSOCK_OPT_TTL, 0, OPTION__IP, 1, 255},
	{LIBSOCK_OPT_TOS, 0, OPTION__IP, 0, 255},
	{LIBSOCK_OPT_V6ONLY, 0, OPTION__INET6, 0, 1},
	{LIBSOCK_OPT_DONTFRAG, LIBSOCK_DGRAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_KEEPALIVE, LIBSOCK_STREAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_KEEPALIVE_IDLE_MS, LIBSOCK_STREAM, OPTION__IP, 1, OPTION__SECONDS_MAX},
	{LIBSOCK_OPT_KEEPALIVE_INTERVAL_MS, LIBSOCK_STREAM, OPTION__IP, 1, OPTION__SECONDS_MAX},
	{LIBSOCK_OPT_KEEPALIVE_COUNT, LIBSOCK_STREAM, OPTION__IP, 1, 127},
	{LIBSOCK_OPT_USER_TIMEOUT_MS, LIBSOCK_STREAM, OPTION__IP, 0, INT32_MAX},
	{LIBSOCK_OPT_MULTICAST_LOOP, LIBSOCK_DGRAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_MULTICAST_TTL, LIBSOCK_DGRAM, OPTION__IP, 0, 255},
	{LIBSOCK_OPT_MULTICAST_INTERFACE, LIBSOCK_DGRAM, OPTION__IP, 0, UINT32_MAX},
	{LIBSOCK_OPT_CORK, LIBSOCK_STREAM, OPTION__IP, 0, 1},
	{LIBSOCK_OPT_INTERFACE, 0, OPTION__IP, 0, UINT32_MAX},
	{LIBSOCK_OPT_INHERIT, 0, OPTION__ALL, 0, 1},
};

static const struct option__rule *option__find(int option)
{
	for (size_t i = 0; i < sizeof option__rules / sizeof option__rules[0]; i++)
		if (option__rules[i].option == option)
			return &option__rules[i];
	return NULL;
}

static int option__family(int family)
{
	switch (family) {
	case LIBSOCK_AF_INET:
		return OPTION__INET;
	case LIBSOCK_AF_INET6:
		return OPTION__INET6;
	default:
		return OPTION__UNIX;
	}
}

/* The rule that the option and the socket are under, or why there is none. */
static int option__check(struct sock s, int option, const struct option__rule **rule)
{
	if (s.family <= 0)
		return socket_none(s);
	*rule = option__find(option);
	if (*rule == NULL)
		return LIBSOCK_EINVAL;
	if ((*rule)->type != 0 && (*rule)->type != s.type)
		return LIBSOCK_EPROTOTYPE;
	return (*rule)->families & option__family(s.family) ? 0 : LIBSOCK_ENOPROTOOPT;
}

int sock_set(struct sock s, int option, int64_t value)
{
	const struct option__rule *rule;
	int err = option__check(s, option, &rule);

	if (err < 0)
		return err;
	if (value < rule->least || value > rule->most)
		return LIBSOCK_EINVAL;
	switch (option) {
	case LIBSOCK_OPT_MULTICAST_INTERFACE:
		return os_multicast_set(s.fd, s.family, (uint32_t)value);
	case LIBSOCK_OPT_INTERFACE:
		return os_bound_set(s.fd, s.family, (uint32_t)value);
	case LIBSOCK_OPT_INHERIT:
		return os_inherit_set(s.fd, value);
	default:
		return os_option_set(s.fd, s.family, option, value);
	}
}

static int option__get(struct sock s, int option, int64_t *value)
{
	switch (option) {
	case LIBSOCK_OPT_MULTICAST_INTERFACE:
		return os_multicast_get(s.fd, s.family, value);
	case LIBSOCK_OPT_INTERFACE:
		return os_bound_get(s.fd, s.family, value);
	case LIBSOCK_OPT_INHERIT:
		return os_inherit_get(s.fd, value);
	default:
		return os_option_get(s.fd, s.family, option, value);
	}
}

int sock_get(struct sock s, int option, int64_t *value)
{
	const struct option__rule *rule;
	int64_t found = 0;
	int err = option__check(s, option, &rule);

	if (err < 0)
		return err;
	if (value == NULL)
		return LIBSOCK_EINVAL;
	err = option__get(s, option, &found);
	if (err == 0)
		*value = found;
	return err;
}
