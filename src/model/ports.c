/*
 * Endpoints, kept up while sockets come and go. A listening place and the other rows that can stand
 * at the same address (bound-only, connected UDP, TIME_WAIT without listener) are two endpoints, so
 * that a listener's birth and death show as such.
 *
 * A connection belongs to the listener it came to: the most specific one with its local port. Only
 * when a listening endpoint comes or goes the connections on that port are looked at again, in one
 * pass for all such ports of a protocol.
 */
#include <string.h>
#include <sys/socket.h>

#include "model/problems.h"
#include "model/store_internal.h"

#define PROTO_MASK_DATAGRAM                                                                        \
	(PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) | PROTO_BIT(PROTO_RAW) |                  \
	 PROTO_BIT(PROTO_ICMP))

static uint64_t number_key(uint32_t netns, uint8_t proto, uint16_t port)
{
	return (uint64_t)netns << 24 | (uint64_t)proto << 16 | port;
}

static uint32_t chain_first(const struct store *st, uint32_t netns, uint8_t proto, uint16_t port)
{
	uint64_t slot;

	if (!hash_get(&st->ports_by_number, number_key(netns, proto, port), &slot))
		return SLOT_NONE;
	return (uint32_t)slot;
}

static void chain_add(struct store *st, uint32_t slot)
{
	const struct port *p = port_at(st, slot);

	st->px.data[slot].next_same_port = chain_first(st, p->netns, p->proto, p->port);
	st->px.data[slot].chained = true;
	hash_put(&st->ports_by_number, number_key(p->netns, p->proto, p->port), slot);
}

static void chain_del(struct store *st, uint32_t slot)
{
	const struct port *p = port_at(st, slot);
	uint64_t key = number_key(p->netns, p->proto, p->port);
	uint32_t next = st->px.data[slot].next_same_port;
	uint32_t at = chain_first(st, p->netns, p->proto, p->port);

	st->px.data[slot].chained = false;
	if (at == slot) {
		if (next == SLOT_NONE)
			hash_del(&st->ports_by_number, key);
		else
			hash_put(&st->ports_by_number, key, next);
		return;
	}
	while (st->px.data[at].next_same_port != slot)
		at = st->px.data[at].next_same_port;
	st->px.data[at].next_same_port = next;
}

