/* Who holds the sockets, and what these processes are. */
#include "session_internal.h"

#include <string.h>

#include "base/clock.h"

/* How long the screen waits for command lines in a tick, one-shot output in all (SPEC 8). */
#define PROCS_WAIT_MS 50
#define ONCE_WAIT_MS 10000
/* How often what nobody holds is looked for in flight although nothing changed. */
#define FLIGHT_TICKS 30
/* How many processes a tick looks at for an exec that no event told of. */
#define EXEC_ROLL 4

static struct bytes static_bytes(const char *text)
{
	return (struct bytes){text, text ? (uint32_t)strlen(text) : 0};
}

/* ---- users ---- */

static void name_user(struct session *s, uint32_t uid)
{
	struct bytes name = users_name(s->users, uid);

	if (name.ptr)
		session_names_user(&s->names, uid, name);
}

void session_see_uid(struct session *s, uint32_t uid)
{
	if (hash_put(&s->uids, uid, 1))
		name_user(s, uid);
}

void session_see_cgroup(struct session *s, uint64_t id)
{
	struct bytes path = cgroup_paths_name(s->cgroup_paths, id);

	if (path.ptr)
		session_names_cgroup(&s->names, id, path);
}

/* Answers that came since: every name again, there are few. */
static void refresh_users(struct session *s)
{
	uint64_t uid, value;
	size_t pos = 0;

	if (users_generation(s->users) == s->users_generation)
		return;
	s->users_generation = users_generation(s->users);
	while (hash_next(&s->uids, &pos, &uid, &value))
		name_user(s, (uint32_t)uid);
}

/* ---- owners ---- */

static void on_holders(void *opaque, uint32_t inode, const struct owner *owners, uint32_t n)
{
	struct session *s = opaque;

	if (n)
		store_owners_set(s->store, inode, owners, n, owners_info(s->owners)->complete);
	else
		store_owner_none(s->store, inode, OWNER_UNRESOLVED, (struct bytes){0});
}

static void collect_inode(void *opaque, const struct sock *sock)
{
	struct session *s = opaque;

	vec_push(&s->added, sock->r.inode);
}

static void on_alive(size_t index, int err, const struct sock_rec *rec, void *ctx)
{
	(void)index;
	if (!err && rec)
		*(bool *)ctx = true;
}

/* Asks the kernel for this one socket. What it cannot be asked for counts as alive. */
static bool is_alive(struct session *s, const struct sock *sock)
{
	const struct ns_source *ns = session_source_by_slot(s, sock->netns);
	struct sockdiag_key key;
	bool alive = false;

	if (!ns || !ns->diag || !sockdiag_key_from(&sock->r, &key))
		return true;
	sockdiag_lookup(ns->diag, &key, 1, 0, on_alive, &alive);
	return alive;
}

/*
 * Nobody holds it: say why. A socket of uid 0 that no table has is the kernel's own, unless its
 * process closed it between the dump and the look at the tables.
 */
static void explain_unknown(void *opaque, const struct sock *sock)
{
	struct session *s = opaque;
	const char *detail = NULL;
	uint32_t pid;
	enum owner_status status = owners_why_unknown(s->owners, sock->r.inode, &detail, &pid);

	if (status == OWNER_PENDING)
		return;
	/* port id 0 is the kernel's end (netlink(7)), whatever tables may not be read */
	if (sock->r.proto == PROTO_NETLINK && !sock->r.local_port) {
		store_owner_none(s->store, sock->r.inode, OWNER_KERNEL, (struct bytes){0});
		return;
	}
	if (status == OWNER_UNRESOLVED && (sock->r.have & REC_UID) && !sock->r.uid &&
	    sock->r.proto != PROTO_UNIX)
		status = OWNER_KERNEL;
	if ((status == OWNER_KERNEL || status == OWNER_IN_FLIGHT) && status != sock->owner_status &&
	    !is_alive(s, sock)) {
		status = OWNER_UNRESOLVED;
		detail = NULL;
	}
	store_owner_none(s->store, sock->r.inode, status, static_bytes(detail));
}

/*
 * Queues of unix sockets and rings are looked through for what nobody holds: when that became more
 * or less, and now and then. It costs one read for each such socket of the host.
 */
