/*
 * telnet: a terminal at a server, by the Telnet protocol (RFC 854), or by lines of text with any other server.
 *
 *   cc telnet.c -o telnet $(pkg-config --cflags --libs libsock)      (on Windows with -pthread)
 *   ./telnet 127.0.0.1                        (port 23; the key ^] ends it)
 *   printf 'GET / HTTP/1.0\n\n' | ./telnet 127.0.0.1:8080
 *
 * POSIX waits for keys and a socket together. Windows does not: there a thread reads the keys, and sends them to the main
 * one through a pair of sockets.
 */
#include <libsock.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is there a terminal, and is it raw, because the server wants every key at once and shows it itself? */
static bool terminal, raw;

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <pthread.h>
#include <windows.h>

static HANDLE keyboard, screen;
static DWORD keyboard_mode, screen_mode;

static void terminal_begin(void)
{
	_setmode(0, _O_BINARY), _setmode(1, _O_BINARY);
	keyboard = GetStdHandle(STD_INPUT_HANDLE);
	screen = GetStdHandle(STD_OUTPUT_HANDLE);
	terminal = GetConsoleMode(keyboard, &keyboard_mode) && GetConsoleMode(screen, &screen_mode);
}

static void terminal_set(bool interest)
{
	raw = interest;
	SetConsoleMode(keyboard, raw ? 0 : keyboard_mode);
	SetConsoleMode(screen, raw ? screen_mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING : screen_mode);
}

#define terminal_end() terminal_set(false)

static void *pass_keys(void *to)
{
	char data[1024];
	ptrdiff_t got;

	/* A read keeps the mode that it began in: begin it when there is something to read. */
	while ((void)(terminal && WaitForSingleObject(keyboard, INFINITE)), (got = read(0, data, sizeof data)) > 0)
		sock_send_all(*(struct sock *)to, data, (size_t)got, NULL, LIBSOCK_FOREVER);
	sock_shutdown(*(struct sock *)to, LIBSOCK_SHUT_WR);
	return NULL;
}

static int keys_open(struct sock *keys)
{
	static struct sock pair[2];
	pthread_t thread;
	int err = sock_pair(pair, LIBSOCK_STREAM);

	*keys = pair[0];
	return err == 0 && pthread_create(&thread, NULL, pass_keys, &pair[1]) != 0 ? LIBSOCK_ENOMEM : err;
}

#define keys_read(keys, data, size) sock_recv(keys, data, size, LIBSOCK_NOWAIT)
#else
#include <termios.h>

static struct termios as_it_was;

static void terminal_begin(void)
{
	terminal = isatty(1) && tcgetattr(0, &as_it_was) == 0;
}

static void terminal_set(bool interest)
{
	struct termios mode = as_it_was;

	raw = interest;
	if (raw) {
		mode.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON);
		mode.c_oflag &= ~(tcflag_t)OPOST;
		mode.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	} else
		mode.c_cc[VEOL] = 0x1d; /* ^], which is not to wait for Enter */
	tcsetattr(0, TCSANOW, &mode);
}

#define terminal_end() tcsetattr(0, TCSANOW, &as_it_was)
#define keys_open(keys) sock_from_descriptor(keys, 0)
#define keys_read(keys, data, size) read((int)sock_native(keys), data, size)
#endif

/* The only way out, whatever another thread is doing. */
static _Noreturn void end(int status, const char *what, const char *why)
{
	if (terminal)
		terminal_end();
	if (why)
		fprintf(stderr, "telnet: %s: %s\n", what, why);
	_Exit(status);
}

static void end_by_signal(int number)
{
	end(128 + number, NULL, NULL);
}

enum { OPTION_ECHO = 1, OPTION_SGA = 3, FIRST_COMMAND = 236, SE = 240, SB = 250, WILL, WONT, DO, DONT, IAC };

struct telnet {
	struct sock server, keys;
	int after;                   /* what the server's next byte belongs to: a command from IAC on, or 0 for text */
	bool theirs[256], ours[256]; /* options that are on: of what the server does, of what we do */
	bool typed_cr;               /* the last byte was a CR, and the next one tells which kind */
	int heard, more;             /* the last byte of the server's text, and how many UTF-8 wants after it */
	size_t size;                 /* of what is still to be sent */
	unsigned char out[65536];
};

static void put(struct telnet *t, int byte)
{
	if (t->keys.family == 0) /* the connection's end has been sent */
		return;
	if (t->size == sizeof t->out)
		end(1, "the server", "it asks on and on, and takes no answer");
	t->out[t->size++] = (unsigned char)byte;
}

/* Only changes and refusals are answered; if all was answered, two sides could do so for ever. */
static void negotiate(struct telnet *t, int verb, int option)
{
	bool about_them = verb == WILL || verb == WONT, asked = verb == WILL || verb == DO;
	bool *on = about_them ? &t->theirs[option] : &t->ours[option];
	bool agree = asked && (option == OPTION_SGA || (option == OPTION_ECHO && about_them));

	if (agree == *on && (agree || !asked))
		return;
	*on = agree;
	put(t, IAC);
	put(t, about_them ? (agree ? DO : DONT) : (agree ? WILL : WONT));
	put(t, option);
	if (terminal && raw != t->theirs[OPTION_ECHO])
		terminal_set(!raw);
}

