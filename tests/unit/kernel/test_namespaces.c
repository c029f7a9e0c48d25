/* Real namespaces, made by children of this test: needs root. */
#include "lib/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/namespaces.h"
#include "kernel/procfs.h"

#define PORT 7777
#define WAIT_MS 8000

static int proc_fd;
static bool may_enter;
static char mount_dir[] = "/tmp/inettop-netns-XXXXXX";

static bool setup_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mkdtemp(mount_dir);
}

/* ---- children that make a namespace and hold it in some way ---- */

enum hold { HOLD_PROCESS, HOLD_FD, HOLD_MOUNT, HOLD_SOCKET, HOLD_NOTHING };

struct child {
	pid_t pid;
	int to, from;
	uint32_t inode;
};

static int listen_here(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0)
		_exit(1);
	return fd;
}

static void raise_loopback(void)
{
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		_exit(1);
	close(fd);
}

static int open_ns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void bind_ns(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/bound", mount_dir);
	close(open(path, O_CREAT | O_RDONLY | O_CLOEXEC, 0600));
	if (mount("/proc/thread-self/ns/net", path, NULL, MS_BIND, NULL) < 0)
		_exit(1);
}

static void run_child(enum hold hold, int in, int out)
{
	int old = open_ns();
	struct stat st;
	uint32_t inode;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "ns-holder");
	if (old < 0 || unshare(CLONE_NEWNET) < 0)
		_exit(1);
	if (hold == HOLD_MOUNT)
		bind_ns();
	if (stat("/proc/thread-self/ns/net", &st) < 0)
		_exit(1);
	inode = (uint32_t)st.st_ino;
	if (hold == HOLD_FD)
		open_ns();
	if (hold == HOLD_PROCESS)
		raise_loopback();
	if (hold == HOLD_PROCESS || hold == HOLD_SOCKET)
		listen_here();
	if (hold != HOLD_PROCESS && setns(old, CLONE_NEWNET) < 0)
		_exit(1);
	close(old);
	if (write(out, &inode, sizeof(inode)) != sizeof(inode))
		_exit(1);
	while (read(in, &byte, 1) > 0)
		;
	_exit(0);
}

