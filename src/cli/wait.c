#include "cli/wait.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/query.h"
#include "cli/say.h"
#include "cli/stats.h"

#define WAIT_MS 100
/* How long the outcome may wait for the owner's name. */
#define OWNER_MS 2000

/* Who had an endpoint when it was last looked at. */
struct place {
	struct netaddr addr;
	uint32_t netns, ifindex, pid;
	uint16_t port;
	uint8_t proto;
	char comm[64]; /* clean */
	int64_t seen_ms;
};

struct wait {
	struct live *live;
	struct query query;
	VEC(struct place) places;
	int64_t start_ms, met_ms; /* met_ms: 0 not yet */
	bool first;
	struct strbuf line;
};

/* The endpoint of a row of Ports or Sockets and the process behind it. */
static bool place_of(const struct row *row, struct place *ret)
{
	const struct port *p = row->obj;
	const struct sock *s = row->obj;
	const struct proc *proc;

	memset(ret, 0, sizeof(*ret));
	if (row->pane == PANE_PORTS)
		*ret = (struct place){.addr = p->addr,
				      .netns = p->netns,
				      .ifindex = p->ifindex,
				      .pid = p->n_owners ? p->owners[0].pid : 0,
				      .port = p->port,
				      .proto = p->proto};
	else if (row->pane == PANE_SOCKETS)
		*ret = (struct place){.addr = s->r.local,
				      .netns = s->netns,
				      .ifindex = s->r.ifindex,
				      .pid = s->n_owners ? s->owner0.pid : 0,
				      .port = (uint16_t)s->r.local_port,
				      .proto = s->r.proto};
	else
		return false;
	proc = snapshot_proc(row->snap, row->pane == PANE_PORTS ? p->proc : s->proc);
	if (proc && proc->r.comm.ptr) {
		struct strbuf clean;

		strbuf_init(&clean, 0);
		text_clean(proc->r.comm.ptr, proc->r.comm.len, TEXT_EXPORT, &clean);
		strncpy(ret->comm, strbuf_str(&clean), sizeof(ret->comm) - 1);
		strbuf_done(&clean);
	}
	return true;
}

static struct place *find_place(struct wait *w, const struct place *p)
{
	for (size_t i = 0; i < w->places.len; i++) {
		struct place *old = &w->places.data[i];

		if (!netaddr_compare(&old->addr, &p->addr) && old->netns == p->netns &&
		    old->ifindex == p->ifindex && old->port == p->port && old->proto == p->proto)
			return old;
	}
	return NULL;
}

/* What the last event on the endpoint tells of its past. */
static const struct event *last_event(const struct snapshot *snap, const struct place *p)
{
	const struct netns *ns = snapshot_netns(snap, p->netns);

	for (uint32_t i = snap->n_events; i-- > 0;) {
		const struct event *ev = snap->events[i];

		if ((ev->kind == EVENT_LISTEN || ev->kind == EVENT_BIND ||
		     ev->kind == EVENT_HANDOVER) &&
		    ev->port == p->port && ev->proto == p->proto && ev->ifindex == p->ifindex &&
		    !netaddr_compare(&ev->addr, &p->addr) &&
		    (!ns || ev->netns_inode == ns->r.inode))
			return ev;
	}
	return NULL;
}

static void add_process(struct strbuf *out, const struct place *p)
{
	strbuf_adds(out, *p->comm ? p->comm : "somebody");
	if (p->pid)
		strbuf_addf(out, " %" PRIu32, p->pid);
}

/* "(was 640, gap 92 ms)", as far as it is known. */
static void add_past(struct wait *w, const struct snapshot *snap, const struct place *now,
		     const struct place *before)
{
	const struct event *ev = last_event(snap, now);
	uint32_t was = before && before->pid != now->pid ? before->pid : 0;
	int64_t gap_ms = ev && ev->mono_ms >= w->start_ms ? ev->gap_ms : -1;

	if (!was && ev && ev->previous_pid != now->pid)
		was = ev->previous_pid;
	if (was && gap_ms >= 0)
		strbuf_addf(&w->line, " (was %" PRIu32 ", gap %" PRId64 " ms)", was, gap_ms);
	else if (was)
		strbuf_addf(&w->line, " (was %" PRIu32 ")", was);
	else if (gap_ms >= 0)
		strbuf_addf(&w->line, " (gap %" PRId64 " ms)", gap_ms);
}

static void begin_line(struct wait *w, const char *word, bool at_once)
{
	strbuf_reset(&w->line);
	if (at_once)
		strbuf_addf(&w->line, "%s already", word);
	else
		strbuf_addf(&w->line, "%s after %" PRId64 " ms", word, w->met_ms - w->start_ms);
}

/* ---- the three conditions: true when met, with the outcome in w->line ---- */

static bool is_up(struct wait *w, const struct snapshot *snap)
{
	int64_t now_ms = w->live->lookup.mono_ms;
	struct place p = {0};
	struct row row;
	bool at_once = w->met_ms ? w->met_ms == w->start_ms : w->first;

	if (!w->query.slots.len || !row_at(snap, w->query.pane, w->query.slots.data[0], &row)) {
		w->met_ms = 0;
		return false;
	}
	if (!w->met_ms)
		w->met_ms = w->first ? w->start_ms : now_ms;
	if (place_of(&row, &p) && !*p.comm && now_ms < w->met_ms + OWNER_MS)
		return false;
	begin_line(w, "up", at_once);
	if (w->query.pane == PANE_PORTS || w->query.pane == PANE_SOCKETS) {
		strbuf_adds(&w->line, ": ");
		add_process(&w->line, &p);
		add_past(w, snap, &p, find_place(w, &p));
	}
	return true;
}

