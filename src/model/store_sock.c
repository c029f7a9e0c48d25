/* Sockets: what a dump says about them, birth, change and death. */
#include <string.h>

#include "model/store_internal.h"

/* How far a timer's computed end may wander between two dumps before it counts as another end. */
#define TIMER_SLACK_MS 200

static struct sock *build(const struct sock *t)
{
	size_t tcp = t->r.tcp ? sizeof(*t->r.tcp) : 0;
	size_t owners = t->n_owners > 1 ? t->n_owners * sizeof(*t->owners) : 0;
	size_t path = t->r.path.ptr ? t->r.path.len + 1u : 0;
	char *at = xmalloc(sizeof(*t) + tcp + owners + path);
	struct sock *s = (struct sock *)at;

	*s = *t;
	at += sizeof(*t);
	if (tcp)
		s->r.tcp = memcpy(at, t->r.tcp, tcp);
	at += tcp;
	s->owners = owners ? memcpy(at, t->owners, owners) : &s->owner0;
	at += owners;
	if (path) {
		memcpy(at, t->r.path.ptr, path - 1);
		at[path - 1] = '\0';
		s->r.path.ptr = at;
	}
	return s;
}

struct sock *store_sock_replace(struct store *st, uint32_t slot, const struct sock *tmpl)
{
	struct sock *s = build(tmpl);

	table_show(st, TABLE_SOCK, slot, s);
	return s;
}

struct sock *store_sock_edit(struct store *st, uint32_t slot)
{
	struct sock *s = sock_at(st, slot);

	if (table_fresh(st, &s->head)) {
		table_touch(st, TABLE_SOCK, slot);
		return s;
	}
	return store_sock_replace(st, slot, s);
}

static int64_t timer_end(const struct store *st, const struct sock_rec *rec)
{
	return rec->timer == TIMER_NONE ? -1 : st->mono_ms + rec->expires_ms;
}

static bool same_timer(const struct store *st, const struct sock *s, const struct sock_rec *rec)
{
	int64_t end = timer_end(st, rec);

	if (s->expires_ms < 0 || end < 0)
		return s->expires_ms == end;
	return end - s->expires_ms <= TIMER_SLACK_MS && s->expires_ms - end <= TIMER_SLACK_MS &&
	       (s->expires_ms > st->mono_ms || end <= st->mono_ms + TIMER_SLACK_MS);
}

static bool same_path(const struct bytes *a, const struct bytes *b)
{
	if (!a->ptr || !b->ptr)
		return a->ptr == b->ptr;
	return a->len == b->len && !memcmp(a->ptr, b->ptr, a->len);
}

/* Member by member: padding may differ. The remaining members are compared by the callers. */
static bool same_slowly(const struct sock_rec *a, const struct sock_rec *b)
{
	return a->cookie == b->cookie && a->cgroup_id == b->cgroup_id && a->inode == b->inode &&
	       a->uid == b->uid && a->recvq == b->recvq && a->sendq == b->sendq &&
	       a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       a->ifindex == b->ifindex && a->mark == b->mark && a->drops == b->drops &&
	       a->peer_inode == b->peer_inode && a->local_cid == b->local_cid &&
	       a->remote_cid == b->remote_cid && !memcmp(&a->local, &b->local, sizeof(a->local)) &&
	       !memcmp(&a->remote, &b->remote, sizeof(a->remote)) && a->proto == b->proto &&
	       a->family == b->family && a->state == b->state && a->timer == b->timer &&
	       a->timer_retrans == b->timer_retrans && a->shutdown == b->shutdown &&
	       a->sock_type == b->sock_type && a->v6only == b->v6only &&
	       a->autobound == b->autobound && a->abstract_name == b->abstract_name &&
	       (a->have & ~REC_TCP) == (b->have & ~REC_TCP);
}

static bool same_rec(const struct sock_rec *a, const struct sock_rec *b)
{
	const char *pa = (const char *)a, *pb = (const char *)b;
	size_t hole = offsetof(struct sock_rec, expires_ms);
	size_t rest = offsetof(struct sock_rec, peer_inode);

	if (!same_path(&a->path, &b->path))
		return false;
	return (!memcmp(pa, pb, hole) &&
		!memcmp(pa + rest, pb + rest, offsetof(struct sock_rec, path) - rest)) ||
	       same_slowly(a, b);
}

