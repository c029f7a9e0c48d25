/*
 * Holders in two lists at once: by table (to compare with what a scan saw) and by inode (to answer
 * who holds it). 24 bytes per socket descriptor, 16 to 32 per inode.
 */
#include <limits.h>
#include <sys/random.h>

#include "kernel/owners_impl.h"

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)(uintptr_t)&seed;
	return seed;
}

void owners_store_init(struct owners *own)
{
	hash_init(&own->by_id, random_seed());
	hash_init(&own->inodes, random_seed());
	hash_init(&own->unknown, random_seed());
	hash_init(&own->ring_inodes, random_seed());
	vec_push(&own->holders, (struct holder){0});
	vec_push(&own->tables, (struct table){.dir_fd = -1});
}

void owners_store_done(struct owners *own)
{
	hash_done(&own->by_id);
	hash_done(&own->inodes);
	hash_done(&own->unknown);
	hash_done(&own->ring_inodes);
	vec_done(&own->holders);
	vec_done(&own->tables);
	vec_done(&own->leaders);
	vec_done(&own->listed);
	vec_done(&own->due);
	vec_done(&own->dirty);
	vec_done(&own->scratch);
	vec_done(&own->tids);
	vec_done(&own->out);
	vec_done(&own->procs);
	vec_done(&own->exited);
	vec_done(&own->netns_fds);
	vec_done(&own->rings);
}

/* ---- tables; entry 0 is the head of the ring ---- */

static void ring_unlink(struct owners *own, uint32_t index)
{
	struct table *t = own->tables.data;

	t[t[index].older].newer = t[index].newer;
	t[t[index].newer].older = t[index].older;
}

static void ring_append(struct owners *own, uint32_t index)
{
	struct table *t = own->tables.data;

	t[index].newer = NONE;
	t[index].older = t[NONE].older;
	t[t[NONE].older].newer = index;
	t[NONE].older = index;
}

void owners_table_touch(struct owners *own, uint32_t index)
{
	ring_unlink(own, index);
	ring_append(own, index);
}

uint32_t owners_table_oldest(const struct owners *own)
{
	return own->tables.data[NONE].newer;
}

uint32_t owners_table_find(const struct owners *own, uint32_t pid, uint32_t tid)
{
	uint64_t index;

	return hash_get(&own->by_id, owners_id(pid, tid), &index) ? (uint32_t)index : NONE;
}

uint32_t owners_table_add(struct owners *own, uint32_t pid, uint32_t tid)
{
	uint32_t index = own->free_table;

	if (index)
		own->free_table = own->tables.data[index].first;
	else {
		index = (uint32_t)own->tables.len;
		vec_push(&own->tables, (struct table){0});
	}
	own->tables.data[index] = (struct table){
		.pid = pid,
		.tid = tid,
		.dir_fd = -1,
		.max_fd = -1,
		.count = UINT32_MAX,
		.used = true,
	};
	ring_append(own, index);
	hash_put(&own->by_id, owners_id(pid, tid), index);
	own->info.n_tables++;
	return index;
}

void owners_table_remove(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];

	owners_merge(own, index, 0, INT64_MAX, NULL, 0);
	ring_unlink(own, index);
	hash_del(&own->by_id, owners_id(table->pid, table->tid));
	*table = (struct table){.dir_fd = -1, .first = own->free_table};
	own->free_table = index;
	own->info.n_tables--;
}

/* ---- inodes ---- */

/* The inode's value changed hands: keeps the counts of the unknown right. */
static void set_inode(struct owners *own, uint32_t inode, uint64_t old, uint64_t value)
{
	bool was = (old & INODE_WANTED) && !INODE_HEAD(old);
	bool is = (value & INODE_WANTED) && !INODE_HEAD(value);

	if (is && !was) {
		own->n_wanting++;
		hash_put(&own->unknown, inode, own->seq);
	} else if (was && !is) {
		own->n_wanting--;
		hash_del(&own->unknown, inode);
	}
	if (value)
		hash_put(&own->inodes, inode, value);
	else
		hash_del(&own->inodes, inode);
}

static uint64_t get_inode(const struct owners *own, uint32_t inode)
{
	uint64_t value = 0;

	hash_get(&own->inodes, inode, &value);
	return value;
}

/* `value` with the mark, if anybody wants to hear of it. */
static uint64_t mark_dirty(struct owners *own, uint32_t inode, uint64_t value)
{
	if ((value & (INODE_WANTED | INODE_DIRTY)) != INODE_WANTED)
		return value;
	vec_push(&own->dirty, inode);
	return value | INODE_DIRTY;
}

void owners_want(struct owners *own, uint32_t inode)
{
	uint64_t old = get_inode(own, inode), value = old | INODE_WANTED;

	if (!inode || (old & INODE_WANTED))
		return;
	if (INODE_HEAD(value))
		value = mark_dirty(own, inode, value);
	set_inode(own, inode, old, value);
}

void owners_unwant(struct owners *own, uint32_t inode)
{
	uint64_t old = get_inode(own, inode);

	if (old)
		set_inode(own, inode, old, INODE_HEAD(old));
}

/* ---- holders ---- */

