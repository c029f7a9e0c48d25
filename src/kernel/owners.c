/*
 * The order of things in a tick, after shared measurements (133000 descriptors: a whole pass costs
 * 370 ms, one fstat per process 0.7 ms):
 *
 * 1. what the dumps lost: the tables that held it are due (a server that closes and opens keeps its
 *    count);
 * 2. one look at every process: new, ended, other count -> due;
 * 3. the due tables, the most telling first, as far as the allowance goes;
 * 4. the rolling pass, oldest table first: at most roll_us, usually 1/400 of a whole pass;
 * 5. while inodes of an earlier tick are still without holder: more of 4, as far as the allowance
 *    goes. The delay of one tick keeps short-lived sockets (closed before we look) from costing a
 *    whole pass each.
 *
 * The search is over for an inode when every table was read after it appeared. The allowance grows
 * by search_us a tick up to twenty times that, so a first scan goes through at once but churn can
 * not make every tick a whole pass.
 */
#include "kernel/owners.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/capabilities.h"
#include "kernel/owners_impl.h"
#include "kernel/procfs.h"

#define ROLL_US 3000
#define ROLL_PART 400
/* A descriptor in /proc, until it was measured. */
#define FD_NS 2600
#define SEARCH_US 50000
#define SEARCH_SAVED 20
#define FLIGHT_US 20000
#define FLIGHT_COMPLETE_US 1000000
#define KEEP_WANTED 65536
/* Descriptors left to the rest of the program. */
#define KEEP_SPARE 256

