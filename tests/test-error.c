/* SPDX-License-Identifier: MIT */

/* Codes, names, and this system's error table, row by row. */

#include "os.h"
#include "testing.h"

#include <limits.h>
#include <string.h>

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

START_TEST(success_and_nonsense_have_texts_too)
{
	ck_assert_str_eq(sock_errname(0), "OK");
	ck_assert_str_eq(sock_errname(INT_MAX), "OK");
	ck_assert_str_eq(sock_errname(LIBSOCK_ECONNTIMEDOUT - 1), "EUNKNOWN");
	ck_assert_str_eq(sock_errname(LIBSOCK_ESYS), "EUNKNOWN");
	ck_assert_str_eq(sock_errname(INT_MIN), "ESYS");
	ck_assert_ptr_nonnull(sock_strerror(INT_MIN));
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
		{success_and_nonsense_have_texts_too},
		{every_row_of_the_table_is_mapped},
		{an_unknown_system_error_keeps_its_number},
		{0},
	};

	return testing_main("error", tests);
}
