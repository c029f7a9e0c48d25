#include "model/codec.h"

#include <stddef.h>
#include <string.h>

/* ---- scalars ---- */

static void put_number(struct strbuf *out, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		strbuf_addc(out, (char)(v | 0x80));
	strbuf_addc(out, (char)v);
}

static uint64_t get_number(struct codec *c)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint8_t byte = *c->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

void codec_u64(struct codec *c, uint64_t *v)
{
	if (c->out)
		put_number(c->out, *v);
	else
		*v = get_number(c);
}

void codec_i64(struct codec *c, int64_t *v)
{
	uint64_t zigzag = (uint64_t)*v << 1 ^ (uint64_t)(*v >> 63);

	codec_u64(c, &zigzag);
	*v = (int64_t)(zigzag >> 1 ^ -(zigzag & 1));
}

/* A number that does not fit is no number of ours. */
static uint64_t narrow(struct codec *c, uint64_t v, uint64_t max)
{
	codec_u64(c, &v);
	c->bad = c->bad || v > max;
	return c->bad ? 0 : v;
}

void codec_u32(struct codec *c, uint32_t *v)
{
	*v = (uint32_t)narrow(c, *v, UINT32_MAX);
}

void codec_u16(struct codec *c, uint16_t *v)
{
	*v = (uint16_t)narrow(c, *v, UINT16_MAX);
}

void codec_u8(struct codec *c, uint8_t *v)
{
	*v = (uint8_t)narrow(c, *v, UINT8_MAX);
}

void codec_bool(struct codec *c, bool *v)
{
	*v = narrow(c, *v, 1);
}

static void codec_raw(struct codec *c, void *bytes, size_t len)
{
	if (c->out) {
		strbuf_add(c->out, bytes, len);
		return;
	}
	if ((size_t)(c->end - c->at) < len) {
		c->bad = true;
		return;
	}
	memcpy(bytes, c->at, len);
	c->at += len;
}

/* Read bytes point into the frame. */
void codec_bytes(struct codec *c, struct bytes *b)
{
	uint64_t len = b->ptr ? b->len + 1ull : 0;

	codec_u64(c, &len);
	if (c->out) {
		if (b->ptr)
			strbuf_add(c->out, b->ptr, b->len);
		return;
	}
	*b = (struct bytes){0};
	if (!len)
		return;
	if (len - 1 > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		return;
	}
	*b = (struct bytes){(const char *)c->at, (uint32_t)(len - 1)};
	c->at += len - 1;
}

void codec_addr(struct codec *c, struct netaddr *addr)
{
	uint8_t family = addr->family;

	codec_u8(c, &family);
	if (!c->out)
		*addr = (struct netaddr){.family = family};
	if (family)
		codec_raw(c, addr->bytes, sizeof(addr->bytes));
}

/* ---- records ---- */

static void codec_tcp(struct codec *c, struct tcp_stats *t)
{
	/* numbers up to app_limited: their layout is part of the magic's version */
	codec_raw(c, t, offsetof(struct tcp_stats, app_limited));
	codec_bool(c, &t->app_limited);
	codec_raw(c, t->cc, sizeof(t->cc));
	if (!c->out)
		t->cc[sizeof(t->cc) - 1] = '\0';
}

static void codec_flags(struct codec *c, struct sock_rec *r)
{
	codec_u8(c, &r->proto);
	codec_u8(c, &r->family);
	codec_u8(c, &r->state);
	codec_u8(c, &r->timer);
	codec_u8(c, &r->timer_retrans);
	codec_u8(c, &r->shutdown);
	codec_u8(c, &r->sock_type);
	codec_bool(c, &r->v6only);
	codec_bool(c, &r->autobound);
	codec_bool(c, &r->abstract_name);
	codec_bool(c, &r->mptcp_subflow);
	c->bad = c->bad || r->proto >= PROTO_COUNT || r->state >= STATE_COUNT;
}

