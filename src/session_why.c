/*
 * Gathers the facts behind needs.why for snapshot.why, on the collector's thread. What the kernel's
 * bind tables say is read for every snapshot, so that the page on the screen is live; the rest
 * (unit files, packet filter, sysctls ...) when the question changes and now and then.
 */
#include "session_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/capability.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "kernel/bpf/bpf_binds.h"
#include "kernel/capabilities.h"
#include "kernel/cgroups.h"
#include "kernel/fdtable.h"
#include "kernel/probe.h"
#include "kernel/procfs.h"
#include "kernel/socket_options.h"
#include "kernel/why_facts.h"
#include "model/why.h"

#define SLOW_MS 10000
#define PROBE_MS 1000
#define ENVIRON_MS 300
#define HOLDERS_MAX 256
#define SUSPECTS_MAX 8
#define OPTIONS_NEED "CAP_BPF and CAP_PERFMON"

struct slow_block {
	struct arena arena;
	uint32_t refs;
};

struct session_why;

/* What a thread inside of another namespace needs. */
struct inside {
	struct session_why *w;
	struct why_facts_input input;
};

/* What a snapshot points to. */
struct why_block {
	struct why_facts facts; /* first */
	struct arena arena;
	struct slow_block *slow; /* the facts point into it too */
};

struct session_why {
	uint64_t caps; /* effective at the start */
	struct probe *probe;
	int netns_fd; /* where the prober shall try, -1 = our own */
	bool filter_made;
	struct diag_filter filter;
	uint16_t filter_port;

	struct why_want want; /* of `slow` */
	struct slow_block *slow;
	struct why_facts facts; /* slow parts */
	uint64_t signature;	/* of the holders that were looked at */
	int64_t read_ms;
	bool asked_rpc;
};

/* The sockets on the port that the store has, in the namespace asked about. */
struct rows {
	const struct why_want *want;
	uint32_t netns;
	VEC(const struct sock *) v;
};

int session_why_new(struct session *s)
{
	s->why = xcalloc(1, sizeof(*s->why));
	s->why->netns_fd = -1;
	capabilities_get(&s->why->caps);
	return s->cfg.probe ? probe_new(&s->why->probe) : 0;
}

static void drop_slow(struct slow_block *slow)
{
	if (!slow || --slow->refs)
		return;
	arena_done(&slow->arena);
	free(slow);
}

static void drop_block(void *ptr)
{
	struct why_block *block = ptr;

	drop_slow(block->slow);
	arena_done(&block->arena);
	free(block);
}

void session_why_done(struct session *s)
{
	struct session_why *w = s->why;

	session_port_done(s);
	if (!w)
		return;
	drop_slow(w->slow);
	probe_free(w->probe);
	if (w->netns_fd >= 0)
		close(w->netns_fd);
	if (w->filter_made)
		diag_filter_done(&w->filter);
	free(w);
	s->why = NULL;
}

const struct diag_filter *session_why_filter(struct session *s, const struct needs *needs)
{
	const struct diag_expr expr = {.op = DIAG_SPORT_EQ, .port = needs->why.port};
	struct session_why *w = s->why;

	if (!(needs->bits & NEED_ONE_PORT))
		return NULL;
	if (w->filter_made && w->filter_port == needs->why.port)
		return &w->filter;
	if (w->filter_made)
		diag_filter_done(&w->filter);
	w->filter_port = needs->why.port;
	w->filter_made = !diag_filter_compile(&expr, &w->filter);
	return w->filter_made ? &w->filter : NULL;
}

/* ---- rows ---- */

static void on_port(void *ctx, const struct sock *sock)
{
	struct rows *rows = ctx;
	bool tcp = rows->want->proto == PROTO_TCP || rows->want->proto == PROTO_MPTCP;
	bool same = tcp ? sock->r.proto == PROTO_TCP || sock->r.proto == PROTO_MPTCP
			: sock->r.proto == rows->want->proto;

	if (same && sock->netns == rows->netns)
		vec_push(&rows->v, sock);
}

/* ---- options without BPF ---- */

