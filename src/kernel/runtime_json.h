/* Reading JSON that a stranger wrote: what has another type than expected is not there. */
#ifndef INETTOP_KERNEL_RUNTIME_JSON_H
#define INETTOP_KERNEL_RUNTIME_JSON_H

#include <jansson.h>

#include "kernel/runtime.h"

/* 0 and the root (json_decref() it), -E2BIG (nested deeper than RUNTIME_NESTING_MAX), -EBADMSG. */
int runtime_json_load(const char *json, size_t len, json_t **ret_root);

/* A member's text, {NULL, 0} if it is none or empty. obj may be NULL or of any type. */
struct bytes runtime_json_text(const json_t *obj, const char *key);

/* Pod, its namespace and the container's name out of labels or annotations of kubernetes. */
void runtime_json_labels(const json_t *labels, struct container_rec *rec);

/* "tcp", "udp", "sctp" to enum sock_proto; false for others. */
bool runtime_json_proto(struct bytes text, uint8_t *ret_proto);

/* An address in text; none when it is empty or not one. */
struct netaddr runtime_json_addr(struct bytes text);

#endif
