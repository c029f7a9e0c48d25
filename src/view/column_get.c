/* Getters of what identifies a row: namespace, endpoint, queues, traffic, life. */
#include "view/column_get.h"

#include <string.h>

#include "base/netaddr.h"
#include "model/names.h"

static bool is_sock(const struct row *row)
{
	return row->pane == PANE_SOCKETS;
}

static const struct sock *sock_of(const struct row *row)
{
	return is_sock(row) ? row->obj : NULL;
}

static const struct port *port_of(const struct row *row)
{
	return row->pane == PANE_PORTS ? row->obj : NULL;
}

static const struct event *event_of(const struct row *row)
{
	return row->pane == PANE_EVENTS ? row->obj : NULL;
}

/* The socket a row is about: of an endpoint its first one. */
static const struct sock *one_sock(const struct row *row)
{
	const struct port *port = port_of(row);

	if (!port)
		return sock_of(row);
	return port->n_socks ? snapshot_sock(row->snap, port->socks[0]) : NULL;
}

/* ---- events ---- */

void get_time(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	set_num(ret, VALUE_TIME, (uint64_t)ev->wall_ms);
}

void get_mono_ms(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	set_num(ret, VALUE_U64, (uint64_t)ev->mono_ms);
}

void get_event(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	set_word(ret, names_event(ev->kind));
}

void get_lifetime_ms(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	if (ev->lifetime_ms >= 0)
		set_num(ret, VALUE_DURATION, (uint64_t)ev->lifetime_ms);
}

void get_gap_ms(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	if (ev->gap_ms >= 0)
		set_num(ret, VALUE_DURATION, (uint64_t)ev->gap_ms);
}

void get_previous_pid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	if (ev->previous_pid)
		set_num(ret, VALUE_U64, ev->previous_pid);
}

void get_previous_comm(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct event *ev = row->obj;

	(void)lookup;
	set_bytes(ret, ev->previous_comm);
}

/* ---- namespace ---- */

static uint32_t netns_inode(const struct row *row)
{
	const struct netns *ns = row_netns(row);
	const struct event *ev = event_of(row);
	const struct proc *p = row->obj; /* in its pane */

	if (ns)
		return ns->r.inode;
	if (ev)
		return ev->netns_inode;
	return row->pane == PANE_PROCESSES ? p->r.netns_inode : 0;
}

void get_netns(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint32_t inode = netns_inode(row);

	(void)lookup;
	if (inode)
		set_num(ret, VALUE_U64, inode);
}

void get_netns_cookie(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct netns *ns = row_netns(row);
	const struct event *ev = event_of(row);
	uint64_t cookie = ns ? ns->r.cookie : ev ? ev->netns_cookie : 0;

	(void)lookup;
	if (cookie)
		set_num(ret, VALUE_COOKIE, cookie);
}

void get_netns_name(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct netns *ns = row_netns(row);
	const struct event *ev = event_of(row);

	(void)lookup;
	if (ns)
		set_bytes(ret, ns->r.name);
	else if (ev)
		set_bytes(ret, ev->netns_name);
}

void get_kind(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_word(ret, names_netns_kind(row_netns(row)->r.kind));
}

void get_holders(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_U64, row_netns(row)->r.holders);
}

void get_socket_count(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_U64, row_netns(row)->sockets);
}

/* ---- endpoint ---- */

/* What an endpoint is made of, whatever the row is; family FAM_NONE = none (an exec event). */
struct endpoint {
	uint8_t proto, family;
	struct netaddr addr;
	uint32_t port, ifindex;
};

static struct endpoint endpoint_of(const struct row *row)
{
	const struct sock *sk = sock_of(row);
	const struct port *port = port_of(row);
	const struct event *ev = row->obj; /* unless sk or port */

	if (sk)
		return (struct endpoint){sk->r.proto, sk->r.family, sk->r.local, sk->r.local_port,
					 sk->r.ifindex};
	if (port)
		return (struct endpoint){port->proto, port->family, port->addr, port->port,
					 port->ifindex};
	return (struct endpoint){ev->proto, ev->family, ev->addr, ev->port, ev->ifindex};
}

static bool is_inet(const struct endpoint *ep)
{
	return ep->family == FAM_INET || ep->family == FAM_INET6;
}

static const char *ifname_of(const struct row *row, const struct lookup *lookup, uint32_t ifindex)
{
	if (!ifindex || !lookup->ifname)
		return NULL;
	return lookup->ifname(lookup->ctx, netns_inode(row), ifindex);
}

