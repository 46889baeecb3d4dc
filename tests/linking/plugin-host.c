/* SPDX-License-Identifier: MIT */

/* A program that knows nothing of libsock, and loads something that uses it. usage: plugin-host PLUGIN */

#include <dlfcn.h>
#include <stdio.h>

int use_libsock(void);

/* Of the program as of the plug-in; each has the one that it was linked with. */
int use_libsock(void)
{
	return 99;
}

int main(int argc, char **argv)
{
	void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int (*use)(void);

	if (plugin == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return 98;
	}
	*(void **)(void *)&use = dlsym(plugin, "use_libsock");
	return use();
}
