/* Getters of tcp_info and of the socket at the other end. */
#include "view/column_get.h"

/* Of a listener they say nothing, but for its queue in unacked and sacked (tcp_get_info()). */
static const struct tcp_stats *tcp_of(const struct row *row)
{
	const struct sock *sk = row->obj;

	return sk->r.have & REC_TCP && sk->r.state != STATE_LISTEN ? sk->r.tcp : NULL;
}

/* One getter for each plain member; all bits set = this kernel does not tell. */
#define TCP_MEMBER(member, value_type)                                                             \
	void get_tcp_##member(const struct row *row, const struct lookup *lookup,                  \
			      struct value *ret)                                                   \
	{                                                                                          \
		const struct tcp_stats *tcp = tcp_of(row);                                         \
		(void)lookup;                                                                      \
		if (tcp && tcp->member != (__typeof__(tcp->member))~0ull)                          \
			set_num(ret, VALUE_##value_type, tcp->member);                             \
	}

TCP_MEMBER(rtt_us, MICROS)
TCP_MEMBER(rttvar_us, MICROS)
TCP_MEMBER(min_rtt_us, MICROS)
TCP_MEMBER(rcv_rtt_us, MICROS)
TCP_MEMBER(rto_us, MICROS)
TCP_MEMBER(ato_us, MICROS)
TCP_MEMBER(retrans, U64)
TCP_MEMBER(total_retrans, U64)
TCP_MEMBER(lost, U64)
TCP_MEMBER(unacked, U64)
TCP_MEMBER(sacked, U64)
TCP_MEMBER(fackets, U64)
TCP_MEMBER(reordering, U64)
TCP_MEMBER(snd_cwnd, U64)
TCP_MEMBER(snd_ssthresh, U64)
TCP_MEMBER(snd_mss, U64)
TCP_MEMBER(rcv_mss, U64)
TCP_MEMBER(advmss, U64)
TCP_MEMBER(pmtu, U64)
TCP_MEMBER(pacing_rate, RATE)
TCP_MEMBER(max_pacing_rate, RATE)
TCP_MEMBER(delivery_rate, RATE)
TCP_MEMBER(backoff, U64)
TCP_MEMBER(probes, U64)
TCP_MEMBER(snd_wscale, U64)
TCP_MEMBER(rcv_wscale, U64)
TCP_MEMBER(snd_wnd, SIZE)
TCP_MEMBER(rcv_wnd, SIZE)
TCP_MEMBER(rcv_space, SIZE)
TCP_MEMBER(rcv_ssthresh, SIZE)
TCP_MEMBER(bytes_sent, SIZE)
TCP_MEMBER(bytes_acked, SIZE)
TCP_MEMBER(bytes_received, SIZE)
TCP_MEMBER(bytes_retrans, SIZE)
TCP_MEMBER(notsent_bytes, SIZE)
TCP_MEMBER(segs_out, U64)
TCP_MEMBER(segs_in, U64)
TCP_MEMBER(data_segs_out, U64)
TCP_MEMBER(data_segs_in, U64)
TCP_MEMBER(delivered, U64)
TCP_MEMBER(delivered_ce, U64)
TCP_MEMBER(dsack_dups, U64)
TCP_MEMBER(reord_seen, U64)
TCP_MEMBER(rcv_ooopack, U64)
TCP_MEMBER(last_data_sent_ms, DURATION)
TCP_MEMBER(last_data_recv_ms, DURATION)
TCP_MEMBER(last_ack_recv_ms, DURATION)
TCP_MEMBER(busy_time_us, MICROS)
TCP_MEMBER(rwnd_limited_us, MICROS)
TCP_MEMBER(sndbuf_limited_us, MICROS)

void get_tcp_cc(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj;
	const struct tcp_stats *tcp = sk->r.have & REC_TCP ? sk->r.tcp : NULL;

	(void)lookup;
	if (tcp && tcp->cc[0])
		set_bytes(ret,
			  (struct bytes){tcp->cc, (uint32_t)strnlen(tcp->cc, sizeof(tcp->cc))});
}

/* enum tcp_ca_state of linux/tcp.h */
void get_tcp_ca_state(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	static const char *const words[] = {"open", "disorder", "cwr", "recovery", "loss"};
	const struct tcp_stats *tcp = tcp_of(row);

	(void)lookup;
	if (tcp && tcp->ca_state < sizeof(words) / sizeof(*words))
		set_word(ret, words[tcp->ca_state]);
}

void get_tcp_app_limited(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct tcp_stats *tcp = tcp_of(row);

	(void)lookup;
	if (tcp)
		set_num(ret, VALUE_BOOL, tcp->app_limited);
}

static const struct sock *peer_of(const struct row *row)
{
	return snapshot_sock(row->snap, ((const struct sock *)row->obj)->peer);
}

void get_peer_pid(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *peer = peer_of(row);

	(void)lookup;
	if (peer && peer->n_owners)
		set_num(ret, VALUE_U64, peer->owner0.pid);
}

void get_peer_comm(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *peer = peer_of(row);
	const struct proc *p = peer && peer->n_owners ? snapshot_proc(row->snap, peer->proc) : NULL;

	(void)lookup;
	if (p)
		set_bytes(ret, p->r.comm);
}

void get_peer_inode(const struct row *row, const struct lookup *lookup, struct value *ret)
{
	const struct sock *sk = row->obj, *peer = peer_of(row);
	uint32_t inode = peer ? peer->r.inode : sk->r.peer_inode;

	(void)lookup;
	if (inode)
		set_num(ret, VALUE_U64, inode);
}
