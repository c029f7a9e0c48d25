#include "kernel/nft_redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/vec.h"

#define REDIRECTS_MAX 64
#define REGISTERS 32

struct search {
	uint8_t proto;
	uint16_t port;
	struct arena *arena;
	VEC(struct why_redirect) found;
};

/* What a rule has said so far, expression by expression. */
struct rule {
	const struct search *search;
	uint32_t port_register;	     /* holds the destination port, 0 none */
	uint32_t proto_register;     /* holds the transport protocol, 0 none */
	uint8_t regs[REGISTERS][16]; /* constants put there by `immediate` */
	uint8_t reg_len[REGISTERS];
	bool port_matches, other_port, other_proto, translates, ipv6;
	struct netaddr to;
	uint16_t to_port;
};

static uint32_t be32_of(const struct netlink_attr *attr)
{
	uint32_t v = 0;

	if (attr->len >= 4)
		memcpy(&v, attr->data, 4);
	return ntohl(v);
}

/* Registers are numbered 1 to 4 (16 bytes each) or from 8 (4 bytes each, NFT_REG32_00). */
static uint32_t register_of(const struct netlink_attr *attr)
{
	uint32_t reg = be32_of(attr);

	return reg >= 1 && reg <= 4 ? 8 + (reg - 1) * 4 : reg >= 8 && reg < REGISTERS ? reg : 0;
}

static bool text_is(const struct netlink_attr *attr, const char *text)
{
	size_t len = strnlen((const char *)attr->data, attr->len);

	return len == strlen(text) && !memcmp(attr->data, text, len);
}

static struct netlink_attr find(const struct netlink_attr *nest, uint16_t type)
{
	struct netlink_attr attr;
	size_t pos = 0;

	while (nest->data && netlink_next_nested(nest, &pos, &attr))
		if (attr.type == type)
			return attr;
	return (struct netlink_attr){0};
}

static bool is_transport(const struct search *s, uint8_t ipproto)
{
	bool udp = s->proto == PROTO_UDP;

	return ipproto == (udp ? IPPROTO_UDP : IPPROTO_TCP);
}

static void see_payload(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr dreg = find(data, NFTA_PAYLOAD_DREG),
			    base = find(data, NFTA_PAYLOAD_BASE),
			    offset = find(data, NFTA_PAYLOAD_OFFSET),
			    len = find(data, NFTA_PAYLOAD_LEN);

	if (be32_of(&base) == NFT_PAYLOAD_TRANSPORT_HEADER && be32_of(&offset) == 2 &&
	    be32_of(&len) == 2)
		r->port_register = register_of(&dreg);
	else if (register_of(&dreg) == r->port_register)
		r->port_register = 0;
	if (be32_of(&base) == NFT_PAYLOAD_NETWORK_HEADER && be32_of(&len) == 1 &&
	    (be32_of(&offset) == 9 || be32_of(&offset) == 6))
		r->proto_register = register_of(&dreg);
}

static void see_meta(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr dreg = find(data, NFTA_META_DREG), key = find(data, NFTA_META_KEY);

	if (be32_of(&key) == NFT_META_L4PROTO)
		r->proto_register = register_of(&dreg);
}

static void see_compare(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr sreg = find(data, NFTA_CMP_SREG), op = find(data, NFTA_CMP_OP),
			    nest = find(data, NFTA_CMP_DATA), value = find(&nest, NFTA_DATA_VALUE);
	uint32_t reg = register_of(&sreg);
	uint16_t port;

	if (!value.data || !reg || be32_of(&op) != NFT_CMP_EQ)
		return;
	if (reg == r->port_register && value.len >= 2) {
		memcpy(&port, value.data, 2);
		r->port_matches |= ntohs(port) == r->search->port;
		r->other_port |= ntohs(port) != r->search->port;
	} else if (reg == r->proto_register && value.len >= 1) {
		r->other_proto |= !is_transport(r->search, value.data[0]);
	}
}

static void see_range(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr sreg = find(data, NFTA_RANGE_SREG),
			    from = find(data, NFTA_RANGE_FROM_DATA),
			    to = find(data, NFTA_RANGE_TO_DATA);
	uint16_t low, high;

	from = find(&from, NFTA_DATA_VALUE);
	to = find(&to, NFTA_DATA_VALUE);
	if (!r->port_register || register_of(&sreg) != r->port_register || from.len < 2 ||
	    to.len < 2)
		return;
	memcpy(&low, from.data, 2);
	memcpy(&high, to.data, 2);
	if (r->search->port >= ntohs(low) && r->search->port <= ntohs(high))
		r->port_matches = true;
	else
		r->other_port = true;
}

