/* The lines above the table: panes, counts, what is missing. */
#include <string.h>

#include "base/humanise.h"
#include "base/text.h"
#include "model/names.h"
#include "view/app_internal.h"
#include "view/pen.h"

#define SPARK_WIDTH 12
#define SPARK_LEAST 4
/* "new 12/s " and " gone 12/s " */
#define FLOWS_WIDTH 20

static const char *const pane_titles[PANE_COUNT] = {
	[PANE_PORTS] = "Ports",		  [PANE_SOCKETS] = "Sockets",
	[PANE_PROCESSES] = "Processes",	  [PANE_NAMESPACES] = "Namespaces",
	[PANE_CONTAINERS] = "Containers", [PANE_EVENTS] = "Events",
};

/* Full titles need 68 columns, else their first four letters. */
static int tab_width(const struct app *app, int pane)
{
	int len = (int)strlen(pane_titles[pane]);

	return app->cols >= 68 ? len : len < 4 ? len : 4;
}

int header_pane_at(const struct app *app, int x)
{
	int at = 1;

	for (int i = 0; i < PANE_COUNT; i++) {
		int width = tab_width(app, i);

		if (x >= at - 1 && x < at + width + 1)
			return i;
		at += width + 2;
	}
	return -1;
}

static void draw_tabs(struct app *app, struct pen *pen)
{
	for (int i = 0; i < PANE_COUNT; i++) {
		enum role role = i == (int)app->pane ? ROLE_TAB_ACTIVE : ROLE_TAB;

		pen_puts(pen, role, i == (int)app->pane ? "[" : " ");
		pen_put(pen, role, pane_titles[i], (size_t)tab_width(app, i));
		pen_puts(pen, role, i == (int)app->pane ? "]" : " ");
	}
}

/* What is not as usual, then the host; the host gives way. */
static void draw_corner(struct app *app, struct grid *g, int from)
{
	struct strbuf banner, host;
	int width, end = g->cols;

	strbuf_init(&banner, 0);
	strbuf_init(&host, 0);
	if (app->paused)
		strbuf_adds(&banner, "PAUSED");
	if (app->snap && app->snap->baseline_ms >= 0) {
		char buf[HUMANISE_MAX];

		humanise_duration(buf, app->mono_ms > app->snap->baseline_ms
					       ? (uint64_t)(app->mono_ms - app->snap->baseline_ms)
					       : 0);
		strbuf_addf(&banner, "%sBASELINE %s", banner.len ? " " : "", buf);
	}
	text_clean(app->host, strlen(app->host), app_text_flags(app), &host);
	width = (int)text_width(strbuf_str(&host), host.len);
	if (width + (int)banner.len + 2 < end - from) {
		grid_puts(g, 0, end - width, ROLE_HEADER, strbuf_str(&host));
		end -= width + 1;
	}
	if ((int)banner.len <= end)
		grid_puts(g, 0, end - (int)banner.len, ROLE_WARNING, strbuf_str(&banner));
	strbuf_done(&banner);
	strbuf_done(&host);
}

static void put_count(struct pen *pen, const char *name, uint64_t n, enum role role)
{
	char buf[HUMANISE_MAX];

	pen_putf(pen, ROLE_HEADER, "%s ", name);
	pen_putf(pen, role, "%s  ", humanise_count(buf, n));
}

static uint32_t other_states(const struct counts *c)
{
	uint32_t n = 0;

	for (int i = 0; i < STATE_COUNT; i++)
		if (i != STATE_ESTABLISHED && i != STATE_LISTEN && i != STATE_TIME_WAIT &&
		    i != STATE_CLOSE_WAIT && i != STATE_UNCONN)
			n += c->by_state[i];
	return n;
}

/* A count of the last second and how it went before; no bars where there is no room for four. */
static void draw_flow(struct pen *pen, const char *name, const uint32_t *ring, uint32_t n,
		      enum role role, int width)
{
	char buf[HUMANISE_MAX];

