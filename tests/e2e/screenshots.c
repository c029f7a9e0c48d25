/*
 * Pictures of the real screen for the documents, of servers made up in a network namespace of their
 * own: nothing of this machine is in them. Needs root. Writes $top_srcdir/doc/screen-*.svg.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/vt.h"

#define PORTS_MAX 4
#define FDS_MAX (3 * PORTS_MAX)

/* argv: what the process calls itself. */
struct server {
	const char *comm, *argv, *user, *address;
	int ports[PORTS_MAX];
	bool v6, udp; /* on [::] too, on UDP too */
	int backlog;
	bool accepts;
};

static const struct server servers[] = {
	{"sshd",
	 "sshd: /usr/sbin/sshd -D [listener]",
	 "root",
	 "0.0.0.0",
	 {22},
	 true,
	 false,
	 128,
	 true},
	{"nginx",
	 "nginx: master process /usr/sbin/nginx",
	 "root",
	 "0.0.0.0",
	 {80, 443},
	 true,
	 false,
	 511,
	 true},
	{"postgres",
	 "/usr/lib/postgresql/15/bin/postgres",
	 "postgres",
	 "127.0.0.1",
	 {5432},
	 false,
	 false,
	 244,
	 true},
	{"redis-server",
	 "/usr/bin/redis-server 127.0.0.1:6379",
	 "redis",
	 "127.0.0.1",
	 {6379},
	 false,
	 false,
	 3,
	 false},
	{"node",
	 "node /srv/shop/server.js",
	 "www-data",
	 "127.0.0.1",
	 {3000},
	 false,
	 false,
	 128,
	 true},
	{"dnsmasq", "/usr/sbin/dnsmasq -k", "nobody", "127.0.0.53", {53}, false, true, 5, true},
	{"prometheus", "/usr/bin/prometheus", "nobody", "0.0.0.0", {9090}, true, false, 128, true},
};

static const struct server late = {
	"python3", "python3 -m http.server 8080", "www-data", "0.0.0.0", {8080}, false, false, 5,
	true};

static const struct server client = {
	"wrk", "wrk -c 32 http://127.0.0.1/", "nobody", "", {0}, false, false, 0, false};

static void die(const char *what)
{
	fprintf(stderr, "screenshots: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_port(const char *address, int port, int type, int backlog)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	bool six = !strcmp(address, "::");
	int fd = socket(six ? AF_INET6 : AF_INET, type, 0), one = 1;

	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	inet_pton(AF_INET, address, &in.sin_addr);
	if (bind(fd, six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
		 six ? sizeof(in6) : sizeof(in)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, backlog) < 0))
		die("bind");
	return fd;
}

static int open_ports(const struct server *s, struct pollfd fds[FDS_MAX])
{
	int i, n = 0;

	for (i = 0; i < PORTS_MAX && s->ports[i]; i++) {
		fds[n++].fd = open_port(s->address, s->ports[i], SOCK_STREAM, s->backlog);
		if (s->v6)
			fds[n++].fd = open_port("::", s->ports[i], SOCK_STREAM, s->backlog);
		if (s->udp)
			fds[n++].fd = open_port(s->address, s->ports[i], SOCK_DGRAM, 0);
	}
	return n;
}

static void become(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (pw && pw->pw_uid && (setgroups(0, NULL) || setgid(pw->pw_gid) || setuid(pw->pw_uid)))
		die("user");
}

static void connect_to(int port, int times)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	while (times-- > 0) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0 ||
		    (connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0 && errno != EINPROGRESS))
			die("connect");
	}
}

static void connect_everywhere(void)
{
	connect_to(443, 12);
	connect_to(5432, 7);
	connect_to(3000, 9);
	connect_to(6379, 4);
}

/* In the server's process: ready when a byte is on stdout. */
static void serve(const struct server *s)
{
	struct pollfd fds[FDS_MAX];
	int n, i;

	if (s->ports[0] == 0 || s->ports[0] >= 1024)
		become(s->user); /* the socket's user is who opened it */
	n = open_ports(s, fds);
	if (s == &client)
		connect_everywhere();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, s->comm);
	if (write(STDOUT_FILENO, "", 1) != 1)
		die("pipe");
	for (i = 0; i < n; i++)
		fds[i].events = s->accepts ? POLLIN : 0;
	while (poll(fds, (nfds_t)n, -1) > 0)
		for (i = 0; i < n; i++)
			if (fds[i].revents & POLLIN)
				accept(fds[i].fd, NULL, NULL);
}

static pid_t start_server(const struct server *s, const char *number)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe(ends) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("SCENE", number, 1);
		execl("/proc/self/exe", s->argv, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		die(s->comm);
	close(ends[0]);
	return pid;
}

static void make_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0 || sethostname("web1", 4) < 0)
		die("a namespace of its own (root is needed)");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		die("loopback");
	close(fd);
}

static void picture(struct vt *vt, const char *name)
{
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/doc/screen-%s.svg", getenv("top_srcdir"), name);
	err = vt_svg(vt, path);
	errno = -err;
	if (err)
		die(path);
	printf("%s\n", path);
}

static void want(bool seen, const char *what)
{
	if (!seen) {
		errno = ETIMEDOUT;
		die(what);
	}
}

/* Only the servers of the scene are processes there; the caller goes on inside. */
static void make_pid_namespace(void)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		die("a pid namespace");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid) {
		waitpid(pid, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("/proc of the pid namespace");
}

static void take_pictures(pid_t *ret_late)
{
	struct vt_options o = {.rows = 24, .cols = 100};
	char netns[16];
	const char *const argv[] = {getenv("INETTOP"), "--no-config", "--no-bpf",
				    "--netns",	       netns,	      NULL};
	struct vt *vt;

	snprintf(netns, sizeof(netns), "%d", (int)getpid());
	vt = vt_start(&o, argv);
	want(vt_wait_text(vt, "prometheus", VT_DEADLINE), "the first frame");
	vt_observe(vt, 2500);
	*ret_late = start_server(&late, "late");
	vt_type(vt, "<Down><Down><Down><Down><Down><Down><Down><Down><Down><Down>");
	want(vt_wait_text(vt, "python3", VT_DEADLINE), "the new server");
	vt_observe(vt, 300);
	picture(vt, "ports");
	vt_type(vt, "<M-3>");
	want(vt_wait_text(vt, "[Processes]", VT_DEADLINE), "the processes");
	vt_observe(vt, 1500);
	picture(vt, "processes");
	vt_free(vt);
}

int main(void)
{
	size_t n = sizeof(servers) / sizeof(servers[0]), i;
	const char *scene = getenv("SCENE");
	pid_t pids[sizeof(servers) / sizeof(servers[0]) + 2];
	char number[8];

	if (scene) {
		serve(!strcmp(scene, "late")	 ? &late
		      : !strcmp(scene, "client") ? &client
						 : &servers[strtoul(scene, NULL, 10)]);
		return 0;
	}
	make_pid_namespace();
	make_namespace();
	for (i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		pids[i] = start_server(&servers[i], number);
	}
	pids[n] = start_server(&client, "client");
	take_pictures(&pids[n + 1]);
	for (i = 0; i <= n + 1; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return 0;
}
