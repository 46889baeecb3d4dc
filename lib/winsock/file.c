/* SPDX-License-Identifier: MIT */

/* Files, which are HANDLEs here. */

#include "native.h"

#include "libsock.h"
#include "os.h"

#include <stdint.h>

/*
 * The place given with a read is where it reads, of whatever kind the handle is; it may go on behind an overlapped one.
 * The lowest bit of the event keeps the read out of the host program's completion port (GetQueuedCompletionStatus).
 */
static DWORD file__read_at(HANDLE file, void *data, DWORD size, uint64_t offset, DWORD *n)
{
	OVERLAPPED place = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	DWORD number = NO_ERROR;

	if (event == NULL)
		return GetLastError();
	place.hEvent = (HANDLE)((uintptr_t)event | 1);
	if (!ReadFile(file, data, size, n, &place))
		number = GetLastError();
	if (number == ERROR_IO_PENDING)
		number = GetOverlappedResult(file, &place, n, TRUE) ? NO_ERROR : GetLastError();
	CloseHandle(event);
	return number;
}

/* A pipe, for example, or a socket, has no places, and a read of it would wait without end. In the words of a seek. */
static DWORD file__place_error(HANDLE file)
{
	SetLastError(NO_ERROR);
	if (GetFileType(file) == FILE_TYPE_DISK)
		return NO_ERROR;
	return GetLastError() == ERROR_INVALID_HANDLE ? ERROR_INVALID_HANDLE : ERROR_SEEK_ON_DEVICE;
}

ptrdiff_t os_file_read(intptr_t file, void *data, size_t size, uint64_t offset)
{
	DWORD n = 0, number = file__place_error((HANDLE)file);

	if (number == NO_ERROR)
		number = file__read_at((HANDLE)file, data, (DWORD)NATIVE_SIZE(size), offset, &n);
	switch (number) {
	case NO_ERROR:
		return (ptrdiff_t)n;
	case ERROR_HANDLE_EOF:
		return 0;
	case ERROR_INVALID_HANDLE:
		return LIBSOCK_EBADF;
	default:
		return os_error((int)number);
	}
}

/* TransmitFile cannot be told not to wait, and Windows for clients makes two at a time (Microsoft's page on it). */
ptrdiff_t os_file_send(intptr_t fd, intptr_t file, size_t size, uint64_t offset, int how)
{
	(void)fd;
	(void)file;
	(void)size;
	(void)offset;
	(void)how;
	return LIBSOCK_ENOTSUP;
}
