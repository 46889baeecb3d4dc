/* SPDX-License-Identifier: MIT */

/* What Linux tells of connections, in bits and in text: read as it is, and refused where it is cut off or garbage. */

#include "native.h"

/* The readers once more, under other names, with what is static in them. */
#undef netlink_dump
#define netlink_dump read_dump
#undef diag_table
#define diag_table read_diag_table
#undef proc_table
#define proc_table read_proc_table
#include "../../lib/linux/netlink.c"
#include "../../lib/linux/diag.c"
#include "../../lib/linux/proc.c"
#undef netlink_dump
#undef diag_table
#undef proc_table

#include "testing.h"

#include <stdlib.h>

static const struct linux_table ipv4 = {AF_INET, IPPROTO_TCP, LIBSOCK_AF_INET, LIBSOCK_STREAM, "/nowhere"};
static const struct linux_table ipv6 = {AF_INET6, IPPROTO_UDP, LIBSOCK_AF_INET6, LIBSOCK_DGRAM, "/nowhere"};

enum { ROWS = 8 };

static struct told {
	struct os_connection rows[ROWS];
	int count, stop_at;
} told;

static int tell(void *context, const struct os_connection *row)
{
	ck_assert_ptr_eq(context, &told);
	if (told.count < ROWS)
		told.rows[told.count] = *row;
	return ++told.count == told.stop_at ? 77 : 0;
}

static struct linux_sink sink_of(const struct linux_table *table)
{
	memset(&told, 0, sizeof told);
	return (struct linux_sink){.found = tell, .context = &told, .table = table};
}

/* ------------------------------------------------------------------------------------------------------- netlink */

/* One receive's worth of messages. */
static struct batch {
	uint8_t data[1024];
	size_t size;
} batch;

static void append(uint16_t type, const void *body, size_t size)
{
	const struct netlink_header header = {.length = (uint32_t)(sizeof header + size), .type = type, .flags = 2};

	memcpy(batch.data + batch.size, &header, sizeof header);
	memcpy(batch.data + batch.size + sizeof header, body, size);
	batch.size += (sizeof header + size + 3) & ~(size_t)3;
}

static struct diag__row row4(uint16_t port, uint8_t state)
{
	return (struct diag__row){
		.family = AF_INET,
		.state = state,
		.id = {htons(port), htons(443), {127, 0, 0, 1}, {192, 0, 2, 7}, 3, {0}},
		.recv_queue = 5,
		.send_queue = UINT32_MAX,
		.uid = 1000,
		.inode = 12345,
	};
}

static void append_row(uint16_t port, uint8_t state, size_t attributes)
{
	uint8_t body[sizeof(struct diag__row) + 64] = {0};
	const struct diag__row row = row4(port, state);

	memcpy(body, &row, sizeof row);
	append(DIAG__BY_FAMILY, body, sizeof row + attributes);
}

static void append_outcome(uint16_t type, int32_t number)
{
	append(type, &number, sizeof number);
}

/* From memory of exactly that size, so that a tool can see who reads past it. */
static int read_batch(struct linux_sink *sink, size_t size, bool *over)
{
	struct diag__listing listing = {.sink = sink};
	struct netlink__dump dump = {.found = diag__tell, .context = &listing};
	uint8_t *data = calloc(1, size > 0 ? size : 1);
	int err;

	memcpy(data, batch.data, size);
	err = diag__outcome(&listing, netlink__read(&dump, data, size));
	*over = dump.over;
	free(data);
	return err;
}

