/*
 * The list of namespaces across scans.
 *
 * What is open in a namespace keeps it alive, so its end has to be noticed by other means. While a
 * process, a mount or a descriptor of somebody holds it, all is well. When none does, the kernel's
 * count of sockets in it ("sockets: used" of sockstat, user sockets only, per namespace) tells
 * whether there are more than ours. If not, or if descriptors cannot be seen (their tables are not
 * read when BPF finds the owners), it is let go: everything is closed, and a moment later (netlink
 * sockets end after an RCU grace period) its nsfs file handle tells whether it still lives. If so
 * it is entered again and the next trial is far off. Two instances of this program would keep a
 * namespace alive for each other; such trials end that, too, since both make them at the same time.
 */
#include "kernel/namespaces_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/procfs.h"

#define LET_GO_MS 1200
#define TRIAL_MS 30000
#define TRIAL_MAX_MS 600000
#define LONELY_SCANS 2
#define FULL_MS 60000
/* A namespace has its turn of a dump without reason no more often than this. */
#define TURN_MS 900

struct namespaces *namespaces_new(const struct namespaces_config *cfg)
{
	struct namespaces *all = xcalloc(1, sizeof(*all));
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)(uintptr_t)all;
	all->cfg = *cfg;
	all->mountinfo_fd = -1;
	all->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	all->loadavg_fd = openat(cfg->proc_fd, "loadavg", O_RDONLY | O_CLOEXEC);
	hash_init(&all->by_inode, seed);
	hash_init(&all->tried, seed);
	procfs_read_ns(cfg->proc_fd, (uint32_t)getpid(), "net", &all->own_inode);
	if (all->own_inode) {
		struct entry *own = namespaces_add(all, all->own_inode);

		own->ns.rec.own = true;
		own->ns.rec.cookie = namespaces_cookie(-1);
		own->state = ENTRY_OPEN;
	}
	return all;
}

static void free_entry(struct entry *e)
{
	namespaces_close(e);
	free((void *)(uintptr_t)e->ns.rec.addrs);
	free(e->cgroup);
	free(e->name);
	free(e->workload);
	free(e);
}

void namespaces_free(struct namespaces *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->entries.len; i++)
		free_entry(all->entries.data[i]);
	namespaces_free_mounts(all);
	bpf_netns_close(all->bpf);
	vec_done(&all->entries);
	vec_done(&all->pids);
	vec_done(&all->listing);
	vec_done(&all->mounts);
	hash_done(&all->by_inode);
	hash_done(&all->tried);
	free(all->select);
	for (int *fd = (int[]){all->epoll_fd, all->mountinfo_fd, all->loadavg_fd, -2}; *fd != -2;
	     fd++)
		if (*fd >= 0)
			close(*fd);
	free(all);
}

struct entry *namespaces_entry(const struct namespaces *all, uint32_t inode)
{
	uint64_t value;

	return inode && hash_get(&all->by_inode, inode, &value) ? (struct entry *)(uintptr_t)value
								: NULL;
}

struct entry *namespaces_add(struct namespaces *all, uint32_t inode)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->ns.rec.inode = inode;
	e->watch_fd = -1;
	e->ns.selected = !all->select;
	vec_push(&all->entries, e);
	hash_put(&all->by_inode, inode, (uintptr_t)e);
	return e;
}

static struct entry *find_or_add(struct namespaces *all, uint32_t inode)
{
	struct entry *e = namespaces_entry(all, inode);

	return e ? e : namespaces_add(all, inode);
}

/* The last entry takes its place, but for our own the order says nothing. */
static void drop(struct namespaces *all, size_t index)
{
	struct entry *e = all->entries.data[index];

	if (all->cfg.gone)
		all->cfg.gone(all->cfg.ctx, &e->ns);
	hash_del(&all->by_inode, e->ns.rec.inode);
	all->entries.data[index] = all->entries.data[--all->entries.len];
	free_entry(e);
}

/* ---- holders ---- */

static void forget_holders(struct namespaces *all)
{
	for (size_t i = 0; i < all->entries.len; i++) {
		struct entry *e = all->entries.data[i];

		e->ns.rec.holders = 0;
		e->ns.leader = 0;
		e->mount = NULL;
		e->fd_pid = 0;
		e->in_list = false;
		if (e->sock_pid && !namespaces_pid(all, e->sock_pid))
			e->sock_pid = 0;
	}
}

