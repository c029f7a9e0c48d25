/* The F-bar and the status line. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/app_internal.h"
#include "view/pen.h"

struct bar_item {
	enum action_id id;
	const char *label;
};

/* The action on an F key, for the bar: ACTION_COUNT = none. */
static enum action_id on_f_key(const struct app *app, uint32_t f)
{
	struct key key = {.code = KEYSYM_F1 + f - 1};
	enum action_id id = action_find(key, ACTION_TABLE, app->settings.vim);

	if (id < ACTION_COUNT && app->readonly && (actions[id].contexts & ACTION_DEED))
		return ACTION_COUNT;
	return id < ACTION_COUNT && *actions[id].bar ? id : ACTION_COUNT;
}

static const char *bar_label(struct app *app, enum action_id id)
{
	const struct pane_view *view = app_view(app);

	if (id == ACTION_FILTER && view->filter_text[0])
		return "FILTER";
	return actions[id].bar;
}

static int bar_width(const struct app *app)
{
	int width = app->cols / 10;

	return width < 8 ? 8 : width > 12 ? 12 : width;
}

enum action_id bar_action_at(const struct app *app, int x)
{
	int f = x / bar_width(app) + 1;

	return f >= 1 && f <= 10 ? on_f_key(app, (uint32_t)f) : ACTION_COUNT;
}

void bar_draw(struct app *app, struct grid *g, int y)
{
	int width = bar_width(app);

	for (int f = 1; f <= 10; f++) {
		enum action_id id = on_f_key(app, (uint32_t)f);
		struct pen pen = {g, y, (f - 1) * width, f * width};

		if (id == ACTION_COUNT || pen.end > g->cols)
			continue;
		pen_putf(&pen, ROLE_KEY, "F%d", f);
		grid_fill(g, y, pen.x, 1, pen.end - pen.x, ROLE_KEY_TEXT);
		pen_puts(&pen, ROLE_KEY_TEXT, bar_label(app, id));
	}
}

static void status_empty(struct app *app, struct pen *pen)
{
	struct pane_view *view = app_view(app);

	if (!app->snap)
		return;
	if (view->base_error)
		pen_putf(pen, ROLE_ERROR, "filter of the command line: %s; = drops it",
			 view->base_error);
	else if (view->filter_text[0] || view->base_text)
		pen_puts(pen, ROLE_MUTED, "nothing matches; = drops the filter");
	else
		pen_puts(pen, ROLE_MUTED, "nothing here");
}

void status_draw(struct app *app, struct grid *g, int y)
{
	struct pane_view *view = app_view(app);
	struct pen pen = {g, y, 0, g->cols};
	struct strbuf sentence;
	struct row row;
	bool found =
		page_top(app) ? page_row(page_top(app), app, &row) : view_selected_row(view, &row);

	if (hash_count(&view->tags))
		pen_putf(&pen, ROLE_TAGGED, "%zu tagged  ", hash_count(&view->tags));
	if (!found) {
		if (!table_count(&view->table) && !page_top(app))
			status_empty(app, &pen);
		return;
	}
	strbuf_init(&sentence, 0);
	sentence_row(&row, &app->lookup, &sentence);
	pen_raw(&pen, ROLE_STATUS, strbuf_str(&sentence), sentence.len);
	strbuf_done(&sentence);
}
