/* SPDX-License-Identifier: MIT */

/* What five.c does, in raw system calls. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};
	char data[8] = {0};
	int s = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &peer.sin_addr);
	if (s != -1 && connect(s, (const struct sockaddr *)&peer, sizeof peer) == 0 && send(s, data, sizeof data, MSG_NOSIGNAL) > 0)
		recv(s, data, sizeof data, 0);
	return close(s);
}
