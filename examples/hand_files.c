/*
 * hand_files: give open files to another program (Python's socket.recv_fds() for example), or take and show them.
 *
 *   cc hand_files.c -o hand_files $(pkg-config --cflags --libs libsock)
 *   ./hand_files take /tmp/files.sock
 *   ./hand_files give /tmp/files.sock README LICENSE
 */
#include <fcntl.h>
#include <libsock.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
enum { FILES = 16 };

static ptrdiff_t give(const struct sock_addr *addr, char *names[], int count)
{
	struct sock channel;
	intptr_t fds[FILES];
	ptrdiff_t n = sock_dial(&channel, LIBSOCK_STREAM, addr, sock_after(5000));

	for (int i = 0; i < count; i++)
		fds[i] = open(names[i], O_RDONLY); /* what cannot be opened is -1, and then nothing is given */
	if (n == 0)
		n = sock_send_descriptors(channel, "files", 5, fds, count, sock_after(5000));
	sock_close(&channel);
	return n;
}

/* Others' bytes are for a terminal to show, not to obey. */
static void show(const char *data, ptrdiff_t size)
{
	for (ptrdiff_t i = 0; i < size; i++)
		putchar(data[i] == '\n' || (data[i] >= ' ' && data[i] < 127) ? data[i] : '?');
}

static ptrdiff_t take(const struct sock_addr *addr)
{
	struct sock server, channel = {0};
	intptr_t fds[FILES];
	char data[4096];
	int count = 0;
	ptrdiff_t size, n = sock_serve(&server, LIBSOCK_STREAM, addr, 1);

	if (n == 0)
		n = sock_accept(server, &channel, NULL, LIBSOCK_FOREVER);
	if (n == 0)
		n = sock_recv_descriptors(channel, data, sizeof data, fds, FILES, &count, sock_after(5000));
	for (int i = 0; n > 0 && i < count; i++)
		while ((size = read((int)fds[i], data, sizeof data)) > 0)
			show(data, size);
	sock_close(&channel);
	sock_close(&server);
	return n;
}

int main(int argc, char **argv)
{
	struct sock_addr addr;
	int taking = argc == 3 && strcmp(argv[1], "take") == 0;
	ptrdiff_t n = taking || (argc > 3 && argc <= 3 + FILES) ? sock_addr_set(&addr, argv[2], 0) : LIBSOCK_EINVAL;

	if (n == 0)
		n = taking ? take(&addr) : give(&addr, argv + 3, argc - 3);
	if (n > 0 && fclose(stdout) != 0)
		n = LIBSOCK_EIO;
	if (n < 0)
		fprintf(stderr, "hand_files: %s\n", sock_strerror(n));
	return n <= 0; /* 0: they are gone */
}
