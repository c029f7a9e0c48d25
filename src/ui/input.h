/* What the user does, from ncurses to events of the app: keys, mouse, pasted text. */
#ifndef INETTOP_UI_INPUT_H
#define INETTOP_UI_INPUT_H

#include "base/strbuf.h"
#include "view/app.h"

/* Pasted text beyond this many bytes is dropped. */
#define INPUT_PASTE_MAX 65536

struct input {
	struct strbuf paste;
	bool pasting;     /* inside the brackets */
	int64_t paste_ms;     /* last byte of it */
	int click_x, click_y;
	int64_t click_ms; /* of the click before, -1 none */
};

/* After term_open(): also teaches ncurses the sequences that terminfo entries forget. */
void input_init(struct input *in);
void input_done(struct input *in);

/*
 * The next event that is there already; never waits longer than the escape delay. 1 with kind and
 * content of ret_event set (a paste is borrowed until the next call), 0 nothing usable was read
 * but there may be more, -EAGAIN nothing is there.
 */
int input_next(struct input *in, int64_t now_ms, struct app_event *ret_event);

/* The key of what get_wch() answered: status OK and a character, or KEY_CODE_YES and a code.
 * False when it is none of ours. */
bool input_key(int status, uint32_t value, struct key *ret_key);

/* The key of ncurses' name of a code beyond its own ("kUP5"). */
bool input_extended_key(const char *name, struct key *ret_key);

#endif
