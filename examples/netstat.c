/*
 * netstat: the TCP and UDP sockets of this machine, a line for each.
 *
 *   cc netstat.c -o netstat $(pkg-config --cflags --libs libsock)
 *   ./netstat -tan
 *
 * Without -a or -l it shows the sockets that have a peer, without -t or -u those of both protocols.
 *
 *   -a  all          -t  TCP          -n  numbers; without it names, as far as they are found within five seconds
 *   -l  those that wait for peers     -u  UDP
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

struct view {
	int all, waiting, tcp, udp, numeric;
	int64_t names_by; /* one deadline for all look-ups of hosts */
};

static const char *state_word(int state)
{
	switch (state) {
	case LIBSOCK_STATE_UNCONNECTED:
		return "UNCONN";
	case LIBSOCK_STATE_LISTEN:
		return "LISTEN";
	case LIBSOCK_STATE_SYN_SENT:
		return "SYN_SENT";
	case LIBSOCK_STATE_SYN_RECEIVED:
		return "SYN_RECV";
	case LIBSOCK_STATE_ESTABLISHED:
		return "ESTABLISHED";
	case LIBSOCK_STATE_FIN_WAIT_1:
		return "FIN_WAIT1";
	case LIBSOCK_STATE_FIN_WAIT_2:
		return "FIN_WAIT2";
	case LIBSOCK_STATE_CLOSE_WAIT:
		return "CLOSE_WAIT";
	case LIBSOCK_STATE_CLOSING:
		return "CLOSING";
	case LIBSOCK_STATE_LAST_ACK:
		return "LAST_ACK";
	case LIBSOCK_STATE_TIME_WAIT:
		return "TIME_WAIT";
	default:
		return "-";
	}
}

/* Does it wait for whoever comes? A system that does not tell of UDP whether it has a peer leaves that open. */
static int is_waiting(const struct sock_connection *row)
{
	return row->state == LIBSOCK_STATE_LISTEN || row->state == LIBSOCK_STATE_UNCONNECTED ||
	       row->state == LIBSOCK_STATE_UNKNOWN;
}

static int is_wanted(const struct view *view, const struct sock_connection *row)
{
	if (!(row->type == LIBSOCK_STREAM ? view->tcp : view->udp))
		return 0;
	return view->all || is_waiting(row) == view->waiting;
}

/* A number that the system may not have told. */
static const char *number(char *text, size_t size, const char *before, int64_t value)
{
	if (value < 0)
		return "-";
	snprintf(text, size, "%s%lld", before, (long long)value);
	return text;
}

static const char *owner(char *text, size_t size, const struct sock_connection *row)
{
	return row->pid >= 0 ? number(text, size, "pid ", row->pid) : number(text, size, "uid ", row->uid);
}

/* "Every address" has no name, and asking for one would only cost time. */
static int is_wildcard(const struct sock_addr *addr)
{
	return addr->host[0] == '\0' || strcmp(addr->host, "0.0.0.0") == 0 || strcmp(addr->host, "::") == 0;
}

static void put_address(const struct view *view, const struct sock_connection *row, const struct sock_addr *addr)
{
	struct sock_addr name = *addr;
	char service[LIBSOCK_SERVICE_SIZE] = "*", text[LIBSOCK_ADDR_SIZE + sizeof service];
	int wide = 0;

	if (!view->numeric && !is_wildcard(addr) && sock_now() < view->names_by)
		sock_reverse(addr, &name, view->names_by); /* where there is no name, the address stays */
	for (const char *c = name.host; *c != '\0'; c++)
		wide |= *c == ':';
	if (addr->port > 0 && (view->numeric || sock_service_name(addr->port, row->type, service, sizeof service) < 0))
		snprintf(service, sizeof service, "%u", (unsigned)addr->port);
	snprintf(text, sizeof text, wide ? "[%s]:%s" : "%s:%s", name.host[0] == '\0' ? "*" : name.host, service);
	printf(" %-23s", text);
}

static int show(void *context, const struct sock_connection *row)
{
	const struct view *view = context;
	char received[24], unsent[24], whose[32];

	if (!is_wanted(view, row))
		return 0;
	printf("%s%-2s", row->type == LIBSOCK_STREAM ? "tcp" : "udp", row->family == LIBSOCK_AF_INET6 ? "6" : "");
	printf(" %6s", number(received, sizeof received, "", row->recv_queue));
	printf(" %6s", number(unsent, sizeof unsent, "", row->send_queue));
	put_address(view, row, &row->local);
	put_address(view, row, &row->peer);
	printf(" %-11s %s\n", state_word(row->state), owner(whose, sizeof whose, row));
	return ferror(stdout); /* nobody reads any more: stop */
}

static int read_letters(struct view *view, const char *letters)
{
	for (; *letters != '\0'; letters++)
		switch (*letters) {
		case 'a':
			view->all = 1;
			break;
		case 'l':
			view->waiting = 1;
			break;
		case 't':
			view->tcp = 1;
			break;
		case 'u':
			view->udp = 1;
			break;
		case 'n':
			view->numeric = 1;
			break;
		default:
			return 0;
		}
	return 1;
}

int main(int argc, char **argv)
{
	struct view view = {.names_by = sock_after(5000)};
	int err;

	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-' || argv[i][1] == '\0' || !read_letters(&view, argv[i] + 1)) {
			fprintf(stderr, "usage: netstat [-a | -l] [-t] [-u] [-n]\n");
			return 2;
		}
	if (!view.tcp && !view.udp)
		view.tcp = view.udp = 1;
	printf("%-5s %6s %6s %-23s %-23s %-11s %s\n", "Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address",
	       "State", "Owner");
	err = sock_connections(show, &view);
	if (err < 0)
		fprintf(stderr, "netstat: %s\n", sock_strerror(err));
	else if (ferror(stdout) || fclose(stdout) != 0)
		fprintf(stderr, "netstat: cannot write\n");
	else
		return 0;
	return 1;
}
