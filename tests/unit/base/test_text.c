#include "lib/unit.h"

#include <locale.h>
#include <wchar.h>

#include "base/text.h"
#include "base/utf8.h"
#include "unit/base/random.h"

struct payload {
	const char *what;
	const char *raw;
	size_t len;
	const char *clean; /* what a UTF-8 screen shows */
};

#define PAYLOAD(what, raw, clean)                                                                  \
	{                                                                                          \
		what, raw, sizeof(raw) - 1, clean                                                  \
	}

static const struct payload payloads[] = {
	PAYLOAD("plain", "nginx: worker process", "nginx: worker process"),
	PAYLOAD("title", "\x1b]0;pwned\a", "\\x1b]0;pwned\\x07"),
	PAYLOAD("clipboard (OSC 52)", "\x1b]52;c;cm0gLXJm\x1b\\", "\\x1b]52;c;cm0gLXJm\\x1b\\"),
	PAYLOAD("hyperlink (OSC 8)", "\x1b]8;;http://x\a", "\\x1b]8;;http://x\\x07"),
	PAYLOAD("clear screen", "\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
	PAYLOAD("colour", "\x1b[31mred\x1b[m", "\\x1b[31mred\\x1b[m"),
	PAYLOAD("status report (DSR)", "\x1b[6n", "\\x1b[6n"),
	PAYLOAD("alternate screen", "\x1b[?1049h", "\\x1b[?1049h"),
	PAYLOAD("DCS", "\x1bP$q\"p\x1b\\", "\\x1bP$q\"p\\x1b\\"),
	PAYLOAD("APC", "\x1b_Gi=1\x1b\\", "\\x1b_Gi=1\\x1b\\"),
	PAYLOAD("PM", "\x1b^x\x1b\\", "\\x1b^x\\x1b\\"),
	PAYLOAD("SOS", "\x1bXx\x1b\\", "\\x1bXx\\x1b\\"),
	PAYLOAD("reset (RIS)",
		"\x1b"
		"c",
		"\\x1b"
		"c"),
	PAYLOAD("charset shift", "\x0e\x0f\x1b(0", "\\x0e\\x0f\\x1b(0"),
	PAYLOAD("C1 CSI as a byte",
		"\x9b"
		"2J",
		"\\x9b2J"),
	PAYLOAD("C1 OSC as a byte",
		"\x9d"
		"0;x\x9c",
		"\\x9d0;x\\x9c"),
	PAYLOAD("C1 CSI as U+009B",
		"\xc2\x9b"
		"2J",
		"\\u009b2J"),
	PAYLOAD("C1 NEL as U+0085",
		"a\xc2\x85"
		"b",
		"a\\u0085b"),
	PAYLOAD("newline", "a\nb", "a\\nb"),
	PAYLOAD("carriage return", "safe\revil", "safe\\revil"),
	PAYLOAD("tab", "a\tb", "a\\tb"),
	PAYLOAD("vertical tab, form feed", "a\vb\f", "a\\x0bb\\x0c"),
	PAYLOAD("backspace", "rm\b\bls", "rm\\x08\\x08ls"),
	PAYLOAD("bell", "\a", "\\x07"),
	PAYLOAD("DEL", "a\x7f", "a\\x7f"),
	PAYLOAD("NUL", "\0abstract\0", "\\x00abstract\\x00"),
	PAYLOAD("answerback (ENQ)", "\x05", "\\x05"),
	PAYLOAD("RLO",
		"a\u202e"
		"b",
		"a\\u202eb"),
	PAYLOAD("LRE PDF", "\u202a\u202c", "\\u202a\\u202c"),
	PAYLOAD("isolates", "\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"),
	PAYLOAD("direction marks", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"),
	PAYLOAD("zero width", "ss\u200bhd\u200c\u200d", "ss\\u200bhd\\u200c\\u200d"),
	PAYLOAD("BOM", "\ufeffx", "\\ufeffx"),
	PAYLOAD("soft hyphen", "a\u00ad", "a\\u00ad"),
	PAYLOAD("word joiner", "a\u2060", "a\\u2060"),
	PAYLOAD("line and paragraph separator", "\u2028\u2029", "\\u2028\\u2029"),
	PAYLOAD("tags", "\U000e0001\U000e0041", "\\U000e0001\\U000e0041"),
	PAYLOAD("variation selectors", "x\ufe0f\U000e0100", "x\\ufe0f\\U000e0100"),
	PAYLOAD("invisible letters", "\u3164\u115f\uffa0", "\\u3164\\u115f\\uffa0"),
	PAYLOAD("private use", "\ue0b0\U000f0000", "\\ue0b0\\U000f0000"),
	PAYLOAD("noncharacters", "\ufdd0\uffff\U0001fffe", "\\ufdd0\\uffff\\U0001fffe"),
	PAYLOAD("ZWJ emoji", "\U0001f469\u200d\U0001f680", "\U0001f469\\u200d\U0001f680"),
	PAYLOAD("two marks", "e\u0301\u0302", "e\u0301\u0302"),
	PAYLOAD("three marks", "e\u0301\u0302\u0303", "e\u0301\u0302\\u0303"),
	PAYLOAD("mark without base", "\u0301x", "\\u0301x"),
	PAYLOAD("mark on an escape", "\n\u0301", "\\n\\u0301"),
	PAYLOAD("marks past an escaped one", "e\u0301\u0301\u0301\u0301",
		"e\u0301\u0301\\u0301\\u0301"),
	PAYLOAD("lone continuation", "a\x80\xbf", "a\\x80\\xbf"),
	PAYLOAD("lone lead", "\xc3", "\\xc3"),
	PAYLOAD("cut character", "\xe2\x82", "\\xe2\\x82"),
	PAYLOAD("overlong slash", "\xc0\xaf", "\\xc0\\xaf"),
	PAYLOAD("overlong ESC", "\xe0\x80\x9b", "\\xe0\\x80\\x9b"),
	PAYLOAD("surrogates", "\xed\xa0\xbd\xed\xb8\x80", "\\xed\\xa0\\xbd\\xed\\xb8\\x80"),
	PAYLOAD("beyond Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"),
	PAYLOAD("Latin-1", "caf\xe9", "caf\\xe9"),
	PAYLOAD("UTF-8", "caf\u00e9 \u4e2d\u6587", "caf\u00e9 \u4e2d\u6587"),
	PAYLOAD("percent and backslash", "%n%s\\x1b", "%n%s\\x1b"),
};

#define PAYLOADS (sizeof(payloads) / sizeof(payloads[0]))

static void use_locale(const char *name)
{
	if (!setlocale(LC_ALL, name))
		skip_because("this system has no such locale");
}

static void assert_clean(const struct strbuf *sb)
{
	assert_false(sb->failed);
	assert_true(utf8_valid(strbuf_str(sb), sb->len));
	for (size_t i = 0; i < sb->len; i++)
		assert_true((unsigned char)sb->data[i] >= 0x20 && sb->data[i] != 0x7f);
}

static void check_payloads(enum text_flags flags)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	for (size_t i = 0; i < PAYLOADS; i++) {
		const struct payload *p = &payloads[i];
		bool escaped;

		strbuf_reset(&out);
		escaped = text_clean(p->raw, p->len, flags, &out);
		assert_clean(&out);
		if (strcmp(strbuf_str(&out), p->clean) != 0)
			fail_msg("%s: shown as '%s'", p->what, strbuf_str(&out));
		assert_int_equal(escaped, strlen(p->clean) != p->len);
	}
	strbuf_done(&out);
}

static void hostile_payloads_are_shown_in_utf8(void **state)
{
	(void)state;
	use_locale("C.UTF-8");
	check_payloads(TEXT_UTF8);
	check_payloads(TEXT_EXPORT);
}

static void exports_are_the_same_in_locale_c(void **state)
{
	(void)state;
	use_locale("C");
	check_payloads(TEXT_EXPORT);
}

static void ascii_mode_escapes_all_else(void **state)
{
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 0);
	for (size_t i = 0; i < PAYLOADS; i++) {
		strbuf_reset(&out);
		text_clean(payloads[i].raw, payloads[i].len, TEXT_ASCII, &out);
		assert_clean(&out);
		for (size_t j = 0; j < out.len; j++)
			assert_true((unsigned char)out.data[j] < 0x7f);
		assert_int_equal(text_width(strbuf_str(&out), out.len), out.len);
	}
	strbuf_reset(&out);
	assert_true(text_clean("caf\u00e9\U0001f680", 9, TEXT_ASCII, &out));
	assert_string_equal(strbuf_str(&out), "caf\\u00e9\\U0001f680");
	strbuf_done(&out);
}

