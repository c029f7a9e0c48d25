/* What the files of the session share. Nobody else includes this. */
#ifndef INETTOP_SESSION_INTERNAL_H
#define INETTOP_SESSION_INTERNAL_H

#include <pthread.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "kernel/bpf/bpf_events.h"
#include "kernel/bpf/bpf_owners.h"
#include "kernel/cgroup_paths.h"
#include "kernel/containers.h"
#include "kernel/destroy_events.h"
#include "kernel/dns.h"
#include "kernel/helper.h"
#include "kernel/helper_specs.h"
#include "kernel/namespaces.h"
#include "kernel/netstat_counters.h"
#include "kernel/owners.h"
#include "kernel/proc_events.h"
#include "kernel/processes.h"
#include "kernel/procnet.h"
#include "kernel/rtnl.h"
#include "kernel/sockdiag.h"
#include "kernel/users.h"
#include "model/lookup.h"
#include "model/store.h"
#include "session.h"
#include "session_flow.h"

/* One network namespace that is being watched, and the sockets opened in it. */
struct ns_source {
	struct netns_rec rec;
	uint32_t slot;	       /* in the store */
	uint32_t absent;       /* PROTO_BIT mask: no diag for these, text instead */
	struct sockdiag *diag; /* NULL: text only, because of diag_err */
	int diag_err;
	struct destroy_events *events;
	struct rtnl *rtnl;
	struct netstat *gate;
	struct netstat_counters counters; /* at the last dump of everything */
	int64_t full_ms;		  /* when that was */
	int net_dir;			  /* /proc/.../net for text, -1 none */
	struct namespace *ns; /* the registry's, NULL for our own: its handles are not ours */
	bool skip;	      /* not to be dumped: not asked for, or it cannot be entered */
	bool complete, conns; /* how the last dump went; it had TCP connections */
	int64_t addrs_ms;     /* our own: when its addresses were read */
	int64_t links_ms;     /* when rtnl was asked for names last, 0 never */
};

struct detail_block;
struct session_why;
struct bpf_binds;
struct bpf_owners;
struct session_host;

/* The process whose detail page is open. */
struct session_detail {
	uint32_t pid; /* 0 none */
	uint64_t start_ticks, ticket;
	int environ_status;
	bool environ_cut;
	struct strbuf environ;
	struct detail_block *block; /* last read */
	int64_t read_ms, cost_ms;
};

/* Names that getters ask for: written by the collector, read by any thread, never taken back. */
struct session_names {
	pthread_mutex_t lock;
	struct hash users, ifnames; /* uid -> char *, (netns inode, ifindex) -> char * */
	struct hash cgroups;	    /* cgroup2 id -> char * */
	struct hash services;	    /* datagram << 16 | port -> char * */
	VEC(char *) retired;
	struct hash hosts; /* key of an address -> index in host_list */
	VEC(struct session_host *) host_list;
	bool host_wishes, dns_on;
	struct strbuf *journal; /* of a recording, or NULL; the collector's */
};

/* --record and --replay */
struct session_tape {
	int fd;		       /* -1 none */
	struct strbuf journal; /* recording: the tick that is under way */
	struct strbuf frame;   /* replay: the frame that comes next */
	bool has_frame, ended, broken;
	int64_t frame_ms; /* its monotonic time in the recording */
};

/* A tick about one port (session_port.c). */
struct session_port {
	struct bpf_binds *binds;
	struct bpf_owners *walk; /* being loaded by `loader` */
	pthread_t loader;
	size_t files;		 /* open on this host */
	int err;
	bool binds_tried, loading;
};

/* The BPF walk over descriptor tables, once it pays. */
struct session_bpf {
	struct bpf_owners *walk; /* NULL: not loaded */
	int err;		 /* why it cannot be */
	uint64_t walk_us;	 /* what the last one took, to be taken in too */
	uint64_t rent_us;	 /* what /proc has cost instead */
	VEC(struct owners_entry) entries;
};

struct session {
	struct session_config cfg;
	struct session_tape tape;
	int proc_fd;
	struct helper *helper;
	struct helper_spec helper_specs[HELPER_KIND_COUNT];

