/*
 * A host with a known number of processes, descriptors and sockets, for the benchmark.
 *
 *	load --procs P --fds F --pairs C --listeners L --udp U [--churn N]
 *
 * Makes P processes, each with F descriptors of /dev/null, L TCP listeners, U bound UDP sockets and
 * C connections to itself (2 sockets each), all on loopback of the namespace it runs in. With
 * --churn one more process replaces N listeners each time a line comes on standard input. Prints
 * "ready" and ends with its standard input, its processes with it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct load {
	unsigned int procs, fds, pairs, listeners, udp, churn;
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* Each process has an address of its own in 127/8, so no tuple space runs out. */
static struct sockaddr_in address_of(unsigned int proc)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f010000u + proc),
	};
}

static int bound_socket(int type, unsigned int proc)
{
	struct sockaddr_in addr = address_of(proc);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	return fd;
}

static int listener(unsigned int proc)
{
	int fd = bound_socket(SOCK_STREAM, proc);

	if (listen(fd, 128) < 0)
		die("listen");
	return fd;
}

static void connect_pairs(unsigned int proc, unsigned int n)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int server = listener(proc);

	if (getsockname(server, (struct sockaddr *)&addr, &len) < 0)
		die("getsockname");
	for (unsigned int i = 0; i < n; i++) {
		int fd = bound_socket(SOCK_STREAM, proc);

		if (connect(fd, (struct sockaddr *)&addr, len) < 0 ||
		    accept(server, NULL, NULL) < 0)
			die("connect");
	}
	close(server);
}

static void hold(const struct load *l, unsigned int proc)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (unsigned int i = 1; i < l->fds; i++)
		if (dup(null) < 0)
			die("dup");
	for (unsigned int i = 0; i < l->listeners; i++)
		listener(proc);
	for (unsigned int i = 0; i < l->udp; i++)
		bound_socket(SOCK_DGRAM, proc);
	if (l->pairs)
		connect_pairs(proc, l->pairs);
}

/* Forks one process that holds its share and waits for the end of its parent. */
static void start(const struct load *l, unsigned int proc)
{
	int done[2];
	char byte;
	pid_t pid;

	if (pipe(done) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(done[0]);
		close(STDIN_FILENO);
		hold(l, proc);
		if (write(done[1], "", 1) != 1)
			_exit(1);
		close(done[1]);
		for (;;)
			pause();
	}
	close(done[1]);
	if (read(done[0], &byte, 1) != 1) {
		errno = ECHILD;
		die("a process could not be set up");
	}
	close(done[0]);
}

/* Replaces n listeners for each byte of standard input. */
static void churn(const struct load *l)
{
	int *fds = calloc(l->churn + 1, sizeof(*fds));
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		for (unsigned int i = 0; i < l->churn; i++) {
			if (fds[i])
				close(fds[i]);
			fds[i] = listener(l->procs + 1);
		}
	}
	free(fds);
}

static bool parse(int argc, char **argv, struct load *l)
{
	static const struct option options[] = {
		{"procs", required_argument, NULL, 'p'},
		{"fds", required_argument, NULL, 'f'},
		{"pairs", required_argument, NULL, 'c'},
		{"listeners", required_argument, NULL, 'l'},
		{"udp", required_argument, NULL, 'u'},
		{"churn", required_argument, NULL, 'n'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned int n = optarg ? (unsigned int)strtoul(optarg, NULL, 10) : 0;

		switch (c) {
		case 'p':
			l->procs = n;
			break;
		case 'f':
			l->fds = n;
			break;
		case 'c':
			l->pairs = n;
			break;
		case 'l':
			l->listeners = n;
			break;
		case 'u':
			l->udp = n;
			break;
		case 'n':
			l->churn = n;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct load l = {.procs = 1};
	struct rlimit files;

	if (!parse(argc, argv, &l))
		return 2;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < l.procs; i++)
		start(&l, i);
	printf("ready\n");
	fflush(stdout);
	churn(&l);
	return 0;
}
