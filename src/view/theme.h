/*
 * What a cell means (its role) and how each theme shows it. The screen layer turns a style into the
 * attributes and colours of its terminal; nothing else knows colours.
 */
#ifndef INETTOP_VIEW_THEME_H
#define INETTOP_VIEW_THEME_H

#include <stddef.h>
#include <stdint.h>

enum role {
#define ROLE(sym, ...) ROLE_##sym,
#include "view/roles.def"
#undef ROLE
	ROLE_COUNT
};

enum theme_id {
	THEME_DEFAULT,
	THEME_LIGHT,
	THEME_MONO,
	THEME_CONTRAST,
	THEME_COLOURBLIND,
	THEME_COUNT
};

/* How many colours the terminal can and may show. */
enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_COUNT };

#define STYLE_BOLD 1u
#define STYLE_DIM 2u
#define STYLE_REVERSE 4u
#define STYLE_UNDERLINE 8u

/* fg, bg: -1 = the terminal's own, 0-7 ANSI, 8-15 bright (on 8 colours: 0-7 and bold), -255. */
struct style {
	int16_t fg, bg;
	uint8_t attrs; /* STYLE_* */
};

struct style theme_style(enum theme_id theme, enum theme_depth depth, enum role role);

const char *role_name(unsigned role);
/* The letter that stands for it in dumps of a grid. */
char role_letter(unsigned role);

/* "default", "light", "mono", "high-contrast", "colour-blind". */
const char *theme_name(enum theme_id theme);

/* -1 when unknown. "color-blind" is accepted. */
int theme_by_name(const char *name, size_t len);

#endif
