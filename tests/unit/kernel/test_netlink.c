#include "lib/unit.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tape.h"

#define ROW NLMSG_MIN_TYPE

static struct tape tape;

struct seen {
	unsigned int rows;
	uint32_t sum;
	int refuse;
};

static int count_row(const struct nlmsghdr *msg, void *ctx)
{
	struct seen *seen = ctx;
	const uint32_t *value = netlink_payload(msg, sizeof(*value));

	assert_int_equal(msg->nlmsg_type, ROW);
	seen->rows++;
	if (value)
		seen->sum += *value;
	return seen->refuse;
}

static struct netlink_result play_with(struct seen *seen, int idle_ms, int total_ms, size_t foreign)
{
	struct nlmsghdr request = {.nlmsg_len = sizeof(request), .nlmsg_type = 20};
	struct netlink *nl = netlink_new(tape_play(&tape));
	struct netlink_result res;

	netlink_set_budget(nl, idle_ms, total_ms, foreign);
	res = netlink_dump(nl, &request, count_row, seen);
	netlink_free(nl);
	return res;
}

static struct netlink_result play(struct seen *seen)
{
	*seen = (struct seen){0};
	return play_with(seen, 0, 0, 0);
}

static void row(uint32_t seq, uint32_t value)
{
	tape_message(&tape, ROW, NLM_F_MULTI, seq, &value, sizeof(value));
}

static void whole_dump_is_complete(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	row(1, 10);
	row(1, 20);
	tape_flush(&tape);
	row(1, 30);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(res.err, 0);
	assert_int_equal(seen.rows, 3);
	assert_int_equal(seen.sum, 60);
}

static void done_carries_the_errno_of_a_missing_protocol(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	tape_errno(&tape, NLMSG_DONE, 1, -ENOENT);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_UNSUPPORTED);
	assert_int_equal(res.err, -ENOENT);
}

static void error_message_ends_the_dump(void **state)
{
	static const struct {
		int err;
		enum netlink_outcome outcome;
	} cases[] = {
		{-ENOENT, NETLINK_UNSUPPORTED}, {-EINVAL, NETLINK_UNSUPPORTED},
		{-EPERM, NETLINK_REFUSED},	{-EACCES, NETLINK_REFUSED},
		{-ENOMEM, NETLINK_PARTIAL},
	};
	struct netlink_result res;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tape_init(&tape);
		tape_errno(&tape, NLMSG_ERROR, 1, cases[i].err);
		tape_flush(&tape);
		res = play(&seen);
		assert_int_equal(res.outcome, cases[i].outcome);
		assert_int_equal(res.err, cases[i].err);
	}
}

static void forged_errno_is_bounded(void **state)
{
	static const int values[] = {INT32_MIN, INT32_MAX, 1, -4096};
	struct netlink_result res;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		tape_init(&tape);
		tape_errno(&tape, i % 2 ? NLMSG_DONE : NLMSG_ERROR, 1, values[i]);
		tape_flush(&tape);
		res = play(&seen);
		assert_int_equal(res.outcome, NETLINK_PARTIAL);
		assert_int_equal(res.err, -EBADMSG);
	}
}

static void error_after_rows_is_partial(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	row(1, 1);
	tape_errno(&tape, NLMSG_DONE, 1, -ENOENT);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_PARTIAL);
	assert_int_equal(seen.rows, 1);
}

static void missing_done_is_never_success(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_JAMMED);
	row(1, 1);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_JAMMED);
	assert_int_equal(res.err, -ETIMEDOUT);
	assert_int_equal(seen.rows, 1);
}

static void strangers_are_dropped_and_counted(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	row(1, 1000);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush_as(&tape, 4242, false, 0, 0);
	row(1, 1);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(res.strangers, 1);
	assert_int_equal(seen.sum, 1);
}

static void stale_sequence_and_port_are_ignored(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	row(0, 1000);
	tape_errno(&tape, NLMSG_DONE, 0, -ENOENT);
	tape_flush(&tape);
	tape_message(&tape, ROW, 0, 1, "abcd", 4)->nlmsg_pid = TAPE_PORTID + 1;
	row(1, 1);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(seen.rows, 1);
	assert_int_equal(seen.sum, 1);
}

static void flood_of_strangers_is_jammed(void **state)
{
	struct netlink_result res;
	struct seen seen = {0};

	(void)state;
	tape_init(&tape);
	for (int i = 0; i < 200; i++) {
		row(1, 7);
		tape_flush_as(&tape, 9, false, 0, 0);
	}
	res = play_with(&seen, 0, 0, 2000);
	assert_int_equal(res.outcome, NETLINK_JAMMED);
	assert_true(res.strangers > 0 && res.strangers < 200);
	assert_int_equal(seen.rows, 0);

	tape_init(&tape);
	for (int i = 0; i < 200; i++) {
		row(1, 7);
		tape_flush_as(&tape, 9, false, 0, 100);
	}
	res = play_with(&seen, 1000, 5000, 0);
	assert_int_equal(res.outcome, NETLINK_JAMMED);
	assert_true(res.strangers <= 51);
}

