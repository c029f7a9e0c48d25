/*
 * The helper's side: one process per request. libproc2 (4.0.2) tells ppid, state, start time, user
 * and cgroup. Two facts are read here, because it changes their bytes: PIDS_EXE has '.' where a
 * name has a control character, and PIDS_CMDLINE_V parts arguments at newlines too; nor does it
 * bound a command line (PR_SET_MM_MAP can make one of gigabytes) or tell an empty one from "-".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBPROC2
#include <libproc2/pids.h>
#endif

#include "base/xalloc.h"
#include "kernel/cgroups.h"
#include "kernel/processes_impl.h"
#include "kernel/procfs.h"

#define CGROUP_TEXT_MAX 16384
/* A library that leaks descriptors (libproc2 4.0.6 does) gets a new process at this number. */
#define FD_LEAK_LIMIT 128

/* ---- our own reader ---- */

static void add_exe(int proc_fd, uint32_t pid, struct processes_answer *a, struct strbuf *text)
{
	char exe[PROCFS_LINK_MAX];
	ssize_t n = procfs_readlink(proc_fd, pid, "exe", exe, sizeof(exe));
	size_t len = n > 0 ? (size_t)n : 0;

	if (n == -EACCES || n == -EPERM)
		a->have |= PROC_EXE_DENIED;
	if (n <= 0)
		return;
	a->have |= PROC_HAVE_EXE;
	a->exe_deleted = procfs_cut_deleted(exe, &len);
	a->exe_len = (uint32_t)len;
	strbuf_add(text, exe, len);
}

static void add_cgroup(const char *cgroup, size_t len, struct processes_answer *a,
		       struct strbuf *text)
{
	struct bytes path = cgroups_pick(cgroup, len);

	if (!path.ptr)
		return;
	a->have |= PROC_HAVE_CGROUP;
	a->cgroup_len = path.len;
	strbuf_add(text, path.ptr, path.len);
}

int processes_read_fast(int proc_fd, uint32_t pid, struct processes_answer *ret_answer,
			struct strbuf *text)
{
	struct processes_answer a = {0};
	struct procfs_stat st;
	char cgroup[CGROUP_TEXT_MAX];
	ssize_t n;
	int r = procfs_read_stat(proc_fd, pid, &st);

	if (r < 0)
		return r;
	a.have = PROC_HAVE_STAT;
	a.start_ticks = st.start_ticks;
	a.ppid = st.ppid;
	a.state = st.state;
	if (procfs_read_uid(proc_fd, pid, &a.uid) == 0)
		a.have |= PROC_HAVE_UID;
	add_exe(proc_fd, pid, &a, text);
	n = procfs_read(proc_fd, pid, "cgroup", cgroup, sizeof(cgroup));
	if (n > 0)
		add_cgroup(cgroup, (size_t)n, &a, text);
	*ret_answer = a;
	return 0;
}

/* At most PROCESSES_CMDLINE_MAX bytes. 0 or -errno. */
static int read_cmdline(int proc_fd, uint32_t pid, struct processes_answer *a, struct strbuf *text)
{
	char *buf = xmalloc(PROCESSES_CMDLINE_MAX + 1);
	ssize_t n = procfs_read(proc_fd, pid, "cmdline", buf, PROCESSES_CMDLINE_MAX + 1);
	size_t len = n > 0 ? (size_t)n : 0;

	if (n >= 0) {
		a->have |= PROC_HAVE_CMDLINE;
		a->cmdline_cut = len > PROCESSES_CMDLINE_MAX;
		len = a->cmdline_cut ? PROCESSES_CMDLINE_MAX : len;
		strbuf_add(text, buf, len);
		if (len && buf[len - 1] != '\0') {
			strbuf_addc(text, '\0');
			len++;
		}
		a->cmdline_len = (uint32_t)len;
	}
	free(buf);
	return n < 0 ? (int)n : 0;
}

/* ---- libproc2 ---- */

#ifdef HAVE_LIBPROC2
#if PIDS_VAL_ARGS == 3
#define VALUE(item, type, stack, info) PIDS_VAL(item, type, stack)
#else
#define VALUE(item, type, stack, info) PIDS_VAL(item, type, stack, info)
#endif

