/* Groups of rows and the tree of processes, made from the sorted order. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "view/column_get.h"
#include "view/table.h"

#define FOLDED 1
#define OPEN 2
#define DEPTH_MAX 200

void table_set_grouping(struct table *t, enum table_grouping grouping)
{
	t->grouping = grouping;
	t->fold_default = grouping == GROUPING_SERVICE;
	hash_clear(&t->folds);
	vec_clear(&t->lines);
	vec_clear(&t->groups);
	if (grouping != GROUPING_NONE)
		table_group_build(t);
}

static bool is_folded(const struct table *t, uint64_t key)
{
	uint64_t state;

	return hash_get(&t->folds, key, &state) ? state == FOLDED : t->fold_default;
}

void table_fold(struct table *t, uint64_t key, int how)
{
	bool folded = how ? how < 0 : !is_folded(t, key);

	hash_put(&t->folds, key, folded ? FOLDED : OPEN);
	if (t->grouping != GROUPING_NONE)
		table_group_build(t);
}

void table_fold_all(struct table *t)
{
	t->fold_default = !t->fold_default;
	hash_clear(&t->folds);
	if (t->grouping != GROUPING_NONE)
		table_group_build(t);
}

static uint64_t digest(uint64_t seed, const void *mem, size_t len)
{
	const uint8_t *byte = mem;
	uint64_t n = 0xcbf29ce484222325u ^ seed;

	for (size_t i = 0; i < len; i++)
		n = (n ^ byte[i]) * 0x100000001b3u;
	return n ? n : 1;
}

static uint64_t digest_bytes(uint64_t seed, struct bytes b)
{
	return digest(seed, b.ptr, b.ptr ? b.len : 0);
}

static const struct proc *proc_of(const struct row *row)
{
	if (row->pane == PANE_PORTS)
		return snapshot_proc(row->snap, ((const struct port *)row->obj)->proc);
	if (row->pane == PANE_SOCKETS)
		return snapshot_proc(row->snap, ((const struct sock *)row->obj)->proc);
	return row->pane == PANE_PROCESSES ? row->obj : NULL;
}

static uint32_t netns_of(const struct row *row)
{
	switch (row->pane) {
	case PANE_PORTS:
		return ((const struct port *)row->obj)->netns;
	case PANE_SOCKETS:
		return ((const struct sock *)row->obj)->netns;
	case PANE_PROCESSES:
		return ((const struct proc *)row->obj)->netns;
	case PANE_CONTAINERS:
		return ((const struct container *)row->obj)->netns;
	default:
		return SLOT_NONE;
	}
}

/* One service: the same port and owner, whatever the family, tcp or mptcp. */
static uint64_t service_key(const struct row *row)
{
	struct {
		uint64_t proc, netns;
		uint32_t port, proto;
	} key = {0};
	const struct proc *proc = proc_of(row);

	key.proc = proc ? proc->head.id : 0;
	key.netns = netns_of(row);
	if (row->pane == PANE_PORTS) {
		const struct port *p = row->obj;

		key.port = p->port;
		key.proto = p->proto == PROTO_MPTCP ? PROTO_TCP : p->proto;
	} else {
		const struct sock *s = row->obj;

		key.port = s->r.local_port;
		key.proto = s->r.proto == PROTO_MPTCP ? PROTO_TCP : s->r.proto;
	}
	return digest(GROUPING_SERVICE, &key, sizeof(key));
}

static uint64_t group_key(const struct table *t, const struct row *row)
{
	const struct proc *proc = proc_of(row);
	const struct netns *netns = snapshot_netns(row->snap, netns_of(row));
	const struct container_rec *container = row_container(row);

	switch (t->grouping) {
	case GROUPING_PROCESS:
		return digest(1, proc ? &proc->head.id : NULL, proc ? sizeof(proc->head.id) : 0);
	case GROUPING_UNIT:
		return digest_bytes(2, proc ? proc->r.unit : (struct bytes){0});
	case GROUPING_CONTAINER:
		return digest_bytes(3, container ? container->id : (struct bytes){0});
	case GROUPING_NETNS:
		return digest(4, netns ? &netns->head.id : NULL,
			      netns ? sizeof(netns->head.id) : 0);
	case GROUPING_SERVICE:
		return service_key(row);
	default:
		return 1;
	}
}