static void count_processes(struct namespaces *all)
{
	struct entry *e = NULL;

	for (size_t i = 0; i < all->pids.len; i++) {
		const struct netns_pid *p = &all->pids.data[i];

		if (!p->inode)
			continue;
		if (!e || e->ns.rec.inode != p->inode)
			e = find_or_add(all, p->inode);
		e->ns.rec.holders++;
		if (!e->ns.leader || p->start_ticks < e->leader_start) {
			e->ns.leader = p->pid;
			e->leader_start = p->start_ticks;
		}
	}
}

static void take_mounts(struct namespaces *all)
{
	namespaces_find_mounts(all);
	for (size_t i = 0; i < all->mounts.len; i++) {
		const struct netns_mount *m = &all->mounts.data[i];
		struct entry *e = find_or_add(all, m->inode);

		/* /run/netns is often bound to /var/run/netns: the first is enough */
		if (!e->mount || !strncmp(m->path, "/run/netns/", 11))
			e->mount = m->path;
	}
}

static void take_descriptors(struct namespaces *all, const struct owners *own)
{
	const struct owners_netns_fd *fds;
	uint32_t self = (uint32_t)getpid();
	size_t n;

	fds = owners_netns_fds(own, &n);
	for (size_t i = 0; i < n; i++) {
		struct entry *e;

		/* a table that ended with its process is not read again */
		if (fds[i].pid == self || !namespaces_pid(all, fds[i].pid))
			continue;
		e = find_or_add(all, fds[i].inode);
		e->fd_pid = fds[i].pid;
		e->fd = fds[i].fd;
	}
}

