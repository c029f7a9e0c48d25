#include "kernel/bpf/bpf_traffic.h"

#include <errno.h>
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/traffic.skel.h"

struct bpf_traffic_counters {
	struct traffic_bpf *skel;
	uint64_t *cookies;
	struct bpf_traffic *counters;
	uint32_t capacity;
};

static int attach(struct traffic_bpf *skel)
{
	auto_close int cgroup = -1;
	char path[4096];
	int err = bpf_caps_cgroup2(path, sizeof(path));

	if (err != 0)
		return err;
	cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return -errno;
	skel->links.count_in = bpf_program__attach_cgroup(skel->progs.count_in, cgroup);
	if (!skel->links.count_in)
		return -errno;
	skel->links.count_out = bpf_program__attach_cgroup(skel->progs.count_out, cgroup);
	return skel->links.count_out ? 0 : -errno;
}

int bpf_traffic_open(struct bpf_traffic_counters **ret)
{
	struct bpf_traffic_counters *t;
	int err = bpf_caps_precheck(BPF_RIGHTS_CGROUP);

	if (err != 0)
		return err;
	t = xcalloc(1, sizeof(*t));
	t->skel = traffic_bpf__open_and_load();
	err = t->skel ? attach(t->skel) : -errno;
	if (err != 0) {
		bpf_traffic_close(t);
		return bpf_caps_classify(err, BPF_RIGHTS_CGROUP);
	}
	t->capacity = bpf_map__max_entries(t->skel->maps.traffic);
	t->cookies = xcalloc(t->capacity, sizeof(*t->cookies));
	t->counters = xcalloc(t->capacity, sizeof(*t->counters));
	*ret = t;
	return 0;
}

void bpf_traffic_close(struct bpf_traffic_counters *traffic)
{
	if (!traffic)
		return;
	traffic_bpf__destroy(traffic->skel);
	free(traffic->cookies);
	free(traffic->counters);
	free(traffic);
}

/* The kernel hands over whole hash buckets; ENOENT = that was the last, ENOSPC = one did not
 * fit. */
int bpf_traffic_read(struct bpf_traffic_counters *traffic, const uint64_t **ret_cookies,
		     const struct bpf_traffic **ret_counters, size_t *ret_n)
{
	int fd = bpf_map__fd(traffic->skel->maps.traffic), err = 0;
	uint32_t batch = 0, got = 0, count;
	bool first = true;

	while (err == 0 && got < traffic->capacity) {
		count = traffic->capacity - got;
		err = bpf_map_lookup_batch(fd, first ? NULL : &batch, &batch,
					   traffic->cookies + got, traffic->counters + got, &count,
					   NULL);
		if (err == 0 || err == -ENOENT)
			got += count;
		first = false;
	}
	*ret_cookies = traffic->cookies;
	*ret_counters = traffic->counters;
	*ret_n = got;
	return err == -ENOENT || err == -ENOSPC ? 0 : err;
}
