/*
 * services: the names and ports of services, as this machine and IANA have them.
 *
 *   cc services.c -o services $(pkg-config --cflags --libs libsock)
 *   ./services http                           (http 80/tcp)
 *   ./services 53 ntp                         (domain 53/tcp, domain 53/udp, ntp 123/udp)
 */
#include <libsock.h>
#include <stdio.h>

/* A name or a number to both. */
static int show(const char *service, int type, const char *protocol)
{
	char name[LIBSOCK_SERVICE_SIZE];
	int port = sock_service_port(service, type);
	int err = port < 0 ? port : sock_service_name(port, type, name, sizeof name);

	if (err == 0)
		printf("%s %d/%s\n", name, port, protocol);
	return err;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: services NAME-OR-PORT...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		int tcp = show(argv[i], LIBSOCK_STREAM, "tcp"), udp = show(argv[i], LIBSOCK_DGRAM, "udp");

		if (tcp == 0 || udp == 0) /* most are on one of them only */
			continue;
		fprintf(stderr, "services: %s: %s\n", argv[i],
			tcp == LIBSOCK_EAI_NONAME ? "no such service" : sock_strerror(tcp));
		status = 1;
	}
	if (ferror(stdout) || fclose(stdout) != 0) {
		fprintf(stderr, "services: cannot write\n");
		status = 1;
	}
	return status;
}