	pen_putf(pen, ROLE_HEADER, "%s ", name);
	pen_putf(pen, role, "%s", humanise_count(buf, ring[SPARK_MAX - 1]));
	pen_puts(pen, ROLE_HEADER, "/s ");
	if (width >= SPARK_LEAST)
		pen_spark(pen, ROLE_METER, ring + SPARK_MAX - n, n, width);
}

static void draw_counts(struct app *app, struct pen *pen)
{
	const struct counts *c = &app->snap->counts;
	bool wide = app->cols >= 110;
	int width;

	put_count(pen, "listen", c->listeners, ROLE_HEADER_VALUE);
	put_count(pen, "estab", c->by_state[STATE_ESTABLISHED], ROLE_HEADER_VALUE);
	put_count(pen, wide ? "time-wait" : "tw", c->by_state[STATE_TIME_WAIT], ROLE_HEADER_VALUE);
	put_count(pen, wide ? "close-wait" : "cw", c->by_state[STATE_CLOSE_WAIT],
		  ROLE_HEADER_VALUE);
	put_count(pen, "other", other_states(c), ROLE_HEADER_VALUE);
	width = (pen->end - pen->x - FLOWS_WIDTH) / 2;
	if (width > SPARK_WIDTH)
		width = SPARK_WIDTH;
	draw_flow(pen, "new", app->born, app->n_spark, ROLE_NEW, width);
	pen_puts(pen, ROLE_HEADER, " ");
	draw_flow(pen, "gone", app->died, app->n_spark, ROLE_GONE, width);
}

static uint64_t tick_us(const struct tick_stats *stats)
{
	uint64_t us = 0;

	for (int i = 0; i < PHASE_COUNT; i++)
		us += stats->cpu_us[i];
	return us;
}

static void draw_stats(struct app *app, struct pen *pen)
{
	static const char *const phases[PHASE_COUNT] = {"dump",	    "owners", "procs",
							"snapshot", "view",   "paint"};
	const struct tick_stats *st = &app->snap->stats;

	pen_putf(pen, ROLE_HEADER, "%s+%s ", st->source ? st->source : "?",
		 st->owner_source ? st->owner_source : "?");
	for (int i = 0; i < PHASE_COUNT; i++)
		pen_putf(pen, ROLE_HEADER, "%s %.1f ", phases[i], (double)st->wall_us[i] / 1000.0);
	pen_putf(pen, ROLE_HEADER, "ms  %u sockets  %llu MiB", st->sockets,
		 (unsigned long long)(st->rss_kib / 1024));
}

/* The filters in force; at most a third of the line, what follows matters too. */
static void draw_filter(struct app *app, struct pen *pen)
{
	struct pane_view *view = app_view(app);
	int end = pen->end, most = pen->x + app->cols / 3;

	if (!view->filter_text[0] && !view->base_text)
		return;
	pen->end = most < end ? most : end;
	pen_puts(pen, ROLE_HEADER, "filter ");
	if (view->base_text)
		pen_raw(pen, view->base_error ? ROLE_ERROR : ROLE_WARNING, view->base_text,
			strlen(view->base_text));
	if (view->base_text && view->filter_text[0])
		pen_puts(pen, ROLE_WARNING, " ");
	pen_raw(pen, ROLE_WARNING, view->filter_text, strlen(view->filter_text));
	pen->end = end;
	pen_puts(pen, ROLE_HEADER, "  ");
}

static void draw_user(struct app *app, struct pen *pen, uint32_t uid)
{
	const char *name = app->lookup.username ? app->lookup.username(app->lookup.ctx, uid) : NULL;

	pen_puts(pen, ROLE_HEADER, "user ");
	if (name)
		pen_raw(pen, ROLE_WARNING, name, strlen(name));
	else
		pen_putf(pen, ROLE_WARNING, "%u", uid);
	pen_puts(pen, ROLE_HEADER, "  ");
}

