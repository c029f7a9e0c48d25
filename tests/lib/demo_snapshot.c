#include "lib/demo_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define ID(slot) ((UINT64_C(1) << 32) | (slot))

struct demo {
	struct arena arena;
	struct snapshot snap;
	struct lookup lookup;
	struct sock *socks;
	struct port *ports;
	struct proc *procs;
	struct netns *netns;
	struct container *containers;
};

static void *zeroed(struct demo *d, size_t n, size_t size)
{
	void *mem = arena_alloc(&d->arena, n * size + 1);

	memset(mem, 0, n * size);
	return mem;
}

/* An array of pointers to the n objects that start at first. */
static const void *pointers(struct demo *d, const void *first, uint32_t n, size_t size)
{
	const void **array = zeroed(d, n, sizeof(*array));

	for (uint32_t i = 0; i < n; i++)
		array[i] = (const char *)first + i * size;
	return array;
}

static struct row_head head_of(uint32_t slot)
{
	return (struct row_head){.id = ID(slot), .first_ms = -1, .mark_ms = -1};
}

static uint32_t proc_slot(const struct demo *d, uint32_t pid)
{
	for (uint32_t i = 0; i < d->snap.n_procs; i++)
		if (d->procs[i].r.pid == pid)
			return i;
	return SLOT_NONE;
}

/* ---- processes, namespaces, containers ---- */

static void fill_proc_rec(struct proc_rec *r, const struct demo_proc *from)
{
	*r = (struct proc_rec){
		.pid = from->pid,
		.ppid = from->ppid,
		.uid = from->uid,
		.state = from->state,
		.start_ticks = (uint64_t)(DEMO_MONO_MS / 10 - from->age_s * 100),
		.fds = from->pid % 50 + 4,
		.netns_inode = demo_netns[from->ns].inode,
		.comm = from->comm,
		.cmdline = from->cmdline,
		.exe = from->exe,
		.unit = from->unit,
		.exe_deleted = from->exe_deleted,
	};
	r->have = PROC_HAVE_STAT | PROC_HAVE_UID | PROC_HAVE_CMDLINE | PROC_HAVE_EXE |
		  PROC_HAVE_CGROUP | PROC_HAVE_NETNS | PROC_HAVE_FDS;
	r->have &= (uint16_t)~from->lacks;
	if (from->lacks & PROC_HAVE_CMDLINE)
		r->have |= PROC_STUCK;
	r->user = (struct bytes){from->user, (uint32_t)strlen(from->user)};
	r->cgroup = from->ctr == CTR_NONE ? BYTES("/system.slice") : BYTES("/docker");
	if (from->ctr != CTR_NONE)
		r->container = demo_containers[from->ctr];
}

static void fill_proc(struct proc *p, uint32_t slot, const struct demo_proc *from)
{
	p->head = head_of(slot);
	p->netns = from->ns;
	p->container = from->ctr == CTR_NONE ? SLOT_NONE : from->ctr;
	p->parent = SLOT_NONE;
	p->rx_rate = p->tx_rate = -1;
	p->start_ms = -1;
	if (from->age_s < 0) {
		p->r.pid = from->pid;
		return;
	}
	p->start_ms = DEMO_WALL_MS - from->age_s * INT64_C(1000);
	fill_proc_rec(&p->r, from);
}

static void add_procs(struct demo *d)
{
	d->snap.n_procs = demo_n_procs;
	d->procs = zeroed(d, demo_n_procs, sizeof(*d->procs));
	for (uint32_t i = 0; i < demo_n_procs; i++)
		fill_proc(&d->procs[i], i, &demo_procs[i]);
	for (uint32_t i = 0; i < demo_n_procs; i++)
		if (d->procs[i].r.ppid)
			d->procs[i].parent = proc_slot(d, d->procs[i].r.ppid);
	d->snap.procs = pointers(d, d->procs, demo_n_procs, sizeof(*d->procs));
}

