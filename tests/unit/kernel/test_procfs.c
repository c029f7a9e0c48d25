#include "unit/kernel/fake_proc.h"

#include <errno.h>

#include "kernel/procfs.h"

static char dir[64];
static int root;

static int setup(void **state)
{
	(void)state;
	root = fake_proc_make("basic.txt", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_proc_remove(root, dir);
	return 0;
}

static void stat_survives_names(void **state)
{
	struct procfs_stat st;

	(void)state;
	assert_int_equal(procfs_read_stat(root, 10, &st), 0);
	assert_int_equal(st.pid, 10);
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.ppid, 1);
	assert_int_equal(st.start_ticks, 111);
	assert_int_equal(procfs_read_stat(root, 11, &st), 0);
	assert_int_equal(st.ppid, 10);
	assert_int_equal(st.start_ticks, 222);
	assert_int_equal(procfs_read_stat(root, 12, &st), 0);
	assert_int_equal(st.start_ticks, 333);
	assert_int_equal(procfs_read_stat(root, 13, &st), 0);
	assert_int_equal(st.threads, 3);
	assert_int_equal(procfs_read_stat(root, 30, &st), -EINVAL);
	assert_int_equal(procfs_read_stat(root, 31, &st), -ENOENT);
}

static void stat_cut_anywhere_is_refused(void **state)
{
	const char *text = "7 (x) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
	size_t need = strlen("7 (x) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9");
	struct procfs_stat st;

	(void)state;
	for (size_t len = 0; len < need; len++)
		assert_int_equal(procfs_parse_stat(text, len, &st), -EINVAL);
	assert_int_equal(procfs_parse_stat(text, strlen(text), &st), 0);
	assert_int_equal(st.start_ticks, 98765);
}

static void comm_is_raw(void **state)
{
	char comm[PROCFS_COMM_MAX];

	(void)state;
	assert_int_equal(procfs_read_comm(root, 10, comm), 10);
	assert_memory_equal(comm, "a) R 1 1 1", 10);
	assert_int_equal(procfs_read_comm(root, 11, comm), 10);
	assert_memory_equal(comm, "evil\033]0;x\n", 10);
	assert_int_equal(procfs_read_comm(root, 12, comm), 0);
	assert_int_equal(procfs_read_comm(root, 99, comm), -ENOENT);
}

static void status_and_links(void **state)
{
	struct procfs_status status;
	char exe[PROCFS_LINK_MAX];
	uint32_t inode;
	size_t len;

	(void)state;
	assert_int_equal(procfs_read_status(root, 10, &status), 0);
	assert_int_equal(status.ruid, 0);
	assert_int_equal(status.euid, 1);
	assert_int_equal(status.ns_pid, 7);
	assert_int_equal(status.ns_pgid, 6);
	assert_int_equal(status.n_levels, 2);
	assert_int_equal(procfs_read_ns(root, 10, "net", &inode), 0);
	assert_int_equal(inode, 4026531840);
	assert_int_equal(procfs_read_ns(root, 10, "pid", &inode), -ENOENT);
	len = (size_t)procfs_readlink(root, 10, "exe", exe, sizeof(exe));
	assert_true(procfs_cut_deleted(exe, &len));
	assert_int_equal(len, strlen("/usr/bin/x\\y"));
	assert_false(procfs_cut_deleted(exe, &len));
}

static void link_inodes(void **state)
{
	static const struct {
		const char *text;
		uint32_t inode;
	} cases[] = {
		{"socket:[123]", 123},
		{"socket:[4294967295]", 4294967295},
		{"socket:[4294967296]", 0},
		{"socket:[]", 0},
		{"socket:[12", 0},
		{"socket:[-1]", 0},
		{"socket:[1 2]", 0},
		{"socket:[12]x", 0},
		{"/tmp/socket:[12]", 0},
		{"socket:[99999999999999999999]", 0},
		{"socket", 0},
		{"", 0},
		{"socketx:[12]", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(procfs_link_inode(cases[i].text, strlen(cases[i].text), "socket"),
				 cases[i].inode);
}

static void names_of_entries(void **state)
{
	(void)state;
	assert_int_equal(procfs_number("0"), 0);
	assert_int_equal(procfs_number("2147483647"), 2147483647);
	assert_int_equal(procfs_number("2147483648"), -1);
	assert_int_equal(procfs_number("99999999999999999999"), -1);
	assert_int_equal(procfs_number(".."), -1);
	assert_int_equal(procfs_number("1a"), -1);
	assert_int_equal(procfs_number(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_survives_names),
		cmocka_unit_test(stat_cut_anywhere_is_refused),
		cmocka_unit_test(comm_is_raw),
		cmocka_unit_test(status_and_links),
		cmocka_unit_test(link_inodes),
		cmocka_unit_test(names_of_entries),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
