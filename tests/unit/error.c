/* SPDX-License-Identifier: MIT */

/* Codes, names, and this system's error table, row by row. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* netdb.h */
#endif

#include "os.h"
#include "testing.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#define ROW(name) {WSA##name, #name}
#else
#include <netdb.h>
#define ROW(name) {name, #name}
#endif

int native_resolver_error(int number); /* native.h */

struct row {
	int number, code;
};

/* Numbers that have no code of their own name, and what a program is to see of them. */
static const struct row meanings[] = {
#ifdef _WIN32
	/* Microsoft's "Windows Sockets Error Codes", in its order. */
	{WSA_INVALID_HANDLE, LIBSOCK_ENOTSOCK},
	{WSA_NOT_ENOUGH_MEMORY, LIBSOCK_ENOMEM},
	{WSA_INVALID_PARAMETER, LIBSOCK_EINVAL},
	{WSA_OPERATION_ABORTED, OS_EINTR},
	{WSAEINTR, OS_EINTR},
	{WSAEWOULDBLOCK, LIBSOCK_EAGAIN},
	{WSAEDESTADDRREQ, LIBSOCK_ENOTCONN},
	{WSAEPROTONOSUPPORT, LIBSOCK_ENOTSUP},
	{WSAESOCKTNOSUPPORT, LIBSOCK_ENOTSUP},
	{WSAEOPNOTSUPP, LIBSOCK_ENOTSUP},
	{WSAEPFNOSUPPORT, LIBSOCK_ENOTSUP},
	{WSAENETRESET, LIBSOCK_ECONNTIMEDOUT},
	{WSAECONNABORTED, LIBSOCK_ECONNRESET},
	{WSAESHUTDOWN, LIBSOCK_EPIPE},
	{WSAETOOMANYREFS, LIBSOCK_ENOBUFS},
	{WSAETIMEDOUT, LIBSOCK_ECONNTIMEDOUT},
	{WSAELOOP, LIBSOCK_ELOOP},
	{WSAENAMETOOLONG, LIBSOCK_ENAMETOOLONG},
	{WSAEPROCLIM, LIBSOCK_EMFILE},
	{WSAEUSERS, LIBSOCK_ENOBUFS},
	{WSAEDQUOT, LIBSOCK_ENOSPC},
	{WSAESTALE, LIBSOCK_EIO},
	{WSASYSNOTREADY, LIBSOCK_ENETDOWN},
	{WSAVERNOTSUPPORTED, LIBSOCK_ENOTSUP},
	{WSANOTINITIALISED, LIBSOCK_ENETDOWN},
	{WSAEDISCON, LIBSOCK_EPIPE},
	/* What calls of the system's other libraries say, of files, lists and paths too. */
	{ERROR_INVALID_FUNCTION, LIBSOCK_ENOTSUP},
	{ERROR_FILE_NOT_FOUND, LIBSOCK_ENOENT},
	{ERROR_PATH_NOT_FOUND, LIBSOCK_ENOENT},
	{ERROR_TOO_MANY_OPEN_FILES, LIBSOCK_EMFILE},
	{ERROR_ACCESS_DENIED, LIBSOCK_EACCES},
	{ERROR_OUTOFMEMORY, LIBSOCK_ENOMEM},
	{ERROR_WRITE_PROTECT, LIBSOCK_EROFS},
	{ERROR_NOT_READY, LIBSOCK_EIO},
	{ERROR_CRC, LIBSOCK_EIO},
	{ERROR_READ_FAULT, LIBSOCK_EIO},
	{ERROR_GEN_FAILURE, LIBSOCK_EIO},
	{ERROR_SHARING_VIOLATION, LIBSOCK_EACCES},
	{ERROR_LOCK_VIOLATION, LIBSOCK_EACCES},
	{ERROR_NOT_SUPPORTED, LIBSOCK_ENOTSUP},
	{ERROR_UNEXP_NET_ERR, LIBSOCK_EIO},
	{ERROR_NETNAME_DELETED, LIBSOCK_EIO},
	{ERROR_BUFFER_OVERFLOW, LIBSOCK_ENOBUFS},
	{ERROR_DISK_FULL, LIBSOCK_ENOSPC},
	{ERROR_CALL_NOT_IMPLEMENTED, LIBSOCK_ENOTSUP},
	{ERROR_INSUFFICIENT_BUFFER, LIBSOCK_ENOBUFS},
	{ERROR_INVALID_NAME, LIBSOCK_EINVAL},
	{ERROR_FILENAME_EXCED_RANGE, LIBSOCK_ENAMETOOLONG},
	{ERROR_MORE_DATA, LIBSOCK_EMSGSIZE},
	{ERROR_DIRECTORY, LIBSOCK_ENOTDIR},
	{ERROR_IO_DEVICE, LIBSOCK_EIO},
	{ERROR_NO_SYSTEM_RESOURCES, LIBSOCK_ENOBUFS},
	{ERROR_NONPAGED_SYSTEM_RESOURCES, LIBSOCK_ENOBUFS},
	{ERROR_PAGED_SYSTEM_RESOURCES, LIBSOCK_ENOBUFS},
	{ERROR_WORKING_SET_QUOTA, LIBSOCK_ENOMEM},
	{ERROR_PAGEFILE_QUOTA, LIBSOCK_ENOMEM},
	{ERROR_COMMITMENT_LIMIT, LIBSOCK_ENOMEM},
	{ERROR_NOT_ENOUGH_QUOTA, LIBSOCK_ENOMEM},
	/* A system that is broken for good: its number says more than a code could. */
	{WSAEINVALIDPROCTABLE, LIBSOCK_ESYS - WSAEINVALIDPROCTABLE},
	{WSAEINVALIDPROVIDER, LIBSOCK_ESYS - WSAEINVALIDPROVIDER},
	{WSAEPROVIDERFAILEDINIT, LIBSOCK_ESYS - WSAEPROVIDERFAILEDINIT},
	{WSASYSCALLFAILURE, LIBSOCK_ESYS - WSASYSCALLFAILURE},
#else
	{EINTR, OS_EINTR},
	{EWOULDBLOCK, LIBSOCK_EAGAIN},
	{ETIMEDOUT, LIBSOCK_ECONNTIMEDOUT},
	{EDESTADDRREQ, LIBSOCK_ENOTCONN},
	{EOPNOTSUPP, LIBSOCK_ENOTSUP},
	{EPROTONOSUPPORT, LIBSOCK_ENOTSUP},
	{ESOCKTNOSUPPORT, LIBSOCK_ENOTSUP},
	{EPFNOSUPPORT, LIBSOCK_ENOTSUP},
	{ENOSYS, LIBSOCK_ENOTSUP},
	{ENXIO, LIBSOCK_ENODEV},
	{ESHUTDOWN, LIBSOCK_EPIPE},
	{ETOOMANYREFS, LIBSOCK_ENOBUFS}, /* descriptors in flight, unix(7); memberships on the BSDs */
	{EDQUOT, LIBSOCK_ENOSPC},
	{EILSEQ, LIBSOCK_EINVAL}, /* macOS: a path that is no UTF-8 */
	{ESTALE, LIBSOCK_EIO},
#ifdef ENONET
	{ENONET, LIBSOCK_ENETUNREACH}, /* Linux */
	{EREMOTEIO, LIBSOCK_EIO},
	{EUCLEAN, LIBSOCK_EIO},
#endif
#ifdef EQFULL
	{EQFULL, LIBSOCK_ENOBUFS}, /* macOS: an interface's queue */
#endif
#ifdef ENOTCAPABLE
	{ENOTCAPABLE, LIBSOCK_EPERM}, /* FreeBSD, capsicum(4) */
	{ECAPMODE, LIBSOCK_EPERM},
#endif
#ifdef EINTEGRITY
	{EINTEGRITY, LIBSOCK_EIO},
#endif
	{EISDIR, LIBSOCK_ESYS - EISDIR}, /* sock_sendfile() of a folder */
#endif
};

