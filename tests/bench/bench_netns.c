/*
 * What a steady tick over many network namespaces costs: 50 and 500 of them with 9 sockets each,
 * held by one process by nothing but these sockets. Needs root; prints CPU milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"
#include "kernel/namespaces.h"
#include "kernel/procfs.h"

#define SOCKETS 9
#define TICKS 100

/* Children that each sit in a namespace of their own with sockets in it. */
static void sit(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
	for (int i = 0; i < SOCKETS; i++) {
		struct sockaddr_in addr = {.sin_family = AF_INET};
		int type = i % 3 ? SOCK_STREAM : SOCK_DGRAM;
		int fd = socket(AF_INET, type, 0);

		addr.sin_port = htons((uint16_t)(7000 + i));
		if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		    (type == SOCK_STREAM && listen(fd, 4) < 0))
			_exit(1);
	}
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

struct cost {
	double scan, gate, dump;
	unsigned dumps, rows, conns;
};

static void count(const struct sock_rec *rec, void *ctx)
{
	struct cost *cost = ctx;

	cost->rows++;
	cost->conns += rec->proto == PROTO_TCP && rec->state != STATE_LISTEN;
}

static void tick(struct namespaces *all, struct cost *cost, int64_t now_ms)
{
	struct sockdiag_query query = {.protos = PROTO_MASK_INET, .states = STATE_MASK_ALL};
	struct namespace *const *list;
	double start = cpu_ms();
	size_t n;

	namespaces_scan(all, NULL, true, now_ms);
	cost->scan += cpu_ms() - start;
	list = namespaces_list(all, &n);
	for (size_t i = 0; i < n; i++) {
		struct sockdiag_report report;
		bool due;

		start = cpu_ms();
		due = list[i]->diag &&
		      namespaces_due(all, list[i], query.protos, STATE_MASK_ALL, now_ms);
		cost->gate += cpu_ms() - start;
		if (!due)
			continue;
		start = cpu_ms();
		cost->conns = 0;
		namespace_absent(list[i], &query.none4, &query.none6);
		query.states = list[i]->gate.quiet ? STATE_MASK_LISTENERS : STATE_MASK_ALL;
		sockdiag_dump(list[i]->diag, &query, count, cost, &report);
		namespace_dumped(list[i], true, cost->conns > 0);
		cost->dump += cpu_ms() - start;
		cost->dumps++;
	}
}

static void measure(int proc_fd, unsigned n, bool bpf)
{
	struct namespaces_config cfg = {.proc_fd = proc_fd, .bpf = bpf, .netlink = true};
	struct namespaces *all = namespaces_new(&cfg);
	struct cost first = {0}, steady = {0};
	int64_t now_ms = 1000000;

	tick(all, &first, now_ms);
	for (int i = 0; i < 5; i++)
		tick(all, &(struct cost){0}, now_ms += 1000);
	for (int i = 0; i < TICKS; i++)
		tick(all, &steady, now_ms += 1000);
	printf("netns %u%s: first %.1f ms (%u rows), steady %.2f ms a tick: scan %.2f, gate %.2f, "
	       "%.1f dumps %.2f\n",
	       n, bpf ? " with bpf" : "", first.scan + first.gate + first.dump, first.rows,
	       (steady.scan + steady.gate + steady.dump) / TICKS, steady.scan / TICKS,
	       steady.gate / TICKS, (double)steady.dumps / TICKS, steady.dump / TICKS);
	namespaces_free(all);
}

int main(void)
{
	static const unsigned sizes[] = {50, 500};
	struct rlimit files = {65536, 65536};
	int proc_fd = procfs_open("/proc"), ready[2];
	VEC(pid_t) pids = {0};
	char byte;

	setrlimit(RLIMIT_NOFILE, &files);
	if (pipe2(ready, O_CLOEXEC) < 0 || geteuid()) {
		printf("netns: skipped, needs root\n");
		return 0;
	}
	for (size_t k = 0; k < 2; k++) {
		while (pids.len < sizes[k]) {
			pid_t pid = fork();

			if (!pid)
				sit(ready[1]);
			vec_push(&pids, pid);
			if (read(ready[0], &byte, 1) != 1)
				break;
		}
		measure(proc_fd, sizes[k], false);
		measure(proc_fd, sizes[k], true);
	}
	for (size_t i = 0; i < pids.len; i++) {
		kill(pids.data[i], SIGKILL);
		waitpid(pids.data[i], NULL, 0);
	}
	vec_done(&pids);
	return 0;
}
