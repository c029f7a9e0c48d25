/*
 * The spawner and what it forks. Single-threaded: a fork of a program with threads may inherit
 * locked locks. It never blocks on a helper: one that cannot die yet (uninterruptible sleep) is
 * reaped when it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/capabilities.h"
#include "kernel/helper_impl.h"

/* Helpers that were killed but cannot die yet: no more are started beyond this. */
#define CHILDREN_MAX 32

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMIT_MEMORY 0
#endif
#endif
#ifndef LIMIT_MEMORY
#define LIMIT_MEMORY 1
#endif

struct helper_out {
	int fd;
	uint64_t ticket;
	size_t total;
	size_t used;
	uint32_t flags;
	char chunk[HELPER_CHUNK];
};

struct spawner {
	int control_fd;
	const struct helper_spec *specs;
	uint32_t children[CHILDREN_MAX];
	unsigned n_children;
	sigset_t no_signals;
};

static const char *const kind_names[HELPER_KIND_COUNT] = {
	[HELPER_PROC] = "inettop-proc",	      [HELPER_USER] = "inettop-user",
	[HELPER_DNS] = "inettop-dns",	      [HELPER_RUNTIME] = "inettop-runtime",
	[HELPER_ENVIRON] = "inettop-environ",
};

/* ---- a helper ---- */

static void send_frame(struct helper_out *out, uint32_t flags, int status)
{
	struct helper_frame frame = {.ticket = out->ticket, .status = status, .flags = flags};
	struct iovec iov[2] = {
		{&frame, sizeof(frame)},
		{out->chunk, out->used},
	};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	while (sendmsg(out->fd, &msg, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(1);
	out->used = 0;
}

void helper_put(struct helper_out *out, const void *bytes, size_t len)
{
	const char *p = bytes;

	if (len > HELPER_ANSWER_MAX - out->total) {
		len = HELPER_ANSWER_MAX - out->total;
		out->flags |= HELPER_CUT;
	}
	out->total += len;
	while (len) {
		size_t n = sizeof(out->chunk) - out->used;

		if (n > len)
			n = len;
		memcpy(out->chunk + out->used, p, n);
		out->used += n;
		p += n;
		len -= n;
		if (out->used == sizeof(out->chunk))
			send_frame(out, 0, 0);
	}
}

void helper_retire(struct helper_out *out)
{
	out->flags |= HELPER_RETIRE;
}

static void serve(int fd, helper_handler *handler) __attribute__((noreturn));
static void serve(int fd, helper_handler *handler)
{
	static _Thread_local struct helper_out out;
	void *state = NULL;

	out.fd = fd;
	for (;;) {
		_Alignas(16) char buf[sizeof(struct helper_head) + HELPER_REQUEST_MAX];
		struct helper_head head;
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		int status;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < (ssize_t)sizeof(head))
			_exit(0);
		memcpy(&head, buf, sizeof(head));
		out.ticket = head.ticket;
		out.total = 0;
		out.flags = 0;
		status = handler(buf + sizeof(head), (size_t)n - sizeof(head), &out, &state);
		send_frame(&out, out.flags | HELPER_END, status);
		if (out.flags & HELPER_RETIRE)
			_exit(0);
	}
}

static void default_signals(void)
{
	for (int signo = 1; signo < NSIG; signo++)
		if (signo != SIGKILL && signo != SIGSTOP)
			signal(signo, SIG_DFL);
}

/* Standard input, output and error go nowhere; every other descriptor but *keep is closed. */
static void close_others(int *keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*keep = fcntl(*keep, F_DUPFD_CLOEXEC, 3);
	if (*keep < 0)
		_exit(1);
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (*keep > 3)
		close_range(3, (unsigned)*keep - 1, 0);
	close_range((unsigned)*keep + 1, ~0u, 0);
}

static void limit_memory(uint32_t mb)
{
	struct rlimit limit = {(rlim_t)mb << 20, (rlim_t)mb << 20};

	if (LIMIT_MEMORY && mb)
		setrlimit(RLIMIT_AS, &limit);
}

static void become_helper(const struct spawner *sp, uint32_t kind, int fd, pid_t parent)
	__attribute__((noreturn));
static void become_helper(const struct spawner *sp, uint32_t kind, int fd, pid_t parent)
{
	const struct helper_spec *spec = &sp->specs[kind];

	sigprocmask(SIG_SETMASK, &sp->no_signals, NULL);
	prctl(PR_SET_NAME, kind_names[kind]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close_others(&fd);
	limit_memory(spec->memory_mb);
	if (capabilities_limit(spec->keep_caps) < 0)
		_exit(1);
	serve(fd, spec->handler);
}

/* ---- the spawner ---- */

static void reply(const struct spawner *sp, int status, uint32_t pid, int fd)
{
	struct helper_spawned answer = {.status = status, .pid = pid};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {&answer, sizeof(answer)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	if (sendmsg(sp->control_fd, &msg, MSG_NOSIGNAL) < 0)
		_exit(1);
}

static void spawn(struct spawner *sp, uint32_t kind)
{
	pid_t self = getpid(), pid;
	int pair[2];

	if (kind >= HELPER_KIND_COUNT || !sp->specs[kind].handler) {
		reply(sp, -ENOSYS, 0, -1);
		return;
	}
	if (sp->n_children == CHILDREN_MAX ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		reply(sp, -EAGAIN, 0, -1);
		return;
	}
	pid = fork();
	if (pid == 0)
		become_helper(sp, kind, pair[1], self);
	close(pair[1]);
	if (pid > 0)
		sp->children[sp->n_children++] = (uint32_t)pid;
	reply(sp, pid > 0 ? 0 : -EAGAIN, pid > 0 ? (uint32_t)pid : 0, pid > 0 ? pair[0] : -1);
	close(pair[0]);
}

/* Only children of ours that were not reaped: no pid can be anybody else's. */
static void kill_child(const struct spawner *sp, uint32_t pid)
{
	for (unsigned i = 0; i < sp->n_children; i++)
		if (sp->children[i] == pid)
			kill((pid_t)pid, SIGKILL);
}

static void reap(struct spawner *sp)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (unsigned i = 0; i < sp->n_children; i++)
			if (sp->children[i] == (uint32_t)pid)
				sp->children[i--] = sp->children[--sp->n_children];
}

static void obey(struct spawner *sp)
{
	struct helper_order order;
	ssize_t n = recv(sp->control_fd, &order, sizeof(order), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n != sizeof(order)) {
		for (unsigned i = 0; i < sp->n_children; i++)
			kill((pid_t)sp->children[i], SIGKILL);
		_exit(0);
	}
	if (order.op == HELPER_OP_SPAWN)
		spawn(sp, order.kind);
	else
		kill_child(sp, order.pid);
}

void helper_spawner(int control_fd, const struct helper_spec *specs)
{
	struct spawner sp = {.specs = specs};
	struct pollfd fds[2] = {0};
	const struct rlimit no_core = {0, 0};
	sigset_t chld;

	default_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "inettop-spawner");
	setsid();
	setrlimit(RLIMIT_CORE, &no_core);
	close_others(&control_fd);
	sigemptyset(&sp.no_signals);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
	sp.control_fd = control_fd;
	fds[0] = (struct pollfd){.fd = control_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK),
				 .events = POLLIN};
	for (;;) {
		struct signalfd_siginfo info;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents && read(fds[1].fd, &info, sizeof(info)) > 0)
			reap(&sp);
		if (fds[0].revents)
			obey(&sp);
	}
}
