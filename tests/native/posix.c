/* SPDX-License-Identifier: MIT */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int native_open_descriptors(void)
{
	int open = 0;

	for (int fd = 0; fd < 2048; fd++)
		open += fcntl(fd, F_GETFD) != -1;
	return open;
}

void native_await_descriptors(int count)
{
	for (int64_t by = soon(); native_open_descriptors() != count && sock_now() < by;)
		sched_yield();
	ck_assert_int_eq(native_open_descriptors(), count);
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

int native_is_windows(void)
{
	return 0;
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

int64_t native_user_id(void)
{
	return (int64_t)getuid();
}

int native_run(const char *const args[])
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0) {
		execv(args[0], (char *const *)(uintptr_t)args);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int native_make_folder(const char *path)
{
	return mkdir(path, 0700);
}

intptr_t native_file(FILE *file)
{
	return fileno(file);
}

void native_open_pipe(intptr_t ends[2])
{
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ends[0] = fd[0];
	ends[1] = fd[1];
}

void native_close_pipe(const intptr_t ends[2])
{
	close((int)ends[0]);
	close((int)ends[1]);
}

int native_error_no_place(void)
{
	return ESPIPE;
}

int64_t native_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t native_processor_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* The state letter of the process' other thread in /proc: S once it waits in the kernel. */
void native_until_another_waits(void)
{
	char line[512], *state;

	for (int64_t by = soon(); sock_now() < by;) {
		FILE *list = popen("cat /proc/$PPID/task/*/stat", "r");
		int sleeping = 0;

		while (fgets(line, sizeof line, list))
			if ((state = strrchr(line, ')')) && state[2] == 'S')
				sleeping++;
		pclose(list);
		if (sleeping >= 2) /* this thread sleeps too, reading the pipe */
			return;
	}
	ck_abort_msg("the other thread never waited");
}

void native_send_rights(struct sock channel, int fd, int count)
{
	char byte = 'x';
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(256 * sizeof(int))];
	} control = {.room = {0}};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room};
	int fds[256];

	for (int i = 0; i < count; i++)
		fds[i] = fd;
	message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));

	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
	ck_assert_int_eq(sendmsg((int)sock_native(channel), &message, 0), 1);
}

#ifdef CLONE_NEWNET
int native_enter_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, result;

	if (unshare(CLONE_NEWNET) != 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	result = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return result;
}
#endif
