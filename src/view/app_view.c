/* One pane as it is looked at: what is shown, where the selection is, which columns fit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/app_internal.h"

void view_init(struct app *app, enum pane pane)
{
	struct pane_view *view = &app->panes[pane];

	view->app = app;
	view->pane = pane;
	table_init(&view->table, pane);
	hash_init(&view->tags, 0x2127599bf4325c37u);
	view_rematch(view);
	view_apply_sort(view);
}

void view_done(struct pane_view *view)
{
	table_done(&view->table);
	filter_free(view->base);
	filter_free(view->filter);
	free(view->base_error);
	hash_done(&view->tags);
}

/* --- which rows --- */

static bool pane_shows_port(const struct pane_view *view, const struct port *p)
{
	return (p->is_listener || view->all) && (!view->by_user || p->uid == view->user);
}

static bool pane_shows_sock(const struct pane_view *view, const struct sock *s)
{
	uint32_t protos = view->all_families ? PROTO_MASK_ALL : view->app->settings.families;

	if (!(protos & PROTO_BIT(s->r.proto)))
		return false;
	return !view->by_user || ((s->r.have & REC_UID) && s->r.uid == view->user);
}

static bool pane_shows_proc(const struct pane_view *view, const struct proc *p)
{
	return (p->n_socks || view->all_families) && (!view->by_user || p->r.uid == view->user);
}

static bool pane_shows(const struct pane_view *view, const struct row *row)
{
	switch (view->pane) {
	case PANE_PORTS:
		return pane_shows_port(view, row->obj);
	case PANE_SOCKETS:
		return pane_shows_sock(view, row->obj);
	case PANE_PROCESSES:
		return pane_shows_proc(view, row->obj);
	default:
		return true;
	}
}

static bool shows(void *ctx, const struct row *row)
{
	struct pane_view *view = ctx;

	return pane_shows(view, row) && !view->base_error &&
	       (!view->base || filter_match(view->base, row, &view->app->lookup)) &&
	       (!view->filter || filter_match(view->filter, row, &view->app->lookup));
}

void view_rematch(struct pane_view *view)
{
	bool more;

	view->table.match_plain = !view->base && !view->filter;
	table_set_match(&view->table, shows, view,
			(view->base && filter_time_dependent(view->base)) ||
				(view->filter && filter_time_dependent(view->filter)));
	view_work(view, SLICE_ROWS, &more);
}

void view_drop_filters(struct pane_view *view)
{
	filter_free(view->base);
	filter_free(view->filter);
	free(view->base_error);
	view->base = view->filter = NULL;
	view->base_text = NULL;
	view->base_error = NULL;
	view->filter_text[0] = '\0';
	view_rematch(view);
}

int view_set_filter(struct pane_view *view, const char *text, struct app_filter_error *ret_error)
{
	struct filter *filter = NULL;
	int ret = 0;

	memset(ret_error, 0, sizeof(*ret_error));
	if (*text)
		ret = app_filter_parse(view->pane, text, view->app->filter_names, &filter,
				       ret_error);
	if (ret)
		return ret;
	filter_free(view->filter);
	view->filter = filter;
	snprintf(view->filter_text, sizeof(view->filter_text), "%s", text);
	view_rematch(view);
	return 0;
}

/* --- their order --- */

enum column_id view_sort_column(const struct pane_view *view, bool *ret_descending)
{
	*ret_descending = view->table.sort[0].descending;
	return view->table.sort[0].col;
}

/* The chosen column first, then the pane's own order. */
void view_apply_sort(struct pane_view *view)
{
	const struct settings_pane *chosen = &view->app->settings.panes[view->pane];
	size_t n_own, n = 0;
	const struct sort_key *own = pane_sort(view->pane, &n_own);
	struct sort_key keys[SORT_KEYS];
	bool more;

	if (chosen->sort < COL_COUNT && column_in(chosen->sort, view->pane))
		keys[n++] = (struct sort_key){chosen->sort, chosen->descending};
	for (size_t i = 0; i < n_own && n < SORT_KEYS; i++)
		if (!n || own[i].col != keys[0].col)
			keys[n++] = own[i];
	table_set_sort(&view->table, keys, n);
	view_work(view, SLICE_ROWS, &more);
}

void view_set_sort(struct pane_view *view, enum column_id col, bool descending)
{
	view->app->settings.panes[view->pane].sort = (uint16_t)col;
	view->app->settings.panes[view->pane].descending = descending;
	view_apply_sort(view);
}

