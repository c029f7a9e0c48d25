/*
 * Gathers what `why` needs beyond a tick (model/why_facts.h). Nothing here waits for anybody longer
 * than a bounded moment.
 */
#ifndef INETTOP_KERNEL_WHY_FACTS_H
#define INETTOP_KERNEL_WHY_FACTS_H

#include "base/arena.h"
#include "kernel/bpf/bpf_records.h"
#include "model/why_facts.h"

struct why_facts_input {
	int proc_fd;
	int root_fd;  /* stands for "/" */
	int netns_fd; /* the namespace asked about, -1 = our own */
	bool cap_bind; /* want.uid may bind privileged ports there */
	bool ask_rpc;  /* somebody in the kernel has the port: rpcbind may know who */
};

/*
 * Fills everything but netns, socks, buckets, probes, holders, suspects and what the process list
 * tells; ret->want must be set. Memory is the arena's. 0 or -errno (the namespace cannot be entered).
 */
int why_facts_read(const struct why_facts_input *in, struct arena *arena, struct why_facts *ret);

/*
 * The sockets on the port as bpf_binds_run() gave them for the namespace: fills socks, buckets and
 * chain lengths.
 */
void why_facts_put_bound(struct why_facts *facts, const struct bpf_bound *rows, size_t n,
			 struct arena *arena);

/* Whether the port is in a text like "8080,9148-9200" (ip_local_reserved_ports). Pure. */
bool why_facts_port_in(const char *ranges, uint16_t port);

/* O_CLOEXEC of (pid, fd) by its fdinfo: 0, 1, or BIND_UNKNOWN. */
int8_t why_facts_cloexec(int proc_fd, uint32_t pid, int fd);

#endif
