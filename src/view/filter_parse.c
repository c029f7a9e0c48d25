/*
 * The grammar, that of ss:
 *
 *	list:	unary | list or unary | list and unary | list unary
 *	unary:	( list ) | not unary | condition
 *
 * As ss does, whatever its manual says of precedence, and and or are taken from left to right.
 */
#include "view/filter_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/names.h"

static struct node *new_node(struct parser *p, enum node_type type, unsigned int depth)
{
	struct node *node = arena_alloc(&p->filter->arena, sizeof(*node));

	*node = (struct node){.type = type, .depth = depth, .next = p->filter->nodes};
	p->filter->nodes = node;
	return node;
}

struct node *filter_node_leaf(struct parser *p, enum leaf_kind kind, const char *format, ...)
{
	struct node *node = new_node(p, NODE_LEAF, 0);
	struct strbuf text;
	va_list args;

	strbuf_init(&text, 0);
	va_start(args, format);
	strbuf_vaddf(&text, format, args);
	va_end(args);
	node->leaf = arena_alloc(&p->filter->arena, sizeof(*node->leaf));
	memset(node->leaf, 0, sizeof(*node->leaf));
	node->leaf->kind = kind;
	node->leaf->text = arena_strndup(&p->filter->arena, strbuf_str(&text), text.len);
	strbuf_done(&text);
	return node;
}

struct node *filter_node_not(struct parser *p, struct node *kid)
{
	struct node *node;

	if (!kid)
		return NULL;
	if (kid->depth >= FILTER_DEPTH_MAX)
		return filter_parse_fail(p, FILTER_SYNTAX, p->tok.start, p->tok.end,
					 "too deeply nested", NULL);
	node = new_node(p, NODE_NOT, kid->depth + 1);
	vec_push(&node->kids, kid);
	return node;
}

struct node *filter_node_not_if(struct parser *p, bool negate, struct node *kid)
{
	return negate ? filter_node_not(p, kid) : kid;
}

static const char *keep(struct parser *p, struct strbuf *text)
{
	const char *copy = arena_strndup(&p->filter->arena, strbuf_str(text), text->len);

	strbuf_done(text);
	return copy;
}

static bool has_special(const struct piece *piece, const char *special)
{
	for (size_t i = 0; i < piece->len; i++)
		if (piece->ptr[i] && strchr(special, piece->ptr[i]))
			return true;
	return !piece->len;
}

const char *filter_canonical(struct parser *p, const struct piece *piece)
{
	bool quote = piece->quoted || has_special(piece, " \t\n\r()|&\"\\") ||
		     strchr("=~<>!", piece->ptr[0]);
	struct strbuf out;

	strbuf_init(&out, 0);
	if (quote)
		strbuf_addc(&out, '"');
	for (size_t i = 0; i < piece->len; i++) {
		if (piece->ptr[i] == '"' || piece->ptr[i] == '\\')
			strbuf_addc(&out, '\\');
		strbuf_addc(&out, piece->ptr[i]);
	}
	if (quote)
		strbuf_addc(&out, '"');
	return keep(p, &out);
}

/* In quotes when it has what would end it. */
const char *filter_canonical_regex(struct parser *p, const struct piece *piece)
{
	struct strbuf out;

	strbuf_init(&out, 0);
	if (!piece->quoted) {
		strbuf_add(&out, piece->ptr, piece->len);
		return keep(p, &out);
	}
	strbuf_addc(&out, '"');
	for (size_t i = 0; i < piece->len; i++) {
		if (piece->ptr[i] == '"')
			strbuf_addc(&out, '\\');
		strbuf_addc(&out, piece->ptr[i]);
	}
	strbuf_addc(&out, '"');
	return keep(p, &out);
}

struct node *filter_parse_elsewhere(struct parser *p, size_t start, size_t end, uint32_t panes)
{
	char message[80];
	int pane = PANE_COUNT;

	for (int i = PANE_COUNT - 1; i >= 0; i--)
		if (panes & PANE_BIT(i))
			pane = i;
	if (panes & PANE_BIT(PANE_SOCKETS))
		pane = PANE_SOCKETS;
	snprintf(message, sizeof(message), "the %s pane does not have this, %s has",
		 pane_name(p->filter->pane), pane < PANE_COUNT ? pane_name(pane) : "none");
	return filter_parse_fail(p, FILTER_FIELD_ELSEWHERE, start, end, message, NULL);
}

/* ---- state and exclude ---- */

static bool is_state_word(const struct token *tok)
{
	return tok->kind == TOK_WORD &&
	       (filter_piece_is(&tok->word, "state") || filter_piece_is(&tok->word, "exclude") ||
		filter_piece_is(&tok->word, "excl"));
}

/* Reads the name after `state` or `exclude` and adds it to what so_far (or NULL) has. */
static struct node *parse_state(struct parser *p, struct node *so_far)
{
	bool exclude = !filter_piece_is(&p->tok.word, "state");
	struct piece name;
	struct node *node;
	uint32_t mask;

