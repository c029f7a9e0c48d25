/* See term.h. The capabilities are those of terminfo(5); modes 1000, 1006, 2004 of xterm's
 * ctlseqs. */
#include "ui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"

#define NCURSES_NOMACROS
#include <curses.h>
#include <term.h>

#define SIZE_MAX_SIDE 1000
#define CLOSE_WAIT_MS 300
#define ESCAPE_DELAY_MS 25
#define RESTORE_MAX 256
#define MOUSE_EVENTS (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED)
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define ABORT_SEQUENCE "\030" /* CAN: a terminal drops the escape sequence it is in */

static const int fatal_signals[] = {SIGSEGV,   SIGBUS,	SIGFPE,	 SIGILL,   SIGABRT,
				    SIGSYS,    SIGTRAP, SIGXFSZ, SIGALRM,  SIGPROF,
				    SIGVTALRM, SIGIO,	SIGPWR,	 SIGSTKFLT};

#define FATAL_SIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

static struct {
	SCREEN *screen;
	FILE *in, *out;
	int capture; /* the memory file behind out */
	enum theme_depth depth;
	bool utf8, paste;
	int rows, cols;
	char note[160];
	struct strbuf queue;
	size_t sent, bytes;
	struct termios shell, raw;
	/* read by the signal handler */
	volatile sig_atomic_t active; /* the screen is ours */
	volatile sig_atomic_t end_sig;
	int flags; /* of standard output, without O_NONBLOCK */
	struct sigaction before[FATAL_SIGNALS];
	char restore[RESTORE_MAX];
	size_t restore_len;
} term;

/* --- the way out: async-signal-safe */

static void write_now(const char *bytes, size_t len)
{
	ssize_t n;

	fcntl(STDOUT_FILENO, F_SETFL, term.flags | O_NONBLOCK);
	n = write(STDOUT_FILENO, bytes, len);
	(void)n;
	fcntl(STDOUT_FILENO, F_SETFL, term.flags);
}

static void restore_now(void)
{
	if (!term.active)
		return;
	term.active = 0;
	write_now(ABORT_SEQUENCE, 1);
	write_now(term.restore, term.restore_len);
	tcsetattr(STDIN_FILENO, TCSANOW, &term.shell);
}

static void on_fatal_signal(int sig)
{
	sigset_t set;
	size_t i;

	restore_now();
	if (sig == SIGALRM && term.end_sig) {
		sig = term.end_sig;
		signal(sig, SIG_DFL);
	}
	for (i = 0; i < FATAL_SIGNALS; i++)
		if (fatal_signals[i] == sig)
			sigaction(sig, &term.before[i], NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig);
}

/* A handler that was there before (a sanitizer's) still gets its turn after ours. */
static void catch_fatal_signals(void)
{
	struct sigaction sa = {.sa_handler = on_fatal_signal};
	sigset_t unblock;
	size_t i;

	sigfillset(&sa.sa_mask);
	sigemptyset(&unblock);
	for (i = 0; i < FATAL_SIGNALS; i++) {
		sigaddset(&unblock, fatal_signals[i]);
		sigaction(fatal_signals[i], &sa, &term.before[i]);
		if (term.before[i].sa_handler == SIG_IGN)
			sigaction(fatal_signals[i], &term.before[i], NULL);
	}
	sigprocmask(SIG_UNBLOCK, &unblock, NULL);
	xalloc_set_oom_hook(restore_now);
}

void term_end_soon(int sig)
{
	struct sigaction sa = {.sa_handler = on_fatal_signal};

	term.end_sig = sig;
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
}

/* --- the terminal's description */

/* A string capability, or NULL. */
static const char *capability(const char *name)
{
	const char *value = tigetstr(name);

	return value == (const char *)-1 ? NULL : value;
}

/* Appends a capability to the restore string, without its padding marks ("$<5>"). */
static void restore_add(const char *text)
{
	const char *end;

	while (text && *text && term.restore_len < RESTORE_MAX) {
		end = strncmp(text, "$<", 2) ? NULL : strchr(text, '>');
		if (end)
			text = end + 1;
		else
			term.restore[term.restore_len++] = *text++;
	}
}

static void prepare_restore(bool has_mouse)
{
	term.restore_len = 0;
	if (has_mouse)
		restore_add(MOUSE_OFF);
	if (term.paste)
		restore_add(PASTE_OFF);
	restore_add(capability("rmkx"));
	restore_add(capability("sgr0"));
	restore_add(capability("op"));
	restore_add(capability("cnorm"));
	restore_add(capability("rmcup"));
}

/*
 * A description from the user's own directories runs with the program's rights (CVE-2023-29491):
 * they are not looked at when those rights are more than the user's.
 */
static bool environment_is_foreign(void)
{
	const char *sudo = getenv("SUDO_UID");

	return getauxval(AT_SECURE) || (geteuid() == 0 && sudo && strcmp(sudo, "0"));
}

enum found { FOUND, FOUND_UNUSABLE, FOUND_NOT };

static enum found describe(const char *type)
{
	int err = 0;
	enum found found;

