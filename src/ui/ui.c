/*
 * The loop: one poll() over terminal, session, signals and signalled processes. A key is handled
 * and drawn before anything else is looked at; nothing here waits for the collector.
 */
#include "ui/ui.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ui/effects.h"
#include "ui/input.h"
#include "ui/paint.h"

#define EVENTS_PER_FRAME 200
#define EMPTY_READS_MAX 3 /* readable but nothing there, so often: the terminal is gone */
#define PASTE_POLL_MS 200

struct ui {
	struct session *session;
	struct app *app;
	struct doer doer;
	struct effects effects;
	struct input input;
	struct paint paint;
	struct grid grid;
	struct ui_stats *stats;
	const struct snapshot *shown; /* the app looks at it */
	int signal_fd, end_sig;
	int empty_reads;
	bool dirty, working, pending; /* draw; slices left; bytes wait for the terminal */
	bool lost;
	VEC(struct pollfd) fds;
};

static void feed(struct ui *ui, struct app_event *ev)
{
	ev->mono_ms = (int64_t)mono_ms();
	ev->wall_ms = (int64_t)wall_ms();
	app_handle(ui->app, ev, &ui->effects);
	effects_run(&ui->doer, &ui->effects);
	ui->dirty = ui->working = true;
}

static void deliver_results(struct ui *ui)
{
	struct app_event ev = {.kind = APP_RESULT};
	struct effects_result r;

	while (effects_next_result(&ui->doer, &r)) {
		ev.result = r.result;
		feed(ui, &ev);
		free(r.text);
	}
}

/* The app sees the event, then the answers to what it asked for. */
static void handle(struct ui *ui, struct app_event *ev)
{
	feed(ui, ev);
	deliver_results(ui);
}

/* --- signals */

static bool is_ignored(int sig)
{
	struct sigaction sa;

	return !sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN;
}

/* What was ignored when we were started (nohup) stays so: the kernel queues it all the same once
 * it is blocked. */
