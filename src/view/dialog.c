#include "view/dialog.h"

#include <stdlib.h>
#include <string.h>

void dialog_push(struct app *app, struct dialog *dialog)
{
	if (app->n_dialogs == sizeof(app->dialogs) / sizeof(*app->dialogs))
		dialog_close(app);
	app->dialogs[app->n_dialogs++] = dialog;
}

struct dialog *dialog_top(const struct app *app)
{
	return app->n_dialogs ? app->dialogs[app->n_dialogs - 1] : NULL;
}

void dialog_close(struct app *app)
{
	struct dialog *d = dialog_top(app);

	if (!d)
		return;
	app->n_dialogs--;
	d->ops->free(d);
}

void dialog_key(struct app *app, struct key key)
{
	struct dialog *d = dialog_top(app);

	if (d)
		d->ops->key(app, d, key);
}

void dialog_paste(struct app *app, struct bytes raw)
{
	struct dialog *d = dialog_top(app);

	if (d && d->ops->paste)
		d->ops->paste(app, d, raw);
}

void dialog_tick(struct app *app)
{
	struct dialog *d = dialog_top(app);

	if (d && d->ops->tick)
		d->ops->tick(app, d);
}

void dialog_snapshot(struct app *app)
{
	struct dialog *d = dialog_top(app);

	if (d && d->ops->snapshot)
		d->ops->snapshot(app, d);
}

int64_t dialog_deadline(const struct app *app)
{
	const struct dialog *d = dialog_top(app);

	return d && d->ops->deadline ? d->ops->deadline(app, d) : -1;
}

void dialog_result(struct app *app, const struct app_result *result)
{
	for (size_t i = app->n_dialogs; i-- > 0;)
		if (app->dialogs[i]->ops->result) {
			app->dialogs[i]->ops->result(app, app->dialogs[i], result);
			return;
		}
}

void dialog_draw(struct app *app, struct grid *g)
{
	for (size_t i = 0; i < app->n_dialogs; i++) {
		g->cursor_x = g->cursor_y = -1;
		app->dialogs[i]->ops->draw(app, app->dialogs[i], g);
	}
}

bool dialog_is_cancel(struct key key)
{
	if (key.mods & KEYMOD_CTRL)
		return key.code == 'c' || key.code == 'g';
	return key.code == KEYSYM_ESC || key.code == 'q' || key.code == KEYSYM_F1 + 9;
}

void dialog_frame(struct app *app, struct grid *g, const char *title, int rows, int cols,
		  struct area *ret)
{
	(void)app;
	if (g->rows < 10 || g->cols < 36) {
		grid_fill(g, 0, 0, g->rows, g->cols, ROLE_DIALOG);
		grid_puts(g, 0, 0, ROLE_HEADER_VALUE, title);
		*ret = (struct area){1, 0, g->rows - 1, g->cols};
		return;
	}
	rows = rows + 2 > g->rows - 2 ? g->rows - 2 : rows + 2;
	cols = cols + 4 > g->cols - 2 ? g->cols - 2 : cols + 4;
	ret->y = (g->rows - rows) / 2;
	ret->x = (g->cols - cols) / 2;
	grid_box(g, ret->y, ret->x, rows, cols, ROLE_BOX, title);
	grid_fill(g, ret->y + 1, ret->x + 1, rows - 2, cols - 2, ROLE_DIALOG);
	*ret = (struct area){ret->y + 1, ret->x + 2, rows - 2, cols - 4};
}

void dialog_list(struct dialog *d, struct grid *g, const struct area *area,
		 void (*draw)(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y,
			      int x, int cols),
		 struct app *app)
{
	uint32_t rows = area->rows > 0 ? (uint32_t)area->rows : 1;

	d->list_y = area->y;
	d->list_x = area->x;
	d->list_rows = area->rows;
	d->list_cols = area->cols;
	if (d->cursor >= d->n)
		d->cursor = d->n ? d->n - 1 : 0;
	if (d->top > d->cursor)
		d->top = d->cursor;
	if (d->cursor >= d->top + rows)
		d->top = d->cursor - rows + 1;
	for (int i = 0; i < area->rows && d->top + (uint32_t)i < d->n; i++) {
		uint32_t at = d->top + (uint32_t)i;

		draw(app, d, at, g, area->y + i, area->x, area->cols);
		if (at == d->cursor)
			grid_paint(g, area->y + i, area->x, area->cols, ROLE_DIALOG_SELECTED);
	}
}

static void list_move(struct dialog *d, int64_t by)
{
	int64_t to = (int64_t)d->cursor + by;

	d->cursor = (uint32_t)(to < 0 || !d->n ? 0 : to >= d->n ? d->n - 1 : to);
}

bool dialog_list_key(struct dialog *d, struct key key)
{
	int page = d->list_rows > 1 ? d->list_rows - 1 : 10;

	if (key.mods)
		return false;
	switch (key.code) {
	case KEYSYM_UP:
		list_move(d, -1);
		return true;
	case KEYSYM_DOWN:
		list_move(d, 1);
		return true;
	case KEYSYM_PGUP:
		list_move(d, -page);
		return true;
	case KEYSYM_PGDN:
		list_move(d, page);
		return true;
	case KEYSYM_HOME:
		list_move(d, -(int64_t)d->n);
		return true;
	case KEYSYM_END:
		list_move(d, d->n);
		return true;
	default:
		return false;
	}
}

/* Clicks in the list of the box on top are keys to it. */
void dialog_mouse(struct app *app, int x, int y, enum app_button button)
{
	struct dialog *d = dialog_top(app);
	bool inside = d && x >= d->list_x && x < d->list_x + d->list_cols && y >= d->list_y &&
		      y < d->list_y + d->list_rows;

	if (button == APP_WHEEL_UP || button == APP_WHEEL_DOWN) {
		struct key key = {.code = button == APP_WHEEL_UP ? KEYSYM_UP : KEYSYM_DOWN};

		d->ops->key(app, d, key);
	} else if (inside && d->top + (uint32_t)(y - d->list_y) < d->n) {
		d->cursor = d->top + (uint32_t)(y - d->list_y);
		if (button == APP_DOUBLE_CLICK)
			d->ops->key(app, d, (struct key){.code = KEYSYM_ENTER});
	}
}
