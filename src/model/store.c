/* The store's life, marks, rows that are gone, and the order in which a tick is made a snapshot. */
#include "model/store.h"

#include <string.h>

#include "model/problems.h"
#include "model/store_internal.h"

#define HOLD_MS 5000

struct store *store_new(void)
{
	struct store *st = xcalloc(1, sizeof(*st));

	st->epoch = 1;
	st->hold_ms = HOLD_MS;
	st->baseline_ms = -1;
	st->ticks_per_s = 100;
	st->boot_wall_ms = -1;
	st->first_wall_ms = -1;
	hash_init(&st->ports_by_number, 0);
	hash_init(&st->proc_by_pid, 0);
	return st;
}

void store_free(struct store *st)
{
	if (!st)
		return;
	events_done(st);
	ports_done(st);
	proc_done(st);
	netns_done(st);
	index_done(st);
	vec_done(&st->sx);
	vec_done(&st->cx);
	vec_done(&st->raws);
	vec_done(&st->free_raws);
	vec_done(&st->unknown);
	vec_done(&st->samples);
	for (size_t i = 0; i < st->details.len; i++)
		free(st->details.data[i]);
	vec_done(&st->details);
	vec_done(&st->gone);
	store_mem_done(st);
	free(st);
}

void store_tick_begin(struct store *st, int64_t mono_ms, int64_t wall_ms)
{
	if (st->journal)
		journal_tick(st->journal, mono_ms, wall_ms);
	if (st->first_wall_ms < 0)
		st->first_wall_ms = wall_ms;
	else
		st->interval_ms = mono_ms - st->tick_ms;
	st->tick_ms = mono_ms;
	st->mono_ms = mono_ms;
	st->wall_ms = wall_ms;
}

void store_set_now(struct store *st, int64_t mono_ms)
{
	if (st->journal)
		journal_now(st->journal, mono_ms);
	st->mono_ms = mono_ms;
}

void store_set_hold(struct store *st, int64_t hold_ms)
{
	st->hold_ms = hold_ms;
}

void store_baseline(struct store *st, bool on)
{
	st->baseline_ms = on ? st->mono_ms : -1;
}

void store_pin(struct store *st, uint64_t id)
{
	st->pin = id;
}

void store_want_all_procs(struct store *st, bool on)
{
	if (st->want_all_procs && !on) {
		for (uint32_t i = 0; i < st->qx.len; i++) {
			if (store_cur_proc(st, i))
				proc_dirty(st, i);
		}
	}
	st->want_all_procs = on;
}

void store_set_cgroup_resolver(struct store *st, store_cgroup_fn *fn, void *ctx)
{
	st->cgroup_fn = fn;
	st->cgroup_ctx = ctx;
}

void store_set_boot(struct store *st, uint32_t ticks_per_s, int64_t boot_wall_ms)
{
	if (st->journal)
		journal_boot(st->journal, ticks_per_s, boot_wall_ms);
	st->ticks_per_s = ticks_per_s ? ticks_per_s : 100;
	st->boot_wall_ms = boot_wall_ms;
}

/* A row that is new stays new while that mark is shown. head belongs to an editable object. */
void store_mark(const struct store *st, struct row_head *head, enum mark mark)
{
	bool shown = st->baseline_ms >= 0 ? head->mark_ms >= st->baseline_ms
					  : st->mono_ms - head->mark_ms < st->hold_ms;

	if (st->quiet || (mark == MARK_CHANGED && head->mark == MARK_NEW && shown))
		return;
	head->mark = (uint8_t)mark;
	head->mark_ms = st->mono_ms;
}

void store_gone_add(struct store *st, unsigned int table, uint32_t slot, uint32_t proc,
		    uint32_t netns)
{
	struct gone_row row = {.id = table_id(st, table, slot),
			       .ms = st->mono_ms,
			       .proc_ref = proc,
			       .netns = netns,
			       .table = (uint8_t)table};

	vec_push(&st->gone, row);
}

static bool forget(struct store *st, const struct gone_row *row)
{
	uint32_t slot = (uint32_t)row->id;

	switch (row->table) {
	case TABLE_SOCK:
		store_sock_forget(st, slot);
		break;
	case TABLE_PORT:
		ports_forget(st, slot);
		break;
	case TABLE_PROC:
		return proc_release(st, slot);
	case TABLE_NETNS:
		if (st->nx.data[slot].rows)
			return false;
		table_drop(st, TABLE_NETNS, slot);
		break;
	default:
		table_drop(st, TABLE_CONTAINER, slot);
		st->containers_changed = true;
	}
	proc_ref(st, row->proc_ref, -1);
	return true;
}

static bool is_over(const struct store *st, const struct gone_row *row, size_t behind)
{
	if (row->id == st->pin)
		return false;
	if (behind >= GONE_MAX)
		return true;
	return st->mono_ms - row->ms >= st->hold_ms &&
	       (st->baseline_ms < 0 || row->ms < st->baseline_ms);
}