static void sample_tcp(struct store *st, uint32_t slot, const struct tcp_stats *tcp)
{
	rates_sample(st, slot, store_sock_edit(st, slot), tcp->bytes_received, tcp->bytes_acked);
}

static void add_row(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);

	st->peers_changed = true;
	index_add(st, slot);
	index_inode_add(st, slot);
	st->nx.data[s->netns].rows++;
	fold_born(st, slot);
	attach_sock(st, slot);
	owner_decide(st, slot);
	s = sock_at(st, slot);
	if (s->r.tcp)
		sample_tcp(st, slot, s->r.tcp);
}

static uint32_t new_raw(struct store *st, const struct sock_rec *rec)
{
	uint32_t raw;

	if (st->free_raws.len) {
		raw = st->free_raws.data[--st->free_raws.len];
	} else {
		raw = (uint32_t)st->raws.len;
		vec_push(&st->raws, *rec);
	}
	st->raws.data[raw] = *rec;
	st->raws.data[raw].tcp = NULL;
	return raw;
}

static uint32_t born(struct store *st, const struct sock_rec *rec, bool new)
{
	uint32_t slot = table_add(st, TABLE_SOCK);
	struct sock t = {
		.r = *rec,
		.netns = st->scope.netns,
		.port = SLOT_NONE,
		.proc = SLOT_NONE,
		.peer = SLOT_NONE,
		.rx_bytes = UINT64_MAX,
		.tx_bytes = UINT64_MAX,
		.rx_rate = -1,
		.tx_rate = -1,
		.expires_ms = timer_end(st, rec),
		.head = {.first_ms = new ? st->mono_ms : -1,
			 .mark_ms = st->mono_ms,
			 .mark = new ? MARK_NEW : MARK_NONE},
	};

	t.head.id = table_id(st, TABLE_SOCK, slot);
	if (!(rec->have & REC_TCP))
		t.r.tcp = NULL;
	memset(&st->sx.data[slot], 0, sizeof(st->sx.data[slot]));
	if (rec->proto == PROTO_MPTCP)
		st->sx.data[slot].link = new_raw(st, rec);
	store_sock_replace(st, slot, &t);
	owner_count(st, OWNER_PENDING, 1);
	if (new)
		st->counts.born++;
	add_row(st, slot);
	return slot;
}

static bool moves(const struct sock_rec *a, const struct sock_rec *b)
{
	return a->state != b->state || a->local_port != b->local_port || a->inode != b->inode ||
	       a->ifindex != b->ifindex || a->family != b->family || a->v6only != b->v6only ||
	       memcmp(&a->local, &b->local, sizeof(a->local));
}

static bool backlog_changed(const struct sock_rec *a, const struct sock_rec *b)
{
	return a->state == STATE_LISTEN && b->state == STATE_LISTEN && a->sendq != b->sendq &&
	       a->have & b->have & REC_QUEUES;
}

static void set_stale(struct store *st, uint32_t slot, bool stale)
{
	if (sock_at(st, slot)->head.stale == stale)
		return;
	store_sock_edit(st, slot)->head.stale = stale;
	st->stale_rows += stale ? 1 : -1u;
	if (st->sx.data[slot].flags & SOCK_MEMBER)
		ports_dirty(st, sock_at(st, slot)->port);
}

static void update(struct store *st, uint32_t slot, const struct sock_rec *rec, bool has_subflow)
{
	struct sock *s = sock_at(st, slot);
	struct sock_rec before = s->r;
	struct sock t = *s;
	bool moved = moves(&s->r, rec);

	if (moved || before.peer_inode != rec->peer_inode || before.remote_port != rec->remote_port)
		st->peers_changed = true;
	if (moved)
		detach_sock(st, slot);
	if (before.inode != rec->inode) {
		fold_ended(st, slot);
		index_inode_del(st, slot);
		t.n_owners = 0;
	}
	t.r = *rec;
	if (!(rec->have & REC_TCP)) {
		t.r.tcp = s->r.tcp;
		t.r.have |= s->r.have & REC_TCP;
	}
	t.mptcp_folded = has_subflow;
	t.expires_ms = timer_end(st, rec);
	s = store_sock_replace(st, slot, &t);
	if (before.state != rec->state || backlog_changed(&before, rec))
		store_mark(st, &s->head, MARK_CHANGED);
	if (before.inode != rec->inode) {
		owner_reset(st, slot);
		index_inode_add(st, slot);
		fold_born(st, slot);
	}
	if (moved) {
		attach_sock(st, slot);
		owner_decide(st, slot);
	} else if (st->sx.data[slot].flags & SOCK_MEMBER) {
		ports_dirty(st, s->port);
	}
	if (rec->have & REC_TCP && rec->tcp)
		sample_tcp(st, slot, rec->tcp);
}

