#include "model/problems.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"
#include "model/needs.h"

/* So many connections that their owner does not close are no accident. */
#define CLOSE_WAIT_MANY 16
#define DROPS_MS 10000

static bool queue_full(uint32_t state, uint64_t cur, uint64_t max)
{
	return state == STATE_LISTEN && cur > max;
}

bool problems_drops_rise(int64_t now_ms, const struct port *p)
{
	return p->drops_ms >= 0 && now_ms - p->drops_ms < DROPS_MS;
}

static bool port_queue_full(const struct snapshot *snap, const struct port *p)
{
	for (uint32_t i = 0; i < p->n_socks; i++) {
		const struct sock *s = snapshot_sock(snap, p->socks[i]);

		if (s && s->r.have & REC_QUEUES && queue_full(s->r.state, s->r.recvq, s->r.sendq))
			return true;
	}
	return false;
}

static bool port_drops(const struct snapshot *snap, const struct port *p)
{
	return problems_drops_rise(snap->mono_ms, p);
}

static bool port_bound(const struct snapshot *snap, const struct port *p)
{
	(void)snap;
	return p->state == STATE_BOUND;
}

static bool port_stale_proxy(const struct snapshot *snap, const struct port *p)
{
	const struct proc *owner = snapshot_proc(snap, p->proc);

	return snap->needs & NEED_CONTAINERS && p->is_listener && !p->n_published && owner &&
	       owner->r.comm.len == 12 && !memcmp(owner->r.comm.ptr, "docker-proxy", 12);
}

static bool sock_queue_full(const struct snapshot *snap, const struct sock *s)
{
	(void)snap;
	return s->r.have & REC_QUEUES && queue_full(s->r.state, s->r.recvq, s->r.sendq);
}

static bool sock_close_wait(const struct snapshot *snap, const struct sock *s)
{
	const struct proc *owner = snapshot_proc(snap, s->proc);

	return s->r.state == STATE_CLOSE_WAIT && owner && owner->close_waits >= CLOSE_WAIT_MANY;
}

static bool sock_bound(const struct snapshot *snap, const struct sock *s)
{
	(void)snap;
	return s->r.state == STATE_BOUND;
}

static bool proc_close_wait(const struct snapshot *snap, const struct proc *p)
{
	(void)snap;
	return p->close_waits >= CLOSE_WAIT_MANY;
}

static bool proc_deleted(const struct snapshot *snap, const struct proc *p)
{
	(void)snap;
	return p->r.have & PROC_HAVE_EXE && p->r.exe_deleted;
}

static bool proc_stopped(const struct snapshot *snap, const struct proc *p)
{
	(void)snap;
	return p->r.have & PROC_HAVE_STAT && p->r.state && strchr("TtZD", p->r.state);
}

/* The rules: a row has the problem when its own test says so or, lacking one, its owner's does. */
static const struct {
	const char *text;
	bool (*port)(const struct snapshot *snap, const struct port *p);
	bool (*sock)(const struct snapshot *snap, const struct sock *s);
	bool (*proc)(const struct snapshot *snap, const struct proc *p);
} rules[PROBLEM_COUNT] = {
	{"accept queue full", port_queue_full, sock_queue_full, NULL},
	{"drops rising", port_drops, NULL, NULL},
	{"CLOSE_WAIT pile-up", NULL, sock_close_wait, proc_close_wait},
	{"executable deleted", NULL, NULL, proc_deleted},
	{"owner stopped", NULL, NULL, proc_stopped},
	{"bound, not listening", port_bound, sock_bound, NULL},
	{"stale proxy", port_stale_proxy, NULL, NULL},
};

uint32_t problems_proc(const struct snapshot *snap, const struct proc *p)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < PROBLEM_COUNT && !p->head.gone; i++) {
		if (rules[i].proc && rules[i].proc(snap, p))
			mask |= 1u << i;
	}
	return mask;
}

static uint32_t owner_problems(const struct snapshot *snap, uint32_t proc)
{
	const struct proc *p = snapshot_proc(snap, proc);

	return p ? problems_proc(snap, p) : 0;
}