/* What a look-up fails with. Only what is about this machine is told as it is: a refusal would be the name server's. */
static const struct row lookups[] = {
	{EAI_NONAME, LIBSOCK_EAI_NONAME},
	{EAI_AGAIN, LIBSOCK_EAI_AGAIN},
	{EAI_FAIL, LIBSOCK_EAI_FAIL},
	{EAI_MEMORY, LIBSOCK_ENOMEM},
	{EAI_BADFLAGS, LIBSOCK_EAI_FAIL},
#ifdef _WIN32
	{WSANO_DATA, LIBSOCK_EAI_NONAME},
	{WSAEMFILE, LIBSOCK_EMFILE},
	{WSAENOBUFS, LIBSOCK_ENOBUFS},
	{ERROR_NO_SYSTEM_RESOURCES, LIBSOCK_ENOBUFS},
	{WSANOTINITIALISED, LIBSOCK_ENETDOWN},
	{WSAENETDOWN, LIBSOCK_ENETDOWN},
	{WSAEINTR, LIBSOCK_EAI_AGAIN},
	{WSAETIMEDOUT, LIBSOCK_EAI_AGAIN},
	{WSAECONNREFUSED, LIBSOCK_EAI_FAIL},
	{WSAEREFUSED, LIBSOCK_EAI_FAIL},
	{WSASERVICE_NOT_FOUND, LIBSOCK_EAI_FAIL},
#endif
};