static struct bind_sock bind_sock_of(const struct sock *sock, const struct why_want *want)
{
	const struct sock_rec *r = &sock->r;
	struct socket_options options = {BIND_UNKNOWN, BIND_UNKNOWN, BIND_UNKNOWN};

	if (r->have & REC_V6ONLY)
		options.v6only = r->v6only;
	if (r->inode && sock->n_owners && !sock->owner0.tid)
		socket_options_read(sock->owner0.pid, sock->owner0.fd, r->inode, &options);
	return (struct bind_sock){
		.addr = r->local,
		/* a uid that is not known must not rule out that it is the same */
		.uid = r->have & REC_UID ? r->uid : want->uid,
		.ifindex = r->ifindex,
		.port = (uint16_t)r->local_port,
		.proto = r->proto,
		.state = r->state,
		.timewait = r->timer == TIMER_TIME_WAIT || r->state == STATE_TIME_WAIT,
		.reuseaddr = options.reuseaddr,
		.reuseport = options.reuseport,
		.v6only = options.v6only,
		.chain = -1,
	};
}

static void options_from_rows(struct why_block *block, const struct rows *rows)
{
	struct why_sock *socks = arena_alloc(&block->arena, rows->v.len * sizeof(*socks));

	for (size_t i = 0; i < rows->v.len; i++) {
		const struct sock_rec *r = &rows->v.data[i]->r;

		socks[i] = (struct why_sock){
			.bind = bind_sock_of(rows->v.data[i], rows->want),
			.cookie = r->cookie,
			.remote = r->remote,
			.inode = r->inode,
			.remote_port = (uint16_t)r->remote_port,
			.connect_bind = BIND_UNKNOWN,
		};
	}
	block->facts.socks = socks;
	block->facts.n_socks = (uint32_t)rows->v.len;
	block->facts.options_need = OPTIONS_NEED;
}

/* ---- options by BPF ---- */

static bool options_by_bpf(struct session *s, struct why_block *block, uint32_t netns_inode)
{
	struct bpf_binds *binds = session_why_binds(s);
	const struct bpf_bound *rows;
	bool raced = false;
	size_t n = 0;

	if (!binds || !netns_inode || block->facts.want.proto == PROTO_UDPLITE ||
	    bpf_binds_run(binds, block->facts.want.port, netns_inode, &rows, &n, &raced) || raced)
		return false;
	if (block->facts.want.proto == PROTO_UDP && bpf_binds_lacks_udp(binds))
		return false;
	why_facts_put_bound(&block->facts, rows, n, &block->arena);
	return true;
}

/* ---- holders ---- */

struct environ_answer {
	bool activated;
};

static void on_environ(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
		       bool cut)
{
	static const char name[] = "LISTEN_FDS=";
	struct environ_answer *answer = ctx;
	const char *text = bytes;

	(void)ticket;
	(void)cut;
	for (size_t at = 0; !status && at < len; at += strnlen(text + at, len - at) + 1)
		if (len - at >= sizeof(name) && !memcmp(text + at, name, sizeof(name) - 1))
			answer->activated = true;
}

/* Whether a process was given sockets by a service manager. */
static bool is_activated(struct session *s, uint32_t pid)
{
	struct fdtable_environ_request request = {.pid = pid};
	struct environ_answer answer = {0};
	uint64_t ticket = helper_submit(s->helper, HELPER_ENVIRON, &request, sizeof(request),
					on_environ, &answer);

	if (!helper_drain(s->helper, HELPER_ENVIRON, ENVIRON_MS))
		helper_cancel(s->helper, ticket);
	return answer.activated;
}

static bool is_init(struct session *s, uint32_t pid)
{
	struct procfs_status status;

	return !procfs_read_status(s->proc_fd, pid, &status) && status.n_levels > 1 &&
	       status.ns_pid == 1;
}

/* The init of a pid namespace that holds a socket which it handed to another holder. */
static bool activates(struct session *s, const struct sock *sock, uint32_t pid)
{
	bool handed = false;

	if (!is_init(s, pid))
		return false;
	for (uint32_t i = 0; i < sock->n_owners && i < 8 && !handed; i++)
		handed = sock->owners[i].pid != pid && is_activated(s, sock->owners[i].pid);
	return handed;
}

