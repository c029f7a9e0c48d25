#include "kernel/sockdiag.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sock_diag.h>

#include "base/xalloc.h"
#include "kernel/sockdiag_decode.h"
#include "kernel/sockdiag_request.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct sockdiag {
	struct netlink *nl;
	uint32_t absent; /* PROTO_BIT mask: not asked again, each question may load a module */
	uint32_t never;	 /* PROTO_BIT mask: must not be asked at all */
	bool no_both;	 /* TCPDIAG_GETSOCK is refused: two passes */
};

struct dump_context {
	enum sock_proto proto;
	void (*each)(const struct sock_rec *rec, void *ctx);
	void *ctx;
	struct sockdiag_report *report;
	bool autobound_known, autobound; /* of all rows of this dump */
	struct tcp_stats tcp;
	struct sock_rec rec;
};

/* Kernels before 5.9 ignore INET_DIAG_REQ_PROTOCOL and would give every TCP socket as MPTCP. Those
 * do not know the protocol number either. */
static bool mptcp_is_known(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || (errno != EPROTONOSUPPORT && errno != EINVAL);
}

int sockdiag_from_fd(int fd, struct sockdiag **ret_diag)
{
	struct transport *transport;
	int r = transport_from_fd(fd, &transport);

	if (r < 0)
		return r;
	*ret_diag = sockdiag_from_transport(transport);
	if (!mptcp_is_known())
		(*ret_diag)->never = PROTO_BIT(PROTO_MPTCP);
	return 0;
}

int sockdiag_open(struct sockdiag **ret_diag)
{
	int fd = transport_socket(NETLINK_SOCK_DIAG, 0);

	return fd < 0 ? fd : sockdiag_from_fd(fd, ret_diag);
}

struct sockdiag *sockdiag_from_transport(struct transport *transport)
{
	struct sockdiag *diag = xcalloc(1, sizeof(*diag));

	diag->nl = netlink_new(transport);
	return diag;
}

void sockdiag_free(struct sockdiag *diag)
{
	if (!diag)
		return;
	netlink_free(diag->nl);
	free(diag);
}

void sockdiag_forget_absent(struct sockdiag *diag)
{
	diag->absent = 0;
}

struct netlink *sockdiag_netlink(struct sockdiag *diag)
{
	return diag->nl;
}

static int dump_row(const struct nlmsghdr *msg, void *ctx)
{
	struct dump_context *dump = ctx;

	if (sockdiag_decode(msg, dump->proto, &dump->tcp, &dump->rec) < 0) {
		dump->report->undecodable++;
		return 0;
	}
	if (dump->autobound_known) {
		dump->rec.autobound = dump->autobound;
		dump->rec.have |= REC_SOCKOPT;
	}
	dump->report->records++;
	dump->each(&dump->rec, dump->ctx);
	return 0;
}

static struct netlink_result dump_pass(struct sockdiag *diag, const struct sockdiag_pass *pass,
				       const struct sockdiag_query *query,
				       struct dump_context *dump)
{
	uint8_t buf[SOCKDIAG_REQUEST_MAX] __attribute__((aligned(16)));
	struct nlmsghdr *request = sockdiag_request_dump(buf, sizeof(buf), pass, query);

	if (!request)
		return (struct netlink_result){.outcome = NETLINK_PARTIAL, .err = -E2BIG};
	return netlink_dump(diag->nl, request, dump_row, dump);
}

/* One family of a protocol may be missing (no IPv6): that is no gap if the other one answers. */
static void merge(struct netlink_result *total, const struct netlink_result *one)
{
	const bool absent = one->outcome == NETLINK_UNSUPPORTED;
	const bool total_absent = total->outcome == NETLINK_UNSUPPORTED;

	total->messages += one->messages;
	total->strangers += one->strangers;
	total->retries += one->retries;
	if (total_absent ? !absent : !absent && one->outcome > total->outcome) {
		total->outcome = one->outcome;
		total->err = one->err;
	}
}

static struct netlink_result dump_proto(struct sockdiag *diag, const struct sockdiag_query *query,
					struct dump_context *dump)
{
	struct sockdiag_pass passes[2];
	unsigned int n = sockdiag_request_passes(dump->proto, !diag->no_both, passes);
	struct netlink_result total, one;

	if (!n)
		return (struct netlink_result){.outcome = NETLINK_UNSUPPORTED,
					       .err = -EPROTONOSUPPORT};
	if (query->none4 & query->none6 & PROTO_BIT(dump->proto))
		return (struct netlink_result){.outcome = NETLINK_COMPLETE};
	if (n == 2 && query->none4 & PROTO_BIT(dump->proto))
		passes[0] = passes[1];
	if (n == 2 && (query->none4 | query->none6) & PROTO_BIT(dump->proto))
		n = 1;
	total = dump_pass(diag, &passes[0], query, dump);
	if (passes[0].family == AF_UNSPEC && total.err == -EINVAL) {
		diag->no_both = true;
		return dump_proto(diag, query, dump);
	}
	if (n == 2) {
		one = dump_pass(diag, &passes[1], query, dump);
		merge(&total, &one);
	}
	return total;
}

