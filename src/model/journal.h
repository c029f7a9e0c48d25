/*
 * A journal of what a store was fed: every record of every tick, so that the same store can be made
 * again later, tick by tick (--record, --replay). Pure: bytes out, bytes in.
 *
 * Form: JOURNAL_MAGIC, then frames: u32 little endian length, then that many bytes of operations.
 * A frame is one tick. Numbers inside are variable-length (7 bits a byte, low first), bytes are a
 * length + 1 (0 = NULL) and the bytes. A journal may come from anybody: reading is bounded.
 */
#ifndef INETTOP_MODEL_JOURNAL_H
#define INETTOP_MODEL_JOURNAL_H

#include "base/strbuf.h"
#include "model/store.h"

#define JOURNAL_MAGIC "inettop journal 1\n"
/* A longer frame is refused. */
#define JOURNAL_FRAME_MAX (256u << 20)

/*
 * From now on every call that feeds the store is appended to out as well; NULL ends it. The caller
 * takes the bytes of a tick after store_publish(): one frame without its length.
 */
void store_set_journal(struct store *st, struct strbuf *out);

/* The clock of a frame, without applying it: -EBADMSG when it does not begin with one. */
int journal_clock(const void *frame, size_t len, int64_t *ret_mono_ms, int64_t *ret_wall_ms);

/* Names that are no facts of the store travel in the same frames. */
enum journal_name { JOURNAL_USER, JOURNAL_INTERFACE, JOURNAL_CGROUP, JOURNAL_NAME_COUNT };
typedef void journal_name_fn(void *ctx, enum journal_name kind, uint64_t key, struct bytes text);

/*
 * Feeds the store what the frame says, with its times moved by shift_ms (monotonic). 0, or -EBADMSG
 * at the first operation that is none; what came before it stays. *ret_needs gets the NEED bits the
 * tick satisfied.
 */
int journal_apply(struct store *st, const void *frame, size_t len, int64_t shift_ms,
		  journal_name_fn *name, void *ctx, uint64_t *ret_needs);

/* ---- the store's side: one operation each ---- */

void journal_tick(struct strbuf *out, int64_t mono_ms, int64_t wall_ms);
void journal_now(struct strbuf *out, int64_t mono_ms);
void journal_boot(struct strbuf *out, uint32_t ticks_per_s, int64_t boot_wall_ms);
void journal_source_changed(struct strbuf *out);
void journal_netns(struct strbuf *out, const struct netns_rec *rec);
void journal_netns_gone(struct strbuf *out, uint32_t netns);
void journal_dump_begin(struct strbuf *out, const struct dump_scope *scope);
void journal_sock(struct strbuf *out, const struct sock_rec *rec);
void journal_dump_end(struct strbuf *out, uint32_t asked, uint32_t complete);
void journal_put_one(struct strbuf *out, uint32_t netns, const struct sock_rec *rec);
void journal_ended(struct strbuf *out, uint32_t netns, uint8_t proto, uint64_t cookie);
void journal_destroyed(struct strbuf *out, uint32_t netns, uint8_t proto, uint64_t cookie);
void journal_owners(struct strbuf *out, uint32_t inode, const struct owner *owners, uint32_t n,
		    bool complete);
void journal_owner_none(struct strbuf *out, uint32_t inode, uint8_t status, struct bytes detail);
void journal_proc(struct strbuf *out, const struct proc_rec *rec);
void journal_proc_gone(struct strbuf *out, uint32_t pid, uint64_t start_ticks);
void journal_container(struct strbuf *out, const struct container_rec *rec, uint32_t netns_inode,
		       const struct publish_rec *published, uint32_t n_published);
void journal_container_gone(struct strbuf *out, struct bytes id);
void journal_traffic(struct strbuf *out, uint32_t netns, const struct sock_rec *rec,
		     uint64_t rx_bytes, uint64_t tx_bytes);
void journal_event(struct strbuf *out, const struct event *ev, uint64_t cookie);
void journal_publish(struct strbuf *out, uint64_t needs);
void journal_name(struct strbuf *out, enum journal_name kind, uint64_t key, struct bytes text);

#endif
