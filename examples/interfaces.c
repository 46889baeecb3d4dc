/*
 * interfaces: the network interfaces of this machine, a line for each with all its addresses, after the machine's name.
 *
 *   cc interfaces.c -o interfaces $(pkg-config --cflags --libs libsock)
 *   ./interfaces
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows may come while they are counted: with room for all of the last count, see whether that was enough. */
static int list(struct sock_interface **rows)
{
	int room = 0, count;

	*rows = NULL;
	while ((count = sock_interfaces(*rows, room)) > room) {
		free(*rows);
		room = count;
		*rows = malloc((size_t)room * sizeof **rows);
		if (*rows == NULL)
			return LIBSOCK_ENOMEM;
	}
	return count;
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

/* A name may hold what a terminal would obey. */
static void clean(char *name)
{
	for (size_t n; *name; name += n ? n : 1)
		if ((n = character((unsigned char *)name)) == 0)
			*name = '?';
}

int main(void)
{
	char name[LIBSOCK_HOST_SIZE];
	struct sock_interface *rows;
	int count = list(&rows), err = count < 0 ? count : sock_hostname(name, sizeof name);

	if (err < 0) {
		fprintf(stderr, "interfaces: %s\n", sock_strerror(err));
		free(rows);
		return 1;
	}
	clean(name);
	printf("%s\n", name);
	for (int i = 0; i < count; i++) {
		struct sock_interface *row = &rows[i];

		clean(row->name);
		if (i == 0 || row->index != row[-1].index)
			printf("%s%3u  %-15s %-4s %-9s", i == 0 ? "" : "\n", (unsigned)row->index, row->name,
			       row->up ? "up" : "down", row->loopback ? "loopback" : "");
		printf(" %s", row->addr.host);
	}
	putchar('\n');
	free(rows);
	return 0;
}