static void slow_answer_without_end_is_jammed(void **state)
{
	struct netlink_result res;
	struct seen seen = {0};

	(void)state;
	tape_init(&tape);
	for (int i = 0; i < 100; i++) {
		row(1, 1);
		tape_flush_as(&tape, 0, false, 0, 500);
	}
	res = play_with(&seen, 1000, 5000, 0);
	assert_int_equal(res.outcome, NETLINK_JAMMED);
	assert_true(seen.rows >= 10 && seen.rows <= 12);
}

static void interrupted_dump_is_tried_three_times(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		tape_message(&tape, ROW, NLM_F_MULTI | NLM_F_DUMP_INTR, seq, "aaaa", 4);
		tape_errno(&tape, NLMSG_DONE, seq, 0);
		tape_flush(&tape);
	}
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_PARTIAL);
	assert_int_equal(res.err, -EINTR);
	assert_int_equal(res.retries, 2);
	assert_int_equal(seen.rows, 3);
}

static void busy_overrun_and_truncation_are_retried(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	tape_errno(&tape, NLMSG_ERROR, 1, -EBUSY);
	tape_flush(&tape);
	tape_flush_as(&tape, 0, false, -ENOBUFS, 0);
	row(2, 100);
	tape_errno(&tape, NLMSG_DONE, 2, 0);
	tape_flush(&tape);
	row(3, 1);
	tape_errno(&tape, NLMSG_DONE, 3, 0);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(res.retries, 2);

	tape_init(&tape);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		row(seq, 1);
		tape_errno(&tape, NLMSG_DONE, seq, 0);
		tape_flush_as(&tape, 0, true, 0, 0);
	}
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_PARTIAL);
	assert_int_equal(res.err, -EMSGSIZE);
}

static void interrupted_receive_goes_on(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	tape_flush_as(&tape, 0, false, -EINTR, 0);
	row(1, 1);
	tape_flush_as(&tape, 0, false, 0, 0);
	tape_flush_as(&tape, 0, false, -EINTR, 0);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(seen.rows, 1);
}

static void failed_receive_is_no_success(void **state)
{
	struct netlink_result res;
	struct seen seen;

	(void)state;
	tape_init(&tape);
	tape_flush_as(&tape, 0, false, -EPERM, 0);
	res = play(&seen);
	assert_int_equal(res.outcome, NETLINK_REFUSED);
	assert_int_equal(res.err, -EPERM);
}

static void forged_lengths_end_the_walk(void **state)
{
	static const uint32_t lengths[] = {
		0, 1, 15, 25, 0x7fffffff, 0x80000000, 0x80001000, 0xffffffff, 0xfffffff0};
	struct netlink_result res;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		tape_init(&tape);
		for (uint32_t seq = 1; seq <= 3; seq++) {
			row(seq, 1);
			tape_message(&tape, ROW, 0, seq, "bbbb", 4)->nlmsg_len = lengths[i];
			tape_flush(&tape);
			tape_errno(&tape, NLMSG_DONE, seq, 0);
			tape_flush(&tape);
		}
		res = play(&seen);
		assert_int_equal(seen.rows, 3);
		assert_int_equal(res.outcome, NETLINK_PARTIAL);
		assert_int_equal(res.err, -EBADMSG);
	}
}

static void walk_is_safe_at_every_length(void **state)
{
	const struct nlmsghdr *msg;
	struct netlink_attr attr;
	size_t taken, pos, whole;
	uint8_t *copy;

	(void)state;
	tape_init(&tape);
	row(1, 1);
	tape_message(&tape, ROW, 0, 1, "\10\0\1\0abcd\7\0\2\0xyz", 15);
	whole = tape.gram_len;
	for (size_t len = 0; len <= whole; len++) {
		copy = malloc(len ? len : 1);
		memcpy(copy, tape.gram, len);
		for (size_t at = 0; netlink_next_message(copy + at, len - at, &msg, &taken);
		     at += taken)
			for (pos = 0; netlink_next_attr(msg, 0, &pos, &attr);)
				assert_true(attr.data + attr.len <= copy + len);
		free(copy);
	}
}

static void attributes_that_lie_end_the_list(void **state)
{
	struct netlink_attr attr;
	struct nlmsghdr *msg;
	size_t pos = 0;

	(void)state;
	tape_init(&tape);
	msg = tape_message(&tape, ROW, 0, 1, "\5\0\1\200x\0\0\0\377\377\2\0yyyy", 16);
	assert_true(netlink_next_attr(msg, 0, &pos, &attr));
	assert_int_equal(attr.type, 1);
	assert_int_equal(attr.len, 1);
	assert_int_equal(attr.data[0], 'x');
	assert_false(netlink_next_attr(msg, 0, &pos, &attr));
	pos = 0;
	assert_false(netlink_next_attr(msg, 100, &pos, &attr));
}

static void callback_error_makes_it_partial(void **state)
{
	struct seen seen = {.refuse = -ENOSPC};
	struct netlink_result res;

	(void)state;
	tape_init(&tape);
	row(1, 1);
	row(1, 2);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	res = play_with(&seen, 0, 0, 0);
	assert_int_equal(res.outcome, NETLINK_PARTIAL);
	assert_int_equal(res.err, -ENOSPC);
	assert_int_equal(seen.rows, 1);
}

