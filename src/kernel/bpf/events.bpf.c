/*
 * What lives shorter than a tick: TCP listeners that come and go (tracepoint
 * inet_sock_set_state) and UDP binds (cgroup hooks post_bind4 and 6). A port that the kernel
 * picks for an unbound UDP socket at its first datagram passes neither.
 *
 * The tracepoint runs in softirq for what packets cause, on the back of whatever task was
 * there. Only changes that a system call makes carry the process; for the others pid, uid and
 * comm are 0.
 */
#include "kernel/bpf/kern.bpf.h"

#define SOCK_DGRAM 2
#define TCP_ESTABLISHED 1
#define TCP_FIN_WAIT1 4
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LAST_ACK 9

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* Every transition, not only those of listeners. */
const volatile bool all_states;
/* Our PID namespace (st_dev, st_ino of /proc/self/ns/pid); 0 = the initial one. */
const volatile __u64 pidns_dev, pidns_ino;

__u64 dropped;

static __always_inline void put_task(struct bpf_event *e)
{
	struct bpf_pidns_info info = {};
	__u64 id;

	if (pidns_ino) {
		if (bpf_get_ns_current_pid_tgid(pidns_dev, pidns_ino, &info, sizeof(info)) == 0) {
			e->pid = info.tgid;
			e->tid = info.pid;
		}
	} else {
		id = bpf_get_current_pid_tgid();
		e->pid = id >> 32;
		e->tid = (__u32)id;
	}
	e->uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
}

static __always_inline struct bpf_event *reserve(void)
{
	struct bpf_event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&dropped, 1);
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->ktime_ns = bpf_ktime_get_ns();
	return e;
}

static __always_inline void put_addresses(struct bpf_event *e, struct sock_common *c)
{
	e->family = c->skc_family;
	e->sport = c->skc_num;
	/* a port that the kernel chose is given back before the end is told (inet_put_port) */
	if (!e->sport && bpf_core_field_exists(struct inet_sock, inet_sport))
		e->sport = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)c, inet_sport));
	e->dport = bpf_ntohs(c->skc_dport);
	e->ifindex = c->skc_bound_dev_if;
	e->v6only = BPF_CORE_READ_BITFIELD(c, skc_ipv6only);
	if (e->family == AF_INET) {
		*(__u32 *)e->saddr = c->skc_rcv_saddr;
		*(__u32 *)e->daddr = c->skc_daddr;
		return;
	}
	for (int i = 0; i < 4; i++) {
		((__u32 *)e->saddr)[i] = c->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		((__u32 *)e->daddr)[i] = c->skc_v6_daddr.in6_u.u6_addr32[i];
	}
}

/* A child socket is a clone of its listener and leaves LISTEN for SYN_RECV: that is no end. */
static __always_inline bool is_listener_change(int from, int to)
{
	return to == TCP_LISTEN || (from == TCP_LISTEN && to == TCP_CLOSE);
}

/* Whether only a system call makes this change, so that the current task is the one to name. */
static __always_inline bool is_from_call(int from, int to)
{
	return is_listener_change(from, to) || to == TCP_SYN_SENT ||
	       (from == TCP_ESTABLISHED && to == TCP_FIN_WAIT1) ||
	       (from == TCP_CLOSE_WAIT && to == TCP_LAST_ACK);
}

SEC("tp_btf/inet_sock_set_state")
int on_set_state(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int old_state = (int)ctx[1], new_state = (int)ctx[2];
	struct bpf_event *e;

	if (!all_states && !is_listener_change(old_state, new_state))
		return 0;
	e = reserve();
	if (!e)
		return 0;
	e->kind = BPF_EVENT_TCP_STATE;
	e->old_state = old_state;
	e->new_state = new_state;
	e->protocol = sk->sk_protocol;
	put_addresses(e, &sk->__sk_common);
	if (bpf_core_field_exists(struct net, net_cookie))
		e->netns_cookie = sk->__sk_common.skc_net.net->net_cookie;
	e->cookie = bpf_get_socket_cookie(sk);
	if (is_from_call(old_state, new_state))
		put_task(e);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

static __always_inline struct bpf_event *udp_bind(struct bpf_sock *sk)
{
	struct bpf_event *e;

	if (sk->type != SOCK_DGRAM)
		return NULL;
	e = reserve();
	if (!e)
		return NULL;
	e->kind = BPF_EVENT_UDP_BIND;
	e->family = sk->family;
	e->protocol = sk->protocol;
	e->sport = sk->src_port;
	e->netns_cookie = bpf_get_netns_cookie(sk);
	e->cookie = bpf_get_socket_cookie(sk);
	put_task(e);
	return e;
}

SEC("cgroup/post_bind4")
int on_post_bind4(struct bpf_sock *sk)
{
	struct bpf_event *e = udp_bind(sk);

	if (e) {
		*(__u32 *)e->saddr = sk->src_ip4;
		bpf_ringbuf_submit(e, 0);
	}
	return 1;
}

SEC("cgroup/post_bind6")
int on_post_bind6(struct bpf_sock *sk)
{
	struct bpf_event *e = udp_bind(sk);

	if (e) {
		((__u32 *)e->saddr)[0] = sk->src_ip6[0];
		((__u32 *)e->saddr)[1] = sk->src_ip6[1];
		((__u32 *)e->saddr)[2] = sk->src_ip6[2];
		((__u32 *)e->saddr)[3] = sk->src_ip6[3];
		bpf_ringbuf_submit(e, 0);
	}
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
