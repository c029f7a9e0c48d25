/*
 * Random keys, pastes, clicks and sizes on the real screen while sockets, processes and namespaces
 * come and go. Everything happens in name spaces of the test's own, as nobody: a random "kill"
 * reaches only what the test started. TORTURE_SECONDS (default 6) and TORTURE_SEED lengthen and
 * repeat a run; a failure names its seed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

#define NOBODY 65534
#define SKIPPED 77
#define TRAIL 64

static char home[] = "/tmp/inettop-keys.XXXXXX";
static char program[64];

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static unsigned int below(uint64_t *state, unsigned int n)
{
	return (unsigned int)(next(state) >> 33) % n;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* ---- name spaces of our own */

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool copy_program(void)
{
	int from = open(getenv("INETTOP") ? getenv("INETTOP") : "", O_RDONLY | O_CLOEXEC), to;
	struct stat st;
	bool done;

	if (!mkdtemp(home) || from < 0 || fstat(from, &st) < 0)
		return false;
	snprintf(program, sizeof(program), "%s/inettop", home);
	to = open(program, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	for (done = to >= 0; done && st.st_size > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)st.st_size);

		done = n > 0;
		st.st_size -= n;
	}
	close(from);
	close(to);
	return done;
}

static bool become_nobody(void)
{
	if (geteuid() != 0)
		return true;
	return !chown(home, NOBODY, NOBODY) && !setgroups(0, NULL) &&
	       !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

static bool map_ids(uid_t uid, gid_t gid)
{
	char text[32];

	snprintf(text, sizeof(text), "0 %u 1", uid);
	if (!put_text("/proc/self/uid_map", text) || !put_text("/proc/self/setgroups", "deny"))
		return false;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	return put_text("/proc/self/gid_map", text);
}

static void raise_loopback(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

/* In process 1 of the new name spaces. */
static bool settle(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	raise_loopback();
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("proc", "/proc", "proc", 0, NULL) && !chdir(home);
}

/* ---- what changes while the keys come */

static void open_and_linger(uint64_t *state)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	unsigned int kind = below(state, 8), i;
	int linger_ms = (int)below(state, 300);
	int fd, peer;

	if (kind == 0 && !unshare(CLONE_NEWNET))
		raise_loopback();
	if (kind == 1)
		prctl(PR_SET_NAME, "\033[2J\xff)\n(");
	for (i = 0; i <= below(state, 5); i++) {
		fd = socket(AF_INET, kind == 2 ? SOCK_DGRAM : SOCK_STREAM, 0);
		bind(fd, (struct sockaddr *)&addr, sizeof(addr));
		listen(fd, 1);
		getsockname(fd, (struct sockaddr *)&addr, &len);
		peer = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(peer, (struct sockaddr *)&addr, sizeof(addr));
		addr.sin_port = 0;
	}
	if (kind == 3 && fork() == 0)
		pause();
	poll(NULL, 0, linger_ms);
	_exit(0);
}

/* At most a few dozen at a time; ends with its parent, its children with it. */
static pid_t start_churn(uint64_t seed)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t child = fork();

		next(&seed);
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			open_and_linger(&seed);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		poll(NULL, 0, 10);
	}
}

/* ---- what the user does */

struct hand {
	struct vt *vt;
	uint64_t state;
	const char *trail[TRAIL];
	unsigned int done, runs;
};

