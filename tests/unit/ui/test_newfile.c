/* What may happen to a file that an export names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/unit.h"
#include "ui/newfile.h"

static char dir[] = "/tmp/inettop-newfile.XXXXXX";

static int write_text(void *ctx, struct sink *out)
{
	sink_adds(out, ctx);
	return 0;
}

static int fail_half_way(void *ctx, struct sink *out)
{
	sink_adds(out, ctx);
	return -ENOSPC;
}

static char text[] = "a,b\n1,2\n";

static int files(void)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void is_complete_and_private(void **state)
{
	char got[64] = "";
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(newfile_write("new.csv", write_text, text), 0);
	fd = open("new.csv", O_RDONLY);
	assert_int_equal(read(fd, got, sizeof(got) - 1), sizeof(text) - 1);
	assert_string_equal(got, text);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close(fd);
	assert_int_equal(files(), 1);
	unlink("new.csv");
}

static void replaces_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(newfile_write("old", write_text, text), 0);
	assert_int_equal(newfile_write("old", write_text, text + 4), -EEXIST);
	assert_int_equal(stat("old", &st), 0);
	assert_int_equal(st.st_size, sizeof(text) - 1);
	unlink("old");

	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(newfile_write("link", write_text, text), -EEXIST);
	assert_int_equal(lstat("target", &st), -1);
	unlink("link");
	assert_int_equal(files(), 0);
}

static void leaves_nothing_half_done(void **state)
{
	(void)state;
	assert_int_equal(newfile_write("half", fail_half_way, text), -ENOSPC);
	assert_int_equal(files(), 0);
	assert_int_equal(newfile_write("no/such/dir", write_text, text), -ENOENT);
	assert_int_equal(newfile_write("", write_text, text), -ENOENT);
	assert_int_equal(files(), 0);
}

static int enter(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir);
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") || rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_complete_and_private),
		cmocka_unit_test(replaces_nothing),
		cmocka_unit_test(leaves_nothing_half_done),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