struct answers {
	int err[4];
	unsigned int n;
};

static void note_answer(uint32_t index, int err, const struct nlmsghdr *msg, void *ctx)
{
	struct answers *answers = ctx;

	assert_true(index < 4);
	answers->err[index] = msg ? 1 : err;
	answers->n++;
}

static struct netlink_result exchange3(struct answers *answers)
{
	struct nlmsghdr requests[3];
	struct netlink *nl = netlink_new(tape_play(&tape));
	struct netlink_result res;

	for (int i = 0; i < 3; i++)
		requests[i] = (struct nlmsghdr){.nlmsg_len = sizeof(requests[0]), .nlmsg_type = 20};
	*answers = (struct answers){.err = {99, 99, 99, 99}};
	res = netlink_exchange(nl, requests, sizeof(requests), 3, note_answer, answers);
	netlink_free(nl);
	return res;
}

static void batch_keeps_answers_apart(void **state)
{
	struct netlink_result res;
	struct answers answers;

	(void)state;
	tape_init(&tape);
	tape_errno(&tape, NLMSG_ERROR, 3, -ESTALE);
	tape_flush(&tape);
	row(1, 1);
	row(1, 1);
	tape_flush(&tape);
	tape_errno(&tape, NLMSG_ERROR, 900, -EIO);
	tape_errno(&tape, NLMSG_ERROR, 2, 0);
	tape_flush(&tape);
	res = exchange3(&answers);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(answers.n, 3);
	assert_int_equal(answers.err[0], 1);
	assert_int_equal(answers.err[1], 0);
	assert_int_equal(answers.err[2], -ESTALE);
}

static void unanswered_request_is_no_success(void **state)
{
	struct netlink_result res;
	struct answers answers;

	(void)state;
	tape_init(&tape);
	row(1, 1);
	tape_flush(&tape);
	res = exchange3(&answers);
	assert_int_not_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(answers.n, 1);
}

static void malformed_batch_is_not_sent(void **state)
{
	struct nlmsghdr request = {.nlmsg_len = 100};
	struct netlink *nl;
	struct netlink_result res;
	struct answers answers = {.n = 0};

	(void)state;
	tape_init(&tape);
	nl = netlink_new(tape_play(&tape));
	res = netlink_exchange(nl, &request, sizeof(request), 1, note_answer, &answers);
	assert_int_not_equal(res.outcome, NETLINK_COMPLETE);
	assert_int_equal(res.err, -EINVAL);
	netlink_free(nl);
}

static void recording_replays_the_same(void **state)
{
	struct nlmsghdr request = {.nlmsg_len = sizeof(request), .nlmsg_type = 20};
	struct transport *inner, *again;
	int fd = memfd_create("tape", MFD_CLOEXEC);
	static uint8_t copy[4096];
	struct netlink_result res;
	struct seen seen = {0};
	struct netlink *nl;
	ssize_t n;

	(void)state;
	tape_init(&tape);
	row(1, 5);
	tape_flush_as(&tape, 7, false, 0, 3);
	tape_flush_as(&tape, 0, false, -EINTR, 1);
	row(1, 6);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	inner = tape_play(&tape);
	nl = netlink_new(transport_record(inner, fd));
	res = netlink_dump(nl, &request, count_row, &seen);
	netlink_free(nl);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	n = pread(fd, copy, sizeof(copy), 0);
	assert_int_equal(n, tape.len);
	assert_memory_equal(copy, tape.data, tape.len);
	close(fd);
	assert_int_equal(transport_replay(copy, 10, &again), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_dump_is_complete),
		cmocka_unit_test(done_carries_the_errno_of_a_missing_protocol),
		cmocka_unit_test(error_message_ends_the_dump),
		cmocka_unit_test(forged_errno_is_bounded),
		cmocka_unit_test(error_after_rows_is_partial),
		cmocka_unit_test(missing_done_is_never_success),
		cmocka_unit_test(strangers_are_dropped_and_counted),
		cmocka_unit_test(stale_sequence_and_port_are_ignored),
		cmocka_unit_test(flood_of_strangers_is_jammed),
		cmocka_unit_test(slow_answer_without_end_is_jammed),
		cmocka_unit_test(interrupted_dump_is_tried_three_times),
		cmocka_unit_test(busy_overrun_and_truncation_are_retried),
		cmocka_unit_test(interrupted_receive_goes_on),
		cmocka_unit_test(failed_receive_is_no_success),
		cmocka_unit_test(forged_lengths_end_the_walk),
		cmocka_unit_test(walk_is_safe_at_every_length),
		cmocka_unit_test(attributes_that_lie_end_the_list),
		cmocka_unit_test(callback_error_makes_it_partial),
		cmocka_unit_test(batch_keeps_answers_apart),
		cmocka_unit_test(unanswered_request_is_no_success),
		cmocka_unit_test(malformed_batch_is_not_sent),
		cmocka_unit_test(recording_replays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
