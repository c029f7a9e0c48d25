/* Signals through the real screen to real processes: who is hit, who is not, and what is told. */
#include <arpa/inet.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

#define TICKS 30
#define CHURNERS 3
#define CHURN_FDS 8

/* All of a test's processes have the same name, which is what the screen is filtered for. */
static const char *family(void)
{
	static char name[16];

	snprintf(name, sizeof(name), "zoo%d", (int)getpid() % 100000);
	return name;
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 5) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		_exit(1);
	if (ret_port)
		*ret_port = ntohs(addr.sin_port);
	return fd;
}

/* --- processes */

enum kind { PLAIN, STUBBORN, NOBODY };

struct child {
	pid_t pid;
	int port;
};

static void __attribute__((noreturn)) wait_for_death(void)
{
	for (;;)
		pause();
}

/* Opens and closes listeners as fast as a busy deploy would. */
static void __attribute__((noreturn)) churn(unsigned seed)
{
	int fds[CHURN_FDS];

	memset(fds, -1, sizeof(fds));
	for (;;) {
		int at = rand_r(&seed) % CHURN_FDS;

		if (fds[at] >= 0) {
			close(fds[at]);
			fds[at] = -1;
		} else {
			fds[at] = listen_on_loopback(NULL);
		}
		poll(NULL, 0, 5);
	}
}

static void dress(const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
}

static struct child start_listener(enum kind kind)
{
	const char *name = family();
	struct child c = {0};
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		int port;

		listen_on_loopback(&port);
		if (kind == STUBBORN)
			signal(SIGTERM, SIG_IGN);
		if (kind == NOBODY && setuid(getpwnam("nobody")->pw_uid))
			_exit(1);
		dress(name);
		if (write(fds[1], &port, sizeof(port)) != sizeof(port))
			_exit(1);
		wait_for_death();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c.port, sizeof(c.port)), sizeof(c.port));
	close(fds[0]);
	return c;
}

static pid_t start_churner(unsigned seed)
{
	const char *name = family();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dress(name);
		churn(seed);
	}
	return pid;
}

