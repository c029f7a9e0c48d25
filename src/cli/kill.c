#include "cli/kill.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/query.h"
#include "cli/say.h"
#include "cli/terse.h"

/* How long a process may take to end, unless --timeout says. */
#define END_MS 5000
#define POLL_MS 20

struct victim {
	uint32_t pid;
	uint64_t start_ticks;
	struct strbuf name;  /* clean: command, pid, user */
	struct strbuf holds; /* clean: what it is about to lose */
	bool proxy;	     /* docker-proxy: the container is what should be stopped */
	bool decided;
	struct session_target *target;
};

struct kill {
	struct live *live;
	struct query query;
	VEC(struct victim) victims;
	size_t rows;
	bool ends; /* the signal ends a process unless it is caught */
};

/* ---- who ---- */

static void add_user(struct kill *k, const struct proc *p, struct strbuf *out)
{
	const struct lookup *lookup = &k->live->lookup;
	const char *name = lookup->username ? lookup->username(lookup->ctx, p->r.uid) : NULL;

	strbuf_adds(out, " (");
	if (name)
		text_clean(name, strlen(name), TEXT_EXPORT, out);
	else
		strbuf_addf(out, "uid %" PRIu32, p->r.uid);
	strbuf_addc(out, ')');
}

static struct victim *add_victim(struct kill *k, const struct snapshot *snap, uint32_t pid)
{
	const struct proc *p = snapshot_proc_by_pid(snap, pid);
	struct victim v = {.pid = pid};

	for (size_t i = 0; i < k->victims.len; i++)
		if (k->victims.data[i].pid == pid)
			return &k->victims.data[i];
	strbuf_init(&v.name, 0);
	strbuf_init(&v.holds, 0);
	if (p && p->r.comm.ptr)
		text_clean(p->r.comm.ptr, p->r.comm.len, TEXT_EXPORT, &v.name);
	strbuf_addf(&v.name, "%s%" PRIu32, v.name.len ? " " : "process ", pid);
	if (p && (p->r.have & PROC_HAVE_UID))
		add_user(k, p, &v.name);
	if (p && p->r.unit.ptr) {
		strbuf_adds(&v.name, ", unit ");
		text_clean(p->r.unit.ptr, p->r.unit.len, TEXT_EXPORT, &v.name);
	}
	v.start_ticks = p ? p->r.start_ticks : 0;
	v.proxy = p && p->r.comm.len == 12 && !memcmp(p->r.comm.ptr, "docker-proxy", 12);
	vec_push(&k->victims, v);
	return &k->victims.data[k->victims.len - 1];
}

/* others: how many more processes hold the socket and are left alone. */
static void add_endpoint(struct kill *k, struct victim *v, const struct row *row, uint32_t others)
{
	struct value proto, local;

	if (row->pane != PANE_PORTS && row->pane != PANE_SOCKETS)
		return;
	if (v->holds.len > 200) {
		if (v->holds.data[v->holds.len - 1] != '.')
			strbuf_adds(&v->holds, " ...");
		return;
	}
	column_get(COL_PROTO, row, &k->live->lookup, &proto);
	column_get(COL_LOCAL, row, &k->live->lookup, &local);
	strbuf_adds(&v->holds, v->holds.len ? ", " : "");
	value_text(&proto, &k->live->style, &v->holds);
	strbuf_addc(&v->holds, ' ');
	value_text(&local, &k->live->style, &v->holds);
	if (others)
		strbuf_addf(&v->holds, " (held by %" PRIu32 " more)", others);
}

static void collect(struct kill *k, const struct snapshot *snap)
{
	for (size_t i = 0; i < k->query.slots.len; i++) {
		const struct owner *owners;
		struct owner own;
		struct row row;
		uint32_t n, taken;

		if (!row_at(snap, k->query.pane, k->query.slots.data[i], &row))
			continue;
		n = terse_holders(&row, &own, &owners);
		taken = n > 1 && !k->live->plan->all_owners ? 1 : n;
		for (uint32_t j = 0; j < taken; j++)
			add_endpoint(k, add_victim(k, snap, owners[j].pid), &row, n - taken);
	}
	k->rows = k->query.slots.len;
}

