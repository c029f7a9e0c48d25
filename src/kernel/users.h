/* Names of users. NSS may ask a network directory, so a helper looks them up. */
#ifndef INETTOP_KERNEL_USERS_H
#define INETTOP_KERNEL_USERS_H

#include "kernel/helper.h"
#include "model/record.h"

struct users;

struct users *users_new(struct helper *h);
void users_free(struct users *u);

/*
 * The name of a uid; NULL bytes while nobody answered (it is asked for then), for an unknown uid
 * and when the directory does not answer. Valid until users_free(): names are never dropped.
 */
struct bytes users_name(struct users *u, uint32_t uid);

/* Grows with every answer: names shown before may be better now. */
uint64_t users_generation(const struct users *u);

/* The HELPER_USER handler: request is a uint32_t. */
int users_helper(const void *request, size_t len, struct helper_out *out, void **state);

#endif
