/* SPDX-License-Identifier: MIT */

/* Codes, names, and this system's error table, row by row. */

#include "os.h"
#include "testing.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#define SYSTEM(name) WSA##name
#define ROW(name) {WSA##name, #name}
#else
#define SYSTEM(name) name
#define ROW(name) {name, #name}
#endif

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
		ck_assert_int_eq(sock_oserror(a), 0);
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
	ck_assert_str_eq(sock_errname(os_error(SYSTEM(EWOULDBLOCK))), "EAGAIN");
	ck_assert_str_eq(sock_errname(os_error(SYSTEM(EOPNOTSUPP))), "ENOTSUP");
	ck_assert_str_eq(sock_errname(os_error(SYSTEM(ETIMEDOUT))), "ECONNTIMEDOUT"); /* the other one is the caller's */
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
		ck_assert_int_eq(sock_oserror(err), err < LIBSOCK_ESYS ? LIBSOCK_ESYS - err : 0);
	}
	ck_assert_ptr_nonnull(sock_strerror(INT_MIN));
	ck_assert_int_gt(sock_oserror(INT_MIN), 0);
	ck_assert_int_eq(sock_oserror(INT_MAX), 0);
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
	ck_assert_int_eq(sock_oserror(err), number);
	ck_assert_str_eq(sock_errname(err), "ESYS");
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{every_code_has_a_name_and_a_sentence_of_its_own},
		{numbers_and_names_stay_as_they_are},
		{an_error_of_the_systems_has_the_code_of_its_name},
		{success_and_nonsense_have_texts_too},
		{every_row_of_the_table_is_mapped},
		{an_unknown_system_error_keeps_its_number},
		{0},
	};

	return testing_main("error", tests);
}
