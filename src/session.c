/*
 * The collector thread and what it shares with the rest of the program: needs and wishes come in
 * under one lock, snapshots go out by one pointer. The thread sleeps in poll() until a tick is due,
 * a wish comes, a socket dies or a helper process answers; no key ever waits for it.
 */
#include "session_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

/* An answer of a helper is shown at once, but not more often than this. */
#define ABSORB_MS 50

static void signal_fd(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n; /* a full counter is readable all the same */
}

static void drain_fd(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
}

static void free_needs(struct needs *needs)
{
	free((void *)(uintptr_t)needs->watch);
	memset(needs, 0, sizeof(*needs));
}

static void copy_needs(struct needs *to, const struct needs *from)
{
	uint64_t *watch = NULL;

	if (from->n_watch)
		watch = xmemdup(from->watch, from->n_watch * sizeof(*watch));
	free_needs(to);
	*to = *from;
	to->watch = watch;
	to->push = (struct needs_push){0};
}

int session_new(const struct session_config *cfg, struct session **ret)
{
	struct session *s = xcalloc(1, sizeof(*s));
	int err;

	s->cfg = *cfg;
	s->cfg.readonly |= cfg->replay != NULL;
	s->tape.fd = -1;
	hash_init(&s->uids, (uint64_t)mono_ms() * 0x9e3779b97f4a7c15u);
	s->proc_fd = s->own_ns.net_dir = -1;
	s->interval_ms = cfg->interval_ms;
	s->hold_ms = cfg->hold_ms;
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	session_names_init(&s->names);
	helper_specs(s->helper_specs);
	err = helper_start(s->helper_specs, &s->helper);
	if (!err)
		err = session_why_new(s);
	if (err) {
		session_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->quit = true;
		pthread_mutex_unlock(&s->lock);
		signal_fd(s->wake_fd);
		pthread_join(s->thread, NULL);
	}
	if (s->ready)
		snapshot_release(s->ready);
	session_close_sources(s);
	free_needs(&s->needs);
	free_needs(&s->tick_needs);
	session_names_done(&s->names);
	pthread_mutex_destroy(&s->lock);
	close(s->wake_fd);
	close(s->news_fd);
	free(s);
}

/* Hands a snapshot over; one that nobody took is dropped for the newer one. */
static void hand_over(struct session *s, const struct snapshot *snap)
{
	const struct snapshot *old;

	pthread_mutex_lock(&s->lock);
	old = s->ready;
	s->ready = snap;
	s->last_stats = snap->stats;
	s->last_epoch = snap->epoch;
	pthread_mutex_unlock(&s->lock);
	if (old)
		snapshot_release(old);
	signal_fd(s->news_fd);
}

struct wishes {
	int64_t interval_ms;
	uint64_t destroy_id;
	bool paused, rescan, quit;
};

static struct wishes take_wishes(struct session *s)
{
	struct wishes w;

	pthread_mutex_lock(&s->lock);
	w = (struct wishes){s->interval_ms, s->destroy_id, s->paused, s->rescan, s->quit};
	s->rescan = false;
	s->destroy_id = 0;
	copy_needs(&s->tick_needs, &s->needs);
	if (s->hold_dirty)
		store_set_hold(s->store, s->hold_ms);
	if (s->baseline_dirty)
		store_baseline(s->store, s->baseline);
	s->hold_dirty = s->baseline_dirty = false;
	pthread_mutex_unlock(&s->lock);
	return w;
}

/* Sleeps until the wish, the helpers or the deadline call. */
static void wait_for_work(struct session *s, int64_t timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = s->wake_fd, .events = POLLIN},
		{.fd = s->helper ? helper_fd(s->helper) : -1, .events = POLLIN},
	};
	int helper_ms = s->helper ? helper_wait_ms(s->helper) : -1;

	if (helper_ms >= 0 && helper_ms < timeout_ms)
		timeout_ms = helper_ms;
	if (poll(fds, 2, timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms) > 0 &&
	    fds[0].revents)
		drain_fd(s->wake_fd);
}

static void tell_destroyed(struct session *s, int err)
{
	pthread_mutex_lock(&s->lock);
	s->destroy_done = true;
	s->destroy_err = err;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->news_fd);
}

