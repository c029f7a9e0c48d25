/* What a socket says about itself, for the programs that walk descriptor and bind tables. */
#ifndef INETTOP_KERNEL_BPF_SOCK_H
#define INETTOP_KERNEL_BPF_SOCK_H

#include "kernel/bpf/kern.bpf.h"

static __always_inline void sock_copy_v6(__u8 to[16], struct sock_common *c, bool remote)
{
	__u32 *word = (__u32 *)to;

#define COPY(i, member) word[i] = GET(c, member.in6_u.u6_addr32[i])
	if (!bpf_core_field_exists(c->skc_v6_daddr))
		return;
	if (remote) {
		COPY(0, skc_v6_daddr);
		COPY(1, skc_v6_daddr);
		COPY(2, skc_v6_daddr);
		COPY(3, skc_v6_daddr);
	} else {
		COPY(0, skc_v6_rcv_saddr);
		COPY(1, skc_v6_rcv_saddr);
		COPY(2, skc_v6_rcv_saddr);
		COPY(3, skc_v6_rcv_saddr);
	}
#undef COPY
}

static __always_inline void sock_clear16(__u8 to[16])
{
	((__u64 *)to)[0] = 0;
	((__u64 *)to)[1] = 0;
}

/* The part that TIME_WAIT sockets have too. `end` is overwritten whole, protocol and type are 0. */
static __always_inline void sock_common_endpoint(struct bpf_endpoint *end, struct sock_common *c)
{
	struct net *net = GET(c, skc_net.net);

	end->netns_cookie = kern_net_cookie(net);
	end->netns_inode = GET(net, ns.inum);
	end->ifindex = GET(c, skc_bound_dev_if);
	end->family = GET(c, skc_family);
	end->protocol = 0;
	end->state = GET(c, skc_state);
	end->reuse = GET_BITS(c, skc_reuse);
	end->reuseport = GET_BITS(c, skc_reuseport);
	end->v6only = GET_BITS(c, skc_ipv6only);
	end->userlocks = 0;
	end->type = 0;
	end->shutdown = 0;
	end->tw_substate = 0;
	end->sport = GET(c, skc_num);
	end->dport = bpf_ntohs(GET(c, skc_dport));
	sock_clear16(end->saddr);
	sock_clear16(end->daddr);
	if (end->family == AF_INET) {
		*(__u32 *)end->saddr = GET(c, skc_rcv_saddr);
		*(__u32 *)end->daddr = GET(c, skc_daddr);
	} else {
		sock_copy_v6(end->saddr, c, false);
		sock_copy_v6(end->daddr, c, true);
	}
}

static __always_inline void sock_full_endpoint(struct bpf_endpoint *end, struct sock *sk)
{
	end->protocol = GET(sk, sk_protocol);
	end->type = GET(sk, sk_type);
	end->userlocks = GET(sk, sk_userlocks);
	end->shutdown = GET(sk, sk_shutdown);
}

#endif
