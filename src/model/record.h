/*
 * Plain facts, as the kernel layer reports them and the model keeps them. No behaviour here.
 *
 * Everything textual is raw bytes with a length: a process, a peer or a container may have chosen
 * them, so they reach a screen or a file only through the sanitiser (base/text.h) or the JSON and
 * CSV writers (base/jsonw.h, base/csvw.h).
 */
#ifndef INETTOP_MODEL_RECORD_H
#define INETTOP_MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/netaddr.h"

/* A borrowed run of bytes; NULL = unknown, length 0 with a pointer = known to be empty. */
struct bytes {
	const char *ptr;
	uint32_t len;
};

enum sock_proto {
	PROTO_TCP,
	PROTO_MPTCP,
	PROTO_UDP,
	PROTO_UDPLITE,
	PROTO_RAW,
	PROTO_ICMP,
	PROTO_SCTP,
	PROTO_DCCP,
	PROTO_UNIX,
	PROTO_PACKET,
	PROTO_NETLINK,
	PROTO_VSOCK,
	PROTO_COUNT
};

#define PROTO_BIT(p) (1u << (p))
/* The families shown by default: everything that has an IP address. */
#define PROTO_MASK_INET (PROTO_BIT(PROTO_UNIX) - 1)
#define PROTO_MASK_ALL (PROTO_BIT(PROTO_COUNT) - 1)

enum sock_family { FAM_NONE, FAM_INET, FAM_INET6, FAM_UNIX, FAM_PACKET, FAM_NETLINK, FAM_VSOCK };

/*
 * 1..12 are the kernel's TCP numbers (include/net/tcp_states.h); 13 is its BOUND_INACTIVE query bit
 * (TCP bound but neither listening nor connected); UNCONN is ours, a datagram socket without peer.
 */
enum sock_state {
	STATE_NONE,
	STATE_ESTABLISHED,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_NEW_SYN_RECV, /* never stored: decoders turn it into SYN_RECV */
	STATE_BOUND,
	STATE_UNCONN,
	STATE_COUNT
};

#define STATE_BIT(s) (1u << (s))
/* A place where others may come in: what the Ports pane lists. */
#define STATE_MASK_LISTENERS (STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_UNCONN))
#define STATE_MASK_ALL (STATE_BIT(STATE_COUNT) - 2)

/* idiag_timer of linux/inet_diag.h */
enum sock_timer { TIMER_NONE, TIMER_RETRANS, TIMER_KEEPALIVE, TIMER_TIME_WAIT, TIMER_PROBE };

/* enum sock_rec_have: which optional members a record carries. */
#define REC_DROPS (1u << 0)
#define REC_MARK (1u << 1)
#define REC_CGROUP (1u << 2)
#define REC_V6ONLY (1u << 3)
#define REC_TCP (1u << 4)
#define REC_SHUTDOWN (1u << 5)
#define REC_QUEUES (1u << 6) /* recvq and sendq are known */
#define REC_UID (1u << 7)
#define REC_SOCKOPT (1u << 8)	  /* autobound is known (SOCKDIAG_WANT_AUTOBOUND) */
#define REC_BACKLOG_MAX (1u << 9) /* a listener's sendq is its queue's limit: not in text */

/*
 * The tcp_info of one socket (linux/tcp.h), only for rows somebody looks at. ~0 (of the member's
 * type) = this kernel does not tell. Times in microseconds, rates in bytes per second.
 */
struct tcp_stats {
	uint64_t pacing_rate, max_pacing_rate, delivery_rate;
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	uint64_t busy_time_us, rwnd_limited_us, sndbuf_limited_us;
	uint32_t rto_us, ato_us, snd_mss, rcv_mss, pmtu, advmss;
	uint32_t unacked, sacked, lost, retrans, total_retrans, fackets, reordering;
	uint32_t last_data_sent_ms, last_data_recv_ms, last_ack_recv_ms;
	uint32_t rtt_us, rttvar_us, min_rtt_us, rcv_rtt_us;
	uint32_t snd_cwnd, snd_ssthresh, rcv_space, rcv_ssthresh, snd_wnd, rcv_wnd;
	uint32_t segs_out, segs_in, data_segs_out, data_segs_in, notsent_bytes;
	uint32_t delivered, delivered_ce, dsack_dups, reord_seen, rcv_ooopack;
	uint8_t ca_state, backoff, probes, snd_wscale, rcv_wscale, options;
	bool app_limited;
	char cc[16]; /* congestion control, NUL-terminated, "" unknown */
};

/*
 * One socket as one source reports it. Pointers live as long as the callback that got the record.
 * A listener's recvq and sendq are its accept queue and the queue's limit (TCP, MPTCP).
 */
