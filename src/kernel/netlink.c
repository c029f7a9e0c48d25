/*
 * Why not libmnl's receive: mnl_socket_recvfrom() hides the sender, so root of a child user
 * namespace can put messages into the answer, and its walker takes nlmsg_len as a signed int and
 * dies on a forged one; mnl_cb_run() hides the errno that NLMSG_DONE carries (how inet_diag reports
 * a missing protocol: netlink_dump_done() in net/netlink/af_netlink.c).
 */
#include "kernel/netlink.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define IDLE_MS 1000
#define TOTAL_MS 10000
#define FOREIGN_BYTES ((size_t)4 << 20)
#define DUMP_TRIES 3
/* include/linux/err.h */
#define MAX_ERRNO 4095
/* So that a flood of events cannot keep a reader for ever. */
#define EVENT_DATAGRAMS 4096

struct netlink {
	struct transport *transport;
	uint32_t seq; /* of the latest request */
	int idle_ms, total_ms;
	size_t foreign_max;
	alignas(16) uint8_t buf[NETLINK_BUFFER_SIZE];
};

/* So often the kernel may drop messages before a dump is given up. */
#define OVERRUNS_MAX 64

/* Budget of one dump or exchange, shared by its tries. */
struct budget {
	int64_t start_ms;
	size_t foreign_bytes;
	unsigned int overruns; /* times the kernel said that it dropped messages */
};

struct dump {
	int (*each)(const struct nlmsghdr *msg, void *ctx);
	void *ctx;
	int each_err;
	int damage; /* -errno: rows may be missing, try again */
	int err;    /* of NLMSG_DONE or NLMSG_ERROR */
	bool done;
};

struct netlink *netlink_new(struct transport *transport)
{
	struct netlink *nl = xmalloc(sizeof(*nl));

	nl->transport = transport;
	nl->seq = transport->first_seq;
	netlink_set_budget(nl, 0, 0, 0);
	return nl;
}

void netlink_free(struct netlink *nl)
{
	if (!nl)
		return;
	transport_free(nl->transport);
	free(nl);
}

int netlink_fd(const struct netlink *nl)
{
	return nl->transport->fd;
}

void netlink_set_budget(struct netlink *nl, int idle_ms, int total_ms, size_t foreign_bytes)
{
	nl->idle_ms = idle_ms > 0 ? idle_ms : IDLE_MS;
	nl->total_ms = total_ms > 0 ? total_ms : TOTAL_MS;
	nl->foreign_max = foreign_bytes ? foreign_bytes : FOREIGN_BYTES;
}

