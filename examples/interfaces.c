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

int main(void)
{
	char name[LIBSOCK_HOST_MAX];
	struct sock_interface *rows;
	int count = list(&rows), err = count < 0 ? count : sock_hostname(name, sizeof name);

	if (err < 0) {
		fprintf(stderr, "interfaces: %s\n", sock_strerror(err));
		free(rows);
		return 1;
	}
	printf("%s\n", name);
	for (int i = 0; i < count; i++) {
		const struct sock_interface *row = &rows[i];

		if (i == 0 || row->index != row[-1].index)
			printf("%s%3u  %-15s %-4s %-9s", i == 0 ? "" : "\n", (unsigned)row->index, row->name,
			       row->up ? "up" : "down", row->loopback ? "loopback" : "");
		printf(" %s", row->addr.host);
	}
	putchar('\n');
	free(rows);
	return 0;
}
