/* Own fields: the columns of the pane, and a few that mean more than one column. */
#include "view/filter_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "model/names.h"

static const char *const symbols[] = {
	[OP_MATCH] = ":", [OP_EQ] = "=",  [OP_NE] = "!=", [OP_LT] = "<",      [OP_LE] = "<=",
	[OP_GT] = ">",	  [OP_GE] = ">=", [OP_RE] = "~",  [OP_NOT_RE] = "!~",
};

static bool is_regex(enum filter_op op)
{
	return op == OP_RE;
}

static bool is_equality(enum filter_op op)
{
	return op == OP_MATCH || op == OP_EQ;
}

static struct node *fail_op(struct parser *p, const struct piece *name, const struct piece *value,
			    const char *expected)
{
	return filter_parse_fail(p, FILTER_SYNTAX, name->start, value->end, expected, NULL);
}

static struct node *new_leaf(struct parser *p, enum leaf_kind kind, const struct piece *name,
			     enum filter_op op, const struct piece *value)
{
	return filter_node_leaf(p, kind, "%s%s%s", name->ptr, symbols[op],
				is_regex(op) ? filter_canonical_regex(p, value)
					     : filter_canonical(p, value));
}

/* ---- fields of more than one column ---- */

/* The user of the socket or of the process, by name or number. */
static struct node *user_field(struct parser *p, const struct piece *name, enum filter_op op,
			       const struct piece *value)
{
	struct pattern *pattern = NULL;
	struct node *node;
	uint64_t uid;

	if (!is_equality(op) && !is_regex(op))
		return fail_op(p, name, value, "users are compared with : = != ~ and !~");
	if (is_regex(op)) {
		pattern = filter_word_pattern(p, value, true);
		if (!pattern)
			return NULL;
	}
	node = new_leaf(p, LEAF_USER, name, op, value);
	node->leaf->user.name = (struct bytes){value->ptr, (uint32_t)value->len};
	node->leaf->user.pattern = pattern;
	node->leaf->user.uid = -1;
	if (filter_word_number(value->ptr, value->len, false, &uid) && uid <= UINT32_MAX)
		node->leaf->user.uid = (int64_t)uid;
	return node;
}

/* Any holder; tree: or a descendant of it. */
static struct node *pid_field(struct parser *p, enum leaf_kind kind, const struct piece *name,
			      enum filter_op op, const struct piece *value)
{
	struct node *node;
	uint64_t pid;

	if (!is_equality(op))
		return fail_op(p, name, value, "expected : or = before a process id");
	if (!filter_word_number(value->ptr, value->len, false, &pid))
		return filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end,
					 "expected a process id", NULL);
	node = new_leaf(p, kind, name, op, value);
	node->leaf->number = pid;
	return node;
}

static struct node *state_field(struct parser *p, const struct piece *name, enum filter_op op,
				const struct piece *value)
{
	struct node *node;
	uint32_t mask;

	if (names_states(value->ptr, value->len, &mask) < 0)
		return filter_parse_fail(
			p, FILTER_SYNTAX, value->start, value->end,
			"expected a state such as established, listening or connected", NULL);
	node = new_leaf(p, LEAF_STATE, name, op, value);
	node->leaf->states = mask;
	return node;
}

/* `:` as the word by itself, so tcp takes mptcp in; = is exact. */
static struct node *proto_field(struct parser *p, const struct piece *name, enum filter_op op,
				const struct piece *value)
{
	struct node *node;
	uint8_t proto;

	if (names_proto_find(value->ptr, value->len, &proto) < 0)
		return filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end,
					 "expected a protocol such as tcp or udp", NULL);
	node = new_leaf(p, LEAF_ENDPOINT, name, op, value);
	node->leaf->endpoint.protos = PROTO_BIT(proto);
	if (op == OP_MATCH && proto == PROTO_TCP)
		node->leaf->endpoint.protos |= PROTO_BIT(PROTO_MPTCP);
	return node;
}

static struct node *ports_field(struct parser *p, enum column_id col, const struct piece *name,
				enum filter_op op, const struct piece *value)
{
	struct endpoint_test test = {.ends = col == COL_REMOTE_PORT ? END_REMOTE : END_LOCAL};
	struct node *node;

	if (filter_word_ports(p, value->ptr, value->len, &test) < 0)
		return filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end,
					 "expected ports such as 80, http, 8000-8100 or 80,443",
					 NULL);
	node = new_leaf(p, LEAF_ENDPOINT, name, op, value);
	node->leaf->endpoint = test;
	return node;
}

/* ---- columns ---- */

static bool is_textual(enum value_type type)
{
	return type == VALUE_STRING || type == VALUE_COMMAND || type == VALUE_LIST ||
	       type == VALUE_ENDPOINT;
}

/* What a column of words can say, where a mistake can be seen. */
static bool known_word(enum column_id col, const struct piece *value, const char **ret_expected)
{
	uint8_t found;

	switch (col) {
	case COL_FAMILY:
		*ret_expected = "expected inet, inet6, unix, packet, netlink or vsock";
		return names_family_find(value->ptr, value->len, &found) == 0;
	case COL_OWNER_STATUS:
		*ret_expected = "expected an owner status such as known, denied or kernel";
		return names_owner_status_find(value->ptr, value->len, &found) == 0;
	case COL_MARK:
		*ret_expected = "expected new, changed or gone";
		return names_mark_find(value->ptr, value->len, &found) == 0;
	case COL_EVENT:
		*ret_expected = "expected an event such as listen, close or handover";
		return names_event_find(value->ptr, value->len, &found) == 0;
	case COL_KIND:
		*ret_expected = "expected a kind such as host, named or container";
		return names_netns_kind_find(value->ptr, value->len, &found) == 0;
	case COL_SCOPE:
		*ret_expected = "expected any, loopback, link, private, global or multicast";
		for (int i = SCOPE_ANY; i <= SCOPE_MULTICAST; i++)
			if (strlen(scope_name(i)) == value->len &&
			    !strncasecmp(scope_name(i), value->ptr, value->len))
				return true;
		return false;
	default:
		return true;
	}
}