static bool same_addr(const struct netaddr *a, const struct netaddr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void ports_dirty(struct store *st, uint32_t slot)
{
	if (slot == SLOT_NONE || st->px.data[slot].dirty)
		return;
	st->px.data[slot].dirty = true;
	vec_push(&st->dirty_ports, slot);
}

static void want_rebind(struct store *st, uint32_t netns, uint8_t proto, uint16_t port)
{
	struct port_number number = {.netns = netns, .proto = proto, .port = port};

	vec_push(&st->rebind, number);
}

static uint32_t add(struct store *st, const struct port *key, bool listener, bool new)
{
	uint32_t slot = table_add(st, TABLE_PORT);
	struct port *p = xmalloc(sizeof(*p));
	struct port_extra *x = &st->px.data[slot];

	*p = *key;
	p->head = (struct row_head){.id = table_id(st, TABLE_PORT, slot),
				    .mark_ms = st->mono_ms,
				    .first_ms = new ? st->mono_ms : -1,
				    .mark = new ? MARK_NEW : MARK_NONE};
	p->is_listener = listener;
	p->proc = SLOT_NONE;
	p->container = SLOT_NONE;
	p->drops_ms = -1;
	p->rx_rate = p->tx_rate = -1;
	p->rx_bytes = p->tx_bytes = UINT64_MAX;
	vec_clear(&x->socks);
	*x = (struct port_extra){.socks = x->socks, .listener = listener, .new = true};
	x->event_due = new &&listener;
	table_show(st, TABLE_PORT, slot, p);
	chain_add(st, slot);
	st->nx.data[p->netns].rows++;
	if (listener) {
		st->counts.listeners++;
		st->nx.data[p->netns].listeners++;
		st->nx.data[p->netns].dirty = true;
	}
	ports_dirty(st, slot);
	return slot;
}

static uint32_t endpoint(struct store *st, const struct port *key, bool listener, bool new)
{
	uint32_t slot = chain_first(st, key->netns, key->proto, key->port);

	for (; slot != SLOT_NONE; slot = st->px.data[slot].next_same_port) {
		const struct port *p = port_at(st, slot);

		if (st->px.data[slot].listener == listener && p->ifindex == key->ifindex &&
		    same_addr(&p->addr, &key->addr))
			return slot;
	}
	return add(st, key, listener, new);
}

static struct port key_of(const struct sock *s)
{
	return (struct port){
		.netns = s->netns,
		.proto = s->r.proto,
		.family = s->r.family,
		.state = s->r.state,
		.ifindex = s->r.ifindex,
		.addr = s->r.local,
		.port = (uint16_t)s->r.local_port,
	};
}

/* How well a listener fits a connection, 0 = not at all. */
static unsigned int fit(const struct port *p, bool v6only, const struct sock_rec *r)
{
	unsigned int device = p->ifindex ? 1 : 0;

	if (p->ifindex && p->ifindex != r->ifindex)
		return 0;
	if (same_addr(&p->addr, &r->local))
		return 6 + device;
	if (!netaddr_is_any(&p->addr))
		return 0;
	if (p->addr.family == r->local.family)
		return 4 + device;
	if (p->addr.family == AF_INET6 && r->local.family == AF_INET && !v6only)
		return 2 + device;
	return 0;
}

static uint32_t match(const struct store *st, const struct sock *s)
{
	uint32_t slot = chain_first(st, s->netns, s->r.proto, (uint16_t)s->r.local_port);
	uint32_t best = SLOT_NONE;
	unsigned int best_fit = 0;

	for (; slot != SLOT_NONE; slot = st->px.data[slot].next_same_port) {
		unsigned int f;

		if (!st->px.data[slot].listener || !st->px.data[slot].socks.len)
			continue;
		f = fit(port_at(st, slot), st->px.data[slot].v6only, &s->r);
		if (f > best_fit) {
			best_fit = f;
			best = slot;
		}
	}
	return best;
}

static bool is_listener(const struct sock_rec *r)
{
	return STATE_BIT(r->state) & STATE_MASK_LISTENERS;
}

/* Bound-only, connected UDP and TIME_WAIT are rows of their own when no listener stands there. */
static bool stands_alone(const struct sock_rec *r)
{
	return r->state == STATE_TIME_WAIT || r->state == STATE_BOUND ||
	       (PROTO_BIT(r->proto) & PROTO_MASK_DATAGRAM && r->state == STATE_ESTABLISHED);
}

static void set_port(struct store *st, uint32_t slot, uint32_t port)
{
	if (sock_at(st, slot)->port != port)
		store_sock_edit(st, slot)->port = port;
}

static void join(struct store *st, uint32_t slot, bool listener)
{
	const struct sock *s = sock_at(st, slot);
	struct port key = key_of(s);
	uint32_t covered = st->nx.data[s->netns].order[s->r.proto].covered;
	bool new = !st->quiet &&covered &STATE_BIT(s->r.state);
	uint32_t port = endpoint(st, &key, listener, new);

	st->px.data[port].cookie = s->r.cookie;
	vec_push(&st->px.data[port].socks, slot);
	if (listener && st->px.data[port].socks.len == 1) {
		st->px.data[port].v6only = s->r.v6only;
		want_rebind(st, s->netns, s->r.proto, key.port);
	}
	st->sx.data[slot].flags |= SOCK_MEMBER;
	set_port(st, slot, port);
	ports_dirty(st, port);
}

static void follow(struct store *st, uint32_t slot, uint32_t port)
{
	const struct sock *s = sock_at(st, slot);

	set_port(st, slot, port);
	if (s->r.state != STATE_ESTABLISHED)
		return;
	st->sx.data[slot].flags |= SOCK_CONN;
	st->px.data[port].conns++;
	st->px.data[port].waiting += !s->r.inode;
	ports_dirty(st, port);
}

void ports_attach(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);
	uint32_t port;

	if (!(PROTO_BIT(s->r.proto) & PROTO_MASK_INET))
		return;
	if (is_listener(&s->r) || s->r.state == STATE_BOUND) {
		join(st, slot, is_listener(&s->r));
		return;
	}
	port = match(st, s);
	if (port != SLOT_NONE)
		follow(st, slot, port);
	else if (stands_alone(&s->r))
		join(st, slot, false);
	else
		set_port(st, slot, SLOT_NONE);
}