static void a_run_of_marks_takes_no_hold(void **state)
{
	char raw[1 + 400];
	struct strbuf out;

	(void)state;
	use_locale("C.UTF-8");
	raw[0] = 'e';
	for (size_t i = 0; i < 200; i++)
		memcpy(raw + 1 + 2 * i, "\u0301", 2);
	strbuf_init(&out, 0);
	assert_true(text_clean(raw, sizeof(raw), TEXT_UTF8, &out));
	assert_clean(&out);
	assert_int_equal(out.len, 1 + 2 * 2 + 198 * 6);
	assert_int_equal(text_width(out.data, out.len), 1 + 198 * 6);
	strbuf_done(&out);
}

/* Every code point: what is kept as itself has the width that ncurses will give it. */
static void widths_agree_with_wcwidth(void **state)
{
	struct strbuf out;

	(void)state;
	use_locale("C.UTF-8");
	strbuf_init(&out, 0);
	for (uint32_t cp = 0x20; cp <= 0x10ffff; cp++) {
		char raw[5] = "x";
		size_t len = utf8_encode(cp, raw + 1);

		if (!len)
			continue;
		strbuf_reset(&out);
		text_clean(raw, len + 1, TEXT_UTF8, &out);
		if (strncmp(strbuf_str(&out) + 1, raw + 1, len) == 0) {
			assert_int_equal(out.len, len + 1);
			assert_int_equal(text_width(out.data, out.len), 1 + wcwidth((wchar_t)cp));
			assert_false(text_is_hidden(cp));
		} else {
			assert_int_equal(out.data[1], '\\');
			assert_int_equal(text_width(out.data, out.len), out.len);
			assert_true(text_is_hidden(cp) || wcwidth((wchar_t)cp) < 0);
		}
	}
	strbuf_done(&out);
}

