/*
 * which_way: the address that this machine would send from to get to a host, as its routes say or by one interface.
 *
 *   cc which_way.c -o which_way $(pkg-config --cflags --libs libsock)
 *   ./which_way 127.0.0.1                     (127.0.0.1)
 *   ./which_way 2001:db8::1 eth0
 *
 * Nothing is sent: to connect a datagram socket is to ask for the way.
 */
#include <libsock.h>
#include <stdio.h>

static int ask(struct sock s, const struct sock_addr *to, const char *interface, struct sock_addr *from)
{
	int err = interface ? sock_interface_index(interface) : 0;

	if (err > 0)
		err = sock_set(s, LIBSOCK_OPT_INTERFACE, err);
	if (err == 0)
		err = sock_connect(s, to, sock_after(5000));
	return err == 0 ? sock_local_addr(s, from) : err;
}

int main(int argc, char **argv)
{
	struct sock s;
	struct sock_addr to, from;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: which_way ADDRESS [INTERFACE]\n");
		return 2;
	}
	int err = sock_addr_set(&to, argv[1], 9); /* any port will do */
	if (err == 0)
		err = sock_addr_family(&to);
	if (err > 0)
		err = sock_open(&s, err, LIBSOCK_DGRAM);
	if (err == 0) {
		err = ask(s, &to, argv[2], &from);
		sock_close(&s);
	}
	if (err == 0 && (printf("%s\n", from.host) < 0 || fclose(stdout) != 0))
		err = LIBSOCK_EIO;
	if (err < 0)
		fprintf(stderr, "which_way: %s: %s\n", argv[1], sock_strerror(err));
	return err < 0;
}
