/*
 * interfaces: the network interfaces of this machine, a line for each with all its addresses, after the machine's name.
 *
 *   cc interfaces.c -o interfaces $(pkg-config --cflags --libs libsock)
 *   ./interfaces
 */
#include <libsock.h>
#include <stdio.h>
#include <string.h>

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

static int show(void *context, const struct sock_interface_addr *row)
{
	uint32_t *last = context;
	char name[LIBSOCK_INTERFACE_SIZE];

	memcpy(name, row->name, sizeof name);
	clean(name);
	if (row->index != *last)
		printf("\n%3u  %-15s %-4s %-9s", (unsigned)row->index, name, row->up ? "up" : "down", row->loopback ? "loopback" : "");
	printf(row->prefix_length >= 0 ? " %s/%d" : " %s", row->addr.host, (int)row->prefix_length);
	*last = row->index;
	return 0;
}

int main(void)
{
	char name[LIBSOCK_HOST_SIZE];
	uint32_t last = 0;
	int err = sock_hostname(name, sizeof name);

	if (err == 0) {
		clean(name);
		printf("%s", name);
		err = sock_interfaces(show, &last);
		putchar('\n');
	}
	if (err == 0 && (ferror(stdout) || fclose(stdout) != 0))
		err = LIBSOCK_EIO;
	if (err < 0)
		fprintf(stderr, "interfaces: %s\n", sock_strerror(err));
	return err < 0;
}