	if (setupterm(type, term.capture, &err) != OK)
		return err == 1 ? FOUND_UNUSABLE : FOUND_NOT;
	found = capability("cup") && capability("clear") ? FOUND : FOUND_UNUSABLE;
	del_curterm(cur_term);
	return found;
}

/* The type to use for $TERM, or NULL with the reason in ret_error. */
static const char *choose_type(const char *wanted, struct strbuf *ret_error)
{
	static const char *const others[] = {"xterm-256color", "vt100"};
	enum found found = *wanted ? describe(wanted) : FOUND_NOT;
	struct strbuf clean;
	const char *type = NULL;
	size_t i;

	if (found == FOUND)
		return wanted;
	strbuf_init(&clean, 0);
	text_clean(wanted, strnlen(wanted, 64), TEXT_ASCII, &clean);
	for (i = 0; found == FOUND_NOT && !type && i < sizeof(others) / sizeof(others[0]); i++)
		if (describe(others[i]) == FOUND)
			type = others[i];
	if (type)
		snprintf(term.note, sizeof(term.note),
			 *wanted ? "terminal type '%s' is not known here: drawn as for %s"
				 : "TERM is not set%s: drawn as for %s",
			 strbuf_str(&clean), type);
	else if (found == FOUND_UNUSABLE)
		strbuf_addf(ret_error, "terminal type '%s' cannot place the cursor; try --batch",
			    strbuf_str(&clean));
	else
		strbuf_addf(ret_error, "no description of terminal type '%s' (TERM); try --batch",
			    strbuf_str(&clean));
	strbuf_done(&clean);
	return type;
}

static SCREEN *start_curses(struct strbuf *ret_error)
{
	bool foreign = environment_is_foreign();
	const char *wanted = getenv("TERM"), *type;
	char *home = NULL;
	SCREEN *screen = NULL;

	if (foreign) {
		unsetenv("TERMINFO");
		unsetenv("TERMINFO_DIRS");
		unsetenv("TERMCAP");
		unsetenv("TERMPATH");
		home = getenv("HOME") ? xstrdup(getenv("HOME")) : NULL;
		unsetenv("HOME");
	}
	type = choose_type(wanted ? wanted : "", ret_error);
	unsetenv("LINES"); /* the size is asked of the terminal, and may change */
	unsetenv("COLUMNS");
	if (type)
		screen = newterm(type, term.out, term.in);
	if (type && !screen)
		strbuf_addf(ret_error, "terminal type %s does not work; try --batch", type);
	if (home)
		setenv("HOME", home, 1);
	free(home);
	return screen;
}

/* --- line settings */

static void make_raw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT | PARMRK);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

static void enter_raw(void)
{
	while (tcsetattr(STDIN_FILENO, TCSANOW, &term.raw) < 0 && errno == EINTR)
		;
	term.active = 1;
}

static void leave_raw(void)
{
	term.active = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &term.shell);
}

/* --- what goes out */

static void take_captured(void)
{
	char buf[16384];
	off_t len = lseek(term.capture, 0, SEEK_CUR), done = 0;
	ssize_t n;

	while (done < len && (n = pread(term.capture, buf, sizeof(buf), done)) > 0) {
		strbuf_add(&term.queue, buf, (size_t)n);
		done += n;
	}
	if (len > 0 && !ftruncate(term.capture, 0))
		lseek(term.capture, 0, SEEK_SET);
}

void term_put(const char *bytes, size_t len)
{
	take_captured();
	strbuf_add(&term.queue, bytes, len);
}

