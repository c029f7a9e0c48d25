#include "cli/query.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/filter_files.h"

/* ---- the filter ---- */

static size_t shown_width(const char *text, size_t len)
{
	struct strbuf clean;
	size_t width;

	strbuf_init(&clean, 0);
	text_clean(text, len, TEXT_UTF8, &clean);
	width = text_width(strbuf_str(&clean), clean.len);
	strbuf_done(&clean);
	return width;
}

/* The message, the filter and a caret under what is wrong. */
static void explain(const char *text, const struct filter_error *error, struct strbuf *out)
{
	size_t len = strlen(text);
	size_t offset = error->offset < len ? error->offset : len;
	size_t marked = error->len < len - offset ? error->len : len - offset;

	strbuf_addf(out, "%s: filter: %s", PACKAGE_NAME, error->message);
	if (error->suggestion)
		strbuf_addf(out, "; did you mean \"%s\"?", error->suggestion);
	strbuf_adds(out, "\n  ");
	text_clean(text, len, TEXT_UTF8, out);
	strbuf_addf(out, "\n  %*s^", (int)shown_width(text, offset), "");
	for (size_t i = shown_width(text + offset, marked); i > 1; i--)
		strbuf_addc(out, '~');
	strbuf_addc(out, '\n');
}

static int parse(const struct filter_context *context, const char *text, struct filter **ret,
		 struct strbuf *ret_error)
{
	struct filter_error error = {0};
	int err = filter_parse(context, text, strlen(text), ret, &error);

	if (err == -E2BIG && !*error.message)
		strbuf_addf(ret_error, "%s: the filter is too long or too deep\n", PACKAGE_NAME);
	else if (err)
		explain(text, &error, ret_error);
	return err ? -EINVAL : 0;
}

/* The user's own text first: a caret shall point into what was typed. */
static int parse_filter(struct query *q, struct strbuf *ret_error)
{
	const struct plan *plan = q->plan;
	struct filter_names names;
	struct filter_context context = {
		.pane = q->pane,
		.local_only = plan->output == OUTPUT_TERSE || plan->mode == PLAN_KILL ||
			      plan->mode == PLAN_WAIT || plan->mode == PLAN_DIFF ||
			      plan->mode == PLAN_SAVE_BASELINE,
		.names = &names,
	};
	int err = 0;

	filter_files_names(&names);
	if (plan->filter) {
		err = parse(&context, plan->filter, &q->filter, ret_error);
		if (err || !plan->shorthand)
			return err;
		filter_free(q->filter);
		q->filter = NULL;
	}
	return parse(&context, plan->condition ? plan->condition : "", &q->filter, ret_error);
}

int query_init(struct query *q, const struct plan *plan, enum pane pane, struct strbuf *ret_error)
{
	*q = (struct query){.plan = plan, .pane = pane};
	hash_init(&q->tree, 0);
	if (plan->tree)
		hash_put(&q->tree, plan->pid, 1);
	return parse_filter(q, ret_error);
}

void query_done(struct query *q)
{
	filter_free(q->filter);
	q->filter = NULL;
	hash_done(&q->tree);
	vec_done(&q->slots);
}

/* ---- needs ---- */

/* What makes the rows of a pane, whatever cells are shown. */
static uint64_t pane_needs(const struct query *q)
{
	const struct plan *plan = q->plan;
	uint32_t states = filter_state_mask(q->filter);

	switch (q->pane) {
	case PANE_PORTS:
		return plan->all ? NEED_BOUND | NEED_CONNS : 0;
	case PANE_SOCKETS:
		return states & ~STATE_MASK_LISTENERS ? NEED_CONNS | NEED_BOUND : 0;
	case PANE_PROCESSES:
		return NEED_OWNERS | NEED_PROCS | NEED_CONNS | (plan->all ? NEED_ALL_PROCS : 0);
	case PANE_CONTAINERS:
		return NEED_OWNERS | NEED_PROCS | NEED_CONTAINERS;
	case PANE_EVENTS:
		return NEED_OWNERS | NEED_PROCS | NEED_EVENTS;
	case PANE_NAMESPACES:
	case PANE_COUNT:
		break;
	}
	return 0;
}

