/*
 * Which processes there are, for the price of almost nothing: /proc/loadavg tells the number of
 * threads and the last pid given out; while both stand still no process came or went and /proc
 * need not be listed. The size of /proc/PID/fd (descriptors open, Linux 6.2) is looked at through
 * kept O_PATH descriptors, which also die with their process: a recycled pid cannot be mistaken.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/owners_impl.h"
#include "kernel/procfs.h"

/* List at least this often, whatever loadavg says. */
#define LIST_EVERY 10
/* A process that exits makes us look again at this many that hold the same sockets. */
#define FELLOWS_MAX 64

void owners_dir_name(const struct table *table, char buf[48])
{
	if (table->tid)
		snprintf(buf, 48, "%u/task/%u/fd", table->pid, table->tid);
	else
		snprintf(buf, 48, "%u/fd", table->pid);
}

void owners_make_due(struct owners *own, uint32_t index, enum table_due due)
{
	struct table *table = &own->tables.data[index];

	if (table->kthread)
		return;
	if (!table->due)
		vec_push(&own->due, index);
	if (due > table->due)
		table->due = due;
}

/* Descriptors of the table now; -errno when its process is gone. */
static int64_t look_at_count(const struct owners *own, const struct table *table)
{
	struct stat st;
	char name[48];
	int r;

	if (table->dir_fd >= 0 && own->info.has_counts) {
		r = fstat(table->dir_fd, &st);
	} else {
		owners_dir_name(table, name);
		r = fstatat(own->proc_fd, name, &st, AT_SYMLINK_NOFOLLOW);
	}
	if (r < 0)
		return -errno;
	if (!own->info.has_counts)
		return UINT32_MAX;
	/* what we keep comes and goes with others: it must not hide what changed in our own table
	 */
	return (int64_t)st.st_size - (table->pid == own->self && !table->tid ? own->n_kept : 0);
}

static bool is_gone(int64_t error)
{
	return error == -ENOENT || error == -ESRCH;
}

bool owners_keep_dir(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];
	char name[48];
	int64_t count;

	owners_dir_name(table, name);
	if (own->n_kept < own->keep_max) {
		table->dir_fd = openat(own->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (table->dir_fd >= 0)
			own->n_kept++;
		else if (is_gone(-errno))
			return false;
	}
	count = look_at_count(own, table);
	if (is_gone(count))
		return false;
	table->count = count < 0 ? UINT32_MAX : (uint32_t)count;
	return true;
}

static void fellows_due(struct owners *own, uint32_t index)
{
	unsigned left = FELLOWS_MAX;

	for (uint32_t i = own->tables.data[index].first; i;
	     i = own->holders.data[i].next_in_table) {
		uint32_t other = own->holders.data[i].next ? own->holders.data[i].next
							   : own->holders.data[i].prev;

		if (!other || own->holders.data[other].table == index)
			continue;
		owners_make_due(own, own->holders.data[other].table, DUE_FELLOW);
		if (!--left)
			break;
	}
}

void owners_drop(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];
	uint32_t leader = table->tid ? owners_table_find(own, table->pid, 0) : NONE;

	fellows_due(own, index);
	if (leader)
		owners_make_due(own, leader, DUE_CHANGED);
	if (!table->tid) {
		struct owners_proc ended = {
			.start_ticks = table->start_ticks,
			.pid = table->pid,
			.ppid = table->ppid,
			.uid = table->uid,
			.fds = table->count,
			.sockets = table->n_holders,
		};

		vec_push(&own->exited, ended);
	}
	if (table->dir_fd >= 0) {
		close(table->dir_fd);
		own->n_kept--;
	}
	owners_table_remove(own, index);
}

