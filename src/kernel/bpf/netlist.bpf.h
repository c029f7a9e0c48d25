/*
 * The kernel's list of network namespaces (net_namespace_list, net/core/net_namespace.c), walked
 * under RCU. Its head is not exported: the search starts at the reader's own namespace and goes
 * round; what lacks the operations of a network namespace is the head, and init_net follows it.
 */
#ifndef INETTOP_KERNEL_BPF_NETLIST_H
#define INETTOP_KERNEL_BPF_NETLIST_H

#include "kernel/bpf/kern.bpf.h"

#define NETLIST_MAX (1 << 20)

struct netlist {
	__u64 pos, head, ops;
};

static __always_inline struct net *netlist_at(__u64 pos)
{
	return AS(struct net, pos - OFFSET(struct net, list));
}

static __always_inline __u64 netlist_next(__u64 pos)
{
	return (__u64)GET(AS(struct list_head, pos), next);
}

static long netlist_seek(__u32 i, struct netlist *list)
{
	if ((__u64)GET(netlist_at(list->pos), ns.ops) != list->ops) {
		list->head = list->pos;
		return 1;
	}
	list->pos = netlist_next(list->pos);
	return !list->pos;
}

/* Puts list->pos at init_net. False if the list makes no sense. */
static __always_inline bool netlist_begin(struct netlist *list)
{
	struct task_struct *reader = AS(struct task_struct, bpf_get_current_task());
	struct net *net = GET(AS(struct nsproxy, GET(reader, nsproxy)), net_ns);

	list->head = 0;
	if (!net)
		return false;
	list->ops = (__u64)GET(net, ns.ops);
	list->pos = (__u64)net + OFFSET(struct net, list);
	bpf_loop(NETLIST_MAX, netlist_seek, list, 0);
	if (!list->head)
		return false;
	list->pos = netlist_next(list->head);
	return list->pos && list->pos != list->head;
}

#endif