	/* shared between threads, under lock */
	pthread_mutex_t lock;
	struct needs needs; /* deep copy */
	int64_t interval_ms, hold_ms;
	bool paused, rescan, quit, baseline, baseline_dirty, hold_dirty;
	const struct snapshot *ready;
	struct tick_stats last_stats;
	uint64_t last_epoch;
	uint64_t destroy_id; /* wish, 0 none */
	bool destroy_done;
	int destroy_err;
	int wake_fd, news_fd;

	/* the collector's own */
	pthread_t thread;
	bool running;
	struct needs tick_needs; /* what the tick reads, its own copy */
	struct store *store;
	struct ns_source own_ns;
	struct session_flow flow; /* of own_ns */
	struct namespaces *namespaces;
	VEC(struct ns_source *) foreign;
	struct containers *containers;
	uint64_t containers_generation;
	bool forwarders_looked; /* at every process once */
	struct owners *owners;
	struct session_bpf bpf;
	uint32_t counts_hint; /* sockets in the last snapshot */
	uint32_t flight_unknown, flight_ticks;
	struct processes *processes;
	struct users *users;
	struct cgroup_paths *cgroup_paths;
	struct proc_events *proc_events;
	VEC(uint32_t) added;
	struct hash uids; /* uids seen in records */
	uint64_t users_generation;
	VEC(struct note) notes;
	struct tick_stats stats;
	bool partial;
	uint32_t tables_read;  /* PROTO_BIT mask: complete in this tick */
	int64_t boot_wall_ms;	     /* when the host booted */
	bool framed;	       /* the first frame is out */
	int64_t replay_due_ms; /* when the next frame of a replay is due */

	struct diag_filter push_own, push_other; /* during session_once() */
	struct session_names names;
	struct session_detail detail;
	struct session_why *why;
	struct session_port port;
	struct bpf_events *bpf_events;
	bool bpf_events_tried;
	struct dns *dns;
	uint64_t dns_generation;
};

/* session_sources.c */
void session_close_sources(struct session *s);
bool session_is_blind(const struct session *s); /* no table could be read */

/* session_bpf.c: the other way to find holders, and what it cost not to use it. */
void session_bpf_offer(struct session *s, struct owners_input *in);
void session_bpf_paid(struct session *s, const struct owners_info *info);
void session_bpf_done(struct session *s);

/* session_procs.c: holders of sockets and the processes behind them. */
void session_owners(struct session *s, const struct needs *needs, bool first_frame);
void session_procs(struct session *s, const struct needs *needs, bool live);
void session_on_process(void *session, const struct proc_rec *rec);
void session_see_uid(struct session *s, uint32_t uid);
void session_see_cgroup(struct session *s, uint64_t id);

/* session_netns.c: namespaces beside our own. */
int session_netns_open(struct session *s, struct strbuf *ret_error);
void session_netns_close(struct session *s);
/* Puts every namespace into the store; whether there are more than before. */
bool session_netns_scan(struct session *s, const struct needs *needs, int64_t now_ms);
/* After the owners: whether descriptors and sockets told of more namespaces, to be dumped now. */
bool session_netns_more(struct session *s, const struct needs *needs, int64_t now_ms);
/* Our own is number 0; NULL after the last. */
struct ns_source *session_source(struct session *s, size_t i);
struct ns_source *session_source_by_slot(struct session *s, uint32_t slot);
/* Whether a dump could say something new; narrows the scope to what it could be. */
bool session_netns_due(struct session *s, struct ns_source *source, const struct needs *needs,
		       struct dump_scope *scope, int64_t now_ms);
/* procnet_read() in that namespace. */
void session_netns_text(struct session *s, struct ns_source *source, const struct dump_scope *scope,
			void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
			struct procnet_report *ret_report);
/* Which namespace a process runs in. */
void session_netns_of(struct session *s, struct proc_rec *rec);
void session_netns_procs(struct session *s);
/* Names changed: puts every namespace into the store again. */
void session_netns_put(struct session *s);