static const char *const keys[] = {
	"<Up>",
	"<Down>",
	"<Down>",
	"<Down>",
	"<Left>",
	"<Right>",
	"<PgUp>",
	"<PgDn>",
	"<Home>",
	"<End>",
	"<Ins>",
	"<Del>",
	"<Enter>",
	"<Enter>",
	"<Enter>",
	"<Tab>",
	"<Tab>",
	"<S-Tab>",
	"<Esc>",
	"<Esc>",
	"<Esc>",
	"<BS>",
	"<F1>",
	"<F2>",
	"<F3>",
	"<F4>",
	"<F5>",
	"<F6>",
	"<F7>",
	"<F8>",
	"<F9>",
	"<F11>",
	"<F12>",
	"<C-a>",
	"<C-b>",
	"<C-d>",
	"<C-e>",
	"<C-g>",
	"<C-l>",
	"<C-u>",
	"<C-w>",
	"<M-1>",
	"<M-2>",
	"<M-3>",
	"<M-4>",
	"<M-5>",
	"<M-6>",
	"<M-x>",
	" ",
	"0",
	"1",
	"8",
	"9",
	"g",
	"G",
	"/",
	"n",
	"N",
	"\\",
	"&",
	"=",
	"a",
	"A",
	"u",
	"<lt>",
	">",
	".",
	"I",
	"R",
	"P",
	"M",
	"T",
	"t",
	"t",
	"+",
	"-",
	"*",
	"c",
	"U",
	"k",
	"X",
	"l",
	"e",
	"p",
	"w",
	"b",
	"F",
	"Z",
	"d",
	"D",
	"f",
	"S",
	"W",
	"y",
	"E",
	":",
	"h",
	"?",
	"j",
	"K",
	"L",
	"o",
	"y",
	"yes<Enter>",
	"/a<Enter>",
	"/<Tab>",
	"\\:80<Enter>",
	"\\comm:i or state listen<Enter>",
	"\\~(a+)+$<Enter>",
	"\\(((<Enter>",
	"\\new or gone<Enter>",
	":pane sockets<Enter>",
	":sort -age<Enter>",
	":filter <Enter>",
	":w x.csv<Enter>",
	":<Tab><Tab><Tab>",
	"d0.1<Enter>",
	"Ex.json<Enter>",
	"k9<Enter><Enter>",
	"<Enter><Tab><Enter><Esc>",
	"f <Down> <Enter>",
};

static const char *const sequences[] = {
	"\033[",	 "\033O",
	"\033[200~",	 "\033[201~",
	"\033[M   ",	 "\033[<0;5;5M",
	"\033[<64;2;2M", "\033[<0;999;999m",
	"\033[1;5A",	 "\033[99999999999999999999~",
	"\033]0;x\a",	 "\033P1$r\033\\",
	"\033[?1;2c",	 "\033[I",
	"\033[O",	 "\033[27;5;9~",
	"\033[107;5u",	 "\xff\xfe",
	"\xc3",		 "\xe2\x80",
	"\u202e",	 "\u00e9",
	"\U0001f600",	 "\x9b",
	"\033\033\033",	 "\033[A\033[B",
	"\x1f",		 "\x1e",
	"\t\t\t",	 "a\r\n",
	"\x7f\x7f",	 "%n%s",
	"\033[24;80R",	 "\0",
};

static const unsigned short sizes[][2] = {
	{24, 80}, {24, 80},    {24, 80},  {1, 1},    {2, 2},  {10, 40},
	{4, 20},  {3, 20},     {24, 19},  {80, 300}, {8, 30}, {1, 300},
	{300, 1}, {500, 1000}, {50, 132}, {16, 80},  {7, 80},
};

static void resize(struct hand *h)
{
	const unsigned short *size = sizes[below(&h->state, sizeof(sizes) / sizeof(sizes[0]))];

	vt_resize(h->vt, size[0], size[1]);
	if (below(&h->state, 8) == 0)
		vt_resize(h->vt, 0, 0);
}

static void act(struct hand *h)
{
	unsigned int what = below(&h->state, 100);
	const char *text;

	if (what < 82) {
		text = keys[below(&h->state, sizeof(keys) / sizeof(keys[0]))];
		vt_type(h->vt, text);
	} else if (what < 90) {
		text = sequences[below(&h->state, sizeof(sequences) / sizeof(sequences[0]))];
		vt_send(h->vt, text, strlen(text) + !*text);
	} else if (what < 92) {
		text = "paste";
		vt_paste(h->vt, "kill\r\nQ\033[201~q\x1b");
	} else if (what < 95) {
		text = "mouse";
		vt_mouse(h->vt, (int)below(&h->state, 30), (int)below(&h->state, 90),
			 1 + (int)below(&h->state, 5));
	} else if (what < 98) {
		text = "resize";
		resize(h);
	} else {
		text = "signal";
		vt_signal(h->vt, below(&h->state, 2) ? SIGCONT : SIGWINCH);
	}
	h->trail[h->done++ % TRAIL] = text;
	vt_observe(h->vt, below(&h->state, 10) ? (int)below(&h->state, 6) : 120);
}

