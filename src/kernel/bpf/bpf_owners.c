#include "kernel/bpf/bpf_owners.h"

#include <errno.h>

#include "base/xalloc.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_walk.h"
#include "kernel/bpf/owners.skel.h"
#include "kernel/bpf/owners_file.skel.h"
#include "kernel/bpf/owners_probe.skel.h"

#define CAPACITY_MIN 512

struct bpf_owners {
	enum bpf_owners_form form;
	enum bpf_owners_method method;
	struct bpf_walk walk;
	uint32_t *level;
};

BPF_WALK_OPENER(owners, walk_tasks, fds)
BPF_WALK_OPENER(owners_probe, walk_tasks, fds)
BPF_WALK_OPENER(owners_file, walk_files, fds)

/* The array that is not used keeps one element. */
#define PREPARE(o, skel)                                                                           \
	do {                                                                                       \
		(skel)->rodata->full = (o)->form == BPF_OWNERS_FULL;                               \
		if ((o)->form == BPF_OWNERS_FULL)                                                  \
			(o)->walk.array = (skel)->maps.socks;                                      \
		(o)->level = &(skel)->bss->level;                                                  \
	} while (0)

static int open_cast(struct bpf_owners *o)
{
	struct owners_bpf *skel;
	int err = open_owners(&o->walk, &skel);

	if (err == 0)
		PREPARE(o, skel);
	return err;
}

static int open_probe(struct bpf_owners *o)
{
	struct owners_probe_bpf *skel;
	int err = open_owners_probe(&o->walk, &skel);

	if (err == 0)
		PREPARE(o, skel);
	return err;
}

static int open_file(struct bpf_owners *o)
{
	struct owners_file_bpf *skel;
	int err;

	if (o->form == BPF_OWNERS_FULL)
		return -ENOSYS;
	err = open_owners_file(&o->walk, &skel);
	if (err == 0)
		o->level = &skel->bss->level;
	return err;
}

static int load(struct bpf_owners *o, enum bpf_owners_method method, size_t capacity)
{
	int err;

	if (method == BPF_OWNERS_CAST)
		err = open_cast(o);
	else if (method == BPF_OWNERS_PROBE)
		err = open_probe(o);
	else
		err = open_file(o);
	if (err != 0)
		return bpf_caps_classify(err, BPF_RIGHTS_WALK);
	*o->level = BPF_LEVEL_UNKNOWN;
	err = bpf_walk_load(&o->walk, capacity);
	if (err == 0)
		o->method = method;
	return err;
}

static int load_any(struct bpf_owners *o, enum bpf_owners_method method, size_t capacity)
{
	int err;

	if (method != BPF_OWNERS_AUTO)
		return load(o, method, capacity);
	err = load(o, BPF_OWNERS_CAST, capacity);
	if (err == -ENOSYS)
		err = load(o, BPF_OWNERS_PROBE, capacity);
	if (err == -ENOSYS || err == -EACCES)
		err = load(o, BPF_OWNERS_FILE, capacity);
	return err;
}

static size_t capacity_for(size_t sockets)
{
	return sockets < CAPACITY_MIN ? CAPACITY_MIN : sockets + sockets / 4;
}

int bpf_owners_open_as(struct bpf_owners **ret, enum bpf_owners_form form, size_t hint,
		       enum bpf_owners_method method)
{
	struct bpf_owners *o;
	int err = bpf_caps_precheck(BPF_RIGHTS_WALK);

	if (err != 0)
		return err;
	o = xcalloc(1, sizeof(*o));
	o->form = form;
	err = load_any(o, method, capacity_for(hint));
	if (err != 0) {
		free(o);
		return err;
	}
	*ret = o;
	return 0;
}

int bpf_owners_open(struct bpf_owners **ret, enum bpf_owners_form form, size_t hint)
{
	return bpf_owners_open_as(ret, form, hint, BPF_OWNERS_AUTO);
}

void bpf_owners_close(struct bpf_owners *owners)
{
	if (!owners)
		return;
	bpf_walk_close(&owners->walk);
	free(owners);
}

/* A bigger array takes a new load; the old one stays if that fails. */
static int grow(struct bpf_owners *o, size_t sockets)
{
	struct bpf_owners bigger = {.form = o->form};
	int err = load(&bigger, o->method, capacity_for(sockets));

	if (err != 0)
		return err;
	bpf_walk_close(&o->walk);
	*o = bigger;
	return 0;
}

static int run(struct bpf_owners *o, uint32_t pid, size_t *ret_n)
{
	int err;

	for (;;) {
		err = bpf_walk_run(&o->walk, pid, ret_n);
		if (err != 0 || *ret_n <= o->walk.capacity)
			return err;
		if (grow(o, *ret_n) != 0) {
			*ret_n = o->walk.capacity;
			return -EOVERFLOW;
		}
	}
}

int bpf_owners_run(struct bpf_owners *owners, const struct bpf_fd **ret_rows, size_t *ret_n)
{
	return bpf_owners_run_pid(owners, 0, ret_rows, ret_n);
}

int bpf_owners_run_pid(struct bpf_owners *owners, uint32_t pid, const struct bpf_fd **ret_rows,
		       size_t *ret_n)
{
	int err;

	*ret_n = 0;
	if (owners->form != BPF_OWNERS_LITE)
		return -EINVAL;
	err = run(owners, pid, ret_n);
	*ret_rows = owners->walk.rows;
	return err;
}

int bpf_owners_run_full(struct bpf_owners *owners, const struct bpf_fd_sock **ret_rows,
			size_t *ret_n)
{
	int err;

	*ret_n = 0;
	if (owners->form != BPF_OWNERS_FULL)
		return -EINVAL;
	err = run(owners, 0, ret_n);
	*ret_rows = owners->walk.rows;
	return err;
}

bool bpf_owners_is_nested(const struct bpf_owners *owners)
{
	return *owners->level != 0 && *owners->level != BPF_LEVEL_UNKNOWN;
}

enum bpf_owners_method bpf_owners_method(const struct bpf_owners *owners)
{
	return owners->method;
}
