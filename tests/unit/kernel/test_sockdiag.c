/* Decoders and orchestration on recorded and on made bytes. */
#include "lib/unit.h"

#include <errno.h>
#include <netinet/in.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "kernel/destroy_events.h"
#include "kernel/sockdiag.h"
#include "kernel/sockdiag_decode.h"
#include "kernel/sockdiag_info.h"
#include "kernel/sockdiag_request.h"
#include "row_text.h"
#include "tape.h"

static struct tape tape;

static char *read_fixture(const char *name, size_t *ret_len)
{
	const char *dir = getenv("top_srcdir");
	char path[4096];
	char *data = malloc(1 << 20);
	FILE *in;

	snprintf(path, sizeof(path), "%s/tests/fixtures/netlink/%s", dir ? dir : ".", name);
	in = fopen(path, "re");
	assert_non_null(in);
	*ret_len = fread(data, 1, 1 << 20, in);
	fclose(in);
	return data;
}

static struct sockdiag_report replay(const void *recording, size_t len, struct row_text *rows)
{
	const struct sockdiag_query query = {.protos = PROTO_MASK_ALL,
					     .states = STATE_MASK_ALL,
					     .want = SOCKDIAG_WANT_TCP_INFO | SOCKDIAG_WANT_DROPS};
	struct transport *transport;
	struct sockdiag_report report;
	struct sockdiag *diag;

	assert_int_equal(transport_replay(recording, len, &transport), 0);
	diag = sockdiag_from_transport(transport);
	row_text_open(rows);
	sockdiag_dump(diag, &query, row_text_add, rows, &report);
	sockdiag_free(diag);
	fclose(rows->out);
	return report;
}

static void recorded_kernel_gives_the_same_rows(void **state)
{
	struct sockdiag_report report;
	struct row_text rows;
	size_t len, want_len;
	char *recording, *want;

	(void)state;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	skip_because("the recording is of a little endian kernel");
#endif
	recording = read_fixture("zoo.tape", &len);
	want = read_fixture("zoo.rows", &want_len);
	report = replay(recording, len, &rows);
	assert_int_equal(rows.len, want_len);
	assert_memory_equal(rows.text, want, want_len);
	assert_int_equal(report.complete, PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP) |
						  PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |
						  PROTO_BIT(PROTO_UNIX) | PROTO_BIT(PROTO_PACKET) |
						  PROTO_BIT(PROTO_NETLINK));
	assert_int_equal(report.unsupported, report.asked & ~report.complete);
	free(rows.text);
	free(recording);
	free(want);
}

static void cut_recording_is_never_complete(void **state)
{
	const size_t head = strlen(TRANSPORT_MAGIC) + 8;
	struct sockdiag_report report;
	struct row_text rows;
	size_t len;
	char *recording;

	(void)state;
	recording = read_fixture("zoo.tape", &len);
	for (size_t cut = head; cut < len; cut += 37) {
		report = replay(recording, cut, &rows);
		assert_int_not_equal(report.complete | report.unsupported, report.asked);
		free(rows.text);
	}
	free(recording);
}

/* Every message of the recording, cut at every length and with each byte overwritten. */
static void decoders_are_safe_for_any_bytes(void **state)
{
	size_t len, pos = strlen(TRANSPORT_MAGIC) + 8 + 24;
	struct tcp_stats tcp;
	struct sock_rec rec;
	char *recording;
	uint8_t *copy;

	(void)state;
	recording = read_fixture("zoo.tape", &len);
	for (size_t size = sizeof(struct nlmsghdr); size < 600; size++) {
		copy = malloc(size);
		memcpy(copy, recording + pos, size);
		((struct nlmsghdr *)(void *)copy)->nlmsg_len = (uint32_t)size;
		for (enum sock_proto proto = 0; proto < PROTO_COUNT; proto++)
			(void)sockdiag_decode((void *)copy, proto, &tcp, &rec);
		for (size_t i = sizeof(struct nlmsghdr); i < size; i++) {
			copy[i] ^= 0xff;
			(void)sockdiag_decode((void *)copy, PROTO_TCP, &tcp, &rec);
			copy[i] ^= 0xff;
		}
		free(copy);
	}
	free(recording);
}

static struct inet_diag_msg inet_row(uint8_t family, uint8_t kernel_state, uint32_t inode)
{
	return (struct inet_diag_msg){
		.idiag_family = family,
		.idiag_state = kernel_state,
		.idiag_inode = inode,
		.id = {.idiag_sport = htons(80), .idiag_cookie = {1, 2}},
	};
}

