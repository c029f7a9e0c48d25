/* Who holds a socket, and if nobody is known, why (SPEC 1, owner status). */
#include <string.h>

#include "model/store_internal.h"

static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

/* Sorts, drops duplicates, returns how many are left. */
uint32_t owner_union(struct owner *owners, uint32_t n)
{
	uint32_t kept = 0;

	if (n < 2)
		return n;
	qsort(owners, n, sizeof(*owners), compare_owners);
	for (uint32_t i = 0; i < n; i++) {
		if (!kept || compare_owners(&owners[kept - 1], &owners[i]))
			owners[kept++] = owners[i];
	}
	return kept;
}

static bool has_pid(const struct owner *owners, uint32_t n, uint32_t pid)
{
	for (uint32_t i = 0; i < n; i++) {
		if (owners[i].pid == pid)
			return true;
	}
	return false;
}

static bool covers(const struct owner *a, uint32_t na, const struct owner *b, uint32_t nb)
{
	for (uint32_t i = 0; i < nb; i++) {
		if ((!i || b[i].pid != b[i - 1].pid) && !has_pid(a, na, b[i].pid))
			return false;
	}
	return true;
}

bool owner_same_pids(const struct owner *a, uint32_t na, const struct owner *b, uint32_t nb)
{
	return covers(a, na, b, nb) && covers(b, nb, a, na);
}

/* Processes that hold sockets for others. */
static bool is_manager(const struct proc_rec *r)
{
	static const char *const names[] = {
		"systemd",  "init",	 "s6-svscan",	"s6-fdholderd", "s6-supervise",
		"runsvdir", "runsv",	 "supervisord", "openrc-init",	"launchd",
		"tini",	    "dumb-init", "inetd",	"xinetd",	"upstart",
	};

	if (r->pid == 1)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (r->comm.ptr && r->comm.len == strlen(names[i]) &&
		    !memcmp(r->comm.ptr, names[i], r->comm.len))
			return true;
	}
	return false;
}

struct rank {
	bool manager, elsewhere;
	uint64_t start;
	struct owner owner;
};

static struct rank rank_of(const struct store *st, const struct owner *o, struct bytes cgroup)
{
	const struct proc *p = store_cur_proc(st, proc_find(st, o->pid));
	struct rank rank = {
		.owner = *o, .start = UINT64_MAX, .elsewhere = true, .manager = o->pid == 1};

	if (!p)
		return rank;
	rank.manager = is_manager(&p->r);
	if (p->r.have & PROC_HAVE_STAT)
		rank.start = p->r.start_ticks;
	if (cgroup.ptr && p->r.cgroup.ptr && p->r.cgroup.len == cgroup.len)
		rank.elsewhere = memcmp(p->r.cgroup.ptr, cgroup.ptr, cgroup.len);
	return rank;
}

static bool better(const struct rank *a, const struct rank *b)
{
	if (a->manager != b->manager)
		return b->manager;
	if (a->elsewhere != b->elsewhere)
		return b->elsewhere;
	if (a->start != b->start)
		return a->start < b->start;
	return compare_owners(&a->owner, &b->owner) < 0;
}

/* Moves the primary owner to the front; the others stay sorted. Returns n. */
uint32_t owner_pick(struct store *st, const struct sock *s, struct owner *owners, uint32_t n)
{
	struct bytes cgroup = {0};
	struct rank best;
	uint32_t at = 0;

	if (n < 2)
		return n;
	if (s && s->r.have & REC_CGROUP && st->cgroup_fn)
		cgroup = st->cgroup_fn(st->cgroup_ctx, s->r.cgroup_id);
	best = rank_of(st, &owners[0], cgroup);
	for (uint32_t i = 1; i < n; i++) {
		struct rank rank = rank_of(st, &owners[i], cgroup);

		if (better(&rank, &best)) {
			best = rank;
			at = i;
		}
	}
	memmove(&owners[1], &owners[0], at * sizeof(*owners));
	owners[0] = best.owner;
	return n;
}

/* Counts a row that is alive with this status, or no more (by -1). */
void owner_count(struct store *st, uint8_t status, uint32_t by)
{
	if (status == OWNER_PENDING)
		st->pending += by;
	if (status == OWNER_DENIED || status == OWNER_HIDDEN)
		st->counts.hidden_owners += by;
	if (status == OWNER_UNRESOLVED)
		st->counts.unresolved += by;
}

