#include "cli/batch.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/hint.h"
#include "cli/query.h"
#include "cli/say.h"
#include "cli/stats.h"
#include "cli/terse.h"
#include "view/csv_row.h"
#include "view/export.h"

struct batch {
	struct live *live;
	struct query query;
	enum plan_output output;
	enum column_id cols[SETTINGS_COLUMNS_MAX];
	size_t n_cols;
	bool own_cols;	/* the pane's own: made anew for each snapshot */
	uint32_t done;	/* snapshots written */
	size_t matched; /* rows, in all of them */
	bool partial;
	struct arena memory; /* of what the kernel decides */
};

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	return size.ws_col;
}

static size_t line_width(const struct plan *plan)
{
	return plan->width ? plan->width : terminal_width();
}

/* How much a pane shows in a line of this width (pane_columns). */
static unsigned int priority_for(size_t width)
{
	return !width || width >= 160 ? 4 : width >= 100 ? 3 : width >= 60 ? 2 : 1;
}

static bool has_namespaces(const struct snapshot *snap)
{
	uint32_t n = 0;

	for (uint32_t i = 0; snap && i < snap->n_netns; i++)
		n += snap->netns[i] && !snap->netns[i]->head.gone;
	return n > 1;
}

static void choose_columns(struct batch *b, const struct snapshot *snap)
{
	const struct plan *plan = b->live->plan;
	const struct settings_pane *saved = &plan->settings.panes[plan->pane];
	unsigned int priority = priority_for(line_width(plan));
	const struct pane_column *own;
	size_t n;

	b->n_cols = 0;
	for (size_t i = 0; i < plan->n_columns; i++)
		b->cols[b->n_cols++] = (enum column_id)plan->columns_list[i].col;
	for (size_t i = 0; !plan->n_columns && i < saved->n_columns; i++)
		b->cols[b->n_cols++] = (enum column_id)saved->columns[i].col;
	b->own_cols = !b->n_cols;
	own = pane_columns(plan->pane, &n);
	for (size_t i = 0; b->own_cols && i < n; i++)
		if (own[i].priority <= priority &&
		    (own[i].col != COL_NETNS_NAME || plan->pane == PANE_NAMESPACES || !snap ||
		     has_namespaces(snap)))
			b->cols[b->n_cols++] = own[i].col;
}

static uint64_t cell_needs(const struct batch *b)
{
	const struct plan *plan = b->live->plan;
	uint64_t bits = 0;

	switch (b->output) {
	case OUTPUT_JSON:
	case OUTPUT_JSONL:
	case OUTPUT_CSV:
		return column_json_needs(plan->pane);
	case OUTPUT_TERSE:
		return NEED_OWNERS | NEED_PROCS;
	case OUTPUT_QUIET:
		return 0;
	case OUTPUT_NONE:
	case OUTPUT_TEXT:
		break;
	}
	for (size_t i = 0; i < b->n_cols; i++)
		bits |= columns[b->cols[i]].needs;
	return bits;
}

/* Whether a listener's row shows how many connections it has. */
static bool shows_conns(const struct batch *b)
{
	if (b->output == OUTPUT_TERSE || b->output == OUTPUT_QUIET)
		return false;
	for (size_t i = 0; i < b->n_cols; i++)
		if (b->cols[i] == COL_CONNS)
			return true;
	return b->output > OUTPUT_TEXT || b->live->plan->sort_col == COL_CONNS;
}

static enum export_format format_of(enum plan_output output)
{
	switch (output) {
	case OUTPUT_JSON:
		return EXPORT_JSON;
	case OUTPUT_JSONL:
		return EXPORT_JSONL;
	case OUTPUT_CSV:
		return EXPORT_CSV;
	default:
		return EXPORT_TEXT;
	}
}

