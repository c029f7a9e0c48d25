/*
 * The filter language of SPEC 6, for one pane: text in, a program out that says of a row whether
 * it is wanted. The language is described in doc/inettop-filter.7.
 *
 * A condition about something that is not known of a row (owners not found yet, a mark that needs
 * a capability, an address of another family) is neither true nor false: neither it nor its
 * negation selects the row.
 */
#ifndef INETTOP_VIEW_FILTER_H
#define INETTOP_VIEW_FILTER_H

#include "base/arena.h"
#include "model/diag_expr.h"
#include "view/column.h"

#define FILTER_TEXT_MAX 8192 /* bytes of one filter */
#define FILTER_DEPTH_MAX 64  /* of parentheses, negations and changes between and and or */
#define FILTER_HOST_MAX 8    /* addresses of one host name that are used */

struct filter;

/* Names known at parse time; any function may be NULL (no such names), none may block. */
struct filter_names {
	port_by_name_fn *port; /* /etc/services */
	/* Addresses of a host in /etc/hosts, at most max; returns how many, 0 = unknown name. */
	size_t (*host)(void *ctx, const char *name, size_t len, struct netaddr *ret, size_t max);
	/* Id of the cgroup2 directory at this path, 0 = unknown. Without it paths are compared. */
	uint64_t (*cgroup)(void *ctx, const char *path);
	void *ctx;
	uint16_t ephemeral_first, ephemeral_last; /* ip_local_port_range; 0 = 32768 to 60999 */
};

struct filter_context {
	enum pane pane;
	/* `:P` is the local port only (-t, --kill, --wait, --diff), else either end in Sockets. */
	bool local_only;
	const struct filter_names *names; /* NULL = none; used during the call only */
};

/* kind: a field that exists, but not in this pane, is no mistake where one filter is given for
 * all panes. */
enum filter_error_kind { FILTER_SYNTAX, FILTER_FIELD_UNKNOWN, FILTER_FIELD_ELSEWHERE };

struct filter_error {
	enum filter_error_kind kind;
	size_t offset, len;	/* the token in the text; len 0 at its end */
	char message[120];	/* what was expected; clean, no full stop */
	const char *suggestion; /* a name that may have been meant, static, or NULL */
};

/*
 * Reads len bytes of any kind. 0 with a filter for filter_free(); an empty text gives one that
 * selects everything. -EINVAL (with *ret_error filled in) for a mistake, -E2BIG beyond the limits
 * above. Keeps no pointer into text.
 */
int filter_parse(const struct filter_context *context, const char *text, size_t len,
		 struct filter **ret_filter, struct filter_error *ret_error);
void filter_free(struct filter *filter);

/* Whether the row, one of the filter's pane, is wanted. Keeps caches in filter: one thread. */
bool filter_match(struct filter *filter, const struct row *row, const struct lookup *lookup);

/* Whether patterns cost so much on this snapshot that rows were left out unmatched. */
bool filter_exhausted(const struct filter *filter);

/* Whether it selects everything. */
bool filter_is_empty(const struct filter *filter);

/* NEED_* bits of what it looks at. */
uint64_t filter_needs(const struct filter *filter);

/* Whether the verdict on an unchanged row can change with the time (ages, marks). */
bool filter_time_dependent(const struct filter *filter);

/* Whether it asks for gone rows by name; else machine output has none (SPEC 1). */
bool filter_wants_gone(const struct filter *filter);

/* STATE_BIT and PROTO_BIT masks outside which no row can be wanted. */
uint32_t filter_state_mask(const struct filter *filter);
uint32_t filter_proto_mask(const struct filter *filter);

/* Appends the filter in its canonical form, which parses to the same filter. */
void filter_format(const struct filter *filter, struct strbuf *out);

/* What is known where a dump is made, and which facts about other sockets its rows will show. */
struct filter_push_context {
	uint32_t (*ifindex)(void *ctx, const char *name); /* in that namespace; 0 = unknown */
	void *ctx;
	bool can_mark; /* CAP_NET_ADMIN, or the kernel is asked again without when it refuses */
	bool conns;    /* Sockets: how many connections a listener has */
	bool peers;    /* Sockets: NEED_PEERS */
};

/*
 * What the kernel can decide by itself: every socket that the filter selects, and those whose facts
 * its rows show, pass expr (NULL = all do) and are in the masks; others may pass too. The tree
 * lives in the arena.
 *
 * Two things are not in it: an unaccepted connection is explained by its listener, and an mptcp
 * socket hides tcp sockets. Dump listeners without expr, and mptcp whole.
 */
struct filter_push {
	const struct diag_expr *expr;
	uint32_t states, protos;
};
void filter_pushdown(const struct filter *filter, const struct filter_push_context *context,
		     struct arena *arena, struct filter_push *ret_push);

#endif
