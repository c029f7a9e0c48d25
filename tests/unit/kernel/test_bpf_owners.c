#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "bpf_tree.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_owners.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static struct bpf_owners *owners_or_skip(enum bpf_owners_form form, size_t hint,
					 enum bpf_owners_method method)
{
	struct bpf_owners *owners = NULL;
	int err = bpf_owners_open_as(&owners, form, hint, method);

	if (err == -ENOTSUP)
		skip_because("built without BPF");
	if (err == -EPERM)
		skip_because("needs CAP_BPF and CAP_PERFMON");
	if (err == -ENODATA || err == -EACCES)
		skip_because("this kernel has no BTF or refuses BPF");
	assert_int_equal(err, 0);
	return owners;
}

static int compare_fds(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct bpf_fd));
}

/* The descriptors in `dir` that are sockets, as /proc tells them. */
static size_t scan_dir(const char *dir, uint32_t pid, uint32_t tid, struct bpf_fd *out, size_t n)
{
	char path[PATH_MAX], target[64];
	struct dirent *entry;
	unsigned inode;
	ssize_t len;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) == 1)
			out[n++] = (struct bpf_fd){pid, tid, (uint32_t)atoi(entry->d_name), inode};
	}
	closedir(d);
	return n;
}

static size_t scan_proc(uint32_t pid, struct bpf_fd *out)
{
	char dir[64];
	size_t n;

	snprintf(dir, sizeof(dir), "/proc/%u/fd", pid);
	n = scan_dir(dir, pid, 0, out, 0);
	qsort(out, n, sizeof(*out), compare_fds);
	return n;
}

static size_t rows_of(const struct bpf_fd *rows, size_t n, uint32_t pid, struct bpf_fd *out)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].pid == pid)
			out[found++] = rows[i];
	qsort(out, found, sizeof(*out), compare_fds);
	return found;
}

static void assert_as_proc(const struct bpf_fd *rows, size_t n, uint32_t pid, size_t at_least)
{
	static struct bpf_fd seen[4096], wanted[4096];
	size_t n_seen = rows_of(rows, n, pid, seen), n_wanted = scan_proc(pid, wanted);

	assert_true(n_wanted >= at_least);
	assert_int_equal(n_seen, n_wanted);
	assert_memory_equal(seen, wanted, n_wanted * sizeof(*wanted));
}

/* 1000 sockets of several families, three duplicates far up, an O_PATH twin, a child with all. */
static void many_sockets(void *arg, uint32_t *word)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	struct rlimit limit = {4096, 4096};
	pid_t child;
	int fd = -1;

	(void)arg;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < 1000; i++)
		fd = socket(families[i % 4], SOCK_DGRAM, 0);
	if (fd < 0 || dup2(fd, 1500) < 0 || dup2(fd, 2047) < 0 || dup2(fd, 2048) < 0)
		_exit(1);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	*word = (uint32_t)child;
}

static void compare_method(enum bpf_owners_method method)
{
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_LITE, 1, method);
	const struct bpf_fd *rows;
	uint32_t child;
	size_t n;
	pid_t pid = tree_start(many_sockets, NULL, &child);

	assert_int_equal(bpf_owners_run(owners, &rows, &n), 0); /* has to grow: room for 512 */
	assert_true(n >= 2006);
	assert_as_proc(rows, n, (uint32_t)pid, 1003);
	assert_as_proc(rows, n, child, 1003);
	assert_as_proc(rows, n, (uint32_t)getpid(), 0);
	assert_int_equal(bpf_owners_method(owners), method);
	assert_false(bpf_owners_is_nested(owners));
	tree_end(pid);
	assert_int_equal(bpf_owners_run(owners, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(rows[i].pid, pid);
	bpf_owners_close(owners);
}

static void cast_form_equals_proc(void **state)
{
	(void)state;
	compare_method(BPF_OWNERS_CAST);
}

static void probe_form_equals_proc(void **state)
{
	(void)state;
	compare_method(BPF_OWNERS_PROBE);
}

static void file_form_equals_proc(void **state)
{
	(void)state;
	compare_method(BPF_OWNERS_FILE);
}

static void one_process_only(void **state)
{
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_LITE, 16, BPF_OWNERS_AUTO);
	const struct bpf_fd *rows;
	size_t n;
	pid_t pid = tree_start(many_sockets, NULL, NULL);

	(void)state;
	assert_int_equal(bpf_owners_run_pid(owners, (uint32_t)pid, &rows, &n), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].pid, pid);
	assert_as_proc(rows, n, (uint32_t)pid, 1003);
	tree_end(pid);
	assert_int_equal(bpf_owners_run_pid(owners, (uint32_t)pid, &rows, &n), 0);
	assert_int_equal(n, 0);
	bpf_owners_close(owners);
}