void store_sock_refresh(struct store *st, uint32_t slot, const struct sock_rec *rec)
{
	const struct sock *s = sock_at(st, slot);
	struct sock_rec folded;
	bool has_subflow = false;

	if (rec->proto == PROTO_MPTCP) {
		folded = *rec;
		st->raws.data[st->sx.data[slot].link] = *rec;
		st->raws.data[st->sx.data[slot].link].tcp = NULL;
		has_subflow = fold_overlay(st, slot, &folded);
		rec = &folded;
	}
	if (same_rec(&s->r, rec) && same_timer(st, s, rec) && !rec->tcp &&
	    s->mptcp_folded == has_subflow)
		return;
	update(st, slot, rec, has_subflow);
	if (st->sx.data[slot].flags & SOCK_FOLDED)
		fold_update(st, slot);
}

/* A row that was called gone is there after all. */
static void revive(struct store *st, uint32_t slot)
{
	struct sock *s = store_sock_edit(st, slot);

	s->head.gone = false;
	st->sx.data[slot].missed = 0;
	s->head.mark = MARK_NONE;
	s->n_owners = 0;
	s->proc = SLOT_NONE;
	s->owner_status = OWNER_KNOWN; /* gone rows are not counted */
	owner_reset(st, slot);
	st->nx.data[s->netns].rows--;
	index_del(st, slot);
	add_row(st, slot);
}

/* The row that the last dump had here, or close by when rows before it left. */
static uint32_t predict(const struct store *st, struct order *o, const struct sock_rec *rec)
{
	size_t end = o->cursor + 3 < o->now.len ? o->cursor + 3 : o->now.len;

	for (size_t i = o->cursor; i < end; i++) {
		uint32_t slot = o->now.data[i];
		const struct sock *s = store_cur_sock(st, slot);

		if (s && !s->head.gone && s->netns == st->scope.netns && index_same(s, rec)) {
			o->cursor = (uint32_t)i + 1;
			return slot;
		}
	}
	return SLOT_NONE;
}

static bool same_place(const struct sock_rec *a, const struct sock_rec *b)
{
	return a->cookie || (a->local_port == b->local_port && a->remote_port == b->remote_port &&
			     !memcmp(&a->local, &b->local, sizeof(a->local)) &&
			     !memcmp(&a->remote, &b->remote, sizeof(a->remote)));
}

static uint32_t lookup(struct store *st, struct order *o, const struct sock_rec *rec)
{
	uint32_t slot = predict(st, o, rec);

	if (slot != SLOT_NONE)
		return slot;
	slot = index_find(st, st->scope.netns, rec);
	if (slot == SLOT_NONE)
		return slot;
	if (sock_at(st, slot)->head.gone && !same_place(&sock_at(st, slot)->r, rec)) {
		index_del(st, slot); /* another socket got the inode of a row from text */
		return SLOT_NONE;
	}
	if (sock_at(st, slot)->head.gone)
		revive(st, slot);
	else if (st->sx.data[slot].seen != st->serial)
		o->cursor = st->sx.data[slot].pos + 1;
	return slot;
}

/* While a row was missing, folding did not count on it. */
static void seen_again(struct store *st, uint32_t slot)
{
	st->sx.data[slot].missed = 0;
	if (st->sx.data[slot].flags & SOCK_FOLDED)
		fold_update(st, slot);
	else
		fold_born(st, slot);
}

uint32_t store_put(struct store *st, const struct sock_rec *rec)
{
	struct order *o = &st->nx.data[st->scope.netns].order[rec->proto];
	uint32_t slot = lookup(st, o, rec);
	struct sock_extra *x;

	if (st->journal)
		journal_sock(st->journal, rec);
	st->touched |= PROTO_BIT(rec->proto);
	if (slot == SLOT_NONE) {
		slot = born(st, rec, !st->quiet && o->covered & STATE_BIT(rec->state));
		x = &st->sx.data[slot];
	} else {
		store_sock_refresh(st, slot, rec);
		set_stale(st, slot, false);
		x = &st->sx.data[slot];
		if (x->seen == st->serial)
			return slot;
		if (x->missed)
			seen_again(st, slot);
	}
	x->seen = st->serial;
	x->pos = (uint32_t)o->next.len;
	vec_push(&o->next, slot);
	return slot;
}