void view_refresh(struct pane_view *view, const struct snapshot *previous)
{
	bool more;

	table_set_snapshot(&view->table, view->app->snap, previous);
	view_work(view, SLICE_ROWS * 4, &more);
}

void view_work(struct pane_view *view, uint32_t rows, bool *ret_more)
{
	bool news;

	if (!view->app->snap || !view->table.snap) {
		*ret_more = false;
		return;
	}
	news = !table_idle(&view->table);
	*ret_more = table_work(&view->table, &view->app->lookup, rows);
	if (*ret_more)
		return;
	view_settle(view);
	if (news)
		search_again(view);
}

/* --- the selection --- */

int view_height(const struct app *app)
{
	struct layout lay;

	app_layout(app, &lay);
	return lay.table_rows > 0 ? lay.table_rows : 1;
}

static void take_line(struct pane_view *view, uint32_t line)
{
	uint32_t n = table_count(&view->table);

	view->cursor = n && line >= n ? n - 1 : line;
	if (!n) {
		view->selected = 0;
		view->cursor = 0;
		return;
	}
	view->selected = table_line_id(&view->table, view->cursor);
	view->selected_head = table_line(&view->table, view->cursor).head;
}

static void clamp_top(struct pane_view *view)
{
	int64_t n = table_count(&view->table), height = view_height(view->app);
	int64_t top = view->top;

	if (top > n - height)
		top = n - height;
	if (top > view->cursor)
		top = view->cursor;
	if (top < (int64_t)view->cursor - height + 1)
		top = (int64_t)view->cursor - height + 1;
	view->top = top < 0 ? 0 : (int32_t)top;
}

void view_select(struct pane_view *view, uint32_t line)
{
	take_line(view, line);
	clamp_top(view);
}

void view_move(struct pane_view *view, int64_t by)
{
	int64_t n = table_count(&view->table);
	int64_t to = (int64_t)view->cursor + by;

	view->moved = true;
	if (view->pane == PANE_EVENTS)
		view->events_scrolled = to < n - 1;
	view_select(view, (uint32_t)(to < 0 ? 0 : to >= n ? (n ? n - 1 : 0) : to));
}

bool view_goto(struct pane_view *view, uint64_t id)
{
	uint32_t line = table_find(&view->table, id, false);

	if (line == SLOT_NONE)
		return false;
	view->moved = true;
	view_select(view, line);
	return true;
}

/* Where the view is without the user having moved: the top, the newest event. */
static void settle_unmoved(struct pane_view *view)
{
	uint32_t n = table_count(&view->table);

	view_select(view, view->pane == PANE_EVENTS && n ? n - 1 : 0);
}

void view_settle(struct pane_view *view)
{
	uint32_t line;
	int64_t height = view_height(view->app);
	int64_t on_screen = (int64_t)view->cursor - view->top;

	if (view->pane == PANE_EVENTS ? !view->events_scrolled && !view->follow
				      : !view->moved && !view->follow) {
		settle_unmoved(view);
		return;
	}
	line = view->follow ? table_find(&view->table, view->follow, false) : SLOT_NONE;
	if (line != SLOT_NONE) {
		view->selected = view->follow;
		view->selected_head = false;
	} else {
		line = table_find(&view->table, view->selected, view->selected_head);
	}
	if (line == SLOT_NONE) {
		view_select(view, view->cursor);
		return;
	}
	if (on_screen >= height)
		on_screen = height - 1;
	view->cursor = line;
	/* lines above the first are blank rather than that the row moves on screen */
	view->top = (int32_t)((int64_t)line - on_screen);
}

bool view_selected_row(const struct pane_view *view, struct row *ret_row)
{
	const struct table *t = &view->table;

	return view->cursor < table_count(t) && !table_line(t, view->cursor).head &&
	       table_row(t, view->cursor, ret_row);
}

/* --- columns --- */

#define NARROW 58 /* below this a pane shows its narrow columns */
#define VAST 198  /* from here on there is room for whole commands */

static uint8_t priority_for(int width)
{
	return width >= 150 ? 4 : width >= 110 ? 3 : width >= NARROW ? 2 : 1;
}

static int least_width(const struct settings_column *c)
{
	return c->width ? c->width : columns[c->col].min_width ? columns[c->col].min_width : 6;
}

