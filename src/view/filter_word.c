/* lsof words, addresses as they are written everywhere, ports, and what a bare word looks for. */
#include "view/filter_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "model/names.h"

#define PORTS_MAX 64

bool filter_word_number(const char *text, size_t len, bool c_number, uint64_t *ret)
{
	unsigned int base = 10;
	uint64_t sum = 0;

	if (c_number && len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
		len -= 2;
	} else if (c_number && len > 1 && text[0] == '0') {
		base = 8;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i] | 0x20;
		unsigned int digit = text[i] >= '0' && text[i] <= '9' ? (unsigned)(text[i] - '0')
				     : c >= 'a' && c <= 'f'	      ? (unsigned)(c - 'a') + 10
								      : 16;

		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*ret = sum;
	return len > 0;
}

/* ---- ports ---- */

bool filter_word_port(struct parser *p, const char *text, size_t len, bool c_number, uint32_t *ret)
{
	const struct filter_names *names = p->context->names;
	uint64_t number;
	uint16_t port;

	if (len && text[0] >= '0' && text[0] <= '9') {
		if (!filter_word_number(text, len, c_number, &number) || number > UINT32_MAX)
			return false;
		*ret = (uint32_t)number;
		return true;
	}
	port = names && names->port && len ? names->port(names->ctx, text, len) : 0;
	*ret = port;
	return port != 0;
}

/* One of a list: a port, or FIRST-LAST (names have dashes too). */
static bool parse_range(struct parser *p, const char *text, size_t len, struct port_range *range)
{
	if (filter_word_port(p, text, len, false, &range->first)) {
		range->last = range->first;
		return true;
	}
	for (size_t i = 1; i + 1 < len; i++) {
		if (text[i] == '-' && filter_word_port(p, text, i, false, &range->first) &&
		    filter_word_port(p, text + i + 1, len - i - 1, false, &range->last))
			return range->first <= range->last;
	}
	return false;
}

int filter_word_ports(struct parser *p, const char *text, size_t len, struct endpoint_test *test)
{
	struct port_range ranges[PORTS_MAX];
	const char *end = text + len;
	size_t n = 0;

	if (len == 1 && *text == '*')
		return 0;
	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;

		if (n == PORTS_MAX || !parse_range(p, text, (size_t)(stop - text), &ranges[n++]))
			return -EINVAL;
		if (!comma)
			break;
		text = comma + 1;
	}
	test->ports = memcpy(arena_alloc(&p->filter->arena, n * sizeof(*ranges)), ranges,
			     n * sizeof(*ranges));
	test->n_ports = (uint16_t)n;
	return 0;
}

/* ---- hosts ---- */

/* "10.0.0.0/255.0.0.0" */
static bool parse_netmask(const char *text, size_t len, struct netprefix *prefix)
{
	const char *slash = memchr(text, '/', len);
	struct netprefix mask;
	uint32_t bits = 0;
	size_t after;

	if (!slash)
		return false;
	after = len - (size_t)(slash - text) - 1;
	if (!memchr(slash + 1, '.', after) || netaddr_parse_prefix(slash + 1, after, &mask) < 0 ||
	    netaddr_parse_prefix(text, (size_t)(slash - text), prefix) < 0 ||
	    mask.addr.family != AF_INET || prefix->addr.family != AF_INET)
		return false;
	for (int i = 0; i < 4; i++)
		bits = bits << 8 | mask.addr.bytes[i];
	if (~bits & (~bits + 1))
		return false;
	prefix->bits = (uint8_t)__builtin_popcount(bits);
	return true;
}

static void set_hosts(struct parser *p, struct endpoint_test *test, const struct netprefix *hosts,
		      size_t n)
{
	test->hosts = memcpy(arena_alloc(&p->filter->arena, n * sizeof(*hosts)), hosts,
			     n * sizeof(*hosts));
	test->n_hosts = (uint8_t)n;
}

static int parse_zoned(struct parser *p, const char *text, size_t len, struct endpoint_test *test)
{
	struct netprefix prefix;
	const char *zone;
	size_t zone_len;

	if (netaddr_parse(text, len, &prefix.addr, &zone, &zone_len) < 0)
		return -EINVAL;
	prefix.bits = prefix.addr.family == AF_INET ? 32 : 128;
	if (zone_len)
		test->zone = arena_strndup(&p->filter->arena, zone, zone_len);
	set_hosts(p, test, &prefix, 1);
	return 0;
}

