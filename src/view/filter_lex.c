/*
 * Tokens. Blanks part words, and so do ( ) | & outside quotes and patterns; a backslash takes
 * away the meaning of what follows, as in ss. A word that starts as NAME OPERATOR is a field, and
 * what follows ~ is a pattern, which ends at a blank, or at a parenthesis it did not open.
 */
#include "view/filter_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == '|' || c == '&';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

struct node *filter_parse_fail(struct parser *p, enum filter_error_kind kind, size_t start,
			       size_t end, const char *message, const char *suggestion)
{
	*p->error = (struct filter_error){
		.kind = kind, .offset = start, .len = end - start, .suggestion = suggestion};
	snprintf(p->error->message, sizeof(p->error->message), "%s", message);
	return NULL;
}

bool filter_piece_is(const struct piece *piece, const char *word)
{
	return !piece->quoted && strlen(word) == piece->len &&
	       !memcmp(piece->ptr, word, piece->len);
}

static void skip_blanks(struct parser *p)
{
	while (p->pos < p->len && is_blank(p->text[p->pos]))
		p->pos++;
}

static char char_at(const struct parser *p, size_t pos)
{
	return pos < p->len ? p->text[pos] : '\0';
}

/* The end of a quoted string that starts at pos, or 0 after an error. */
static size_t quote_end(struct parser *p, size_t pos)
{
	for (size_t i = pos + 1; i < p->len; i++) {
		if (p->text[i] == '\\')
			i++;
		else if (p->text[i] == '"')
			return i + 1;
	}
	filter_parse_fail(p, FILTER_SYNTAX, pos, p->len, "the quote is not closed", NULL);
	return 0;
}

/* The end of the word at pos, or 0 after an error. */
static size_t word_end(struct parser *p, size_t pos)
{
	while (pos < p->len && !is_delimiter(p->text[pos])) {
		if (p->text[pos] == '"') {
			pos = quote_end(p, pos);
			if (!pos)
				return 0;
		} else {
			pos += p->text[pos] == '\\' && pos + 1 < p->len ? 2 : 1;
		}
	}
	return pos;
}

/* A character class [...] that starts at pos; its end, or that of the text. */
static size_t class_end(const struct parser *p, size_t pos)
{
	pos++;
	if (char_at(p, pos) == '^')
		pos++;
	if (char_at(p, pos) == ']')
		pos++;
	while (pos < p->len && p->text[pos] != ']')
		pos += p->text[pos] == '\\' ? 2 : 1;
	return pos < p->len ? pos + 1 : p->len;
}

static size_t regex_end(struct parser *p, size_t pos)
{
	unsigned int depth = 0;

	if (char_at(p, pos) == '"')
		return quote_end(p, pos);
	while (pos < p->len) {
		char c = p->text[pos];

		if (!depth && (is_blank(c) || c == ')'))
			break;
		if (c == '[') {
			pos = class_end(p, pos);
			continue;
		}
		depth += c == '(';
		depth -= c == ')';
		pos += c == '\\' ? 2 : 1;
	}
	return pos < p->len ? pos : p->len;
}

/* Without quotes and backslashes; of a pattern only the outermost quotes are taken away. */
static struct piece unquote(struct parser *p, size_t start, size_t end, bool regex)
{
	struct piece piece = {.start = start, .end = end};
	char *out = arena_alloc(&p->filter->arena, end - start + 1);
	bool in_quotes = false, whole = regex && start < end && p->text[start] == '"';

	for (size_t i = start; i < end; i++) {
		char c = p->text[i], after = i + 1 < end ? p->text[i + 1] : '\0';

		if (c == '"' && (!regex || whole)) {
			in_quotes = !in_quotes;
			piece.quoted = true;
			continue;
		}
		if (c == '\\' && i + 1 < end) {
			if (regex && !(in_quotes && after == '"'))
				out[piece.len++] = c;
			piece.quoted |= !regex;
			c = after;
			i++;
		}
		out[piece.len++] = c;
	}
	out[piece.len] = '\0';
	piece.ptr = out;
	return piece;
}

/* The symbol of an operator at pos: its length, 0 = none. */
static size_t symbol_at(const struct parser *p, size_t pos, enum filter_op *ret_op)
{
	static const struct {
		char text[3];
		enum filter_op op;
	} symbols[] = {
		{"==", OP_EQ}, {"=~", OP_RE}, {"!=", OP_NE}, {"!~", OP_NOT_RE}, {"<=", OP_LE},
		{">=", OP_GE}, {"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT},	{"~", OP_RE},
	};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		size_t len = strlen(symbols[i].text);

		if (p->len - pos >= len && !memcmp(p->text + pos, symbols[i].text, len)) {
			*ret_op = symbols[i].op;
			return len;
		}
	}
	return 0;
}

static size_t glued_operator(const struct parser *p, size_t pos, enum filter_op *ret_op)
{
	if (char_at(p, pos) != ':')
		return pos < p->len ? symbol_at(p, pos, ret_op) : 0;
	*ret_op = char_at(p, pos + 1) == '~' ? OP_RE : OP_MATCH;
	return *ret_op == OP_RE ? 2 : 1;
}