static bool order_row(const struct table *t, uint32_t slot, struct row *ret)
{
	return slot < row_slots(t->snap, t->pane) && row_at(t->snap, t->pane, slot, ret);
}

/* Which group each row of the order is in; groups in the order of their first rows. */
static void assign_groups(struct table *t, uint32_t *group_of)
{
	struct hash index;
	struct row row;

	hash_init(&index, 0x2545f4914f6cdd1du);
	for (size_t i = 0; i < t->order.len; i++) {
		uint64_t key = order_row(t, t->order.data[i], &row) ? group_key(t, &row) : 1;
		uint64_t found;

		if (!hash_get(&index, key, &found)) {
			struct table_group group = {.key = key, .folded = is_folded(t, key)};

			found = t->groups.len;
			hash_put(&index, key, found);
			vec_push(&t->groups, group);
		}
		group_of[i] = (uint32_t)found;
		t->groups.data[found].count++;
	}
	hash_done(&index);
}

static void place_members(struct table *t, const uint32_t *group_of)
{
	uint32_t at = 0;

	vec_clear(&t->members);
	vec_reserve(&t->members, t->order.len);
	for (size_t g = 0; g < t->groups.len; g++) {
		t->groups.data[g].start = at;
		at += t->groups.data[g].count;
		t->groups.data[g].count = 0;
	}
	for (size_t i = 0; i < t->order.len; i++) {
		struct table_group *group = &t->groups.data[group_of[i]];

		t->members.data[group->start + group->count++] = t->order.data[i];
	}
	t->members.len = t->order.len;
}

static void emit_group(struct table *t, uint32_t g)
{
	const struct table_group *group = &t->groups.data[g];
	bool single = t->grouping == GROUPING_SERVICE && group->count == 1;
	struct table_line line = {.slot = t->members.data[group->start],
				  .group = g,
				  .head = !single,
				  .folded = group->folded};

	vec_push(&t->lines, line);
	if (single || group->folded)
		return;
	for (uint32_t i = 0; i < group->count; i++) {
		line = (struct table_line){
			.slot = t->members.data[group->start + i], .group = g, .depth = 1};
		vec_push(&t->lines, line);
	}
}

static void build_groups(struct table *t)
{
	uint32_t *group_of = xmalloc(t->order.len * sizeof(*group_of));

	assign_groups(t, group_of);
	place_members(t, group_of);
	for (uint32_t g = 0; g < t->groups.len; g++)
		emit_group(t, g);
	free(group_of);
}

/* --- the tree of processes --- */

struct tree {
	uint32_t *first, *next; /* by slot: first child, next sibling; SLOT_NONE ends */
	bool *in, *done;
	uint32_t n;
};

static uint32_t parent_of(const struct table *t, const struct tree *tree, uint32_t slot)
{
	const struct proc *proc = snapshot_proc(t->snap, slot);
	uint32_t up = proc ? proc->parent : SLOT_NONE;

	/* a parent that is filtered out is skipped, within reason */
	for (int i = 0; i < DEPTH_MAX && up != SLOT_NONE && up < tree->n && up != slot; i++) {
		const struct proc *parent = snapshot_proc(t->snap, up);

		if (tree->in[up])
			return up;
		up = parent ? parent->parent : SLOT_NONE;
	}
	return SLOT_NONE;
}

/* Below DEPTH_MAX what is left begins again at the margin. */
static void emit_tree(struct table *t, struct tree *tree, uint32_t slot, uint8_t depth, bool hidden)
{
	struct table_line line = {.slot = slot, .group = SLOT_NONE, .depth = depth};

	if (tree->done[slot])
		return;
	tree->done[slot] = true;
	vec_push(&t->members, slot);
	line.parent = tree->first[slot] != SLOT_NONE;
	line.folded = line.parent && is_folded(t, t->ids[slot]);
	if (!hidden)
		vec_push(&t->lines, line);
	for (uint32_t child = tree->first[slot]; child != SLOT_NONE && depth < DEPTH_MAX;
	     child = tree->next[child])
		emit_tree(t, tree, child, (uint8_t)(depth + 1), hidden || line.folded);
}

