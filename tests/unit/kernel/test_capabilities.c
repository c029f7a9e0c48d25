#include "lib/unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/capabilities.h"
#include "kernel/procfs.h"

static void mountinfo_options(void **state)
{
	static const struct {
		const char *text;
		uint8_t hidepid;
		uint32_t gid;
		bool subset;
	} cases[] = {
		{"22 1 0:20 / /proc rw,nosuid shared:5 - proc proc rw\n", 0, 0, false},
		{"22 1 0:20 / /proc rw - proc proc rw,hidepid=2\n", 2, 0, false},
		{"22 1 0:20 / /proc rw - proc proc rw,gid=27,hidepid=invisible\n", 2, 27, false},
		{"22 1 0:20 / /proc rw - proc proc rw,hidepid=noaccess\n", 1, 0, false},
		{"22 1 0:20 / /proc rw - proc proc rw,hidepid=ptraceable,subset=pid\n", 4, 0, true},
		{"22 1 0:20 / /proc rw - proc proc rw\n"
		 "23 1 0:21 / /proc rw - proc proc rw,hidepid=4\n",
		 4, 0, false},
		{"22 1 0:20 / /proc rw - proc proc rw,hidepid=2\n"
		 "23 1 0:21 / /procx rw - proc proc rw\n"
		 "24 1 0:21 / /mnt/proc rw - proc proc rw\n",
		 2, 0, false},
		{"22 1 0:20 / /proc rw - proc proc rw,hidepid=2", 0, 0, false},
		{"22 1 0:20 / /proc rw - tmpfs tmpfs rw,hidepid=2\n", 0, 0, false},
		{"junk\n\n - proc \n", 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cap_procview view;

		capabilities_parse_mountinfo(cases[i].text, strlen(cases[i].text), "/proc", &view);
		assert_int_equal(view.hidepid, cases[i].hidepid);
		assert_int_equal(view.gid, cases[i].gid);
		assert_int_equal(view.subset_pid, cases[i].subset);
	}
}

static void features_by_mask(void **state)
{
	struct cap_status status[CAPF_COUNT];

	(void)state;
	capabilities_check(0, status);
	for (int i = 0; i < CAPF_COUNT; i++) {
		assert_false(status[i].available);
		assert_non_null(status[i].missing);
		assert_non_null(status[i].code);
	}
	capabilities_check(CAP_MASK(CAP_SYS_PTRACE), status);
	assert_false(status[CAPF_OWNERS].available);
	assert_string_equal(status[CAPF_OWNERS].missing, "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
	assert_true(status[CAPF_EXE].available);
	capabilities_check(CAP_MASK(CAP_SYS_PTRACE) | CAP_MASK(CAP_DAC_READ_SEARCH), status);
	assert_true(status[CAPF_OWNERS].available);
	assert_null(status[CAPF_OWNERS].missing);
	capabilities_check(CAP_MASK(CAP_SYS_ADMIN), status);
	assert_true(status[CAPF_BPF].available);
	capabilities_check(CAP_MASK(CAP_BPF), status);
	assert_false(status[CAPF_BPF].available);
}

static void names_of_a_mask(void **state)
{
	char buf[128], tiny[8];

	(void)state;
	assert_string_equal(
		capabilities_names(CAP_MASK(CAP_KILL) | CAP_MASK(CAP_NET_ADMIN), buf, sizeof(buf)),
		"CAP_KILL and CAP_NET_ADMIN");
	assert_string_equal(capabilities_names(0, buf, sizeof(buf)), "");
	assert_int_equal(strlen(capabilities_names(~0ull, tiny, sizeof(tiny))), 7);
}

static int limited(void)
{
	uint64_t before, after, keep = CAP_MASK(CAP_KILL) | CAP_MASK(CAP_SYS_PTRACE);
	struct rlimit core;

	if (capabilities_get(&before) < 0 || capabilities_limit(keep) < 0)
		return 1;
	if (capabilities_get(&after) < 0 || after != (before & keep))
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
		return 4;
	/* what is gone cannot come back, and less is possible */
	if (capabilities_limit(~0ull) < 0 || capabilities_get(&after) < 0 ||
	    after != (before & keep))
		return 5;
	return capabilities_limit(0) < 0 || capabilities_get(&after) < 0 || after ? 6 : 0;
}

static void rights_are_given_up(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(limited());
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_false(capabilities_is_setuid());
}

static void this_process(void **state)
{
	int proc_fd = procfs_open("/proc");
	struct cap_procview view;
	struct rlimit limit;
	uint32_t n;

	(void)state;
	capabilities_procview(proc_fd, &view);
	if (geteuid() == 0)
		assert_false(view.hides);
	n = capabilities_raise_nofile(4096);
	getrlimit(RLIMIT_NOFILE, &limit);
	assert_true(n <= 4096 && n <= limit.rlim_cur && n > 0);
	close(proc_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo_options), cmocka_unit_test(features_by_mask),
		cmocka_unit_test(names_of_a_mask),   cmocka_unit_test(rights_are_given_up),
		cmocka_unit_test(this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
