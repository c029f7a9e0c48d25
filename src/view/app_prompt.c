/* The prompts at the foot of the screen: search, filter, command line, interval, export path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/humanise.h"
#include "base/text.h"
#include "view/app_internal.h"
#include "view/pen.h"

void ask_start(struct app *app, enum ask ask, const char *text)
{
	struct pane_view *view = app_view(app);

	app->ask = ask;
	memset(&app->ask_error, 0, sizeof(app->ask_error));
	prompt_start(&app->prompt, &app->histories[ask], text);
	snprintf(app->ask_before, sizeof(app->ask_before), "%s",
		 ask == ASK_FILTER ? view->filter_text : view->search);
	app->ask_selected = view->selected;
	app->ask_cursor = view->cursor;
}

/* --- search --- */

static bool has_upper(const char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			return true;
	return false;
}

bool search_hit(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	bool exact = has_upper(word);

	for (size_t at = 0; n && at + n <= len; at++)
		if (exact ? !memcmp(text + at, word, n) : !strncasecmp(text + at, word, n))
			return true;
	return false;
}

/* Smart case, over the cells that are on screen. */
static bool line_matches(struct app *app, struct pane_view *view, uint32_t line)
{
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	size_t n;
	struct row row;

	if (!table_row(&view->table, line, &row))
		return false;
	if (table_line(&view->table, line).head) {
		struct table_line head = table_line(&view->table, line);

		strbuf_reset(&app->cell);
		table_group_name(&view->table, &view->table.groups.data[head.group], &app->cell);
		return search_hit(strbuf_str(&app->cell), app->cell.len, view->search);
	}
	n = view_columns(view, app->cols - 2, cols, SETTINGS_COLUMNS_MAX);
	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&app->cell);
		fact_cell(app, &row, cols[i].col, &app->cell);
		if (search_hit(strbuf_str(&app->cell), app->cell.len, view->search))
			return true;
	}
	return false;
}

static void search_from(struct pane_view *view, uint32_t origin, bool backwards)
{
	view->job = (struct search_job){
		.on = true, .backwards = backwards, .origin = origin, .found = SLOT_NONE};
}

void search_step(struct app *app, int step)
{
	struct pane_view *view = app_view(app);
	uint32_t n = table_count(&view->table), at = view->cursor;

	if (!view->search[0]) {
		app_say(app, ROLE_MUTED, "/ searches");
		return;
	}
	if (step && n)
		at = (at + (step < 0 ? n - 1 : 1)) % n;
	search_from(view, at, step < 0);
	search_work(app, SEARCH_SLICE);
}

void search_again(struct pane_view *view)
{
	if (view->job.on)
		search_from(view, view->cursor, false);
}

static void search_end(struct app *app, struct pane_view *view)
{
	view->job.on = false;
	if (view->job.hits)
		app_say(app, ROLE_MUTED, "match %u/%u", view->job.before + 1, view->job.hits);
	else
		app_say(app, ROLE_WARNING, "not found");
}

bool search_work(struct app *app, uint32_t lines)
{
	struct pane_view *view = app_view(app);
	struct search_job *job = &view->job;
	uint32_t n = table_count(&view->table);

	for (; job->on && job->done < n && lines > 0; lines--, job->done++) {
		uint32_t by = job->backwards ? n - job->done % n : job->done;
		uint32_t at = (job->origin + by) % n;

		if (!line_matches(app, view, at))
			continue;
		if (job->found == SLOT_NONE) {
			job->found = at;
			view->moved = true;
			view_select(view, at);
		}
		job->hits++;
		job->before += at < job->found;
	}
	if (job->on && job->done >= n)
		search_end(app, view);
	return job->on;
}

static void search_changed(struct app *app)
{
	struct pane_view *view = app_view(app);

	if (page_top(app)) {
		snprintf(view->search, sizeof(view->search), "%s", app->prompt.text);
		page_search(app, 0);
		app->message_until = 0;
		return;
	}
	snprintf(view->search, sizeof(view->search), "%s", app->prompt.text);
	view_select(view, app->ask_cursor);
	view->job.on = false;
	if (view->search[0])
		search_step(app, 0);
}

/* --- the others --- */

static void filter_changed(struct app *app)
{
	if (view_set_filter(app_view(app), app->prompt.text, &app->ask_error) == 0)
		memset(&app->ask_error, 0, sizeof(app->ask_error));
}

static void set_interval(struct app *app, const char *text)
{
	const char *error;

	if (settings_set(&app->settings, "interval", text, &error)) {
		app_say(app, ROLE_ERROR, "interval: %s", error);
		return;
	}
	app_effect(app, EFFECT_INTERVAL)->ms = app->settings.interval_ms;
}

static enum app_format format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && !strcmp(dot, ".json"))
		return APP_JSON;
	if (dot && !strcmp(dot, ".jsonl"))
		return APP_JSONL;
	return dot && !strcmp(dot, ".csv") ? APP_CSV : APP_TXT;
}

static void write_to(struct app *app, const char *path)
{
	struct effect *effect;

	if (app->readonly) {
		app_say(app, ROLE_WARNING, "--readonly: nothing is written");
		return;
	}
	if (!*path) {
		app_say(app, ROLE_ERROR, "a file name, ending in .json .jsonl .csv or .txt");
		return;
	}
	effect = app_effect(app, EFFECT_EXPORT);
	effect->text = app_text(app, path, strlen(path));
	effect->text_len = strlen(path);
	effect->format = format_of(path);
}

