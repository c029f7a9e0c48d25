/*
 * The causes, one table: which sockets (or which fact of the host) make one, how they are told
 * (why_words.c), in the order of the answer. A listener has one cause that says who it is
 * (listener, other-user, docker-proxy ... kernel, in-flight, pid-namespace) and any number of
 * causes that say what is special about it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/why_internal.h"

/* So many connections that their owner does not close are no accident (as model/problems.c). */
#define CLOSE_WAIT_MANY 16
/* Rows shown for one cause; the sentence has the number. */
#define EVIDENCE_MAX 50

/* ---- who listens ---- */

static bool name_in(const struct proc *p, const char *const *names, size_t n)
{
	for (size_t i = 0; p && p->r.comm.ptr && i < n; i++)
		if (p->r.comm.len == strlen(names[i]) &&
		    !memcmp(p->r.comm.ptr, names[i], p->r.comm.len))
			return true;
	return false;
}

static bool is_proxy(const struct proc *p)
{
	static const char *const names[] = {"docker-proxy"};

	return name_in(p, names, 1);
}

/* Those who hold a port for somebody else. A comm has 15 bytes. */
static bool is_forwarder(const struct proc *p)
{
	static const char *const names[] = {
		"dockerd",	   "containerd",   "containerd-shim",
		"rootlesskit",	   "rootlessport", "slirp4netns",
		"pasta",	   "pasta.avx2",   "gvproxy",
		"conmon",	   "exe",	   "rootlesskit-doc",
		"aardvark-dns",	   "netavark",	   "lxc-user-nic",
		"passt",	   "passt.avx2",   "vpnkit",
		"systemd-socket-",
	};

	if (!name_in(p, names, sizeof(names) / sizeof(names[0])))
		return false;
	/* rootlessport and docker-proxy of some builds run as /proc/self/exe */
	return memcmp(p->r.comm.ptr, "exe", 3) || p->r.comm.len != 3 ||
	       (p->r.cmdline.ptr && memmem(p->r.cmdline.ptr, p->r.cmdline.len, "rootlessport", 12));
}

/* Whether an address of the container behind a proxy is gone from every namespace. */
static bool is_stale(const struct why_judge *j, const struct proc *p)
{
	struct bytes text = why_argument(p, "container-ip");
	struct netaddr addr;

	if (!j->facts->all_netns || !text.ptr ||
	    netaddr_parse(text.ptr, text.len, &addr, NULL, NULL))
		return false;
	for (uint32_t i = 0; i < j->snap->n_netns; i++) {
		const struct netns *ns = j->snap->netns[i];

		for (uint32_t k = 0; ns && !ns->head.gone && k < ns->r.n_addrs; k++)
			if (!netaddr_compare(&ns->r.addrs[k], &addr))
				return false;
	}
	return true;
}

static bool has_manager(const struct why_judge *j, const struct why_seen *row)
{
	for (uint32_t i = 0; row->s && i < row->s->n_owners; i++)
		if (why_is_manager(j, row, row->s->owners[i].pid))
			return true;
	return false;
}

/* A socket of root without a holder, on a port that something in the kernel says to use. */
static bool is_kernels(const struct why_judge *j, const struct why_seen *row)
{
	if (!row->s || row->s->n_owners || !(row->s->r.have & REC_UID) || row->s->r.uid)
		return false;
	for (uint32_t i = 0; i < j->facts->n_kernel_users; i++)
		if (why_same_group(j->facts->kernel_users[i].proto, row->proto))
			return true;
	return false;
}

/* The one code that says whose the listener is. */
static enum why_code who(const struct why_judge *j, const struct why_seen *row)
{
	if (is_kernels(j, row))
		return WHY_KERNEL;
	switch (row->status) {
	case OWNER_KERNEL:
		return WHY_KERNEL;
	case OWNER_HIDDEN:
		return WHY_PID_NAMESPACE;
	case OWNER_DENIED:
		return j->facts->n_units ? WHY_SYSTEMD_SOCKET : WHY_OTHER_USER;
	case OWNER_IN_FLIGHT:
		return WHY_IN_FLIGHT;
	case OWNER_UNRESOLVED:
		if (row->s && row->s->r.inode)
			return WHY_IN_FLIGHT;
		break;
	default:
		break;
	}
	if (is_proxy(row->p))
		return is_stale(j, row->p) ? WHY_STALE_DOCKER_PROXY : WHY_DOCKER_PROXY;
	if (is_forwarder(row->p))
		return WHY_FORWARDER;
	return has_manager(j, row) ? WHY_SYSTEMD_SOCKET : WHY_LISTENER;
}

