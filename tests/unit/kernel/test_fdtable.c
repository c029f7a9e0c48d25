#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "unit/kernel/scene.h"

#include "base/arena.h"
#include "kernel/fdtable.h"
#include "kernel/helper.h"
#include "kernel/helper_specs.h"

static int proc_fd;

static const struct fd_rec *find(const struct proc_detail *detail, int fd)
{
	for (uint32_t i = 0; i < detail->n_fds; i++)
		if (detail->fds[i].fd == fd)
			return &detail->fds[i];
	return NULL;
}

static void check_kind(const struct proc_detail *detail, int fd, enum fd_kind kind)
{
	const struct fd_rec *rec = find(detail, fd);

	assert_non_null(rec);
	if (rec->kind != kind)
		fail_msg("%d (%.*s) is %s, should be %s", fd, (int)rec->target.len, rec->target.ptr,
			 fdtable_kind_name(rec->kind), fdtable_kind_name(kind));
}

static void every_kind(void **state)
{
	char path[] = "/tmp/inettop-fd-XXXXXX";
	int file = mkstemp(path), null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int event = eventfd(7, EFD_NONBLOCK), epoll = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), mem = memfd_create("m", 0);
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), sock = listener(), pipe_fd[2];
	int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN};
	struct proc_detail detail;
	struct arena arena;
	sigset_t none;
	int sig;

	(void)state;
	sigemptyset(&none);
	sig = signalfd(-1, &none, 0);
	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &ev), 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, sock, &ev), 0);
	assert_int_equal(write(file, "12345", 5), 5);
	unlink(path);
	arena_init(&arena, 0);
	assert_int_equal(fdtable_read(proc_fd, (uint32_t)getpid(), 0, &arena, &detail), 0);
	assert_int_equal(detail.err, 0);
	check_kind(&detail, file, FD_FILE);
	check_kind(&detail, null, FD_DEVICE);
	check_kind(&detail, dir, FD_DIR);
	check_kind(&detail, event, FD_EVENTFD);
	check_kind(&detail, epoll, FD_EPOLL);
	check_kind(&detail, timer, FD_TIMERFD);
	check_kind(&detail, sig, FD_SIGNALFD);
	check_kind(&detail, mem, FD_MEMFD);
	check_kind(&detail, pidfd, FD_PIDFD);
	check_kind(&detail, sock, FD_SOCKET);
	check_kind(&detail, pipe_fd[0], FD_PIPE);
	check_kind(&detail, netns, FD_NETNS);
	assert_true(find(&detail, file)->deleted);
	assert_int_equal(find(&detail, file)->target.len, strlen(path));
	assert_int_equal(find(&detail, file)->pos, 5);
	assert_int_equal(find(&detail, file)->flags & O_ACCMODE, O_RDWR);
	assert_true(find(&detail, null)->flags & O_CLOEXEC);
	assert_true(find(&detail, event)->flags & O_NONBLOCK);
	assert_int_equal(find(&detail, event)->value, 7);
	assert_int_equal(find(&detail, pidfd)->value, getpid());
	assert_int_equal(find(&detail, sock)->inode, inode_of(sock));
	assert_int_equal(find(&detail, epoll)->n_epoll, 2);
	for (uint32_t i = 1; i < detail.n_fds; i++)
		assert_true(detail.fds[i - 1].fd < detail.fds[i].fd);
	arena_done(&arena);
	for (int fd = file; fd <= sig || fd <= pipe_fd[1]; fd++)
		close(fd);
}

static void limits_and_namespaces(void **state)
{
	struct proc_detail detail;
	struct arena arena;
	struct rlimit nofile;
	bool found = false;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &nofile);
	arena_init(&arena, 0);
	assert_int_equal(fdtable_read(proc_fd, (uint32_t)getpid(), 0, &arena, &detail), 0);
	for (uint32_t i = 0; i < detail.n_limits; i++) {
		const struct limit_rec *limit = &detail.limits[i];

		if (limit->name.len != 14 || memcmp(limit->name.ptr, "Max open files", 14) != 0)
			continue;
		found = true;
		assert_int_equal(limit->soft, nofile.rlim_cur);
		assert_int_equal(limit->hard, nofile.rlim_max);
		assert_int_equal(limit->unit.len, 5);
		assert_memory_equal(limit->unit.ptr, "files", 5);
	}
	assert_true(found);
	assert_true(detail.n_limits >= 16);
	assert_true(detail.n_namespaces >= 6);
	for (uint32_t i = 0; i < detail.n_namespaces; i++)
		assert_true(detail.namespaces[i].own);
	assert_non_null(detail.cwd.ptr);
	assert_int_equal(detail.root.len, 1);
	assert_true(detail.cgroup_text.len > 0);
	assert_int_equal(detail.ns_pid, getpid());
	arena_done(&arena);
}