bool netlink_next_message(const void *data, size_t len, const struct nlmsghdr **ret_msg,
			  size_t *ret_taken)
{
	const struct nlmsghdr *msg = data;
	size_t aligned;

	if (len < sizeof(*msg) || msg->nlmsg_len < sizeof(*msg) || msg->nlmsg_len > len)
		return false;
	aligned = ((size_t)msg->nlmsg_len + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
	*ret_msg = msg;
	*ret_taken = aligned < len ? aligned : len;
	return true;
}

static bool next_attr(const uint8_t *data, size_t len, size_t *pos, struct netlink_attr *ret_attr)
{
	struct nlattr attr;

	if (*pos >= len || len - *pos < sizeof(attr))
		return false;
	memcpy(&attr, data + *pos, sizeof(attr));
	if (attr.nla_len < sizeof(attr) || attr.nla_len > len - *pos)
		return false;
	ret_attr->type = attr.nla_type & NLA_TYPE_MASK;
	ret_attr->len = (uint16_t)(attr.nla_len - sizeof(attr));
	ret_attr->data = data + *pos + sizeof(attr);
	*pos += NLA_ALIGN((size_t)attr.nla_len);
	return true;
}

bool netlink_next_attr(const struct nlmsghdr *msg, size_t header_len, size_t *pos,
		       struct netlink_attr *ret_attr)
{
	const size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(header_len);

	if (msg->nlmsg_len < offset)
		return false;
	return next_attr((const uint8_t *)msg + offset, msg->nlmsg_len - offset, pos, ret_attr);
}

bool netlink_next_nested(const struct netlink_attr *nest, size_t *pos,
			 struct netlink_attr *ret_attr)
{
	return next_attr(nest->data, nest->len, pos, ret_attr);
}

const void *netlink_payload(const struct nlmsghdr *msg, size_t size)
{
	if (msg->nlmsg_len < NLMSG_HDRLEN + size)
		return NULL;
	return (const uint8_t *)msg + NLMSG_HDRLEN;
}

static int payload_errno(const struct nlmsghdr *msg, int missing)
{
	const void *payload = netlink_payload(msg, sizeof(int));
	int err;

	if (!payload)
		return missing;
	memcpy(&err, payload, sizeof(err));
	return err > 0 || err < -MAX_ERRNO ? -EBADMSG : err;
}

static enum netlink_outcome outcome_of(int err, uint32_t messages)
{
	if (!err)
		return NETLINK_COMPLETE;
	if (messages)
		return NETLINK_PARTIAL;
	switch (-err) {
	case EPERM:
	case EACCES:
		return NETLINK_REFUSED;
	case ENOENT:
	case EINVAL: /* a message type or an attribute that this kernel does not know */
	case ENOSYS:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ECONNREFUSED:
		return NETLINK_UNSUPPORTED;
	default:
		return NETLINK_PARTIAL;
	}
}

static bool budget_spent(struct netlink *nl, const struct budget *budget)
{
	return budget->foreign_bytes > nl->foreign_max || budget->overruns > OVERRUNS_MAX ||
	       nl->transport->now_ms(nl->transport) - budget->start_ms > nl->total_ms;
}

/*
 * One datagram of the kernel, waiting at most timeout_ms for it. 0, -EAGAIN when nothing came,
 * -ETIME when the budget is spent, other -errno of the receive.
 */
static int receive_ours(struct netlink *nl, int timeout_ms, struct budget *budget,
			struct netlink_result *res, struct transport_datagram *ret_datagram)
{
	const int64_t deadline = nl->transport->now_ms(nl->transport) + timeout_ms;
	int r;

	for (;;) {
		r = nl->transport->receive(nl->transport, nl->buf, sizeof(nl->buf), timeout_ms,
					   ret_datagram);
		if (r == 0 && ret_datagram->sender == 0)
			return 0;
		if (r == 0) {
			res->strangers++;
			budget->foreign_bytes += ret_datagram->len + sizeof(struct nlmsghdr);
		} else if (r != -EINTR) {
			budget->overruns += r == -ENOBUFS;
			return r;
		}
		if (budget_spent(nl, budget))
			return -ETIME;
		if (timeout_ms > 0 && nl->transport->now_ms(nl->transport) > deadline)
			return -EAGAIN;
	}
}

/* Throws away what is queued: junk of strangers would leave no room for the kernel's answer, and an
 * unfinished dump would make it answer EBUSY. */
static int drain(struct netlink *nl, struct budget *budget, struct netlink_result *res)
{
	struct transport_datagram datagram;
	int r;

	do {
		r = receive_ours(nl, 0, budget, res, &datagram);
		if ((r == 0 || r == -ENOBUFS) && budget_spent(nl, budget))
			r = -ETIME;
	} while (r == 0 || r == -ENOBUFS);
	return r == -EAGAIN ? 0 : r;
}

static void dump_message(struct dump *dump, const struct nlmsghdr *msg, struct netlink_result *res)
{
	int r;

	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		dump->damage = -EINTR;
	switch (msg->nlmsg_type) {
	case NLMSG_NOOP:
		break;
	case NLMSG_OVERRUN:
		dump->damage = -ENOBUFS;
		break;
	case NLMSG_DONE:
		dump->err = payload_errno(msg, 0);
		dump->done = true;
		break;
	case NLMSG_ERROR:
		dump->err = payload_errno(msg, -EBADMSG);
		dump->done = dump->err != 0;
		break;
	default:
		if (msg->nlmsg_type < NLMSG_MIN_TYPE)
			break;
		res->messages++;
		r = dump->each_err ? 0 : dump->each(msg, dump->ctx);
		if (r)
			dump->each_err = r;
	}
}

static void dump_datagram(struct netlink *nl, struct dump *dump,
			  const struct transport_datagram *datagram, struct netlink_result *res)
{
	const struct nlmsghdr *msg;
	size_t pos = 0, taken;

	if (datagram->truncated)
		dump->damage = -EMSGSIZE;
	while (!dump->done &&
	       netlink_next_message(nl->buf + pos, datagram->len - pos, &msg, &taken)) {
		pos += taken;
		if (msg->nlmsg_seq == nl->seq && msg->nlmsg_pid == nl->transport->portid)
			dump_message(dump, msg, res);
	}
	if (!dump->done && pos < datagram->len && !dump->damage)
		dump->damage = -EBADMSG;
}

/* Sends once and reads to the end of the answer. 0 or -errno of the conversation itself. */
static int dump_once(struct netlink *nl, struct nlmsghdr *request, struct dump *dump,
		     struct budget *budget, struct netlink_result *res)
{
	struct transport_datagram datagram;
	int r = drain(nl, budget, res);

	if (r < 0)
		return r;
	request->nlmsg_seq = ++nl->seq;
	request->nlmsg_pid = nl->transport->portid;
	r = nl->transport->send(nl->transport, request, request->nlmsg_len);
	if (r < 0)
		return r;
	while (!dump->done) {
		r = receive_ours(nl, nl->idle_ms, budget, res, &datagram);
		if (r == -ENOBUFS) {
			dump->damage = r;
			if (budget_spent(nl, budget))
				return -ETIME;
			continue;
		}
		if (r < 0)
			return r;
		dump_datagram(nl, dump, &datagram, res);
		if (!dump->done && budget_spent(nl, budget))
			return -ETIME;
	}
	return 0;
}

static void finish(struct netlink_result *res, int err)
{
	res->err = err;
	if (err == -ETIME || err == -EAGAIN) {
		res->outcome = NETLINK_JAMMED;
		res->err = -ETIMEDOUT;
	} else {
		res->outcome = outcome_of(err, res->messages);
	}
}

struct netlink_result netlink_dump(struct netlink *nl, struct nlmsghdr *request,
				   int (*each)(const struct nlmsghdr *msg, void *ctx), void *ctx)
{
	struct netlink_result res = {0};
	struct budget budget = {.start_ms = nl->transport->now_ms(nl->transport)};
	struct dump dump;
	int r;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	for (;; res.retries++) {
		dump = (struct dump){.each = each, .ctx = ctx};
		r = dump_once(nl, request, &dump, &budget, &res);
		if (r == 0 && (dump.err == -EBUSY || dump.err == -ENOBUFS || dump.err == -EINTR))
			dump.damage = dump.err;
		if (r == 0 && !dump.damage)
			r = dump.each_err ? dump.each_err : dump.err;
		else if (r == 0)
			r = res.retries + 1 < DUMP_TRIES && !dump.each_err ? -ERESTART
									   : dump.damage;
		if (r != -ERESTART)
			break;
	}
	finish(&res, r);
	if (dump.damage && res.outcome == NETLINK_COMPLETE)
		res.outcome = NETLINK_PARTIAL;
	if (dump.each_err && res.outcome != NETLINK_JAMMED)
		res.outcome = NETLINK_PARTIAL;
	return res;
}

/* Numbers the requests; false if buf does not hold n whole ones. */
static bool number_requests(struct netlink *nl, uint8_t *buf, size_t len, uint32_t n)
{
	const struct nlmsghdr *msg;
	struct nlmsghdr *request;
	size_t pos = 0, taken;

	for (uint32_t i = 0; i < n; i++, pos += taken) {
		if (!netlink_next_message(buf + pos, len - pos, &msg, &taken))
			return false;
		request = (struct nlmsghdr *)(buf + pos);
		request->nlmsg_flags |= NLM_F_REQUEST;
		request->nlmsg_seq = ++nl->seq;
		request->nlmsg_pid = nl->transport->portid;
	}
	return pos == len;
}

struct exchange {
	void (*each)(uint32_t index, int err, const struct nlmsghdr *msg, void *ctx);
	void *ctx;
	uint32_t first_seq, n, answered;
	uint64_t seen; /* one bit per request */
};

static void exchange_message(struct exchange *ex, const struct nlmsghdr *msg,
			     struct netlink_result *res)
{
	const uint32_t index = msg->nlmsg_seq - ex->first_seq;

	if (index >= ex->n || ex->seen & 1ull << index)
		return;
	if (msg->nlmsg_type < NLMSG_MIN_TYPE && msg->nlmsg_type != NLMSG_ERROR)
		return;
	ex->seen |= 1ull << index;
	ex->answered++;
	res->messages++;
	if (msg->nlmsg_type == NLMSG_ERROR)
		ex->each(index, payload_errno(msg, -EBADMSG), NULL, ex->ctx);
	else
		ex->each(index, 0, msg, ex->ctx);
}

static int exchange_read(struct netlink *nl, struct exchange *ex, struct budget *budget,
			 struct netlink_result *res)
{
	struct transport_datagram datagram;
	const struct nlmsghdr *msg;
	size_t pos, taken;
	int damage = 0, r;

	while (ex->answered < ex->n) {
		r = receive_ours(nl, nl->idle_ms, budget, res, &datagram);
		if (r == -ENOBUFS) {
			damage = r;
			if (budget_spent(nl, budget))
				return -ETIME;
			continue;
		}
		if (r < 0)
			return damage && r == -EAGAIN ? damage : r;
		for (pos = 0; netlink_next_message(nl->buf + pos, datagram.len - pos, &msg, &taken);
		     pos += taken)
			if (msg->nlmsg_pid == nl->transport->portid)
				exchange_message(ex, msg, res);
		if (budget_spent(nl, budget))
			return -ETIME;
	}
	return 0;
}

struct netlink_result netlink_exchange(struct netlink *nl, void *buf, size_t len, uint32_t n,
				       void (*each)(uint32_t index, int err,
						    const struct nlmsghdr *msg, void *ctx),
				       void *ctx)
{
	struct netlink_result res = {0};
	struct budget budget = {.start_ms = nl->transport->now_ms(nl->transport)};
	struct exchange ex = {.each = each, .ctx = ctx, .n = n};
	int r;

	if (!n)
		return res;
	ex.first_seq = nl->seq + 1;
	if (n > NETLINK_BATCH || !number_requests(nl, buf, len, n)) {
		finish(&res, -EINVAL);
		return res;
	}
	r = drain(nl, &budget, &res);
	if (r == 0)
		r = nl->transport->send(nl->transport, buf, len);
	if (r == 0)
		r = exchange_read(nl, &ex, &budget, &res);
	finish(&res, r);
	return res;
}

int netlink_read_events(struct netlink *nl, void (*each)(const struct nlmsghdr *msg, void *ctx),
			void *ctx)
{
	struct transport_datagram datagram;
	const struct nlmsghdr *msg;
	size_t pos, taken;
	int count = 0, r;

	for (int i = 0; i < EVENT_DATAGRAMS; i++) {
		r = nl->transport->receive(nl->transport, nl->buf, sizeof(nl->buf), 0, &datagram);
		if (r == -EAGAIN)
			break;
		if (r == -EINTR)
			continue;
		if (r < 0)
			return r;
		if (datagram.sender != 0)
			continue;
		for (pos = 0; netlink_next_message(nl->buf + pos, datagram.len - pos, &msg, &taken);
		     pos += taken) {
			if (msg->nlmsg_type < NLMSG_MIN_TYPE)
				continue;
			each(msg, ctx);
			count++;
		}
	}
	return count;
}
