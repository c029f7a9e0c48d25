/* The conditions of ss(8): sport dport src dst dev fwmark cgroup. */
#include "view/filter_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum ss_name { SS_SPORT, SS_DPORT, SS_SRC, SS_DST, SS_DEV, SS_FWMARK, SS_CGROUP, SS_COUNT };

static const char *const ss_names[SS_COUNT] = {
	[SS_SPORT] = "sport", [SS_DPORT] = "dport",   [SS_SRC] = "src",	      [SS_DST] = "dst",
	[SS_DEV] = "dev",     [SS_FWMARK] = "fwmark", [SS_CGROUP] = "cgroup",
};

static enum ss_name find_name(const struct piece *name)
{
	int i = 0;

	while (i < SS_COUNT && !filter_piece_is(name, ss_names[i]))
		i++;
	return i;
}

bool filter_ss_is_condition(const struct parser *p, const struct piece *name, enum filter_op op)
{
	enum ss_name ss = find_name(name);

	if (ss == SS_COUNT || op == OP_RE || op == OP_NOT_RE)
		return false;
	/* the cgroup column is that of the process */
	return ss != SS_CGROUP || (op != OP_MATCH && PANES_OF_SOCKETS & PANE_BIT(p->filter->pane));
}

static struct node *fail_value(struct parser *p, const struct piece *value, const char *expected)
{
	return filter_parse_fail(p, FILTER_SYNTAX, value->start, value->end, expected, NULL);
}

/* ---- FAMILY: ---- */

static const struct {
	const char *prefix;
	uint8_t family;
} families[] = {
	{"unix:", FAM_UNIX},   {"link:", FAM_PACKET}, {"netlink:", FAM_NETLINK},
	{"vsock:", FAM_VSOCK}, {"inet:", FAM_INET},   {"inet6:", FAM_INET6},
};

/* Takes the family off the value; one that was named before goes on. */
static uint8_t take_family(struct parser *p, struct piece *value)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		size_t len = strlen(families[i].prefix);

		if (strncmp(value->ptr, families[i].prefix, len) != 0)
			continue;
		value->ptr += len;
		value->len -= len;
		p->families |= p->family && p->family != families[i].family;
		p->family = families[i].family;
		break;
	}
	return p->family;
}

/* ---- addresses of families without IP ---- */

static const struct {
	const char *name;
	uint8_t family;
	uint16_t number;
} protocols[] = {
	{"all", FAM_PACKET, 0x0003},	 {"ip", FAM_PACKET, 0x0800},
	{"arp", FAM_PACKET, 0x0806},	 {"ipv6", FAM_PACKET, 0x86dd},
	{"802.1Q", FAM_PACKET, 0x8100},	 {"lldp", FAM_PACKET, 0x88cc},
	{"eapol", FAM_PACKET, 0x888e},	 {"rtnl", FAM_NETLINK, 0},
	{"route", FAM_NETLINK, 0},	 {"usersock", FAM_NETLINK, 2},
	{"fw", FAM_NETLINK, 3},		 {"tcpdiag", FAM_NETLINK, 4},
	{"nflog", FAM_NETLINK, 5},	 {"xfrm", FAM_NETLINK, 6},
	{"selinux", FAM_NETLINK, 7},	 {"iscsi", FAM_NETLINK, 8},
	{"audit", FAM_NETLINK, 9},	 {"fiblookup", FAM_NETLINK, 10},
	{"connector", FAM_NETLINK, 11},	 {"nft", FAM_NETLINK, 12},
	{"uevent", FAM_NETLINK, 15},	 {"genl", FAM_NETLINK, 16},
	{"scsi-trans", FAM_NETLINK, 18}, {"ecryptfs", FAM_NETLINK, 19},
	{"rdma", FAM_NETLINK, 20},	 {"crypto", FAM_NETLINK, 21},
};

