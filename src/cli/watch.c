#include "cli/watch.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/query.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "view/json_row.h"

#define WATCH_MS 250

/* An endpoint that was told of; whoever watches a process tree wants each once. */
struct told {
	struct netaddr addr;
	uint64_t netns;
	uint32_t ifindex;
	uint16_t port;
	uint8_t proto;
};

struct watch {
	struct live *live;
	struct query query;
	struct json_rows json;
	VEC(struct told) told;
	bool lines, first;
	uint64_t last_id;
	uint32_t written;
	struct strbuf line;
};

static bool is_told(struct watch *w, const struct event *ev)
{
	struct told t = {ev->addr, ev->netns_cookie, ev->ifindex, ev->port, ev->proto};

	for (size_t i = 0; i < w->told.len; i++) {
		const struct told *old = &w->told.data[i];

		if (!netaddr_compare(&old->addr, &t.addr) && old->netns == t.netns &&
		    old->ifindex == t.ifindex && old->port == t.port && old->proto == t.proto)
			return true;
	}
	vec_push(&w->told, t);
	return false;
}

/* ---- one line of text ---- */

static void add_cell(struct watch *w, const struct row *row, enum column_id col, int width)
{
	struct value v;
	size_t start = w->line.len;
	size_t used;

	column_get(col, row, &w->live->lookup, &v);
	value_text(&v, &w->live->style, &w->line);
	used = text_width(w->line.data + start, w->line.len - start);
	if (width > 0 && used < (size_t)width)
		strbuf_addf(&w->line, "%*s", width - (int)used, "");
}

/* The columns that were asked for, as they are. */
static void chosen_cells(struct watch *w, const struct row *row)
{
	const struct plan *plan = w->live->plan;

	for (uint32_t i = 0; i < plan->n_columns; i++) {
		if (i)
			strbuf_adds(&w->line, "  ");
		add_cell(w, row, (enum column_id)plan->columns_list[i].col, 0);
	}
}

static void add_clean(struct strbuf *line, struct bytes text)
{
	text_clean(text.ptr, text.len, TEXT_EXPORT, line);
}

static void add_ms(struct strbuf *line, const char *word, int64_t ms)
{
	if (ms >= 0)
		strbuf_addf(line, "  %s %" PRId64 " ms", word, ms);
}

static void sentence(struct watch *w, const struct row *row, bool namespaces)
{
	const struct event *ev = row->obj;
	struct strbuf *line = &w->line;

	add_cell(w, row, COL_TIME, 24);
	strbuf_adds(line, "  ");
	add_cell(w, row, COL_EVENT, 9);
	if (ev->kind < EVENT_EXEC) {
		strbuf_addc(line, ' ');
		add_cell(w, row, COL_PROTO, 6);
		add_cell(w, row, COL_LOCAL, 22);
	}
	strbuf_addc(line, ' ');
	add_cell(w, row, COL_COMM, 0);
	if (ev->pid)
		strbuf_addf(line, " %" PRIu32, ev->pid);
	if (ev->container_name.ptr) {
		strbuf_adds(line, "  container ");
		add_clean(line, ev->container_name);
	}
	if (namespaces && ev->netns_name.ptr) {
		strbuf_adds(line, "  netns ");
		add_clean(line, ev->netns_name);
	}
	if (ev->previous_pid) {
		strbuf_adds(line, "  was ");
		add_clean(line, ev->previous_comm);
		strbuf_addf(line, " %" PRIu32, ev->previous_pid);
	}
	add_ms(line, "gap", ev->gap_ms);
	add_ms(line, "lived", ev->lifetime_ms);
}

static void write_event(struct watch *w, const struct row *row)
{
	struct live *live = w->live;

	if (live->plan->output == OUTPUT_QUIET)
		return;
	if (w->lines) {
		json_rows_line(&w->json, row);
	} else {
		strbuf_reset(&w->line);
		if (live->plan->n_columns)
			chosen_cells(w, row);
		else
			sentence(w, row, row->snap->counts.netns > 1);
		strbuf_addc(&w->line, '\n');
		sink_add(&live->out, strbuf_str(&w->line), w->line.len);
	}
	sink_flush(&live->out);
}

/* ---- events of one snapshot ---- */

static bool is_wanted(struct watch *w, const struct row *row)
{
	const struct event *ev = row->obj;

	if (!query_has(&w->query, row, &w->live->lookup))
		return false;
	if (!w->live->plan->tree)
		return true;
	return (ev->kind == EVENT_LISTEN || ev->kind == EVENT_BIND || ev->kind == EVENT_HANDOVER) &&
	       !is_told(w, ev);
}

/* The history is bounded: a reader that is too slow is told what it missed. */
static void check_lost(struct watch *w, const struct snapshot *snap)
{
	uint64_t oldest = snap->n_events ? snap->events[0]->id : 0;

	if (oldest > w->last_id + 1)
		say("%" PRIu64 " events were lost", oldest - w->last_id - 1);
}

/* false when enough was written, or writing failed. */
static bool take_events(struct watch *w, const struct snapshot *snap)
{
	const struct plan *plan = w->live->plan;
	struct row row;

	query_see(&w->query, snap);
	if (!w->first)
		check_lost(w, snap);
	for (uint32_t i = 0; i < snap->n_events; i++) {
		if (!row_at(snap, PANE_EVENTS, i, &row) || row_id(&row) <= w->last_id)
			continue;
		w->last_id = row_id(&row);
		if (w->first || !is_wanted(w, &row))
			continue;
		write_event(w, &row);
		w->written++;
		if (w->live->out.error || (plan->iterations && w->written == plan->iterations))
			return false;
	}
	w->first = false;
	return true;
}

static int watch_loop(struct watch *w)
{
	struct live *live = w->live;
	const struct snapshot *snap;
	enum live_wake wake;
	struct needs needs;
	bool more = true;

	query_needs(&w->query, NEED_USERS, &needs);
	if (live_start(live, &needs, WATCH_MS))
		return CLI_FATAL;
	while (more && (snap = live_next(live, -1, &wake))) {
		w->json.lookup = &live->lookup;
		more = take_events(w, snap);
		if (live->plan->stats)
			stats_say(snap->epoch, &snap->stats);
		session_release(snap);
	}
	if (more && wake == LIVE_CLOSED)
		return LIVE_EXIT_PIPE;
	return live_end(live, CLI_OK);
}

int watch_run(struct live *live)
{
	enum plan_output output = live->plan->output;
	struct watch w = {
		.live = live,
		.first = true,
		.lines = output == OUTPUT_JSON || output == OUTPUT_JSONL,
	};
	struct strbuf error;
	int code = CLI_USAGE;

	strbuf_init(&error, 0);
	strbuf_init(&w.line, 0);
	json_rows_init(&w.json, &live->out, PANE_EVENTS, live->host, &live->lookup);
	if (query_init(&w.query, live->plan, PANE_EVENTS, &error))
		say_raw(&error);
	else
		code = watch_loop(&w);
	query_done(&w.query);
	json_rows_done(&w.json);
	vec_done(&w.told);
	strbuf_done(&w.line);
	strbuf_done(&error);
	return code;
}
