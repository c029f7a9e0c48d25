#include "lib/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static char dir[] = "/tmp/inettop-test-log-XXXXXX";
static char path[64], link_path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	unlink(link_path);
	return rmdir(dir);
}

static size_t read_log(char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len;

	assert_non_null(file);
	len = fread(buf, 1, size - 1, file);
	buf[len] = '\0';
	fclose(file);
	return len;
}

static void lines_are_cleaned_and_errno_kept(void **state)
{
	char text[1000];
	struct stat st;
	unsigned long ms;
	int tid, at = 0;

	(void)state;
	log_debug("nowhere %d", 1);
	assert_int_equal(log_open(path), 0);
	errno = EXDEV;
	log_debug("comm %s", "\x1b[2J\nfake");
	assert_int_equal(errno, EXDEV);
	log_debug("%9000d", 1);
	log_close();
	log_debug("nowhere");
	read_log(text, sizeof(text));
	assert_int_equal(sscanf(text, "%lu %d %n", &ms, &tid, &at), 2);
	assert_int_equal(tid, getpid());
	assert_memory_equal(text + at, "comm \\x1b[2J\\nfake\n", 19);
	assert_non_null(strstr(text + at, "too long"));
	assert_null(strstr(text, "nowhere"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_symbolic_link_is_refused(void **state)
{
	(void)state;
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(log_open(link_path), -ELOOP);
	assert_int_equal(log_open("/nonexistent/log"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_cleaned_and_errno_kept),
		cmocka_unit_test(a_symbolic_link_is_refused),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
