/* What the actions do: one function for each handler named in actions.def. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/humanise.h"
#include "view/app_internal.h"

static void act_move(struct app *app, int by)
{
	if (page_top(app))
		page_move(app, by);
	else
		view_move(app_view(app), by);
}

/* by: half pages. */
static void act_page(struct app *app, int by)
{
	int height = view_height(app);
	int step = by == 2 || by == -2 ? height - 1 : height / 2;

	if (step < 1)
		step = 1;
	act_move(app, by < 0 ? -step : step);
}

static void act_end(struct app *app, int direction)
{
	struct pane_view *view = app_view(app);

	if (page_top(app)) {
		page_end(app, direction);
		return;
	}
	view_move(view, direction < 0 ? -(int64_t)table_count(&view->table)
				      : (int64_t)table_count(&view->table));
	/* back at the top it is as it was at the start */
	if (direction < 0 && view->pane != PANE_EVENTS)
		view->moved = false;
}

static void act_scroll(struct app *app, int by)
{
	struct pane_view *view = app_view(app);

	if (page_top(app)) {
		page_scroll(app, by);
		return;
	}
	if (by == 2)
		view->scroll += 4;
	else
		view->scroll += by;
	if (by == -2 || view->scroll < 0)
		view->scroll = 0;
}

/* --- typed numbers --- */

static bool number_of(const struct app *app, const struct row *row, enum column_id col,
		      uint64_t *ret)
{
	struct value v;

	column_get(col, row, &app->lookup, &v);
	*ret = v.num;
	return v.type != VALUE_NONE && v.type != VALUE_PENDING;
}

/* Whether n starts with the digits of prefix. */
static bool starts_with(uint64_t n, uint64_t prefix)
{
	while (n > prefix)
		n /= 10;
	return n == prefix;
}

/* The line whose number is exactly `wanted`, else the first that starts with it. */
static uint32_t find_number(struct app *app, enum column_id col, uint64_t wanted)
{
	const struct table *t = &app_view(app)->table;
	uint32_t n = table_count(t), prefix = SLOT_NONE;
	uint64_t number;
	struct row row;

	for (uint32_t i = 0; i < n; i++) {
		if (table_line(t, i).head || !table_row(t, i, &row) ||
		    !number_of(app, &row, col, &number))
			continue;
		if (number == wanted)
			return i;
		if (prefix == SLOT_NONE && starts_with(number, wanted))
			prefix = i;
	}
	return prefix;
}

static void act_jump_key(struct app *app, uint32_t digit)
{
	struct pane_view *view = app_view(app);
	enum column_id col = pane_number_column(app->pane);
	uint32_t line;

	if (col == COL_COUNT) {
		app_say(app, ROLE_MUTED, "no number to jump to in this pane");
		return;
	}
	if (app->jump_ms < 0 || app->mono_ms - app->jump_ms >= JUMP_MS)
		app->jump = 0;
	app->jump_ms = app->mono_ms;
	if (app->jump < 100000000000ull)
		app->jump = app->jump * 10 + digit;
	line = find_number(app, col, app->jump);
	if (line == SLOT_NONE)
		return;
	view->moved = true;
	view_select(view, line);
}

static void act_jump(struct app *app, int arg)
{
	(void)app;
	(void)arg; /* act_jump_key() has the digit */
}

/* --- panes and pages --- */

static void act_section(struct app *app, int step)
{
	page_section_step(app, step);
}

static void act_pane_step(struct app *app, int step)
{
	app_show_pane(app, (enum pane)(((int)app->pane + step + PANE_COUNT) % PANE_COUNT));
}

static void act_pane(struct app *app, int pane)
{
	app_show_pane(app, (enum pane)pane);
}

static void act_open(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);
	struct row row;

	(void)arg;
	if (page_top(app))
		page_follow(app);
	else if (view_selected_row(view, &row))
		page_open_row(app, &row);
	else if (table_count(&view->table) && table_line(&view->table, view->cursor).head)
		table_fold(&view->table, view->selected, 0);
}

static void act_back(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);

	(void)arg;
	if (page_top(app))
		page_close(app);
	else if (view->search[0])
		view->search[0] = '\0';
	else
		app_say(app, ROLE_MUTED, "q quits");
}

/* --- find --- */

static void act_search(struct app *app, int arg)
{
	(void)arg;
	ask_start(app, ASK_SEARCH, NULL);
}