static bool find_protocol(uint8_t family, const char *text, size_t len, uint32_t *ret)
{
	uint64_t number;

	if (filter_word_number(text, len, true, &number) && number <= UINT32_MAX) {
		*ret = (uint32_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (protocols[i].family == family && strlen(protocols[i].name) == len &&
		    !strncasecmp(protocols[i].name, text, len)) {
			*ret = protocols[i].number;
			return true;
		}
	}
	return false;
}

static bool is_any(const char *text, size_t len)
{
	return !len || (len == 1 && *text == '*');
}

/* The part after the colon: a number, or what the family has for one. */
static bool parse_number_port(struct parser *p, struct named_host_test *host, const char *text,
			      size_t len)
{
	uint64_t number;

	if (is_any(text, len))
		return true;
	if (filter_word_number(text, len, true, &number) && number <= UINT32_MAX)
		host->port = (int64_t)number;
	else if (host->family == FAM_NETLINK && len == 6 && !memcmp(text, "kernel", 6))
		host->port = 0;
	else if (host->family == FAM_PACKET)
		host->device = arena_strndup(&p->filter->arena, text, len);
	else
		return false;
	return true;
}

/* [ADDRESS][:NUMBER]; is_port: [:]NUMBER alone. */
static bool split_named(struct parser *p, const struct piece *value, bool is_port,
			struct named_host_test *host)
{
	const char *text = value->ptr, *end = text + value->len, *number = NULL;
	size_t len = value->len;

	if (is_port) {
		number = text + (*text == ':');
		len = 0;
	} else if (memchr(text, ':', len)) {
		len = (size_t)((const char *)memchr(text, ':', len) - text);
		number = text + len + 1;
	}
	if (number && !parse_number_port(p, host, number, (size_t)(end - number)))
		return false;
	host->has_number = !is_any(text, len);
	return !host->has_number || find_protocol(host->family, text, len, &host->number);
}

static struct node *named_host(struct parser *p, const char *text, const struct piece *value,
			       uint8_t family, bool remote, bool is_port)
{
	struct named_host_test host = {
		.family = family, .end = remote ? END_REMOTE : END_LOCAL, .port = -1};
	struct node *node;

	if (family == FAM_UNIX) {
		host.glob = value->ptr;
		host.glob_len = value->len;
	} else if (!split_named(p, value, is_port, &host)) {
		return fail_value(p, value, "expected a number or a name that this family has");
	}
	node = filter_node_leaf(p, LEAF_NAMED_HOST, "%s", text);
	node->leaf->host = host;
	return node;
}

/* ---- src, dst, sport, dport ---- */

static const char *symbol(enum filter_op op)
{
	static const char *const symbols[] = {
		[OP_MATCH] = "=", [OP_EQ] = "=",  [OP_NE] = "=",  [OP_LT] = ">=",
		[OP_LE] = "<=",	  [OP_GT] = "<=", [OP_GE] = ">=",
	};

	return symbols[op];
}

/* NAME OPERATOR VALUE without the negation that != < > come down to. */
static const char *condition_text(struct parser *p, enum ss_name name, enum filter_op op,
				  const struct piece *value)
{
	struct strbuf text;
	const char *copy;

	strbuf_init(&text, 0);
	strbuf_addf(&text, "%s %s %s", ss_names[name], symbol(op), filter_canonical(p, value));
	copy = arena_strndup(&p->filter->arena, strbuf_str(&text), text.len);
	strbuf_done(&text);
	return copy;
}

static struct node *endpoint_leaf(struct parser *p, const char *text, uint8_t family,
				  const struct endpoint_test *test)
{
	struct node *node = filter_node_leaf(p, LEAF_ENDPOINT, "%s", text);

	node->leaf->endpoint = *test;
	node->leaf->endpoint.family = family;
	node->leaf->endpoint.family_named = family != 0;
	node->leaf->endpoint.any_number = true;
	return node;
}

static bool word_means_any(const char *text, size_t len)
{
	static const char *const words[] = {"*", "any", "all", "default"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == len && !memcmp(words[i], text, len))
			return true;
	return !len;
}

static bool set_port(struct parser *p, struct endpoint_test *test, const char *text, size_t len)
{
	struct port_range *range;

	if (is_any(text, len))
		return true;
	range = arena_alloc(&p->filter->arena, sizeof(*range));
	if (!filter_word_port(p, text, len, true, &range->first))
		return false;
	range->last = range->first;
	test->ports = range;
	test->n_ports = 1;
	return true;
}

bool filter_family_fits(const struct endpoint_test *test, uint8_t family)
{
	int wanted = family == FAM_INET ? AF_INET : family == FAM_INET6 ? AF_INET6 : 0;

	for (unsigned int i = 0; wanted && i < test->n_hosts; i++)
		if (test->hosts[i].addr.family != wanted)
			return false;
	return true;
}

static bool host_of(struct parser *p, struct endpoint_test *test, const char *text, size_t len)
{
	return word_means_any(text, len) || filter_word_host(p, text, len, true, test) == 0;
}

/* ADDRESS[:PORT], [ADDRESS][:PORT]: the last colon parts them when what is before it is an
 * address, as in ss; else all of it may be one. */
static bool split_host(struct parser *p, const struct piece *value, struct endpoint_test *test)
{
	const char *text = value->ptr, *end = value->ptr + value->len;
	const char *from = memchr(text, '/', value->len), *bracket = NULL, *colon;

	if (!from)
		from = text;
	if (value->len && *text == '[')
		bracket = memchr(text, ']', value->len);
	if (bracket)
		colon = bracket + 1 < end ? bracket + 1 : NULL;
	else
		colon = memrchr(from, ':', (size_t)(end - from));
	if (colon && *colon == '/')
		colon = memchr(colon, ':', (size_t)(end - colon));
	if (!colon)
		return host_of(p, test, text, value->len);
	if (*colon == ':' && host_of(p, test, text, (size_t)(colon - text)) &&
	    set_port(p, test, colon + 1, (size_t)(end - colon - 1)))
		return true;
	*test = (struct endpoint_test){.ends = test->ends};
	return !bracket && host_of(p, test, text, value->len);
}

static struct node *host_condition(struct parser *p, enum ss_name name, enum filter_op op,
				   struct piece value)
{
	struct endpoint_test test = {.ends = name == SS_DST ? END_REMOTE : END_LOCAL};
	const char *text = condition_text(p, name, op, &value), *whole = value.ptr;
	uint8_t family = take_family(p, &value);
	bool named = value.ptr != whole;

	if (family && family != FAM_INET && family != FAM_INET6)
		return named_host(p, text, &value, family, name == SS_DST, false);
	if (!split_host(p, &value, &test) || (named && !filter_family_fits(&test, family)))
		return fail_value(p, &value,
				  "expected an address, perhaps with /BITS and :PORT, "
				  "or a host of /etc/hosts");
	if (!filter_family_fits(&test, family)) {
		family = 0;
		p->families = true;
	}
	return endpoint_leaf(p, text, family, &test);
}

/* sport < X is not sport >= X: so it comes to one of =, <=, >=. */
static struct node *port_condition(struct parser *p, enum ss_name name, enum filter_op op,
				   struct piece value)
{
	struct endpoint_test test = {.ends = name == SS_DPORT ? END_REMOTE : END_LOCAL};
	const char *text = condition_text(p, name, op, &value), *sign = symbol(op);
	uint8_t family = take_family(p, &value);
	struct port_range *range;
	size_t colon = value.len && *value.ptr == ':';

	if (family == FAM_UNIX || ((family == FAM_PACKET || family == FAM_NETLINK) && *sign == '='))
		return named_host(p, text, &value, family, name == SS_DPORT, true);
	if (!set_port(p, &test, value.ptr + colon, value.len - colon) ||
	    (!test.n_ports && *sign != '='))
		return fail_value(p, &value, "expected a port number or a service name");
	range = arena_alloc(&p->filter->arena, sizeof(*range));
	if (*sign != '=') {
		*range = *sign == '<' ? (struct port_range){0, test.ports->first}
				      : (struct port_range){test.ports->first, UINT32_MAX};
		test.ports = range;
	}
	return endpoint_leaf(p, text, family, &test);
}

/* ---- dev, fwmark, cgroup ---- */

static struct node *dev_condition(struct parser *p, const char *text, const struct piece *value)
{
	struct node *node = filter_node_leaf(p, LEAF_DEV, "%s", text);
	uint64_t number;

	node->leaf->dev.name = value->ptr;
	node->leaf->dev.index = -1;
	if (filter_word_number(value->ptr, value->len, true, &number) && number <= UINT32_MAX)
		node->leaf->dev.index = (int64_t)number;
	return node;
}

static struct node *mark_condition(struct parser *p, const char *text, const struct piece *value)
{
	const char *slash = memchr(value->ptr, '/', value->len);
	size_t len = slash ? (size_t)(slash - value->ptr) : value->len;
	uint64_t mark, mask = UINT32_MAX;
	struct node *node;

	if (!filter_word_number(value->ptr, len, true, &mark) || mark > UINT32_MAX ||
	    (slash && !filter_word_number(slash + 1, value->len - len - 1, true, &mask)) ||
	    mask > UINT32_MAX)
		return fail_value(p, value, "expected a mark such as 1, 0x10 or 0x1/0xff");
	node = filter_node_leaf(p, LEAF_MARK, "%s", text);
	node->leaf->mark.value = (uint32_t)mark;
	node->leaf->mark.mask = (uint32_t)mask;
	return node;
}

/* The path below the mount point of cgroup2. */
static const char *cgroup_path(struct parser *p, const struct piece *value)
{
	static const char *const mounts[] = {"/sys/fs/cgroup/unified/", "/sys/fs/cgroup/"};
	const char *path = value->ptr;
	size_t len;

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		if (!strncmp(path, mounts[i], strlen(mounts[i]))) {
			path += strlen(mounts[i]);
			break;
		}
	}
	while (*path == '/')
		path++;
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	return arena_strndup(&p->filter->arena, path, len);
}

