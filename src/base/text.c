/*
 * Two tables decide, both sorted for a binary search. `hidden` is what must not reach a screen in
 * any locale; it follows the general categories and Default_Ignorable_Code_Point of the Unicode
 * Character Database. `known` is a subset of what glibc's wcwidth() says in a UTF-8 locale, used
 * where LC_CTYPE is not UTF-8 and wcwidth() answers -1 for everything beyond ASCII.
 *
 * Variation selectors are hidden although terminals know them: U+FE0F changes the width of the
 * character before it in some terminals and not in others, which shifts the rest of the line.
 */
#include "base/text.h"

#include <stdlib.h>
#include <wchar.h>

#include "base/utf8.h"

#define MARKS_PER_BASE 2

struct range {
	uint32_t first;
	uint32_t last;
	int width;
};

static const struct range hidden[] = {
	{0x0000, 0x001f, -1},	{0x007f, 0x009f, -1},	 {0x00ad, 0x00ad, -1},
	{0x034f, 0x034f, -1},	{0x0600, 0x0605, -1},	 {0x061c, 0x061c, -1},
	{0x06dd, 0x06dd, -1},	{0x070f, 0x070f, -1},	 {0x0890, 0x0891, -1},
	{0x08e2, 0x08e2, -1},	{0x115f, 0x1160, -1},	 {0x17b4, 0x17b5, -1},
	{0x180b, 0x180f, -1},	{0x200b, 0x200f, -1},	 {0x2028, 0x202e, -1},
	{0x2060, 0x206f, -1},	{0x3164, 0x3164, -1},	 {0xd800, 0xf8ff, -1},
	{0xfdd0, 0xfdef, -1},	{0xfe00, 0xfe0f, -1},	 {0xfeff, 0xfeff, -1},
	{0xffa0, 0xffa0, -1},	{0xfff0, 0xfffb, -1},	 {0xfffe, 0xffff, -1},
	{0x110bd, 0x110bd, -1}, {0x110cd, 0x110cd, -1},	 {0x13430, 0x1343f, -1},
	{0x1bca0, 0x1bca3, -1}, {0x1d173, 0x1d17a, -1},	 {0x1fffe, 0x1ffff, -1},
	{0x2fffe, 0x2ffff, -1}, {0x3fffe, 0x10ffff, -1},
};

static const struct range known[] = {
	{0x00a0, 0x02ff, 1}, {0x0300, 0x036f, 0},   {0x0370, 0x0377, 1},   {0x037a, 0x037f, 1},
	{0x0384, 0x038a, 1}, {0x038e, 0x03a1, 1},   {0x03a3, 0x0482, 1},   {0x0483, 0x0489, 0},
	{0x048a, 0x052f, 1}, {0x05d0, 0x05ea, 1},   {0x0620, 0x064a, 1},   {0x064b, 0x065f, 0},
	{0x1e00, 0x1eff, 1}, {0x2000, 0x200a, 1},   {0x2010, 0x2027, 1},   {0x202f, 0x205f, 1},
	{0x2070, 0x2071, 1}, {0x2074, 0x208e, 1},   {0x20a0, 0x20bf, 1},   {0x20d0, 0x20f0, 0},
	{0x2100, 0x218b, 1}, {0x2190, 0x2319, 1},   {0x232b, 0x23e8, 1},   {0x2460, 0x25fc, 1},
	{0x25ff, 0x2613, 1}, {0x2800, 0x28ff, 1},   {0x3000, 0x3029, 2},   {0x3041, 0x3096, 2},
	{0x3099, 0x309a, 0}, {0x309b, 0x30ff, 2},   {0x3400, 0x4dbf, 2},   {0x4e00, 0x9fff, 2},
	{0xac00, 0xd7a3, 2}, {0xff01, 0xff60, 2},   {0xff61, 0xff9f, 1},   {0xffe0, 0xffe6, 2},
	{0xfffd, 0xfffd, 1}, {0x1f600, 0x1f64f, 2}, {0x1f680, 0x1f6c5, 2},
};

static int compare_range(const void *key, const void *item)
{
	uint32_t cp = *(const uint32_t *)key;
	const struct range *range = item;

	if (cp < range->first)
		return -1;
	return cp > range->last;
}

static int known_width(uint32_t cp)
{
	const struct range *range = bsearch(&cp, known, sizeof(known) / sizeof(known[0]),
					    sizeof(known[0]), compare_range);

	return range ? range->width : -1;
}

bool text_is_hidden(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return false;
	return cp > 0x10ffff || bsearch(&cp, hidden, sizeof(hidden) / sizeof(hidden[0]),
					sizeof(hidden[0]), compare_range);
}

/* Whether wcwidth() can tell widths: in LC_CTYPE=C it knows nothing beyond ASCII. */
static bool wcwidth_knows(void)
{
	return wcwidth(L'\u3042') == 2;
}

static int width_of(uint32_t cp, bool ask_libc)
{
	if (cp >= 0x20 && cp < 0x7f)
		return 1;
	if (text_is_hidden(cp))
		return -1;
	return ask_libc ? wcwidth((wchar_t)cp) : known_width(cp);
}

int text_char_width(uint32_t cp)
{
	return width_of(cp, cp >= 0x80 && wcwidth_knows());
}

