/*
 * Random situations of real sockets on one port, through the whole of `why`: the kernel's tables,
 * socket options by BPF, the judgement. All three predictions against what bind() and listen()
 * really give. Nothing of the ledger (bind_situation.h) is looked at.
 *
 * WHY_RANDOM_COUNT (1000) situations, WHY_RANDOM_SEED (from the clock).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/bpf/bpf_binds.h"
#include "kernel/probe.h"
#include "live/bind_situation.h"
#include "model/why.h"
#include "session.h"

struct run {
	struct world w;
	struct probe *probe;
	struct session *session;
	unsigned tried, wrong, nulls, verdicts_wrong;
	unsigned outcome[3][BIND_VARIANTS]; /* success, in use, other errors */
};

static void random_want(struct world *w, uint8_t proto, struct why_want *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->proto = proto;
	ret->port = w->port;
	ret->uid = chance(w, 25) ? OTHER_UID : 0;
	ret->addr = random_addr(w);
	if (chance(w, 12))
		ret->scope_ifindex = chance(w, 50) ? w->lo : w->veth;
	if (chance(w, 4)) {
		ret->addr = parse_addr(chance(w, 50) ? "10.99.99.99" : "2001:db8:dead::1");
	} else if (chance(w, 6)) {
		static const char *const odd[] = {"224.0.0.1", "255.255.255.255", "ff0e::1",
						  "ff02::1",   "fe80::1",	  "127.5.5.5"};

		ret->addr = parse_addr(odd[pick(w, 6)]);
	}
}

