#include "view/prompt.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#define HISTORY_MAX 100

void prompt_set(struct prompt *p, const char *text)
{
	p->len = p->cursor = 0;
	p->text[0] = '\0';
	prompt_insert(p, text, strlen(text));
}

void prompt_start(struct prompt *p, struct prompt_history *history, const char *text)
{
	memset(p, 0, sizeof(*p));
	p->history = history;
	p->at = history ? history->lines.len : 0;
	if (text)
		prompt_set(p, text);
}

static void insert_bytes(struct prompt *p, const char *bytes, size_t len)
{
	if (p->len + len >= sizeof(p->text))
		return;
	memmove(p->text + p->cursor + len, p->text + p->cursor, p->len - p->cursor + 1);
	memcpy(p->text + p->cursor, bytes, len);
	p->len += len;
	p->cursor += len;
}

void prompt_insert(struct prompt *p, const char *raw, size_t len)
{
	while (len > 0) {
		uint32_t cp = 0;
		size_t n = utf8_decode(raw, len, &cp);

		if (n && cp >= 0x20 && cp != 0x7f && !text_is_hidden(cp))
			insert_bytes(p, raw, n);
		else if (!n || cp != '\n' || len > n)
			insert_bytes(p, " ", 1);
		raw += n ? n : 1;
		len -= n ? n : 1;
	}
}

static bool starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t before(const struct prompt *p, size_t at)
{
	while (at > 0 && !starts_char(p->text[--at]))
		;
	return at;
}

static size_t after(const struct prompt *p, size_t at)
{
	if (at < p->len)
		at++;
	while (at < p->len && !starts_char(p->text[at]))
		at++;
	return at;
}

static size_t word_before(const struct prompt *p, size_t at)
{
	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static enum prompt_outcome cut(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, p->len - to + 1);
	p->len -= to - from;
	p->cursor = from;
	return PROMPT_CHANGED;
}

static enum prompt_outcome move(struct prompt *p, size_t to)
{
	p->cursor = to;
	return PROMPT_MOVED;
}

static enum prompt_outcome recall(struct prompt *p, int step)
{
	size_t n = p->history ? p->history->lines.len : 0;
	size_t to = p->at + (size_t)step;

	if ((step < 0 && p->at == 0) || (step > 0 && p->at >= n))
		return PROMPT_MOVED;
	if (p->at == n)
		memcpy(p->draft, p->text, p->len + 1);
	p->at = to;
	prompt_set(p, to == n ? p->draft : p->history->lines.data[to]);
	return PROMPT_CHANGED;
}

static enum prompt_outcome ctrl_key(struct prompt *p, uint32_t letter)
{
	switch (letter) {
	case 'a':
		return move(p, 0);
	case 'e':
		return move(p, p->len);
	case 'b':
		return move(p, before(p, p->cursor));
	case 'f':
		return move(p, after(p, p->cursor));
	case 'u':
		return cut(p, 0, p->cursor);
	case 'k':
		return cut(p, p->cursor, p->len);
	case 'w':
		return cut(p, word_before(p, p->cursor), p->cursor);
	case 'd':
		return cut(p, p->cursor, after(p, p->cursor));
	case 'h':
		return cut(p, before(p, p->cursor), p->cursor);
	case 'p':
		return recall(p, -1);
	case 'n':
		return recall(p, 1);
	case 'c':
	case 'g':
		return PROMPT_CANCELLED;
	default:
		return PROMPT_IGNORED;
	}
}

static enum prompt_outcome named_key(struct prompt *p, uint32_t code)
{
	switch (code) {
	case KEYSYM_ENTER:
		return PROMPT_DONE;
	case KEYSYM_ESC:
		return PROMPT_CANCELLED;
	case KEYSYM_LEFT:
		return move(p, before(p, p->cursor));
	case KEYSYM_RIGHT:
		return move(p, after(p, p->cursor));
	case KEYSYM_HOME:
		return move(p, 0);
	case KEYSYM_END:
		return move(p, p->len);
	case KEYSYM_BACKSPACE:
		return cut(p, before(p, p->cursor), p->cursor);
	case KEYSYM_DELETE:
		return cut(p, p->cursor, after(p, p->cursor));
	case KEYSYM_UP:
		return recall(p, -1);
	case KEYSYM_DOWN:
		return recall(p, 1);
	default:
		return PROMPT_IGNORED;
	}
}

enum prompt_outcome prompt_key(struct prompt *p, struct key key)
{
	char utf8[4];

	if (key.code > KEYSYM_NONE)
		return named_key(p, key.code);
	if (key.mods & KEYMOD_CTRL)
		return ctrl_key(p, key.code);
	if (key.mods & KEYMOD_ALT)
		return PROMPT_IGNORED;
	prompt_insert(p, utf8, utf8_encode(key.code, utf8));
	return PROMPT_CHANGED;
}

void prompt_remember(struct prompt_history *history, const char *text)
{
	size_t n = history->lines.len;

	if (!*text || (n && !strcmp(history->lines.data[n - 1], text)))
		return;
	if (n == HISTORY_MAX) {
		free(history->lines.data[0]);
		memmove(history->lines.data, history->lines.data + 1, (n - 1) * sizeof(char *));
		history->lines.len--;
	}
	vec_push(&history->lines, xstrdup(text));
}

void prompt_history_done(struct prompt_history *history)
{
	for (size_t i = 0; i < history->lines.len; i++)
		free(history->lines.data[i]);
	vec_done(&history->lines);
}