static void start(struct child *c, enum hold hold)
{
	int to[2], from[2];

	assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (!c->pid) {
		close(to[1]);
		close(from[0]);
		run_child(hold, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	c->to = to[1];
	c->from = from[0];
	assert_int_equal(read(c->from, &c->inode, sizeof(c->inode)), sizeof(c->inode));
}

static void stop(struct child *c)
{
	close(c->to);
	close(c->from);
	kill(c->pid, SIGKILL);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
}

/* ---- a registry and its clock ---- */

struct world {
	struct namespaces *all;
	struct owners *own;
	bool blind; /* nobody looks at descriptors */
	unsigned gone;
	uint32_t gone_inode;
	int64_t now_ms, ahead_ms; /* time may leap forward, but not stand still */
};

static void on_gone(void *ctx, struct namespace *ns)
{
	struct world *w = ctx;

	w->gone++;
	w->gone_inode = ns->rec.inode;
}

static void open_world(struct world *w, bool bpf, bool netlink)
{
	struct namespaces_config cfg = {proc_fd, bpf, netlink, on_gone, w};

	memset(w, 0, sizeof(*w));
	w->all = namespaces_new(&cfg);
	w->own = owners_new(proc_fd);
}

static void close_world(struct world *w)
{
	namespaces_free(w->all);
	owners_free(w->own);
}

static void scan(struct world *w)
{
	w->now_ms = (int64_t)mono_ms() + w->ahead_ms;
	namespaces_scan(w->all, w->blind ? NULL : w->own, true, w->now_ms);
}

static void tick(struct world *w)
{
	struct owners_input in = {.complete = true};

	owners_tick(w->own, &in, NULL, NULL);
	scan(w);
}

static struct namespace *await(struct world *w, uint32_t inode)
{
	int64_t until = (int64_t)mono_ms() + WAIT_MS;
	struct namespace *ns;

	do {
		tick(w);
		ns = namespaces_by_inode(w->all, inode);
	} while (!(ns && (ns->diag || ns->err)) && (int64_t)mono_ms() < until);
	return ns;
}

/* Sockets that are not ours: another instance of the program, of any version, may look at it, too.
 */
static bool is_shared(struct world *w, uint64_t cookie)
{
	struct netstat_counters counters;
	struct namespace *ns;

	for (int i = 0; i < 300; i++) {
		ns = namespaces_by_cookie(w->all, cookie);
		if (!ns)
			return true; /* gone, if late */
		if (ns->diag)
			break;
		poll(NULL, 0, 10);
		scan(w);
	}
	return ns->gate.netstat && netstat_read(ns->gate.netstat, &counters) == 0 &&
	       counters.sockets_used > 4;
}

/* By cookie: the inode number may belong to somebody else's namespace at once. */
static bool await_gone(struct world *w, uint64_t cookie)
{
	unsigned turns = 0;
	int64_t until = (int64_t)mono_ms() + WAIT_MS;

	while (namespaces_by_cookie(w->all, cookie)) {
		if ((int64_t)mono_ms() > until)
			return is_shared(w, cookie);
		poll(NULL, 0, 10);
		if (++turns % 180 == 0)
			w->ahead_ms += 3600 * 1000; /* the next trial */
		tick(w);
	}
	return true;
}

static void count_port(const struct sock_rec *rec, void *ctx)
{
	if (rec->state == STATE_LISTEN && rec->local_port == PORT)
		++*(unsigned *)ctx;
}

static unsigned listeners(struct namespace *ns)
{
	struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_TCP), .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	unsigned n = 0;

	assert_non_null(ns->diag);
	sockdiag_dump(ns->diag, &query, count_port, &n, &report);
	assert_true(report.complete & PROTO_BIT(PROTO_TCP));
	return n;
}

static unsigned open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

#define NEED_ROOT()                                                                                \
	do {                                                                                       \
		if (!may_enter)                                                                    \
			skip_because("needs root and network namespaces");                         \
	} while (0)

/* ---- cases ---- */

static void own_namespace_is_first(void **state)
{
	struct world w;
	struct namespace *const *list;
	size_t n;

	(void)state;
	open_world(&w, false, true);
	tick(&w);
	list = namespaces_list(w.all, &n);
	assert_true(n >= 1);
	assert_true(list[0]->rec.own);
	assert_true(list[0]->rec.holders >= 1);
	assert_null(list[0]->diag);
	assert_int_equal(namespaces_of_pid(w.all, (uint32_t)getpid()), list[0]->rec.inode);
	assert_int_equal(namespaces_of_pid(w.all, 0x7ffffff0), 0);
	close_world(&w);
}

static void process_keeps_and_names(void **state)
{
	struct namespace *ns;
	struct child c;
	uint64_t cookie;
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&c, HOLD_PROCESS);
	ns = await(&w, c.inode);
	assert_non_null(ns);
	assert_int_equal(ns->err, 0);
	assert_int_equal(ns->rec.kind, NETNS_PROCESS);
	assert_int_equal(ns->rec.holders, 1);
	assert_int_equal(ns->leader, c.pid);
	assert_int_equal(ns->rec.name.len, strlen("ns-holder"));
	assert_memory_equal(ns->rec.name.ptr, "ns-holder", ns->rec.name.len);
	assert_int_equal(listeners(ns), 1);
	assert_int_equal(namespaces_of_pid(w.all, (uint32_t)c.pid), c.inode);
	assert_ptr_equal(namespaces_by_inode(w.all, c.inode), ns);
	assert_true(ns->rec.cookie != 0);
	assert_ptr_equal(namespaces_by_cookie(w.all, ns->rec.cookie), ns);
	cookie = ns->rec.cookie;
	stop(&c);
	assert_true(await_gone(&w, cookie));
	if (!namespaces_by_cookie(w.all, cookie))
		assert_true(w.gone > 0);
	close_world(&w);
}

