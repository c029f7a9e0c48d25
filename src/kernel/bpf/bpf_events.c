#include "kernel/bpf/bpf_events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/events.skel.h"

#define RING_BYTES (1u << 20)
#define PIDNS_INIT_INODE 4026531836u /* PROC_PID_INIT_INO, linux/proc_ns.h */

struct bpf_events {
	struct events_bpf *skel;
	struct ring_buffer *ring;
	void (*take)(const struct bpf_event *event, void *context);
	void *context;
};

/* The kernel compares the device as it encodes it itself: major << 20 | minor. */
static void set_pid_namespace(struct events_bpf *skel)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) != 0 || st.st_ino == PIDNS_INIT_INODE)
		return;
	skel->rodata->pidns_dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	skel->rodata->pidns_ino = st.st_ino;
}

static int load(struct bpf_events *e, bool all_states, bool udp)
{
	int err;

	e->skel = events_bpf__open();
	if (!e->skel)
		return -errno;
	e->skel->rodata->all_states = all_states;
	set_pid_namespace(e->skel);
	bpf_program__set_autoload(e->skel->progs.on_post_bind4, udp);
	bpf_program__set_autoload(e->skel->progs.on_post_bind6, udp);
	err = bpf_map__set_max_entries(e->skel->maps.ring, RING_BYTES);
	if (err == 0)
		err = events_bpf__load(e->skel);
	if (err != 0) {
		events_bpf__destroy(e->skel);
		e->skel = NULL;
	}
	return err;
}

static void attach_udp(struct bpf_events *e)
{
	struct events_bpf *skel = e->skel;
	auto_close int cgroup = -1;
	char path[4096];

	if (bpf_caps_cgroup2(path, sizeof(path)) != 0)
		return;
	cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return;
	skel->links.on_post_bind4 = bpf_program__attach_cgroup(skel->progs.on_post_bind4, cgroup);
	skel->links.on_post_bind6 = bpf_program__attach_cgroup(skel->progs.on_post_bind6, cgroup);
}

static int on_record(void *context, void *data, size_t size)
{
	struct bpf_events *e = context;

	if (size >= sizeof(struct bpf_event))
		e->take(data, e->context);
	return 0;
}

/* Helpers that the cgroup hooks use came late (6.10): without them there are TCP events at
 * least. */
static int start(struct bpf_events *e, bool all_states)
{
	bool udp = bpf_caps_missing(BPF_RIGHT_NET_ADMIN) == 0;
	int err = load(e, all_states, udp);

	if (err != 0 && udp) {
		udp = false;
		err = load(e, all_states, udp);
	}
	if (err != 0)
		return err;
	e->skel->links.on_set_state = bpf_program__attach(e->skel->progs.on_set_state);
	if (!e->skel->links.on_set_state)
		return -errno;
	if (udp)
		attach_udp(e);
	e->ring = ring_buffer__new(bpf_map__fd(e->skel->maps.ring), on_record, e, NULL);
	return e->ring ? 0 : -errno;
}

int bpf_events_open(struct bpf_events **ret, bool all_states)
{
	struct bpf_events *e;
	int err = bpf_caps_precheck(BPF_RIGHTS_WALK);

	if (err != 0)
		return err;
	e = xcalloc(1, sizeof(*e));
	err = start(e, all_states);
	if (err != 0) {
		bpf_events_close(e);
		return bpf_caps_classify(err, BPF_RIGHTS_WALK);
	}
	*ret = e;
	return 0;
}

void bpf_events_close(struct bpf_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	events_bpf__destroy(events->skel);
	free(events);
}

int bpf_events_fd(const struct bpf_events *events)
{
	return ring_buffer__epoll_fd(events->ring);
}

int bpf_events_drain(struct bpf_events *events,
		     void (*take)(const struct bpf_event *event, void *context), void *context,
		     uint64_t *ret_dropped)
{
	int got;

	events->take = take;
	events->context = context;
	got = ring_buffer__consume(events->ring);
	if (ret_dropped)
		*ret_dropped = __atomic_load_n(&events->skel->bss->dropped, __ATOMIC_RELAXED);
	return got < 0 ? got : 0;
}

bool bpf_events_has_udp(const struct bpf_events *events)
{
	return events->skel->links.on_post_bind4 && events->skel->links.on_post_bind6;
}