void query_needs(const struct query *q, uint64_t bits, struct needs *ret)
{
	bits |= pane_needs(q) | filter_needs(q->filter) | NEED_NETNS_ALL;
	if (q->plan->tree)
		bits |= NEED_OWNERS | NEED_PROCS | NEED_ALL_PROCS;
	if (q->plan->sort_col < COL_COUNT && q->pane == q->plan->pane)
		bits |= columns[q->plan->sort_col].needs;
	if (bits & (NEED_TCP_INFO | NEED_RATES)) /* of all rows: nothing is on a screen */
		bits |= NEED_TCP_INFO_ALL | NEED_CONNS;
	*ret = (struct needs){
		.bits = bits,
		.protos = q->plan->settings.families,
	};
}

static uint32_t ifindex_of(void *ctx, const char *name)
{
	(void)ctx;
	return if_nametoindex(name);
}

void query_push(const struct query *q, bool conns, struct arena *arena, struct needs *needs)
{
	struct filter_push_context context = {
		.can_mark = true,
		.conns = conns,
		.peers = needs->bits & NEED_PEERS,
	};
	struct filter_push own, other;

	if (filter_is_empty(q->filter) || (q->pane != PANE_PORTS && q->pane != PANE_SOCKETS))
		return;
	if (!(needs->bits & (NEED_CONNS | NEED_CONN_COUNTS))) /* listeners only: all are needed */
		return;
	filter_pushdown(q->filter, &context, arena, &other);
	context.ifindex = ifindex_of;
	filter_pushdown(q->filter, &context, arena, &own);
	needs->push = (struct needs_push){true, own.expr, other.expr, own.states, own.protos};
}

/* ---- rows ---- */

void query_see(struct query *q, const struct snapshot *snap)
{
	size_t before;

	if (!q->plan->tree)
		return;
	do {
		before = hash_count(&q->tree);
		for (uint32_t i = 0; i < snap->n_procs; i++) {
			const struct proc *p = snap->procs[i];

			if (p && !p->head.gone && (p->r.have & PROC_HAVE_STAT) &&
			    hash_get(&q->tree, p->r.ppid, NULL))
				hash_put(&q->tree, p->r.pid, 1);
		}
	} while (hash_count(&q->tree) > before);
}

bool query_has_pid(const struct query *q, uint32_t pid)
{
	return !q->plan->tree || (pid && hash_get(&q->tree, pid, NULL));
}

static bool any_in_tree(const struct query *q, const struct owner *owners, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (query_has_pid(q, owners[i].pid))
			return true;
	return false;
}

static bool in_tree(const struct query *q, const struct row *row)
{
	const struct port *port = row->obj;
	const struct sock *sock = row->obj;
	const struct proc *proc = row->obj;
	const struct event *event = row->obj;

	switch ((enum pane)row->pane) {
	case PANE_PORTS:
		return any_in_tree(q, port->owners, port->n_owners);
	case PANE_SOCKETS:
		return any_in_tree(q, sock->owners, sock->n_owners);
	case PANE_PROCESSES:
		return query_has_pid(q, proc->r.pid);
	case PANE_EVENTS:
		return query_has_pid(q, event->pid);
	case PANE_NAMESPACES:
	case PANE_CONTAINERS:
	case PANE_COUNT:
		break;
	}
	return true;
}

/* What the pane lists by itself. */
static bool in_pane(const struct query *q, const struct row *row)
{
	const struct plan *plan = q->plan;
	const struct port *port = row->obj;
	const struct sock *sock = row->obj;
	const struct proc *proc = row->obj;

	switch ((enum pane)row->pane) {
	case PANE_PORTS:
		return (plan->all || port->is_listener || !port->n_socks) &&
		       (plan->settings.families & PROTO_BIT(port->proto));
	case PANE_SOCKETS:
		return plan->settings.families & PROTO_BIT(sock->r.proto);
	case PANE_PROCESSES:
		return plan->all || proc->n_socks;
	case PANE_NAMESPACES:
	case PANE_CONTAINERS:
	case PANE_EVENTS:
	case PANE_COUNT:
		break;
	}
	return true;
}

