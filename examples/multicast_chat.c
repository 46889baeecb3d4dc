/*
 * multicast_chat: talk with everybody on the local network who has joined the same group.
 *
 *   cc multicast_chat.c -o multicast_chat $(pkg-config --cflags --libs libsock) -pthread
 *   ./multicast_chat 239.255.42.99:7042 ada          (or "[ff12::4242]:7042" ada eth0; end with end of file)
 *
 * A terminal cannot be waited for like a socket everywhere: a thread reads it and passes the lines on through a pair.
 */
#include <libsock.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static void complain(const char *about, int err)
{
	if (err < 0)
		fprintf(stderr, "multicast_chat: %s: %s\n", about, sock_strerror(err));
}

static void *read_terminal(void *arg)
{
	const struct sock *to = arg;
	char line[512];

	while (fgets(line, sizeof line, stdin) && sock_send_all(*to, line, strlen(line), NULL, LIBSOCK_FOREVER) == 0)
		;
	sock_shutdown(*to, LIBSOCK_SHUT_WR);
	return NULL;
}

/* Datagrams of everybody in the group, on a port that all programs of this machine share. */
static int join(struct sock *s, const struct sock_addr *group, uint32_t index)
{
	struct sock_addr everywhere = {"", group->port};
	int family = sock_addr_family(group);
	int err = family == LIBSOCK_AF_UNSPEC ? LIBSOCK_ENAME : sock_open(s, family, LIBSOCK_DGRAM); /* a name is no group */

	if (err == 0)
		err = sock_set(*s, LIBSOCK_OPT_SHARE_PORT, 1);
	if (err == 0)
		err = sock_bind(*s, &everywhere);
	if (err == 0)
		err = sock_join_group(*s, group, NULL, index);
	if (err == 0 && index > 0)
		err = sock_set(*s, LIBSOCK_OPT_MULTICAST_INTERFACE, index);
	return err;
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

/* Print what somebody said, with '?' for what the terminal would obey. */
static int hear(struct sock s)
{
	unsigned char text[1501];
	struct sock_addr from;
	ptrdiff_t size = sock_recvfrom(s, text, sizeof text - 1, &from, LIBSOCK_NOWAIT);

	if (size < 0)
		return size == LIBSOCK_EAGAIN || size == LIBSOCK_EMSGSIZE ? 0 : (int)size;
	text[size] = '\0';
	for (size_t n, i = 0; i < (size_t)size; i += n ? n : 1)
		if ((n = character(text + i)) == 0)
			text[i] = '?';
	printf("%s %s\n", from.host, text);
	return 0;
}

/* Say all lines that have been typed; too long ones lose their ends. LIBSOCK_EAGAIN: there are no more yet. */
static int say(struct sock s, const struct sock_addr *group, const char *name, struct sock_reader *typed)
{
	char *line, text[1400];
	ptrdiff_t n;

	while ((n = sock_reader_line(typed, &line, LIBSOCK_NOWAIT)) >= 0 || n == LIBSOCK_EMSGSIZE) {
		snprintf(text, sizeof text, "%.64s: %s", name, line);
		complain(group->host, (int)sock_sendto(s, text, strlen(text), group, sock_after(1000)));
	}
	return (int)n;
}

int main(int argc, char **argv)
{
	char buffer[1024];
	struct sock s, pair[2];
	struct sock_addr group;
	struct sock_reader typed;
	pthread_t thread;
	int interface = 0;

	if (argc != 3 && argc != 4) {
		fputs("usage: multicast_chat GROUP:PORT NAME [INTERFACE]\n", stderr);
		return 2;
	}
	int err = sock_addr_parse(&group, argv[1], -1);
	if (err == 0 && group.port == 0) /* to bind, any port will do, but not to talk */
		err = LIBSOCK_EPORT;
	if (err == 0 && argc > 3)
		err = interface = sock_interface_index(argv[3]);
	if (err >= 0)
		err = join(&s, &group, (uint32_t)interface);
	if (err == 0 && (err = sock_pair(pair, LIBSOCK_STREAM)) == 0)
		err = sock_reader_init(&typed, pair[0], buffer, sizeof buffer);
	if (err == 0 && pthread_create(&thread, NULL, read_terminal, &pair[1]) != 0)
		err = LIBSOCK_ENOMEM;
	if (err < 0) {
		complain(argv[1], err);
		return 1;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("talking on %s\n", argv[1]);
	while (!stopped && err != LIBSOCK_EEOF) {
		struct sock_wait_item items[] = {{s, LIBSOCK_READABLE, 0}, {pair[0], LIBSOCK_READABLE, 0}};

		err = sock_wait(items, 2, sock_after(1000)); /* and see whether to stop */
		if (err >= 0 && items[0].ready)
			err = hear(s);
		if (err < 0 && err != LIBSOCK_ETIMEDOUT) { /* the network is gone, for example: that passes */
			complain(argv[1], err);
			sock_wait(NULL, 0, sock_after(1000));
		}
		if (items[1].ready)
			err = say(s, &group, argv[2], &typed);
	}
	if (err == LIBSOCK_EEOF)
		pthread_join(thread, NULL); /* it has said its last, so this takes no time */
	_Exit(0); /* whatever a thread that still reads is doing; the system closes the sockets */
}