uint32_t problems_port(const struct snapshot *snap, const struct port *p)
{
	uint32_t mask = 0;

	if (p->head.gone)
		return 0;
	mask = owner_problems(snap, p->proc);
	for (unsigned int i = 0; i < PROBLEM_COUNT; i++) {
		if (rules[i].port && rules[i].port(snap, p))
			mask |= 1u << i;
	}
	return mask;
}

uint32_t problems_sock(const struct snapshot *snap, const struct sock *s)
{
	uint32_t mask = 0;

	if (s->head.gone)
		return 0;
	mask = owner_problems(snap, s->proc) & ~PROBLEM_CLOSE_WAIT;
	for (unsigned int i = 0; i < PROBLEM_COUNT; i++) {
		if (rules[i].sock && rules[i].sock(snap, s))
			mask |= 1u << i;
	}
	return mask;
}

const char *problems_text(uint32_t bit)
{
	for (unsigned int i = 0; i < PROBLEM_COUNT; i++) {
		if (bit == 1u << i)
			return rules[i].text;
	}
	return "";
}

static void add_owner(struct strbuf *out, const struct proc *p)
{
	if (!p)
		return;
	if (p->r.comm.ptr)
		strbuf_add(out, p->r.comm.ptr, p->r.comm.len);
	else
		strbuf_adds(out, "process");
	strbuf_addf(out, " (%" PRIu32 ")", p->r.pid);
}

static void explain_queue(struct strbuf *out, uint64_t cur, uint64_t max)
{
	strbuf_addf(out, "%" PRIu64 " of %" PRIu64 " in the accept queue", cur, max);
	if (cur > max)
		strbuf_adds(out, ": connections are being dropped");
}

/* Why there is no owner. */
static void explain_status(struct strbuf *out, const struct snapshot *snap, uint8_t status,
			   struct bytes detail, uint32_t proc)
{
	static const char *const words[OWNER_STATUS_COUNT] = {
		[OWNER_PENDING] = "owner not looked for yet",
		[OWNER_TIME_WAIT] = "TIME_WAIT, kept by the kernel",
		[OWNER_ACCEPT_QUEUE] = "not accepted yet",
		[OWNER_ORPHAN] =
			"orphan: its process closed it, the kernel finishes the connection",
		[OWNER_PUBLISHED] = "published by a container runtime, no process listens here",
		[OWNER_KERNEL] = "held by the kernel, no process has it open",
		[OWNER_DENIED] = "owner not visible: a right is missing",
		[OWNER_HIDDEN] = "owner hidden from here",
		[OWNER_IN_FLIGHT] = "in flight between processes, nobody has it open now",
		[OWNER_UNRESOLVED] = "owner not found",
	};

	if (status >= OWNER_STATUS_COUNT || !words[status])
		return;
	strbuf_adds(out, words[status]);
	if (status == OWNER_ACCEPT_QUEUE && snapshot_proc(snap, proc)) {
		strbuf_adds(out, " by ");
		add_owner(out, snapshot_proc(snap, proc));
	}
	if (detail.ptr) {
		strbuf_adds(out, " (");
		strbuf_add(out, detail.ptr, detail.len);
		strbuf_addc(out, ')');
	}
}

static void add_lifetime(struct strbuf *out, const struct row_head *head)
{
	int64_t ms = head->mark_ms - head->first_ms;

	strbuf_adds(out, "gone");
	if (head->first_ms >= 0)
		strbuf_addf(out, ", lived %" PRId64 ".%03d s", ms / 1000, (int)(ms % 1000));
}