static void held_by_nothing_but(enum hold hold, enum netns_kind kind, bool bpf)
{
	struct namespace *ns;
	struct child c;
	uint64_t cookie;
	struct world w;

	open_world(&w, bpf, true);
	start(&c, hold);
	ns = await(&w, c.inode);
	if (!ns) {
		close_world(&w);
		stop(&c);
		skip_because("the kernel's list needs BPF");
	}
	assert_int_equal(ns->err, 0);
	assert_int_equal(ns->rec.holders, 0);
	/* and stays, however often it is asked whether it is still there */
	for (int i = 0; i < 100; i++) {
		poll(NULL, 0, 10);
		w.ahead_ms += i % 50 ? 0 : 60000;
		tick(&w);
		assert_int_not_equal(w.gone_inode, c.inode);
	}
	/* another instance that looks at it holds it for a moment, too */
	for (int i = 0; i < 500 && (ns = await(&w, c.inode))->rec.kind != kind; i++)
		poll(NULL, 0, 10);
	assert_int_equal(ns->rec.kind, kind);
	assert_int_equal(listeners(ns), hold == HOLD_SOCKET ? 1 : 0);
	cookie = ns->rec.cookie;
	stop(&c);
	if (hold == HOLD_MOUNT) {
		char path[64];

		snprintf(path, sizeof(path), "%s/bound", mount_dir);
		assert_int_equal(ns->rec.name.len, strlen(path));
		assert_memory_equal(ns->rec.name.ptr, path, ns->rec.name.len);
		assert_int_equal(umount2(path, MNT_DETACH), 0);
	}
	/* the trials are far apart: let time pass */
	w.ahead_ms += 3600 * 1000;
	assert_true(await_gone(&w, cookie));
	close_world(&w);
}

static void held_by_a_descriptor(void **state)
{
	(void)state;
	NEED_ROOT();
	held_by_nothing_but(HOLD_FD, NETNS_FD, false);
}

static void held_by_a_descriptor_seen_by_the_list(void **state)
{
	(void)state;
	NEED_ROOT();
	held_by_nothing_but(HOLD_FD, NETNS_FD, true);
}

static void held_by_a_mount(void **state)
{
	(void)state;
	NEED_ROOT();
	held_by_nothing_but(HOLD_MOUNT, NETNS_MOUNT, false);
}

static void held_by_a_socket(void **state)
{
	(void)state;
	NEED_ROOT();
	held_by_nothing_but(HOLD_SOCKET, NETNS_SOCKET, true);
}

/* Without a look at descriptors nothing but the file handle tells. */
static void unknown_holder_is_found_out(void **state)
{
	struct namespace *ns;
	uint64_t cookie;
	struct child c;
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, true, true);
	w.blind = true;
	start(&c, HOLD_FD);
	for (int i = 0; i < 200; i++) {
		poll(NULL, 0, 10);
		scan(&w);
	}
	ns = await(&w, c.inode);
	if (!ns) {
		stop(&c);
		close_world(&w);
		skip_because("the kernel's list needs BPF");
	}
	assert_non_null(ns->diag);
	cookie = ns->rec.cookie;
	stop(&c);
	w.ahead_ms += 3600 * 1000;
	assert_true(await_gone(&w, cookie));
	close_world(&w);
}

/* How many namespaces of ended children are still watched; other programs have theirs. */
static unsigned left_over(const struct world *w)
{
	struct namespace *const *list;
	unsigned found = 0;
	size_t n;

	list = namespaces_list(w->all, &n);
	for (size_t i = 0; i < n; i++)
		found += list[i]->diag && list[i]->rec.name.len == strlen("ns-holder") &&
			 !memcmp(list[i]->rec.name.ptr, "ns-holder", strlen("ns-holder"));
	return found;
}