	if (!(PANES_SOCKET & PANE_BIT(p->filter->pane)))
		return filter_parse_elsewhere(p, p->tok.start, p->tok.end, PANES_SOCKET);
	if (!filter_lex_value(p, false, "expected a state such as established or listening", &name))
		return NULL;
	if (names_states(name.ptr, name.len, &mask) < 0)
		return filter_parse_fail(
			p, FILTER_SYNTAX, name.start, name.end,
			"expected a state such as established, listening or connected", NULL);
	node = filter_node_leaf(p, LEAF_STATE, "%s%s%s %s", so_far ? so_far->leaf->text : "",
				so_far ? " " : "", exclude ? "exclude" : "state", name.ptr);
	if (exclude)
		mask = (so_far ? so_far->leaf->states : STATE_MASK_ALL) & ~mask;
	else
		mask |= so_far ? so_far->leaf->states : 0;
	node->leaf->states = mask;
	if (!so_far)
		return node;
	so_far->leaf = node->leaf;
	return so_far;
}

/* ---- conditions ---- */

static struct node *parse_flag(struct parser *p, const struct piece *word)
{
	static const struct {
		const char *word;
		enum leaf_kind kind;
		enum mark mark;
		uint32_t panes;
	} flags[] = {
		{"new", LEAF_MARKED, MARK_NEW, ~PANE_BIT(PANE_EVENTS)},
		{"changed", LEAF_MARKED, MARK_CHANGED, ~PANE_BIT(PANE_EVENTS)},
		{"gone", LEAF_MARKED, MARK_GONE, ~PANE_BIT(PANE_EVENTS)},
		{"stale", LEAF_STALE, 0, ~PANE_BIT(PANE_EVENTS)},
		{"problems", LEAF_PROBLEMS, 0, PANES_SOCKET},
		{"autobound", LEAF_AUTOBOUND, 0, PANES_SOCKET},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct node *node;

		if (!filter_piece_is(word, flags[i].word))
			continue;
		if (!(flags[i].panes & PANE_BIT(p->filter->pane)))
			return filter_parse_elsewhere(p, word->start, word->end,
						      flags[i].panes & (PANE_BIT(PANE_COUNT) - 1));
		node = filter_node_leaf(p, flags[i].kind, "%s", word->ptr);
		node->leaf->marked = flags[i].mark;
		return node;
	}
	return NULL;
}

static struct node *condition(struct parser *p, const struct piece *name, enum filter_op op,
			      const struct piece *value)
{
	if (filter_ss_is_condition(p, name, op))
		return filter_ss_condition(p, name, op, value);
	return filter_field_condition(p, name, op, value);
}

/* NAME OPERATOR VALUE with blanks between, or an ss condition without operator; *ret_is says
 * whether it is one. */
static struct node *parse_spaced(struct parser *p, const struct piece *name, bool *ret_is)
{
	bool known, ss = filter_ss_is_condition(p, name, OP_EQ);
	enum filter_op op = OP_EQ;
	struct piece value;

	known = !name->quoted && (ss || filter_field_known(p, name));
	*ret_is = !name->quoted && (filter_lex_operator(p, known, &op) || ss);
	if (!*ret_is)
		return NULL;
	if (!filter_lex_value(p, op == OP_RE || op == OP_NOT_RE, "expected a value", &value))
		return NULL;
	return condition(p, name, op, &value);
}

static struct node *parse_word(struct parser *p)
{
	struct piece word = p->tok.word;
	struct node *node;
	bool is;

	node = parse_spaced(p, &word, &is);
	if (is)
		return node;
	p->error->len = SIZE_MAX;
	node = parse_flag(p, &word);
	if (node || p->error->len != SIZE_MAX)
		return node;
	if (filter_word_endpoint(p, &word, &node))
		return node;
	return filter_word_bare(p, &word);
}

static struct node *parse_field(struct parser *p)
{
	struct token tok = p->tok;
	struct node *node;
	bool regex = tok.op == OP_RE || tok.op == OP_NOT_RE;

	if (tok.op == OP_MATCH && !filter_field_known(p, &tok.name) &&
	    !filter_ss_is_condition(p, &tok.name, OP_EQ) &&
	    filter_word_endpoint(p, &tok.word, &node))
		return node;
	if (!tok.value.len && !tok.value.quoted &&
	    !filter_lex_value(p, regex, "expected a value", &tok.value))
		return NULL;
	return condition(p, &tok.name, tok.op, &tok.value);
}

/* ---- the grammar ---- */

static struct node *parse_list(struct parser *p, unsigned int depth);

static struct node *parse_unary(struct parser *p, unsigned int depth)
{
	struct token tok = p->tok;
	struct node *node;

