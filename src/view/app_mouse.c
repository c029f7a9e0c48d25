#include "view/app_internal.h"

static void click_title(struct app *app, int x)
{
	struct pane_view *view = app_view(app);
	enum column_id col = table_column_at(app, view, x);
	bool descending;

	if (col == COL_COUNT)
		return;
	if (view_sort_column(view, &descending) == col)
		view_set_sort(view, col, !descending);
	else
		view_set_sort(view, col, columns[col].descending);
}

static void click_bar(struct app *app, int x)
{
	enum action_id id = bar_action_at(app, x);

	if (id < ACTION_COUNT &&
	    (actions[id].contexts & (page_top(app) ? ACTION_PAGE : ACTION_TABLE)))
		app_do(app, id, (struct key){.code = KEYSYM_NONE});
}

/* Whether a line of the table or page is there; it is selected then. */
static bool click_line(struct app *app, int y, const struct layout *lay)
{
	struct pane_view *view = app_view(app);
	int64_t line = (int64_t)view->top + y - lay->table_y;

	if (page_top(app))
		return page_cursor_at(app, y - lay->table_y) != SLOT_NONE;
	if (line < 0 || line >= table_count(&view->table))
		return false;
	view_move(view, line - view->cursor);
	return true;
}

static void wheel(struct app *app, int by)
{
	app_do(app, by < 0 ? ACTION_UP : ACTION_DOWN, (struct key){.code = KEYSYM_NONE});
	app_do(app, by < 0 ? ACTION_UP : ACTION_DOWN, (struct key){.code = KEYSYM_NONE});
	app_do(app, by < 0 ? ACTION_UP : ACTION_DOWN, (struct key){.code = KEYSYM_NONE});
}

void mouse_handle(struct app *app, int x, int y, enum app_button button)
{
	struct layout lay;

	app_layout(app, &lay);
	if (dialog_top(app)) {
		dialog_mouse(app, x, y, button);
		return;
	}
	if (app->ask != ASK_NOTHING)
		return;
	if (button == APP_WHEEL_UP || button == APP_WHEEL_DOWN) {
		wheel(app, button == APP_WHEEL_UP ? -1 : 1);
		return;
	}
	if (y == lay.bar_y)
		click_bar(app, x);
	else if (y == 0 && lay.header_rows == 3 && header_pane_at(app, x) >= 0)
		app_show_pane(app, (enum pane)header_pane_at(app, x));
	else if (y == lay.title_y && !page_top(app))
		click_title(app, x);
	else if (y >= lay.table_y && y < lay.table_y + lay.table_rows && click_line(app, y, &lay) &&
		 button == APP_DOUBLE_CLICK)
		app_do(app, ACTION_OPEN, (struct key){.code = KEYSYM_NONE});
}