static void act_match(struct app *app, int step)
{
	if (page_top(app))
		page_search(app, step);
	else
		search_step(app, step);
}

static void act_filter(struct app *app, int arg)
{
	(void)arg;
	ask_start(app, ASK_FILTER, app_view(app)->filter_text);
}

static void act_clear(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);

	(void)arg;
	view->search[0] = '\0';
	view->follow = 0;
	view->by_user = false;
	hash_clear(&view->tags);
	view_drop_filters(view);
	app_say(app, ROLE_MUTED, "filter, search, follow and tags dropped");
}

static void act_wider(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);

	(void)arg;
	if (app->pane != PANE_PORTS) {
		app_say(app, ROLE_MUTED, "only Ports has more endpoints to show; A: all families");
		return;
	}
	view->all = !view->all;
	view_rematch(view);
	app_say(app, ROLE_MUTED, view->all ? "every endpoint" : "listeners only");
}

static void act_families(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);

	(void)arg;
	if (app->pane != PANE_SOCKETS && app->pane != PANE_PROCESSES) {
		app_say(app, ROLE_MUTED, "Sockets has all families, Processes all processes");
		return;
	}
	view->all_families = !view->all_families;
	view_rematch(view);
	if (app->pane == PANE_PROCESSES)
		app_say(app, ROLE_MUTED,
			view->all_families ? "all processes" : "processes with sockets");
	else
		app_say(app, ROLE_MUTED,
			view->all_families ? "all families" : "the usual families");
}

static void act_user(struct app *app, int arg)
{
	(void)arg;
	dialog_user_open(app);
}

/* --- order --- */

static void act_sort_step(struct app *app, int step)
{
	struct pane_view *view = app_view(app);
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	size_t n = view_columns(view, app->cols - 2, cols, SETTINGS_COLUMNS_MAX), at = 0;
	bool descending;
	enum column_id now = view_sort_column(view, &descending);

	if (!n)
		return;
	while (at < n && cols[at].col != now)
		at++;
	if (at == n)
		at = step > 0 ? 0 : n - 1;
	else
		at = (at + n + (size_t)step) % n;
	view_set_sort(view, cols[at].col, columns[cols[at].col].descending);
}

static void act_sort_list(struct app *app, int arg)
{
	(void)arg;
	dialog_sort_open(app);
}

static void act_reverse(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);
	bool descending;
	enum column_id col = view_sort_column(view, &descending);

	(void)arg;
	view_set_sort(view, col, !descending);
}

static const uint16_t sorts[3][PANE_COUNT] = {
	{COL_LOCAL_PORT, COL_LOCAL_PORT, COL_PID, COL_NETNS, COL_CONTAINER_NAME, COL_LOCAL_PORT},
	{COL_QUEUE, COL_QUEUE, COL_FDS, COL_SOCKET_COUNT, COL_PROCESSES, COL_COUNT},
	{COL_RX_RATE, COL_RX_RATE, COL_RX_RATE, COL_RX_RATE, COL_COUNT, COL_COUNT},
};

static void act_sort_by(struct app *app, int what)
{
	enum column_id col = sorts[what][app->pane];

	if (col == COL_COUNT || !column_in(col, app->pane))
		app_say(app, ROLE_MUTED, "no such column in this pane");
	else
		view_set_sort(app_view(app), col, columns[col].descending);
}

static const char *grouping_name(enum table_grouping grouping)
{
	static const char *const names[GROUPING_COUNT] = {
		[GROUPING_NONE] = "none",   [GROUPING_PROCESS] = "process",
		[GROUPING_UNIT] = "unit",   [GROUPING_CONTAINER] = "container",
		[GROUPING_NETNS] = "netns", [GROUPING_SERVICE] = "service",
		[GROUPING_TREE] = "tree",
	};

	return names[grouping];
}

static bool grouping_fits(enum pane pane, enum table_grouping grouping)
{
	if (grouping == GROUPING_NONE)
		return true;
	if (grouping == GROUPING_TREE)
		return pane == PANE_PROCESSES;
	if (pane == PANE_PROCESSES)
		return grouping != GROUPING_PROCESS && grouping != GROUPING_SERVICE;
	return pane == PANE_PORTS || pane == PANE_SOCKETS;
}

