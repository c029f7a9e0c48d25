/* Joins the sockets of the kernel's bind tables with the rows of the snapshot. */
#include <string.h>

#include "base/hash.h"
#include "model/why_internal.h"

#define PROTO_MASK_PORTS                                                                           \
	(PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP) | PROTO_BIT(PROTO_UDP) |                    \
	 PROTO_BIT(PROTO_UDPLITE) | PROTO_BIT(PROTO_SCTP) | PROTO_BIT(PROTO_DCCP))

bool why_same_group(uint8_t a, uint8_t b)
{
	a = a == PROTO_MPTCP ? PROTO_TCP : a;
	b = b == PROTO_MPTCP ? PROTO_TCP : b;
	return a == b;
}

const struct proc *why_proc(const struct why_judge *j, uint32_t pid)
{
	return snapshot_proc_by_pid(j->snap, pid);
}

const struct why_holder *why_holder_of(const struct why_judge *j, const struct why_seen *row,
				       uint32_t pid)
{
	for (uint32_t i = 0; row->s && i < j->facts->n_holders; i++)
		if (j->facts->holders[i].pid == pid &&
		    j->facts->holders[i].inode == row->s->r.inode)
			return &j->facts->holders[i];
	return NULL;
}

static bool comm_is(const struct proc *p, const char *name)
{
	return p && p->r.comm.ptr && p->r.comm.len == strlen(name) &&
	       !memcmp(p->r.comm.ptr, name, p->r.comm.len);
}

/* systemd, or what stands in for it: init of its pid namespace that hands the socket on. */
bool why_is_manager(const struct why_judge *j, const struct why_seen *row, uint32_t pid)
{
	const struct why_holder *holder = why_holder_of(j, row, pid);

	return pid == 1 || comm_is(why_proc(j, pid), "systemd") || (holder && holder->activates);
}

static bool is_listener(uint8_t proto, uint8_t state)
{
	return state == STATE_LISTEN || (state == STATE_UNCONN && proto != PROTO_TCP);
}

static struct why_seen *add(struct why_judge *j)
{
	struct why_seen none = {.slot = SLOT_NONE, .status = OWNER_UNRESOLVED};

	vec_push(&j->seen, none);
	return &j->seen.data[j->seen.len - 1];
}

static void see_rows(struct why_judge *j)
{
	for (uint32_t i = 0; i < j->snap->n_socks; i++) {
		const struct sock *s = j->snap->socks[i];
		struct why_seen *row;

		if (!s || s->head.gone || s->r.local_port != j->facts->want.port ||
		    !(PROTO_MASK_PORTS & PROTO_BIT(s->r.proto)))
			continue;
		row = add(j);
		row->s = s;
		row->slot = i;
		row->p = snapshot_proc(j->snap, s->proc);
		row->addr = s->r.local;
		row->ifindex = s->r.ifindex;
		row->proto = s->r.proto;
		row->state = s->r.state;
		row->status = s->owner_status;
		row->here = s->netns == j->facts->netns;
		row->same_proto = why_same_group(s->r.proto, j->facts->want.proto);
		row->listens = is_listener(s->r.proto, s->r.state);
	}
}

/* Sockets without an inode have no equals in addresses; those with one may share them. */
static uint64_t join_key(uint32_t inode, const struct netaddr *local, const struct netaddr *remote,
			 uint16_t remote_port)
{
	uint64_t key = 0xcbf29ce484222325u;

	if (inode)
		return inode;
	for (int i = 0; i < 16; i++) {
		key = (key ^ local->bytes[i]) * 0x100000001b3u;
		key = (key ^ remote->bytes[i]) * 0x100000001b3u;
	}
	return (key ^ remote_port) * 0x100000001b3u | 1ull << 63;
}

static void index_rows(const struct why_judge *j, struct hash *ret)
{
	hash_init(ret, (uint64_t)j->now_ms);
	for (size_t i = 0; i < j->seen.len; i++) {
		const struct why_seen *row = &j->seen.data[i];
		const struct sock_rec *r = &row->s->r;

		if (row->here && row->same_proto)
			hash_put(
				ret,
				join_key(r->inode, &r->local, &r->remote, (uint16_t)r->remote_port),
				i);
	}
}

static struct why_seen *find_row(struct why_judge *j, const struct hash *rows,
				 const struct why_sock *w)
{
	uint64_t i;

	if (!hash_get(rows, join_key(w->inode, &w->bind.addr, &w->remote, w->remote_port), &i) ||
	    j->seen.data[i].w)
		return NULL;
	return &j->seen.data[i];
}

/* A socket the snapshot has not got: it came since, or was in no dump. */
static struct why_seen *add_unseen(struct why_judge *j, const struct why_sock *w)
{
	struct why_seen *row = add(j);

	row->addr = w->bind.addr;
	row->ifindex = w->bind.ifindex;
	row->proto = w->bind.proto;
	row->state = w->bind.state;
	row->here = row->same_proto = true;
	row->listens = is_listener(w->bind.proto, w->bind.state);
	if (w->bind.timewait)
		row->status = OWNER_TIME_WAIT;
	else if (!w->inode)
		row->status = OWNER_ORPHAN;
	return row;
}

static void predict(struct why_judge *j)
{
	uint32_t n = j->facts->n_socks;
	struct bind_sock *socks = xcalloc(n, sizeof(*socks));
	uint8_t *blocks = xcalloc(n, 1);

	for (uint32_t i = 0; i < n; i++)
		socks[i] = j->facts->socks[i].bind;
	for (uint32_t place = 0; place < j->facts->n_places; place++) {
		bind_predict(&j->facts->places[place].bind, socks, n, &j->raw[place], blocks);
		for (size_t i = 0; i < j->seen.len; i++) {
			struct why_seen *row = &j->seen.data[i];

			if (!row->w)
				continue;
			row->blocks[place] = blocks[row->w - j->facts->socks];
			row->in_the_way |= (row->blocks[place] & (BIND_BLOCKS(BIND_PLAIN) |
								  BIND_MAY_BLOCK(BIND_PLAIN))) != 0;
		}
	}
	free(socks);
	free(blocks);
}

void why_see(struct why_judge *j)
{
	struct hash rows;

	see_rows(j);
	index_rows(j, &rows);
	for (uint32_t i = 0; i < j->facts->n_socks; i++) {
		struct why_seen *row = find_row(j, &rows, &j->facts->socks[i]);

		if (!row)
			row = add_unseen(j, &j->facts->socks[i]);
		row->w = &j->facts->socks[i];
	}
	hash_done(&rows);
	predict(j);
	for (size_t i = 0; i < j->seen.len; i++)
		j->has_listener |= j->seen.data[i].listens && j->seen.data[i].in_the_way;
}
