/* Network namespaces: identity is the cookie; without one the inode stands in. */
#include <string.h>

#include "model/store_internal.h"

static struct netns *build(const struct netns *t)
{
	size_t addrs = t->r.n_addrs * sizeof(*t->r.addrs);
	size_t name = t->r.name.ptr ? t->r.name.len + 1u : 0;
	struct netns *n = xmalloc(sizeof(*n) + addrs + name);
	char *at = (char *)(n + 1);

	*n = *t;
	n->r.addrs = addrs ? memcpy(at, t->r.addrs, addrs) : NULL;
	at += addrs;
	if (name) {
		memcpy(at, t->r.name.ptr, name - 1);
		at[name - 1] = '\0';
		n->r.name.ptr = at;
	}
	return n;
}

uint32_t store_netns_find(const struct store *st, uint64_t cookie, uint32_t inode)
{
	for (uint32_t i = 0; i < st->tables[TABLE_NETNS].slots.len; i++) {
		const struct netns *n = store_cur_netns(st, i);

		if (n && !n->head.gone &&
		    (cookie ? n->r.cookie == cookie : inode && n->r.inode == inode))
			return i;
	}
	return SLOT_NONE;
}

static bool same(const struct netns_rec *a, const struct netns_rec *b)
{
	if (a->inode != b->inode || a->kind != b->kind || a->own != b->own ||
	    a->holders != b->holders || a->n_addrs != b->n_addrs || a->name.len != b->name.len ||
	    !a->name.ptr != !b->name.ptr)
		return false;
	if (a->name.ptr && memcmp(a->name.ptr, b->name.ptr, a->name.len))
		return false;
	return !a->n_addrs || !memcmp(a->addrs, b->addrs, a->n_addrs * sizeof(*a->addrs));
}

static uint32_t add(struct store *st)
{
	uint32_t slot = table_add(st, TABLE_NETNS);
	bool new = st->epoch > 1 && !st->quiet;
	struct netns t = {
		.container = SLOT_NONE,
		.rx_rate = -1,
		.tx_rate = -1,
		.head = {.id = table_id(st, TABLE_NETNS, slot),
			 .first_ms = new ? st->mono_ms : -1,
			 .mark = new ? MARK_NEW : MARK_NONE,
			 .mark_ms = st->mono_ms},
	};

	memset(&st->nx.data[slot], 0, sizeof(st->nx.data[slot]));
	table_show(st, TABLE_NETNS, slot, build(&t));
	st->counts.netns++;
	return slot;
}

uint32_t store_netns_put(struct store *st, const struct netns_rec *rec)
{
	uint32_t slot = store_netns_find(st, rec->cookie, rec->inode);
	const struct netns *n = store_cur_netns(st, slot);
	struct netns t;

	if (st->journal)
		journal_netns(st->journal, rec);
	if (n && same(&n->r, rec))
		return slot;
	if (!n)
		slot = add(st);
	t = *netns_at(st, slot);
	t.r = *rec;
	table_show(st, TABLE_NETNS, slot, build(&t));
	st->procs_changed = true;
	return slot;
}

static void drop_orders(struct store *st, uint32_t slot, bool mark)
{
	for (unsigned int p = 0; p < PROTO_COUNT; p++) {
		struct order *o = &st->nx.data[slot].order[p];

		for (size_t i = 0; i < o->now.len; i++)
			store_sock_gone(st, o->now.data[i], mark);
		vec_done(&o->now);
		vec_done(&o->next);
		o->covered = 0;
	}
}

void store_netns_gone(struct store *st, uint32_t slot)
{
	struct netns t;

	if (st->journal)
		journal_netns_gone(st->journal, slot);
	if (!store_cur_netns(st, slot) || store_cur_netns(st, slot)->head.gone)
		return;
	drop_orders(st, slot, true);
	t = *netns_at(st, slot);
	t.head.gone = true;
	t.head.mark = MARK_GONE;
	t.head.mark_ms = st->mono_ms;
	table_show(st, TABLE_NETNS, slot, build(&t));
	st->counts.netns--;
	st->procs_changed = true;
	store_gone_add(st, TABLE_NETNS, slot, SLOT_NONE, SLOT_NONE);
}

void store_source_changed(struct store *st)
{
	if (st->journal)
		journal_source_changed(st->journal);
	st->quiet = true;
	for (uint32_t i = 0; i < st->nx.len; i++)
		drop_orders(st, i, false);
}

void netns_publish(struct store *st)
{
	for (uint32_t i = 0; i < st->nx.len; i++) {
		struct netns_extra *x = &st->nx.data[i];
		const struct netns *n = store_cur_netns(st, i);
		struct netns t;

		if (!x->dirty || !n)
			continue;
		x->dirty = false;
		t = *n;
		t.sockets = x->sockets;
		t.listeners = x->listeners;
		t.rx_rate = x->rated ? x->rx_rate : -1;
		t.tx_rate = x->rated ? x->tx_rate : -1;
		table_show(st, TABLE_NETNS, i, build(&t));
	}
}

void netns_set_container(struct store *st, uint32_t slot, uint32_t container)
{
	const struct netns *n = store_cur_netns(st, slot);
	struct netns t;

	if (!n || n->container == container)
		return;
	t = *n;
	t.container = container;
	table_show(st, TABLE_NETNS, slot, build(&t));
}

void netns_done(struct store *st)
{
	for (size_t i = 0; i < st->nx.len; i++) {
		for (unsigned int p = 0; p < PROTO_COUNT; p++) {
			vec_done(&st->nx.data[i].order[p].now);
			vec_done(&st->nx.data[i].order[p].next);
		}
	}
	vec_done(&st->nx);
}