static void locale_c_agrees_where_it_knows(void **state)
{
	static int8_t width[0x110000];
	size_t known = 0;

	(void)state;
	use_locale("C");
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++)
		width[cp] = (int8_t)text_char_width(cp);
	assert_int_equal(text_width("\u4e2d\u6587 caf\u00e9", 12), 9);
	use_locale("C.UTF-8");
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		if (width[cp] < 0)
			continue;
		known++;
		if (width[cp] != text_char_width(cp))
			fail_msg("U+%04X is %d here, %d in libc", cp, width[cp],
				 text_char_width(cp));
	}
	assert_true(known > 40000);
}

static void slice_is(const char *text, size_t columns, const char *head, const char *tail)
{
	struct text_slice slice;

	text_clip(text, strlen(text), columns, &slice);
	assert_int_equal(slice.offset, 0);
	assert_int_equal(slice.len, strlen(head));
	assert_memory_equal(text, head, slice.len);
	assert_int_equal(slice.columns, text_width(head, strlen(head)));
	assert_int_equal(slice.cut, strlen(head) < strlen(text));
	assert_int_equal(slice.half, slice.cut && slice.columns < columns);
	text_clip_left(text, strlen(text), columns, &slice);
	assert_int_equal(slice.len, strlen(tail));
	assert_int_equal(slice.offset, strlen(text) - strlen(tail));
	assert_memory_equal(text + slice.offset, tail, slice.len);
	assert_int_equal(slice.columns, text_width(tail, strlen(tail)));
	assert_int_equal(slice.cut, strlen(tail) < strlen(text));
	assert_int_equal(slice.half, slice.cut && slice.columns < columns);
}

static void check_clipping(void)
{
	slice_is("", 0, "", "");
	slice_is("", 5, "", "");
	slice_is("abc", 0, "", "");
	slice_is("abc", 2, "ab", "bc");
	slice_is("abc", 3, "abc", "abc");
	slice_is("abc", 9, "abc", "abc");
	slice_is("\u4e2d\u6587", 4, "\u4e2d\u6587", "\u4e2d\u6587");
	slice_is("\u4e2d\u6587", 3, "\u4e2d", "\u6587");
	slice_is("\u4e2d\u6587", 1, "", "");
	slice_is("e\u0301\u0302f", 1, "e\u0301\u0302", "f");
	slice_is("fe\u0301\u0302", 1, "f", "e\u0301\u0302");
	slice_is("e\u0301", 0, "", "");
}

static void clipping_keeps_characters_whole(void **state)
{
	(void)state;
	use_locale("C");
	check_clipping();
	use_locale("C.UTF-8");
	check_clipping();
}

