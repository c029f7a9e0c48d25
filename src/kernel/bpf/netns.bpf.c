/* Every network namespace, also those that only a descriptor, a mount or a socket keeps alive. */
#include "kernel/bpf/netlist.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_netns_row);
} rows SEC(".maps");

__u32 n;

static __always_inline bool is_alive(struct net *net)
{
	struct ns_common___618 *ns = (void *)&net->ns;
	struct ns_common___516 *old = (void *)&net->ns;

	if (bpf_core_field_exists(ns->__ns_ref))
		return GET(AS(struct ns_common___618, ns), __ns_ref.refs.counter) > 0;
	if (bpf_core_field_exists(old->count))
		return GET(AS(struct ns_common___516, old), count.refs.counter) > 0;
	return true;
}

static __always_inline void put_net(struct net *net, bool init)
{
	struct ns_common___618 *ns = (void *)&net->ns;
	struct bpf_netns_row *row;
	__u32 i = n++;

	row = bpf_map_lookup_elem(&rows, &i);
	if (!row)
		return;
	row->cookie = kern_net_cookie(net);
	row->inode = GET(net, ns.inum);
	row->init = init;
	row->id = 0;
	if (bpf_core_field_exists(ns->ns_id))
		row->id = GET(AS(struct ns_common___618, ns), ns_id);
}

static long visit_net(__u32 i, struct netlist *list)
{
	struct net *net = netlist_at(list->pos);

	if (is_alive(net))
		put_net(net, i == 0);
	list->pos = netlist_next(list->pos);
	return !list->pos || list->pos == list->head;
}

SEC("iter/task")
int walk_netns(struct bpf_iter__task *ctx)
{
	struct netlist list = {};

	if (!ctx->task && netlist_begin(&list))
		bpf_loop(NETLIST_MAX, visit_net, &list, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