static bool is_port_chain(const struct netlink_attr *chain)
{
	static const char *const prefixes[] = {"KUBE-EXT-", "KUBE-SVC-", "KUBE-XLB-", "KUBE-FW-",
					       "CNI-DN-"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (chain->len > strlen(prefixes[i]) &&
		    !memcmp(chain->data, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static void see_immediate(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr dreg = find(data, NFTA_IMMEDIATE_DREG),
			    nest = find(data, NFTA_IMMEDIATE_DATA),
			    value = find(&nest, NFTA_DATA_VALUE),
			    verdict = find(&nest, NFTA_DATA_VERDICT),
			    chain = find(&verdict, NFTA_VERDICT_CHAIN);
	uint32_t reg = register_of(&dreg);

	if (chain.data && is_port_chain(&chain))
		r->translates = true;
	if (reg && value.data && value.len <= sizeof(r->regs[0])) {
		memcpy(r->regs[reg], value.data, value.len);
		r->reg_len[reg] = (uint8_t)value.len;
	}
}

static void take_target(struct rule *r, const struct netlink_attr *addr,
			const struct netlink_attr *port)
{
	uint32_t a = addr->data ? register_of(addr) : 0, p = port->data ? register_of(port) : 0;
	uint16_t number;

	if (a && r->reg_len[a] == 4)
		r->to = netaddr_v4(r->regs[a]);
	else if (a && r->reg_len[a] == 16)
		r->to = netaddr_v6(r->regs[a]);
	if (p && r->reg_len[p] >= 2) {
		memcpy(&number, r->regs[p], 2);
		r->to_port = ntohs(number);
	}
}

static void see_nat(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr type = find(data, NFTA_NAT_TYPE),
			    addr = find(data, NFTA_NAT_REG_ADDR_MIN),
			    port = find(data, NFTA_NAT_REG_PROTO_MIN);

	if (be32_of(&type) != NFT_NAT_DNAT)
		return;
	r->translates = true;
	take_target(r, &addr, &port);
}

static void see_redir(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr port = find(data, NFTA_REDIR_REG_PROTO_MIN), none = {0};

	r->translates = true;
	take_target(r, &none, &port);
}

static void see_tproxy(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr addr = find(data, NFTA_TPROXY_REG_ADDR),
			    port = find(data, NFTA_TPROXY_REG_PORT);

	r->translates = true;
	take_target(r, &addr, &port);
}

/* struct xt_tcp and xt_udp (linux/netfilter/xt_tcpudp.h) begin alike: u16 spts[2], dpts[2]. */
static void see_match(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr name = find(data, NFTA_MATCH_NAME), info = find(data, NFTA_MATCH_INFO);
	bool tcp = name.data && text_is(&name, "tcp"), udp = name.data && text_is(&name, "udp");
	uint16_t dpts[2];
	uint8_t inverted;

	if ((!tcp && !udp) || info.len < (tcp ? 12 : 9))
		return;
	r->other_proto |= tcp != (r->search->proto != PROTO_UDP);
	memcpy(dpts, info.data + 4, sizeof(dpts));
	inverted = info.data[tcp ? 11 : 8];
	if ((inverted & 2) || (dpts[0] == 0 && dpts[1] == 0xffff))
		return;
	if (r->search->port >= dpts[0] && r->search->port <= dpts[1])
		r->port_matches = true;
	else
		r->other_port = true;
}

/* Revision 1 and up, struct nf_nat_range: flags, min and max address (16 bytes each), min and max
 * port. Revision 0 is shorter and its target is left out. */
static void see_target(struct rule *r, const struct netlink_attr *data)
{
	struct netlink_attr name = find(data, NFTA_TARGET_NAME),
			    info = find(data, NFTA_TARGET_INFO);
	bool dnat = name.data && text_is(&name, "DNAT");
	uint32_t flags;
	uint16_t port;

	if (!name.data || (!dnat && !text_is(&name, "REDIRECT") && !text_is(&name, "TPROXY")))
		return;
	r->translates = true;
	if (!dnat || info.len < 40)
		return;
	memcpy(&flags, info.data, 4);
	memcpy(&port, info.data + 36, 2);
	if (flags & NF_NAT_RANGE_MAP_IPS)
		r->to = r->ipv6 ? netaddr_v6(info.data + 4) : netaddr_v4(info.data + 4);
	if (flags & NF_NAT_RANGE_PROTO_SPECIFIED)
		r->to_port = ntohs(port);
}

static void see_expression(struct rule *r, const struct netlink_attr *elem)
{
	static const struct {
		const char *name;
		void (*see)(struct rule *r, const struct netlink_attr *data);
	} known[] = {
		{"payload", see_payload}, {"meta", see_meta},		{"cmp", see_compare},
		{"range", see_range},	  {"immediate", see_immediate}, {"nat", see_nat},
		{"redir", see_redir},	  {"tproxy", see_tproxy},	{"match", see_match},
		{"target", see_target},
	};
	struct netlink_attr name = find(elem, NFTA_EXPR_NAME), data = find(elem, NFTA_EXPR_DATA);

	for (size_t i = 0; name.data && i < sizeof(known) / sizeof(known[0]); i++)
		if (text_is(&name, known[i].name))
			known[i].see(r, &data);
}

static struct bytes keep_text(struct arena *arena, const struct netlink_attr *attr)
{
	size_t len = strnlen((const char *)attr->data, attr->len);

	return (struct bytes){arena_strndup(arena, (const char *)attr->data, len), (uint32_t)len};
}

static int on_rule(const struct nlmsghdr *msg, void *ctx)
{
	const struct nfgenmsg *gen = netlink_payload(msg, sizeof(*gen));
	struct netlink_attr attr, elem, table = {0}, chain = {0};
	struct search *s = ctx;
	struct rule rule = {.search = s};
	size_t pos = 0, at;

	if (!gen || (msg->nlmsg_type & 0xff) != NFT_MSG_NEWRULE || s->found.len >= REDIRECTS_MAX)
		return 0;
	rule.ipv6 = gen->nfgen_family == NFPROTO_IPV6;
	while (netlink_next_attr(msg, sizeof(*gen), &pos, &attr)) {
		if (attr.type == NFTA_RULE_TABLE)
			table = attr;
		else if (attr.type == NFTA_RULE_CHAIN)
			chain = attr;
		else if (attr.type == NFTA_RULE_EXPRESSIONS)
			for (at = 0; netlink_next_nested(&attr, &at, &elem);)
				see_expression(&rule, &elem);
	}
	if (!rule.translates || !rule.port_matches || rule.other_port || rule.other_proto ||
	    !table.data || !chain.data)
		return 0;
	vec_push(&s->found, ((struct why_redirect){
				    .family = gen->nfgen_family == NFPROTO_IPV4	  ? AF_INET
					      : gen->nfgen_family == NFPROTO_IPV6 ? AF_INET6
										  : 0,
				    .table = keep_text(s->arena, &table),
				    .chain = keep_text(s->arena, &chain),
				    .to = rule.to,
				    .to_port = rule.to_port,
			    }));
	return 0;
}

int nft_redirect_open(struct netlink **ret_nl)
{
	struct transport *transport;
	int err = transport_open(NETLINK_NETFILTER, 0, &transport);

	if (err)
		return err;
	*ret_nl = netlink_new(transport);
	netlink_set_budget(*ret_nl, 300, 1000, 0);
	return 0;
}

int nft_redirect_read(struct netlink *nl, uint8_t proto, uint16_t port, struct arena *arena,
		      const struct why_redirect **ret, uint32_t *ret_n)
{
	uint8_t buf[64] __attribute__((aligned(16)));
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct search s = {.proto = proto, .port = port, .arena = arena};
	struct why_redirect *copy;
	struct netlink_result res;

	msg->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	mnl_nlmsg_put_extra_header(msg, sizeof(struct nfgenmsg));
	res = netlink_dump(nl, msg, on_rule, &s);
	copy = arena_alloc(arena, s.found.len * sizeof(*copy));
	if (s.found.len)
		memcpy(copy, s.found.data, s.found.len * sizeof(*copy));
	*ret = copy;
	*ret_n = (uint32_t)s.found.len;
	vec_done(&s.found);
	if (res.outcome == NETLINK_COMPLETE)
		return 0;
	return res.outcome == NETLINK_UNSUPPORTED ? -ENOENT : res.err < 0 ? res.err : -EIO;
}