enum item { ITEM_PPID, ITEM_TICS, ITEM_STATE, ITEM_EUID, ITEM_CGROUP };

static const enum pids_item items[] = {
	[ITEM_PPID] = PIDS_ID_PPID, [ITEM_TICS] = PIDS_TICS_BEGAN, [ITEM_STATE] = PIDS_STATE,
	[ITEM_EUID] = PIDS_ID_EUID, [ITEM_CGROUP] = PIDS_CGROUP_V,
};

/* The lines of /proc/PID/cgroup, put together again. */
static void add_cgroup_lines(char *const *lines, struct processes_answer *a, struct strbuf *text)
{
	struct strbuf whole;

	strbuf_init(&whole, CGROUP_TEXT_MAX);
	for (; lines && *lines; lines++) {
		strbuf_adds(&whole, *lines);
		strbuf_addc(&whole, '\n');
	}
	add_cgroup(strbuf_str(&whole), whole.len, a, text);
	strbuf_done(&whole);
}

static int read_all(int proc_fd, struct pids_info **info, uint32_t pid, struct processes_answer *a,
		    struct strbuf *text)
{
	unsigned ids[1] = {pid};
	const struct pids_stack *stack;
	struct pids_fetch *fetch;
	/* not const in the library's prototype; it copies them */
	enum pids_item wanted[sizeof(items) / sizeof(items[0])];

	memcpy(wanted, items, sizeof(items));
	if (!*info && procps_pids_new(info, wanted, (int)(sizeof(items) / sizeof(items[0]))) < 0)
		return -ENOMEM;
	fetch = procps_pids_select(*info, ids, 1, PIDS_SELECT_PID);
	if (!fetch || fetch->counts->total < 1)
		return -ESRCH;
	stack = fetch->stacks[0];
	a->have |= PROC_HAVE_STAT | PROC_HAVE_UID;
	a->ppid = (uint32_t)VALUE(ITEM_PPID, s_int, stack, NULL);
	a->start_ticks = VALUE(ITEM_TICS, ull_int, stack, NULL);
	a->state = (char)VALUE(ITEM_STATE, s_ch, stack, NULL);
	a->uid = VALUE(ITEM_EUID, u_int, stack, NULL);
	add_exe(proc_fd, pid, a, text);
	add_cgroup_lines(VALUE(ITEM_CGROUP, strv, stack, NULL), a, text);
	return read_cmdline(proc_fd, pid, a, text);
}
#else
struct pids_info;

static int read_all(int proc_fd, struct pids_info **info, uint32_t pid, struct processes_answer *a,
		    struct strbuf *text)
{
	int r = processes_read_fast(proc_fd, pid, a, text);

	(void)info;
	return r < 0 ? r : read_cmdline(proc_fd, pid, a, text);
}
#endif

/* ---- the handler ---- */

struct reader {
	int proc_fd;
	struct pids_info *info;
	struct strbuf text;
};

static struct reader *get_reader(void **state)
{
	struct reader *reader = *state;

	if (reader)
		return reader;
	reader = xcalloc(1, sizeof(*reader));
	reader->proc_fd = procfs_open("/proc");
	strbuf_init(&reader->text, 2 * PROCESSES_CMDLINE_MAX);
	*state = reader;
	return reader;
}

static bool leaks(void)
{
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);

	if (fd >= 0)
		close(fd);
	return fd < 0 || fd >= FD_LEAK_LIMIT;
}

int processes_helper(const void *request, size_t len, struct helper_out *out, void **state)
{
	struct reader *reader = get_reader(state);
	struct processes_request want;
	struct processes_answer a = {0};
	struct procfs_stat after;
	int r;

	if (len != sizeof(want))
		return -EINVAL;
	memcpy(&want, request, sizeof(want));
	strbuf_reset(&reader->text);
	r = read_all(reader->proc_fd, &reader->info, want.pid, &a, &reader->text);
	if (leaks())
		helper_retire(out);
	if (r < 0)
		return r;
	if (procfs_read_stat(reader->proc_fd, want.pid, &after) < 0 ||
	    after.start_ticks != want.start_ticks || a.start_ticks != want.start_ticks)
		return -ESRCH;
	helper_put(out, &a, sizeof(a));
	helper_put(out, reader->text.data, reader->text.len);
	return 0;
}
