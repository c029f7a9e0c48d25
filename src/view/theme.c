#include "view/theme.h"

#include <string.h>
#include <strings.h>

#define NONE (-1)
#define B STYLE_BOLD
#define D STYLE_DIM
#define R STYLE_REVERSE
#define U STYLE_UNDERLINE

/* Attributes without colour: every theme in mono, and the base of the colour columns. */
static const uint8_t mono[ROLE_COUNT] = {
	[ROLE_HEADER_VALUE] = B,
	[ROLE_TITLE] = R,
	[ROLE_TITLE_SORT] = R | B,
	[ROLE_TAB_ACTIVE] = R | B,
	[ROLE_SELECTED] = R,
	[ROLE_TAGGED] = B | U,
	[ROLE_NEW] = B,
	[ROLE_GONE] = D,
	[ROLE_STALE] = D,
	[ROLE_CHANGED] = U,
	[ROLE_MUTED] = D,
	[ROLE_ERROR] = B,
	[ROLE_WARNING] = B,
	[ROLE_KEY] = B,
	[ROLE_KEY_TEXT] = R,
	[ROLE_MATCH] = U | B,
	[ROLE_DIALOG_SELECTED] = R,
	[ROLE_LINK] = U,
	[ROLE_PROMPT] = B,
	[ROLE_METER] = B,
};

/* 16 colours on a dark ground: the user's palette. */
static const struct style dark16[ROLE_COUNT] = {
	[ROLE_NORMAL] = {NONE, NONE, 0},
	[ROLE_HEADER] = {6, NONE, 0},
	[ROLE_HEADER_VALUE] = {NONE, NONE, B},
	[ROLE_TITLE] = {0, 2, 0},
	[ROLE_TITLE_SORT] = {0, 6, 0},
	[ROLE_TAB] = {NONE, NONE, 0},
	[ROLE_TAB_ACTIVE] = {0, 6, 0},
	[ROLE_SELECTED] = {0, 6, 0},
	[ROLE_TAGGED] = {3, NONE, B},
	[ROLE_NEW] = {2, NONE, B},
	[ROLE_GONE] = {1, NONE, D},
	[ROLE_CHANGED] = {3, NONE, 0},
	[ROLE_STALE] = {NONE, NONE, D},
	[ROLE_WILDCARD] = {3, NONE, 0},
	[ROLE_PRIVILEGED] = {5, NONE, 0},
	[ROLE_CONTAINER] = {6, NONE, 0},
	[ROLE_MUTED] = {NONE, NONE, D},
	[ROLE_ERROR] = {1, NONE, B},
	[ROLE_WARNING] = {3, NONE, B},
	[ROLE_GOOD] = {2, NONE, 0},
	[ROLE_KEY] = {NONE, NONE, B},
	[ROLE_KEY_TEXT] = {0, 6, 0},
	[ROLE_STATUS] = {NONE, NONE, 0},
	[ROLE_PROMPT] = {NONE, NONE, B},
	[ROLE_MATCH] = {0, 3, 0},
	[ROLE_BOX] = {6, NONE, 0},
	[ROLE_DIALOG] = {NONE, NONE, 0},
	[ROLE_DIALOG_SELECTED] = {0, 6, 0},
	[ROLE_LINK] = {6, NONE, U},
	[ROLE_METER] = {2, NONE, 0},
};

/* Where a theme differs from dark16. */
struct change {
	uint8_t role;
	struct style style;
};

static const struct change dark256[] = {
	{ROLE_TITLE, {253, 238, 0}},	   {ROLE_TITLE_SORT, {16, 110, B}},
	{ROLE_TAB_ACTIVE, {16, 110, B}},   {ROLE_SELECTED, {16, 152, 0}},
	{ROLE_NEW, {114, NONE, B}},	   {ROLE_GONE, {131, NONE, D}},
	{ROLE_CHANGED, {179, NONE, 0}},	   {ROLE_WILDCARD, {180, NONE, 0}},
	{ROLE_PRIVILEGED, {176, NONE, 0}}, {ROLE_CONTAINER, {110, NONE, 0}},
	{ROLE_MUTED, {244, NONE, 0}},	   {ROLE_STALE, {244, NONE, 0}},
	{ROLE_KEY_TEXT, {253, 238, 0}},	   {ROLE_DIALOG_SELECTED, {16, 152, 0}},
	{ROLE_ERROR, {203, NONE, B}},
};

static const struct change light16[] = {
	{ROLE_HEADER, {4, NONE, 0}},	{ROLE_TITLE, {7, 4, B}},
	{ROLE_TITLE_SORT, {7, 5, B}},	{ROLE_TAB_ACTIVE, {7, 4, B}},
	{ROLE_SELECTED, {7, 4, B}},	{ROLE_TAGGED, {5, NONE, B}},
	{ROLE_CHANGED, {5, NONE, 0}},	{ROLE_WILDCARD, {5, NONE, 0}},
	{ROLE_CONTAINER, {4, NONE, 0}}, {ROLE_WARNING, {5, NONE, B}},
	{ROLE_KEY_TEXT, {7, 4, 0}},	{ROLE_MATCH, {7, 5, 0}},
	{ROLE_BOX, {4, NONE, 0}},	{ROLE_DIALOG_SELECTED, {7, 4, B}},
	{ROLE_LINK, {4, NONE, U}},	{ROLE_PRIVILEGED, {1, NONE, 0}},
};

