/*
 * tcp_echo_client: send a text to a TCP echo server, see whether it comes back as it was, and print it.
 *
 *   cc tcp_echo_client.c -o tcp_echo_client $(pkg-config --cflags --libs libsock)
 *   ./tcp_echo_client 127.0.0.1:7007 "hello, world"
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

/* The text, and then the end. Anything else is no echo, and who knows what it would do to a terminal. */
static int hear_echo(struct sock s, const char *text, int64_t by)
{
	char data[4096];
	size_t size = strlen(text), done = 0;
	ptrdiff_t got;

	while ((got = sock_recv(s, data, sizeof data, by)) > 0) {
		if ((size_t)got > size - done || memcmp(data, text + done, (size_t)got) != 0)
			return LIBSOCK_EPROTO;
		done += (size_t)got;
	}
	return got == 0 && done < size ? LIBSOCK_EEOF : (int)got;
}

int main(int argc, char **argv)
{
	struct sock s = {0};
	struct sock_addr server;
	int64_t by = sock_after(5000); /* one deadline for the whole exchange */

	if (argc != 3) {
		fprintf(stderr, "usage: tcp_echo_client HOST:PORT TEXT\n");
		return 2;
	}
	int err = sock_addr_parse(&server, argv[1], -1);
	if (err == 0)
		err = sock_dial(&s, LIBSOCK_STREAM, &server, by);
	if (err == 0)
		err = sock_send_all(s, argv[2], strlen(argv[2]), NULL, by);
	if (err == 0)
		err = sock_shutdown(s, LIBSOCK_SHUT_WR); /* "that was all": the server sees the end of file */
	if (err == 0)
		err = hear_echo(s, argv[2], by);
	if (err == 0 && (printf("%s\n", argv[2]) < 0 || fclose(stdout) != 0))
		err = LIBSOCK_EIO;
	if (err < 0)
		fprintf(stderr, "tcp_echo_client: %s: %s\n", argv[1], sock_strerror(err));
	sock_close(&s);
	return err != 0;
}