void store_dump_begin(struct store *st, const struct dump_scope *scope)
{
	struct netns_extra *nx = &st->nx.data[scope->netns];

	if (st->journal)
		journal_dump_begin(st->journal, scope);
	st->scope = *scope;
	st->serial++;
	st->touched = 0;
	for (unsigned int p = 0; p < PROTO_COUNT; p++) {
		nx->order[p].cursor = 0;
		nx->order[p].next.len = 0;
	}
}

static void keep(struct store *st, struct u32_vec *list, uint32_t slot)
{
	st->sx.data[slot].pos = (uint32_t)list->len;
	vec_push(list, slot);
}

/* A row that the dump did not have. Returns whether it stays. */
static bool absent(struct store *st, const struct order *o, uint32_t slot, bool complete)
{
	const struct sock *s = sock_at(st, slot);
	struct sock_extra *x = &st->sx.data[slot];

	if (!(st->scope.states & STATE_BIT(s->r.state)))
		return true;
	if (!complete) {
		set_stale(st, slot, true);
		return true;
	}
	if (!(o->covered & STATE_BIT(s->r.state))) {
		store_sock_gone(st, slot, false);
		return false;
	}
	if (!(x->flags & SOCK_DESTROYED) && !x->missed) {
		x->missed = 1;
		return true;
	}
	store_sock_gone(st, slot, true);
	return false;
}

static void finish_order(struct store *st, struct order *o, bool asked, bool complete)
{
	struct u32_vec old;

	for (size_t i = 0; i < o->now.len; i++) {
		uint32_t slot = o->now.data[i];

		if (st->sx.data[slot].seen == st->serial)
			continue;
		if (!asked || absent(st, o, slot, complete))
			keep(st, &o->next, slot);
	}
	old = o->now;
	o->now = o->next;
	o->next = old;
	if (asked && complete)
		o->covered = st->scope.states | (st->scope.rest_known ? o->covered : 0);
}

void store_dump_end(struct store *st, uint32_t asked, uint32_t complete)
{
	struct netns_extra *nx = &st->nx.data[st->scope.netns];

	if (st->journal)
		journal_dump_end(st->journal, asked, complete);
	asked &= st->scope.protos;
	for (unsigned int p = 0; p < PROTO_COUNT; p++) {
		if ((asked | st->touched) & PROTO_BIT(p))
			finish_order(st, &nx->order[p], asked & PROTO_BIT(p),
				     complete & PROTO_BIT(p));
	}
	st->serial++;
}

uint32_t store_put_one(struct store *st, uint32_t netns, const struct sock_rec *rec)
{
	struct order *o = &st->nx.data[netns].order[rec->proto];
	uint32_t slot = index_find(st, netns, rec);

	if (st->journal)
		journal_put_one(st->journal, netns, rec);
	st->scope.netns = netns;
	if (slot != SLOT_NONE && !sock_at(st, slot)->head.gone) {
		store_sock_refresh(st, slot, rec);
		set_stale(st, slot, false);
		if (st->sx.data[slot].missed)
			seen_again(st, slot);
		return slot;
	}
	if (slot == SLOT_NONE) {
		slot = born(st, rec, !st->quiet && o->covered & STATE_BIT(rec->state));
	} else {
		revive(st, slot);
		store_sock_refresh(st, slot, rec);
	}
	keep(st, &o->now, slot);
	return slot;
}

/* The last row takes the place of one that leaves between dumps. */
static void leave_order(struct store *st, struct u32_vec *now, uint32_t slot)
{
	uint32_t pos = st->sx.data[slot].pos, last = now->data[now->len - 1];

	now->data[pos] = last;
	st->sx.data[last].pos = pos;
	now->len--;
}

bool store_ended(struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct order *o = &st->nx.data[netns].order[proto];
	struct sock_rec key = {.cookie = cookie, .proto = proto};
	uint32_t slot = index_find(st, netns, &key);

	if (st->journal)
		journal_ended(st->journal, netns, proto, cookie);
	if (slot == SLOT_NONE || sock_at(st, slot)->head.gone)
		return false;
	leave_order(st, &o->now, slot);
	store_sock_gone(st, slot, o->covered & STATE_BIT(sock_at(st, slot)->r.state));
	return true;
}

