/* SPDX-License-Identifier: MIT */

/*
 * libwrap has a sock_hostname() of its own, by which hosts.allow's names are looked at. Both libraries in one program: the
 * loopback's name is let in, and everybody else is not. Runs in a folder with the files allow and deny.
 */

#include <libsock.h>

#include <stdio.h>

int ask(int fd);

int main(void)
{
	struct sock server, client, conn;
	struct sock_addr addr = {"127.0.0.1", 0};
	int64_t by = sock_after(5000);
	int allowed;

	if (sock_serve(&server, LIBSOCK_STREAM, &addr, 1) != 0 || sock_local_addr(server, &addr) != 0 ||
	    sock_dial(&client, LIBSOCK_STREAM, &addr, by) != 0 || sock_accept(server, &conn, NULL, by) != 0)
		return 1;
	allowed = ask((int)sock_native(conn));
	printf("allowed: %d\n", allowed);
	return allowed != 1;
}