static void add_holder(struct owners *own, uint32_t table, const struct entry *entry,
		       uint32_t next_in_table, uint32_t *ret_index)
{
	uint64_t old = get_inode(own, entry->inode);
	uint64_t flags = mark_dirty(own, entry->inode, old) & ~(uint64_t)UINT32_MAX;
	uint32_t index = own->free_holder;

	if (index)
		own->free_holder = own->holders.data[index].next;
	else {
		index = (uint32_t)own->holders.len;
		vec_push(&own->holders, (struct holder){0});
	}
	own->holders.data[index] = (struct holder){
		.inode = entry->inode,
		.fd = entry->fd,
		.table = table,
		.next = INODE_HEAD(old),
		.next_in_table = next_in_table,
	};
	if (INODE_HEAD(old))
		own->holders.data[INODE_HEAD(old)].prev = index;
	set_inode(own, entry->inode, old, flags | index);
	own->tables.data[table].n_holders++;
	own->info.n_holders++;
	*ret_index = index;
}

static void remove_holder(struct owners *own, uint32_t index)
{
	struct holder *h = &own->holders.data[index];
	uint64_t old = get_inode(own, h->inode);
	uint64_t value = mark_dirty(own, h->inode, old);

	if (h->next)
		own->holders.data[h->next].prev = h->prev;
	if (h->prev)
		own->holders.data[h->prev].next = h->next;
	else
		value = (value & ~(uint64_t)UINT32_MAX) | h->next;
	set_inode(own, h->inode, old, value);
	own->tables.data[h->table].n_holders--;
	own->info.n_holders--;
	*h = (struct holder){.next = own->free_holder};
	own->free_holder = index;
}

/* The link that points at the first holder with fd >= from, as (index of predecessor or NONE). */
static uint32_t before(const struct owners *own, uint32_t table, int32_t from)
{
	uint32_t prev = NONE;

	for (uint32_t i = own->tables.data[table].first; i && own->holders.data[i].fd < from;
	     i = own->holders.data[i].next_in_table)
		prev = i;
	return prev;
}

static void set_next(struct owners *own, uint32_t table, uint32_t prev, uint32_t next)
{
	if (prev)
		own->holders.data[prev].next_in_table = next;
	else
		own->tables.data[table].first = next;
}

void owners_merge(struct owners *own, uint32_t index, int32_t from, int64_t to,
		  const struct entry *entries, size_t n)
{
	uint32_t prev = before(own, index, from);
	uint32_t at = prev ? own->holders.data[prev].next_in_table : own->tables.data[index].first;

	for (size_t i = 0; i < n || (at && own->holders.data[at].fd < to);) {
		const struct holder *h = &own->holders.data[at];
		int64_t old_fd = at && h->fd < to ? h->fd : INT64_MAX;
		int64_t new_fd = i < n ? entries[i].fd : INT64_MAX;

		if (old_fd == new_fd && h->inode == entries[i].inode) {
			prev = at;
			at = h->next_in_table;
			i++;
		} else if (old_fd <= new_fd) {
			uint32_t gone = at;

			at = h->next_in_table;
			remove_holder(own, gone);
			set_next(own, index, prev, at);
		} else {
			uint32_t added;

			add_holder(own, index, &entries[i++], at, &added);
			set_next(own, index, prev, added);
			prev = added;
		}
	}
}

void owners_settle(struct owners *own, uint64_t oldest_scan)
{
	size_t pos = 0;
	uint64_t inode, seq;

	if (!hash_count(&own->unknown))
		return;
	vec_clear(&own->listed);
	while (hash_next(&own->unknown, &pos, &inode, &seq))
		if (seq <= oldest_scan)
			vec_push(&own->listed, (uint32_t)inode);
	for (size_t i = 0; i < own->listed.len; i++)
		hash_del(&own->unknown, own->listed.data[i]);
}

/* ---- answers ---- */

static int compare_owner(const void *pa, const void *pb)
{
	const struct owner *a = pa, *b = pb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->fd > b->fd) - (a->fd < b->fd);
}

uint32_t owners_lookup(struct owners *own, uint32_t inode, const struct owner **ret_owners)
{
	vec_clear(&own->out);
	for (uint32_t i = INODE_HEAD(get_inode(own, inode)); i; i = own->holders.data[i].next) {
		const struct holder *h = &own->holders.data[i];
		const struct table *table = &own->tables.data[h->table];
		struct owner owner = {.pid = table->pid, .tid = table->tid, .fd = h->fd};

		vec_push(&own->out, owner);
	}
	if (own->out.len > 1)
		qsort(own->out.data, own->out.len, sizeof(*own->out.data), compare_owner);
	*ret_owners = own->out.data;
	return (uint32_t)own->out.len;
}

void owners_emit(struct owners *own, owners_change_fn *fn, void *ctx)
{
	for (size_t i = 0; i < own->dirty.len; i++) {
		uint32_t inode = own->dirty.data[i];
		uint64_t value = get_inode(own, inode);
		const struct owner *owners;
		uint32_t n;

		if (!(value & INODE_DIRTY))
			continue;
		hash_put(&own->inodes, inode, value & ~INODE_DIRTY);
		n = owners_lookup(own, inode, &owners);
		fn(ctx, inode, owners, n);
	}
	vec_clear(&own->dirty);
}
