/* Getters of what a row's process, its owners and its container are. */
#include "view/column_get.h"

#include "model/names.h"
#include "view/list.h"

const struct proc *row_proc(const struct row *row)
{
	switch (row->pane) {
	case PANE_PROCESSES:
		return row->obj;
	case PANE_SOCKETS:
		return snapshot_proc(row->snap, ((const struct sock *)row->obj)->proc);
	case PANE_PORTS:
		return snapshot_proc(row->snap, ((const struct port *)row->obj)->proc);
	default:
		return NULL;
	}
}

const struct netns *row_netns(const struct row *row)
{
	switch (row->pane) {
	case PANE_NAMESPACES:
		return row->obj;
	case PANE_SOCKETS:
		return snapshot_netns(row->snap, ((const struct sock *)row->obj)->netns);
	case PANE_PORTS:
		return snapshot_netns(row->snap, ((const struct port *)row->obj)->netns);
	case PANE_PROCESSES:
		return snapshot_netns(row->snap, ((const struct proc *)row->obj)->netns);
	case PANE_CONTAINERS:
		return snapshot_netns(row->snap, ((const struct container *)row->obj)->netns);
	default:
		return NULL;
	}
}

struct bytes cut_cmdline(struct bytes cmdline)
{
	uint32_t len = CMDLINE_CUT_BYTES;

	if (cmdline.len <= CMDLINE_CUT_BYTES)
		return cmdline;
	/* not within a character */
	while (len > CMDLINE_CUT_BYTES - 3 && ((unsigned char)cmdline.ptr[len] & 0xc0) == 0x80)
		len--;
	return (struct bytes){cmdline.ptr, len};
}

/* ---- owners ---- */

/* How far the owner of a socket or endpoint is known. */
struct holders {
	uint8_t status; /* enum owner_status */
	bool complete;
	struct bytes detail;
	uint32_t n;
	const struct owner *all;
};

/* What ended before anybody looked for its owner will not be looked for. */
static uint8_t status_of(uint8_t status, const struct row_head *head)
{
	return status == OWNER_PENDING && head->gone ? OWNER_UNRESOLVED : status;
}

static struct holders holders_of(const struct row *row)
{
	if (row->pane == PANE_SOCKETS) {
		const struct sock *sk = row->obj;

		return (struct holders){status_of(sk->owner_status, &sk->head), sk->owners_complete,
					sk->owner_detail, sk->n_owners, sk->owners};
	}
	if (row->pane == PANE_PORTS) {
		const struct port *port = row->obj;

		return (struct holders){status_of(port->owner_status, &port->head),
					port->owners_complete, port->owner_detail, port->n_owners,
					port->owners};
	}
	return (struct holders){.status = OWNER_KNOWN, .complete = true};
}

/* Whether an answer may still come for what is not known about the row's process. */
static void set_pending(const struct row *row, struct value *ret)
{
	uint8_t status = holders_of(row).status;
	const struct proc *p = row_proc(row);

	if (status == OWNER_PENDING || (status == OWNER_KNOWN && !(p && p->head.gone)))
		ret->type = VALUE_PENDING;
}

/* The process when these PROC_* facts of it are known; else *ret says whether they may come. */
static const struct proc *proc_with(const struct row *row, unsigned int have, struct value *ret)
{
	const struct proc *p = row_proc(row);

	if (p && (p->r.have & have) == have)
		return p;
	if (p ? !(p->r.have & (PROC_STUCK | PROC_EXE_DENIED)) : true)
		set_pending(row, ret);
	return NULL;
}

void get_owner_status(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct holders h = holders_of(row);

	(void)lookup;
	if (h.status == OWNER_PENDING)
		ret->type = VALUE_PENDING;
	else
		set_word(ret, names_owner_status(h.status));
}

void get_owner_detail(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_bytes(ret, holders_of(row).detail);
}

void get_owners_complete(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_BOOL, holders_of(row).complete);
}

void get_owners(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct holders h = holders_of(row);
	const struct proc *p = row_proc(row);

	(void)lookup;
	if (h.status == OWNER_PENDING)
		ret->type = VALUE_PENDING;
	else
		list_set_owners(ret, row->snap, h.all, h.n, p);
}

static const char *status_text(uint8_t status)
{
	static const char *const text[OWNER_STATUS_COUNT] = {
		[OWNER_TIME_WAIT] = "(time-wait)",   [OWNER_ACCEPT_QUEUE] = "(accept-queue)",
		[OWNER_ORPHAN] = "(orphan)",	     [OWNER_PUBLISHED] = "(published)",
		[OWNER_KERNEL] = "(kernel)",	     [OWNER_DENIED] = "(denied)",
		[OWNER_HIDDEN] = "(hidden)",	     [OWNER_IN_FLIGHT] = "(in-flight)",
		[OWNER_UNRESOLVED] = "(unresolved)",
	};

	return status < OWNER_STATUS_COUNT ? text[status] : NULL;
}

/* A name beside the status: whose queue it waits in, what it is published for, which kernel user.
 */
