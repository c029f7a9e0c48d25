/*
 * The few kernel structures that our BPF programs look into, relocated to the running kernel when
 * loaded (CO-RE): only the names of members count here, not order, size or the kernel's typedefs.
 *
 * Kernel memory is read in one of two ways. Since 6.2 bpf_rdonly_cast() makes plain loads out of
 * pointers, which fault into zero. Before, and with KERN_PROBE_READ, every load is a call of
 * bpf_probe_read_kernel(). AS() makes a pointer readable, GET() reads one member through it.
 */
#ifndef INETTOP_KERNEL_BPF_KERN_H
#define INETTOP_KERNEL_BPF_KERN_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "kernel/bpf/bpf_records.h"

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_UDPLITE 136
#define TCP_SYN_SENT 2
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct cpumask {
	unsigned long bits[1];
};

struct atomic {
	int counter;
};

struct refcount {
	struct atomic refs;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[3];
};

struct ns_common {
	unsigned int inum;
	const void *ops;
};

/* 6.18: an id for every namespace, and the count has a new name */
struct ns_common___618 {
	struct refcount __ns_ref;
	__u64 ns_id;
};

struct ns_common___516 {
	struct refcount count;
};

struct inet_bind_hashbucket {
	struct hlist_head chain;
};

struct inet_hashinfo {
	struct inet_bind_hashbucket *bhash;
	unsigned int bhash_size;
};

struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
};

struct udp_hslot {
	struct hlist_head head;
	int count;
};

struct udp_table {
	struct udp_hslot *hash;
	unsigned int mask;
};

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
	struct udp_table *udp_table;
};

struct net {
	struct list_head list;
	struct ns_common ns;
	__u32 hash_mix;
	struct netns_ipv4 ipv4;
	__u64 net_cookie;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
};

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	struct hlist_node skc_bind_node;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	struct {
		__s64 counter;
	} skc_cookie;
	struct hlist_node skc_node;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	struct {
		struct atomic rmem_alloc;
	} sk_backlog;
	struct refcount sk_wmem_alloc;
	struct socket *sk_socket;
	struct {
		__u32 val;
	} sk_uid;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_userlocks;
	__u8 sk_shutdown;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
};

struct inet_sock {
	__be16 inet_sport;
};

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 snd_una;
};

struct udp_sock {
	int forward_deficit;
};

struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile unsigned char tw_substate;
};

struct inet_timewait_sock___617 {
	unsigned int tw_connect_bind : 1;
};

struct inet_bind_bucket {
	struct {
		struct net *net;
	} ib_net;
	int l3mdev;
	unsigned short port;
	signed char fastreuseport;
	struct {
		__u32 val;
	} fastuid;
	struct in6_addr fast_v6_rcv_saddr;
	__u32 fast_rcv_saddr;
	unsigned short fast_sk_family;
	bool fast_ipv6_only;
	struct hlist_node node;
};

/* 6.8: sockets hang on the per-address buckets, which hang on the port's */
struct inet_bind_bucket___68 {
	struct hlist_head bhash2;
};

struct inet_bind2_bucket___68 {
	struct hlist_node bhash_node;
	struct hlist_head owners;
};

struct inet_bind_bucket___old {
	struct hlist_head owners;
};

struct bpf_iter_meta;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#define OFFSET(type, member) ((__u64)bpf_core_field_offset(type, member))

#ifdef KERN_PROBE_READ
#define AS(type, addr) ((type *)(unsigned long)(addr))
#define GET(p, member)                                                                             \
	({                                                                                         \
		typeof(p) p_ = (p);                                                                \
		BPF_CORE_READ(p_, member);                                                         \
	})
#define GET_BITS(p, member) BPF_CORE_READ_BITFIELD_PROBED(p, member)
#else
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;
#define AS(type, addr)                                                                             \
	((type *)bpf_rdonly_cast((void *)(unsigned long)(addr), bpf_core_type_id_kernel(type)))
#define GET(p, member) ((p)->member)
#define GET_BITS(p, member) BPF_CORE_READ_BITFIELD(p, member)
#endif

/* The word at addr. A cpumask is an array of words, and a type of every kernel. */
static __always_inline __u64 kern_word(__u64 addr)
{
	return GET(AS(struct cpumask, addr), bits[0]);
}

/* A task's number as our own PID namespace has it: level is the depth of the reader's. */
static __always_inline __u32 kern_pid_nr(struct pid *pid, __u32 level)
{
	__u64 nr;

	if (!pid || GET(pid, level) < level)
		return 0;
	nr = (__u64)pid + OFFSET(struct pid, numbers) + level * bpf_core_type_size(struct upid);
	return GET(AS(struct upid, nr), nr);
}

/* The task that reads the iterator decides which PID namespace is meant. */
static __always_inline __u32 kern_reader_level(void)
{
	struct task_struct *reader = AS(struct task_struct, bpf_get_current_task());

	return GET(GET(reader, thread_pid), level);
}

static __always_inline __u64 kern_net_cookie(struct net *net)
{
	return bpf_core_field_exists(net->net_cookie) ? GET(net, net_cookie) : 0;
}

#endif