static int decode_row(struct inet_diag_msg row, enum sock_proto proto, struct sock_rec *rec)
{
	static struct tcp_stats tcp;

	tape_init(&tape);
	return sockdiag_decode(tape_message(&tape, SOCK_DIAG_BY_FAMILY, 0, 1, &row, sizeof(row)),
			       proto, &tcp, rec);
}

static void states_are_named_by_what_they_mean(void **state)
{
	struct sock_rec rec;

	(void)state;
	assert_int_equal(decode_row(inet_row(AF_INET, 12, 0), PROTO_TCP, &rec), 0);
	assert_int_equal(rec.state, STATE_SYN_RECV);
	decode_row(inet_row(AF_INET, 7, 55), PROTO_TCP, &rec);
	assert_int_equal(rec.state, STATE_BOUND);
	assert_int_equal(rec.cookie, 0x200000001ull);
	decode_row(inet_row(AF_INET, 7, 0), PROTO_TCP, &rec);
	assert_int_equal(rec.state, STATE_CLOSE);
	decode_row(inet_row(AF_INET, 7, 55), PROTO_UDP, &rec);
	assert_int_equal(rec.state, STATE_UNCONN);
	decode_row(inet_row(AF_INET6, 1, 55), PROTO_UDP, &rec);
	assert_int_equal(rec.state, STATE_ESTABLISHED);
	assert_int_equal(rec.family, FAM_INET6);
	decode_row(inet_row(AF_INET, 200, 55), PROTO_TCP, &rec);
	assert_int_equal(rec.state, STATE_NONE);
	decode_row(inet_row(AF_INET, 10, 55), PROTO_SCTP, &rec);
	assert_int_equal(rec.state, STATE_LISTEN);
	assert_int_equal(decode_row(inet_row(99, 1, 55), PROTO_TCP, &rec), -EBADMSG);
}

static void tcp_info_of_any_length(void **state)
{
	struct tcp_info info = {.tcpi_rtt = 1500, .tcpi_snd_cwnd = 10, .tcpi_bytes_acked = 99};
	struct tcp_stats tcp;

	(void)state;
	sockdiag_decode_tcp_info(&info, 0, &tcp);
	assert_int_equal(tcp.rtt_us, UINT32_MAX);
	assert_true(tcp.bytes_acked == UINT64_MAX);
	sockdiag_decode_tcp_info(&info, offsetof(struct tcp_info, tcpi_bytes_acked) + 7, &tcp);
	assert_int_equal(tcp.rtt_us, 1500);
	assert_int_equal(tcp.snd_cwnd, 10);
	assert_true(tcp.bytes_acked == UINT64_MAX);
	sockdiag_decode_tcp_info(&info, sizeof(info), &tcp);
	assert_int_equal(tcp.bytes_acked, 99);
	assert_int_equal(tcp.rcv_wnd, UINT32_MAX);
	assert_string_equal(tcp.cc, "");
}

static void requests_ask_for_what_is_needed(void **state)
{
	uint8_t buf[SOCKDIAG_REQUEST_MAX] __attribute__((aligned(16)));
	struct sockdiag_query query = {.states = STATE_MASK_LISTENERS, .want = SOCKDIAG_WANT_DROPS};
	struct sockdiag_pass passes[2];
	const struct inet_diag_req_v2 *v2;
	const struct inet_diag_req *both;

	(void)state;
	assert_int_equal(sockdiag_request_passes(PROTO_TCP, true, passes), 1);
	both = netlink_payload(sockdiag_request_dump(buf, sizeof(buf), &passes[0], &query),
			       sizeof(*both));
	assert_int_equal(((struct nlmsghdr *)(void *)buf)->nlmsg_type, TCPDIAG_GETSOCK);
	assert_int_equal(both->idiag_states, 1 << 10);
	assert_int_equal(both->idiag_ext, 1 << (INET_DIAG_SKMEMINFO - 1));
	assert_int_equal(sockdiag_request_passes(PROTO_UDP, true, passes), 2);
	v2 = netlink_payload(sockdiag_request_dump(buf, sizeof(buf), &passes[1], &query),
			     sizeof(*v2));
	assert_int_equal(v2->sdiag_family, AF_INET6);
	assert_int_equal(v2->idiag_states, 1 << 7);
	assert_int_equal(sockdiag_request_passes(PROTO_ICMP, true, passes), 0);
	assert_int_equal(sockdiag_request_states(PROTO_TCP, STATE_MASK_ALL), 0x3ffe);
	assert_int_equal(sockdiag_request_states(PROTO_TCP, STATE_BIT(STATE_UNCONN)), 0);
	assert_int_equal(sockdiag_request_states(PROTO_UDP, STATE_BIT(STATE_LISTEN)), 0);
}

