#include "kernel/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "kernel/helper_impl.h"
#include "kernel/procfs.h"

/* Requests a helper may have in its socket. */
#define WINDOW 32
#define PENDING_MAX 65536
/* A helper that is on the CPU or waits for one is not stuck before so many timeouts. */
#define RUNNING_TIMEOUTS 5
/* No helper can be had now (processes, descriptors): tried again, but not for ever. */
#define SPAWN_RETRY_MS 100
#define SPAWN_TRIES 5
/* Between the two looks that tell stuck from asleep for a moment. */
#define SUSPECT_MS 10
#define SPAWNER_TIMEOUT_S 2

struct request {
	struct request *next;
	uint64_t ticket;
	helper_done_fn *fn; /* NULL = cancelled */
	void *ctx;
	size_t len;
	char bytes[];
};

struct queue {
	struct request *first, **last;
	unsigned n;
};

/* What the program knows of the helper of one kind. */
struct worker {
	struct queue waiting, sent;
	struct strbuf answer;
	int fd; /* -1 = none runs */
	uint32_t pid;
	bool cut, killed;
	unsigned refused; /* times in a row that no helper could be had */
	int64_t progress_ms, retry_ms;
	int64_t suspect_ms;   /* seen blocked at this time ... */
	uint64_t suspect_cpu; /* ... after so much CPU */
	uint64_t ended_cpu_us;
};

struct helper {
	int control_fd, epoll_fd, kick_fd;
	pid_t spawner;
	bool lost;
	const struct helper_spec *specs;
	uint64_t last_ticket;
	struct worker workers[HELPER_KIND_COUNT];
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- queues ---- */

static void queue_init(struct queue *q)
{
	*q = (struct queue){.last = &q->first};
}

static void queue_push(struct queue *q, struct request *request)
{
	request->next = NULL;
	*q->last = request;
	q->last = &request->next;
	q->n++;
}

static struct request *queue_pop(struct queue *q)
{
	struct request *request = q->first;

	if (!request)
		return NULL;
	q->first = request->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return request;
}

/* Puts all of `from` before all of `to`. */
static void queue_prepend(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	*from->last = to->first;
	if (!to->first)
		to->last = from->last;
	to->first = from->first;
	to->n += from->n;
	queue_init(from);
}

static void queue_free(struct queue *q)
{
	struct request *request;

	while ((request = queue_pop(q)))
		free(request);
}

/* ---- the spawner ---- */

int helper_start(const struct helper_spec specs[HELPER_KIND_COUNT], struct helper **ret_helper)
{
	const struct timeval timeout = {.tv_sec = SPAWNER_TIMEOUT_S};
	struct epoll_event event = {.events = EPOLLIN};
	struct helper *h;
	int pair[2];
	pid_t pid, self = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (getppid() != self)
			_exit(1);
		helper_spawner(pair[1], specs);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	h = xcalloc(1, sizeof(*h));
	h->control_fd = pair[0];
	h->spawner = pid;
	h->specs = specs;
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, h->kick_fd, &event);
	for (int kind = 0; kind < HELPER_KIND_COUNT; kind++) {
		struct worker *w = &h->workers[kind];

		w->fd = -1;
		queue_init(&w->waiting);
		queue_init(&w->sent);
		strbuf_init(&w->answer, HELPER_ANSWER_MAX);
	}
	*ret_helper = h;
	return 0;
}

static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

static int order(struct helper *h, enum helper_op op, uint32_t kind, uint32_t pid)
{
	struct helper_order what = {.op = op, .kind = kind, .pid = pid};

	if (send(h->control_fd, &what, sizeof(what), MSG_NOSIGNAL) >= 0)
		return 0;
	h->lost |= errno == EPIPE || errno == ECONNRESET;
	return -errno;
}

static int spawn(struct helper *h, uint32_t kind)
{
	struct worker *w = &h->workers[kind];
	struct epoll_event event = {.events = EPOLLIN};
	struct helper_spawned answer = {0};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {&answer, sizeof(answer)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	int r = h->lost ? -EPIPE : order(h, HELPER_OP_SPAWN, kind, 0);

	if (!r && recvmsg(h->control_fd, &msg, MSG_CMSG_CLOEXEC) != sizeof(answer))
		r = -EPIPE;
	if (r < 0) {
		/* without an answer in time the next one would be that to this order */
		h->lost = true;
		return r;
	}
	if (answer.status < 0)
		return answer.status;
	w->fd = take_fd(&msg);
	if (w->fd < 0)
		return -EMFILE;
	w->pid = answer.pid;
	w->killed = false;
	epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, w->fd, &event);
	return 0;
}

