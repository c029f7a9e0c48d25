/* Children for the tests of kernel/bpf: they set something up, say so, and wait to be killed. */
#ifndef TESTS_BPF_TREE_H
#define TESTS_BPF_TREE_H

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include "lib/unit.h"

/* Runs setup(arg, &word) in a child, waits until it has returned, gives the child's pid and the
 * word it left. The child then sleeps until tree_end(). */
static inline pid_t tree_start(void (*setup)(void *arg, uint32_t *word), void *arg, uint32_t *word)
{
	uint32_t said = 0;
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setup(arg, &said);
		if (write(ready[1], &said, sizeof(said)) != sizeof(said))
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &said, sizeof(said)), sizeof(said));
	close(ready[0]);
	if (word)
		*word = said;
	return pid;
}

static inline void tree_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A socket of our own on 127.0.0.1 with a port that the kernel chose. */
static inline int tree_bound(int type, uint16_t *ret_port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	if (ret_port)
		*ret_port = ntohs(sin.sin_port);
	return fd;
}

#endif
