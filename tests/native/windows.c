/* SPDX-License-Identifier: MIT */

#include <winsock2.h>

#include "testing.h"

#include <direct.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>

/* Handles are multiples of four; GetProcessHandleCount would count other things too, and under Wine counts nothing. */
int native_open_descriptors(void)
{
	int open = 0;

	for (SOCKET s = 4; s < 65536; s += 4) {
		int type, length = sizeof type;

		open += getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &length) == 0;
	}
	return open;
}

int native_is_inheritable(intptr_t fd)
{
	DWORD flags = 0;

	return GetHandleInformation((HANDLE)fd, &flags) && (flags & HANDLE_FLAG_INHERIT) != 0;
}

void native_linger_zero(intptr_t fd)
{
	const struct linger none = {.l_onoff = 1};

	setsockopt((SOCKET)fd, SOL_SOCKET, SO_LINGER, (const char *)&none, sizeof none);
}

int native_is_windows(void)
{
	return 1;
}

int native_is_wine(void)
{
	const char *(CDECL *version)(void) = (const char *(CDECL *)(void))(void (*)(void))GetProcAddress(
		GetModuleHandleA("ntdll.dll"), "wine_get_version");

	return version ? atoi(version()) : 0;
}

int64_t native_held_up(void)
{
	return 0;
}

int native_process_id(void)
{
	return (int)GetCurrentProcessId();
}

int64_t native_user_id(void)
{
	return -1;
}

int native_run(const char *const args[])
{
	return (int)_spawnv(_P_WAIT, args[0], args);
}

int native_make_folder(const char *path)
{
	return _mkdir(path);
}

intptr_t native_file(FILE *file)
{
	return (intptr_t)_get_osfhandle(_fileno(file));
}

void native_open_pipe(intptr_t ends[2])
{
	HANDLE handles[2];

	ck_assert(CreatePipe(&handles[0], &handles[1], NULL, 0));
	ends[0] = (intptr_t)handles[0];
	ends[1] = (intptr_t)handles[1];
}

void native_close_pipe(const intptr_t ends[2])
{
	CloseHandle((HANDLE)ends[0]);
	CloseHandle((HANDLE)ends[1]);
}

int native_error_no_place(void)
{
	return ERROR_SEEK_ON_DEVICE;
}

int64_t native_nanoseconds(void)
{
	LARGE_INTEGER frequency, ticks;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&ticks);
	return ticks.QuadPart / frequency.QuadPart * 1000000000 +
	       ticks.QuadPart % frequency.QuadPart * 1000000000 / frequency.QuadPart;
}

int64_t native_processor_ms(void)
{
	FILETIME unused, kernel, user;

	GetProcessTimes(GetCurrentProcess(), &unused, &unused, &kernel, &user);
	return (int64_t)((((uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime) +
			  ((uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime)) / 10000);
}
