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
	int root_fd;   /* stands for "/" */
	bool cap_bind; /* want.uid may bind privileged ports there */
	bool ask_rpc;  /* somebody in the kernel has the port: rpcbind may know who */
};

/*
 * What the host tells: socket units, policies. ret->want must be set. Memory is the arena's.
 */
void why_facts_read_host(const struct why_facts_input *in, struct arena *arena,
			 struct why_facts *ret);

/*
 * What the network namespace tells: addresses, sysctls, kernel users, redirects. To be called by a
 * thread inside of it; uses no NSS and no locale. Fills in all of places but buckets and probes.
 */
void why_facts_read_netns(const struct why_facts_input *in, struct arena *arena,
			  struct why_facts *ret);

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
