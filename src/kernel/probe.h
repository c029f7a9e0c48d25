/*
 * The real answer to "can this be bound?": a helper process tries bind() and, for TCP, listen(),
 * and closes at once. The helper is forked early, before threads and before privileges are dropped,
 * so that it can become the user and enter the network namespace asked about; each attempt runs in
 * a child of its own. A probe changes the world a little: with SO_REUSEPORT it joins a live group
 * for a moment and connections made to it then are reset (the caller decides), and any attempt
 * that succeeds on a port with other sockets rewrites the memory of their bind bucket (see
 * model/bind_rule.h).
 */
#ifndef INETTOP_KERNEL_PROBE_H
#define INETTOP_KERNEL_PROBE_H

#include "model/bind_rule.h"

struct probe;

/* Forks the helper; call while single-threaded. 0 or -errno. Its end is probe_free()'s work. */
int probe_new(struct probe **ret);

/* Ends the helper (also a stuck one) and waits for it. NULL is fine. */
void probe_free(struct probe *probe);

/*
 * Tries want (proto, addr, port, ifindex, uid, v6only, cap_net_bind_service; the rest is the
 * kernel's business) with the option of the variant, in the namespace of netns_fd (-1: where the
 * helper was forked). Waits at most timeout_ms. 0 with ret_err 0 or a positive errno of socket(),
 * bind() or listen(); -EPERM: may not enter the namespace or become the user; -ETIMEDOUT and
 * -EPIPE: no answer, nor will there be one later.
 */
int probe_try(struct probe *probe, int netns_fd, const struct bind_want *want,
	      enum bind_variant variant, int timeout_ms, int *ret_err);

#endif
