/*
 * What every run without a screen shares: the session, names, output with its errors, waiting for
 * news, time or a signal. SIGINT, SIGTERM and SIGHUP are waited for, so that what was collected is
 * written before the end. SIGPIPE must be ignored (main does that).
 */
#ifndef INETTOP_CLI_LIVE_H
#define INETTOP_CLI_LIVE_H

#include "base/sink.h"
#include "cli/plan.h"
#include "model/lookup.h"
#include "view/value.h"

/* What a shell sees of a program that SIGPIPE ended. */
#define LIVE_EXIT_PIPE (128 + 13)

struct live {
	struct session *session;
	const struct plan *plan;
	struct sink out;
	int out_fd, signal_fd;
	int signal; /* that ended the run, 0 none */
	struct lookup lookup;
	struct value_style style;
	char host[256];
};

enum live_wake { LIVE_NEWS, LIVE_TIME, LIVE_SIGNAL, LIVE_CLOSED };

void live_init(struct live *live, const struct plan *plan, struct session *session);
void live_done(struct live *live);

/* Sets the clocks of lookup and style to now. */
void live_now(struct live *live);

/* One complete snapshot, or NULL after a message on stderr. Free it with session_release(). */
const struct snapshot *live_once(struct live *live, const struct needs *needs);

/*
 * Waits for a readable fd (-1 none), the deadline (monotonic ms, -1 none), a signal, or until
 * whoever reads the output has gone.
 */
enum live_wake live_wait(struct live *live, int fd, int64_t deadline_ms);

/* Starts ticks of interval_ms (the option wins) and waits for their snapshots; NULL = not news. */
int live_start(struct live *live, const struct needs *needs, int64_t interval_ms);
const struct snapshot *live_next(struct live *live, int64_t deadline_ms, enum live_wake *ret_wake);

/* The time between ticks: of -d, else this. */
int64_t live_interval(const struct live *live, int64_t otherwise_ms);

/*
 * Flushes the output. code, or CLI_FATAL after a message when something could not be written; a
 * closed pipe is LIVE_EXIT_PIPE without a message.
 */
int live_end(struct live *live, int code);

#endif