/* ---- telling and asking ---- */

static const char *signal_name(int sig, char buf[16])
{
	const char *abbrev = sigabbrev_np(sig);

	if (abbrev)
		snprintf(buf, 16, "SIG%s", abbrev);
	else
		snprintf(buf, 16, "signal %d", sig);
	return buf;
}

static void print(struct kill *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct kill *k, const char *format, ...)
{
	struct strbuf line;
	va_list args;

	if (k->live->plan->output == OUTPUT_QUIET)
		return;
	strbuf_init(&line, 0);
	va_start(args, format);
	strbuf_vaddf(&line, format, args);
	va_end(args);
	sink_add(&k->live->out, strbuf_str(&line), line.len);
	strbuf_done(&line);
}

/* On the terminal, whatever the output is: yes only by "y" or "yes". */
static bool is_confirmed(struct kill *k)
{
	struct strbuf text;
	char answer[16], name[16];
	ssize_t n;

	strbuf_init(&text, 0);
	for (size_t i = 0; i < k->victims.len; i++)
		strbuf_addf(&text, "%s: %s\n", strbuf_str(&k->victims.data[i].name),
			    strbuf_str(&k->victims.data[i].holds));
	strbuf_addf(&text, "Send %s to %s? [y/N] ", signal_name(k->live->plan->sig, name),
		    k->victims.len > 1 ? "all of them" : "it");
	say_raw(&text);
	strbuf_done(&text);
	tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before the question is no answer */
	if (live_wait(k->live, STDIN_FILENO, -1) != LIVE_NEWS)
		return false;
	n = read(STDIN_FILENO, answer, sizeof(answer) - 1);
	answer[n > 0 ? n : 0] = '\0';
	return !strcasecmp(answer, "y\n") || !strcasecmp(answer, "yes\n");
}

/* ---- doing ---- */

static bool tell(struct kill *k, const struct victim *v, enum target_result result,
		 int64_t after_ms)
{
	const char *name = strbuf_str(&v->name);
	char sig[16];

	signal_name(k->live->plan->sig, sig);
	switch (result) {
	case TARGET_DIED:
		print(k, "%s: %s, ended after %" PRId64 " ms\n", name, sig, after_ms);
		return true;
	case TARGET_GONE_BEFORE:
		print(k, "%s: had ended before\n", name);
		return true;
	case TARGET_SIGNALLED:
		print(k, "%s: %s sent\n", name, sig);
		return !k->ends;
	case TARGET_ALIVE:
		print(k, "%s: %s, still alive\n", name, sig);
		return false;
	case TARGET_DENIED:
		print(k, "%s: not permitted (CAP_KILL)\n", name);
		return false;
	case TARGET_RECYCLED:
		print(k, "%s: the process id belongs to another process now, nothing sent\n", name);
		return false;
	case TARGET_FORBIDDEN:
		print(k, "%s: refused: PID 1, this program and its ancestors are never signalled\n",
		      name);
		return false;
	case TARGET_OPEN:
	case TARGET_FAILED:
		break;
	}
	print(k, "%s: could not be signalled\n", name);
	return false;
}

/* Sends; true when there is something to wait for. */
static bool send(struct kill *k, struct victim *v, bool *all)
{
	enum target_result result;
	int64_t after_ms;

	if (v->proxy && !k->live->plan->force) {
		print(k, "%s: refused: stop its container instead, or use --force\n",
		      strbuf_str(&v->name));
		v->decided = true;
		*all = false;
		return false;
	}
	result = session_target_result(v->target, &after_ms);
	if (result == TARGET_OPEN)
		result = session_target_signal(v->target, k->live->plan->sig);
	if (result == TARGET_SIGNALLED && k->ends)
		return true;
	v->decided = true;
	*all &= tell(k, v, result, after_ms);
	return false;
}