START_TEST(rows_are_read_up_to_the_last_message)
{
	struct linux_sink sink = sink_of(&ipv4);
	bool over;

	batch.size = 0;
	append_row(80, 1, 5);
	append(1, "", 0); /* NLMSG_NOOP, and what else may come to be */
	append_row(81, 8, 0);
	append_outcome(NETLINK__DONE, 0);
	append_row(82, 1, 0);
	expect(read_batch(&sink, batch.size, &over), 0);
	ck_assert(over && sink.told);
	ck_assert_int_eq(told.count, 2);
	ck_assert_int_eq(told.rows[0].type, LIBSOCK_STREAM);
	ck_assert_int_eq(told.rows[0].family, LIBSOCK_AF_INET);
	ck_assert_int_eq(told.rows[0].state, LIBSOCK_STATE_ESTABLISHED);
	ck_assert_uint_eq(told.rows[0].local.port, 80);
	ck_assert_mem_eq(told.rows[0].local.ip, ((uint8_t[]){127, 0, 0, 1}), 4);
	ck_assert_uint_eq(told.rows[0].peer.port, 443);
	ck_assert_mem_eq(told.rows[0].peer.ip, ((uint8_t[]){192, 0, 2, 7}), 4);
	ck_assert_int_eq(told.rows[0].local.scope, 3);
	ck_assert(told.rows[0].recv_queue == 5 && told.rows[0].send_queue == UINT32_MAX);
	ck_assert(told.rows[0].uid == 1000 && told.rows[0].pid == -1);
	ck_assert_int_eq(told.rows[1].state, LIBSOCK_STATE_CLOSE_WAIT);
}
END_TEST

START_TEST(a_batch_without_a_last_message_is_to_be_continued)
{
	struct linux_sink sink = sink_of(&ipv4);
	bool over;

	batch.size = 0;
	expect(read_batch(&sink, 0, &over), 0);
	append_row(80, 1, 3);
	expect(read_batch(&sink, batch.size - 1, &over), 0); /* the last one need not be filled up */
	ck_assert(!over);
	ck_assert_int_eq(told.count, 1);
}
END_TEST

START_TEST(a_batch_cut_anywhere_is_refused_after_its_whole_rows)
{
	bool over;

	batch.size = 0;
	append_row(80, 1, 8);
	append_row(81, 1, 0);
	append_outcome(NETLINK__DONE, 0);

	const size_t first = sizeof(struct netlink_header) + sizeof(struct diag__row) + 8;
	const size_t second = first + sizeof(struct netlink_header) + sizeof(struct diag__row);

	for (size_t size = 1; size < batch.size; size++) {
		struct linux_sink sink = sink_of(&ipv4);
		const bool whole = size == first || size == second;

		expect(read_batch(&sink, size, &over), whole ? 0 : LIBSOCK_EPROTO);
		ck_assert(!over || size > second);
		ck_assert_int_eq(told.count, (size >= first) + (size >= second));
	}
}
END_TEST

START_TEST(lengths_that_cannot_be_are_refused)
{
	static const uint32_t lengths[] = {
		0, 1, 15, 16, 87, 89, 91, 1000, 0x7fffffff, 0x80000000, 0xfffffffc, UINT32_MAX,
	};
	bool over;

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct linux_sink sink = sink_of(&ipv4);

		batch.size = 0;
		append_row(80, 1, 0);
		memcpy(batch.data, &lengths[i], sizeof lengths[i]);
		expect(read_batch(&sink, batch.size, &over), LIBSOCK_EPROTO);
		ck_assert_int_eq(told.count, 0);
	}
}
END_TEST

START_TEST(a_row_of_another_family_is_refused)
{
	struct linux_sink sink = sink_of(&ipv6);
	bool over;

	batch.size = 0;
	append_row(80, 1, 0);
	expect(read_batch(&sink, batch.size, &over), LIBSOCK_EPROTO);
	ck_assert(!sink.told);
}
END_TEST

START_TEST(the_last_message_tells_the_outcome)
{
	static const struct {
		int32_t number;
		int code;
	} outcomes[] = {
		{0, 0},
		{-EPERM, LIBSOCK_EPERM},
		{-ENOENT, LIBSOCK_ENOTSUP},
		{-ENOMEM, LIBSOCK_ENOMEM},
		{-9999, LIBSOCK_ESYS - 9999},
		{1, LIBSOCK_EPROTO},
		{INT32_MAX, LIBSOCK_EPROTO},
		{INT32_MIN, LIBSOCK_EPROTO},
	};
	bool over;

	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		for (int type = NETLINK__ERROR; type <= NETLINK__DONE; type++) {
			struct linux_sink sink = sink_of(&ipv4);

			batch.size = 0;
			append_outcome((uint16_t)type, outcomes[i].number);
			expect(read_batch(&sink, batch.size, &over), outcomes[i].code);
			ck_assert(over);
		}
}
END_TEST

