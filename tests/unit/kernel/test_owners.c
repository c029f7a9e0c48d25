#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "unit/kernel/fake_proc.h"
#include "unit/kernel/scene.h"

static const struct owners_input complete = {.complete = true};

/* ---- a fake tree: what is read, and what is not mistaken ---- */

static void fake_tree(void **state)
{
	const uint32_t wanted[] = {5001, 5002, 5003, 5004, 5005, 6001, 12, 0, 5001};
	struct owners_input in = {
		.added = wanted, .n_added = 9, .complete = true, .in_flight = true};
	struct watch w = {.inode = 5001};
	const struct owner *owners;
	const char *detail;
	uint32_t pid;
	size_t n;
	char dir[64];
	int root = fake_proc_make("basic.txt", dir);

	(void)state;
	w.own = owners_new(root);
	owners_tick(w.own, &in, watch_change, &w);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.owners[0].pid, 1);
	assert_int_equal(w.owners[0].fd, 40);
	assert_int_equal(w.owners[1].pid, 10);
	assert_int_equal(w.owners[1].fd, 3);
	assert_int_equal(w.owners[2].pid, 11);
	assert_int_equal(owners_lookup(w.own, 5002, &owners), 1);
	assert_int_equal(owners[0].fd, 12);
	assert_int_equal(owners_lookup(w.own, 5004, &owners), 1);
	assert_int_equal(owners[0].tid, 0);
	assert_int_equal(owners_lookup(w.own, 5005, &owners), 1);
	assert_int_equal(owners[0].pid, 13);
	assert_int_equal(owners[0].tid, 15);
	assert_int_equal(owners_lookup(w.own, 12, &owners), 0);
	assert_int_equal(owners_why_unknown(w.own, 6001, &detail, &pid), OWNER_IN_FLIGHT);
	assert_int_equal(pid, 20);
	assert_int_equal(owners_netns_fds(w.own, &n)[0].inode, 4026532000);
	assert_int_equal(n, 1);
	assert_true(owners_info(w.own)->complete);
	assert_int_equal(owners_info(w.own)->n_unknown, 2);
	/* 30 has no readable stat: not a process */
	assert_int_equal(owners_info(w.own)->n_procs, 6);
	owners_free(w.own);
	fake_proc_remove(root, dir);
}

static void fake_tree_changes(void **state)
{
	uint32_t wanted = 5001;
	struct owners_input in = {.added = &wanted, .n_added = 1, .complete = true};
	struct watch w = {.inode = 5001};
	char dir[64];
	int root = fake_proc_make("basic.txt", dir);

	(void)state;
	w.own = owners_new(root);
	owners_tick(w.own, &in, watch_change, &w);
	assert_int_equal(w.n, 3);
	/* another socket on the same number, and one more number */
	assert_int_equal(unlinkat(root, "10/fd/3", 0), 0);
	assert_int_equal(symlinkat("socket:[7000]", root, "10/fd/3"), 0);
	assert_int_equal(symlinkat("socket:[5001]", root, "11/fd/2"), 0);
	owners_tick(w.own, &complete, watch_change, &w);
	assert_int_equal(w.calls, 2);
	assert_int_equal(w.n, 3);
	assert_int_equal(w.owners[1].pid, 11);
	assert_int_equal(w.owners[1].fd, 2);
	assert_int_equal(w.owners[2].fd, 3);
	owners_tick(w.own, &complete, watch_change, &w);
	assert_int_equal(w.calls, 2);
	owners_free(w.own);
	fake_proc_remove(root, dir);
}

/* ---- real processes ---- */

static void fork_inherits(void **state)
{
	int fd = listener();
	struct watch w = watch_start(inode_of(fd));
	struct actor child;

	(void)state;
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, getpid());
	assert_int_equal(w.owners[0].fd, fd);
	child = act_start(wait_for_end, NULL);
	watch_tick(&w);
	assert_int_equal(w.n, 2);
	assert_true(watch_has(&w, child.pid));
	act_end(&child);
	watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.calls, 3);
	close(fd);
	watch_tick(&w);
	assert_int_equal(w.n, 0);
	watch_end(&w);
}

static void dup_is_another_holder(void **state)
{
	int fd = listener(), copy;
	struct watch w = watch_start(inode_of(fd));

	(void)state;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	watch_tick(&w);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.owners[1].fd, copy);
	close(fd);
	watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].fd, copy);
	close(copy);
	watch_end(&w);
}

static void receives_then_waits(int ctl, void *arg)
{
	tell(ctl);
	hear(ctl);
	receive_fd(ctl);
	tell(ctl);
	wait_for_end(ctl, arg);
}