static void many_descriptors_at_once(void **state)
{
	struct proc_detail detail;
	struct timespec a, b;
	struct rlimit limit;
	struct arena arena;
	int first = -1, n = 10000, last = -1;
	double ms;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < n; i++) {
		last = open("/dev/null", O_RDONLY | O_CLOEXEC);
		first = i ? first : last;
	}
	assert_true(last > 0);
	arena_init(&arena, 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	assert_int_equal(fdtable_read(proc_fd, (uint32_t)getpid(), 0, &arena, &detail), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	print_message("# %u descriptors in %.1f ms of CPU\n", detail.n_fds, ms);
	assert_true(detail.n_fds >= (uint32_t)n);
	assert_int_equal(detail.fds_total, detail.n_fds);
	assert_true(ms < 2000);
	arena_done(&arena);
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

static void the_wrong_process_is_refused(void **state)
{
	struct proc_detail detail;
	struct procfs_stat st;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(procfs_read_stat(proc_fd, (uint32_t)getpid(), &st), 0);
	assert_int_equal(fdtable_read(proc_fd, (uint32_t)getpid(), st.start_ticks, &arena, &detail),
			 0);
	assert_int_equal(
		fdtable_read(proc_fd, (uint32_t)getpid(), st.start_ticks + 1, &arena, &detail),
		-ESRCH);
	assert_int_equal(fdtable_read(proc_fd, 4194304, 0, &arena, &detail), -ESRCH);
	arena_done(&arena);
}

static void socket_activation(void **state)
{
	struct fd_rec fds[4] = {{.fd = 2}, {.fd = 3}, {.fd = 4}, {.fd = 5}};
	struct proc_detail detail = {.pid = 700, .ns_pid = 7, .fds = fds, .n_fds = 4};
	struct proc_detail other = {.pid = 701, .fds = fds, .n_fds = 4};
	static const char vars[] = "A=1\0LISTEN_PID=7\0XLISTEN_FDS=9\0LISTEN_FDS=2\0"
				   "LISTEN_FDNAMES=http:web.socket";
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	fdtable_add_environ(&detail, &arena, vars, sizeof(vars));
	assert_int_equal(detail.listen_fds, 2);
	assert_false(detail.fds[0].listen);
	assert_true(detail.fds[1].listen);
	assert_int_equal(detail.fds[1].name.len, 4);
	assert_memory_equal(detail.fds[2].name.ptr, "web.socket", 10);
	assert_false(detail.fds[3].listen);
	fdtable_add_environ(&other, &arena, vars, sizeof(vars));
	assert_int_equal(other.listen_fds, 0);
	fdtable_add_environ(&other, &arena, "LISTEN_PID", 10);
	fdtable_add_environ(&other, &arena, "", 0);
	assert_int_equal(other.listen_fds, 0);
	arena_done(&arena);
}

struct got {
	int status;
	char text[65536];
	size_t len;
};

static void take(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len, bool cut)
{
	struct got *got = ctx;

	assert_true(ticket > 0 && !cut);
	got->status = status;
	got->len = len < sizeof(got->text) ? len : sizeof(got->text);
	if (len)
		memcpy(got->text, bytes, got->len);
}

static void environment_by_helper(void **state)
{
	static struct helper_spec specs[HELPER_KIND_COUNT];
	struct fdtable_environ_request request = {.pid = (uint32_t)getpid()};
	static struct got got;
	struct helper *h;

	(void)state;
	helper_specs(specs);
	assert_int_equal(helper_start(specs, &h), 0);
	helper_submit(h, HELPER_ENVIRON, &request, sizeof(request), take, &got);
	assert_true(helper_drain(h, HELPER_ENVIRON, 5000));
	assert_int_equal(got.status, 0);
	assert_non_null(memmem(got.text, got.len, "top_srcdir=", 11));
	request.start_ticks = 1;
	helper_submit(h, HELPER_ENVIRON, &request, sizeof(request), take, &got);
	assert_true(helper_drain(h, HELPER_ENVIRON, 5000));
	assert_int_equal(got.status, -ESRCH);
	helper_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(limits_and_namespaces),
		cmocka_unit_test(many_descriptors_at_once),
		cmocka_unit_test(the_wrong_process_is_refused),
		cmocka_unit_test(socket_activation),
		cmocka_unit_test(environment_by_helper),
	};

	proc_fd = procfs_open("/proc");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
