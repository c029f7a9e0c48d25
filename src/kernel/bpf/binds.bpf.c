/*
 * The bind tables: every TCP and UDP socket that has a local port, in every network namespace,
 * with what decides whether another may bind there too. These are the tables that bind() itself
 * searches, so they hold bound-only and TIME_WAIT sockets as well; iter/tcp shows no bound-only
 * socket and one namespace only. One port is one bucket per namespace.
 *
 * TCP, net/ipv4/inet_hashtables.c: bhash bucket -> inet_bind_bucket (namespace, port) ->
 * inet_bind2_bucket (address) -> sockets, before 6.8 without the third step. UDP,
 * net/ipv4/udp.c: the port's slot of the table -> sockets. Hash of both: (port + hash_mix) &
 * mask.
 *
 * Chains are followed under RCU without their locks. A socket that is freed and used again
 * meanwhile can lead into another chain: it then has another port, the chain is left and
 * `raced` counts it.
 */
#include "kernel/bpf/netlist.bpf.h"
#include "kernel/bpf/sock.bpf.h"

#define STEPS_MAX (1 << 23)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_bound);
} rows SEC(".maps");

/* Set before each run: port 0 = all, netns_inode 0 = all. */
__u32 want_port, want_netns;
__u32 n, raced;
__u32 no_udp; /* before 6.2 the UDP table cannot be found */

/* Not on the stack: there the verifier would tell apart every address that it may hold. Not static:
 * the compiler would split it into parts that no longer fit its BTF. */
struct {
	__u64 bucket, end, tb, tb2, sk; /* what is still to be visited at each depth */
	__u64 net;			/* of the current port bucket (TCP), of the slot (UDP) */
	__u64 only_net;			/* report this namespace only, 0 = all */
	__u64 memory;			/* the bucket whose sockets are visited (TCP) */
	__u32 port, mask, slot, chain_len;
	bool udp;
	__u64 tcp_shared, udp_shared; /* init_net's tables, which most others use too */
} w;

static __always_inline __u32 sock_inode(struct sock *sk)
{
	__u64 sock = (__u64)GET(sk, sk_socket);

	return sock ? GET(AS(struct socket_alloc, sock), vfs_inode.i_ino) : 0;
}

static __always_inline void put_time_wait(struct bpf_bound *row, __u64 addr)
{
	struct inet_timewait_sock___617 *flags = AS(struct inet_timewait_sock___617, addr);

	row->end.protocol = IPPROTO_TCP;
	row->end.type = SOCK_STREAM;
	row->end.tw_substate = GET(AS(struct inet_timewait_sock, addr), tw_substate);
	row->connect_bind = 0;
	if (bpf_core_field_exists(flags->tw_connect_bind))
		row->connect_bind = GET_BITS(flags, tw_connect_bind);
	row->inode = 0;
	row->uid = 0;
}

/* What the next who binds to the port is compared with first (sk_reuseport_match()). */
static __always_inline void put_memory(struct bpf_bound *row)
{
	struct inet_bind_bucket *tb = AS(struct inet_bind_bucket, w.memory);

	row->chain_len = w.chain_len;
	sock_clear16(row->fast_addr);
	if (w.udp) {
		row->fastreuseport = 0;
		row->fast_v6only = 0;
		row->fast_family = 0;
		row->fastuid = 0;
		row->l3mdev = 0;
		return;
	}
	row->fastreuseport = GET(tb, fastreuseport);
	row->fast_v6only = GET(tb, fast_ipv6_only);
	row->fast_family = GET(tb, fast_sk_family);
	row->fastuid = GET(tb, fastuid.val);
	row->l3mdev = bpf_core_field_exists(tb->l3mdev) ? GET(tb, l3mdev) : 0;
	if (row->fast_family == AF_INET) {
		*(__u32 *)row->fast_addr = GET(tb, fast_rcv_saddr);
		return;
	}
#define COPY(i) ((__u32 *)row->fast_addr)[i] = GET(tb, fast_v6_rcv_saddr.in6_u.u6_addr32[i])
	COPY(0);
	COPY(1);
	COPY(2);
	COPY(3);
#undef COPY
}

static __always_inline void put_sock(__u64 addr)
{
	struct sock_common *common = AS(struct sock_common, addr);
	struct sock *sk = AS(struct sock, addr);
	struct bpf_bound *row;
	__u32 i = n++;

	row = bpf_map_lookup_elem(&rows, &i);
	if (!row)
		return;
	row->cookie = GET(common, skc_cookie.counter);
	put_memory(row);
	sock_common_endpoint(&row->end, common);
	if (row->end.state == TCP_TIME_WAIT) {
		put_time_wait(row, addr);
		return;
	}
	sock_full_endpoint(&row->end, sk);
	row->connect_bind = !!(row->end.userlocks & BPF_LOCK_CONNECT_BIND);
	row->inode = sock_inode(sk);
	row->uid = GET(sk, sk_uid.val);
}

/* Whether this socket belongs into the chain that is being followed. */
static __always_inline bool in_chain(__u32 port, struct net *net)
{
	if (w.udp)
		return ((port + GET(net, hash_mix)) & w.mask) == w.slot;
	return port == w.port && (__u64)net == w.net;
}

