#include "lib/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/helper.h"

#define TIMEOUT_MS 150

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* What a helper is asked to do, by the first letter. */
static int test_handler(const void *request, size_t len, struct helper_out *out, void **state)
{
	static const char zeros[10000];
	char text[256];
	struct rlimit core;
	struct stat st;

	switch (len ? *(const char *)request : 0) {
	case 'e': /* echo */
		helper_put(out, request, len);
		return 0;
	case 'b': /* block for ever */
		for (;;)
			pause();
	case 'd': /* die */
		raise(SIGKILL);
		return 0;
	case 'l': /* long answer: more than is kept */
		for (size_t i = 0; i < HELPER_ANSWER_MAX / sizeof(zeros) + 2; i++)
			helper_put(out, zeros, sizeof(zeros));
		return 0;
	case 'r': /* the last answer of this process */
		helper_retire(out);
		helper_put(out, "r", 1);
		return 0;
	case 'c': /* count the calls of this process */
		*state = (char *)*state + 1;
		len = (size_t)snprintf(text, sizeof(text), "%zu", (size_t)(uintptr_t)*state);
		helper_put(out, text, len);
		return 0;
	case 'w': /* where am I? */
		getrlimit(RLIMIT_CORE, &core);
		fstat(1, &st);
		len = (size_t)snprintf(text, sizeof(text), "tty %d core %d sid %d fds %d null %d",
				       open("/dev/tty", O_RDWR) >= 0, core.rlim_cur != 0,
				       getsid(0) == getpid(), count_fds(), S_ISCHR(st.st_mode));
		helper_put(out, text, len);
		return 0;
	default:
		return -EINVAL;
	}
}

static const struct helper_spec specs[HELPER_KIND_COUNT] = {
	[HELPER_PROC] = {test_handler, 0, TIMEOUT_MS, 0},
	[HELPER_USER] = {test_handler, 0, TIMEOUT_MS, 0},
};

struct answers {
	int n, status[64];
	size_t len[64];
	bool cut[64];
	char text[64][64];
};

static void note(void *ctx, uint64_t ticket, int status, const void *bytes, size_t len, bool cut)
{
	struct answers *a = ctx;

	assert_true(ticket > 0);
	assert_true(a->n < 64);
	a->status[a->n] = status;
	a->len[a->n] = len;
	a->cut[a->n] = cut;
	if (len)
		memcpy(a->text[a->n], bytes, len < 63 ? len : 63);
	a->n++;
}

static struct helper *start(void)
{
	struct helper *h;

	assert_int_equal(helper_start(specs, &h), 0);
	return h;
}

static void ask(struct helper *h, const char *what, struct answers *a)
{
	helper_submit(h, HELPER_PROC, what, strlen(what), note, a);
}

static void answers_in_order(void **state)
{
	struct answers a = {0};
	struct helper *h = start();
	char text[16];

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "e%d", i);
		ask(h, text, &a);
	}
	assert_int_equal(helper_pending(h, HELPER_PROC), 50);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	assert_int_equal(a.n, 50);
	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "e%d", i);
		assert_string_equal(a.text[i], text);
		assert_int_equal(a.status[i], 0);
	}
	assert_true(helper_cpu_us(h) > 0);
	helper_free(h);
}

static void stuck_costs_one_request(void **state)
{
	struct answers a = {0};
	struct helper *h = start();
	uint32_t before;

	(void)state;
	ask(h, "e1", &a);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	before = helper_pid(h, HELPER_PROC);
	ask(h, "e2", &a);
	ask(h, "b", &a);
	ask(h, "e3", &a);
	ask(h, "b", &a);
	ask(h, "e4", &a);
	assert_true(helper_drain(h, HELPER_PROC, 10000));
	assert_int_equal(a.n, 6);
	assert_int_equal(a.status[1], 0);
	assert_int_equal(a.status[2], -ETIMEDOUT);
	assert_string_equal(a.text[3], "e3");
	assert_int_equal(a.status[4], -ETIMEDOUT);
	assert_string_equal(a.text[5], "e4");
	assert_int_not_equal(helper_pid(h, HELPER_PROC), before);
	/* killed and reaped: nobody has its pid, not even as a zombie */
	for (int i = 0; kill((pid_t)before, 0) == 0 && i < 5000; i++)
		poll(NULL, 0, 1);
	assert_int_equal(kill((pid_t)before, 0), -1);
	helper_free(h);
}

static void death_costs_one_request(void **state)
{
	struct answers a = {0};
	struct helper *h = start();

	(void)state;
	ask(h, "d", &a);
	ask(h, "e1", &a);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	assert_int_equal(a.n, 2);
	assert_int_equal(a.status[0], -ECONNRESET);
	assert_string_equal(a.text[1], "e1");
	helper_free(h);
}

