/*
 * Keys as the program knows them: a Unicode character or a named key, with modifiers. The screen
 * layer translates what its terminal library says into these; names are those of the documentation
 * ("Ctrl-D", "PgUp", "F10", "Alt-1", "Space", "n").
 */
#ifndef INETTOP_VIEW_KEYS_H
#define INETTOP_VIEW_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Above every Unicode character. F1 to F12 are consecutive. */
enum keysym {
	KEYSYM_NONE = 0x110000,
	KEYSYM_UP,
	KEYSYM_DOWN,
	KEYSYM_LEFT,
	KEYSYM_RIGHT,
	KEYSYM_PGUP,
	KEYSYM_PGDN,
	KEYSYM_HOME,
	KEYSYM_END,
	KEYSYM_ENTER,
	KEYSYM_ESC,
	KEYSYM_TAB,
	KEYSYM_BACKTAB,
	KEYSYM_BACKSPACE,
	KEYSYM_DELETE,
	KEYSYM_INSERT,
	KEYSYM_F1,
	KEYSYM_F12 = KEYSYM_F1 + 11,
	KEYSYM_LAST
};

#define KEYMOD_CTRL 1u /* with a letter: always the lower case one */
#define KEYMOD_ALT 2u

struct key {
	uint32_t code; /* character or enum keysym */
	uint8_t mods;  /* KEYMOD_*; Shift is part of the character, or KEYSYM_BACKTAB */
};

#define KEYS_NAME_MAX 24

/* Writes the name of a key. Returns buf. */
const char *keys_name(struct key key, char buf[KEYS_NAME_MAX]);

/* Reads one name; -EINVAL. */
int keys_parse(const char *name, size_t len, struct key *ret_key);

/* The next key of a blank separated list, moving *list on; false at its end. */
bool keys_next(const char **list, struct key *ret_key);

bool keys_equal(struct key a, struct key b);

#endif
