/*
 * Signals that never hit a stranger (SPEC section 4): the pidfd is opened first, then the start
 * time is compared with that of the row, so a recycled pid is refused; PID 1, this program and its
 * ancestors are never signalled.
 */
#ifndef INETTOP_KERNEL_ACT_H
#define INETTOP_KERNEL_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum act_result {
	ACT_OK,          /* sent */
	ACT_DIED,        /* the process ended (after_ms) */
	ACT_ALIVE,       /* still there when the wait was over */
	ACT_GONE,        /* had ended before */
	ACT_RECYCLED,    /* the pid belongs to another process now */
	ACT_REFUSED_INIT, /* pid 1 (or 0, or negative) */
	ACT_REFUSED_SELF, /* inettop itself */
	ACT_REFUSED_ANCESTOR,
	ACT_DENIED,      /* EPERM */
	ACT_UNSUPPORTED, /* no pidfd on this kernel */
	ACT_ERROR        /* see err */
};

/* One process that may get a signal. Open while the dialog is open. */
struct act_target {
	uint64_t start_ticks;
	uint32_t pid;
	int pidfd;        /* -1 = not open */
	int err;          /* errno of the last call */
	uint8_t result;   /* enum act_result of the last call */
	bool killed;      /* SIGKILL followed */
	int64_t sent_ms;  /* when the signal was sent, as given */
	int64_t after_ms; /* ACT_DIED: how long after */
};

/*
 * Pins the process (pid, start_ticks). Returns ACT_OK or why not; *ret_target can be passed to the
 * other calls in any case. Nothing is sent.
 */
enum act_result act_open(int proc_fd, uint32_t pid, uint64_t start_ticks,
			 struct act_target *ret_target);
void act_close(struct act_target *target);

/* Sends the signal (1..64; 0 = only ask whether we may). now_ms: monotonic. */
enum act_result act_signal(struct act_target *target, int signo, int64_t now_ms);

/*
 * What became of the signalled targets: looks at each open one that was signalled and is not DIED,
 * without blocking. After kill_after_ms (-1 = never) sends SIGKILL once; after wait_ms marks
 * ACT_ALIVE. Returns how many are still undecided.
 */
size_t act_poll(struct act_target *targets, size_t n, int64_t now_ms, int64_t kill_after_ms,
		int64_t wait_ms);

/* Pids of this process's ancestors, nearest first, at most max. Returns how many. */
size_t act_ancestors(int proc_fd, uint32_t *ret_pids, size_t max);

/* A sentence without the process's name: "ended after 12 ms", "not permitted" ... into buf. */
const char *act_explain(const struct act_target *target, char *buf, size_t size);

/* "TERM", "SIGTERM", "15" -> 15; -EINVAL. Any case. */
int act_parse_signal(const char *text);
/* 15 -> "TERM", NULL if unknown. */
const char *act_signal_name(int signo);

#endif
