#include "kernel/sockdiag_info.h"

#include <string.h>

#include <linux/tcp.h>

/* linux/tcp.h of Linux 6.2; Debian 12's headers end one member before. */
#define TCPI_RCV_WND_OFFSET (offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(uint32_t))

struct field {
	uint16_t from, to;
	uint8_t size;
};

#define TCP_FIELD(kernel, ours)                                                                    \
	{                                                                                          \
		offsetof(struct tcp_info, tcpi_##kernel), offsetof(struct tcp_stats, ours),        \
			sizeof(((struct tcp_stats *)0)->ours)                                      \
	}

static const struct field tcp_fields[] = {
	TCP_FIELD(ca_state, ca_state),
	TCP_FIELD(probes, probes),
	TCP_FIELD(backoff, backoff),
	TCP_FIELD(options, options),
	TCP_FIELD(rto, rto_us),
	TCP_FIELD(ato, ato_us),
	TCP_FIELD(snd_mss, snd_mss),
	TCP_FIELD(rcv_mss, rcv_mss),
	TCP_FIELD(unacked, unacked),
	TCP_FIELD(sacked, sacked),
	TCP_FIELD(lost, lost),
	TCP_FIELD(retrans, retrans),
	TCP_FIELD(fackets, fackets),
	TCP_FIELD(last_data_sent, last_data_sent_ms),
	TCP_FIELD(last_data_recv, last_data_recv_ms),
	TCP_FIELD(last_ack_recv, last_ack_recv_ms),
	TCP_FIELD(pmtu, pmtu),
	TCP_FIELD(rcv_ssthresh, rcv_ssthresh),
	TCP_FIELD(rtt, rtt_us),
	TCP_FIELD(rttvar, rttvar_us),
	TCP_FIELD(snd_ssthresh, snd_ssthresh),
	TCP_FIELD(snd_cwnd, snd_cwnd),
	TCP_FIELD(advmss, advmss),
	TCP_FIELD(reordering, reordering),
	TCP_FIELD(rcv_rtt, rcv_rtt_us),
	TCP_FIELD(rcv_space, rcv_space),
	TCP_FIELD(total_retrans, total_retrans),
	TCP_FIELD(pacing_rate, pacing_rate),
	TCP_FIELD(max_pacing_rate, max_pacing_rate),
	TCP_FIELD(bytes_acked, bytes_acked),
	TCP_FIELD(bytes_received, bytes_received),
	TCP_FIELD(segs_out, segs_out),
	TCP_FIELD(segs_in, segs_in),
	TCP_FIELD(notsent_bytes, notsent_bytes),
	TCP_FIELD(min_rtt, min_rtt_us),
	TCP_FIELD(data_segs_in, data_segs_in),
	TCP_FIELD(data_segs_out, data_segs_out),
	TCP_FIELD(delivery_rate, delivery_rate),
	TCP_FIELD(busy_time, busy_time_us),
	TCP_FIELD(rwnd_limited, rwnd_limited_us),
	TCP_FIELD(sndbuf_limited, sndbuf_limited_us),
	TCP_FIELD(delivered, delivered),
	TCP_FIELD(delivered_ce, delivered_ce),
	TCP_FIELD(bytes_sent, bytes_sent),
	TCP_FIELD(bytes_retrans, bytes_retrans),
	TCP_FIELD(dsack_dups, dsack_dups),
	TCP_FIELD(reord_seen, reord_seen),
	TCP_FIELD(rcv_ooopack, rcv_ooopack),
	TCP_FIELD(snd_wnd, snd_wnd),
	{TCPI_RCV_WND_OFFSET, offsetof(struct tcp_stats, rcv_wnd), sizeof(uint32_t)},
};

/* Offsets in struct mptcp_info as of Linux 6.5; earlier kernels end after rcv_nxt. */
#define MPTCP_FIELD(from, ours)                                                                    \
	{                                                                                          \
		from, offsetof(struct tcp_stats, ours), sizeof(((struct tcp_stats *)0)->ours)      \
	}

static const struct field mptcp_fields[] = {
	MPTCP_FIELD(44, total_retrans),	    MPTCP_FIELD(48, bytes_retrans),
	MPTCP_FIELD(56, bytes_sent),	    MPTCP_FIELD(64, bytes_received),
	MPTCP_FIELD(72, bytes_acked),	    MPTCP_FIELD(84, last_data_sent_ms),
	MPTCP_FIELD(88, last_data_recv_ms), MPTCP_FIELD(92, last_ack_recv_ms),
};

static void copy_fields(const uint8_t *data, size_t len, const struct field *fields, size_t n,
			struct tcp_stats *tcp)
{
	memset(tcp, 0xff, offsetof(struct tcp_stats, app_limited));
	tcp->app_limited = false;
	memset(tcp->cc, 0, sizeof(tcp->cc));
	for (size_t i = 0; i < n; i++)
		if (fields[i].from + (size_t)fields[i].size <= len)
			memcpy((uint8_t *)tcp + fields[i].to, data + fields[i].from,
			       fields[i].size);
}

void sockdiag_decode_tcp_info(const void *data, size_t len, struct tcp_stats *ret_tcp)
{
	struct tcp_info head = {0};

	copy_fields(data, len, tcp_fields, sizeof(tcp_fields) / sizeof(tcp_fields[0]), ret_tcp);
	if (len < offsetof(struct tcp_info, tcpi_rto))
		return;
	memcpy(&head, data, offsetof(struct tcp_info, tcpi_rto));
	ret_tcp->snd_wscale = head.tcpi_snd_wscale;
	ret_tcp->rcv_wscale = head.tcpi_rcv_wscale;
	ret_tcp->app_limited = head.tcpi_delivery_rate_app_limited;
}

void sockdiag_decode_mptcp_info(const void *data, size_t len, struct tcp_stats *ret_tcp)
{
	copy_fields(data, len, mptcp_fields, sizeof(mptcp_fields) / sizeof(mptcp_fields[0]),
		    ret_tcp);
}
