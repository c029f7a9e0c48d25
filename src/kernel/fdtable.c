#include "kernel/fdtable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "kernel/procfs.h"

#define FDINFO_MAX 4096
#define EPOLL_MAX 256
#define ENVIRON_MAX (1u << 20)
#define LISTEN_FIRST 3 /* SD_LISTEN_FDS_START, sd_listen_fds(3) */

struct table {
	struct arena *arena;
	VEC(struct fd_rec) fds;
	uint32_t total;
	int link_dir, info_dir;
	int err;
};

static struct bytes keep(struct arena *arena, const char *text, size_t len)
{
	return (struct bytes){arena_strndup(arena, text, len), (uint32_t)len};
}

/* ---- what a link says ---- */

static const struct {
	const char *text;
	enum fd_kind kind;
} anon_kinds[] = {
	{"[eventfd]", FD_EVENTFD},
	{"[eventpoll]", FD_EPOLL},
	{"[timerfd]", FD_TIMERFD},
	{"[signalfd]", FD_SIGNALFD},
	{"inotify", FD_INOTIFY},
	{"[fanotify]", FD_FANOTIFY},
	{"[pidfd]", FD_PIDFD},
	{"[io_uring]", FD_IO_URING},
	{"[userfaultfd]", FD_USERFAULTFD},
	{"bpf", FD_BPF},
	{"[perf_event]", FD_PERF},
};

static bool starts_with(const char *text, size_t len, const char *start)
{
	size_t n = strlen(start);

	return len >= n && memcmp(text, start, n) == 0;
}

static enum fd_kind anon_kind(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(anon_kinds) / sizeof(anon_kinds[0]); i++)
		if (starts_with(text, len, anon_kinds[i].text))
			return anon_kinds[i].kind;
	return FD_ANON;
}

static enum fd_kind path_kind(const char *text, size_t len)
{
	if (starts_with(text, len, "/memfd:"))
		return FD_MEMFD;
	if (starts_with(text, len, "/dev/") && !starts_with(text, len, "/dev/shm/") &&
	    !starts_with(text, len, "/dev/mqueue/") && !starts_with(text, len, "/dev/hugepages/"))
		return FD_DEVICE;
	return FD_FILE;
}

/* "TYPE:[INODE]" */
static uint32_t typed_inode(const char *text, size_t len, enum fd_kind *ret_kind)
{
	static const struct {
		const char *name;
		enum fd_kind kind;
	} types[] = {
		{"socket", FD_SOCKET},
		{"pipe", FD_PIPE},
		{"net", FD_NETNS},
		{"mnt", FD_NAMESPACE},
		{"pid", FD_NAMESPACE},
		{"user", FD_NAMESPACE},
		{"uts", FD_NAMESPACE},
		{"ipc", FD_NAMESPACE},
		{"cgroup", FD_NAMESPACE},
		{"time", FD_NAMESPACE},
		{"time_for_children", FD_NAMESPACE},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		uint32_t inode = procfs_link_inode(text, len, types[i].name);

		if (!inode)
			continue;
		*ret_kind = types[i].kind;
		return inode;
	}
	return 0;
}

static void read_target(struct table *t, const char *name, struct fd_rec *fd)
{
	char text[PROCFS_LINK_MAX];
	ssize_t n = readlinkat(t->link_dir, name, text, sizeof(text));
	enum fd_kind kind = FD_UNKNOWN;
	size_t len = n > 0 ? (size_t)n : 0;

	if (n < 0) {
		if (errno != ENOENT)
			t->err = -errno;
		return;
	}
	fd->inode = typed_inode(text, len, &kind);
	if (!kind && starts_with(text, len, "anon_inode:"))
		kind = anon_kind(text + 11, len - 11);
	else if (!kind && len && text[0] == '/')
		kind = path_kind(text, len);
	if (kind == FD_FILE || kind == FD_MEMFD || kind == FD_DEVICE)
		fd->deleted = procfs_cut_deleted(text, &len);
	fd->kind = (uint8_t)(kind ? kind : FD_ANON);
	fd->target = keep(t->arena, text, len);
}

/* ---- what fdinfo says ---- */

static const char *find_value(const char *info, const char *label)
{
	const char *p = strstr(info, label);

	return p && (p == info || p[-1] == '\n') ? p + strlen(label) : NULL;
}

