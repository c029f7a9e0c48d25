/* Each rule of bind_predict() by one small situation; tests/live/bind_random.c asks the kernel. */
#include "lib/unit.h"

#include <arpa/inet.h>
#include <errno.h>

#include "model/bind_rule.h"
#include "model/record.h"

#define UNKNOWN BIND_UNKNOWN

static struct netaddr addr(const char *text)
{
	struct netaddr a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	assert_int_equal(inet_pton(a.family, text, a.bytes), 1);
	return a;
}

static struct bind_sock tcp(const char *text, int state)
{
	return (struct bind_sock){.addr = addr(text), .port = 80, .state = (uint8_t)state};
}

static struct bind_sock udp(const char *text, bool reuseport, int chain)
{
	return (struct bind_sock){.addr = addr(text),
				  .port = 80,
				  .proto = PROTO_UDP,
				  .state = STATE_UNCONN,
				  .reuseport = reuseport,
				  .chain = chain};
}

static struct bind_want want(const char *text)
{
	return (struct bind_want){
		.addr = addr(text), .port = 80, .cap_net_bind_service = true, .addr_local = 1};
}

static struct bind_prediction predict(const struct bind_want *w, const struct bind_sock *s,
				      size_t n)
{
	struct bind_prediction pr;

	bind_predict(w, s, n, &pr, NULL);
	return pr;
}

#define assert_errs(pr, plain, reuseaddr, reuseport)                                               \
	do {                                                                                       \
		struct bind_prediction got = (pr);                                                 \
		assert_int_equal(got.err[BIND_PLAIN], plain);                                      \
		assert_int_equal(got.err[BIND_REUSEADDR], reuseaddr);                              \
		assert_int_equal(got.err[BIND_REUSEPORT], reuseport);                              \
	} while (0)

static int plain(const char *wanted, bool want_v6only, const char *has, int has_v6only)
{
	struct bind_sock s = tcp(has, STATE_LISTEN);
	struct bind_want w = want(wanted);

	s.v6only = (int8_t)has_v6only;
	w.v6only = want_v6only;
	return predict(&w, &s, 1).err[BIND_PLAIN];
}

static void test_addresses(void **state)
{
	static const struct {
		const char *wanted;
		bool want_v6only;
		const char *has;
		int has_v6only, err;
	} cases[] = {
		{"127.0.0.1", false, "127.0.0.1", 0, EADDRINUSE},
		{"127.0.0.1", false, "127.0.0.2", 0, 0},
		{"0.0.0.0", false, "127.0.0.2", 0, EADDRINUSE},
		{"127.0.0.1", false, "0.0.0.0", 0, EADDRINUSE},
		{"127.0.0.1", false, "::", 0, EADDRINUSE},
		{"127.0.0.1", false, "::", 1, 0},
		{"127.0.0.1", false, "::", UNKNOWN, UNKNOWN},
		{"::", false, "127.0.0.1", 0, EADDRINUSE},
		{"::", true, "127.0.0.1", 0, 0},
		{"::", true, "::", 0, EADDRINUSE},
		{"::1", false, "::", 1, EADDRINUSE},
		{"::1", false, "0.0.0.0", 0, 0},
		{"::1", false, "2001:db8::1", 1, 0},
		{"::ffff:127.0.0.1", false, "127.0.0.1", 0, EADDRINUSE},
		{"::ffff:0.0.0.0", false, "127.0.0.1", 0, EADDRINUSE},
		{"::ffff:127.0.0.1", false, "::", 1, 0},
		/* an IPv6 connection that is not v6only blocks the IPv4 wildcard, but nothing else
		 */
		{"0.0.0.0", false, "2001:db8::1", 0, EADDRINUSE},
		{"0.0.0.0", false, "2001:db8::1", 1, 0},
		{"127.0.0.6", false, "2001:db8::1", 0, 0},
		{"::ffff:0.0.0.0", false, "2001:db8::1", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = plain(cases[i].wanted, cases[i].want_v6only, cases[i].has,
				cases[i].has_v6only);

		if (err != cases[i].err)
			fail_msg("case %zu: %s against %s gives %d", i, cases[i].wanted,
				 cases[i].has, err);
	}
}

static void test_reuseaddr_needs_both_and_no_listener(void **state)
{
	struct bind_sock s = tcp("0.0.0.0", STATE_BOUND);
	struct bind_want w = want("0.0.0.0");

	(void)state;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	s.reuseaddr = 1;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, 0, EADDRINUSE);
	s.reuseaddr = UNKNOWN;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, UNKNOWN, EADDRINUSE);
	assert_int_equal(predict(&w, &s, 1).gaps[BIND_REUSEADDR], BIND_GAP_OPTIONS);
	s.state = STATE_LISTEN;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	s.state = STATE_SYN_RECV; /* not in the bind table */
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
}

