/*
 * The facts behind an open detail page. They are shared by the snapshots between two reads: a table
 * of ten thousand descriptors is not read again each tick.
 */
#include "session_internal.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "kernel/fdtable.h"

/* Reading may take at most this share of the time. */
#define COST_SHARE 20

struct detail_block {
	struct proc_detail detail; /* first: what the snapshot points to */
	struct arena arena;
	uint32_t refs;
};

static void drop_block(void *ptr)
{
	struct detail_block *b = ptr;

	if (!b || --b->refs)
		return;
	arena_done(&b->arena);
	free(b);
}

static void on_environ(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len,
		       bool cut)
{
	struct session_detail *d = ctx;

	(void)ticket;
	d->ticket = 0;
	d->environ_status = status;
	d->environ_cut = cut;
	strbuf_reset(&d->environ);
	if (!status)
		strbuf_add(&d->environ, bytes, len);
	d->read_ms = 0;
}

static void ask_environ(struct session *s, struct session_detail *d)
{
	struct fdtable_environ_request request = {d->start_ticks, d->pid};

	d->ticket =
		helper_submit(s->helper, HELPER_ENVIRON, &request, sizeof(request), on_environ, d);
}

static void forget(struct session *s)
{
	struct session_detail *d = &s->detail;

	if (d->ticket)
		helper_cancel(s->helper, d->ticket);
	drop_block(d->block);
	strbuf_done(&d->environ);
	memset(d, 0, sizeof(*d));
}

void session_detail_done(struct session *s)
{
	forget(s);
}

static void add_environ(const struct session_detail *d, struct detail_block *b)
{
	b->detail.environ_pending = d->ticket;
	b->detail.environ_stuck = d->environ_status == -ETIMEDOUT;
	b->detail.environ_err = d->environ_status;
	b->detail.environ_cut = d->environ_cut;
	if (!d->ticket && !d->environ_status)
		fdtable_add_environ(&b->detail, &b->arena, d->environ.data, d->environ.len);
}

static void read_detail(struct session *s, int64_t now_ms)
{
	struct session_detail *d = &s->detail;
	struct detail_block *b = xcalloc(1, sizeof(*b));
	int err;

	b->refs = 1;
	arena_init(&b->arena, 0);
	err = fdtable_read(s->proc_fd, d->pid, d->start_ticks, &b->arena, &b->detail);
	if (err)
		b->detail.err = err;
	else
		add_environ(d, b);
	drop_block(d->block);
	d->block = b;
	d->read_ms = now_ms;
	d->cost_ms = (int64_t)mono_ms() - now_ms;
}

struct owned session_detail(struct session *s, const struct needs *needs)
{
	struct session_detail *d = &s->detail;
	int64_t now_ms = (int64_t)mono_ms();

	if (needs->detail != DETAIL_PROC && needs->detail != DETAIL_ENVIRON)
		return (struct owned){0};
	if (d->pid != needs->detail_pid || d->start_ticks != needs->detail_start) {
		forget(s);
		d->pid = needs->detail_pid;
		d->start_ticks = needs->detail_start;
		strbuf_init(&d->environ, 0);
		ask_environ(s, d);
	}
	if (!d->block || now_ms >= d->read_ms + COST_SHARE * d->cost_ms)
		read_detail(s, now_ms);
	d->block->refs++;
	return (struct owned){d->block, drop_block};
}
