/* What the files of the judgement share. Nobody else includes this. */
#ifndef INETTOP_MODEL_WHY_INTERNAL_H
#define INETTOP_MODEL_WHY_INTERNAL_H

#include "base/vec.h"
#include "model/why.h"

/* One socket on the port: of the kernel's bind tables, of the snapshot, or of both. */
struct why_seen {
	const struct why_sock *w; /* NULL: another namespace, or another protocol */
	const struct sock *s;	  /* NULL: not in the snapshot (yet) */
	const struct proc *p;	  /* of its primary owner, or NULL */
	uint32_t slot;		  /* of s, SLOT_NONE */
	struct netaddr addr;
	uint32_t ifindex;
	uint8_t proto, state, status; /* status: enum owner_status */
	bool here;		      /* in the namespace asked about */
	bool same_proto;	      /* shares its ports with what is asked for */
	bool listens;		      /* a listener, or UDP without a peer */
	bool in_the_way;	      /* surely or perhaps, of the plain bind() of a place */
	uint8_t blocks[2];	      /* by place: BIND_BLOCKS and BIND_MAY_BLOCK bits */
};

struct why_group {
	const struct why_seen *const *rows; /* at least one */
	uint32_t n;
};

struct why_judge {
	const struct snapshot *snap;
	const struct why_facts *facts;
	int64_t now_ms;
	struct arena *arena;
	struct why_result *result;
	VEC(struct why_seen) seen;
	VEC(struct why_cause) causes;
	struct strbuf text, remedy; /* of the cause being told */
	const char *needs;
	bool has_listener;	       /* one is in the way */
	struct bind_prediction raw[2]; /* before policies */
};

/* why_seen.c */
void why_see(struct why_judge *j);
bool why_same_group(uint8_t a, uint8_t b); /* protocols that share a table of ports */
const struct why_holder *why_holder_of(const struct why_judge *j, const struct why_seen *row,
				       uint32_t pid);
bool why_is_manager(const struct why_judge *j, const struct why_seen *row, uint32_t pid);
/* The process of one of its holders, NULL when the snapshot lacks it. */
const struct proc *why_proc(const struct why_judge *j, uint32_t pid);

/* why_rules.c: appends all causes. */
void why_rules_run(struct why_judge *j);

/* why_words.c: a rule's sentence and remedy go to j->text, j->remedy and j->needs. */
typedef void why_tell_fn(struct why_judge *j, const struct why_group *g);
why_tell_fn why_tell_listener, why_tell_other_user, why_tell_docker_proxy,
	why_tell_stale_docker_proxy, why_tell_forwarder, why_tell_systemd_socket,
	why_tell_inherited, why_tell_reuseport_group, why_tell_dual_stack, why_tell_address_overlap,
	why_tell_stopped_owner, why_tell_deleted_exe, why_tell_time_wait, why_tell_orphan,
	why_tell_bound_not_listening, why_tell_ephemeral_client, why_tell_accept_queue,
	why_tell_close_wait_pileup, why_tell_other_netns, why_tell_foreign_netns_socket,
	why_tell_kernel, why_tell_in_flight, why_tell_pid_namespace, why_tell_redirected,
	why_tell_privileged_port, why_tell_address_not_local, why_tell_policy, why_tell_queue_full,
	why_tell_backlog_capped, why_tell_loopback_only, why_tell_more_specific_wins,
	why_tell_other_protocol;

/* why_name.c: pieces of sentences, appended raw. */
void why_add_proc(struct why_judge *j, struct strbuf *out, const struct why_seen *row);
void why_add_endpoint(struct strbuf *out, const struct netaddr *addr, uint16_t port,
		      uint32_t ifindex);
void why_add_age(struct why_judge *j, struct strbuf *out, const struct proc *p);
void why_add_bytes(struct strbuf *out, struct bytes text);
/* "PID" or "PID PID ..." of all holders of the group's rows, at most ten. */
void why_add_pids(const struct why_group *g, struct strbuf *out);
/* An argument of the row's process: "-container-ip" -> its value; NULL bytes = none. */
struct bytes why_argument(const struct proc *p, const char *name);

/* Milliseconds until the row's timer fires, -1 not known. */
int64_t why_left_ms(const struct why_judge *j, const struct why_seen *row);

#endif
