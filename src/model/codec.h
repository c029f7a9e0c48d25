/*
 * Records to bytes and back (model/journal.h). Every record has one function that does both, so the
 * two cannot drift apart: a codec either appends what the members hold or fills them from its
 * bytes. Numbers have a variable length (7 bits a byte, low first; signed ones zigzag), bytes are a
 * length + 1 (0 = NULL) and the bytes.
 */
#ifndef INETTOP_MODEL_CODEC_H
#define INETTOP_MODEL_CODEC_H

#include "base/strbuf.h"
#include "model/store.h"

struct codec {
	struct strbuf *out;	 /* writing, else NULL */
	const uint8_t *at, *end; /* reading */
	bool bad;		 /* the bytes were not what a codec writes */
};

void codec_u64(struct codec *c, uint64_t *v);
void codec_i64(struct codec *c, int64_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u16(struct codec *c, uint16_t *v);
void codec_u8(struct codec *c, uint8_t *v);
void codec_bool(struct codec *c, bool *v);

/* Reading: points into the codec's bytes. */
void codec_bytes(struct codec *c, struct bytes *b);
void codec_addr(struct codec *c, struct netaddr *addr);

/* How many items follow; no more than there are bytes left. */
uint32_t codec_count(struct codec *c, uint32_t n);

/* tcp: where the tcp_info goes; r->tcp is set to it when there is one. */
void codec_sock(struct codec *c, struct sock_rec *r, struct tcp_stats *tcp);
void codec_container(struct codec *c, struct container_rec *r);
void codec_proc(struct codec *c, struct proc_rec *r);
void codec_publish(struct codec *c, struct publish_rec *r);
void codec_owner(struct codec *c, struct owner *o);
void codec_event(struct codec *c, struct event *ev);
void codec_netns(struct codec *c, struct netns_rec *r); /* without its addresses */
void codec_scope(struct codec *c, struct dump_scope *scope);

#endif
