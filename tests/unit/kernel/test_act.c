#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "unit/kernel/scene.h"

#include "kernel/act.h"

static int proc_fd;

static uint64_t start_of(pid_t pid)
{
	struct procfs_stat st;

	assert_int_equal(procfs_read_stat(proc_fd, (uint32_t)pid, &st), 0);
	return st.start_ticks;
}

/* Polls with a clock of its own: one poll is one millisecond. */
static void settle(struct act_target *target, int64_t kill_after, int64_t wait_ms)
{
	for (int64_t now = 0; act_poll(target, 1, now, kill_after, wait_ms); now++) {
		assert_true(now < 10000);
		poll(NULL, 0, 1);
	}
}

static void ends_a_process(void **state)
{
	struct actor child = act_start(wait_for_end, NULL);
	struct act_target target;
	char text[128];

	(void)state;
	assert_int_equal(act_open(proc_fd, (uint32_t)child.pid, start_of(child.pid), &target),
			 ACT_OK);
	assert_int_equal(act_signal(&target, 0, 0), ACT_OK);
	assert_int_equal(act_poll(&target, 1, 0, -1, 1000), 0);
	assert_int_equal(act_signal(&target, SIGTERM, 0), ACT_OK);
	settle(&target, -1, 5000);
	assert_int_equal(target.result, ACT_DIED);
	assert_true(target.after_ms >= 0);
	assert_non_null(strstr(act_explain(&target, text, sizeof(text)), "ended after"));
	act_close(&target);
	/* a zombie until we wait for it: gone */
	assert_int_equal(act_open(proc_fd, (uint32_t)child.pid, start_of(child.pid), &target),
			 ACT_GONE);
	act_end(&child);
	assert_int_equal(act_open(proc_fd, (uint32_t)child.pid, 1, &target), ACT_GONE);
	assert_int_equal(act_signal(&target, SIGTERM, 0), ACT_GONE);
}

static void deaf(int ctl, void *arg)
{
	signal(SIGTERM, SIG_IGN);
	tell(ctl);
	wait_for_end(ctl, arg);
}

static void waits_then_kills(void **state)
{
	struct actor child = act_start(deaf, NULL);
	struct act_target target;
	char text[128];

	(void)state;
	hear(child.ctl);
	assert_int_equal(act_open(proc_fd, (uint32_t)child.pid, start_of(child.pid), &target),
			 ACT_OK);
	assert_int_equal(act_signal(&target, SIGTERM, 0), ACT_OK);
	settle(&target, -1, 30);
	assert_int_equal(target.result, ACT_ALIVE);
	assert_string_equal(act_explain(&target, text, sizeof(text)), "still alive");
	assert_int_equal(act_signal(&target, SIGTERM, 0), ACT_OK);
	settle(&target, 10, 5000);
	assert_int_equal(target.result, ACT_DIED);
	assert_true(target.killed);
	act_close(&target);
	act_end(&child);
}

static void some_are_never_signalled(void **state)
{
	uint32_t ancestors[64];
	struct act_target target;
	size_t n = act_ancestors(proc_fd, ancestors, 64);

	(void)state;
	assert_true(n >= 1);
	assert_int_equal(ancestors[0], getppid());
	assert_int_equal(act_open(proc_fd, 0, 0, &target), ACT_REFUSED_INIT);
	assert_int_equal(act_open(proc_fd, 1, start_of(1), &target), ACT_REFUSED_INIT);
	assert_int_equal(act_open(proc_fd, (uint32_t)-5, 0, &target), ACT_REFUSED_INIT);
	assert_int_equal(act_open(proc_fd, (uint32_t)getpid(), start_of(getpid()), &target),
			 ACT_REFUSED_SELF);
	for (size_t i = 0; i < n; i++) {
		enum act_result r =
			act_open(proc_fd, ancestors[i], start_of((pid_t)ancestors[i]), &target);

		assert_int_equal(r, ancestors[i] == 1 ? ACT_REFUSED_INIT : ACT_REFUSED_ANCESTOR);
		assert_int_equal(target.pidfd, -1);
	}
}

