/* Opening and closing what a session reads from, each with its fallback, and the table of --check.
 */
#include "session_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/capabilities.h"
#include "kernel/procfs.h"

/* One kept descriptor per process, and room for the rest. */
#define NOFILE_WANTED 65536

static int open_proc(struct session *s, struct strbuf *ret_error)
{
	struct procfs_stat stat;

	int err;

	s->proc_fd = procfs_open("/proc");
	err = s->proc_fd < 0 ? s->proc_fd : procfs_read_stat(s->proc_fd, (uint32_t)getpid(), &stat);
	if (err == -EMFILE || err == -ENFILE)
		strbuf_addf(ret_error, "cannot open /proc: %s", strerror(-err));
	else if (err < 0)
		strbuf_adds(ret_error, "/proc is not mounted or not readable");
	return err < 0 ? err : 0;
}

static void open_own_namespace(struct session *s)
{
	struct ns_source *ns = &s->own_ns;
	int err = -EPROTONOSUPPORT;

	ns->net_dir = openat(s->proc_fd, "self/net", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (s->cfg.source != SOURCE_PROC) {
		err = sockdiag_open(&ns->diag);
		if (!err && destroy_events_open(&ns->events) < 0)
			ns->events = NULL;
	}
	if (err)
		ns->diag_err = err;
	if (ns->net_dir >= 0 && netstat_open(ns->net_dir, &ns->gate) < 0)
		ns->gate = NULL;
	if (rtnl_open(&ns->rtnl) < 0)
		ns->rtnl = NULL;
	procfs_read_ns(s->proc_fd, (uint32_t)getpid(), "net", &ns->rec.inode);
	session_flow_open(s, ns);
	ns->rec.own = true;
	ns->rec.kind = NETNS_HOST;
	ns->rec.name = (struct bytes){"host", 4};
}

static struct bytes resolve_cgroup(void *session, uint64_t cgroup_id)
{
	struct session *s = session;
	struct bytes path = cgroup_paths_name(s->cgroup_paths, cgroup_id);

	/* the root is where sockets are that no cgroup2 tells about (v1 and hybrid hosts) */
	return path.len > 1 ? path : (struct bytes){0};
}

int session_open(struct session *s, struct strbuf *ret_error)
{
	int err = open_proc(s, ret_error);

	if (err)
		return err;
	if (!procfs_read_boot(s->proc_fd, &s->boot_wall_ms))
		s->boot_wall_ms *= 1000;
	s->store = store_new();
	store_set_hold(s->store, s->hold_ms);
	err = session_tape_open(s, ret_error);
	if (err || s->cfg.replay)
		return err;
	open_own_namespace(s);
	if (!s->own_ns.diag && (s->cfg.source == SOURCE_NETLINK || s->own_ns.net_dir < 0)) {
		strbuf_addf(ret_error, "cannot read the kernel's socket tables: netlink: %s",
			    strerror(-s->own_ns.diag_err));
		return s->own_ns.diag_err;
	}
	capabilities_raise_nofile(NOFILE_WANTED);
	s->cgroup_paths = cgroup_paths_new();
	store_set_cgroup_resolver(s->store, resolve_cgroup, s);
	s->owners = owners_new(s->proc_fd);
	s->users = users_new(s->helper);
	s->dns = dns_new(s->helper);
	s->processes = processes_new(s->helper, s->proc_fd, session_on_process, s);
	session_containers_open(s);
	err = session_netns_open(s, ret_error);
	if (proc_events_open(&s->proc_events) < 0)
		s->proc_events = NULL;
	return err;
}

static void close_namespace(struct ns_source *ns)
{
	sockdiag_free(ns->diag);
	destroy_events_free(ns->events);
	netstat_free(ns->gate);
	rtnl_free(ns->rtnl);
	if (ns->net_dir >= 0)
		close(ns->net_dir);
}

void session_close_sources(struct session *s)
{
	session_tape_close(s);
	session_detail_done(s);
	session_why_done(s);
	session_events_done(s);
	session_bpf_done(s);
	proc_events_close(s->proc_events);
	processes_free(s->processes);
	users_free(s->users);
	dns_free(s->dns);
	cgroup_paths_free(s->cgroup_paths);
	session_containers_close(s);
	session_netns_close(s);
	owners_free(s->owners);
	store_free(s->store);
	session_flow_close(&s->flow);
	close_namespace(&s->own_ns);
	helper_free(s->helper);
	hash_done(&s->uids);
	vec_done(&s->added);
	vec_done(&s->notes);
	if (s->proc_fd >= 0)
		close(s->proc_fd);
}

int session_drop_rights(const struct session *s)
{
	bool bpf = !s->cfg.no_bpf && s->cfg.owners != OWNERS_PROC && !s->cfg.readonly;

	return capabilities_limit(capabilities_needed(bpf, true, !s->cfg.readonly));
}

const char *session_features(void)
{
	return "sock_diag"
#ifdef HAVE_LIBPROC2
	       " libproc2"
#endif
#ifdef HAVE_BPF
	       " bpf"
#endif
		;
}
