/*
 * The namespaces beside our own: what the registry (kernel/namespaces.h) finds becomes a source of
 * the tick like our own, with a gate before its dumps.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "kernel/capabilities.h"

struct ns_source *session_source(struct session *s, size_t i)
{
	if (!i)
		return &s->own_ns;
	return i - 1 < s->foreign.len ? s->foreign.data[i - 1] : NULL;
}

struct ns_source *session_source_by_slot(struct session *s, uint32_t slot)
{
	struct ns_source *ns;

	for (size_t i = 0; (ns = session_source(s, i)); i++)
		if (ns->slot == slot)
			return ns;
	return NULL;
}

static void on_gone(void *session, struct namespace *ns)
{
	struct session *s = session;
	struct ns_source *source = (struct ns_source *)(uintptr_t)ns->user;

	for (size_t i = 0; source && i < s->foreign.len; i++) {
		if (s->foreign.data[i] != source)
			continue;
		s->foreign.data[i] = s->foreign.data[--s->foreign.len];
		store_netns_gone(s->store, source->slot);
		free(source);
		return;
	}
}

static void follow_own(struct session *s, struct namespace *ns)
{
	struct ns_source *own = &s->own_ns;

	own->rec.cookie = ns->rec.cookie;
	own->rec.kind = ns->rec.kind;
	own->rec.holders = ns->rec.holders;
	own->rec.name = ns->rec.name;
	own->skip = !ns->selected;
}

/* Handles may have been opened or closed by the scan. */
static bool follow(struct session *s, struct namespace *ns)
{
	struct ns_source *source = (struct ns_source *)(uintptr_t)ns->user;
	bool new = !source;

	if (new) {
		source = xcalloc(1, sizeof(*source));
		source->ns = ns;
		source->net_dir = -1;
		ns->user = (uintptr_t)source;
		vec_push(&s->foreign, source);
	}
	source->rec = ns->rec;
	source->diag = ns->diag;
	source->events = ns->events;
	source->rtnl = ns->rtnl;
	source->skip = !ns->selected || (!ns->diag && s->cfg.source != SOURCE_PROC);
	source->slot = store_netns_put(s->store, &source->rec);
	return new;
}

void session_netns_put(struct session *s)
{
	struct namespace *const *list;
	size_t n;

	list = namespaces_list(s->namespaces, &n);
	for (size_t i = 0; i < n; i++) {
		struct ns_source *source = (struct ns_source *)(uintptr_t)list[i]->user;

		if (!source)
			continue;
		source->rec = list[i]->rec;
		store_netns_put(s->store, &source->rec);
	}
}

static void read_own_addresses(struct session *s, int64_t now_ms)
{
	struct ns_source *own = &s->own_ns;
	struct netaddr *addrs;
	uint32_t n;

	if (!own->rtnl || (own->addrs_ms && now_ms < own->addrs_ms + 10000) ||
	    rtnl_addresses(own->rtnl, &addrs, &n) < 0)
		return;
	free((void *)(uintptr_t)own->rec.addrs);
	own->rec.addrs = addrs;
	own->rec.n_addrs = n;
	own->addrs_ms = now_ms;
}

/* With every right there is nothing to give: some sandboxes hide their own processes. */
static const char *why_denied(void)
{
	struct cap_status status[CAPF_COUNT];
	uint64_t mask = 0;

	capabilities_get(&mask);
	capabilities_check(mask, status);
	return status[CAPF_OWNERS].available && status[CAPF_NETNS].available
		       ? "refused even to root for some processes"
		       : "namespaces of other users' processes are unknown: needs "
			 "CAP_SYS_PTRACE and CAP_SYS_ADMIN";
}

static void tell_refused(struct session *s)
{
	uint32_t refused = 0;
	int err = 0;

	for (size_t i = 0; i < s->foreign.len; i++) {
		if (!s->foreign.data[i]->ns->err || !s->foreign.data[i]->ns->selected)
			continue;
		refused++;
		err = s->foreign.data[i]->ns->err;
	}
	if (refused)
		session_note(s, NOTE_DENIED, err, 0, "netns",
			     "some network namespaces cannot be entered: needs CAP_SYS_ADMIN");
	if (namespaces_denied(s->namespaces))
		session_note(s, NOTE_DENIED, -EACCES, 0, "netns", why_denied());
}

/* So many sockets that no dump has are asked for their namespace in a tick. */
#define TRIES 256
#define TRIES_ONCE 100000

