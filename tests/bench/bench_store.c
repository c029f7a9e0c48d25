/*
 * CPU per tick of the store beside the raw decode: 101k sockets with one owner each, steady and
 * with ten new ones a tick. Usage: bench_store [SOCKETS]. Prints CPU ms per tick and heap bytes.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "model/store.h"

#define TICKS 15

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void make(struct sock_rec *r, uint32_t i, int64_t now_ms)
{
	uint32_t ip = 0x7f000001;

	memset(r, 0, sizeof(*r));
	r->cookie = i + 1;
	r->inode = i + 1000;
	r->uid = 1000;
	r->proto = PROTO_TCP;
	r->family = FAM_INET;
	r->have = REC_QUEUES | REC_UID | REC_CGROUP;
	r->local.family = r->remote.family = AF_INET;
	ip = __builtin_bswap32(ip);
	memcpy(r->local.bytes, &ip, 4);
	memcpy(r->remote.bytes, &ip, 4);
	if (i % 100 == 0) {
		r->state = STATE_LISTEN;
		r->local_port = 1000 + i / 100;
		r->sendq = 128;
		memset(r->remote.bytes, 0, 4);
	} else {
		r->state = STATE_ESTABLISHED;
		r->local_port = i & 1 ? 1000 + i / 100 : 20000 + i % 40000;
		r->remote_port = 20000 + i % 40000;
		r->timer = TIMER_KEEPALIVE;
		r->expires_ms = (uint32_t)(7200000 - now_ms);
	}
}

static void own(void *ctx, const struct sock *s)
{
	struct owner o = {.pid = 100 + s->r.inode / 100, .fd = (int)(s->r.inode % 100)};

	store_owners_set(ctx, s->r.inode, &o, 1, true);
}

static const struct snapshot *tick(struct store *st, uint32_t first, uint32_t n, int64_t now,
				   const struct sock_rec *recs)
{
	struct dump_scope scope = {.protos = PROTO_BIT(PROTO_TCP), .states = STATE_MASK_ALL};
	struct publish_args args = {0};

	(void)first;
	store_tick_begin(st, now, now);
	scope.netns = store_netns_find(st, 1, 0);
	store_dump_begin(st, &scope);
	for (uint32_t i = 0; i < n; i++)
		store_put(st, &recs[i]);
	store_dump_end(st, PROTO_BIT(PROTO_TCP), PROTO_BIT(PROTO_TCP));
	store_each_unknown(st, false, own, st);
	return store_publish(st, &args);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double run(struct store *st, uint32_t n, uint32_t shift, int64_t *now,
		  const struct snapshot **snap)
{
	struct sock_rec *recs = calloc(n + 1, sizeof(*recs));
	static uint32_t offset;
	double ms[TICKS];

	if (!recs)
		abort();
	for (int t = 0; t < TICKS; t++) {
		const struct snapshot *next;
		double before;

		*now += 1000;
		offset += shift;
		for (uint32_t i = 0; i < n; i++)
			make(&recs[i], i < offset ? i + n : i, *now);
		before = cpu_ms();
		next = tick(st, 0, n, *now, recs);
		ms[t] = cpu_ms() - before;
		snapshot_release(*snap);
		*snap = next;
	}
	free(recs);
	qsort(ms, TICKS, sizeof(ms[0]), by_value);
	return ms[TICKS / 2];
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 101000;
	struct netns_rec ns = {.cookie = 1, .inode = 4026531840u, .own = true};
	struct sock_rec *recs = calloc(n, sizeof(*recs));
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	const struct snapshot *snap;
	struct store *st = store_new();
	int64_t now = 1000;
	double first;

	if (!recs)
		abort();
	for (uint32_t i = 0; i < n; i++)
		make(&recs[i], i, now);
	store_tick_begin(st, now, now);
	store_netns_put(st, &ns);
	first = cpu_ms();
	snap = tick(st, 0, n, now, recs);
	first = cpu_ms() - first;
	printf("sockets %u\nfirst %.2f ms\n", n, first);
	printf("bytes per socket %.0f\n",
	       (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / n);
	free(recs);
	printf("steady %.2f ms\n", run(st, n, 0, &now, &snap));
	printf("10 new %.2f ms\n", run(st, n, 10, &now, &snap));
	snapshot_release(snap);
	store_free(st);
	return 0;
}
