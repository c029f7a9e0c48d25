/* What a namespace is called and what it is: host, ip-netns name, container or pod, else a process.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/namespaces_impl.h"
#include "kernel/procfs.h"

#define CGROUP_MAX 16384
#define SHORT_ID 12

/* ---- the oldest process ---- */

static void learn_cgroup(struct namespaces *all, struct entry *e)
{
	char text[CGROUP_MAX];
	ssize_t n = procfs_read(all->cfg.proc_fd, e->ns.leader, "cgroup", text, sizeof(text));
	struct bytes path = n > 0 ? cgroups_pick(text, (size_t)n) : (struct bytes){0};

	free(e->cgroup);
	e->cgroup = path.ptr ? xstrndup(path.ptr, path.len) : NULL;
	memset(&e->ns.facts, 0, sizeof(e->ns.facts));
	if (e->cgroup)
		cgroups_parse((struct bytes){e->cgroup, (uint32_t)strlen(e->cgroup)}, &e->ns.facts);
	if (!e->ns.facts.runtime.ptr || e->ns.facts.monitor)
		memset(&e->ns.facts, 0, sizeof(e->ns.facts));
}

static void set_name(struct entry *e, enum netns_kind kind, const char *name, size_t len)
{
	e->ns.rec.kind = (uint8_t)kind;
	if (e->name && strlen(e->name) == len && !memcmp(e->name, name, len))
		return;
	free(e->name);
	e->name = name ? xstrndup(name, len) : NULL;
	e->ns.rec.name = (struct bytes){e->name, e->name ? (uint32_t)strlen(e->name) : 0};
}

static void name_after_process(struct namespaces *all, struct entry *e, enum netns_kind kind,
			       uint32_t pid)
{
	char comm[PROCFS_COMM_MAX];
	ssize_t n = pid ? procfs_read_comm(all->cfg.proc_fd, pid, comm) : -1;

	if (n >= 0)
		set_name(e, kind, comm, (size_t)n);
	else
		e->ns.rec.kind = (uint8_t)kind; /* an old name is better than none */
}

/* ---- mounts ---- */

/* Names that CNI plugins and podman make up: "cni-UUID", "netns-UUID". */
static bool is_made_up(const char *name)
{
	size_t prefix = !strncmp(name, "cni-", 4) ? 4 : !strncmp(name, "netns-", 6) ? 6 : 0;

	return prefix && strlen(name + prefix) == 36 &&
	       strspn(name + prefix, "0123456789abcdefABCDEF-") == 36;
}

/* The name that ip-netns(8) would use, or NULL. */
static const char *named_mount(const struct entry *e)
{
	static const char *const dirs[] = {"/run/netns/", "/var/run/netns/"};

	for (size_t i = 0; e->mount && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		const char *name = e->mount + strlen(dirs[i]);

		if (!strncmp(e->mount, dirs[i], strlen(dirs[i])) && *name && !is_made_up(name))
			return name;
	}
	return NULL;
}

/* ---- all together ---- */

static void name_container(struct entry *e)
{
	struct bytes name = e->ns.facts.name.ptr ? e->ns.facts.name : e->ns.facts.id;

	if (e->workload) {
		set_name(e, (enum netns_kind)e->workload_kind, e->workload, strlen(e->workload));
		return;
	}
	if (!e->ns.facts.name.ptr && name.len > SHORT_ID)
		name.len = SHORT_ID;
	set_name(e, e->ns.facts.pod_uid.ptr ? NETNS_POD : NETNS_CONTAINER, name.ptr, name.len);
}

/* No process is in it and no mount of ours: what else may hold it. */
static void name_unseen(struct namespaces *all, struct entry *e)
{
	if (e->fd_pid)
		name_after_process(all, e, NETNS_FD, e->fd_pid);
	else if (e->sock_pid)
		name_after_process(all, e, NETNS_SOCKET, e->sock_pid);
	else if (e->state == ENTRY_OPEN)
		e->ns.rec.kind = namespaces_has_others(e) ? NETNS_SOCKET : NETNS_FD;
}

static void describe(struct namespaces *all, struct entry *e)
{
	const char *mount = named_mount(e);
	bool fresh = e->named_leader != e->ns.leader || e->ns.rec.holders == 0;

	if (e->ns.leader && e->named_leader != e->ns.leader) {
		e->named_leader = e->ns.leader;
		if (!e->init)
			learn_cgroup(all, e);
	}
	if (e->init)
		set_name(e, NETNS_HOST, "host", 4);
	else if (mount)
		set_name(e, NETNS_NAMED, mount, strlen(mount));
	else if (e->ns.facts.runtime.ptr && (e->ns.facts.name.ptr || e->ns.facts.id.ptr))
		name_container(e);
	else if (e->ns.leader && (fresh || all->scans % 16 == 0 || !e->name))
		name_after_process(all, e, NETNS_PROCESS, e->ns.leader);
	else if (!e->ns.leader && e->mount)
		set_name(e, NETNS_MOUNT, e->mount, strlen(e->mount));
	else if (!e->ns.leader)
		name_unseen(all, e);
}

static void read_addresses(struct entry *e)
{
	struct netaddr *addrs;
	uint32_t n;

	rtnl_refresh(e->ns.rtnl);
	if (rtnl_addresses(e->ns.rtnl, &addrs, &n) < 0)
		return;
	free((void *)(uintptr_t)e->ns.rec.addrs);
	e->ns.rec.addrs = addrs;
	e->ns.rec.n_addrs = n;
	e->addrs_dirty = false;
}

void namespaces_describe(struct namespaces *all, bool addresses)
{
	for (size_t i = 0; i < all->entries.len; i++) {
		struct entry *e = all->entries.data[i];

		describe(all, e);
		if (addresses && e->addrs_dirty && e->ns.rtnl)
			read_addresses(e);
	}
}

void namespace_set_workload(struct namespace *ns, enum netns_kind kind, struct bytes name)
{
	struct entry *e = (struct entry *)ns;

	if (!name.ptr || (e->workload && strlen(e->workload) == name.len &&
			  !memcmp(e->workload, name.ptr, name.len)))
		return;
	free(e->workload);
	e->workload = xstrndup(name.ptr, name.len);
	e->workload_kind = (uint8_t)kind;
	if (!e->init && !named_mount(e) && e->ns.facts.runtime.ptr)
		name_container(e);
}

/* ---- what --netns asks for ---- */

static bool is_number(const char *text, uint64_t *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 10)
		return false;
	*ret_number = strtoull(text, &end, 10);
	return !*end;
}

bool namespaces_fits(const struct namespaces *all, const struct entry *e, const char *text)
{
	const struct netns_pid *p;
	uint64_t number = 0;
	bool numeric = is_number(text, &number);

	if (numeric && number >= NETNS_INODE_MIN)
		return e->ns.rec.inode == number;
	if (!strcmp(text, "host"))
		return e->ns.rec.kind == NETNS_HOST;
	if (e->name && !strcmp(e->name, text))
		return true;
	if (!numeric || !number)
		return false;
	for (size_t i = 0; i < all->entries.len; i++)
		if (all->entries.data[i]->name && !strcmp(all->entries.data[i]->name, text))
			return false; /* a name goes before a pid */
	p = namespaces_pid(all, (uint32_t)number);
	return p && p->inode && p->inode == e->ns.rec.inode;
}