/* Two dumps, of the sockets whose port the kernel chose and of the others. */
static struct netlink_result
dump_autobound(struct sockdiag *diag, const struct sockdiag_query *query, struct dump_context *dump)
{
	struct netlink_result total = {0}, one;
	struct sockdiag_query part = *query;
	struct diag_filter filter;

	dump->autobound_known = true;
	for (int autobound = 0; autobound < 2; autobound++) {
		if (diag_filter_autobound(query->filter, autobound, &filter) < 0)
			return (struct netlink_result){.outcome = NETLINK_PARTIAL, .err = -E2BIG};
		part.filter = &filter;
		dump->autobound = autobound;
		one = dump_proto(diag, &part, dump);
		diag_filter_done(&filter);
		if (autobound)
			merge(&total, &one);
		else
			total = one;
	}
	dump->autobound_known = false;
	return total;
}

static void report_proto(struct sockdiag *diag, const struct sockdiag_query *query,
			 struct sockdiag_report *report, enum sock_proto proto)
{
	const struct netlink_result *res = &report->result[proto];

	if (res->outcome == NETLINK_COMPLETE)
		report->complete |= PROTO_BIT(proto);
	if (res->outcome != NETLINK_UNSUPPORTED)
		return;
	report->unsupported |= PROTO_BIT(proto);
	/* EINVAL may be about the filter */
	if (res->err != -EINVAL || !(query->filter || query->want & SOCKDIAG_WANT_AUTOBOUND))
		diag->absent |= PROTO_BIT(proto);
}

void sockdiag_dump(struct sockdiag *diag, const struct sockdiag_query *query,
		   void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
		   struct sockdiag_report *ret_report)
{
	const struct netlink_result absent = {.outcome = NETLINK_UNSUPPORTED, .err = -ENOENT};
	const struct netlink_result nothing = {.outcome = NETLINK_COMPLETE};
	struct dump_context dump = {.each = each, .ctx = ctx, .report = ret_report};

	memset(ret_report, 0, sizeof(*ret_report));
	for (enum sock_proto proto = 0; proto < PROTO_COUNT; proto++) {
		if (!(query->protos & PROTO_BIT(proto)))
			continue;
		ret_report->asked |= PROTO_BIT(proto);
		dump.proto = proto;
		if ((diag->absent | diag->never) & PROTO_BIT(proto))
			ret_report->result[proto] = absent;
		else if (!sockdiag_request_states(proto, query->states))
			ret_report->result[proto] = nothing;
		else if (query->want & SOCKDIAG_WANT_AUTOBOUND &&
			 PROTO_BIT(proto) & PROTO_MASK_INET)
			ret_report->result[proto] = dump_autobound(diag, query, &dump);
		else
			ret_report->result[proto] = dump_proto(diag, query, &dump);
		report_proto(diag, query, ret_report, proto);
	}
}

bool sockdiag_key_from(const struct sock_rec *rec, struct sockdiag_key *ret_key)
{
	if (!rec->cookie || (rec->family != FAM_INET && rec->family != FAM_INET6))
		return false;
	*ret_key = (struct sockdiag_key){
		.cookie = rec->cookie,
		.local = rec->local,
		.remote = rec->remote,
		.local_port = rec->local_port,
		.remote_port = rec->remote_port,
		.ifindex = rec->ifindex,
		.proto = rec->proto,
		.family = rec->family,
	};
	return true;
}

struct lookup {
	const struct sockdiag_key *keys;
	uint8_t *buf;
	size_t len;
	uint32_t n;
	size_t index[NETLINK_BATCH]; /* of the keys in buf */
	void (*each)(size_t index, int err, const struct sock_rec *rec, void *ctx);
	void *ctx;
};

static void lookup_answer(uint32_t i, int err, const struct nlmsghdr *msg, void *ctx)
{
	const struct lookup *lookup = ctx;
	const size_t index = lookup->index[i];
	struct tcp_stats tcp;
	struct sock_rec rec;

	if (!err && !msg)
		err = -EBADMSG;
	if (!err)
		err = sockdiag_decode_inet(msg, lookup->keys[index].proto, &tcp, &rec);
	lookup->each(index, err, err ? NULL : &rec, lookup->ctx);
}

static void lookup_flush(struct sockdiag *diag, struct lookup *lookup, struct netlink_result *total)
{
	struct netlink_result one;

	if (!lookup->n)
		return;
	one = netlink_exchange(diag->nl, lookup->buf, lookup->len, lookup->n, lookup_answer,
			       lookup);
	merge(total, &one);
	lookup->n = 0;
	lookup->len = 0;
}

struct netlink_result
sockdiag_lookup(struct sockdiag *diag, const struct sockdiag_key *keys, size_t n, uint32_t want,
		void (*each)(size_t index, int err, const struct sock_rec *rec, void *ctx),
		void *ctx)
{
	uint8_t buf[NETLINK_BATCH * 128] __attribute__((aligned(16)));
	struct lookup lookup = {.keys = keys, .buf = buf, .each = each, .ctx = ctx};
	struct netlink_result total = {0};
	struct nlmsghdr *msg;

	for (size_t i = 0; i < n && total.outcome != NETLINK_JAMMED; i++) {
		msg = sockdiag_request_exact(buf + lookup.len, sizeof(buf) - lookup.len,
					     SOCK_DIAG_BY_FAMILY, &keys[i], want);
		if (!msg) {
			each(i, -EOPNOTSUPP, NULL, ctx);
			continue;
		}
		lookup.index[lookup.n++] = i;
		lookup.len += msg->nlmsg_len;
		if (lookup.n == NETLINK_BATCH)
			lookup_flush(diag, &lookup, &total);
	}
	if (total.outcome != NETLINK_JAMMED)
		lookup_flush(diag, &lookup, &total);
	return total;
}