static struct node *cgroup_condition(struct parser *p, const char *text, const struct piece *value)
{
	const struct filter_names *names = p->context->names;
	struct node *node = filter_node_leaf(p, LEAF_CGROUP, "%s", text);

	if (names && names->cgroup)
		node->leaf->cgroup.id = names->cgroup(names->ctx, value->ptr);
	node->leaf->cgroup.path = cgroup_path(p, value);
	return node;
}

/* ---- all ---- */

static uint32_t panes_of(enum ss_name name)
{
	static const uint32_t panes[SS_COUNT] = {
		[SS_SPORT] = PANES_ENDPOINT, [SS_DPORT] = PANES_REMOTE, [SS_SRC] = PANES_ENDPOINT,
		[SS_DST] = PANES_REMOTE,     [SS_DEV] = PANES_ENDPOINT, [SS_FWMARK] = PANES_SOCKET,
		[SS_CGROUP] = PANES_SOCKET,
	};

	return panes[name];
}

struct node *filter_ss_condition(struct parser *p, const struct piece *name, enum filter_op op,
				 const struct piece *value)
{
	enum ss_name ss = find_name(name);
	bool negate = op == OP_NE || op == OP_LT || op == OP_GT;
	const char *text;

	if (!(panes_of(ss) & PANE_BIT(p->filter->pane)))
		return filter_parse_elsewhere(p, name->start, name->end, panes_of(ss));
	if (ss == SS_SPORT || ss == SS_DPORT)
		return filter_node_not_if(p, negate, port_condition(p, ss, op, *value));
	if (op != OP_EQ && op != OP_NE && op != OP_MATCH)
		return filter_parse_fail(p, FILTER_SYNTAX, name->start, value->end,
					 "this can only be compared with = and !=", NULL);
	if (ss == SS_SRC || ss == SS_DST)
		return filter_node_not_if(p, negate, host_condition(p, ss, op, *value));
	text = condition_text(p, ss, op, value);
	if (ss == SS_DEV)
		return filter_node_not_if(p, negate, dev_condition(p, text, value));
	if (ss == SS_FWMARK)
		return filter_node_not_if(p, negate, mark_condition(p, text, value));
	return filter_node_not_if(p, negate, cgroup_condition(p, text, value));
}