static bool is_down(struct wait *w)
{
	if (w->query.slots.len)
		return false;
	w->met_ms = w->live->lookup.mono_ms;
	begin_line(w, "down", w->first);
	for (size_t i = 0; i < w->places.len; i++) {
		strbuf_adds(&w->line, i ? ", " : ": was ");
		add_process(&w->line, &w->places.data[i]);
	}
	return true;
}

static bool holds(const struct row *row, uint32_t pid)
{
	const struct port *p = row->obj;
	const struct sock *s = row->obj;
	uint32_t n = row->pane == PANE_PORTS ? p->n_owners : s->n_owners;
	const struct owner *owners = row->pane == PANE_PORTS ? p->owners : s->owners;

	for (uint32_t i = 0; i < n; i++)
		if (owners[i].pid == pid)
			return true;
	return false;
}

static bool is_handed_over(struct wait *w, const struct snapshot *snap)
{
	for (size_t i = 0; i < w->query.slots.len; i++) {
		const struct place *old;
		struct place p;
		struct row row;

		if (!row_at(snap, w->query.pane, w->query.slots.data[i], &row) ||
		    !place_of(&row, &p) || !p.pid || !*p.comm)
			continue;
		old = find_place(w, &p);
		if (!old || !old->pid || old->pid == p.pid || holds(&row, old->pid))
			continue;
		w->met_ms = w->live->lookup.mono_ms;
		begin_line(w, "handover", false);
		strbuf_adds(&w->line, ": ");
		add_process(&w->line, &p);
		add_past(w, snap, &p, old);
		return true;
	}
	return false;
}

/* Remembers who has what; an endpoint that is gone stays known, for the next owner of it. */
static void remember(struct wait *w, const struct snapshot *snap)
{
	for (size_t i = 0; i < w->query.slots.len; i++) {
		struct place p, *old;
		struct row row;

		if (!row_at(snap, w->query.pane, w->query.slots.data[i], &row) ||
		    !place_of(&row, &p))
			continue;
		old = find_place(w, &p);
		if (!old)
			vec_push(&w->places, p);
		else if (p.pid && *p.comm && (!old->pid || !holds(&row, old->pid)))
			*old = p;
	}
}

static bool is_met(struct wait *w, const struct snapshot *snap)
{
	bool met = false;

	query_run(&w->query, snap, &w->live->lookup);
	switch (w->live->plan->wait) {
	case WAIT_UP:
		met = is_up(w, snap);
		break;
	case WAIT_DOWN:
		met = is_down(w);
		break;
	case WAIT_HANDOVER:
		met = is_handed_over(w, snap);
		break;
	}
	if (!met)
		remember(w, snap);
	w->first = false;
	return met;
}

static int outcome(struct wait *w, int code)
{
	if (w->live->plan->output != OUTPUT_QUIET) {
		strbuf_addc(&w->line, '\n');
		sink_add(&w->live->out, strbuf_str(&w->line), w->line.len);
	}
	return live_end(w->live, code);
}

static int timed_out(struct wait *w)
{
	static const char *const still[] = {[WAIT_UP] = "still down",
					    [WAIT_DOWN] = "still up",
					    [WAIT_HANDOVER] = "no handover"};

	strbuf_reset(&w->line);
	strbuf_addf(&w->line, "timeout after %" PRId64 " ms: %s", w->live->plan->timeout_ms,
		    still[w->live->plan->wait]);
	return outcome(w, CLI_NO);
}

static int wait_loop(struct wait *w)
{
	struct live *live = w->live;
	int64_t timeout_ms = live->plan->timeout_ms;
	int64_t deadline_ms = timeout_ms < 0 ? -1 : w->start_ms + timeout_ms;
	const struct snapshot *snap;
	enum live_wake wake;
	struct needs needs;
	bool met = false;

	query_needs(&w->query, NEED_OWNERS | NEED_PROCS | NEED_EVENTS, &needs);
	if (live_start(live, &needs, WAIT_MS))
		return CLI_FATAL;
	while (!met && (snap = live_next(live, deadline_ms, &wake))) {
		met = is_met(w, snap);
		if (live->plan->stats)
			stats_say(snap->epoch, &snap->stats);
		session_release(snap);
	}
	if (met)
		return outcome(w, CLI_OK);
	if (wake == LIVE_TIME)
		return timed_out(w);
	return wake == LIVE_SIGNAL ? 128 + live->signal : LIVE_EXIT_PIPE;
}

int wait_run(struct live *live)
{
	struct wait w = {.live = live, .first = true, .start_ms = (int64_t)mono_ms()};
	struct strbuf error;
	int code = CLI_USAGE;

	strbuf_init(&error, 0);
	strbuf_init(&w.line, 0);
	if (query_init(&w.query, live->plan, live->plan->pane, &error))
		say_raw(&error);
	else
		code = wait_loop(&w);
	query_done(&w.query);
	vec_done(&w.places);
	strbuf_done(&w.line);
	strbuf_done(&error);
	return code;
}
