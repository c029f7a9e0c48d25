/*
 * Memory of the store: slots, and blocks that live as long as a snapshot shows them.
 *
 * Snapshots are released in any order. Each live one has the list of blocks that died between its
 * older neighbour and itself (as ZFS does with its snapshots). When one is dropped, what the next
 * list holds and only the dropped one showed, that is what was born after the older neighbour, is
 * freed; the rest waits in the next list. A snapshot that somebody keeps for an hour holds what it
 * shows and nothing else.
 */
#include <string.h>

#include "model/store_internal.h"

void store_retire(struct store *st, void *ptr, uint32_t born)
{
	if (!ptr)
		return;
	if (!st->newest || born > (uint32_t)st->newest->snap.epoch) {
		free(ptr);
		return;
	}
	vec_push(&st->dead, ((struct garbage){.ptr = ptr, .born = born}));
}

static void grow_extras(struct store *st, unsigned int table)
{
#define GROW(v)                                                                                    \
	do {                                                                                       \
		vec_reserve(v, 1);                                                                 \
		memset(&(v)->data[(v)->len++], 0, sizeof(*(v)->data));                             \
	} while (0)
	switch (table) {
	case TABLE_SOCK:
		GROW(&st->sx);
		break;
	case TABLE_PORT:
		GROW(&st->px);
		break;
	case TABLE_PROC:
		GROW(&st->qx);
		break;
	case TABLE_NETNS:
		GROW(&st->nx);
		break;
	default:
		GROW(&st->cx);
	}
#undef GROW
}

uint32_t table_add(struct store *st, unsigned int table)
{
	struct table *t = &st->tables[table];
	uint32_t slot;

	t->used++;
	if (t->free_slots.len) {
		slot = t->free_slots.data[--t->free_slots.len];
	} else {
		slot = (uint32_t)t->slots.len;
		vec_push(&t->slots, ((struct table_slot){0}));
		grow_extras(st, table);
	}
	t->slots.data[slot].gen++;
	st->pids_changed |= table == TABLE_PROC;
	t->slots.data[slot].hidden = false;
	return slot;
}

uint64_t table_id(const struct store *st, unsigned int table, uint32_t slot)
{
	return (uint64_t)st->tables[table].slots.data[slot].gen << 32 | slot;
}

bool table_fresh(const struct store *st, const struct row_head *head)
{
	return head->version == st->epoch;
}

void table_touch(struct store *st, unsigned int table, uint32_t slot)
{
	struct table *t = &st->tables[table];

	if (t->slots.data[slot].dirty)
		return;
	t->slots.data[slot].dirty = true;
	vec_push(&t->changed, slot);
}

void table_show(struct store *st, unsigned int table, uint32_t slot, void *block)
{
	struct table_slot *ts = &st->tables[table].slots.data[slot];
	struct row_head *head = block;

	if (ts->cur && ts->cur != head)
		store_retire(st, ts->cur, ts->cur->version);
	if (head)
		head->version = st->epoch;
	ts->cur = head;
	table_touch(st, table, slot);
}

void table_drop(struct store *st, unsigned int table, uint32_t slot)
{
	struct table *t = &st->tables[table];

	table_show(st, table, slot, NULL);
	t->used--;
	st->pids_changed |= table == TABLE_PROC;
	vec_push(&t->free_slots, slot);
}

static void pointers_put(struct pointers *p)
{
	if (p && --p->refs == 0)
		free(p);
}

static struct pointers *pointers_new(size_t len)
{
	struct pointers *p = xmalloc(sizeof(*p) + len * sizeof(p->data[0]));

	p->refs = 1;
	p->len = (uint32_t)len;
	return p;
}

static void table_refresh(struct table *t)
{
	struct pointers *old = t->shown;
	struct pointers *new;
	uint32_t had = old ? old->len : 0;

	if (old && !t->changed.len && had == t->slots.len)
		return;
	new = pointers_new(t->slots.len);
	if (had)
		memcpy(new->data, old->data, had * sizeof(new->data[0]));
	if (t->slots.len > had)
		memset(&new->data[had], 0, (t->slots.len - had) * sizeof(new->data[0]));
	for (size_t i = 0; i < t->changed.len; i++) {
		struct table_slot *ts = &t->slots.data[t->changed.data[i]];

		new->data[t->changed.data[i]] = ts->hidden ? NULL : ts->cur;
		ts->dirty = false;
	}
	pointers_put(old);
	t->shown = new;
}

static struct pointers *events_array(struct store *st)
{
	if (!st->shown_events || st->events_changed) {
		pointers_put(st->shown_events);
		st->shown_events = pointers_new(st->events.len);
		for (size_t i = 0; i < st->events.len; i++)
			st->shown_events->data[i] = st->events.data[i];
		st->events_changed = false;
	}
	return st->shown_events;
}

static int compare_pids(const void *pa, const void *pb, void *ctx)
{
	const struct store *st = ctx;
	uint32_t a = proc_at(st, (uint32_t) * (const uintptr_t *)pa)->r.pid;
	uint32_t b = proc_at(st, (uint32_t) * (const uintptr_t *)pb)->r.pid;

	return (a > b) - (a < b);
}

/* Slots of processes by pid: there can be as many look-ups as sockets. */
static struct pointers *pids_array(struct store *st)
{
	const struct table *t = &st->tables[TABLE_PROC];
	uint32_t n = 0;

