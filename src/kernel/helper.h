/*
 * Work that can block is done by helper processes, which can be killed. A thread would not do: only
 * killing the process frees a reader that a hostile process holds in D state.
 *
 * helper_start() forks a single-threaded spawner before any thread exists and before privileges are
 * dropped; the spawner forks one helper per kind on demand, kills and reaps it. Helpers have no
 * terminal, no inherited descriptors, default signals, RLIMIT_CORE 0, only the capabilities of
 * their kind, and die with their parent.
 *
 * A kind's helper answers its requests one after another. When one makes no progress for its
 * timeout, that request alone fails with -ETIMEDOUT: the helper is killed, a new one goes on with
 * the next request.
 *
 * The client side is for one thread.
 */
#ifndef INETTOP_KERNEL_HELPER_H
#define INETTOP_KERNEL_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum helper_kind {
	HELPER_PROC,    /* process facts (processes.h) */
	HELPER_USER,    /* uid -> name, NSS may ask LDAP (users.h) */
	HELPER_DNS,     /* address -> name */
	HELPER_RUNTIME, /* container runtimes over their sockets */
	HELPER_ENVIRON, /* environment of one process (fdtable.h) */
	HELPER_KIND_COUNT
};

/* Longest request, longest answer that is kept (the rest is dropped and `cut` set). */
#define HELPER_REQUEST_MAX 4096
#define HELPER_ANSWER_MAX (4u << 20)

struct helper;
struct helper_out;

/* ---- in the helper process ---- */

/*
 * Answers one request: adds bytes to out, returns 0 or -errno (the status of the answer). *state is
 * NULL at the first call and kept for the life of the process. May block; may be killed any time.
 */
typedef int helper_handler(const void *request, size_t len, struct helper_out *out, void **state);

/* Adds bytes to the answer; what exceeds HELPER_ANSWER_MAX is dropped and the answer marked cut. */
void helper_put(struct helper_out *out, const void *bytes, size_t len);

/* Asks for a fresh process after this answer (a library leaks, memory grew). */
void helper_retire(struct helper_out *out);

struct helper_spec {
	helper_handler *handler;  /* NULL: the kind is absent, requests fail with -ENOSYS */
	uint64_t keep_caps;       /* 1 << CAP_*: what the helper keeps of what we have */
	uint32_t timeout_ms;      /* no progress for this long = stuck */
	uint32_t memory_mb;       /* RLIMIT_AS, 0 = unlimited (sanitizer builds ignore it) */
};

/* ---- in the program ---- */

/*
 * Forks the spawner. specs[kind] describe the kinds and must stay as they are while helpers run;
 * kernel/helper_specs.h has ours. 0 or -errno.
 */
int helper_start(const struct helper_spec specs[HELPER_KIND_COUNT], struct helper **ret_helper);

/* Ends spawner and helpers, drops what is queued without calling back. */
void helper_free(struct helper *h);

/*
 * The answer to a request: status 0 or -errno (-ETIMEDOUT stuck, -ECONNRESET the helper died on it,
 * -ENOSYS no such kind, -EBUSY too many waiting). bytes are valid during the call. It may submit
 * and cancel requests, not collect.
 */
typedef void helper_done_fn(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
			    bool cut);

/* Queues a request (copied). Returns its ticket, never 0; the answer comes by helper_collect(). */
uint64_t helper_submit(struct helper *h, enum helper_kind kind, const void *request, size_t len,
		       helper_done_fn *fn, void *ctx);

/* Forgets a request: it is not called back. A running one runs on. */
void helper_cancel(struct helper *h, uint64_t ticket);

/* Readable when helper_collect() has something to do; stays the helper's. */
int helper_fd(const struct helper *h);

/* Milliseconds until helper_collect() must run for a deadline, -1 = none is running. */
int helper_wait_ms(const struct helper *h);

/* Takes answers, enforces deadlines, sends more requests; never blocks. Returns answers given. */
unsigned helper_collect(struct helper *h);

/* helper_collect() until nothing of this kind is pending or timeout_ms (-1 = ever) passed. */
bool helper_drain(struct helper *h, enum helper_kind kind, int timeout_ms);

/* Requests not answered yet. */
unsigned helper_pending(const struct helper *h, enum helper_kind kind);

/* Pid of the running helper of a kind, 0 = none (tests, --stats). */
uint32_t helper_pid(const struct helper *h, enum helper_kind kind);

/* Whether the spawner is gone (killed from outside): no helper will ever answer again. */
bool helper_lost(const struct helper *h);

/* CPU microseconds used by all helpers so far, running and ended (for --stats). */
uint64_t helper_cpu_us(const struct helper *h);

#endif