static void read_value(const char *info, struct fd_rec *fd)
{
	static const struct {
		enum fd_kind kind;
		const char *label;
		int base;
	} values[] = {
		{FD_EVENTFD, "eventfd-count:", 16}, {FD_PIDFD, "Pid:", 10},
		{FD_TIMERFD, "ticks:", 10},	    {FD_IO_URING, "UserFiles:", 10},
		{FD_SOCKET, "scm_fds:", 10},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *p =
			fd->kind == values[i].kind ? find_value(info, values[i].label) : NULL;
		long long value;

		if (!p)
			continue;
		value = strtoll(p, NULL, values[i].base);
		fd->value = value < 0 ? 0 : (uint64_t)value;
		fd->value_known = true;
	}
}

static void read_epoll(struct table *t, const char *info, struct fd_rec *fd)
{
	int32_t list[EPOLL_MAX];
	uint32_t n = 0;
	int32_t *copy;

	for (const char *p = strstr(info, "tfd:"); p && n < EPOLL_MAX; p = strstr(p + 4, "tfd:"))
		list[n++] = (int32_t)strtol(p + 4, NULL, 10);
	if (!n)
		return;
	copy = arena_alloc(t->arena, n * sizeof(*copy));
	memcpy(copy, list, n * sizeof(*copy));
	fd->epoll = copy;
	fd->n_epoll = n;
}

