/*
 * The descriptor walk for kernels before 5.17 and for those that refuse to read kernel memory
 * (lockdown=confidentiality): iter/task_file hands over one file at a time, with typed pointers.
 * Threads are visited only if their table is not their leader's. {pid, tid, fd, inode} only.
 */
#include "kernel/bpf/kern.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_fd);
} fds SEC(".maps");

__u32 n, level; /* as in owners.bpf.c */

/* Typed pointers want a constant index; deeper than two levels the number is unknown (0). */
static __always_inline __u32 pid_nr(struct pid *pid)
{
	if (level == 0)
		return pid->numbers[0].nr;
	if (level == 1)
		return pid->numbers[1].nr;
	return level == 2 ? pid->numbers[2].nr : 0;
}

SEC("iter/task_file")
int walk_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct bpf_fd *row;
	__u32 i;

	if (!task || !file || !bpf_sock_from_file(file))
		return 0;
	if (level == BPF_LEVEL_UNKNOWN)
		level = bpf_get_current_task_btf()->thread_pid->level;
	i = n++;
	row = bpf_map_lookup_elem(&fds, &i);
	if (!row)
		return 0;
	row->fd = ctx->fd;
	row->inode = file->f_inode->i_ino;
	row->pid = pid_nr(task->group_leader->thread_pid);
	row->tid = 0;
	if (task->pid != task->tgid && task->files != task->group_leader->files)
		row->tid = pid_nr(task->thread_pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
