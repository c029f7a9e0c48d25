/* Files of tests/fixtures. */
#ifndef TESTS_UNIT_KERNEL_FIXTURE_H
#define TESTS_UNIT_KERNEL_FIXTURE_H

/* A file of tests/fixtures, NUL-terminated; the caller frees it. */
static char *fixture(const char *name, size_t *ret_len)
{
	const char *top = getenv("top_srcdir");
	char path[512];
	FILE *f;
	char *text = malloc(1 << 20);

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", top ? top : ".", name);
	f = fopen(path, "re");
	assert_non_null(f);
	*ret_len = fread(text, 1, (1 << 20) - 1, f);
	text[*ret_len] = '\0';
	fclose(f);
	return text;
}

#endif
