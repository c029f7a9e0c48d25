#include "kernel/destroy.h"

#include <errno.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "kernel/sockdiag_request.h"

struct search {
	uint64_t cookie;
	bool found;
};

static void search_row(const struct sock_rec *rec, void *ctx)
{
	struct search *search = ctx;

	/* a destroyed TCP socket keeps its bound port while its owner keeps the descriptor */
	if (rec->cookie == search->cookie && rec->state != STATE_BOUND && rec->state != STATE_CLOSE)
		search->found = true;
}

/* By a dump, because a member of a reuseport group can hide another one from an exact lookup.
 * 1 alive, 0 gone, -errno not known. */
static int is_alive(struct sockdiag *diag, const struct sockdiag_key *key)
{
	const struct diag_expr port = {.op = DIAG_SPORT_EQ, .port = (int32_t)key->local_port};
	struct search search = {.cookie = key->cookie};
	struct sockdiag_query query = {.protos = PROTO_BIT(key->proto), .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	struct diag_filter filter;
	int r = diag_filter_compile(&port, &filter);

	if (r < 0)
		return r;
	query.filter = &filter;
	sockdiag_dump(diag, &query, search_row, &search, &report);
	diag_filter_done(&filter);
	if (search.found)
		return 1;
	r = report.result[key->proto].err;
	return report.complete & PROTO_BIT(key->proto) ? 0 : r < 0 ? r : -EIO;
}

static void destroy_answer(uint32_t index, int err, const struct nlmsghdr *msg, void *ctx)
{
	(void)index;
	(void)msg;
	*(int *)ctx = err;
}

static int send_destroy(struct sockdiag *diag, const struct sockdiag_key *key)
{
	uint8_t buf[256] __attribute__((aligned(16)));
	struct nlmsghdr *msg = sockdiag_request_exact(buf, sizeof(buf), SOCK_DESTROY, key, 0);
	struct netlink_result res;
	int err = -ETIMEDOUT;

	if (!msg)
		return -EOPNOTSUPP;
	msg->nlmsg_flags |= NLM_F_ACK;
	res = netlink_exchange(sockdiag_netlink(diag), buf, msg->nlmsg_len, 1, destroy_answer,
			       &err);
	return res.outcome == NETLINK_COMPLETE ? err : res.err;
}

static enum destroy_result result_of(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return DESTROY_REFUSED;
	case EOPNOTSUPP:
	case EINVAL:
	case ENOSYS:
		return DESTROY_UNSUPPORTED;
	default:
		return DESTROY_FAILED;
	}
}

enum destroy_result destroy_socket(struct sockdiag *diag, const struct sockdiag_key *key,
				   int *ret_err)
{
	const uint64_t wildcard = (uint64_t)INET_DIAG_NOCOOKIE << 32 | INET_DIAG_NOCOOKIE;
	int err, alive, unused;

	if (!ret_err)
		ret_err = &unused;
	*ret_err = -EINVAL;
	if (!key->cookie || key->cookie == wildcard || key->local_port > UINT16_MAX ||
	    key->remote_port > UINT16_MAX)
		return DESTROY_FAILED;
	err = send_destroy(diag, key);
	*ret_err = err;
	if (err && err != -ENOENT && err != -ESTALE)
		return result_of(err);
	alive = is_alive(diag, key);
	if (alive < 0)
		*ret_err = alive;
	if (alive < 0 || (alive && err))
		return DESTROY_FAILED;
	if (alive)
		return DESTROY_ALIVE;
	return err ? DESTROY_GONE : DESTROY_DONE;
}