struct thread_start {
	pthread_barrier_t ready;
	uint32_t tid;
	bool unshare;
};

static void *hold_socket(void *arg)
{
	struct thread_start *start = arg;

	if ((start->unshare && unshare(CLONE_FILES) != 0) || socket(AF_INET, SOCK_STREAM, 0) < 0)
		_exit(1);
	start->tid = (uint32_t)syscall(SYS_gettid);
	pthread_barrier_wait(&start->ready);
	for (;;)
		pause();
}

/* One thread that shares the table, one with its own. */
static void threads(void *arg, uint32_t *word)
{
	static struct thread_start own = {.unshare = true}, shared;
	pthread_t thread;

	(void)arg;
	pthread_barrier_init(&own.ready, NULL, 2);
	pthread_barrier_init(&shared.ready, NULL, 2);
	pthread_create(&thread, NULL, hold_socket, &shared);
	pthread_barrier_wait(&shared.ready);
	pthread_create(&thread, NULL, hold_socket, &own);
	pthread_barrier_wait(&own.ready);
	if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
		_exit(1);
	*word = own.tid;
}

static void check_threads(enum bpf_owners_method method)
{
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_LITE, 16, method);
	struct bpf_fd wanted[256], seen[256];
	const struct bpf_fd *rows;
	size_t n, n_wanted, n_seen;
	char dir[64];
	uint32_t tid;
	pid_t pid = tree_start(threads, NULL, &tid);

	assert_int_equal(bpf_owners_run(owners, &rows, &n), 0);
	n_wanted = scan_proc((uint32_t)pid, wanted);
	assert_true(n_wanted >= 2);
	snprintf(dir, sizeof(dir), "/proc/%d/task/%u/fd", pid, tid);
	n_wanted = scan_dir(dir, (uint32_t)pid, tid, wanted, n_wanted);
	qsort(wanted, n_wanted, sizeof(*wanted), compare_fds);
	n_seen = rows_of(rows, n, (uint32_t)pid, seen);
	assert_int_equal(n_seen, n_wanted);
	assert_memory_equal(seen, wanted, n_wanted * sizeof(*wanted));
	tree_end(pid);
	bpf_owners_close(owners);
}

static void thread_with_own_table(void **state)
{
	(void)state;
	check_threads(BPF_OWNERS_CAST);
	check_threads(BPF_OWNERS_PROBE);
	check_threads(BPF_OWNERS_FILE);
}

struct leader {
	struct thread_start threads[2];
	int fd;
};