static int open_signals(void)
{
	static const int signals[] = {SIGINT,  SIGTERM, SIGHUP,	  SIGQUIT, SIGXCPU,
				      SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!is_ignored(signals[i]))
			sigaddset(&set, signals[i]);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void tell_size(struct ui *ui)
{
	struct app_event ev = {.kind = APP_RESIZE};

	term_size(&ev.size.rows, &ev.size.cols);
	grid_resize(&ui->grid, ev.size.rows, ev.size.cols);
	handle(ui, &ev);
}

/* Away and back to the size before is no change to us, but the terminal has lost what was cut. */
static void on_resize(struct ui *ui)
{
	if (!term_resize())
		return;
	tell_size(ui);
	paint_redraw(&ui->paint);
}

/* After the process was stopped, or stopped itself. */
static void on_return(struct ui *ui)
{
	term_resize();
	tell_size(ui);
	paint_redraw(&ui->paint);
}

static void on_signal(struct ui *ui, int sig)
{
	if (sig == SIGWINCH) {
		on_resize(ui);
	} else if (sig == SIGTSTP) {
		ui->doer.suspend = true;
	} else if (sig == SIGCONT) {
		term_resume();
		on_return(ui);
	} else {
		ui->end_sig = sig;
	}
}

static void read_signals(struct ui *ui)
{
	struct signalfd_siginfo info;

	while (read(ui->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		on_signal(ui, (int)info.ssi_signo);
}

/* --- input */

/* Something the user cannot undo comes next: what was typed before it does not count. */
static void flush_input(struct ui *ui)
{
	ui->doer.flush_input = false;
	ui->input.pasting = false;
	term_flush_input();
}

static void suspend(struct ui *ui)
{
	ui->doer.suspend = false;
	term_suspend();
	on_return(ui);
}

static bool nothing_to_read(void)
{
	int n = 0;

	return ioctl(term_fd(), FIONREAD, &n) < 0 || n == 0;
}

static void read_input(struct ui *ui, bool readable)
{
	struct app_event ev;
	int i, got = 0;

	for (i = 0; i < EVENTS_PER_FRAME && !ui->doer.quit; i++) {
		got = input_next(&ui->input, (int64_t)mono_ms(), &ev);
		if (got < 0)
			break;
		if (got > 0)
			handle(ui, &ev);
		if (ui->doer.flush_input)
			flush_input(ui);
		if (ui->doer.suspend)
			suspend(ui);
	}
	if (i || !readable || !nothing_to_read())
		ui->empty_reads = 0;
	else if (++ui->empty_reads >= EMPTY_READS_MAX)
		ui->lost = true;
}

/* --- session */

static void take_snapshot(struct ui *ui)
{
	const struct snapshot *snap = session_take(ui->session);
	struct app_event ev = {.kind = APP_SNAPSHOT, .snapshot = snap};
	const struct snapshot *before = ui->shown;

	if (!snap)
		return;
	ui->shown = snap;
	handle(ui, &ev);
	if (before)
		session_release(before);
}

static void send_needs(struct ui *ui)
{
	struct needs needs = {0};

	app_needs(ui->app, &needs);
	session_set_needs(ui->session, &needs);
	ui->doer.needs = false;
}

/* --- frames */

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void send_bytes(struct ui *ui)
{
	int err = term_flush();

	ui->pending = err > 0;
	if (err < 0)
		ui->lost = true;
}

/* A terminal that has not taken the frame before gets no new one. */
static void draw(struct ui *ui)
{
	uint64_t t0 = cpu_us(), t1;

	ui->dirty = false;
	if (ui->doer.redraw)
		paint_redraw(&ui->paint);
	ui->doer.redraw = false;
	app_render(ui->app, &ui->grid);
	t1 = cpu_us();
	paint_grid(&ui->paint, &ui->grid, (enum theme_id)app_settings(ui->app)->theme);
	ui->stats->view_us += t1 - t0;
	ui->stats->paint_us += cpu_us() - t1;
	ui->stats->frames++;
	send_bytes(ui);
	send_needs(ui);
}

/* --- the loop */

static void add_fd(struct ui *ui, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	vec_push(&ui->fds, p);
}

static void sooner(int *timeout, int ms)
{
	if (ms >= 0 && (*timeout < 0 || ms < *timeout))
		*timeout = ms;
}

static int timeout_ms(struct ui *ui)
{
	int64_t deadline = app_deadline(ui->app), left = deadline - (int64_t)mono_ms();
	int timeout = -1;

	if (ui->working || (ui->dirty && !ui->pending))
		return 0;
	if (deadline >= 0)
		sooner(&timeout, left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left);
	if (ui->input.pasting)
		sooner(&timeout, PASTE_POLL_MS);
	sooner(&timeout, effects_timeout(&ui->doer));
	return timeout;
}

static void wait_for_events(struct ui *ui)
{
	size_t i;
	int fd;

	vec_clear(&ui->fds);
	add_fd(ui, term_fd(), POLLIN);
	add_fd(ui, ui->signal_fd, POLLIN);
	add_fd(ui, session_fd(ui->session), POLLIN);
	add_fd(ui, ui->pending ? STDOUT_FILENO : -1, POLLOUT);
	for (i = 0; i < ui->doer.targets.len; i++) {
		fd = session_target_fd(ui->doer.targets.data[i].target);
		if (ui->doer.targets.data[i].told == TARGET_SIGNALLED ||
		    ui->doer.targets.data[i].told == TARGET_ALIVE)
			add_fd(ui, fd, POLLIN);
	}
	if (poll(ui->fds.data, ui->fds.len, timeout_ms(ui)) < 0)
		for (i = 0; i < ui->fds.len; i++)
			ui->fds.data[i].revents = 0;
}

static void tick(struct ui *ui)
{
	struct app_event ev = {.kind = APP_TICK};
	int64_t deadline = app_deadline(ui->app);

	if (deadline >= 0 && (int64_t)mono_ms() >= deadline)
		handle(ui, &ev);
}

static void step(struct ui *ui)
{
	bool readable;

	wait_for_events(ui);
	if (ui->fds.data[1].revents)
		read_signals(ui);
	if (ui->fds.data[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		ui->lost = true;
		return;
	}
	readable = ui->fds.data[0].revents & POLLIN;
	if (readable || ui->input.pasting)
		read_input(ui, readable);
	if (ui->doer.suspend)
		suspend(ui);
	if (ui->fds.data[2].revents)
		take_snapshot(ui);
	effects_poll(&ui->doer);
	deliver_results(ui);
	if (ui->fds.data[3].revents)
		send_bytes(ui);
	tick(ui);
	if (ui->working) {
		ui->working = app_work(ui->app);
		ui->dirty |= !ui->working;
	}
	if (ui->dirty && !ui->pending && !ui->doer.quit)
		draw(ui);
}

static int start(struct ui *ui, const struct app_config *app_cfg, const struct ui_config *cfg)
{
	struct settings settings = *app_cfg->settings;
	struct app_config config = *app_cfg;
	struct lookup lookup = {0};

	settings.ascii |= !term_is_utf8();
	session_lookup(ui->session, &lookup);
	config.settings = &settings;
	config.lookup = &lookup;
	ui->app = app_new(&config);
	effects_init(&ui->doer, ui->session, ui->app, cfg, config.readonly);
	input_init(&ui->input);
	paint_init(&ui->paint);
	grid_init(&ui->grid);
	tell_size(ui);
	if (term_note()) {
		effects_say(&ui->doer, 0, term_note());
		deliver_results(ui);
	}
	send_needs(ui);
	return session_start(ui->session);
}

static void finish(struct ui *ui)
{
	if (ui->lost)
		ui->end_sig = SIGHUP;
	if (ui->end_sig)
		term_end_soon(ui->end_sig);
	if (ui->lost)
		term_abandon();
	ui->stats->bytes = term_bytes();
	term_close();
	effects_done(&ui->doer);
	vec_done(&ui->effects.list);
	input_done(&ui->input);
	paint_done(&ui->paint);
	grid_done(&ui->grid);
	vec_done(&ui->fds);
	app_free(ui->app);
	if (ui->shown)
		session_release(ui->shown);
}

int ui_run(struct session *s, const struct app_config *app_cfg, const struct ui_config *cfg,
	   struct ui_stats *ret_stats, struct strbuf *ret_error)
{
	struct ui ui = {.session = s, .stats = ret_stats, .signal_fd = open_signals()};
	int err;

	memset(ret_stats, 0, sizeof(*ret_stats));
	if (ui.signal_fd < 0) {
		strbuf_addf(ret_error, "cannot wait for signals: %s", strerror(errno));
		return -EMFILE;
	}
	err = term_open(cfg->color, app_cfg->settings->mouse, ret_error);
	if (!err) {
		err = start(&ui, app_cfg, cfg);
		while (!err && !ui.doer.quit && !ui.end_sig && !ui.lost)
			step(&ui);
		finish(&ui);
		if (err)
			strbuf_addf(ret_error, "cannot start the collector: %s", strerror(-err));
	}
	close(ui.signal_fd);
	return err ? err : ui.end_sig;
}

void ui_die(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig);
}