static void test_reuseport_wants_the_same_user(void **state)
{
	struct bind_sock s = tcp("0.0.0.0", STATE_LISTEN);
	struct bind_want w = want("0.0.0.0");

	(void)state;
	s.reuseport = 1;
	s.uid = 33;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	w.uid = 33;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, 0);
	s.reuseport = UNKNOWN;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, UNKNOWN);
	s.reuseport = 0;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
}

static void test_time_wait_has_no_user(void **state)
{
	struct bind_sock s = tcp("127.0.0.1", STATE_FIN_WAIT_2);
	struct bind_want w = want("0.0.0.0");
	struct bind_bucket b = {0};

	(void)state;
	w.bucket = &b;
	s.reuseport = 1;
	s.uid = 33;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	w.bucket = NULL; /* its listener, now gone, may have been ours */
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, UNKNOWN);
	s.timewait = true;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, 0);
	s.reuseport = 0;
	s.reuseaddr = 1;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, 0, EADDRINUSE);
}

static void test_bucket_remembers(void **state)
{
	/* root's group, one of its connections accepted by another user */
	struct bind_sock s[2] = {tcp("127.0.0.1", STATE_LISTEN),
				 tcp("127.0.0.1", STATE_ESTABLISHED)};
	struct bind_bucket b = {.fastreuseport = 2, .fast_addr = addr("127.0.0.1")};
	struct bind_want w = want("127.0.0.1");

	(void)state;
	s[0].reuseport = s[1].reuseport = 1;
	s[1].uid = 33;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, UNKNOWN);
	assert_int_equal(predict(&w, s, 2).gaps[BIND_REUSEPORT], BIND_GAP_BUCKET);
	w.bucket = &b;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, 0);
	b.fastuid = 33;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	b.fastuid = 0;
	w.addr = addr("0.0.0.0"); /* more than the one remembered */
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	b.fastreuseport = 1; /* before 6.8: anybody of that user */
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, 0);
	b.fastreuseport = -1;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, EADDRINUSE);
}

static void test_bucket_wildcard_overlooks_v6only(void **state)
{
	struct bind_sock s = tcp("127.0.0.1", STATE_CLOSE_WAIT);
	struct bind_bucket b = {.fastreuseport = 2, .fast_addr = addr("::"), .fast_v6only = true};
	struct bind_want w = want("::");

	(void)state;
	w.bucket = &b;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, 0);
	w.addr = addr("0.0.0.0");
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
}

static void test_devices_and_ports(void **state)
{
	struct bind_sock s = tcp("0.0.0.0", STATE_LISTEN);
	struct bind_want w = want("0.0.0.0");

	(void)state;
	s.ifindex = 2;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	w.ifindex = 3;
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
	w.ifindex = 2;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	w.l3mdev = 7;
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
	w.l3mdev = 0;
	s.port = 81;
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
	s.port = 80;
	s.proto = PROTO_UDP;
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
	s.proto = PROTO_MPTCP; /* its subflow holds the TCP port */
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
}

