/* The real program on the live kernel, as a person sees it. */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

#define HOSTILE_COMM                                                                               \
	"\033]0;comm\a\x9b"                                                                        \
	"1m"
#define HOSTILE_ARG                                                                                \
	"\033]52;c;QUJD\a\033[2J\r\n\x9b"                                                          \
	"31m\u202e"

static struct vt *start(const struct vt_options *options)
{
	const char *const argv[] = {getenv("INETTOP"), "--no-config", NULL};

	assert_non_null(argv[0]);
	return vt_start(options, argv);
}

static struct vt *start_ready(const struct vt_options *options)
{
	struct vt *vt = start(options);

	assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	return vt;
}

static void quit(struct vt *vt)
{
	vt_observe(vt, 50); /* an Esc before this is no Alt */
	vt_type(vt, "Q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	assert_true(vt_termios_restored(vt));
	assert_false(vt_alt_screen(vt));
	vt_free(vt);
}

/* --- a process that listens on loopback */

struct listener {
	pid_t pid;
	int port, other_port;
};

static int listen_on_loopback(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 5) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		_exit(1);
	return ntohs(addr.sin_port);
}

/* In the child: says its ports on stdout and waits to be killed. */
static void __attribute__((noreturn)) listen_and_wait(void)
{
	int one = listen_on_loopback(), two = listen_on_loopback();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, HOSTILE_COMM);
	dprintf(STDOUT_FILENO, "%d %d\n", one, two);
	for (;;)
		pause();
}

static struct listener start_listener(void)
{
	struct listener l = {0};
	char text[32] = "", *end;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	l.pid = fork();
	if (l.pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl("/proc/self/exe", HOSTILE_ARG, "--listen", HOSTILE_ARG, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	close(fds[0]);
	l.port = (int)strtol(text, &end, 10);
	l.other_port = (int)strtol(end, NULL, 10);
	return l;
}

static void stop_listener(struct listener *l)
{
	kill(l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
}

/* Filters for the listener's port and waits for its row. Returns the screen row. */
static int show_listener(struct vt *vt, const struct listener *l)
{
	char keys[32], row[32];

	snprintf(keys, sizeof(keys), "\\:%d<Enter>", l->port);
	snprintf(row, sizeof(row), "127.0.0.1 %d", l->port);
	vt_type(vt, keys);
	assert_true(vt_wait_text(vt, row, VT_DEADLINE));
	return vt_find(vt, row, NULL);
}

/* --- cases */

static void shows_who_listens(void **state)
{
	struct listener l = start_listener();
	struct vt *vt = start_ready(NULL);
	char pid[16];
	int row;

	(void)state;
	assert_int_equal(vt_find(vt, "Ports", NULL), 0);
	row = show_listener(vt, &l);
	snprintf(pid, sizeof(pid), " %d ", (int)l.pid);
	assert_true(vt_wait_row(vt, row, pid, VT_DEADLINE));
	assert_true(vt_wait_row(vt, row, "tcp", VT_DEADLINE));
	quit(vt);
	stop_listener(&l);
}

/* Every byte of the process's name and arguments comes as a visible escape or not at all. */
static void hostile_names_are_only_text(void **state)
{
	static const char *const keys[] = {"p",	    "<Right>", "<Enter>", "<Tab>", "<Tab>", "<Esc>",
					   "<M-2>", "<M-3>",   "<M-6>",	  "<M-1>", "<C-l>"};
	struct vt_options wide = {.rows = 50, .cols = 200};
	struct listener l = start_listener();
	struct vt *vt = start_ready(&wide);
	const char *raw;
	size_t i, len;

	(void)state;
	show_listener(vt, &l);
	assert_true(vt_wait_text(vt, "\\x1b]0;comm\\x07\\x9b1m", VT_DEADLINE));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		vt_type(vt, keys[i]);
		vt_observe(vt, 100);
	}
	raw = vt_raw(vt, &len);
	assert_null(memmem(raw, len, "\033]", 2));
	assert_null(memchr(raw, '\a', len));
	assert_null(memmem(raw, len,
			   "\x9b"
			   "1m",
			   3));
	assert_null(memmem(raw, len, "\u202e", 3));
	assert_string_equal(vt_title(vt), "");
	quit(vt);
	stop_listener(&l);
}

static void every_size_shows_something(void **state)
{
	static const struct {
		int rows, cols;
		const char *text;
	} sizes[] = {{24, 80, "PROTO"}, {80, 300, "PROTO"}, {10, 40, "LOCAL"},
		     {4, 20, "LOCAL"},	{3, 20, "need"},    {24, 19, "need"}};
	struct vt_options o = {0};
	struct vt *vt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		o.rows = sizes[i].rows;
		o.cols = sizes[i].cols;
		vt = start(&o);
		assert_true(vt_wait_text(vt, sizes[i].text, VT_DEADLINE));
		quit(vt);
	}
}

static void is_calm(void **state)
{
	struct vt *vt = start_ready(NULL);
	size_t bytes;

	(void)state;
	vt_type(vt, "\\nothing-has-this<Enter>");
	vt_observe(vt, 2500);
	bytes = vt_bytes(vt);
	vt_observe(vt, 3000);
	assert_in_range(vt_bytes(vt) - bytes, 0, 4 * 1024);
	vt_type(vt, "<Down><Tab><Tab>h");
	assert_true(vt_wait_no_text(vt, "PROTO", VT_DEADLINE));
	vt_type(vt, "<Esc>");
	vt_observe(vt, 200);
	assert_int_equal(vt_clears(vt), 1);
	quit(vt);
}

static void survives_resizes_behind_every_dialog(void **state)
{
	static const char *const dialogs[] = {"",  "h",	   "k", "f",  "S", "y", "E",
					      "u", "<F6>", "/", "\\", ":", "d", "<Enter>"};
	struct vt *vt = start_ready(NULL);
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(dialogs) / sizeof(dialogs[0]); i++) {
		vt_type(vt, dialogs[i]);
		for (n = 0; n < 20; n++)
			vt_resize(vt, 1 + n * 37 % 50, 1 + n * 53 % 170);
		vt_resize(vt, 24, 80); /* where it started */
		vt_observe(vt, 100);
		vt_type(vt, "<Esc>");
		vt_observe(vt, 100);
		vt_type(vt, "<Esc>");
		assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	}
	quit(vt);
}