/* The kernel's own list: also who is the first, and handles by which to enter. */
static void take_list(struct namespaces *all)
{
	const struct bpf_netns_row *rows;
	size_t n;

	if (!all->bpf && !all->bpf_tried && all->cfg.bpf && all->scans > 1) {
		all->bpf_tried = true;
		if (bpf_netns_open(&all->bpf) < 0)
			all->bpf = NULL;
	}
	if (!all->bpf || bpf_netns_run(all->bpf, &rows, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = find_or_add(all, rows[i].inode);

		if (e->ns.rec.own)
			e->ns.rec.cookie = rows[i].cookie;
		if (!e->id || e->state != ENTRY_OPEN)
			e->id = rows[i].id;
		if (rows[i].init)
			e->init = true;
		e->in_list = true;
	}
}

/* Without the kernel's list the first namespace is that of PID 1, or ours if that may not be read.
 */
static void find_host(struct namespaces *all)
{
	const struct netns_pid *first = namespaces_pid(all, 1);
	struct entry *host;

	if (all->bpf)
		return;
	host = namespaces_entry(all, first && first->inode ? first->inode : all->own_inode);
	for (size_t i = 0; i < all->entries.len; i++)
		all->entries.data[i]->init = all->entries.data[i] == host;
}

/* ---- life and death ---- */

static bool is_held(const struct entry *e)
{
	return e->ns.rec.own || e->init || e->ns.rec.holders || e->mount || e->fd_pid;
}

static bool descriptors_known(const struct owners *own)
{
	return own && !owners_info(own)->fed && owners_pass_cost(own) > 0;
}

bool namespaces_has_others(const struct entry *e)
{
	struct netstat_counters counters;

	return e->ns.gate.netstat && netstat_read(e->ns.gate.netstat, &counters) == 0 &&
	       counters.sockets_used > e->n_sockets;
}

static void let_go(struct entry *e, int64_t now_ms)
{
	namespaces_close(e);
	e->state = ENTRY_LET_GO;
	e->retry_ms = now_ms + LET_GO_MS;
}

static void next_trial(struct entry *e, int64_t now_ms)
{
	e->backoff_ms = e->backoff_ms ? 2 * e->backoff_ms : TRIAL_MS;
	if (e->backoff_ms > TRIAL_MAX_MS)
		e->backoff_ms = TRIAL_MAX_MS;
	e->retry_ms = now_ms + e->backoff_ms;
}

/* An open namespace that nobody is seen to hold; false = it is gone. */
static bool judge_lonely(struct entry *e, const struct owners *own, int64_t now_ms)
{
	bool sockets;

	if (++e->lonely < LONELY_SCANS)
		return true;
	e->lonely = LONELY_SCANS;
	if (e->backoff_ms && now_ms < e->retry_ms)
		return true;
	sockets = namespaces_has_others(e);
	if (e->id && (sockets || !descriptors_known(own)) && !(sockets && e->sock_pid)) {
		let_go(e, now_ms);
		return true;
	}
	return sockets;
}

/* A namespace that was let go: does it live without us? */
static bool judge_let_go(struct entry *e, int64_t now_ms)
{
	int alive = namespaces_alive(e);

	if (alive == 0)
		return false;
	if (now_ms < e->retry_ms)
		return true;
	if (alive < 0)
		return false;
	e->state = ENTRY_NEW;
	next_trial(e, now_ms);
	return true;
}

static bool judge(struct entry *e, const struct owners *own, int64_t now_ms)
{
	if (is_held(e)) {
		if (e->state == ENTRY_LET_GO)
			e->state = ENTRY_NEW;
		if (e->state != ENTRY_REFUSED)
			e->backoff_ms = 0;
		e->lonely = 0;
		return e->ns.err != -ESTALE || e->state == ENTRY_REFUSED;
	}
	if (e->state == ENTRY_LET_GO)
		return judge_let_go(e, now_ms);
	if (e->state == ENTRY_OPEN)
		return e->ns.err != -ESTALE && judge_lonely(e, own, now_ms);
	return e->in_list || e->sock_pid;
}

static void judge_all(struct namespaces *all, const struct owners *own, int64_t now_ms)
{
	for (size_t i = all->entries.len; i-- > 0;)
		if (!judge(all->entries.data[i], own, now_ms))
			drop(all, i);
}

/* ---- one scan ---- */

static void select_entries(struct namespaces *all)
{
	for (size_t i = 0; i < all->entries.len; i++) {
		struct entry *e = all->entries.data[i];

		e->ns.selected = !all->select || namespaces_fits(all, e, all->select);
		if (!e->ns.selected && e->state == ENTRY_OPEN && !e->ns.rec.own) {
			namespaces_close(e);
			e->state = ENTRY_NEW;
		}
	}
}

static void drain(int fd)
{
	char buf[64];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
}

/* Whose sockets ended, whose addresses changed. */
static void take_news(struct namespaces *all)
{
	struct epoll_event events[256];
	int n = epoll_wait(all->epoll_fd, events, sizeof(events) / sizeof(events[0]), 0);

	for (int i = 0; i < n; i++) {
		bool watch = events[i].data.u64 & NAMESPACES_WATCH;
		struct entry *e =
			(struct entry *)(uintptr_t)(events[i].data.u64 & ~NAMESPACES_WATCH);

		if (watch)
			drain(e->watch_fd);
		*(watch ? &e->addrs_dirty : &e->ns.has_events) = true;
	}
}

/* So many a scan may be dumped without reason that each has its turn within a minute. */
static void give_turns(struct namespaces *all, int64_t now_ms)
{
	size_t n = 1 + all->entries.len / (FULL_MS / 1000);

	for (size_t seen = 0; n && seen < all->entries.len; seen++) {
		struct entry *e = all->entries.data[all->turn_cursor++ % all->entries.len];

		if (e->ns.rec.own || now_ms < e->ns.gate.full_ms + TURN_MS)
			continue;
		e->turn = true;
		n--;
	}
}

void namespaces_scan(struct namespaces *all, const struct owners *own, bool addresses,
		     int64_t now_ms)
{
	all->scans++;
	namespaces_find_pids(all);
	forget_holders(all);
	count_processes(all);
	take_mounts(all);
	if (own)
		take_descriptors(all, own);
	take_list(all);
	find_host(all);
	judge_all(all, own, now_ms);
	namespaces_describe(all, false);
	select_entries(all);
	namespaces_open_new(all, now_ms);
	take_news(all);
	namespaces_describe(all, addresses);
	give_turns(all, now_ms);
}

/* ---- asking ---- */

struct namespace *const *namespaces_list(const struct namespaces *all, size_t *ret_n)
{
	*ret_n = all->entries.len;
	/* an entry starts with its namespace, so the arrays of pointers are the same */
	return (struct namespace *const *)(const void *)all->entries.data;
}

struct namespace *namespaces_by_inode(const struct namespaces *all, uint32_t inode)
{
	struct entry *e = namespaces_entry(all, inode);

	return e ? &e->ns : NULL;
}

struct namespace *namespaces_by_cookie(const struct namespaces *all, uint64_t cookie)
{
	for (size_t i = 0; cookie && i < all->entries.len; i++)
		if (all->entries.data[i]->ns.rec.cookie == cookie)
			return &all->entries.data[i]->ns;
	return NULL;
}

struct namespace *namespaces_by_addr(const struct namespaces *all, const struct netaddr *addr)
{
	if (netaddr_scope(addr) != SCOPE_PRIVATE && netaddr_scope(addr) != SCOPE_GLOBAL)
		return NULL;
	for (size_t i = 0; i < all->entries.len; i++) {
		const struct netns_rec *rec = &all->entries.data[i]->ns.rec;

		for (uint32_t k = 0; !rec->own && k < rec->n_addrs; k++)
			if (!netaddr_compare(&rec->addrs[k], addr))
				return &all->entries.data[i]->ns;
	}
	return NULL;
}

uint32_t namespaces_of_pid(const struct namespaces *all, uint32_t pid)
{
	const struct netns_pid *p = namespaces_pid(all, pid);

	return p ? p->inode : 0;
}

uint32_t namespaces_denied(const struct namespaces *all)
{
	return all->n_denied;
}

int namespaces_select(struct namespaces *all, const char *text)
{
	free(all->select);
	all->select = text && strcmp(text, "all") ? xstrdup(text) : NULL;
	select_entries(all);
	for (size_t i = 0; i < all->entries.len; i++)
		if (all->entries.data[i]->ns.selected)
			return 0;
	return -ENOENT;
}

/* ---- the gate ---- */

/*
 * Reads the counters; whether they moved. Without connections snmp has nothing to say, and the
 * number of all sockets matters only to families that have no other: every visit of another
 * instance of this program moves it.
 */
static bool counters_moved(struct namespace_gate *gate, uint32_t protos)
{
	struct netstat_counters now = gate->counters;
	bool moved;
	int err = gate->conns ? netstat_read(gate->netstat, &now)
			      : netstat_read_inuse(gate->netstat, &now);

	if (!(protos & ~PROTO_MASK_INET))
		gate->counters.sockets_used = now.sockets_used;
	moved = err || !netstat_equal(&now, &gate->counters);
	gate->counters = now;
	return moved;
}

bool namespaces_due(struct namespaces *all, struct namespace *ns, uint32_t protos, uint32_t states,
		    int64_t now_ms)
{
	struct entry *e = (struct entry *)ns;
	struct namespace_gate *gate = &ns->gate;
	bool wider = (protos & ~gate->protos) || (states & ~gate->states);
	bool moved = !gate->netstat || counters_moved(gate, protos) || ns->has_events;
	bool due = moved || wider || !gate->full_ms || gate->again || e->turn ||
		   now_ms >= gate->full_ms + FULL_MS;

	(void)all;
	e->turn = false;
	if (!due)
		return false;
	gate->quiet = !moved && !wider && gate->full_ms && !gate->again && !gate->conns &&
		      !gate->counters.tcp_tw;
	gate->again = moved && gate->full_ms;
	gate->full_ms = now_ms;
	gate->protos = protos;
	gate->states = states;
	return true;
}

void namespace_dumped(struct namespace *ns, bool complete, bool conns)
{
	ns->gate.conns = conns;
	if (!complete)
		ns->gate.full_ms = 0;
}

static uint32_t absent(uint32_t proto, uint64_t count)
{
	return count ? 0 : PROTO_BIT(proto);
}

void namespace_absent(const struct namespace *ns, uint32_t *ret_none4, uint32_t *ret_none6)
{
	const struct netstat_counters *c = &ns->gate.counters;
	uint32_t mptcp = absent(PROTO_MPTCP, c->tcp_inuse + c->tcp6_inuse + c->tcp_tw);

	*ret_none4 = *ret_none6 = 0;
	if (!ns->gate.netstat)
		return;
	*ret_none4 = mptcp | absent(PROTO_UDP, c->udp_inuse) |
		     absent(PROTO_UDPLITE, c->udplite_inuse) | absent(PROTO_RAW, c->raw_inuse);
	*ret_none6 = mptcp | absent(PROTO_UDP, c->udp6_inuse) |
		     absent(PROTO_UDPLITE, c->udplite6_inuse) | absent(PROTO_RAW, c->raw6_inuse);
}
