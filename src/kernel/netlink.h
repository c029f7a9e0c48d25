/*
 * Netlink requests and their answers, with our own receive and message walk: the sender must be the
 * kernel (nl_pid 0), sequence and port id must match, lengths are unsigned and checked before use,
 * a dump ends only with NLMSG_DONE. Messages of strangers are counted and dropped.
 */
#ifndef INETTOP_KERNEL_NETLINK_H
#define INETTOP_KERNEL_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#include "kernel/transport.h"

/* The kernel fills at most this much per receive; a smaller buffer than an earlier one on the same
 * socket would lose rows silently (netlink_recvmsg() in net/netlink/af_netlink.c). */
#define NETLINK_BUFFER_SIZE 32768

enum netlink_outcome {
	NETLINK_COMPLETE,
	NETLINK_PARTIAL, /* cut short or inconsistent: what came is true, what did not says nothing
			  */
	NETLINK_REFUSED, /* by a right: EPERM, EACCES */
	NETLINK_UNSUPPORTED, /* this kernel has no such protocol, family or request */
	NETLINK_JAMMED,	     /* foreign messages or silence used up the budget */
};

struct netlink_result {
	enum netlink_outcome outcome;
	int err;	    /* -errno behind the outcome, 0 if none */
	uint32_t messages;  /* of ours */
	uint32_t strangers; /* dropped */
	uint32_t retries;
};

/* One attribute, payload only. */
struct netlink_attr {
	uint16_t type; /* without the NESTED and BYTEORDER flags */
	uint16_t len;
	const uint8_t *data;
};

struct netlink;

/* Takes over transport. The handle is big (it holds the buffer) and belongs to one thread. */
struct netlink *netlink_new(struct transport *transport);
void netlink_free(struct netlink *nl);

/* Descriptor of the socket, -1 in a replay. */
int netlink_fd(const struct netlink *nl);

/* Bounds of one dump; 0 keeps the default: idle 1000 ms, total 10000 ms, foreign 4 MiB. */
void netlink_set_budget(struct netlink *nl, int idle_ms, int total_ms, size_t foreign_bytes);

/*
 * Sends a dump request (sequence, port id, NLM_F_REQUEST and NLM_F_DUMP are filled in) and calls
 * each for every message until NLMSG_DONE. An interrupted or overrun dump is tried again, 3 times
 * in all, so each may see a row twice. each returns 0; anything else makes the outcome PARTIAL with
 * that as err, after the rest is drained.
 */
struct netlink_result netlink_dump(struct netlink *nl, struct nlmsghdr *request,
				   int (*each)(const struct nlmsghdr *msg, void *ctx), void *ctx);

/*
 * Sends n requests, at most NETLINK_BATCH of them, that each have exactly one answer (a message, or
 * NLMSG_ERROR). They lie in buf one behind the other, NLMSG_ALIGNed. each gets the index of the
 * request and either the message or a -errno (0 = plain acknowledgement, msg NULL). Requests
 * without any answer make the outcome PARTIAL or JAMMED.
 */
#define NETLINK_BATCH 64
struct netlink_result netlink_exchange(struct netlink *nl, void *buf, size_t len, uint32_t n,
				       void (*each)(uint32_t index, int err,
						    const struct nlmsghdr *msg, void *ctx),
				       void *ctx);

/*
 * Reads what multicast brought without waiting: each gets every message from the kernel. Returns
 * the number of messages or -errno; -ENOBUFS = some were lost (the rest can be read by the next
 * call). A replay has nothing to give here: its datagrams are answers.
 */
int netlink_read_events(struct netlink *nl, void (*each)(const struct nlmsghdr *msg, void *ctx),
			void *ctx);

/* The walk itself, pure. Gives the first message of the len bytes at data and the bytes it takes
 * with its padding, or false if there is no whole one (forged or cut length). data must be aligned
 * as malloc does. */
bool netlink_next_message(const void *data, size_t len, const struct nlmsghdr **ret_msg,
			  size_t *ret_taken);

/* Attributes after a fixed header of header_len bytes: sets *ret_attr and moves *pos (start with
 * 0). False at the end or at an attribute whose length lies. */
bool netlink_next_attr(const struct nlmsghdr *msg, size_t header_len, size_t *pos,
		       struct netlink_attr *ret_attr);

/* The same inside a nested attribute. */
bool netlink_next_nested(const struct netlink_attr *nest, size_t *pos,
			 struct netlink_attr *ret_attr);

/* Payload of msg as a struct of at least size bytes, or NULL when it is shorter. */
const void *netlink_payload(const struct nlmsghdr *msg, size_t size);

#endif
