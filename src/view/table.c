#include "view/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum stage { STAGE_IDLE, STAGE_SCAN, STAGE_PLACE, STAGE_RUNS, STAGE_MERGE, STAGE_FINISH };

/* Rows of one sorted run; a run takes about a millisecond. */
#define RUN 4096u
/* Looking at a clean row costs about this part of working on one. */
#define CLEAN_SHARE 16u

void table_init(struct table *t, enum pane pane)
{
	memset(t, 0, sizeof(*t));
	t->pane = pane;
	t->all_dirty = true;
	hash_init(&t->folds, 0x9e3779b97f4a7c15u);
}

void table_done(struct table *t)
{
	free(t->ids);
	free(t->objects);
	free(t->verdicts);
	free(t->placed);
	free(t->keys);
	free(t->dirty_procs);
	vec_done(&t->order);
	vec_done(&t->kept);
	vec_done(&t->moved);
	vec_done(&t->merged);
	vec_done(&t->scratch);
	vec_done(&t->lines);
	vec_done(&t->groups);
	vec_done(&t->members);
	vec_done(&t->candidates);
	vec_done(&t->touched);
	hash_done(&t->folds);
}

static void start(struct table *t)
{
	t->stage = STAGE_SCAN;
	t->pos = 0;
	t->counted = 0;
	t->partial = false;
}

static void grow(struct table *t, uint32_t n)
{
	uint32_t old = t->n_slots;

	if (n <= old)
		return;
	n += n / 2;
	t->ids = xreallocarray(t->ids, n, sizeof(*t->ids));
	t->objects = xreallocarray(t->objects, n, sizeof(*t->objects));
	t->verdicts = xreallocarray(t->verdicts, n, sizeof(*t->verdicts));
	t->placed = xreallocarray(t->placed, n, sizeof(*t->placed));
	t->keys = xreallocarray(t->keys, (size_t)n * TABLE_SORT_MAX, sizeof(*t->keys));
	memset(t->ids + old, 0, (n - old) * sizeof(*t->ids));
	memset(t->objects + old, 0, (n - old) * sizeof(*t->objects));
	memset(t->verdicts + old, 0, n - old);
	memset(t->placed + old, 0, n - old);
	t->n_slots = n;
}

static uint64_t mix(uint64_t digest, uint64_t n)
{
	return (digest ^ n) * 0x100000001b3u;
}

static uint64_t mix_bytes(uint64_t digest, struct bytes text)
{
	for (uint32_t i = 0; text.ptr && i < text.len; i++)
		digest = mix(digest, (unsigned char)text.ptr[i]);
	return mix(digest, text.len);
}

/* Changes when a namespace's name or a container does, which many cells name. */
static uint64_t neighbours(const struct snapshot *snap)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < snap->n_netns; i++) {
		const struct netns *ns = snap->netns[i];

		digest = ns ? mix_bytes(mix(digest, ns->head.id), ns->r.name) : mix(digest, i);
	}
	for (uint32_t i = 0; i < snap->n_containers; i++)
		digest = mix(digest, (uintptr_t)snap->containers[i]);
	return digest;
}

static void note_dirty_procs(struct table *t, const struct snapshot *snap)
{
	uint32_t words = snap->n_procs / 64 + 1;

	t->n_dirty_procs = 0;
	if (t->all_dirty || !snap->n_changed_procs)
		return;

	t->dirty_procs = xreallocarray(t->dirty_procs, words, sizeof(*t->dirty_procs));
	memset(t->dirty_procs, 0, words * sizeof(*t->dirty_procs));
	t->n_dirty_procs = snap->n_procs;
	for (uint32_t i = 0; i < snap->n_changed_procs; i++)
		if (snap->changed_procs[i] < snap->n_procs)
			t->dirty_procs[snap->changed_procs[i] / 64] |=
				1ull << (snap->changed_procs[i] % 64);
}

static bool sort_is_volatile(const struct table *t)
{
	for (uint8_t i = 0; i < t->n_sort; i++) {
		const struct column *col = &columns[t->sort[i].col];

		if (col->type == VALUE_AGE || col->type == VALUE_AGE_MAX ||
		    col->type == VALUE_DURATION || col->type == VALUE_LIST ||
		    (col->type == VALUE_ENDPOINT && t->text_endpoints) || (col->needs & NEED_PEERS))
			return true;
	}
	return false;
}

