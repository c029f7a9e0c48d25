/*
 * Holders by one BPF walk over every descriptor table, where that is cheaper than /proc. Loading it
 * takes some 40 ms and two megabytes, so it waits until the search in /proc has cost as much (who
 * rents skis buys them when the rent has reached the price), or is about to.
 */
#include "session_internal.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"

/* What loading takes, against what the search in /proc has taken so far. */
#define LOAD_US 40000
/* A first walk, by the number of descriptors that is not known yet. */
#define WALK_US 5000
/* Array elements at first: it grows, at the price of another load. */
#define SOCKETS_MIN 4096

static uint64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct owners_entry *a = pa, *b = pb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->fd > b->fd) - (a->fd < b->fd);
}

static int load(struct session *s)
{
	struct session_bpf *b = &s->bpf;
	uint64_t hint = s->counts_hint > SOCKETS_MIN ? s->counts_hint : SOCKETS_MIN;

	if (b->walk || b->err)
		return b->err;
	b->err = bpf_owners_open(&b->walk, BPF_OWNERS_LITE, hint);
	malloc_trim(0); /* the loader read the kernel's type information */
	return b->err;
}

static void take_rows(struct session_bpf *b, const struct bpf_fd *rows, size_t n)
{
	bool sorted = true;

	vec_clear(&b->entries);
	vec_reserve(&b->entries, n);
	for (size_t i = 0; i < n; i++) {
		b->entries.data[i] = (struct owners_entry){
			.pid = rows[i].pid,
			.tid = rows[i].tid,
			.fd = (int32_t)rows[i].fd,
			.inode = rows[i].inode,
		};
		sorted = sorted &&
			 (!i || compare_entries(&b->entries.data[i - 1], &b->entries.data[i]) < 0);
	}
	b->entries.len = n;
	if (!sorted)
		qsort(b->entries.data, n, sizeof(b->entries.data[0]), compare_entries);
}

static int walk(void *session, const struct owners_entry **ret_entries, size_t *ret_n)
{
	struct session *s = session;
	struct session_bpf *b = &s->bpf;
	const struct bpf_fd *rows;
	uint64_t start;
	size_t n;
	int err = load(s);

	if (err)
		return err;
	start = cpu_us();
	err = bpf_owners_run(b->walk, &rows, &n);
	if (err)
		return err; /* cut short is no truth */
	take_rows(b, rows, n);
	b->walk_us = (cpu_us() - start) * 2; /* the store takes about as long again */
	*ret_entries = b->entries.data;
	*ret_n = n;
	return 0;
}

static bool allowed(const struct session *s)
{
	return !s->cfg.no_bpf && !s->cfg.readonly && s->cfg.owners != OWNERS_PROC && !s->bpf.err &&
	       s->cfg.source != SOURCE_PROC;
}

void session_bpf_offer(struct session *s, struct owners_input *in)
{
	const struct session_bpf *b = &s->bpf;

	if (!allowed(s))
		return;
	in->walk = walk;
	in->walk_ctx = s;
	if (s->cfg.owners == OWNERS_BPF)
		in->walk_us = 0;
	else if (b->walk)
		in->walk_us = b->walk_us;
	else
		in->walk_us = WALK_US + (b->rent_us < LOAD_US ? LOAD_US - b->rent_us : 0);
}

void session_bpf_paid(struct session *s, const struct owners_info *info)
{
	s->bpf.rent_us += info->search_us;
	s->stats.owner_mode = s->bpf.walk ? 'C' : 'A';
	s->stats.owner_source = s->bpf.walk ? "bpf" : "proc";
	if (s->cfg.owners == OWNERS_BPF && s->bpf.err)
		session_note(s, NOTE_FALLBACK, -s->bpf.err, 0, "owners",
			     "the BPF walk cannot be had: holders come from /proc");
}

void session_bpf_done(struct session *s)
{
	bpf_owners_close(s->bpf.walk);
	vec_done(&s->bpf.entries);
}