static void add_netns(struct demo *d)
{
	d->snap.n_netns = NS_COUNT;
	d->netns = zeroed(d, NS_COUNT, sizeof(*d->netns));
	for (uint32_t i = 0; i < NS_COUNT; i++) {
		d->netns[i] = (struct netns){.head = head_of(i),
					     .r = demo_netns[i],
					     .container = SLOT_NONE,
					     .rx_rate = -1,
					     .tx_rate = -1};
	}
	d->netns[NS_WEB].container = CTR_WEB;
	d->netns[NS_POD].container = CTR_CART;
	d->snap.netns = pointers(d, d->netns, NS_COUNT, sizeof(*d->netns));
}

static void add_containers(struct demo *d)
{
	d->snap.n_containers = CTR_COUNT;
	d->containers = zeroed(d, CTR_COUNT, sizeof(*d->containers));
	for (uint32_t i = 0; i < CTR_COUNT; i++)
		d->containers[i] = (struct container){
			.head = head_of(i), .r = demo_containers[i], .processes = 1};
	d->containers[CTR_WEB].netns = NS_WEB;
	d->containers[CTR_WEB].n_published = demo_n_published;
	d->containers[CTR_WEB].published = demo_published;
	d->containers[CTR_CART].netns = NS_POD;
	d->snap.containers = pointers(d, d->containers, CTR_COUNT, sizeof(*d->containers));
}

/* ---- sockets ---- */

static const struct tcp_stats *make_tcp(struct demo *d, const struct demo_sock *from)
{
	struct tcp_stats *tcp = zeroed(d, 1, sizeof(*tcp));

	memset(tcp, 0xff, sizeof(*tcp));
	tcp->rtt_us = 1000 + from->rport;
	tcp->rttvar_us = 350;
	tcp->min_rtt_us = 900;
	tcp->rto_us = 204000;
	tcp->snd_cwnd = 10;
	tcp->snd_mss = 1448;
	tcp->pmtu = 1500;
	tcp->retrans = from->timer == TIMER_RETRANS;
	tcp->total_retrans = from->timer == TIMER_RETRANS ? 3 : 0;
	tcp->lost = 0;
	tcp->unacked = from->sendq / 1448;
	tcp->pacing_rate = 28000000;
	tcp->delivery_rate = (uint64_t)from->tx_rate;
	tcp->bytes_received = (uint64_t)from->rx_rate * 60;
	tcp->bytes_acked = (uint64_t)from->tx_rate * 60;
	tcp->ca_state = 0;
	tcp->app_limited = false;
	snprintf(tcp->cc, sizeof(tcp->cc), "cubic");
	return tcp;
}

static uint8_t family_of(const struct demo_sock *from)
{
	static const uint8_t others[] = {[PROTO_UNIX] = FAM_UNIX,
					 [PROTO_PACKET] = FAM_PACKET,
					 [PROTO_NETLINK] = FAM_NETLINK,
					 [PROTO_VSOCK] = FAM_VSOCK};

	if (from->proto >= PROTO_UNIX)
		return others[from->proto];
	return strchr(from->local, ':') ? FAM_INET6 : FAM_INET;
}

static struct netaddr address(const char *text, uint8_t family)
{
	struct netaddr addr = {0};

	if (!text && family != FAM_INET && family != FAM_INET6)
		return addr;
	if (!text)
		text = family == FAM_INET6 ? "::" : "0.0.0.0";
	if (netaddr_parse(text, strlen(text), &addr, NULL, NULL))
		abort();
	return addr;
}

static void fill_sock_rec(struct demo *d, struct sock_rec *r, const struct demo_sock *from,
			  uint32_t i)
{
	*r = (struct sock_rec){
		.inode = from->inode,
		.uid = from->uid,
		.recvq = from->recvq,
		.sendq = from->sendq,
		.local_port = from->lport,
		.remote_port = from->rport,
		.ifindex = from->ifindex,
		.drops = from->drops,
		.expires_ms = from->expires_ms,
		.peer_inode = from->peer_inode,
		.have = REC_UID | REC_QUEUES | REC_DROPS,
		.proto = from->proto,
		.state = from->state,
		.timer = from->timer,
		.v6only = from->v6only,
		.abstract_name = from->abstract,
		.path = from->path,
	};
	r->cookie = from->status == OWNER_TIME_WAIT ? 0 : UINT64_C(0x20000000000000) + i;
	r->family = family_of(from);
	r->local = address(from->local, r->family);
	r->remote = address(from->remote, r->family);
	if (r->family == FAM_INET6)
		r->have |= REC_V6ONLY;
	if (r->family == FAM_VSOCK)
		r->local_cid = UINT32_MAX;
	if (from->rx_rate || from->tx_rate) {
		r->have |= REC_TCP;
		r->tcp = make_tcp(d, from);
	}
}