void codec_sock(struct codec *c, struct sock_rec *r, struct tcp_stats *tcp)
{
	codec_u64(c, &r->cookie);
	codec_u64(c, &r->cgroup_id);
	codec_u32(c, &r->inode);
	codec_u32(c, &r->uid);
	codec_u32(c, &r->recvq);
	codec_u32(c, &r->sendq);
	codec_u32(c, &r->local_port);
	codec_u32(c, &r->remote_port);
	codec_u32(c, &r->ifindex);
	codec_u32(c, &r->mark);
	codec_u32(c, &r->drops);
	codec_u32(c, &r->expires_ms);
	codec_u32(c, &r->peer_inode);
	codec_u32(c, &r->local_cid);
	codec_u32(c, &r->remote_cid);
	codec_addr(c, &r->local);
	codec_addr(c, &r->remote);
	codec_u16(c, &r->have);
	codec_flags(c, r);
	codec_bytes(c, &r->path);
	if (r->have & REC_TCP) {
		codec_tcp(c, tcp);
		r->tcp = tcp;
	}
}

void codec_container(struct codec *c, struct container_rec *r)
{
	codec_bytes(c, &r->id);
	codec_bytes(c, &r->name);
	codec_bytes(c, &r->runtime);
	codec_bytes(c, &r->image);
	codec_bytes(c, &r->pod);
	codec_bytes(c, &r->k8s_namespace);
}

void codec_proc(struct codec *c, struct proc_rec *r)
{
	uint8_t state = (uint8_t)r->state;

	codec_u32(c, &r->pid);
	codec_u32(c, &r->ppid);
	codec_u64(c, &r->start_ticks);
	codec_u32(c, &r->uid);
	codec_u32(c, &r->fds);
	codec_u32(c, &r->netns_inode);
	codec_u16(c, &r->have);
	codec_u8(c, &state);
	r->state = (char)state;
	codec_bool(c, &r->exe_deleted);
	codec_bool(c, &r->cmdline_cut);
	codec_bytes(c, &r->comm);
	codec_bytes(c, &r->cmdline);
	codec_bytes(c, &r->exe);
	codec_bytes(c, &r->cgroup);
	codec_bytes(c, &r->user);
	codec_bytes(c, &r->unit);
	codec_container(c, &r->container);
}

void codec_publish(struct codec *c, struct publish_rec *r)
{
	codec_addr(c, &r->host_addr);
	codec_addr(c, &r->container_addr);
	codec_u16(c, &r->host_port);
	codec_u16(c, &r->container_port);
	codec_u8(c, &r->proto);
	c->bad = c->bad || r->proto >= PROTO_COUNT;
}

void codec_owner(struct codec *c, struct owner *o)
{
	uint32_t fd = (uint32_t)o->fd;

	codec_u32(c, &o->pid);
	codec_u32(c, &o->tid);
	codec_u32(c, &fd);
	o->fd = (int32_t)fd;
}

void codec_event(struct codec *c, struct event *ev)
{
	codec_i64(c, &ev->wall_ms);
	codec_i64(c, &ev->mono_ms);
	codec_u8(c, &ev->kind);
	codec_u8(c, &ev->proto);
	codec_u8(c, &ev->family);
	codec_addr(c, &ev->addr);
	codec_u16(c, &ev->port);
	codec_u32(c, &ev->ifindex);
	codec_u64(c, &ev->netns_cookie);
	codec_u32(c, &ev->netns_inode);
	codec_u32(c, &ev->pid);
	codec_u32(c, &ev->uid);
	codec_bool(c, &ev->uid_known);
	codec_bytes(c, &ev->comm);
	codec_i64(c, &ev->lifetime_ms);
	c->bad = c->bad || ev->kind >= EVENT_KIND_COUNT || ev->proto >= PROTO_COUNT;
}

/* How many items of at least one byte each follow. */
uint32_t codec_count(struct codec *c, uint32_t n)
{
	codec_u32(c, &n);
	if (!c->out && n > (size_t)(c->end - c->at)) {
		c->bad = true;
		return 0;
	}
	return n;
}

void codec_netns(struct codec *c, struct netns_rec *r)
{
	codec_u64(c, &r->cookie);
	codec_u32(c, &r->inode);
	codec_u8(c, &r->kind);
	codec_bool(c, &r->own);
	codec_u32(c, &r->holders);
	codec_bytes(c, &r->name);
}

void codec_scope(struct codec *c, struct dump_scope *scope)
{
	codec_u32(c, &scope->netns);
	codec_u32(c, &scope->protos);
	codec_u32(c, &scope->states);
	codec_bool(c, &scope->rest_known);
}
