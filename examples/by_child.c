/*
 * by_child: have each client served by a program of its own, one after the other. Here it is this very program.
 *
 *   cc by_child.c -o by_child $(pkg-config --cflags --libs libsock)
 *   ./by_child 127.0.0.1:7007
 *   ./netcat 127.0.0.1:7007                   (process 4711 serves you)
 */
#include <libsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <process.h>
#define start(program, number) _spawnl(_P_WAIT, program, program, "child", number, (char *)NULL)
#else
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static int start(char *program, char *number)
{
	char child[] = "child", *args[] = {program, child, number, NULL};
	pid_t pid;

	return posix_spawn(&pid, program, NULL, NULL, args, environ) == 0 && waitpid(pid, NULL, 0) == pid ? 0 : -1;
}
#endif

static int serve(const char *number)
{
	struct sock client;
	char text[64];
	int err = sock_adopt(&client, (intptr_t)strtoll(number, NULL, 10));

	snprintf(text, sizeof text, "process %d serves you\n", (int)getpid());
	return err == 0 ? sock_send_all(client, text, strlen(text), NULL, sock_after(5000)) : err;
}

int main(int argc, char **argv)
{
	struct sock server, client;
	struct sock_addr addr;
	char number[24];

	if (argc == 3 && strcmp(argv[1], "child") == 0)
		return serve(argv[2]) < 0;
	int err = argc == 2 ? sock_addr_parse(&addr, argv[1], -1) : LIBSOCK_EINVAL;
	if (err == 0 && (err = sock_serve(&server, LIBSOCK_STREAM, &addr, 0)) == 0)
		err = sock_local_addr(server, &addr);
	if (err == 0 && printf("listening on %s\n", sock_addr_text(&addr, (char[LIBSOCK_ADDR_SIZE]){0}, LIBSOCK_ADDR_SIZE)) > 0)
		fflush(stdout);
	while (err == 0 && (err = sock_accept(server, &client, NULL, LIBSOCK_FOREVER)) == 0) {
		snprintf(number, sizeof number, "%lld", (long long)sock_native(client));
		if ((err = sock_set(client, LIBSOCK_OPT_INHERIT, 1)) == 0 && start(argv[0], number) < 0)
			err = LIBSOCK_EIO;
		sock_close(&client);
	}
	fprintf(stderr, "by_child: %s\n", argc == 2 ? sock_strerror(err) : "usage: by_child HOST:PORT");
	return argc == 2 ? 1 : 2;
}