static void leave(struct store *st, uint32_t slot, uint32_t port)
{
	struct u32_vec *socks = &st->px.data[port].socks;

	for (size_t i = 0; i < socks->len; i++) {
		if (socks->data[i] != slot)
			continue;
		socks->data[i] = socks->data[--socks->len];
		break;
	}
	st->px.data[port].cookie = sock_at(st, slot)->r.cookie;
}

/* Leaves cur->port as it is: the caller attaches again or ends the row. */
void ports_detach(struct store *st, uint32_t slot)
{
	struct sock_extra *x = &st->sx.data[slot];
	const struct sock *s = sock_at(st, slot);

	if (x->flags & SOCK_MEMBER)
		leave(st, slot, s->port);
	if (x->flags & SOCK_CONN) {
		st->px.data[s->port].conns--;
		st->px.data[s->port].waiting -= !s->r.inode;
	}
	if (x->flags & (SOCK_MEMBER | SOCK_CONN))
		ports_dirty(st, s->port);
	x->flags &= (uint16_t) ~(SOCK_MEMBER | SOCK_CONN);
}

static bool follows(const struct sock *s)
{
	return !is_listener(&s->r) && s->r.state != STATE_BOUND;
}

/* Looks at every connection of one protocol whose local port is in the bit map. */
static void rebind_in(struct store *st, uint32_t netns, uint8_t proto, const uint64_t *map)
{
	const struct u32_vec *socks = &st->nx.data[netns].order[proto].now;

	for (size_t i = 0; i < socks->len; i++) {
		uint32_t slot = socks->data[i];
		const struct sock *s = sock_at(st, slot);
		uint16_t port = (uint16_t)s->r.local_port;

		if (!(map[port / 64] >> port % 64 & 1) || !follows(s) ||
		    !(st->sx.data[slot].flags & SOCK_ATTACHED))
			continue;
		ports_detach(st, slot);
		ports_attach(st, slot);
		if (!s->r.inode)
			owner_decide(st, slot);
	}
}

void ports_rebind(struct store *st)
{
	uint64_t map[65536 / 64];

	while (st->rebind.len) {
		struct port_number at = st->rebind.data[0];
		size_t kept = 0;

		memset(map, 0, sizeof(map));
		for (size_t i = 0; i < st->rebind.len; i++) {
			struct port_number n = st->rebind.data[i];

			if (n.netns == at.netns && n.proto == at.proto)
				map[n.port / 64] |= 1ull << n.port % 64;
			else
				st->rebind.data[kept++] = n;
		}
		st->rebind.len = kept;
		rebind_in(st, at.netns, at.proto, map);
	}
}

struct sum {
	struct owner *owners;
	uint32_t n_owners;
	bool complete;
};

static int compare_inodes(const void *a, const void *b, void *ctx)
{
	const struct sock *x = sock_at(ctx, *(const uint32_t *)a);
	const struct sock *y = sock_at(ctx, *(const uint32_t *)b);

	if (x->r.inode != y->r.inode)
		return x->r.inode < y->r.inode ? -1 : 1;
	return (x->head.id > y->head.id) - (x->head.id < y->head.id);
}