/* An epoll or io_uring can have long text: what does not fit is not needed. */
static void read_info(struct table *t, const char *name, struct fd_rec *fd)
{
	char info[FDINFO_MAX];
	auto_close int file = openat(t->info_dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = file < 0 ? -1 : read(file, info, sizeof(info) - 1);
	const char *p;

	if (n <= 0)
		return;
	info[n] = '\0';
	p = find_value(info, "flags:");
	if (!p)
		return;
	fd->info_known = true;
	fd->flags = (uint32_t)strtoul(p, NULL, 8);
	p = find_value(info, "pos:");
	fd->pos = p ? (int64_t)strtoll(p, NULL, 10) : 0;
	if (fd->kind == FD_FILE && (fd->flags & O_DIRECTORY))
		fd->kind = FD_DIR;
	if (fd->kind == FD_EPOLL)
		read_epoll(t, info, fd);
	else if (fd->kind != FD_FILE)
		read_value(info, fd);
}

static bool read_fd(void *ctx, uint32_t number)
{
	struct table *t = ctx;
	struct fd_rec fd = {.fd = (int32_t)number};
	char name[12];

	t->total++;
	if (t->fds.len >= FDTABLE_MAX)
		return true;
	snprintf(name, sizeof(name), "%u", number);
	read_target(t, name, &fd);
	if (fd.kind || t->err)
		read_info(t, name, &fd);
	if (fd.kind || t->err)
		vec_push(&t->fds, fd);
	return true;
}

static int compare_fd(const void *pa, const void *pb)
{
	const struct fd_rec *a = pa, *b = pb;

	return (a->fd > b->fd) - (a->fd < b->fd);
}

static int read_table(int proc_fd, uint32_t pid, struct arena *arena, struct proc_detail *detail)
{
	struct table t = {.arena = arena, .link_dir = -1, .info_dir = -1};
	struct fd_rec *fds;
	int r = t.link_dir = procfs_opendir(proc_fd, pid, "fd");

	if (r >= 0) {
		t.info_dir = procfs_opendir(proc_fd, pid, "fdinfo");
		r = procfs_each_number(t.link_dir, 0, read_fd, &t);
		close(t.link_dir);
	}
	if (t.info_dir >= 0)
		close(t.info_dir);
	detail->fds_total = t.total;
	if (t.fds.len) {
		qsort(t.fds.data, t.fds.len, sizeof(*fds), compare_fd);
		fds = arena_alloc(arena, t.fds.len * sizeof(*fds));
		memcpy(fds, t.fds.data, t.fds.len * sizeof(*fds));
		detail->fds = fds;
		detail->n_fds = (uint32_t)t.fds.len;
	}
	vec_done(&t.fds);
	return r < 0 ? r : t.err;
}

/* ---- the rest of the page ---- */

static uint64_t limit_value(const char *p)
{
	return *p == 'u' ? UINT64_MAX : strtoull(p, NULL, 10);
}

static struct bytes trimmed(struct arena *arena, const char *p, size_t width)
{
	while (width && (p[width - 1] == ' ' || p[width - 1] == '\n'))
		width--;
	return keep(arena, p, width);
}

/* Columns as fs/proc/base.c prints them: %-25s %-20s %-20s %-10s. */
static void read_limits(int proc_fd, uint32_t pid, struct arena *arena, struct proc_detail *detail)
{
	char text[4096];
	ssize_t n = procfs_read(proc_fd, pid, "limits", text, sizeof(text) - 1);
	struct limit_rec *limits = arena_alloc(arena, 32 * sizeof(*limits));
	char *line;

	if (n <= 0)
		return;
	text[n] = '\0';
	line = strchr(text, '\n');
	while (line && detail->n_limits < 32) {
		char *row = line + 1;
		size_t len;

		line = strchr(row, '\n');
		len = line ? (size_t)(line - row) : strlen(row);
		if (len < 67)
			continue;
		limits[detail->n_limits++] = (struct limit_rec){
			.name = trimmed(arena, row, 25),
			.soft = limit_value(row + 26),
			.hard = limit_value(row + 47),
			.unit = trimmed(arena, row + 68, len > 68 ? len - 68 : 0),
		};
	}
	detail->limits = limits;
}

static void read_namespaces(int proc_fd, uint32_t pid, struct arena *arena,
			    struct proc_detail *detail)
{
	static const char *const names[] = {"cgroup", "ipc",  "mnt",  "net",
					    "pid",    "time", "user", "uts"};
	size_t n = sizeof(names) / sizeof(names[0]);
	struct namespace_rec *list = arena_alloc(arena, n * sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		struct namespace_rec rec = {.name = {names[i], (uint32_t)strlen(names[i])}};
		char name[32], text[64];
		ssize_t len;

		if (procfs_read_ns(proc_fd, pid, names[i], &rec.inode) < 0)
			continue;
		snprintf(name, sizeof(name), "self/ns/%s", names[i]);
		len = procfs_readlink(proc_fd, 0, name, text, sizeof(text));
		rec.own = len > 0 && procfs_link_inode(text, (size_t)len, names[i]) == rec.inode;
		list[detail->n_namespaces++] = rec;
	}
	detail->namespaces = list;
}

static struct bytes read_link(int proc_fd, uint32_t pid, const char *name, struct arena *arena)
{
	char text[PROCFS_LINK_MAX];
	ssize_t n = procfs_readlink(proc_fd, pid, name, text, sizeof(text));

	return n < 0 ? (struct bytes){0} : keep(arena, text, (size_t)n);
}

static struct bytes read_cgroup(int proc_fd, uint32_t pid, struct arena *arena)
{
	char text[16384];
	ssize_t n = procfs_read(proc_fd, pid, "cgroup", text, sizeof(text));

	return n < 0 ? (struct bytes){0} : keep(arena, text, (size_t)n);
}

int fdtable_read(int proc_fd, uint32_t pid, uint64_t start_ticks, struct arena *arena,
		 struct proc_detail *ret_detail)
{
	struct procfs_stat st, after;
	struct procfs_status status;
	int r = procfs_read_stat(proc_fd, pid, &st);

	*ret_detail = (struct proc_detail){.pid = pid};
	if (r < 0 || (start_ticks && st.start_ticks != start_ticks))
		return -ESRCH;
	ret_detail->start_ticks = st.start_ticks;
	ret_detail->n_threads = st.threads;
	if (procfs_read_status(proc_fd, pid, &status) == 0)
		ret_detail->ns_pid = status.ns_pid;
	ret_detail->err = read_table(proc_fd, pid, arena, ret_detail);
	read_limits(proc_fd, pid, arena, ret_detail);
	read_namespaces(proc_fd, pid, arena, ret_detail);
	ret_detail->cwd = read_link(proc_fd, pid, "cwd", arena);
	ret_detail->root = read_link(proc_fd, pid, "root", arena);
	ret_detail->cgroup_text = read_cgroup(proc_fd, pid, arena);
	if (procfs_read_stat(proc_fd, pid, &after) < 0 || after.start_ticks != st.start_ticks)
		return -ESRCH;
	return 0;
}

/* ---- environment ---- */

static struct bytes get_variable(struct bytes vars, const char *name)
{
	const char *p = vars.ptr, *end = vars.ptr + vars.len;
	size_t n = strlen(name);

	while (p < end) {
		size_t len = strnlen(p, (size_t)(end - p));

		if (len > n && p[n] == '=' && memcmp(p, name, n) == 0)
			return (struct bytes){p + n + 1, (uint32_t)(len - n - 1)};
		p += len + 1;
	}
	return (struct bytes){0};
}

static uint32_t number_of(struct bytes text)
{
	char buf[16] = "";

	if (!text.ptr || text.len >= sizeof(buf))
		return 0;
	memcpy(buf, text.ptr, text.len);
	return (uint32_t)strtoul(buf, NULL, 10);
}

/* The k-th of names that colons part. */
static struct bytes listed_name(struct bytes names, uint32_t k)
{
	const char *p = names.ptr, *end = names.ptr + names.len;

	while (p && p <= end) {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		const char *stop = colon ? colon : end;

		if (!k--)
			return (struct bytes){p, (uint32_t)(stop - p)};
		p = colon ? colon + 1 : NULL;
	}
	return (struct bytes){0};
}

void fdtable_add_environ(struct proc_detail *detail, struct arena *arena, const void *bytes,
			 size_t len)
{
	uint32_t pid, own_pid = detail->ns_pid ? detail->ns_pid : detail->pid;
	struct bytes names;
	struct fd_rec *fds;

	detail->environ = keep(arena, bytes, len);
	pid = number_of(get_variable(detail->environ, "LISTEN_PID"));
	names = get_variable(detail->environ, "LISTEN_FDNAMES");
	if (pid != own_pid || !detail->n_fds)
		return;
	detail->listen_fds = number_of(get_variable(detail->environ, "LISTEN_FDS"));
	fds = arena_alloc(arena, detail->n_fds * sizeof(*fds));
	memcpy(fds, detail->fds, detail->n_fds * sizeof(*fds));
	for (uint32_t i = 0; i < detail->n_fds; i++) {
		int64_t k = (int64_t)fds[i].fd - LISTEN_FIRST;

		if (k < 0 || k >= detail->listen_fds)
			continue;
		fds[i].listen = true;
		fds[i].name = listed_name(names, (uint32_t)k);
	}
	detail->fds = fds;
}

int fdtable_environ_helper(const void *request, size_t len, struct helper_out *out, void **state)
{
	struct fdtable_environ_request want;
	struct procfs_stat st;
	auto_close int proc_fd = procfs_open("/proc");
	char *buf;
	ssize_t n;

	(void)state;
	if (len != sizeof(want) || proc_fd < 0)
		return -EINVAL;
	memcpy(&want, request, sizeof(want));
	buf = xmalloc(ENVIRON_MAX);
	n = procfs_read(proc_fd, want.pid, "environ", buf, ENVIRON_MAX);
	if (n >= 0 && want.start_ticks &&
	    (procfs_read_stat(proc_fd, want.pid, &st) < 0 || st.start_ticks != want.start_ticks))
		n = -ESRCH;
	if (n > 0)
		helper_put(out, buf, (size_t)n);
	free(buf);
	return n < 0 ? (int)n : 0;
}

const char *fdtable_kind_name(enum fd_kind kind)
{
	static const char *const names[FD_KIND_COUNT] = {
		[FD_UNKNOWN] = "unknown",   [FD_FILE] = "file",
		[FD_DIR] = "directory",	    [FD_DEVICE] = "device",
		[FD_PIPE] = "pipe",	    [FD_SOCKET] = "socket",
		[FD_EVENTFD] = "eventfd",   [FD_EPOLL] = "epoll",
		[FD_TIMERFD] = "timerfd",   [FD_SIGNALFD] = "signalfd",
		[FD_INOTIFY] = "inotify",   [FD_FANOTIFY] = "fanotify",
		[FD_PIDFD] = "pidfd",	    [FD_MEMFD] = "memfd",
		[FD_IO_URING] = "io_uring", [FD_USERFAULTFD] = "userfaultfd",
		[FD_BPF] = "bpf",	    [FD_PERF] = "perf_event",
		[FD_NETNS] = "netns",	    [FD_NAMESPACE] = "namespace",
		[FD_ANON] = "anon",
	};

	return kind < FD_KIND_COUNT ? names[kind] : "unknown";
}
