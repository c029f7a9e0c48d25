/*
 * Records that the BPF programs write and the C side reads: fixed width, no pointers, host byte
 * order but for addresses. Included by both sides, so nothing here may need a C library header.
 */
#ifndef INETTOP_KERNEL_BPF_RECORDS_H
#define INETTOP_KERNEL_BPF_RECORDS_H

#include <linux/types.h>

/* What the C side puts where a walk shall find out itself how deep its reader's PID namespace
 * is. */
#define BPF_LEVEL_UNKNOWN 0xffffffffu

/*
 * One file descriptor that is a socket. pid is the thread group, as our PID namespace numbers it.
 * tid is 0 unless the descriptor is only found under /proc/PID/task/TID: the thread has a table of
 * its own, or the group's leader is gone.
 */
struct bpf_fd {
	__u32 pid;
	__u32 tid;
	__u32 fd;
	__u32 inode; /* sockfs numbers have 32 bits (get_next_ino) */
};

/* sk_userlocks, include/net/sock.h; CONNECT_BIND since 6.17. */
#define BPF_LOCK_BINDADDR 4
#define BPF_LOCK_BINDPORT 8
#define BPF_LOCK_CONNECT_BIND 16

/* Where a socket is bound and what it lets others do there. Addresses: IPv4 in the first 4
 * bytes. */
struct bpf_endpoint {
	__u64 netns_cookie; /* 0 on kernels before 5.14 */
	__u32 netns_inode;
	__u32 ifindex; /* bound device */
	__u16 family;
	__u16 protocol; /* IPPROTO_*, 0 outside of inet */
	__u16 sport;
	__u16 dport;
	__u8 state; /* TCP_* of include/net/tcp_states.h, also for UDP */
	__u8 reuse; /* sk_reuse: 0, 1 = SO_REUSEADDR, 2 = forced */
	__u8 reuseport;
	__u8 v6only;
	__u8 userlocks; /* BPF_LOCK_* and others; 0 for TIME_WAIT */
	__u8 type;	/* SOCK_STREAM ... */
	__u8 shutdown;
	__u8 tw_substate; /* TIME_WAIT only: FIN_WAIT2 or TIME_WAIT */
	__u8 saddr[16];
	__u8 daddr[16];
};

/* A descriptor with its socket. Queues as sock_diag counts them; backlog of listeners only. */
struct bpf_fd_sock {
	struct bpf_fd fd;
	__u64 cookie; /* 0 until somebody (a diag dump, SO_COOKIE) has asked for it */
	struct bpf_endpoint end;
	__u32 uid; /* as the initial user namespace numbers it */
	__u32 rqueue;
	__u32 wqueue;
	__u32 ack_backlog;
	__u32 max_ack_backlog;
	__u32 reserved;
};

/* One socket in a bind table. */
struct bpf_bound {
	__u64 cookie; /* as in bpf_fd_sock */
	struct bpf_endpoint end;
	__u32 inode; /* 0: TIME_WAIT, orphan, not accepted yet */
	__u32 uid;
	__u8 connect_bind; /* the port was chosen by connect(), 6.17+ */
	/* TCP: what the port's bucket remembers of its last binders (struct inet_bind_bucket) */
	__s8 fastreuseport;
	__u8 fast_v6only;
	__u8 reserved;
	__u16 fast_family; /* 0: nobody is remembered */
	__u16 reserved2;
	__u32 fastuid;
	__u32 l3mdev;	 /* TCP: the VRF the bucket is for */
	__u32 chain_len; /* UDP: sockets in the slot of the table, of whatever port */
	__u8 fast_addr[16];
};

/* One network namespace. */
struct bpf_netns_row {
	__u64 cookie; /* SO_NETNS_COOKIE */
	__u64 id;     /* NS_GET_ID, 0 before 6.18 */
	__u32 inode;
	__u32 init; /* 1: the first one */
};

enum bpf_event_kind { BPF_EVENT_TCP_STATE, BPF_EVENT_UDP_BIND };

/* A change of state (TCP) or a bind (UDP; old and new state are 0). */
struct bpf_event {
	__u64 ktime_ns; /* CLOCK_MONOTONIC */
	__u64 netns_cookie;
	__u64 cookie;
	__u32 pid; /* whose call it was in our PID namespace; 0 = softirq or outside of it */
	__u32 tid;
	__u32 uid;
	__u8 kind; /* enum bpf_event_kind */
	__u8 old_state;
	__u8 new_state;
	__u8 v6only;
	__u16 family;
	__u16 protocol;
	__u16 sport;
	__u16 dport;
	__u8 saddr[16];
	__u8 daddr[16];
	char comm[16];
	__u32 ifindex; /* bound device */
	__u32 reserved;
};

/* Payload bytes and datagrams of one UDP socket since it was first seen. */
struct bpf_traffic {
	__u64 rx_bytes;
	__u64 tx_bytes;
	__u64 rx_packets;
	__u64 tx_packets;
};

#endif
