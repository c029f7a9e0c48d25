/*
 * Namespaces that nothing but a socket keeps alive. Without BPF the kernel lists them nowhere, but
 * a socket knows its own: one that a process holds and no dump has was made in a namespace that we
 * do not watch, or is of a family that is not dumped. Each is asked once.
 */
#include "kernel/namespaces_impl.h"

#include <errno.h>
#include <unistd.h>

/* Sockets come and go; what was asked about is forgotten in the end. */
#define TRIED_MAX 65536

struct trial {
	struct namespaces *all;
	unsigned budget;
	bool found;
};

static bool try_socket(void *ctx, uint32_t inode, uint32_t pid, int32_t fd)
{
	struct trial *t = ctx;
	struct entry *e;
	uint32_t ns;
	int ns_fd;

	if (hash_get(&t->all->tried, inode, NULL))
		return true;
	hash_put(&t->all->tried, inode, 1);
	ns_fd = namespaces_of_socket(pid, fd);
	if (ns_fd == -EPERM || ns_fd == -ENOSYS)
		return false;
	if (ns_fd >= 0 && namespaces_check_fd(ns_fd, &ns) == 0) {
		e = namespaces_entry(t->all, ns);
		t->found |= !e;
		if (!e)
			e = namespaces_add(t->all, ns);
		if (!e->ns.rec.own && !e->sock_pid) {
			e->sock_pid = pid;
			e->sock_fd = fd;
		}
	}
	if (ns_fd >= 0)
		close(ns_fd);
	return --t->budget > 0;
}

bool namespaces_try_sockets(struct namespaces *all, const struct owners *own, unsigned budget)
{
	struct trial t = {all, budget, false};

	if (all->bpf || (all->cfg.bpf && !all->bpf_tried) || !budget)
		return false;
	if (hash_count(&all->tried) > TRIED_MAX)
		hash_clear(&all->tried);
	owners_each_unwanted(own, try_socket, &t);
	return t.found;
}