START_TEST(the_callers_function_ends_a_batch)
{
	struct linux_sink sink = sink_of(&ipv4);
	bool over;

	batch.size = 0;
	for (uint16_t i = 0; i < 5; i++)
		append_row(i, 1, 0);
	told.stop_at = 3;
	ck_assert_int_eq(read_batch(&sink, batch.size, &over), 77);
	ck_assert_int_eq(told.count, 3);
}
END_TEST

/* Whatever it returns is the caller's, also where netlink means something else by it. */
START_TEST(the_callers_word_is_kept)
{
	static const int words[] = {LIBSOCK_ENOENT, LIBSOCK_EAFNOSUPPORT, OS_EINTR, 1, -1};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const struct diag__listing listing = {.said = words[i]};

		ck_assert_int_eq(diag__outcome(&listing, words[i]), words[i]);
		ck_assert_int_eq(diag__outcome(&(struct diag__listing){0}, OS_EINTR), 0);
	}
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Any bytes: as they come, and rows with some of their bytes changed. */
START_TEST(garbage_from_netlink_does_no_harm)
{
	uint32_t random = 1;

	for (int round = 0; round < 20000; round++) {
		struct linux_sink sink = sink_of(&ipv4);
		bool over;
		int err;

		batch.size = 0;
		for (uint16_t i = 0; i < 4; i++)
			append_row(i, (uint8_t)i, next_random(&random) % 32);
		append_outcome(NETLINK__DONE, 0);
		for (uint32_t changes = next_random(&random) % (round % 10 == 0 ? 1000 : 4); changes > 0; changes--)
			batch.data[next_random(&random) % batch.size] = (uint8_t)next_random(&random);
		err = read_batch(&sink, 1 + next_random(&random) % batch.size, &over);
		ck_assert(err <= 0 && told.count <= 5);
	}
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- /proc */

#define HEADER "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

/* As the kernel writes it, which depends on the machine's byte order. */
static void write_line(char *line, size_t size, const struct linux_table *table, unsigned state)
{
	const uint8_t ip[2][16] = {{127, 0, 0, 1, [15] = 9}, {0xfe, 0x80, 2, 3, [15] = 4}};
	char text[2][33];

	for (int i = 0; i < 2; i++)
		for (int word = 0; word < (table == &ipv4 ? 1 : 4); word++) {
			uint32_t number;

			memcpy(&number, ip[i] + 4 * word, 4);
			snprintf(text[i] + 8 * word, 9, "%08X", (unsigned)number);
		}
	snprintf(line, size, "%4d: %s:%04X %s:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu 2 00000000fd1c7410 0\n",
		 12, text[0], 8080u, text[1], 65535u, state, 7u, 0xfedcba98u, 0u, 0ul, 0u, 4294967294u, -1, 4294967295ul);
}

static int read_text(struct linux_sink *sink, const char *text, size_t size, bool headed)
{
	char *copy = malloc(size > 0 ? size : 1);
	size_t left = size;
	int err;

	memcpy(copy, text, size);
	err = proc__lines(sink, copy, &left, &headed);
	free(copy);
	return err;
}

START_TEST(lines_of_both_families_are_read)
{
	const struct linux_table *const tables[] = {&ipv4, &ipv6};

	for (int i = 0; i < 2; i++) {
		struct linux_sink sink = sink_of(tables[i]);
		const struct os_connection *row = &told.rows[0];
		char line[256];

		write_line(line, sizeof line, tables[i], 1);
		expect(read_text(&sink, line, strlen(line), true), 0);
		ck_assert_int_eq(told.count, 1);
		ck_assert_int_eq(row->type, tables[i]->type);
		ck_assert_int_eq(row->family, tables[i]->family);
		ck_assert_int_eq(row->state, LIBSOCK_STATE_ESTABLISHED);
		ck_assert_mem_eq(row->local.ip, ((uint8_t[]){127, 0, 0, 1}), 4);
		ck_assert_mem_eq(row->peer.ip, ((uint8_t[]){0xfe, 0x80, 2, 3}), 4);
		ck_assert_uint_eq(row->local.ip[15], i ? 9 : 0);
		ck_assert_uint_eq(row->peer.ip[15], i ? 4 : 0);
		ck_assert(row->local.port == 8080 && row->peer.port == 65535);
		ck_assert(row->send_queue == 7 && row->recv_queue == 0xfedcba98);
		ck_assert(row->uid == 4294967294 && row->pid == -1);
	}
}
END_TEST

START_TEST(a_listeners_queue_has_no_length_in_proc)
{
	struct linux_sink sink = sink_of(&ipv4);
	char line[256];

	write_line(line, sizeof line, &ipv4, 10);
	expect(read_text(&sink, line, strlen(line), true), 0);
	ck_assert_int_eq(told.rows[0].state, LIBSOCK_STATE_LISTEN);
	ck_assert(told.rows[0].send_queue == -1 && told.rows[0].recv_queue == 0xfedcba98);
}
END_TEST

START_TEST(a_line_cut_anywhere_is_refused)
{
	char line[256];

	write_line(line, sizeof line, &ipv6, 7);

	const size_t needed = (size_t)(strstr(line, " 2 0000") - line); /* behind the inode */

	for (size_t size = 0; size < needed; size++) {
		struct linux_sink sink = sink_of(&ipv6);
		char cut[256];
		const bool in_inode = line[size] >= '0' && line[size] <= '9' && size > needed - 10;

		snprintf(cut, sizeof cut, "%.*s\n", (int)size, line);
		expect(read_text(&sink, cut, strlen(cut), true), in_inode ? 0 : LIBSOCK_EPROTO);
		ck_assert_int_eq(told.count, in_inode);
	}
}
END_TEST

START_TEST(any_byte_of_a_line_may_be_another)
{
	char line[256];

	write_line(line, sizeof line, &ipv4, 1);
	for (size_t at = 0; line[at] != '\0'; at++)
		for (int byte = 0; byte < 256; byte++) {
			struct linux_sink sink = sink_of(&ipv4);
			char changed[256];
			int err;

			memcpy(changed, line, sizeof changed);
			changed[at] = (char)byte;
			err = read_text(&sink, changed, strlen(line), true);
			ck_assert(err == 0 || err == LIBSOCK_EPROTO);
			ck_assert_int_le(told.count, 1);
		}
}
END_TEST

/* However a read divides it. */
START_TEST(text_is_read_as_it_comes)
{
	char text[1024] = HEADER;
	size_t size;

	for (int i = 0; i < 3; i++)
		write_line(text + strlen(text), sizeof text - strlen(text), &ipv4, (unsigned)i + 1);
	size = strlen(text);
	for (size_t step = 1; step <= size; step++) {
		struct linux_sink sink = sink_of(&ipv4);
		char buffer[sizeof text];
		size_t kept = 0;
		bool headed = false;

		for (size_t at = 0; at < size; at += step) {
			size_t n = step < size - at ? step : size - at;

			memcpy(buffer + kept, text + at, n);
			kept += n;
			expect(proc__lines(&sink, buffer, &kept, &headed), 0);
		}
		ck_assert_uint_eq(kept, 0);
		ck_assert_int_eq(told.count, 3);
		ck_assert_int_eq(told.rows[2].state, LIBSOCK_STATE_SYN_RECEIVED);
	}
}
END_TEST

static int read_file(const struct linux_table *table, const char *text, size_t size)
{
	struct linux_sink sink = sink_of(table);
	FILE *file = tmpfile();
	int err;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, size, file), size);
	ck_assert_int_eq(fflush(file), 0);
	ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
	err = proc__read(&sink, fileno(file));
	fclose(file);
	return err;
}

