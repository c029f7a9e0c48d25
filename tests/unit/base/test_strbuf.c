#include "lib/unit.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

static void pieces_join(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf_init(&sb, 0);
	assert_string_equal(strbuf_str(&sb), "");
	strbuf_adds(&sb, "tcp");
	strbuf_addc(&sb, ':');
	strbuf_addf(&sb, "%d-%s", 8080, "x");
	strbuf_add(&sb, "a\0b", 3);
	assert_int_equal(sb.len, 13);
	assert_memory_equal(sb.data, "tcp:8080-xa\0b", 14);
	assert_false(sb.failed);
	strbuf_done(&sb);
	assert_string_equal(strbuf_str(&sb), "");
}

static void past_the_maximum_is_refused_and_sticks(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf_init(&sb, 10);
	strbuf_adds(&sb, "0123456789");
	assert_false(sb.failed);
	strbuf_addc(&sb, 'x');
	assert_true(sb.failed);
	assert_string_equal(strbuf_str(&sb), "0123456789");
	strbuf_reset(&sb);
	assert_false(sb.failed);
	strbuf_adds(&sb, "abc");
	strbuf_addf(&sb, "%08d", 1);
	strbuf_adds(&sb, "d");
	assert_true(sb.failed);
	assert_string_equal(strbuf_str(&sb), "abc");
	strbuf_done(&sb);
}

static void absurd_lengths_are_refused(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf_init(&sb, SIZE_MAX);
	strbuf_adds(&sb, "abc");
	strbuf_add(&sb, "", SIZE_MAX - 2);
	assert_true(sb.failed);
	assert_string_equal(strbuf_str(&sb), "abc");
	strbuf_done(&sb);
}

static void grows_to_a_mebibyte(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf_init(&sb, 1 << 20);
	for (size_t i = 0; i < 1 << 20; i++)
		strbuf_addc(&sb, (char)('a' + i % 26));
	assert_false(sb.failed);
	assert_int_equal(sb.len, 1 << 20);
	for (size_t i = 0; i < sb.len; i++)
		assert_int_equal(sb.data[i], 'a' + i % 26);
	assert_true(sb.cap <= (1 << 20) + 1);
	strbuf_done(&sb);
}

static void detach_hands_over(void **state)
{
	auto_free char *text = NULL;
	auto_free char *empty = NULL;
	struct strbuf sb;
	size_t len;

	(void)state;
	strbuf_init(&sb, 5);
	strbuf_adds(&sb, "hello");
	text = strbuf_detach(&sb, &len);
	assert_string_equal(text, "hello");
	assert_int_equal(len, 5);
	assert_int_equal(sb.len, 0);
	empty = strbuf_detach(&sb, NULL);
	assert_string_equal(empty, "");
	strbuf_adds(&sb, "123456");
	assert_true(sb.failed);
	strbuf_done(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_join),
		cmocka_unit_test(past_the_maximum_is_refused_and_sticks),
		cmocka_unit_test(absurd_lengths_are_refused),
		cmocka_unit_test(grows_to_a_mebibyte),
		cmocka_unit_test(detach_hands_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
