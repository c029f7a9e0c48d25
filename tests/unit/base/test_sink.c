#include "lib/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "unit/base/random.h"
#include "unit/base/sink_memory.h"

static void pieces_of_any_size_arrive_in_order(void **state)
{
	static char source[1 << 20];
	struct strbuf got;
	struct sink sink;
	uint64_t seed = 12;

	(void)state;
	for (size_t i = 0; i < sizeof(source); i++)
		source[i] = (char)random_u64(&seed);
	strbuf_init(&got, 0);
	sink_init(&sink, sink_memory, &got);
	for (size_t at = 0, n; at < sizeof(source); at += n) {
		n = random_below(&seed, random_below(&seed, 4) ? 40 : 200000);
		if (n > sizeof(source) - at)
			n = sizeof(source) - at;
		if (n == 1)
			sink_addc(&sink, source[at]);
		else
			sink_add(&sink, source + at, n);
	}
	assert_int_equal(sink_flush(&sink), 0);
	assert_int_equal(got.len, sizeof(source));
	assert_memory_equal(got.data, source, sizeof(source));
	sink_done(&sink);
	strbuf_done(&got);
}

static int fail_in_turn(void *ctx, const void *mem, size_t len)
{
	int *calls = ctx;

	(void)mem;
	(void)len;
	return ++*calls == 1 ? -ENOSPC : -EIO;
}

static void the_first_error_sticks(void **state)
{
	struct sink sink;
	int calls = 0;

	(void)state;
	sink_init(&sink, fail_in_turn, &calls);
	sink_adds(&sink, "a");
	assert_int_equal(sink.error, 0);
	assert_int_equal(sink_flush(&sink), -ENOSPC);
	for (size_t i = 0; i < 200000; i++)
		sink_addc(&sink, 'x');
	assert_int_equal(sink_flush(&sink), -ENOSPC);
	assert_int_equal(calls, 1);
	sink_done(&sink);
}

static void *drain(void *arg)
{
	char buf[4096];
	size_t *total = xcalloc(1, sizeof(*total));
	ssize_t n;

	while ((n = read(*(int *)arg, buf, sizeof(buf))) > 0)
		*total += (size_t)n;
	return total;
}

static void a_non_blocking_pipe_gets_everything(void **state)
{
	static char data[1 << 20];
	pthread_t reader;
	int fds[2];
	void *total;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&reader, NULL, drain, &fds[0]), 0);
	assert_int_equal(sink_write_fd(&fds[1], data, sizeof(data)), 0);
	close(fds[1]);
	pthread_join(reader, &total);
	assert_int_equal(*(size_t *)total, sizeof(data));
	free(total);
	close(fds[0]);
}

static void write_errors_are_told(void **state)
{
	int fds[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(sink_write_fd(&fds[1], "x", 1), -EPIPE);
	close(fds[1]);
	assert_int_equal(sink_write_fd(&full, "x", 1), -ENOSPC);
	close(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_size_arrive_in_order),
		cmocka_unit_test(the_first_error_sticks),
		cmocka_unit_test(a_non_blocking_pipe_gets_everything),
		cmocka_unit_test(write_errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