static void fit_is(const char *text, size_t columns, enum text_flags flags, const char *right,
		   const char *left)
{
	struct strbuf out;
	size_t used;

	strbuf_init(&out, 0);
	used = text_fit(text, strlen(text), columns, flags, &out);
	assert_string_equal(strbuf_str(&out), right);
	assert_int_equal(used, text_width(right, strlen(right)));
	strbuf_reset(&out);
	used = text_fit_left(text, strlen(text), columns, flags, &out);
	assert_string_equal(strbuf_str(&out), left);
	assert_int_equal(used, text_width(left, strlen(left)));
	strbuf_done(&out);
}

static void ellipsis_shows_the_cut(void **state)
{
	(void)state;
	use_locale("C.UTF-8");
	fit_is("/usr/sbin/nginx", 15, TEXT_UTF8, "/usr/sbin/nginx", "/usr/sbin/nginx");
	fit_is("/usr/sbin/nginx", 7, TEXT_UTF8, "/usr/s\u2026", "\u2026/nginx");
	fit_is("/usr/sbin/nginx", 7, TEXT_ASCII, "/usr/s>", "</nginx");
	fit_is("abc", 1, TEXT_UTF8, "\u2026", "\u2026");
	fit_is("abc", 0, TEXT_UTF8, "", "");
	fit_is("\u4e2d\u6587\u5b57", 4, TEXT_UTF8, "\u4e2d\u2026", "\u2026\u5b57");
	fit_is("\u4e2d\u6587\u5b57", 5, TEXT_UTF8, "\u4e2d\u6587\u2026", "\u2026\u6587\u5b57");
}

/* Bytes that are likely to hit something: pieces of payloads, marks, wide characters, noise. */
static size_t hostile_bytes(uint64_t *seed, char *raw, size_t size)
{
	size_t len = 0;

	while (len + 4 < size) {
		const struct payload *p = &payloads[random_below(seed, PAYLOADS)];
		size_t piece = random_below(seed, p->len + 1);

		if (!random_below(seed, 4)) {
			raw[len++] = (char)random_u64(seed);
			continue;
		}
		if (piece > size - len)
			piece = size - len;
		memcpy(raw + len, p->raw + p->len - piece, piece);
		len += piece;
		if (!random_below(seed, 8))
			break;
	}
	return len;
}

static void check_properties(enum text_flags flags)
{
	uint64_t seed = 9;
	struct strbuf out, again;

	strbuf_init(&out, 0);
	strbuf_init(&again, 0);
	for (size_t i = 0; i < 20000; i++) {
		char raw[200];
		size_t len = hostile_bytes(&seed, raw, sizeof(raw));
		size_t columns = random_below(&seed, 60), width;
		struct text_slice head, tail;

		strbuf_reset(&out);
		strbuf_reset(&again);
		text_clean(raw, len, flags, &out);
		assert_clean(&out);
		assert_true(out.len >= len);
		assert_false(text_clean(strbuf_str(&out), out.len, flags, &again));
		assert_string_equal(strbuf_str(&again), strbuf_str(&out));
		width = text_width(strbuf_str(&out), out.len);
		text_clip(strbuf_str(&out), out.len, columns, &head);
		text_clip_left(strbuf_str(&out), out.len, columns, &tail);
		assert_true(head.columns <= columns && tail.columns <= columns);
		assert_int_equal(head.cut, width > columns);
		assert_int_equal(tail.cut, width > columns);
		assert_true(!head.cut || head.columns + 1 >= columns);
		assert_true(!tail.cut || tail.columns + 1 >= columns);
		assert_int_equal(text_width(strbuf_str(&out), head.len), head.columns);
		assert_int_equal(text_width(strbuf_str(&out) + tail.offset, tail.len),
				 tail.columns);
		assert_true(utf8_valid(strbuf_str(&out), head.len));
	}
	strbuf_done(&out);
	strbuf_done(&again);
}

static void random_bytes_come_out_clean(void **state)
{
	static const char *const locales[] = {"C", "C.UTF-8"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		use_locale(locales[i]);
		check_properties(TEXT_UTF8);
		check_properties(TEXT_ASCII);
		check_properties(TEXT_EXPORT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_payloads_are_shown_in_utf8),
		cmocka_unit_test(exports_are_the_same_in_locale_c),
		cmocka_unit_test(ascii_mode_escapes_all_else),
		cmocka_unit_test(a_run_of_marks_takes_no_hold),
		cmocka_unit_test(widths_agree_with_wcwidth),
		cmocka_unit_test(locale_c_agrees_where_it_knows),
		cmocka_unit_test(clipping_keeps_characters_whole),
		cmocka_unit_test(ellipsis_shows_the_cut),
		cmocka_unit_test(random_bytes_come_out_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