static struct bytes status_name(const struct row *row, const struct holders *h)
{
	const struct proc *p = row_proc(row);
	const struct container_rec *ctr = row_container(row);

	if (h->status == OWNER_ACCEPT_QUEUE && p)
		return p->r.comm;
	if (h->status == OWNER_PUBLISHED && ctr)
		return ctr->name;
	return h->status == OWNER_KERNEL ? h->detail : (struct bytes){0};
}

static const char *status_suffix(uint8_t status)
{
	return status == OWNER_ACCEPT_QUEUE ? " (accept-queue)"
	       : status == OWNER_PUBLISHED  ? " (published)"
					    : " (kernel)";
}

static void event_owner(const struct event *ev, struct value *ret)
{
	if (ev->comm.ptr && ev->comm.len)
		set_bytes(ret, ev->comm);
	else if (ev->pid)
		set_num(ret, VALUE_U64, ev->pid);
	else if (ev->container_name.ptr)
		set_bytes(ret, ev->container_name);
	else
		set_text(ret, "(unresolved)");
}

void get_owner(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct holders h = holders_of(row);
	const struct proc *p = row_proc(row);
	struct bytes name;

	(void)lookup;
	if (row->pane == PANE_EVENTS) {
		event_owner(row->obj, ret);
		return;
	}
	if (h.status == OWNER_PENDING) {
		ret->type = VALUE_PENDING;
	} else if (h.status == OWNER_KNOWN) {
		if (p && p->r.comm.ptr && p->r.comm.len)
			set_bytes(ret, p->r.comm);
		else
			ret->type = VALUE_PENDING;
	} else {
		name = status_name(row, &h);
		if (name.ptr && name.len) {
			set_bytes(ret, name);
			ret->suffix = status_suffix(h.status);
		} else {
			set_text(ret, status_text(h.status));
		}
	}
}

/* ---- process ---- */

void get_pid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct holders h = holders_of(row);
	const struct proc *p = row_proc(row);
	uint32_t pid = row->pane == PANE_EVENTS ? ((const struct event *)row->obj)->pid
		       : h.n			? h.all[0].pid
		       : p			? p->r.pid
						: 0;

	(void)lookup;
	if (pid)
		set_num(ret, VALUE_U64, pid);
	else if (h.status == OWNER_PENDING)
		ret->type = VALUE_PENDING;
}

void get_ppid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_STAT, ret);

	(void)lookup;
	if (p)
		set_num(ret, VALUE_U64, p->r.ppid);
}

void get_comm(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p;

	(void)lookup;
	if (row->pane == PANE_EVENTS) {
		set_bytes(ret, ((const struct event *)row->obj)->comm);
		return;
	}
	p = proc_with(row, 0, ret);
	if (p && p->r.comm.ptr)
		set_bytes(ret, p->r.comm);
	else if (p)
		set_pending(row, ret);
}

/* The command without its directory; a title a server set for itself stays as it is. */
static struct bytes short_command(struct bytes cmdline)
{
	uint32_t end = (uint32_t)strnlen(cmdline.ptr, cmdline.len), start = end;

	if (!end || *cmdline.ptr != '/' || memchr(cmdline.ptr, ' ', end))
		return cmdline;
	while (start && cmdline.ptr[start - 1] != '/')
		start--;
	return (struct bytes){cmdline.ptr + start, cmdline.len - start};
}

void get_process(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = row_proc(row);

	if (holders_of(row).status == OWNER_KNOWN && p && p->r.have & PROC_HAVE_CMDLINE &&
	    p->r.cmdline.ptr && p->r.cmdline.len) {
		ret->type = VALUE_COMMAND;
		ret->str = short_command(cut_cmdline(p->r.cmdline));
	} else if (row->pane == PANE_PROCESSES) {
		get_comm(row, lookup, ret);
	} else {
		get_owner(row, lookup, ret);
	}
}

void get_cmdline(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_CMDLINE, ret);

	(void)lookup;
	if (!p || !p->r.cmdline.ptr)
		return;
	ret->type = VALUE_COMMAND;
	ret->str = row->pane == PANE_PROCESSES ? p->r.cmdline : cut_cmdline(p->r.cmdline);
}

void get_cmdline_cut(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_CMDLINE, ret);

	(void)lookup;
	if (p && p->r.cmdline.ptr)
		set_num(ret, VALUE_BOOL, p->r.cmdline.len > CMDLINE_CUT_BYTES);
}

void get_args(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	get_cmdline(row, lookup, ret);
	if (ret->type == VALUE_COMMAND)
		list_set_args(ret, ret->str);
}

void get_exe(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_EXE, ret);

	(void)lookup;
	if (p)
		set_bytes(ret, p->r.exe);
}

void get_exe_deleted(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_EXE, ret);

	(void)lookup;
	if (p)
		set_num(ret, VALUE_BOOL, p->r.exe_deleted);
}

void get_proc_uid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_UID, ret);

	(void)lookup;
	if (p)
		set_num(ret, VALUE_U64, p->r.uid);
}

