#include "kernel/bpf/bpf_binds.h"

#include <errno.h>

#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_walk.h"
#include "kernel/bpf/binds.skel.h"
#include "kernel/bpf/binds_probe.skel.h"

#define CAPACITY_MIN 256
#define TRIES 5

struct bpf_binds {
	struct bpf_walk walk;
	uint32_t *want_port, *want_netns, *raced, *no_udp;
};

BPF_WALK_OPENER(binds, walk_binds, rows)
BPF_WALK_OPENER(binds_probe, walk_binds, rows)

#define PREPARE(b, skel)                                                                           \
	do {                                                                                       \
		(b)->want_port = &(skel)->bss->want_port;                                          \
		(b)->want_netns = &(skel)->bss->want_netns;                                        \
		(b)->raced = &(skel)->bss->raced;                                                  \
		(b)->no_udp = &(skel)->bss->no_udp;                                                \
	} while (0)

static int load_cast(struct bpf_binds *b, size_t capacity)
{
	struct binds_bpf *skel;
	int err = open_binds(&b->walk, &skel);

	if (err != 0)
		return err;
	PREPARE(b, skel);
	return bpf_walk_load(&b->walk, capacity);
}

static int load(struct bpf_binds *b, size_t capacity)
{
	struct binds_probe_bpf *skel;
	int err = load_cast(b, capacity);

	if (err != -ENOSYS)
		return err;
	err = open_binds_probe(&b->walk, &skel);
	if (err != 0)
		return err;
	PREPARE(b, skel);
	return bpf_walk_load(&b->walk, capacity);
}

int bpf_binds_open(struct bpf_binds **ret, size_t hint)
{
	struct bpf_binds *binds;
	int err = bpf_caps_precheck(BPF_RIGHTS_WALK);

	if (err != 0)
		return err;
	binds = xcalloc(1, sizeof(*binds));
	err = load(binds, hint < CAPACITY_MIN ? CAPACITY_MIN : hint);
	if (err != 0) {
		free(binds);
		return err;
	}
	*ret = binds;
	return 0;
}

void bpf_binds_close(struct bpf_binds *binds)
{
	if (!binds)
		return;
	bpf_walk_close(&binds->walk);
	free(binds);
}

static int grow(struct bpf_binds *b, size_t sockets)
{
	struct bpf_binds bigger;
	int err = load(&bigger, sockets + sockets / 4);

	if (err != 0)
		return err;
	bpf_walk_close(&b->walk);
	*b = bigger;
	return 0;
}

static int run_once(struct bpf_binds *b, uint16_t port, uint32_t netns_inode, size_t *ret_n)
{
	*b->want_port = port;
	*b->want_netns = netns_inode;
	*b->raced = 0;
	return bpf_walk_run(&b->walk, bpf_walk_self(), ret_n);
}

int bpf_binds_run(struct bpf_binds *binds, uint16_t port, uint32_t netns_inode,
		  const struct bpf_bound **ret_rows, size_t *ret_n, bool *ret_raced)
{
	int err = 0;

	for (int left = TRIES; left > 0; left--) {
		err = run_once(binds, port, netns_inode, ret_n);
		if (err != 0)
			break;
		if (*ret_n > binds->walk.capacity) {
			if (grow(binds, *ret_n) == 0)
				continue;
			*ret_n = binds->walk.capacity;
			err = -EOVERFLOW;
			break;
		}
		if (*binds->raced == 0)
			break;
	}
	if (err == 0 && *ret_n > binds->walk.capacity) {
		*ret_n = binds->walk.capacity;
		err = -EOVERFLOW;
	}
	*ret_rows = binds->walk.rows;
	if (ret_raced)
		*ret_raced = *binds->raced != 0;
	return err;
}

bool bpf_binds_lacks_udp(const struct bpf_binds *binds)
{
	return *binds->no_udp != 0;
}
