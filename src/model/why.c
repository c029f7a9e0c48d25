#include "model/why.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "model/names.h"
#include "model/why_internal.h"

static const char *const verdict_names[] = {
	[WHY_FREE] = "free",	     [WHY_HIDDEN] = "hidden",
	[WHY_DRAINING] = "draining", [WHY_NOT_A_CONFLICT] = "not-a-conflict",
	[WHY_BUSY] = "busy",
};

static const char *const code_names[WHY_CODE_COUNT] = {
	[WHY_LISTENER] = "listener",
	[WHY_OTHER_USER] = "other-user",
	[WHY_DOCKER_PROXY] = "docker-proxy",
	[WHY_STALE_DOCKER_PROXY] = "stale-docker-proxy",
	[WHY_FORWARDER] = "forwarder",
	[WHY_SYSTEMD_SOCKET] = "systemd-socket",
	[WHY_INHERITED] = "inherited",
	[WHY_REUSEPORT_GROUP] = "reuseport-group",
	[WHY_DUAL_STACK] = "dual-stack",
	[WHY_ADDRESS_OVERLAP] = "address-overlap",
	[WHY_STOPPED_OWNER] = "stopped-owner",
	[WHY_DELETED_EXE] = "deleted-exe",
	[WHY_TIME_WAIT] = "time-wait",
	[WHY_ORPHAN] = "orphan",
	[WHY_BOUND_NOT_LISTENING] = "bound-not-listening",
	[WHY_EPHEMERAL_CLIENT] = "ephemeral-client",
	[WHY_ACCEPT_QUEUE] = "accept-queue",
	[WHY_CLOSE_WAIT_PILEUP] = "close-wait-pileup",
	[WHY_OTHER_NETNS] = "other-netns",
	[WHY_FOREIGN_NETNS_SOCKET] = "foreign-netns-socket",
	[WHY_KERNEL] = "kernel",
	[WHY_IN_FLIGHT] = "in-flight",
	[WHY_PID_NAMESPACE] = "pid-namespace",
	[WHY_REDIRECTED] = "redirected",
	[WHY_PRIVILEGED_PORT] = "privileged-port",
	[WHY_ADDRESS_NOT_LOCAL] = "address-not-local",
	[WHY_POLICY] = "policy",
	[WHY_QUEUE_FULL] = "queue-full",
	[WHY_BACKLOG_CAPPED] = "backlog-capped",
	[WHY_LOOPBACK_ONLY] = "loopback-only",
	[WHY_MORE_SPECIFIC_WINS] = "more-specific-wins",
	[WHY_OTHER_PROTOCOL] = "other-protocol",
};

const char *why_verdict_name(unsigned int verdict)
{
	return verdict <= WHY_BUSY ? verdict_names[verdict] : "?";
}

const char *why_code_name(unsigned int code)
{
	return code < WHY_CODE_COUNT ? code_names[code] : "?";
}

const char *why_errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{0, "0"},
		{EADDRINUSE, "EADDRINUSE"},
		{EADDRNOTAVAIL, "EADDRNOTAVAIL"},
		{EACCES, "EACCES"},
		{EPERM, "EPERM"},
		{EINVAL, "EINVAL"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{EPROTONOSUPPORT, "EPROTONOSUPPORT"},
		{ENODEV, "ENODEV"},
		{ENOBUFS, "ENOBUFS"},
		{ENOMEM, "ENOMEM"},
		{EMFILE, "EMFILE"},
		{ENFILE, "ENFILE"},
		{EOPNOTSUPP, "EOPNOTSUPP"},
		{ENOPROTOOPT, "ENOPROTOOPT"},
		{ENOSYS, "ENOSYS"},
		{EAGAIN, "EAGAIN"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == err)
			return names[i].name;
	return "?";
}

void why_endpoint(const struct why_want *want, struct strbuf *out)
{
	if (want->proto != PROTO_TCP)
		strbuf_addf(out, "%s:", names_proto(want->proto));
	if (want->any_addr)
		strbuf_addf(out, "%s%u", want->proto == PROTO_TCP ? ":" : "", want->port);
	else
		why_add_endpoint(out, &want->addr, want->port, want->scope_ifindex);
}

void why_needs(const struct why_want *want, struct needs *ret_needs)
{
	*ret_needs = (struct needs){
		.bits = NEED_ONE_PORT | NEED_COMPLETE | NEED_OWNERS | NEED_PROCS | NEED_CONNS |
			NEED_BOUND | NEED_DROPS | NEED_NETNS_ALL | NEED_NETNS_ADDRS |
			NEED_CONTAINERS | NEED_USERS | NEED_CGROUP_PATH,
		.protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP) | PROTO_BIT(PROTO_UDP) |
			  PROTO_BIT(PROTO_UDPLITE),
		.detail = DETAIL_WHY,
		.why = *want,
	};
}

/* ---- the verdict ---- */

/* Whether only the kernel's own timers keep the place; *ret_left_ms when the last one ends. */
static bool is_draining(const struct why_judge *j, uint32_t place, int64_t *ret_left_ms)
{
	const uint8_t bits = BIND_BLOCKS(BIND_PLAIN) | BIND_MAY_BLOCK(BIND_PLAIN);
	bool any = false;

	*ret_left_ms = 0;
	for (size_t i = 0; i < j->seen.len; i++) {
		const struct why_seen *row = &j->seen.data[i];
		int64_t left;

		if (!(row->blocks[place] & bits))
			continue;
		if (!row->w->bind.timewait)
			return false;
		any = true;
		left = why_left_ms(j, row);
		if (left < 0 || *ret_left_ms < 0)
			*ret_left_ms = -1;
		else if (left > *ret_left_ms)
			*ret_left_ms = left;
	}
	return any;
}