static void fill_owners(struct demo *d, struct sock *sk, const struct demo_sock *from)
{
	struct owner *owners = zeroed(d, DEMO_HOLDERS_MAX, sizeof(*owners));

	while (sk->n_owners < DEMO_HOLDERS_MAX && from->held[sk->n_owners].pid) {
		const struct demo_holder *held = &from->held[sk->n_owners];

		owners[sk->n_owners++] = (struct owner){held->pid, held->tid, held->fd};
	}
	sk->owners = owners;
	sk->owner0 = owners[0];
	sk->owners_complete = !from->incomplete && !from->pending;
	sk->owner_status = sk->n_owners ? OWNER_KNOWN : from->status;
	sk->owner_detail = from->detail;
	sk->proc = sk->n_owners ? proc_slot(d, owners[0].pid) : SLOT_NONE;
}

static void fill_sock(struct demo *d, uint32_t slot, const struct demo_sock *from)
{
	struct sock *sk = &d->socks[slot];

	*sk = (struct sock){.head = head_of(slot),
			    .netns = from->ns,
			    .port = SLOT_NONE,
			    .peer = SLOT_NONE,
			    .rx_bytes = UINT64_MAX,
			    .tx_bytes = UINT64_MAX,
			    .rx_rate = -1,
			    .tx_rate = -1,
			    .expires_ms = -1};
	fill_sock_rec(d, &sk->r, from, slot);
	fill_owners(d, sk, from);
	sk->head.mark = from->mark;
	sk->head.gone = from->mark == MARK_GONE;
	sk->head.stale = from->stale;
	if (from->mark)
		sk->head.mark_ms = DEMO_MONO_MS - 2000;
	if (from->age_s)
		sk->head.first_ms = DEMO_MONO_MS - from->age_s * INT64_C(1000);
	if (from->expires_ms)
		sk->expires_ms = DEMO_MONO_MS + from->expires_ms;
	if (sk->r.tcp) {
		sk->rx_rate = from->rx_rate;
		sk->tx_rate = from->tx_rate;
		sk->rx_bytes = sk->r.tcp->bytes_received;
		sk->tx_bytes = sk->r.tcp->bytes_acked;
	}
}

static void join_peers(struct demo *d)
{
	for (uint32_t i = 0; i < d->snap.n_socks; i++)
		for (uint32_t j = 0; j < d->snap.n_socks; j++)
			if (d->socks[i].r.peer_inode &&
			    d->socks[i].r.peer_inode == d->socks[j].r.inode)
				d->socks[i].peer = j;
}

static void add_socks(struct demo *d)
{
	d->snap.n_socks = d->snap.live_socks = demo_n_socks;
	d->socks = zeroed(d, demo_n_socks, sizeof(*d->socks));
	for (uint32_t i = 0; i < demo_n_socks; i++)
		fill_sock(d, i, &demo_socks[i]);
	join_peers(d);
	d->snap.socks = pointers(d, d->socks, d->snap.n_socks, sizeof(*d->socks));
}

/* ---- endpoints ---- */

static bool is_listener(const struct sock *sk)
{
	return STATE_BIT(sk->r.state) & STATE_MASK_LISTENERS && sk->r.proto < PROTO_UNIX;
}

/* A socket with an endpoint of its own: a listener, or one that is bound only. */
static bool has_endpoint(const struct sock *sk)
{
	return is_listener(sk) || (sk->r.proto < PROTO_UNIX && sk->r.state == STATE_BOUND);
}

static bool same_endpoint(const struct port *port, const struct sock *sk)
{
	return port->netns == sk->netns && port->proto == sk->r.proto &&
	       port->port == sk->r.local_port && port->ifindex == sk->r.ifindex &&
	       !netaddr_compare(&port->addr, &sk->r.local);
}

