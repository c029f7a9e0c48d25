/* Menus: choose one of a list. Sort column, user, what to copy, export format. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "view/dialog.h"
#include "view/export.h"
#include "view/json_row.h"

struct item {
	char *name, *value; /* clean; value may be NULL */
	uint64_t number;
};

typedef void choose_fn(struct app *app, const struct item *item);

struct menu {
	struct dialog base;
	const char *title;
	VEC(struct item) items;
	choose_fn *choose;
};

static void menu_free(struct dialog *d)
{
	struct menu *m = (struct menu *)d;

	for (size_t i = 0; i < m->items.len; i++) {
		free(m->items.data[i].name);
		free(m->items.data[i].value);
	}
	vec_done(&m->items);
	free(m);
}

/* A letter goes to the next item that begins with it. */
static void go_to_letter(struct menu *m, uint32_t letter)
{
	for (uint32_t i = 1; i <= m->base.n; i++) {
		uint32_t at = (m->base.cursor + i) % m->base.n;

		if ((unsigned char)m->items.data[at].name[0] == letter) {
			m->base.cursor = at;
			return;
		}
	}
}

static void choose(struct app *app, struct menu *m)
{
	struct item item = m->items.data[m->base.cursor];
	choose_fn *fn = m->choose;

	item.name = xstrdup(item.name);
	item.value = item.value ? xstrdup(item.value) : NULL;
	dialog_close(app);
	fn(app, &item);
	free(item.name);
	free(item.value);
}

static void menu_key(struct app *app, struct dialog *d, struct key key)
{
	struct menu *m = (struct menu *)d;

	if (dialog_list_key(d, key))
		return;
	if (dialog_is_cancel(key))
		dialog_close(app);
	else if (key.code == KEYSYM_ENTER && d->cursor < m->items.len)
		choose(app, m);
	else if (!key.mods && key.code < KEYSYM_NONE && d->n)
		go_to_letter(m, key.code);
}

static void draw_item(struct app *app, struct dialog *d, uint32_t i, struct grid *g, int y, int x,
		      int cols)
{
	const struct item *item = &((struct menu *)d)->items.data[i];
	struct strbuf cut;
	int used = grid_put(g, y, x, cols, ROLE_DIALOG, item->name, strlen(item->name));

	if (!item->value || cols < 24)
		return;
	if (used < 16)
		used = 16;
	strbuf_init(&cut, 0);
	text_fit(item->value, strlen(item->value), (size_t)(cols - used - 1), app_text_flags(app),
		 &cut);
	grid_put(g, y, x + used + 1, cols - used - 1, ROLE_MUTED, strbuf_str(&cut), cut.len);
	strbuf_done(&cut);
}

static void menu_draw(struct app *app, struct dialog *d, struct grid *g)
{
	struct menu *m = (struct menu *)d;
	struct area area;

	d->n = (uint32_t)m->items.len;
	dialog_frame(app, g, m->title, (int)d->n, 60, &area);
	dialog_list(d, g, &area, draw_item, app);
}

static struct menu *menu_new(struct app *app, const char *title, choose_fn *fn)
{
	static const struct dialog_ops ops = {
		.key = menu_key, .draw = menu_draw, .free = menu_free};
	struct menu *m = xcalloc(1, sizeof(*m));

	m->base.ops = &ops;
	m->title = title;
	m->choose = fn;
	dialog_push(app, &m->base);
	return m;
}

static void add(struct menu *m, const char *name, const char *value, uint64_t number)
{
	struct item item = {xstrdup(name), value ? xstrdup(value) : NULL, number};

	vec_push(&m->items, item);
	m->base.n++;
}

/* --- sort column --- */

static void choose_sort(struct app *app, const struct item *item)
{
	struct pane_view *view = app_view(app);
	bool descending;
	enum column_id now = view_sort_column(view, &descending);

	if (item->number == now)
		view_set_sort(view, now, !descending);
	else
		view_set_sort(view, (enum column_id)item->number, columns[item->number].descending);
}

static bool is_shown(const struct settings_column *cols, size_t n, enum column_id col)
{
	for (size_t i = 0; i < n; i++)
		if (cols[i].col == col)
			return true;
	return false;
}

