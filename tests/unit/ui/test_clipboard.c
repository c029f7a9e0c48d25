#include <errno.h>

#include "lib/unit.h"
#include "ui/clipboard.h"

static void assert_sequence(const char *text, size_t len, const char *expected)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	assert_int_equal(clipboard_sequence(text, len, &out), 0);
	assert_string_equal(strbuf_str(&out), expected);
	strbuf_done(&out);
}

static void text_is_base64(void **state)
{
	(void)state;
	assert_sequence("", 0, "\033]52;c;\a");
	assert_sequence("8", 1, "\033]52;c;OA==\a");
	assert_sequence("80", 2, "\033]52;c;ODA=\a");
	assert_sequence("443", 3, "\033]52;c;NDQz\a");
	assert_sequence("\xff\xfe\0?", 4, "\033]52;c;//4APw==\a");
}

static void too_much_is_refused_whole(void **state)
{
	static char text[CLIPBOARD_MAX + 1];
	struct strbuf out;

	(void)state;
	memset(text, 'x', sizeof(text));
	strbuf_init(&out, 0);
	assert_int_equal(clipboard_sequence(text, sizeof(text), &out), -EMSGSIZE);
	assert_int_equal(out.len, 0);
	assert_int_equal(clipboard_sequence(text, CLIPBOARD_MAX, &out), 0);
	assert_int_equal(out.len, 7 + CLIPBOARD_MAX / 3 * 4 + 1);
	strbuf_done(&out);
}

static void multiplexers_need_a_hint(void **state)
{
	(void)state;
	assert_null(clipboard_hint(NULL, NULL));
	assert_null(clipboard_hint("", ""));
	assert_non_null(
		strstr(clipboard_hint("/tmp/tmux-0/default,1,0", NULL), "set-clipboard on"));
	assert_non_null(strstr(clipboard_hint(NULL, "123.pts-0"), "screen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_base64),
		cmocka_unit_test(too_much_is_refused_whole),
		cmocka_unit_test(multiplexers_need_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
