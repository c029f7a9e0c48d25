#include "lib/unit.h"

#include "kernel/cgroups.h"

static FILE *open_fixture(const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fixtures/cgroup/%s", getenv("top_srcdir"), name);
	file = fopen(path, "r");
	assert_non_null(file);
	return file;
}

static void check(const char *path, const char *what, struct bytes got, const char *want)
{
	if (!strcmp(want, "-")
		    ? got.ptr == NULL
		    : got.ptr && got.len == strlen(want) && memcmp(got.ptr, want, got.len) == 0)
		return;
	fail_msg("%s: %s is \"%.*s\", should be \"%s\"", path, what, got.ptr ? (int)got.len : 1,
		 got.ptr ? got.ptr : "-", want);
}

/* Fields of a line that tabs part; returns how many. */
static int fields(char *line, char *ret[], int max)
{
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *save, *p = strtok_r(line, "\t", &save); p && n < max;
	     p = strtok_r(NULL, "\t", &save))
		ret[n++] = p;
	return n;
}

static void every_pattern(void **state)
{
	FILE *file = open_fixture("paths.tsv");
	char line[4096], *f[7];
	int rows = 0;

	(void)state;
	while (fgets(line, sizeof(line), file)) {
		struct cgroup_facts facts;

		if (line[0] == '#')
			continue;
		assert_int_equal(fields(line, f, 7), 7);
		cgroups_parse((struct bytes){f[0], (uint32_t)strlen(f[0])}, &facts);
		check(f[0], "runtime", facts.runtime, f[1]);
		check(f[0], "id", facts.id, f[2]);
		check(f[0], "name", facts.name, f[3]);
		check(f[0], "pod", facts.pod_uid, f[4]);
		check(f[0], "unit", facts.unit, f[5]);
		assert_int_equal(facts.monitor, !strcmp(f[6], "monitor"));
		rows++;
	}
	fclose(file);
	assert_true(rows > 50);
}

static void picks_the_telling_line(void **state)
{
	FILE *file = open_fixture("text.tsv");
	char line[4096], *f[2];

	(void)state;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(fields(line, f, 2), 2);
		for (char *p = f[0]; *p; p++)
			if (*p == '|')
				*p = '\n';
		check(f[0], "path", cgroups_pick(f[0], strlen(f[0])), f[1]);
	}
	fclose(file);
}

static void hostile_paths_do_no_harm(void **state)
{
	static char deep[100000], long_name[2000];
	struct cgroup_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? 'x' : '/';
	cgroups_parse((struct bytes){deep, sizeof(deep)}, &facts);
	assert_null(facts.runtime.ptr);
	memset(long_name, '\\', sizeof(long_name));
	memcpy(long_name, "/machine-", 9);
	memcpy(long_name + sizeof(long_name) - 6, ".scope", 6);
	cgroups_parse((struct bytes){long_name, sizeof(long_name)}, &facts);
	assert_int_equal(facts.name.len, sizeof(long_name) - 15);
	cgroups_parse((struct bytes){"/lxc/a\033[31mb", 12}, &facts);
	assert_int_equal(facts.name.len, 7);
	cgroups_parse((struct bytes){0}, &facts);
	assert_null(facts.unit.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pattern),
		cmocka_unit_test(picks_the_telling_line),
		cmocka_unit_test(hostile_paths_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