void dialog_sort_open(struct app *app)
{
	struct menu *m = menu_new(app, "Sort by", choose_sort);
	struct pane_view *view = app_view(app);
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	size_t n = view_columns(view, app->cols - 2, cols, SETTINGS_COLUMNS_MAX);
	bool descending;
	enum column_id now = view_sort_column(view, &descending);

	for (size_t i = 0; i < n; i++)
		add(m, columns[cols[i].col].id, columns[cols[i].col].help, cols[i].col);
	for (int col = 0; col < COL_COUNT; col++)
		if (column_in((enum column_id)col, app->pane) &&
		    !is_shown(cols, n, (enum column_id)col))
			add(m, columns[col].id, columns[col].help, (uint64_t)col);
	for (uint32_t i = 0; i < m->items.len; i++)
		if (m->items.data[i].number == now)
			m->base.cursor = i;
}

/* --- user --- */

#define EVERYBODY UINT64_MAX

static void choose_user(struct app *app, const struct item *item)
{
	struct pane_view *view = app_view(app);

	view->by_user = item->number != EVERYBODY;
	view->user = (uint32_t)item->number;
	view_rematch(view);
}

static bool row_user(const struct row *row, uint32_t *ret)
{
	switch (row->pane) {
	case PANE_PORTS:
		*ret = ((const struct port *)row->obj)->uid;
		return true;
	case PANE_SOCKETS:
		*ret = ((const struct sock *)row->obj)->r.uid;
		return ((const struct sock *)row->obj)->r.have & REC_UID;
	case PANE_PROCESSES:
		*ret = ((const struct proc *)row->obj)->r.uid;
		return ((const struct proc *)row->obj)->r.have & PROC_HAVE_UID;
	default:
		return false;
	}
}

static int by_number(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

void dialog_user_open(struct app *app)
{
	struct menu *m;
	struct hash seen;
	struct row row;
	uint32_t uid;

	if (app->pane > PANE_PROCESSES) {
		app_say(app, ROLE_MUTED, "rows of this pane have no user");
		return;
	}
	m = menu_new(app, "Rows of which user?", choose_user);
	hash_init(&seen, 0x2127599bf4325c37u);
	for (uint32_t i = 0; app->snap && i < row_slots(app->snap, app->pane); i++) {
		const char *name;
		char number[16];

		if (!row_at(app->snap, app->pane, i, &row) || !row_user(&row, &uid) ||
		    !hash_put(&seen, uid, 1))
			continue;
		name = app->lookup.username ? app->lookup.username(app->lookup.ctx, uid) : NULL;
		snprintf(number, sizeof(number), "%u", uid);
		strbuf_reset(&app->scratch);
		if (name)
			text_clean(name, strlen(name), app_text_flags(app), &app->scratch);
		add(m, name ? strbuf_str(&app->scratch) : number, number, uid);
	}
	hash_done(&seen);
	if (m->items.len)
		qsort(m->items.data, m->items.len, sizeof(struct item), by_number);
	add(m, "everybody", NULL, EVERYBODY);
}

/* --- copy --- */

static void choose_copy(struct app *app, const struct item *item)
{
	struct effect *effect = app_effect(app, EFFECT_COPY);

	effect->text = app_text(app, item->value, strlen(item->value));
	effect->text_len = strlen(item->value);
	app_say(app, ROLE_MUTED, "%s copied", item->name);
}

static void quote(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			strbuf_adds(out, "'\\'");
		strbuf_addc(out, *text);
	}
	strbuf_addc(out, '\'');
}

static void add_columns_option(struct app *app, struct strbuf *out)
{
	const struct settings_pane *p = &app->settings.panes[app->pane];

	for (uint8_t i = 0; i < p->n_columns; i++)
		strbuf_addf(out, "%s%s", i ? "," : " -c ", columns[p->columns[i].col].id);
}

void app_view_command(struct app *app, struct strbuf *out)
{
	struct pane_view *view = app_view(app);
	const struct settings_pane *p = &app->settings.panes[app->pane];

	strbuf_adds(out, "inettop");
	if (app->pane != PANE_PORTS)
		strbuf_addf(out, " --pane %s", pane_name(app->pane));
	if (view->all)
		strbuf_adds(out, " -a");
	if (view->all_families && app->pane == PANE_SOCKETS)
		strbuf_adds(out, " -A all");
	if (view->by_user)
		strbuf_addf(out, " -u %u", view->user);
	add_columns_option(app, out);
	if (p->sort < COL_COUNT)
		strbuf_addf(out, " -s %s%s", p->descending ? "-" : "", columns[p->sort].id);
	if (view->base_text) {
		strbuf_addc(out, ' ');
		quote(out, view->base_text);
	}
	if (view->filter_text[0]) {
		strbuf_addc(out, ' ');
		quote(out, view->filter_text);
	}
}