static bool is_alive(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The signal that ended it. */
static int ended_by(pid_t pid)
{
	int status = 0;

	alarm(VT_DEADLINE / 1000);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

/* --- the screen */

static struct vt *start(void)
{
	const char *const argv[] = {getenv("INETTOP"), "--no-config", "-d", "0.1", NULL};
	char keys[64];
	struct vt *vt;

	assert_non_null(argv[0]);
	vt = vt_start(NULL, argv);
	assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	snprintf(keys, sizeof(keys), "\\comm:%s<Enter>", family());
	vt_type(vt, keys);
	return vt;
}

/* Away from any dialog, then out. */
static void quit(struct vt *vt)
{
	vt_observe(vt, 400);
	vt_type(vt, "<Esc>");
	vt_observe(vt, 100);
	vt_type(vt, "Q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

/* Types the port and waits until it is on the screen. Returns its line. */
static int go_to(struct vt *vt, const struct child *c)
{
	char text[16], keys[16];

	snprintf(text, sizeof(text), " %d ", c->port);
	snprintf(keys, sizeof(keys), "%d", c->port);
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
	vt_observe(vt, 900); /* digits typed before are another number */
	vt_type(vt, keys);
	assert_true(vt_wait_text(vt, "jump to", VT_DEADLINE));
	assert_true(vt_wait_no_text(vt, "jump to", VT_DEADLINE));
	return vt_find(vt, text, NULL);
}

/* Opens the dialog and lets the moment pass in which Enter means nothing. */
static void open_dialog(struct vt *vt, const struct child *c)
{
	char target[32];

	snprintf(target, sizeof(target), "[x] %d ", (int)c->pid);
	vt_type(vt, "k");
	assert_true(vt_wait_text(vt, target, VT_DEADLINE));
	vt_observe(vt, 500);
}

/* --- cases */

/* The row under the finger stays on its line for 30 ticks of churn, and it is the one that is hit.
 */
static void exactly_the_selected_one_is_hit(void **state)
{
	struct child target, bystanders[2];
	pid_t churners[CHURNERS];
	char text[16];
	struct vt *vt;
	int row;

	(void)state;
	bystanders[0] = start_listener(PLAIN);
	target = start_listener(PLAIN);
	bystanders[1] = start_listener(PLAIN);
	for (unsigned i = 0; i < CHURNERS; i++)
		churners[i] = start_churner(i + 1);
	vt = start();
	row = go_to(vt, &target);
	assert_true(row > 0);
	snprintf(text, sizeof(text), " %d ", target.port);
	for (int i = 0; i < TICKS; i++) {
		vt_observe(vt, 100);
		if (vt_find(vt, text, NULL) != row) {
			vt_dump(vt, stderr);
			fail_msg("tick %d: the row is on line %d instead of %d", i,
				 vt_find(vt, text, NULL), row);
		}
	}
	open_dialog(vt, &target);
	vt_type(vt, "<Enter>");
	assert_true(vt_wait_text(vt, "died after", VT_DEADLINE));
	assert_int_equal(ended_by(target.pid), SIGTERM);
	for (size_t i = 0; i < 2; i++)
		assert_true(is_alive(bystanders[i].pid));
	for (size_t i = 0; i < CHURNERS; i++)
		assert_true(is_alive(churners[i]));
	quit(vt);
	for (size_t i = 0; i < CHURNERS; i++)
		end(churners[i]);
	end(bystanders[0].pid);
	end(bystanders[1].pid);
}

static void who_ignores_sigterm_is_told_of(void **state)
{
	struct child c = start_listener(STUBBORN);
	struct vt *vt = start();

	(void)state;
	go_to(vt, &c);
	open_dialog(vt, &c);
	vt_type(vt, "<Enter>");
	assert_true(vt_wait_text(vt, "still alive", VT_DEADLINE));
	assert_true(is_alive(c.pid));
	vt_type(vt, "<Esc>");
	assert_true(vt_wait_no_text(vt, "still alive", VT_DEADLINE));
	/* and with SIGKILL after a wait */
	open_dialog(vt, &c);
	vt_type(vt, "<C-k><Enter>");
	assert_true(vt_wait_text(vt, "(KILL)", VT_DEADLINE));
	assert_int_equal(ended_by(c.pid), SIGKILL);
	quit(vt);
}

static void another_users_process_asks_again(void **state)
{
	struct child c;
	struct vt *vt;

	(void)state;
	if (geteuid() != 0 || !getpwnam("nobody"))
		skip_because("needs root and a user nobody");
	c = start_listener(NOBODY);
	vt = start();
	go_to(vt, &c);
	open_dialog(vt, &c);
	vt_type(vt, "<Enter>");
	assert_true(vt_wait_text(vt, "y: really send 15 SIGTERM to 1 process ", VT_DEADLINE));
	assert_true(is_alive(c.pid));
	vt_observe(vt, 400);
	vt_type(vt, "y");
	assert_true(vt_wait_text(vt, "died after", VT_DEADLINE));
	assert_int_equal(ended_by(c.pid), SIGTERM);
	quit(vt);
}

static void several_tagged_at_once(void **state)
{
	struct child c[3];
	struct vt *vt;

	(void)state;
	for (int i = 0; i < 3; i++)
		c[i] = start_listener(PLAIN);
	vt = start();
	for (int i = 0; i < 2; i++) {
		go_to(vt, &c[i]);
		vt_type(vt, " ");
	}
	assert_true(vt_wait_text(vt, "2 tagged", VT_DEADLINE));
	open_dialog(vt, &c[0]);
	vt_type(vt, "int<Enter>");
	assert_true(vt_wait_text(vt, "y: really send 2 SIGINT to 2 processes", VT_DEADLINE));
	vt_observe(vt, 400);
	vt_type(vt, "y");
	assert_int_equal(ended_by(c[0].pid), SIGINT);
	assert_int_equal(ended_by(c[1].pid), SIGINT);
	assert_true(is_alive(c[2].pid));
	quit(vt);
	end(c[2].pid);
}

/* Keys typed before the dialog was seen send nothing. */
static void typed_ahead_sends_nothing(void **state)
{
	struct child c = start_listener(PLAIN);
	struct vt *vt = start();

	(void)state;
	go_to(vt, &c);
	vt_type(vt, "k<Enter><Enter>y<Enter>");
	assert_true(vt_wait_text(vt, "Send a signal", VT_DEADLINE));
	vt_observe(vt, 500);
	assert_true(vt_find(vt, "Send a signal", NULL) >= 0);
	assert_true(is_alive(c.pid));
	vt_type(vt, "<Esc>");
	assert_true(vt_wait_no_text(vt, "Send a signal", VT_DEADLINE));
	quit(vt);
	end(c.pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_the_selected_one_is_hit),
		cmocka_unit_test(who_ignores_sigterm_is_told_of),
		cmocka_unit_test(another_users_process_asks_again),
		cmocka_unit_test(several_tagged_at_once),
		cmocka_unit_test(typed_ahead_sends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
