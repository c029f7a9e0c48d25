/* The settings page: every name of settings.h with its value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "view/dialog.h"

struct page_of_settings {
	struct dialog base;
	bool editing;
	struct prompt prompt;
	const char *error; /* what was expected, or NULL */
};

/* The choice after `now` in "a|b|c". */
static void next_choice(const char *choices, const char *now, int step, char ret[64])
{
	const char *list[16], *at = choices;
	int n = 0, found = 0;

	while (at && n < 16) {
		size_t len = strcspn(at, "|");

		if (strlen(now) == len && !memcmp(at, now, len))
			found = n;
		list[n++] = at;
		at = at[len] ? at + len + 1 : NULL;
	}
	found = (found + step + n) % n;
	snprintf(ret, 64, "%.*s", (int)strcspn(list[found], "|"), list[found]);
}

static void set(struct app *app, struct page_of_settings *p, uint32_t i, const char *value)
{
	struct settings before = app->settings;

	p->error = NULL;
	if (settings_set(&app->settings, settings_get(&before, i, NULL), value, &p->error) == 0) {
		p->error = NULL;
		app_settings_changed(app, &before);
	}
}

static void change(struct app *app, struct page_of_settings *p, int step)
{
	const char *choices;
	struct strbuf now;
	char next[64];

	settings_help(p->base.cursor, &choices);
	strbuf_init(&now, 0);
	settings_get(&app->settings, p->base.cursor, &now);
	if (choices) {
		next_choice(choices, strbuf_str(&now), step, next);
		set(app, p, p->base.cursor, next);
	} else {
		p->editing = true;
		p->error = NULL;
		prompt_start(&p->prompt, &app->histories[ASK_SETTING], strbuf_str(&now));
	}
	strbuf_done(&now);
}

static void edit(struct app *app, struct page_of_settings *p, struct key key)
{
	switch (prompt_key(&p->prompt, key)) {
	case PROMPT_DONE:
		set(app, p, p->base.cursor, p->prompt.text);
		prompt_remember(&app->histories[ASK_SETTING], p->prompt.text);
		p->editing = p->error != NULL;
		break;
	case PROMPT_CANCELLED:
		p->editing = false;
		p->error = NULL;
		break;
	default:
		break;
	}
}

static void settings_key(struct app *app, struct dialog *d, struct key key)
{
	struct page_of_settings *p = (struct page_of_settings *)d;

	if (p->editing)
		edit(app, p, key);
	else if (dialog_list_key(d, key))
		p->error = NULL;
	else if (dialog_is_cancel(key))
		dialog_close(app);
	else if (key.code == KEYSYM_ENTER || key.code == ' ' || key.code == KEYSYM_RIGHT)
		change(app, p, 1);
	else if (key.code == KEYSYM_LEFT)
		change(app, p, -1);
	else if (key.code == 'W')
		app_do(app, ACTION_SAVE, key);
}

static void settings_paste(struct app *app, struct dialog *d, struct bytes raw)
{
	struct page_of_settings *p = (struct page_of_settings *)d;

	(void)app;
	if (p->editing)
		prompt_insert(&p->prompt, raw.ptr, raw.len);
}

static void draw_setting(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y,
			 int x, int cols)
{
	struct page_of_settings *p = (struct page_of_settings *)d;
	const char *choices, *help = settings_help(i, &choices);
	bool editing = p->editing && i == d->cursor;
	struct strbuf value;
	int at = x + (cols < 40 ? 10 : 19), used;

	strbuf_init(&value, 0);
	settings_get(&app->settings, i, &value);
	grid_put(g, y, x, at - x - 1, ROLE_DIALOG, settings_get(&app->settings, i, NULL),
		 strlen(settings_get(&app->settings, i, NULL)));
	if (editing)
		used = grid_put(g, y, at, x + cols - at, ROLE_PROMPT, p->prompt.text,
				p->prompt.len);
	else
		used = grid_put(g, y, at, x + cols - at, ROLE_HEADER_VALUE, strbuf_str(&value),
				value.len);
	if (!editing && at + used + 2 < x + cols)
		grid_put(g, y, at + (used > 12 ? used + 2 : 14), x + cols - at - 14, ROLE_MUTED,
			 help, strlen(help));
	if (editing) {
		g->cursor_y = y;
		g->cursor_x = at + (int)text_width(p->prompt.text, p->prompt.cursor);
	}
	strbuf_done(&value);
}

static void settings_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct page_of_settings *p = (struct page_of_settings *)d;
	const char *hint = "Enter changes  W saves  Esc done";
	struct area area;

	dialog_frame(app, g, "Settings", (int)d->n + 1, 70, &area);
	if (area.rows > 4) {
		if (p->error)
			hint = p->error;
		grid_put(g, area.y + area.rows - 1, area.x, area.cols,
			 p->error ? ROLE_ERROR : ROLE_MUTED, hint, strlen(hint));
		area.rows--;
	}
	dialog_list(d, g, &area, draw_setting, app);
}

static void settings_free(struct dialog *d)
{
	free(d);
}

void dialog_settings_open(struct app *app)
{
	static const struct dialog_ops ops = {.key = settings_key,
					      .draw = settings_draw,
					      .free = settings_free,
					      .paste = settings_paste};
	struct page_of_settings *p = xcalloc(1, sizeof(*p));

	p->base.ops = &ops;
	while (settings_get(&app->settings, p->base.n, NULL))
		p->base.n++;
	dialog_push(app, &p->base);
}