static bool is_who(const struct why_judge *j, const struct why_seen *row, enum why_code code)
{
	return row->in_the_way && row->listens && who(j, row) == code;
}

#define WHO(name, code)                                                                            \
	static bool name(const struct why_judge *j, const struct why_seen *row)                    \
	{                                                                                          \
		return is_who(j, row, code);                                                       \
	}

WHO(is_listener, WHY_LISTENER)
WHO(is_other_user, WHY_OTHER_USER)
WHO(is_docker_proxy, WHY_DOCKER_PROXY)
WHO(is_stale_proxy, WHY_STALE_DOCKER_PROXY)
WHO(is_port_forwarder, WHY_FORWARDER)
WHO(is_systemd_socket, WHY_SYSTEMD_SOCKET)

/* ---- what is special about it ---- */

/* Programs that never listen: who holds a socket there got it from a parent. */
static bool never_listens(const struct proc *p)
{
	static const char *const names[] = {"sleep", "sh",   "bash",  "dash", "zsh",	 "ksh",
					    "fish",  "tail", "cat",   "tee",  "timeout", "less",
					    "more",  "vi",   "vim",   "nano", "grep",	 "awk",
					    "sed",   "find", "xargs", "make", "watch",	 "yes"};

	return name_in(p, names, sizeof(names) / sizeof(names[0]));
}

static bool same_program(const struct proc *a, const struct proc *b)
{
	if (a->r.exe.ptr && b->r.exe.ptr)
		return a->r.exe.len == b->r.exe.len &&
		       !memcmp(a->r.exe.ptr, b->r.exe.ptr, a->r.exe.len);
	return a->r.comm.len == b->r.comm.len && a->r.comm.ptr && b->r.comm.ptr &&
	       !memcmp(a->r.comm.ptr, b->r.comm.ptr, a->r.comm.len);
}

/* A holder that runs another program than the primary, or one that never listens. */
static bool is_inherited(const struct why_judge *j, const struct why_seen *row)
{
	if (!row->in_the_way || !row->s || !row->p)
		return false;
	if (never_listens(row->p))
		return true;
	for (uint32_t i = 0; i < row->s->n_owners; i++) {
		const struct proc *p = why_proc(j, row->s->owners[i].pid);

		if (p && p != row->p && !same_program(p, row->p) && !has_manager(j, row))
			return true;
	}
	return false;
}

static bool same_place(const struct why_seen *a, const struct why_seen *b)
{
	return a->here && b->here && a->listens && b->listens && a->ifindex == b->ifindex &&
	       why_same_group(a->proto, b->proto) && !netaddr_compare(&a->addr, &b->addr);
}

static bool is_reuseport_group(const struct why_judge *j, const struct why_seen *row)
{
	uint32_t members = 0;

	if (!row->in_the_way || !row->listens || (row->w && !row->w->bind.reuseport))
		return false;
	for (size_t i = 0; i < j->seen.len; i++)
		members += same_place(row, &j->seen.data[i]);
	return members > 1;
}

static bool blocks_place(const struct why_seen *row, uint32_t place)
{
	return row->blocks[place] & (BIND_BLOCKS(BIND_PLAIN) | BIND_MAY_BLOCK(BIND_PLAIN));
}

static bool is_any6(const struct netaddr *addr)
{
	return addr->family == AF_INET6 && netaddr_is_any(addr) && !netaddr_is_v4_mapped(addr);
}

static bool is_ipv4(const struct netaddr *addr)
{
	return netaddr_unmap(addr).family == AF_INET;
}

/* An IPv6 wildcard in the way of an IPv4 address, or the other way round. */
static bool is_dual_stack(const struct why_judge *j, const struct why_seen *row)
{
	for (uint32_t i = 0; row->listens && i < j->facts->n_places; i++) {
		const struct netaddr *want = &j->facts->places[i].bind.addr;

		if (!blocks_place(row, i))
			continue;
		if (is_any6(&row->addr) && is_ipv4(want))
			return true;
		if (!j->facts->want.any_addr && is_any6(want) && is_ipv4(&row->addr))
			return true;
	}
	return false;
}

/* In the way although the address is another one. */
static bool is_address_overlap(const struct why_judge *j, const struct why_seen *row)
{
	if (!row->listens || !row->in_the_way)
		return false;
	for (uint32_t i = 0; i < j->facts->n_places; i++) {
		struct netaddr a = netaddr_unmap(&j->facts->places[i].bind.addr),
			       b = netaddr_unmap(&row->addr);

		if (!netaddr_compare(&a, &b) || (netaddr_is_any(&a) && netaddr_is_any(&b)))
			return false;
	}
	return true;
}