void session_destroy(struct session *s, uint64_t sock_id)
{
	if (s->cfg.readonly) {
		tell_destroyed(s, -EPERM);
		return;
	}
	pthread_mutex_lock(&s->lock);
	s->destroy_id = sock_id;
	s->destroy_done = false;
	s->rescan = true;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

bool session_destroyed(struct session *s, int *ret_err)
{
	bool done;

	pthread_mutex_lock(&s->lock);
	done = s->destroy_done;
	s->destroy_done = false;
	*ret_err = s->destroy_err;
	pthread_mutex_unlock(&s->lock);
	return done;
}

static void *collector(void *arg)
{
	struct session *s = arg;
	int64_t due_ms = 0, absorbed_ms = 0;
	bool news = false;

	for (;;) {
		struct wishes w = take_wishes(s);
		int64_t now_ms = (int64_t)mono_ms();

		if (w.quit)
			return NULL;
		if (w.destroy_id)
			tell_destroyed(s, session_destroy_now(s, w.destroy_id));
		if ((w.rescan && !s->cfg.replay) || (!w.paused && now_ms >= due_ms)) {
			hand_over(s, session_tick(s, &s->tick_needs, true));
			due_ms = s->cfg.replay ? s->replay_due_ms : now_ms + w.interval_ms;
			news = false;
			now_ms = (int64_t)mono_ms();
		}
		news |= session_absorb(s);
		if (news && !w.paused && now_ms >= absorbed_ms + ABSORB_MS) {
			hand_over(s, session_publish(s, &s->tick_needs));
			absorbed_ms = now_ms;
			news = false;
		}
		wait_for_work(s, news		   ? ABSORB_MS
				 : w.paused	   ? 1000
				 : due_ms > now_ms ? due_ms - now_ms
						   : 0);
	}
}

int session_start(struct session *s)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
	sigset_t all, old;
	int err;

	/* a crash of this thread must reach the handler that restores the terminal */
	sigfillset(&all);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigdelset(&all, crashes[i]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&s->thread, NULL, collector, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->running = !err;
	return -err;
}

int session_fd(const struct session *s)
{
	return s->news_fd;
}

void session_set_needs(struct session *s, const struct needs *needs)
{
	bool more;

	pthread_mutex_lock(&s->lock);
	more = (needs->bits & ~s->needs.bits) || (needs->protos & ~s->needs.protos) ||
	       needs->detail != s->needs.detail || needs->detail_pid != s->needs.detail_pid;
	copy_needs(&s->needs, needs);
	s->rescan |= more;
	pthread_mutex_unlock(&s->lock);
	if (more)
		signal_fd(s->wake_fd);
}

void session_set_interval(struct session *s, int64_t interval_ms)
{
	pthread_mutex_lock(&s->lock);
	s->interval_ms = interval_ms;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

void session_set_hold(struct session *s, int64_t hold_ms)
{
	pthread_mutex_lock(&s->lock);
	s->hold_ms = hold_ms;
	s->hold_dirty = true;
	pthread_mutex_unlock(&s->lock);
}

void session_set_paused(struct session *s, bool paused)
{
	pthread_mutex_lock(&s->lock);
	s->paused = paused;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

void session_set_baseline(struct session *s, bool on)
{
	pthread_mutex_lock(&s->lock);
	s->baseline = on;
	s->baseline_dirty = s->rescan = true;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

void session_rescan(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	s->rescan = true;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

const struct snapshot *session_take(struct session *s)
{
	const struct snapshot *snap;

	drain_fd(s->news_fd);
	pthread_mutex_lock(&s->lock);
	snap = s->ready;
	s->ready = NULL;
	pthread_mutex_unlock(&s->lock);
	return snap;
}

void session_release(const struct snapshot *snap)
{
	if (snap)
		snapshot_release(snap);
}

int session_once(struct session *s, const struct needs *needs, const struct snapshot **ret,
		 struct strbuf *ret_error)
{
	struct needs once = *needs;

	once.bits |= NEED_COMPLETE;
	if (s->names.journal) /* a recording is of everything */
		once.push = (struct needs_push){0};
	session_push_begin(s, &once);
	*ret = session_tick(s, &once, false);
	session_push_end(s);
	if (session_is_blind(s)) {
		session_release(*ret);
		strbuf_adds(ret_error, "cannot read the kernel's socket tables");
		return -EIO;
	}
	return 0;
}

uint64_t session_last_stats(struct session *s, struct tick_stats *ret_stats)
{
	uint64_t epoch;

	pthread_mutex_lock(&s->lock);
	*ret_stats = s->last_stats;
	epoch = s->last_epoch;
	pthread_mutex_unlock(&s->lock);
	return epoch;
}