static uint16_t find_port(void *ctx, const char *name, size_t len)
{
	struct parser *p = ctx;
	const struct filter_names *names = p->context->names;

	return names && names->port ? names->port(names->ctx, name, len) : 0;
}

/* The literal by the column's type, or its pattern. False after an error. */
static bool set_literal(struct parser *p, struct column_test *test, const struct piece *value)
{
	enum value_type type = columns[test->col].type;
	const char *expected;
	char message[80];

	if (is_regex(test->op) || (test->op == OP_MATCH && is_textual(type))) {
		test->pattern = filter_word_pattern(p, value, is_regex(test->op));
		return test->pattern != NULL;
	}
	if (type == VALUE_WORD && !known_word(test->col, value, &expected)) {
		filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end, expected, NULL);
		return false;
	}
	if (is_textual(type)) {
		test->literal.v = (struct value){.type = VALUE_STRING,
						 .str = {value->ptr, (uint32_t)value->len}};
		return true;
	}
	if (value_parse(type, value->ptr, value->len, find_port, p, &test->literal, &expected)) {
		snprintf(message, sizeof(message), "expected %s", expected);
		filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end, message, NULL);
		return false;
	}
	return true;
}

static struct node *column_field(struct parser *p, enum column_id col, const struct piece *name,
				 enum filter_op op, const struct piece *value)
{
	struct column_test test = {.col = col, .op = op, .exact_case = col == COL_PROC_STATE};
	enum value_type type = columns[col].type;
	bool ordering = !is_equality(op) && !is_regex(op);
	struct node *node;

	if (ordering && (type == VALUE_LIST || type == VALUE_COMMAND || type == VALUE_ENDPOINT ||
			 type == VALUE_BOOL || type == VALUE_WORD))
		return fail_op(p, name, value, "this field is compared with : = != ~ and !~");
	if (!set_literal(p, &test, value))
		return NULL;
	if (ordering && test.literal.prefix)
		return fail_op(p, name, value, "a network is compared with : = and !=");
	node = new_leaf(p, LEAF_COLUMN, name, op, value);
	node->leaf->column = test;
	return node;
}

/* ---- which ---- */

/* A name for more than one column, where the pane has it. */
static bool is_wide(const struct parser *p, const struct piece *name, const char *word,
		    uint32_t panes)
{
	return filter_piece_is(name, word) && panes & PANE_BIT(p->filter->pane);
}

bool filter_field_known(struct parser *p, const struct piece *name)
{
	if (column_find(p->filter->pane, name->ptr, name->len) != COL_COUNT)
		return true;
	return is_wide(p, name, "tree", PANES_SOCKET) || is_wide(p, name, "user", PANES_ENDPOINT);
}

static struct node *unknown_field(struct parser *p, const struct piece *name)
{
	uint32_t panes = 0;

	for (int i = 0; i < PANE_COUNT; i++)
		if (column_find(i, name->ptr, name->len) != COL_COUNT)
			panes |= PANE_BIT(i);
	if (filter_piece_is(name, "tree"))
		panes |= PANES_SOCKET;
	if (panes)
		return filter_parse_elsewhere(p, name->start, name->end, panes);
	return filter_parse_fail(
		p, FILTER_FIELD_UNKNOWN, name->start, name->end,
		"no field has this name; quote it to look for it as text",
		name->len < 3 ? NULL : column_suggest(p->filter->pane, name->ptr, name->len));
}

static struct node *positive(struct parser *p, const struct piece *name, enum filter_op op,
			     const struct piece *value)
{
	enum column_id col = column_find(p->filter->pane, name->ptr, name->len);

	if (is_wide(p, name, "user", PANES_ENDPOINT))
		return user_field(p, name, op, value);
	if (is_wide(p, name, "tree", PANES_SOCKET))
		return pid_field(p, LEAF_TREE, name, op, value);
	if (col == COL_COUNT)
		return unknown_field(p, name);
	if (col == COL_PID && is_equality(op) && PANES_OF_SOCKETS & PANE_BIT(p->filter->pane))
		return pid_field(p, LEAF_PID, name, op, value);
	if (col == COL_STATE && is_equality(op))
		return state_field(p, name, op, value);
	if (col == COL_PROTO && is_equality(op))
		return proto_field(p, name, op, value);
	if ((col == COL_LOCAL_PORT || col == COL_REMOTE_PORT) && is_equality(op))
		return ports_field(p, col, name, op, value);
	return column_field(p, col, name, op, value);
}

struct node *filter_field_condition(struct parser *p, const struct piece *name, enum filter_op op,
				    const struct piece *value)
{
	bool negate = op == OP_NE || op == OP_NOT_RE;
	enum filter_op plain = op == OP_NE ? OP_EQ : op == OP_NOT_RE ? OP_RE : op;

	return filter_node_not_if(p, negate, positive(p, name, plain, value));
}