static const struct change light256[] = {
	{ROLE_TITLE, {16, 252, 0}},	 {ROLE_TITLE_SORT, {231, 25, B}},
	{ROLE_TAB_ACTIVE, {231, 25, B}}, {ROLE_SELECTED, {16, 153, 0}},
	{ROLE_NEW, {28, NONE, B}},	 {ROLE_GONE, {124, NONE, 0}},
	{ROLE_CHANGED, {94, NONE, 0}},	 {ROLE_MUTED, {244, NONE, 0}},
	{ROLE_KEY_TEXT, {16, 252, 0}},	 {ROLE_DIALOG_SELECTED, {16, 153, 0}},
};

static const struct change contrast16[] = {
	{ROLE_HEADER, {NONE, NONE, B}},	    {ROLE_TITLE, {NONE, NONE, R | B}},
	{ROLE_TITLE_SORT, {0, 11, B}},	    {ROLE_TAB_ACTIVE, {0, 15, B}},
	{ROLE_SELECTED, {0, 15, B}},	    {ROLE_NEW, {10, NONE, B}},
	{ROLE_GONE, {9, NONE, B}},	    {ROLE_CHANGED, {11, NONE, B}},
	{ROLE_STALE, {NONE, NONE, 0}},	    {ROLE_MUTED, {NONE, NONE, 0}},
	{ROLE_WILDCARD, {11, NONE, 0}},	    {ROLE_PRIVILEGED, {13, NONE, B}},
	{ROLE_CONTAINER, {14, NONE, B}},    {ROLE_ERROR, {15, 1, B}},
	{ROLE_KEY_TEXT, {0, 15, 0}},	    {ROLE_BOX, {15, NONE, B}},
	{ROLE_DIALOG_SELECTED, {0, 15, B}}, {ROLE_LINK, {14, NONE, U | B}},
};

/* Blue and orange instead of green and red. */
static const struct change blind16[] = {
	{ROLE_TITLE, {7, 4, 0}},     {ROLE_NEW, {12, NONE, B}},
	{ROLE_GONE, {3, NONE, D}},   {ROLE_CHANGED, {NONE, NONE, U}},
	{ROLE_ERROR, {11, NONE, B}}, {ROLE_GOOD, {4, NONE, B}},
	{ROLE_METER, {4, NONE, B}},  {ROLE_PRIVILEGED, {NONE, NONE, B}},
};

static const struct change blind256[] = {
	{ROLE_NEW, {75, NONE, B}},	{ROLE_GONE, {172, NONE, 0}},
	{ROLE_CHANGED, {229, NONE, U}}, {ROLE_ERROR, {208, NONE, B}},
	{ROLE_GOOD, {75, NONE, 0}},	{ROLE_METER, {75, NONE, 0}},
	{ROLE_WARNING, {214, NONE, B}}, {ROLE_WILDCARD, {214, NONE, 0}},
};

struct change_set {
	const struct change *changes;
	size_t n;
};

#define SET(array)                                                                                 \
	{                                                                                          \
		array, sizeof(array) / sizeof(*(array))                                            \
	}

/* By theme: what 16 colours change, what 256 change on top of that. */
static const struct change_set sets[THEME_COUNT][2] = {
	[THEME_DEFAULT] = {{NULL, 0}, SET(dark256)},
	[THEME_LIGHT] = {SET(light16), SET(light256)},
	[THEME_CONTRAST] = {SET(contrast16), {NULL, 0}},
	[THEME_COLOURBLIND] = {SET(blind16), SET(blind256)},
};

static const char *const names[THEME_COUNT] = {
	[THEME_DEFAULT] = "default",
	[THEME_LIGHT] = "light",
	[THEME_MONO] = "mono",
	[THEME_CONTRAST] = "high-contrast",
	[THEME_COLOURBLIND] = "colour-blind",
};

static void apply(const struct change_set *set, enum role role, struct style *style)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->changes[i].role == role)
			*style = set->changes[i].style;
}

struct style theme_style(enum theme_id theme, enum theme_depth depth, enum role role)
{
	struct style style = {NONE, NONE, mono[role]};

	if (depth == DEPTH_MONO || theme == THEME_MONO)
		return style;
	style = dark16[role];
	apply(&sets[theme][0], role, &style);
	if (depth == DEPTH_256)
		apply(&sets[theme][1], role, &style);
	return style;
}

static const struct {
	const char *name;
	char letter;
} roles[ROLE_COUNT] = {
#define ROLE(sym, name, letter) [ROLE_##sym] = {name, letter},
#include "view/roles.def"
#undef ROLE
};

const char *role_name(unsigned role)
{
	return role < ROLE_COUNT ? roles[role].name : "?";
}

char role_letter(unsigned role)
{
	return role < ROLE_COUNT ? roles[role].letter : '?';
}

const char *theme_name(enum theme_id theme)
{
	return theme < THEME_COUNT ? names[theme] : "?";
}

int theme_by_name(const char *name, size_t len)
{
	for (int i = 0; i < THEME_COUNT; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], name, len))
			return i;
	return len == 11 && !strncasecmp(name, "color-blind", len) ? THEME_COLOURBLIND : -1;
}
