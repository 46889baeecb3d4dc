/*
 * ask_by_path: send a line to a server of datagrams at a Unix-domain path, and show its answer. The server must know
 * where to answer: the kernel chooses a name for this program (Linux).
 *
 *   cc ask_by_path.c -o ask_by_path $(pkg-config --cflags --libs libsock)
 *   ./ask_by_path /run/some.sock status
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

static ptrdiff_t ask(struct sock s, const char *path, const char *question, char *answer, size_t size)
{
	const int64_t by = sock_after(5000);
	struct sock_addr server, own;
	ptrdiff_t n = sock_addr_set(&server, path, 0);

	if (n == 0)
		n = sock_bind(s, &(struct sock_addr){"@", 0});
	if (n == 0 && (n = sock_local_addr(s, &own)) == 0)
		fprintf(stderr, "asking as %s\n", own.host);
	if (n == 0)
		n = sock_connect(s, &server, by); /* nobody else is heard */
	if (n == 0)
		n = sock_send(s, question, strlen(question), by);
	return n < 0 ? n : sock_recv(s, answer, size, by);
}

/* Others' bytes are for a terminal to show, not to obey. */
static void show(const char *data, ptrdiff_t size)
{
	for (ptrdiff_t i = 0; i < size; i++)
		putchar(data[i] == '\n' || (data[i] >= ' ' && data[i] < 127) ? data[i] : '?');
}

int main(int argc, char **argv)
{
	char answer[4096];
	struct sock s;

	if (argc != 3) {
		fprintf(stderr, "usage: ask_by_path PATH QUESTION\n");
		return 2;
	}
	ptrdiff_t n = sock_open(&s, LIBSOCK_AF_UNIX, LIBSOCK_DGRAM);
	if (n == 0) {
		n = ask(s, argv[1], argv[2], answer, sizeof answer);
		sock_close(&s);
	}
	show(answer, n);
	if (n >= 0 && (putchar('\n') == EOF || fclose(stdout) != 0))
		n = LIBSOCK_EIO;
	if (n < 0)
		fprintf(stderr, "ask_by_path: %s: %s\n", argv[1], sock_strerror(n));
	return n < 0;
}
