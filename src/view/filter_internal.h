/*
 * What the filter_*.c files share. Text becomes tokens (filter_lex.c), these a tree of conditions
 * (filter_parse.c for the grammar, filter_word.c, filter_ss.c and filter_field.c for the three
 * kinds of conditions), the tree a program of jumps (filter.c) whose steps filter_match.c
 * evaluates; filter_push.c translates the tree for the kernel.
 */
#ifndef INETTOP_VIEW_FILTER_INTERNAL_H
#define INETTOP_VIEW_FILTER_INTERNAL_H

#include "base/vec.h"
#include "view/filter.h"
#include "view/filter_pattern.h"

enum filter_op {
	OP_MATCH, /* `:`: contains for text, is for the rest */
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_RE,
	OP_NOT_RE
};

enum leaf_kind {
	LEAF_STATE,
	LEAF_ENDPOINT,
	LEAF_NAMED_HOST, /* an address of a family without IP */
	LEAF_DEV,
	LEAF_MARK,
	LEAF_CGROUP,
	LEAF_AUTOBOUND,
	LEAF_COLUMN,
	LEAF_USER,
	LEAF_PID,
	LEAF_TREE,
	LEAF_MARKED,
	LEAF_STALE,
	LEAF_PROBLEMS,
	LEAF_NUMBER,
	LEAF_TEXT
};

#define END_LOCAL 1u
#define END_REMOTE 2u

struct port_range {
	uint32_t first, last;
};

/* One of the ends lies in one of hosts and one of ports; none of a kind = any. */
struct endpoint_test {
	uint32_t protos;   /* PROTO_BIT mask, 0 = any */
	uint8_t family;	   /* enum sock_family, 0 = any */
	uint8_t ends;	   /* END_* */
	bool family_named; /* `inet6:...`: does not concern rows of other families */
	bool mapped_is_v4; /* the family is that of the addresses */
	bool any_number;   /* numbers that take the place of ports (netlink, packet) count too */
	uint8_t n_hosts;
	uint16_t n_ports;
	const struct netprefix *hosts;
	const struct port_range *ports;
	const char *zone; /* device of a link-local address, or NULL */
};

/* unix: glob; link: number = protocol, device; netlink: number = protocol; vsock: context id. */
struct named_host_test {
	uint8_t family, end;
	bool has_number;
	uint32_t number;
	int64_t port; /* -1 = any */
	const char *glob, *device;
	size_t glob_len;
};

struct column_test {
	enum column_id col;
	enum filter_op op; /* not OP_NE, OP_NOT_RE: those are a NOT above */
	struct literal literal;
	struct pattern *pattern; /* for text */
	bool exact_case;
};

struct leaf {
	enum leaf_kind kind;
	const char *text; /* canonical */
	union {
		uint32_t states;
		struct endpoint_test endpoint;
		struct named_host_test host;
		struct {
			const char *name;
			int64_t index; /* -1 = not a number */
		} dev;
		struct {
			uint32_t value, mask;
		} mark;
		struct {
			const char *path;
			uint64_t id; /* 0 = compare paths */
		} cgroup;
		struct column_test column;
		struct {
			struct bytes name;
			int64_t uid;		 /* -1 = not a number */
			struct pattern *pattern; /* or NULL */
		} user;
		uint64_t number; /* PID, TREE, NUMBER */
		enum mark marked;
		struct pattern *pattern; /* TEXT */
	};
};

enum node_type { NODE_LEAF, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	enum node_type type;
	unsigned int depth;
	struct leaf *leaf;
	VEC(struct node *) kids; /* NOT: one */
	struct node *next;	 /* all nodes of a filter, for freeing */
};

/* Jumps: STEP_WANTED, STEP_REJECTED or an index. */
#define STEP_WANTED UINT32_MAX
#define STEP_REJECTED (UINT32_MAX - 1)

struct step {
	const struct leaf *leaf;
	bool negated;
	uint32_t on_true, on_false;
};

struct filter {
	struct arena arena;
	enum pane pane;
	bool local_only;
	uint16_t ephemeral_first, ephemeral_last;
	struct node *root; /* NULL = everything */
	struct node *nodes;
	struct pattern *patterns;
	VEC(struct step) steps;
	uint32_t start;
	uint64_t needs;
	uint32_t states, protos;
	bool time_dependent, wants_gone;
	struct strbuf scratch;
	struct pattern_run run;
	const struct snapshot *snap; /* that the caches are of */
	uint64_t epoch;
};

/* ---- filter_lex.c ---- */

enum token_kind {
	TOK_END,
	TOK_OPEN,
	TOK_CLOSE,
	TOK_AND,
	TOK_OR,
	TOK_NOT,
	TOK_WORD,
	TOK_FIELD, /* a name, an operator and perhaps a value in one piece */
	TOK_REGEX  /* ~PATTERN */
};

/* A piece of the text with its quotes and backslashes taken away. */
struct piece {
	const char *ptr; /* NUL-terminated, in the arena */
	size_t len;
	size_t start, end; /* in the text */
	bool quoted;
};

struct token {
	enum token_kind kind;
	size_t start, end;
	struct piece word;  /* WORD; the whole of a FIELD */
	struct piece name;  /* FIELD */
	struct piece value; /* FIELD: empty when it ended with the operator; REGEX */
	enum filter_op op;
};

