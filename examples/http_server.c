/*
 * http_server: the files of the folder that it is started in over HTTP/1.1, to any number of clients in one thread.
 *
 *   cc http_server.c -o http_server $(pkg-config --cflags --libs libsock)
 *   ./http_server 127.0.0.1:8080          (":8080" listens on every address of both families)
 *
 * A folder's own page is its index.html. No name leads out of the folder, and none that begins with a dot is served;
 * but symbolic links are followed wherever they lead. No client holds up the others; a slow disk does.
 */
#define _XOPEN_SOURCE 700 /* for open() and fstat() */
#define _FILE_OFFSET_BITS 64
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libsock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#ifdef _WIN32
#include <io.h>
#define O_CLOEXEC O_NOINHERIT
#define O_NONBLOCK O_BINARY /* no named pipes there, but text files */
#define fcntl(...) ((void)0) /* no socket blocks there */
#else
#include <unistd.h>
#define _get_osfhandle(fd) (fd) /* what sock_sendfile() takes */
#endif

enum { REQUEST_MAX = 8192, PIECE = 1 << 20, PATIENCE = 15000 /* ms for a request to come, and to take more */ };

struct client {
	struct client *next;
	struct sock s;
	struct sock_reader reader;
	enum { READING, ANSWERING, ENDING } state;
	int64_t by;           /* when it is given up; 0: it is gone */
	int interest, keep, head, file; /* of the poller; another request may come; the reply is to HEAD; its file, or -1 */
	uint64_t from, to;    /* of the file */
	size_t sent, size;    /* of the reply */
	char request[REQUEST_MAX], reply[512];
};

struct request {
	char *method, *target;
	int newer, hosts, sizes, codings, body, close, keep; /* HTTP/1.1; how many such fields there are; what they say */
};

#define DIGITS "0123456789"
#define NAME DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!$%&'*+-._~" /* also of a host */

static volatile sig_atomic_t stopped;
static struct sock_poller poller;
static struct client *clients;
static int64_t full, sweep_at; /* until when nobody is let in, or 0; now for who is gone, each second for the late */

static const char *content_type(const char *path)
{
	static const char *const types[] = {".html", "text/html; charset=utf-8", ".css", "text/css", ".svg", "image/svg+xml",
		".js", "text/javascript", ".txt", "text/plain; charset=utf-8", ".json", "application/json",
		".png", "image/png", ".jpg", "image/jpeg", ".gif", "image/gif"};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i += 2)
		if (strcmp(dot, types[i]) == 0)
			return types[i + 1];
	return "application/octet-stream";
}

/* Begin a reply that a file follows; without a type, one whose status is its page, too. */
static void answer(struct client *c, const char *status, const char *type, uint64_t size)
{
	char date[32];

	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&(time_t){time(NULL)}));
	c->size = (size_t)snprintf(c->reply, sizeof c->reply,
		"HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: %s\r\nContent-Length: %llu\r\nConnection: %s\r\n\r\n%s",
		status, date, type ? type : "text/plain", type ? (unsigned long long)size : strlen(status),
		c->keep ? "keep-alive" : "close", type || c->head ? "" : status);
	c->from = c->sent = 0;
	c->to = type && !c->head ? size : 0;
	c->state = ANSWERING;
	sock_set(c->s, LIBSOCK_OPT_CORK, c->to > 0); /* the reply is to leave with the file's beginning, where that can be */
}

/* Which file a target means: NULL, or the status. What leads elsewhere on Windows is not served anywhere: \ : ~ . */
static const char *decode(char *path, const char *target)
{
	char last = '/';

	while (*++target && *target != '?') {
		int c = *target;

		if (c == '%') {
			char digits[3] = {target[1], target[1] ? target[2] : '\0'};

			c = strspn(digits, DIGITS "abcdefABCDEF") == 2 ? (int)strtol(digits, NULL, 16) : 0;
			target += 2;
		}
		if (c < ' ' || c == 127)
			return "400 Bad Request";
		if (strchr("\\:~", c) || (last == '/' && strchr("./", c)) || (c == '/' && strchr(". ", last)))
			return "404 Not Found";
		*path++ = last = (char)c;
	}
	strcpy(path, last == '/' ? "index.html" : "");
	return strchr(". ", last) ? "404 Not Found" : NULL;
}

static void serve_file(struct client *c, const char *target)
{
	char path[REQUEST_MAX + 16];
	struct stat about = {0};
	const char *status = decode(path, target);

	if (!status && ((c->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || /* no wait for a pipe */
			fstat(c->file, &about) != 0 || (about.st_mode & S_IFMT) != S_IFREG))
		status = c->file == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM) ? "503 Busy" : "404 Not Found";
	answer(c, status ? status : "200 OK", status ? NULL : content_type(path), (uint64_t)about.st_size);
}