/* The owner's troubles that make a row's trouble; false when it has none. */
static bool explain_owner_problem(struct strbuf *out, const struct snapshot *snap, uint32_t proc)
{
	const struct proc *p = snapshot_proc(snap, proc);
	uint32_t mask = p ? problems_proc(snap, p) : 0;

	if (!mask)
		return false;
	add_owner(out, p);
	if (mask & PROBLEM_STOPPED && p->r.state == 'Z')
		strbuf_adds(out, " is a zombie");
	else if (mask & PROBLEM_STOPPED && p->r.state == 'D')
		strbuf_adds(out, " hangs in the kernel: it answers nobody");
	else if (mask & PROBLEM_STOPPED)
		strbuf_adds(out, " is stopped: it accepts nothing");
	else if (mask & PROBLEM_DELETED_EXE)
		strbuf_adds(out, " runs a deleted executable: restart it to run the new one");
	else
		strbuf_addf(out,
			    " leaves %" PRIu32 " connections in CLOSE_WAIT: it does not close them",
			    p->close_waits);
	return true;
}

void explain_port(struct strbuf *out, const struct snapshot *snap, const struct port *p,
		  int64_t now_ms)
{
	if (p->head.gone) {
		add_lifetime(out, &p->head);
	} else if (p->state == STATE_BOUND) {
		strbuf_adds(out, "bound, not listening: the port is taken and answers nobody");
	} else if (p->state == STATE_LISTEN && p->backlog_known &&
		   p->backlog_cur > p->backlog_max) {
		explain_queue(out, p->backlog_cur, p->backlog_max);
	} else if (port_stale_proxy(snap, p)) {
		strbuf_adds(out, "docker-proxy without a container behind it");
	} else if (problems_drops_rise(now_ms, p)) {
		strbuf_addf(out,
			    "%" PRIu64 " packets dropped, and rising: the owner reads too slowly",
			    p->drops);
	} else if (explain_owner_problem(out, snap, p->proc)) {
		return;
	} else if (p->owner_status != OWNER_KNOWN) {
		explain_status(out, snap, p->owner_status, p->owner_detail, p->proc);
	} else if (p->state == STATE_LISTEN && p->backlog_known) {
		explain_queue(out, p->backlog_cur, p->backlog_max);
	}
}

static void explain_time_wait(struct strbuf *out, const struct sock *s, int64_t now_ms)
{
	int64_t left = s->expires_ms > now_ms ? s->expires_ms - now_ms : 0;

	strbuf_adds(out, "TIME_WAIT");
	if (s->expires_ms >= 0)
		strbuf_addf(out, ", free in %" PRId64 " s", (left + 999) / 1000);
}

void explain_sock(struct strbuf *out, const struct snapshot *snap, const struct sock *s,
		  int64_t now_ms)
{
	if (s->head.gone) {
		add_lifetime(out, &s->head);
	} else if (s->r.state == STATE_TIME_WAIT) {
		explain_time_wait(out, s, now_ms);
	} else if (s->r.state == STATE_BOUND) {
		strbuf_adds(out, "bound, not listening: the port is taken and answers nobody");
	} else if (sock_queue_full(snap, s)) {
		explain_queue(out, s->r.recvq, s->r.sendq);
	} else if (s->r.state == STATE_CLOSE_WAIT) {
		strbuf_adds(out, "the other end closed, ");
		if (s->owner_status == OWNER_KNOWN)
			add_owner(out, snapshot_proc(snap, s->proc));
		else
			strbuf_adds(out, "its owner");
		strbuf_adds(out, " has not");
	} else if (explain_owner_problem(out, snap, s->proc)) {
		return;
	} else if (s->owner_status != OWNER_KNOWN) {
		explain_status(out, snap, s->owner_status, s->owner_detail, s->proc);
	} else if (s->r.state == STATE_LISTEN && s->r.have & REC_QUEUES) {
		explain_queue(out, s->r.recvq, s->r.sendq);
	}
}

void explain_proc(struct strbuf *out, const struct snapshot *snap, const struct proc *p,
		  int64_t now_ms)
{
	(void)now_ms;
	if (p->head.gone)
		add_lifetime(out, &p->head);
	else if (!explain_owner_problem(out, snap, (uint32_t)p->head.id))
		strbuf_addf(out, "%" PRIu32 " listeners, %" PRIu32 " connections", p->listeners,
			    p->connections);
}
