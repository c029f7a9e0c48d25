/* One condition on one row. */
#include "view/filter_internal.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "model/names.h"
#include "model/problems.h"
#include "view/column_get.h"

#define ANCESTORS_MAX 256

static enum verdict yes_if(bool yes)
{
	return yes ? VERDICT_YES : VERDICT_NO;
}

/* ---- endpoints ---- */

struct ends {
	uint8_t proto, family;
	bool remote; /* there may be one */
	struct netaddr addr[2];
	uint32_t port[2], ifindex;
};

static struct ends ends_of(const struct row *row)
{
	const struct port *port = row->obj;
	const struct event *ev = row->obj;
	const struct sock *sk = row->obj;

	if (row->pane == PANE_PORTS)
		return (struct ends){.proto = port->proto,
				     .family = port->family,
				     .addr = {port->addr},
				     .port = {port->port},
				     .ifindex = port->ifindex};
	if (row->pane == PANE_EVENTS)
		return (struct ends){.proto = ev->proto,
				     .family = ev->family,
				     .addr = {ev->addr},
				     .port = {ev->port},
				     .ifindex = ev->ifindex};
	return (struct ends){.proto = sk->r.proto,
			     .family = sk->r.family,
			     .remote = true,
			     .addr = {sk->r.local, sk->r.remote},
			     .port = {sk->r.local_port, sk->r.remote_port},
			     .ifindex = sk->r.ifindex};
}

static const char *ifname_of(const struct row *row, const struct lookup *lookup, uint32_t ifindex)
{
	const struct netns *ns = row_netns(row);
	const struct event *ev = row->obj;
	uint32_t inode = ns ? ns->r.inode : row->pane == PANE_EVENTS ? ev->netns_inode : 0;

	return lookup->ifname && ifindex ? lookup->ifname(lookup->ctx, inode, ifindex) : NULL;
}

static bool has_ports(uint8_t family)
{
	return family == FAM_INET || family == FAM_INET6 || family == FAM_VSOCK;
}

static bool port_in(const struct endpoint_test *test, uint32_t port)
{
	for (unsigned int i = 0; i < test->n_ports; i++)
		if (port >= test->ports[i].first && port <= test->ports[i].last)
			return true;
	return !test->n_ports;
}

static bool addr_in(const struct endpoint_test *test, const struct netaddr *addr)
{
	for (unsigned int i = 0; i < test->n_hosts; i++)
		if (netaddr_in_prefix(addr, &test->hosts[i]))
			return true;
	return !test->n_hosts;
}

static bool zone_is(const struct endpoint_test *test, const struct row *row,
		    const struct lookup *lookup, uint32_t ifindex)
{
	const char *name = test->zone ? ifname_of(row, lookup, ifindex) : NULL;

	return !test->zone || (name && !strcmp(name, test->zone));
}

static uint8_t family_of(const struct endpoint_test *test, const struct ends *ends)
{
	bool mapped = test->mapped_is_v4 && (netaddr_is_v4_mapped(&ends->addr[0]) ||
					     netaddr_is_v4_mapped(&ends->addr[1]));

	return mapped ? FAM_INET : ends->family;
}