static uint64_t sign(const struct rows *rows)
{
	uint64_t sum = 1;

	for (size_t i = 0; i < rows->v.len; i++) {
		const struct sock *sock = rows->v.data[i];

		for (uint32_t k = 0; k < sock->n_owners; k++)
			sum = sum * 0x9e3779b97f4a7c15u +
			      ((uint64_t)sock->r.inode << 32 | sock->owners[k].pid) +
			      (uint64_t)sock->owners[k].fd;
	}
	return sum;
}

static void read_holders(struct session *s, const struct rows *rows)
{
	struct session_why *w = s->why;
	struct why_holder *holders = arena_alloc(&w->slow->arena, HOLDERS_MAX * sizeof(*holders));
	uint32_t n = 0;

	for (size_t i = 0; i < rows->v.len; i++) {
		const struct sock *sock = rows->v.data[i];

		for (uint32_t k = 0; k < sock->n_owners && n < HOLDERS_MAX; k++)
			holders[n++] = (struct why_holder){
				.inode = sock->r.inode,
				.pid = sock->owners[k].pid,
				.fd = sock->owners[k].fd,
				.cloexec = why_facts_cloexec(s->proc_fd, sock->owners[k].pid,
							     sock->owners[k].fd),
				.activates = activates(s, sock, sock->owners[k].pid),
			};
	}
	w->facts.holders = holders;
	w->facts.n_holders = n;
}

/* ---- who may hold what may not be looked at ---- */

struct suspicion {
	struct session *s;
	struct bytes path; /* cgroup of the socket */
	uint32_t inode, n;
	struct why_suspect *list;
};

static struct bytes keep(struct arena *arena, struct bytes text)
{
	return text.ptr ? (struct bytes){arena_strndup(arena, text.ptr, text.len), text.len} : text;
}

static bool on_pid(void *ctx, uint32_t pid)
{
	struct suspicion *sus = ctx;
	struct arena *arena = &sus->s->why->slow->arena;
	char text[8192], comm[PROCFS_COMM_MAX];
	ssize_t len = procfs_read(sus->s->proc_fd, pid, "cgroup", text, sizeof(text)), comm_len;
	struct bytes path = len > 0 ? cgroups_pick(text, (size_t)len) : (struct bytes){0};
	struct cgroup_facts facts;

	if (!path.ptr || path.len != sus->path.len || memcmp(path.ptr, sus->path.ptr, path.len))
		return true;
	comm_len = procfs_read_comm(sus->s->proc_fd, pid, comm);
	if (comm_len < 0)
		return true;
	cgroups_parse(path, &facts);
	sus->list[sus->n++] = (struct why_suspect){
		.inode = sus->inode,
		.pid = pid,
		.comm = keep(arena, (struct bytes){comm, (uint32_t)comm_len}),
		.unit = keep(arena, facts.unit),
	};
	return false;
}

static void read_suspects(struct session *s, const struct rows *rows)
{
	struct session_why *w = s->why;
	struct suspicion sus = {.s = s};
	int dir = procfs_opendir(s->proc_fd, 0, ".");

	sus.list = arena_alloc(&w->slow->arena, SUSPECTS_MAX * sizeof(*sus.list));
	for (size_t i = 0; dir >= 0 && i < rows->v.len && sus.n < SUSPECTS_MAX; i++) {
		const struct sock *sock = rows->v.data[i];

		if (sock->owner_status != OWNER_DENIED || !(sock->r.have & REC_CGROUP))
			continue;
		sus.path = cgroup_paths_name(s->cgroup_paths, sock->r.cgroup_id);
		sus.inode = sock->r.inode;
		if (sus.path.len > 1)
			procfs_each_number(dir, 0, on_pid, &sus);
	}
	if (dir >= 0)
		close(dir);
	w->facts.suspects = sus.list;
	w->facts.n_suspects = sus.n;
}

/* ---- what changes slowly ---- */

