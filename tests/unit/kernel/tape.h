/* Builds recordings for transport_replay() message by message. */
#ifndef TESTS_UNIT_KERNEL_TAPE_H
#define TESTS_UNIT_KERNEL_TAPE_H

#include <assert.h>
#include <endian.h>
#include <string.h>

#include <linux/netlink.h>

#include "kernel/netlink.h"

#define TAPE_PORTID 77
#define TAPE_SEQ 1000
#define TAPE_MAX 400000

struct tape {
	uint8_t data[TAPE_MAX];
	size_t len;
	/* the datagram under construction */
	uint8_t gram[40000];
	size_t gram_len;
};

static inline void tape_u32(struct tape *tape, uint32_t v)
{
	v = htole32(v);
	memcpy(tape->data + tape->len, &v, 4);
	tape->len += 4;
}

static inline void tape_init(struct tape *tape)
{
	memcpy(tape->data, TRANSPORT_MAGIC, strlen(TRANSPORT_MAGIC));
	tape->len = strlen(TRANSPORT_MAGIC);
	tape->gram_len = 0;
	tape_u32(tape, TAPE_PORTID);
	tape_u32(tape, TAPE_SEQ);
}

/* Adds a message to the datagram; seq counts from the first request (1, 2, ...). */
static inline struct nlmsghdr *tape_message(struct tape *tape, uint16_t type, uint16_t flags,
					    uint32_t seq, const void *payload, size_t len)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)(void *)(tape->gram + tape->gram_len);

	*msg = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = TAPE_SEQ + seq,
		.nlmsg_pid = TAPE_PORTID,
	};
	if (len)
		memcpy(tape->gram + tape->gram_len + NLMSG_HDRLEN, payload, len);
	tape->gram_len += NLMSG_ALIGN(NLMSG_HDRLEN + len);
	assert(tape->gram_len <= sizeof(tape->gram));
	return msg;
}

static inline void tape_errno(struct tape *tape, uint16_t type, uint32_t seq, int err)
{
	const struct nlmsgerr body = {.error = err};

	if (type == NLMSG_DONE)
		tape_message(tape, type, NLM_F_MULTI, seq, &err, sizeof(err));
	else
		tape_message(tape, type, 0, seq, &body, sizeof(body));
}

/* Ends the datagram. */
static inline void tape_flush_as(struct tape *tape, uint32_t sender, bool truncated, int err,
				 uint32_t elapsed_ms)
{
	tape_u32(tape, err ? 0 : (uint32_t)tape->gram_len);
	tape_u32(tape, sender);
	tape_u32(tape, 0);
	tape_u32(tape, truncated);
	tape_u32(tape, (uint32_t)err);
	tape_u32(tape, elapsed_ms);
	if (!err) {
		assert(tape->len + tape->gram_len <= TAPE_MAX - 64);
		memcpy(tape->data + tape->len, tape->gram, tape->gram_len);
		tape->len += tape->gram_len;
	}
	tape->gram_len = 0;
}

static inline void tape_flush(struct tape *tape)
{
	tape_flush_as(tape, 0, false, 0, 0);
}

static inline struct transport *tape_play(const struct tape *tape)
{
	struct transport *transport = NULL;

	if (transport_replay(tape->data, tape->len, &transport) < 0)
		return NULL;
	return transport;
}

#endif