bool query_has(struct query *q, const struct row *row, const struct lookup *lookup)
{
	const struct row_head *head = row_head(row);

	if (head && head->gone && !filter_wants_gone(q->filter))
		return false;
	if (!in_pane(q, row) || (q->plan->tree && !in_tree(q, row)))
		return false;
	return filter_is_empty(q->filter) || filter_match(q->filter, row, lookup);
}

/* ---- order ---- */

#define KEYS_MAX 4

struct order {
	const struct query *q;
	const struct snapshot *snap;
	const struct lookup *lookup;
	struct sort_key keys[KEYS_MAX];
	size_t n_keys;
};

struct sorted {
	struct value first; /* of the first key: the others are only looked at when it is equal */
	uint32_t slot;
};

/* Unknown values come last in either direction. */
static int compare(const struct value *a, const struct value *b, bool descending)
{
	int order = value_compare(a, b);
	bool unknown = a->type <= VALUE_PENDING || b->type <= VALUE_PENDING;

	return descending && !unknown ? (order < 0) - (order > 0) : order;
}

static void key_value(const struct order *order, size_t key, uint32_t slot, struct value *ret)
{
	struct row row;

	*ret = (struct value){0};
	if (row_at(order->snap, order->q->pane, slot, &row))
		column_get(order->keys[key].col, &row, order->lookup, ret);
}

static int compare_rows(const void *va, const void *vb, void *ctx)
{
	const struct sorted *a = va, *b = vb;
	const struct order *order = ctx;
	struct value x, y;
	int result = compare(&a->first, &b->first, order->keys[0].descending);

	for (size_t i = 1; !result && i < order->n_keys; i++) {
		key_value(order, i, a->slot, &x);
		key_value(order, i, b->slot, &y);
		result = compare(&x, &y, order->keys[i].descending);
	}
	return result ? result : (a->slot > b->slot) - (a->slot < b->slot);
}

static void choose_keys(struct order *order)
{
	const struct plan *plan = order->q->plan;
	const struct sort_key *own;
	size_t n;

	if (plan->sort_col < COL_COUNT && plan->pane == order->q->pane)
		order->keys[order->n_keys++] =
			(struct sort_key){plan->sort_col, plan->sort_descending};
	own = pane_sort(order->q->pane, &n);
	for (size_t i = 0; i < n && order->n_keys < KEYS_MAX; i++)
		order->keys[order->n_keys++] = own[i];
}

static void sort_slots(struct query *q, const struct snapshot *snap, const struct lookup *lookup)
{
	struct order order = {.q = q, .snap = snap, .lookup = lookup};
	struct sorted *rows = xcalloc(q->slots.len, sizeof(*rows));

	choose_keys(&order);
	for (size_t i = 0; i < q->slots.len; i++) {
		rows[i].slot = q->slots.data[i];
		key_value(&order, 0, rows[i].slot, &rows[i].first);
	}
	qsort_r(rows, q->slots.len, sizeof(*rows), compare_rows, &order);
	for (size_t i = 0; i < q->slots.len; i++)
		q->slots.data[i] = rows[i].slot;
	free(rows);
}

void query_run(struct query *q, const struct snapshot *snap, const struct lookup *lookup)
{
	struct row row;

	vec_clear(&q->slots);
	query_see(q, snap);
	for (uint32_t i = 0; i < row_slots(snap, q->pane); i++)
		if (row_at(snap, q->pane, i, &row) && query_has(q, &row, lookup))
			vec_push(&q->slots, i);
	sort_slots(q, snap, lookup);
}
