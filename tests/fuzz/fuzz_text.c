/* Whatever the bytes are, cleaned text is fit for a terminal and its measures add up. The first
 * byte chooses flags and columns. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_bytes(const struct strbuf *clean, int ascii)
{
	require(!clean->failed && utf8_valid(clean->data, clean->len));
	for (size_t i = 0; i < clean->len; i++) {
		unsigned char byte = (unsigned char)clean->data[i];

		require(byte >= 0x20 && byte != 0x7f && (!ascii || byte < 0x7f));
	}
}

/* The sum of the widths of the characters; each must be known and none hidden. */
static size_t sum_widths(const struct strbuf *clean)
{
	size_t sum = 0;
	uint32_t cp = 0;

	for (size_t at = 0; at < clean->len;) {
		at += utf8_decode(clean->data + at, clean->len - at, &cp);
		require(!text_is_hidden(cp) && text_char_width(cp) >= 0);
		sum += (size_t)text_char_width(cp);
	}
	return sum;
}

static void check_slices(const struct strbuf *clean, size_t columns, size_t width)
{
	struct text_slice head, tail;

	text_clip(clean->data, clean->len, columns, &head);
	text_clip_left(clean->data, clean->len, columns, &tail);
	require(head.columns <= columns && tail.columns <= columns);
	require(head.cut == (width > columns) && tail.cut == (width > columns));
	require(text_width(clean->data, head.len) == head.columns);
	require(text_width(clean->data + tail.offset, tail.len) == tail.columns);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum text_flags flags;
	struct strbuf clean;

	if (!size)
		return 0;
	flags = data[0] & (TEXT_ASCII | TEXT_EXPORT);
	strbuf_init(&clean, 0);
	strbuf_adds(&clean, "");
	text_clean((const char *)data + 1, size - 1, flags, &clean);
	check_bytes(&clean, flags & TEXT_ASCII);
	if (!(flags & TEXT_EXPORT)) {
		size_t width = sum_widths(&clean);

		require(width == text_width(clean.data, clean.len));
		check_slices(&clean, data[0] >> 2, width);
	}
	strbuf_done(&clean);
	return 0;
}