static enum verdict endpoint_verdict(const struct endpoint_test *test, const struct row *row,
				     const struct lookup *lookup)
{
	struct ends ends = ends_of(row);

	if (!ends.family)
		return VERDICT_NO; /* an event without an endpoint */
	if (test->family_named && test->family != ends.family)
		return VERDICT_UNKNOWN;
	if (test->protos && !(test->protos & PROTO_BIT(ends.proto)))
		return VERDICT_NO;
	if (test->family && test->family != family_of(test, &ends))
		return VERDICT_NO;
	if (!test->n_hosts && !test->n_ports)
		return VERDICT_YES;
	if (!has_ports(ends.family) && !test->any_number)
		return VERDICT_NO;
	for (int i = 0; i <= ends.remote; i++)
		if (test->ends & (i ? END_REMOTE : END_LOCAL) && port_in(test, ends.port[i]) &&
		    addr_in(test, &ends.addr[i]) && zone_is(test, row, lookup, ends.ifindex))
			return VERDICT_YES;
	return VERDICT_NO;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Whether c is in the class that starts at glob ('['); *ret_len = its length, 0 = no class. */
static bool in_class(const char *glob, size_t len, char c, size_t *ret_len)
{
	size_t i = 1, first;
	bool negated = len > 1 && (glob[1] == '!' || glob[1] == '^'), found = false;

	i += negated;
	for (first = i; i < len && (glob[i] != ']' || i == first); i++) {
		char from = fold(glob[i]), to = from;

		if (i + 2 < len && glob[i + 1] == '-' && glob[i + 2] != ']') {
			to = fold(glob[i + 2]);
			i += 2;
		}
		found |= (unsigned char)fold(c) >= (unsigned char)from &&
			 (unsigned char)fold(c) <= (unsigned char)to;
	}
	*ret_len = i < len ? i + 1 : 0;
	return found != negated;
}

/* How much of the glob takes one character c; 0 = it does not match. Not for '*'. */
static size_t glob_one(const char *glob, size_t len, char c)
{
	size_t class_len;
	bool in;

	if (*glob == '?')
		return 1;
	if (*glob == '[') {
		in = in_class(glob, len, c, &class_len);
		if (class_len)
			return in ? class_len : 0;
	}
	if (*glob == '\\' && len > 1)
		return fold(glob[1]) == fold(c) ? 2 : 0;
	return fold(*glob) == fold(c);
}

bool filter_glob_match(const char *glob, size_t glob_len, const char *text, size_t len)
{
	size_t g = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < len) {
		size_t took = 0;

		if (g < glob_len && glob[g] == '*') {
			star = ++g;
			star_text = t;
			continue;
		}
		if (g < glob_len)
			took = glob_one(glob + g, glob_len - g, text[t]);
		if (took) {
			g += took;
			t++;
		} else if (star != SIZE_MAX) {
			g = star;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (g < glob_len && glob[g] == '*')
		g++;
	return g == glob_len;
}

static bool path_matches(struct filter *f, const struct named_host_test *test,
			 const struct sock *sk)
{
	strbuf_reset(&f->scratch);
	if (sk && sk->r.path.ptr) {
		if (sk->r.abstract_name)
			strbuf_addc(&f->scratch, '@');
		strbuf_add(&f->scratch, sk->r.path.ptr, sk->r.path.len);
	}
	return filter_glob_match(test->glob, test->glob_len, strbuf_str(&f->scratch),
				 f->scratch.len);
}

/* Packet: protocol and device. Netlink: protocol and port id, of the other end its group.
 * vsock: context id and port. */
static enum verdict named_host_verdict(struct filter *f, const struct named_host_test *test,
				       const struct row *row, const struct lookup *lookup)
{
	const struct sock *sk = row->obj;
	bool remote = test->end == END_REMOTE;
	uint32_t number, port;
	const char *name;

	if (row->pane != PANE_SOCKETS || sk->r.family != test->family)
		return VERDICT_UNKNOWN;
	if (test->family == FAM_UNIX)
		return yes_if(
			path_matches(f, test, remote ? snapshot_sock(row->snap, sk->peer) : sk));
	number = sk->r.sock_type;
	port = remote ? sk->r.remote_port : sk->r.local_port;
	if (test->family == FAM_VSOCK)
		number = remote ? sk->r.remote_cid : sk->r.local_cid;
	if (test->family == FAM_PACKET) {
		number = sk->r.local_port;
		port = sk->r.ifindex;
		name = test->device ? ifname_of(row, lookup, sk->r.ifindex) : NULL;
		if (test->device && (!name || strcmp(name, test->device) != 0))
			return VERDICT_NO;
	}
	if (test->has_number && number != test->number)
		return VERDICT_NO;
	return yes_if(test->port < 0 || test->port == port);
}

/* ---- other conditions of ss ---- */

static enum verdict state_verdict(uint32_t states, const struct row *row)
{
	const struct port *port = row->obj;
	const struct sock *sk = row->obj;
	uint8_t state = row->pane == PANE_PORTS ? port->state : sk->r.state;

	return state ? yes_if(states & STATE_BIT(state)) : VERDICT_UNKNOWN;
}

static enum verdict dev_verdict(const struct leaf *leaf, const struct row *row,
				const struct lookup *lookup)
{
	struct ends ends = ends_of(row);
	const char *name;

	if (leaf->dev.index >= 0 && ends.family && leaf->dev.index == ends.ifindex)
		return VERDICT_YES;
	if (!ends.ifindex)
		return VERDICT_NO;
	name = ifname_of(row, lookup, ends.ifindex);
	if (!name)
		return leaf->dev.index >= 0 ? VERDICT_NO : VERDICT_UNKNOWN;
	return yes_if(!strcmp(name, leaf->dev.name));
}

/* What is left of a connection, or not one yet: without most of a socket's attributes. */
static bool is_mini(const struct sock *sk)
{
	return sk->r.state == STATE_TIME_WAIT || sk->r.state == STATE_SYN_RECV;
}

static enum verdict mark_verdict(const struct leaf *leaf, const struct sock *sk)
{
	uint32_t mark = sk->r.have & REC_MARK ? sk->r.mark : 0;

	if (!(sk->r.have & REC_MARK) && !is_mini(sk))
		return VERDICT_UNKNOWN;
	return yes_if((mark & leaf->mark.mask) == leaf->mark.value);
}

static enum verdict cgroup_verdict(const struct leaf *leaf, const struct sock *sk,
				   const struct lookup *lookup)
{
	const char *want = leaf->cgroup.path;
	struct bytes path;

	if (!(sk->r.have & REC_CGROUP))
		return is_mini(sk) ? VERDICT_NO : VERDICT_UNKNOWN;
	if (leaf->cgroup.id)
		return yes_if(sk->r.cgroup_id == leaf->cgroup.id);
	if (!lookup->cgroup)
		return VERDICT_UNKNOWN;
	path = lookup->cgroup(lookup->ctx, sk->r.cgroup_id);
	if (!path.ptr)
		return VERDICT_UNKNOWN;
	if (path.len && *path.ptr == '/') {
		path.ptr++;
		path.len--;
	}
	return yes_if(path.len == strlen(want) && !memcmp(path.ptr, want, path.len));
}

/* No name, or one of five hexadecimal digits as autobind gives (unix(7)). */
static bool has_chosen_name(const struct sock *sk)
{
	if (!sk->r.path.ptr || !sk->r.path.len)
		return true;
	for (uint32_t i = 0; i < sk->r.path.len; i++)
		if (!sk->r.path.ptr[i] || !strchr("0123456789abcdef", sk->r.path.ptr[i]))
			return false;
	return sk->r.abstract_name && sk->r.path.len == 5;
}

/* ss asks the kernel whether it chose the port, and then whether the port is in the range that it
 * chooses from: where the two differ the socket is neither autobound nor not. */
static enum verdict autobound_verdict(const struct filter *f, const struct sock *sk)
{
	bool in_range =
		sk->r.local_port >= f->ephemeral_first && sk->r.local_port <= f->ephemeral_last;

	if (sk->r.family == FAM_UNIX)
		return yes_if(has_chosen_name(sk));
	if (sk->r.family != FAM_INET && sk->r.family != FAM_INET6)
		return VERDICT_UNKNOWN;
	if (sk->r.have & REC_SOCKOPT && sk->r.autobound != in_range)
		return VERDICT_UNKNOWN;
	return yes_if(in_range);
}

/* ---- owners ---- */

struct holders {
	uint8_t status;
	uint32_t n;
	const struct owner *all;
};

static struct holders holders_of(const struct row *row)
{
	const struct port *port = row->obj;
	const struct sock *sk = row->obj;

	if (row->pane == PANE_PORTS)
		return (struct holders){port->owner_status, port->n_owners, port->owners};
	return (struct holders){sk->owner_status, sk->n_owners, sk->owners};
}

static enum verdict pid_verdict(uint64_t pid, const struct row *row)
{
	struct holders h = holders_of(row);
	const struct proc *p = row_proc(row);

	for (uint32_t i = 0; i < h.n; i++)
		if (h.all[i].pid == pid)
			return VERDICT_YES;
	if (p && p->r.pid == pid)
		return VERDICT_YES;
	return h.status == OWNER_PENDING ? VERDICT_UNKNOWN : VERDICT_NO;
}

static bool descends(const struct snapshot *snap, const struct proc *p, uint64_t pid)
{
	for (int i = 0; p && i < ANCESTORS_MAX; i++) {
		if (p->r.pid == pid || ((p->r.have & PROC_HAVE_STAT) && p->r.ppid == pid))
			return true;
		p = snapshot_proc(snap, p->parent);
	}
	return false;
}

static enum verdict tree_verdict(uint64_t pid, const struct row *row)
{
	struct holders h;

	if (descends(row->snap, row_proc(row), pid))
		return VERDICT_YES;
	if (row->pane == PANE_PROCESSES)
		return VERDICT_NO;
	h = holders_of(row);
	for (uint32_t i = 0; i < h.n; i++)
		if (h.all[i].pid == pid ||
		    (i && descends(row->snap, snapshot_proc_by_pid(row->snap, h.all[i].pid), pid)))
			return VERDICT_YES;
	return h.status == OWNER_PENDING ? VERDICT_UNKNOWN : VERDICT_NO;
}

static enum verdict user_column(struct filter *f, const struct leaf *leaf, enum column_id name,
				enum column_id uid, const struct row *row,
				const struct lookup *lookup)
{
	struct value v;
	struct bytes text;

	column_get(uid, row, lookup, &v);
	if (v.type == VALUE_PENDING)
		return VERDICT_UNKNOWN;
	if (v.type == VALUE_U64 && leaf->user.uid >= 0 && v.num == (uint64_t)leaf->user.uid)
		return VERDICT_YES;
	column_get(name, row, lookup, &v);
	if (v.type == VALUE_PENDING)
		return VERDICT_UNKNOWN;
	text = value_bytes(&v, &f->scratch);
	if (!text.ptr)
		return VERDICT_NO;
	if (leaf->user.pattern)
		return yes_if(filter_pattern_match(leaf->user.pattern, &f->run, text));
	return yes_if(text.len == leaf->user.name.len &&
		      !memcmp(text.ptr, leaf->user.name.ptr, text.len));
}

static enum verdict user_verdict(struct filter *f, const struct leaf *leaf, const struct row *row,
				 const struct lookup *lookup)
{
	enum verdict of_sock = VERDICT_NO, of_proc = VERDICT_NO;

	if (row->pane != PANE_PROCESSES)
		of_sock = user_column(f, leaf, COL_USER, COL_UID, row, lookup);
	if (row->pane != PANE_EVENTS && of_sock != VERDICT_YES)
		of_proc = user_column(f, leaf, COL_PROC_USER, COL_PROC_UID, row, lookup);
	if (of_sock == VERDICT_YES || of_proc == VERDICT_YES)
		return VERDICT_YES;
	return of_sock == VERDICT_UNKNOWN || of_proc == VERDICT_UNKNOWN ? VERDICT_UNKNOWN
									: VERDICT_NO;
}

/* ---- columns ---- */

static enum verdict ordered(enum filter_op op, int order)
{
	switch (op) {
	case OP_LT:
		return yes_if(order < 0);
	case OP_LE:
		return yes_if(order <= 0);
	case OP_GT:
		return yes_if(order > 0);
	case OP_GE:
		return yes_if(order >= 0);
	default:
		return yes_if(order == 0);
	}
}

/* The age is somewhere below v. */
static enum verdict bounded(enum filter_op op, int order)
{
	if (order < 0)
		return yes_if(op == OP_LT || op == OP_LE);
	if (order == 0 && op == OP_LE)
		return VERDICT_YES;
	if (order == 0 && op == OP_GT)
		return VERDICT_NO;
	return VERDICT_UNKNOWN;
}

static bool same_text(struct bytes text, struct bytes want, bool exact_case)
{
	if (text.len != want.len)
		return false;
	return exact_case ? !memcmp(text.ptr, want.ptr, want.len)
			  : !strncasecmp(text.ptr, want.ptr, want.len);
}

static enum verdict compare_text(struct filter *f, const struct column_test *test,
				 const struct value *v)
{
	const struct value *want = &test->literal.v;
	struct value text = {.type = VALUE_STRING};
	bool exact = test->exact_case || v->type != VALUE_WORD;

	text.str = value_bytes(v, &f->scratch);
	if (test->op == OP_EQ || test->op == OP_MATCH)
		return yes_if(same_text(text.str, want->str, exact));
	return ordered(test->op, value_compare(&text, want));
}

static enum verdict compare_addr(const struct column_test *test, const struct value *v)
{
	const struct literal *lit = &test->literal;
	struct netprefix prefix = {lit->v.addr, lit->bits};

	if (test->op != OP_EQ && test->op != OP_MATCH)
		return ordered(test->op, value_compare(v, &lit->v));
	if (!lit->prefix)
		prefix.bits = prefix.addr.family == AF_INET ? 32 : 128;
	if (!v->addr.family || !netaddr_in_prefix(&v->addr, &prefix))
		return VERDICT_NO;
	return yes_if(!lit->v.str.len || same_text(v->str, lit->v.str, true));
}

static enum verdict compare_value(struct filter *f, const struct column_test *test,
				  const struct value *v)
{
	const struct literal *lit = &test->literal;

	switch (v->type) {
	case VALUE_NONE:
	case VALUE_PENDING:
		return v->type == VALUE_NONE && (test->op == OP_EQ || test->op == OP_MATCH)
			       ? VERDICT_NO
			       : VERDICT_UNKNOWN;
	case VALUE_STRING:
	case VALUE_WORD:
	case VALUE_COMMAND:
	case VALUE_LIST:
	case VALUE_ENDPOINT:
		return compare_text(f, test, v);
	case VALUE_ADDR:
		return compare_addr(test, v);
	case VALUE_AGE_MAX:
		return test->col == COL_AGE ? bounded(test->op, value_compare(v, &lit->v))
					    : ordered(test->op, value_compare(v, &lit->v));
	case VALUE_RATIO:
		if (lit->v.type == VALUE_PERCENT && !v->max)
			return VERDICT_UNKNOWN;
		return ordered(test->op, value_compare(v, &lit->v));
	default:
		return ordered(test->op, v->num < lit->v.num ? -1 : v->num > lit->v.num);
	}
}

static enum verdict find_in(struct filter *f, struct pattern *pattern, enum column_id col,
			    const struct row *row, const struct lookup *lookup)
{
	struct value v;

	column_get(col, row, lookup, &v);
	if (v.type == VALUE_PENDING)
		return VERDICT_UNKNOWN;
	return yes_if(filter_pattern_match(pattern, &f->run, value_bytes(&v, &f->scratch)));
}

/* Columns that are the same in all rows of a process. */
static bool of_process(enum column_id col)
{
	return col == COL_COMM || col == COL_CMDLINE || col == COL_UNIT || col == COL_EXE ||
	       col == COL_CGROUP;
}

static enum verdict column_verdict(struct filter *f, const struct leaf *leaf, const struct row *row,
				   const struct lookup *lookup)
{
	const struct column_test *test = &leaf->column;
	const struct proc *p = test->pattern && of_process(test->col) ? row_proc(row) : NULL;
	enum verdict verdict;
	uint8_t known;
	struct value v;

	if (!test->pattern) {
		column_get(test->col, row, lookup, &v);
		return compare_value(f, test, &v);
	}
	if (p && filter_pattern_recall(test->pattern, p, &known))
		return known;
	verdict = find_in(f, test->pattern, test->col, row, lookup);
	if (p)
		filter_pattern_remember(test->pattern, p, (uint8_t)verdict);
	return verdict;
}

/* ---- bare words ---- */

static enum verdict either(enum verdict a, enum verdict b)
{
	if (a == VERDICT_YES || b == VERDICT_YES)
		return VERDICT_YES;
	return a == VERDICT_UNKNOWN || b == VERDICT_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_NO;
}

static bool is_address(enum column_id col)
{
	return col == COL_LOCAL_ADDR || col == COL_REMOTE_ADDR;
}

/* In those columns that are of the process, or in the others. */
static enum verdict find_in_columns(struct filter *f, struct pattern *pattern,
				    const struct row *row, const struct lookup *lookup,
				    bool processes)
{
	enum verdict sum = VERDICT_NO;
	size_t n;
	const enum column_id *cols = filter_text_columns(row->pane, &n);

	for (size_t i = 0; i < n && sum != VERDICT_YES; i++) {
		if (of_process(cols[i]) != processes)
			continue;
		if (is_address(cols[i]) && filter_pattern_beyond_addresses(pattern) &&
		    netaddr_scope(&ends_of(row).addr[cols[i] == COL_REMOTE_ADDR]) != SCOPE_LINK)
			continue;
		sum = either(sum, find_in(f, pattern, cols[i], row, lookup));
	}
	return sum;
}

static enum verdict text_verdict(struct filter *f, struct pattern *pattern, const struct row *row,
				 const struct lookup *lookup)
{
	const struct proc *p = row_proc(row);
	enum verdict verdict;
	uint8_t known;

	if (p && filter_pattern_recall(pattern, p, &known)) {
		verdict = known;
	} else {
		verdict = find_in_columns(f, pattern, row, lookup, true);
		if (p)
			filter_pattern_remember(pattern, p, (uint8_t)verdict);
	}
	if (verdict == VERDICT_YES)
		return verdict;
	return either(verdict, find_in_columns(f, pattern, row, lookup, false));
}

static bool port_is(const struct filter *f, uint64_t number, const struct row *row)
{
	struct ends ends = ends_of(row);

	return has_ports(ends.family) &&
	       (ends.port[0] == number ||
		(ends.remote && !f->local_only && ends.port[1] == number));
}

/* A port or a pid; of a namespace its inode. */
static enum verdict number_verdict(const struct filter *f, uint64_t number, const struct row *row)
{
	const struct proc *p = row->obj;
	const struct event *ev = row->obj;

	switch (row->pane) {
	case PANE_PORTS:
	case PANE_SOCKETS:
		return either(yes_if(port_is(f, number, row)), pid_verdict(number, row));
	case PANE_PROCESSES:
		return yes_if(p->r.pid == number);
	case PANE_EVENTS:
		return yes_if(ev->pid == number || port_is(f, number, row));
	case PANE_NAMESPACES:
		return yes_if(row_netns(row)->r.inode == number);
	default:
		return VERDICT_NO;
	}
}

/* ---- all ---- */

static enum verdict problems_verdict(const struct row *row)
{
	if (row->pane == PANE_PORTS)
		return yes_if(problems_port(row->snap, row->obj) != 0);
	if (row->pane == PANE_SOCKETS)
		return yes_if(problems_sock(row->snap, row->obj) != 0);
	return yes_if(problems_proc(row->snap, row->obj) != 0);
}

bool filter_leaf_asks_sockets(const struct leaf *leaf)
{
	switch (leaf->kind) {
	case LEAF_STATE:
	case LEAF_ENDPOINT:
	case LEAF_NAMED_HOST:
	case LEAF_DEV:
	case LEAF_MARK:
	case LEAF_CGROUP:
	case LEAF_AUTOBOUND:
	case LEAF_NUMBER:
		return true;
	default:
		return false;
	}
}

static bool is_of_one_socket(const struct leaf *leaf)
{
	return leaf->kind == LEAF_MARK || leaf->kind == LEAF_CGROUP ||
	       leaf->kind == LEAF_AUTOBOUND || leaf->kind == LEAF_NAMED_HOST;
}

/* Of the sockets of a process or an endpoint one will do. */
static enum verdict any_socket(struct filter *f, const struct leaf *leaf, const struct row *row,
			       const struct lookup *lookup)
{
	const struct port *port = row->obj;
	const struct proc *p = row->obj;
	bool ports = row->pane == PANE_PORTS;
	const uint32_t *slots = ports ? port->socks : p->socks;
	uint32_t n = ports ? port->n_socks : p->n_socks;
	enum verdict sum = n ? VERDICT_UNKNOWN : VERDICT_NO;
	struct row sock;

	for (uint32_t i = 0; i < n; i++) {
		enum verdict verdict;

		if (!row_at(row->snap, PANE_SOCKETS, slots[i], &sock))
			continue;
		if (leaf->kind == LEAF_NUMBER)
			verdict = yes_if(port_is(f, leaf->number, &sock));
		else
			verdict = filter_leaf_verdict(f, leaf, &sock, lookup);
		if (verdict == VERDICT_YES)
			return verdict;
		if (verdict == VERDICT_NO)
			sum = verdict;
	}
	return sum;
}

enum verdict filter_leaf_verdict(struct filter *f, const struct leaf *leaf, const struct row *row,
				 const struct lookup *lookup)
{
	if (row->pane == PANE_PROCESSES && filter_leaf_asks_sockets(leaf)) {
		if (leaf->kind == LEAF_NUMBER && number_verdict(f, leaf->number, row))
			return VERDICT_YES;
		return any_socket(f, leaf, row, lookup);
	}
	if (row->pane == PANE_PORTS && is_of_one_socket(leaf))
		return any_socket(f, leaf, row, lookup);
	switch (leaf->kind) {
	case LEAF_STATE:
		return state_verdict(leaf->states, row);
	case LEAF_ENDPOINT:
		return endpoint_verdict(&leaf->endpoint, row, lookup);
	case LEAF_NAMED_HOST:
		return named_host_verdict(f, &leaf->host, row, lookup);
	case LEAF_DEV:
		return dev_verdict(leaf, row, lookup);
	case LEAF_MARK:
		return mark_verdict(leaf, row->obj);
	case LEAF_CGROUP:
		return cgroup_verdict(leaf, row->obj, lookup);
	case LEAF_AUTOBOUND:
		return autobound_verdict(f, row->obj);
	case LEAF_COLUMN:
		return column_verdict(f, leaf, row, lookup);
	case LEAF_USER:
		return user_verdict(f, leaf, row, lookup);
	case LEAF_PID:
		return pid_verdict(leaf->number, row);
	case LEAF_TREE:
		return tree_verdict(leaf->number, row);
	case LEAF_MARKED:
		return yes_if(snapshot_mark(row->snap, row_head(row), lookup->mono_ms) ==
			      leaf->marked);
	case LEAF_STALE:
		return yes_if(row_head(row)->stale);
	case LEAF_PROBLEMS:
		return problems_verdict(row);
	case LEAF_NUMBER:
		return number_verdict(f, leaf->number, row);
	case LEAF_TEXT:
		return text_verdict(f, leaf->pattern, row, lookup);
	}
	return VERDICT_UNKNOWN;
}