struct parser {
	struct filter *filter;
	const struct filter_context *context;
	const char *text;
	size_t len, pos;
	struct token tok;
	struct filter_error *error;
	uint8_t family; /* that an address named last (`unix:`), enum sock_family */
	bool families;	/* several were named */
};

/* Reads the next token into p->tok. False on an error. */
bool filter_lex_next(struct parser *p);

/* Reads an operator that stands by itself, after a field's name: a symbol, or (words) eq ne lt ...
 * False = there is none, nothing is read. */
bool filter_lex_operator(struct parser *p, bool words, enum filter_op *ret_op);

/* Reads the next word as a value, whatever it says; regex by the rules of patterns. False with an
 * error when there is none. */
bool filter_lex_value(struct parser *p, bool regex, const char *expected, struct piece *ret_value);

/* Fills in the error. Always NULL, as a node. */
struct node *filter_parse_fail(struct parser *p, enum filter_error_kind kind, size_t start,
			       size_t end, const char *message, const char *suggestion);

bool filter_piece_is(const struct piece *piece, const char *word);

/* ---- nodes and leaves, filter_parse.c ---- */

struct node *filter_node_leaf(struct parser *p, enum leaf_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct node *filter_node_not(struct parser *p, struct node *kid);
/* not kid if negate, else kid. */
struct node *filter_node_not_if(struct parser *p, bool negate, struct node *kid);

/* Text that the lexer would read as this piece again. */
const char *filter_canonical(struct parser *p, const struct piece *piece);
const char *filter_canonical_regex(struct parser *p, const struct piece *piece);

/* The whole text: 0 with its tree (NULL for none), or -1 with the error filled in. */
int filter_parse_text(struct parser *p, struct node **ret_root);

/* A condition that only these panes have. */
struct node *filter_parse_elsewhere(struct parser *p, size_t start, size_t end, uint32_t panes);

/* ---- filter_word.c: lsof words, addresses, ports ---- */

/* A decimal number, all of it; as in strtoul() with base 0 if c_number. */
bool filter_word_number(const char *text, size_t len, bool c_number, uint64_t *ret);

/* Whether this may only be an lsof word or an address: then *ret is its node, or NULL after an
 * error. */
bool filter_word_endpoint(struct parser *p, const struct piece *word, struct node **ret);

/* ADDRESS, ADDRESS/BITS, ADDRESS/MASK or a name: 0, or -EINVAL. short_v4: 10 and 10.1 as in ss. */
int filter_word_host(struct parser *p, const char *text, size_t len, bool short_v4,
		     struct endpoint_test *test);

/* Numbers, names, ranges, lists. 0 or -EINVAL. */
int filter_word_ports(struct parser *p, const char *text, size_t len, struct endpoint_test *test);

/* A port by number or name. */
bool filter_word_port(struct parser *p, const char *text, size_t len, bool c_number, uint32_t *ret);

/* What a bare number or word looks for. */
struct node *filter_word_bare(struct parser *p, const struct piece *word);
struct node *filter_word_regex(struct parser *p, const struct piece *pattern);
struct pattern *filter_word_pattern(struct parser *p, const struct piece *piece, bool regex);

/* Where endpoints and sockets can be asked about. */
#define PANES_ENDPOINT                                                                             \
	(PANE_BIT(PANE_PORTS) | PANE_BIT(PANE_SOCKETS) | PANE_BIT(PANE_PROCESSES) |                \
	 PANE_BIT(PANE_EVENTS))
#define PANES_SOCKET (PANE_BIT(PANE_PORTS) | PANE_BIT(PANE_SOCKETS) | PANE_BIT(PANE_PROCESSES))
#define PANES_OF_SOCKETS (PANE_BIT(PANE_PORTS) | PANE_BIT(PANE_SOCKETS))
#define PANES_REMOTE (PANE_BIT(PANE_SOCKETS) | PANE_BIT(PANE_PROCESSES))

/* ---- filter_ss.c: the conditions of ss ---- */

/* Whether name is one of them (sport, dst, dev ...), to be used with this operator. */
bool filter_ss_is_condition(const struct parser *p, const struct piece *name, enum filter_op op);
struct node *filter_ss_condition(struct parser *p, const struct piece *name, enum filter_op op,
				 const struct piece *value);

/* Whether its hosts are of this family, 0 = any. */
bool filter_family_fits(const struct endpoint_test *test, uint8_t family);

/* ---- filter_field.c: NAME OP VALUE ---- */

bool filter_field_known(struct parser *p, const struct piece *name);
struct node *filter_field_condition(struct parser *p, const struct piece *name, enum filter_op op,
				    const struct piece *value);

/* ---- filter_text.c: what is looked through for a bare word ---- */

const enum column_id *filter_text_columns(enum pane pane, size_t *ret_n);

/* ---- filter_match.c ---- */

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_UNKNOWN };

enum verdict filter_leaf_verdict(struct filter *filter, const struct leaf *leaf,
				 const struct row *row, const struct lookup *lookup);

/* Whether it is about a socket or endpoint: of a process, about any that it holds. */
bool filter_leaf_asks_sockets(const struct leaf *leaf);

/* Whether text matches a glob of fnmatch(3) without flags but FNM_CASEFOLD. */
bool filter_glob_match(const char *glob, size_t glob_len, const char *text, size_t len);

#endif