/* Processes begin with their tree, the others with the groups. */
static void act_group(struct app *app, int arg)
{
	static const uint8_t order[] = {GROUPING_NONE,	 GROUPING_TREE,	     GROUPING_PROCESS,
					GROUPING_UNIT,	 GROUPING_CONTAINER, GROUPING_NETNS,
					GROUPING_SERVICE};
	struct pane_view *view = app_view(app);
	size_t at = 0, n = sizeof(order);

	(void)arg;
	while (order[at] != view->table.grouping)
		at++;
	do
		at = (at + 1) % n;
	while (!grouping_fits(app->pane, order[at]));
	table_set_grouping(&view->table, order[at]);
	view->selected_head = false;
	view_settle(view);
	app_say(app, ROLE_MUTED, "groups: %s", grouping_name(order[at]));
}

static void act_fold(struct app *app, int how)
{
	struct pane_view *view = app_view(app);
	struct table *t = &view->table;
	struct table_line line;
	uint64_t key;

	if (t->grouping == GROUPING_NONE || !table_count(t)) {
		app_say(app, ROLE_MUTED, "t makes groups first");
		return;
	}
	if (!how) {
		table_fold_all(t);
		view_select(view, 0);
		return;
	}
	line = table_line(t, view->cursor);
	key = t->grouping == GROUPING_TREE ? t->ids[line.slot] : t->groups.data[line.group].key;
	table_fold(t, key, how);
	if (t->grouping != GROUPING_TREE && table_find(t, key, true) != SLOT_NONE)
		view_select(view, table_find(t, key, true));
	else
		view_select(view, view->cursor);
	view->moved = true;
}

/* --- tags and deeds --- */

static void flip_tag(struct pane_view *view, uint64_t id)
{
	if (!hash_del(&view->tags, id))
		hash_put(&view->tags, id, 1);
}

static void act_tag(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);
	struct row row;

	(void)arg;
	if (view_selected_row(view, &row)) {
		flip_tag(view, row_id(&row));
	} else if (table_count(&view->table)) {
		const struct table *t = &view->table;
		const struct table_group *group =
			&t->groups.data[table_line(t, view->cursor).group];

		for (uint32_t i = 0; i < group->count; i++)
			flip_tag(view, t->ids[t->members.data[group->start + i]]);
	}
	view_move(view, 1);
}

static void act_tag_process(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);
	const struct table *t = &view->table;
	const struct proc *proc;
	uint32_t n = 0;
	struct row row;

	(void)arg;
	if (!view_selected_row(view, &row))
		return;
	proc = fact_proc(&row);
	if (!proc) {
		app_say(app, ROLE_MUTED, "no process is known for this row");
		return;
	}
	for (size_t i = 0; i < t->order.len; i++) {
		struct row other;

		if (!row_at(t->snap, t->pane, t->order.data[i], &other) ||
		    fact_proc(&other) != proc)
			continue;
		hash_put(&view->tags, row_id(&other), 1);
		n++;
	}
	app_say(app, ROLE_MUTED, "%u row%s of %u tagged", n, n == 1 ? "" : "s", proc->r.pid);
}

static void act_untag(struct app *app, int arg)
{
	(void)arg;
	hash_clear(&app_view(app)->tags);
}

static void act_signal(struct app *app, int arg)
{
	(void)arg;
	dialog_signal_open(app);
}

static void act_destroy(struct app *app, int arg)
{
	(void)arg;
	dialog_destroy_open(app);
}

/* --- look --- */

static bool current_row(struct app *app, struct row *ret)
{
	return page_top(app) ? page_row(page_top(app), app, ret)
			     : view_selected_row(app_view(app), ret);
}

static void act_process_page(struct app *app, int environ)
{
	struct row row;

	if (current_row(app, &row))
		page_open_section(app, &row, environ ? "Environment" : "Descriptors");
}

static void act_long_command(struct app *app, int arg)
{
	(void)arg;
	app->settings.long_command = !app->settings.long_command;
	memset(app_view(app)->widths, 0, sizeof(app_view(app)->widths));
}

static bool has_port(const struct row *row)
{
	const struct sock *sock = row->obj;

	return row->pane == PANE_PORTS ||
	       (row->pane == PANE_SOCKETS && (PROTO_BIT(sock->r.proto) & PROTO_MASK_INET));
}

static void act_why(struct app *app, int arg)
{
	struct row row;

	(void)arg;
	if (current_row(app, &row) && has_port(&row))
		page_open_section(app, &row, "Why");
	else
		app_say(app, ROLE_MUTED, "why answers for a port or a socket");
}