/* A link-local address is of no use without its device. */
static void set_zone(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const char *zone;

	if (!ret->addr.family || netaddr_scope(&ret->addr) != SCOPE_LINK)
		return;
	zone = ifname_of(row, lookup, endpoint_of(row).ifindex);
	if (zone)
		ret->str = (struct bytes){zone, (uint32_t)strlen(zone)};
}

void get_proto(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	(void)lookup;
	if (ep.family)
		set_word(ret, names_proto(ep.proto));
}

void get_family(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	(void)lookup;
	if (ep.family)
		set_word(ret, names_family(ep.family));
}

void get_state(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct port *port = row->obj;
	const struct sock *sk = row->obj;
	uint8_t state = !is_sock(row) ? port->state : sk->r.state;

	(void)lookup;
	if (state)
		set_word(ret, names_state(state));
}

void get_local_addr(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);
	const struct sock *sk = sock_of(row);

	ret->addr = ep.addr;
	if (sk && ep.family == FAM_VSOCK && sk->r.local_cid != UINT32_MAX)
		ret->max = (uint64_t)sk->r.local_cid + 1;
	if (ep.addr.family || ret->max)
		ret->type = VALUE_ADDR;
	set_zone(row, lookup, ret);
}

void get_local_port(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	(void)lookup;
	if (ep.port || (ep.family && ep.family != FAM_UNIX && !event_of(row)))
		set_num(ret, VALUE_PORT, ep.port);
}

static bool has_remote(const struct sock *sk)
{
	return sk->r.remote.family && (sk->r.remote_port || !netaddr_is_any(&sk->r.remote));
}

void get_remote_addr(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	if (sk->r.family == FAM_VSOCK && sk->r.remote_port)
		ret->max = (uint64_t)sk->r.remote_cid + 1;
	else if (!has_remote(sk))
		return;
	ret->type = VALUE_ADDR;
	ret->addr = sk->r.remote;
	set_zone(row, lookup, ret);
}

void get_remote_port(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	(void)lookup;
	if (has_remote(sk) || sk->r.remote_port)
		set_num(ret, VALUE_PORT, sk->r.remote_port);
}

static void set_path(struct value *ret, const struct sock *sk)
{
	set_bytes(ret, sk->r.path);
	if (ret->type == VALUE_STRING && sk->r.abstract_name)
		ret->prefix = "@";
}

void get_path(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	(void)lookup;
	if (sk->r.family == FAM_UNIX)
		set_path(ret, sk);
}

void get_local(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	if (!ep.family)
		return;
	if (ep.family == FAM_UNIX) {
		if (sock_of(row))
			set_path(ret, sock_of(row));
		return;
	}
	get_local_addr(row, lookup, ret);
	if (ep.family == FAM_PACKET)
		ret->name = ifname_of(row, lookup, ep.ifindex);
	set_num(ret, VALUE_ENDPOINT, ep.port);
}

static void unix_remote(const struct row *row, struct value *ret)
{
	const struct sock *sk = row->obj, *peer = snapshot_sock(row->snap, sk->peer);

	if (peer && peer->r.path.ptr && peer->r.path.len)
		set_path(ret, peer);
	else if (sk->r.peer_inode)
		set_num(ret, VALUE_U64, sk->r.peer_inode);
}

void get_remote(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	if (sk->r.family == FAM_UNIX) {
		unix_remote(row, ret);
		return;
	}
	get_remote_addr(row, lookup, ret);
	if (ret->addr.family && lookup->hostname)
		ret->name = lookup->hostname(lookup->ctx, &ret->addr);
	set_num(ret, VALUE_ENDPOINT, sk->r.remote_port);
}

void get_ifname(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	set_text(ret, ifname_of(row, lookup, endpoint_of(row).ifindex));
}

void get_scope(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	(void)lookup;
	if (ep.addr.family)
		set_word(ret, scope_name(netaddr_scope(&ep.addr)));
}

void get_service(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	struct endpoint ep = endpoint_of(row);

	if (is_inet(&ep) && ep.port && ep.port <= UINT16_MAX && lookup->service)
		set_text(ret, lookup->service(lookup->ctx, (uint16_t)ep.port, ep.proto));
}

void get_inode(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = one_sock(row);

	(void)lookup;
	if (sk && sk->r.inode)
		set_num(ret, VALUE_U64, sk->r.inode);
}

void get_cookie(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = one_sock(row);

	(void)lookup;
	if (sk && sk->r.cookie)
		set_num(ret, VALUE_COOKIE, sk->r.cookie);
}

