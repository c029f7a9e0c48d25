/*
 * Random situations on one port each, made of real sockets in a network namespace of our own; what
 * bind_predict() says from this program's own ledger is compared with what the kernel does.
 *
 * BIND_RANDOM_COUNT (1500) situations, BIND_RANDOM_SEED (from the clock), BIND_RANDOM_VERBOSE.
 * TAP: one test for disagreements with full knowledge, one for answers given in spite of missing
 * facts, one each for the coverage that makes the others worth something.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "live/bind_situation.h"
#include "model/bind_rule.h"

struct run {
	struct world w;
	struct probe *probe;
	unsigned tried, wrong, partial_known, partial_null, partial_wrong, bucketless_null;
	unsigned outcome[3][BIND_VARIANTS]; /* success, in use, other errors */
};

static void random_want(struct world *w, uint8_t proto, struct bind_want *ret)
{
	*ret = (struct bind_want){.addr = random_addr(w),
				  .port = w->port,
				  .proto = proto,
				  .uid = chance(w, 25) ? OTHER_UID : 0,
				  .unprivileged_start = 1024,
				  .addr_local = 1};
	ret->cap_net_bind_service = ret->uid == 0;
	ret->v6only = ret->addr.family == AF_INET6 && chance(w, 35);
	if (chance(w, 12))
		ret->ifindex = chance(w, 50) ? w->lo : w->veth;
	ret->addr_ifindex =
		strstr(addr_text(&ret->addr), "9::1") || strstr(addr_text(&ret->addr), "10.9.0.1")
			? w->veth
			: w->lo;
	if (chance(w, 4)) {
		ret->addr = parse_addr(chance(w, 50) ? "10.99.99.99" : "2001:db8:dead::1");
		ret->addr_local = 0;
	} else if (chance(w, 4)) {
		static const char *const odd[] = {"224.0.0.1", "255.255.255.255", "ff0e::1",
						  "ff02::1",   "fe80::1",	  "127.5.5.5"};
		unsigned i = pick(w, 6);

		ret->addr = parse_addr(odd[i]);
		ret->addr_local = i == 5;
		ret->addr_ifindex = w->lo;
	}
}

