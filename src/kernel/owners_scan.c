/*
 * Reading descriptor tables. Each descriptor costs about 2.5 us (a dentry, a ptrace check, a link),
 * so the art is in what is not read. d_type and st_mode say nothing about sockets; the text of the
 * link does. The offset of a PID/fd directory is fd + 2 (fs/proc/fd.c, proc_readfd_common), so a
 * scan can stop and go on, and can start behind the highest descriptor seen before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/owners_impl.h"
#include "kernel/procfs.h"

/* Smaller tables are read whole rather than at their end. */
#define FAT_FDS 512
/* Look at the clock once in so many descriptors. */
#define CLOCK_EVERY 64

struct scan {
	struct owners *own;
	struct table *table;
	uint64_t until_us;
	uint32_t n_fds;
	int32_t last_fd;
	int dir_fd;
	int err;
	bool stopped, sorted;
};

uint64_t owners_cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static const char *decimal(uint32_t number, char buf[12])
{
	char *p = buf + 11;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while (number /= 10);
	return p;
}

/* Links that tell of sockets without being one. */
static void note_special(struct scan *scan, uint32_t fd, const char *text, size_t len)
{
	struct owners *own = scan->own;
	uint32_t inode = procfs_link_inode(text, len, "net");

	if (scan->table->tid)
		return;
	if (inode) {
		struct owners_netns_fd rec = {scan->table->pid, inode, (int32_t)fd};

		vec_push(&own->netns_fds, rec);
	} else if (len == 21 && memcmp(text, "anon_inode:[io_uring]", 21) == 0) {
		struct ring_fd ring = {scan->table->pid, (int32_t)fd};

		vec_push(&own->rings, ring);
	}
}

static bool scan_entry(void *ctx, uint32_t fd)
{
	struct scan *scan = ctx;
	char name[12], text[64];
	ssize_t len = readlinkat(scan->dir_fd, decimal(fd, name), text, sizeof(text));
	struct entry entry = {.fd = (int32_t)fd};

	if (len < 0 && errno == ENOENT)
		return true;
	if (len < 0) {
		scan->err = -errno;
		return false;
	}
	scan->n_fds++;
	scan->sorted = scan->sorted && entry.fd > scan->last_fd;
	scan->last_fd = entry.fd;
	entry.inode = procfs_link_inode(text, (size_t)len, "socket");
	if (entry.inode)
		vec_push(&scan->own->scratch, entry);
	else
		note_special(scan, fd, text, (size_t)len);
	if (scan->until_us && scan->n_fds % CLOCK_EVERY == 0 && owners_cpu_us() > scan->until_us)
		scan->stopped = true;
	return !scan->stopped;
}

