/* SPDX-License-Identifier: MIT */

/*
 * A host program that unloads a module while a look-up that was given up still runs in it: libsock itself, and a plug-in
 * that has libsock in it. usage: unload MODULE...
 */

#define _POSIX_C_SOURCE 200809L

#include <libsock.h>

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int asked, answering;

/* In the place of the system's: no answer as long as there is a module. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)name;
	(void)service;
	(void)hints;
	*list = NULL;
	pthread_mutex_lock(&lock);
	asked++;
	pthread_cond_broadcast(&changed);
	while (!answering)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return EAI_FAIL;
}

static int threads(void)
{
	char line[256];
	int count = 1;
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof line, file))
		sscanf(line, "Threads: %d", &count);
	if (file)
		fclose(file);
	return count;
}

static void *symbol(void *module, const char *name)
{
	void *found = dlsym(module, name);

	if (found == NULL)
		printf("# no %s\n", name);
	return found;
}

/* Whether all went well; what does not is the end of the program. */
static int unload(const char *path)
{
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int64_t (*after)(int64_t);
	int (*resolve)(const struct sock_addr *, int, struct sock_addr *, int, int64_t);
	struct sock_addr out[1];

	if (module == NULL) {
		printf("# %s\n", dlerror());
		return 0;
	}
	*(void **)&after = symbol(module, "libsock_after");
	*(void **)&resolve = symbol(module, "libsock_resolve");
	if (after == NULL || resolve == NULL)
		return 0;
	asked = answering = 0;
	if (resolve(&(struct sock_addr){"a-name.example", 0}, LIBSOCK_AF_UNSPEC, out, 1, after(20)) != LIBSOCK_ETIMEDOUT ||
	    dlclose(module) != 0)
		return 0;
	pthread_mutex_lock(&lock);
	while (asked < 2) /* one for each family */
		pthread_cond_wait(&changed, &lock);
	answering = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (time_t by = time(NULL) + 60; threads() > 1 && time(NULL) < by;)
		sched_yield();
	return threads() == 1;
}

int main(int argc, char *argv[])
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		int good = unload(argv[i]);

		failed += !good;
		printf("%sok %d - a look-up outlives %s\n", good ? "" : "not ", i, strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
	}
	return failed > 0;
}