static void pasted_keys_do_nothing_outside_prompts(void **state)
{
	struct vt *vt = start_ready(NULL);

	(void)state;
	vt_paste(vt, "Qq\rh");
	vt_type(vt, "/");
	vt_observe(vt, 100);
	vt_paste(vt, "abcdef");
	assert_true(vt_wait_text(vt, "abcdef", VT_DEADLINE));
	vt_type(vt, "<C-c>");
	assert_true(vt_wait_no_text(vt, "abcdef", VT_DEADLINE));
	quit(vt);
}

static bool same_look(const struct vt_cell *a, const struct vt_cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->reverse == b->reverse;
}

struct place {
	int row;
	struct vt_cell before;
};

static bool looks_different(struct vt *vt, void *arg)
{
	const struct place *p = arg;
	struct vt_cell now = vt_cell(vt, p->row, 40);

	return !same_look(&p->before, &now);
}

static void a_click_selects(void **state)
{
	struct listener l = start_listener();
	struct vt *vt = start_ready(NULL);
	char keys[32], text[16];
	struct place place;

	(void)state;
	snprintf(keys, sizeof(keys), "\\%d<Enter>", (int)l.pid);
	vt_type(vt, keys);
	snprintf(text, sizeof(text), " %d ", l.port > l.other_port ? l.port : l.other_port);
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
	place.row = vt_find(vt, text, NULL);
	place.before = vt_cell(vt, place.row, 40);
	vt_mouse(vt, place.row, 40, 1);
	assert_true(vt_wait(vt, looks_different, &place, VT_DEADLINE));
	quit(vt);
	stop_listener(&l);
}

static void ends_give_the_terminal_back(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGABRT};
	struct vt *vt;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		vt = start_ready(NULL);
		vt_signal(vt, signals[i]);
		status = vt_wait_exit(vt, VT_DEADLINE);
		assert_int_equal(status, 256 + signals[i]);
		assert_true(vt_termios_restored(vt));
		assert_false(vt_alt_screen(vt));
		vt_free(vt);
	}
}

static void a_terminal_that_went_away_ends_it(void **state)
{
	const char *const argv[] = {"bash", "-c", "trap '' HUP; exec \"$INETTOP\" --no-config",
				    NULL};
	char variable[4200];
	const char *const env[] = {variable, NULL};
	struct vt_options o = {.env = env};
	siginfo_t info;
	struct vt *vt;

	(void)state;
	snprintf(variable, sizeof(variable), "INETTOP=%s", getenv("INETTOP"));
	vt = vt_start(&o, argv);
	assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	vt_hangup(vt);
	alarm(VT_DEADLINE / 1000);
	assert_int_equal(waitid(P_PID, (id_t)vt_pid(vt), &info, WEXITED | WNOWAIT), 0);
	alarm(0);
	vt_free(vt);
}

static void unusable_terminals_are_told(void **state)
{
	struct vt_options o = {.cols = 120, .term = "dumb"};
	struct vt *vt = start(&o);

	(void)state;
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 3);
	assert_int_equal(vt_find(vt, "cannot place the cursor", NULL), 0);
	vt_free(vt);
	o.term = "no-such-terminal";
	vt = start_ready(&o);
	assert_true(vt_wait_text(vt, "drawn as for xterm-256color", VT_DEADLINE));
	quit(vt);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_who_listens),
		cmocka_unit_test(hostile_names_are_only_text),
		cmocka_unit_test(every_size_shows_something),
		cmocka_unit_test(is_calm),
		cmocka_unit_test(survives_resizes_behind_every_dialog),
		cmocka_unit_test(pasted_keys_do_nothing_outside_prompts),
		cmocka_unit_test(a_click_selects),
		cmocka_unit_test(ends_give_the_terminal_back),
		cmocka_unit_test(a_terminal_that_went_away_ends_it),
		cmocka_unit_test(unusable_terminals_are_told),
	};

	if (argc > 1 && !strcmp(argv[1], "--listen"))
		listen_and_wait();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