/* Whether order or verdicts depend on the processes behind the rows. */
static bool procs_matter(const struct table *t)
{
	for (uint8_t i = 0; i < t->n_sort; i++)
		if (columns[t->sort[i].col].needs & (NEED_OWNERS | NEED_PROCS | NEED_CONTAINERS))
			return true;
	return t->match && !t->match_plain;
}

static const uint32_t *changed_rows(const struct snapshot *snap, enum pane pane, uint32_t *ret_n)
{
	if (pane == PANE_SOCKETS) {
		*ret_n = snap->n_changed_socks;
		return snap->changed_socks;
	}
	if (pane == PANE_PORTS) {
		*ret_n = snap->n_changed_ports;
		return snap->changed_ports;
	}
	return NULL;
}

/* Looks only at what the snapshot says has changed, where that is the whole truth. */
static void start_partial(struct table *t)
{
	uint32_t n = 0;
	const uint32_t *changed = changed_rows(t->snap, t->pane, &n);

	if (t->pane != PANE_SOCKETS && t->pane != PANE_PORTS)
		return;
	if (t->all_dirty || t->keys_dirty || t->resort || t->match_volatile ||
	    (t->snap->n_changed_procs && procs_matter(t)))
		return;
	t->partial = true;
	t->counted = t->total;
	vec_clear(&t->candidates);
	vec_clear(&t->touched);
	for (uint32_t i = 0; i < n; i++)
		vec_push(&t->candidates, changed[i]);
}

void table_set_snapshot(struct table *t, const struct snapshot *snap,
			const struct snapshot *previous)
{
	uint64_t digest = neighbours(snap);

	if (!previous || t->snap != previous || snap->epoch != previous->epoch + 1 ||
	    digest != t->neighbours)
		t->all_dirty = true;
	if (t->stage != STAGE_IDLE)
		t->all_dirty = true;
	if (sort_is_volatile(t))
		t->keys_dirty = true;
	t->neighbours = digest;
	t->snap = snap;
	if (t->all_dirty)
		t->text_endpoints = false;
	grow(t, row_slots(snap, t->pane));
	note_dirty_procs(t, snap);
	start(t);
	start_partial(t);
}

void table_set_sort(struct table *t, const struct sort_key *keys, size_t n)
{
	t->n_sort = (uint8_t)(n < TABLE_SORT_MAX ? n : TABLE_SORT_MAX);
	memcpy(t->sort, keys, t->n_sort * sizeof(*keys));
	t->keys_dirty = t->resort = true;
	t->text_endpoints = false;
	start(t);
}

void table_set_match(struct table *t, table_match_fn *match, void *ctx, bool volatile_)
{
	t->match = match;
	t->match_ctx = ctx;
	t->match_volatile = volatile_;
	t->all_dirty = true;
	start(t);
}

/* --- sort keys --- */

static uint64_t big_endian(const void *mem, size_t len)
{
	const uint8_t *byte = mem;
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (i < len ? byte[i] : 0);
	return n;
}

static void encode_address(const struct value *v, struct order_key *ret)
{
	bool endpoint = v->type == VALUE_ENDPOINT;

	ret->high = (uint64_t)v->addr.family << 56 | big_endian(v->addr.bytes, 7) >> 8;
	ret->mid = big_endian(v->addr.bytes + 7, 8);
	ret->low = (uint64_t)v->addr.bytes[15] << 32 | (endpoint ? v->num & UINT32_MAX : 0);
}

static void encode(const struct value *v, struct order_key *ret)
{
	memset(ret, 0, sizeof(*ret));
	switch (v->type) {
	case VALUE_NONE:
		ret->rank = 2;
		break;
	case VALUE_PENDING:
		ret->rank = 1;
		break;
	case VALUE_STRING:
	case VALUE_WORD:
	case VALUE_COMMAND:
		ret->text = true;
		ret->str = v->str;
		ret->high = v->str.ptr ? big_endian(v->str.ptr, v->str.len) : 0;
		break;
	case VALUE_ADDR:
	case VALUE_ENDPOINT:
		encode_address(v, ret);
		break;
	case VALUE_RATIO:
		ret->high = v->max ? value_fill(v) : 0;
		ret->mid = v->num;
		break;
	default:
		ret->high = v->num;
		break;
	}
}

