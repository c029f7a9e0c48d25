/* The filter as a whole: parse, make the program, run it, and what others want to know of it. */
#include "view/filter_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/needs.h"

#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_LAST 60999
#define COSTS 4

/* ---- the program ---- */

/* 0 = a few comparisons ... 3 = a pattern over many columns. */
static unsigned int leaf_cost(const struct leaf *leaf)
{
	switch (leaf->kind) {
	case LEAF_TEXT:
		return 3;
	case LEAF_COLUMN:
	case LEAF_USER:
		return leaf->kind == LEAF_COLUMN && !leaf->column.pattern ? 1 : 2;
	case LEAF_TREE:
	case LEAF_PROBLEMS:
	case LEAF_CGROUP:
		return 1;
	default:
		return 0;
	}
}

static unsigned int node_cost(const struct node *node)
{
	unsigned int cost = node->type == NODE_LEAF ? leaf_cost(node->leaf) : 0;

	for (size_t i = 0; i < node->kids.len; i++) {
		unsigned int kid = node_cost(node->kids.data[i]);

		cost = kid > cost ? kid : cost;
	}
	return cost;
}

/*
 * Emits a node, last step first, and returns where it starts. Negations go down to the leaves, so
 * that what is unknown there selects nothing whichever way it is asked. Cheap kids come first.
 */
static uint32_t emit(struct filter *f, const struct node *node, bool negated, uint32_t on_true,
		     uint32_t on_false)
{
	bool is_and = (node->type == NODE_AND) != negated;
	uint32_t next = is_and ? on_true : on_false;

	if (node->type == NODE_NOT)
		return emit(f, node->kids.data[0], !negated, on_true, on_false);
	if (node->type == NODE_LEAF) {
		struct step step = {node->leaf, negated, on_true, on_false};

		vec_push(&f->steps, step);
		return (uint32_t)f->steps.len - 1;
	}
	for (unsigned int cost = COSTS; cost-- > 0;) {
		for (size_t i = node->kids.len; i-- > 0;) {
			const struct node *kid = node->kids.data[i];

			if (node_cost(kid) != cost)
				continue;
			next = is_and ? emit(f, kid, negated, next, on_false)
				      : emit(f, kid, negated, on_true, next);
		}
	}
	return next;
}

/* ---- what can be said of the whole ---- */

struct masks {
	uint32_t states, protos;
};

static const struct masks all_masks = {STATE_MASK_ALL, PROTO_MASK_ALL};

static uint32_t protos_of_family(uint8_t family)
{
	switch (family) {
	case FAM_INET:
	case FAM_INET6:
		return PROTO_MASK_INET;
	case FAM_UNIX:
		return PROTO_BIT(PROTO_UNIX);
	case FAM_PACKET:
		return PROTO_BIT(PROTO_PACKET);
	case FAM_NETLINK:
		return PROTO_BIT(PROTO_NETLINK);
	case FAM_VSOCK:
		return PROTO_BIT(PROTO_VSOCK);
	default:
		return PROTO_MASK_ALL;
	}
}

static struct masks endpoint_masks(const struct endpoint_test *test, bool negated)
{
	struct masks masks = all_masks;
	uint32_t wanted = test->protos ? test->protos : PROTO_MASK_ALL;

	if (!negated)
		masks.protos = wanted & protos_of_family(test->family);
	else if (test->family_named)
		masks.protos = protos_of_family(test->family);
	else if (!test->family && !test->n_hosts && !test->n_ports)
		masks.protos = PROTO_MASK_ALL & ~wanted;
	if (!negated && test->n_hosts)
		masks.protos &= PROTO_MASK_INET;
	return masks;
}

static struct masks leaf_masks(const struct leaf *leaf, bool negated)
{
	struct masks masks = all_masks;

	switch (leaf->kind) {
	case LEAF_STATE:
		masks.states = negated ? STATE_MASK_ALL & ~leaf->states : leaf->states;
		return masks;
	case LEAF_ENDPOINT:
		return endpoint_masks(&leaf->endpoint, negated);
	case LEAF_NAMED_HOST:
		masks.protos = protos_of_family(leaf->host.family);
		return masks;
	default:
		return masks;
	}
}

