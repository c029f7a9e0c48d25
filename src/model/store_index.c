/*
 * Finding a socket by identity and by inode. Identity (SPEC 1): (namespace, protocol, cookie), for
 * mptcp with the remote endpoint; rows from text have no cookie, so (namespace, protocol, inode),
 * or the 5-tuple when the inode is 0.
 */
#include <string.h>

#include "model/store_internal.h"

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint64_t mix_addr(uint64_t h, const struct netaddr *addr)
{
	uint64_t part[2];

	memcpy(part, addr->bytes, sizeof(part));
	return mix(mix(mix(h, addr->family), part[0]), part[1]);
}

static uint32_t identity_hash(uint32_t netns, const struct sock_rec *r)
{
	uint64_t h = mix((uint64_t)netns << 8 | r->proto, r->cookie);

	if (r->cookie ? r->proto == PROTO_MPTCP : !r->inode)
		h = mix(mix_addr(h, &r->remote), r->remote_port);
	if (!r->cookie)
		h = mix(h, r->inode);
	if (!r->cookie && !r->inode)
		h = mix(mix_addr(h, &r->local), r->local_port);
	return (uint32_t)(h >> 32);
}

static bool same_addr(const struct netaddr *a, const struct netaddr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool same_remote(const struct sock_rec *a, const struct sock_rec *b)
{
	return a->remote_port == b->remote_port && same_addr(&a->remote, &b->remote);
}

bool index_same(const struct sock *s, const struct sock_rec *rec)
{
	const struct sock_rec *r = &s->r;

	if (r->cookie != rec->cookie || r->proto != rec->proto)
		return false;
	if (r->cookie)
		return r->proto != PROTO_MPTCP || same_remote(r, rec);
	if (r->inode != rec->inode)
		return false;
	return r->inode || (same_remote(r, rec) && r->local_port == rec->local_port &&
			    same_addr(&r->local, &rec->local));
}

uint32_t index_find(const struct store *st, uint32_t netns, const struct sock_rec *rec)
{
	uint32_t hash = identity_hash(netns, rec);
	uint32_t mask = st->by_id_size - 1;

	if (!st->by_id_size)
		return SLOT_NONE;
	for (uint32_t i = hash & mask; st->by_id[i]; i = (i + 1) & mask) {
		uint32_t slot = st->by_id[i] - 1;
		const struct sock *s;

		if (st->sx.data[slot].hash != hash)
			continue;
		s = sock_at(st, slot);
		if (s->netns == netns && index_same(s, rec))
			return slot;
	}
	return SLOT_NONE;
}

static void place(struct store *st, uint32_t slot)
{
	uint32_t mask = st->by_id_size - 1;
	uint32_t i = st->sx.data[slot].hash & mask;

	while (st->by_id[i])
		i = (i + 1) & mask;
	st->by_id[i] = slot + 1;
}

static void grow(struct store *st)
{
	uint32_t *old = st->by_id;
	uint32_t old_size = st->by_id_size;

	st->by_id_size = old_size ? old_size * 2 : 256;
	st->by_id = xcalloc(st->by_id_size, sizeof(*st->by_id));
	for (uint32_t i = 0; i < old_size; i++) {
		if (old[i])
			place(st, old[i] - 1);
	}
	free(old);
}

void index_add(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);

	if (st->by_id_count + st->by_id_count / 3 >= st->by_id_size)
		grow(st);
	st->sx.data[slot].hash = identity_hash(s->netns, &s->r);
	st->sx.data[slot].flags |= SOCK_KEYED;
	place(st, slot);
	st->by_id_count++;
}

void index_del(struct store *st, uint32_t slot)
{
	uint32_t mask = st->by_id_size - 1;
	uint32_t i = st->sx.data[slot].hash & mask;

	if (!(st->sx.data[slot].flags & SOCK_KEYED))
		return;
	st->sx.data[slot].flags &= (uint16_t)~SOCK_KEYED;
	st->by_id_count--;
	while (st->by_id[i] != slot + 1)
		i = (i + 1) & mask;
	for (uint32_t j = (i + 1) & mask; st->by_id[j]; j = (j + 1) & mask) {
		uint32_t home = st->sx.data[st->by_id[j] - 1].hash & mask;

		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		st->by_id[i] = st->by_id[j];
		i = j;
	}
	st->by_id[i] = 0;
}

static uint32_t inode_bucket(const struct store *st, uint32_t inode)
{
	return (uint32_t)(mix(0, inode) >> 32) & (st->by_inode_size - 1);
}

uint32_t index_inode_next(const struct store *st, uint32_t slot, uint32_t inode)
{
	for (slot = st->sx.data[slot].inode_next; slot; slot = st->sx.data[slot - 1].inode_next) {
		if (sock_at(st, slot - 1)->r.inode == inode)
			return slot - 1;
	}
	return SLOT_NONE;
}

uint32_t index_inode_first(const struct store *st, uint32_t inode)
{
	uint32_t slot;

	if (!st->by_inode_size || !inode)
		return SLOT_NONE;
	slot = st->by_inode[inode_bucket(st, inode)];
	if (!slot)
		return SLOT_NONE;
	if (sock_at(st, slot - 1)->r.inode == inode)
		return slot - 1;
	return index_inode_next(st, slot - 1, inode);
}

static void inode_push(struct store *st, uint32_t slot)
{
	uint32_t bucket = inode_bucket(st, sock_at(st, slot)->r.inode);

	st->sx.data[slot].inode_next = st->by_inode[bucket];
	st->by_inode[bucket] = slot + 1;
}

static void inode_grow(struct store *st)
{
	free(st->by_inode);
	st->by_inode_size = st->by_inode_size ? st->by_inode_size * 2 : 256;
	st->by_inode = xcalloc(st->by_inode_size, sizeof(*st->by_inode));
	for (uint32_t slot = 0; slot < st->sx.len; slot++) {
		if (st->sx.data[slot].flags & SOCK_INDEXED)
			inode_push(st, slot);
	}
}

void index_inode_add(struct store *st, uint32_t slot)
{
	if (!sock_at(st, slot)->r.inode)
		return;
	if (st->by_inode_count >= st->by_inode_size)
		inode_grow(st);
	st->sx.data[slot].flags |= SOCK_INDEXED;
	inode_push(st, slot);
	st->by_inode_count++;
}

void index_inode_del(struct store *st, uint32_t slot)
{
	struct sock_extra *x = &st->sx.data[slot];
	uint32_t inode = sock_at(st, slot)->r.inode;
	uint32_t *link;

	if (!(x->flags & SOCK_INDEXED))
		return;
	link = &st->by_inode[inode_bucket(st, inode)];
	while (*link != slot + 1)
		link = &st->sx.data[*link - 1].inode_next;
	*link = x->inode_next;
	x->flags &= (uint16_t)~SOCK_INDEXED;
	st->by_inode_count--;
	if (index_inode_first(st, inode) == SLOT_NONE)
		vec_push(&st->dropped, inode);
}

void index_done(struct store *st)
{
	free(st->by_id);
	free(st->by_inode);
	vec_done(&st->dropped);
}
