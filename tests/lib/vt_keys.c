/* Keys, paste and mouse as a terminal sends them, in the mode the program asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vt_internal.h"

static const struct {
	const char *name;
	VTermKey key;
	VTermModifier mod;
} keys[] = {
	{"Up", VTERM_KEY_UP, VTERM_MOD_NONE},	     {"Down", VTERM_KEY_DOWN, VTERM_MOD_NONE},
	{"Left", VTERM_KEY_LEFT, VTERM_MOD_NONE},    {"Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE},
	{"PgUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE},  {"PgDn", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE},
	{"Home", VTERM_KEY_HOME, VTERM_MOD_NONE},    {"End", VTERM_KEY_END, VTERM_MOD_NONE},
	{"Ins", VTERM_KEY_INS, VTERM_MOD_NONE},	     {"Del", VTERM_KEY_DEL, VTERM_MOD_NONE},
	{"Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE},  {"Tab", VTERM_KEY_TAB, VTERM_MOD_NONE},
	{"S-Tab", VTERM_KEY_TAB, VTERM_MOD_SHIFT},   {"Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE},
	{"BS", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE},
};

static void press(struct vt *vt, VTermKey key, VTermModifier mod)
{
	vterm_keyboard_key(vt->term, key, mod);
	vt_flush_term(vt);
}

/* name: the inside of <...>. False if there is no such key. */
static bool press_named(struct vt *vt, const char *name)
{
	char control[2] = {'\033', '\0'};
	int number, end = 0;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(keys[i].name, name)) {
			press(vt, keys[i].key, keys[i].mod);
			return true;
		}
	}
	if (sscanf(name, "F%d%n", &number, &end) == 1 && !name[end] && number >= 1 &&
	    number <= 12) {
		press(vt, (VTermKey)VTERM_KEY_FUNCTION(number), VTERM_MOD_NONE);
	} else if (!strncmp(name, "C-", 2) && strlen(name) == 3) {
		control[0] = (char)(name[2] & 0x1f);
		vt_send(vt, control, 1);
	} else if (!strncmp(name, "M-", 2) && strlen(name) == 3) {
		control[1] = name[2];
		vt_send(vt, control, 2);
	} else if (!strcmp(name, "lt")) {
		vt_send(vt, "<", 1);
	} else {
		return false;
	}
	return true;
}

void vt_type(struct vt *vt, const char *text)
{
	char name[16];
	size_t len;

	while (*text) {
		if (*text != '<') {
			len = strcspn(text, "<");
			vt_send(vt, text, len);
			text += len;
			continue;
		}
		len = strcspn(text, ">");
		snprintf(name, sizeof(name), "%.*s", (int)len - 1, text + 1);
		if (text[len] != '>' || !press_named(vt, name)) {
			fprintf(stderr, "# vt_type: no key \"%s\"\n", text);
			abort();
		}
		text += len + 1;
	}
}

void vt_paste(struct vt *vt, const char *text)
{
	vterm_keyboard_start_paste(vt->term);
	vt_flush_term(vt);
	vt_send(vt, text, strlen(text));
	vterm_keyboard_end_paste(vt->term);
	vt_flush_term(vt);
}

void vt_mouse(struct vt *vt, int row, int col, int button)
{
	vterm_mouse_move(vt->term, row, col, VTERM_MOD_NONE);
	vterm_mouse_button(vt->term, button, true, VTERM_MOD_NONE);
	if (button < 4)
		vterm_mouse_button(vt->term, button, false, VTERM_MOD_NONE);
	vt_flush_term(vt);
}
