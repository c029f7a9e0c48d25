/*
 * Every network namespace of this host that can be found, and the sockets opened in each.
 *
 * Found by: ns/net of processes (new ones, and a few of the known in turn), nsfs mounts in
 * mountinfo, descriptors (owners_netns_fds()), the kernel's own list by BPF, and SIOCGSKNS of
 * sockets that no dump has. A namespace is entered once, by a thread that ends afterwards
 * (setns(2), CLONE_NEWNET only; no NSS, locale or exec there). What was opened in it goes on
 * answering, but it also keeps the namespace alive, so it is closed when nobody else holds it.
 *
 * One thread at a time. See namespaces.c for how the last holder is told from ourselves.
 */
#ifndef INETTOP_KERNEL_NAMESPACES_H
#define INETTOP_KERNEL_NAMESPACES_H

#include "kernel/cgroups.h"
#include "kernel/destroy_events.h"
#include "kernel/netstat_counters.h"
#include "kernel/owners.h"
#include "kernel/rtnl.h"
#include "kernel/sockdiag.h"

/* The lowest number that --netns takes for an inode: that of the first namespace since Linux 6.18
 * (NET_NS_INIT_INO in linux/nsfs.h), before the others (PROC_DYNAMIC_FIRST, 4026531840). */
#define NETNS_INODE_MIN 4026531833u

struct namespaces;

/* What a gate compares: counters cover sockets of any protocol, events their ends. */
struct namespace_gate {
	struct netstat *netstat; /* NULL: dump always */
	struct netstat_counters counters;
	uint32_t protos, states; /* of the last dump */
	int64_t full_ms;	 /* when it was, 0 = never */
	bool conns;		 /* it had TCP connections */
	bool again;		 /* absence must be seen twice: dump once more */
	bool quiet; /* due by its turn alone, and no TCP connection can have come since */
};

/* One namespace. Handles are the registry's and valid until `gone` is called or the next scan. */
struct namespace
{
	struct netns_rec rec;	   /* rec.own: the caller has its own handles, ours are NULL */
	struct cgroup_facts facts; /* of the oldest process; facts.id.ptr NULL = no container */
	uint32_t leader;	   /* the oldest process in it, 0 = none */
	int err;		   /* why it cannot be entered, -errno, 0 = it was */
	struct sockdiag *diag;	   /* NULL: netlink refused or not wanted, use text */
	struct destroy_events *events;
	struct rtnl *rtnl;
	struct namespace_gate gate;
	bool has_events; /* destroy events wait to be read */
	bool selected;	 /* namespaces_select() wants it */
	uint64_t user;	 /* the caller's, 0 at first */
};

struct namespaces_config {
	int proc_fd;				       /* procfs_open(), stays the caller's */
	bool bpf;				       /* the kernel's own list may be walked */
	bool netlink;				       /* false: text only */
	void (*gone)(void *ctx, struct namespace *ns); /* before it is freed; may be NULL */
	void *ctx;
};

/* Never NULL. */
struct namespaces *namespaces_new(const struct namespaces_config *cfg);
void namespaces_free(struct namespaces *all);

/*
 * Brings the list up to date: finds, enters, closes. own: whose descriptors may hold namespaces,
 * NULL = unknown. addresses: rec.addrs is wanted too.
 */
void namespaces_scan(struct namespaces *all, const struct owners *own, bool addresses,
		     int64_t now_ms);

/* All of them, our own first, then in order of discovery; valid until the next scan. */
struct namespace *const *namespaces_list(const struct namespaces *all, size_t *ret_n);

/* By inode number, cookie, address (a namespace but our own that has this private or global one),
 * or NULL. */
struct namespace *namespaces_by_inode(const struct namespaces *all, uint32_t inode);
struct namespace *namespaces_by_cookie(const struct namespaces *all, uint64_t cookie);
struct namespace *namespaces_by_addr(const struct namespaces *all, const struct netaddr *addr);

/* Inode of the namespace a process runs in as of the last scan, 0 = not known. */
uint32_t namespaces_of_pid(const struct namespaces *all, uint32_t pid);

/* Processes whose namespace may not be read. */
uint32_t namespaces_denied(const struct namespaces *all);

/*
 * Watches only what --netns asks for: a number from NETNS_INODE_MIN up is an inode, else a name,
 * else a pid; "host"; "all" and NULL select everything. 0, or -ENOENT: nothing fits so far.
 */
int namespaces_select(struct namespaces *all, const char *text);

/* The name that a container runtime has for it; ignored where a better name is known. */
void namespace_set_workload(struct namespace *ns, enum netns_kind kind, struct bytes name);

/*
 * Whether a dump of these protocols and states could say something new. Reads the counters.
 * namespace_dumped() tells the gate how it went; conns: TCP rows that are no listeners came.
 */
bool namespaces_due(struct namespaces *all, struct namespace *ns, uint32_t protos, uint32_t states,
		    int64_t now_ms);
void namespace_dumped(struct namespace *ns, bool complete, bool conns);

/*
 * PROTO_BIT masks of what the counters of the last namespaces_due() say is not there, by family:
 * for struct sockdiag_query. Nothing is said of TCP, whose bound-only sockets no counter has.
 */
void namespace_absent(const struct namespace *ns, uint32_t *ret_none4, uint32_t *ret_none6);

/*
 * Runs fn in the namespace, in a thread that has ended when this returns. net_dir: its /proc/net,
 * -1 = not to be had. fn must not use NSS, locale or exec. 0 or -errno (then fn was not called).
 */
int namespaces_enter(struct namespaces *all, const struct namespace *ns,
		     void (*fn)(int net_dir, void *ctx), void *ctx);

/*
 * Looks for namespaces that only a socket keeps alive, where the kernel's list is not to be had:
 * duplicates sockets that no dump has from their holders, each once, at most budget of them.
 * Returns whether a namespace was found: scan again. Needs CAP_SYS_PTRACE and CAP_NET_ADMIN.
 */
bool namespaces_try_sockets(struct namespaces *all, const struct owners *own, unsigned budget);

#endif
