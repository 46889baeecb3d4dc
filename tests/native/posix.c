/* SPDX-License-Identifier: MIT */

#include "testing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int native_open_descriptors(void)
{
	int open = 0;

	for (int fd = 0; fd < 2048; fd++)
		open += fcntl(fd, F_GETFD) != -1;
	return open;
}

int native_is_inheritable(intptr_t fd)
{
	return (fcntl((int)fd, F_GETFD) & FD_CLOEXEC) == 0;
}

void native_linger_zero(intptr_t fd)
{
	const struct linger none = {.l_onoff = 1};

	setsockopt((int)fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

int native_is_wine(void)
{
	return 0;
}

int native_process_id(void)
{
	return (int)getpid();
}

int native_make_folder(const char *path)
{
	return mkdir(path, 0700);
}

intptr_t native_file(FILE *file)
{
	return fileno(file);
}