static void complain(struct world *w, const struct bind_want *want, enum bind_variant v, int said,
		     int real, const char *what)
{
	printf("# %s: port %u\n", what, w->port);
	for (char *save = NULL, *line = strtok_r(w->story, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		printf("#   %s\n", line);
	printf("#   bucket %d uid %u %s v6only=%d\n", w->bucket.fastreuseport, w->bucket.fastuid,
	       w->bucket.fast_addr.family ? addr_text(&w->bucket.fast_addr) : "-",
	       w->bucket.fast_v6only);
	printf("#   want %s variant %d v6only=%d uid=%u if=%u proto %u: said %d, really %d (%s)\n",
	       addr_text(&want->addr), v, want->v6only, want->uid, want->ifindex, want->proto, said,
	       real, strerror(real));
}

/* The same question with facts withheld: unknown is fine, a wrong answer is not. */
static void ask_partially(struct run *r, const struct bind_want *want, enum bind_variant v,
			  int real)
{
	struct world *w = &r->w;
	struct bind_sock blurred[MAX_SOCKS];
	struct bind_want less = *want;
	struct bind_prediction pr;

	if (w->history_visible) {
		less.bucket = NULL;
		bind_predict(&less, w->socks, w->n, &pr, NULL);
		r->bucketless_null += pr.err[v] == BIND_UNKNOWN;
		if (pr.err[v] != BIND_UNKNOWN && pr.err[v] != real) {
			r->partial_wrong++;
			complain(w, want, v, pr.err[v], real, "wrong without the bucket");
		}
		less.bucket = want->bucket;
	}
	memcpy(blurred, w->socks, sizeof(blurred));
	for (size_t i = 0; i < w->n; i++) {
		if (chance(w, 30))
			blurred[i].reuseaddr = BIND_UNKNOWN;
		if (chance(w, 30))
			blurred[i].reuseport = BIND_UNKNOWN;
		if (chance(w, 30))
			blurred[i].v6only = BIND_UNKNOWN;
		if (chance(w, 30))
			blurred[i].chain = -1;
	}
	if (chance(w, 10))
		less.addr_local = BIND_UNKNOWN;
	bind_predict(&less, blurred, w->n, &pr, NULL);
	r->partial_null += pr.err[v] == BIND_UNKNOWN;
	r->partial_known += pr.err[v] != BIND_UNKNOWN;
	if (pr.err[v] != BIND_UNKNOWN && pr.err[v] != real) {
		r->partial_wrong++;
		complain(w, want, v, pr.err[v], real, "wrong with missing facts");
	}
}

static void compare(struct run *r, const struct bind_want *want, enum bind_variant v)
{
	struct world *w = &r->w;
	uint8_t blocks[MAX_SOCKS];
	struct bind_prediction pr;
	bool named = false;
	int real, ret;

	bind_predict(want, w->socks, w->n, &pr, blocks);
	ret = probe_try(r->probe, w->netns, want, v, DEADLINE_MS, &real);
	if (ret) {
		errno = -ret;
		bail("probe_try");
	}
	for (size_t i = 0; i < w->n; i++)
		named |= blocks[i] & BIND_BLOCKS(v);
	r->tried++;
	r->outcome[real == 0 ? 0 : real == EADDRINUSE ? 1 : 2][v]++;
	if (pr.err[v] != real || (real == EADDRINUSE && !named)) {
		r->wrong++;
		complain(w, want, v, pr.err[v], real, "disagreement");
	}
	ask_partially(r, want, v, real);
	if (!real && want->proto == PROTO_TCP) {
		struct plan p = {.proto = PROTO_TCP,
				 .addr = want->addr,
				 .reuseport = v == BIND_REUSEPORT,
				 .v6only = want->v6only,
				 .uid = want->uid};
		bool plain_v6 = want->addr.family == AF_INET6 && !is_mapped(&want->addr) &&
				strcmp(addr_text(&want->addr), "::");

		note_get_port(w, &p, plain_v6);
		settle_bucket(w);
		w->history_visible &= v != BIND_REUSEPORT; /* a binder that is gone */
	}
}

static void situation(struct run *r, uint16_t port)
{
	static const uint8_t protos[] = {PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE};
	struct world *w = &r->w;
	uint8_t proto = protos[pick(w, 5)];
	unsigned n = 1 + pick(w, 4), wants = 1 + pick(w, 3);
	bool verbose = getenv("BIND_RANDOM_VERBOSE");

	w->port = port;
	for (unsigned i = 0; i < n && w->n < MAX_SOCKS - 1; i++)
		add_random(w, proto);
	if (verbose)
		printf("# %u:\n%s", port, w->story);
	for (unsigned i = 0; i < wants; i++) {
		struct bind_want want;
		unsigned first = pick(w, 3);

		random_want(w, proto, &want);
		want.bucket = &w->bucket;
		for (unsigned v = 0; v < BIND_VARIANTS; v++)
			compare(r, &want, (first + v) % BIND_VARIANTS);
	}
	end_situation(w);
}

static void check(unsigned *number, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++*number, what);
}

static void report(const struct run *r)
{
	const struct world *w = &r->w;
	unsigned number = 0;
	bool all_kinds = true, all_outcomes = true;

	printf("# %u predictions: %u wrong; succeeded %u/%u/%u, in use %u/%u/%u, other errors "
	       "%u/%u/%u\n",
	       r->tried, r->wrong, r->outcome[0][0], r->outcome[0][1], r->outcome[0][2],
	       r->outcome[1][0], r->outcome[1][1], r->outcome[1][2], r->outcome[2][0],
	       r->outcome[2][1], r->outcome[2][2]);
	printf("# without the bucket %u unknown; with missing facts %u known, %u unknown, %u "
	       "wrong\n",
	       r->bucketless_null, r->partial_known, r->partial_null, r->partial_wrong);
	printf("# tcp sockets:");
	for (int k = 0; k < KINDS; k++) {
		printf(" %s %u", kind_names[k], w->made[k]);
		all_kinds &= w->made[k] > 0;
	}
	printf("; udp %u\n", w->udp_made);
	for (int v = 0; v < BIND_VARIANTS; v++)
		all_outcomes &= r->outcome[0][v] && r->outcome[1][v] && r->outcome[2][v];
	check(&number, !r->wrong, "prediction and kernel agree");
	check(&number, !r->partial_wrong, "with missing facts: unknown or right");
	check(&number, r->partial_known > 0 && r->partial_null > 0, "missing facts: both seen");
	check(&number, all_kinds, "every kind of socket was made");
	check(&number, all_outcomes, "every variant succeeded, was refused and failed otherwise");
	printf("1..%u\n", number);
}

int main(void)
{
	const char *count_text = getenv("BIND_RANDOM_COUNT"),
		   *seed_text = getenv("BIND_RANDOM_SEED");
	unsigned count = count_text ? (unsigned)strtoul(count_text, NULL, 0) : 1500;
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
	for (unsigned i = 0; i < count; i++)
		situation(&r, (uint16_t)(i % 20 ? 2000 + i % 50000 : 1 + i / 20 % 1000));
	report(&r);
	probe_free(r.probe);
	return r.wrong || r.partial_wrong;
}