/* Is it all of HOST[:PORT], as a URL has it (RFC 3986, section 3.2)? */
static int is_host(const char *text, const char *end)
{
	size_t ip = *text == '[' ? strspn(text + 1, DIGITS "abcdefABCDEF:.") : 0;
	const char *at = ip > 0 && text[ip + 1] == ']' ? text + ip + 2 : text + strspn(text, NAME "(),;=");

	return at == end || (*at == ':' && at + 1 + strspn(at + 1, DIGITS) == end);
}

static int read_request_line(struct request *r, char *line)
{
	char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL, *path;

	if (!version || target == line || line + strspn(line, NAME "#^`|") != target)
		return 0;
	*target++ = *version++ = '\0';
	for (const char *c = target; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return 0;
	*r = (struct request){.method = line, .target = target, .newer = strcmp(version, "HTTP/1.1") == 0};
	if (strncmp(target, "http://", 7) == 0) { /* as to a proxy; RFC 9112 has every server take it */
		path = target + 7 + strcspn(target + 7, "/?");
		r->target = path > target + 7 && is_host(target + 7, path) ? path : target;
	}
	return *r->target == '/' && (r->newer || strcmp(version, "HTTP/1.0") == 0);
}

static int read_field(struct request *r, char *name)
{
	char *value = name + strspn(name, NAME "#^`|"), *end = name + strlen(name);

	if (value == name || *value != ':')
		return 0;
	for (char *c = name; c < end; c++)
		*c = (char)tolower((unsigned char)*c);
	for (*value++ = '\0'; end > value && strchr(" \t", end[-1]); *--end = '\0')
		continue;
	value += strspn(value, " \t");
	if (strcmp(name, "host") == 0)
		return r->hosts++ == 0 && is_host(value, end);
	if (strcmp(name, "transfer-encoding") == 0)
		return r->codings++ == 0 && strcmp(value, "chunked") == 0;
	if (strcmp(name, "content-length") == 0) {
		r->body |= value[strspn(value, "0")] != '\0';
		return r->sizes++ == 0 && end > value && value + strspn(value, DIGITS) == end;
	}
	if (strcmp(name, "connection") == 0)
		for (char *word = strtok(value, ", \t"); word; word = strtok(NULL, ", \t")) {
			r->close |= strcmp(word, "close") == 0;
			r->keep |= strcmp(word, "keep-alive") == 0;
		}
	return 1;
}

/* 0: what RFC 9112 (sections 2 to 6) has no place for, or what another server might take for something else. */
static int read_request(struct request *r, char *head)
{
	for (char *line = head, *next; line; line = next) {
		if ((next = strstr(line, "\r\n")) != NULL)
			*next = '\0', next += 2;
		for (const char *c = line; *c; c++)
			if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
				return 0;
		if (!(line == head ? read_request_line(r, line) : read_field(r, line)))
			return 0;
	}
	return (r->hosts == 1 || !r->newer) && (r->codings == 0 || (r->sizes == 0 && r->newer));
}

static void answer_request(struct client *c, char *head, int whole)
{
	struct request r = {0};
	int good = whole && read_request(&r, head);

	c->head = good && strcmp(r.method, "HEAD") == 0;
	if (!good) {
		answer(c, "400 Bad Request", NULL, 0);
	} else if (!c->head && strcmp(r.method, "GET") != 0) {
		answer(c, "405 Method Not Allowed\r\nAllow: GET, HEAD", NULL, 0);
	} else if (r.body || r.codings) {
		answer(c, "413 Content Too Large", NULL, 0);
	} else {
		c->keep = !r.close && (r.newer || r.keep);
		serve_file(c, r.target);
	}
}

/* As much as the client takes at once, but no more than one piece of a file: the others are to have their turn, too. */
static int send_reply(struct client *c)
{
	size_t sent;
	uint64_t done = 0, rest = c->to - c->from;
	int err = sock_send_all(c->s, c->reply + c->sent, c->size - c->sent, &sent, LIBSOCK_NOWAIT);

	if (err == 0 && c->from < c->to)
		err = sock_sendfile(c->s, _get_osfhandle(c->file), c->from, rest < PIECE ? rest : PIECE, &done, LIBSOCK_NOWAIT);
	c->sent += sent;
	c->from += done;
	c->by = sent > 0 || done > 0 ? sock_after(PATIENCE) : c->by;
	if (err < 0 || c->from < c->to)
		return err;
	sock_set(c->s, LIBSOCK_OPT_CORK, 0);
	if (c->file != -1)
		close(c->file);
	c->file = -1;
	c->state = c->keep ? READING : ENDING;
	return c->keep ? 0 : sock_shutdown(c->s, LIBSOCK_SHUT_WR); /* to close now could reset what is on its way */
}

/* Has what has come of a request a LF without its CR? Who ends lines so may wait for an answer to what is no request. */
static int is_hopeless(const struct sock_reader *reader)
{
	for (const char *text = reader->buffer + reader->begin, *at = text; at < text + sock_reader_pending(reader); at++)
		if (*at == '\n' && (at == text || at[-1] != '\r'))
			return 1;
	return 0;
}

/* One step, and what to wait for next: after a reply, the next request may be in the buffer, not in the socket. */
static void go_on(struct client *c)
{
	char *request, waste[4096];
	int err = 0, interest = LIBSOCK_READABLE;

	if (c->state == READING) {
		err = (int)sock_reader_until(&c->reader, "\r\n\r\n", 4, &request, LIBSOCK_NOWAIT);
		c->keep = c->head = 0;
		if (err == LIBSOCK_EMSGSIZE)
			answer(c, "431 Request Header Fields Too Large", NULL, 0);
		else if (err == LIBSOCK_EAGAIN && is_hopeless(&c->reader))
			answer(c, "400 Bad Request", NULL, 0);
		else if (err >= 0) /* or cut off by the end, or with a NUL in it */
			answer_request(c, request + (strncmp(request, "\r\n", 2) == 0 ? 2 : 0),
				       !c->reader.partial && strlen(request) == (size_t)err);
	} else if (c->state == ENDING)
		err = sock_recv_exact(c->s, waste, sizeof waste, NULL, LIBSOCK_NOWAIT);
	if (c->state == ANSWERING)
		err = send_reply(c);
	if (c->state == ANSWERING || (err == 0 && sock_reader_pending(&c->reader) > 0))
		interest = LIBSOCK_WRITABLE;
	if ((err < 0 && err != LIBSOCK_EAGAIN) ||
	    (interest != c->interest && sock_poller_modify(&poller, c->s, c->interest = interest, c) < 0))
		c->by = sweep_at = 0;
}

/* Let a client in, if one is waiting. */
static int welcome(struct sock server)
{
	struct client *c = calloc(1, sizeof *c);
	int err = c ? sock_accept(server, &c->s, NULL, LIBSOCK_NOWAIT) : LIBSOCK_ENOMEM;

	if (err == 0) {
		fcntl((int)sock_native(c->s), F_SETFL, O_NONBLOCK); /* for sock_sendfile() to be fast */
		sock_reader_init(&c->reader, c->s, c->request, sizeof c->request);
		c->file = -1;
		c->by = sock_poller_add(&poller, c->s, c->interest = LIBSOCK_READABLE, c) == 0 ? sock_after(PATIENCE) : 0;
		c->next = clients;
		clients = c;
	} else
		free(c);
	if (err < 0 && err != LIBSOCK_EAGAIN) { /* out of descriptors: to go on looking would spin */
		full = sock_after(1000);
		sock_poller_modify(&poller, server, 0, NULL);
	}
	return err == 0;
}

/* Close who is gone or late, but not before all events of a wait have been seen, because they point to clients. */
static void sweep(int64_t now)
{
	for (struct client **at = &clients, *c = *at; c; c = *at)
		if (now >= c->by) {
			*at = c->next;
			if (c->file != -1)
				close(c->file);
			sock_poller_remove(&poller, c->s);
			sock_close(&c->s);
			free(c);
			full = sock_now(); /* there is a descriptor again */
		} else
			at = &c->next;
	sweep_at = sock_after(1000);
}

static void stop(int number)
{
	stopped = number;
}

int main(int argc, char **argv)
{
	const char *where = argc > 1 ? argv[1] : "127.0.0.1:8080";
	char text[LIBSOCK_ADDR_SIZE];
	struct sock_event events[256];
	struct sock server = {0};
	struct sock_addr addr;
	int err = sock_addr_parse(&addr, where, -1);

	if (err == 0 && (err = sock_serve(&server, LIBSOCK_STREAM, &addr, 0)) == 0 &&
	    (err = sock_local_addr(server, &addr)) == 0 && (err = sock_poller_open(&poller)) == 0) {
		signal(SIGINT, stop);
		signal(SIGTERM, stop);
		printf("listening on %s\n", sock_addr_text(&addr, text, sizeof text));
		fflush(stdout);
		err = sock_poller_add(&poller, server, LIBSOCK_READABLE, NULL);
	}
	while (!stopped && (err >= 0 || err == LIBSOCK_ETIMEDOUT)) {
		if (sock_now() >= sweep_at)
			sweep(sock_now());
		if (full > 0 && sock_now() >= full && sock_poller_modify(&poller, server, LIBSOCK_READABLE, NULL) == 0)
			full = 0;
		err = sock_poller_wait(&poller, events, 256, sweep_at);
		for (int i = 0; i < err; i++) {
			struct client *c = events[i].data;

			if (c && c->by > 0)
				go_on(c);
			for (int left = 64; !c && left > 0 && welcome(server); left--) /* one a turn would be slow */
				continue;
		}
	}
	sweep(LIBSOCK_FOREVER); /* all of them */
	sock_close(&server);
	if (!stopped)
		fprintf(stderr, "http_server: %s: %s\n", where, sock_strerror(err));
	return !stopped;
}