static struct masks node_masks(const struct node *node, bool negated)
{
	bool is_and = (node->type == NODE_AND) != negated;
	struct masks sum = {0, 0};

	if (node->type == NODE_LEAF)
		return leaf_masks(node->leaf, negated);
	if (node->type == NODE_NOT)
		return node_masks(node->kids.data[0], !negated);
	if (is_and)
		sum = all_masks;
	for (size_t i = 0; i < node->kids.len; i++) {
		struct masks kid = node_masks(node->kids.data[i], negated);

		sum.states = is_and ? sum.states & kid.states : sum.states | kid.states;
		sum.protos = is_and ? sum.protos & kid.protos : sum.protos | kid.protos;
	}
	return sum;
}

static uint64_t text_needs(enum pane pane)
{
	uint64_t needs = 0;
	size_t n;
	const enum column_id *cols = filter_text_columns(pane, &n);

	for (size_t i = 0; i < n; i++)
		needs |= columns[cols[i]].needs;
	return needs;
}

static uint64_t leaf_needs(enum pane pane, const struct leaf *leaf)
{
	if (pane == PANE_PROCESSES && filter_leaf_asks_sockets(leaf))
		return NEED_OWNERS | NEED_CONNS;
	switch (leaf->kind) {
	case LEAF_CGROUP:
		return NEED_CGROUP_PATH;
	case LEAF_AUTOBOUND:
		return NEED_AUTOBOUND;
	case LEAF_COLUMN:
		return columns[leaf->column.col].needs;
	case LEAF_USER:
		return NEED_OWNERS | NEED_PROCS | NEED_USERS;
	case LEAF_PID:
	case LEAF_NUMBER:
		return NEED_OWNERS;
	case LEAF_TREE:
		return NEED_OWNERS | NEED_PROCS | NEED_ALL_PROCS;
	case LEAF_PROBLEMS:
		return NEED_OWNERS | NEED_PROCS | NEED_DROPS | NEED_CONNS | NEED_BOUND;
	case LEAF_TEXT:
		return text_needs(pane);
	default:
		return 0;
	}
}

static bool leaf_moves(const struct leaf *leaf)
{
	if (leaf->kind == LEAF_MARKED || leaf->kind == LEAF_PROBLEMS)
		return true;
	if (leaf->kind != LEAF_COLUMN)
		return false;
	switch (leaf->column.col) {
	case COL_AGE:
	case COL_AGE_S:
	case COL_AGE_MAX_S:
	case COL_TIMER_EXPIRES:
	case COL_MARK:
		return true;
	default:
		return false;
	}
}

static bool says_gone(const struct leaf *leaf)
{
	const struct column_test *test = &leaf->column;

	if (leaf->kind == LEAF_MARKED)
		return leaf->marked == MARK_GONE;
	return leaf->kind == LEAF_COLUMN && test->col == COL_MARK && test->literal.v.str.len == 4 &&
	       !strncasecmp(test->literal.v.str.ptr, "gone", 4);
}

/* An address that names its family speaks for the conditions before it too, as in ss. */
static void spread_family(struct parser *p)
{
	if (!p->family || p->families)
		return;
	for (struct node *node = p->filter->nodes; node; node = node->next) {
		struct endpoint_test *test = node->leaf ? &node->leaf->endpoint : NULL;

		if (!test || node->leaf->kind != LEAF_ENDPOINT || !test->any_number ||
		    test->family || !filter_family_fits(test, p->family))
			continue;
		test->family = p->family;
		test->family_named = true;
	}
}

static void finish(struct filter *f)
{
	struct masks masks = all_masks;

	f->start = STEP_WANTED;
	if (f->root) {
		f->start = emit(f, f->root, false, STEP_WANTED, STEP_REJECTED);
		if (PANES_OF_SOCKETS & PANE_BIT(f->pane))
			masks = node_masks(f->root, false);
	}
	f->states = masks.states;
	f->protos = masks.protos;
	for (size_t i = 0; i < f->steps.len; i++) {
		const struct step *step = &f->steps.data[i];

		f->needs |= leaf_needs(f->pane, step->leaf);
		f->time_dependent |= leaf_moves(step->leaf);
		f->wants_gone |= !step->negated && says_gone(step->leaf);
	}
	filter_pattern_run_reset(&f->run);
}