static int three_way(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_text(const struct order_key *a, const struct order_key *b)
{
	uint32_t common = a->str.len < b->str.len ? a->str.len : b->str.len;
	int order = common > 8 ? memcmp(a->str.ptr, b->str.ptr, common) : 0;

	return order ? order : three_way(a->str.len, b->str.len);
}

/* Values first, then pending, then none, whatever the direction. */
static int compare_key(const struct order_key *a, const struct order_key *b, bool descending)
{
	int order;

	if (a->rank || b->rank)
		return three_way(a->rank, b->rank);
	order = three_way(a->high, b->high);
	if (!order && (a->text || b->text))
		order = a->text && b->text ? compare_text(a, b) : three_way(a->text, b->text);
	else if (!order)
		order = a->mid != b->mid ? three_way(a->mid, b->mid) : three_way(a->low, b->low);
	return descending ? -order : order;
}

static int compare_slots(const struct table *t, uint32_t a, uint32_t b)
{
	for (uint8_t i = 0; i < t->n_sort; i++) {
		int order = compare_key(&t->keys[(size_t)a * TABLE_SORT_MAX + i],
					&t->keys[(size_t)b * TABLE_SORT_MAX + i],
					t->sort[i].descending);
		if (order)
			return order;
	}
	return three_way(t->ids[a], t->ids[b]);
}

static int compare_for_qsort(const void *a, const void *b, void *ctx)
{
	uint32_t slot_a, slot_b;

	memcpy(&slot_a, a, sizeof(slot_a));
	memcpy(&slot_b, b, sizeof(slot_b));
	return compare_slots(ctx, slot_a, slot_b);
}

static void extract_keys(struct table *t, const struct row *row, const struct lookup *lookup)
{
	struct order_key *keys = &t->keys[(size_t)row->slot * TABLE_SORT_MAX];
	struct value v;

	for (uint8_t i = 0; i < t->n_sort; i++) {
		column_get(t->sort[i].col, row, lookup, &v);
		encode(&v, &keys[i]);
		/* the path of the socket at the other end, which lives as long as that does */
		if (columns[t->sort[i].col].type == VALUE_ENDPOINT && keys[i].text)
			t->text_endpoints = true;
	}
}

/* --- the job --- */

static uint32_t row_proc(const struct row *row)
{
	if (row->pane == PANE_PORTS)
		return ((const struct port *)row->obj)->proc;
	if (row->pane == PANE_SOCKETS)
		return ((const struct sock *)row->obj)->proc;
	return SLOT_NONE;
}

static bool proc_changed(const struct table *t, uint32_t slot)
{
	return slot < t->n_dirty_procs && (t->dirty_procs[slot / 64] >> (slot % 64) & 1);
}

/* Looks at one slot. Returns what it cost in rows. */
static uint32_t scan_slot(struct table *t, uint32_t slot, const struct lookup *lookup)
{
	struct row row;
	uint64_t id;
	bool dirty;

	if (slot >= row_slots(t->snap, t->pane) || !row_at(t->snap, t->pane, slot, &row)) {
		t->ids[slot] = 0;
		t->objects[slot] = NULL;
		t->verdicts[slot] = t->placed[slot] = 0;
		return 0;
	}
	t->counted++;
	id = row_id(&row);
	dirty = t->all_dirty || t->objects[slot] != row.obj || t->ids[slot] != id ||
		(!t->partial && proc_changed(t, row_proc(&row)));
	if (t->ids[slot] != id)
		t->placed[slot] = 0;
	t->ids[slot] = id;
	t->objects[slot] = row.obj;
	if (dirty || t->match_volatile)
		t->verdicts[slot] = !t->match || t->match(t->match_ctx, &row);
	if (t->verdicts[slot] && (dirty || t->match_volatile || t->keys_dirty))
		extract_keys(t, &row, lookup);
	return dirty || t->match_volatile || t->keys_dirty;
}

/* The same for a candidate; remembers those whose place may be another now. */
static void scan_candidate(struct table *t, uint32_t slot, const struct lookup *lookup)
{
	struct order_key *keys = &t->keys[(size_t)slot * TABLE_SORT_MAX], before[TABLE_SORT_MAX];
	bool was_there = t->ids[slot] != 0, was_placed = t->placed[slot];
	bool same;

	memcpy(before, keys, sizeof(before));
	t->counted -= was_there;
	scan_slot(t, slot, lookup);
	same = was_placed && t->placed[slot] && t->verdicts[slot];
	for (uint8_t i = 0; same && i < t->n_sort; i++)
		same = !before[i].text && !keys[i].text &&
		       !compare_key(&before[i], &keys[i], false);
	if (same || (!was_placed && !t->verdicts[slot]))
		return;
	t->placed[slot] = 0;
	vec_push(&t->touched, slot);
}

static void scan(struct table *t, const struct lookup *lookup, uint32_t *budget)
{
	uint32_t clean = 0, n = t->partial ? (uint32_t)t->candidates.len : t->n_slots;

	while (t->pos<n && * budget> 0) {
		if (t->partial) {
			scan_candidate(t, t->candidates.data[t->pos++], lookup);
			--*budget;
		} else if (scan_slot(t, t->pos++, lookup)) {
			--*budget;
		} else if (++clean % CLEAN_SHARE == 0) {
			--*budget;
		}
	}
	if (t->pos < n)
		return;
	t->all_dirty = t->keys_dirty = false;
	t->total = t->counted;
	t->stage = STAGE_PLACE;
}

/*
 * Takes rows that are out of place out of the old order: a row smaller than the last one kept goes,
 * or, when it still fits behind the one before, that last one does.
 */
static void keep_or_move(struct table *t, uint32_t slot)
{
	size_t n = t->kept.len;

	if (!n || compare_slots(t, t->kept.data[n - 1], slot) <= 0) {
		vec_push(&t->kept, slot);
	} else if (n > 1 && compare_slots(t, t->kept.data[n - 2], slot) <= 0) {
		vec_push(&t->moved, t->kept.data[n - 1]);
		t->kept.data[n - 1] = slot;
	} else {
		vec_push(&t->moved, slot);
	}
}

/* Takes the touched rows out of the order; nothing to do when there are none. */
static void place_touched(struct table *t)
{
	vec_clear(&t->kept);
	vec_clear(&t->moved);
	t->stage = STAGE_IDLE;
	t->lines_dirty = true;
	if (!t->touched.len)
		return;
	vec_reserve(&t->kept, t->order.len);
	for (size_t i = 0; i < t->order.len; i++)
		if (t->placed[t->order.data[i]])
			t->kept.data[t->kept.len++] = t->order.data[i];
	for (size_t i = 0; i < t->touched.len; i++)
		if (t->verdicts[t->touched.data[i]])
			vec_push(&t->moved, t->touched.data[i]);
	t->stage = STAGE_RUNS;
	t->pos = 0;
}

static void place(struct table *t)
{
	if (t->partial) {
		place_touched(t);
		return;
	}
	vec_clear(&t->kept);
	vec_clear(&t->moved);
	for (size_t i = 0; i < t->order.len && !t->resort; i++) {
		uint32_t slot = t->order.data[i];

		if (t->placed[slot] && t->verdicts[slot])
			keep_or_move(t, slot);
	}
	for (uint32_t slot = 0; slot < t->n_slots; slot++)
		if (t->verdicts[slot] && (!t->placed[slot] || t->resort))
			vec_push(&t->moved, slot);
	t->stage = STAGE_RUNS;
	t->pos = 0;
}

static void sort_runs(struct table *t, uint32_t *budget)
{
	while (t->pos<t->moved.len && * budget> 0) {
		uint32_t left = (uint32_t)t->moved.len - t->pos;
		uint32_t n = left < RUN ? left : RUN;

		qsort_r(t->moved.data + t->pos, n, sizeof(uint32_t), compare_for_qsort, t);
		t->pos += n;
		*budget -= n < *budget ? n : *budget;
	}
	if (t->pos < t->moved.len)
		return;
	t->stage = STAGE_MERGE;
	t->pos = 0;
	t->width = RUN;
}

static void merge(struct table *t, const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b,
		  uint32_t *out)
{
	while (n_a && n_b) {
		if (compare_slots(t, *a, *b) <= 0) {
			*out++ = *a++;
			n_a--;
		} else {
			*out++ = *b++;
			n_b--;
		}
	}
	if (n_a)
		memcpy(out, a, n_a * sizeof(*a));
	if (n_b)
		memcpy(out, b, n_b * sizeof(*b));
}

/* One pair of runs. */
static uint32_t merge_pair(struct table *t)
{
	size_t left = t->moved.len - t->pos;
	size_t n_a = left < t->width ? left : t->width;
	size_t n_b = left - n_a < t->width ? left - n_a : t->width;
	const uint32_t *a = t->moved.data + t->pos;

	merge(t, a, n_a, a + n_a, n_b, t->scratch.data + t->pos);
	t->pos += (uint32_t)(n_a + n_b);
	return (uint32_t)(n_a + n_b);
}

static void merge_runs(struct table *t, uint32_t *budget)
{
	vec_clear(&t->scratch);
	vec_reserve(&t->scratch, t->moved.len);
	while (t->width<t->moved.len && * budget> 0) {
		uint32_t cost = merge_pair(t) / 8 + 1;

		*budget -= cost < *budget ? cost : *budget;
		if (t->pos < t->moved.len)
			continue;
		memcpy(t->moved.data, t->scratch.data, t->moved.len * sizeof(uint32_t));
		t->pos = 0;
		t->width *= 2;
	}
	if (t->width >= t->moved.len)
		t->stage = STAGE_FINISH;
}

/* How many of the n sorted slots come before this one. */
static size_t rank_of(const struct table *t, const uint32_t *slots, size_t n, uint32_t slot)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;

		if (compare_slots(t, slots[middle], slot) <= 0)
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

/* As merge(), when b is short: finds the place of each by halving. */
static void insert(const struct table *t, const uint32_t *a, size_t n_a, const uint32_t *b,
		   size_t n_b, uint32_t *out)
{
	for (size_t i = 0; i < n_b; i++) {
		size_t n = rank_of(t, a, n_a, b[i]);

		if (n)
			memcpy(out, a, n * sizeof(*a));
		out[n] = b[i];
		out += n + 1;
		a += n;
		n_a -= n;
	}
	if (n_a)
		memcpy(out, a, n_a * sizeof(*a));
}

static void mark_placed(struct table *t)
{
	if (t->partial) {
		for (size_t i = 0; i < t->moved.len; i++)
			t->placed[t->moved.data[i]] = 1;
		return;
	}
	if (t->n_slots)
		memset(t->placed, 0, t->n_slots);
	for (size_t i = 0; i < t->order.len; i++)
		t->placed[t->order.data[i]] = 1;
}

static void finish(struct table *t)
{
	size_t n = t->kept.len + t->moved.len;

	vec_clear(&t->merged);
	vec_reserve(&t->merged, n);
	if (t->moved.len < t->kept.len / 16)
		insert(t, t->kept.data, t->kept.len, t->moved.data, t->moved.len, t->merged.data);
	else
		merge(t, t->kept.data, t->kept.len, t->moved.data, t->moved.len, t->merged.data);
	vec_clear(&t->order);
	vec_reserve(&t->order, n);
	if (n)
		memcpy(t->order.data, t->merged.data, n * sizeof(uint32_t));
	t->order.len = n;
	mark_placed(t);
	t->resort = false;
	t->stage = STAGE_IDLE;
	t->lines_dirty = true;
}

bool table_work(struct table *t, const struct lookup *lookup, uint32_t rows)
{
	uint32_t budget = rows;

	if (!t->snap)
		return false;
	while (t->stage != STAGE_IDLE && budget > 0) {
		if (t->stage == STAGE_SCAN)
			scan(t, lookup, &budget);
		else if (t->stage == STAGE_PLACE)
			place(t);
		else if (t->stage == STAGE_RUNS)
			sort_runs(t, &budget);
		else if (t->stage == STAGE_MERGE)
			merge_runs(t, &budget);
		else
			finish(t);
	}
	if (t->lines_dirty && t->stage == STAGE_IDLE) {
		t->lines_dirty = false;
		if (t->grouping != GROUPING_NONE)
			table_group_build(t);
	}
	return t->stage != STAGE_IDLE;
}

bool table_idle(const struct table *t)
{
	return t->stage == STAGE_IDLE && !t->lines_dirty;
}

/* --- lines --- */

uint32_t table_rows(const struct table *t)
{
	return (uint32_t)t->order.len;
}

uint32_t table_count(const struct table *t)
{
	return (uint32_t)(t->grouping == GROUPING_NONE ? t->order.len : t->lines.len);
}

struct table_line table_line(const struct table *t, uint32_t index)
{
	if (t->grouping != GROUPING_NONE)
		return t->lines.data[index];
	return (struct table_line){.slot = t->order.data[index], .group = SLOT_NONE};
}

uint64_t table_line_id(const struct table *t, uint32_t index)
{
	struct table_line line = table_line(t, index);

	return line.head ? t->groups.data[line.group].key : t->ids[line.slot];
}

bool table_row(const struct table *t, uint32_t index, struct row *ret_row)
{
	struct table_line line = table_line(t, index);

	return t->snap && line.slot < row_slots(t->snap, t->pane) &&
	       row_at(t->snap, t->pane, line.slot, ret_row) && row_id(ret_row) == t->ids[line.slot];
}

uint32_t table_find(const struct table *t, uint64_t id, bool head)
{
	uint32_t n = table_count(t);

	for (uint32_t i = 0; i < n; i++) {
		struct table_line line = table_line(t, i);

		if (line.head != head)
			continue;
		if ((head ? t->groups.data[line.group].key : t->ids[line.slot]) == id)
			return i;
	}
	return SLOT_NONE;
}
