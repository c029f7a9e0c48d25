#include "kernel/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/hash.h"
#include "base/vec.h"
#include "kernel/cgroups.h"
#include "kernel/processes_impl.h"
#include "kernel/procfs.h"

#define BACKOFF_MS 5000
#define BACKOFF_MAX_MS 300000

struct known {
	struct processes *owner;
	uint64_t start_ticks;
	uint64_t ticket;    /* pending, 0 = none */
	uint64_t look;	    /* hash of comm and exe when last delivered */
	int64_t retry_ms;   /* stuck: not before */
	int64_t backoff_ms; /* 0 = not stuck */
	uint32_t pid;
	uint32_t index;
};

struct processes {
	struct helper *h;
	int proc_fd;
	processes_fn *fn;
	void *ctx;
	struct hash by_pid; /* -> index in known */
	VEC(struct known *) known;
	size_t cursor;
	unsigned pending, stuck;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct processes *processes_new(struct helper *h, int proc_fd, processes_fn *fn, void *ctx)
{
	struct processes *p = xcalloc(1, sizeof(*p));
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uint64_t)(uintptr_t)p;
	p->h = h;
	p->proc_fd = proc_fd;
	p->fn = fn;
	p->ctx = ctx;
	hash_init(&p->by_pid, seed);
	return p;
}

static struct known *find(const struct processes *p, uint32_t pid)
{
	uint64_t index;

	return hash_get(&p->by_pid, pid, &index) ? p->known.data[index] : NULL;
}

static struct known *add(struct processes *p, uint32_t pid, uint64_t start_ticks)
{
	struct known *known = xcalloc(1, sizeof(*known));

	known->owner = p;
	known->pid = pid;
	known->start_ticks = start_ticks;
	known->index = (uint32_t)p->known.len;
	vec_push(&p->known, known);
	hash_put(&p->by_pid, pid, known->index);
	return known;
}

static void drop(struct processes *p, struct known *known)
{
	struct known *last = p->known.data[--p->known.len];

	if (known->ticket) {
		helper_cancel(p->h, known->ticket);
		p->pending--;
	}
	if (known->backoff_ms)
		p->stuck--;
	p->known.data[known->index] = last;
	last->index = known->index;
	hash_put(&p->by_pid, last->pid, last->index);
	hash_del(&p->by_pid, known->pid);
	free(known);
}

void processes_free(struct processes *p)
{
	if (!p)
		return;
	while (p->known.len)
		drop(p, p->known.data[p->known.len - 1]);
	hash_done(&p->by_pid);
	vec_done(&p->known);
	free(p);
}

void processes_forget(struct processes *p, uint32_t pid)
{
	struct known *known = find(p, pid);

	if (known)
		drop(p, known);
}

/* ---- delivery ---- */

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

/* Changes when the process executes another program. */
static uint64_t look(const struct processes *p, uint32_t pid)
{
	char comm[PROCFS_COMM_MAX], exe[PROCFS_LINK_MAX];
	ssize_t n = procfs_read_comm(p->proc_fd, pid, comm);
	ssize_t m = procfs_readlink(p->proc_fd, pid, "exe", exe, sizeof(exe));

	return mix(mix(0xcbf29ce484222325ull, comm, n > 0 ? (size_t)n : 0), exe,
		   m > 0 ? (size_t)m : 0);
}

static void name_workload(struct proc_rec *rec, struct cgroup_facts *facts)
{
	if (!rec->cgroup.ptr)
		return;
	cgroups_parse(rec->cgroup, facts);
	rec->unit = facts->unit;
	if (!facts->runtime.ptr || facts->monitor)
		return;
	rec->container = (struct container_rec){
		.id = facts->id.ptr ? facts->id : facts->name,
		.name = facts->name,
		.runtime = facts->runtime,
		.pod = facts->pod_uid,
	};
}

/* Hands over what an answer says; text is exe, cgroup path, command line. */
static void deliver(struct processes *p, struct known *known, const struct processes_answer *a,
		    const char *text, uint16_t more)
{
	char comm[PROCFS_COMM_MAX];
	ssize_t n = procfs_read_comm(p->proc_fd, known->pid, comm);
	struct cgroup_facts facts;
	struct proc_rec rec = {
		.pid = known->pid,
		.ppid = a->ppid,
		.start_ticks = known->start_ticks,
		.uid = a->uid,
		.have = a->have | more,
		.state = a->state,
		.exe_deleted = a->exe_deleted,
		.cmdline_cut = a->cmdline_cut,
	};

	if (n >= 0)
		rec.comm = (struct bytes){comm, (uint32_t)n};
	if (a->have & PROC_HAVE_EXE)
		rec.exe = (struct bytes){text, a->exe_len};
	if (a->have & PROC_HAVE_CGROUP)
		rec.cgroup = (struct bytes){text + a->exe_len, a->cgroup_len};
	if (a->have & PROC_HAVE_CMDLINE)
		rec.cmdline = (struct bytes){text + a->exe_len + a->cgroup_len, a->cmdline_len};
	name_workload(&rec, &facts);
	p->fn(p->ctx, &rec);
}

