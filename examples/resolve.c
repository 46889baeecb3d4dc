/*
 * resolve: what a name means, or what an address is called.
 *
 *   cc resolve.c -o resolve $(pkg-config --cflags --libs libsock)
 *   ./resolve localhost
 *   ./resolve 127.0.0.1
 */
#include <libsock.h>
#include <stdio.h>

enum { ADDRESSES = 8192 /* as many as the DNS can answer for both families */ };

int main(int argc, char **argv)
{
	static struct sock_addr found[ADDRESSES];
	struct sock_addr addr, name;
	int64_t by = sock_after(5000); /* for all of it */
	int count;

	if (argc != 2) {
		fprintf(stderr, "usage: resolve NAME|ADDRESS\n");
		return 2;
	}
	count = sock_addr_set(&addr, argv[1], 0); /* not sock_addr_parse(): there is no port to be cut off */
	if (count == 0)
		count = sock_resolve(&addr, LIBSOCK_AF_UNSPEC, found, ADDRESSES, by);
	if (count < 0) {
		fprintf(stderr, "resolve: %s: %s\n", argv[1], sock_strerror(count));
		return 1;
	}
	for (int i = 0; i < count && i < ADDRESSES; i++) {
		int err = sock_reverse(&found[i], &name, by);

		/* Not every address has a name of its own, and it need not be the one that was asked for. */
		printf("%-40s %s\n", found[i].host, err == 0 ? name.host : sock_strerror(err));
	}
	if (ferror(stdout) || fclose(stdout) != 0) {
		fprintf(stderr, "resolve: cannot write\n");
		return 1;
	}
	return 0;
}
