/*
 * What a user may choose and save: the settings page, the configuration file and the options set
 * the same names. No files here: text in, text out.
 */
#ifndef INETTOP_VIEW_SETTINGS_H
#define INETTOP_VIEW_SETTINGS_H

#include "base/strbuf.h"
#include "view/column.h"
#include "view/theme.h"

enum names_mode { NAMES_NUMERIC, NAMES_SERVICES, NAMES_DNS, NAMES_COUNT };

#define SETTINGS_COLUMNS_MAX 48
#define SETTINGS_TEXT_MAX 256

struct settings_column {
	uint16_t col;  /* enum column_id */
	uint8_t width; /* 0 = as the table thinks */
};

struct settings_pane {
	struct settings_column columns[SETTINGS_COLUMNS_MAX];
	uint8_t n_columns; /* 0 = the pane's own */
	uint16_t sort;	   /* enum column_id, COL_COUNT = the pane's own */
	bool descending;
};

struct settings {
	uint8_t theme; /* enum theme_id */
	uint8_t names; /* enum names_mode */
	bool vim, ascii, mouse, long_command;
	int64_t interval_ms, hold_ms;
	uint32_t families; /* PROTO_BIT mask shown by default */
	struct settings_pane panes[PANE_COUNT];
	char bell[SETTINGS_TEXT_MAX]; /* filter, "" = none */
};

void settings_default(struct settings *s);

/* Sets one by name. 0, or -EINVAL with a static text that says what was expected. */
int settings_set(struct settings *s, const char *name, const char *value, const char **ret_error);

/* The name of setting i, its value appended to out (which may be NULL); NULL past the end. */
const char *settings_get(const struct settings *s, size_t i, struct strbuf *out);

/* One line of help for setting i, and its choices separated by '|' or NULL for free text. */
const char *settings_help(size_t i, const char **ret_choices);

/* Appends every setting that differs from the default as "name = value" lines. */
void settings_write(const struct settings *s, struct strbuf *out);

#endif
