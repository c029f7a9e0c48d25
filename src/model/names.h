/*
 * The words of SPEC section 5 for the enums of model/record.h and model/snapshot.h, one table each.
 * A number out of range gives "?". Finders take len bytes, ignore case, and return 0 or -EINVAL.
 */
#ifndef INETTOP_MODEL_NAMES_H
#define INETTOP_MODEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* enum sock_proto, sock_family, sock_state, sock_timer (ss's words), owner_status, mark ("" none),
 * event_kind, netns_kind, note_code. */
const char *names_proto(unsigned int proto);
const char *names_family(unsigned int family);
const char *names_state(unsigned int state);
const char *names_timer(unsigned int timer);
const char *names_owner_status(unsigned int status);
const char *names_mark(unsigned int mark);
const char *names_event(unsigned int kind);
const char *names_netns_kind(unsigned int kind);
const char *names_note(unsigned int code);

int names_proto_find(const char *text, size_t len, uint8_t *ret_proto);
int names_family_find(const char *text, size_t len, uint8_t *ret_family);
int names_state_find(const char *text, size_t len, uint8_t *ret_state);
int names_owner_status_find(const char *text, size_t len, uint8_t *ret_status);
int names_mark_find(const char *text, size_t len, uint8_t *ret_mark);
int names_event_find(const char *text, size_t len, uint8_t *ret_kind);
int names_netns_kind_find(const char *text, size_t len, uint8_t *ret_kind);

/*
 * STATE_BIT mask for a state or a group of states, by our names and by those ss takes after "state"
 * and "exclude" (ss(8), STATE-FILTER) or prints (ESTAB, SYN-RECV ...). As ss has one closed state
 * for what we call close and unconn, its words closed and unconnected mean both.
 */
int names_states(const char *text, size_t len, uint32_t *ret_mask);

#endif
