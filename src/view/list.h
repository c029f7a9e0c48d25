/*
 * Lists as values (VALUE_LIST). Text forms, items joined by a space: owners PID:FD (PID.TID:FD for
 * a thread with a table of its own); published ports HOST:PORT->CONTAINER:PORT/PROTO, an unknown
 * side as "*"; inodes and addresses as they are; arguments as they are.
 */
#ifndef INETTOP_VIEW_LIST_H
#define INETTOP_VIEW_LIST_H

#include "model/snapshot.h"
#include "view/value.h"

/* primary: the process of owners[0], or NULL to look it up. */
void list_set_owners(struct value *ret, const struct snapshot *snap, const struct owner *owners,
		     uint32_t n, const struct proc *primary);

/* Inodes of sockets by slot; those without an inode are left out. */
void list_set_inodes(struct value *ret, const struct snapshot *snap, const uint32_t *slots,
		     uint32_t n);

/* Arguments, each NUL-terminated (the last one may be cut). */
void list_set_args(struct value *ret, struct bytes cmdline);

void list_set_published(struct value *ret, const struct publish_rec *published, uint32_t n);
void list_set_addresses(struct value *ret, const struct netaddr *addrs, uint32_t n);

#endif
