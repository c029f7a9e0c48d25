/*
 * Bytes per second from byte counters. Only sampled sockets have rates, and sums over sampled
 * sockets are what their endpoint, process and namespace show.
 */
#include "model/store_internal.h"

#define SAMPLE_MIN_MS 50

static int64_t rate(uint64_t before, uint64_t now, int64_t ms)
{
	if (before == UINT64_MAX || now == UINT64_MAX || now < before)
		return -1;
	return (int64_t)((now - before) * 1000 / (uint64_t)ms);
}

static struct sample *sample_of(struct store *st, uint32_t slot, bool *ret_first)
{
	struct sample new = {.slot = slot, .mono_ms = st->mono_ms};

	*ret_first = !(st->sx.data[slot].flags & SOCK_SAMPLED);
	if (!*ret_first)
		return &st->samples.data[st->sx.data[slot].sample];
	st->sx.data[slot].flags |= SOCK_SAMPLED;
	st->sx.data[slot].sample = (uint32_t)st->samples.len;
	vec_push(&st->samples, new);
	return &st->samples.data[st->samples.len - 1];
}

/* s is editable. Two samples closer than SAMPLE_MIN_MS count as one. */
void rates_sample(struct store *st, uint32_t slot, struct sock *s, uint64_t rx, uint64_t tx)
{
	bool first;
	struct sample *sample = sample_of(st, slot, &first);
	int64_t ms = st->mono_ms - sample->mono_ms;

	if (!first && ms < SAMPLE_MIN_MS)
		return;
	if (first || (st->interval_ms > 0 && ms > 3 * st->interval_ms)) {
		s->rx_rate = s->tx_rate = -1;
	} else {
		s->rx_rate = rate(s->rx_bytes, rx, ms);
		s->tx_rate = rate(s->tx_bytes, tx, ms);
	}
	s->rx_bytes = rx;
	s->tx_bytes = tx;
	sample->mono_ms = st->mono_ms;
}

static void sum_up(struct traffic *t, bool *rated, const struct sock *s)
{
	if (!*rated)
		*t = (struct traffic){.rx_rate = -1, .tx_rate = -1};
	*rated = true;
	t->rx_bytes += s->rx_bytes == UINT64_MAX ? 0 : s->rx_bytes;
	t->tx_bytes += s->tx_bytes == UINT64_MAX ? 0 : s->tx_bytes;
	if (s->rx_rate >= 0)
		t->rx_rate = (t->rx_rate < 0 ? 0 : t->rx_rate) + s->rx_rate;
	if (s->tx_rate >= 0)
		t->tx_rate = (t->tx_rate < 0 ? 0 : t->tx_rate) + s->tx_rate;
}

static void add_to_netns(struct netns_extra *x, const struct sock *s)
{
	struct traffic t = {.rx_rate = x->rx_rate, .tx_rate = x->tx_rate};

	sum_up(&t, &x->rated, s);
	x->rx_rate = t.rx_rate;
	x->tx_rate = t.tx_rate;
	x->dirty = true;
}

static void add_sample(struct store *st, const struct sock *s)
{
	if (store_cur_port(st, s->port)) {
		sum_up(&st->px.data[s->port].traffic, &st->px.data[s->port].rated, s);
		ports_dirty(st, s->port);
	}
	if (store_cur_proc(st, s->proc)) {
		sum_up(&st->qx.data[s->proc].traffic, &st->qx.data[s->proc].rated, s);
		proc_dirty(st, s->proc);
	}
	add_to_netns(&st->nx.data[s->netns], s);
}

static void forget_sample(struct store *st, uint32_t slot)
{
	const struct sock *s = store_cur_sock(st, slot);
	struct sock t;

	st->sx.data[slot].flags &= (uint16_t)~SOCK_SAMPLED;
	if (!s || s->head.gone)
		return;
	t = *s;
	t.r.tcp = NULL;
	t.r.have &= (uint16_t)~REC_TCP;
	t.rx_rate = t.tx_rate = -1;
	t.rx_bytes = t.tx_bytes = UINT64_MAX;
	store_sock_replace(st, slot, &t);
}

/* Starts the sums anew: who had one and gets none shows none. */
static void clear_sums(struct store *st)
{
	for (size_t i = 0; i < st->px.len; i++) {
		if (st->px.data[i].rated)
			ports_dirty(st, (uint32_t)i);
		st->px.data[i].rated = false;
	}
	for (size_t i = 0; i < st->qx.len; i++) {
		if (st->qx.data[i].rated)
			proc_dirty(st, (uint32_t)i);
		st->qx.data[i].rated = false;
	}
	for (size_t i = 0; i < st->nx.len; i++) {
		st->nx.data[i].dirty |= st->nx.data[i].rated;
		st->nx.data[i].rated = false;
	}
}

/* What was not sampled for three ticks is not known any more. */
void rates_publish(struct store *st)
{
	int64_t oldest = st->mono_ms - 3 * (st->interval_ms > 1000 ? st->interval_ms : 1000);
	size_t kept = 0;

	if (!st->samples.len && !st->summed)
		return;
	clear_sums(st);
	for (size_t i = 0; i < st->samples.len; i++) {
		struct sample sample = st->samples.data[i];
		const struct sock *s = store_cur_sock(st, sample.slot);

		if (!(st->sx.data[sample.slot].flags & SOCK_SAMPLED) ||
		    st->sx.data[sample.slot].sample != i)
			continue;
		if (!s || s->head.gone || sample.mono_ms < oldest) {
			forget_sample(st, sample.slot);
			continue;
		}
		st->sx.data[sample.slot].sample = (uint32_t)kept;
		st->samples.data[kept++] = sample;
		add_sample(st, s);
	}
	st->samples.len = kept;
	st->summed = kept;
}