START_TEST(a_file_ends_with_a_whole_line)
{
	static char text[3 * PROC__ROOM];
	char line[256];
	size_t size = strlen(HEADER);

	expect(read_file(&ipv4, "", 0), 0);
	expect(read_file(&ipv4, HEADER, size), 0);
	ck_assert_int_eq(told.count, 0);
	expect(read_file(&ipv4, HEADER, size - 1), LIBSOCK_EPROTO);
	write_line(line, sizeof line, &ipv4, 1);
	memcpy(text, HEADER, size);
	while (size + strlen(line) < sizeof text) {
		memcpy(text + size, line, strlen(line));
		size += strlen(line);
	}
	expect(read_file(&ipv4, text, size), 0); /* of several reads */
	ck_assert_uint_eq((size_t)told.count, (size - strlen(HEADER)) / strlen(line));
	expect(read_file(&ipv4, text, size - 1), LIBSOCK_EPROTO);
	memset(text, ' ', sizeof text);
	expect(read_file(&ipv4, text, sizeof text), LIBSOCK_EPROTO); /* a line without end */
	memset(text, 0, sizeof text);
	expect(read_file(&ipv4, text, sizeof text), LIBSOCK_EPROTO);
	memset(text, '\n', sizeof text);
	expect(read_file(&ipv4, text, sizeof text), LIBSOCK_EPROTO);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_or_read_says_why)
{
	struct linux_sink sink = sink_of(&ipv4);
	const struct linux_table folder = {AF_INET, IPPROTO_TCP, LIBSOCK_AF_INET, LIBSOCK_STREAM, "/"};

	expect(read_proc_table(&sink), LIBSOCK_ENOENT);
	sink = sink_of(&folder);
	expect(read_proc_table(&sink), os_error(EISDIR));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- both */

START_TEST(every_state_of_the_kernels_has_one_of_ours)
{
	bool seen[LIBSOCK_STATE_TIME_WAIT + 1] = {0};

	for (uint32_t number = 1; number <= 11; number++) {
		int state = linux_state(number);

		ck_assert_int_gt(state, LIBSOCK_STATE_UNKNOWN);
		ck_assert_int_le(state, LIBSOCK_STATE_TIME_WAIT);
		ck_assert(!seen[state]);
		seen[state] = true;
	}
	expect(linux_state(12), LIBSOCK_STATE_SYN_RECEIVED);
	expect(linux_state(0), LIBSOCK_STATE_UNKNOWN);
	expect(linux_state(13), LIBSOCK_STATE_UNKNOWN);
	expect(linux_state(UINT32_MAX), LIBSOCK_STATE_UNKNOWN);
}
END_TEST

START_TEST(what_has_no_file_has_no_user)
{
	struct linux_sink sink = sink_of(&ipv4);

	expect(linux_tell(&sink, &(struct linux_row){.uid = 5, .inode = 0}), 0);
	expect(linux_tell(&sink, &(struct linux_row){.uid = 0, .inode = 1}), 0);
	ck_assert(told.rows[0].uid == -1 && told.rows[1].uid == 0);
}
END_TEST

int main(void)
{
	const struct testing_test tests[] = {
		{rows_are_read_up_to_the_last_message},
		{a_batch_without_a_last_message_is_to_be_continued},
		{a_batch_cut_anywhere_is_refused_after_its_whole_rows},
		{lengths_that_cannot_be_are_refused},
		{a_row_of_another_family_is_refused},
		{the_last_message_tells_the_outcome},
		{the_callers_function_ends_a_batch},
		{the_callers_word_is_kept},
		{garbage_from_netlink_does_no_harm},
		{lines_of_both_families_are_read},
		{a_listeners_queue_has_no_length_in_proc},
		{a_line_cut_anywhere_is_refused},
		{any_byte_of_a_line_may_be_another},
		{text_is_read_as_it_comes},
		{a_file_ends_with_a_whole_line},
		{a_file_that_cannot_be_opened_or_read_says_why},
		{every_state_of_the_kernels_has_one_of_ours},
		{what_has_no_file_has_no_user},
		{0},
	};

	return testing_main("netlink", tests);
}