static void put_back(struct app *app)
{
	struct pane_view *view = app_view(app);
	struct app_filter_error error;

	if (app->ask == ASK_FILTER) {
		view_set_filter(view, app->ask_before, &error);
	} else if (app->ask == ASK_SEARCH) {
		snprintf(view->search, sizeof(view->search), "%s", app->ask_before);
		view->job.on = false;
		view_select(view, app->ask_cursor);
	}
}

static void accept(struct app *app)
{
	enum ask ask = app->ask;
	char text[PROMPT_MAX];

	snprintf(text, sizeof(text), "%s", app->prompt.text);
	if (ask == ASK_FILTER && app->ask_error.message[0])
		return;
	prompt_remember(&app->histories[ask], text);
	app->ask = ASK_NOTHING;
	/* the key after this one acts on what was found */
	while (ask == ASK_SEARCH && app_view(app)->job.on && app_view(app)->job.found == SLOT_NONE)
		search_work(app, SEARCH_SLICE);
	if (ask == ASK_COMMAND)
		command_run(app, text);
	else if (ask == ASK_INTERVAL)
		set_interval(app, text);
	else if (ask == ASK_EXPORT)
		write_to(app, text);
}

/* What was searched for becomes a filter. */
static void search_to_filter(struct app *app)
{
	struct pane_view *view = app_view(app);
	char text[PROMPT_MAX];

	if (page_top(app))
		return;
	snprintf(text, sizeof(text), "%s", app->prompt.text);
	view->search[0] = '\0';
	ask_start(app, ASK_FILTER, text);
	app->ask_before[0] = '\0';
	filter_changed(app);
}

static void changed(struct app *app)
{
	if (app->ask == ASK_SEARCH)
		search_changed(app);
	else if (app->ask == ASK_FILTER)
		filter_changed(app);
}

void ask_key(struct app *app, struct key key)
{
	if (key.code == KEYSYM_TAB && app->ask == ASK_SEARCH) {
		search_to_filter(app);
		return;
	}
	if (key.code == KEYSYM_TAB && app->ask == ASK_COMMAND) {
		command_complete(app);
		return;
	}
	switch (prompt_key(&app->prompt, key)) {
	case PROMPT_CHANGED:
		changed(app);
		break;
	case PROMPT_DONE:
		accept(app);
		break;
	case PROMPT_CANCELLED:
		put_back(app);
		app->ask = ASK_NOTHING;
		break;
	default:
		break;
	}
}

void ask_paste(struct app *app, struct bytes raw)
{
	prompt_insert(&app->prompt, raw.ptr, raw.len);
	changed(app);
}

/* --- drawing --- */

static const char *label(enum ask ask)
{
	static const char *const labels[] = {
		[ASK_NOTHING] = "",  [ASK_SEARCH] = "/",	   [ASK_FILTER] = "filter: ",
		[ASK_COMMAND] = ":", [ASK_INTERVAL] = "seconds: ", [ASK_EXPORT] = "write to: ",
	};

	return labels[ask];
}

static void draw_hint(struct app *app, struct grid *g, int y, int from)
{
	struct pen pen = {g, y, from + 2, g->cols};
	uint32_t at, all;

	if (app->ask == ASK_FILTER && app->ask_error.message[0]) {
		pen_puts(&pen, ROLE_ERROR, app->ask_error.message);
	} else if (app->ask == ASK_FILTER) {
		pen_putf(&pen, ROLE_MUTED, "%u rows", table_rows(&app_view(app)->table));
	} else if (app->ask == ASK_SEARCH && app->prompt.len && page_top(app)) {
		page_search_count(app, &at, &all);
		pen_putf(&pen, ROLE_MUTED, "%u/%u", at, all);
	} else if (app->ask == ASK_SEARCH && app->prompt.len) {
		const struct search_job *job = &app_view(app)->job;

		if (!job->on)
			pen_putf(&pen, ROLE_MUTED, "%u/%u", job->hits ? job->before + 1 : 0,
				 job->hits);
		pen_puts(&pen, ROLE_MUTED, "  Tab: filter");
	}
}

/* The bytes of the text that an error points at. */
static void mark_error(struct app *app, struct grid *g, int y, int x)
{
	const struct app_filter_error *error = &app->ask_error;
	size_t from = error->offset < app->prompt.len ? error->offset : app->prompt.len;
	size_t to = from + (error->len ? error->len : 1);
	int start, end;

	if (!error->message[0])
		return;
	if (to > app->prompt.len)
		to = app->prompt.len;
	start = (int)text_width(app->prompt.text, from);
	end = (int)text_width(app->prompt.text, to);
	grid_paint(g, y, x + start, end > start ? end - start : 1, ROLE_ERROR);
}

void ask_draw(struct app *app, struct grid *g, int y)
{
	struct text_slice slice;
	size_t skip = 0;
	int x = grid_puts(g, y, 0, ROLE_PROMPT, label(app->ask)), used;
	int room = g->cols - x - 1;

	text_clip_left(app->prompt.text, app->prompt.cursor, (size_t)(room > 0 ? room : 0), &slice);
	skip = slice.offset;
	used = grid_put(g, y, x, g->cols - x, ROLE_NORMAL, app->prompt.text + skip,
			app->prompt.len - skip);
	g->cursor_y = y;
	g->cursor_x = x + (int)slice.columns;
	if (!skip)
		mark_error(app, g, y, x);
	draw_hint(app, g, y, x + used);
}