static void gather_owners(struct store *st, const struct u32_vec *socks, struct sum *sum)
{
	size_t room = 0;

	for (size_t i = 0; i < socks->len; i++)
		room += sock_at(st, socks->data[i])->n_owners;
	sum->owners = room ? xreallocarray(NULL, room, sizeof(*sum->owners)) : NULL;
	sum->complete = socks->len;
	for (size_t i = 0; i < socks->len; i++) {
		const struct sock *s = sock_at(st, socks->data[i]);

		sum->complete &= s->owners_complete;
		if (s->n_owners)
			memcpy(&sum->owners[sum->n_owners], s->owners,
			       s->n_owners * sizeof(*s->owners));
		sum->n_owners += s->n_owners;
	}
	sum->n_owners = owner_union(sum->owners, sum->n_owners);
	if (socks->len)
		owner_pick(st, sock_at(st, socks->data[0]), sum->owners, sum->n_owners);
}

static void sum_queues(struct port *p, const struct sock_rec *r)
{
	p->recvq += r->recvq;
	p->sendq += r->sendq;
	if (r->state == STATE_LISTEN && r->have & REC_QUEUES) {
		p->backlog_known = true;
		p->backlog_cur += r->recvq;
		p->backlog_max += r->sendq;
	}
	if (r->have & REC_DROPS) {
		p->drops_known = true;
		p->drops += r->drops;
	}
	if (r->have & REC_V6ONLY) {
		p->v6only_known = true;
		p->v6only = r->v6only;
	}
}

/* Status of an endpoint without known owner: that of the member about which least is known. */
static uint8_t worst_status(const struct store *st, const struct u32_vec *socks,
			    struct bytes *ret_detail)
{
	const struct sock *worst = NULL;

	for (size_t i = 0; i < socks->len; i++) {
		const struct sock *s = sock_at(st, socks->data[i]);

		if (!worst || s->owner_status == OWNER_PENDING ||
		    (worst->owner_status != OWNER_PENDING && s->owner_status > worst->owner_status))
			worst = s;
	}
	*ret_detail = worst ? worst->owner_detail : (struct bytes){0};
	return worst ? worst->owner_status : OWNER_PUBLISHED;
}

static void sum_members(struct store *st, uint32_t slot, struct port *p, const struct sum *sum)
{
	const struct port_extra *x = &st->px.data[slot];
	const struct sock *first = x->socks.len ? sock_at(st, x->socks.data[0]) : NULL;

	p->recvq = p->sendq = p->drops = p->backlog_cur = p->backlog_max = 0;
	p->drops_known = p->backlog_known = p->v6only_known = false;
	p->head.stale = false;
	for (size_t i = 0; i < x->socks.len; i++) {
		const struct sock *s = sock_at(st, x->socks.data[i]);

		sum_queues(p, &s->r);
		p->head.stale |= s->head.stale;
	}
	p->n_socks = (uint32_t)x->socks.len;
	p->conns = x->conns;
	p->n_owners = sum->n_owners;
	p->owners_complete = sum->complete;
	p->proc = sum->n_owners ? proc_find(st, sum->owners[0].pid) : SLOT_NONE;
	p->owner_status =
		sum->n_owners ? OWNER_KNOWN : worst_status(st, &x->socks, &p->owner_detail);
	if (first) {
		p->uid = first->r.uid;
		p->state = first->r.state;
		p->family = first->r.family;
	}
	p->rx_rate = x->rated ? x->traffic.rx_rate : -1;
	p->tx_rate = x->rated ? x->traffic.tx_rate : -1;
	p->rx_bytes = x->rated ? x->traffic.rx_bytes : UINT64_MAX;
	p->tx_bytes = x->rated ? x->traffic.tx_bytes : UINT64_MAX;
}

/* One block with everything. */
static struct port *build(const struct port *t, const uint32_t *socks, const struct owner *owners)
{
	size_t n_pub = t->n_published * sizeof(*t->published);
	size_t n_socks = t->n_socks * sizeof(*socks);
	size_t n_owners = t->n_owners * sizeof(*owners);
	struct port *p = xmalloc(sizeof(*p) + n_pub + n_socks + n_owners);
	char *at = (char *)(p + 1);

