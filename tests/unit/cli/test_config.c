#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/config.h"

static struct strbuf seen, warnings, text;

static int take(void *ctx, const char *name, const char *value, bool system, const char **ret_error)
{
	(void)ctx;
	if (!strcmp(name, "future"))
		return -ENOENT;
	if (!strcmp(value, "bad")) {
		*ret_error = "something better";
		return -EINVAL;
	}
	strbuf_addf(&seen, "%s%s=%s\n", system ? "sys:" : "", name, value);
	return 0;
}

static bool is_known(const char *name)
{
	return strcmp(name, "future") != 0;
}

static int reset(void **state)
{
	(void)state;
	strbuf_reset(&seen);
	strbuf_reset(&warnings);
	strbuf_reset(&text);
	return 0;
}

static void read_text(const char *content)
{
	config_read(content, strlen(content), "file", false, take, NULL, &warnings);
}

static void test_read(void **state)
{
	(void)state;
	read_text("# comment\n\n ; another\ntheme = light\n\tkeys=vim \r\nbell = :80 = x");
	assert_string_equal(strbuf_str(&seen), "theme=light\nkeys=vim\nbell=:80 = x\n");
	assert_string_equal(strbuf_str(&warnings), "");
}

static void test_warnings(void **state)
{
	(void)state;
	read_text("theme = light\nfuture = 1\ntheme = bad\nnonsense\n= 3\nkeys = vim\n");
	assert_string_equal(strbuf_str(&seen), "theme=light\nkeys=vim\n");
	assert_string_equal(strbuf_str(&warnings), "file:2: unknown setting \"future\"\n"
						   "file:3: theme: expected something better\n"
						   "file:4: expected NAME = VALUE\n"
						   "file:5: expected NAME = VALUE\n");
}

static void test_hostile(void **state)
{
	static const char content[] = "a\0b = 1\nx\033]0;t\a = bad\nok = 1\n";

	(void)state;
	config_read(content, sizeof(content) - 1, "file", false, take, NULL, &warnings);
	assert_string_equal(strbuf_str(&seen), "ok=1\n");
	assert_null(memchr(strbuf_str(&warnings), '\033', warnings.len));
	assert_null(memchr(strbuf_str(&warnings), '\a', warnings.len));
}

static void merge(const char *old, const char *lines)
{
	strbuf_reset(&text);
	config_merge(old, strlen(old), lines, is_known, &text);
}

static void test_merge(void **state)
{
	(void)state;
	merge("# mine\ntheme = light\n\nfuture = 7\nkeys = vim\n", "theme = mono\nhold = 3\n");
	assert_string_equal(strbuf_str(&text), "# mine\ntheme = mono\n\nfuture = 7\nhold = 3\n");
	merge("", "theme = mono\n");
	assert_string_equal(strbuf_str(&text), "theme = mono\n");
	merge("theme = light", ""); /* back to the default; no newline at the end */
	assert_string_equal(strbuf_str(&text), "");
	merge("# only a comment", "a = b\n");
	assert_string_equal(strbuf_str(&text), "# only a comment\na = b\n");
}

/* ---- files ---- */

static char dir[64];

static void put_file(const char *name, const char *content, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/inettop-config.XXXXXX");
	return mkdtemp(dir) ? reset(NULL) : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct config_env env_of(void)
{
	return (struct config_env){.home = dir, .xdg_dirs = dir, .uid = geteuid(), .trusted = true};
}

static void test_order(void **state)
{
	struct config_env env = env_of();
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/inettop", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/inettop", dir);
	mkdir(path, 0700);
	put_file("inettop/config", "a = 1\n", 0644);
	put_file(".config/inettop/config", "a = 2\n", 0644);
	put_file("own", "a = 3\n", 0644);
	assert_int_equal(config_load(&env, take, NULL, &warnings, &text), 0);
	assert_non_null(strstr(strbuf_str(&seen), "sys:a=1\na=2\n"));
	reset(NULL);
	snprintf(path, sizeof(path), "%s/own", dir);
	env.file = path; /* INETTOP_CONFIG: instead of the user's */
	assert_int_equal(config_load(&env, take, NULL, &warnings, &text), 0);
	assert_non_null(strstr(strbuf_str(&seen), "sys:a=1\na=3\n"));
	assert_null(strstr(strbuf_str(&seen), "a=2"));
}

static void test_trust(void **state)
{
	struct config_env env = env_of();
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/own", dir);
	env.file = path;
	env.xdg_dirs = "/nonexistent";
	put_file("own", "a = 1\n", 0666);
	assert_int_equal(config_load(&env, take, NULL, &warnings, &text), 0);
	assert_null(strstr(strbuf_str(&seen), "a=1"));
	assert_non_null(strstr(strbuf_str(&warnings), "somebody else could have written it"));
	env.explicit_file = true; /* named on the command line */
	assert_int_equal(config_load(&env, take, NULL, &warnings, &text), 0);
	assert_non_null(strstr(strbuf_str(&seen), "a=1"));
	if (geteuid() == 0) { /* sudo: another user's file is not root's */
		reset(NULL);
		env.explicit_file = env.trusted = false;
		put_file("own", "a = 1\n", 0600);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(config_load(&env, take, NULL, &warnings, &text), 0);
		assert_null(strstr(strbuf_str(&seen), "a=1"));
	}
	env = env_of();
	env.file = "/nonexistent/config";
	env.explicit_file = true;
	reset(NULL);
	assert_int_equal(config_load(&env, take, NULL, &warnings, &text), -ENOENT);
	assert_string_equal(strbuf_str(&text), "/nonexistent/config: No such file or directory");
}

static void test_save(void **state)
{
	struct config_env env = env_of();
	struct stat st;
	char path[128], content[64] = "";
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/.config/inettop/config", dir);
	assert_int_equal(config_save(&env, "theme = mono\n", is_known, &text), 0);
	assert_string_equal(strbuf_str(&text), path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, content, sizeof(content) - 1) > 0);
	close(fd);
	assert_string_equal(content, "theme = mono\n");
}

static void test_save_refuses(void **state)
{
	struct config_env env = env_of();
	char path[128];

	(void)state;
	env.uid = geteuid() + 1; /* the home is another's */
	assert_int_equal(config_save(&env, "theme = mono\n", is_known, &text), -EPERM);
	assert_non_null(strstr(strbuf_str(&text), "somebody else's"));
	snprintf(path, sizeof(path), "%s/.config", dir);
	assert_int_not_equal(access(path, F_OK), 0); /* nothing was made there */
	env.home = NULL;
	assert_int_equal(config_save(&env, "", is_known, &text), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_read, reset),
		cmocka_unit_test_setup(test_warnings, reset),
		cmocka_unit_test_setup(test_hostile, reset),
		cmocka_unit_test_setup(test_merge, reset),
		cmocka_unit_test_setup_teardown(test_order, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_trust, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_save, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_save_refuses, make_dir, remove_dir),
	};
	int failed;

	strbuf_init(&seen, 0);
	strbuf_init(&warnings, 0);
	strbuf_init(&text, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	strbuf_done(&text);
	strbuf_done(&warnings);
	strbuf_done(&seen);
	return failed;
}
