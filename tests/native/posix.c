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

/* Linux tells it of the scheduler, in nanoseconds, and of the machine around this one (its "steal"), in ticks. */
int64_t native_held_up(void)
{
	long long waited = 0, stolen = 0;
	FILE *file = fopen("/proc/thread-self/schedstat", "r");

	if (file && fscanf(file, "%*d %lld", &waited) != 1)
		waited = 0;
	if (file)
		fclose(file);
	file = fopen("/proc/stat", "r");
	if (file && fscanf(file, "cpu %*d %*d %*d %*d %*d %*d %*d %lld", &stolen) != 1)
		stolen = 0;
	if (file)
		fclose(file);
	return waited / 1000000 + stolen * 1000 / sysconf(_SC_CLK_TCK);
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
