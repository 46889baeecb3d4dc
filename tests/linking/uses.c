/* SPDX-License-Identifier: MIT */

/* What uses libsock, beside a program that does not: a plug-in or a part of it. 0: every call was libsock's own. */

#include <libsock.h>

#include <string.h>

int use_libsock(void);

int use_libsock(void)
{
	struct sock server, client, conn;
	struct sock_addr addr = {"127.0.0.1", 0};
	struct sock_reader in;
	char buffer[64], *line, name[LIBSOCK_HOST_SIZE];
	int64_t by = sock_after(5000);

	if (sock_serve(&server, LIBSOCK_STREAM, &addr, 1) != 0 || sock_local_addr(server, &addr) != 0 ||
	    sock_dial(&client, LIBSOCK_STREAM, &addr, by) != 0 || sock_accept(server, &conn, NULL, by) != 0)
		return 1;
	if (sock_send_all(client, "hello\n", 6, NULL, by) != 0 ||
	    sock_reader_init(&in, conn, buffer, sizeof buffer) != 0 || sock_reader_line(&in, &line, by) != 5 ||
	    strcmp(line, "hello") != 0)
		return 2;
	if (sock_close(&client) != 0 || sock_close_gracefully(&conn, by) != 0 || sock_close(&server) != 0)
		return 3;
	return sock_hostname(name, sizeof name) != 0 || name[0] == '\0' ? 4 : 0;
}
