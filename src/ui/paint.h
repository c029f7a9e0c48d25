/* Puts a grid on the terminal through ncurses: only cells that differ from the frame before. */
#ifndef INETTOP_UI_PAINT_H
#define INETTOP_UI_PAINT_H

#include "view/grid.h"
#include "view/theme.h"

struct paint {
	struct cell *cells; /* the frame before */
	int rows, cols;     /* of it; 0 = draw everything */
	int theme;          /* enum theme_id in force, -1 none */
	unsigned attrs[ROLE_COUNT];
	short pairs[ROLE_COUNT];
	bool cursor;        /* shown now */
};

void paint_init(struct paint *p);
void paint_done(struct paint *p);

/* Draws the grid in the theme: one update of the terminal, queued, not sent. */
void paint_grid(struct paint *p, const struct grid *g, enum theme_id theme);

/* The next frame clears the terminal and draws everything. */
void paint_redraw(struct paint *p);

#endif