static bool uid_of(const struct row *row, uint32_t *ret_uid)
{
	const struct sock *sk = sock_of(row);
	const struct port *port = port_of(row);
	const struct event *ev = row->obj; /* unless sk or port */

	*ret_uid = sk ? sk->r.uid : port ? port->uid : ev->uid;
	if (port)
		return port->n_socks > 0 ||
		       (port->head.gone && port->owner_status != OWNER_PUBLISHED);
	return sk ? (sk->r.have & REC_UID) != 0 : ev->uid_known;
}

void get_uid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint32_t uid;

	(void)lookup;
	if (uid_of(row, &uid))
		set_num(ret, VALUE_U64, uid);
}

/* The number stands in for a name that is not known (yet). */
void get_user(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint32_t uid;

	if (!uid_of(row, &uid))
		return;
	if (lookup->username)
		set_text(ret, lookup->username(lookup->ctx, uid));
	if (ret->type == VALUE_NONE)
		set_num(ret, VALUE_U64, uid);
}

void get_v6only(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;

	(void)lookup;
	if (endpoint_of(row).family == FAM_INET6 &&
	    (is_sock(row) ? sk->r.have & REC_V6ONLY : port->v6only_known))
		set_num(ret, VALUE_BOOL, is_sock(row) ? sk->r.v6only : port->v6only);
}

/* The endpoint of a row that is a listener, NULL for anything else. */
static const struct port *listening_port(const struct row *row)
{
	const struct sock *sk = sock_of(row);

	if (!sk)
		return port_of(row);
	return STATE_BIT(sk->r.state) & STATE_MASK_LISTENERS ? snapshot_port(row->snap, sk->port)
							     : NULL;
}

void get_reuseport_group(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct port *port = listening_port(row);

	(void)lookup;
	if (port && port->n_socks > 1)
		set_num(ret, VALUE_U64, port->n_socks);
}

void get_conns(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct port *port = listening_port(row);

	(void)lookup;
	if (port && port->n_socks)
		set_num(ret, VALUE_U64, port->conns);
}

void get_socket_cgroup(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = one_sock(row);

	if (sk && sk->r.have & REC_CGROUP && lookup->cgroup)
		set_bytes(ret, lookup->cgroup(lookup->ctx, sk->r.cgroup_id));
}

/* ---- queues ---- */

static bool queues_of(const struct row *row, uint64_t *ret_recvq, uint64_t *ret_sendq)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;

	*ret_recvq = is_sock(row) ? sk->r.recvq : port->recvq;
	*ret_sendq = is_sock(row) ? sk->r.sendq : port->sendq;
	return is_sock(row) ? (sk->r.have & REC_QUEUES) != 0 : port->n_socks > 0;
}

static bool backlog_of(const struct row *row, uint64_t *ret_cur, uint64_t *ret_max)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;

	*ret_cur = is_sock(row) ? sk->r.recvq : port->backlog_cur;
	*ret_max = is_sock(row) ? sk->r.sendq : port->backlog_max;
	return is_sock(row) ? sk->r.state == STATE_LISTEN && sk->r.have & REC_QUEUES
			    : port->backlog_known;
}

void get_recvq(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint64_t recvq, sendq;

	(void)lookup;
	if (queues_of(row, &recvq, &sendq))
		set_num(ret, VALUE_U64, recvq);
}

void get_sendq(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint64_t recvq, sendq;

	(void)lookup;
	if (queues_of(row, &recvq, &sendq))
		set_num(ret, VALUE_U64, sendq);
}

void get_backlog_current(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint64_t cur, max;

	(void)lookup;
	if (backlog_of(row, &cur, &max))
		set_num(ret, VALUE_U64, cur);
}

void get_backlog_max(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint64_t cur, max;

	(void)lookup;
	if (backlog_of(row, &cur, &max))
		set_num(ret, VALUE_U64, max);
}

void get_queue(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	uint64_t cur, max = 0;

	(void)lookup;
	if (!backlog_of(row, &cur, &max) && !queues_of(row, &cur, &max))
		return;
	set_num(ret, VALUE_RATIO, cur);
	ret->max = backlog_of(row, &cur, &max) ? max : 0;
}

void get_drops(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;

	(void)lookup;
	if (is_sock(row) ? sk->r.have & REC_DROPS : port->drops_known)
		set_num(ret, VALUE_U64, is_sock(row) ? sk->r.drops : port->drops);
}

/* ---- timers ---- */

void get_timer_name(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	(void)lookup;
	if (sk->r.timer)
		set_word(ret, names_timer(sk->r.timer));
}