	*p = *t;
	p->socks = n_socks ? memcpy(at, socks, n_socks) : NULL;
	at += n_socks;
	p->owners = n_owners ? memcpy(at, owners, n_owners) : NULL;
	at += n_owners;
	p->published = n_pub ? memcpy(at, t->published, n_pub) : NULL;
	return p;
}

static bool same_members(const struct port *a, const struct port *b)
{
	return a->n_socks == b->n_socks &&
	       (!a->n_socks || !memcmp(a->socks, b->socks, a->n_socks * sizeof(*a->socks)));
}

/* What SPEC 1 calls changed. Owners that become known are no change. */
static bool is_change(const struct port *old, const struct port *p)
{
	if (old->state != p->state || !same_members(old, p) || old->backlog_max != p->backlog_max)
		return true;
	if (old->container != p->container && old->container != SLOT_NONE)
		return true;
	if (!old->n_owners || owner_same_pids(old->owners, old->n_owners, p->owners, p->n_owners))
		return false;
	return old->owners_complete || !p->n_owners;
}

static bool has_owner(const struct port *p, uint32_t pid)
{
	for (uint32_t i = 0; i < p->n_owners; i++) {
		if (p->owners[i].pid == pid)
			return true;
	}
	return false;
}

static bool handed_over(const struct port *old, const struct port *p)
{
	return old->is_listener && old->n_owners && p->n_owners &&
	       !has_owner(p, old->owners[0].pid);
}

static uint8_t arrival(const struct port *p)
{
	return p->state == STATE_LISTEN ? EVENT_LISTEN : EVENT_BIND;
}

static void tell(struct store *st, uint32_t slot, const struct port *old, const struct port *p)
{
	struct port_extra *x = &st->px.data[slot];

	if (x->event_due) {
		if (p->owner_status == OWNER_PENDING && x->event_due++ < 3)
			return;
		x->event_due = 0;
		events_port(st, p, arrival(p), x->cookie, NULL);
	} else if (!x->new &&handed_over(old, p)) {
		events_port(st, p, EVENT_HANDOVER, x->cookie, store_cur_proc(st, old->proc));
	}
}

static void rebuild(struct store *st, uint32_t slot)
{
	struct port_extra *x = &st->px.data[slot];
	const struct port *old = port_at(st, slot);
	struct sum sum = {0};
	struct port t = *old;
	struct port *p;

	if (x->socks.len > 1)
		qsort_r(x->socks.data, x->socks.len, sizeof(uint32_t), compare_inodes, st);
	gather_owners(st, &x->socks, &sum);
	sum_members(st, slot, &t, &sum);
	t.published = NULL;
	t.n_published = 0;
	container_join(st, &t);
	p = build(&t, x->socks.data, sum.owners);
	free(sum.owners);
	free((void *)(uintptr_t)t.published);
	if (!x->new &&is_change(old, p) && !st->quiet)
		store_mark(st, &p->head, MARK_CHANGED);
	if (x->waiting && old->proc != p->proc)
		vec_push(&st->rewait, slot);
	if (old->drops_known && p->drops_known && p->drops > old->drops)
		p->drops_ms = st->mono_ms;
	tell(st, slot, old, p);
	x->new = false;
	table_show(st, TABLE_PORT, slot, p);
}

static void end(struct store *st, uint32_t slot)
{
	const struct port *old = port_at(st, slot);
	struct port_extra *x = &st->px.data[slot];
	struct port t = *old;
	struct port *p;

	chain_del(st, slot);
	if (x->listener) {
		st->counts.listeners--;
		st->nx.data[t.netns].listeners--;
		st->nx.data[t.netns].dirty = true;
		want_rebind(st, t.netns, t.proto, t.port);
	}
	t.n_socks = 0;
	t.conns = 0;
	t.head.gone = true;
	t.head.stale = false;
	t.head.mark = MARK_GONE;
	t.head.mark_ms = st->mono_ms;
	x->conns = x->waiting = 0;
	p = build(&t, NULL, t.owners);
	table_show(st, TABLE_PORT, slot, p);
	if (st->quiet || x->new) {
		ports_forget(st, slot);
		return;
	}
	if (x->listener)
		events_port(st, p, EVENT_CLOSE, x->cookie, NULL);
	proc_ref(st, p->proc, 1);
	store_gone_add(st, TABLE_PORT, slot, p->proc, p->netns);
}

