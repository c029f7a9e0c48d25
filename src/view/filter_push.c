/*
 * What the kernel can decide. A condition it cannot decide becomes "all pass" (NULL), in either
 * sense: so the result lets through at least what the filter selects. Negations go down to the
 * leaves first, and a leaf may be negated only if every socket that passes it fulfils it.
 *
 * A wanted row can show facts of other sockets. Those are let through by the same tree, translated
 * once more for what such a socket has in common with the row: the connections of a listener its
 * local port and device and, unless it is the wildcard, its address; the other end of a local
 * connection the addresses and ports, swapped.
 */
#include "view/filter_internal.h"

#include <string.h>
#include <sys/socket.h>

#include "model/needs.h"

/* Which sockets are to pass: the wanted ones, connections of wanted listeners, peers. */
enum side { SIDE_ROW, SIDE_CONNECTION, SIDE_PEER };

struct push {
	const struct filter *filter;
	const struct filter_push_context *context;
	struct arena *arena;
	enum side side;
};

/* Rows in other states have no peer. */
#define STATE_MASK_ALONE                                                                           \
	(STATE_MASK_LISTENERS | STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_BOUND))

typedef const struct diag_expr expr;

static struct diag_expr *new_expr(const struct push *push, enum diag_op op)
{
	struct diag_expr *e = arena_alloc(push->arena, sizeof(*e));

	memset(e, 0, sizeof(*e));
	e->op = op;
	e->port = -1;
	return e;
}

static expr *pair(const struct push *push, enum diag_op op, expr *left, expr *right)
{
	struct diag_expr *e = new_expr(push, op);

	e->left = left;
	e->right = right;
	return e;
}

static expr * not(const struct push *push, expr *kid)
{
	return kid ? pair(push, DIAG_NOT, kid, NULL) : NULL;
}

/* Joins n of them in halves, as the depth of a tree is limited; none of them is NULL. */
static expr *join(const struct push *push, enum diag_op op, expr **kids, size_t n)
{
	if (n == 1)
		return kids[0];
	return pair(push, op, join(push, op, kids, n / 2), join(push, op, kids + n / 2, n - n / 2));
}

/* AND leaves out what the kernel cannot decide, OR with such a part is not decided at all. */
static expr *join_some(const struct push *push, enum diag_op op, expr **kids, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (kids[i])
			kids[known++] = kids[i];
	if (!known || (op == DIAG_OR && known < n))
		return NULL;
	return join(push, op, kids, known);
}

static expr *host(const struct push *push, enum diag_op op, const struct netprefix *prefix)
{
	struct diag_expr *e = new_expr(push, op);

	e->prefix = *prefix;
	return e;
}

static expr *port(const struct push *push, enum diag_op op, uint32_t number)
{
	struct diag_expr *e = new_expr(push, op);

	e->port = (int32_t)number;
	return e;
}

/* FIRST..LAST of one end; NULL when there is nothing to ask. */
static expr *range(const struct push *push, bool remote, const struct port_range *ports)
{
	expr *parts[2];
	size_t n = 0;

	if (ports->first > UINT16_MAX)
		return not(push, new_expr(push, DIAG_TRUE));
	if (ports->first == ports->last)
		return port(push, remote ? DIAG_DPORT_EQ : DIAG_SPORT_EQ, ports->first);
	if (ports->first)
		parts[n++] = port(push, remote ? DIAG_DPORT_GE : DIAG_SPORT_GE, ports->first);
	if (ports->last < UINT16_MAX)
		parts[n++] = port(push, remote ? DIAG_DPORT_LE : DIAG_SPORT_LE, ports->last);
	return n ? join(push, DIAG_AND, parts, n) : new_expr(push, DIAG_TRUE);
}

static expr *nothing(const struct push *push)
{
	return not(push, new_expr(push, DIAG_TRUE));
}

