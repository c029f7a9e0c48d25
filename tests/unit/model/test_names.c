#include "lib/unit.h"
#include "model/names.h"
#include "model/snapshot.h"

static uint32_t states(const char *word)
{
	uint32_t mask = 0;

	assert_int_equal(names_states(word, strlen(word), &mask), 0);
	return mask;
}

static void every_name_leads_back(void **state)
{
	uint8_t value;

	(void)state;
	for (unsigned int i = 0; i < PROTO_COUNT; i++) {
		assert_int_equal(names_proto_find(names_proto(i), strlen(names_proto(i)), &value),
				 0);
		assert_int_equal(value, i);
	}
	for (unsigned int i = 1; i < STATE_COUNT; i++) {
		if (i == STATE_NEW_SYN_RECV)
			continue;
		assert_int_equal(names_state_find(names_state(i), strlen(names_state(i)), &value),
				 0);
		assert_int_equal(value, i);
	}
	for (unsigned int i = 0; i < OWNER_STATUS_COUNT; i++) {
		const char *name = names_owner_status(i);

		assert_int_equal(names_owner_status_find(name, strlen(name), &value), 0);
		assert_int_equal(value, i);
	}
	for (unsigned int i = 0; i < EVENT_KIND_COUNT; i++) {
		assert_int_equal(names_event_find(names_event(i), strlen(names_event(i)), &value),
				 0);
		assert_int_equal(value, i);
	}
	assert_string_equal(names_proto(200), "?");
	assert_string_equal(names_state(0), "?");
}

static void states_are_spelled_as_in_ss(void **state)
{
	uint32_t mask;

	(void)state;
	assert_int_equal(states("ESTAB"), STATE_BIT(STATE_ESTABLISHED));
	assert_int_equal(states("established"), STATE_BIT(STATE_ESTABLISHED));
	assert_int_equal(states("listening"), STATE_BIT(STATE_LISTEN));
	assert_int_equal(states("FIN-WAIT-1"), STATE_BIT(STATE_FIN_WAIT_1));
	assert_int_equal(states("closed"), STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_UNCONN));
	assert_int_equal(states("unconn"), STATE_BIT(STATE_UNCONN));
	assert_int_equal(names_states("nonsense", 8, &mask), -22);
	assert_int_equal(names_states("", 0, &mask), -22);
}

static void groups_are_those_of_ss(void **state)
{
	(void)state;
	assert_int_equal(states("bucket"), STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT));
	assert_int_equal(states("big") | states("bucket"), states("all"));
	assert_int_equal(states("big") & states("bucket"), 0);
	assert_int_equal(states("connected") & ~states("synchronized"), STATE_BIT(STATE_SYN_SENT));
	assert_int_equal(states("connected") & (states("closed") | states("listening")), 0);
	assert_true(states("connected") & STATE_BIT(STATE_TIME_WAIT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_leads_back),
		cmocka_unit_test(states_are_spelled_as_in_ss),
		cmocka_unit_test(groups_are_those_of_ss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