/* session_containers.c: after the processes are known. */
void session_containers_open(struct session *s);
void session_containers_close(struct session *s);
void session_containers(struct session *s, const struct needs *needs, int64_t now_ms);
void session_containers_proc(struct session *s, const struct proc_rec *rec);
void session_containers_exit(struct session *s, uint32_t pid);
/* Between ticks: whether an answer brought something. */
bool session_containers_news(struct session *s);

/* session_tick.c: one tick with these needs; the snapshot is the caller's. */
const struct snapshot *session_tick(struct session *s, const struct needs *needs, bool live);

void session_note(struct session *s, enum note_code code, int err, uint32_t netns_inode,
		  const char *source, const char *text);

/* Between ticks: takes in answers of helpers. Returns whether something changed. */
bool session_absorb(struct session *s);
const struct snapshot *session_publish(struct session *s, const struct needs *needs);

/* session_detail.c: what needs.detail asks for, for one publish. */
struct owned session_detail(struct session *s, const struct needs *needs);
void session_detail_done(struct session *s);

/* session_port.c: short cuts of a tick with NEED_ONE_PORT; false = do it the long way. */
void session_port_begin(struct session *s, const struct needs *needs);
struct bpf_binds *session_why_binds(struct session *s); /* NULL: no BPF */
bool session_port_states(struct session *s, const struct ns_source *ns, const struct needs *needs,
			 uint32_t *ret_states);
bool session_port_owners(struct session *s, const struct owners_input *in, owners_change_fn *fn);
void session_port_done(struct session *s);

/* session_why.c: what needs.why asks for, for one publish. */
/* Forks the prober: while single-threaded, with all rights. */
int session_why_new(struct session *s);
struct owned session_why(struct session *s, const struct needs *needs);
const struct diag_filter *session_why_filter(struct session *s, const struct needs *needs);
void session_why_done(struct session *s);

/* session_push.c: what one-shot output leaves out. */
void session_push_begin(struct session *s, const struct needs *needs);
void session_push_end(struct session *s);
/* Of the namespace, or NULL. */
const struct diag_filter *session_push_filter(const struct session *s, const struct ns_source *ns);

struct push_part {
	struct dump_scope scope;
	bool filtered; /* not to be dumped whole */
};
#define PUSH_PARTS 3
/* What to dump for the scope, one after the other; returns how many. */
unsigned int session_push_split(const struct needs *needs, const struct dump_scope *scope,
				struct push_part parts[PUSH_PARTS]);
/* Whether the kernel did not take the filter (a mark needs CAP_NET_ADMIN, an old kernel). */
bool session_push_refused(const struct sockdiag_report *report);

/* session_events.c: listeners as they come and go, also between ticks. */
void session_events_read(struct session *s);
void session_events_done(struct session *s);

/* session_act.c: on the collector's thread. */
int session_destroy_now(struct session *s, uint64_t sock_id);

/* session_tape.c */
int session_tape_open(struct session *s, struct strbuf *ret_error);
void session_tape_flush(struct session *s); /* recording: what was fed since the last flush */
void session_tape_close(struct session *s);
/* Replay: feeds the next frame. Milliseconds until the one after it, -1 = that was the last. */
int64_t session_tape_play(struct session *s, uint64_t *ret_needs);

/* session_dns.c */
const char *session_host_name(struct session *s, const struct netaddr *addr); /* any thread */
bool session_dns_run(struct session *s); /* the collector's; whether a name came */
void session_dns_done(struct session_names *names);

/* session_names.c */
void session_names_init(struct session_names *names);
void session_names_done(struct session_names *names);
void session_names_user(struct session_names *names, uint32_t uid, struct bytes name);
void session_names_cgroup(struct session_names *names, uint64_t id, struct bytes path);
void session_names_if(struct session_names *names, uint32_t netns_inode, uint32_t ifindex,
		      const char *name);
/* Learns the name of a device that a socket is bound to. */
void session_see_if(struct session *s, struct ns_source *ns, uint32_t ifindex);

#endif
