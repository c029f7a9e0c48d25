#include "lib/unit.h"

#include "base/vec.h"

struct point {
	int x, y;
};

static void pushes_survive_growth(void **state)
{
	VEC(struct point) points = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		vec_push(&points, ((struct point){i, -i}));
	assert_int_equal(points.len, 10000);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(points.data[i].x, i);
		assert_int_equal(points.data[i].y, -i);
	}
	vec_done(&points);
	assert_null(points.data);
	assert_int_equal(points.len, 0);
}

static void reserved_room_does_not_move(void **state)
{
	VEC(char) bytes = {0};
	char *data;

	(void)state;
	vec_push(&bytes, 'a');
	vec_reserve(&bytes, 1000);
	data = bytes.data;
	for (int i = 0; i < 1000; i++)
		vec_push(&bytes, 'b');
	assert_ptr_equal(bytes.data, data);
	assert_int_equal(bytes.data[0], 'a');
	vec_clear(&bytes);
	assert_int_equal(bytes.len, 0);
	vec_push(&bytes, 'c');
	assert_ptr_equal(bytes.data, data);
	vec_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pushes_survive_growth),
		cmocka_unit_test(reserved_room_does_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
