/*
 * netcat: standard input to a peer and what the peer sends to standard output, both at the same time.
 *
 *   cc netcat.c -o netcat $(pkg-config --cflags --libs libsock) -pthread
 *   ./netcat -l 127.0.0.1:7007                (waits for one peer)
 *   echo hello | ./netcat 127.0.0.1:7007
 *
 * -u is UDP, where each read of standard input is a datagram; -U is a Unix-domain socket at a path. It ends when both
 * sides have ended. After -w SECONDS it gives up; that is the only end that UDP has.
 */
#include <libsock.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

static struct sock s;
static struct sock_addr addr;
static int listening, family, type = LIBSOCK_STREAM; /* family 0: that of the host */
static int64_t by = LIBSOCK_FOREVER;
static char received[65536], *where;
static ptrdiff_t sent;   /* how sending went, once it is over */
static atomic_int ended; /* one of the two directions is over */

static int open_socket(void)
{
	if (family == 0 && type == LIBSOCK_STREAM)
		return listening ? sock_serve(&s, &addr, 1) : sock_dial(&s, &addr, by);
	if (family == 0)
		family = strchr(addr.host, ':') ? LIBSOCK_AF_INET6 : LIBSOCK_AF_INET;
	int err = sock_open(&s, family, type);
	if (err == 0)
		err = listening ? sock_bind(s, &addr) : sock_connect(s, &addr, by);
	return err == 0 && listening && family == LIBSOCK_AF_UNIX ? sock_listen(s, 1) : err;
}

/* The first peer is the only one: of a listener its connection is left; UDP hears nobody else from then on. */
static ptrdiff_t wait_for_peer(void)
{
	char text[LIBSOCK_ADDRSTRLEN];
	struct sock listener = s;
	struct sock_addr peer;
	ptrdiff_t got, err = sock_local(s, &peer);

	if (err == 0 && sock_addr_format(text, sizeof text, &peer) > 0)
		fprintf(stderr, "listening on %s\n", text); /* port 0 has become a real one */
	if (type == LIBSOCK_DGRAM) {
		got = sock_recvfrom(s, received, sizeof received, &peer, by);
		return got < 0 || (err = sock_connect(s, &peer, by)) == 0 ? got : err;
	}
	err = sock_accept(listener, &s, NULL, by);
	sock_close(&listener);
	if (family == LIBSOCK_AF_UNIX && addr.host[0] != '@') /* an abstract name is no file */
		remove(addr.host);
	return err;
}

static _Noreturn void end(ptrdiff_t err)
{
	if (err < 0)
		fprintf(stderr, "netcat: %s: %s\n", where, sock_strerror((int)err));
	_Exit(err < 0); /* whatever the other thread is doing */
}

/* A thread of its own: one may send while another receives, and reading standard input knows no deadline. */
static void *send_input(void *nothing)
{
	static char data[16384];
	ptrdiff_t got, err = 0;

	while (err >= 0 && (got = read(0, data, sizeof data)) > 0)
		err = type == LIBSOCK_DGRAM ? sock_send(s, data, (size_t)got, by)
					    : sock_send_all(s, data, (size_t)got, by, NULL);
	if (type == LIBSOCK_STREAM) /* after an error too: what the peer had said before is still to be printed */
		sock_shutdown(s, LIBSOCK_SHUT_WR);
	sent = err;
	if (atomic_exchange(&ended, 1) || (type == LIBSOCK_DGRAM && err < 0))
		end(err);
	return nothing;
}

int main(int argc, char **argv)
{
	ptrdiff_t err;
	pthread_t sender;
	int i;

	for (i = 1; i < argc - 1; i++)
		if (strcmp(argv[i], "-l") == 0)
			listening = 1;
		else if (strcmp(argv[i], "-u") == 0)
			type = LIBSOCK_DGRAM;
		else if (strcmp(argv[i], "-U") == 0)
			family = LIBSOCK_AF_UNIX;
		else if (strcmp(argv[i], "-w") == 0 && atoi(argv[i + 1]) > 0)
			by = sock_after(1000LL * atoi(argv[++i]));
		else
			break;
	if (i != argc - 1 || argv[i][0] == '-' || (family && type == LIBSOCK_DGRAM)) {
		fputs("usage: netcat [-l] [-u | -U] [-w SECONDS] HOST:PORT | PATH\n", stderr);
		return 2;
	}
#ifdef _WIN32
	_setmode(0, _O_BINARY), _setmode(1, _O_BINARY);
#endif
	where = argv[i];
	err = family ? sock_addr_set(&addr, where, 0) : sock_addr_parse(&addr, where);
	if (err == 0 && (err = open_socket()) == 0 && listening)
		err = wait_for_peer();
	if (err >= 0 && pthread_create(&sender, NULL, send_input, NULL) != 0)
		err = LIBSOCK_ENOMEM;
	while (err >= 0 && fwrite(received, 1, (size_t)err, stdout) == (size_t)err && fflush(stdout) == 0)
		if ((err = sock_recv(s, received, sizeof received, by)) == 0 && type == LIBSOCK_STREAM)
			end(atomic_exchange(&ended, 1) ? sent : sock_wait(NULL, 0, by)); /* for the other */
	end(err == LIBSOCK_ETIMEDOUT && type == LIBSOCK_DGRAM ? 0 : err < 0 ? err : LIBSOCK_EIO);
}