static int open_table(const struct owners *own, const struct table *table)
{
	char name[48];
	int fd;

	if (table->dir_fd >= 0) {
		fd = openat(table->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		owners_dir_name(table, name);
		fd = openat(own->proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

static int compare_entry(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return (a->fd > b->fd) - (a->fd < b->fd);
}

static void forget_specials(struct owners *own, uint32_t pid, int32_t from, int64_t to)
{
	size_t n = 0;

	for (size_t i = 0; i < own->netns_fds.len; i++) {
		const struct owners_netns_fd *rec = &own->netns_fds.data[i];

		if (rec->pid != pid || rec->fd < from || rec->fd >= to)
			own->netns_fds.data[n++] = *rec;
	}
	own->netns_fds.len = n;
	n = 0;
	for (size_t i = 0; i < own->rings.len; i++) {
		const struct ring_fd *ring = &own->rings.data[i];

		if (ring->pid != pid || ring->fd < from || ring->fd >= to)
			own->rings.data[n++] = *ring;
	}
	own->rings.len = n;
}

/* Reads [from, end) or as far as time allows and puts it into the store. */
static int scan_range(struct owners *own, uint32_t index, int32_t from, struct scan *ret_scan)
{
	struct scan scan = {
		.own = own,
		.table = &own->tables.data[index],
		.until_us = ret_scan->until_us,
		.last_fd = from - 1,
		.sorted = true,
	};
	auto_close int dir_fd = open_table(own, scan.table);
	size_t n_netns = own->netns_fds.len, n_rings = own->rings.len;
	int64_t to;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	vec_clear(&own->scratch);
	if (!scan.table->tid && (n_netns || n_rings))
		forget_specials(own, scan.table->pid, from, INT64_MAX);
	scan.dir_fd = dir_fd;
	r = procfs_each_number(dir_fd, from ? (uint32_t)from + 2 : 0, scan_entry, &scan);
	if (r == 0)
		r = scan.err;
	if (r < 0)
		return r;
	if (!scan.sorted && own->scratch.len)
		qsort(own->scratch.data, own->scratch.len, sizeof(struct entry), compare_entry);
	to = scan.stopped ? (int64_t)scan.last_fd + 1 : INT64_MAX;
	owners_merge(own, index, from, to, own->scratch.data, own->scratch.len);
	own->info.scanned_fds += scan.n_fds;
	own->scan_fds += scan.n_fds;
	*ret_scan = scan;
	return 0;
}

/* ---- threads ---- */

static bool collect_tid(void *ctx, uint32_t number)
{
	struct owners *own = ctx;

	vec_push(&own->tids, number);
	return true;
}

/* Whether two tasks share their descriptor table: 1, 0, or -errno. */
static int shares_table(const struct owners *own, uint32_t a, uint32_t b)
{
	long r;

	if (!own->can_kcmp)
		return -ENOSYS;
	r = syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);
	return r < 0 ? -errno : r == 0;
}

/* The same descriptors with the same sockets: for want of kcmp taken as the same table. */
static bool looks_same(const struct owners *own, uint32_t a, uint32_t b)
{
	const struct holder *h = own->holders.data;
	uint32_t i = own->tables.data[a].first, j = own->tables.data[b].first;

	while (i && j && h[i].fd == h[j].fd && h[i].inode == h[j].inode) {
		i = h[i].next_in_table;
		j = h[j].next_in_table;
	}
	return !i && !j;
}

/* Whether the thread has a table of its own that is not known through another thread. */
static bool has_own_table(const struct owners *own, uint32_t pid, uint32_t tid)
{
	int shares = shares_table(own, pid, tid);

	if (shares == -ESRCH || shares > 0)
		return false;
	for (size_t i = 0; shares == 0 && i < own->tids.len && own->tids.data[i] != tid; i++)
		if (owners_table_find(own, pid, own->tids.data[i]) &&
		    shares_table(own, own->tids.data[i], tid) > 0)
			return false;
	return true;
}

static void scan_thread(struct owners *own, uint32_t leader, uint32_t tid)
{
	uint32_t pid = own->tables.data[leader].pid, index;
	const struct scan_limit no_limit = {0};

	if (owners_table_find(own, pid, tid) || !has_own_table(own, pid, tid))
		return;
	index = owners_table_add(own, pid, tid);
	own->tables.data[index].start_ticks = own->tables.data[leader].start_ticks;
	own->tables.data[index].uid = own->tables.data[leader].uid;
	if (!owners_keep_dir(own, index))
		own->tables.data[index].dead = true;
	else
		owners_scan(own, index, &no_limit);
	if (!own->can_kcmp && looks_same(own, leader, index))
		owners_drop(own, index);
}

static void scan_threads(struct owners *own, uint32_t leader)
{
	uint32_t pid = own->tables.data[leader].pid;
	char name[32];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%u/task", pid);
	if (own->real && fstatat(own->proc_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_nlink == 3)
		return;
	fd = procfs_opendir(own->proc_fd, pid, "task");
	if (fd < 0)
		return;
	vec_clear(&own->tids);
	procfs_each_number(fd, 0, collect_tid, own);
	close(fd);
	for (size_t i = 0; i < own->tids.len; i++)
		if (own->tids.data[i] != pid)
			scan_thread(own, leader, own->tids.data[i]);
}

/* ---- one table ---- */

/* Without a kept descriptor the pid may be somebody else's by now. */
static bool still_the_same(const struct owners *own, const struct table *table)
{
	struct procfs_stat st;

	if (table->dir_fd >= 0 || table->tid)
		return true;
	return procfs_read_stat(own->proc_fd, table->pid, &st) == 0 &&
	       st.start_ticks == table->start_ticks;
}

static void scan_failed(struct owners *own, uint32_t index, int err)
{
	struct table *table = &own->tables.data[index];

	owners_merge(own, index, 0, INT64_MAX, NULL, 0);
	table = &own->tables.data[index];
	if (err == -EACCES || err == -EPERM)
		table->denied_errno = -err;
	else
		table->dead = err == -ENOENT || err == -ESRCH;
}

static void scan_done(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];

	table->resume_fd = 0;
	table->due = DUE_NOT;
	table->scan_seq = table->partial_seq;
	owners_table_touch(own, index);
}

/*
 * The files of a leader that ended before its threads belong to root, whoever ran it (it has no
 * memory any more, fs/proc/base.c, task_dump_owner): a refusal there hides nothing.
 */
static bool is_dead_leader(const struct owners *own, const struct table *table)
{
	struct procfs_stat st;

	return !table->tid && (table->count == 0 || !own->info.has_counts) &&
	       procfs_read_stat(own->proc_fd, table->pid, &st) == 0 && st.state == 'Z';
}

/* The table's descriptors as far as time allows: -errno, or 0. */
static int scan_table(struct owners *own, uint32_t index, struct scan *scan)
{
	struct table *table = &own->tables.data[index];
	uint64_t start = owners_cpu_us();
	int r;

	if (!own->real || !table->resume_fd) {
		table->resume_fd = 0;
		table->partial_seq = own->seq;
		table->max_fd = -1;
	}
	if (!own->real)
		scan->until_us = 0;
	own->info.scanned++;
	r = still_the_same(own, table) ? 0 : -ESRCH;
	if (r == 0 && !table->kthread)
		r = scan_range(own, index, table->resume_fd, scan);
	own->scan_us += owners_cpu_us() - start;
	if (r == -EACCES && is_dead_leader(own, table)) {
		owners_merge(own, index, 0, INT64_MAX, NULL, 0);
		r = 0;
	}
	return r;
}

bool owners_scan(struct owners *own, uint32_t index, const struct scan_limit *limit)
{
	struct scan scan = {.until_us = limit->until_us, .last_fd = -1};
	int r = scan_table(own, index, &scan);
	struct table *table = &own->tables.data[index];
	bool empty;

	if (r < 0)
		scan_failed(own, index, r);
	else
		table->denied_errno = 0;
	if (r < 0 || table->kthread) {
		scan_done(own, index);
		return true;
	}
	if (scan.last_fd > table->max_fd)
		table->max_fd = scan.last_fd;
	if (scan.stopped) {
		table->resume_fd = scan.last_fd + 1;
		return false;
	}
	empty = table->max_fd < 0;
	table->scanned_count = table->count;
	scan_done(own, index);
	if (!table->tid && (limit->threads || empty))
		scan_threads(own, index);
	return true;
}

bool owners_scan_tail(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];
	struct scan scan = {0};
	uint32_t gained;

	if (!own->real || table->scanned_count < FAT_FDS || table->resume_fd ||
	    table->count == UINT32_MAX || table->count <= table->scanned_count)
		return false;
	/* our own scan adds a descriptor to our own table */
	if (table->pid == own->self)
		return false;
	gained = table->count - table->scanned_count;
	if (scan_range(own, index, table->max_fd + 1, &scan) < 0 || scan.n_fds != gained)
		return false;
	own->info.scanned++;
	table = &own->tables.data[index];
	table->max_fd = scan.last_fd;
	table->scanned_count = table->count;
	table->due = DUE_NOT;
	return true;
}
