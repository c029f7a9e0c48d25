/* The page of a process. */
#include <stdio.h>
#include <string.h>

#include "model/names.h"
#include "model/proc_detail.h"
#include "view/detail.h"

/* asm-generic/fcntl.h */
#define FD_ACCMODE 3u
#define FD_APPEND 02000u
#define FD_NONBLOCK 04000u
#define FD_DIRECT 040000u
#define FD_CLOEXEC_FLAG 02000000u

static void add(struct strbuf *out, struct bytes b, const char *none)
{
	if (b.ptr && b.len)
		strbuf_add(out, b.ptr, b.len);
	else
		strbuf_adds(out, none);
}

static void add_facts(struct page *page, const struct app *app, const struct row *row)
{
	static const struct {
		enum column_id col;
		const char *label;
	} facts[] = {
		{COL_CMDLINE, "command"},     {COL_EXE, "program"},
		{COL_EXE_DELETED, "deleted"}, {COL_PPID, "parent"},
		{COL_PROC_USER, "user"},      {COL_PROC_STATE, "state"},
		{COL_PROC_START, "started"},  {COL_AGE, "age"},
		{COL_LISTENERS, "listeners"}, {COL_CONNECTIONS, "connections"},
		{COL_FDS, "descriptors"},     {COL_UNIT, "unit"},
		{COL_CGROUP, "cgroup"},
	};
	const struct proc *p = row->obj;

	detail_section(page, "Process");
	detail_sentence(page, app, row);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		detail_column(page, app, row, facts[i].col, facts[i].label);
	detail_netns_line(page, app, p->netns);
	detail_container_line(page, app, p->container);
}

static void add_sockets(struct page *page, const struct app *app, const struct proc *p)
{
	detail_section(page, "Sockets");
	for (uint32_t i = 0; i < p->n_socks && i < DETAIL_LIST_MAX; i++) {
		const struct sock *s = snapshot_sock(app->snap, p->socks[i]);

		if (s)
			detail_sock_line(page, app, NULL, app->snap, s, "");
	}
	if (p->n_socks > DETAIL_LIST_MAX)
		detail_line(page, app, NULL, "and %u more", p->n_socks - DETAIL_LIST_MAX);
	if (!p->n_socks)
		detail_line(page, app, NULL, "none");
}

static void add_family(struct page *page, const struct app *app, const struct proc *p,
		       uint32_t slot)
{
	const struct proc *up = snapshot_proc(app->snap, p->parent);

	detail_section(page, "Ancestors");
	for (int i = 0; up && i < 64; i++) {
		detail_proc_line(page, app, NULL, up, "");
		up = snapshot_proc(app->snap, up->parent);
	}
	if (!snapshot_proc(app->snap, p->parent))
		detail_line(page, app, NULL, p->r.ppid ? "pid %u" : "none", p->r.ppid);
	detail_section(page, "Children");
	for (uint32_t i = 0, n = 0; i < app->snap->n_procs && n < DETAIL_LIST_MAX; i++) {
		const struct proc *child = snapshot_proc(app->snap, i);

		if (!child || child->parent != slot || i == slot)
			continue;
		detail_proc_line(page, app, NULL, child, "");
		n++;
	}
}

/* --- descriptors --- */

static const char *kind_name(uint8_t kind)
{
	static const char *const names[FD_KIND_COUNT] = {
		[FD_UNKNOWN] = "?",	    [FD_FILE] = "file",
		[FD_DIR] = "dir",	    [FD_DEVICE] = "device",
		[FD_PIPE] = "pipe",	    [FD_SOCKET] = "socket",
		[FD_EVENTFD] = "eventfd",   [FD_EPOLL] = "epoll",
		[FD_TIMERFD] = "timerfd",   [FD_SIGNALFD] = "signalfd",
		[FD_INOTIFY] = "inotify",   [FD_FANOTIFY] = "fanotify",
		[FD_PIDFD] = "pidfd",	    [FD_MEMFD] = "memfd",
		[FD_IO_URING] = "io_uring", [FD_USERFAULTFD] = "uffd",
		[FD_BPF] = "bpf",	    [FD_PERF] = "perf",
		[FD_NETNS] = "netns",	    [FD_NAMESPACE] = "namespace",
		[FD_ANON] = "anon",
	};

	return kind < FD_KIND_COUNT ? names[kind] : "?";
}

static void add_flags(struct strbuf *raw, const struct fd_rec *fd)
{
	static const char *const access[] = {"r", "w", "rw", "?"};

	if (!fd->info_known) {
		strbuf_adds(raw, "     ");
		return;
	}
	strbuf_addf(raw, "%-2s%s%s%s", access[fd->flags & FD_ACCMODE],
		    fd->flags & FD_NONBLOCK ? "n" : "-", fd->flags & FD_APPEND ? "a" : "-",
		    fd->flags & FD_CLOEXEC_FLAG ? "x" : "-");
	if (fd->flags & FD_DIRECT)
		strbuf_adds(raw, "d");
}

