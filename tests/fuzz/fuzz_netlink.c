/* A datagram of any bytes, walked as an answer of the kernel and decoded as every protocol; the
 * same bytes as a recording, and as code of a filter. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/diag_filter.h"
#include "kernel/netlink.h"
#include "kernel/sockdiag.h"
#include "kernel/sockdiag_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_record(const struct sock_rec *rec, const uint8_t *data, size_t size)
{
	const uint8_t *path = (const uint8_t *)rec->path.ptr;

	require(rec->state < STATE_COUNT && rec->state != STATE_NEW_SYN_RECV);
	require(!path || (path >= data && path + rec->path.len <= data + size));
	require(!rec->tcp || rec->tcp->cc[sizeof(rec->tcp->cc) - 1] == '\0');
}

static void walk(const uint8_t *data, size_t size)
{
	const struct nlmsghdr *msg;
	struct tcp_stats tcp;
	struct sock_rec rec;
	size_t taken;

	for (size_t pos = 0; netlink_next_message(data + pos, size - pos, &msg, &taken);
	     pos += taken)
		for (enum sock_proto proto = 0; proto < PROTO_COUNT; proto++)
			if (sockdiag_decode(msg, proto, &tcp, &rec) == 0)
				check_record(&rec, data, size);
}

static void ignore(const struct sock_rec *rec, void *ctx)
{
	(void)rec;
	(void)ctx;
}

static void replay(const uint8_t *data, size_t size)
{
	const struct sockdiag_query query = {.protos = PROTO_MASK_ALL, .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	struct transport *transport;
	struct sockdiag *diag;

	if (transport_replay(data, size, &transport) < 0)
		return;
	diag = sockdiag_from_transport(transport);
	sockdiag_dump(diag, &query, ignore, NULL, &report);
	require(report.asked == PROTO_MASK_ALL);
	sockdiag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct diag_entry entry = {.local_port = 80};
	uint8_t *copy = malloc(size + 1); /* aligned, as receive buffers are */

	memcpy(copy, data, size);
	walk(copy, size);
	replay(copy, size);
	if (diag_filter_valid(copy, size))
		(void)diag_filter_run(copy, size, &entry);
	free(copy);
	return 0;
}
