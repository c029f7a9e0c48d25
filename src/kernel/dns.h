/* Names of addresses (PTR records). Answers are hostile bytes and late: a helper asks. */
#ifndef INETTOP_KERNEL_DNS_H
#define INETTOP_KERNEL_DNS_H

#include "base/netaddr.h"
#include "kernel/helper.h"
#include "model/record.h"

/* Names kept; beyond that all are forgotten and asked for anew. */
#define DNS_MAX 8192

struct dns;

struct dns *dns_new(struct helper *h);
void dns_free(struct dns *d);

/*
 * The name of an address, {NULL, 0} while it is being asked for and when it has none. Valid until
 * the next call.
 */
struct bytes dns_name(struct dns *d, const struct netaddr *addr);

/* Grows with every answer. */
uint64_t dns_generation(const struct dns *d);

/* The HELPER_DNS handler: request is a struct netaddr. */
int dns_helper(const void *request, size_t len, struct helper_out *out, void **state);

#endif
