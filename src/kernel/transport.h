/*
 * What carries netlink datagrams: a live socket, or recorded bytes so that tests replay a kernel's
 * answers. The clock for time budgets comes from here too, which makes a replay deterministic.
 */
#ifndef INETTOP_KERNEL_TRANSPORT_H
#define INETTOP_KERNEL_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transport_datagram {
	size_t len;
	uint32_t sender; /* nl_pid of who sent it, 0 = the kernel */
	uint32_t groups; /* nl_groups, 0 for unicast */
	bool truncated;	 /* MSG_TRUNC: the end of it is lost */
};

struct transport {
	int (*send)(struct transport *self, const void *data, size_t len);
	/* Fills buf; waits at most timeout_ms (0 = not at all), then -EAGAIN. */
	int (*receive)(struct transport *self, void *buf, size_t size, int timeout_ms,
		       struct transport_datagram *ret_datagram);
	int64_t (*now_ms)(struct transport *self);
	void (*free)(struct transport *self);
	uint32_t portid;    /* our nl_pid */
	uint32_t first_seq; /* sequence number of the first request */
	int fd;		    /* -1 if there is none */
};

/* A bound, close-on-exec netlink socket (netlink(7)) of the calling thread's network namespace,
 * as a plain descriptor that a helper may hand to another process. Without groups it is connected
 * to the kernel, so that unicasts of strangers are refused at their end.
 * groups = nl_groups mask to join. Returns the fd or -errno. */
int transport_socket(int protocol, uint32_t groups);

/* Takes over fd (closed on error too). 0 or -errno. */
int transport_from_fd(int fd, struct transport **ret_transport);

/* transport_socket() and transport_from_fd() in one. */
int transport_open(int protocol, uint32_t groups, struct transport **ret_transport);

/* Replays a recording (copied). -EINVAL if it is none. A recording that is used up answers -EAGAIN
 * and lets its clock jump by the timeout. */
int transport_replay(const void *recording, size_t len, struct transport **ret_transport);

/* Passes everything through to inner (owned from now on) and writes what comes back to fd (not
 * owned) in the form that transport_replay() reads. */
struct transport *transport_record(struct transport *inner, int fd);

void transport_free(struct transport *transport);

/*
 * A recording, all numbers little endian: "inettop netlink 1\n", u32 portid, u32 first_seq, then
 * for each datagram u32 len, u32 sender, u32 groups, u32 flags, i32 err, u32 elapsed_ms, len bytes.
 * err != 0: the receive failed with it. flags bit 0: truncated.
 */
#define TRANSPORT_MAGIC "inettop netlink 1\n"

#endif
