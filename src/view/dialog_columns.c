/* The column chooser: which, in which order, how wide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "view/dialog.h"
#include "view/pen.h"

struct chooser {
	struct dialog base;
	enum pane pane;
	uint16_t cols[COL_COUNT]; /* of the pane, chosen ones first */
	uint8_t widths[COL_COUNT];
	bool chosen[COL_COUNT]; /* by position */
};

static void apply(struct app *app, const struct chooser *c)
{
	struct settings_pane *p = &app->settings.panes[c->pane];

	p->n_columns = 0;
	for (uint32_t i = 0; i < c->base.n && p->n_columns < SETTINGS_COLUMNS_MAX; i++)
		if (c->chosen[i])
			p->columns[p->n_columns++] =
				(struct settings_column){c->cols[i], c->widths[i]};
	app->panes[c->pane].scroll = 0;
	memset(app->panes[c->pane].widths, 0, sizeof(app->panes[c->pane].widths));
}

static void fill(struct app *app, struct chooser *c)
{
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	size_t n = view_columns(&app->panes[c->pane], app->cols - 2, cols, SETTINGS_COLUMNS_MAX);

	c->base.n = 0;
	memset(c->chosen, 0, sizeof(c->chosen));
	memset(c->widths, 0, sizeof(c->widths));
	for (size_t i = 0; i < n; i++) {
		c->chosen[c->base.n] = true;
		c->widths[c->base.n] = cols[i].width;
		c->cols[c->base.n++] = cols[i].col;
	}
	for (uint16_t col = 0; col < COL_COUNT; col++) {
		bool there = !column_in((enum column_id)col, c->pane);

		for (size_t i = 0; i < n; i++)
			there = there || cols[i].col == col;
		if (!there)
			c->cols[c->base.n++] = col;
	}
}

static void swap(struct chooser *c, uint32_t a, uint32_t b)
{
	uint16_t col = c->cols[a];
	uint8_t width = c->widths[a];
	bool chosen = c->chosen[a];

	c->cols[a] = c->cols[b];
	c->widths[a] = c->widths[b];
	c->chosen[a] = c->chosen[b];
	c->cols[b] = col;
	c->widths[b] = width;
	c->chosen[b] = chosen;
}

static void shift(struct chooser *c, int by)
{
	uint32_t at = c->base.cursor, to = at + (uint32_t)by;

	if ((by < 0 && at == 0) || to >= c->base.n)
		return;
	swap(c, at, to);
	c->base.cursor = to;
}

static void widen(struct chooser *c, int by)
{
	uint32_t at = c->base.cursor;
	int width = c->widths[at] ? c->widths[at] : columns[c->cols[at]].min_width + (by < 0);

	width += by;
	c->widths[at] = (uint8_t)(width < 1 ? 0 : width > 200 ? 200 : width);
}

static bool change(struct app *app, struct chooser *c, struct key key)
{
	switch (key.code) {
	case ' ':
	case KEYSYM_ENTER:
		c->chosen[c->base.cursor] = !c->chosen[c->base.cursor];
		return true;
	case '[':
	case '-':
		shift(c, -1);
		return true;
	case ']':
	case '+':
		shift(c, 1);
		return true;
	case '<':
	case KEYSYM_LEFT:
		widen(c, -1);
		return true;
	case '>':
	case KEYSYM_RIGHT:
		widen(c, 1);
		return true;
	case '=':
		app->settings.panes[c->pane].n_columns = 0;
		fill(app, c);
		return false;
	default:
		return false;
	}
}

static void columns_key(struct app *app, struct dialog *d, struct key key)
{
	struct chooser *c = (struct chooser *)d;

	if (dialog_list_key(d, key))
		return;
	if (dialog_is_cancel(key))
		dialog_close(app);
	else if (!key.mods && d->n && change(app, c, key))
		apply(app, c);
}

static void draw_column(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y, int x,
			int cols)
{
	struct chooser *c = (struct chooser *)d;
	const struct column *col = &columns[c->cols[i]];
	char line[256];

	(void)app;
	if (c->widths[i])
		snprintf(line, sizeof(line), "[%c] %-18s %3u  %s", c->chosen[i] ? 'x' : ' ',
			 col->id, c->widths[i], col->help);
	else
		snprintf(line, sizeof(line), "[%c] %-18s      %s", c->chosen[i] ? 'x' : ' ',
			 col->id, col->help);
	grid_put(g, y, x, cols, c->chosen[i] ? ROLE_DIALOG : ROLE_MUTED, line, strlen(line));
}

static void columns_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct area area;

	dialog_frame(app, g, "Columns", (int)d->n + 1, 70, &area);
	if (area.rows > 4) {
		struct pen pen = {g, area.y + area.rows - 1, area.x, area.x + area.cols};

		pen_choose(&pen, ROLE_MUTED,
			   "Space choose  [ ] move  < > width  = as before  Esc done",
			   "Space choose  [ ] move  = as before", "Space  [ ] move  =", NULL);
		area.rows--;
	}
	dialog_list(d, g, &area, draw_column, app);
}

static void columns_free(struct dialog *d)
{
	free(d);
}

void dialog_columns_open(struct app *app)
{
	static const struct dialog_ops ops = {
		.key = columns_key, .draw = columns_draw, .free = columns_free};
	struct chooser *c = xcalloc(1, sizeof(*c));

	c->base.ops = &ops;
	c->pane = app->pane;
	fill(app, c);
	dialog_push(app, &c->base);
}