void owner_status_set(struct store *st, struct sock *s, enum owner_status status)
{
	owner_count(st, s->owner_status, -1u);
	s->owner_status = (uint8_t)status;
	owner_count(st, s->owner_status, 1);
}

static void track(struct store *st, uint32_t slot)
{
	struct sock_extra *x = &st->sx.data[slot];

	if (x->flags & SOCK_IN_UNKNOWN)
		return;
	x->flags |= SOCK_IN_UNKNOWN;
	vec_push(&st->unknown, slot);
}

static enum owner_status without_inode(const struct store *st, const struct sock *s)
{
	const struct port *p = store_cur_port(st, s->port);

	return p && st->px.data[s->port].listener && !p->head.gone ? OWNER_ACCEPT_QUEUE
								   : OWNER_ORPHAN;
}

/* Status of a row from what it is; what was found out about its inode stays. */
void owner_decide(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);
	enum owner_status status = s->owner_status;
	uint32_t proc = s->proc;

	if (st->sx.data[slot].flags & SOCK_FOLDED)
		return;
	if (s->n_owners) {
		status = OWNER_KNOWN;
	} else if (s->r.state == STATE_TIME_WAIT) {
		status = OWNER_TIME_WAIT;
		proc = SLOT_NONE;
	} else if (!s->r.inode) {
		status = without_inode(st, s);
		proc = status == OWNER_ACCEPT_QUEUE ? port_at(st, s->port)->proc : SLOT_NONE;
	} else if (status < OWNER_KERNEL) {
		status = OWNER_PENDING;
	}
	if (s->r.inode && status != OWNER_KNOWN && status != OWNER_TIME_WAIT)
		track(st, slot);
	if (status != s->owner_status || proc != s->proc) {
		struct sock *edit = store_sock_edit(st, slot);

		owner_status_set(st, edit, status);
		edit->proc = proc;
	}
}

/* Forgets the owners of a row that is detached or has none: its inode is another one now. */
void owner_reset(struct store *st, uint32_t slot)
{
	struct sock *s = store_sock_edit(st, slot);

	s->n_owners = 0;
	s->owners_complete = false;
	s->owner_detail = (struct bytes){0};
	s->proc = SLOT_NONE;
	owner_status_set(st, s, OWNER_PENDING);
	track(st, slot);
}

void store_each_unknown(struct store *st, bool retry, store_sock_fn *fn, void *ctx)
{
	size_t kept = 0;

	if (!retry && !st->pending)
		return;
	for (size_t i = 0; i < st->unknown.len; i++) {
		uint32_t slot = st->unknown.data[i];
		const struct sock *s = store_cur_sock(st, slot);
		struct sock_extra *x = &st->sx.data[slot];

		if (!(x->flags & SOCK_IN_UNKNOWN))
			continue;
		if (!s || s->head.gone || s->n_owners || !s->r.inode || x->flags & SOCK_FOLDED) {
			x->flags &= (uint16_t)~SOCK_IN_UNKNOWN;
			continue;
		}
		st->unknown.data[kept++] = slot;
		if (retry || s->owner_status == OWNER_PENDING)
			fn(ctx, s);
	}
	st->unknown.len = kept;
}

uint32_t store_count_unknown(const struct store *st)
{
	return st->pending;
}

/* The rows that have this inode now. */
static bool is_current(const struct store *st, uint32_t slot)
{
	return !(st->sx.data[slot].flags & SOCK_FOLDED) && !st->sx.data[slot].missed &&
	       !sock_at(st, slot)->head.gone;
}

/* Whether the news is a change of who holds it, or only that it became known or better known. */
static bool is_change(const struct sock *s, const struct owner *owners, uint32_t n)
{
	if (s->owner_status != OWNER_KNOWN || owner_same_pids(s->owners, s->n_owners, owners, n))
		return false;
	return s->owners_complete || !covers(owners, n, s->owners, s->n_owners);
}

