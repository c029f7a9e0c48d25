#include "model/journal.h"

#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "model/codec.h"
#include "model/store_internal.h"

#define DETAILS_MAX 64

enum op {
	OP_TICK = 1,
	OP_NOW,
	OP_BOOT,
	OP_SOURCE_CHANGED,
	OP_NETNS,
	OP_NETNS_GONE,
	OP_DUMP_BEGIN,
	OP_SOCK,
	OP_DUMP_END,
	OP_DESTROYED,
	OP_OWNERS,
	OP_OWNER_NONE,
	OP_PROC,
	OP_PROC_GONE,
	OP_CONTAINER,
	OP_CONTAINER_GONE,
	OP_TRAFFIC,
	OP_EVENT,
	OP_PUBLISH,
	OP_NAME,
	OP_PUT_ONE,
	OP_ENDED
};

/* ---- writing ---- */

static struct codec writer(struct strbuf *out, enum op op)
{
	strbuf_addc(out, (char)op);
	return (struct codec){.out = out};
}

void journal_tick(struct strbuf *out, int64_t mono_ms, int64_t wall_ms)
{
	struct codec c = writer(out, OP_TICK);

	codec_i64(&c, &mono_ms);
	codec_i64(&c, &wall_ms);
}

void journal_now(struct strbuf *out, int64_t mono_ms)
{
	struct codec c = writer(out, OP_NOW);

	codec_i64(&c, &mono_ms);
}

void journal_boot(struct strbuf *out, uint32_t ticks_per_s, int64_t boot_wall_ms)
{
	struct codec c = writer(out, OP_BOOT);

	codec_u32(&c, &ticks_per_s);
	codec_i64(&c, &boot_wall_ms);
}

void journal_source_changed(struct strbuf *out)
{
	writer(out, OP_SOURCE_CHANGED);
}

void journal_netns(struct strbuf *out, const struct netns_rec *rec)
{
	struct codec c = writer(out, OP_NETNS);
	struct netns_rec r = *rec;

	codec_netns(&c, &r);
	codec_count(&c, r.n_addrs);
	for (uint32_t i = 0; i < r.n_addrs; i++) {
		struct netaddr addr = r.addrs[i];

		codec_addr(&c, &addr);
	}
}

void journal_netns_gone(struct strbuf *out, uint32_t netns)
{
	struct codec c = writer(out, OP_NETNS_GONE);

	codec_u32(&c, &netns);
}

void journal_dump_begin(struct strbuf *out, const struct dump_scope *scope)
{
	struct codec c = writer(out, OP_DUMP_BEGIN);
	struct dump_scope copy = *scope;

	codec_scope(&c, &copy);
}

static void write_sock(struct codec *c, const struct sock_rec *rec)
{
	struct sock_rec copy = *rec;
	struct tcp_stats tcp = {0};

	if (copy.tcp)
		tcp = *copy.tcp;
	else
		copy.have &= (uint16_t)~REC_TCP;
	codec_sock(c, &copy, &tcp);
}

void journal_sock(struct strbuf *out, const struct sock_rec *rec)
{
	struct codec c = writer(out, OP_SOCK);

	write_sock(&c, rec);
}

void journal_dump_end(struct strbuf *out, uint32_t asked, uint32_t complete)
{
	struct codec c = writer(out, OP_DUMP_END);

	codec_u32(&c, &asked);
	codec_u32(&c, &complete);
}

void journal_destroyed(struct strbuf *out, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct codec c = writer(out, OP_DESTROYED);

	codec_u32(&c, &netns);
	codec_u8(&c, &proto);
	codec_u64(&c, &cookie);
}

void journal_put_one(struct strbuf *out, uint32_t netns, const struct sock_rec *rec)
{
	struct codec c = writer(out, OP_PUT_ONE);

	codec_u32(&c, &netns);
	write_sock(&c, rec);
}