static bool has_wildcard(const struct netprefix *prefix)
{
	const struct netaddr any = {.family = prefix->addr.family};

	return !any.family || netaddr_in_prefix(&any, prefix);
}

/* The end of a listener that it does not have: port 0 of the wildcard. */
static bool no_end_fits(const struct endpoint_test *test)
{
	bool host = !test->n_hosts, port = !test->n_ports;

	for (unsigned int i = 0; i < test->n_hosts; i++)
		host = host || has_wildcard(&test->hosts[i]);
	for (unsigned int i = 0; i < test->n_ports; i++)
		port = port || !test->ports[i].first;
	return host && port;
}

/* The same address can be v4 at one end of a connection and mapped to v6 at the other. */
static bool has_mapped(const struct netprefix *prefix)
{
	const struct netaddr mapped = {.family = AF_INET6, .bytes = {[10] = 0xff, [11] = 0xff}};

	return prefix->addr.family == AF_INET6 &&
	       (netaddr_is_v4_mapped(&prefix->addr) || netaddr_in_prefix(&mapped, prefix));
}

/* Whether the hosts say nothing about the socket on the other side. */
static bool hosts_differ(const struct push *push, const struct endpoint_test *test)
{
	for (unsigned int i = 0; i < test->n_hosts; i++) {
		if (push->side == SIDE_CONNECTION && has_wildcard(&test->hosts[i]))
			return true;
		if (push->side == SIDE_PEER && has_mapped(&test->hosts[i]))
			return true;
	}
	return false;
}

static expr *one_end(const struct push *push, const struct endpoint_test *test, bool remote)
{
	expr **kids =
		arena_alloc(push->arena, (test->n_hosts + test->n_ports + 1u) * sizeof(*kids));
	expr *both[2] = {NULL, NULL};

	for (unsigned int i = 0; i < test->n_hosts; i++)
		kids[i] = host(push, remote ? DIAG_DST : DIAG_SRC, &test->hosts[i]);
	if (test->n_hosts)
		both[0] = join(push, DIAG_OR, kids, test->n_hosts);
	for (unsigned int i = 0; i < test->n_ports; i++)
		kids[i] = range(push, remote, &test->ports[i]);
	if (test->n_ports)
		both[1] = join(push, DIAG_OR, kids, test->n_ports);
	return join_some(push, DIAG_AND, both, 2);
}

static expr *endpoint(const struct push *push, const struct endpoint_test *given, bool negated)
{
	struct endpoint_test test = *given;
	bool exact = !test.protos && !test.zone && (!test.family || test.family_named);
	expr *ends[2] = {NULL, NULL}, *e;
	size_t n = 0;

	if (push->side == SIDE_CONNECTION && test.ends & END_REMOTE && no_end_fits(&test))
		return NULL;
	if (push->side == SIDE_CONNECTION && test.n_hosts && test.ends & END_LOCAL)
		exact = false;
	if (hosts_differ(push, &test)) {
		exact = false;
		test.n_hosts = 0;
	}
	if (negated && !exact)
		return NULL;
	if (test.ends & END_LOCAL)
		ends[n++] = one_end(push, &test, push->side == SIDE_PEER);
	if (test.ends & END_REMOTE)
		ends[n++] = push->side == SIDE_CONNECTION
				    ? nothing(push)
				    : one_end(push, &test, push->side == SIDE_ROW);
	e = n ? join_some(push, DIAG_OR, ends, n) : NULL;
	return negated ? not(push, e) : e;
}

