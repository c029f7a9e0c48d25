#include "lib/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "model/record.h"

#define PATIENCE_MS 5000

struct fixture {
	struct probe *probe;
	int fd; /* holds the port on 127.0.0.1 */
	struct bind_want want;
};

static int hold_port(const char *address, uint16_t *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(*port)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &sin.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){.want = {.addr = {.family = AF_INET, .bytes = {127, 0, 0, 1}},
				      .uid = geteuid(),
				      .proto = PROTO_TCP}};
	f.fd = hold_port("127.0.0.1", &f.want.port);
	*state = &f;
	return probe_new(&f.probe);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	probe_free(f->probe);
	close(f->fd);
	return 0;
}

static int try_it(struct fixture *f, enum bind_variant v)
{
	int err = -1;

	assert_int_equal(probe_try(f->probe, -1, &f->want, v, PATIENCE_MS, &err), 0);
	return err;
}

static void test_tells_what_the_kernel_says(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_it(f, BIND_PLAIN), EADDRINUSE);
	f->want.addr.bytes[3] = 2;
	assert_int_equal(try_it(f, BIND_PLAIN), 0);
	f->want.addr = (struct netaddr){.family = AF_INET, .bytes = {192, 0, 2, 1}};
	assert_int_equal(try_it(f, BIND_PLAIN), EADDRNOTAVAIL);
	f->want.proto = PROTO_SCTP;
	assert_int_equal(try_it(f, BIND_PLAIN), EPROTONOSUPPORT);
}

static void test_variants(void **state)
{
	struct fixture *f = *state;
	int on = 1;

	setsockopt(f->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(try_it(f, BIND_PLAIN), EADDRINUSE);
	assert_int_equal(try_it(f, BIND_REUSEADDR), 0);
	assert_int_equal(try_it(f, BIND_REUSEPORT), EADDRINUSE);
	setsockopt(f->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	assert_int_equal(try_it(f, BIND_REUSEPORT), 0);
	assert_int_equal(listen(f->fd, 1), 0);
	assert_int_equal(try_it(f, BIND_REUSEADDR), EADDRINUSE);
}

static void test_leaves_the_port_free(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	f->fd = -1;
	for (int i = 0; i < 3; i++)
		assert_int_equal(try_it(f, BIND_PLAIN), 0);
	f->fd = hold_port("127.0.0.1", &f->want.port);
}

static void test_as_another_user(void **state)
{
	struct fixture *f = *state;

	f->want.addr.bytes[3] = 2;
	f->want.uid = geteuid() == 65534 ? 65533 : 65534;
	if (geteuid()) {
		int err;

		assert_int_equal(probe_try(f->probe, -1, &f->want, BIND_PLAIN, PATIENCE_MS, &err),
				 -EPERM);
		return;
	}
	assert_int_equal(try_it(f, BIND_PLAIN), 0);
	f->want.port = 1;
	assert_int_equal(try_it(f, BIND_PLAIN), EACCES);
	f->want.cap_net_bind_service = true;
	assert_int_equal(try_it(f, BIND_PLAIN), 0);
	f->want.uid = 0; /* root without the capability is denied too */
	f->want.cap_net_bind_service = false;
	assert_int_equal(try_it(f, BIND_PLAIN), EACCES);
}

/* A descriptor of a fresh network namespace, in which loopback is down. */
static int fresh_netns(void)
{
	int fds[2], status, fd = -1;
	char byte = 0, path[64];
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		close(fds[0]);
		byte = !unshare(CLONE_NEWNET);
		if (write(fds[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(fds[0], &byte, 1) == 1 && byte) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(fds[0]);
	close(fds[1]);
	return fd;
}

static void test_in_another_netns(void **state)
{
	struct fixture *f = *state;
	int fd = fresh_netns(), err = -1;

	if (fd < 0)
		skip_because("no right to make a network namespace");
	f->want.addr.bytes[0] = 0;
	f->want.addr.bytes[3] = 0;
	assert_int_equal(try_it(f, BIND_PLAIN), EADDRINUSE);
	assert_int_equal(probe_try(f->probe, fd, &f->want, BIND_PLAIN, PATIENCE_MS, &err), 0);
	assert_int_equal(err, 0);
	assert_int_equal(try_it(f, BIND_PLAIN), EADDRINUSE);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(probe_try(f->probe, fd, &f->want, BIND_PLAIN, PATIENCE_MS, &err), -EPERM);
	close(fd);
}

static pid_t only_child(void)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	int pid = 0;

	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

static void test_never_hangs(void **state)
{
	struct fixture *f = *state;
	pid_t helper = only_child();
	int err;

	if (!helper)
		skip_because("this kernel does not list children");
	assert_int_equal(kill(helper, SIGSTOP), 0);
	assert_int_equal(probe_try(f->probe, -1, &f->want, BIND_PLAIN, 50, &err), -ETIMEDOUT);
	assert_int_equal(probe_try(f->probe, -1, &f->want, BIND_PLAIN, 50, &err), -EPIPE);
	probe_free(f->probe); /* a stopped helper too */
	f->probe = NULL;
	assert_int_equal(kill(helper, 0), -1);
}

static void test_helper_that_died(void **state)
{
	struct fixture *f = *state;
	pid_t helper = only_child();
	int err;

	if (!helper)
		skip_because("this kernel does not list children");
	kill(helper, SIGKILL);
	assert_int_equal(probe_try(f->probe, -1, &f->want, BIND_PLAIN, PATIENCE_MS, &err), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tells_what_the_kernel_says, setup, teardown),
		cmocka_unit_test_setup_teardown(test_variants, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leaves_the_port_free, setup, teardown),
		cmocka_unit_test_setup_teardown(test_as_another_user, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_another_netns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_helper_that_died, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
