/* SPDX-License-Identifier: MIT */

/*
 * The connections of a Linux machine: sock_diag(7) tells of them over netlink, in bits, and where that is not to be had
 * (a sandbox, a kernel without it) proc(5) does, in text.
 */

#include "native.h"

#include "libsock.h"
#include "linux.h"
#include "os.h"

/* Of each protocol IPv4 comes first. */
static const struct linux_table connection__tables[] = {
	{AF_INET, IPPROTO_TCP, LIBSOCK_AF_INET, LIBSOCK_STREAM, "/proc/thread-self/net/tcp"},
	{AF_INET6, IPPROTO_TCP, LIBSOCK_AF_INET6, LIBSOCK_STREAM, "/proc/thread-self/net/tcp6"},
	{AF_INET, IPPROTO_UDP, LIBSOCK_AF_INET, LIBSOCK_DGRAM, "/proc/thread-self/net/udp"},
	{AF_INET6, IPPROTO_UDP, LIBSOCK_AF_INET6, LIBSOCK_DGRAM, "/proc/thread-self/net/udp6"},
};

/* Without a file for IPv6, where that for IPv4 has just been read, the kernel has no IPv6. */
static int connection__list(struct linux_sink *sink)
{
	const bool ipv4_by_text = sink->by_text;
	int err = diag_table(sink), text_err;

	sink->by_text = err != 0 && !sink->told;
	if (!sink->by_text)
		return err;
	text_err = proc_table(sink);
	if (text_err != LIBSOCK_ENOENT || sink->told)
		return text_err;
	return ipv4_by_text && sink->table->family == LIBSOCK_AF_INET6 ? 0 : err;
}

int os_connections(os_connection_found *found, void *context)
{
	struct linux_sink sink = {.found = found, .context = context};
	int err = 0;

	for (size_t i = 0; i < sizeof connection__tables / sizeof connection__tables[0] && err == 0; i++) {
		sink.table = &connection__tables[i];
		sink.told = false;
		err = connection__list(&sink);
	}
	return err;
}
