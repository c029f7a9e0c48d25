/* Draws one pane's table: titles, gutter, cells of the lines on screen, sums of groups. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view/app_internal.h"
#include "view/pen.h"

#define GUTTER 2
#define WIDE_ENOUGH 60
#define METER_CELLS 4
/* A group with more members than this shows its sums only for types that are cheap to add. */
#define SUM_MAX 200000u

struct placed {
	enum column_id col;
	int x, width;
};

struct drawing {
	struct app *app;
	struct pane_view *view;
	struct grid *g;
	struct placed cols[SETTINGS_COLUMNS_MAX];
	size_t n_cols;
};

static int clamp(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

static int widest(enum column_id col)
{
	return columns[col].max_width ? columns[col].max_width : WIDE_ENOUGH;
}

static int title_width(enum column_id col)
{
	return (int)strlen(columns[col].title);
}

/* The name of a port, local or remote, where names are wanted; NULL = it stays a number. */
static const char *service_of(const struct app *app, const struct row *row, uint64_t port)
{
	uint8_t proto = row->pane == PANE_PORTS	    ? ((const struct port *)row->obj)->proto
			: row->pane == PANE_SOCKETS ? ((const struct sock *)row->obj)->r.proto
			: row->pane == PANE_EVENTS  ? ((const struct event *)row->obj)->proto
						    : (uint8_t)PROTO_COUNT;

	if (app->settings.names == NAMES_NUMERIC || !app->lookup.service || !port ||
	    port > UINT16_MAX || proto >= PROTO_COUNT || !(PROTO_BIT(proto) & PROTO_MASK_INET))
		return NULL;
	return app->lookup.service(app->lookup.ctx, (uint16_t)port, proto);
}

/* The text of a cell as it is on screen, before it is cut. */
void fact_cell(const struct app *app, const struct row *row, enum column_id col, struct strbuf *out)
{
	struct value_style style;
	struct value v;
	const char *name = NULL;

	app_style(app, &style);
	column_get(col, row, &app->lookup, &v);
	if (v.type == VALUE_PORT)
		name = service_of(app, row, v.num);
	else if (v.type == VALUE_ENDPOINT)
		v.suffix = service_of(app, row, v.num);
	if (name)
		text_clean(name, strlen(name), app_text_flags(app), out);
	else
		value_text(&v, &style, out);
}

static const char *meter(const struct app *app, uint64_t fill, char buf[32])
{
	static const char *const utf8[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	uint64_t eighths = fill * METER_CELLS * 8 / 10000;
	size_t at = 0;

	for (uint64_t cell = 0; cell < METER_CELLS; cell++) {
		uint64_t part = eighths > cell * 8 ? eighths - cell * 8 : 0;

		if (app->settings.ascii)
			at += (size_t)snprintf(buf + at, 32 - at, "%s", part >= 4 ? "#" : ".");
		else
			at += (size_t)snprintf(buf + at, 32 - at, "%s", utf8[part > 8 ? 8 : part]);
	}
	return buf;
}

/* What a cell of this column shows: with `p` the whole command for the name of a process. */
static enum column_id shown_column(struct drawing *d, const struct row *row, enum column_id col)
{
	struct value v;

	if (!d->app->settings.long_command || (col != COL_OWNER && col != COL_PROCESS) ||
	    !column_in(COL_CMDLINE, d->view->pane))
		return col;
	column_get(COL_CMDLINE, row, &d->app->lookup, &v);
	return v.type == VALUE_NONE || v.type == VALUE_PENDING ? col : COL_CMDLINE;
}

static void cell_text(struct drawing *d, const struct row *row, enum column_id col,
		      struct strbuf *out)
{
	strbuf_reset(out);
	fact_cell(d->app, row, shown_column(d, row, col), out);
	if (col == COL_QUEUE && d->g->cols >= 120) {
		struct value v;
		char bar[32];

		column_get(col, row, &d->app->lookup, &v);
		if (v.type == VALUE_RATIO && v.max) {
			strbuf_addc(out, ' ');
			strbuf_adds(out, meter(d->app, value_fill(&v), bar));
		}
	}
}

static enum role cell_role(struct drawing *d, const struct row *row, enum column_id col)
{
	struct value v;

	if (col != COL_LOCAL_ADDR && col != COL_LOCAL_PORT && col != COL_CONTAINER_NAME &&
	    col != COL_QUEUE)
		return ROLE_NORMAL;
	column_get(col, row, &d->app->lookup, &v);
	if (v.type == VALUE_NONE)
		return ROLE_MUTED;
	if (col == COL_LOCAL_ADDR)
		return v.type == VALUE_ADDR && netaddr_is_any(&v.addr) ? ROLE_WILDCARD
								       : ROLE_NORMAL;
	if (col == COL_LOCAL_PORT)
		return v.num < 1024 ? ROLE_PRIVILEGED : ROLE_NORMAL;
	if (col == COL_QUEUE)
		return v.max && v.num > v.max	? ROLE_ERROR
		       : value_fill(&v) >= 8000 ? ROLE_WARNING
						: ROLE_NORMAL;
	return ROLE_CONTAINER;
}

/* --- where columns go --- */

static void see_width(struct drawing *d, enum column_id col, size_t columns_)
{
	uint16_t *seen = &d->view->widths[col];

	if (columns_ > *seen)
		*seen = (uint16_t)(columns_ > 200 ? 200 : columns_);
}

/* Looks at the lines on screen for the widths the cells want. They only grow, so that columns do
 * not jump while somebody scrolls. */
static void measure(struct drawing *d, int rows)
{
	uint32_t n = table_count(&d->view->table);

	for (int i = 0; i < rows; i++) {
		int64_t line = (int64_t)d->view->top + i;
		struct row row;

		if (line < 0 || line >= n || !table_row(&d->view->table, (uint32_t)line, &row))
			continue;
		for (size_t c = 0; c < d->n_cols; c++) {
			cell_text(d, &row, d->cols[c].col, &d->app->cell);
			see_width(d, d->cols[c].col,
				  text_width(strbuf_str(&d->app->cell), d->app->cell.len));
		}
	}
}

static int wanted(struct drawing *d, const struct placed *p)
{
	int want = clamp(d->view->widths[p->col], columns[p->col].min_width, widest(p->col));
	int title = title_width(p->col) + 1;

	return want < title ? title : want;
}

/* The last column without a bound takes what is left. */
static size_t stretchy(const struct drawing *d)
{
	size_t at = d->n_cols ? d->n_cols - 1 : 0;

	for (size_t i = 0; i < d->n_cols; i++)
		if (!columns[d->cols[i].col].max_width)
			at = i;
	return at;
}

/* Up to the widest text seen, or to the end of the line when nothing comes behind it. */
static void stretch(struct drawing *d, const bool *fixed, int room)
{
	size_t at = stretchy(d);
	struct placed *p = &d->cols[at];
	int more = d->view->widths[p->col] - p->width;

	if (fixed[at] || columns[p->col].align != ALIGN_LEFT)
		return;
	if (at + 1 == d->n_cols || more > room)
		more = room;
	if (more > 0)
		p->width += more;
}

static void grow_columns(struct drawing *d, const bool *fixed, int room)
{
	bool grew = true;

	while (room > 0 && grew) {
		grew = false;
		for (size_t i = 0; i < d->n_cols && room > 0; i++) {
			if (fixed[i] || d->cols[i].width >= wanted(d, &d->cols[i]))
				continue;
			d->cols[i].width++;
			room--;
			grew = true;
		}
	}
	if (d->n_cols && room > 0)
		stretch(d, fixed, room);
}

static void place_columns(struct drawing *d, int rows)
{
	struct settings_column chosen[SETTINGS_COLUMNS_MAX];
	bool fixed[SETTINGS_COLUMNS_MAX] = {false};
	int room = d->g->cols - GUTTER, x = GUTTER;
	size_t n, skip;

	n = view_columns(d->view, room, chosen, SETTINGS_COLUMNS_MAX);
	skip = d->view->scroll < (int)n ? (size_t)d->view->scroll : n ? n - 1 : 0;
	d->view->scroll = (int)skip;
	d->n_cols = 0;
	for (size_t i = skip; i < n; i++) {
		struct placed p = {.col = chosen[i].col};

		p.width = chosen[i].width	     ? chosen[i].width
			  : columns[p.col].min_width ? columns[p.col].min_width
						     : 6;
		if (room < p.width + 1 && d->n_cols)
			break;
		fixed[d->n_cols] = chosen[i].width != 0;
		if (p.width > room)
			p.width = room > 0 ? room : 1;
		room -= p.width + 1;
		d->cols[d->n_cols++] = p;
	}
	measure(d, rows);
	grow_columns(d, fixed, room + 1);
	for (size_t i = 0; i < d->n_cols; i++) {
		d->cols[i].x = x;
		x += d->cols[i].width + 1;
	}
}

/* --- lines --- */

static void draw_titles(struct drawing *d, int y)
{
	bool descending;
	enum column_id sort = view_sort_column(d->view, &descending);
	const char *arrow = d->g->ascii ? (descending ? "v" : "^") : descending ? "▼" : "▲";

	grid_fill(d->g, y, 0, 1, d->g->cols, ROLE_TITLE);
	for (size_t i = 0; i < d->n_cols; i++) {
		const struct placed *p = &d->cols[i];
		const struct column *col = &columns[p->col];
		int len = title_width(p->col) + (p->col == sort);
		int x = col->align == ALIGN_RIGHT && len < p->width ? p->x + p->width - len : p->x;
		struct pen pen = {d->g, y, x, p->x + p->width};
		enum role role = p->col == sort ? ROLE_TITLE_SORT : ROLE_TITLE;

		/* a narrow right-aligned title may lean into the blank before it */
		if (len == p->width + 1 && col->align == ALIGN_RIGHT)
			pen.x--;
		pen_puts(&pen, role, col->title);
		if (p->col == sort)
			pen_puts(&pen, role, arrow);
	}
}

static void put_cell(struct drawing *d, int y, const struct placed *p, enum role role,
		     const struct strbuf *text, int indent)
{
	enum text_flags flags = app_text_flags(d->app);
	struct strbuf cut;
	size_t used;
	int width = p->width - indent, x = p->x + indent;

	if (width <= 0)
		return;
	strbuf_init(&cut, 0);
	if (columns[p->col].type == VALUE_ADDR || columns[p->col].type == VALUE_ENDPOINT)
		used = text_fit_left(strbuf_str(text), text->len, (size_t)width, flags, &cut);
	else
		used = text_fit(strbuf_str(text), text->len, (size_t)width, flags, &cut);
	if (columns[p->col].align == ALIGN_RIGHT)
		x += width - (int)used;
	grid_put(d->g, y, x, width, role, strbuf_str(&cut), cut.len);
	strbuf_done(&cut);
}

static enum mark row_mark(const struct drawing *d, const struct row *row)
{
	const struct row_head *head = row_head(row);

	return head ? snapshot_mark(row->snap, head, d->app->mono_ms) : MARK_NONE;
}

static enum role line_role(const struct drawing *d, const struct row *row, bool tagged)
{
	static const enum role by_mark[] = {
		[MARK_NONE] = ROLE_NORMAL,
		[MARK_NEW] = ROLE_NEW,
		[MARK_CHANGED] = ROLE_CHANGED,
		[MARK_GONE] = ROLE_GONE,
	};
	enum mark mark = row_mark(d, row);
	const struct row_head *head = row_head(row);

	if (mark != MARK_NONE)
		return by_mark[mark];
	return head && head->stale ? ROLE_STALE : tagged ? ROLE_TAGGED : ROLE_NORMAL;
}

static void draw_gutter(struct drawing *d, int y, const struct row *row, enum role role,
			bool tagged)
{
	static const char marks[] = {
		[MARK_NONE] = ' ',
		[MARK_NEW] = '+',
		[MARK_CHANGED] = '~',
		[MARK_GONE] = '-',
	};
	const struct row_head *head = row_head(row);
	char change = marks[row_mark(d, row)];

	if (change == ' ' && head && head->stale)
		change = '?';
	grid_putf(d->g, y, 0, role, "%c%c", change,
		  tagged					      ? '*'
		  : d->view->follow && d->view->follow == row_id(row) ? '>'
								      : ' ');
}

static int indent_of(const struct drawing *d, const struct table_line *line)
{
	int depth = line->depth;

	if (d->view->table.grouping == GROUPING_NONE)
		return 0;
	return depth > 8 ? 16 : depth * 2;
}

static const char *fold_sign(const struct drawing *d, const struct table_line *line)
{
	if (!line->parent && !line->head)
		return "";
	if (d->g->ascii)
		return line->folded ? "+ " : "- ";
	return line->folded ? "▸ " : "▾ ";
}

/* The column that carries the tree in a grouped view: the last text column of those on screen that
 * names a process, else the first. */
static size_t tree_column(const struct drawing *d)
{
	for (size_t i = 0; i < d->n_cols; i++)
		if (d->cols[i].col == COL_PROCESS)
			return i;
	return 0;
}

static void draw_row(struct drawing *d, int y, const struct row *row, const struct table_line *line)
{
	bool tagged = hash_get(&d->view->tags, row_id(row), NULL);
	enum role role = line_role(d, row, tagged);
	bool tree = d->view->table.grouping == GROUPING_TREE;

	draw_gutter(d, y, row, role, tagged);
	for (size_t i = 0; i < d->n_cols; i++) {
		enum role cell = role == ROLE_NORMAL ? cell_role(d, row, d->cols[i].col) : role;
		int indent = tree && i == tree_column(d) ? indent_of(d, line) : 0;
		int sign = 0;

		cell_text(d, row, d->cols[i].col, &d->app->cell);
		if (tree && i == tree_column(d) && line->parent)
			sign = grid_puts(d->g, y, d->cols[i].x + indent, role, fold_sign(d, line));
		put_cell(d, y, &d->cols[i], cell, &d->app->cell, indent + sign);
	}
}

static bool is_summable(enum column_id col)
{
	switch (col) {
	case COL_CONNS:
	case COL_RECVQ:
	case COL_SENDQ:
	case COL_DROPS:
	case COL_LISTENERS:
	case COL_CONNECTIONS:
	case COL_FDS:
	case COL_RX_RATE:
	case COL_TX_RATE:
	case COL_RX_BYTES:
	case COL_TX_BYTES:
		return true;
	default:
		return false;
	}
}

static bool sum_members(struct drawing *d, const struct table_group *group, enum column_id col,
			struct value *ret)
{
	const struct table *t = &d->view->table;
	bool any = false;

	for (uint32_t i = 0; i < group->count && i < SUM_MAX; i++) {
		struct value v;
		struct row row;

		if (!row_at(t->snap, t->pane, t->members.data[group->start + i], &row))
			continue;
		column_get(col, &row, &d->app->lookup, &v);
		if (v.type == VALUE_NONE || v.type == VALUE_PENDING)
			continue;
		if (any)
			v.num += ret->num;
		*ret = v;
		any = true;
	}
	return any;
}

static void draw_sums(struct drawing *d, int y, const struct table_group *group, int from)
{
	struct value_style style;

	app_style(d->app, &style);
	for (size_t i = 0; i < d->n_cols; i++) {
		struct value v;

		if (d->cols[i].x < from || !is_summable(d->cols[i].col) ||
		    !sum_members(d, group, d->cols[i].col, &v))
			continue;
		strbuf_reset(&d->app->cell);
		value_text(&v, &style, &d->app->cell);
		put_cell(d, y, &d->cols[i], ROLE_HEADER_VALUE, &d->app->cell, 0);
	}
}

/* A service is shown by the cells of its first row; any other group by its name. */
static void draw_head(struct drawing *d, int y, const struct row *row,
		      const struct table_line *line)
{
	const struct table_group *group = &d->view->table.groups.data[line->group];
	struct pen pen = {d->g, y, GUTTER, d->g->cols};

	if (d->view->table.grouping == GROUPING_SERVICE) {
		draw_row(d, y, row, line);
		grid_putf(d->g, y, 0, ROLE_KEY, "%s",
			  d->g->ascii	 ? (line->folded ? "+" : "-")
			  : line->folded ? "▸"
					 : "▾");
		draw_sums(d, y, group, 0);
		return;
	}
	strbuf_reset(&d->app->scratch);
	table_group_name(&d->view->table, group, &d->app->scratch);
	pen_puts(&pen, ROLE_KEY, fold_sign(d, line));
	pen.end = d->g->cols / 2 > 24 ? d->g->cols / 2 - 8 : d->g->cols - 8;
	pen_raw(&pen, ROLE_HEADER_VALUE, strbuf_str(&d->app->scratch), d->app->scratch.len);
	pen.end = d->g->cols;
	pen_putf(&pen, ROLE_MUTED, " (%u)", group->count);
	draw_sums(d, y, group, pen.x + 1);
}

static void draw_line(struct drawing *d, int y, uint32_t index)
{
	struct table_line line = table_line(&d->view->table, index);
	struct row row;

	if (!table_row(&d->view->table, index, &row)) {
		grid_puts(d->g, y, GUTTER, ROLE_MUTED, "-");
		return;
	}
	if (line.head)
		draw_head(d, y, &row, &line);
	else
		draw_row(d, y, &row, &line);
}

static void begin(struct app *app, struct pane_view *view, struct grid *g, struct drawing *ret)
{
	if (view->width_seen != g->cols)
		memset(view->widths, 0, sizeof(view->widths));
	view->width_seen = g->cols;
	memset(ret, 0, sizeof(*ret));
	ret->app = app;
	ret->view = view;
	ret->g = g;
}

void table_draw(struct app *app, struct pane_view *view, struct grid *g, const struct layout *lay)
{
	struct drawing d;
	uint32_t n = table_count(&view->table);

	begin(app, view, g, &d);
	place_columns(&d, lay->table_rows);
	draw_titles(&d, lay->title_y);
	for (int i = 0; i < lay->table_rows; i++) {
		int64_t line = (int64_t)view->top + i;

		if (line < 0 || line >= n)
			continue;
		draw_line(&d, lay->table_y + i, (uint32_t)line);
		if (line == view->cursor)
			grid_paint(g, lay->table_y + i, 0, g->cols, ROLE_SELECTED);
	}
}

enum column_id table_column_at(struct app *app, struct pane_view *view, int x)
{
	struct drawing d;
	struct grid g = {.cols = app->cols, .rows = app->rows, .ascii = app->settings.ascii};

	begin(app, view, &g, &d);
	place_columns(&d, view_height(app));
	for (size_t i = 0; i < d.n_cols; i++)
		if (x >= d.cols[i].x && x < d.cols[i].x + d.cols[i].width + 1)
			return d.cols[i].col;
	return COL_COUNT;
}
