#include "kernel/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "model/record.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 /* asm-generic/socket.h */
#endif

/* Exit status of an attempt: an errno, or one of these; Linux errnos stay below 134. */
#define EXIT_DENIED 254
#define EXIT_BROKEN 255

struct probe {
	int fd; /* request and answer channel, -1 after a timeout */
	pid_t pid;
};

struct request {
	struct bind_want want;
	enum bind_variant variant;
	bool has_netns;
};

static int open_socket(const struct bind_want *want)
{
	int type = SOCK_STREAM, proto = IPPROTO_TCP;

	switch (want->proto) {
	case PROTO_TCP:
		break;
	case PROTO_MPTCP:
		proto = IPPROTO_MPTCP;
		break;
	case PROTO_UDP:
		type = SOCK_DGRAM;
		proto = IPPROTO_UDP;
		break;
	case PROTO_UDPLITE:
		type = SOCK_DGRAM;
		proto = IPPROTO_UDPLITE;
		break;
	default:
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return socket(want->addr.family, type | SOCK_CLOEXEC, proto);
}

static int set_options(int fd, const struct bind_want *want, enum bind_variant variant)
{
	int on = 1, v6only = want->v6only, ifindex = (int)want->ifindex;

	if (variant == BIND_REUSEADDR && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return errno;
	if (variant == BIND_REUSEPORT && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		return errno;
	if (want->addr.family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)))
		return errno;
	if (ifindex && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof(ifindex)))
		return errno;
	return 0;
}

static int bind_socket(int fd, const struct bind_want *want)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(want->port)};
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(want->port)};
	int ret;

	if (want->addr.family == AF_INET) {
		memcpy(&sin.sin_addr, want->addr.bytes, 4);
		ret = bind(fd, (const struct sockaddr *)&sin, sizeof(sin));
	} else {
		memcpy(&sin6.sin6_addr, want->addr.bytes, 16);
		sin6.sin6_scope_id = want->ifindex;
		ret = bind(fd, (const struct sockaddr *)&sin6, sizeof(sin6));
	}
	return ret ? errno : 0;
}

/* 0 or a positive errno; the caller's exit closes the socket. */
static int attempt(const struct bind_want *want, enum bind_variant variant)
{
	int fd = open_socket(want), err;

	if (fd < 0)
		return errno;
	err = set_options(fd, want, variant);
	if (!err)
		err = bind_socket(fd, want);
	if (!err && (want->proto == PROTO_TCP || want->proto == PROTO_MPTCP) && listen(fd, 1))
		err = errno;
	close(fd);
	return err;
}

/* Becomes the user, with or without the one capability that bind() asks for. */
static bool become(const struct bind_want *want)
{
	cap_value_t port_cap = CAP_NET_BIND_SERVICE;
	bool ok = true;
	cap_t caps;

	if (want->uid != geteuid() && setresuid((uid_t)-1, want->uid, (uid_t)-1))
		return false;
	caps = cap_get_proc();
	if (!caps)
		return false;
	if (want->cap_net_bind_service)
		ok = !cap_set_flag(caps, CAP_EFFECTIVE, 1, &port_cap, CAP_SET);
	else
		ok = !cap_clear_flag(caps, CAP_EFFECTIVE);
	ok = ok && !cap_set_proc(caps);
	cap_free(caps);
	return ok;
}

static _Noreturn void run_attempt(const struct request *req, int netns_fd)
{
	if (req->has_netns && (netns_fd < 0 || setns(netns_fd, CLONE_NEWNET)))
		_exit(EXIT_DENIED);
	if (!become(&req->want))
		_exit(EXIT_DENIED);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user would clear it */
	_exit(attempt(&req->want, req->variant));
}

static int fork_attempt(const struct request *req, int netns_fd)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return EXIT_BROKEN;
	if (!pid)
		run_attempt(req, netns_fd);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_BROKEN;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BROKEN;
}

/* One request with its optional descriptor: its length, 0 at the end, < 0. */
static ssize_t receive(int fd, struct request *req, int *ret_netns_fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = req, .iov_len = sizeof(*req)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	const struct cmsghdr *cmsg;
	ssize_t len;

	*ret_netns_fd = -1;
	do {
		len = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	cmsg = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(ret_netns_fd, CMSG_DATA(cmsg), sizeof(int));
	return len;
}

/* Leaves only fd open, as descriptor 3: the helper must not keep the program's files alive. */
static int keep_only(int fd)
{
	if (fd != 3 && dup2(fd, 3) < 0)
		return -1;
	return syscall(SYS_close_range, 4u, ~0u, 0u) ? -1 : 3;
}

static _Noreturn void serve(int fd)
{
	struct request req;
	int netns_fd;

	setsid();
	fd = keep_only(fd);
	if (fd < 0)
		_exit(1);
	while (receive(fd, &req, &netns_fd) == sizeof(req)) {
		int code = fork_attempt(&req, netns_fd);

		if (netns_fd >= 0)
			close(netns_fd);
		if (send(fd, &code, sizeof(code), MSG_NOSIGNAL) != sizeof(code))
			break;
	}
	_exit(0);
}

int probe_new(struct probe **ret)
{
	struct probe *probe;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = errno;

		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	if (!pid)
		serve(fds[1]);
	close(fds[1]);
	probe = xcalloc(1, sizeof(*probe));
	probe->fd = fds[0];
	probe->pid = pid;
	*ret = probe;
	return 0;
}

static void give_up(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	give_up(probe);
	kill(probe->pid, SIGKILL);
	while (waitpid(probe->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(probe);
}

static int send_request(int fd, struct request *req, int netns_fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = req, .iov_len = sizeof(*req)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (netns_fd >= 0) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &netns_fd, sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(*req) ? 0 : -EPIPE;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int await_answer(int fd, int timeout_ms, int *ret_code)
{
	int64_t end = now_ms() + timeout_ms, left;
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int n;

	do {
		left = end - now_ms();
		n = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	return recv(fd, ret_code, sizeof(*ret_code), 0) == sizeof(*ret_code) ? 0 : -EPIPE;
}

int probe_try(struct probe *probe, int netns_fd, const struct bind_want *want,
	      enum bind_variant variant, int timeout_ms, int *ret_err)
{
	struct request req = {.want = *want, .variant = variant, .has_netns = netns_fd >= 0};
	int code = EXIT_BROKEN, ret;

	if (probe->fd < 0)
		return -EPIPE;
	req.want.bucket = NULL;
	ret = send_request(probe->fd, &req, netns_fd);
	if (!ret)
		ret = await_answer(probe->fd, timeout_ms, &code);
	if (!ret && code == EXIT_BROKEN)
		ret = -EPIPE;
	if (ret) {
		give_up(probe);
		return ret;
	}
	if (code == EXIT_DENIED)
		return -EPERM;
	*ret_err = code;
	return 0;
}
