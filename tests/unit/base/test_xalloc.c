#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

static void hook_writes(void)
{
	if (write(STDERR_FILENO, "hook ", 5) != 5)
		_exit(9);
}

/* Runs body() in a child; returns its wait status and what it said on stderr. */
static int run_child(void (*body)(void), char *ret_said, size_t size)
{
	int pipe_fds[2], status;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGABRT, SIG_DFL);
		dup2(pipe_fds[1], STDERR_FILENO);
		xalloc_set_oom_hook(hook_writes);
		body();
		_exit(0);
	}
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], ret_said + used, size - 1 - used)) > 0)
		used += (size_t)n;
	ret_said[used] = '\0';
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void multiply_too_far(void)
{
	volatile size_t huge = SIZE_MAX / 2;

	free(xreallocarray(NULL, huge, 3));
}

static void oom_runs_hook_says_so_and_aborts(void **state)
{
	void (*const bodies[])(void) = {xalloc_oom, multiply_too_far};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char said[200];
		int status = run_child(bodies[i], said, sizeof(said));

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_string_equal(said, "hook inettop: out of memory\n");
	}
}

static void zero_sizes_give_memory(void **state)
{
	void *mem[] = {xmalloc(0), xcalloc(0, 8), xrealloc(NULL, 0), xmemdup("", 0)};

	(void)state;
	for (size_t i = 0; i < sizeof(mem) / sizeof(mem[0]); i++) {
		assert_non_null(mem[i]);
		free(mem[i]);
	}
}

static void calloc_clears(void **state)
{
	auto_free unsigned char *mem = xcalloc(100, 7);

	(void)state;
	for (size_t i = 0; i < 700; i++)
		assert_int_equal(mem[i], 0);
}

static void copies_stop_where_told(void **state)
{
	auto_free char *whole = xstrdup("nginx");
	auto_free char *cut = xstrndup("nginx", 3);
	auto_free char *shorter = xstrndup("ab\0cd", 5);
	auto_free char *raw = xmemdup("ab\0cd", 5);

	(void)state;
	assert_string_equal(whole, "nginx");
	assert_string_equal(cut, "ngi");
	assert_string_equal(shorter, "ab");
	assert_memory_equal(raw, "ab\0cd", 5);
}

static int open_and_leave(void)
{
	auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	auto_close int none = -1;

	(void)none;
	errno = ENOTTY;
	return fd;
}

static void auto_close_closes_and_keeps_errno(void **state)
{
	int fd = open_and_leave();

	(void)state;
	assert_int_equal(errno, ENOTTY);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oom_runs_hook_says_so_and_aborts),
		cmocka_unit_test(zero_sizes_give_memory),
		cmocka_unit_test(calloc_clears),
		cmocka_unit_test(copies_stop_where_told),
		cmocka_unit_test(auto_close_closes_and_keeps_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