static int is_named(int code)
{
	return code < 0 && strcmp(sock_errname(code), "ESYS") != 0 && strcmp(sock_errname(code), "EUNKNOWN") != 0;
}

START_TEST(every_code_has_a_name_and_a_sentence_of_its_own)
{
	for (int a = LIBSOCK_ECONNTIMEDOUT; a < 0; a++) {
		ck_assert_msg(is_named(a), "%d", a);
		ck_assert_int_eq(sock_errname(a)[0], 'E');
		ck_assert_uint_gt(strlen(sock_strerror(a)), 5);
		ck_assert_int_eq(sock_esys_number(a), 0);
		for (int b = a + 1; b <= 0; b++) {
			ck_assert_str_ne(sock_errname(a), sock_errname(b));
			ck_assert_str_ne(sock_strerror(a), sock_strerror(b));
		}
	}
	ck_assert_str_eq(sock_errname(LIBSOCK_ECONNREFUSED), "ECONNREFUSED");
	ck_assert_str_eq(sock_errname(LIBSOCK_EAI_FAIL), "EAI_FAIL");
}
END_TEST

/* The codes from -1 down. What has been logged or compared somewhere stays. */
static const char *const names[] = {
	"EACCES",      "EADDRINUSE",  "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN",     "EALREADY",     "EBADF",	"ECONNABORTED",
	"ECONNREFUSED", "ECONNRESET", "EFAULT",	       "EHOSTDOWN",    "EHOSTUNREACH", "EINPROGRESS", "EINVAL", "EIO",
	"EISCONN",     "ELOOP",	      "EMFILE",	       "EMSGSIZE",     "ENAMETOOLONG", "ENETDOWN",    "ENETRESET", "ENETUNREACH",
	"ENFILE",      "ENOBUFS",     "ENODEV",	       "ENOENT",       "ENOMEM",     "ENOPROTOOPT",   "ENOSPC", "ENOTCONN",
	"ENOTDIR",     "ENOTSOCK",    "ENOTSUP",       "EPERM",	       "EPIPE",	     "EPROTO",	      "EPROTOTYPE", "EROFS",
	"ETIMEDOUT",   "ENAME",	      "EPORT",	       "EAI_NONAME",   "EAI_AGAIN",  "EAI_FAIL",      "ECANCELED", "EEOF",
	"ECONNTIMEDOUT",
};

START_TEST(numbers_and_names_stay_as_they_are)
{
	ck_assert_int_eq((int)(sizeof names / sizeof names[0]), -LIBSOCK_ECONNTIMEDOUT);
	for (int i = 0; i < -LIBSOCK_ECONNTIMEDOUT; i++)
		ck_assert_str_eq(sock_errname(-1 - i), names[i]);
	ck_assert_int_eq(LIBSOCK_EACCES, -1);
	ck_assert_int_eq(LIBSOCK_ETIMEDOUT, -41);
	ck_assert_int_eq(LIBSOCK_EEOF, -48);
	ck_assert_int_eq(LIBSOCK_ECONNTIMEDOUT, -49);
	ck_assert_int_eq(LIBSOCK_ESYS, -1000);
}
END_TEST

/* The table beside the system's own names: no row of it is trusted. */
START_TEST(an_error_of_the_systems_has_the_code_of_its_name)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {
		ROW(EACCES),	   ROW(EADDRINUSE),   ROW(EADDRNOTAVAIL), ROW(EAFNOSUPPORT), ROW(EALREADY),
		ROW(EBADF),	   ROW(ECONNREFUSED), ROW(ECONNRESET),	  ROW(EFAULT),
		ROW(EHOSTDOWN),	   ROW(EHOSTUNREACH), ROW(EINPROGRESS),	  ROW(EINVAL),	     ROW(EISCONN),
		ROW(EMFILE),	   ROW(EMSGSIZE),     ROW(ENETDOWN),	  ROW(ENETUNREACH),
		ROW(ENOBUFS),	   ROW(ENOPROTOOPT),  ROW(ENOTCONN),	  ROW(ENOTSOCK),     ROW(EPROTOTYPE),
#ifndef _WIN32
		ROW(ECONNABORTED), ROW(ENETRESET), /* which Winsock says where others say ECONNRESET or ETIMEDOUT */
		ROW(EAGAIN),	   ROW(EIO),	      ROW(ELOOP),	  ROW(ENAMETOOLONG), ROW(ENFILE),
		ROW(ENODEV),	   ROW(ENOENT),	      ROW(ENOMEM),	  ROW(ENOSPC),	     ROW(ENOTDIR),
		ROW(ENOTSUP),	   ROW(EPERM),	      ROW(EPIPE),	  ROW(EPROTO),	     ROW(EROFS),
#endif
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_str_eq(sock_errname(os_error(rows[i].number)), rows[i].name);
}
END_TEST

