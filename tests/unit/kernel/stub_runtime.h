/* A unix socket that answers every connection with given bytes, in a child process. */
#ifndef TESTS_UNIT_KERNEL_STUB_RUNTIME_H
#define TESTS_UNIT_KERNEL_STUB_RUNTIME_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct stub {
	char dir[64], path[96];
	pid_t pid;
};

struct stub_answer {
	const char *bytes;
	size_t len;
	size_t repeat; /* of bytes, 0 = once */
	int pause_ms;  /* before each piece */
	bool drip;     /* one byte at a time */
	bool deaf;     /* never accepts */
	uid_t uid;     /* who listens, 0 = the test itself */
};

static void stub_send(int fd, const struct stub_answer *a)
{
	size_t step = a->drip ? 1 : a->len;
	char request[4096];

	if (recv(fd, request, sizeof(request), 0) <= 0)
		return;
	for (size_t n = 0; n <= a->repeat; n += !!a->repeat) {
		for (size_t at = 0; at < a->len; at += step) {
			if (a->pause_ms)
				poll(NULL, 0, a->pause_ms);
			if (send(fd, a->bytes + at, step, MSG_NOSIGNAL) < 0)
				return;
		}
		if (!a->repeat)
			return;
	}
}

static void stub_serve(const struct stub *stub, const struct stub_answer *a, int ready)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", stub->path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    (a->uid && setreuid(a->uid, a->uid) < 0) || listen(fd, a->deaf ? 0 : 8) < 0 ||
	    write(ready, "r", 1) != 1)
		_exit(1);
	if (a->deaf)
		pause();
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		stub_send(c, a);
		close(c);
	}
	_exit(0);
}

static void stub_start(struct stub *stub, const struct stub_answer *a)
{
	int ready[2];
	char byte;

	snprintf(stub->dir, sizeof(stub->dir), "/tmp/inettop-stub-XXXXXX");
	assert_non_null(mkdtemp(stub->dir));
	snprintf(stub->path, sizeof(stub->path), "%s/sock", stub->dir);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	stub->pid = fork();
	if (!stub->pid)
		stub_serve(stub, a, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void stub_stop(struct stub *stub)
{
	kill(stub->pid, SIGKILL);
	waitpid(stub->pid, NULL, 0);
	unlink(stub->path);
	rmdir(stub->dir);
}

#endif
