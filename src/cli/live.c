#include "cli/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/say.h"

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int32_t utc_offset(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

void live_init(struct live *live, const struct plan *plan, struct session *session)
{
	bool tty = isatty(STDOUT_FILENO);

	*live = (struct live){
		.session = session,
		.plan = plan,
		.out_fd = STDOUT_FILENO,
		.signal_fd = watch_signals(),
		.style = {.numeric = plan->numeric,
			  .ascii = plan->settings.ascii,
			  .export = !tty,
			  .utc_offset_s = utc_offset()},
	};
	sink_init(&live->out, sink_write_fd, &live->out_fd);
	if (gethostname(live->host, sizeof(live->host) - 1))
		live->host[0] = '\0';
	live_now(live);
}

void live_done(struct live *live)
{
	sink_done(&live->out);
	close(live->signal_fd);
}

void live_now(struct live *live)
{
	session_lookup(live->session, &live->lookup);
	live->lookup.mono_ms = (int64_t)mono_ms();
	live->lookup.wall_ms = live->style.wall_ms = (int64_t)wall_ms();
}

const struct snapshot *live_once(struct live *live, const struct needs *needs)
{
	const struct snapshot *snap = NULL;
	struct strbuf error;

	strbuf_init(&error, 0);
	if (session_once(live->session, needs, &snap, &error)) {
		say("%s", strbuf_str(&error));
		snap = NULL;
	}
	strbuf_done(&error);
	live_now(live);
	return snap;
}

static int timeout_until(int64_t deadline_ms)
{
	int64_t left;

	if (deadline_ms < 0)
		return -1;
	left = deadline_ms - (int64_t)mono_ms();
	return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

enum live_wake live_wait(struct live *live, int fd, int64_t deadline_ms)
{
	struct pollfd fds[] = {
		{.fd = live->signal_fd, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
		{.fd = live->out_fd}, /* only errors: nobody reads any more */
	};
	struct signalfd_siginfo info;

	for (;;) {
		int n = poll(fds, 3, timeout_until(deadline_ms));

		if (n < 0 && errno != EINTR)
			return LIVE_CLOSED;
		if (n == 0 && timeout_until(deadline_ms) == 0)
			return LIVE_TIME;
		if (n <= 0)
			continue;
		if (read(live->signal_fd, &info, sizeof(info)) == sizeof(info)) {
			live->signal = (int)info.ssi_signo;
			return LIVE_SIGNAL;
		}
		if (fds[2].revents & (POLLERR | POLLNVAL))
			return LIVE_CLOSED;
		if (fds[1].revents)
			return LIVE_NEWS;
	}
}

int64_t live_interval(const struct live *live, int64_t otherwise_ms)
{
	return live->plan->interval_ms >= 0 ? live->plan->interval_ms : otherwise_ms;
}

int live_start(struct live *live, const struct needs *needs, int64_t interval_ms)
{
	int err;

	session_set_needs(live->session, needs);
	session_set_interval(live->session, live_interval(live, interval_ms));
	err = session_start(live->session);
	if (err)
		say("cannot start a thread: %s", strerror(-err));
	return err;
}

const struct snapshot *live_next(struct live *live, int64_t deadline_ms, enum live_wake *ret_wake)
{
	const struct snapshot *snap = NULL;

	while (!snap) {
		*ret_wake = live_wait(live, session_fd(live->session), deadline_ms);
		if (*ret_wake != LIVE_NEWS)
			return NULL;
		snap = session_take(live->session);
	}
	live_now(live);
	return snap;
}

int live_end(struct live *live, int code)
{
	int err = sink_flush(&live->out);

	if (err == -EPIPE)
		return LIVE_EXIT_PIPE;
	if (err) {
		say("cannot write: %s", strerror(-err));
		return CLI_FATAL;
	}
	return code;
}