static void passed_over_a_socket(void **state)
{
	struct actor child = act_start(receives_then_waits, NULL);
	int fd = listener();
	struct watch w;

	(void)state;
	/* closing and opening between two looks keeps the count: wait for its start to be over */
	hear(child.ctl);
	w = watch_start(inode_of(fd));
	assert_int_equal(w.n, 1);
	tell(child.ctl);
	send_fd(child.ctl, fd);
	hear(child.ctl);
	watch_tick(&w);
	assert_int_equal(w.n, 2);
	assert_true(watch_has(&w, child.pid));
	close(fd);
	watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_true(watch_has(&w, child.pid));
	act_end(&child);
	watch_end(&w);
}

/* Like a server's binary upgrade: a grandchild takes the socket over, its parent goes. */
static void hands_over(int ctl, void *arg)
{
	pid_t heir = fork();

	if (heir == 0) {
		hear(ctl);
		tell(ctl);
		wait_for_end(ctl, arg);
		_exit(0);
	}
	if (write(ctl, &heir, sizeof(heir)) != sizeof(heir))
		_exit(9);
	pause();
}

static void reload_hands_over(void **state)
{
	int fd = listener();
	struct actor old = act_start(hands_over, NULL);
	struct watch w;
	pid_t heir = 0;

	(void)state;
	assert_int_equal(read(old.ctl, &heir, sizeof(heir)), sizeof(heir));
	w = watch_start(inode_of(fd));
	close(fd);
	tell(old.ctl);
	hear(old.ctl);
	kill(old.pid, SIGKILL);
	waitpid(old.pid, NULL, 0);
	watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, heir);
	kill(heir, SIGKILL);
	close(old.ctl);
	watch_end(&w);
}

/* Writes the inode of a socket that only a thread with a table of its own has. */
static void *own_table(void *arg)
{
	int ctl = *(int *)arg, fd;
	uint32_t inode;

	if (unshare(CLONE_FILES) < 0)
		_exit(9);
	fd = listener();
	inode = inode_of(fd);
	if (write(ctl, &inode, sizeof(inode)) != sizeof(inode))
		_exit(9);
	wait_for_end(ctl, NULL);
	return NULL;
}

static void with_thread(int ctl, void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, own_table, &ctl) != 0)
		_exit(9);
	(void)arg;
	pthread_join(thread, NULL);
}

static void *shared_table(void *arg)
{
	int ctl = *(int *)arg, fd = listener();
	uint32_t inode = inode_of(fd);

	/* by now the leader has ended */
	while (syscall(SYS_tgkill, getpid(), getpid(), 0) == 0) {
		struct procfs_stat st;
		int proc_fd = procfs_open("/proc");
		int r = procfs_read_stat(proc_fd, (uint32_t)getpid(), &st);

		close(proc_fd);
		if (r < 0 || st.state == 'Z')
			break;
		sched_yield();
	}
	if (write(ctl, &inode, sizeof(inode)) != sizeof(inode))
		_exit(9);
	wait_for_end(ctl, NULL);
	return NULL;
}

static void leaderless(int ctl, void *arg)
{
	static int kept;
	pthread_t thread;

	(void)arg;
	kept = ctl;
	if (pthread_create(&thread, NULL, shared_table, &kept) != 0)
		_exit(9);
	syscall(SYS_exit, 0);
}

static uint32_t hear_inode(int ctl)
{
	uint32_t inode = 0;

	assert_int_equal(read(ctl, &inode, sizeof(inode)), sizeof(inode));
	return inode;
}

static void threads_with_own_tables(void **state)
{
	struct watch w = watch_start(0);
	struct actor child = act_start(with_thread, NULL);
	uint32_t inode = hear_inode(child.ctl);

	(void)state;
	watch_add(&w, inode);
	for (int i = 0; i < 3 && !w.n; i++)
		watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, child.pid);
	assert_true(w.owners[0].tid != 0 && w.owners[0].tid != (uint32_t)child.pid);
	act_end(&child);
	watch_tick(&w);
	assert_int_equal(w.n, 0);
	watch_end(&w);
}

static void exited_leaders(void **state)
{
	struct watch w = watch_start(0);
	struct actor child = act_start(leaderless, NULL);
	uint32_t inode = hear_inode(child.ctl);

	(void)state;
	watch_add(&w, inode);
	for (int i = 0; i < 3 && !w.n; i++)
		watch_tick(&w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, child.pid);
	assert_true(w.owners[0].tid != 0);
	act_end(&child);
	watch_end(&w);
}