static void test_udp_reuseaddr_is_enough(void **state)
{
	struct bind_sock s = udp("0.0.0.0", false, 0);
	struct bind_want w = want("127.0.0.1");

	(void)state;
	w.proto = PROTO_UDP;
	s.uid = 33;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	s.reuseaddr = 1;
	assert_errs(predict(&w, &s, 1), EADDRINUSE, 0, EADDRINUSE);
	w.proto = PROTO_UDPLITE;
	assert_errs(predict(&w, &s, 1), 0, 0, 0);
}

static void test_udp_first_in_chain_decides(void **state)
{
	struct bind_sock s[12] = {udp("127.0.0.1", true, 1), udp("127.0.0.2", false, 0)};
	struct bind_want w = want("0.0.0.0");

	(void)state;
	w.proto = PROTO_UDP;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	s[1].chain = 2;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, 0);
	s[1].chain = -1;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, UNKNOWN);
	assert_int_equal(predict(&w, s, 2).gaps[BIND_REUSEPORT], BIND_GAP_ORDER);
	s[0].uid = 33; /* now both are in the way, whichever comes first */
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, EADDRINUSE);
	s[0].uid = 0;
	for (int i = 1; i < 12; i++)
		s[i] = udp("127.0.0.2", i > 1, i + 1); /* a long chain is searched another way */
	assert_errs(predict(&w, s, 12), EADDRINUSE, EADDRINUSE, UNKNOWN);
}

static void test_udp_unknown_options_in_chain(void **state)
{
	struct bind_sock s[2] = {udp("127.0.0.1", false, 0), udp("127.0.0.2", true, 1)};
	struct bind_want w = want("0.0.0.0");

	(void)state;
	w.proto = PROTO_UDP;
	s[0].reuseport = UNKNOWN;
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, UNKNOWN);
	s[0].chain = 2; /* behind one that lets us in */
	assert_errs(predict(&w, s, 2), EADDRINUSE, EADDRINUSE, 0);
}

static int before(const struct bind_want *w)
{
	struct bind_prediction pr = predict(w, NULL, 0);

	assert_int_equal(pr.err[BIND_PLAIN], pr.err[BIND_REUSEADDR]);
	assert_int_equal(pr.err[BIND_PLAIN], pr.err[BIND_REUSEPORT]);
	return pr.err[BIND_PLAIN];
}

static void test_privileged_port(void **state)
{
	struct bind_want w = want("0.0.0.0");

	(void)state;
	w.unprivileged_start = 1024;
	assert_int_equal(before(&w), 0);
	w.cap_net_bind_service = false;
	assert_int_equal(before(&w), EACCES);
	w.unprivileged_start = 80;
	assert_int_equal(before(&w), 0);
}

static void test_address_comes_first_in_ipv4_only(void **state)
{
	struct bind_want w = want("10.99.0.1");

	(void)state;
	w.unprivileged_start = 1024;
	w.cap_net_bind_service = false;
	w.addr_local = 0;
	assert_int_equal(before(&w), EADDRNOTAVAIL);
	w.addr = addr("2001:db8::1");
	assert_int_equal(before(&w), EACCES);
	w.cap_net_bind_service = true;
	assert_int_equal(before(&w), EADDRNOTAVAIL);
	w.nonlocal = true;
	assert_int_equal(before(&w), 0);
	w.nonlocal = false;
	w.addr_local = UNKNOWN;
	assert_int_equal(before(&w), UNKNOWN);
	assert_int_equal(predict(&w, NULL, 0).gaps[BIND_PLAIN], BIND_GAP_ADDRESS);
}