static void add_member(struct demo *d, struct port *port, uint32_t slot)
{
	uint32_t *socks = zeroed(d, port->n_socks + 1, sizeof(*socks));
	struct owner *owners = zeroed(d, port->n_owners + DEMO_HOLDERS_MAX, sizeof(*owners));
	const struct sock *sk = &d->socks[slot];

	if (port->n_socks)
		memcpy(socks, port->socks, port->n_socks * sizeof(*socks));
	if (port->n_owners)
		memcpy(owners, port->owners, port->n_owners * sizeof(*owners));
	memcpy(owners + port->n_owners, sk->owners, sk->n_owners * sizeof(*owners));
	socks[port->n_socks++] = slot;
	port->n_owners += sk->n_owners;
	port->socks = socks;
	port->owners = owners;
	port->recvq += sk->r.recvq;
	port->sendq += sk->r.sendq;
	port->drops += sk->r.drops;
	if (sk->r.state == STATE_LISTEN) {
		port->backlog_known = true;
		port->backlog_cur += sk->r.recvq;
		port->backlog_max += sk->r.sendq;
	}
}

static struct port *new_port(struct demo *d, const struct sock *sk)
{
	uint32_t slot = d->snap.n_ports++;
	struct port *port = &d->ports[slot];

	*port = (struct port){
		.head = sk->head,
		.netns = sk->netns,
		.ifindex = sk->r.ifindex,
		.addr = sk->r.local,
		.port = (uint16_t)sk->r.local_port,
		.proto = sk->r.proto,
		.family = sk->r.family,
		.state = sk->r.state,
		.owner_status = sk->owner_status,
		.v6only = sk->r.v6only,
		.v6only_known = sk->r.family == FAM_INET6,
		.owners_complete = sk->owners_complete,
		.is_listener = is_listener(sk),
		.drops_known = true,
		.proc = sk->proc,
		.uid = sk->r.uid,
		.rx_bytes = UINT64_MAX,
		.tx_bytes = UINT64_MAX,
		.rx_rate = -1,
		.tx_rate = -1,
		.owner_detail = sk->owner_detail,
		.container = SLOT_NONE,
	};
	port->head.id = ID(slot);
	return port;
}

static void add_sock_to_port(struct demo *d, uint32_t slot)
{
	struct sock *sk = &d->socks[slot];
	uint32_t i = 0;

	while (i < d->snap.n_ports && !same_endpoint(&d->ports[i], sk))
		i++;
	if (i == d->snap.n_ports)
		new_port(d, sk);
	add_member(d, &d->ports[i], slot);
	sk->port = i;
}

/* A connection belongs to the listener on its address, else to the one on a wildcard. */
static uint32_t listener_of(const struct demo *d, const struct sock *sk)
{
	uint32_t found = SLOT_NONE;

	for (uint32_t i = 0; i < d->snap.n_ports; i++) {
		const struct port *port = &d->ports[i];

		if (port->netns != sk->netns || port->proto != sk->r.proto ||
		    port->family != sk->r.family || port->port != sk->r.local_port)
			continue;
		if (!netaddr_compare(&port->addr, &sk->r.local))
			return i;
		if (netaddr_is_any(&port->addr))
			found = i;
	}
	return found;
}

static void join_connection(struct demo *d, struct sock *sk)
{
	sk->port = listener_of(d, sk);
	if (sk->port == SLOT_NONE)
		return;
	if (sk->r.state == STATE_ESTABLISHED)
		d->ports[sk->port].conns++;
	if (sk->owner_status == OWNER_ACCEPT_QUEUE)
		sk->proc = d->ports[sk->port].proc;
	if (sk->rx_rate >= 0) {
		struct port *port = &d->ports[sk->port];

		port->rx_rate = (port->rx_rate < 0 ? 0 : port->rx_rate) + sk->rx_rate;
		port->tx_rate = (port->tx_rate < 0 ? 0 : port->tx_rate) + sk->tx_rate;
	}
}

/* The published port that no process listens on. */
static void add_nat_port(struct demo *d)
{
	uint32_t slot = d->snap.n_ports++;
	const struct publish_rec *pub = &demo_published[1];

	d->ports[slot] = (struct port){
		.head = head_of(slot),
		.netns = NS_HOST,
		.addr = pub->host_addr,
		.port = pub->host_port,
		.proto = pub->proto,
		.family = FAM_INET,
		.state = STATE_LISTEN,
		.owner_status = OWNER_PUBLISHED,
		.owners_complete = true,
		.is_listener = true,
		.proc = SLOT_NONE,
		.rx_bytes = UINT64_MAX,
		.tx_bytes = UINT64_MAX,
		.rx_rate = -1,
		.tx_rate = -1,
		.n_published = 1,
		.published = pub,
		.container = CTR_WEB,
	};
}