static void udp_lookups_are_swapped_and_destroys_are_not(void **state)
{
	uint8_t buf[256] __attribute__((aligned(16)));
	struct sockdiag_key key = {
		.cookie = 5, .proto = PROTO_UDP, .family = FAM_INET, .local_port = 53};
	const struct inet_diag_req_v2 *req;

	(void)state;
	req = netlink_payload(
		sockdiag_request_exact(buf, sizeof(buf), SOCK_DIAG_BY_FAMILY, &key, 0),
		sizeof(*req));
	assert_int_equal(req->id.idiag_dport, htons(53));
	req = netlink_payload(sockdiag_request_exact(buf, sizeof(buf), SOCK_DESTROY, &key, 0),
			      sizeof(*req));
	assert_int_equal(req->id.idiag_sport, htons(53));
	assert_int_equal(req->id.idiag_cookie[0], 5);
	key.proto = PROTO_MPTCP;
	assert_null(sockdiag_request_exact(buf, sizeof(buf), SOCK_DESTROY, &key, 0));
	key.proto = PROTO_UNIX;
	assert_null(sockdiag_request_exact(buf, sizeof(buf), SOCK_DESTROY, &key, 0));
}

static void ignore(const struct sock_rec *rec, void *ctx)
{
	(void)rec;
	++*(unsigned int *)ctx;
}

static void absent_protocol_is_not_asked_again(void **state)
{
	const struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_RAW),
					     .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	struct sockdiag *diag;
	unsigned int n = 0;

	(void)state;
	tape_init(&tape);
	for (uint32_t seq = 1; seq <= 2; seq++) {
		tape_errno(&tape, NLMSG_DONE, seq, -ENOENT);
		tape_flush(&tape);
	}
	diag = sockdiag_from_transport(tape_play(&tape));
	sockdiag_dump(diag, &query, ignore, &n, &report);
	assert_int_equal(report.unsupported, PROTO_BIT(PROTO_RAW));
	/* the tape is at its end: a question would end as jammed */
	sockdiag_dump(diag, &query, ignore, &n, &report);
	assert_int_equal(report.unsupported, PROTO_BIT(PROTO_RAW));
	sockdiag_forget_absent(diag);
	sockdiag_dump(diag, &query, ignore, &n, &report);
	assert_int_equal(report.result[PROTO_RAW].outcome, NETLINK_JAMMED);
	sockdiag_free(diag);
}

static void one_missing_family_is_no_gap(void **state)
{
	const struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_UDP),
					     .states = STATE_MASK_ALL};
	const struct inet_diag_msg row = inet_row(AF_INET, 7, 5);
	struct sockdiag_report report;
	struct sockdiag *diag;
	unsigned int n = 0;

	(void)state;
	tape_init(&tape);
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, &row, sizeof(row));
	tape_message(&tape, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, 1, "short", 5);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	tape_errno(&tape, NLMSG_ERROR, 2, -ENOENT);
	tape_flush(&tape);
	diag = sockdiag_from_transport(tape_play(&tape));
	sockdiag_dump(diag, &query, ignore, &n, &report);
	assert_int_equal(report.complete, PROTO_BIT(PROTO_UDP));
	assert_int_equal(report.undecodable, 1);
	assert_int_equal(n, 1);
	sockdiag_free(diag);
}

static void old_kernel_gets_two_passes(void **state)
{
	const struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_TCP),
					     .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	struct sockdiag *diag;
	unsigned int n = 0;

	(void)state;
	tape_init(&tape);
	tape_errno(&tape, NLMSG_ERROR, 1, -EINVAL);
	tape_flush(&tape);
	for (uint32_t seq = 2; seq <= 5; seq++) {
		tape_errno(&tape, NLMSG_DONE, seq, 0);
		tape_flush(&tape);
	}
	diag = sockdiag_from_transport(tape_play(&tape));
	for (int i = 0; i < 2; i++) {
		sockdiag_dump(diag, &query, ignore, &n, &report);
		assert_int_equal(report.complete, PROTO_BIT(PROTO_TCP));
	}
	sockdiag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_kernel_gives_the_same_rows),
		cmocka_unit_test(cut_recording_is_never_complete),
		cmocka_unit_test(decoders_are_safe_for_any_bytes),
		cmocka_unit_test(states_are_named_by_what_they_mean),
		cmocka_unit_test(tcp_info_of_any_length),
		cmocka_unit_test(requests_ask_for_what_is_needed),
		cmocka_unit_test(udp_lookups_are_swapped_and_destroys_are_not),
		cmocka_unit_test(absent_protocol_is_not_asked_again),
		cmocka_unit_test(one_missing_family_is_no_gap),
		cmocka_unit_test(old_kernel_gets_two_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