void journal_ended(struct strbuf *out, uint32_t netns, uint8_t proto, uint64_t cookie)
{
	struct codec c = writer(out, OP_ENDED);

	codec_u32(&c, &netns);
	codec_u8(&c, &proto);
	codec_u64(&c, &cookie);
}

void journal_owners(struct strbuf *out, uint32_t inode, const struct owner *owners, uint32_t n,
		    bool complete)
{
	struct codec c = writer(out, OP_OWNERS);

	codec_u32(&c, &inode);
	codec_bool(&c, &complete);
	codec_count(&c, n);
	for (uint32_t i = 0; i < n; i++) {
		struct owner owner = owners[i];

		codec_owner(&c, &owner);
	}
}

void journal_owner_none(struct strbuf *out, uint32_t inode, uint8_t status, struct bytes detail)
{
	struct codec c = writer(out, OP_OWNER_NONE);

	codec_u32(&c, &inode);
	codec_u8(&c, &status);
	codec_bytes(&c, &detail);
}

void journal_proc(struct strbuf *out, const struct proc_rec *rec)
{
	struct codec c = writer(out, OP_PROC);
	struct proc_rec copy = *rec;

	codec_proc(&c, &copy);
}

void journal_proc_gone(struct strbuf *out, uint32_t pid, uint64_t start_ticks)
{
	struct codec c = writer(out, OP_PROC_GONE);

	codec_u32(&c, &pid);
	codec_u64(&c, &start_ticks);
}

void journal_container(struct strbuf *out, const struct container_rec *rec, uint32_t netns_inode,
		       const struct publish_rec *published, uint32_t n_published)
{
	struct codec c = writer(out, OP_CONTAINER);
	struct container_rec copy = *rec;

	codec_container(&c, &copy);
	codec_u32(&c, &netns_inode);
	codec_count(&c, n_published);
	for (uint32_t i = 0; i < n_published; i++) {
		struct publish_rec pub = published[i];

		codec_publish(&c, &pub);
	}
}

void journal_container_gone(struct strbuf *out, struct bytes id)
{
	struct codec c = writer(out, OP_CONTAINER_GONE);

	codec_bytes(&c, &id);
}

/* Ids differ in another run of the store: the socket is named by its record. */
void journal_traffic(struct strbuf *out, uint32_t netns, const struct sock_rec *rec,
		     uint64_t rx_bytes, uint64_t tx_bytes)
{
	struct codec c = writer(out, OP_TRAFFIC);

	codec_u32(&c, &netns);
	codec_u64(&c, &rx_bytes);
	codec_u64(&c, &tx_bytes);
	write_sock(&c, rec);
}

void journal_event(struct strbuf *out, const struct event *ev, uint64_t cookie)
{
	struct codec c = writer(out, OP_EVENT);
	struct event copy = *ev;

	codec_u64(&c, &cookie);
	codec_event(&c, &copy);
}

void journal_publish(struct strbuf *out, uint64_t needs)
{
	struct codec c = writer(out, OP_PUBLISH);

	codec_u64(&c, &needs);
}

void store_set_journal(struct store *st, struct strbuf *out)
{
	st->journal = out;
}

void journal_name(struct strbuf *out, enum journal_name kind, uint64_t key, struct bytes text)
{
	struct codec c = writer(out, OP_NAME);
	uint8_t narrow = (uint8_t)kind;

	codec_u8(&c, &narrow);
	codec_u64(&c, &key);
	codec_bytes(&c, &text);
}

/* ---- reading ---- */

/* The store keeps texts of owner_detail by pointer: one copy of each, and not too many. */
static struct bytes keep_detail(struct store *st, struct bytes text)
{
	if (!text.ptr)
		return text;
	for (size_t i = 0; i < st->details.len; i++) {
		char *kept = st->details.data[i];

		if (strlen(kept) == text.len && !memcmp(kept, text.ptr, text.len))
			return (struct bytes){kept, text.len};
	}
	if (st->details.len >= DETAILS_MAX)
		return (struct bytes){0};
	vec_push(&st->details, xstrndup(text.ptr, text.len));
	text.ptr = st->details.data[st->details.len - 1];
	text.len = (uint32_t)strlen(text.ptr);
	return text;
}