static void add_ports(struct demo *d, uint32_t n_max)
{
	d->ports = zeroed(d, n_max, sizeof(*d->ports));
	for (uint32_t i = 0; i < d->snap.n_socks; i++)
		if (has_endpoint(&d->socks[i]))
			add_sock_to_port(d, i);
	for (uint32_t i = 0; i < d->snap.n_socks; i++)
		if (!has_endpoint(&d->socks[i]) && d->socks[i].r.proto < PROTO_UNIX)
			join_connection(d, &d->socks[i]);
	for (uint32_t i = 0; i < d->snap.n_ports; i++) {
		if (d->ports[i].port != 8080)
			continue;
		d->ports[i].n_published = 1;
		d->ports[i].published = demo_published;
		d->ports[i].container = CTR_WEB;
	}
	add_nat_port(d);
	d->snap.ports = pointers(d, d->ports, d->snap.n_ports, sizeof(*d->ports));
}

/* ---- sums and the rest ---- */

static void count_sock(struct demo *d, uint32_t slot)
{
	const struct sock *sk = &d->socks[slot];
	bool listener = is_listener(sk);

	for (uint32_t i = 0; i < sk->n_owners; i++) {
		struct proc *p = (struct proc *)&d->procs[proc_slot(d, sk->owners[i].pid)];
		uint32_t *socks = zeroed(d, p->n_socks + 1, sizeof(*socks));

		if (p->n_socks && p->socks[p->n_socks - 1] == slot)
			continue;
		if (p->n_socks)
			memcpy(socks, p->socks, p->n_socks * sizeof(*socks));
		socks[p->n_socks++] = slot;
		p->socks = socks;
		p->listeners += listener;
		p->connections += !listener;
		if (sk->rx_rate >= 0) {
			p->rx_rate = (p->rx_rate < 0 ? 0 : p->rx_rate) + sk->rx_rate;
			p->tx_rate = (p->tx_rate < 0 ? 0 : p->tx_rate) + sk->tx_rate;
		}
	}
	d->netns[sk->netns].sockets++;
	d->netns[sk->netns].listeners += listener;
	if (sk->r.proto < PROTO_UNIX && !sk->head.gone)
		d->snap.counts.by_state[sk->r.state]++;
	d->snap.counts.hidden_owners +=
		sk->owner_status == OWNER_DENIED || sk->owner_status == OWNER_HIDDEN;
	d->snap.counts.unresolved += sk->owner_status == OWNER_UNRESOLVED;
}

static void add_counts(struct demo *d)
{
	struct counts *counts = &d->snap.counts;

	for (uint32_t i = 0; i < d->snap.n_socks; i++)
		count_sock(d, i);
	for (uint32_t i = 0; i < NS_COUNT; i++)
		counts->listeners += d->netns[i].listeners;
	d->containers[CTR_WEB].listeners = d->netns[NS_WEB].listeners;
	d->containers[CTR_CART].listeners = d->netns[NS_POD].listeners;
	counts->sockets = d->snap.n_socks;
	counts->procs = d->snap.n_procs;
	counts->netns = NS_COUNT;
	counts->containers = CTR_COUNT;
	counts->born = 2;
	counts->died = 1;
	counts->problems = 4;
}

/* ---- names ---- */

static const char *service_name(void *ctx, uint16_t port, uint8_t proto)
{
	(void)ctx;
	(void)proto;
	return port == 22     ? "ssh"
	       : port == 80   ? "http"
	       : port == 443  ? "https"
	       : port == 5432 ? "postgresql"
	       : port == 8080 ? "http-alt"
	       : port == 2049 ? "nfs"
	       : port == 5353 ? "mdns"
			      : NULL;
}

static const char *if_name(void *ctx, uint32_t netns_inode, uint32_t ifindex)
{
	(void)ctx;
	(void)netns_inode;
	return ifindex == 1 ? "lo" : ifindex == 2 ? "eth0" : NULL;
}