static void *outlive_leader(void *arg)
{
	struct leader *leader = arg;
	char path[64], line[256], state = ' ';
	uint32_t tid = (uint32_t)syscall(SYS_gettid);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/stat");
	while (state != 'Z') {
		file = fopen(path, "r");
		if (!file || !fgets(line, sizeof(line), file) ||
		    sscanf(line, "%*d (%*[^)]) %c", &state) != 1)
			_exit(1);
		fclose(file);
		sched_yield();
	}
	if (write(leader->fd, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	for (;;)
		pause();
}

/* The main thread is gone, two others share the table. */
static void leaderless_group(void **state)
{
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_LITE, 16, BPF_OWNERS_AUTO);
	static struct leader leader;
	const struct bpf_fd *rows;
	struct bpf_fd seen[64];
	uint32_t tids[2];
	pthread_t thread;
	int ready[2];
	size_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	leader.fd = ready[1];
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (socket(AF_INET, SOCK_STREAM, 0) < 0)
			_exit(1);
		pthread_create(&thread, NULL, outlive_leader, &leader);
		pthread_create(&thread, NULL, outlive_leader, &leader);
		pthread_exit(NULL);
	}
	assert_int_equal(read(ready[0], &tids[0], 4), 4);
	assert_int_equal(read(ready[0], &tids[1], 4), 4);
	assert_int_equal(bpf_owners_run(owners, &rows, &n), 0);
	n = rows_of(rows, n, (uint32_t)pid, seen);
	assert_true(n >= 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(seen[i].tid == tids[0] || seen[i].tid == tids[1]);
		if (i > 0)
			assert_int_not_equal(seen[i].fd, seen[i - 1].fd); /* the table once */
	}
	close(ready[0]);
	close(ready[1]);
	tree_end(pid);
	bpf_owners_close(owners);
}

/* A socket that came over a unix socket belongs to both ends; in flight to nobody but the
 * sender. */
static void passed_descriptor(void **state)
{
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_LITE, 16, BPF_OWNERS_AUTO);
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = sizeof(control.room)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2], fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct bpf_fd *rows;
	struct stat st;
	size_t n, holders = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd);
		if (recvmsg(pair[1], &msg, 0) != 1 || write(pair[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	assert_int_equal(sendmsg(pair[0], &msg, 0), 1);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	assert_int_equal(bpf_owners_run(owners, &rows, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].inode == st.st_ino) {
			assert_int_equal(rows[i].pid, pid);
			holders++;
		}
	}
	assert_int_equal(holders, 1);
	close(pair[0]);
	close(pair[1]);
	tree_end(pid);
	bpf_owners_close(owners);
}

/* In a PID namespace of its own: pid 1 looks at itself. Reports how many of its rows are right. */
static void inside_pid_namespace(void *arg, uint32_t *word)
{
	enum bpf_owners_method method = *(enum bpf_owners_method *)arg;
	struct bpf_owners *owners;
	const struct bpf_fd *rows;
	uint32_t counts[2] = {0, 0};
	size_t n;
	int answer[2];
	pid_t child;

	if (pipe(answer) != 0 || unshare(CLONE_NEWPID) != 0)
		_exit(1);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int i = 0; i < 5; i++)
			if (socket(AF_INET, SOCK_STREAM, 0) < 0)
				_exit(1);
		if (bpf_owners_open_as(&owners, BPF_OWNERS_LITE, 16, method) != 0 ||
		    bpf_owners_run(owners, &rows, &n) != 0)
			_exit(1);
		for (size_t i = 0; i < n; i++)
			counts[rows[i].pid == 1 && rows[i].tid == 0]++;
		counts[1] += bpf_owners_is_nested(owners) ? 0 : 1000;
		if (write(answer[1], counts, sizeof(counts)) != sizeof(counts))
			_exit(1);
		for (;;)
			pause();
	}
	close(answer[1]);
	if (read(answer[0], counts, sizeof(counts)) != sizeof(counts))
		_exit(1);
	*word = counts[0] == 0 && counts[1] >= 5 && counts[1] < 1000 ? (uint32_t)child : 0;
}

static void nested_pid_namespace(void **state)
{
	static const enum bpf_owners_method methods[] = {BPF_OWNERS_CAST, BPF_OWNERS_PROBE,
							 BPF_OWNERS_FILE};
	struct bpf_owners *owners;
	const struct bpf_fd *rows;
	uint32_t child;
	size_t n;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 3; i++) {
		enum bpf_owners_method method = methods[i];

		owners = owners_or_skip(BPF_OWNERS_LITE, 16, method);
		pid = tree_start(inside_pid_namespace, &method, &child);
		assert_int_not_equal(child, 0);
		assert_int_equal(bpf_owners_run(owners, &rows, &n), 0);
		assert_as_proc(rows, n, child, 5);
		tree_end(pid);
		bpf_owners_close(owners);
	}
}

