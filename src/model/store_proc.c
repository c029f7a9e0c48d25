/* Processes: made by the sockets they hold, filled by what is read about them. */
#include <string.h>

#include "model/store_internal.h"

#define PROC_BASIC                                                                                 \
	(PROC_HAVE_STAT | PROC_HAVE_UID | PROC_HAVE_CMDLINE | PROC_HAVE_EXE | PROC_HAVE_CGROUP)

static size_t text_size(const struct bytes *b)
{
	return b->ptr ? b->len + 1u : 0;
}

static char *copy_text(struct bytes *b, char *at)
{
	if (!b->ptr)
		return at;
	memcpy(at, b->ptr, b->len);
	at[b->len] = '\0';
	b->ptr = at;
	return at + b->len + 1;
}

/* The texts of a process, one after the other. */
static struct bytes *text_of(struct proc_rec *r, unsigned int i)
{
	struct bytes *const texts[] = {
		&r->comm,
		&r->cmdline,
		&r->exe,
		&r->cgroup,
		&r->user,
		&r->unit,
		&r->container.id,
		&r->container.name,
		&r->container.runtime,
		&r->container.image,
		&r->container.pod,
		&r->container.k8s_namespace,
	};

	return i < sizeof(texts) / sizeof(texts[0]) ? texts[i] : NULL;
}

/* One block with everything. The sockets come from the store's own list. */
static struct proc *build(const struct proc *t, const struct u32_vec *socks)
{
	struct proc copy = *t;
	size_t size = sizeof(copy) + socks->len * sizeof(uint32_t);
	struct bytes *text;
	struct proc *p;
	char *at;

	for (unsigned int i = 0; (text = text_of(&copy.r, i)); i++)
		size += text_size(text);
	p = xmalloc(size);
	*p = copy;
	at = (char *)(p + 1);
	p->n_socks = (uint32_t)socks->len;
	p->socks = (uint32_t *)(void *)at;
	if (socks->len)
		memcpy(at, socks->data, socks->len * sizeof(uint32_t));
	at += socks->len * sizeof(uint32_t);
	for (unsigned int i = 0; (text = text_of(&p->r, i)); i++)
		at = copy_text(text, at);
	return p;
}

static struct proc *replace(struct store *st, uint32_t slot, const struct proc *tmpl)
{
	struct proc *p = build(tmpl, &st->qx.data[slot].socks);

	table_show(st, TABLE_PROC, slot, p);
	return p;
}

uint32_t proc_find(const struct store *st, uint32_t pid)
{
	uint64_t slot;

	return hash_get(&st->proc_by_pid, pid, &slot) ? (uint32_t)slot : SLOT_NONE;
}

void proc_dirty(struct store *st, uint32_t slot)
{
	if (st->qx.data[slot].dirty)
		return;
	st->qx.data[slot].dirty = true;
	vec_push(&st->dirty_procs, slot);
}

static uint32_t add(struct store *st, uint32_t pid)
{
	uint32_t slot = table_add(st, TABLE_PROC);
	struct proc_extra *q = &st->qx.data[slot];
	struct proc t = {
		.r.pid = pid,
		.netns = SLOT_NONE,
		.parent = SLOT_NONE,
		.container = SLOT_NONE,
		.start_ms = -1,
		.rx_rate = -1,
		.tx_rate = -1,
		.head = {.id = table_id(st, TABLE_PROC, slot), .first_ms = -1},
	};

	vec_clear(&q->socks);
	*q = (struct proc_extra){.socks = q->socks, .incomplete = true};
	replace(st, slot, &t);
	hash_put(&st->proc_by_pid, pid, slot);
	vec_push(&st->incomplete, slot);
	proc_dirty(st, slot);
	st->procs_changed = true;
	st->counts.procs++;
	return slot;
}

static void end(struct store *st, uint32_t slot)
{
	struct proc t = *proc_at(st, slot);

	t.head.gone = true;
	t.head.mark = MARK_GONE;
	t.head.mark_ms = st->mono_ms;
	replace(st, slot, &t);
	st->counts.procs--;
	st->procs_changed = true;
	store_gone_add(st, TABLE_PROC, slot, SLOT_NONE, SLOT_NONE);
}