static expr *leaf_expr(const struct push *push, const struct leaf *leaf, bool negated)
{
	const struct filter_push_context *context = push->context;
	struct diag_expr *e;

	if (push->side != SIDE_ROW &&
	    (push->side == SIDE_PEER || negated || leaf->kind != LEAF_DEV))
		return NULL;
	switch (leaf->kind) {
	case LEAF_DEV:
		e = new_expr(push, DIAG_DEV);
		if (context->ifindex)
			e->ifindex = context->ifindex(context->ctx, leaf->dev.name);
		return e->ifindex ? e : NULL;
	case LEAF_MARK:
		e = new_expr(push, DIAG_MARK);
		e->mark = leaf->mark.value;
		e->mask = leaf->mark.mask;
		return context->can_mark ? e : NULL;
	case LEAF_CGROUP:
		e = new_expr(push, DIAG_CGROUP);
		e->cgroup = leaf->cgroup.id;
		return e->cgroup ? e : NULL;
	case LEAF_AUTOBOUND:
		return new_expr(push, DIAG_AUTOBOUND);
	default:
		return NULL;
	}
}

static expr *translate(const struct push *push, const struct node *node, bool negated)
{
	bool is_and = (node->type == NODE_AND) != negated;
	expr **kids, *kid;

	if (node->type == NODE_NOT)
		return translate(push, node->kids.data[0], !negated);
	if (node->type == NODE_LEAF) {
		if (node->leaf->kind == LEAF_ENDPOINT)
			return endpoint(push, &node->leaf->endpoint, negated);
		kid = leaf_expr(push, node->leaf, negated);
		return negated ? not(push, kid) : kid;
	}
	kids = arena_alloc(push->arena, node->kids.len * sizeof(*kids));
	for (size_t i = 0; i < node->kids.len; i++)
		kids[i] = translate(push, node->kids.data[i], negated);
	return join_some(push, is_and ? DIAG_AND : DIAG_OR, kids, node->kids.len);
}

/* Whether it asks a row about more sockets than the sides above tell of. */
static bool asks_others(const struct filter *f)
{
	for (size_t i = 0; i < f->steps.len; i++) {
		const struct leaf *leaf = f->steps.data[i].leaf;

		if (leaf->kind == LEAF_PROBLEMS)
			return true;
		if (leaf->kind == LEAF_COLUMN &&
		    (leaf->column.col == COL_CONNS || columns[leaf->column.col].needs & NEED_PEERS))
			return true;
	}
	return false;
}

static expr *translate_side(struct push *push, enum side side)
{
	push->side = side;
	return translate(push, push->filter->root, false);
}

/* An endpoint is a row of all its sockets, and counts connections. */
static void push_endpoints(struct push *push, struct filter_push *ret)
{
	ret->states = STATE_MASK_ALL;
	ret->expr = translate_side(push, SIDE_CONNECTION);
}

static void push_sockets(struct push *push, struct filter_push *ret)
{
	expr *sides[3] = {translate_side(push, SIDE_ROW)};
	uint32_t states = ret->states;
	size_t n = 1;

	if (push->context->conns && states & STATE_MASK_LISTENERS) {
		sides[n++] = translate_side(push, SIDE_CONNECTION);
		ret->states |= STATE_BIT(STATE_ESTABLISHED);
	}
	if (push->context->peers && states & ~STATE_MASK_ALONE) {
		sides[n++] = translate_side(push, SIDE_PEER);
		ret->states = STATE_MASK_ALL;
	}
	ret->expr = join_some(push, DIAG_OR, sides, n);
}

void filter_pushdown(const struct filter *f, const struct filter_push_context *context,
		     struct arena *arena, struct filter_push *ret_push)
{
	struct push push = {.filter = f, .context = context, .arena = arena};
	bool of_sockets = f->root && PANES_OF_SOCKETS & PANE_BIT(f->pane);

	*ret_push = (struct filter_push){.states = STATE_MASK_ALL, .protos = f->protos};
	if (!of_sockets || asks_others(f))
		return;
	ret_push->states = f->states;
	if (f->pane == PANE_PORTS)
		push_endpoints(&push, ret_push);
	else
		push_sockets(&push, ret_push);
	/* sockets of mptcp are tcp sockets too, and a tcp socket can be their peer */
	if (ret_push->protos & (PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP)))
		ret_push->protos |= PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP);
}