static uint64_t cpu_of(uint32_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (!pid || clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The helper is gone or about to be: what it had not begun goes back into the queue. */
static void lose_worker(struct helper *h, struct worker *w)
{
	w->ended_cpu_us += cpu_of(w->pid);
	order(h, HELPER_OP_KILL, 0, w->pid);
	close(w->fd);
	w->fd = -1;
	w->pid = 0;
	strbuf_reset(&w->answer);
	queue_prepend(&w->waiting, &w->sent);
}

void helper_free(struct helper *h)
{
	if (!h)
		return;
	for (int kind = 0; kind < HELPER_KIND_COUNT; kind++) {
		struct worker *w = &h->workers[kind];

		if (w->fd >= 0)
			close(w->fd);
		queue_free(&w->waiting);
		queue_free(&w->sent);
		strbuf_done(&w->answer);
	}
	close(h->control_fd);
	kill(h->spawner, SIGKILL);
	while (waitpid(h->spawner, NULL, 0) < 0 && errno == EINTR)
		;
	close(h->epoll_fd);
	close(h->kick_fd);
	free(h);
}

/* ---- requests ---- */

uint64_t helper_submit(struct helper *h, enum helper_kind kind, const void *bytes, size_t len,
		       helper_done_fn *fn, void *ctx)
{
	struct request *request;
	const uint64_t one = 1;

	if (len > HELPER_REQUEST_MAX)
		len = HELPER_REQUEST_MAX;
	request = xmalloc(sizeof(*request) + len);
	request->ticket = ++h->last_ticket;
	request->fn = fn;
	request->ctx = ctx;
	request->len = len;
	memcpy(request->bytes, bytes, len);
	queue_push(&h->workers[kind].waiting, request);
	/* a full counter is readable all the same */
	if (write(h->kick_fd, &one, sizeof(one)) < 0)
		errno = 0;
	return request->ticket;
}

static void cancel_in(struct queue *q, uint64_t ticket)
{
	for (struct request *request = q->first; request; request = request->next)
		if (request->ticket == ticket)
			request->fn = NULL;
}

void helper_cancel(struct helper *h, uint64_t ticket)
{
	for (int kind = 0; kind < HELPER_KIND_COUNT; kind++) {
		cancel_in(&h->workers[kind].waiting, ticket);
		cancel_in(&h->workers[kind].sent, ticket);
	}
}

int helper_fd(const struct helper *h)
{
	return h->epoll_fd;
}

/* Gives the oldest request of the queue its answer. */
static void answer(struct worker *w, struct queue *q, int status)
{
	struct request *request = queue_pop(q);

	if (!request)
		return;
	if (request->fn)
		request->fn(request->ctx, request->ticket, status, w->answer.data, w->answer.len,
			    w->cut);
	strbuf_reset(&w->answer);
	w->cut = false;
	free(request);
}

static bool send_request(const struct worker *w, struct request *request)
{
	struct helper_head head = {.ticket = request->ticket};
	struct iovec iov[2] = {
		{&head, sizeof(head)},
		{request->bytes, request->len},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	/* a failure other than a full socket shows as EOF when reading */
	return sendmsg(w->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

static unsigned fail_all(struct worker *w, int status)
{
	unsigned n = 0;

	for (unsigned left = w->waiting.n; left; left--, n++)
		answer(w, &w->waiting, status);
	return n;
}

/* Sends what fits; starts the helper if there is none. Returns requests that failed at once. */
static unsigned feed(struct helper *h, uint32_t kind, int64_t now)
{
	struct worker *w = &h->workers[kind];
	unsigned failed = 0;

	while (w->waiting.n > PENDING_MAX) {
		answer(w, &w->waiting, -EBUSY);
		failed++;
	}
	if (w->waiting.n && w->fd < 0 && now >= w->retry_ms) {
		int r = h->specs[kind].handler ? spawn(h, kind) : -ENOSYS;

		w->refused = r < 0 ? w->refused + 1 : 0;
		if ((r == -EAGAIN || r == -EMFILE) && w->refused % SPAWN_TRIES)
			w->retry_ms = now + SPAWN_RETRY_MS;
		else if (r < 0)
			return failed + fail_all(w, r);
	}
	while (w->waiting.first && w->fd >= 0 && w->sent.n < WINDOW) {
		struct request *request = w->waiting.first;

		if (!send_request(w, request))
			break;
		if (!w->sent.n)
			w->progress_ms = now;
		queue_pop(&w->waiting);
		queue_push(&w->sent, request);
	}
	return failed;
}

/* ---- answers ---- */

/* Takes one message. 1 = an answer was given, 0 = part of one, -errno = nothing there or lost. */
static int take_frame(struct helper *h, struct worker *w)
{
	char chunk[HELPER_CHUNK];
	struct helper_frame frame;
	struct iovec iov[2] = {
		{&frame, sizeof(frame)},
		{chunk, sizeof(chunk)},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
	ssize_t n = recvmsg(w->fd, &msg, MSG_DONTWAIT);

	/* ECONNRESET comes once and before what is still queued (a helper that retired), then EOF
	 */
	if (n < 0)
		return errno == EINTR || errno == ECONNRESET ? 0 : -errno;
	if (n < (ssize_t)sizeof(frame) || !w->sent.n || frame.ticket != w->sent.first->ticket)
		return -ECONNRESET;
	w->progress_ms = now_ms();
	strbuf_add(&w->answer, chunk, (size_t)n - sizeof(frame));
	w->cut = w->cut || (frame.flags & HELPER_CUT);
	if (!(frame.flags & HELPER_END))
		return 0;
	answer(w, &w->sent, frame.status);
	if (frame.flags & HELPER_RETIRE)
		lose_worker(h, w);
	return 1;
}

static unsigned fail_head(struct helper *h, struct worker *w, int status)
{
	bool had_head = w->sent.n > 0;

	lose_worker(h, w);
	if (!had_head)
		return 0;
	answer(w, &w->waiting, status);
	return 1;
}

static unsigned take_answers(struct helper *h, struct worker *w)
{
	unsigned given = 0;

	while (w->fd >= 0) {
		int r = take_frame(h, w);

		if (r > 0)
			given++;
		else if (r == -EAGAIN)
			break;
		else if (r < 0)
			return given + fail_head(h, w, -ECONNRESET);
	}
	return given;
}

/* Blocked, not merely waiting for its turn on a busy machine? */
static bool is_blocked(uint32_t pid)
{
	struct procfs_stat st;
	int proc_fd = procfs_open("/proc");
	int r = proc_fd < 0 ? proc_fd : procfs_read_stat(proc_fd, pid, &st);

	if (proc_fd >= 0)
		close(proc_fd);
	return r < 0 || st.state != 'R';
}

/*
 * A helper may sleep for a moment at the wrong time (a page fault, or it has just answered): it is
 * stuck when it is still blocked a little later and has not run in between.
 */
static bool is_stuck(struct worker *w, int64_t now)
{
	uint64_t cpu = cpu_of(w->pid);

	if (!is_blocked(w->pid))
		return false;
	if (w->suspect_ms <= w->progress_ms || cpu != w->suspect_cpu) {
		w->suspect_ms = now;
		w->suspect_cpu = cpu;
		return false;
	}
	return now - w->suspect_ms >= SUSPECT_MS;
}

static unsigned enforce(struct helper *h, uint32_t kind, int64_t now)
{
	struct worker *w = &h->workers[kind];
	int64_t timeout = h->specs[kind].timeout_ms, elapsed = now - w->progress_ms;

	if (w->fd < 0 || !w->sent.n || !timeout || elapsed < timeout)
		return 0;
	if (elapsed < timeout * RUNNING_TIMEOUTS && !is_stuck(w, now))
		return 0;
	return fail_head(h, w, -ETIMEDOUT);
}

unsigned helper_collect(struct helper *h)
{
	unsigned given = 0;
	uint64_t kicks;

	if (read(h->kick_fd, &kicks, sizeof(kicks)) < 0)
		errno = 0; /* nothing new */
	for (uint32_t kind = 0; kind < HELPER_KIND_COUNT; kind++) {
		struct worker *w = &h->workers[kind];
		int64_t now = now_ms();

		if (w->fd >= 0) {
			given += take_answers(h, w);
			given += enforce(h, kind, now);
		}
		if (w->waiting.n)
			given += feed(h, kind, now);
	}
	return given;
}

int helper_wait_ms(const struct helper *h)
{
	int64_t now = now_ms(), least = -1;

	for (int kind = 0; kind < HELPER_KIND_COUNT; kind++) {
		const struct worker *w = &h->workers[kind];
		int64_t left;

		if (w->sent.n && h->specs[kind].timeout_ms)
			left = w->progress_ms + h->specs[kind].timeout_ms - now;
		else if (w->waiting.n && w->fd < 0)
			left = w->retry_ms - now;
		else
			continue;
		/* past its time but running: look again soon, do not spin */
		left = left < 10 ? 10 : left;
		if (least < 0 || left < least)
			least = left;
	}
	return (int)least;
}

bool helper_drain(struct helper *h, enum helper_kind kind, int timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;

	for (;;) {
		struct pollfd pfd = {.fd = h->epoll_fd, .events = POLLIN};
		int64_t left;
		int wait;

		helper_collect(h);
		if (!helper_pending(h, kind))
			return true;
		left = timeout_ms < 0 ? INT32_MAX : until - now_ms();
		if (left <= 0)
			return false;
		wait = helper_wait_ms(h);
		poll(&pfd, 1, wait < 0 || wait > left ? (int)left : wait);
	}
}

unsigned helper_pending(const struct helper *h, enum helper_kind kind)
{
	return h->workers[kind].waiting.n + h->workers[kind].sent.n;
}

uint32_t helper_pid(const struct helper *h, enum helper_kind kind)
{
	return h->workers[kind].pid;
}

bool helper_lost(const struct helper *h)
{
	return h->lost;
}

uint64_t helper_cpu_us(const struct helper *h)
{
	uint64_t sum = cpu_of((uint32_t)h->spawner);

	for (int kind = 0; kind < HELPER_KIND_COUNT; kind++)
		sum += h->workers[kind].ended_cpu_us + cpu_of(h->workers[kind].pid);
	return sum;
}