struct reader {
	struct codec c;
	struct store *st;
	int64_t shift_ms;
	uint64_t needs;
	bool dumping;
	journal_name_fn *name;
	void *ctx;
};

static bool is_netns(const struct reader *r, uint32_t netns)
{
	return netns < r->st->nx.len && store_cur_netns(r->st, netns);
}

static void read_tick(struct reader *r)
{
	int64_t mono_ms = 0, wall_ms = 0;

	codec_i64(&r->c, &mono_ms);
	codec_i64(&r->c, &wall_ms);
	if (!r->c.bad)
		store_tick_begin(r->st, mono_ms + r->shift_ms, wall_ms);
}

static void read_now(struct reader *r)
{
	int64_t mono_ms = 0;

	codec_i64(&r->c, &mono_ms);
	if (!r->c.bad)
		store_set_now(r->st, mono_ms + r->shift_ms);
}

static void read_boot(struct reader *r)
{
	uint32_t ticks_per_s = 0;
	int64_t boot_wall_ms = 0;

	codec_u32(&r->c, &ticks_per_s);
	codec_i64(&r->c, &boot_wall_ms);
	if (!r->c.bad)
		store_set_boot(r->st, ticks_per_s, boot_wall_ms);
}

static void read_source_changed(struct reader *r)
{
	store_source_changed(r->st);
}

static void read_netns(struct reader *r)
{
	VEC(struct netaddr) addrs = {0};
	struct netns_rec rec = {0};
	struct netaddr addr = {0};

	codec_netns(&r->c, &rec);
	rec.n_addrs = codec_count(&r->c, 0);
	for (uint32_t i = 0; i < rec.n_addrs && !r->c.bad; i++) {
		codec_addr(&r->c, &addr);
		vec_push(&addrs, addr);
	}
	rec.addrs = addrs.data;
	if (!r->c.bad)
		store_netns_put(r->st, &rec);
	vec_done(&addrs);
}

static void read_netns_gone(struct reader *r)
{
	uint32_t netns = 0;

	codec_u32(&r->c, &netns);
	r->c.bad = r->c.bad || r->dumping || !is_netns(r, netns);
	if (!r->c.bad)
		store_netns_gone(r->st, netns);
}

static void read_dump_begin(struct reader *r)
{
	struct dump_scope scope = {0};

	codec_scope(&r->c, &scope);
	r->c.bad = r->c.bad || r->dumping || !is_netns(r, scope.netns);
	if (r->c.bad)
		return;
	store_dump_begin(r->st, &scope);
	r->dumping = true;
}

static void read_sock(struct reader *r)
{
	struct sock_rec rec = {0};
	struct tcp_stats tcp = {0};

	codec_sock(&r->c, &rec, &tcp);
	r->c.bad = r->c.bad || !r->dumping;
	if (!r->c.bad)
		store_put(r->st, &rec);
}

static void read_dump_end(struct reader *r)
{
	uint32_t asked = 0, complete = 0;

	codec_u32(&r->c, &asked);
	codec_u32(&r->c, &complete);
	r->c.bad = r->c.bad || !r->dumping;
	if (r->c.bad)
		return;
	store_dump_end(r->st, asked, complete);
	r->dumping = false;
}

static void read_destroyed(struct reader *r)
{
	uint32_t netns = 0;
	uint8_t proto = 0;
	uint64_t cookie = 0;

	codec_u32(&r->c, &netns);
	codec_u8(&r->c, &proto);
	codec_u64(&r->c, &cookie);
	if (!r->c.bad)
		store_destroyed(r->st, netns, proto, cookie);
}