/* Is this the procfs of our own pid namespace (not a fake tree, not another's)? */
static bool is_real(int proc_fd)
{
	struct statfs fs;
	char text[16];
	ssize_t n = procfs_readlink(proc_fd, 0, "self", text, sizeof(text) - 1);

	if (n <= 0 || fstatfs(proc_fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	text[n] = '\0';
	return procfs_number(text) == getpid();
}

struct owners *owners_new(int proc_fd)
{
	struct owners *own = xcalloc(1, sizeof(*own));
	struct cap_procview view;
	struct stat st;
	uint32_t limit = capabilities_raise_nofile(KEEP_WANTED);

	owners_store_init(own);
	own->proc_fd = proc_fd;
	own->real = is_real(proc_fd);
	own->can_kcmp = own->real;
	own->self = own->real ? (uint32_t)getpid() : 0;
	own->loadavg_fd = own->real ? openat(proc_fd, "loadavg", O_RDONLY | O_CLOEXEC) : -1;
	own->keep_max = !own->real ? 0 : limit > 2 * KEEP_SPARE ? limit - KEEP_SPARE : limit / 4;
	own->bucket_us = INT64_MIN;
	own->info.has_counts =
		own->real && fstatat(proc_fd, "self/fd", &st, 0) == 0 && st.st_size > 0;
	capabilities_procview(proc_fd, &view);
	own->info.pidns = view.pidns;
	own->info.hidepid = view.hides;
	return own;
}

void owners_free(struct owners *own)
{
	if (!own)
		return;
	for (size_t i = 0; i < own->tables.len; i++)
		if (own->tables.data[i].dir_fd >= 0)
			close(own->tables.data[i].dir_fd);
	if (own->loadavg_fd >= 0)
		close(own->loadavg_fd);
	owners_store_done(own);
	free(own);
}

static void take_inodes(struct owners *own, const struct owners_input *in)
{
	for (size_t i = 0; i < in->n_gone; i++) {
		const struct owner *owners;
		uint32_t n = owners_lookup(own, in->gone[i], &owners);

		for (uint32_t j = 0; j < n; j++) {
			uint32_t index = owners_table_find(own, owners[j].pid, owners[j].tid);

			owners_make_due(own, index, DUE_VANISHED);
		}
		owners_unwant(own, in->gone[i]);
	}
	for (size_t i = 0; i < in->n_added; i++)
		owners_want(own, in->added[i]);
}

/* The most urgent first, then the youngest. */
static int compare_due(const void *pa, const void *pb, void *arg)
{
	const struct owners *own = arg;
	const struct table *a = &own->tables.data[*(const uint32_t *)pa];
	const struct table *b = &own->tables.data[*(const uint32_t *)pb];

	if (a->due != b->due)
		return a->due > b->due ? -1 : 1;
	if (a->start_ticks != b->start_ticks)
		return a->start_ticks > b->start_ticks ? -1 : 1;
	return (a->pid < b->pid) - (a->pid > b->pid);
}

static void scan_due(struct owners *own, uint64_t until_us)
{
	const struct scan_limit limit = {.until_us = until_us};
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < own->due.len; i++)
		if (own->tables.data[own->due.data[i]].due)
			own->due.data[n++] = own->due.data[i];
	own->due.len = n;
	qsort_r(own->due.data, n, sizeof(uint32_t), compare_due, own);
	for (size_t i = 0; i < own->due.len; i++) {
		uint32_t index = own->due.data[i];

		if (!own->tables.data[index].due)
			continue; /* read meanwhile, or listed twice */
		if (until_us && owners_cpu_us() > until_us)
			own->due.data[kept++] = index;
		else if (!owners_scan_tail(own, index) && !owners_scan(own, index, &limit))
			own->due.data[kept++] = index;
	}
	own->due.len = kept;
}

static bool all_read(const struct owners *own)
{
	uint32_t oldest = owners_table_oldest(own);

	return !oldest || own->tables.data[oldest].scan_seq == own->seq;
}

/* Reads the oldest tables until the time is up or (search) nothing old is unknown any more. */
static void scan_oldest(struct owners *own, uint64_t until_us, bool search)
{
	const struct scan_limit limit = {.until_us = until_us, .threads = true};

	while (!all_read(own)) {
		uint32_t oldest = owners_table_oldest(own);

		if (until_us && owners_cpu_us() >= until_us)
			break;
		if (search && !hash_count(&own->unknown))
			break;
		owners_scan(own, oldest, &limit);
	}
}

/* Is there an unknown inode that was already there in an earlier tick? */
static bool has_old_unknown(const struct owners *own)
{
	size_t pos = 0;
	uint64_t inode, seq;

	while (hash_next(&own->unknown, &pos, &inode, &seq))
		if (seq < own->seq || !own->info.has_counts)
			return true;
	return false;
}

static uint64_t all_fds(const struct owners *own)
{
	uint64_t fds = 0;

	for (size_t i = 0; i < own->leaders.len; i++) {
		const struct table *table = &own->tables.data[own->leaders.data[i]];

		fds += table->count == UINT32_MAX ? 16 : table->count;
	}
	return fds;
}

uint64_t owners_pass_cost(const struct owners *own)
{
	return own->scan_fds ? own->scan_us * all_fds(own) / own->scan_fds : 0;
}

static uint64_t whole_cost(const struct owners *own)
{
	return own->scan_fds ? owners_pass_cost(own) : all_fds(own) * FD_NS / 1000;
}

static uint64_t roll_us(const struct owners *own, const struct owners_input *in)
{
	uint64_t most = in->roll_us ? in->roll_us : ROLL_US;
	uint64_t wanted = owners_pass_cost(own) / ROLL_PART + 1;

	return wanted < most ? wanted : most;
}

/* The oldest table, when enough ticks have saved up for it. */
static void roll(struct owners *own, const struct owners_input *in)
{
	uint32_t oldest = owners_table_oldest(own);
	const struct table *table = &own->tables.data[oldest];
	uint64_t start = owners_cpu_us(), cost = 0;
	int64_t save = (int64_t)roll_us(own, in);

	if (oldest && own->scan_fds)
		cost = own->scan_us * (table->count == UINT32_MAX ? 16 : table->count) /
		       own->scan_fds;
	own->roll_saved += save;
	if (own->roll_saved < (int64_t)cost && own->roll_saved < ROLL_US)
		return;
	scan_oldest(own, start + (uint64_t)own->roll_saved, false);
	own->roll_saved -= (int64_t)(owners_cpu_us() - start);
}

static void scan_all(struct owners *own, const struct owners_input *in)
{
	int64_t search = in->search_us ? in->search_us : SEARCH_US;
	int64_t most = search * SEARCH_SAVED;
	uint64_t start = owners_cpu_us();

	if (in->complete) {
		scan_oldest(own, 0, false);
		return;
	}
	own->bucket_us = own->bucket_us == INT64_MIN ? most : own->bucket_us + search;
	if (own->bucket_us > most)
		own->bucket_us = most;
	if (own->bucket_us <= 0)
		return;
	scan_due(own, start + (uint64_t)own->bucket_us);
	roll(own, in);
	if (has_old_unknown(own))
		scan_oldest(own, start + (uint64_t)own->bucket_us, true);
	own->bucket_us -= (int64_t)(owners_cpu_us() - start);
}

static void update_info(struct owners *own)
{
	uint32_t oldest = owners_table_oldest(own);

	owners_settle(own, oldest ? own->tables.data[oldest].scan_seq : own->seq);
	own->info.n_denied = 0;
	own->info.denied_pid = 0;
	for (size_t i = 0; i < own->leaders.len; i++) {
		const struct table *table = &own->tables.data[own->leaders.data[i]];

		if (table->denied_errno && !own->info.n_denied++)
			own->info.denied_pid = table->pid;
	}
	own->info.n_unknown = own->n_wanting;
	own->info.n_searching = (uint32_t)hash_count(&own->unknown);
	own->info.complete = all_read(own);
}

static uint64_t begin(struct owners *own)
{
	uint64_t start = owners_cpu_us();

	own->seq++;
	own->info.scanned = 0;
	own->info.scanned_fds = 0;
	own->info.fed = false;
	own->info.search_us = 0;
	vec_clear(&own->exited);
	return start;
}

static void end(struct owners *own, uint64_t start, owners_change_fn *fn, void *ctx)
{
	update_info(own);
	owners_emit(own, fn, ctx);
	own->first_done = true;
	own->info.cpu_us = owners_cpu_us() - start;
}

void owners_rescan(struct owners *own, const uint32_t *pids, size_t n, owners_change_fn *fn,
		   void *ctx)
{
	const struct scan_limit limit = {.threads = true};
	uint64_t start = begin(own);

	owners_sweep(own);
	owners_list(own, true);
	for (size_t i = 0; i < n; i++) {
		uint32_t index = owners_table_find(own, pids[i], 0);

		if (index)
			owners_scan(own, index, &limit);
	}
	end(own, start, fn, ctx);
}

/* ---- another source ---- */

/* NONE: the process has ended since the source looked. */
static uint32_t feed_table(struct owners *own, uint32_t pid, uint32_t tid, bool *listed)
{
	uint32_t index = owners_table_find(own, pid, tid);

	if (index)
		return index;
	if (!owners_table_find(own, pid, 0) && !*listed) {
		owners_list(own, true);
		*listed = true;
	}
	if (!owners_table_find(own, pid, 0) || !tid)
		return owners_table_find(own, pid, 0);
	index = owners_table_add(own, pid, tid);
	if (!owners_keep_dir(own, index))
		own->tables.data[index].dead = true;
	return index;
}

static void fed(struct owners *own, uint32_t index)
{
	struct table *table = &own->tables.data[index];

	table->scan_seq = own->seq;
	table->resume_fd = 0;
	table->scanned_count = 0;
	owners_table_touch(own, index);
}

/* Puts the entries of each table into the store; tables without entries lose theirs. */
static void feed_tables(struct owners *own, const struct owners_entry *entries, size_t n)
{
	bool listed = false;

	for (size_t i = 0; i < n;) {
		const struct owners_entry *first = &entries[i];
		uint32_t index = feed_table(own, first->pid, first->tid, &listed);

		vec_clear(&own->scratch);
		for (; i < n && entries[i].pid == first->pid && entries[i].tid == first->tid; i++) {
			struct entry entry = {entries[i].fd, entries[i].inode};

			if (entry.inode)
				vec_push(&own->scratch, entry);
		}
		if (!index)
			continue;
		owners_merge(own, index, 0, INT64_MAX, own->scratch.data, own->scratch.len);
		fed(own, index);
	}
	for (size_t i = 0; i < own->due.len; i++)
		own->tables.data[own->due.data[i]].due = DUE_NOT;
	vec_clear(&own->due);
}

static void feed_rest(struct owners *own)
{
	while (!all_read(own)) {
		uint32_t index = owners_table_oldest(own);
		const struct table *table = &own->tables.data[index];

		/* PID 1 may refuse to be read by BPF too: only /proc tells that it did. */
		if (table->pid == 1 && !table->tid) {
			owners_scan(own, index, &(struct scan_limit){0});
			continue;
		}
		owners_merge(own, index, 0, INT64_MAX, NULL, 0);
		fed(own, index);
	}
}

/* What reading all tables that are due would take. */
static uint64_t due_cost(const struct owners *own)
{
	uint64_t fds = 0;

	for (size_t i = 0; i < own->due.len; i++) {
		const struct table *table = &own->tables.data[own->due.data[i]];

		if (table->due)
			fds += table->count == UINT32_MAX ? 16 : table->count;
	}
	return own->scan_fds ? own->scan_us * fds / own->scan_fds : fds * FD_NS / 1000;
}

static bool walk(struct owners *own, const struct owners_input *in)
{
	const struct owners_entry *entries;
	size_t n;

	if (in->walk(in->walk_ctx, &entries, &n) < 0)
		return false;
	feed_tables(own, entries, n);
	feed_rest(own);
	own->info.fed = true;
	return true;
}

/* Finds holders, by the cheaper way where there are two. */
static void search(struct owners *own, const struct owners_input *in)
{
	uint64_t start, cost = in->walk ? due_cost(own) : 0;

	if (in->walk && in->complete)
		cost = whole_cost(own);
	if (in->walk && !in->complete && has_old_unknown(own))
		cost += whole_cost(own);
	if (in->walk && cost > in->walk_us && walk(own, in))
		return;
	start = owners_cpu_us();
	scan_all(own, in);
	own->info.search_us = owners_cpu_us() - start;
}

void owners_tick(struct owners *own, const struct owners_input *in, owners_change_fn *fn, void *ctx)
{
	uint64_t start = begin(own);

	take_inodes(own, in);
	owners_sweep(own);
	owners_list(own, in->complete);
	if (!in->no_search)
		search(own, in);
	if (in->in_flight && own->n_wanting)
		owners_find_flight(own, in->complete ? FLIGHT_COMPLETE_US : FLIGHT_US);
	end(own, start, fn, ctx);
}

void owners_feed(struct owners *own, const struct owners_input *in,
		 const struct owners_entry *entries, size_t n, owners_change_fn *fn, void *ctx)
{
	uint64_t start = begin(own);

	take_inodes(own, in);
	owners_sweep(own);
	owners_list(own, false);
	feed_tables(own, entries, n);
	feed_rest(own);
	if (in->in_flight && own->n_wanting)
		owners_find_flight(own, FLIGHT_US);
	own->info.fed = true;
	end(own, start, fn, ctx);
}

/* ---- answers ---- */

const struct owners_info *owners_info(const struct owners *own)
{
	return &own->info;
}

static void fill_proc(const struct owners *own, const struct table *table,
		      struct owners_proc *ret_proc)
{
	bool mine = table->pid == own->self && own->info.has_counts;

	*ret_proc = (struct owners_proc){
		.start_ticks = table->start_ticks,
		.pid = table->pid,
		.ppid = table->ppid,
		.uid = table->uid,
		.fds = table->count + (mine ? own->n_kept : 0),
		.sockets = table->n_holders,
		.is_new = table->is_new,
		.denied = table->denied_errno != 0,
	};
}

const struct owners_proc *owners_procs(struct owners *own, size_t *ret_n)
{
	vec_clear(&own->procs);
	vec_reserve(&own->procs, own->leaders.len);
	for (size_t i = 0; i < own->leaders.len; i++) {
		fill_proc(own, &own->tables.data[own->leaders.data[i]], &own->procs.data[i]);
		own->procs.len++;
	}
	*ret_n = own->procs.len;
	return own->procs.data;
}

bool owners_proc(const struct owners *own, uint32_t pid, struct owners_proc *ret_proc)
{
	uint32_t index = owners_table_find(own, pid, 0);

	if (index)
		fill_proc(own, &own->tables.data[index], ret_proc);
	return index != NONE;
}

const struct owners_proc *owners_exited(const struct owners *own, size_t *ret_n)
{
	*ret_n = own->exited.len;
	return own->exited.data;
}

const struct owners_netns_fd *owners_netns_fds(const struct owners *own, size_t *ret_n)
{
	*ret_n = own->netns_fds.len;
	return own->netns_fds.data;
}

void owners_each_unwanted(const struct owners *own, owners_socket_fn *fn, void *ctx)
{
	uint64_t inode, value;
	size_t pos = 0;

	while (hash_next(&own->inodes, &pos, &inode, &value)) {
		const struct holder *holder;
		const struct table *table;

		if ((value & INODE_WANTED) || INODE_HEAD(value) == NONE)
			continue;
		holder = &own->holders.data[INODE_HEAD(value)];
		table = &own->tables.data[holder->table];
		if (!table->tid && !fn(ctx, (uint32_t)inode, table->pid, holder->fd))
			return;
	}
}

/* Would more rights than ours help to read the tables that refused? */
static bool rights_missing(void)
{
	struct cap_status status[CAPF_COUNT];
	uint64_t mask = 0;

	capabilities_get(&mask);
	capabilities_check(mask, status);
	return !status[CAPF_OWNERS].available;
}

enum owner_status owners_why_unknown(struct owners *own, uint32_t inode, const char **ret_detail,
				     uint32_t *ret_pid)
{
	uint64_t pid = 0;
	bool missing = rights_missing();

	*ret_detail = NULL;
	*ret_pid = 0;
	if (hash_get(&own->ring_inodes, inode, &pid) || (!missing && own->scm_pid)) {
		*ret_detail = pid ? "registered with an io_uring" : "sent over a unix socket";
		*ret_pid = pid ? (uint32_t)pid : own->scm_pid;
		return OWNER_IN_FLIGHT;
	}
	if (hash_get(&own->unknown, inode, NULL))
		return OWNER_PENDING;
	if (own->info.n_denied) {
		*ret_detail =
			missing ? "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH" : "refused even to root";
		return OWNER_DENIED;
	}
	if (own->info.pidns || own->info.hidepid) {
		*ret_detail = own->info.pidns ? "other pid namespace" : "hidepid";
		return OWNER_HIDDEN;
	}
	if (own->scm_pid) {
		*ret_detail = "sent over a unix socket";
		*ret_pid = own->scm_pid;
		return OWNER_IN_FLIGHT;
	}
	return OWNER_UNRESOLVED;
}