static void complain(struct run *r, const struct why_want *want, int v, int said, int real)
{
	struct world *w = &r->w;

	printf("# disagreement: port %u\n", w->port);
	for (char *save = NULL, *line = strtok_r(w->story, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		printf("#   %s\n", line);
	printf("#   want %s variant %d uid %u device %u protocol %u: said %s, really %s\n",
	       addr_text(&want->addr), v, want->uid, want->scope_ifindex, want->proto,
	       said == BIND_UNKNOWN ? "null" : why_errno_name(said), why_errno_name(real));
}

static int try_really(struct run *r, const struct bind_want *bind, int v)
{
	int real = 0, err;

	err = probe_try(r->probe, r->w.netns, bind, (enum bind_variant)v, DEADLINE_MS, &real);
	if (err) {
		errno = -err;
		bail("probe_try");
	}
	return real;
}

static void compare(struct run *r, const struct why_want *want, const struct bind_want *bind,
		    const struct bind_prediction *said, int v)
{
	int real = try_really(r, bind, v);

	r->tried++;
	r->outcome[real == 0 ? 0 : real == EADDRINUSE ? 1 : 2][v]++;
	if (said->err[v] == BIND_UNKNOWN)
		r->nulls++;
	if (said->err[v] == real)
		return;
	r->wrong += said->err[v] != BIND_UNKNOWN;
	complain(r, want, v, said->err[v], real);
}

/*
 * What fails goes first: a success rewrites what the bind bucket remembers. Of the successes that
 * with SO_REUSEPORT is first, the only one that the memory matters to.
 */
static void ask(struct run *r, uint8_t proto)
{
	const struct snapshot *snap;
	struct why_result result;
	struct why_want want;
	struct needs needs;
	struct arena arena;
	struct strbuf error;

	strbuf_init(&error, 0);
	random_want(&r->w, proto, &want);
	why_needs(&want, &needs);
	if (session_once(r->session, &needs, &snap, &error) || !snap->why)
		bail(strbuf_str(&error));
	arena_init(&arena, 0);
	why_judge(snap, snap->why, snap->mono_ms, &arena, &result);
	for (int pass = 0; pass < 2; pass++)
		for (int v = BIND_VARIANTS - 1; v >= 0; v--)
			if ((result.predicted[0].err[v] == 0) == pass)
				compare(r, &want, &snap->why->places[0].bind, &result.predicted[0],
					v);
	if ((result.verdict == WHY_FREE) != !result.predicted[0].err[BIND_PLAIN] ||
	    (result.verdict == WHY_BUSY && !result.n_causes)) {
		r->verdicts_wrong++;
		complain(r, &want, 0, result.predicted[0].err[0], 0);
		printf("# verdict %s with %u causes\n", why_verdict_name(result.verdict),
		       result.n_causes);
	}
	arena_done(&arena);
	session_release(snap);
	strbuf_done(&error);
}

static void situation(struct run *r, uint16_t port)
{
	struct world *w = &r->w;
	uint8_t proto = pick(w, 5) < 3 ? PROTO_TCP : PROTO_UDP;
	unsigned n = 1 + pick(w, 4), wants = 1 + pick(w, 2);

	w->port = port;
	for (unsigned i = 0; i < n && w->n < MAX_SOCKS - 1; i++)
		add_random(w, proto);
	for (unsigned i = 0; i < wants; i++)
		ask(r, proto);
	end_situation(w);
}

static void check(unsigned *number, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++*number, what);
}

static bool has_bpf(void)
{
	struct bpf_binds *binds;
	bool ok = !bpf_binds_open(&binds, 0);

	if (ok)
		bpf_binds_close(binds);
	return ok;
}

static void report(const struct run *r, bool bpf)
{
	unsigned number = 0;
	bool all_outcomes = true;

	printf("# %u predictions: %u wrong, %u null; succeeded %u/%u/%u, in use %u/%u/%u, other "
	       "errors %u/%u/%u\n",
	       r->tried, r->wrong, r->nulls, r->outcome[0][0], r->outcome[0][1], r->outcome[0][2],
	       r->outcome[1][0], r->outcome[1][1], r->outcome[1][2], r->outcome[2][0],
	       r->outcome[2][1], r->outcome[2][2]);
	for (int v = 0; v < BIND_VARIANTS; v++)
		all_outcomes &= r->outcome[0][v] && r->outcome[1][v] && r->outcome[2][v];
	check(&number, !r->wrong, "prediction and kernel agree");
	if (bpf)
		check(&number, !r->nulls, "nothing is unknown");
	else
		printf("ok %u - nothing is unknown # SKIP no BPF here\n", ++number);
	check(&number, !r->verdicts_wrong, "free exactly when plain is 0, busy with a cause");
	check(&number, all_outcomes, "every variant succeeded, was refused and failed otherwise");
	printf("1..%u\n", number);
}

static void open_session(struct run *r)
{
	struct session_config cfg = {
		.interval_ms = 1000, .hold_ms = 0, .netns = "host", .no_runtime = true};
	struct strbuf error;

	cfg.no_bpf = getenv("WHY_RANDOM_NO_BPF");
	strbuf_init(&error, 0);
	if (session_new(&cfg, &r->session) || session_open(r->session, &error))
		bail(strbuf_str(&error));
	strbuf_done(&error);
}

int main(void)
{
	const char *count_text = getenv("WHY_RANDOM_COUNT"), *seed_text = getenv("WHY_RANDOM_SEED");
	unsigned count = count_text ? (unsigned)strtoul(count_text, NULL, 0) : 1000;
	unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 0) : (unsigned)time(NULL);
	static struct run r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		printf("1..0 # SKIP needs root for network namespaces and other users\n");
		return 0;
	}
	if (probe_new(&r.probe))
		bail("probe_new");
	printf("# seed %u, %u situations\n", seed, count);
	make_world(&r.w, seed);
	open_session(&r);
	for (unsigned i = 0; i < count; i++)
		situation(&r, (uint16_t)(i % 20 ? 2000 + i % 50000 : 1 + i / 20 % 1000));
	report(&r, has_bpf() && !getenv("WHY_RANDOM_NO_BPF"));
	session_free(r.session);
	probe_free(r.probe);
	return r.wrong || r.verdicts_wrong;
}
