/* Acting on processes and sockets, and the table of what this host allows. */
#include "session_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/act.h"
#include "kernel/capabilities.h"
#include "kernel/destroy.h"

struct session_target {
	struct act_target act;
	bool readonly;
	bool signalled; /* a signal was asked for: before that ACT_OK only means pinned */
};

static enum target_result result_of(const struct session_target *t)
{
	static const enum target_result results[] = {
		[ACT_OK] = TARGET_SIGNALLED,
		[ACT_DIED] = TARGET_DIED,
		[ACT_ALIVE] = TARGET_ALIVE,
		[ACT_GONE] = TARGET_GONE_BEFORE,
		[ACT_RECYCLED] = TARGET_RECYCLED,
		[ACT_REFUSED_INIT] = TARGET_FORBIDDEN,
		[ACT_REFUSED_SELF] = TARGET_FORBIDDEN,
		[ACT_REFUSED_ANCESTOR] = TARGET_FORBIDDEN,
		[ACT_DENIED] = TARGET_DENIED,
		[ACT_UNSUPPORTED] = TARGET_FAILED,
		[ACT_ERROR] = TARGET_FAILED,
	};

	if (t->readonly)
		return TARGET_FORBIDDEN;
	if (t->act.result == ACT_OK && !t->signalled)
		return TARGET_OPEN;
	return results[t->act.result];
}

struct session_target *session_target_open(struct session *s, uint32_t pid, uint64_t start_ticks)
{
	struct session_target *t = xcalloc(1, sizeof(*t));

	t->readonly = s->cfg.readonly;
	t->act.pidfd = -1;
	if (!t->readonly)
		act_open(s->proc_fd, pid, start_ticks, &t->act);
	return t;
}

enum target_result session_target_result(const struct session_target *t, int64_t *ret_after_ms)
{
	*ret_after_ms = t->act.result == ACT_DIED ? t->act.after_ms : -1;
	return result_of(t);
}

enum target_result session_target_signal(struct session_target *t, int sig)
{
	if (!t->readonly) {
		act_signal(&t->act, sig, (int64_t)mono_ms());
		t->signalled = true;
	}
	return result_of(t);
}

enum target_result session_target_poll(struct session_target *t, int64_t kill_after_ms,
				       int64_t wait_ms)
{
	if (!t->readonly)
		act_poll(&t->act, 1, (int64_t)mono_ms(), kill_after_ms, wait_ms);
	return result_of(t);
}

int session_target_fd(const struct session_target *t)
{
	return t->act.pidfd;
}

void session_target_close(struct session_target *t)
{
	if (!t)
		return;
	act_close(&t->act);
	free(t);
}

int session_destroy_now(struct session *s, uint64_t sock_id)
{
	static const int errors[] = {
		[DESTROY_DONE] = 0,
		[DESTROY_GONE] = -ENOENT,
		[DESTROY_ALIVE] = -EBUSY,
		[DESTROY_REFUSED] = -EPERM,
		[DESTROY_UNSUPPORTED] = -EOPNOTSUPP,
		[DESTROY_FAILED] = -EIO,
	};
	const struct sock *sock = store_sock(s->store, sock_id);
	struct ns_source *ns;
	struct sockdiag_key key;
	enum destroy_result result;
	int err = 0;

	if (!sock || sock->head.gone)
		return -ENOENT;
	ns = session_source_by_slot(s, sock->netns);
	if (!ns || !ns->diag || !sockdiag_key_from(&sock->r, &key))
		return -EOPNOTSUPP;
	result = destroy_socket(ns->diag, &key, &err);
	return result == DESTROY_FAILED && err ? err : errors[result];
}

bool session_is_setuid(void)
{
	return capabilities_is_setuid();
}

uint32_t session_protected_pids(const struct session *s, uint32_t *ret_pids, uint32_t max)
{
	if (!max)
		return 0;
	ret_pids[0] = (uint32_t)getpid();
	return 1 + (uint32_t)act_ancestors(s->proc_fd, ret_pids + 1, max - 1);
}