static void another_start_time_is_another_process(void **state)
{
	struct actor child = act_start(wait_for_end, NULL);
	struct act_target target;

	(void)state;
	assert_int_equal(act_open(proc_fd, (uint32_t)child.pid, start_of(child.pid) - 1, &target),
			 ACT_RECYCLED);
	assert_int_equal(act_signal(&target, SIGKILL, 0), ACT_RECYCLED);
	assert_int_equal(kill(child.pid, 0), 0);
	act_end(&child);
}

static void others_say_eperm(void **state)
{
	struct act_target target = {.pidfd = -1};
	struct actor child = act_start(wait_for_end, NULL);
	int status = 0;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		act_end(&child);
		skip_because("needs root to become somebody else");
	}
	pid = fork();
	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		if (act_open(proc_fd, (uint32_t)child.pid, start_of(child.pid), &target) != ACT_OK)
			_exit(3);
		_exit(act_signal(&target, SIGTERM, 0) == ACT_DENIED ? 0 : 4);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	act_end(&child);
}

/* ---- a pid that really is recycled: a pid namespace with few pids ---- */

static pid_t wait_for_pid(pid_t wanted)
{
	for (int i = 0; i < 4000; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid == wanted)
			return pid;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return -1;
}

static int set_pid_max(void)
{
	int fd = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, "1500", 4);

	if (fd >= 0)
		close(fd);
	return n == 4 ? 0 : -1;
}

/* In the namespace: 0 = the stranger lived. */
static int recycle(void)
{
	struct act_target early, late;
	struct procfs_stat st;
	pid_t victim, stranger;
	int proc;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 || set_pid_max() < 0)
		return 77;
	proc = procfs_open("/proc");
	/* pids below 300 are given out once only (RESERVED_PIDS, kernel/pid.c) */
	victim = wait_for_pid(320);
	if (victim < 0)
		return 77;
	if (procfs_read_stat(proc, (uint32_t)victim, &st) < 0 ||
	    act_open(proc, (uint32_t)victim, st.start_ticks, &early) != ACT_OK)
		return 2;
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	/* hundreds of forks lie between the two: more than a tick of the start time */
	stranger = wait_for_pid(victim);
	if (stranger != victim)
		return 77;
	if (act_signal(&early, SIGKILL, 0) != ACT_GONE)
		return 3;
	if (act_open(proc, (uint32_t)victim, st.start_ticks, &late) != ACT_RECYCLED)
		return 4;
	if (act_signal(&late, SIGKILL, 0) != ACT_RECYCLED)
		return 5;
	return waitpid(stranger, NULL, WNOHANG) == 0 ? 0 : 6;
}

static void recycled_pid_is_never_hit(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pid_t init;

		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(77);
		init = fork();
		if (init == 0)
			_exit(recycle());
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_because("needs a pid namespace with a pid_max of its own");
	assert_int_equal(status, 0);
}

static void names_of_signals(void **state)
{
	(void)state;
	assert_int_equal(act_parse_signal("TERM"), SIGTERM);
	assert_int_equal(act_parse_signal("sigkill"), SIGKILL);
	assert_int_equal(act_parse_signal("15"), SIGTERM);
	assert_int_equal(act_parse_signal("0"), -EINVAL);
	assert_int_equal(act_parse_signal("65"), -EINVAL);
	assert_int_equal(act_parse_signal("-9"), -EINVAL);
	assert_int_equal(act_parse_signal(""), -EINVAL);
	assert_int_equal(act_parse_signal("9x"), -EINVAL);
	assert_string_equal(act_signal_name(SIGHUP), "HUP");
	assert_null(act_signal_name(4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_a_process),
		cmocka_unit_test(waits_then_kills),
		cmocka_unit_test(some_are_never_signalled),
		cmocka_unit_test(another_start_time_is_another_process),
		cmocka_unit_test(others_say_eperm),
		cmocka_unit_test(recycled_pid_is_never_hit),
		cmocka_unit_test(names_of_signals),
	};

	proc_fd = procfs_open("/proc");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
