/* A stranger's program: it knows libsock from what is installed, and sends itself a datagram. */
#include <libsock.h>
#include <stdio.h>

int main(void)
{
	struct sock s = {0};
	struct sock_addr addr = {"127.0.0.1", 0};
	char data[16];
	ptrdiff_t got = sock_version_number() < LIBSOCK_VERSION_NUMBER ? LIBSOCK_ENOTSUP : 0; /* older than the header */

	if (got == 0)
		got = sock_open(&s, LIBSOCK_AF_INET, LIBSOCK_DGRAM);
	if (got == 0)
		got = sock_bind(s, &addr);
	if (got == 0)
		got = sock_local_addr(s, &addr);
	if (got == 0)
		got = sock_sendto(s, "hello", 5, &addr, sock_after(1000));
	if (got == 5)
		got = sock_recvfrom(s, data, sizeof data, NULL, sock_after(1000));
	sock_close(&s);
	if (got < 0)
		fprintf(stderr, "app: %s\n", sock_strerror(got));
	else
		printf("libsock %s: %.*s\n", sock_version(), (int)got, data);
	return got != 5;
}