static void churn_leaks_no_descriptor(void **state)
{
	unsigned before = open_fds(), most = 0;
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, true, true);
	for (int i = 0; i < 1000; i++) {
		struct child c;

		start(&c, (enum hold)(i % 2 ? HOLD_PROCESS : HOLD_FD));
		scan(&w);
		stop(&c);
		scan(&w);
		most = left_over(&w) > most ? left_over(&w) : most;
	}
	for (int i = 0; i < 500 && (i < 60 || left_over(&w)); i++) {
		poll(NULL, 0, 10);
		w.ahead_ms += i % 60 ? 0 : 3600 * 1000;
		tick(&w);
	}
	assert_in_range(most, 0, 300);
	assert_int_equal(left_over(&w), 0);
	close_world(&w);
	assert_int_equal(open_fds(), before);
}

static void gate_opens_for_changes_only(void **state)
{
	struct namespace *ns;
	struct child c;
	struct world w;
	unsigned due = 0;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&c, HOLD_PROCESS);
	ns = await(&w, c.inode);
	assert_true(namespaces_due(w.all, ns, 1, STATE_MASK_ALL, w.now_ms));
	namespace_dumped(ns, true, false);
	for (int i = 0; i < 30; i++) {
		w.now_ms += 10; /* too soon for a turn */
		namespaces_scan(w.all, w.own, false, w.now_ms);
		due += namespaces_due(w.all, ns, 1, STATE_MASK_ALL, w.now_ms);
	}
	assert_int_equal(due, 0);
	assert_true(namespaces_due(w.all, ns, 3, STATE_MASK_ALL, w.now_ms));
	namespace_dumped(ns, false, false);
	assert_true(namespaces_due(w.all, ns, 3, STATE_MASK_ALL, w.now_ms));
	namespace_dumped(ns, true, false);
	assert_false(namespaces_due(w.all, ns, 3, STATE_MASK_ALL, w.now_ms));

	/* something ended in there: twice, since what is absent must be absent twice */
	stop(&c);
	assert_true(namespaces_due(w.all, ns, 3, STATE_MASK_ALL, w.now_ms));
	namespace_dumped(ns, true, false);
	assert_true(namespaces_due(w.all, ns, 3, STATE_MASK_ALL, w.now_ms));
	namespace_dumped(ns, true, false);
	close_world(&w);
}

static void turns_come_round(void **state)
{
	struct namespace *ns;
	struct child c;
	struct world w;
	unsigned due = 0;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&c, HOLD_PROCESS);
	ns = await(&w, c.inode);
	for (int i = 0; i < 120; i++) {
		w.ahead_ms += 1000;
		tick(&w);
		if (!namespaces_due(w.all, ns, 1, STATE_MASK_ALL, w.now_ms))
			continue;
		namespace_dumped(ns, true, false);
		due++;
	}
	assert_in_range(due, 2, 120);
	stop(&c);
	close_world(&w);
}

static void runs_inside(int net_dir, void *ctx)
{
	struct stat st;

	assert_true(net_dir >= 0);
	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	*(uint32_t *)ctx = (uint32_t)st.st_ino;
}