static int compare_u32(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

static bool collect_pid(void *ctx, uint32_t number)
{
	struct owners *own = ctx;

	if (number)
		vec_push(&own->listed, number);
	return true;
}

/* A new process: NONE if it is gone already. */
static uint32_t add_process(struct owners *own, uint32_t pid)
{
	uint32_t index = owners_table_add(own, pid, 0), parent;
	struct table *table;
	struct procfs_stat st = {0};

	if (!owners_keep_dir(own, index) || procfs_read_stat(own->proc_fd, pid, &st) < 0) {
		if (own->tables.data[index].dir_fd >= 0) {
			close(own->tables.data[index].dir_fd);
			own->n_kept--;
		}
		owners_table_remove(own, index);
		return NONE;
	}
	table = &own->tables.data[index];
	table->ppid = st.ppid;
	table->start_ticks = st.start_ticks;
	table->is_new = own->first_done;
	procfs_read_uid(own->proc_fd, pid, &table->uid);
	table->kthread = st.flags & PROCFS_FLAG_KTHREAD;
	if (table->kthread && table->dir_fd >= 0) {
		close(table->dir_fd);
		own->n_kept--;
		table->dir_fd = -1;
	}
	parent = owners_table_find(own, st.ppid, 0);
	owners_make_due(own, index,
			parent && own->tables.data[parent].n_holders ? DUE_NEW_CHILD : DUE_NEW);
	return index;
}

/* Did processes come or go since the last listing? Sure only if it says no. */
static bool may_have_changed(struct owners *own)
{
	char buf[128];
	unsigned long long threads, last_pid;
	ssize_t n = own->loadavg_fd < 0 ? -1 : pread(own->loadavg_fd, buf, sizeof(buf) - 1, 0);
	bool same;

	if (n <= 0)
		return true;
	buf[n] = '\0';
	if (sscanf(buf, "%*s %*s %*s %*u/%llu %llu", &threads, &last_pid) != 2)
		return true;
	same = threads == own->n_threads && last_pid == own->last_pid;
	own->n_threads = threads;
	own->last_pid = last_pid;
	return !same;
}

static bool read_pids(struct owners *own)
{
	int fd = openat(own->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	vec_clear(&own->listed);
	if (fd < 0)
		return false;
	r = procfs_each_number(fd, 0, collect_pid, own);
	close(fd);
	for (size_t i = 1; i < own->listed.len; i++)
		if (own->listed.data[i] <= own->listed.data[i - 1]) {
			qsort(own->listed.data, own->listed.len, sizeof(uint32_t), compare_u32);
			break;
		}
	return r == 0;
}

void owners_list(struct owners *own, bool force)
{
	VEC(uint32_t) now = {0};
	size_t old = 0;

	if (!may_have_changed(own) && !force && ++own->since_listing < LIST_EVERY)
		return;
	own->since_listing = 0;
	if (!read_pids(own))
		return;
	vec_reserve(&now, own->listed.len);
	for (size_t i = 0; i < own->listed.len; i++) {
		uint32_t pid = own->listed.data[i], index;

		for (; old < own->leaders.len; old++) {
			index = own->leaders.data[old];
			if (own->tables.data[index].pid >= pid)
				break;
			owners_drop(own, index);
		}
		if (old < own->leaders.len && own->tables.data[own->leaders.data[old]].pid == pid)
			index = own->leaders.data[old++];
		else
			index = add_process(own, pid);
		if (index)
			vec_push(&now, index);
	}
	for (; old < own->leaders.len; old++)
		owners_drop(own, own->leaders.data[old]);
	vec_done(&own->leaders);
	own->leaders.data = now.data;
	own->leaders.len = now.len;
	own->leaders.cap = now.cap;
	own->info.n_procs = (uint32_t)now.len;
}

void owners_sweep(struct owners *own)
{
	size_t kept = 0;
	bool ended = false;

	for (uint32_t i = 1; i < own->tables.len; i++) {
		struct table *table = &own->tables.data[i];
		int64_t count;

		if (!table->used || (table->kthread && !table->dead))
			continue;
		table->is_new = false;
		count = table->dead ? -ESRCH : look_at_count(own, table);
		if (is_gone(count)) {
			owners_drop(own, i);
			ended = true;
		} else if (count >= 0 && count != table->count) {
			table->count = (uint32_t)count;
			owners_make_due(own, i, DUE_CHANGED);
		}
	}
	if (!ended)
		return;
	for (size_t i = 0; i < own->leaders.len; i++)
		if (own->tables.data[own->leaders.data[i]].used)
			own->leaders.data[kept++] = own->leaders.data[i];
	own->leaders.len = kept;
	own->since_listing = LIST_EVERY;
}
