/*
 * Which rows of a snapshot a run is about, and in which order: pane, families, -a, -p --tree and
 * the filter.
 */
#ifndef INETTOP_CLI_QUERY_H
#define INETTOP_CLI_QUERY_H

#include "base/hash.h"
#include "base/vec.h"
#include "cli/plan.h"
#include "view/filter.h"

struct query {
	const struct plan *plan; /* borrowed */
	enum pane pane;
	struct filter *filter;
	struct hash tree;	 /* pids of -p --tree seen so far */
	VEC(uint32_t) slots;	 /* what query_run() found */
};

/* 0, or -EINVAL with lines (caret under the token, newline at the end) in ret_error. */
int query_init(struct query *q, const struct plan *plan, enum pane pane, struct strbuf *ret_error);
void query_done(struct query *q);

/* What must be read for the rows, beside what their cells need (bits). Borrows nothing. */
void query_needs(const struct query *q, uint64_t bits, struct needs *ret);

/*
 * What the kernel may leave out of a dump for rows that show these facts (filter_pushdown). Not for
 * a run of several ticks, where a row that is no longer wanted must not seem gone.
 */
void query_push(const struct query *q, bool conns, struct arena *arena, struct needs *needs);

/* Notes the members of the process tree; before query_run() and query_has(). */
void query_see(struct query *q, const struct snapshot *snap);

/* Whether one row is wanted. */
bool query_has(struct query *q, const struct row *row, const struct lookup *lookup);

/* Whether the tree, if one is asked for, has this process. */
bool query_has_pid(const struct query *q, uint32_t pid);

/* Fills q->slots, in order. */
void query_run(struct query *q, const struct snapshot *snap, const struct lookup *lookup);

#endif