void get_proc_user(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_UID, ret);

	if (!p)
		return;
	if (p->r.user.ptr)
		set_bytes(ret, p->r.user);
	else if (lookup->username)
		set_text(ret, lookup->username(lookup->ctx, p->r.uid));
	if (ret->type == VALUE_NONE)
		set_num(ret, VALUE_U64, p->r.uid);
}

void get_proc_state(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_STAT, ret);

	(void)lookup;
	if (!p || !p->r.state)
		return;
	ret->type = VALUE_WORD;
	ret->str = (struct bytes){&p->r.state, 1};
}

void get_proc_start(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_STAT, ret);

	(void)lookup;
	if (p && p->start_ms >= 0)
		set_num(ret, VALUE_TIME, (uint64_t)p->start_ms);
}

void get_proc_netns(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_NETNS, ret);

	(void)lookup;
	if (p)
		set_num(ret, VALUE_U64, p->r.netns_inode);
}

void get_cgroup(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_CGROUP, ret);

	(void)lookup;
	if (p)
		set_bytes(ret, p->r.cgroup);
}

void get_unit(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = proc_with(row, PROC_HAVE_CGROUP, ret);

	(void)lookup;
	if (p)
		set_bytes(ret, p->r.unit);
}

void get_workload(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct container_rec *ctr = row_container(row);

	if (ctr)
		set_bytes(ret, ctr->name.ptr ? ctr->name : ctr->id);
	if (ret->type == VALUE_NONE)
		get_unit(row, lookup, ret);
}

/* ---- container ---- */

static const struct container_rec *container_at(const struct row *row, uint32_t slot)
{
	const struct container *ctr = snapshot_container(row->snap, slot);

	return ctr ? &ctr->r : NULL;
}

const struct container_rec *row_container(const struct row *row)
{
	const struct proc *p = row_proc(row);
	const struct container_rec *rec = NULL;

	if (row->pane == PANE_CONTAINERS)
		return &((const struct container *)row->obj)->r;
	if (row->pane == PANE_NAMESPACES)
		return container_at(row, ((const struct netns *)row->obj)->container);
	if (p)
		rec = container_at(row, p->container);
	if (!rec && p && p->r.container.id.ptr)
		rec = &p->r.container;
	if (!rec && row->pane == PANE_PORTS)
		rec = container_at(row, ((const struct port *)row->obj)->container);
	return rec;
}

static void container_member(const struct row *row, size_t offset, struct value *ret)
{
	const struct container_rec *rec = row_container(row);

	if (rec)
		set_bytes(ret, *(const struct bytes *)((const char *)rec + offset));
}

void get_container_id(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	container_member(row, offsetof(struct container_rec, id), ret);
}

void get_container_name(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	if (row->pane == PANE_EVENTS)
		set_bytes(ret, ((const struct event *)row->obj)->container_name);
	else
		container_member(row, offsetof(struct container_rec, name), ret);
}

void get_container_runtime(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	container_member(row, offsetof(struct container_rec, runtime), ret);
}

void get_container_image(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	container_member(row, offsetof(struct container_rec, image), ret);
}

void get_container_pod(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	container_member(row, offsetof(struct container_rec, pod), ret);
}

void get_container_namespace(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	container_member(row, offsetof(struct container_rec, k8s_namespace), ret);
}

void get_published(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct container *ctr = row->pane == PANE_CONTAINERS ? row->obj : NULL;
	const struct port *port = row->pane == PANE_PORTS ? row->obj : NULL;

	(void)lookup;
	if (row->pane == PANE_SOCKETS &&
	    STATE_BIT(((const struct sock *)row->obj)->r.state) & STATE_MASK_LISTENERS)
		port = snapshot_port(row->snap, ((const struct sock *)row->obj)->port);
	if (ctr)
		list_set_published(ret, ctr->published, ctr->n_published);
	else if (port)
		list_set_published(ret, port->published, port->n_published);
	else
		list_set_published(ret, NULL, 0);
}

/* ---- counts ---- */

void get_processes(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_U64, ((const struct container *)row->obj)->processes);
}

void get_listeners(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_U64,
		row->pane == PANE_PROCESSES    ? ((const struct proc *)row->obj)->listeners
		: row->pane == PANE_NAMESPACES ? ((const struct netns *)row->obj)->listeners
					       : ((const struct container *)row->obj)->listeners);
}

void get_connections(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_U64, ((const struct proc *)row->obj)->connections);
}

void get_fds(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct proc *p = row->obj;

	(void)lookup;
	if (p->r.have & PROC_HAVE_FDS)
		set_num(ret, VALUE_U64, p->r.fds);
}

void get_addresses(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct netns *ns = row->obj;

	(void)lookup;
	list_set_addresses(ret, ns->r.addrs, ns->r.n_addrs);
}

void get_sockets(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct port *port = row->obj;

	(void)lookup;
	list_set_inodes(ret, row->snap, port->socks, port->n_socks);
}