uint64_t store_id_of(const struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct sock_rec key = {.cookie = cookie, .proto = proto};
	uint32_t slot = cookie ? index_find(st, netns, &key) : SLOT_NONE;

	return slot == SLOT_NONE || sock_at(st, slot)->head.gone ? 0 : sock_at(st, slot)->head.id;
}

static void destroy_in(struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct sock_rec key = {.cookie = cookie, .proto = proto};
	uint32_t slot = index_find(st, netns, &key);

	if (slot != SLOT_NONE)
		st->sx.data[slot].flags |= SOCK_DESTROYED;
}

void store_destroyed(struct store *st, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	size_t first = netns == SLOT_NONE ? 0 : netns;
	size_t last = netns == SLOT_NONE ? st->nx.len : netns + 1u;

	if (st->journal)
		journal_destroyed(st->journal, netns, proto, cookie);
	for (size_t n = first; cookie && n < last && n < st->nx.len; n++) {
		if (proto < PROTO_COUNT) {
			destroy_in(st, (uint32_t)n, proto, cookie);
			continue;
		}
		for (uint8_t p = 0; p < PROTO_COUNT; p++)
			destroy_in(st, (uint32_t)n, p, cookie);
	}
}

static void free_raw(struct store *st, uint32_t slot)
{
	if (sock_at(st, slot)->r.proto == PROTO_MPTCP)
		vec_push(&st->free_raws, st->sx.data[slot].link);
}

void store_sock_forget(struct store *st, uint32_t slot)
{
	struct sock *s = sock_at(st, slot);

	index_del(st, slot);
	st->nx.data[s->netns].rows--;
	free_raw(st, slot);
	st->sx.data[slot].flags = 0;
	table_drop(st, TABLE_SOCK, slot);
}

void store_sock_gone(struct store *st, uint32_t slot, bool mark)
{
	struct sock *s = store_sock_edit(st, slot);
	bool folded = st->sx.data[slot].flags & SOCK_FOLDED;

	set_stale(st, slot, false);
	proc_ref(st, s->proc, 1);
	detach_sock(st, slot);
	fold_ended(st, slot);
	index_inode_del(st, slot);
	s = store_sock_edit(st, slot);
	owner_count(st, s->owner_status, -1u);
	if (s->owner_status == OWNER_PENDING)
		s->owner_status = OWNER_UNRESOLVED;
	s->head.gone = true;
	st->peers_changed = true;
	if (!mark || folded || st->quiet) {
		proc_ref(st, s->proc, -1);
		store_sock_forget(st, slot);
		return;
	}
	if (!s->r.cookie && !s->r.inode)
		index_del(st, slot);
	s->port = SLOT_NONE;
	s->peer = SLOT_NONE;
	s->head.mark = MARK_GONE;
	s->head.mark_ms = st->mono_ms;
	st->counts.died++;
	store_gone_add(st, TABLE_SOCK, slot, s->proc, s->netns);
}

const struct sock *store_sock(const struct store *st, uint64_t id)
{
	const struct sock *s = store_cur_sock(st, (uint32_t)id);

	return s && s->head.id == id && !s->head.gone ? s : NULL;
}

void store_tcp_put(struct store *st, uint64_t id, const struct tcp_stats *tcp)
{
	uint32_t slot = (uint32_t)id;
	struct sock t;

	if (!store_sock(st, id))
		return;
	t = *sock_at(st, slot);
	t.r.tcp = tcp;
	t.r.have |= REC_TCP;
	if (st->journal)
		journal_traffic(st->journal, t.netns, &t.r, UINT64_MAX, UINT64_MAX);
	store_sock_replace(st, slot, &t);
	sample_tcp(st, slot, tcp);
}

void store_bytes_put(struct store *st, uint64_t id, uint64_t rx_bytes, uint64_t tx_bytes)
{
	const struct sock *s = store_sock(st, id);

	if (!s)
		return;
	if (st->journal)
		journal_traffic(st->journal, s->netns, &s->r, rx_bytes, tx_bytes);
	rates_sample(st, (uint32_t)id, store_sock_edit(st, (uint32_t)id), rx_bytes, tx_bytes);
}