static void enter_and_leave(void **state)
{
	struct stat before, after;
	struct namespace *ns;
	uint32_t inside = 0;
	struct child c;
	struct world w;

	(void)state;
	NEED_ROOT();
	assert_int_equal(stat("/proc/thread-self/ns/net", &before), 0);
	open_world(&w, false, false);
	start(&c, HOLD_PROCESS);
	for (int i = 0; i < 3; i++)
		tick(&w);
	ns = namespaces_by_inode(w.all, c.inode);
	assert_non_null(ns);
	assert_null(ns->diag); /* text only was wanted */
	assert_int_equal(namespaces_enter(w.all, ns, runs_inside, &inside), 0);
	assert_int_equal(inside, c.inode);
	assert_int_equal(stat("/proc/thread-self/ns/net", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	stop(&c);
	close_world(&w);
}

static void selects(void **state)
{
	struct child a, b;
	char text[16];
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&a, HOLD_PROCESS);
	start(&b, HOLD_PROCESS);
	tick(&w);
	tick(&w);
	assert_non_null(namespaces_by_inode(w.all, a.inode)->diag);

	snprintf(text, sizeof(text), "%d", a.pid);
	assert_int_equal(namespaces_select(w.all, text), 0);
	tick(&w);
	assert_non_null(namespaces_by_inode(w.all, a.inode)->diag);
	assert_null(namespaces_by_inode(w.all, b.inode)->diag);
	assert_false(namespaces_list(w.all, &(size_t){0})[0]->selected);

	snprintf(text, sizeof(text), "%u", b.inode);
	assert_int_equal(namespaces_select(w.all, text), 0);
	tick(&w);
	assert_null(namespaces_by_inode(w.all, a.inode)->diag);
	assert_non_null(namespaces_by_inode(w.all, b.inode)->diag);

	assert_int_equal(namespaces_select(w.all, "ns-holder"), 0);
	assert_int_equal(namespaces_select(w.all, "host"), 0);
	assert_int_equal(namespaces_select(w.all, "no-such"), -ENOENT);
	assert_int_equal(namespaces_select(w.all, "4294967295"), -ENOENT);
	assert_int_equal(namespaces_select(w.all, "all"), 0);
	stop(&a);
	stop(&b);
	close_world(&w);
}

static void addresses(void **state)
{
	struct netaddr loopback;
	struct namespace *ns;
	struct child c;
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&c, HOLD_PROCESS);
	ns = await(&w, c.inode);
	assert_non_null(ns);
	assert_int_equal(netaddr_parse("127.0.0.1", 9, &loopback, NULL, NULL), 0);
	assert_true(ns->rec.n_addrs >= 1);
	assert_int_equal(netaddr_compare(&ns->rec.addrs[0], &loopback), 0);
	/* everybody has that one: it tells nobody */
	assert_null(namespaces_by_addr(w.all, &loopback));
	stop(&c);
	close_world(&w);
}

static void workload_gives_way_to_a_better_name(void **state)
{
	struct namespace *ns;
	struct child c;
	struct world w;

	(void)state;
	NEED_ROOT();
	open_world(&w, false, true);
	start(&c, HOLD_PROCESS);
	ns = await(&w, c.inode);
	namespace_set_workload(ns, NETNS_CONTAINER, (struct bytes){"web_1", 5});
	/* it is in no container: a runtime cannot rename it */
	assert_int_equal(ns->rec.kind, NETNS_PROCESS);
	stop(&c);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_namespace_is_first),
		cmocka_unit_test(process_keeps_and_names),
		cmocka_unit_test(held_by_a_descriptor),
		cmocka_unit_test(held_by_a_descriptor_seen_by_the_list),
		cmocka_unit_test(held_by_a_mount),
		cmocka_unit_test(held_by_a_socket),
		cmocka_unit_test(unknown_holder_is_found_out),
		cmocka_unit_test(churn_leaks_no_descriptor),
		cmocka_unit_test(gate_opens_for_changes_only),
		cmocka_unit_test(turns_come_round),
		cmocka_unit_test(enter_and_leave),
		cmocka_unit_test(selects),
		cmocka_unit_test(addresses),
		cmocka_unit_test(workload_gives_way_to_a_better_name),
	};
	char bound[64];
	int failed;

	proc_fd = procfs_open("/proc");
	may_enter = setup_mounts();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(bound, sizeof(bound), "%s/bound", mount_dir);
	umount2(bound, MNT_DETACH);
	unlink(bound);
	rmdir(mount_dir);
	close(proc_fd);
	return failed;
}