/* Another process has the pid now: what the old one held is, as far as is known, held by the pid.
 */
static uint32_t succeed(struct store *st, uint32_t old, uint32_t pid)
{
	uint32_t slot = add(st, pid);
	struct u32_vec socks = st->qx.data[old].socks;

	st->qx.data[old].socks = st->qx.data[slot].socks;
	st->qx.data[slot].socks = socks;
	st->qx.data[slot].listeners = st->qx.data[old].listeners;
	st->qx.data[slot].connections = st->qx.data[old].connections;
	st->qx.data[slot].close_waits = st->qx.data[old].close_waits;
	for (size_t i = 0; i < socks.len; i++) {
		struct sock *s = sock_at(st, socks.data[i]);

		if (s->proc == old)
			store_sock_edit(st, socks.data[i])->proc = slot;
		if (st->sx.data[socks.data[i]].flags & SOCK_MEMBER)
			ports_dirty(st, s->port);
	}
	proc_dirty(st, old);
	return slot;
}

/* The process that has this pid, made when it is not known. */
uint32_t proc_slot_of(struct store *st, uint32_t pid)
{
	uint32_t slot = proc_find(st, pid);

	if (slot == SLOT_NONE)
		return add(st, pid);
	if (proc_at(st, slot)->head.gone)
		return succeed(st, slot, pid);
	return slot;
}