bool session_netns_scan(struct session *s, const struct needs *needs, int64_t now_ms)
{
	bool addresses = needs->bits & (NEED_NETNS_ADDRS | NEED_CONTAINERS);
	struct namespace *const *list;
	bool more = false;
	size_t n;

	if (addresses)
		read_own_addresses(s, now_ms);
	if ((needs->bits & NEED_NETNS_ALL) || s->cfg.netns) {
		namespaces_scan(s->namespaces, s->owners, addresses, now_ms);
		list = namespaces_list(s->namespaces, &n);
		for (size_t i = 0; i < n; i++) {
			if (list[i]->rec.own)
				follow_own(s, list[i]);
			else
				more |= follow(s, list[i]);
		}
		tell_refused(s);
	}
	s->own_ns.slot = store_netns_put(s->store, &s->own_ns.rec);
	return more;
}

bool session_netns_more(struct session *s, const struct needs *needs, int64_t now_ms)
{
	bool complete = needs->bits & NEED_COMPLETE, more, found;

	if (!(needs->bits & NEED_NETNS_ALL) && !s->cfg.netns)
		return false;
	more = complete && session_netns_scan(s, needs, now_ms);
	/* of one port's dump nearly every socket is missing */
	found = !(needs->bits & NEED_ONE_PORT) &&
		namespaces_try_sockets(s->namespaces, s->owners, complete ? TRIES_ONCE : TRIES);
	return (complete && found && session_netns_scan(s, needs, now_ms)) || more;
}

bool session_netns_due(struct session *s, struct ns_source *source, const struct needs *needs,
		       struct dump_scope *scope, int64_t now_ms)
{
	if (!source->ns)
		return true;
	if (!namespaces_due(s->namespaces, source->ns, scope->protos, scope->states, now_ms)) {
		s->stats.dumps_gated++;
		return false;
	}
	/* the walk over all connections of the host is spared where none can be found */
	if (source->ns->gate.quiet)
		scope->states &= STATE_MASK_LISTENERS |
				 (needs->bits & NEED_BOUND ? STATE_BIT(STATE_BOUND) : 0);
	return true;
}

struct text_read {
	uint32_t protos, states;
	void (*each)(const struct sock_rec *rec, void *ctx);
	void *ctx;
	struct procnet_report *report;
};

static void read_inside(int net_dir, void *opaque)
{
	struct text_read *t = opaque;

	if (net_dir >= 0)
		procnet_read(net_dir, t->protos, t->states, t->each, t->ctx, t->report);
}

void session_netns_text(struct session *s, struct ns_source *source, const struct dump_scope *scope,
			void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
			struct procnet_report *ret_report)
{
	struct text_read t = {scope->protos, scope->states, each, ctx, ret_report};

	if (source->ns)
		namespaces_enter(s->namespaces, source->ns, read_inside, &t);
	else
		read_inside(source->net_dir, &t);
}

void session_netns_of(struct session *s, struct proc_rec *rec)
{
	rec->netns_inode = namespaces_of_pid(s->namespaces, rec->pid);
	if (rec->netns_inode)
		rec->have |= PROC_HAVE_NETNS;
}

/* A process may be known before its namespace is. */
static void on_missing(void *session, const struct proc *proc)
{
	struct session *s = session;
	struct proc_rec rec = {.pid = proc->r.pid, .start_ticks = proc->r.start_ticks};

	session_netns_of(s, &rec);
	if (rec.have)
		store_proc_put(s->store, &rec);
}

void session_netns_procs(struct session *s)
{
	store_each_proc_missing(s->store, PROC_HAVE_NETNS, on_missing, s);
}

int session_netns_open(struct session *s, struct strbuf *ret_error)
{
	struct namespaces_config cfg = {
		.proc_fd = s->proc_fd,
		.bpf = !s->cfg.no_bpf && !s->cfg.readonly,
		.netlink = s->cfg.source != SOURCE_PROC,
		.gone = on_gone,
		.ctx = s,
	};

	s->namespaces = namespaces_new(&cfg);
	if (!s->cfg.netns)
		return 0;
	/* twice: the second scan also asks the kernel for its own list */
	namespaces_scan(s->namespaces, NULL, false, (int64_t)mono_ms());
	namespaces_scan(s->namespaces, NULL, false, (int64_t)mono_ms());
	if (namespaces_select(s->namespaces, s->cfg.netns) == 0)
		return 0;
	strbuf_addf(ret_error, "no network namespace %s", s->cfg.netns);
	return -EINVAL;
}

void session_netns_close(struct session *s)
{
	namespaces_free(s->namespaces);
	for (size_t i = 0; i < s->foreign.len; i++)
		free(s->foreign.data[i]);
	vec_done(&s->foreign);
	free((void *)(uintptr_t)s->own_ns.rec.addrs);
}