/* Reports the socket whose list node is w.sk and moves on to the next. */
static __always_inline void visit_sock(void)
{
	__u64 addr = w.sk - (w.udp ? OFFSET(struct sock_common, skc_node)
				   : OFFSET(struct sock_common, skc_bind_node));
	struct sock_common *common = AS(struct sock_common, addr);
	struct net *net = GET(common, skc_net.net);
	__u32 port = GET(common, skc_num);

	w.sk = (__u64)GET(AS(struct hlist_node, w.sk), next);
	if (!in_chain(port, net)) {
		raced++;
		w.sk = 0;
		return;
	}
	if (want_port && port != want_port)
		return;
	if (w.only_net && (__u64)net != w.only_net)
		return;
	if (want_netns && GET(net, ns.inum) != want_netns)
		return;
	put_sock(addr);
}

static __always_inline void visit_bucket2(void)
{
	struct inet_bind2_bucket___68 *tb2 = NULL;
	__u64 addr = w.tb2;

	w.tb2 = 0;
	if (!bpf_core_field_exists(tb2->bhash_node))
		return;
	addr -= OFFSET(struct inet_bind2_bucket___68, bhash_node);
	tb2 = AS(struct inet_bind2_bucket___68, addr);
	w.tb2 = (__u64)GET(tb2, bhash_node.next);
	w.sk = (__u64)GET(tb2, owners.first);
}

static __always_inline void visit_bucket(void)
{
	__u64 addr = w.tb - OFFSET(struct inet_bind_bucket, node);
	struct inet_bind_bucket *tb = AS(struct inet_bind_bucket, addr);
	struct inet_bind_bucket___68 *tb68 = AS(struct inet_bind_bucket___68, addr);
	struct inet_bind_bucket___old *old = AS(struct inet_bind_bucket___old, addr);

	w.memory = addr;
	w.chain_len = 0;
	w.tb = (__u64)GET(tb, node.next);
	w.port = GET(tb, port);
	w.net = (__u64)GET(tb, ib_net.net);
	if (want_port && w.port != want_port)
		return;
	if (bpf_core_field_exists(tb68->bhash2))
		w.tb2 = (__u64)GET(tb68, bhash2.first);
	else if (bpf_core_field_exists(old->owners))
		w.sk = (__u64)GET(old, owners.first);
}

static __always_inline void visit_slot(void)
{
	w.slot++;
	if (w.udp) {
		w.sk = (__u64)GET(AS(struct udp_hslot, w.bucket), head.first);
		w.chain_len = GET(AS(struct udp_hslot, w.bucket), count);
		w.bucket += bpf_core_type_size(struct udp_hslot);
	} else {
		w.tb = (__u64)GET(AS(struct inet_bind_hashbucket, w.bucket), chain.first);
		w.bucket += bpf_core_type_size(struct inet_bind_hashbucket);
	}
}

/* One step of the walk, so that one loop serves all depths. */
static long step(__u32 i, void *unused)
{
	if (w.sk)
		visit_sock();
	else if (w.tb2)
		visit_bucket2();
	else if (w.tb)
		visit_bucket();
	else if (w.bucket < w.end)
		visit_slot();
	else
		return 1;
	return 0;
}

/* Walks the whole table, or the bucket that want_port has in namespace `net`. */
static __always_inline void walk_table(__u64 table, __u32 size, struct net *net)
{
	__u32 first = want_port ? (want_port + GET(net, hash_mix)) & w.mask : 0;
	__u32 count = want_port ? 1 : w.mask + 1;

	if (!table)
		return;
	w.only_net = want_port ? (__u64)net : 0;
	w.slot = first - 1;
	w.bucket = table + (__u64)first * size;
	w.end = w.bucket + (__u64)count * size;
	bpf_loop(STEPS_MAX, step, NULL, 0);
	w.tb = 0;
	w.tb2 = 0;
	w.sk = 0;
}

/* A bucket is looked at for each namespace, a whole table once. */
static __always_inline bool is_due(__u64 table, __u64 shared, bool first)
{
	return table && (want_port || first || table != shared);
}

static long visit_net(__u32 i, struct netlist *list)
{
	struct net *net = netlist_at(list->pos);
	struct inet_hashinfo *tcp = GET(net, ipv4.tcp_death_row.hashinfo);
	struct udp_table *udp = NULL;

	if (bpf_core_field_exists(net->ipv4.udp_table))
		udp = GET(net, ipv4.udp_table);
	no_udp = !udp;
	if (i == 0) {
		w.tcp_shared = (__u64)tcp;
		w.udp_shared = (__u64)udp;
	}
	if (is_due((__u64)tcp, w.tcp_shared, i == 0)) {
		w.udp = false;
		w.mask = GET(tcp, bhash_size) - 1;
		walk_table((__u64)GET(tcp, bhash), bpf_core_type_size(struct inet_bind_hashbucket),
			   net);
	}
	if (is_due((__u64)udp, w.udp_shared, i == 0)) {
		w.udp = true;
		w.mask = GET(udp, mask);
		walk_table((__u64)GET(udp, hash), bpf_core_type_size(struct udp_hslot), net);
	}
	list->pos = netlist_next(list->pos);
	return !list->pos || list->pos == list->head;
}

SEC("iter/task")
int walk_binds(struct bpf_iter__task *ctx)
{
	struct netlist list = {};

	if (!ctx->task && netlist_begin(&list))
		bpf_loop(NETLIST_MAX, visit_net, &list, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
