/* A record as one line of text: what the goldens hold. */
#ifndef TESTS_UNIT_KERNEL_ROW_TEXT_H
#define TESTS_UNIT_KERNEL_ROW_TEXT_H

#include <stdio.h>

#include "model/record.h"

struct row_text {
	char *text;
	size_t len;
	FILE *out;
};

static inline void row_text_open(struct row_text *rows)
{
	*rows = (struct row_text){0};
	rows->out = open_memstream(&rows->text, &rows->len);
}

static inline void row_text_tcp(FILE *out, const struct tcp_stats *tcp)
{
	fprintf(out, " tcp=%s,%u,%u,%u,%lld,%lld,%u,%u", tcp->cc, tcp->rtt_us, tcp->snd_cwnd,
		tcp->snd_mss, (long long)tcp->bytes_sent, (long long)tcp->bytes_received,
		tcp->rcv_wnd, tcp->total_retrans);
}

static inline void row_text_add(const struct sock_rec *rec, void *ctx)
{
	FILE *out = ((struct row_text *)ctx)->out;
	char local[NETADDR_TEXT_MAX], remote[NETADDR_TEXT_MAX];

	fprintf(out, "%u/%u state=%u %s:%u %s:%u if=%u ino=%u cookie=%llx have=%x uid=%u q=%u,%u",
		rec->proto, rec->family, rec->state, netaddr_format(&rec->local, local),
		rec->local_port, netaddr_format(&rec->remote, remote), rec->remote_port,
		rec->ifindex, rec->inode, (unsigned long long)rec->cookie, rec->have, rec->uid,
		rec->recvq, rec->sendq);
	fprintf(out,
		" timer=%u,%u,%u type=%u peer=%u shut=%u drops=%u cgroup=%llu v6only=%d sub=%d",
		rec->timer, rec->expires_ms, rec->timer_retrans, rec->sock_type, rec->peer_inode,
		rec->shutdown, rec->drops, (unsigned long long)rec->cgroup_id, rec->v6only,
		rec->mptcp_subflow);
	if (rec->path.ptr) {
		fprintf(out, " path=%d,", rec->abstract_name);
		for (uint32_t i = 0; i < rec->path.len; i++)
			fprintf(out, "%02x", (unsigned char)rec->path.ptr[i]);
	}
	if (rec->tcp)
		row_text_tcp(out, rec->tcp);
	fputc('\n', out);
}

#endif
