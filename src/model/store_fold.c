/*
 * Every mptcp socket has tcp subflows, which sock_diag lists as tcp sockets with the same inode
 * (net/mptcp/subflow.c sets it). They are kept, but hidden in the mptcp row, which borrows from the
 * oldest of them what the mptcp dump does not tell. It does not matter which of the two came first.
 */
#include "model/store_internal.h"

/* The rows with this inode and protocol, one after the other; from = SLOT_NONE starts. */
static uint32_t next_with(const struct store *st, uint32_t from, uint32_t inode, uint8_t proto)
{
	uint32_t slot = from == SLOT_NONE ? index_inode_first(st, inode)
					  : index_inode_next(st, from, inode);

	while (slot != SLOT_NONE && sock_at(st, slot)->r.proto != proto)
		slot = index_inode_next(st, slot, inode);
	return slot;
}

static bool folded_into(const struct store *st, uint32_t slot, uint32_t mptcp)
{
	return st->sx.data[slot].flags & SOCK_FOLDED && st->sx.data[slot].link == mptcp;
}

static void hide(struct store *st, uint32_t slot, uint32_t mptcp)
{
	if (st->sx.data[slot].flags & SOCK_FOLDED) {
		st->sx.data[slot].link = mptcp;
		return;
	}
	detach_sock(st, slot);
	st->folded++;
	st->peers_changed = true;
	st->sx.data[slot].flags |= SOCK_FOLDED;
	st->sx.data[slot].link = mptcp;
	st->tables[TABLE_SOCK].slots.data[slot].hidden = true;
	owner_status_set(st, store_sock_edit(st, slot), OWNER_KNOWN);
}

static void show(struct store *st, uint32_t slot)
{
	st->folded--;
	st->peers_changed = true;
	st->sx.data[slot].flags &= (uint16_t)~SOCK_FOLDED;
	st->tables[TABLE_SOCK].slots.data[slot].hidden = false;
	table_touch(st, TABLE_SOCK, slot);
}

static void unfold(struct store *st, uint32_t slot)
{
	show(st, slot);
	owner_reset(st, slot);
	attach_sock(st, slot);
	owner_decide(st, slot);
}

static void refold(struct store *st, uint32_t mptcp)
{
	struct sock_rec raw = st->raws.data[st->sx.data[mptcp].link];
	const struct sock *s = sock_at(st, mptcp);

	if (!s->head.gone)
		store_sock_refresh(st, mptcp, &raw);
}

void fold_born(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);
	uint32_t inode = s->r.inode;
	uint32_t netns = s->netns;
	uint32_t other = SLOT_NONE;
	bool any = false;

	if (!inode || (s->r.proto != PROTO_TCP && s->r.proto != PROTO_MPTCP))
		return;
	if (s->r.proto == PROTO_TCP) {
		while ((other = next_with(st, other, inode, PROTO_MPTCP)) != SLOT_NONE) {
			if (sock_at(st, other)->netns != netns || st->sx.data[other].missed)
				continue;
			hide(st, slot, other);
			refold(st, other);
			return;
		}
		return;
	}
	while ((other = next_with(st, other, inode, PROTO_TCP)) != SLOT_NONE) {
		if (sock_at(st, other)->netns == netns) {
			hide(st, other, slot);
			any = true;
		}
	}
	if (any)
		refold(st, slot);
}

void fold_ended(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);
	uint32_t inode = s->r.inode;
	uint32_t other = SLOT_NONE;

	if (st->sx.data[slot].flags & SOCK_FOLDED) {
		uint32_t mptcp = st->sx.data[slot].link;

		show(st, slot);
		if (mptcp != SLOT_NONE)
			refold(st, mptcp);
		return;
	}
	if (s->r.proto != PROTO_MPTCP)
		return;
	while ((other = next_with(st, other, inode, PROTO_TCP)) != SLOT_NONE) {
		if (!folded_into(st, other, slot))
			continue;
		if (st->sx.data[other].missed || sock_at(st, other)->head.gone)
			st->sx.data[other].link = SLOT_NONE; /* on its way out: stays hidden */
		else
			unfold(st, other);
	}
}

static const struct sock *oldest_subflow(const struct store *st, uint32_t mptcp, uint32_t inode)
{
	const struct sock *found = NULL;
	uint32_t slot = SLOT_NONE;

	while ((slot = next_with(st, slot, inode, PROTO_TCP)) != SLOT_NONE) {
		const struct sock *s = sock_at(st, slot);

		if (folded_into(st, slot, mptcp) && (!found || s->r.cookie < found->r.cookie))
			found = s;
	}
	return found;
}

static void borrow_optional(struct sock_rec *rec, const struct sock_rec *tcp)
{
	uint16_t lacks = (uint16_t)(tcp->have & ~rec->have);

	if (lacks & REC_DROPS)
		rec->drops = tcp->drops;
	if (lacks & REC_V6ONLY)
		rec->v6only = tcp->v6only;
	if (lacks & REC_CGROUP)
		rec->cgroup_id = tcp->cgroup_id;
	if (lacks & REC_MARK)
		rec->mark = tcp->mark;
	if (lacks & REC_UID)
		rec->uid = tcp->uid;
	if (tcp->have & REC_SOCKOPT) /* an mptcp socket leaves its port to the tcp one */
		rec->autobound = tcp->autobound;
	rec->have |= lacks & (REC_DROPS | REC_V6ONLY | REC_CGROUP | REC_MARK | REC_UID |
			      REC_QUEUES | REC_SOCKOPT);
}

/* Fills in what a subflow knows; false when there is none. */
bool fold_overlay(struct store *st, uint32_t slot, struct sock_rec *rec)
{
	const struct sock *tcp = oldest_subflow(st, slot, rec->inode);

	if (!tcp)
		return false;
	if (!(rec->have & REC_QUEUES) || (rec->state == STATE_LISTEN && !rec->sendq)) {
		rec->recvq = tcp->r.recvq;
		rec->sendq = tcp->r.sendq;
	}
	borrow_optional(rec, &tcp->r);
	rec->timer = tcp->r.timer;
	rec->timer_retrans = tcp->r.timer_retrans;
	rec->expires_ms =
		tcp->expires_ms > st->mono_ms ? (uint32_t)(tcp->expires_ms - st->mono_ms) : 0;
	return true;
}

void fold_update(struct store *st, uint32_t tcp_slot)
{
	uint32_t mptcp = st->sx.data[tcp_slot].link;

	if (mptcp == SLOT_NONE)
		unfold(st, tcp_slot);
	else
		refold(st, mptcp);
}
