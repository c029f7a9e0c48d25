#include "lib/unit.h"

#include <errno.h>

#include "why_world.h"

static void unknown_options_hide_it(void **state)
{
	struct sock_rec rec = row("::", STATE_LISTEN, 7);
	struct world w;

	(void)state;
	start_at(&w, "127.0.0.1");
	put(&w, &rec)->bind.v6only = BIND_UNKNOWN;
	w.facts.options_need = "CAP_BPF and CAP_PERFMON";
	judge_at(&w, NOW);
	assert_int_equal(w.result.verdict, WHY_HIDDEN);
	assert_string_equal(w.result.needs, "CAP_BPF and CAP_PERFMON");
	assert_int_equal(w.result.predicted[0].err[BIND_PLAIN], BIND_UNKNOWN);
	end(&w);
}

static void worse_address_decides(void **state)
{
	struct sock_rec rec = row("::1", STATE_LISTEN, 7);
	struct world w;

	(void)state;
	start(&w);
	w.facts.want.any_addr = true;
	w.facts.n_places = 2;
	w.facts.places[1] = w.facts.places[0];
	w.facts.places[1].bind.addr = addr("::");
	w.facts.places[1].bind.bucket = &w.facts.places[1].bucket;
	rec.v6only = true;
	put(&w, &rec);
	judge_at(&w, NOW);
	assert_int_equal(w.result.predicted[0].err[BIND_PLAIN], 0);
	assert_int_equal(w.result.predicted[1].err[BIND_PLAIN], EADDRINUSE);
	assert_int_equal(w.result.verdict, WHY_BUSY);
	end(&w);
}

static void unseen_socket_counts(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	w.socks[w.facts.n_socks++] = (struct why_sock){
		.bind = {.addr = addr("0.0.0.0"), .port = PORT, .state = STATE_LISTEN}, .inode = 5};
	expect(&w, WHY_BUSY, WHY_LISTENER, "a process that cannot be named listens on");
	end(&w);
}

static void names_are_those_of_the_contract(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < WHY_CODE_COUNT; i++)
		assert_string_not_equal(why_code_name(i), "?");
	assert_string_equal(why_code_name(WHY_CODE_COUNT), "?");
	assert_string_equal(why_code_name(WHY_STALE_DOCKER_PROXY), "stale-docker-proxy");
	assert_string_equal(why_verdict_name(WHY_NOT_A_CONFLICT), "not-a-conflict");
	assert_string_equal(why_verdict_name(99), "?");
	assert_string_equal(why_errno_name(EADDRINUSE), "EADDRINUSE");
	assert_string_equal(why_errno_name(0), "0");
}

static void endpoint_is_written_as_asked(void **state)
{
	struct why_want want = {.proto = PROTO_UDP, .any_addr = true, .port = 53};
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 0);
	why_endpoint(&want, &out);
	assert_string_equal(strbuf_str(&out), "udp:53");
	strbuf_reset(&out);
	want = (struct why_want){.proto = PROTO_TCP, .addr = addr("::1"), .port = 80};
	why_endpoint(&want, &out);
	assert_string_equal(strbuf_str(&out), "[::1]:80");
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_options_hide_it),
		cmocka_unit_test(worse_address_decides),
		cmocka_unit_test(unseen_socket_counts),
		cmocka_unit_test(names_are_those_of_the_contract),
		cmocka_unit_test(endpoint_is_written_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
