/* The wire between the program, the spawner and the helpers; shared by helper*.c only. */
#ifndef INETTOP_KERNEL_HELPER_IMPL_H
#define INETTOP_KERNEL_HELPER_IMPL_H

#include "kernel/helper.h"

#define HELPER_CHUNK 32768

/* program -> spawner */
enum helper_op { HELPER_OP_SPAWN, HELPER_OP_KILL };
struct helper_order {
	uint32_t op;
	uint32_t kind; /* SPAWN */
	uint32_t pid;  /* KILL */
};

/* spawner -> program, for SPAWN only; carries the helper's socket when status is 0 */
struct helper_spawned {
	int32_t status;
	uint32_t pid;
};

/* program -> helper, followed by the request */
struct helper_head {
	uint64_t ticket;
};

/* helper -> program, followed by a part of the answer */
#define HELPER_END 1u
#define HELPER_CUT 2u
#define HELPER_RETIRE 4u
struct helper_frame {
	uint64_t ticket;
	int32_t status;
	uint32_t flags;
};

/* The spawner's life; never returns. */
void helper_spawner(int control_fd, const struct helper_spec *specs) __attribute__((noreturn));

#endif