static enum why_verdict judge_place(const struct why_judge *j, uint32_t place, int64_t *ret_left_ms)
{
	int err = j->raw[place].err[BIND_PLAIN];

	*ret_left_ms = -1;
	if (err == BIND_UNKNOWN)
		return WHY_HIDDEN;
	if (!err)
		return j->facts->n_policies ? WHY_HIDDEN : WHY_FREE;
	if (err != EADDRINUSE)
		return WHY_NOT_A_CONFLICT;
	return is_draining(j, place, ret_left_ms) ? WHY_DRAINING : WHY_BUSY;
}

/* What was tried says more than what could not be told. */
static enum why_verdict believe_probe(const struct why_judge *j, uint32_t place,
				      enum why_verdict verdict)
{
	int err = j->facts->places[place].probe[BIND_PLAIN];

	if (verdict != WHY_HIDDEN || err <= 0)
		return verdict;
	return err == EADDRINUSE ? WHY_BUSY : WHY_NOT_A_CONFLICT;
}

static void judge(struct why_judge *j)
{
	struct why_result *r = j->result;
	bool unsure = false;
	int64_t left;

	r->verdict = WHY_FREE;
	r->free_in_ms = -1;
	for (uint32_t i = 0; i < j->facts->n_places; i++) {
		enum why_verdict verdict = believe_probe(j, i, judge_place(j, i, &left));

		unsure |= verdict == WHY_HIDDEN || (verdict == WHY_DRAINING && left < 0);
		if (left > r->free_in_ms)
			r->free_in_ms = left;
		if (verdict > r->verdict)
			r->verdict = (uint8_t)verdict;
	}
	if (r->verdict != WHY_DRAINING || unsure)
		r->free_in_ms = -1;
}

/* The predictions as they are told: a policy may say no where the sockets say yes. */
static void publish_predictions(struct why_judge *j)
{
	for (uint32_t i = 0; i < j->facts->n_places; i++) {
		j->result->predicted[i] = j->raw[i];
		for (int v = 0; v < BIND_VARIANTS && j->facts->n_policies; v++)
			j->result->predicted[i].err[v] = BIND_UNKNOWN;
	}
}

static const char *missing_right(const struct why_judge *j)
{
	uint8_t gaps = 0;

	for (uint32_t i = 0; i < j->facts->n_places; i++)
		gaps |= j->raw[i].gaps[BIND_PLAIN];
	if (gaps & (BIND_GAP_OPTIONS | BIND_GAP_V6ONLY | BIND_GAP_BUCKET | BIND_GAP_ORDER))
		return j->facts->options_need ? j->facts->options_need : "CAP_BPF and CAP_PERFMON";
	return j->facts->n_policies ? "--probe, which tries it" : NULL;
}

static bool reuseaddr_helps(const struct why_judge *j)
{
	for (uint32_t i = 0; i < j->facts->n_places; i++)
		if (j->result->predicted[i].err[BIND_REUSEADDR])
			return false;
	return true;
}

static void add_headline(struct why_judge *j, struct strbuf *out)
{
	const struct why_result *r = j->result;

	why_endpoint(&j->facts->want, out);
	switch ((enum why_verdict)r->verdict) {
	case WHY_FREE:
		strbuf_adds(out, " is free");
		return;
	case WHY_HIDDEN:
		strbuf_adds(out, ": cannot tell");
		if (r->needs)
			strbuf_addf(out, " without %s", r->needs);
		return;
	case WHY_DRAINING:
		if (r->free_in_ms >= 0)
			strbuf_addf(out, " is free in %" PRId64 " s", (r->free_in_ms + 999) / 1000);
		else
			strbuf_adds(out, " is free soon");
		if (reuseaddr_helps(j))
			strbuf_adds(out, "; a server with SO_REUSEADDR can bind now");
		return;
	case WHY_NOT_A_CONFLICT:
		strbuf_adds(out, " cannot be bound, but nothing is in the way");
		break;
	case WHY_BUSY:
		strbuf_adds(out, " is taken");
		break;
	}
	if (j->causes.len) {
		strbuf_adds(out, ": ");
		why_add_bytes(out, j->causes.data[0].text);
	}
}

static void write_headline(struct why_judge *j)
{
	strbuf_reset(&j->text);
	add_headline(j, &j->text);
	j->result->headline.ptr = arena_strndup(j->arena, strbuf_str(&j->text), j->text.len);
	j->result->headline.len = (uint32_t)j->text.len;
}

static void publish_causes(struct why_judge *j)
{
	size_t size = j->causes.len * sizeof(*j->causes.data);
	struct why_cause *causes = arena_alloc(j->arena, size);

	if (size)
		memcpy(causes, j->causes.data, size);
	j->result->causes = causes;
	j->result->n_causes = (uint32_t)j->causes.len;
}

void why_judge(const struct snapshot *snap, const struct why_facts *facts, int64_t now_ms,
	       struct arena *arena, struct why_result *ret)
{
	struct why_judge j = {
		.snap = snap, .facts = facts, .now_ms = now_ms, .arena = arena, .result = ret};

	memset(ret, 0, sizeof(*ret));
	strbuf_init(&j.text, 0);
	strbuf_init(&j.remedy, 0);
	why_see(&j);
	publish_predictions(&j);
	judge(&j);
	if (ret->verdict == WHY_HIDDEN)
		ret->needs = missing_right(&j);
	why_rules_run(&j);
	write_headline(&j);
	publish_causes(&j);
	strbuf_done(&j.text);
	strbuf_done(&j.remedy);
	vec_done(&j.seen);
	vec_done(&j.causes);
}
