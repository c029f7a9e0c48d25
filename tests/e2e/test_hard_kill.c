/*
 * A pid that changes hands while the signal dialog is open, or before it opens: no stranger is ever
 * signalled. In a process name space of the test's own with a small pid_max (per name space since
 * Linux 6.14), where a number comes back after a hundred forks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

#define SKIPPED 77
#define PID_MAX "420"
#define RESERVED 300 /* numbers below are not used again (RESERVED_PIDS, kernel/pid.c) */
#define PORT 47123

/* TORTURE_SECONDS set = the long run. */
static int rounds(void)
{
	return getenv("TORTURE_SECONDS") ? 20 : 3;
}

static void __attribute__((noreturn)) wait_to_be_killed(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) listen_and_wait(int ready)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_port = htons(PORT),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0)
		_exit(1);
	close(ready);
	wait_to_be_killed();
}

static pid_t start_victim(void)
{
	char byte;
	int fds[2];
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0)
		listen_and_wait(fds[1]);
	close(fds[1]);
	n = read(fds[0], &byte, 1); /* until it listens */
	close(fds[0]);
	assert_int_equal(n, 0);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Forks until a child has that number; -1 when it does not come. */
static pid_t fork_as(pid_t wanted)
{
	for (int i = 0; i < 2000; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (getpid() == wanted)
				wait_to_be_killed();
			_exit(0);
		}
		if (pid == wanted)
			return pid;
		waitpid(pid, NULL, 0);
	}
	return -1;
}

/* Another process gets the number of this one, which ends. */
static pid_t replace(pid_t victim)
{
	pid_t stranger;

	end_process(victim);
	stranger = fork_as(victim);
	assert_int_equal(stranger, victim);
	return stranger;
}

static bool is_alive(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && !info.si_pid;
}

static struct vt *start_screen(void)
{
	const char *const argv[] = {getenv("INETTOP"), "--no-config", "-d", "0.1", ":47123", NULL};
	struct vt *vt = vt_start(NULL, argv);

	assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	return vt;
}

static void wait_for_row(struct vt *vt, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), " %d ", (int)pid);
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
}

static void open_dialog(struct vt *vt)
{
	vt_type(vt, "k");
	assert_true(vt_wait_text(vt, "SIGTERM", VT_DEADLINE));
	vt_observe(vt, 350); /* Enter does not count before that */
}

static void quit(struct vt *vt)
{
	vt_observe(vt, 60); /* an Esc before this is no Alt */
	vt_type(vt, "Q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

/* ---- cases */

static void recycled_while_the_dialog_is_open(void **state)
{
	(void)state;
	for (int i = 0; i < rounds(); i++) {
		struct vt *vt = start_screen();
		pid_t victim = start_victim(), stranger;

		wait_for_row(vt, victim);
		open_dialog(vt);
		stranger = replace(victim);
		vt_type(vt, "<Enter>");
		assert_true(vt_wait_text(vt, "had ended before", VT_DEADLINE));
		vt_type(vt, "<Enter>");
		vt_observe(vt, 50);
		assert_true(is_alive(stranger));
		vt_type(vt, "<Esc>");
		quit(vt);
		assert_true(is_alive(stranger));
		end_process(stranger);
	}
}

/* A tick that was under way when the victim ended may have found no owner any more: no dialog. */
static bool refused_or_no_owner(struct vt *vt, void *arg)
{
	(void)arg;
	return vt_find(vt, "another process", NULL) >= 0 ||
	       (vt_find(vt, "Send a signal", NULL) < 0 && vt_find(vt, "  - root", NULL) >= 0);
}

static void recycled_before_the_dialog_opens(void **state)
{
	(void)state;
	for (int i = 0; i < rounds(); i++) {
		struct vt *vt = start_screen();
		pid_t victim = start_victim(), stranger;

		wait_for_row(vt, victim);
		vt_type(vt, "Z");
		assert_true(vt_wait_text(vt, "PAUSED", VT_DEADLINE));
		stranger = replace(victim);
		vt_type(vt, "k");
		assert_true(vt_wait(vt, refused_or_no_owner, NULL, VT_DEADLINE));
		vt_observe(vt, 350); /* Enter does not count before that */
		vt_type(vt, "<Enter>");
		vt_observe(vt, 50);
		vt_type(vt, "<Enter>");
		vt_observe(vt, 50);
		assert_true(is_alive(stranger));
		vt_type(vt, "<Esc>");
		quit(vt);
		assert_true(is_alive(stranger));
		end_process(stranger);
	}
}

/* ---- a name space of our own */

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* In process 1 of the new name spaces. */
static bool settle(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("proc", "/proc", "proc", 0, NULL) &&
	       put_text("/proc/sys/kernel/pid_max", PID_MAX) && fork_as(RESERVED) == RESERVED;
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recycled_while_the_dialog_is_open),
		cmocka_unit_test(recycled_before_the_dialog_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pid_max belongs to the name space since Linux 6.14; before, it would be everybody's. */
static bool limit_is_private(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	return !uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 14));
}

int main(void)
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0 || !limit_is_private() ||
	    unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0) {
		printf("needs root, name spaces of its own and Linux 6.14\n");
		return SKIPPED;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exit(settle() ? run_cases() : SKIPPED);
	waitpid(pid, &status, 0);
	/* no leak check here: its tracer would be born in the dead process name space */
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