static void read_put_one(struct reader *r)
{
	struct sock_rec rec = {0};
	struct tcp_stats tcp;
	uint32_t netns = 0;

	codec_u32(&r->c, &netns);
	codec_sock(&r->c, &rec, &tcp);
	r->c.bad = r->c.bad || r->dumping || !is_netns(r, netns);
	if (!r->c.bad)
		store_put_one(r->st, netns, &rec);
}

static void read_ended(struct reader *r)
{
	uint32_t netns = 0;
	uint8_t proto = 0;
	uint64_t cookie = 0;

	codec_u32(&r->c, &netns);
	codec_u8(&r->c, &proto);
	codec_u64(&r->c, &cookie);
	r->c.bad = r->c.bad || r->dumping || proto >= PROTO_COUNT || !is_netns(r, netns);
	if (!r->c.bad && cookie)
		store_ended(r->st, netns, proto, cookie);
}

static void read_owners(struct reader *r)
{
	VEC(struct owner) owners = {0};
	struct owner owner = {0};
	uint32_t inode = 0, n;
	bool complete = false;

	codec_u32(&r->c, &inode);
	codec_bool(&r->c, &complete);
	n = codec_count(&r->c, 0);
	for (uint32_t i = 0; i < n && !r->c.bad; i++) {
		codec_owner(&r->c, &owner);
		vec_push(&owners, owner);
	}
	if (!r->c.bad && owners.len)
		store_owners_set(r->st, inode, owners.data, (uint32_t)owners.len, complete);
	vec_done(&owners);
}

static void read_owner_none(struct reader *r)
{
	uint32_t inode = 0;
	uint8_t status = 0;
	struct bytes detail = {0};

	codec_u32(&r->c, &inode);
	codec_u8(&r->c, &status);
	codec_bytes(&r->c, &detail);
	r->c.bad = r->c.bad || status <= OWNER_KNOWN || status >= OWNER_STATUS_COUNT;
	if (!r->c.bad)
		store_owner_none(r->st, inode, status, keep_detail(r->st, detail));
}

static void read_proc(struct reader *r)
{
	struct proc_rec rec = {0};

	codec_proc(&r->c, &rec);
	if (!r->c.bad)
		store_proc_put(r->st, &rec);
}

static void read_proc_gone(struct reader *r)
{
	uint32_t pid = 0;
	uint64_t start_ticks = 0;

	codec_u32(&r->c, &pid);
	codec_u64(&r->c, &start_ticks);
	if (!r->c.bad)
		store_proc_gone(r->st, pid, start_ticks);
}

static void read_container(struct reader *r)
{
	VEC(struct publish_rec) published = {0};
	struct container_rec rec = {0};
	uint32_t netns_inode = 0, n;

	codec_container(&r->c, &rec);
	codec_u32(&r->c, &netns_inode);
	n = codec_count(&r->c, 0);
	for (uint32_t i = 0; i < n && !r->c.bad; i++) {
		struct publish_rec pub = {0};

		codec_publish(&r->c, &pub);
		vec_push(&published, pub);
	}
	r->c.bad = r->c.bad || !rec.id.ptr;
	if (!r->c.bad)
		store_container_put(r->st, &rec, netns_inode, published.data,
				    (uint32_t)published.len);
	vec_done(&published);
}

static void read_container_gone(struct reader *r)
{
	struct bytes id = {0};

	codec_bytes(&r->c, &id);
	if (!r->c.bad && id.ptr)
		store_container_gone(r->st, id);
}