void ports_forget(struct store *st, uint32_t slot)
{
	st->nx.data[port_at(st, slot)->netns].rows--;
	vec_done(&st->px.data[slot].socks);
	table_drop(st, TABLE_PORT, slot);
}

/* Rows in an accept queue show the process of their listener. */
static void rewait(struct store *st)
{
	for (size_t i = 0; i < st->rewait.len; i++) {
		const struct port *p = port_at(st, st->rewait.data[i]);
		const struct u32_vec *socks = &st->nx.data[p->netns].order[p->proto].now;

		for (size_t k = 0; k < socks->len; k++) {
			if (sock_at(st, socks->data[k])->port == st->rewait.data[i] &&
			    sock_at(st, socks->data[k])->owner_status == OWNER_ACCEPT_QUEUE)
				owner_decide(st, socks->data[k]);
		}
	}
	vec_clear(&st->rewait);
}

static void ensure_published(struct store *st, uint32_t host_netns, const struct publish_rec *pub)
{
	struct port key = {
		.netns = host_netns,
		.proto = pub->proto,
		.addr = pub->host_addr,
		.port = pub->host_port,
		.state = pub->proto == PROTO_TCP ? STATE_LISTEN : STATE_UNCONN,
		.family = pub->host_addr.family == AF_INET6 ? FAM_INET6 : FAM_INET,
	};
	uint32_t slot = chain_first(st, host_netns, pub->proto, pub->host_port);

	for (; slot != SLOT_NONE; slot = st->px.data[slot].next_same_port) {
		const struct port *p = port_at(st, slot);

		if (st->px.data[slot].listener && st->px.data[slot].socks.len &&
		    (same_addr(&p->addr, &key.addr) || netaddr_is_any(&p->addr)))
			return;
	}
	slot = endpoint(st, &key, true, false); /* may move px.data */
	st->px.data[slot].published = true;
}

void ports_all_dirty(struct store *st)
{
	for (uint32_t i = 0; i < st->px.len; i++) {
		if (!st->px.data[i].chained)
			continue;
		st->px.data[i].published = false;
		ports_dirty(st, i);
	}
	container_each_published(st, ensure_published);
}

static bool is_empty(const struct port_extra *x)
{
	return !x->socks.len && !x->published;
}

static void end_empty(struct store *st)
{
	for (size_t i = 0; i < st->dirty_ports.len; i++) {
		uint32_t slot = st->dirty_ports.data[i];

		if (st->px.data[slot].chained && is_empty(&st->px.data[slot]))
			end(st, slot);
	}
}

void ports_publish(struct store *st)
{
	struct u32_vec dirty;

	end_empty(st);
	ports_rebind(st);
	end_empty(st);
	dirty = st->dirty_ports;
	memset(&st->dirty_ports, 0, sizeof(st->dirty_ports));
	for (size_t i = 0; i < dirty.len; i++) {
		uint32_t slot = dirty.data[i];

		st->px.data[slot].dirty = false;
		if (!st->px.data[slot].chained)
			continue;
		rebuild(st, slot);
		if (st->px.data[slot].event_due ||
		    problems_drops_rise(st->mono_ms, port_at(st, slot)))
			ports_dirty(st, slot);
	}
	vec_done(&dirty);
	rewait(st);
}

void ports_done(struct store *st)
{
	for (size_t i = 0; i < st->px.len; i++)
		vec_done(&st->px.data[i].socks);
	vec_done(&st->px);
	vec_done(&st->dirty_ports);
	vec_done(&st->rebind);
	vec_done(&st->rewait);
	hash_done(&st->ports_by_number);
}
