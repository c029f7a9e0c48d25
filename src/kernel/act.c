/*
 * pidfd_open(2) by pid can catch a recycled pid; so the start time is read AFTER the descriptor is
 * open and compared with that of the row. From then on the descriptor stands for that process and
 * no other. Reading the start time first would leave the gap open.
 */
#include "kernel/act.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/procfs.h"

#define ANCESTORS_MAX 128

static enum act_result set(struct act_target *target, enum act_result result, int err)
{
	target->result = (uint8_t)result;
	target->err = err;
	return result;
}

size_t act_ancestors(int proc_fd, uint32_t *ret_pids, size_t max)
{
	uint32_t pid = (uint32_t)getpid();
	struct procfs_stat st;
	size_t n = 0;

	while (n < max && procfs_read_stat(proc_fd, pid, &st) == 0 && st.ppid) {
		ret_pids[n++] = st.ppid;
		pid = st.ppid;
	}
	return n;
}

/* ACT_OK or why this pid is never signalled. */
static enum act_result forbidden(int proc_fd, uint32_t pid)
{
	uint32_t ancestors[ANCESTORS_MAX];
	size_t n;

	if (pid <= 1 || pid > INT32_MAX)
		return ACT_REFUSED_INIT;
	if (pid == (uint32_t)getpid())
		return ACT_REFUSED_SELF;
	n = act_ancestors(proc_fd, ancestors, ANCESTORS_MAX);
	for (size_t i = 0; i < n; i++)
		if (ancestors[i] == pid)
			return ACT_REFUSED_ANCESTOR;
	return ACT_OK;
}

static bool has_ended(int pidfd)
{
	struct pollfd pfd = {.fd = pidfd, .events = POLLIN};

	return poll(&pfd, 1, 0) > 0;
}

enum act_result act_open(int proc_fd, uint32_t pid, uint64_t start_ticks,
			 struct act_target *ret_target)
{
	struct procfs_stat st;
	enum act_result result;
	int fd;

	*ret_target = (struct act_target){
		.pid = pid, .start_ticks = start_ticks, .pidfd = -1, .sent_ms = -1, .after_ms = -1};
	result = forbidden(proc_fd, pid);
	if (result != ACT_OK)
		return set(ret_target, result, 0);
	fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (fd < 0) {
		result = errno == ESRCH ? ACT_GONE : errno == ENOSYS ? ACT_UNSUPPORTED : ACT_ERROR;
		return set(ret_target, result, errno);
	}
	result = ACT_OK;
	if (procfs_read_stat(proc_fd, pid, &st) < 0)
		result = ACT_GONE;
	else if (st.start_ticks != start_ticks)
		result = ACT_RECYCLED;
	else if (has_ended(fd))
		result = ACT_GONE;
	if (result != ACT_OK)
		close(fd);
	else
		ret_target->pidfd = fd;
	return set(ret_target, result, 0);
}

void act_close(struct act_target *target)
{
	if (target->pidfd >= 0)
		close(target->pidfd);
	target->pidfd = -1;
}

static int send_signal(const struct act_target *target, int signo)
{
	return syscall(SYS_pidfd_send_signal, target->pidfd, signo, NULL, 0) < 0 ? -errno : 0;
}

enum act_result act_signal(struct act_target *target, int signo, int64_t now_ms)
{
	int r;

	if (target->pidfd < 0)
		return target->result;
	if (signo < 0 || signo > SIGRTMAX)
		return set(target, ACT_ERROR, EINVAL);
	r = send_signal(target, signo);
	if (r == -ESRCH)
		return set(target, ACT_GONE, ESRCH);
	if (r < 0)
		return set(target, r == -EPERM ? ACT_DENIED : ACT_ERROR, -r);
	if (signo)
		target->sent_ms = now_ms;
	return set(target, ACT_OK, 0);
}

/* One that was called alive may still die. */
static bool is_watched(const struct act_target *target)
{
	return target->pidfd >= 0 && target->sent_ms >= 0 &&
	       (target->result == ACT_OK || target->result == ACT_ALIVE);
}

size_t act_poll(struct act_target *targets, size_t n, int64_t now_ms, int64_t kill_after_ms,
		int64_t wait_ms)
{
	size_t undecided = 0;

	for (size_t i = 0; i < n; i++) {
		struct act_target *target = &targets[i];
		int64_t elapsed = now_ms - target->sent_ms;

		if (!is_watched(target))
			continue;
		if (has_ended(target->pidfd)) {
			target->after_ms = elapsed;
			set(target, ACT_DIED, 0);
			continue;
		}
		if (target->result == ACT_ALIVE)
			continue;
		if (kill_after_ms >= 0 && elapsed >= kill_after_ms && !target->killed)
			target->killed = send_signal(target, SIGKILL) == 0;
		if (elapsed >= wait_ms)
			set(target, ACT_ALIVE, 0);
		else
			undecided++;
	}
	return undecided;
}

const char *act_explain(const struct act_target *target, char *buf, size_t size)
{
	switch ((enum act_result)target->result) {
	case ACT_OK:
		snprintf(buf, size, "%s", target->sent_ms < 0 ? "ready" : "signal sent");
		break;
	case ACT_DIED:
		snprintf(buf, size, "ended after %lld ms%s", (long long)target->after_ms,
			 target->killed ? " (by SIGKILL)" : "");
		break;
	case ACT_ALIVE:
		snprintf(buf, size, "still alive%s", target->killed ? " after SIGKILL" : "");
		break;
	case ACT_GONE:
		snprintf(buf, size, "had ended already");
		break;
	case ACT_RECYCLED:
		snprintf(buf, size, "the pid belongs to another process now: not signalled");
		break;
	case ACT_REFUSED_INIT:
		snprintf(buf, size, "refused: PID 1 is never signalled");
		break;
	case ACT_REFUSED_SELF:
		snprintf(buf, size, "refused: this is inettop itself");
		break;
	case ACT_REFUSED_ANCESTOR:
		snprintf(buf, size, "refused: inettop runs below this process");
		break;
	case ACT_DENIED:
		snprintf(buf, size, "not permitted (EPERM): needs CAP_KILL");
		break;
	case ACT_UNSUPPORTED:
		snprintf(buf, size, "refused: this kernel has no pidfd (Linux 5.3)");
		break;
	case ACT_ERROR:
		snprintf(buf, size, "failed: %s", strerrordesc_np(target->err));
		break;
	}
	return buf;
}

int act_parse_signal(const char *text)
{
	char *end;
	long number;

	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	number = strtol(text, &end, 10);
	if (*text && !*end)
		return number >= 1 && number <= SIGRTMAX ? (int)number : -EINVAL;
	for (int signo = 1; signo <= SIGRTMAX; signo++) {
		const char *name = sigabbrev_np(signo);

		if (name && !strcasecmp(name, text))
			return signo;
	}
	return -EINVAL;
}

const char *act_signal_name(int signo)
{
	return sigabbrev_np(signo);
}