static void closed_and_opened_between(void **state)
{
	int fd = listener(), again;
	uint32_t old = inode_of(fd), fresh;
	struct watch w = watch_start(old);
	struct owners_input in = {.added = &fresh, .n_added = 1, .gone = &old, .n_gone = 1};

	(void)state;
	close(fd);
	again = listener();
	assert_int_equal(again, fd);
	fresh = inode_of(again);
	w.inode = fresh;
	owners_tick(w.own, &in, watch_change, &w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, getpid());
	close(again);
	watch_end(&w);
}

static void in_flight(void **state)
{
	int pair[2], fd = listener();
	uint32_t inode = inode_of(fd), pid;
	struct owners_input in = {.complete = true, .in_flight = true};
	struct watch w = watch_start(inode);
	enum owner_status status;
	const char *detail;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	send_fd(pair[0], fd);
	close(fd);
	owners_tick(w.own, &in, watch_change, &w);
	assert_int_equal(w.n, 0);
	status = owners_why_unknown(w.own, inode, &detail, &pid);
	if (geteuid() == 0) {
		assert_int_equal(status, OWNER_IN_FLIGHT);
		assert_int_equal(pid, getpid());
	} else {
		assert_int_equal(status, OWNER_DENIED);
		assert_string_equal(detail, "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
	}
	close(pair[0]);
	close(pair[1]);
	watch_end(&w);
}

static void registered_with_io_uring(void **state)
{
	struct io_uring_params params = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params), fd = listener();
	uint32_t inode = inode_of(fd), pid;
	struct owners_input in = {.complete = true, .in_flight = true};
	struct watch w;
	const char *detail;

	(void)state;
	if (ring < 0) {
		close(fd);
		skip_because("this kernel refuses io_uring");
	}
	w = watch_start(inode);
	assert_int_equal(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1), 0);
	close(fd);
	owners_tick(w.own, &in, watch_change, &w);
	assert_int_equal(w.n, 0);
	assert_int_equal(owners_why_unknown(w.own, inode, &detail, &pid), OWNER_IN_FLIGHT);
	assert_int_equal(pid, getpid());
	close(ring);
	watch_end(&w);
}

#define FAT 10000

/* Opens many files, then at each byte one listener, and tells its inode. */
static void fat(int ctl, void *arg)
{
	struct rlimit limit;

	(void)arg;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < FAT; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			_exit(9);
	for (;;) {
		uint32_t inode = inode_of(listener());

		if (write(ctl, &inode, sizeof(inode)) != sizeof(inode))
			_exit(9);
		hear(ctl);
	}
}

static void fat_tables_are_read_at_their_end(void **state)
{
	struct actor child = act_start(fat, NULL);
	uint32_t first = hear_inode(child.ctl), second;
	struct watch w = watch_start(first);
	bool has_counts = owners_info(w.own)->has_counts;

	(void)state;
	assert_int_equal(w.n, 1);
	tell(child.ctl);
	second = hear_inode(child.ctl);
	w.inode = second;
	owners_tick(w.own, &(struct owners_input){.added = &second, .n_added = 1, .roll_us = 1},
		    watch_change, &w);
	if (has_counts) {
		assert_int_equal(w.n, 1);
		assert_true(owners_info(w.own)->scanned_fds < FAT / 2);
	}
	owners_tick(w.own, &complete, watch_change, &w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, child.pid);
	assert_true(owners_info(w.own)->scanned_fds > FAT);
	act_end(&child);
	watch_tick(&w);
	assert_int_equal(w.n, 0);
	watch_end(&w);
}

static void unknown_for_ever_costs_one_pass(void **state)
{
	uint32_t nobody = 4294967294;
	struct watch w = watch_start(0);
	uint64_t sum = 0;
	const char *detail;
	uint32_t pid;

	(void)state;
	watch_add(&w, nobody);
	assert_int_equal(owners_info(w.own)->n_searching, 1);
	assert_int_equal(owners_why_unknown(w.own, nobody, &detail, &pid), OWNER_PENDING);
	watch_tick(&w);
	watch_tick(&w);
	assert_int_equal(owners_info(w.own)->n_searching, 0);
	assert_int_equal(owners_info(w.own)->n_unknown, 1);
	assert_int_not_equal(owners_why_unknown(w.own, nobody, &detail, &pid), OWNER_PENDING);
	for (int i = 0; i < 5; i++) {
		owners_tick(w.own, &(struct owners_input){.roll_us = 1}, watch_change, &w);
		sum += owners_info(w.own)->scanned;
	}
	/* the rolling pass goes on, a table a tick or a few that changed; never all */
	assert_true(sum < 5 * owners_info(w.own)->n_procs / 2 + 5);
	watch_end(&w);
}