START_TEST(an_error_of_another_name_has_the_code_that_it_means)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		ck_assert_msg(os_error(meanings[i].number) == meanings[i].code, "%d is %s, not %s", meanings[i].number,
			      sock_errname(os_error(meanings[i].number)), sock_errname(meanings[i].code));
}
END_TEST

START_TEST(a_look_up_fails_for_reasons_of_its_own)
{
	for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++)
		ck_assert_msg(native_resolver_error(lookups[i].number) == lookups[i].code, "%d is %s, not %s",
			      lookups[i].number, sock_errname(native_resolver_error(lookups[i].number)),
			      sock_errname(lookups[i].code));
}
END_TEST

START_TEST(success_and_nonsense_have_texts_too)
{
	ck_assert_str_eq(sock_errname(0), "OK");
	ck_assert_str_eq(sock_errname(INT_MAX), "OK");
	ck_assert_str_eq(sock_errname(LIBSOCK_ECONNTIMEDOUT - 1), "EUNKNOWN");
	ck_assert_str_eq(sock_errname(LIBSOCK_ESYS), "EUNKNOWN");
	ck_assert_str_eq(sock_errname(INT_MIN), "ESYS");
	ck_assert_str_eq(sock_strerror(0), "success");
	ck_assert_str_eq(sock_strerror(INT_MAX), "success");
	for (int err = -2000; err <= 10; err++) {
		ck_assert_ptr_nonnull(sock_strerror(err));
		ck_assert_ptr_nonnull(sock_errname(err));
		ck_assert_ptr_eq(sock_strerror(err), sock_strerror(err)); /* constant: the same for ever */
		ck_assert_int_eq(sock_esys_number(err), err < LIBSOCK_ESYS ? LIBSOCK_ESYS - err : 0);
	}
	ck_assert_ptr_nonnull(sock_strerror(INT_MIN));
	ck_assert_int_gt(sock_esys_number(INT_MIN), 0);
	ck_assert_int_eq(sock_esys_number(INT_MAX), 0);
	/* A count of bytes may be larger than an int. */
	ck_assert_str_eq(sock_errname(PTRDIFF_MAX), "OK");
	ck_assert_str_eq(sock_strerror(PTRDIFF_MAX), "success");
	ck_assert_int_eq(sock_esys_number(PTRDIFF_MAX), 0);
	ck_assert_str_eq(sock_errname(PTRDIFF_MIN), PTRDIFF_MIN < INT_MIN ? "EUNKNOWN" : "ESYS");
	ck_assert_int_eq(sock_esys_number(PTRDIFF_MIN) > 0, PTRDIFF_MIN == INT_MIN);
}
END_TEST

START_TEST(every_row_of_the_table_is_mapped)
{
	ck_assert_uint_gt(os_error_count, 30);
	for (size_t i = 0; i < os_error_count; i++) {
		int code = os_error(os_error_rows[i].number);

		ck_assert_int_eq(code, os_error_rows[i].code);
		ck_assert_msg(is_named(code) || code == OS_EINTR, "row %zu", i);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(os_error_rows[i].number != os_error_rows[j].number, "rows %zu and %zu", i, j);
	}
}
END_TEST

START_TEST(an_unknown_system_error_keeps_its_number)
{
	const int number = 54321;
	int err = os_error(number);

	ck_assert_int_eq(err, LIBSOCK_ESYS - number);
	ck_assert_int_eq(sock_esys_number(err), number);
	ck_assert_str_eq(sock_errname(err), "ESYS");
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_code_has_a_name_and_a_sentence_of_its_own},
		{numbers_and_names_stay_as_they_are},
		{an_error_of_the_systems_has_the_code_of_its_name},
		{an_error_of_another_name_has_the_code_that_it_means},
		{a_look_up_fails_for_reasons_of_its_own},
		{success_and_nonsense_have_texts_too},
		{every_row_of_the_table_is_mapped},
		{an_unknown_system_error_keeps_its_number},
		{0},
	};

	return testing_main("error", tests);
}