static void tell(const struct hand *h, int status)
{
	unsigned int i = h->done < TRAIL ? 0 : h->done - TRAIL;

	print_message("# TORTURE_SEED: run %u ended with %d after %u actions; the last:\n", h->runs,
		      status, h->done);
	for (; i < h->done; i++)
		print_message("# %s\n", h->trail[i % TRAIL]);
	vt_dump(h->vt, stdout);
}

static void begin(struct hand *h)
{
	static const char *const intervals[] = {"0.1", "0.3", "1"};
	const char *argv[] = {program,
			      "-d",
			      intervals[below(&h->state, 3)],
			      "--hold=1",
			      below(&h->state, 3) ? "--keys=default" : "--keys=vim",
			      below(&h->state, 4) ? "--color=always" : "--ascii",
			      NULL};
	char variable[64];
	const char *const env[] = {variable, NULL};
	struct vt_options o = {.cwd = home, .env = env};

	snprintf(variable, sizeof(variable), "HOME=%s", home);
	h->vt = vt_start(&o, argv);
	h->runs++;
	assert_true(vt_wait_text(h->vt, "PORT", VT_DEADLINE));
}

/* A quick way out must work from wherever the keys have led. */
static void end(struct hand *h)
{
	int status, tries;

	for (tries = 0; !vt_exited(h->vt) && tries < 50; tries++) {
		vt_resize(h->vt, 24, 80);
		vt_send(h->vt, "\033[201~", 6);
		vt_observe(h->vt, 60);
		vt_type(h->vt, "<C-g>");
		vt_observe(h->vt, 60);
		vt_type(h->vt, "<F10>");
		vt_observe(h->vt, 300);
	}
	status = vt_wait_exit(h->vt, 0);
	if (status)
		tell(h, status);
	assert_int_equal(status, 0);
	assert_true(vt_termios_restored(h->vt));
	assert_false(vt_alt_screen(h->vt));
	vt_free(h->vt);
	h->vt = NULL;
}

static void any_key_at_any_time(void **state)
{
	const char *seconds = getenv("TORTURE_SECONDS"), *seed = getenv("TORTURE_SEED");
	long until = now_ms() + 1000 * (seconds ? strtol(seconds, NULL, 10) : 6);
	struct hand h = {.state = seed ? strtoull(seed, NULL, 10) * 2 + 1 : 4711};
	unsigned int total = 0;
	pid_t churn = start_churn(h.state);

	(void)state;
	while (now_ms() < until) {
		begin(&h);
		h.done = 0;
		while (now_ms() < until && h.done < 400 && !vt_exited(h.vt))
			act(&h);
		total += h.done;
		end(&h);
		if (waitpid(churn, NULL, WNOHANG) == churn)
			churn = start_churn(h.state);
	}
	print_message("# %u actions in %u runs\n", total, h.runs);
	kill(churn, SIGKILL);
}

static int run_cases(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(any_key_at_any_time)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int main(void)
{
	uid_t uid;
	gid_t gid;
	pid_t pid;
	int status = 0;

	if (!copy_program() || !become_nobody())
		return SKIPPED;
	uid = geteuid();
	gid = getegid();
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC) < 0 ||
	    !map_ids(uid, gid)) {
		printf("cannot make name spaces as nobody here\n");
		return SKIPPED;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exit(settle() ? run_cases() : SKIPPED);
	waitpid(pid, &status, 0);
	nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	/* no leak check here: its tracer would be born in the dead process name space */
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