static bool is_stopped(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && row->p && row->p->r.have & PROC_HAVE_STAT && row->p->r.state &&
	       strchr("TtZD", row->p->r.state);
}

static bool is_deleted(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && row->p && row->p->r.have & PROC_HAVE_EXE && row->p->r.exe_deleted;
}

static bool is_foreign(const struct why_judge *j, const struct why_seen *row)
{
	const struct netns *ns = row->s ? snapshot_netns(j->snap, row->s->netns) : NULL;

	return row->in_the_way && row->p && ns && row->p->r.have & PROC_HAVE_NETNS &&
	       row->p->r.netns_inode && ns->r.inode && row->p->r.netns_inode != ns->r.inode;
}

/* ---- no listener, but rows ---- */

static bool is_time_wait(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && row->state == STATE_TIME_WAIT;
}

static bool is_closing(uint8_t state)
{
	return state == STATE_FIN_WAIT_1 || state == STATE_FIN_WAIT_2 || state == STATE_CLOSING ||
	       state == STATE_LAST_ACK;
}

static uint32_t inode_of(const struct why_seen *row)
{
	return row->s ? row->s->r.inode : row->w ? row->w->inode : 0;
}

static bool is_orphan(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && is_closing(row->state) && !inode_of(row);
}

static bool is_bound(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && row->state == STATE_BOUND;
}

/* Completed, but nobody has called accept() for it. */
static bool is_queued(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->in_the_way && !inode_of(row) &&
	       (row->state == STATE_ESTABLISHED || row->state == STATE_CLOSE_WAIT);
}

/* A connection that holds the number, not the offspring of a listener that does. */
static bool is_client(const struct why_judge *j, const struct why_seen *row)
{
	bool connection = row->state == STATE_ESTABLISHED || row->state == STATE_SYN_SENT ||
			  row->state == STATE_CLOSE_WAIT || is_closing(row->state);

	return row->in_the_way && connection && inode_of(row) &&
	       (!j->has_listener || (row->w && row->w->connect_bind == 1));
}

static bool is_close_wait(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->here && row->same_proto && row->state == STATE_CLOSE_WAIT && inode_of(row);
}

/* With a listener the number of connections makes the trouble, without one each is in the way. */
static bool is_pileup(const struct why_judge *j, const struct why_group *g)
{
	return g->n >= CLOSE_WAIT_MANY || (!j->has_listener && g->rows[0]->in_the_way);
}

/* ---- elsewhere, or without an owner ---- */

static bool is_elsewhere(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return !row->here && row->same_proto && row->listens;
}

WHO(is_kernel, WHY_KERNEL)
WHO(is_in_flight, WHY_IN_FLIGHT)
WHO(is_hidden, WHY_PID_NAMESPACE)

/* ---- it listens, but clients fail ---- */

static bool is_open(const struct why_seen *row)
{
	return row->here && row->same_proto && row->listens && row->s;
}

static bool is_full(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return is_open(row) && row->state == STATE_LISTEN && row->s->r.have & REC_QUEUES &&
	       row->s->r.have & REC_BACKLOG_MAX && row->s->r.recvq > row->s->r.sendq;
}

static bool is_capped(const struct why_judge *j, const struct why_seen *row)
{
	return is_open(row) && row->state == STATE_LISTEN && row->s->r.have & REC_BACKLOG_MAX &&
	       j->facts->somaxconn > 0 && row->s->r.sendq >= (uint32_t)j->facts->somaxconn;
}

static bool is_loopback(const struct why_judge *j, const struct why_seen *row)
{
	if (!is_open(row) || netaddr_scope(&row->addr) != SCOPE_LOOPBACK)
		return false;
	for (size_t i = 0; i < j->seen.len; i++)
		if (is_open(&j->seen.data[i]) &&
		    netaddr_scope(&j->seen.data[i].addr) != SCOPE_LOOPBACK)
			return false;
	return true;
}

/* A wildcard beside a specific address that it would otherwise serve too. */
static bool shadows(const struct why_seen *wild, const struct why_seen *specific)
{
	struct netaddr addr = netaddr_unmap(&specific->addr);

	if (!is_open(wild) || !is_open(specific) || !netaddr_is_any(&wild->addr) ||
	    netaddr_is_any(&addr))
		return false;
	return wild->addr.family == addr.family || (is_any6(&wild->addr) && !wild->s->r.v6only);
}

