/*
 * The socket at the other end of a local connection: the one with the mirrored 4-tuple in the same
 * namespace, or for unix the one with the peer's inode. Only when somebody asks (NEED_PEERS), and
 * then only after a connection came, went or moved.
 */
#include <string.h>

#include "model/store_internal.h"

struct end {
	struct netaddr addr;
	uint32_t port;
};

/* A v4 client and the v4-mapped socket of its server are ends of one connection. */
static struct end end_of(const struct netaddr *addr, uint32_t port)
{
	return (struct end){.addr = netaddr_unmap(addr), .port = port};
}

static uint64_t mix_end(uint64_t h, const struct end *e)
{
	uint64_t part[2];

	memcpy(part, e->addr.bytes, sizeof(part));
	h = (h ^ part[0] ^ e->port) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 29 ^ part[1] ^ e->addr.family) * 0xbf58476d1ce4e5b9ull;
	return h ^ h >> 32;
}

/* A tcp client may talk to an mptcp server: its socket fell back to tcp. */
static uint8_t kind_of(const struct sock *s)
{
	return s->r.proto == PROTO_MPTCP ? PROTO_TCP : s->r.proto;
}

static uint64_t key_of(const struct sock *s, const struct end *from, const struct end *to)
{
	return mix_end(mix_end((uint64_t)s->netns << 8 | kind_of(s), from), to);
}

static bool has_peer(const struct store *st, uint32_t slot)
{
	const struct sock *s = store_cur_sock(st, slot);

	return s && !s->head.gone && !(st->sx.data[slot].flags & SOCK_FOLDED) &&
	       PROTO_BIT(s->r.proto) & PROTO_MASK_INET && s->r.remote_port &&
	       s->r.state != STATE_TIME_WAIT;
}

static bool mirrors(const struct sock *a, const struct sock *b)
{
	struct end al = end_of(&a->r.local, a->r.local_port);
	struct end ar = end_of(&a->r.remote, a->r.remote_port);
	struct end bl = end_of(&b->r.local, b->r.local_port);
	struct end br = end_of(&b->r.remote, b->r.remote_port);

	return a->netns == b->netns && kind_of(a) == kind_of(b) && al.port == br.port &&
	       ar.port == bl.port && !netaddr_compare(&al.addr, &br.addr) &&
	       !netaddr_compare(&ar.addr, &bl.addr);
}

static void fill(const struct store *st, struct hash *by_tuple)
{
	for (uint32_t slot = 0; slot < st->sx.len; slot++) {
		const struct sock *s = store_cur_sock(st, slot);
		struct end local, remote;

		if (!has_peer(st, slot))
			continue;
		local = end_of(&s->r.local, s->r.local_port);
		remote = end_of(&s->r.remote, s->r.remote_port);
		hash_put(by_tuple, key_of(s, &local, &remote), slot);
	}
}

static uint32_t inet_peer(const struct store *st, const struct hash *by_tuple, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);
	struct end local = end_of(&s->r.local, s->r.local_port);
	struct end remote = end_of(&s->r.remote, s->r.remote_port);
	uint64_t found;

	if (!hash_get(by_tuple, key_of(s, &remote, &local), &found) ||
	    !mirrors(s, sock_at(st, (uint32_t)found)))
		return SLOT_NONE;
	return (uint32_t)found;
}

static uint32_t peer_of(const struct store *st, const struct hash *by_tuple, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);

	if (s->head.gone)
		return SLOT_NONE;
	if (s->r.proto == PROTO_UNIX)
		return index_inode_first(st, s->r.peer_inode);
	return has_peer(st, slot) ? inet_peer(st, by_tuple, slot) : SLOT_NONE;
}

void peer_publish(struct store *st, bool wanted)
{
	struct hash by_tuple;

	if (!wanted || !st->peers_changed)
		return;
	st->peers_changed = false;
	hash_init(&by_tuple, 0);
	fill(st, &by_tuple);
	for (uint32_t slot = 0; slot < st->sx.len; slot++) {
		uint32_t peer;

		if (!store_cur_sock(st, slot))
			continue;
		peer = peer_of(st, &by_tuple, slot);
		if (peer != sock_at(st, slot)->peer)
			store_sock_edit(st, slot)->peer = peer;
	}
	hash_done(&by_tuple);
}
