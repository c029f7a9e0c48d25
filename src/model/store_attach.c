/* A socket that is alive and shown is counted, belongs to an endpoint and to its processes. */
#include "model/store_internal.h"

static void count(struct store *st, const struct sock *s, uint32_t by)
{
	struct netns_extra *nx = &st->nx.data[s->netns];

	st->counts.sockets += by;
	nx->sockets += by;
	nx->dirty = true;
	if (!(PROTO_BIT(s->r.proto) & PROTO_MASK_INET))
		return;
	st->counts.by_state[s->r.state] += by;
}

static void link_procs(struct store *st, uint32_t slot, bool on)
{
	const struct sock *s = sock_at(st, slot);

	for (uint32_t i = 0; i < s->n_owners; i++) {
		if (on)
			proc_link(st, s->owners[i].pid, slot);
		else
			proc_unlink(st, s->owners[i].pid, slot);
	}
}

void attach_sock(struct store *st, uint32_t slot)
{
	struct sock_extra *x = &st->sx.data[slot];

	if (x->flags & (SOCK_FOLDED | SOCK_ATTACHED))
		return;
	x->flags |= SOCK_ATTACHED;
	count(st, sock_at(st, slot), 1);
	ports_attach(st, slot);
	link_procs(st, slot, true);
}

void detach_sock(struct store *st, uint32_t slot)
{
	struct sock_extra *x = &st->sx.data[slot];

	if (!(x->flags & SOCK_ATTACHED))
		return;
	x->flags &= (uint16_t)~SOCK_ATTACHED;
	count(st, sock_at(st, slot), -1u);
	ports_detach(st, slot);
	link_procs(st, slot, false);
}