static void read_traffic(struct reader *r)
{
	struct sock_rec rec = {0};
	struct tcp_stats tcp = {0};
	uint32_t netns = 0, slot;
	uint64_t rx = 0, tx = 0;

	codec_u32(&r->c, &netns);
	codec_u64(&r->c, &rx);
	codec_u64(&r->c, &tx);
	codec_sock(&r->c, &rec, &tcp);
	if (r->c.bad)
		return;
	slot = index_find(r->st, netns, &rec);
	if (slot == SLOT_NONE)
		return;
	if (rec.tcp)
		store_tcp_put(r->st, table_id(r->st, TABLE_SOCK, slot), rec.tcp);
	else
		store_bytes_put(r->st, table_id(r->st, TABLE_SOCK, slot), rx, tx);
}

static void read_event(struct reader *r)
{
	struct event ev = {0};
	uint64_t cookie = 0;

	codec_u64(&r->c, &cookie);
	codec_event(&r->c, &ev);
	ev.mono_ms += r->shift_ms;
	ev.gap_ms = -1;
	if (!r->c.bad)
		store_event_seen(r->st, &ev, cookie);
}

static void read_publish(struct reader *r)
{
	codec_u64(&r->c, &r->needs);
}

static void read_name(struct reader *r)
{
	struct bytes text = {0};
	uint64_t key = 0;
	uint8_t kind = 0;

	codec_u8(&r->c, &kind);
	codec_u64(&r->c, &key);
	codec_bytes(&r->c, &text);
	r->c.bad = r->c.bad || kind >= JOURNAL_NAME_COUNT || !text.ptr;
	if (!r->c.bad && r->name)
		r->name(r->ctx, kind, key, text);
}

static void (*const readers[])(struct reader *r) = {
	[OP_TICK] = read_tick,
	[OP_NOW] = read_now,
	[OP_BOOT] = read_boot,
	[OP_SOURCE_CHANGED] = read_source_changed,
	[OP_NETNS] = read_netns,
	[OP_NETNS_GONE] = read_netns_gone,
	[OP_DUMP_BEGIN] = read_dump_begin,
	[OP_SOCK] = read_sock,
	[OP_DUMP_END] = read_dump_end,
	[OP_DESTROYED] = read_destroyed,
	[OP_OWNERS] = read_owners,
	[OP_OWNER_NONE] = read_owner_none,
	[OP_PROC] = read_proc,
	[OP_PROC_GONE] = read_proc_gone,
	[OP_CONTAINER] = read_container,
	[OP_CONTAINER_GONE] = read_container_gone,
	[OP_TRAFFIC] = read_traffic,
	[OP_EVENT] = read_event,
	[OP_PUBLISH] = read_publish,
	[OP_NAME] = read_name,
	[OP_PUT_ONE] = read_put_one,
	[OP_ENDED] = read_ended,
};

int journal_clock(const void *frame, size_t len, int64_t *ret_mono_ms, int64_t *ret_wall_ms)
{
	struct codec c = {.at = frame, .end = (const uint8_t *)frame + len};
	int64_t mono_ms = 0, wall_ms = 0;
	uint8_t op = 0;

	codec_u8(&c, &op);
	codec_i64(&c, &mono_ms);
	codec_i64(&c, &wall_ms);
	if (c.bad || op != OP_TICK)
		return -EBADMSG;
	*ret_mono_ms = mono_ms;
	*ret_wall_ms = wall_ms;
	return 0;
}

int journal_apply(struct store *st, const void *frame, size_t len, int64_t shift_ms,
		  journal_name_fn *name, void *ctx, uint64_t *ret_needs)
{
	struct reader r = {
		.c = {.at = frame, .end = (const uint8_t *)frame + len},
		.st = st,
		.shift_ms = shift_ms,
		.name = name,
		.ctx = ctx,
	};

	while (r.c.at < r.c.end && !r.c.bad) {
		uint8_t op = *r.c.at++;

		if (op >= sizeof(readers) / sizeof(readers[0]) || !readers[op])
			r.c.bad = true;
		else
			readers[op](&r);
	}
	if (r.dumping)
		store_dump_end(st, 0, 0);
	*ret_needs = r.needs;
	return r.c.bad ? -EBADMSG : 0;
}