static void add_cell(struct app *app, struct menu *m, const struct row *row, enum column_id col,
		     const char *name)
{
	struct strbuf text;
	struct value v;

	if (!column_in(col, row->pane))
		return;
	column_get(col, row, &app->lookup, &v);
	if (v.type == VALUE_NONE || v.type == VALUE_PENDING)
		return;
	strbuf_init(&text, 0);
	fact_cell(app, row, col, &text);
	add(m, name, strbuf_str(&text), 0);
	strbuf_done(&text);
}

static int to_strbuf(void *ctx, const void *mem, size_t len)
{
	strbuf_add(ctx, mem, len);
	return 0;
}

static void add_json(struct app *app, struct menu *m, const struct row *row)
{
	struct json_rows jr;
	struct strbuf text;
	struct sink sink;

	strbuf_init(&text, 0);
	sink_init(&sink, to_strbuf, &text);
	json_rows_init(&jr, &sink, row->pane, app->host, &app->lookup);
	jr.with_gone = true;
	json_rows_line(&jr, row);
	sink_flush(&sink);
	json_rows_done(&jr);
	sink_done(&sink);
	while (text.len && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	add(m, "row as JSON", strbuf_str(&text), 0);
	strbuf_done(&text);
}

void dialog_copy_open(struct app *app)
{
	struct menu *m = menu_new(app, "Copy", choose_copy);
	struct strbuf command;
	struct row row;
	bool found = page_top(app) ? page_row(page_top(app), app, &row)
				   : view_selected_row(app_view(app), &row);

	if (found) {
		add_cell(app, m, &row, COL_LOCAL, "address");
		add_cell(app, m, &row, COL_LOCAL_PORT, "port");
		add_cell(app, m, &row, COL_REMOTE, "remote");
		add_cell(app, m, &row, COL_PID, "pid");
		add_cell(app, m, &row, COL_CMDLINE, "command");
		add_json(app, m, &row);
	}
	strbuf_init(&command, 0);
	app_view_command(app, &command);
	add(m, "this view", strbuf_str(&command), 0);
	strbuf_done(&command);
}

/* --- export --- */

static void choose_export(struct app *app, const struct item *item)
{
	char name[64];

	snprintf(name, sizeof(name), "inettop-%s.%s", pane_name(app->pane), item->name);
	ask_start(app, ASK_EXPORT, name);
}

void dialog_export_open(struct app *app)
{
	struct menu *m = menu_new(app, "Write this view as", choose_export);

	add(m, "json", "one document, schema inettop/1", APP_JSON);
	add(m, "jsonl", "one object on a line", APP_JSONL);
	add(m, "csv", "with a header row", APP_CSV);
	add(m, "txt", "the table", APP_TXT);
}

int app_export(struct app *app, enum app_format format, struct sink *out)
{
	static const enum export_format formats[] = {
		[APP_JSON] = EXPORT_JSON,
		[APP_JSONL] = EXPORT_JSONL,
		[APP_CSV] = EXPORT_CSV,
		[APP_TXT] = EXPORT_TEXT,
	};
	struct pane_view *view = app_view(app);
	const struct table *t = &view->table;
	bool grouped = t->grouping != GROUPING_NONE;
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	enum column_id ids[SETTINGS_COLUMNS_MAX];
	struct export_view export = {.snap = app->snap,
				     .lookup = &app->lookup,
				     .host = app->host,
				     .pane = app->pane,
				     .slots = grouped ? t->members.data : t->order.data,
				     .n_slots = grouped ? t->members.len : t->order.len,
				     .cols = ids};

	export.n_cols = view_columns(view, app->cols - 2, cols, SETTINGS_COLUMNS_MAX);
	for (size_t i = 0; i < export.n_cols; i++)
		ids[i] = (enum column_id)cols[i].col;
	app_style(app, &export.style);
	export.style.export = true;
	if (app->snap)
		export_write(&export, formats[format], out);
	return sink_flush(out);
}