struct sock_rec {
	uint64_t cookie;    /* 0 = the source has none (text) */
	uint64_t cgroup_id; /* cgroup2 id at creation (REC_CGROUP) */
	uint32_t inode;	    /* 0: time-wait, orphan, not accepted yet, request sock */
	uint32_t uid;	    /* REC_UID */
	uint32_t recvq, sendq;
	uint32_t local_port,
		remote_port; /* netlink: port id and group; vsock: 32 bit ports; packet: protocol */
	uint32_t ifindex;    /* bound device, 0 none */
	uint32_t mark;	     /* REC_MARK */
	uint32_t drops;	     /* REC_DROPS */
	uint32_t expires_ms; /* until the timer fires */
	uint32_t peer_inode; /* unix: the other end, 0 none */
	uint32_t local_cid, remote_cid; /* vsock context ids */
	struct netaddr local, remote;	/* family 0 for the non-IP families */
	uint16_t have;			/* REC_* */
	uint8_t proto, family, state, timer, timer_retrans, shutdown;
	uint8_t sock_type; /* SOCK_* for unix, packet; protocol of raw, netlink */
	bool v6only, autobound, abstract_name;
	bool mptcp_subflow;	     /* tcp: part of an mptcp connection; with tcp_info only */
	struct bytes path;	     /* unix name without its leading NUL, or NULL */
	const struct tcp_stats *tcp; /* REC_TCP */
};

/* Who holds a socket: one file descriptor in one table. */
struct owner {
	uint32_t pid;
	uint32_t tid; /* 0 unless this thread has a table of its own */
	int32_t fd;
};

enum owner_status {
	OWNER_PENDING, /* not looked for yet: the screen shows an ellipsis */
	OWNER_KNOWN,
	OWNER_TIME_WAIT,
	OWNER_ACCEPT_QUEUE,
	OWNER_ORPHAN,
	OWNER_PUBLISHED,
	OWNER_KERNEL,
	OWNER_DENIED,
	OWNER_HIDDEN,
	OWNER_IN_FLIGHT,
	OWNER_UNRESOLVED,
	OWNER_STATUS_COUNT
};

/* What names the workload that a cgroup path stands for (SPEC 5: the container object). */
struct container_rec {
	struct bytes id, name, runtime, image, pod, k8s_namespace;
};

/* One published port of a container: host side and container side. */
struct publish_rec {
	struct netaddr host_addr, container_addr;
	uint16_t host_port, container_port;
	uint8_t proto;
};

/* How much of a process is known. */
#define PROC_HAVE_STAT (1u << 0) /* ppid, start_ticks, state */
#define PROC_HAVE_UID (1u << 1)
#define PROC_HAVE_CMDLINE (1u << 2)
#define PROC_HAVE_EXE (1u << 3)
#define PROC_HAVE_CGROUP (1u << 4)
#define PROC_HAVE_NETNS (1u << 5)
#define PROC_STUCK (1u << 6) /* cmdline could not be read in time: its owner blocks readers */
#define PROC_EXE_DENIED (1u << 7)
#define PROC_HAVE_FDS (1u << 8)

/* One process. Identity = (pid, start_ticks). */
struct proc_rec {
	uint32_t pid, ppid;
	uint64_t start_ticks; /* field 22 of /proc/PID/stat, clock ticks after boot */
	uint32_t uid;	      /* effective uid */
	uint32_t fds;	      /* open descriptors (PROC_HAVE_FDS) */
	uint32_t netns_inode; /* PROC_HAVE_NETNS */
	uint16_t have;	      /* PROC_* */
	char state;	      /* R S D T t Z ... */
	bool exe_deleted;
	bool cmdline_cut; /* the process has more than what was read */
	struct bytes comm;
	struct bytes cmdline; /* arguments, each NUL-terminated; empty for a kernel thread */
	struct bytes exe;     /* without " (deleted)" */
	struct bytes cgroup;  /* the path that names the workload, see kernel/cgroups.h */
	struct bytes user;    /* name of uid, NULL until a worker answers */
	struct bytes unit;    /* systemd unit from the cgroup path */
	struct container_rec container; /* all NULL = none */
};

enum netns_kind {
	NETNS_HOST,
	NETNS_NAMED,
	NETNS_CONTAINER,
	NETNS_POD,
	NETNS_PROCESS,
	NETNS_SOCKET,
	NETNS_FD,
	NETNS_MOUNT
};

/* One network namespace. Identity = cookie (SO_NETNS_COOKIE); the inode number is for display. */
struct netns_rec {
	uint64_t cookie; /* 0 = kernel before 5.14: the inode stands in */
	uint32_t inode;
	uint8_t kind;	  /* enum netns_kind */
	bool own;	  /* the one this program runs in */
	uint32_t holders; /* processes in it */
	struct bytes name;
	const struct netaddr *addrs;
	uint32_t n_addrs;
};

enum note_code {
	NOTE_DENIED,	  /* a right is missing; text names it */
	NOTE_INTERRUPTED, /* a dump was cut short: old rows stay, marked stale */
	NOTE_TRUNCATED,
	NOTE_UNSUPPORTED, /* the kernel has no such source */
	NOTE_FALLBACK,	  /* a lesser source is in use; text says why */
	NOTE_JAMMED,	  /* foreign messages kept the answer away */
	NOTE_STUCK,	  /* a helper did not answer in time */
	NOTE_LIMIT	  /* a bound of ours was reached */
};

/* Something that limits what a snapshot can say. Partial truth is data. */
struct note {
	uint8_t code;	      /* enum note_code */
	int err;	      /* errno or 0 */
	uint32_t netns_inode; /* 0 = all */
	struct bytes source;  /* "tcp", "owners", "docker" ... */
	struct bytes text;
};

#endif