static void relink(struct store *st, uint32_t slot, const struct owner *owners, uint32_t n,
		   bool complete)
{
	struct sock t = *sock_at(st, slot);
	bool change = is_change(&t, owners, n);
	bool attached = st->sx.data[slot].flags & SOCK_ATTACHED;
	struct sock *s;

	for (uint32_t i = 0; attached && i < n; i++)
		proc_link(st, owners[i].pid, slot);
	for (uint32_t i = 0; attached && i < t.n_owners; i++) {
		if (!has_pid(owners, n, t.owners[i].pid))
			proc_unlink(st, t.owners[i].pid, slot);
	}
	t.owners = owners;
	t.n_owners = n;
	t.owner0 = owners[0];
	t.proc = proc_find(st, owners[0].pid);
	t.owners_complete = complete;
	t.owner_detail = (struct bytes){0};
	s = store_sock_replace(st, slot, &t);
	owner_status_set(st, s, OWNER_KNOWN);
	if (change)
		store_mark(st, &s->head, MARK_CHANGED);
	if (st->sx.data[slot].flags & SOCK_MEMBER)
		ports_dirty(st, s->port);
}

static bool same_owners(const struct sock *s, const struct owner *owners, uint32_t n)
{
	return s->n_owners == n && !memcmp(s->owners, owners, n * sizeof(*owners));
}

void store_owners_set(struct store *st, uint32_t inode, const struct owner *owners, uint32_t n,
		      bool complete)
{
	struct owner *list = xmemdup(owners, n * sizeof(*owners));
	uint32_t slot;

	if (st->journal)
		journal_owners(st->journal, inode, owners, n, complete);
	n = owner_union(list, n);
	for (uint32_t i = 0; i < n; i++)
		proc_slot_of(st, list[i].pid);
	for (slot = index_inode_first(st, inode); n && slot != SLOT_NONE;
	     slot = index_inode_next(st, slot, inode)) {
		const struct sock *s = sock_at(st, slot);

		if (!is_current(st, slot))
			continue;
		n = owner_union(list, n);
		owner_pick(st, s, list, n);
		if (!same_owners(s, list, n) || s->owners_complete != complete)
			relink(st, slot, list, n, complete);
	}
	free(list);
}

void store_owners_complete(struct store *st)
{
	for (uint32_t slot = 0; slot < st->sx.len; slot++) {
		const struct sock *s = store_cur_sock(st, slot);

		if (s && !s->head.gone && s->n_owners && !s->owners_complete && s->r.inode)
			store_owners_set(st, s->r.inode, s->owners, s->n_owners, true);
	}
}

static void unlink_owners(struct store *st, uint32_t slot)
{
	const struct sock *s = sock_at(st, slot);

	for (uint32_t i = 0; i < s->n_owners; i++)
		proc_unlink(st, s->owners[i].pid, slot);
}

void store_owner_none(struct store *st, uint32_t inode, enum owner_status status,
		      struct bytes detail)
{
	uint32_t slot;

	if (st->journal)
		journal_owner_none(st->journal, inode, (uint8_t)status, detail);
	for (slot = index_inode_first(st, inode); slot != SLOT_NONE;
	     slot = index_inode_next(st, slot, inode)) {
		struct sock *s = sock_at(st, slot);
		bool change = s->n_owners;

		if (!is_current(st, slot) ||
		    (!change && s->owner_status == status && s->owner_detail.ptr == detail.ptr))
			continue;
		unlink_owners(st, slot);
		s = store_sock_edit(st, slot);
		s->n_owners = 0;
		s->proc = SLOT_NONE;
		s->owners_complete = false;
		s->owner_detail = detail;
		owner_status_set(st, s, status);
		if (change)
			store_mark(st, &s->head, MARK_CHANGED);
		owner_decide(st, slot);
		if (st->sx.data[slot].flags & SOCK_MEMBER)
			ports_dirty(st, sock_at(st, slot)->port);
	}
}

/* What is known of a process changed: the sockets that it shares may have another primary. */
void owner_repick(struct store *st, uint32_t proc_slot)
{
	const struct u32_vec *socks = &st->qx.data[proc_slot].socks;

	for (size_t i = 0; i < socks->len; i++) {
		uint32_t slot = socks->data[i];
		const struct sock *s = sock_at(st, slot);
		struct owner *list;

		if (s->n_owners > 1) {
			list = xmemdup(s->owners, s->n_owners * sizeof(*list));
			owner_union(list, s->n_owners);
			owner_pick(st, s, list, s->n_owners);
			if (!same_owners(s, list, s->n_owners))
				relink(st, slot, list, s->n_owners, s->owners_complete);
			free(list);
		}
		if (st->sx.data[slot].flags & SOCK_MEMBER)
			ports_dirty(st, sock_at(st, slot)->port);
	}
}
