/*
 * One BPF iterator program that fills an mmapped array: load, run, read, close. The base of owners,
 * netns and binds. Nothing is pinned: all of it ends with the process.
 */
#ifndef INETTOP_KERNEL_BPF_WALK_H
#define INETTOP_KERNEL_BPF_WALK_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct bpf_link;
struct bpf_map;
struct bpf_object_skeleton;
struct bpf_program;

struct bpf_walk {
	void *skel; /* the generated struct, heap */
	struct bpf_object_skeleton *skeleton;
	struct bpf_program *program;
	struct bpf_map *array;
	uint32_t *n; /* the program's count of rows, may exceed capacity */
	struct bpf_link *link;
	const void *rows;
	size_t capacity, bytes;
};

/* Defines open_NAME(walk, &skel): opens the skeleton NAME_bpf and names its parts. Not loaded
 * yet. */
#define BPF_WALK_OPENER(name, program_name, array_name)                                            \
	static int open_##name(struct bpf_walk *walk, struct name##_bpf **ret_skel)                \
	{                                                                                          \
		struct name##_bpf *skel = name##_bpf__open();                                      \
		if (!skel)                                                                         \
			return -errno;                                                             \
		*walk = (struct bpf_walk){                                                         \
			.skel = skel,                                                              \
			.skeleton = skel->skeleton,                                                \
			.program = skel->progs.program_name,                                       \
			.array = skel->maps.array_name,                                            \
			.n = &skel->bss->n,                                                        \
		};                                                                                 \
		*ret_skel = skel;                                                                  \
		return 0;                                                                          \
	}

/* Loads with room for `capacity` rows and maps them. 0, or an errno as bpf_caps.h lists them; then
 * the walk is closed. */
int bpf_walk_load(struct bpf_walk *walk, size_t capacity);

/* Runs the program over one process (0 = over all). *ret_n = rows found: more than walk->capacity
 * means that the rest did not fit. Rows are overwritten by the next run. */
int bpf_walk_run(struct bpf_walk *walk, uint32_t pid, size_t *ret_n);

/* The process to run over when the program acts only at the end of the iteration. */
uint32_t bpf_walk_self(void);

/* Frees everything; a zeroed or closed walk is fine. */
void bpf_walk_close(struct bpf_walk *walk);

#endif