	if (st->shown_pids && !st->pids_changed)
		return st->shown_pids;
	pointers_put(st->shown_pids);
	st->shown_pids = pointers_new(t->slots.len);
	for (uint32_t i = 0; i < t->slots.len; i++)
		if (t->slots.data[i].cur)
			st->shown_pids->data[n++] = (const void *)(uintptr_t)i;
	st->shown_pids->len = n;
	qsort_r(st->shown_pids->data, n, sizeof(st->shown_pids->data[0]), compare_pids, st);
	st->pids_changed = false;
	return st->shown_pids;
}

static uint32_t take_changed(struct u32_vec *changed, const uint32_t **ret_list)
{
	uint32_t n = (uint32_t)changed->len;

	*ret_list = n ? xmemdup(changed->data, n * sizeof(uint32_t)) : NULL;
	changed->len = 0;
	return n;
}

static void show_arrays(struct snapshot *snap, struct pointers *const *arrays)
{
	snap->socks = (const struct sock *const *)arrays[TABLE_SOCK]->data;
	snap->n_socks = arrays[TABLE_SOCK]->len;
	snap->ports = (const struct port *const *)arrays[TABLE_PORT]->data;
	snap->n_ports = arrays[TABLE_PORT]->len;
	snap->procs = (const struct proc *const *)arrays[TABLE_PROC]->data;
	snap->n_procs = arrays[TABLE_PROC]->len;
	snap->netns = (const struct netns *const *)arrays[TABLE_NETNS]->data;
	snap->n_netns = arrays[TABLE_NETNS]->len;
	snap->containers = (const struct container *const *)arrays[TABLE_CONTAINER]->data;
	snap->n_containers = arrays[TABLE_CONTAINER]->len;
	snap->events = (const struct event *const *)arrays[ARRAY_EVENTS]->data;
	snap->n_events = arrays[ARRAY_EVENTS]->len;
	snap->procs_by_pid = (const uintptr_t *)arrays[ARRAY_PIDS]->data;
	snap->n_procs_by_pid = arrays[ARRAY_PIDS]->len;
}

struct live_snapshot *store_snapshot_new(struct store *st)
{
	struct live_snapshot *live = xcalloc(1, sizeof(*live));
	struct snapshot *snap = &live->snap;

	for (unsigned int i = 0; i < TABLE_COUNT; i++) {
		table_refresh(&st->tables[i]);
		live->arrays[i] = st->tables[i].shown;
	}
	live->arrays[ARRAY_EVENTS] = events_array(st);
	live->arrays[ARRAY_PIDS] = pids_array(st);
	for (unsigned int i = 0; i < ARRAY_COUNT; i++)
		live->arrays[i]->refs++;
	show_arrays(snap, live->arrays);
	snap->n_changed_socks = take_changed(&st->tables[TABLE_SOCK].changed, &snap->changed_socks);
	snap->n_changed_ports = take_changed(&st->tables[TABLE_PORT].changed, &snap->changed_ports);
	snap->n_changed_procs = take_changed(&st->tables[TABLE_PROC].changed, &snap->changed_procs);
	st->tables[TABLE_NETNS].changed.len = 0;
	st->tables[TABLE_CONTAINER].changed.len = 0;
	snap->epoch = st->epoch++;
	atomic_init(&live->refs, 1);
	live->dead = st->dead;
	st->dead = (struct garbage_vec){0};
	live->older = st->newest;
	if (st->newest)
		st->newest->newer = live;
	st->newest = live;
	return live;
}

static void *unconst(const void *ptr)
{
	return (void *)(uintptr_t)ptr;
}

static void snapshot_free(struct live_snapshot *live)
{
	struct snapshot *snap = &live->snap;

	for (unsigned int i = 0; i < ARRAY_COUNT; i++)
		pointers_put(live->arrays[i]);
	free(unconst(snap->changed_socks));
	free(unconst(snap->changed_ports));
	free(unconst(snap->changed_procs));
	free(unconst(snap->notes));
	if (live->detail.free)
		live->detail.free(live->detail.ptr);
	if (live->why.free)
		live->why.free(live->why.ptr);
	vec_done(&live->dead);
	free(live);
}

static void drop_snapshot(struct store *st, struct live_snapshot *live)
{
	struct garbage_vec *next = live->newer ? &live->newer->dead : &st->dead;
	uint32_t older = live->older ? (uint32_t)live->older->snap.epoch : 0;
	size_t kept = 0;

	for (size_t i = 0; i < next->len; i++) {
		if (next->data[i].born > older)
			free(next->data[i].ptr);
		else
			next->data[kept++] = next->data[i];
	}
	next->len = kept;
	for (size_t i = 0; i < live->dead.len; i++)
		vec_push(next, live->dead.data[i]);
	if (live->newer)
		live->newer->older = live->older;
	else
		st->newest = live->older;
	if (live->older)
		live->older->newer = live->newer;
	snapshot_free(live);
}

void store_reap(struct store *st)
{
	struct live_snapshot *older;

	for (struct live_snapshot *live = st->newest; live; live = older) {
		older = live->older;
		if (atomic_load_explicit(&live->refs, memory_order_acquire) == 0)
			drop_snapshot(st, live);
	}
}

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->slots.len; i++)
		free(t->slots.data[i].cur);
	pointers_put(t->shown);
	vec_done(&t->slots);
	vec_done(&t->free_slots);
	vec_done(&t->changed);
}

void store_mem_done(struct store *st)
{
	while (st->newest)
		drop_snapshot(st, st->newest);
	for (size_t i = 0; i < st->dead.len; i++)
		free(st->dead.data[i].ptr);
	vec_done(&st->dead);
	for (unsigned int i = 0; i < TABLE_COUNT; i++)
		table_done(&st->tables[i]);
	pointers_put(st->shown_events);
	pointers_put(st->shown_pids);
}