static const char *host_name(void *ctx, const struct netaddr *addr)
{
	char buf[NETADDR_TEXT_MAX];

	(void)ctx;
	return strcmp(netaddr_format(addr, buf), "198.51.100.9") ? NULL : "crawler.example.net";
}

static const char *user_name(void *ctx, uint32_t uid)
{
	(void)ctx;
	return uid == 0	     ? "root"
	       : uid == 33   ? "www-data"
	       : uid == 110  ? "redis"
	       : uid == 111  ? "postgres"
	       : uid == 112  ? "_chrony"
	       : uid == 1000 ? "ada"
			     : NULL;
}

static struct bytes cgroup_path(void *ctx, uint64_t cgroup_id)
{
	(void)ctx;
	(void)cgroup_id;
	return BYTES("/system.slice");
}

static struct demo *demo_start(void)
{
	struct demo *d = xcalloc(1, sizeof(*d));

	arena_init(&d->arena, 0);
	d->snap = (struct snapshot){.epoch = 7,
				    .mono_ms = DEMO_MONO_MS,
				    .wall_ms = DEMO_WALL_MS,
				    .hold_ms = 5000,
				    .baseline_ms = -1,
				    .partial = true,
				    .needs = UINT64_MAX,
				    .notes = demo_notes,
				    .n_notes = demo_n_notes};
	d->lookup = (struct lookup){.service = service_name,
				    .ifname = if_name,
				    .hostname = host_name,
				    .username = user_name,
				    .cgroup = cgroup_path,
				    .mono_ms = DEMO_MONO_MS,
				    .wall_ms = DEMO_WALL_MS};
	d->snap.stats.source = "netlink";
	d->snap.stats.owner_source = "proc";
	d->snap.stats.owner_mode = 'A';
	return d;
}

struct demo *demo_new(void)
{
	struct demo *d = demo_start();

	add_netns(d);
	add_containers(d);
	add_procs(d);
	add_socks(d);
	add_ports(d, demo_n_socks + 1);
	add_counts(d);
	d->snap.n_events = demo_n_events;
	d->snap.events = pointers(d, demo_events, demo_n_events, sizeof(*demo_events));
	return d;
}

/* ---- many ---- */

static void fill_many(struct demo *d, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct demo_sock from = {
			.proto = PROTO_TCP,
			.state = i % 10 ? STATE_ESTABLISHED : STATE_LISTEN,
			.local = "127.0.0.1",
			.lport = 1024 + i / 10 * 10 % 60000,
			.remote = i % 10 ? "192.0.2.1" : NULL,
			.rport = i % 10 ? 1024 + i % 60000 : 0,
			.inode = 100000 + i,
			.uid = 1000,
			.sendq = 128,
			.held = {{5000 + i / 100, (int32_t)(i % 100) + 3, 0}},
		};

		fill_sock(d, i, &from);
		d->socks[i].proc = i / 100;
	}
}

struct demo *demo_new_large(uint32_t n)
{
	uint32_t n_procs = n / 100 + 1;
	struct demo *d = demo_start();

	add_netns(d);
	add_containers(d);
	d->procs = zeroed(d, n_procs, sizeof(*d->procs));
	for (uint32_t i = 0; i < n_procs; i++) {
		struct demo_proc from = demo_procs[6];

		from.pid = 5000 + i;
		fill_proc(&d->procs[i], i, &from);
	}
	d->snap.procs = pointers(d, d->procs, n_procs, sizeof(*d->procs));
	d->socks = zeroed(d, n, sizeof(*d->socks));
	fill_many(d, n);
	d->snap.n_procs = n_procs;
	d->snap.n_socks = d->snap.live_socks = n;
	d->snap.socks = pointers(d, d->socks, n, sizeof(*d->socks));
	d->snap.counts.sockets = n;
	return d;
}

void demo_free(struct demo *demo)
{
	if (!demo)
		return;
	arena_done(&demo->arena);
	free(demo);
}

const struct snapshot *demo_snapshot(const struct demo *demo)
{
	return &demo->snap;
}

const struct lookup *demo_lookup(const struct demo *demo)
{
	return &demo->lookup;
}