void term_frame(void)
{
	const char *sync = capability("Sync");

	if (lseek(term.capture, 0, SEEK_CUR) <= 0)
		return;
	if (sync)
		strbuf_adds(&term.queue, tparm(sync, 1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
	take_captured();
	if (sync)
		strbuf_adds(&term.queue, tparm(sync, 2L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
}

static ssize_t write_nonblocking(const char *bytes, size_t len)
{
	ssize_t n;
	int saved;

	fcntl(STDOUT_FILENO, F_SETFL, term.flags | O_NONBLOCK);
	n = write(STDOUT_FILENO, bytes, len);
	saved = errno;
	fcntl(STDOUT_FILENO, F_SETFL, term.flags);
	errno = saved;
	return n;
}

int term_flush(void)
{
	ssize_t n;

	while (term.sent < term.queue.len) {
		n = write_nonblocking(term.queue.data + term.sent, term.queue.len - term.sent);
		if (n > 0) {
			term.sent += (size_t)n;
			term.bytes += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			return 1;
		} else if (n == 0 || errno != EINTR) {
			return n ? -errno : -EIO;
		}
	}
	strbuf_reset(&term.queue);
	term.sent = 0;
	return 0;
}

size_t term_bytes(void)
{
	return term.bytes;
}

/* Sends the queue, but waits no longer than CLOSE_WAIT_MS. */
static int flush_for_a_moment(void)
{
	uint64_t end = mono_ms() + CLOSE_WAIT_MS, now;
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	int err;

	while ((err = term_flush()) > 0 && (now = mono_ms()) < end)
		poll(&out, 1, (int)(end - now));
	return err;
}

/* --- taking and giving back */

/* Without colours start_color() is not called: it would set white on black. */
static enum theme_depth depth_of(enum term_color color)
{
	const char *no_color = getenv("NO_COLOR");
	int colours = tigetnum("colors"), pairs = tigetnum("pairs");

	if (color == TERM_COLOR_NEVER || colours < 8 || pairs < 8 ||
	    (color == TERM_COLOR_AUTO && no_color && *no_color) || start_color() != OK)
		return DEPTH_MONO;
	return colours >= 256 && pairs >= 256 ? DEPTH_256 : DEPTH_16;
}

/* Characters above 127 are wanted whole; the sequence that makes some terminals send the Alt key as
 * an eighth bit is not. */
static void keep_eighth_bit(void)
{
	off_t before = lseek(term.capture, 0, SEEK_CUR);

	meta(stdscr, TRUE);
	curs_set(1); /* makes ncurses write what it holds */
	if (before >= 0 && !ftruncate(term.capture, before))
		lseek(term.capture, before, SEEK_SET);
}

/* Modes that such a terminal does not know are ignored by it. */
static bool is_ansi(void)
{
	const char *cup = capability("cup");

	return cup && !strncmp(cup, "\033[", 2);
}

static void set_up_curses(enum term_color color, bool mouse)
{
	set_escdelay(ESCAPE_DELAY_MS);
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	typeahead(-1);
	mouseinterval(0);
	term.depth = depth_of(color);
	keep_eighth_bit();
	curs_set(0);
	term.paste = is_ansi();
	if (term.paste)
		term_put(PASTE_ON, strlen(PASTE_ON));
	term_set_mouse(mouse);
	prepare_restore(capability("kmous") != NULL);
}

static int open_streams(struct strbuf *ret_error)
{
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	term.capture = memfd_create("frame", MFD_CLOEXEC);
	term.in = in < 0 ? NULL : fdopen(in, "r");
	term.out = term.capture < 0 ? NULL : fdopen(term.capture, "w");
	if (term.in && term.out)
		return 0;
	strbuf_addf(ret_error, "cannot set up the terminal: %s", strerror(errno));
	return -EMFILE;
}

int term_open(enum term_color color, bool mouse, struct strbuf *ret_error)
{
	int err;

	memset(&term, 0, sizeof(term));
	strbuf_init(&term.queue, 0);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &term.shell) < 0) {
		strbuf_adds(ret_error, "the screen needs a terminal on standard input and output; "
				       "try --batch");
		return -ENOTTY;
	}
	err = open_streams(ret_error);
	if (err)
		return err;
	term.flags = fcntl(STDOUT_FILENO, F_GETFL) & ~O_NONBLOCK;
	term.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	term.screen = start_curses(ret_error);
	if (!term.screen)
		return -ENODEV;
	set_up_curses(color, mouse);
	term.raw = term.shell;
	make_raw(&term.raw);
	catch_fatal_signals();
	enter_raw();
	if (!term_resize())
		getmaxyx(stdscr, term.rows, term.cols);
	return 0;
}

void term_abandon(void)
{
	term.active = 0;
}

void term_close(void)
{
	if (!term.screen || !term.active)
		return;
	if (flush_for_a_moment() == 0) {
		endwin();
		term_put(PASTE_OFF, term.paste ? strlen(PASTE_OFF) : 0);
		flush_for_a_moment();
		leave_raw();
	} else {
		tcflush(STDOUT_FILENO, TCOFLUSH);
		restore_now();
	}
	xalloc_set_oom_hook(NULL);
}

void term_suspend(void)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	struct timespec none = {0, 0};
	sigset_t stop, cont;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	endwin();
	term_put(PASTE_OFF, term.paste ? strlen(PASTE_OFF) : 0);
	flush_for_a_moment();
	leave_raw();
	sigaction(SIGTSTP, &dfl, NULL);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sigtimedwait(&cont, NULL, &none);
	term_resume();
}

void term_resume(void)
{
	if (!isendwin())
		endwin();
	enter_raw();
	clearok(curscr, TRUE);
	refresh();
	if (term.paste)
		term_put(PASTE_ON, strlen(PASTE_ON));
}

/* --- small things */

const char *term_note(void)
{
	return term.note[0] ? term.note : NULL;
}

int term_fd(void)
{
	return STDIN_FILENO;
}

enum theme_depth term_depth(void)
{
	return term.depth;
}

bool term_is_utf8(void)
{
	return term.utf8;
}

static int clamp(int side)
{
	return side > SIZE_MAX_SIDE ? SIZE_MAX_SIDE : side;
}

bool term_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	term.rows = clamp(size.ws_row);
	term.cols = clamp(size.ws_col);
	resizeterm(term.rows, term.cols);
	return true;
}

void term_size(int *ret_rows, int *ret_cols)
{
	*ret_rows = term.rows;
	*ret_cols = term.cols;
}

void term_set_mouse(bool on)
{
	mousemask(on ? MOUSE_EVENTS : 0, NULL);
}

void term_flush_input(void)
{
	tcflush(STDIN_FILENO, TCIFLUSH);
	flushinp();
}