/* The width that decides whether a character is kept; unknown ones stay in exports. */
static int kept_width(uint32_t cp, enum text_flags flags, bool ask_libc)
{
	int width;

	if (cp >= 0x80 && (flags & TEXT_ASCII))
		return -1;
	if (!(flags & TEXT_EXPORT))
		return width_of(cp, ask_libc);
	width = width_of(cp, false);
	return width < 0 && !text_is_hidden(cp) ? 1 : width;
}

static void add_hex(struct strbuf *out, char kind, uint32_t value, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";
	char escape[10] = {'\\', kind};

	for (unsigned i = digits; i--; value >>= 4)
		escape[2 + i] = hex[value & 15];
	strbuf_add(out, escape, 2 + digits);
}

static void add_escape(struct strbuf *out, uint32_t cp)
{
	if (cp == '\t')
		strbuf_adds(out, "\\t");
	else if (cp == '\n')
		strbuf_adds(out, "\\n");
	else if (cp == '\r')
		strbuf_adds(out, "\\r");
	else if (cp < 0x80)
		add_hex(out, 'x', cp, 2);
	else if (cp < 0x10000)
		add_hex(out, 'u', cp, 4);
	else
		add_hex(out, 'U', cp, 8);
}

static size_t printable_ascii(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f)
		n++;
	return n;
}

bool text_clean(const char *raw, size_t len, enum text_flags flags, struct strbuf *out)
{
	bool ask_libc = wcwidth_knows();
	bool escaped = false;
	int marks_left = 0;
	uint32_t cp = 0;
	size_t used;

	for (size_t at = 0; at < len; at += used) {
		int width = -1;

		used = printable_ascii(raw + at, len - at);
		if (used) {
			strbuf_add(out, raw + at, used);
			marks_left = MARKS_PER_BASE;
			continue;
		}
		used = utf8_decode(raw + at, len - at, &cp);
		if (used)
			width = kept_width(cp, flags, ask_libc);
		if (width > 0 || (width == 0 && marks_left > 0)) {
			strbuf_add(out, raw + at, used);
			marks_left = width > 0 ? MARKS_PER_BASE : marks_left - 1;
			continue;
		}
		if (used) {
			add_escape(out, cp);
		} else {
			used = 1;
			add_hex(out, 'x', (unsigned char)raw[at], 2);
		}
		escaped = true;
		marks_left = 0;
	}
	return escaped;
}

/* Length and columns of the character at s with the marks on it. */
static size_t next_cell(const char *s, size_t len, bool ask_libc, size_t *ret_columns)
{
	uint32_t cp = 0;
	size_t used = utf8_decode(s, len, &cp);
	size_t end = used ? used : 1;
	int width = used ? width_of(cp, ask_libc) : 1;

	*ret_columns = width < 0 ? 1 : (size_t)width;
	while (end < len && (unsigned char)s[end] >= 0x80) {
		used = utf8_decode(s + end, len - end, &cp);
		if (!used || width_of(cp, ask_libc) != 0)
			break;
		end += used;
	}
	return end;
}

size_t text_width(const char *clean, size_t len)
{
	bool ask_libc = wcwidth_knows();
	size_t total = 0, columns;

	for (size_t at = 0; at < len; total += columns)
		at += next_cell(clean + at, len - at, ask_libc, &columns);
	return total;
}

void text_clip(const char *clean, size_t len, size_t columns, struct text_slice *ret_slice)
{
	bool ask_libc = wcwidth_knows();
	struct text_slice slice = {0};

	while (slice.len < len) {
		size_t width;
		size_t used = next_cell(clean + slice.len, len - slice.len, ask_libc, &width);

		if (width > columns - slice.columns) {
			slice.cut = true;
			slice.half = slice.columns < columns;
			break;
		}
		slice.len += used;
		slice.columns += width;
	}
	*ret_slice = slice;
}

void text_clip_left(const char *clean, size_t len, size_t columns, struct text_slice *ret_slice)
{
	bool ask_libc = wcwidth_knows();
	struct text_slice slice = {.columns = text_width(clean, len)};

	while (slice.columns > columns) {
		size_t width;

		slice.offset +=
			next_cell(clean + slice.offset, len - slice.offset, ask_libc, &width);
		slice.columns -= width;
		slice.cut = true;
	}
	slice.half = slice.cut && slice.columns < columns;
	slice.len = len - slice.offset;
	*ret_slice = slice;
}

size_t text_fit(const char *clean, size_t len, size_t columns, enum text_flags flags,
		struct strbuf *out)
{
	struct text_slice slice;

	text_clip(clean, len, columns, &slice);
	if (slice.cut && columns)
		text_clip(clean, len, columns - 1, &slice);
	strbuf_add(out, clean, slice.len);
	if (!slice.cut || !columns)
		return slice.columns;
	strbuf_adds(out, flags & TEXT_ASCII ? ">" : "\u2026");
	return slice.columns + 1;
}

size_t text_fit_left(const char *clean, size_t len, size_t columns, enum text_flags flags,
		     struct strbuf *out)
{
	struct text_slice slice;

	text_clip_left(clean, len, columns, &slice);
	if (!slice.cut || !columns) {
		strbuf_add(out, clean + slice.offset, slice.len);
		return slice.columns;
	}
	text_clip_left(clean, len, columns - 1, &slice);
	strbuf_adds(out, flags & TEXT_ASCII ? "<" : "\u2026");
	strbuf_add(out, clean + slice.offset, slice.len);
	return slice.columns + 1;
}