static void steady_ticks_say_nothing(void **state)
{
	int fd = listener();
	struct watch w = watch_start(inode_of(fd));

	(void)state;
	for (int i = 0; i < 20; i++)
		watch_tick(&w);
	owners_tick(w.own, &complete, watch_change, &w);
	assert_int_equal(w.calls, 1);
	close(fd);
	watch_end(&w);
}

static void processes_come_and_go(void **state)
{
	struct watch w = watch_start(0);
	struct actor child = act_start(wait_for_end, NULL);
	const struct owners_proc *exited;
	struct owners_proc proc;
	struct procfs_stat st;
	bool found = false;
	size_t n;

	(void)state;
	watch_tick(&w);
	assert_true(owners_proc(w.own, (uint32_t)child.pid, &proc));
	assert_true(proc.is_new);
	assert_int_equal(proc.ppid, getpid());
	assert_int_equal(procfs_read_stat(w.proc_fd, (uint32_t)child.pid, &st), 0);
	assert_int_equal(proc.start_ticks, st.start_ticks);
	watch_tick(&w);
	assert_true(owners_proc(w.own, (uint32_t)child.pid, &proc));
	assert_false(proc.is_new);
	act_end(&child);
	watch_tick(&w);
	assert_false(owners_proc(w.own, (uint32_t)child.pid, &proc));
	exited = owners_exited(w.own, &n);
	for (size_t i = 0; i < n; i++)
		found = found || exited[i].pid == (uint32_t)child.pid;
	assert_true(found);
	watch_end(&w);
}

static void fed_tables_give_the_same(void **state)
{
	int fd = listener();
	uint32_t inode = inode_of(fd), me = (uint32_t)getpid();
	struct actor child = act_start(wait_for_end, NULL);
	struct owners_entry entries[] = {
		{me, 0, fd, inode},
		{(uint32_t)child.pid, 0, fd, inode},
		{4194303, 0, 3, inode}, /* ended before the feed */
	};
	struct owners_input in = {.added = &inode, .n_added = 1};
	struct watch w = {.proc_fd = procfs_open("/proc"), .inode = inode};

	(void)state;
	if (me > (uint32_t)child.pid) { /* sorted by pid */
		struct owners_entry first = entries[0];

		entries[0] = entries[1];
		entries[1] = first;
	}
	w.own = owners_new(w.proc_fd);
	owners_feed(w.own, &in, entries, 3, watch_change, &w);
	assert_int_equal(w.n, 2);
	assert_true(watch_has(&w, child.pid));
	assert_true(owners_info(w.own)->fed);
	/* the /proc walk finds the same: no change to tell */
	owners_tick(w.own, &complete, watch_change, &w);
	assert_int_equal(w.calls, 1);
	owners_feed(w.own, &(struct owners_input){0}, entries + (entries[0].pid == me ? 0 : 1), 1,
		    watch_change, &w);
	assert_int_equal(w.calls, 2);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.owners[0].pid, me);
	act_end(&child);
	close(fd);
	watch_end(&w);
}

static void nothing_leaks(void **state)
{
	int before = count_fds();
	struct watch w = watch_start(0);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (i % 3 == 0)
			watch_tick(&w);
		waitpid(pid, NULL, 0);
		watch_tick(&w);
	}
	/* one for each process that lives, and /proc itself with loadavg */
	assert_true(count_fds() - before <= (int)owners_info(w.own)->n_tables + 2);
	watch_end(&w);
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fake_tree),
		cmocka_unit_test(fake_tree_changes),
		cmocka_unit_test(fork_inherits),
		cmocka_unit_test(dup_is_another_holder),
		cmocka_unit_test(passed_over_a_socket),
		cmocka_unit_test(reload_hands_over),
		cmocka_unit_test(threads_with_own_tables),
		cmocka_unit_test(exited_leaders),
		cmocka_unit_test(closed_and_opened_between),
		cmocka_unit_test(in_flight),
		cmocka_unit_test(registered_with_io_uring),
		cmocka_unit_test(fat_tables_are_read_at_their_end),
		cmocka_unit_test(unknown_for_ever_costs_one_pass),
		cmocka_unit_test(steady_ticks_say_nothing),
		cmocka_unit_test(processes_come_and_go),
		cmocka_unit_test(fed_tables_give_the_same),
		cmocka_unit_test(nothing_leaks),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