	if (depth > FILTER_DEPTH_MAX)
		return filter_parse_fail(p, FILTER_SYNTAX, tok.start, tok.end, "too deeply nested",
					 NULL);
	switch (tok.kind) {
	case TOK_NOT:
		return filter_lex_next(p) ? filter_node_not(p, parse_unary(p, depth + 1)) : NULL;
	case TOK_OPEN:
		node = filter_lex_next(p) ? parse_list(p, depth + 1) : NULL;
		if (node && p->tok.kind != TOK_CLOSE)
			return filter_parse_fail(p, FILTER_SYNTAX, tok.start, tok.end,
						 "the parenthesis is not closed", NULL);
		break;
	case TOK_WORD:
		node = is_state_word(&tok) ? parse_state(p, NULL) : parse_word(p);
		break;
	case TOK_FIELD:
		node = parse_field(p);
		break;
	case TOK_REGEX:
		node = filter_word_regex(p, &tok.value);
		break;
	case TOK_END:
	case TOK_CLOSE:
	case TOK_AND:
	case TOK_OR:
	default:
		return filter_parse_fail(p, FILTER_SYNTAX, tok.start, tok.end,
					 "expected a condition", NULL);
	}
	return node && filter_lex_next(p) ? node : NULL;
}

/* Joins next to what there is. own: list was made here, so it may be added to. */
static struct node *join(struct parser *p, struct node *list, bool own, enum node_type type,
			 struct node *next)
{
	unsigned int depth = list->depth > next->depth ? list->depth : next->depth;
	struct node *node = list;

	if (!own || list->type != type) {
		if (depth >= FILTER_DEPTH_MAX)
			return filter_parse_fail(p, FILTER_SYNTAX, p->tok.start, p->tok.end,
						 "too deeply nested", NULL);
		node = new_node(p, type, depth + 1);
		vec_push(&node->kids, list);
	} else if (next->depth >= list->depth) {
		list->depth = next->depth + 1;
	}
	if (node->depth > FILTER_DEPTH_MAX)
		return filter_parse_fail(p, FILTER_SYNTAX, p->tok.start, p->tok.end,
					 "too deeply nested", NULL);
	vec_push(&node->kids, next);
	return node;
}

/* Whether a state or exclude goes on with those before it: it stands next to them. */
static struct node *parse_more_states(struct parser *p, struct node *states)
{
	while (states && is_state_word(&p->tok))
		if (!parse_state(p, states) || !filter_lex_next(p))
			return NULL;
	return states;
}

static struct node *parse_operand(struct parser *p, unsigned int depth)
{
	bool is_state = is_state_word(&p->tok);
	struct node *node = parse_unary(p, depth);

	return is_state ? parse_more_states(p, node) : node;
}

static bool ends_list(const struct token *tok)
{
	return tok->kind == TOK_END || tok->kind == TOK_CLOSE;
}

/* What follows the first operand. */
static struct node *parse_rest(struct parser *p, struct node *list, unsigned int depth)
{
	bool own = false;

	while (list && !ends_list(&p->tok)) {
		enum node_type type = p->tok.kind == TOK_OR ? NODE_OR : NODE_AND;
		struct node *next;

		if ((p->tok.kind == TOK_OR || p->tok.kind == TOK_AND) && !filter_lex_next(p))
			return NULL;
		next = parse_operand(p, depth);
		if (!next)
			return NULL;
		list = join(p, list, own, type, next);
		own = true;
	}
	return list;
}

/* As in ss, states that come first restrict all that follows. */
static struct node *parse_list(struct parser *p, unsigned int depth)
{
	bool is_state = is_state_word(&p->tok);
	struct node *first = parse_operand(p, depth), *rest;

	if (!first || !is_state || p->tok.kind == TOK_OR || p->tok.kind == TOK_AND ||
	    ends_list(&p->tok))
		return parse_rest(p, first, depth);
	rest = parse_operand(p, depth);
	rest = rest ? parse_rest(p, rest, depth) : NULL;
	return rest ? join(p, first, false, NODE_AND, rest) : NULL;
}

int filter_parse_text(struct parser *p, struct node **ret_root)
{
	const char *nul = p->len ? memchr(p->text, '\0', p->len) : NULL;
	size_t at = nul ? (size_t)(nul - p->text) : 0;

	*ret_root = NULL;
	if (nul)
		filter_parse_fail(p, FILTER_SYNTAX, at, at + 1,
				  "a filter is text without NUL bytes", NULL);
	if (nul || !filter_lex_next(p))
		return -1;
	if (p->tok.kind == TOK_END)
		return 0;
	*ret_root = parse_list(p, 0);
	if (*ret_root && p->tok.kind == TOK_CLOSE)
		*ret_root = filter_parse_fail(p, FILTER_SYNTAX, p->tok.start, p->tok.end,
					      "no parenthesis was opened before this", NULL);
	return *ret_root ? 0 : -1;
}
