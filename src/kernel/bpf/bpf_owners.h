/*
 * Which process holds which socket, by one BPF walk over every descriptor table: about 0.02 us
 * per socket in the lite form and 0.25 us in the full one, against 2.5 us per descriptor through
 * /proc. No dentry is made.
 *
 * Only tasks of the reader's PID namespace (and below it) are seen: in a nested one the holders
 * of other sockets stay hidden, see bpf_owners_is_nested(). Not in any table, hence not seen:
 * sockets in flight (SCM_RIGHTS), registered with io_uring, held by the kernel.
 */
#ifndef INETTOP_KERNEL_BPF_OWNERS_H
#define INETTOP_KERNEL_BPF_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/bpf/bpf_records.h"

struct bpf_owners;

enum bpf_owners_form {
	BPF_OWNERS_LITE, /* struct bpf_fd */
	BPF_OWNERS_FULL, /* struct bpf_fd_sock */
};

/* How kernel memory is read; the first that loads is taken. */
enum bpf_owners_method {
	BPF_OWNERS_AUTO,
	BPF_OWNERS_CAST,  /* bpf_rdonly_cast, 6.2 */
	BPF_OWNERS_PROBE, /* bpf_probe_read_kernel and bpf_loop, 5.17 */
	BPF_OWNERS_FILE,  /* iter/task_file, 5.11; lite form only */
};

/* Loads the walk (30 ms and more) with room for `hint` sockets, as many as the host has in use; it
 * grows by itself. Errors: bpf_caps.h. close() frees; NULL is fine. */
int bpf_owners_open(struct bpf_owners **ret, enum bpf_owners_form form, size_t hint);
int bpf_owners_open_as(struct bpf_owners **ret, enum bpf_owners_form form, size_t hint,
		       enum bpf_owners_method method);
void bpf_owners_close(struct bpf_owners *owners);

/* One walk. Rows are sorted by neither pid nor fd in nested namespaces, else by (pid, fd); they are
 * valid until the next call. The pointer is of the form that was opened; the other gives -EINVAL.
 * Growing loads the walk anew, which needs the rights again; without them the rows are cut:
 * -EOVERFLOW, with what did fit. */
int bpf_owners_run(struct bpf_owners *owners, const struct bpf_fd **ret_rows, size_t *ret_n);
int bpf_owners_run_full(struct bpf_owners *owners, const struct bpf_fd_sock **ret_rows,
			size_t *ret_n);

/* The same for one process with all its threads (lite form). No such process = no rows. */
int bpf_owners_run_pid(struct bpf_owners *owners, uint32_t pid, const struct bpf_fd **ret_rows,
		       size_t *ret_n);

/* After a run: our PID namespace is not the initial one, so there may be holders out of sight. */
bool bpf_owners_is_nested(const struct bpf_owners *owners);

/* The method in use, never AUTO. */
enum bpf_owners_method bpf_owners_method(const struct bpf_owners *owners);

#endif
