/* What the PROC helper answers; shared by processes*.c only. */
#ifndef INETTOP_KERNEL_PROCESSES_IMPL_H
#define INETTOP_KERNEL_PROCESSES_IMPL_H

#include "base/strbuf.h"
#include "kernel/processes.h"

struct processes_request {
	uint64_t start_ticks;
	uint32_t pid;
};

/* Followed by exe, cgroup path and command line. */
struct processes_answer {
	uint64_t start_ticks;
	uint32_t ppid, uid;
	uint32_t exe_len, cgroup_len, cmdline_len;
	uint16_t have; /* PROC_HAVE_* */
	char state;
	bool exe_deleted, cmdline_cut;
};

/*
 * What can be read without waiting for anybody: all but the command line. The texts (exe, then
 * cgroup) are added to `text`. 0 or -errno.
 */
int processes_read_fast(int proc_fd, uint32_t pid, struct processes_answer *ret_answer,
			struct strbuf *text);

#endif