void get_timer_expires(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	if (sk->r.timer && sk->expires_ms >= 0)
		set_num(ret, VALUE_DURATION,
			sk->expires_ms > lookup->mono_ms
				? (uint64_t)(sk->expires_ms - lookup->mono_ms)
				: 0);
}

void get_timer_retrans(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;

	(void)lookup;
	if (sk->r.timer)
		set_num(ret, VALUE_U64, sk->r.timer_retrans);
}

/* ---- traffic ---- */

static bool rates_of(const struct row *row, int64_t *ret_rx, int64_t *ret_tx)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;
	const struct proc *p = row->obj;
	const struct netns *ns = row->obj;

	switch (row->pane) {
	case PANE_SOCKETS:
		*ret_rx = sk->rx_rate;
		*ret_tx = sk->tx_rate;
		return true;
	case PANE_PORTS:
		*ret_rx = port->rx_rate;
		*ret_tx = port->tx_rate;
		return true;
	case PANE_PROCESSES:
		*ret_rx = p->rx_rate;
		*ret_tx = p->tx_rate;
		return true;
	case PANE_NAMESPACES:
		*ret_rx = ns->rx_rate;
		*ret_tx = ns->tx_rate;
		return true;
	default:
		return false;
	}
}

void get_rx_rate(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	int64_t rx, tx;

	(void)lookup;
	if (rates_of(row, &rx, &tx) && rx >= 0)
		set_num(ret, VALUE_RATE, (uint64_t)rx);
}

void get_tx_rate(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	int64_t rx, tx;

	(void)lookup;
	if (rates_of(row, &rx, &tx) && tx >= 0)
		set_num(ret, VALUE_RATE, (uint64_t)tx);
}

void get_rate(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	int64_t rx, tx;

	(void)lookup;
	if (rates_of(row, &rx, &tx) && (rx >= 0 || tx >= 0))
		set_num(ret, VALUE_RATE, (uint64_t)(rx > 0 ? rx : 0) + (uint64_t)(tx > 0 ? tx : 0));
}

void get_rx_bytes(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;
	uint64_t bytes = is_sock(row) ? sk->rx_bytes : port->rx_bytes;

	(void)lookup;
	if (bytes != UINT64_MAX)
		set_num(ret, VALUE_SIZE, bytes);
}

void get_tx_bytes(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;
	uint64_t bytes = is_sock(row) ? sk->tx_bytes : port->tx_bytes;

	(void)lookup;
	if (bytes != UINT64_MAX)
		set_num(ret, VALUE_SIZE, bytes);
}

/* ---- life ---- */

static uint64_t positive(int64_t ms)
{
	return ms > 0 ? (uint64_t)ms : 0;
}

void get_first_seen(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct row_head *head = row->obj;

	if (head->first_ms >= 0)
		set_num(ret, VALUE_TIME,
			positive(lookup->wall_ms - (lookup->mono_ms - head->first_ms)));
}

void get_age_s(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct row_head *head = row->obj;
	int64_t end = head->gone ? head->mark_ms : lookup->mono_ms;

	if (row->pane == PANE_PROCESSES) {
		const struct proc *p = row->obj;

		if (p->start_ms >= 0)
			set_num(ret, VALUE_AGE, positive(lookup->wall_ms - p->start_ms));
	} else if (head->first_ms >= 0) {
		set_num(ret, VALUE_AGE, positive(end - head->first_ms));
	}
}

/* Start of the oldest holder, INT64_MAX when none is known. */
static int64_t oldest_start(const struct row *row, const struct owner *owners, uint32_t n)
{
	int64_t oldest = INT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		const struct proc *p =
			i ? snapshot_proc_by_pid(row->snap, owners[i].pid) : row_proc(row);

		if (p && p->start_ms >= 0 && p->start_ms < oldest)
			oldest = p->start_ms;
	}
	return oldest;
}

void get_age_max_s(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct port *port = row->obj;
	int64_t start = is_sock(row) ? oldest_start(row, sk->owners, sk->n_owners)
				     : oldest_start(row, port->owners, port->n_owners);

	if (start != INT64_MAX)
		set_num(ret, VALUE_AGE_MAX, positive(lookup->wall_ms - start));
}

void get_age(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	get_age_s(row, lookup, ret);
	if (ret->type == VALUE_NONE && row->pane != PANE_PROCESSES)
		get_age_max_s(row, lookup, ret);
}

void get_mark(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	set_word(ret, names_mark(snapshot_mark(row->snap, row_head(row), lookup->mono_ms)));
}

void get_stale(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	(void)lookup;
	set_num(ret, VALUE_BOOL, ((const struct row_head *)row->obj)->stale);
}