/* Whether the entry still speaks of the row: it may have come back, or be another row by now. */
static bool is_gone(const struct store *st, const struct gone_row *row)
{
	const struct row_head *head = store_cur(st, row->table, (uint32_t)row->id);

	return head && head->id == row->id && head->gone && head->mark_ms == row->ms;
}

static void expire(struct store *st)
{
	size_t len = st->gone.len, kept = 0;

	for (size_t i = 0; i < len; i++) {
		struct gone_row row = st->gone.data[i];

		if (!is_gone(st, &row)) {
			proc_ref(st, row.proc_ref, -1);
			continue;
		}
		if (!is_over(st, &row, len - i - 1) || !forget(st, &row))
			st->gone.data[kept++] = row;
	}
	st->gone.len = kept;
}

static void copy_notes(struct snapshot *snap, const struct publish_args *args)
{
	size_t size = args->n_notes * sizeof(*args->notes);
	struct note *notes;
	char *at;

	if (!args->n_notes)
		return;
	for (uint32_t i = 0; i < args->n_notes; i++)
		size += args->notes[i].source.len + args->notes[i].text.len;
	notes = xmalloc(size);
	at = (char *)(notes + args->n_notes);
	for (uint32_t i = 0; i < args->n_notes; i++) {
		struct bytes *const texts[] = {&notes[i].source, &notes[i].text};

		notes[i] = args->notes[i];
		for (int k = 0; k < 2; k++) {
			if (!texts[k]->ptr)
				continue;
			texts[k]->ptr = memcpy(at, texts[k]->ptr, texts[k]->len);
			at += texts[k]->len;
		}
	}
	snap->notes = notes;
	snap->n_notes = args->n_notes;
}

static void count_problem(struct store *st, uint8_t *mask, uint32_t now)
{
	st->counts.problems += (uint32_t)(now != 0) - (*mask != 0);
	*mask = (uint8_t)now;
}

/* Rows with a problem: only those that changed are asked again. */
static void count_problems(struct store *st, struct snapshot *snap)
{
	for (uint32_t i = 0; i < snap->n_changed_ports; i++) {
		uint32_t slot = snap->changed_ports[i];
		const struct port *p = snap->ports[slot];

		count_problem(st, &st->px.data[slot].problems, p ? problems_port(snap, p) : 0);
	}
	for (uint32_t i = 0; i < snap->n_changed_procs; i++) {
		uint32_t slot = snap->changed_procs[i];
		const struct proc *p = snap->procs[slot];

		count_problem(st, &st->qx.data[slot].problems, p ? problems_proc(snap, p) : 0);
	}
	snap->counts.problems = st->counts.problems;
}

static void settle(struct store *st)
{
	rates_publish(st);
	if (st->published_changed)
		ports_all_dirty(st);
	st->published_changed = false;
	ports_publish(st);
	expire(st);
	proc_publish(st);
	container_publish(st);
	netns_publish(st);
	events_expire(st);
}

const struct snapshot *store_publish(struct store *st, const struct publish_args *args)
{
	struct live_snapshot *live;
	struct snapshot *snap;

	if (st->journal)
		journal_publish(st->journal, args->needs);
	settle(st);
	peer_publish(st, args->needs & NEED_PEERS);
	live = store_snapshot_new(st);
	snap = &live->snap;
	snap->mono_ms = st->mono_ms;
	snap->wall_ms = st->wall_ms;
	snap->hold_ms = st->hold_ms;
	snap->baseline_ms = st->baseline_ms;
	snap->partial = args->partial || st->stale_rows;
	snap->needs = args->needs;
	snap->live_socks = st->tables[TABLE_SOCK].used - st->folded;
	snap->counts = st->counts;
	if (args->stats)
		snap->stats = *args->stats;
	copy_notes(snap, args);
	live->detail = args->detail;
	live->why = args->why;
	snap->detail = args->detail.ptr;
	snap->why = args->why.ptr;
	count_problems(st, snap);
	st->counts.born = st->counts.died = 0;
	st->quiet = false;
	store_reap(st);
	return snap;
}

void store_each_on_port(struct store *st, uint16_t port, store_sock_fn *fn, void *ctx)
{
	for (uint32_t slot = 0; slot < st->tables[TABLE_SOCK].slots.len; slot++) {
		const struct sock *sock = store_cur_sock(st, slot);

		if (sock && !sock->head.gone && sock->r.local_port == port &&
		    !(st->sx.data[slot].flags & SOCK_FOLDED))
			fn(ctx, sock);
	}
}

void store_take_dropped(struct store *st, const uint32_t **ret_inodes, size_t *ret_n)
{
	*ret_inodes = st->dropped.data;
	*ret_n = st->dropped.len;
	vec_clear(&st->dropped);
}
