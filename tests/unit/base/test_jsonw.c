#include "lib/unit.h"

#include <locale.h>
#include <math.h>

#include "base/jsonw.h"
#include "base/utf8.h"
#include "unit/base/random.h"
#include "unit/base/sink_memory.h"

struct out {
	struct strbuf text;
	struct sink sink;
	struct jsonw w;
};

static void start(struct out *out)
{
	strbuf_init(&out->text, 0);
	sink_init(&out->sink, sink_memory, &out->text);
	jsonw_init(&out->w, &out->sink);
}

static void wrote(struct out *out, const char *expected)
{
	assert_int_equal(sink_flush(&out->sink), 0);
	assert_string_equal(strbuf_str(&out->text), expected);
	strbuf_reset(&out->text);
}

static void stop(struct out *out)
{
	sink_done(&out->sink);
	strbuf_done(&out->text);
}

static void nests_with_commas_in_place(void **state)
{
	struct out out;

	(void)state;
	start(&out);
	jsonw_begin_object(&out.w);
	jsonw_key(&out.w, "a");
	jsonw_begin_array(&out.w);
	jsonw_end_array(&out.w);
	jsonw_key(&out.w, "b");
	jsonw_begin_array(&out.w);
	jsonw_u64(&out.w, 1);
	jsonw_begin_object(&out.w);
	jsonw_end_object(&out.w);
	jsonw_begin_object(&out.w);
	jsonw_key(&out.w, "c");
	jsonw_null(&out.w);
	jsonw_key(&out.w, "d");
	jsonw_bool(&out.w, true);
	jsonw_end_object(&out.w);
	jsonw_end_array(&out.w);
	jsonw_key(&out.w, "e");
	jsonw_bool(&out.w, false);
	jsonw_end_object(&out.w);
	jsonw_end_line(&out.w);
	jsonw_begin_array(&out.w);
	jsonw_end_array(&out.w);
	jsonw_end_line(&out.w);
	wrote(&out, "{\"a\":[],\"b\":[1,{},{\"c\":null,\"d\":true}],\"e\":false}\n[]\n");
	stop(&out);
}

static void nests_to_the_limit(void **state)
{
	struct out out;

	(void)state;
	start(&out);
	for (size_t i = 0; i < 64; i++)
		jsonw_begin_array(&out.w);
	for (size_t i = 0; i < 64; i++) {
		jsonw_end_array(&out.w);
		if (i < 63)
			jsonw_u64(&out.w, 7);
	}
	assert_int_equal(sink_flush(&out.sink), 0);
	assert_int_equal(out.text.len, 64 + 64 + 63 * 2);
	assert_non_null(strstr(strbuf_str(&out.text), "[[]"));
	assert_non_null(strstr(strbuf_str(&out.text), "[],7],7]"));
	stop(&out);
}

static void string_is(const char *raw, size_t len, const char *expected, bool replaced)
{
	struct out out;

	start(&out);
	assert_int_equal(jsonw_string(&out.w, raw, len), replaced);
	wrote(&out, expected);
	stop(&out);
}

static void strings_keep_what_is_valid(void **state)
{
	(void)state;
	string_is("", 0, "\"\"", false);
	string_is("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"", false);
	string_is("\t\n\r\x1b\0\x7f", 6, "\"\\t\\n\\r\\u001b\\u0000\\u007f\"", false);
	string_is("caf\u00e9 \u4e2d \U0001f680", 14, "\"caf\u00e9 \u4e2d \U0001f680\"", false);
	string_is("\u202e\u200b\xc2\x9b\ufeff", 11, "\"\\u202e\\u200b\\u009b\\ufeff\"", false);
	string_is("\U000e0001\U000f0000", 8, "\"\\udb40\\udc01\\udb80\\udc00\"", false);
	string_is("e\u0301\u0301\u0301", 7, "\"e\u0301\u0301\u0301\"", false);
	string_is("a\xff"
		  "b\xc3",
		  4, "\"a\ufffdb\ufffd\"", true);
	string_is("\xed\xa0\x80", 3, "\"\ufffd\ufffd\ufffd\"", true);
	string_is("\ufffd", 3, "\"\ufffd\"", false);
}

static void raw_bytes_follow_when_replaced(void **state)
{
	struct out out;

	(void)state;
	start(&out);
	jsonw_begin_object(&out.w);
	jsonw_text(&out.w, "comm", "ok", 2);
	jsonw_text(&out.w, "path", "\0a\xff", 3);
	jsonw_key(&out.w, "x");
	jsonw_null(&out.w);
	jsonw_end_object(&out.w);
	wrote(&out,
	      "{\"comm\":\"ok\",\"path\":\"\\u0000a\ufffd\",\"path_b64\":\"AGH/\",\"x\":null}");
	stop(&out);
}

static void base64_is_padded(void **state)
{
	static const char *const cases[][2] = {
		{"", "\"\""},	     {"f", "\"Zg==\""},	       {"fo", "\"Zm8=\""},
		{"foo", "\"Zm9v\""}, {"foob", "\"Zm9vYg==\""}, {"\xfb\xff\xbf", "\"+/+/\""},
	};
	struct out out;

	(void)state;
	start(&out);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		jsonw_base64(&out.w, cases[i][0], strlen(cases[i][0]));
		wrote(&out, cases[i][1]);
	}
	stop(&out);
}