/* The command line is out of reach: everything else, read here. */
static void deliver_stuck(struct processes *p, struct known *known)
{
	struct processes_answer a;
	struct strbuf text;

	strbuf_init(&text, 0);
	if (processes_read_fast(p->proc_fd, known->pid, &a, &text) == 0 &&
	    a.start_ticks == known->start_ticks)
		deliver(p, known, &a, strbuf_str(&text), PROC_STUCK);
	strbuf_done(&text);
}

static void became_stuck(struct processes *p, struct known *known)
{
	if (!known->backoff_ms)
		p->stuck++;
	known->backoff_ms = known->backoff_ms ? 2 * known->backoff_ms : BACKOFF_MS;
	if (known->backoff_ms > BACKOFF_MAX_MS)
		known->backoff_ms = BACKOFF_MAX_MS;
	known->retry_ms = now_ms() + known->backoff_ms;
	deliver_stuck(p, known);
}

static bool is_sound(const struct processes_answer *a, size_t len)
{
	uint64_t sum = (uint64_t)a->exe_len + a->cgroup_len + a->cmdline_len;

	return sum == len - sizeof(*a);
}

static void answered(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
		     bool cut)
{
	struct known *known = ctx;
	struct processes *p = known->owner;
	struct processes_answer a;

	(void)ticket;
	(void)cut;
	known->ticket = 0;
	p->pending--;
	if (status == -ETIMEDOUT || status == -ECONNRESET) {
		became_stuck(p, known);
		return;
	}
	if (status < 0 || len < sizeof(a)) {
		if (status == -ESRCH || status == -ENOENT)
			drop(p, known);
		return;
	}
	memcpy(&a, bytes, sizeof(a));
	if (!is_sound(&a, len))
		return;
	if (known->backoff_ms)
		p->stuck--;
	known->backoff_ms = 0;
	known->look = look(p, known->pid);
	deliver(p, known, &a, (const char *)bytes + sizeof(a), 0);
}

/* ---- wishes ---- */

static void ask(struct processes *p, struct known *known)
{
	struct processes_request request = {.start_ticks = known->start_ticks, .pid = known->pid};

	known->ticket =
		helper_submit(p->h, HELPER_PROC, &request, sizeof(request), answered, known);
	p->pending++;
}

/* Comm, parent, state, uid: what can be had at once. */
static bool deliver_fast(struct processes *p, struct known *known, const struct procfs_stat *st)
{
	struct processes_answer a = {
		.start_ticks = st->start_ticks,
		.ppid = st->ppid,
		.state = st->state,
		.have = PROC_HAVE_STAT,
	};

	if (procfs_read_uid(p->proc_fd, known->pid, &a.uid) < 0)
		return false;
	a.have |= PROC_HAVE_UID;
	deliver(p, known, &a, NULL, 0);
	return true;
}

void processes_want(struct processes *p, uint32_t pid, uint64_t start_ticks)
{
	struct known *known = find(p, pid);
	struct procfs_stat st;

	if (known && known->ticket && (!start_ticks || known->start_ticks == start_ticks))
		return;
	if (procfs_read_stat(p->proc_fd, pid, &st) < 0 ||
	    (start_ticks && st.start_ticks != start_ticks))
		return;
	if (known && known->start_ticks != st.start_ticks) {
		drop(p, known);
		known = NULL;
	}
	if (!known)
		known = add(p, pid, st.start_ticks);
	if (known->backoff_ms && now_ms() < known->retry_ms)
		deliver_stuck(p, known);
	else if (deliver_fast(p, known, &st))
		ask(p, known);
}

void processes_exec(struct processes *p, uint32_t pid)
{
	struct known *known = find(p, pid);

	if (known)
		processes_want(p, pid, known->start_ticks);
}

void processes_roll(struct processes *p, unsigned n, int64_t now)
{
	if (n > p->known.len)
		n = (unsigned)p->known.len;
	for (; n && p->known.len; n--) {
		struct known *known = p->known.data[p->cursor++ % p->known.len];
		bool stuck = known->backoff_ms;

		if (known->ticket)
			continue;
		if (stuck ? now >= known->retry_ms : look(p, known->pid) != known->look)
			processes_want(p, known->pid, known->start_ticks);
	}
}

bool processes_wait_all(struct processes *p, int timeout_ms)
{
	return helper_drain(p->h, HELPER_PROC, timeout_ms) && !p->pending;
}

unsigned processes_pending(const struct processes *p)
{
	return p->pending;
}

unsigned processes_stuck(const struct processes *p)
{
	return p->stuck;
}