static void write_rows(struct batch *b, const struct snapshot *snap)
{
	struct live *live = b->live;
	const struct plan *plan = live->plan;
	struct export_view view = {
		.snap = snap,
		.lookup = &live->lookup,
		.host = live->host,
		.pane = plan->pane,
		.slots = b->query.slots.data,
		.n_slots = b->query.slots.len,
		.cols = b->cols,
		.n_cols = b->n_cols,
		.style = live->style,
		.width = line_width(plan),
		.no_heading = plan->no_heading || (b->done && b->output == OUTPUT_CSV),
		.with_gone = filter_wants_gone(b->query.filter),
	};

	if (b->output == OUTPUT_TERSE) {
		terse_write(live, snap, &b->query);
	} else if (b->output != OUTPUT_QUIET) {
		if (b->done && b->output <= OUTPUT_TEXT)
			sink_addc(&live->out, '\n');
		export_write(&view, format_of(b->output), &live->out);
	}
}

/* Says where else to look, for which everything is looked at. */
static void hint(struct batch *b, const struct needs *needs, const struct snapshot *snap)
{
	struct needs whole = *needs;
	const struct snapshot *all = NULL;

	whole.push = (struct needs_push){0};
	if (needs->push.on)
		all = live_once(b->live, &whole);
	hint_say(&b->query, all ? all : snap, &b->live->lookup);
	session_release(all);
}

/* One snapshot; false when the run must end. */
static bool one_round(struct batch *b, const struct needs *needs)
{
	struct live *live = b->live;
	const struct snapshot *snap = live_once(live, needs);

	if (!snap)
		return false;
	query_run(&b->query, snap, &live->lookup);
	if (b->own_cols)
		choose_columns(b, snap);
	write_rows(b, snap);
	sink_flush(&live->out);
	b->matched += b->query.slots.len;
	b->partial |= snap->partial || snap->counts.hidden_owners;
	if (live->plan->stats)
		stats_say(snap->epoch, &snap->stats);
	if (!b->query.slots.len && live->plan->condition && b->output != OUTPUT_QUIET)
		hint(b, needs, snap);
	b->done++;
	session_release(snap);
	return !live->out.error;
}

static int exit_code(const struct batch *b)
{
	if (b->partial && b->live->plan->strict)
		return CLI_PARTIAL;
	return b->matched || !b->live->plan->condition ? CLI_OK : CLI_NO;
}

static int run_rounds(struct batch *b)
{
	const struct plan *plan = b->live->plan;
	uint32_t rounds = plan->iterations ? plan->iterations : 1;
	struct needs needs;
	int64_t due_ms = (int64_t)mono_ms();
	enum live_wake wake;

	choose_columns(b, NULL);
	query_needs(&b->query, cell_needs(b), &needs);
	if (rounds == 1)
		query_push(&b->query, shows_conns(b), &b->memory, &needs);
	for (;;) {
		if (!one_round(b, &needs))
			return live_end(b->live, CLI_FATAL);
		if (b->done == rounds)
			break;
		due_ms += live_interval(b->live, plan->settings.interval_ms);
		if (due_ms < (int64_t)mono_ms())
			due_ms = (int64_t)mono_ms();
		wake = live_wait(b->live, -1, due_ms);
		if (wake == LIVE_CLOSED)
			return LIVE_EXIT_PIPE;
		if (wake == LIVE_SIGNAL)
			break;
	}
	return live_end(b->live, exit_code(b));
}

int batch_run(struct live *live)
{
	struct batch b = {.live = live, .output = live->plan->output};
	enum pane pane = live->plan->pane;
	struct strbuf error;
	int code = CLI_USAGE;

	if (b.output == OUTPUT_TERSE && pane != PANE_PORTS && pane != PANE_SOCKETS &&
	    pane != PANE_PROCESSES) {
		say("--terse: the pane %s has no process of its own in a row", pane_name(pane));
		return CLI_USAGE;
	}
	strbuf_init(&error, 0);
	arena_init(&b.memory, 0);
	if (query_init(&b.query, live->plan, pane, &error))
		say_raw(&error);
	else
		code = run_rounds(&b);
	query_done(&b.query);
	arena_done(&b.memory);
	strbuf_done(&error);
	return code;
}
