#include "kernel/bpf/bpf_walk.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/bpf/bpf_caps.h"

static int map_rows(struct bpf_walk *walk)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *rows;

	walk->bytes = walk->capacity * bpf_map__value_size(walk->array);
	walk->bytes = (walk->bytes + page - 1) / page * page;
	rows = mmap(NULL, walk->bytes, PROT_READ, MAP_SHARED, bpf_map__fd(walk->array), 0);
	if (rows == MAP_FAILED)
		return -errno;
	walk->rows = rows;
	return 0;
}

/* Only libbpf's allocation can fail here; the kernel is asked in attach(). */
static int set_size(struct bpf_walk *walk, size_t capacity)
{
	if (capacity == 0 || capacity > UINT32_MAX)
		return -EINVAL;
	walk->capacity = capacity;
	return bpf_map__set_max_entries(walk->array, (uint32_t)capacity);
}

static int attach(struct bpf_walk *walk, uint32_t pid, struct bpf_link **ret_link)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = {.task = {.pid = pid}};

	if (pid != 0) {
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	*ret_link = bpf_program__attach_iter(walk->program, &opts);
	return *ret_link ? 0 : -errno;
}

int bpf_walk_load(struct bpf_walk *walk, size_t capacity)
{
	int err = set_size(walk, capacity);

	if (err == 0)
		err = bpf_object__load_skeleton(walk->skeleton);
	if (err == 0)
		err = map_rows(walk);
	if (err == 0)
		err = attach(walk, 0, &walk->link);
	if (err == 0)
		return 0;
	bpf_walk_close(walk);
	return bpf_caps_classify(err, BPF_RIGHTS_WALK);
}

/* The program emits nothing: reading only drives it. EAGAIN = a million tasks without output. */
static int drain(int fd)
{
	char unused[16];
	ssize_t got;

	do {
		got = read(fd, unused, sizeof(unused));
	} while (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)));
	return got < 0 ? -errno : 0;
}

int bpf_walk_run(struct bpf_walk *walk, uint32_t pid, size_t *ret_n)
{
	struct bpf_link *link = walk->link;
	int fd, err = 0;

	if (pid != 0)
		err = attach(walk, pid, &link);
	if (err != 0)
		return err;
	*walk->n = 0;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : drain(fd);
	if (fd >= 0)
		close(fd);
	if (link != walk->link)
		bpf_link__destroy(link);
	*ret_n = *walk->n;
	return err;
}

uint32_t bpf_walk_self(void)
{
	return (uint32_t)getpid();
}

void bpf_walk_close(struct bpf_walk *walk)
{
	if (walk->rows)
		munmap((void *)(uintptr_t)walk->rows, walk->bytes);
	bpf_link__destroy(walk->link);
	if (walk->skeleton)
		bpf_object__destroy_skeleton(walk->skeleton);
	free(walk->skel);
	*walk = (struct bpf_walk){0};
}