static void act_baseline(struct app *app, int arg)
{
	bool on = !app->snap || app->snap->baseline_ms < 0;

	(void)arg;
	app_effect(app, EFFECT_BASELINE)->on = on;
	app_say(app, ROLE_MUTED,
		on ? "baseline: marks are against this moment" : "baseline dropped");
}

static void act_follow(struct app *app, int arg)
{
	struct pane_view *view = app_view(app);
	struct row row;

	(void)arg;
	if (view->follow) {
		view->follow = 0;
	} else if (view_selected_row(view, &row)) {
		view->follow = row_id(&row);
		view->moved = true;
	}
	app_say(app, ROLE_MUTED, view->follow ? "following this row" : "no longer following");
}

static void act_pause(struct app *app, int arg)
{
	(void)arg;
	app->paused = !app->paused;
	app_effect(app, EFFECT_PAUSE)->on = app->paused;
}

static void act_interval(struct app *app, int arg)
{
	char text[32];

	(void)arg;
	snprintf(text, sizeof(text), "%g", (double)app->settings.interval_ms / 1000.0);
	ask_start(app, ASK_INTERVAL, text);
}

static void act_names(struct app *app, int arg)
{
	static const char *const names[NAMES_COUNT] = {"numbers", "service names", "DNS names"};
	bool dns;

	(void)arg;
	app->settings.names = (uint8_t)((app->settings.names + 1) % NAMES_COUNT);
	dns = app->settings.names == NAMES_DNS;
	if (dns != app->dns_on)
		app_effect(app, EFFECT_DNS)->on = dns;
	app->dns_on = dns;
	if (page_top(app))
		page_refresh(page_top(app), app);
	app_say(app, ROLE_MUTED, "%s", names[app->settings.names]);
}

/* --- set up, take away --- */

static void act_columns(struct app *app, int arg)
{
	(void)arg;
	dialog_columns_open(app);
}

static void act_settings(struct app *app, int arg)
{
	(void)arg;
	dialog_settings_open(app);
}

static void act_save(struct app *app, int arg)
{
	struct strbuf out;
	struct effect *effect;

	(void)arg;
	strbuf_init(&out, 0);
	settings_write(&app->settings, &out);
	effect = app_effect(app, EFFECT_SAVE_SETTINGS);
	effect->text = app_text(app, strbuf_str(&out), out.len);
	effect->text_len = out.len;
	strbuf_done(&out);
}

static void act_copy(struct app *app, int arg)
{
	(void)arg;
	dialog_copy_open(app);
}

static void act_export(struct app *app, int arg)
{
	(void)arg;
	dialog_export_open(app);
}

static void act_command(struct app *app, int arg)
{
	(void)arg;
	ask_start(app, ASK_COMMAND, NULL);
}

/* --- program --- */

static void act_help(struct app *app, int arg)
{
	(void)arg;
	dialog_help_open(app);
}

static void act_redraw(struct app *app, int arg)
{
	(void)arg;
	app_effect(app, EFFECT_REDRAW);
	app_effect(app, EFFECT_RESCAN);
}

static void act_suspend(struct app *app, int arg)
{
	(void)arg;
	app_effect(app, EFFECT_SUSPEND);
}

static void act_close(struct app *app, int arg)
{
	(void)arg;
	if (page_top(app))
		page_close(app);
	else
		app_effect(app, EFFECT_QUIT);
}

static void act_quit(struct app *app, int arg)
{
	(void)arg;
	app_effect(app, EFFECT_QUIT);
}

static void act_vim_hint(struct app *app, int arg)
{
	(void)arg;
	app_say(app, ROLE_MUTED, "arrows move; vi keys: --keys=vim, or F2 (k sends a signal here)");
}

void app_do(struct app *app, enum action_id id, struct key key)
{
	static const struct {
		void (*handler)(struct app *app, int arg);
		int arg;
	} handlers[ACTION_COUNT] = {
#define ACTION(sym, id_, keys_, vim_, contexts_, group_, bar_, help_, handler_, arg_)              \
	[ACTION_##sym] = {act_##handler_, arg_},
#include "view/actions.def"
#undef ACTION
	};

	if (id != ACTION_JUMP)
		app->jump_ms = -1;
	if (app->readonly && (actions[id].contexts & ACTION_DEED))
		app_say(app, ROLE_WARNING,
			"--readonly: no signals, nothing is destroyed or written");
	else if (id == ACTION_JUMP && key.code >= '0' && key.code <= '9')
		act_jump_key(app, key.code - '0');
	else
		handlers[id].handler(app, handlers[id].arg);
}