int filter_parse(const struct filter_context *context, const char *text, size_t len,
		 struct filter **ret_filter, struct filter_error *ret_error)
{
	static const struct filter_names no_names;
	struct filter_context with_names = *context;
	struct filter *f;
	struct parser p;

	*ret_filter = NULL;
	*ret_error = (struct filter_error){0};
	if (!with_names.names)
		with_names.names = &no_names;
	f = xcalloc(1, sizeof(*f));
	arena_init(&f->arena, 1024);
	strbuf_init(&f->scratch, 0);
	f->pane = context->pane;
	f->local_only = context->local_only;
	f->ephemeral_first = with_names.names->ephemeral_first;
	f->ephemeral_last = with_names.names->ephemeral_last;
	if (!f->ephemeral_last) {
		f->ephemeral_first = EPHEMERAL_FIRST;
		f->ephemeral_last = EPHEMERAL_LAST;
	}
	p = (struct parser){
		.filter = f, .context = &with_names, .text = text, .len = len, .error = ret_error};
	if (len > FILTER_TEXT_MAX || filter_parse_text(&p, &f->root) < 0) {
		if (len > FILTER_TEXT_MAX)
			filter_parse_fail(&p, FILTER_SYNTAX, FILTER_TEXT_MAX, len,
					  "the filter is too long", NULL);
		filter_free(f);
		return len > FILTER_TEXT_MAX ? -E2BIG : -EINVAL;
	}
	spread_family(&p);
	finish(f);
	*ret_filter = f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (struct node *node = f->nodes; node; node = node->next)
		vec_done(&node->kids);
	while (f->patterns) {
		struct pattern *next = filter_pattern_next(f->patterns);

		filter_pattern_free(f->patterns);
		f->patterns = next;
	}
	vec_done(&f->steps);
	strbuf_done(&f->scratch);
	arena_done(&f->arena);
	free(f);
}

/* ---- use ---- */

/* What is remembered holds for one snapshot. */
static void meet_snapshot(struct filter *f, const struct snapshot *snap)
{
	if (f->snap == snap && f->epoch == snap->epoch)
		return;
	f->snap = snap;
	f->epoch = snap->epoch;
	for (struct pattern *pt = f->patterns; pt; pt = filter_pattern_next(pt))
		filter_pattern_forget(pt);
	filter_pattern_run_reset(&f->run);
}

bool filter_match(struct filter *f, const struct row *row, const struct lookup *lookup)
{
	uint32_t at = f->start;

	meet_snapshot(f, row->snap);
	while (at < STEP_REJECTED) {
		const struct step *step = &f->steps.data[at];
		enum verdict verdict = filter_leaf_verdict(f, step->leaf, row, lookup);
		bool wanted = step->negated ? verdict == VERDICT_NO : verdict == VERDICT_YES;

		at = wanted ? step->on_true : step->on_false;
	}
	return at == STEP_WANTED;
}

bool filter_exhausted(const struct filter *f)
{
	return f->run.exhausted;
}

bool filter_is_empty(const struct filter *f)
{
	return !f->root;
}

uint64_t filter_needs(const struct filter *f)
{
	return f->needs;
}

bool filter_time_dependent(const struct filter *f)
{
	return f->time_dependent;
}

bool filter_wants_gone(const struct filter *f)
{
	return f->wants_gone;
}

uint32_t filter_state_mask(const struct filter *f)
{
	return f->states;
}

uint32_t filter_proto_mask(const struct filter *f)
{
	return f->protos;
}

static void format_node(const struct node *node, bool outermost, struct strbuf *out)
{
	bool list = node->type == NODE_AND || node->type == NODE_OR;

	if (node->type == NODE_LEAF) {
		strbuf_adds(out, node->leaf->text);
		return;
	}
	if (list && !outermost)
		strbuf_addc(out, '(');
	if (node->type == NODE_NOT)
		strbuf_adds(out, "not ");
	for (size_t i = 0; i < node->kids.len; i++) {
		if (i)
			strbuf_adds(out, node->type == NODE_OR ? " or " : " and ");
		format_node(node->kids.data[i], false, out);
	}
	if (list && !outermost)
		strbuf_addc(out, ')');
}

void filter_format(const struct filter *f, struct strbuf *out)
{
	if (f->root)
		format_node(f->root, true, out);
}