int filter_word_host(struct parser *p, const char *text, size_t len, bool short_v4,
		     struct endpoint_test *test)
{
	const struct filter_names *names = p->context->names;
	struct netaddr addrs[FILTER_HOST_MAX];
	struct netprefix hosts[FILTER_HOST_MAX];
	bool brackets = len > 1 && text[0] == '[' && text[len - 1] == ']';
	size_t n = 0;

	if (parse_zoned(p, text, len, test) == 0)
		return 0;
	if (brackets) {
		text++;
		len -= 2;
	}
	if ((short_v4 || memchr(text, '/', len)) &&
	    (netaddr_parse_prefix(text, len, hosts) == 0 || parse_netmask(text, len, hosts))) {
		set_hosts(p, test, hosts, 1);
		return 0;
	}
	if (names && names->host && len && !brackets)
		n = names->host(names->ctx, text, len, addrs, FILTER_HOST_MAX);
	for (size_t i = 0; i < n; i++)
		hosts[i] = (struct netprefix){addrs[i], addrs[i].family == AF_INET ? 32 : 128};
	if (n)
		set_hosts(p, test, hosts, n);
	return n ? 0 : -EINVAL;
}

/* ---- words ---- */

static uint8_t ends_of(const struct parser *p)
{
	bool both = PANES_REMOTE & PANE_BIT(p->filter->pane) && !p->filter->local_only;

	return both ? END_LOCAL | END_REMOTE : END_LOCAL;
}

static struct node *new_endpoint(struct parser *p, const struct piece *word,
				 const struct endpoint_test *test)
{
	struct node *node;

	if (!(PANES_ENDPOINT & PANE_BIT(p->filter->pane)))
		return filter_parse_elsewhere(p, word->start, word->end, PANES_ENDPOINT);
	node = filter_node_leaf(p, LEAF_ENDPOINT, "%s", word->ptr);
	node->leaf->endpoint = *test;
	return node;
}

/* The colon between HOST and PORTS: the last one, unless all of it is an address. */
static const char *ports_colon(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	const char *bracket = len && text[0] == '[' ? memchr(text, ']', len) : NULL;
	const char *from = slash ? slash : bracket ? bracket : text;
	struct netaddr addr;
	const char *zone;
	size_t zone_len;

	if (!slash && !bracket && netaddr_parse(text, len, &addr, &zone, &zone_len) == 0)
		return NULL;
	return memrchr(from, ':', (size_t)(text + len - from));
}

/* HOST[:PORTS] or [HOST]:PORTS, as in lsof after @. */
static bool host_and_ports(struct parser *p, const char *text, size_t len,
			   struct endpoint_test *test)
{
	const char *colon = ports_colon(text, len);
	size_t host_len = colon ? (size_t)(colon - text) : len;

	if (!(host_len == 1 && *text == '*') &&
	    filter_word_host(p, text, host_len, false, test) < 0)
		return false;
	return !colon || filter_word_ports(p, colon + 1, len - host_len - 1, test) == 0;
}

/* As in lsof the address 0.0.0.0 stands for all. */
static void widen_any(struct endpoint_test *test)
{
	if (test->n_hosts == 1 && test->hosts[0].addr.family == AF_INET &&
	    test->hosts[0].bits == 32 && netaddr_is_any(&test->hosts[0].addr)) {
		test->n_hosts = 0;
		test->family = FAM_INET;
	}
}

/* [46][PROTOCOL]: how much of the word it takes; 0 with *ret false: it is no such word. */
static size_t lsof_head(const char *text, size_t len, struct endpoint_test *test, bool *ret)
{
	size_t start = 0, end;
	uint8_t proto;

	*ret = true;
	if (len && (text[0] == '4' || text[0] == '6')) {
		test->family = text[0] == '4' ? FAM_INET : FAM_INET6;
		start = 1;
	}
	for (end = start; end < len && text[end] != '@' && text[end] != ':'; end++)
		;
	if (end > start && names_proto_find(text + start, end - start, &proto) < 0)
		*ret = false;
	else if (end > start)
		test->protos = PROTO_BIT(proto) | (proto == PROTO_TCP ? PROTO_BIT(PROTO_MPTCP) : 0);
	/* a number alone is a port or a pid, but for 4 and 6 */
	if (!end && len && text[0] != '@' && text[0] != ':')
		*ret = false;
	return end;
}