/* A socket of root that nobody seems to hold may be one of the kernel's services. */
static bool kernel_may_hold(const struct rows *rows)
{
	for (size_t i = 0; i < rows->v.len; i++) {
		const struct sock *sock = rows->v.data[i];

		if (sock->r.inode && (sock->r.have & REC_UID) && !sock->r.uid &&
		    (sock->owner_status == OWNER_KERNEL || sock->owner_status == OWNER_DENIED ||
		     sock->owner_status == OWNER_UNRESOLVED))
			return true;
	}
	return false;
}

static bool may_bind(const struct session *s, uint32_t uid)
{
	return uid == geteuid() ? s->why->caps & CAP_MASK(CAP_NET_BIND_SERVICE) : !uid;
}

/* Runs in the namespace that is asked about. */
static void read_inside(int net_dir, void *opaque)
{
	const struct inside *in = opaque;

	(void)net_dir;
	why_facts_read_netns(&in->input, &in->w->slow->arena, &in->w->facts);
	if (in->w->probe)
		in->w->netns_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void read_namespace(struct session *s, const struct why_facts_input *input,
			   const struct ns_source *source)
{
	struct inside in = {s->why, *input};

	if (s->why->netns_fd >= 0)
		close(s->why->netns_fd);
	s->why->netns_fd = -1;
	if (!source->ns)
		why_facts_read_netns(input, &s->why->slow->arena, &s->why->facts);
	else if (namespaces_enter(s->namespaces, source->ns, read_inside, &in))
		s->why->facts.n_places = 0;
}

static void read_slow(struct session *s, const struct why_want *want, const struct rows *rows,
		      const struct ns_source *source, bool rpc)
{
	struct session_why *w = s->why;
	auto_close int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct why_facts_input in = {
		.proc_fd = s->proc_fd,
		.root_fd = root_fd,
		.ask_rpc = rpc,
	};

	drop_slow(w->slow);
	w->slow = xcalloc(1, sizeof(*w->slow));
	w->slow->refs = 1;
	arena_init(&w->slow->arena, 4096);
	memset(&w->facts, 0, sizeof(w->facts));
	w->want = w->facts.want = *want;
	if (want->uid == UINT32_MAX)
		w->facts.want.uid = geteuid();
	w->facts.root_asks = w->facts.want.uid != geteuid();
	in.cap_bind = may_bind(s, w->facts.want.uid);
	why_facts_read_host(&in, &w->slow->arena, &w->facts);
	read_namespace(s, &in, source);
	read_holders(s, rows);
	read_suspects(s, rows);
	w->signature = sign(rows);
	w->asked_rpc = rpc;
	w->read_ms = (int64_t)mono_ms();
}

static void refresh_slow(struct session *s, const struct why_want *want, const struct rows *rows,
			 const struct ns_source *source)
{
	struct session_why *w = s->why;
	bool rpc = kernel_may_hold(rows);

	if (w->slow && !memcmp(&w->want, want, sizeof(*want)) && w->signature == sign(rows) &&
	    rpc == w->asked_rpc && (int64_t)mono_ms() < w->read_ms + SLOW_MS)
		return;
	read_slow(s, want, rows, source, rpc);
}

/* ---- trying it ---- */

static bool has_live_group(const struct why_facts *facts)
{
	for (uint32_t i = 0; i < facts->n_socks; i++) {
		const struct bind_sock *b = &facts->socks[i].bind;

		if (b->reuseport && (b->state == STATE_LISTEN || b->state == STATE_UNCONN))
			return true;
	}
	return false;
}

static void predict(const struct why_facts *facts, uint32_t place, struct bind_prediction *ret)
{
	struct bind_sock *socks = xcalloc(facts->n_socks, sizeof(*socks));

	for (uint32_t i = 0; i < facts->n_socks; i++)
		socks[i] = facts->socks[i].bind;
	bind_predict(&facts->places[place].bind, socks, facts->n_socks, ret, NULL);
	free(socks);
}

static void try_one(struct session *s, struct why_place *place, enum bind_variant v)
{
	if (!place->probe_err)
		place->probe_err = probe_try(s->why->probe, s->why->netns_fd, &place->bind, v,
					     PROBE_MS, &place->probe[v]);
}

/* Whether an attempt has been spoiled by one before: the bucket remembers another address now. */
static bool is_spoiled(const struct why_facts *facts, uint32_t place, int v)
{
	return place && v == BIND_REUSEPORT && facts->n_socks && !facts->places[0].probe[v];
}

/*
 * What is expected to fail goes first: a failure changes nothing, but a success rewrites the bind
 * bucket's memory, which only SO_REUSEPORT depends on. So that is the first of the successes.
 */
static void try_places(struct session *s, struct why_facts *facts)
{
	bool skip = has_live_group(facts) && !facts->want.probe_force;
	struct bind_prediction predicted[2];

	for (uint32_t i = 0; i < facts->n_places; i++)
		predict(facts, i, &predicted[i]);
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < facts->n_places; i++)
			for (int v = BIND_VARIANTS - 1; v >= 0; v--)
				if (!(v == BIND_REUSEPORT && skip) &&
				    (predicted[i].err[v] == 0) == (pass == 1) &&
				    !(pass && is_spoiled(facts, i, v)))
					try_one(s, &facts->places[i], (enum bind_variant)v);
}