static bool look_in_flight(struct session *s, const struct needs *needs)
{
	uint32_t unknown = owners_info(s->owners)->n_unknown;
	bool look = unknown != s->flight_unknown || !s->flight_ticks--;

	if (look) {
		s->flight_unknown = unknown;
		s->flight_ticks = FLIGHT_TICKS;
	}
	return look || (needs->bits & NEED_COMPLETE);
}

void session_owners(struct session *s, const struct needs *needs, bool first_frame)
{
	struct owners_input in = {
		.complete = needs->bits & NEED_COMPLETE,
		.no_search = first_frame,
		.in_flight = look_in_flight(s, needs),
	};

	vec_clear(&s->added);
	store_each_unknown(s->store, false, collect_inode, s);
	store_take_dropped(s->store, &in.gone, &in.n_gone);
	in.added = s->added.data;
	in.n_added = s->added.len;
	if (!(needs->bits & NEED_ONE_PORT) || !session_port_owners(s, &in, on_holders)) {
		session_bpf_offer(s, &in);
		owners_tick(s->owners, &in, on_holders, s);
		session_bpf_paid(s, owners_info(s->owners));
		if (in.complete && owners_info(s->owners)->complete)
			store_owners_complete(s->store);
	}
	s->stats.fd_scans = owners_info(s->owners)->scanned;
	if (!first_frame)
		store_each_unknown(s->store, true, explain_unknown, s);
}

/* ---- processes ---- */

void session_on_process(void *session, const struct proc_rec *rec)
{
	struct session *s = session;
	struct proc_rec known = *rec;

	if (rec->have & PROC_HAVE_UID) {
		session_see_uid(s, rec->uid);
		known.user = users_name(s->users, rec->uid);
	}
	session_netns_of(s, &known);
	session_containers_proc(s, &known);
	store_proc_put(s->store, &known);
}

static void want_process(void *opaque, const struct proc *proc)
{
	struct session *s = opaque;

	processes_want(s->processes, proc->r.pid, proc->r.start_ticks);
}

/* What the walk over /proc learned anyway: descriptor counts, parents, exits. */
static void put_walked(struct session *s, const struct needs *needs)
{
	const struct owners_proc *list;
	size_t n;

	list = owners_exited(s->owners, &n);
	for (size_t i = 0; i < n; i++) {
		store_proc_gone(s->store, list[i].pid, list[i].start_ticks);
		processes_forget(s->processes, list[i].pid);
		session_containers_exit(s, list[i].pid);
	}
	if (!(needs->bits & (NEED_ALL_PROCS | NEED_FD_COUNTS)))
		return;
	list = owners_procs(s->owners, &n);
	for (size_t i = 0; i < n; i++) {
		struct proc_rec rec = {
			.pid = list[i].pid,
			.ppid = list[i].ppid,
			.start_ticks = list[i].start_ticks,
			.uid = list[i].uid,
			.fds = list[i].fds,
			.have = list[i].fds == UINT32_MAX ? 0 : PROC_HAVE_FDS,
		};

		session_netns_of(s, &rec);
		store_proc_put(s->store, &rec);
	}
}

static void on_proc_event(void *opaque, const struct proc_event_rec *event)
{
	struct session *s = opaque;

	if (event->kind == PROC_EV_EXEC)
		processes_exec(s->processes, event->pid);
}

void session_procs(struct session *s, const struct needs *needs, bool live)
{
	put_walked(s, needs);
	session_netns_procs(s);
	if (!(needs->bits & NEED_PROCS))
		return;
	if (!s->proc_events || proc_events_read(s->proc_events, on_proc_event, s) < 0)
		processes_roll(s->processes, EXEC_ROLL, (int64_t)mono_ms());
	store_each_proc_missing(s->store, PROC_HAVE_STAT | PROC_HAVE_CMDLINE, want_process, s);
	processes_wait_all(s->processes, live ? PROCS_WAIT_MS : ONCE_WAIT_MS);
	helper_drain(s->helper, HELPER_USER, live ? 0 : ONCE_WAIT_MS);
	refresh_users(s);
}
