#include "kernel/bpf/bpf_netns.h"

#include <errno.h>

#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_walk.h"
#include "kernel/bpf/netns.skel.h"
#include "kernel/bpf/netns_probe.skel.h"

#define CAPACITY_MIN 256

struct bpf_netns {
	struct bpf_walk walk;
};

BPF_WALK_OPENER(netns, walk_netns, rows)
BPF_WALK_OPENER(netns_probe, walk_netns, rows)

static int load(struct bpf_walk *walk, size_t capacity)
{
	struct netns_bpf *cast;
	struct netns_probe_bpf *probe;
	int err = open_netns(walk, &cast);

	if (err == 0)
		err = bpf_walk_load(walk, capacity);
	if (err != -ENOSYS)
		return err;
	err = open_netns_probe(walk, &probe);
	return err == 0 ? bpf_walk_load(walk, capacity) : err;
}

int bpf_netns_open(struct bpf_netns **ret)
{
	struct bpf_netns *netns;
	int err = bpf_caps_precheck(BPF_RIGHTS_WALK);

	if (err != 0)
		return err;
	netns = xcalloc(1, sizeof(*netns));
	err = load(&netns->walk, CAPACITY_MIN);
	if (err != 0) {
		free(netns);
		return err;
	}
	*ret = netns;
	return 0;
}

void bpf_netns_close(struct bpf_netns *netns)
{
	if (!netns)
		return;
	bpf_walk_close(&netns->walk);
	free(netns);
}

int bpf_netns_run(struct bpf_netns *netns, const struct bpf_netns_row **ret_rows, size_t *ret_n)
{
	struct bpf_walk bigger;
	int err;

	for (;;) {
		/* the walk acts at the end of the iteration: one process is enough to visit */
		err = bpf_walk_run(&netns->walk, bpf_walk_self(), ret_n);
		*ret_rows = netns->walk.rows;
		if (err != 0 || *ret_n <= netns->walk.capacity)
			return err;
		if (load(&bigger, *ret_n * 2) != 0) {
			*ret_n = netns->walk.capacity;
			return -EOVERFLOW;
		}
		bpf_walk_close(&netns->walk);
		netns->walk = bigger;
	}
}