static void a_stuck_kind_does_not_hold_up_another(void **state)
{
	struct answers a = {0}, b = {0};
	struct helper *h = start();

	(void)state;
	ask(h, "b", &a);
	helper_submit(h, HELPER_USER, "e", 1, note, &b);
	assert_true(helper_drain(h, HELPER_USER, 5000));
	assert_int_equal(b.n, 1);
	assert_int_equal(b.status[0], 0);
	helper_free(h);
}

static void long_answers_are_cut(void **state)
{
	struct answers a = {0};
	struct helper *h = start();

	(void)state;
	ask(h, "l", &a);
	ask(h, "e1", &a);
	assert_true(helper_drain(h, HELPER_PROC, 20000));
	assert_int_equal(a.len[0], HELPER_ANSWER_MAX);
	assert_true(a.cut[0]);
	assert_false(a.cut[1]);
	assert_int_equal(a.len[1], 2);
	helper_free(h);
}

static void retired_helpers_are_replaced(void **state)
{
	struct answers a = {0};
	struct helper *h = start();

	(void)state;
	ask(h, "c", &a);
	ask(h, "c", &a);
	ask(h, "r", &a);
	ask(h, "c", &a);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	assert_string_equal(a.text[0], "1");
	assert_string_equal(a.text[1], "2");
	assert_int_equal(a.status[2], 0);
	assert_string_equal(a.text[3], "1");
	helper_free(h);
}

static void absent_kinds_say_so(void **state)
{
	struct answers a = {0};
	struct helper *h = start();

	(void)state;
	helper_submit(h, HELPER_DNS, "x", 1, note, &a);
	assert_int_equal(a.n, 0);
	assert_true(helper_drain(h, HELPER_DNS, 5000));
	assert_int_equal(a.status[0], -ENOSYS);
	helper_free(h);
}

static void cancelled_requests_are_silent(void **state)
{
	struct answers a = {0};
	struct helper *h = start();
	uint64_t ticket = helper_submit(h, HELPER_PROC, "e1", 2, note, &a);

	(void)state;
	helper_submit(h, HELPER_PROC, "e2", 2, note, &a);
	helper_cancel(h, ticket);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	assert_int_equal(a.n, 1);
	assert_string_equal(a.text[0], "e2");
	helper_free(h);
}

static void helpers_have_nothing_of_ours(void **state)
{
	struct answers a = {0};
	struct helper *h = start();

	(void)state;
	ask(h, "w", &a);
	assert_true(helper_drain(h, HELPER_PROC, 5000));
	/* 0 1 2, its socket, the directory being listed, "." and ".." */
	assert_string_equal(a.text[0], "tty 0 core 0 sid 0 fds 7 null 1");
	helper_free(h);
}

static void die_with_their_parent(void **state)
{
	int pipe_fd[2];
	pid_t child, helper_child = 0;
	int status;

	(void)state;
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct answers a = {0};
		struct helper *h;

		if (helper_start(specs, &h) < 0)
			_exit(1);
		helper_submit(h, HELPER_PROC, "b", 1, note, &a);
		helper_collect(h);
		helper_child = (pid_t)helper_pid(h, HELPER_PROC);
		if (write(pipe_fd[1], &helper_child, sizeof(helper_child)) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(read(pipe_fd[0], &helper_child, sizeof(helper_child)),
			 sizeof(helper_child));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(helper_child > 0);
	/* orphans come to us (subreaper) or to init: gone or a zombie is what counts */
	for (int i = 0; i < 5000; i++) {
		waitpid(-1, NULL, WNOHANG);
		if (kill(helper_child, 0) < 0)
			break;
		poll(NULL, 0, 1);
	}
	assert_int_equal(kill(helper_child, 0), -1);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void nothing_leaks(void **state)
{
	int before = count_fds();

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct answers a = {0};
		struct helper *h = start();

		ask(h, i % 2 ? "e" : "d", &a);
		assert_true(helper_drain(h, HELPER_PROC, 5000));
		helper_free(h);
	}
	assert_int_equal(count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_order),
		cmocka_unit_test(stuck_costs_one_request),
		cmocka_unit_test(death_costs_one_request),
		cmocka_unit_test(a_stuck_kind_does_not_hold_up_another),
		cmocka_unit_test(long_answers_are_cut),
		cmocka_unit_test(retired_helpers_are_replaced),
		cmocka_unit_test(absent_kinds_say_so),
		cmocka_unit_test(cancelled_requests_are_silent),
		cmocka_unit_test(helpers_have_nothing_of_ours),
		cmocka_unit_test(die_with_their_parent),
		cmocka_unit_test(nothing_leaks),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
