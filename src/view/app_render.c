/* Where the parts of the screen are, and the frame around them. */
#include <string.h>

#include "view/app_internal.h"

#define LEAST_COLS 20
#define LEAST_ROWS 4

void app_layout(const struct app *app, struct layout *ret)
{
	int rows = app->rows, below;

	ret->header_rows = rows >= 16 ? 3 : rows >= 8 ? 1 : 0;
	ret->bar_y = rows >= 8 ? rows - 1 : -1;
	ret->status_y = rows - (ret->bar_y >= 0 ? 2 : 1);
	ret->title_y = ret->header_rows;
	ret->table_y = ret->title_y + 1;
	below = ret->status_y;
	ret->table_rows = below > ret->table_y ? below - ret->table_y : 0;
}

static void draw_message(struct app *app, struct grid *g, int y)
{
	grid_put(g, y, 0, g->cols, app->message_role, strbuf_str(&app->message), app->message.len);
}

static void draw_status(struct app *app, struct grid *g, int y)
{
	if (app->ask != ASK_NOTHING)
		ask_draw(app, g, y);
	else if (app->jump_ms >= 0)
		grid_putf(g, y, 0, ROLE_PROMPT, "jump to %llu", (unsigned long long)app->jump);
	else if (app->message_until > app->mono_ms)
		draw_message(app, g, y);
	else
		status_draw(app, g, y);
}

static void draw_small(struct grid *g)
{
	grid_puts(g, 0, 0, ROLE_WARNING, "need 20x4");
}

void app_render(struct app *app, struct grid *grid)
{
	struct layout lay;

	grid->ascii = app->settings.ascii;
	grid_resize(grid, app->rows, app->cols);
	if (app->rows < LEAST_ROWS || app->cols < LEAST_COLS) {
		draw_small(grid);
		return;
	}
	app_layout(app, &lay);
	if (lay.header_rows)
		header_draw(app, grid, lay.header_rows);
	if (page_top(app))
		page_draw(app, grid, &lay);
	else
		table_draw(app, app_view(app), grid, &lay);
	draw_status(app, grid, lay.status_y);
	if (lay.bar_y >= 0)
		bar_draw(app, grid, lay.bar_y);
	if (app->n_dialogs)
		dialog_draw(app, grid);
}
