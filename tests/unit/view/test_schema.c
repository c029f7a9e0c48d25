/* The JSON Schema of each row names exactly the fields that rows have. */
#include "rows.h"

static json_t *schema_of(enum pane pane)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	json_t *schema;

	snprintf(path, sizeof(path), "%s/doc/schema/%s.json", top ? top : ".",
		 field_row_type(pane));
	schema = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (!schema)
		fail_msg("cannot read %s", path);
	return schema;
}

static bool is_required(json_t *schema, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(schema, "required"), i,
			   item) if (!strcmp(json_string_value(item), name)) return true;
	return false;
}

static bool knows(json_t *schema, const char *name)
{
	return json_object_get(json_object_get(schema, "properties"), name) != NULL;
}

/* How many required names the schema has, those of nested objects counted instead of the object. */
static size_t count_required(json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *item;
	size_t i, n = 0;

	json_array_foreach(json_object_get(schema, "required"), i, item)
	{
		json_t *inner = json_object_get(properties, json_string_value(item));

		n += json_object_get(inner, "properties") ? count_required(inner) : 1;
	}
	return n;
}

static void schemas_name_every_field_and_no_other(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		json_t *schema = schema_of(p);
		struct field fields[COL_COUNT];
		size_t n = field_list(p, fields);

		for (size_t i = 0; i < n; i++) {
			json_t *at = schema;

			if (fields[i].group[0])
				at = json_object_get(json_object_get(schema, "properties"),
						     fields[i].group);
			if (!knows(at, fields[i].member) || !is_required(at, fields[i].member))
				fail_msg("the schema of a %s lacks %s", field_row_type(p),
					 fields[i].name);
			assert_true(json_is_false(json_object_get(at, "additionalProperties")));
		}
		assert_int_equal(count_required(schema), n);
		json_decref(schema);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schemas_name_every_field_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