static bool is_more_specific(const struct why_judge *j, const struct why_seen *row)
{
	for (size_t i = 0; is_open(row) && i < j->seen.len; i++)
		if (shadows(row, &j->seen.data[i]) || shadows(&j->seen.data[i], row))
			return true;
	return false;
}

static bool is_other_protocol(const struct why_judge *j, const struct why_seen *row)
{
	(void)j;
	return row->here && !row->same_proto && row->listens;
}

/* ---- facts of the host ---- */

static bool fails_with(const struct why_judge *j, int a, int b)
{
	for (uint32_t i = 0; i < j->facts->n_places; i++)
		if (j->raw[i].err[BIND_PLAIN] == a || j->raw[i].err[BIND_PLAIN] == b)
			return true;
	return false;
}

static bool is_redirected(const struct why_judge *j)
{
	return j->facts->n_redirects;
}

static bool is_privileged(const struct why_judge *j)
{
	return fails_with(j, EACCES, EACCES);
}

static bool is_not_local(const struct why_judge *j)
{
	return fails_with(j, EADDRNOTAVAIL, EINVAL);
}

static bool has_policy(const struct why_judge *j)
{
	return j->facts->n_policies;
}

/* ---- the table ---- */

/* One cause for each owner, one for each owner with rows enough, one for all rows, one of the host.
 */
#define BY_OWNER(code, row, tell)                                                                  \
	{                                                                                          \
		code, true, row, NULL, tell, NULL                                                  \
	}
#define OWNER_IF(code, row, tell, enough)                                                          \
	{                                                                                          \
		code, true, row, NULL, tell, enough                                                \
	}
#define TOGETHER(code, row, tell)                                                                  \
	{                                                                                          \
		code, false, row, NULL, tell, NULL                                                 \
	}
#define OF_HOST(code, host, tell)                                                                  \
	{                                                                                          \
		code, false, NULL, host, tell, NULL                                                \
	}

static const struct rule {
	enum why_code code;
	bool by_owner;
	bool (*row)(const struct why_judge *j, const struct why_seen *row);
	bool (*host)(const struct why_judge *j);
	why_tell_fn *tell;
	bool (*enough)(const struct why_judge *j,
		       const struct why_group *g); /* NULL: one will do */
} rules[] = {
	BY_OWNER(WHY_LISTENER, is_listener, why_tell_listener),
	TOGETHER(WHY_OTHER_USER, is_other_user, why_tell_other_user),
	BY_OWNER(WHY_DOCKER_PROXY, is_docker_proxy, why_tell_docker_proxy),
	BY_OWNER(WHY_STALE_DOCKER_PROXY, is_stale_proxy, why_tell_stale_docker_proxy),
	BY_OWNER(WHY_FORWARDER, is_port_forwarder, why_tell_forwarder),
	BY_OWNER(WHY_SYSTEMD_SOCKET, is_systemd_socket, why_tell_systemd_socket),
	TOGETHER(WHY_KERNEL, is_kernel, why_tell_kernel),
	TOGETHER(WHY_IN_FLIGHT, is_in_flight, why_tell_in_flight),
	TOGETHER(WHY_PID_NAMESPACE, is_hidden, why_tell_pid_namespace),
	BY_OWNER(WHY_INHERITED, is_inherited, why_tell_inherited),
	TOGETHER(WHY_REUSEPORT_GROUP, is_reuseport_group, why_tell_reuseport_group),
	BY_OWNER(WHY_DUAL_STACK, is_dual_stack, why_tell_dual_stack),
	TOGETHER(WHY_ADDRESS_OVERLAP, is_address_overlap, why_tell_address_overlap),
	BY_OWNER(WHY_STOPPED_OWNER, is_stopped, why_tell_stopped_owner),
	BY_OWNER(WHY_DELETED_EXE, is_deleted, why_tell_deleted_exe),
	BY_OWNER(WHY_FOREIGN_NETNS_SOCKET, is_foreign, why_tell_foreign_netns_socket),
	TOGETHER(WHY_TIME_WAIT, is_time_wait, why_tell_time_wait),
	TOGETHER(WHY_ORPHAN, is_orphan, why_tell_orphan),
	BY_OWNER(WHY_BOUND_NOT_LISTENING, is_bound, why_tell_bound_not_listening),
	BY_OWNER(WHY_EPHEMERAL_CLIENT, is_client, why_tell_ephemeral_client),
	TOGETHER(WHY_ACCEPT_QUEUE, is_queued, why_tell_accept_queue),
	OWNER_IF(WHY_CLOSE_WAIT_PILEUP, is_close_wait, why_tell_close_wait_pileup, is_pileup),
	OF_HOST(WHY_PRIVILEGED_PORT, is_privileged, why_tell_privileged_port),
	OF_HOST(WHY_ADDRESS_NOT_LOCAL, is_not_local, why_tell_address_not_local),
	OF_HOST(WHY_POLICY, has_policy, why_tell_policy),
	OF_HOST(WHY_REDIRECTED, is_redirected, why_tell_redirected),
	BY_OWNER(WHY_QUEUE_FULL, is_full, why_tell_queue_full),
	BY_OWNER(WHY_BACKLOG_CAPPED, is_capped, why_tell_backlog_capped),
	TOGETHER(WHY_LOOPBACK_ONLY, is_loopback, why_tell_loopback_only),
	TOGETHER(WHY_MORE_SPECIFIC_WINS, is_more_specific, why_tell_more_specific_wins),
	TOGETHER(WHY_OTHER_NETNS, is_elsewhere, why_tell_other_netns),
	TOGETHER(WHY_OTHER_PROTOCOL, is_other_protocol, why_tell_other_protocol),
};