static void link_tree(struct table *t, struct tree *tree)
{
	/* backwards, so that children come out in table order */
	for (size_t i = t->order.len; i-- > 0;) {
		uint32_t slot = t->order.data[i];
		uint32_t parent = parent_of(t, tree, slot);

		if (parent == SLOT_NONE)
			continue;
		tree->next[slot] = tree->first[parent];
		tree->first[parent] = slot;
	}
}

static bool is_root(const struct table *t, const struct tree *tree, uint32_t slot)
{
	return parent_of(t, tree, slot) == SLOT_NONE;
}

static void build_tree(struct table *t)
{
	struct tree tree = {.n = t->n_slots};

	tree.first = xmalloc(tree.n * sizeof(*tree.first));
	tree.next = xmalloc(tree.n * sizeof(*tree.next));
	tree.in = xcalloc(tree.n, sizeof(*tree.in));
	tree.done = xcalloc(tree.n, sizeof(*tree.done));
	memset(tree.first, 0xff, tree.n * sizeof(*tree.first));
	memset(tree.next, 0xff, tree.n * sizeof(*tree.next));
	for (size_t i = 0; i < t->order.len; i++)
		tree.in[t->order.data[i]] = true;
	link_tree(t, &tree);
	vec_clear(&t->members);
	for (size_t i = 0; i < t->order.len; i++)
		if (is_root(t, &tree, t->order.data[i]))
			emit_tree(t, &tree, t->order.data[i], 0, false);
	/* parents in a circle, as recycled pids make them, have no root */
	for (size_t i = 0; i < t->order.len; i++)
		emit_tree(t, &tree, t->order.data[i], 0, false);
	free(tree.first);
	free(tree.next);
	free(tree.in);
	free(tree.done);
}

void table_group_build(struct table *t)
{
	vec_clear(&t->lines);
	vec_clear(&t->groups);
	if (!t->snap)
		return;
	if (t->grouping == GROUPING_TREE)
		build_tree(t);
	else
		build_groups(t);
}

/* --- names --- */

static void add_bytes(struct strbuf *out, struct bytes b, const char *none)
{
	if (b.ptr && b.len)
		strbuf_add(out, b.ptr, b.len);
	else
		strbuf_adds(out, none);
}

static void name_process(const struct proc *proc, struct strbuf *out)
{
	if (!proc) {
		strbuf_adds(out, "no process");
		return;
	}
	strbuf_addf(out, "%u ", proc->r.pid);
	add_bytes(out, proc->r.comm, "?");
}

static void name_container(const struct container_rec *container, struct strbuf *out)
{
	struct bytes name = {0};

	if (container)
		name = container->name.ptr ? container->name : container->id;
	add_bytes(out, name, "no container");
}

static void name_netns(const struct netns *netns, struct strbuf *out)
{
	if (!netns) {
		strbuf_adds(out, "no namespace");
		return;
	}
	add_bytes(out, netns->r.name, "netns");
	strbuf_addf(out, " %u", netns->r.inode);
}

void table_group_name(const struct table *t, const struct table_group *group, struct strbuf *out)
{
	const struct proc *proc;
	struct row row;

	if (!order_row(t, t->members.data[group->start], &row))
		return;
	proc = proc_of(&row);
	if (t->grouping == GROUPING_UNIT)
		add_bytes(out, proc ? proc->r.unit : (struct bytes){0}, "no unit");
	else if (t->grouping == GROUPING_CONTAINER)
		name_container(row_container(&row), out);
	else if (t->grouping == GROUPING_NETNS)
		name_netns(snapshot_netns(t->snap, netns_of(&row)), out);
	else
		name_process(proc, out);
}