/* Index of the first entry not below slot. */
static size_t lower_bound(const struct u32_vec *v, uint32_t slot)
{
	size_t low = 0, high = v->len;

	if (high && v->data[high - 1] < slot)
		return high;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (v->data[mid] < slot)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void count(struct proc_extra *q, const struct sock *s, uint32_t by)
{
	if (!(PROTO_BIT(s->r.proto) & PROTO_MASK_INET))
		return;
	if (STATE_BIT(s->r.state) & STATE_MASK_LISTENERS)
		q->listeners += by;
	if (s->r.state == STATE_ESTABLISHED)
		q->connections += by;
	if (s->r.state == STATE_CLOSE_WAIT)
		q->close_waits += by;
}

void proc_link(struct store *st, uint32_t pid, uint32_t sock)
{
	uint32_t slot = proc_slot_of(st, pid);
	struct proc_extra *q = &st->qx.data[slot];
	size_t at = lower_bound(&q->socks, sock);

	if (at < q->socks.len && q->socks.data[at] == sock)
		return;
	vec_push(&q->socks, sock);
	memmove(&q->socks.data[at + 1], &q->socks.data[at],
		(q->socks.len - 1 - at) * sizeof(q->socks.data[0]));
	q->socks.data[at] = sock;
	count(q, sock_at(st, sock), 1);
	proc_dirty(st, slot);
}

void proc_unlink(struct store *st, uint32_t pid, uint32_t sock)
{
	uint32_t slot = proc_find(st, pid);
	struct proc_extra *q;
	size_t at;

	if (slot == SLOT_NONE)
		return;
	q = &st->qx.data[slot];
	at = lower_bound(&q->socks, sock);
	if (at == q->socks.len || q->socks.data[at] != sock)
		return;
	q->socks.len--;
	memmove(&q->socks.data[at], &q->socks.data[at + 1],
		(q->socks.len - at) * sizeof(q->socks.data[0]));
	count(q, sock_at(st, sock), -1u);
	proc_dirty(st, slot);
}

void proc_ref(struct store *st, uint32_t slot, int sign)
{
	if (slot == SLOT_NONE)
		return;
	st->qx.data[slot].refs += sign < 0 ? -1u : 1;
	proc_dirty(st, slot);
}

static bool same_text(const struct bytes *a, const struct bytes *b)
{
	if (!a->ptr || !b->ptr)
		return a->ptr == b->ptr;
	return a->len == b->len && !memcmp(a->ptr, b->ptr, a->len);
}

static bool take_text(struct bytes *to, const struct bytes *from)
{
	if (!from->ptr || same_text(to, from))
		return false;
	*to = *from;
	return true;
}

#define TAKE(member) (differs |= r->member != rec->member, r->member = rec->member)

/* Returns whether anything is news; *ret_other whether it now runs something else. */
static bool merge(struct proc_rec *r, const struct proc_rec *rec, bool *ret_other)
{
	uint16_t have = (uint16_t)(r->have | rec->have);
	struct proc_rec copy = *rec;
	bool differs, other;

	if (rec->have & PROC_HAVE_CMDLINE)
		have &= (uint16_t) ~(rec->have & PROC_STUCK ? 0 : PROC_STUCK);
	other = r->have & rec->have & PROC_HAVE_EXE && !same_text(&r->exe, &rec->exe);
	differs = have != r->have;
	r->have = have;
	if (rec->have & PROC_HAVE_STAT)
		TAKE(ppid), TAKE(start_ticks), TAKE(state);
	if (rec->have & PROC_HAVE_UID)
		TAKE(uid);
	if (rec->have & PROC_HAVE_FDS)
		TAKE(fds);
	if (rec->have & PROC_HAVE_NETNS)
		TAKE(netns_inode);
	if (rec->have & PROC_HAVE_EXE)
		TAKE(exe_deleted);
	for (unsigned int i = 0; text_of(r, i); i++)
		differs |= take_text(text_of(r, i), text_of(&copy, i));
	*ret_other = other;
	return differs;
}

static void set_start(const struct store *st, struct proc *t)
{
	bool first = t->start_ms < 0;

	if (!(t->r.have & PROC_HAVE_STAT) || st->boot_wall_ms < 0)
		return;
	t->start_ms = st->boot_wall_ms + (int64_t)(t->r.start_ticks * 1000 / st->ticks_per_s);
	if (!first || t->start_ms < st->first_wall_ms)
		return;
	t->head.first_ms = st->mono_ms - (st->wall_ms - t->start_ms);
	t->head.mark = MARK_NEW;
	t->head.mark_ms = st->mono_ms;
}

static uint32_t slot_for(struct store *st, const struct proc_rec *rec)
{
	uint32_t slot = proc_find(st, rec->pid);
	const struct proc *p = store_cur_proc(st, slot);

	if (p && !p->head.gone && p->r.start_ticks && rec->start_ticks &&
	    p->r.start_ticks != rec->start_ticks) {
		end(st, slot);
		p = store_cur_proc(st, slot);
	}
	if (!p || p->head.gone) {
		if (!st->want_all_procs && (!p || !st->qx.data[slot].socks.len))
			return SLOT_NONE;
		return proc_slot_of(st, rec->pid);
	}
	return slot;
}

uint32_t store_proc_put(struct store *st, const struct proc_rec *rec)
{
	uint32_t slot = slot_for(st, rec);
	bool other;
	struct proc t;

	if (st->journal)
		journal_proc(st->journal, rec);
	if (slot == SLOT_NONE)
		return slot;
	t = *proc_at(st, slot);
	if (!merge(&t.r, rec, &other))
		return slot;
	set_start(st, &t);
	t.container = container_of_proc(st, &t.r);
	if (t.container != SLOT_NONE)
		st->containers_changed = true;
	if (rec->netns_inode)
		t.netns = store_netns_find(st, 0, rec->netns_inode);
	replace(st, slot, &t);
	if (other)
		store_mark(st, &proc_at(st, slot)->head, MARK_CHANGED);
	owner_repick(st, slot);
	st->procs_changed = true;
	return slot;
}

void store_proc_gone(struct store *st, uint32_t pid, uint64_t start_ticks)
{
	uint32_t slot = proc_find(st, pid);
	const struct proc *p = store_cur_proc(st, slot);

	if (st->journal)
		journal_proc_gone(st->journal, pid, start_ticks);
	if (p && !p->head.gone &&
	    (!start_ticks || !p->r.start_ticks || p->r.start_ticks == start_ticks))
		end(st, slot);
}

void store_each_proc(struct store *st, store_proc_fn *fn, void *ctx)
{
	for (uint32_t i = 0; i < st->tables[TABLE_PROC].slots.len; i++) {
		const struct proc *p = store_cur_proc(st, i);

		if (p && !p->head.gone)
			fn(ctx, p);
	}
}

static uint16_t lacks(const struct proc_rec *r, uint16_t have)
{
	uint16_t got = r->have;

	if (got & PROC_EXE_DENIED)
		got |= PROC_HAVE_EXE;
	if (got & PROC_STUCK)
		got |= PROC_HAVE_CMDLINE;
	return have & (uint16_t)~got;
}

void store_each_proc_missing(struct store *st, uint16_t have, store_proc_fn *fn, void *ctx)
{
	size_t kept = 0;

	if (have & ~PROC_BASIC) {
		for (uint32_t i = 0; i < st->tables[TABLE_PROC].slots.len; i++) {
			const struct proc *p = store_cur_proc(st, i);

			if (p && !p->head.gone && lacks(&p->r, have))
				fn(ctx, p);
		}
		return;
	}
	for (size_t i = 0; i < st->incomplete.len; i++) {
		uint32_t slot = st->incomplete.data[i];
		const struct proc *p = store_cur_proc(st, slot);

		if (!st->qx.data[slot].incomplete)
			continue;
		if (!p || p->head.gone || !lacks(&p->r, PROC_BASIC)) {
			st->qx.data[slot].incomplete = false;
			continue;
		}
		st->incomplete.data[kept++] = slot;
		if (lacks(&p->r, have))
			fn(ctx, p);
	}
	st->incomplete.len = kept;
}

static void drop(struct store *st, uint32_t slot)
{
	uint32_t pid = proc_at(st, slot)->r.pid;

	if (!proc_at(st, slot)->head.gone)
		st->counts.procs--;
	if (proc_find(st, pid) == slot)
		hash_del(&st->proc_by_pid, pid);
	st->qx.data[slot].incomplete = false;
	vec_done(&st->qx.data[slot].socks);
	table_drop(st, TABLE_PROC, slot);
	st->procs_changed = true;
	st->containers_changed = true;
}

/* A process that nothing holds here is forgotten; a gone one when its hold time is over, too. */
bool proc_release(struct store *st, uint32_t slot)
{
	const struct proc_extra *q = &st->qx.data[slot];

	if (q->socks.len || q->refs)
		return false;
	drop(st, slot);
	return true;
}

static void rebuild(struct store *st, uint32_t slot)
{
	struct proc_extra *q = &st->qx.data[slot];
	const struct proc *p = store_cur_proc(st, slot);
	struct proc t;

	q->dirty = false;
	if (!p)
		return;
	if (!p->head.gone && !st->want_all_procs && proc_release(st, slot))
		return;
	t = *p;
	t.listeners = q->listeners;
	t.connections = q->connections;
	t.close_waits = q->close_waits;
	t.rx_rate = q->rated ? q->traffic.rx_rate : -1;
	t.tx_rate = q->rated ? q->traffic.tx_rate : -1;
	if (t.head.gone)
		t.listeners = t.connections = t.close_waits = 0;
	replace(st, slot, &t);
}

static void relink_parents(struct store *st)
{
	for (uint32_t i = 0; i < st->tables[TABLE_PROC].slots.len; i++) {
		const struct proc *p = store_cur_proc(st, i);
		uint32_t parent = p && p->r.ppid ? proc_find(st, p->r.ppid) : SLOT_NONE;
		uint32_t netns = p && p->r.netns_inode ? store_netns_find(st, 0, p->r.netns_inode)
						       : SLOT_NONE;
		struct proc t;

		if (!p || (p->parent == parent && p->netns == netns))
			continue;
		t = *p;
		t.parent = parent;
		t.netns = netns;
		replace(st, i, &t);
	}
}

void proc_publish(struct store *st)
{
	for (size_t i = 0; i < st->dirty_procs.len; i++)
		rebuild(st, st->dirty_procs.data[i]);
	vec_clear(&st->dirty_procs);
	if (st->procs_changed)
		relink_parents(st);
	st->procs_changed = false;
}

void proc_done(struct store *st)
{
	for (size_t i = 0; i < st->qx.len; i++)
		vec_done(&st->qx.data[i].socks);
	vec_done(&st->qx);
	vec_done(&st->dirty_procs);
	vec_done(&st->incomplete);
	hash_done(&st->proc_by_pid);
}
