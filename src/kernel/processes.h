/*
 * Facts about processes. What cannot block (stat, comm, uid) is read at once; the rest comes from
 * the PROC helper (libproc2 there, or our own reader with --without-libproc2), one process per
 * request: a process that holds up the readers of its command line costs 200 ms once, is delivered
 * with PROC_STUCK and everything else, and is left alone for a while.
 */
#ifndef INETTOP_KERNEL_PROCESSES_H
#define INETTOP_KERNEL_PROCESSES_H

#include "kernel/helper.h"
#include "model/record.h"

/* A longer command line is cut here. */
#define PROCESSES_CMDLINE_MAX (2u << 20)

struct processes;

/*
 * A process as far as known; bytes are valid during the call. Comes up to twice per wish: at once
 * with the fast facts (have lacks PROC_HAVE_CMDLINE), then whole. rec->have says what is there.
 * container, unit: from the cgroup path (kernel/cgroups.h). user is left NULL (kernel/users.h).
 */
typedef void processes_fn(void *ctx, const struct proc_rec *rec);

struct processes *processes_new(struct helper *h, int proc_fd, processes_fn *fn, void *ctx);
void processes_free(struct processes *p);

/*
 * Asks for a process. start_ticks 0 = whichever has the pid now; else nothing is delivered when the
 * pid was recycled. Asking again while an answer is pending does nothing. Calls fn with the fast
 * facts before returning; the rest comes by helper_collect().
 */
void processes_want(struct processes *p, uint32_t pid, uint64_t start_ticks);

/* Forgets everything about a process that exited. */
void processes_forget(struct processes *p, uint32_t pid);

/*
 * Looks for exec (comm or exe changed) in at most n of the delivered processes, in turn, and asks
 * for those again. now_ms: monotonic; also retries stuck ones whose back-off is over.
 */
void processes_roll(struct processes *p, unsigned n, int64_t now_ms);

/* An exec was seen by other means (proc connector): ask again. */
void processes_exec(struct processes *p, uint32_t pid);

/* Waits until every wish is answered or found stuck, at most timeout_ms (-1 = ever). */
bool processes_wait_all(struct processes *p, int timeout_ms);

unsigned processes_pending(const struct processes *p);
unsigned processes_stuck(const struct processes *p);

/* The HELPER_PROC handler. */
int processes_helper(const void *request, size_t len, struct helper_out *out, void **state);

#endif