static void test_special_addresses(void **state)
{
	static const struct {
		const char *text;
		int tcp, udp;
	} cases[] = {
		{"224.0.0.1", 0, 0},	     {"255.255.255.255", 0, 0},
		{"0.0.0.0", 0, 0},	     {"::ffff:0.0.0.0", 0, 0},
		{"ff0e::1", EINVAL, 0},	     {"ff02::1", EINVAL, EINVAL},
		{"fe80::1", EINVAL, EINVAL}, {"127.5.5.5", EADDRNOTAVAIL, EADDRNOTAVAIL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bind_want w = want(cases[i].text);

		w.addr_local = 0;
		assert_int_equal(before(&w), cases[i].tcp);
		w.proto = PROTO_UDP;
		assert_int_equal(before(&w), cases[i].udp);
	}
}

static void test_v6only_mapped(void **state)
{
	struct bind_want w = want("::ffff:127.0.0.1");

	(void)state;
	w.v6only = true;
	assert_int_equal(before(&w), EINVAL);
}

static void test_address_on_another_device(void **state)
{
	struct bind_want w = want("fe80::1");

	(void)state;
	w.ifindex = 2;
	assert_int_equal(before(&w), UNKNOWN);
	w.addr_ifindex = 2;
	assert_int_equal(before(&w), 0);
	w.addr_ifindex = 3;
	assert_int_equal(before(&w), EADDRNOTAVAIL);
	w.addr = addr("::1");
	assert_int_equal(before(&w), EADDRNOTAVAIL);
	w.addr = addr("2001:db8::1"); /* global scope: any device will do */
	assert_int_equal(before(&w), 0);
	w.addr = addr("127.0.0.1");
	assert_int_equal(before(&w), 0);
}

static void test_blocks_name_the_sockets(void **state)
{
	struct bind_sock s[3] = {tcp("127.0.0.2", STATE_LISTEN), tcp("127.0.0.1", STATE_TIME_WAIT),
				 tcp("0.0.0.0", STATE_BOUND)};
	struct bind_want w = want("127.0.0.1");
	struct bind_prediction pr;
	uint8_t blocks[3];

	(void)state;
	s[1].timewait = true;
	s[1].reuseaddr = 1;
	s[2].reuseaddr = UNKNOWN;
	bind_predict(&w, s, 3, &pr, blocks);
	assert_int_equal(blocks[0], 0);
	assert_int_equal(blocks[1], BIND_BLOCKS(BIND_PLAIN) | BIND_BLOCKS(BIND_REUSEPORT));
	assert_int_equal(blocks[2], BIND_BLOCKS(BIND_PLAIN) | BIND_BLOCKS(BIND_REUSEPORT) |
					    BIND_MAY_BLOCK(BIND_REUSEADDR));
	s[2].reuseaddr = 1;
	bind_predict(&w, s, 3, &pr, blocks);
	assert_int_equal(pr.err[BIND_REUSEADDR], 0);
	assert_int_equal(blocks[2] & BIND_MAY_BLOCK(BIND_REUSEADDR), 0);
	w.cap_net_bind_service = false; /* the sockets are named all the same */
	w.unprivileged_start = 1024;
	bind_predict(&w, s, 3, &pr, blocks);
	assert_int_equal(pr.err[BIND_PLAIN], EACCES);
	assert_true(blocks[1] & BIND_BLOCKS(BIND_PLAIN));
}

static void test_other_protocols_are_unknown(void **state)
{
	struct bind_want w = want("0.0.0.0");

	(void)state;
	w.proto = PROTO_SCTP;
	assert_int_equal(before(&w), UNKNOWN);
	assert_int_equal(predict(&w, NULL, 0).gaps[BIND_PLAIN], BIND_GAP_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_reuseaddr_needs_both_and_no_listener),
		cmocka_unit_test(test_reuseport_wants_the_same_user),
		cmocka_unit_test(test_time_wait_has_no_user),
		cmocka_unit_test(test_bucket_remembers),
		cmocka_unit_test(test_bucket_wildcard_overlooks_v6only),
		cmocka_unit_test(test_devices_and_ports),
		cmocka_unit_test(test_udp_reuseaddr_is_enough),
		cmocka_unit_test(test_udp_first_in_chain_decides),
		cmocka_unit_test(test_udp_unknown_options_in_chain),
		cmocka_unit_test(test_privileged_port),
		cmocka_unit_test(test_address_comes_first_in_ipv4_only),
		cmocka_unit_test(test_special_addresses),
		cmocka_unit_test(test_v6only_mapped),
		cmocka_unit_test(test_address_on_another_device),
		cmocka_unit_test(test_blocks_name_the_sockets),
		cmocka_unit_test(test_other_protocols_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
