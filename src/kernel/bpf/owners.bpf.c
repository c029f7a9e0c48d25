/*
 * Every socket in every descriptor table, by a walk of iter/task over the open_fds bitmaps.
 *
 * Tables are visited without their lock, under the RCU section that the iterator holds: a
 * descriptor that is opened or closed meanwhile may or may not be seen, as with /proc. A socket is
 * told by its f_op. That address is not exported, so the first sockfs file teaches it.
 */
#include "kernel/bpf/sock.bpf.h"

#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define SOCKFS_MAGIC 0x534F434B
#define SEEN_MAX 8

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_fd);
} fds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_fd_sock);
} socks SEC(".maps");

/* Which of the two arrays is filled. */
const volatile bool full;

__u32 n;     /* sockets found, also those beyond the array; the C side clears it */
__u32 level; /* depth of the reader's PID namespace, BPF_LEVEL_UNKNOWN until first needed */
__u64 socket_ops;
/* Tables already walked of a group whose leader is gone. */
__u32 seen_tgid, n_seen;
__u64 seen[SEEN_MAX];

struct walk {
	__u64 fd_array, open_fds, word;
	__u32 base, pid, tid;
};

static __always_inline bool is_socket(struct file *file)
{
	__u64 ops = (__u64)GET(file, f_op);
	struct inode *inode;
	struct socket *sock;

	if (socket_ops)
		return ops == socket_ops;
	inode = GET(file, f_inode);
	if ((GET(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return false;
	if (GET(AS(struct super_block, GET(inode, i_sb)), s_magic) != SOCKFS_MAGIC)
		return false;
	sock = AS(struct socket, GET(file, private_data)); /* an O_PATH descriptor has none */
	if ((__u64)GET(sock, file) != (__u64)file)
		return false;
	socket_ops = ops;
	return true;
}

static __always_inline void put_fd(struct bpf_fd *row, struct walk *w, __u32 fd, struct file *file)
{
	row->pid = w->pid;
	row->tid = w->tid;
	row->fd = fd;
	row->inode = GET(AS(struct inode, GET(file, f_inode)), i_ino);
}

static __always_inline void put_queues(struct bpf_fd_sock *row, struct sock *sk)
{
	row->rqueue = GET(sk, sk_backlog.rmem_alloc.counter);
	row->wqueue = GET(sk, sk_wmem_alloc.refs.counter) - 1;
	row->ack_backlog = 0;
	row->max_ack_backlog = 0;
	if (row->end.protocol == IPPROTO_TCP) {
		struct tcp_sock *tp = AS(struct tcp_sock, sk);

		row->rqueue = GET(tp, rcv_nxt) - GET(tp, copied_seq);
		row->wqueue = GET(tp, write_seq) - GET(tp, snd_una);
		if ((__s32)row->rqueue < 0 || row->end.state == TCP_CLOSE ||
		    row->end.state == TCP_LISTEN || row->end.state == TCP_SYN_SENT)
			row->rqueue = 0;
	} else if (row->end.protocol == IPPROTO_UDP || row->end.protocol == IPPROTO_UDPLITE) {
		row->rqueue -= GET(AS(struct udp_sock, sk), forward_deficit);
	}
	if (row->end.state == TCP_LISTEN) {
		row->ack_backlog = GET(sk, sk_ack_backlog);
		row->max_ack_backlog = GET(sk, sk_max_ack_backlog);
		if (row->end.protocol == IPPROTO_TCP) {
			row->rqueue = row->ack_backlog;
			row->wqueue = row->max_ack_backlog;
		}
	}
}

static __always_inline void put_sock(struct bpf_fd_sock *row, struct file *file)
{
	struct sock *sk = AS(struct sock, GET(AS(struct socket, GET(file, private_data)), sk));

	sock_common_endpoint(&row->end, AS(struct sock_common, sk));
	row->cookie = GET(AS(struct sock_common, sk), skc_cookie.counter);
	sock_full_endpoint(&row->end, sk);
	row->uid = GET(sk, sk_uid.val);
	row->reserved = 0;
	if (row->end.family != AF_INET && row->end.family != AF_INET6) {
		row->end.protocol = 0;
		row->end.sport = 0;
		row->end.dport = 0;
		sock_clear16(row->end.saddr);
		sock_clear16(row->end.daddr);
	}
	put_queues(row, sk);
}

static long visit_fd(__u32 bit, struct walk *w)
{
	struct bpf_fd_sock *sock;
	struct bpf_fd *row;
	struct file *file;
	__u32 i, fd = w->base + bit;
	__u64 addr;

	if (!(w->word >> (bit & 63) & 1))
		return 0;
	addr = kern_word(w->fd_array + fd * sizeof(__u64));
	if (!addr)
		return 0;
	file = AS(struct file, addr);
	if (!is_socket(file))
		return 0;
	i = n++;
	if (full) {
		sock = bpf_map_lookup_elem(&socks, &i);
		if (sock) {
			put_fd(&sock->fd, w, fd, file);
			put_sock(sock, file);
		}
	} else {
		row = bpf_map_lookup_elem(&fds, &i);
		if (row)
			put_fd(row, w, fd, file);
	}
	return 0;
}

static long visit_word(__u32 i, struct walk *w)
{
	w->word = kern_word(w->open_fds + i * sizeof(__u64));
	w->base = i * 64;
	if (w->word)
		bpf_loop(64, visit_fd, w, 0);
	return 0;
}

/* True the first time a table of this leaderless group is met. */
static __always_inline bool first_sight(__u32 tgid, __u64 files)
{
	if (seen_tgid != tgid) {
		seen_tgid = tgid;
		n_seen = 0;
	}
	for (__u32 i = 0; i < SEEN_MAX; i++)
		if (i < n_seen && seen[i] == files)
			return false;
	if (n_seen < SEEN_MAX)
		seen[n_seen++ & (SEEN_MAX - 1)] = files;
	return true;
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *leader;
	struct files_struct *files, *leader_files;
	struct walk w = {};
	struct fdtable *fdt;

	if (!task)
		return 0;
	files = GET(task, files);
	if (!files)
		return 0;
	if (level == BPF_LEVEL_UNKNOWN)
		level = kern_reader_level();
	leader = GET(task, group_leader);
	if (GET(task, pid) != GET(task, tgid)) {
		leader_files = GET(leader, files);
		if (files == leader_files)
			return 0;
		if (!leader_files && !first_sight(GET(task, tgid), (__u64)files))
			return 0;
		w.tid = kern_pid_nr(GET(task, thread_pid), level);
	}
	w.pid = kern_pid_nr(GET(leader, thread_pid), level);
	fdt = GET(files, fdt);
	w.fd_array = (__u64)GET(fdt, fd);
	w.open_fds = (__u64)GET(fdt, open_fds);
	bpf_loop(GET(fdt, max_fds) / 64, visit_word, &w, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
