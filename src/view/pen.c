#include "view/pen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void pen_put(struct pen *pen, enum role role, const char *text, size_t len)
{
	int room = pen->end - pen->x;

	if (room > 0)
		pen->x += grid_put(pen->grid, pen->y, pen->x, room, role, text, len);
}

void pen_puts(struct pen *pen, enum role role, const char *text)
{
	pen_put(pen, role, text, strlen(text));
}

void pen_putf(struct pen *pen, enum role role, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pen_puts(pen, role, text);
}

void pen_choose(struct pen *pen, enum role role, const char *first, ...)
{
	const char *text = first, *next;
	va_list args;

	va_start(args, first);
	while ((int)text_width(text, strlen(text)) > pen->end - pen->x &&
	       (next = va_arg(args, const char *)) != NULL)
		text = next;
	va_end(args);
	pen_puts(pen, role, text);
}

/* Bytes of the next line of text: as many words as fit, or a part of one that does not. */
static size_t line_len(const char *text, int width)
{
	struct text_slice slice;
	size_t len;

	text_clip(text, strlen(text), (size_t)width, &slice);
	if (!slice.cut)
		return slice.len;
	for (len = slice.len; len > 0 && text[len] != ' '; len--)
		;
	return len ? len : slice.len;
}

int pen_wrap(const struct pen *pen, enum role role, const char *text, int rows)
{
	int width = pen->end - pen->x, used = 0;

	while (*text && width > 1 && (!rows || used < rows)) {
		size_t len = line_len(text, width);

		if (rows && used + 1 == rows)
			len = strlen(text);
		if (!len)
			break;
		if (rows) {
			struct pen line = {pen->grid, pen->y + used, pen->x, pen->end};

			pen_raw(&line, role, text, len);
		}
		text += len + strspn(text + len, " ");
		used++;
	}
	return used;
}

void pen_spark(struct pen *pen, enum role role, const uint32_t *values, uint32_t n, int width)
{
	static const char *const utf8[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ".", ":", ":", "-", "=", "#", "#"};
	uint32_t most = 1;
	uint32_t shown = n < (uint32_t)width ? n : (uint32_t)width;

	values += n - shown;
	for (uint32_t i = 0; i < shown; i++)
		most = values[i] > most ? values[i] : most;
	for (uint32_t i = shown; i < (uint32_t)width; i++)
		pen_puts(pen, role, " ");
	for (uint32_t i = 0; i < shown; i++) {
		size_t level = values[i] ? 1 + (size_t)((uint64_t)values[i] * 7 / most) : 0;

		pen_puts(pen, role, pen->grid->ascii ? ascii[level] : utf8[level]);
	}
}

void pen_raw(struct pen *pen, enum role role, const char *raw, size_t len)
{
	enum text_flags flags = pen->grid->ascii ? TEXT_ASCII : TEXT_UTF8;
	struct strbuf clean, cut;
	int room = pen->end - pen->x;

	if (room <= 0)
		return;
	strbuf_init(&clean, 0);
	strbuf_init(&cut, 0);
	text_clean(raw, len, flags, &clean);
	text_fit(strbuf_str(&clean), clean.len, (size_t)room, flags, &cut);
	pen_put(pen, role, strbuf_str(&cut), cut.len);
	strbuf_done(&clean);
	strbuf_done(&cut);
}
