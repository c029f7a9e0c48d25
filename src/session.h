/*
 * A session watches one host: it owns the collector thread, the store and every kernel source, and
 * hands out immutable snapshots. ui and cli know the kernel only through this header.
 *
 * Order at start: session_new() while the process is single-threaded and still has all its rights
 * (it forks the spawner of helper processes), session_open(), session_drop_rights(), then
 * session_start() for a live run or session_once() for one-shot output.
 */
#ifndef INETTOP_SESSION_H
#define INETTOP_SESSION_H

#include "base/strbuf.h"
#include "model/needs.h"
#include "model/snapshot.h"

enum source_mode { SOURCE_AUTO, SOURCE_NETLINK, SOURCE_PROC };
enum owners_mode { OWNERS_AUTO, OWNERS_BPF, OWNERS_PROC };

struct session_config {
	enum source_mode source;
	enum owners_mode owners;
	bool no_bpf, no_runtime, readonly;
	bool complete_first; /* the first tick knows every owner: nothing draws it in a hurry */
	bool probe;	     /* why.probe will be asked for: a helper is forked for it */
	const char *netns;   /* NAME|ID|PID|host|all; NULL = all */
	int64_t interval_ms, hold_ms;
	const char *record; /* file to write a journal of the run to, or NULL */
	const char *replay; /* file to play instead of looking at this host, or NULL */
	double speed;	    /* of the replay, 0 = as it was */
};

struct session;

/* Forks the spawner; cfg is copied, its strings must stay. 0 or -errno. */
int session_new(const struct session_config *cfg, struct session **ret);

/*
 * Opens the sources. 0, or -errno with one clear line in ret_error (no trailing newline): no /proc,
 * no source at all, no such recording; -EINVAL = there is no namespace cfg->netns.
 */
int session_open(struct session *s, struct strbuf *ret_error);
void session_free(struct session *s);

/*
 * Drops the rights that this run will not need (SPEC 8). Call once, after session_open(). A failure
 * to drop is an error: -errno.
 */
int session_drop_rights(const struct session *s);

/* Starts the collector thread. 0 or -errno. */
int session_start(struct session *s);

/* Becomes readable when session_take() has news. */
int session_fd(const struct session *s);

/* Replaces what the ticks read (copied). A change that asks for more starts a tick at once. */
void session_set_needs(struct session *s, const struct needs *needs);
void session_set_interval(struct session *s, int64_t interval_ms);
void session_set_hold(struct session *s, int64_t hold_ms);
void session_set_paused(struct session *s, bool paused);
void session_set_baseline(struct session *s, bool on);
void session_rescan(struct session *s);

/* The newest snapshot, once; NULL if there is none since the last call. Caller releases it. */
const struct snapshot *session_take(struct session *s);
void session_release(const struct snapshot *snap);

/*
 * One complete snapshot, without the thread (not after session_start()). Every owner and process is
 * known or named as unknown; of a replay, the last moment. 0 or -errno with a line in ret_error;
 * the caller releases the snapshot.
 */
int session_once(struct session *s, const struct needs *needs, const struct snapshot **ret,
		 struct strbuf *ret_error);

/* Names for getters; every pointer lives as long as the session. Thread-safe, never blocks. */
struct lookup;
void session_lookup(struct session *s, struct lookup *ret);
void session_set_dns(struct session *s, bool on);

/* --- acting on processes and sockets: TARGET_FORBIDDEN and -EPERM when readonly --- */

struct session_target;

enum target_result {
	TARGET_OPEN, /* pidfd held, start time equals the row's */
	TARGET_SIGNALLED,
	TARGET_DIED,	    /* ended after ms */
	TARGET_ALIVE,	    /* still there when the wait was over */
	TARGET_DENIED,	    /* EPERM */
	TARGET_RECYCLED,    /* the pid belongs to another process now: nothing was sent */
	TARGET_GONE_BEFORE, /* ended before anything was sent */
	TARGET_FORBIDDEN,   /* pid 1, this program or an ancestor of it */
	TARGET_FAILED
};

/* Pins (pid, start_ticks) by pidfd. Never NULL: an unusable target tells why by its result. */
struct session_target *session_target_open(struct session *s, uint32_t pid, uint64_t start_ticks);
enum target_result session_target_result(const struct session_target *t, int64_t *ret_after_ms);
enum target_result session_target_signal(struct session_target *t, int sig);
/*
 * After a signal: what became of it, without blocking. kill_after_ms (-1 never): SIGKILL follows
 * then. Alive after wait_ms is TARGET_ALIVE. Until decided it stays TARGET_SIGNALLED.
 */
enum target_result session_target_poll(struct session_target *t, int64_t kill_after_ms,
				       int64_t wait_ms);
/* The pidfd, readable at the end of the process; -1 none. Stays the target's. */
int session_target_fd(const struct session_target *t);
void session_target_close(struct session_target *t);

/*
 * Asks for SOCK_DESTROY of the socket with this id, by its exact cookie, in its own namespace. The
 * collector does it; session_destroyed() tells once what came of it: 0, -ENOENT gone already,
 * -EPERM, -EBUSY still there, -EOPNOTSUPP. session_fd() becomes readable then.
 */
void session_destroy(struct session *s, uint64_t sock_id);
bool session_destroyed(struct session *s, int *ret_err);

/* --- telling what this host allows, and what the run costs --- */

/* True for a set-user-ID or set-group-ID execution, which must be refused. */
bool session_is_setuid(void);

/* This program and its ancestors, which are never signalled. Returns how many, at most max. */
uint32_t session_protected_pids(const struct session *s, uint32_t *ret_pids, uint32_t max);

/* The cost of the last tick, and which tick that was (0 = none yet). */
uint64_t session_last_stats(struct session *s, struct tick_stats *ret_stats);

/* The table of `inettop --check` (SPEC 2): source in use, why not the better one, capability. */
void session_check(struct session *s, struct strbuf *out);
/* BPF, libproc2 ... as built, for -V. */
const char *session_features(void);

#endif