/* 127.0.0.1:80, [::1]:22, ::1, *:80, 10.0.0.0/8, localhost:80 */
static bool is_address(struct parser *p, const struct piece *word, struct endpoint_test *test)
{
	const char *mark = strpbrk(word->ptr, ":/");

	*test = (struct endpoint_test){.ends = ends_of(p)};
	if (!mark || strlen(word->ptr) != word->len)
		return false;
	return host_and_ports(p, word->ptr, word->len, test);
}

bool filter_word_endpoint(struct parser *p, const struct piece *word, struct node **ret)
{
	struct endpoint_test test = {.ends = ends_of(p)};
	size_t at;
	bool lsof;

	*ret = NULL;
	if (word->quoted || !word->len)
		return false;
	at = lsof_head(word->ptr, word->len, &test, &lsof);
	if (!lsof || (word->ptr[0] == ':' && word->ptr[1] == ':')) {
		if (!is_address(p, word, &test))
			return false;
		*ret = new_endpoint(p, word, &test);
		return true;
	}
	if (at < word->len && word->ptr[at] == '@') {
		if (!host_and_ports(p, word->ptr + at + 1, word->len - at - 1, &test)) {
			filter_parse_fail(
				p, FILTER_SYNTAX, word->start, word->end,
				"expected an address or a host of /etc/hosts, perhaps with ports",
				NULL);
			return true;
		}
		widen_any(&test);
	} else if (at < word->len &&
		   filter_word_ports(p, word->ptr + at + 1, word->len - at - 1, &test)) {
		filter_parse_fail(p, FILTER_SYNTAX, word->start, word->end,
				  "expected ports such as 80, http, 8000-8100 or 80,443", NULL);
		return true;
	}
	/* 4 alone asks for the family of the socket, 4tcp for that of its addresses, as in lsof */
	test.mapped_is_v4 = word->len > 1;
	*ret = new_endpoint(p, word, &test);
	return true;
}

/* ---- bare words ---- */

struct pattern *filter_word_pattern(struct parser *p, const struct piece *piece, bool regex)
{
	struct pattern *pattern;
	char message[sizeof(p->error->message)];
	size_t offset = 0;

	if (!regex) {
		pattern = filter_pattern_substring(piece->ptr, piece->len);
	} else {
		pattern = filter_pattern_regex(piece->ptr, piece->len, message, sizeof(message),
					       &offset);
		if (!pattern) {
			size_t at = piece->start + offset;

			if (piece->quoted || at >= piece->end)
				at = piece->start;
			filter_parse_fail(p, FILTER_SYNTAX, at, piece->end, message, NULL);
			return NULL;
		}
	}
	p->filter->patterns = filter_pattern_push(p->filter->patterns, pattern);
	return pattern;
}

static struct node *text_node(struct parser *p, const struct piece *word, bool regex)
{
	struct pattern *pattern = filter_word_pattern(p, word, regex);
	struct node *node;

	if (!pattern)
		return NULL;
	node = filter_node_leaf(p, LEAF_TEXT, "%s%s", regex ? "~" : "",
				regex ? filter_canonical_regex(p, word)
				      : filter_canonical(p, word));
	node->leaf->pattern = pattern;
	return node;
}

struct node *filter_word_regex(struct parser *p, const struct piece *pattern)
{
	if (!pattern->len)
		return filter_parse_fail(p, FILTER_SYNTAX, p->tok.start, p->tok.end,
					 "expected a pattern after ~", NULL);
	return text_node(p, pattern, true);
}

struct node *filter_word_bare(struct parser *p, const struct piece *word)
{
	uint64_t number;
	struct node *node;

	if (!word->quoted && filter_word_number(word->ptr, word->len, false, &number) &&
	    p->filter->pane != PANE_CONTAINERS) {
		node = filter_node_leaf(p, LEAF_NUMBER, "%s", word->ptr);
		node->leaf->number = number;
		return node;
	}
	return text_node(p, word, false);
}