static void draw_view_state(struct app *app, struct pen *pen)
{
	struct pane_view *view = app_view(app);
	bool descending;
	enum column_id col = view_sort_column(view, &descending);

	pen_putf(pen, ROLE_HEADER, "%u/%u  ", table_rows(&view->table), view->table.total);
	pen_putf(pen, ROLE_HEADER, "sort %s%s  ", descending ? "-" : "", columns[col].id);
	draw_filter(app, pen);
	if (view->by_user)
		draw_user(app, pen, view->user);
	if (view->all)
		pen_puts(pen, ROLE_HEADER, "all  ");
	if (view->follow)
		pen_puts(pen, ROLE_HEADER, "follow  ");
}

/* The first limit that a note tells. */
static void draw_note(struct app *app, struct pen *pen)
{
	const struct snapshot *snap = app->snap;
	const struct note *note = snap->notes;

	if (!snap->n_notes || pen->end - pen->x < 8)
		return;
	pen_raw(pen, ROLE_MUTED, note->source.ptr ? note->source.ptr : "", note->source.len);
	pen_putf(pen, ROLE_MUTED, " %s", names_note(note->code));
	if (note->text.ptr && note->text.len) {
		pen_puts(pen, ROLE_MUTED, ": ");
		pen_raw(pen, ROLE_MUTED, note->text.ptr, note->text.len);
	}
	if (snap->n_notes > 1)
		pen_putf(pen, ROLE_MUTED, " (+%u)", snap->n_notes - 1);
}

static void draw_limits(struct app *app, struct pen *pen)
{
	const struct snapshot *snap = app->snap;
	const struct counts *c = &snap->counts;

	if (c->problems)
		put_count(pen, "problems", c->problems, ROLE_WARNING);
	if (c->hidden_owners)
		put_count(pen, "hidden", c->hidden_owners, ROLE_WARNING);
	if (c->netns > 1)
		put_count(pen, "netns", c->netns, ROLE_HEADER_VALUE);
	if (snap->partial)
		pen_puts(pen, ROLE_WARNING, "partial  ");
	pen_putf(pen, ROLE_HEADER, "tick %.1f ms  ", (double)tick_us(&snap->stats) / 1000.0);
	draw_note(app, pen);
}

static void draw_one_line(struct app *app, struct grid *g)
{
	struct pen pen = {g, 0, 0, g->cols};

	pen_putf(&pen, ROLE_TAB_ACTIVE, "[%s]", pane_titles[app->pane]);
	pen_puts(&pen, ROLE_HEADER, " ");
	if (app->paused)
		pen_puts(&pen, ROLE_WARNING, "PAUSED ");
	if (app->snap && app->snap->baseline_ms >= 0)
		pen_puts(&pen, ROLE_WARNING, "BASELINE ");
	if (app->snap)
		draw_view_state(app, &pen);
	if (app->snap && pen.end - pen.x > 20)
		put_count(&pen, "estab", app->snap->counts.by_state[STATE_ESTABLISHED],
			  ROLE_HEADER_VALUE);
}

void header_draw(struct app *app, struct grid *g, int rows)
{
	struct pen tabs = {g, 0, 0, g->cols}, counts = {g, 1, 1, g->cols},
		   state = {g, 2, 1, g->cols};

	if (rows == 1) {
		draw_one_line(app, g);
		return;
	}
	draw_tabs(app, &tabs);
	draw_corner(app, g, tabs.x);
	if (!app->snap) {
		pen_puts(&counts, ROLE_MUTED, app->settings.ascii ? "looking..." : "looking…");
		return;
	}
	draw_counts(app, &counts);
	if (app->show_stats) {
		draw_stats(app, &state);
		return;
	}
	draw_view_state(app, &state);
	draw_limits(app, &state);
}
