/*
 * netcat: standard input to a peer and what the peer sends to standard output, both at the same time.
 *
 *   cc netcat.c -o netcat $(pkg-config --cflags --libs libsock) -pthread
 *   ./netcat -l 127.0.0.1:7007                (waits for one peer)
 *   echo hello | ./netcat 127.0.0.1:7007
 *
 * -u is UDP, where each read of standard input is a datagram. Text with a slash in it, or with @ in front, is a
 * Unix-domain socket's path. It ends when both sides have ended. After -w SECONDS it gives up; that, and a signal, is the only end that UDP has.
 */
#include <libsock.h>
#include <pthread.h>
#include <signal.h>
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
static struct sock_addr addr, peer; /* the one that was given; of who spoke first to a UDP listener */
static int listening, type = LIBSOCK_STREAM;
static const char *volatile path; /* of a listener, to be removed */
static int64_t by = LIBSOCK_FOREVER;
static char received[65536], *where;
static ptrdiff_t sent;   /* how sending went, once it is over */
static atomic_int ended; /* one of the two directions is over */

/* The first peer is the only one: of a listener its connection is left; UDP hears nobody else from then on. */
static ptrdiff_t wait_for_peer(void)
{
	char text[LIBSOCK_ADDR_SIZE];
	struct sock listener = s;
	ptrdiff_t got, err = sock_local_addr(s, &peer);

	if (err == 0)
		fprintf(stderr, "listening on %s\n", sock_addr_text(&peer, text, sizeof text)); /* port 0 has become a real one */
	if (type == LIBSOCK_DGRAM) {
		got = sock_recvfrom(s, received, sizeof received, &peer, by);
		return got < 0 || (err = sock_connect(s, &peer, by)) == 0 ? got : err;
	}
	while ((err = sock_accept(listener, &s, NULL, by)) < 0 && err != LIBSOCK_ETIMEDOUT)
		sock_wait(NULL, 0, sock_after(100)); /* if the system is short of something: that passes */
	sock_close(&listener);
	if (path)
		unlink(path);
	path = NULL;
	return err;
}

/* A UDP listener passes over what strangers had sent before it was connected: sock_connect() leaves that there. */
static ptrdiff_t hear(void)
{
	struct sock_addr from;
	ptrdiff_t got;

	if (!listening || type != LIBSOCK_DGRAM)
		return sock_recv(s, received, sizeof received, by);
	do
		got = sock_recvfrom(s, received, sizeof received, &from, by);
	while (got >= 0 && (from.port != peer.port || strcmp(from.host, peer.host) != 0));
	return got;
}

static _Noreturn void end(ptrdiff_t err)
{
	if (err == 0 && fclose(stdout) != 0) /* nobody writes any more */
		err = LIBSOCK_EIO;
	if (err < 0)
		fprintf(stderr, "netcat: %s: %s\n", where, sock_strerror(err));
	_Exit(err < 0); /* whatever the other thread is doing */
}

/* Both threads may be waiting for ever, and a handler may call these two (POSIX). Nothing heard waits to be written. */
static void end_by_signal(int number)
{
	(void)number;
	if (path)
		unlink(path);
	_Exit(0);
}

/* The bytes of the first character; 0: it is no UTF-8 (RFC 3629), or for control (U+0080 to U+009F are, too). */
static size_t character(const unsigned char *text)
{
	static const long least[] = {' ', 0xA0, 0x800, 0x10000};
	size_t more = *text < 0xC0 ? 0 : *text < 0xE0 ? 1 : *text < 0xF0 ? 2 : 3;
	long code = more ? *text & 0x7F >> more : *text;

	for (size_t i = 1; i <= more; i++)
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		else
			code = code << 6 | (text[i] & 0x3F);
	return code < least[more] || (more == 0 && code > '~') || code >> 11 == 0x1B || code > 0x10FFFF ? 0 : more + 1;
}

/* A byte for a terminal, which must not obey it. */
static void show(unsigned char byte)
{
	static unsigned char text[5];
	static size_t size, missing;

	if (size > 0 && (byte & 0xC0) != 0x80)
		putchar('?'), size = 0;
	if (size == 0)
		missing = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
	text[size++] = byte;
	if (size < missing)
		return;
	if (byte == '\n' || byte == '\t')
		putchar(byte);
	else if (byte != '\r') /* which is only half of a line's end */
		character(text) == size ? fwrite(text, 1, size, stdout) : (size_t)putchar('?');
	size = 0;
}

/* To a terminal only text: netcat does not know who is talking. */
static int put(const char *data, size_t size)
{
	if (!isatty(1))
		fwrite(data, 1, size, stdout);
	else
		for (size_t i = 0; i < size; i++)
			show((unsigned char)data[i]);
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* A thread of its own: one may send while another receives, and reading standard input knows no deadline. */
static void *send_input(void *nothing)
{
	static char data[16384];
	ptrdiff_t got, err = 0;

	while (err >= 0 && (got = read(0, data, sizeof data)) > 0)
		err = type == LIBSOCK_DGRAM ? sock_send(s, data, (size_t)got, by)
					    : sock_send_all(s, data, (size_t)got, NULL, by);
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
	int i, is_path;

	for (i = 1; i < argc - 1; i++)
		if (strcmp(argv[i], "-l") == 0)
			listening = 1;
		else if (strcmp(argv[i], "-u") == 0)
			type = LIBSOCK_DGRAM;
		else if (strcmp(argv[i], "-w") == 0 && atoi(argv[i + 1]) > 0)
			by = sock_after(1000LL * atoi(argv[++i]));
		else
			break;
	is_path = i == argc - 1 && (strchr(argv[i], '/') || argv[i][0] == '@');
	if (i != argc - 1 || argv[i][0] == '-' || (is_path && type == LIBSOCK_DGRAM)) {
		fputs("usage: netcat [-l] [-u] [-w SECONDS] HOST:PORT | PATH\n", stderr);
		return 2;
	}
#ifdef _WIN32
	_setmode(0, _O_BINARY), _setmode(1, _O_BINARY);
#endif
	signal(SIGINT, end_by_signal);
	signal(SIGTERM, end_by_signal);
	where = argv[i];
	err = is_path ? sock_addr_set(&addr, where, 0) : sock_addr_parse(&addr, where, -1);
	if (err == 0)
		err = listening ? sock_serve(&s, type, &addr, 1) : sock_dial(&s, type, &addr, by);
	if (err == 0 && listening) {
		path = is_path && where[0] != '@' ? where : NULL; /* an abstract name is no file */
		err = wait_for_peer();
	}
	if (err >= 0 && pthread_create(&sender, NULL, send_input, NULL) != 0)
		err = LIBSOCK_ENOMEM;
	while (err >= 0 && put(received, (size_t)err))
		if ((err = hear()) == 0 && type == LIBSOCK_STREAM)
			end(atomic_exchange(&ended, 1) ? sent : sock_wait(NULL, 0, by)); /* for the other */
	end(err == LIBSOCK_ETIMEDOUT && type == LIBSOCK_DGRAM ? 0 : err < 0 ? err : LIBSOCK_EIO);
}
