/* Ends one socket of another process (SOCK_DESTROY, CAP_NET_ADMIN in the namespace's owner). */
#ifndef INETTOP_KERNEL_DESTROY_H
#define INETTOP_KERNEL_DESTROY_H

#include "kernel/sockdiag.h"

enum destroy_result {
	DESTROY_DONE,
	DESTROY_GONE,	     /* it had ended already; nothing was done */
	DESTROY_ALIVE,	     /* the kernel accepted, but it is still there in the same state */
	DESTROY_REFUSED,     /* a right is missing */
	DESTROY_UNSUPPORTED, /* this kernel or protocol cannot */
	DESTROY_FAILED,	     /* *ret_err says why */
};

/*
 * Destroys exactly the socket with key's cookie: without one it is refused with -EINVAL in
 * *ret_err, because a wildcard could hit the successor on the same addresses. Asks again afterwards
 * whether it is gone. ret_err may be NULL.
 */
enum destroy_result destroy_socket(struct sockdiag *diag, const struct sockdiag_key *key,
				   int *ret_err);

#endif