/* A word that starts as NAME OPERATOR. */
static bool lex_field(struct parser *p, size_t start, bool *ret_found)
{
	struct token *tok = &p->tok;
	size_t pos = start, op_len, end, whole;

	*ret_found = false;
	while (pos < p->len && is_name_char(p->text[pos]))
		pos++;
	op_len = pos > start && is_letter(p->text[start]) ? glued_operator(p, pos, &tok->op) : 0;
	if (!op_len)
		return true;
	if (tok->op == OP_RE || tok->op == OP_NOT_RE)
		end = regex_end(p, pos + op_len);
	else
		end = word_end(p, pos + op_len);
	if (!end)
		return false;
	tok->name = unquote(p, start, pos, false);
	tok->value = unquote(p, pos + op_len, end, tok->op == OP_RE || tok->op == OP_NOT_RE);
	whole = tok->op == OP_MATCH ? end : pos;
	tok->word = unquote(p, start, whole, false);
	tok->kind = TOK_FIELD;
	p->pos = tok->end = end;
	*ret_found = true;
	return true;
}

static bool lex_word(struct parser *p)
{
	struct token *tok = &p->tok;
	size_t end = word_end(p, p->pos);

	if (!end)
		return false;
	tok->word = unquote(p, p->pos, end, false);
	tok->kind = TOK_WORD;
	if (filter_piece_is(&tok->word, "and"))
		tok->kind = TOK_AND;
	else if (filter_piece_is(&tok->word, "or"))
		tok->kind = TOK_OR;
	else if (filter_piece_is(&tok->word, "not"))
		tok->kind = TOK_NOT;
	p->pos = tok->end = end;
	return true;
}

/* One or two of the same character. */
static void lex_twice(struct parser *p, enum token_kind kind)
{
	p->tok.kind = kind;
	p->pos += char_at(p, p->pos + 1) == p->text[p->pos] ? 2 : 1;
	p->tok.end = p->pos;
}

bool filter_lex_next(struct parser *p)
{
	struct token *tok = &p->tok;
	bool found;
	char c;

	skip_blanks(p);
	*tok = (struct token){.kind = TOK_END, .start = p->pos, .end = p->pos};
	if (p->pos >= p->len)
		return true;
	c = p->text[p->pos];
	if (c == '&' || c == '|') {
		lex_twice(p, c == '&' ? TOK_AND : TOK_OR);
		return true;
	}
	if (c == '(' || c == ')' || c == '!') {
		tok->kind = c == '(' ? TOK_OPEN : c == ')' ? TOK_CLOSE : TOK_NOT;
		tok->end = ++p->pos;
		return true;
	}
	if (c == '~') {
		tok->kind = TOK_REGEX;
		tok->end = regex_end(p, p->pos + 1);
		if (!tok->end)
			return false;
		tok->value = unquote(p, p->pos + 1, tok->end, true);
		p->pos = tok->end;
		return true;
	}
	if (c == '<' || c == '>' || c == '=') {
		filter_parse_fail(p, FILTER_SYNTAX, p->pos, p->pos + 1,
				  "expected the name of a field before this", NULL);
		return false;
	}
	if (!lex_field(p, p->pos, &found))
		return false;
	return found || lex_word(p);
}

static size_t word_operator_at(const struct parser *p, size_t pos, enum filter_op *ret_op)
{
	static const struct {
		char text[4];
		enum filter_op op;
	} words[] = {
		{"eq", OP_EQ},	{"ne", OP_NE}, {"neq", OP_NE}, {"lt", OP_LT},  {"le", OP_LE},
		{"leq", OP_LE}, {"gt", OP_GT}, {"ge", OP_GE},  {"geq", OP_GE},
	};
	size_t end = pos;

	while (end < p->len && is_letter(p->text[end]))
		end++;
	if (end < p->len && !is_delimiter(p->text[end]))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].text) == end - pos &&
		    !memcmp(words[i].text, p->text + pos, end - pos)) {
			*ret_op = words[i].op;
			return end - pos;
		}
	}
	return 0;
}

bool filter_lex_operator(struct parser *p, bool words, enum filter_op *ret_op)
{
	size_t pos = p->pos, len;

	while (pos < p->len && is_blank(p->text[pos]))
		pos++;
	if (pos >= p->len)
		return false;
	len = symbol_at(p, pos, ret_op);
	/* `comm ~x` is a word and a pattern, `comm ~ x` a field */
	if (len && (*ret_op == OP_RE || *ret_op == OP_NOT_RE) && p->text[pos] != '=' &&
	    !is_blank(char_at(p, pos + len)))
		return false;
	if (!len && words)
		len = word_operator_at(p, pos, ret_op);
	if (len)
		p->pos = pos + len;
	return len != 0;
}

bool filter_lex_value(struct parser *p, bool regex, const char *expected, struct piece *ret_value)
{
	size_t start, end;

	skip_blanks(p);
	start = p->pos;
	end = regex ? regex_end(p, start) : word_end(p, start);
	if (!end && p->len && start < p->len)
		return false;
	if (end == start || start >= p->len) {
		filter_parse_fail(p, FILTER_SYNTAX, start, start < p->len ? start + 1 : start,
				  expected, NULL);
		return false;
	}
	*ret_value = unquote(p, start, end, regex);
	p->pos = end;
	return true;
}