static void add_fd_extra(struct strbuf *raw, const struct fd_rec *fd)
{
	if (fd->deleted)
		strbuf_adds(raw, " (deleted)");
	if (fd->info_known && fd->pos > 0)
		strbuf_addf(raw, "  at %lld", (long long)fd->pos);
	if (fd->kind == FD_SOCKET && fd->value_known && fd->value)
		strbuf_addf(raw, "  %llu descriptors in flight", (unsigned long long)fd->value);
	else if (fd->kind != FD_SOCKET && fd->value_known)
		strbuf_addf(raw, "  %llu", (unsigned long long)fd->value);
	for (uint32_t i = 0; i < fd->n_epoll && i < 16; i++)
		strbuf_addf(raw, "%s%d", i ? "," : "  watches ", fd->epoll[i]);
	if (fd->listen) {
		strbuf_adds(raw, "  LISTEN_FDS ");
		add(raw, fd->name, "");
	}
}

/* The inode of each socket of the process -> its slot + 1. */
static void index_sockets(const struct app *app, const struct proc *p, struct hash *index)
{
	hash_init(index, 0x9e3779b97f4a7c15u);
	for (uint32_t i = 0; i < p->n_socks; i++) {
		const struct sock *s = snapshot_sock(app->snap, p->socks[i]);

		if (s && s->r.inode)
			hash_put(index, s->r.inode, p->socks[i]);
	}
}

/* Where a descriptor that is no socket leads to: an epoll to the first that it watches. */
static enum link_kind fd_link(const struct app *app, const struct fd_rec *fd, uint64_t *ret_id)
{
	if (fd->kind == FD_NETNS)
		return detail_netns_link(app->snap, fd->inode, ret_id);
	if (fd->kind == FD_PIDFD && fd->value_known)
		return detail_pid_link(app->snap, (uint32_t)fd->value, ret_id);
	if (fd->kind == FD_EPOLL && fd->n_epoll) {
		*ret_id = (uint64_t)fd->epoll[0];
		return LINK_FD;
	}
	return LINK_NONE;
}

/* A socket is told by its ends and who is at the other one. */
static void add_socket_fd(struct page *page, const struct app *app, const struct fd_rec *fd,
			  const struct sock *s)
{
	struct row row = {.snap = app->snap, .obj = s, .pane = PANE_SOCKETS};
	const struct sock *peer = snapshot_sock(app->snap, s->peer);
	const struct proc *proc = peer ? snapshot_proc(app->snap, peer->proc) : NULL;
	struct strbuf *raw = detail_begin(page);

	strbuf_addf(raw, "%5d  %-9s ", fd->fd, names_proto(s->r.proto));
	add_flags(raw, fd);
	strbuf_addf(raw, "  %s ", names_state(s->r.state));
	fact_cell(app, &row, COL_LOCAL, raw);
	strbuf_adds(raw, app->settings.ascii ? " > " : " → ");
	fact_cell(app, &row, COL_REMOTE, raw);
	if (proc) {
		strbuf_addf(raw, "  %u ", proc->r.pid);
		add(raw, proc->r.comm, "?");
	}
	add_fd_extra(raw, fd);
	detail_end(page, app, NULL, LINK_SOCK, s->head.id)->fd = fd->fd;
}

static void add_fd(struct page *page, const struct app *app, const struct fd_rec *fd,
		   const struct hash *sockets)
{
	const struct sock *s = NULL;
	struct page_line *line;
	uint64_t slot;
	struct strbuf *raw;

	if (fd->kind == FD_SOCKET && hash_get(sockets, fd->inode, &slot))
		s = snapshot_sock(app->snap, (uint32_t)slot);
	if (s) {
		add_socket_fd(page, app, fd, s);
		return;
	}
	raw = detail_begin(page);
	strbuf_addf(raw, "%5d  %-9s ", fd->fd, kind_name(fd->kind));
	add_flags(raw, fd);
	strbuf_adds(raw, "  ");
	add(raw, fd->target, "-");
	add_fd_extra(raw, fd);
	line = detail_end(page, app, NULL, LINK_NONE, (uint64_t)fd->fd + 1);
	line->fd = fd->fd;
	line->link = (uint8_t)fd_link(app, fd, &line->id);
	line->role = line->link == LINK_NONE ? ROLE_NORMAL : ROLE_LINK;
}

