/* Writes one line of a grid from left to right, in pieces of different roles. */
#ifndef INETTOP_VIEW_PEN_H
#define INETTOP_VIEW_PEN_H

#include "view/grid.h"

struct pen {
	struct grid *grid;
	int y, x, end; /* next column, first column that is not ours */
};

/* What does not fit is left out; clean text. */
void pen_put(struct pen *pen, enum role role, const char *text, size_t len);
void pen_puts(struct pen *pen, enum role role, const char *text);
void pen_putf(struct pen *pen, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first of some texts that fits, else the last one, cut. The list ends with NULL. */
void pen_choose(struct pen *pen, enum role role, const char *first, ...)
	__attribute__((sentinel));

/* Clean text broken at blanks over at most `rows` lines from pen->y down, all as wide as the first.
 * Returns how many lines it took; rows 0 counts what it would take and draws nothing. */
int pen_wrap(const struct pen *pen, enum role role, const char *text, int rows);

/* Bars of the last `width` of n values, tallest = the greatest; ASCII where the grid is. */
void pen_spark(struct pen *pen, enum role role, const uint32_t *values, uint32_t n, int width);

/* Raw bytes, cleaned and cut with an ellipsis. */
void pen_raw(struct pen *pen, enum role role, const char *raw, size_t len);

#endif
