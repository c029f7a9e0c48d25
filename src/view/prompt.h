/* A one-line editor: text, cursor, history. Keys in, clean text out; nothing is drawn here. */
#ifndef INETTOP_VIEW_PROMPT_H
#define INETTOP_VIEW_PROMPT_H

#include "base/strbuf.h"
#include "base/vec.h"
#include "view/keys.h"

#define PROMPT_MAX 1024

struct prompt_history {
	VEC(char *) lines; /* oldest first */
};

struct prompt {
	char text[PROMPT_MAX];		/* valid UTF-8 */
	size_t len, cursor;		/* bytes */
	struct prompt_history *history; /* may be NULL */
	size_t at;			/* line of the history shown, lines.len = the new one */
	char draft[PROMPT_MAX];
};

enum prompt_outcome { PROMPT_IGNORED, PROMPT_MOVED, PROMPT_CHANGED, PROMPT_DONE, PROMPT_CANCELLED };

/* Starts with a text (may be NULL) and the cursor behind it. */
void prompt_start(struct prompt *p, struct prompt_history *history, const char *text);

/* Emacs and arrow keys; Enter ends, Esc, Ctrl-C and Ctrl-G cancel. */
enum prompt_outcome prompt_key(struct prompt *p, struct key key);

/* Inserts raw text at the cursor: control bytes and invalid UTF-8 become blanks. */
void prompt_insert(struct prompt *p, const char *raw, size_t len);

void prompt_set(struct prompt *p, const char *text);

/* Remembers a line, unless it is empty or the last one again. */
void prompt_remember(struct prompt_history *history, const char *text);
void prompt_history_done(struct prompt_history *history);

#endif