/* Drops columns of the lowest priority from the right until the rest fits. */
static size_t fit(struct settings_column *cols, uint8_t *priorities, size_t n, int width)
{
	for (;;) {
		int sum = 0;
		size_t worst = 0;

		for (size_t i = 0; i < n; i++) {
			sum += least_width(&cols[i]) + 1;
			if (priorities[i] >= priorities[worst])
				worst = i;
		}
		if (sum <= width || n <= 1)
			return n;
		memmove(cols + worst, cols + worst + 1, (n - worst - 1) * sizeof(*cols));
		memmove(priorities + worst, priorities + worst + 1, n - worst - 1);
		n--;
	}
}

static bool worth_a_column(const struct pane_view *view, enum column_id col)
{
	const struct snapshot *snap = view->app->snap;

	if (col == COL_NETNS_NAME && view->pane != PANE_NAMESPACES)
		return snap && snap->counts.netns > 1;
	if (col == COL_CONTAINER_NAME && view->pane != PANE_CONTAINERS)
		return snap && snap->counts.containers > 0;
	return true;
}

size_t view_columns(const struct pane_view *view, int width, struct settings_column *ret,
		    size_t max)
{
	const struct settings_pane *chosen = &view->app->settings.panes[view->pane];
	uint8_t priorities[SETTINGS_COLUMNS_MAX];
	size_t n_own, n = 0;
	bool narrow = width < NARROW && !view->scroll;
	const struct pane_column *own =
		narrow ? pane_narrow_columns(view->pane, &n_own) : pane_columns(view->pane, &n_own);
	uint8_t limit = view->scroll || narrow ? 4 : priority_for(width);

	if (chosen->n_columns) {
		n = chosen->n_columns < max ? chosen->n_columns : max;
		memcpy(ret, chosen->columns, n * sizeof(*ret));
		return n;
	}
	for (size_t i = 0; i < n_own && n < max && n < SETTINGS_COLUMNS_MAX; i++) {
		uint8_t priority = own[i].priority;

		/* unix sockets tell most by who is at the other end */
		if (own[i].col == COL_PEER_COMM && view->all_families)
			priority = 3;
		if (priority > limit || !worth_a_column(view, own[i].col))
			continue;
		priorities[n] = priority;
		ret[n++] = (struct settings_column){.col = (uint16_t)own[i].col};
	}
	if (width >= VAST && column_in(COL_CMDLINE, view->pane) && n < max) {
		priorities[n] = 4;
		ret[n++] = (struct settings_column){.col = COL_CMDLINE};
	}
	return view->scroll ? n : fit(ret, priorities, n, width);
}

static uint64_t column_needs(enum pane pane, enum column_id col)
{
	uint64_t needs = columns[col].needs;

	/* the endpoint's number of connections is cheaper than the connections */
	if (pane == PANE_PORTS && (needs & NEED_CONNS))
		needs = (needs & ~NEED_CONNS) | NEED_CONN_COUNTS;
	return needs;
}

static uint64_t pane_needs(const struct pane_view *view)
{
	switch (view->pane) {
	case PANE_PORTS:
		return NEED_OWNERS | NEED_PROCS | (view->all ? NEED_BOUND | NEED_CONNS : 0);
	case PANE_SOCKETS:
		return NEED_OWNERS | NEED_PROCS | NEED_CONNS | NEED_BOUND;
	case PANE_PROCESSES:
		return NEED_OWNERS | NEED_PROCS | NEED_CONNS |
		       (view->all_families ? NEED_ALL_PROCS : 0);
	case PANE_NAMESPACES:
		return NEED_OWNERS | NEED_PROCS | NEED_NETNS_ADDRS | NEED_CONNS;
	case PANE_CONTAINERS:
		return NEED_OWNERS | NEED_PROCS | NEED_CONTAINERS;
	default:
		return NEED_OWNERS | NEED_PROCS;
	}
}

uint64_t view_rows_need(const struct app *app, enum pane pane)
{
	return pane_needs(&app->panes[pane]);
}

uint64_t view_needs(const struct pane_view *view)
{
	struct settings_column cols[SETTINGS_COLUMNS_MAX];
	size_t n = view_columns(view, view->app->cols - 2, cols, SETTINGS_COLUMNS_MAX);
	uint64_t needs = pane_needs(view);

	for (size_t i = 0; i < n; i++)
		needs |= column_needs(view->pane, cols[i].col) & ~NEED_QUEUES;
	for (uint8_t i = 0; i < view->table.n_sort; i++) {
		uint64_t sort = column_needs(view->pane, view->table.sort[i].col);

		needs |= sort & NEED_TCP_INFO ? sort | NEED_TCP_INFO_ALL : sort;
	}
	if (view->base)
		needs |= filter_needs(view->base);
	if (view->filter)
		needs |= filter_needs(view->filter);
	return needs;
}