static const struct bpf_fd_sock *find_fd(const struct bpf_fd_sock *rows, size_t n, int fd)
{
	size_t i = 0;

	while (i < n && (rows[i].fd.pid != (uint32_t)getpid() || rows[i].fd.fd != (uint32_t)fd))
		i++;
	assert_true(i < n);
	return &rows[i];
}

static uint64_t sock_u64(int fd, int option)
{
	uint64_t value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, option, &value, &len), 0);
	return value;
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static void check_full(enum bpf_owners_method method)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	struct bpf_owners *owners = owners_or_skip(BPF_OWNERS_FULL, 16, method);
	const struct bpf_fd_sock *rows, *row;
	const struct bpf_fd *lite;
	uint16_t port, udp_port;
	int listener = tree_bound(SOCK_STREAM, &port), udp = tree_bound(SOCK_DGRAM, &udp_port);
	int client, waiting, server, one = 1;
	uint64_t cookie;
	struct stat st;
	size_t n;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(listen(listener, 7), 0);
	client = connect_to(port);
	server = accept(listener, NULL, NULL);
	waiting = connect_to(port);
	assert_int_equal(send(client, "12345", 5, 0), 5);
	cookie = sock_u64(listener, SO_COOKIE);
	assert_int_equal(fstat(listener, &st), 0);
	assert_int_equal(bpf_owners_run(owners, &lite, &n), -EINVAL);
	assert_int_equal(bpf_owners_run_full(owners, &rows, &n), 0);

	row = find_fd(rows, n, listener);
	assert_int_equal(row->fd.inode, st.st_ino);
	assert_int_equal(row->cookie, cookie);
	assert_int_equal(row->end.netns_cookie, sock_u64(listener, SO_NETNS_COOKIE));
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	assert_int_equal(row->end.netns_inode, st.st_ino);
	assert_int_equal(row->end.family, AF_INET);
	assert_int_equal(row->end.protocol, IPPROTO_TCP);
	assert_int_equal(row->end.type, SOCK_STREAM);
	assert_int_equal(row->end.state, 10);
	assert_int_equal(row->end.sport, port);
	assert_memory_equal(row->end.saddr, loopback, 4);
	assert_int_equal(row->end.reuse, 1);
	assert_int_equal(row->end.reuseport, 0);
	assert_int_equal(row->ack_backlog, 1);
	assert_int_equal(row->max_ack_backlog, 7);
	assert_int_equal(row->rqueue, 1);
	assert_int_equal(row->uid, getuid());

	row = find_fd(rows, n, server);
	assert_int_equal(row->end.state, 1);
	assert_int_equal(row->rqueue, 5);
	assert_int_equal(row->end.dport, find_fd(rows, n, client)->end.sport);
	row = find_fd(rows, n, udp);
	assert_int_equal(row->end.protocol, IPPROTO_UDP);
	assert_int_equal(row->end.sport, udp_port);
	assert_int_equal(row->end.state, 7);
	assert_int_equal(row->rqueue, 0);
	close(client);
	close(server);
	close(waiting);
	close(listener);
	close(udp);
	bpf_owners_close(owners);
}

static void full_rows_tell_the_socket(void **state)
{
	(void)state;
	check_full(BPF_OWNERS_CAST);
	check_full(BPF_OWNERS_PROBE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cast_form_equals_proc),
		cmocka_unit_test(probe_form_equals_proc),
		cmocka_unit_test(file_form_equals_proc),
		cmocka_unit_test(one_process_only),
		cmocka_unit_test(thread_with_own_table),
		cmocka_unit_test(leaderless_group),
		cmocka_unit_test(passed_descriptor),
		cmocka_unit_test(nested_pid_namespace),
		cmocka_unit_test(full_rows_tell_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