/* From 128 on: can no character go on so (RFC 3629), or is it for control (U+0080 to U+009F)? */
static bool is_no_utf8(const struct telnet *t, int byte)
{
	if (byte < 128 || byte >= 0xC0)
		return byte == 0xC0 || byte == 0xC1 || byte > 0xF4; /* a character begins */
	return t->more == 0 || ((t->heard == 0xC2 || t->heard == 0xE0) && byte < 0xA0) ||
	       (t->heard == 0xED && byte >= 0xA0) || (t->heard == 0xF0 && byte < 0x90) || (t->heard == 0xF4 && byte >= 0x90);
}

/*
 * CR NUL is a CR. CR LF ends a line, and stays both only where the terminal takes it as it is. Only a server that has
 * taken the terminal over (raw) may command it: from others a control character is a '?', U+0080 to U+009F, too.
 */
static void show(struct telnet *t, int byte)
{
	bool obeyed = byte < ' ' ? byte != '\t' && byte != '\n' && byte != '\r' : byte == 127 || is_no_utf8(t, byte);

	if (t->heard == '\r' && byte != '\n' && !raw)
		putchar('\r');
	if (byte == '\r' ? raw : byte != '\0' || t->heard != '\r')
		putchar(terminal && !raw && obeyed ? '?' : byte);
	t->more = byte < 128 || obeyed ? 0 : byte < 0xC0 ? t->more - 1 : 1 + (byte >= 0xE0) + (byte >= 0xF0);
	t->heard = byte;
}

static void hear(struct telnet *t, int byte)
{
	int after = t->after;

	t->after = 0;
	if (after >= WILL && after <= DONT)
		negotiate(t, after, byte);
	else if (after == SB) /* a subnegotiation, of no option that is on here, up to IAC SE */
		t->after = byte == IAC ? SE : SB;
	else if (after == SE)
		t->after = byte == SE ? 0 : SB;
	else if (after == 0 && byte == IAC)
		t->after = IAC;
	else if (after == IAC && byte >= SB && byte <= DONT)
		t->after = byte;
	else if (after == 0 || byte == IAC || byte < FIRST_COMMAND) /* TCP took the command, a Data Mark, out of band */
		show(t, byte);
}

static void type(struct telnet *t, int byte)
{
	if (terminal && byte == 0x1d) /* ^] */
		end(0, NULL, NULL);
	if (t->typed_cr ? byte != '\n' : byte == '\n' && !raw)
		put(t, t->typed_cr ? '\0' : '\r');
	put(t, byte);
	if (byte == IAC || (byte == '\r' && raw))
		put(t, byte == IAC ? IAC : '\0');
	t->typed_cr = byte == '\r' && !raw;
}

/* Take turns until the server ends. Nothing more is typed while something waits to be sent. */
static ptrdiff_t talk(struct telnet *t)
{
	unsigned char data[4096];
	ptrdiff_t i, got, lost = 0;

	for (;;) {
		struct sock_wait_item items[2] = {{t->server, LIBSOCK_READABLE, 0}, {t->keys, LIBSOCK_READABLE, 0}};

		if (t->size > 0)
			items[0].interest |= LIBSOCK_WRITABLE;
		if ((got = sock_wait(items, t->size > 0 ? 1 : 2, LIBSOCK_FOREVER)) < 0)
			return got;
		if (items[0].ready & ~LIBSOCK_WRITABLE) {
			got = sock_recv(t->server, data, sizeof data, LIBSOCK_NOWAIT);
			for (i = 0; i < got; i++)
				hear(t, data[i]);
			if (fflush(stdout) != 0)
				end(1, "standard output", "cannot be written to");
			if (got <= 0 && got != LIBSOCK_EAGAIN)
				return got == 0 ? lost : got;
		}
		if (items[1].ready && t->size == 0) {
			got = keys_read(t->keys, data, sizeof data);
			for (i = 0; i < got; i++)
				type(t, data[i]);
			if (got <= 0 && got != LIBSOCK_EAGAIN) {
				sock_shutdown(t->server, LIBSOCK_SHUT_WR);
				sock_close(&t->keys);
			}
		}
		if (t->size > 0 && (got = sock_send(t->server, t->out, t->size, LIBSOCK_NOWAIT)) > 0)
			memmove(t->out, t->out + got, t->size -= (size_t)got);
		else if (t->size > 0 && got != LIBSOCK_EAGAIN) /* told later: what the server said before is still to come */
			lost = got, t->size = 0;
	}
}

int main(int argc, char **argv)
{
	static struct telnet t;
	struct sock_addr addr;

	if (argc != 2)
		end(2, "usage", "telnet HOST[:PORT]");
	terminal_begin();
	signal(SIGINT, end_by_signal);
	signal(SIGTERM, end_by_signal);
	ptrdiff_t err = sock_addr_parse(&addr, argv[1], 23);
	if (err == 0 && (err = sock_dial(&t.server, LIBSOCK_STREAM, &addr, sock_after(10000))) == 0)
		err = keys_open(&t.keys);
	if (err == 0 && terminal) {
		terminal_set(false);
		fprintf(stderr, "connected to %s, port %d; the key ^] ends it\n", addr.host, addr.port);
	}
	if (err == 0 && (err = talk(&t)) == 0 && fclose(stdout) != 0)
		end(1, "standard output", "cannot be written to");
	end(err < 0, argv[1], err < 0 ? sock_strerror(err) : NULL);
}