static size_t poll_victims(struct kill *k, int64_t wait_ms, bool *all)
{
	size_t open = 0;

	for (size_t i = 0; i < k->victims.len; i++) {
		struct victim *v = &k->victims.data[i];
		enum target_result result;
		int64_t after_ms;

		if (v->decided)
			continue;
		result = session_target_poll(v->target, -1, wait_ms);
		if (result == TARGET_SIGNALLED) {
			open++;
			continue;
		}
		v->decided = true;
		session_target_result(v->target, &after_ms);
		*all &= tell(k, v, result, after_ms);
	}
	return open;
}

static bool signal_all(struct kill *k)
{
	const struct plan *plan = k->live->plan;
	int64_t wait_ms = plan->timeout_ms >= 0 ? plan->timeout_ms : END_MS;
	int64_t deadline_ms = (int64_t)mono_ms() + wait_ms + 1000;
	bool all = true, waiting = false;

	for (size_t i = 0; i < k->victims.len; i++)
		waiting |= send(k, &k->victims.data[i], &all);
	while (waiting && poll_victims(k, wait_ms, &all) && (int64_t)mono_ms() < deadline_ms)
		if (live_wait(k->live, -1, (int64_t)mono_ms() + POLL_MS) != LIVE_TIME)
			return false;
	for (size_t i = 0; i < k->victims.len; i++)
		all &= k->victims.data[i].decided;
	return all;
}

static int act(struct kill *k)
{
	const struct plan *plan = k->live->plan;
	bool all;

	for (size_t i = 0; i < k->victims.len; i++) {
		struct victim *v = &k->victims.data[i];

		v->target = session_target_open(k->live->session, v->pid, v->start_ticks);
	}
	if (!plan->yes && !isatty(STDIN_FILENO)) {
		say("--kill needs --yes where there is no terminal to ask on");
		return CLI_USAGE;
	}
	if (!plan->yes && !is_confirmed(k))
		return CLI_ALIVE;
	all = signal_all(k);
	return live_end(k->live, all ? CLI_OK : CLI_ALIVE);
}

static int find_and_act(struct kill *k)
{
	const struct snapshot *snap;
	struct needs needs;

	query_needs(&k->query, NEED_OWNERS | NEED_PROCS | NEED_USERS, &needs);
	snap = live_once(k->live, &needs);
	if (!snap)
		return CLI_FATAL;
	query_run(&k->query, snap, &k->live->lookup);
	collect(k, snap);
	session_release(snap);
	if (!k->rows) {
		print(k, "nothing matched\n");
		return live_end(k->live, CLI_NO);
	}
	if (!k->victims.len) {
		say("%zu socket%s without visible owner%s", k->rows, k->rows > 1 ? "s" : "",
		    geteuid() ? ", try sudo" : "");
		return CLI_ALIVE;
	}
	return act(k);
}

static bool is_ending(int sig)
{
	return sig == SIGTERM || sig == SIGKILL || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGABRT;
}

static void free_victims(struct kill *k)
{
	for (size_t i = 0; i < k->victims.len; i++) {
		session_target_close(k->victims.data[i].target);
		strbuf_done(&k->victims.data[i].name);
		strbuf_done(&k->victims.data[i].holds);
	}
	vec_done(&k->victims);
}

int kill_run(struct live *live)
{
	struct kill k = {.live = live, .ends = is_ending(live->plan->sig)};
	enum pane pane = live->plan->pane;
	struct strbuf error;
	int code = CLI_USAGE;

	if (pane != PANE_PORTS && pane != PANE_SOCKETS && pane != PANE_PROCESSES) {
		say("--kill: the pane %s has no process of its own in a row", pane_name(pane));
		return CLI_USAGE;
	}
	strbuf_init(&error, 0);
	if (query_init(&k.query, live->plan, pane, &error))
		say_raw(&error);
	else
		code = find_and_act(&k);
	free_victims(&k);
	query_done(&k.query);
	strbuf_done(&error);
	return code;
}