static void add_fds(struct page *page, const struct app *app, const struct proc *p,
		    const struct proc_detail *d)
{
	struct hash sockets;

	detail_section(page, "Descriptors");
	if (d->err)
		detail_line(page, app, NULL, "not readable: %s", strerror(-d->err));
	index_sockets(app, p, &sockets);
	for (uint32_t i = 0; i < d->n_fds; i++)
		add_fd(page, app, &d->fds[i], &sockets);
	hash_done(&sockets);
	if (d->fds_total > d->n_fds)
		detail_line(page, app, NULL, "and %u more", d->fds_total - d->n_fds);
	if (d->listen_fds)
		detail_line(page, app, "LISTEN_FDS", "%u", d->listen_fds);
}

static void add_limit(struct strbuf *raw, uint64_t n)
{
	if (n == UINT64_MAX)
		strbuf_adds(raw, "unlimited");
	else
		strbuf_addf(raw, "%llu", (unsigned long long)n);
}

static void add_limits(struct page *page, const struct app *app, const struct proc_detail *d)
{
	detail_section(page, "Limits");
	for (uint32_t i = 0; i < d->n_limits; i++) {
		struct strbuf *raw = detail_begin(page);

		add(raw, d->limits[i].name, "?");
		strbuf_adds(raw, ": ");
		add_limit(raw, d->limits[i].soft);
		strbuf_adds(raw, " / ");
		add_limit(raw, d->limits[i].hard);
		strbuf_addc(raw, ' ');
		add(raw, d->limits[i].unit, "");
		detail_end(page, app, NULL, LINK_NONE, i + 1);
	}
}

static void add_namespaces(struct page *page, const struct app *app, const struct proc_detail *d)
{
	detail_section(page, "Namespaces");
	for (uint32_t i = 0; i < d->n_namespaces; i++) {
		const struct namespace_rec *ns = &d->namespaces[i];
		struct strbuf *raw = detail_begin(page);
		enum link_kind link = LINK_NONE;
		uint64_t id = i + 1;

		add(raw, ns->name, "?");
		strbuf_addf(raw, " %u%s", ns->inode, ns->own ? " (ours)" : "");
		if (ns->name.len == 3 && !memcmp(ns->name.ptr, "net", 3))
			link = detail_netns_link(app->snap, ns->inode, &id);
		detail_end(page, app, NULL, link, id);
	}
	if (d->cgroup_text.ptr) {
		add(detail_begin(page), d->cgroup_text, "");
		detail_end(page, app, "cgroups", LINK_NONE, 0);
	}
	if (d->cwd.ptr) {
		add(detail_begin(page), d->cwd, "");
		detail_end(page, app, "directory", LINK_NONE, 0);
	}
	if (d->root.ptr) {
		add(detail_begin(page), d->root, "");
		detail_end(page, app, "root", LINK_NONE, 0);
	}
	detail_line(page, app, "threads", "%u", d->n_threads);
	if (d->ns_pid)
		detail_line(page, app, "pid inside", "%u", d->ns_pid);
}

static void add_environ(struct page *page, const struct app *app, const struct proc_detail *d)
{
	const char *at = d->environ.ptr, *end = at ? at + d->environ.len : NULL;
	uint32_t n = 0;

	detail_section(page, "Environment");
	if (d->environ_stuck)
		detail_line(page, app, NULL, "the process keeps its readers waiting");
	else if (d->environ_pending)
		detail_line(page, app, NULL, "reading");
	else if (!at && !page->environ)
		detail_line(page, app, NULL, "e reads it");
	else if (!at)
		detail_line(page, app, NULL, "not readable: %s",
			    d->environ_err ? strerror(-d->environ_err) : "not given");
	while (at && at < end) {
		size_t len = strnlen(at, (size_t)(end - at));

		add(detail_begin(page), (struct bytes){at, (uint32_t)len}, "");
		detail_end(page, app, NULL, LINK_NONE, ++n);
		at += len + 1;
	}
	if (d->environ_cut)
		detail_line(page, app, NULL, "cut here");
}

void detail_proc_build(struct page *page, const struct app *app, const struct row *row)
{
	const struct proc *p = row->obj;
	const struct proc_detail *d = app->snap->detail;

	add_facts(page, app, row);
	add_sockets(page, app, p);
	if (d && d->pid == p->r.pid && d->start_ticks == p->r.start_ticks) {
		add_fds(page, app, p, d);
		add_limits(page, app, d);
		add_namespaces(page, app, d);
	} else {
		detail_section(page, "Descriptors");
		detail_line(page, app, NULL, "reading");
	}
	add_family(page, app, p, row->slot);
	if (d && d->pid == p->r.pid && d->start_ticks == p->r.start_ticks)
		add_environ(page, app, d);
}
