/* SPDX-License-Identifier: MIT */

/* A program whose own names are libsock's short ones, in the same file: it asks for the long names alone. */

#define LIBSOCK_NO_SHORT_NAMES
#include <libsock.h>

#include <string.h>

static int taken;

static int sock_send(const char *text)
{
	return taken += (int)strlen(text);
}

static void sock_close(void)
{
	taken++;
}

int main(void)
{
	struct sock pair[2];
	char data[3];

	if (libsock_pair(pair, LIBSOCK_STREAM) != 0 || libsock_send(pair[0], "abc", 3, LIBSOCK_NOWAIT) != 3 ||
	    libsock_recv(pair[1], data, sizeof data, libsock_after(5000)) != 3)
		return 1;
	libsock_close(&pair[0]);
	libsock_close(&pair[1]);
	sock_close();
	return sock_send("own") == 4 ? 0 : 2;
}