/* ---- the whole ---- */

/* A name that came after its process was put. */
static void on_nameless(void *ctx, const struct proc *proc)
{
	struct session *s = ctx;
	struct proc_rec rec = {
		.pid = proc->r.pid,
		.start_ticks = proc->r.start_ticks,
		.uid = proc->r.uid,
		.have = PROC_HAVE_UID,
	};

	if (!(proc->r.have & PROC_HAVE_UID) || proc->r.user.ptr)
		return;
	rec.user = users_name(s->users, rec.uid);
	if (rec.user.ptr)
		store_proc_put(s->store, &rec);
}

/* The namespace asked about: by id, else what --netns names, else our own; NULL = not there. */
static const struct ns_source *find_source(struct session *s, const struct why_want *want)
{
	const struct ns_source *source;

	if (want->netns)
		return session_source_by_slot(s, (uint32_t)want->netns);
	for (size_t i = 0; s->cfg.netns && (source = session_source(s, i)); i++)
		if (!source->skip)
			return source;
	return &s->own_ns;
}

/*
 * Whether every namespace of the host was looked at, with its addresses. Where processes refuse to
 * tell theirs the kernel's own list does, which takes the rights that the walk of binds takes.
 */
static bool saw_all(struct session *s, const struct needs *needs)
{
	if (s->cfg.netns || !(needs->bits & NEED_NETNS_ALL) ||
	    (namespaces_denied(s->namespaces) && !session_why_binds(s)))
		return false;
	for (size_t i = 0; i < s->foreign.len; i++)
		if (s->foreign.data[i]->skip)
			return false;
	return true;
}

static struct why_block *new_block(struct session *s, const struct needs *needs,
				   const struct ns_source *source)
{
	const struct owners_info *info = owners_info(s->owners);
	struct why_block *block = xcalloc(1, sizeof(*block));

	arena_init(&block->arena, 4096);
	block->facts = s->why->facts;
	block->slow = s->why->slow;
	block->slow->refs++;
	block->facts.netns = source->slot;
	block->facts.own_netns = !source->ns;
	block->facts.pidns = info->pidns;
	block->facts.hidepid = info->hidepid;
	block->facts.all_netns = saw_all(s, needs);
	return block;
}

struct owned session_why(struct session *s, const struct needs *needs)
{
	const struct ns_source *source;
	struct rows rows = {.want = &needs->why};
	struct why_block *block;

	source = needs->detail == DETAIL_WHY ? find_source(s, &needs->why) : NULL;
	if (!source)
		return (struct owned){0};
	rows.netns = source->slot;
	if (needs->bits & NEED_ONE_PORT)
		store_each_proc(s->store, on_nameless, s);
	store_each_on_port(s->store, needs->why.port, on_port, &rows);
	refresh_slow(s, &needs->why, &rows, source);
	block = new_block(s, needs, source);
	if (!options_by_bpf(s, block, source->rec.inode)) {
		rows.want = &block->facts.want;
		options_from_rows(block, &rows);
	}
	if (needs->why.probe && s->why->probe)
		try_places(s, &block->facts);
	vec_done(&rows.v);
	return (struct owned){block, drop_block};
}