static struct bytes keep(struct why_judge *j, const struct strbuf *text)
{
	if (!text->len)
		return (struct bytes){0};
	return (struct bytes){arena_strndup(j->arena, strbuf_str(text), text->len),
			      (uint32_t)text->len};
}

static void put_row(struct why_row *rows, uint32_t *n, enum why_row_kind kind, uint32_t slot)
{
	for (uint32_t i = 0; i < *n; i++)
		if (rows[i].kind == kind && rows[i].slot == slot)
			return;
	if (slot != SLOT_NONE)
		rows[(*n)++] = (struct why_row){(uint8_t)kind, slot};
}

static const struct why_row *evidence(struct why_judge *j, const struct why_group *g,
				      uint32_t *ret_n)
{
	uint32_t n = g->n < EVIDENCE_MAX ? g->n : EVIDENCE_MAX;
	struct why_row *rows = arena_alloc(j->arena, 3 * (n + 1) * sizeof(*rows));

	*ret_n = 0;
	for (uint32_t i = 0; i < n; i++)
		put_row(rows, ret_n, WHY_ROW_SOCK, g->rows[i]->slot);
	for (uint32_t i = 0; i < n; i++) {
		const struct why_seen *row = g->rows[i];

		if (!row->p || row->p->head.gone)
			continue;
		put_row(rows, ret_n, WHY_ROW_PROC, row->s->proc);
		put_row(rows, ret_n, WHY_ROW_CONTAINER, row->p->container);
	}
	return rows;
}

static void conclude(struct why_judge *j, const struct rule *rule, const struct why_group *g)
{
	struct why_cause cause = {.code = (uint8_t)rule->code};

	strbuf_reset(&j->text);
	strbuf_reset(&j->remedy);
	j->needs = NULL;
	rule->tell(j, g);
	cause.text = keep(j, &j->text);
	cause.remedy = keep(j, &j->remedy);
	cause.needs = j->needs;
	cause.rows = evidence(j, g, &cause.n_rows);
	vec_push(&j->causes, cause);
}

static bool same_group(const struct rule *rule, const struct why_seen *a, const struct why_seen *b)
{
	return !rule->by_owner || (a->p && a->p == b->p) ||
	       (!a->p && !b->p && a->status == b->status);
}

static void run_rows(struct why_judge *j, const struct rule *rule)
{
	size_t n = j->seen.len;
	const struct why_seen **rows = xcalloc(n, sizeof(void *));
	bool *taken = xcalloc(n, sizeof(*taken));

	for (size_t first = 0; first < n; first++) {
		struct why_group g = {rows, 0};

		if (taken[first] || !rule->row(j, &j->seen.data[first]))
			continue;
		for (size_t i = first; i < n; i++) {
			const struct why_seen *row = &j->seen.data[i];

			if (taken[i] || !same_group(rule, &j->seen.data[first], row) ||
			    !rule->row(j, row))
				continue;
			taken[i] = true;
			rows[g.n++] = row;
		}
		if (!rule->enough || rule->enough(j, &g))
			conclude(j, rule, &g);
	}
	free(rows);
	free(taken);
}

void why_rules_run(struct why_judge *j)
{
	static const struct why_group nobody = {NULL, 0};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].row)
			run_rows(j, &rules[i]);
		else if (rules[i].host(j))
			conclude(j, &rules[i], &nobody);
	}
}
