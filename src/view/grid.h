/*
 * A screen in memory: a grid of cells, each a character with its combining marks, a width and a
 * role. Panes, pages and dialogs draw into it; the screen layer paints it; tests compare its text.
 *
 * Everything is clipped to the grid. Text must be clean (base/text.h); a byte that is not is
 * replaced by '?'. A wide character is never cut: the half that has no room becomes a space.
 */
#ifndef INETTOP_VIEW_GRID_H
#define INETTOP_VIEW_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "view/theme.h"

/* One character of up to 4 bytes and two combining marks. */
#define GRID_CLUSTER_MAX 12

struct cell {
	char text[GRID_CLUSTER_MAX]; /* UTF-8, not NUL-terminated */
	uint8_t len;   /* bytes of text; 0 = right half of the wide character before it */
	uint8_t width; /* 1 or 2, 0 for a right half */
	uint8_t role;  /* enum role */
};

struct grid {
	struct cell *cells; /* rows * cols, line by line */
	int rows, cols;
	bool ascii;		/* boxes, bars and arrows in ASCII */
	int cursor_x, cursor_y; /* where the text cursor is, or -1 */
};

void grid_init(struct grid *g);
void grid_done(struct grid *g);

/* Sets the size (at least 1x1, at most 1000x1000) and blanks everything. */
void grid_resize(struct grid *g, int rows, int cols);
void grid_clear(struct grid *g);

/* The cell, or NULL when outside. */
const struct cell *grid_at(const struct grid *g, int y, int x);

/* Puts clean text at (y, x), at most `columns` of it. Returns the columns used. */
int grid_put(struct grid *g, int y, int x, int columns, enum role role, const char *text,
	     size_t len);
/* The same for a string; the whole rest of the line is its room. */
int grid_puts(struct grid *g, int y, int x, enum role role, const char *text);
/* printf into a line; what it formats must be clean. */
int grid_putf(struct grid *g, int y, int x, enum role role, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Fills with spaces of a role. */
void grid_fill(struct grid *g, int y, int x, int rows, int cols, enum role role);
/* Changes the role, keeps the text. */
void grid_paint(struct grid *g, int y, int x, int cols, enum role role);
/* A frame around rows x cols with a blank inside and a title (clean, may be NULL) in its top line.
 */
void grid_box(struct grid *g, int y, int x, int rows, int cols, enum role role, const char *title);

/* The text line by line, trailing blanks left off; with roles a second block, one role_letter()
 * for each cell. */
void grid_dump(const struct grid *g, bool roles, struct strbuf *out);

#endif
