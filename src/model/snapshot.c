#include <stdatomic.h>

#include "model/store_internal.h"

static struct live_snapshot *live_of(const struct snapshot *snap)
{
	return (struct live_snapshot *)(uintptr_t)snap;
}

void snapshot_hold(const struct snapshot *snap)
{
	atomic_fetch_add_explicit(&live_of(snap)->refs, 1, memory_order_relaxed);
}

void snapshot_release(const struct snapshot *snap)
{
	if (snap)
		atomic_fetch_sub_explicit(&live_of(snap)->refs, 1, memory_order_release);
}

enum mark snapshot_mark(const struct snapshot *snap, const struct row_head *head, int64_t now_ms)
{
	if (head->gone)
		return MARK_GONE;
	if (head->mark == MARK_NONE)
		return MARK_NONE;
	if (snap->baseline_ms >= 0)
		return head->mark_ms >= snap->baseline_ms ? head->mark : MARK_NONE;
	return now_ms - head->mark_ms < snap->hold_ms ? head->mark : MARK_NONE;
}

const struct sock *snapshot_sock(const struct snapshot *snap, uint32_t slot)
{
	return slot < snap->n_socks ? snap->socks[slot] : NULL;
}

const struct port *snapshot_port(const struct snapshot *snap, uint32_t slot)
{
	return slot < snap->n_ports ? snap->ports[slot] : NULL;
}

const struct proc *snapshot_proc(const struct snapshot *snap, uint32_t slot)
{
	return slot < snap->n_procs ? snap->procs[slot] : NULL;
}

const struct netns *snapshot_netns(const struct snapshot *snap, uint32_t slot)
{
	return slot < snap->n_netns ? snap->netns[slot] : NULL;
}

const struct container *snapshot_container(const struct snapshot *snap, uint32_t slot)
{
	return slot < snap->n_containers ? snap->containers[slot] : NULL;
}

#define BY_ID(kind)                                                                                \
	const struct kind *snapshot_##kind##_by_id(const struct snapshot *snap, uint64_t id)       \
	{                                                                                          \
		const struct kind *row = snapshot_##kind(snap, (uint32_t)id);                      \
		return row && row->head.id == id ? row : NULL;                                     \
	}

BY_ID(sock)
BY_ID(port)
BY_ID(proc)
BY_ID(netns)
BY_ID(container)

/* First position in the index whose pid is not less. */
static uint32_t first_of_pid(const struct snapshot *snap, uint32_t pid)
{
	uint32_t low = 0, high = snap->n_procs_by_pid;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (snap->procs[snap->procs_by_pid[mid]]->r.pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct proc *snapshot_proc_by_pid(const struct snapshot *snap, uint32_t pid)
{
	uint32_t n = snap->procs_by_pid ? snap->n_procs_by_pid : snap->n_procs;
	const struct proc *found = NULL;

	for (uint32_t i = snap->procs_by_pid ? first_of_pid(snap, pid) : 0; i < n; i++) {
		const struct proc *p = snap->procs[snap->procs_by_pid ? snap->procs_by_pid[i] : i];

		if (p && p->r.pid == pid && (!found || found->head.gone))
			found = p;
		else if (snap->procs_by_pid)
			break;
	}
	return found;
}