static void numbers_are_exact_or_null(void **state)
{
	const uint64_t exact = UINT64_C(1) << 53;
	struct out out;

	(void)state;
	start(&out);
	jsonw_u64(&out.w, 0);
	wrote(&out, "0");
	jsonw_u64(&out.w, exact);
	wrote(&out, "9007199254740992");
	jsonw_u64(&out.w, exact + 1);
	wrote(&out, "null");
	jsonw_i64(&out.w, -5);
	wrote(&out, "-5");
	jsonw_i64(&out.w, -(int64_t)exact);
	wrote(&out, "-9007199254740992");
	jsonw_i64(&out.w, INT64_MIN);
	wrote(&out, "null");
	jsonw_i64(&out.w, INT64_MAX);
	wrote(&out, "null");
	jsonw_u64_string(&out.w, UINT64_MAX);
	wrote(&out, "\"18446744073709551615\"");
	stop(&out);
}

static void doubles_are_short(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{100, "100"},
		{1.5, "1.5"},
		{-2.25, "-2.25"},
		{0.001, "0.001"},
		{0.0004, "0"},
		{-0.0004, "0"},
		{1.0 / 3, "0.333"},
		{2.9996, "3"},
		{1e12, "1000000000000"},
		{1e13, "null"},
		{(double)NAN, "null"},
		{(double)INFINITY, "null"},
		{-(double)INFINITY, "null"},
	};
	struct out out;

	(void)state;
	start(&out);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		jsonw_double(&out.w, cases[i].value);
		wrote(&out, cases[i].text);
	}
	stop(&out);
}

static void a_full_disk_is_an_error_that_sticks(void **state)
{
	struct out out;

	(void)state;
	start(&out);
	out.text.max = 100000;
	jsonw_begin_array(&out.w);
	for (uint64_t i = 0; i < 100000; i++)
		jsonw_u64(&out.w, i);
	jsonw_end_array(&out.w);
	assert_int_equal(sink_flush(&out.sink), -ENOSPC);
	stop(&out);
}

/* Any bytes: valid UTF-8, no control byte, quotes balanced. */
static void random_bytes_make_valid_strings(void **state)
{
	uint64_t seed = 10;
	struct out out;

	(void)state;
	start(&out);
	for (size_t round = 0; round < 5000; round++) {
		char raw[64];
		size_t len = random_below(&seed, sizeof(raw)), inner;
		const char *text;

		for (size_t i = 0; i < len; i++)
			raw[i] = (char)(random_u64(&seed) >> random_below(&seed, 3));
		assert_int_equal(jsonw_string(&out.w, raw, len), !utf8_valid(raw, len));
		assert_int_equal(sink_flush(&out.sink), 0);
		text = strbuf_str(&out.text);
		inner = out.text.len - 2;
		assert_true(utf8_valid(text, out.text.len));
		assert_true(text[0] == '"' && text[inner + 1] == '"');
		for (size_t i = 1; i <= inner; i++) {
			assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
			assert_int_not_equal(text[i], '"');
			i += text[i] == '\\';
		}
		strbuf_reset(&out.text);
	}
	stop(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests_with_commas_in_place),
		cmocka_unit_test(nests_to_the_limit),
		cmocka_unit_test(strings_keep_what_is_valid),
		cmocka_unit_test(raw_bytes_follow_when_replaced),
		cmocka_unit_test(base64_is_padded),
		cmocka_unit_test(numbers_are_exact_or_null),
		cmocka_unit_test(doubles_are_short),
		cmocka_unit_test(a_full_disk_is_an_error_that_sticks),
		cmocka_unit_test(random_bytes_make_valid_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
