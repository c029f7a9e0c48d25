/*
 * Payload of UDP sockets, counted at the root of the cgroup2 tree where each datagram passes
 * once with its socket: on the way out before it is segmented, on the way in after it is
 * reassembled. Headers are taken off (IPv6 extension headers are not, they count as payload). A
 * datagram that the receive buffer has no room for is counted too.
 */
#include "kernel/bpf/kern.bpf.h"

#define UDP_HEADER 8
#define IPV6_HEADER 40

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64); /* socket cookie */
	__type(value, struct bpf_traffic);
} traffic SEC(".maps");

static __always_inline struct bpf_traffic *counters(struct __sk_buff *skb)
{
	struct bpf_traffic zero = {}, *t;
	__u64 cookie = bpf_get_socket_cookie(skb);

	t = bpf_map_lookup_elem(&traffic, &cookie);
	if (t)
		return t;
	bpf_map_update_elem(&traffic, &cookie, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&traffic, &cookie);
}

/* skb->len begins at the network header here. */
static __always_inline __u32 payload(struct __sk_buff *skb)
{
	__u32 headers = IPV6_HEADER;
	__u8 first;

	if (bpf_skb_load_bytes(skb, 0, &first, 1))
		return 0;
	if (first >> 4 == 4)
		headers = (first & 15) * 4;
	headers += UDP_HEADER;
	return skb->len > headers ? skb->len - headers : 0;
}

static __always_inline bool is_udp(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	return sk && (sk->protocol == IPPROTO_UDP || sk->protocol == IPPROTO_UDPLITE);
}

SEC("cgroup_skb/ingress")
int count_in(struct __sk_buff *skb)
{
	struct bpf_traffic *t = is_udp(skb) ? counters(skb) : NULL;

	if (t) {
		__sync_fetch_and_add(&t->rx_bytes, payload(skb));
		__sync_fetch_and_add(&t->rx_packets, 1);
	}
	return 1;
}

SEC("cgroup_skb/egress")
int count_out(struct __sk_buff *skb)
{
	struct bpf_traffic *t = is_udp(skb) ? counters(skb) : NULL;

	if (t) {
		__sync_fetch_and_add(&t->tx_bytes, payload(skb));
		__sync_fetch_and_add(&t->tx_packets, 1);
	}
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
