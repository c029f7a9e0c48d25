#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

void strbuf_init(struct strbuf *sb, size_t max)
{
	*sb = (struct strbuf){.max = max ? max : STRBUF_MAX_DEFAULT};
	if (sb->max > SIZE_MAX / 4)
		sb->max = SIZE_MAX / 4;
}

void strbuf_done(struct strbuf *sb)
{
	free(sb->data);
	strbuf_init(sb, sb->max);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->data)
		sb->data[0] = '\0';
}

/* Room for more bytes and the NUL; false (and failed) past the maximum. */
static bool strbuf_room(struct strbuf *sb, size_t more)
{
	size_t wanted, cap;

	if (sb->failed || more > sb->max - sb->len) {
		sb->failed = true;
		return false;
	}
	wanted = sb->len + more + 1;
	if (wanted <= sb->cap)
		return true;
	cap = sb->cap + sb->cap / 2 + 64;
	if (cap < wanted)
		cap = wanted;
	if (cap > sb->max + 1)
		cap = sb->max + 1;
	sb->data = xrealloc(sb->data, cap);
	sb->cap = cap;
	return true;
}

void strbuf_add(struct strbuf *sb, const void *mem, size_t len)
{
	if (!strbuf_room(sb, len))
		return;
	if (len)
		memcpy(sb->data + sb->len, mem, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_vaddf(struct strbuf *sb, const char *format, va_list args)
{
	va_list again;
	int need;

	va_copy(again, args);
	need = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (need < 0) {
		sb->failed = true;
		return;
	}
	if (!strbuf_room(sb, (size_t)need))
		return;
	vsnprintf(sb->data + sb->len, (size_t)need + 1, format, args);
	sb->len += (size_t)need;
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vaddf(sb, format, args);
	va_end(args);
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->data ? sb->data : "";
}

char *strbuf_detach(struct strbuf *sb, size_t *ret_len)
{
	char *data = sb->data ? sb->data : xstrdup("");

	if (ret_len)
		*ret_len = sb->len;
	strbuf_init(sb, sb->max);
	return data;
}
