#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include <net/if.h>

#ifdef HAVE_BPF
#include <bpf/bpf.h>
#endif

#include "bpf_tree.h"
#include "kernel/bpf/bpf_binds.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/bpf/bpf_events.h"
#include "kernel/bpf/bpf_netns.h"
#include "kernel/bpf/bpf_owners.h"
#include "kernel/bpf/bpf_traffic.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define DEADLINE_S 5

static void skip_if_refused(int err)
{
	if (err == -ENOTSUP)
		skip_because("built without BPF");
	if (err == -EPERM)
		skip_because("a capability is missing");
	if (err == -ENODATA || err == -EACCES)
		skip_because("this kernel has no BTF or refuses BPF");
	if (err == -ENODEV)
		skip_because("no cgroup2 mount");
	assert_int_equal(err, 0);
}

static uint64_t sock_u64(int fd, int option)
{
	uint64_t value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, option, &value, &len), 0);
	return value;
}

static uint32_t inode_of(const char *path, int fd)
{
	struct stat st;

	assert_int_equal(path ? stat(path, &st) : fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

static bool before_deadline(time_t *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (*start == 0)
		*start = now.tv_sec;
	return now.tv_sec - *start < DEADLINE_S;
}

/* ---- namespaces ---- */

static const struct bpf_netns_row *find_netns(struct bpf_netns *netns, uint64_t cookie)
{
	const struct bpf_netns_row *rows, *found = NULL;
	size_t n;

	assert_int_equal(bpf_netns_run(netns, &rows, &n), 0);
	assert_true(n >= 1);
	assert_int_equal(rows[0].init, 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || rows[i].init == 0);
		if (rows[i].cookie == cookie) {
			assert_null(found);
			found = &rows[i];
		}
	}
	return found;
}

/* A new namespace that nothing but the returned socket and descriptor hold. */
static void make_netns(int *ret_fd, int *ret_socket)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	*ret_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	*ret_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	close(home);
}

static void assert_opens(const struct bpf_netns_row *row)
{
	int fd = -1, err = netns_open_by_handle(row->id, row->inode, &fd);

	if (row->id == 0)
		return; /* before 6.18 */
	assert_int_equal(err, 0);
	assert_int_equal(inode_of(NULL, fd), row->inode);
	close(fd);
	assert_int_equal(netns_open_by_handle(row->id + 1000000, row->inode, &fd), -ESTALE);
}

static void namespace_held_by_descriptor(void **state)
{
	const struct bpf_netns_row *row;
	struct bpf_netns *netns = NULL;
	int fd, sock, err = bpf_netns_open(&netns);
	uint64_t cookie;
	uint32_t inode;
	time_t start = 0;

	(void)state;
	skip_if_refused(err);
	make_netns(&fd, &sock);
	cookie = sock_u64(sock, SO_NETNS_COOKIE);
	inode = inode_of(NULL, fd);
	close(sock);
	row = find_netns(netns, cookie);
	assert_non_null(row);
	assert_int_equal(row->inode, inode);
	assert_opens(row);
	close(fd);
	while (find_netns(netns, cookie) && before_deadline(&start))
		sched_yield();
	assert_null(find_netns(netns, cookie));
	bpf_netns_close(netns);
}

static void namespace_held_by_socket(void **state)
{
	const struct bpf_netns_row *row;
	struct bpf_netns *netns = NULL;
	int fd, sock, err = bpf_netns_open(&netns);

	(void)state;
	skip_if_refused(err);
	make_netns(&fd, &sock);
	close(fd);
	row = find_netns(netns, sock_u64(sock, SO_NETNS_COOKIE));
	assert_non_null(row);
	assert_opens(row);
	close(sock);
	bpf_netns_close(netns);
}

/* ---- bind tables ---- */

static void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
	close(fd);
}

static void set_option(int fd, int level, int option)
{
	int one = 1;

	assert_int_equal(setsockopt(fd, level, option, &one, sizeof(one)), 0);
}

static int bind6(int type, uint16_t port, bool v6only, int option)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type, 0);

	if (v6only)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (option)
		set_option(fd, SOL_SOCKET, option);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)), 0);
	return fd;
}

static int bind4(int type, uint16_t port, int option)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (option)
		set_option(fd, SOL_SOCKET, option);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static int connect4(uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static struct bpf_bound run_one(struct bpf_binds *binds, uint16_t port, uint8_t state)
{
	struct bpf_bound row = {0};
	const struct bpf_bound *rows;
	size_t n, found = 0;
	bool raced;

	assert_int_equal(bpf_binds_run(binds, port, inode_of("/proc/thread-self/ns/net", -1), &rows,
				       &n, &raced),
			 0);
	assert_false(raced);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i].end.sport, port);
		if (rows[i].end.state == state) {
			row = rows[i];
			found++;
		}
	}
	assert_int_equal(found, 1);
	return row;
}

/* What the caller of bind() left, in a namespace where no other socket is. */
static void binds_setup(struct bpf_binds **binds)
{
	int err = bpf_binds_open(binds, 1);

	skip_if_refused(err);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	loopback_up();
}

static void options_of_bound_sockets(void **state)
{
	struct bpf_binds *binds = NULL;
	struct bpf_bound row;
	int fds[5];

	(void)state;
	binds_setup(&binds);
	fds[0] = bind4(SOCK_STREAM, 8080, SO_REUSEADDR);
	assert_int_equal(listen(fds[0], 1), 0);
	row = run_one(binds, 8080, 10);
	assert_int_equal(row.end.reuse, 1);
	assert_int_equal(row.end.reuseport, 0);
	assert_int_equal(row.end.protocol, IPPROTO_TCP);
	assert_int_equal(row.end.saddr[0], 127);
	assert_int_equal(row.inode, inode_of(NULL, fds[0]));
	assert_int_equal(row.end.netns_cookie, sock_u64(fds[0], SO_NETNS_COOKIE));
	assert_true(row.end.userlocks & BPF_LOCK_BINDPORT);
	assert_true(row.end.userlocks & BPF_LOCK_BINDADDR);

	fds[1] = bind6(SOCK_STREAM, 8081, true, SO_REUSEPORT); /* bound, never listened */
	row = run_one(binds, 8081, 7);
	assert_int_equal(row.end.family, AF_INET6);
	assert_int_equal(row.end.v6only, 1);
	assert_int_equal(row.end.reuse, 0);
	assert_int_equal(row.end.reuseport, 1);
	assert_int_equal(row.inode, inode_of(NULL, fds[1]));

	fds[2] = bind6(SOCK_DGRAM, 5353, false, 0);
	set_option(fds[2], SOL_SOCKET, SO_REUSEADDR);
	assert_int_equal(setsockopt(fds[2], SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
	row = run_one(binds, 5353, 7);
	assert_int_equal(row.end.protocol, IPPROTO_UDP);
	assert_int_equal(row.end.v6only, 0);
	assert_int_equal(row.end.reuse, 1);
	assert_int_equal(row.end.ifindex, if_nametoindex("lo"));
	assert_int_equal(row.inode, inode_of(NULL, fds[2]));
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	bpf_binds_close(binds);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	return ntohs(sin.sin_port);
}

static void connections_hold_ports(void **state)
{
	struct bpf_binds *binds = NULL;
	const struct bpf_bound *rows;
	int listener, client, server;
	struct bpf_bound row;
	uint32_t here;
	uint16_t port;
	size_t n;

	(void)state;
	binds_setup(&binds);
	listener = bind4(SOCK_STREAM, 8080, SO_REUSEADDR);
	assert_int_equal(listen(listener, 5), 0);
	client = connect4(8080);
	row = run_one(binds, 8080, 1); /* nobody accepted it yet */
	assert_int_equal(row.inode, 0);
	assert_int_equal(row.end.reuse, 1);
	port = port_of(client);
	row = run_one(binds, port, 1); /* the client's port is its own choice */
	assert_false(row.end.userlocks & BPF_LOCK_BINDPORT);
	assert_int_equal(row.end.dport, 8080);
	server = accept(listener, NULL, NULL);
	close(server);
	close(client);
	row = run_one(binds, 8080, 6); /* closed here first: TIME_WAIT */
	assert_int_equal(row.end.reuse, 1);
	assert_int_equal(row.end.dport, port);
	assert_int_equal(row.inode, 0);
	here = inode_of("/proc/thread-self/ns/net", -1);
	assert_int_equal(bpf_binds_run(binds, 0, here, &rows, &n, NULL), 0);
	assert_int_equal(n, 2); /* all ports: the listener and the TIME_WAIT */
	close(listener);
	bpf_binds_close(binds);
}

/* 600 sockets in a table for 256, beside the same port elsewhere. */
static void whole_table(void **state)
{
	struct bpf_binds *binds = NULL;
	const struct bpf_bound *rows;
	uint32_t here;
	int fds[600];
	size_t n;

	(void)state;
	binds_setup(&binds);
	for (int i = 0; i < 600; i++)
		fds[i] = bind4(i % 2 ? SOCK_STREAM : SOCK_DGRAM, (uint16_t)(20000 + i), 0);
	here = inode_of("/proc/thread-self/ns/net", -1);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	loopback_up();
	close(bind4(SOCK_STREAM, 20001, 0));
	assert_int_equal(bpf_binds_run(binds, 0, here, &rows, &n, NULL), 0);
	assert_int_equal(n, 600);
	assert_int_equal(bpf_binds_run(binds, 0, 0, &rows, &n, NULL), 0);
	assert_true(n >= 600);
	assert_int_equal(bpf_binds_run(binds, 20001, 0, &rows, &n, NULL), 0);
	assert_true(n >= 1);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].end.sport, 20001);
	for (int i = 0; i < 600; i++)
		close(fds[i]);
	bpf_binds_close(binds);
}

/* ---- events ---- */

struct seen {
	uint32_t pid;
	unsigned listens, closes, udp;
	uint16_t ports[64];
	uint16_t udp_ports[8];
	uint64_t netns;
};

static void take(const struct bpf_event *event, void *context)
{
	struct seen *seen = context;

	if (event->pid != seen->pid)
		return;
	assert_int_equal(event->tid, event->pid);
	assert_int_equal(event->netns_cookie, seen->netns);
	assert_true(event->cookie != 0 && event->ktime_ns != 0);
	assert_true(event->comm[0] != '\0');
	if (event->kind == BPF_EVENT_UDP_BIND) {
		if (seen->udp < 8)
			seen->udp_ports[seen->udp++] = event->sport;
	} else if (event->new_state == 10 && seen->listens < 64) {
		seen->ports[seen->listens++] = event->sport;
	} else if (event->old_state == 10) {
		seen->closes++;
	}
}

static void short_lived_listeners(void **state)
{
	struct bpf_events *events = NULL;
	struct seen seen = {.pid = (uint32_t)getpid()};
	uint64_t dropped = 1;
	int err = bpf_events_open(&events, false), fds[2];
	struct pollfd poller = {.events = POLLIN};
	uint16_t ports[50];

	(void)state;
	skip_if_refused(err);
	for (int i = 0; i < 50; i++) {
		int fd = tree_bound(SOCK_STREAM, &ports[i]);

		seen.netns = sock_u64(fd, SO_NETNS_COOKIE);
		assert_int_equal(listen(fd, 1), 0);
		close(fd);
	}
	fds[0] = bind6(SOCK_DGRAM, 0, false, 0);
	fds[1] = bind4(SOCK_DGRAM, 0, 0);
	poller.fd = bpf_events_fd(events);
	assert_int_equal(poll(&poller, 1, 1000), 1);
	assert_int_equal(bpf_events_drain(events, take, &seen, &dropped), 0);
	assert_int_equal(dropped, 0);
	assert_int_equal(seen.listens, 50);
	assert_int_equal(seen.closes, 50);
	assert_memory_equal(seen.ports, ports, sizeof(ports));
	if (bpf_events_has_udp(events)) {
		assert_int_equal(seen.udp, 2);
		assert_int_equal(seen.udp_ports[0], port_of(fds[0]));
		assert_int_equal(seen.udp_ports[1], port_of(fds[1]));
	}
	close(fds[0]);
	close(fds[1]);
	bpf_events_close(events);
}

static void overflow(const struct bpf_event *event, void *context)
{
	(void)event;
	++*(unsigned *)context;
}

static void full_ring_is_counted(void **state)
{
	struct bpf_events *events = NULL;
	uint64_t dropped = 0;
	int err = bpf_events_open(&events, false);
	unsigned got = 0;

	(void)state;
	skip_if_refused(err);
	for (int i = 0; i < 6000; i++) {
		int fd = tree_bound(SOCK_STREAM, NULL);

		assert_int_equal(listen(fd, 1), 0);
		close(fd);
	}
	assert_int_equal(bpf_events_drain(events, overflow, &got, &dropped), 0);
	assert_true(dropped > 0);
	assert_true(got + dropped >= 12000);
	bpf_events_close(events);
}

static void listen_in_pid_namespace(void *arg, uint32_t *word)
{
	struct seen seen = {.pid = 1};
	struct bpf_events *events;
	unsigned right = 0;
	int answer[2], fd;

	(void)arg;
	if (pipe(answer) != 0 || unshare(CLONE_NEWPID) != 0)
		_exit(1);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (bpf_events_open(&events, false) != 0)
			_exit(1);
		fd = tree_bound(SOCK_STREAM, NULL);
		seen.netns = sock_u64(fd, SO_NETNS_COOKIE);
		if (listen(fd, 1) != 0 || bpf_events_drain(events, take, &seen, NULL) != 0)
			_exit(1);
		right = seen.listens;
		if (write(answer[1], &right, sizeof(right)) != sizeof(right))
			_exit(1);
		for (;;)
			pause();
	}
	close(answer[1]);
	if (read(answer[0], &right, sizeof(right)) != sizeof(right))
		_exit(1);
	*word = right;
}

static void events_in_pid_namespace(void **state)
{
	struct bpf_events *events = NULL;
	int err = bpf_events_open(&events, false);
	uint32_t listens;

	(void)state;
	skip_if_refused(err);
	bpf_events_close(events);
	tree_end(tree_start(listen_in_pid_namespace, NULL, &listens));
	assert_int_equal(listens, 1);
}

/* ---- udp bytes ---- */

static struct bpf_traffic traffic_of(struct bpf_traffic_counters *traffic, uint64_t cookie)
{
	const uint64_t *cookies;
	const struct bpf_traffic *counters;
	struct bpf_traffic found = {0};
	size_t n;

	assert_int_equal(bpf_traffic_read(traffic, &cookies, &counters, &n), 0);
	for (size_t i = 0; i < n; i++)
		if (cookies[i] == cookie)
			found = counters[i];
	return found;
}

static void udp_bytes_are_payload(void **state)
{
	struct bpf_traffic_counters *traffic = NULL;
	int err = bpf_traffic_open(&traffic), server, client, twin;
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct bpf_traffic seen;
	char data[1400] = "";
	uint16_t port;

	(void)state;
	skip_if_refused(err);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	loopback_up();
	server = bind6(SOCK_DGRAM, 5300, false, 0);
	client = tree_bound(SOCK_DGRAM, &port);
	twin = socket(AF_INET6, SOCK_DGRAM, 0);
	for (int i = 0; i < 3; i++) {
		struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(5300)};

		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		assert_int_equal(sendto(client, data, 100, 0, (void *)&sin, sizeof(sin)), 100);
	}
	to.sin6_port = htons(5300);
	assert_int_equal(sendto(twin, data, 1400, 0, (void *)&to, sizeof(to)), 1400);
	seen = traffic_of(traffic, sock_u64(client, SO_COOKIE));
	assert_int_equal(seen.tx_bytes, 300);
	assert_int_equal(seen.tx_packets, 3);
	assert_int_equal(seen.rx_bytes, 0);
	seen = traffic_of(traffic, sock_u64(twin, SO_COOKIE));
	assert_int_equal(seen.tx_bytes, 1400);
	seen = traffic_of(traffic, sock_u64(server, SO_COOKIE));
	assert_int_equal(seen.rx_bytes, 1700);
	assert_int_equal(seen.rx_packets, 4);
	assert_int_equal(seen.tx_bytes, 0);
	close(server);
	close(client);
	close(twin);
	bpf_traffic_close(traffic);
}

/* ---- rights, and what is left behind ---- */

static int open_all(int err[BPF_SOURCE_COUNT])
{
	struct bpf_support support;

	bpf_probe_support(&support);
	memcpy(err, support.error, sizeof(support.error));
	return (int)support.rights;
}

/* Leaves the process with the given capabilities only, as nobody. */
static void become(const cap_value_t *caps, int n)
{
	cap_t set = cap_init();

	prctl(PR_SET_KEEPCAPS, 1);
	if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
		_exit(1);
	if (n > 0) {
		cap_set_flag(set, CAP_PERMITTED, n, caps, CAP_SET);
		cap_set_flag(set, CAP_EFFECTIVE, n, caps, CAP_SET);
	}
	if (cap_set_proc(set) != 0)
		_exit(1);
	cap_free(set);
}

struct rights {
	cap_value_t caps[3];
	int n;
};

/* word: one hex digit per source, its errno in short: 0, 1 = EPERM, f = another. */
static void probe_as(void *arg, uint32_t *word)
{
	struct rights *rights = arg;
	int err[BPF_SOURCE_COUNT];

	become(rights->caps, rights->n);
	open_all(err);
	for (int i = 0; i < BPF_SOURCE_COUNT; i++)
		*word = *word << 4 | (err[i] == 0 ? 0u : err[i] == -EPERM ? 1u : 0xfu);
}

static void rights_decide(void **state)
{
	struct rights none = {.n = 0}, half = {{CAP_BPF}, 1}, walk = {{CAP_BPF, CAP_PERFMON}, 2};
	struct rights full = {{CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN}, 3};
	int err[BPF_SOURCE_COUNT];
	uint32_t word;

	(void)state;
	open_all(err);
	for (int i = 0; i < BPF_SOURCE_COUNT; i++)
		skip_if_refused(err[i]);
	tree_end(tree_start(probe_as, &none, &word));
	assert_int_equal(word, 0x11111);
	tree_end(tree_start(probe_as, &half, &word));
	assert_int_equal(word, 0x11111);
	tree_end(tree_start(probe_as, &walk, &word));
	assert_int_equal(word, 0x00001);
	tree_end(tree_start(probe_as, &full, &word));
	assert_int_equal(word, 0);
}

static void reasons_have_words(void **state)
{
	static const int errors[] = {0,	      -ENOTSUP, -ENODATA, -EPERM,
				     -EACCES, -ENODEV,	-ENOSYS,  -ENOMEM};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(bpf_caps_strerror(errors[i], BPF_RIGHT_BPF),
						bpf_caps_strerror(errors[j], BPF_RIGHT_BPF));
	assert_string_equal(bpf_caps_strerror(-EPERM, BPF_RIGHT_NET_ADMIN), "needs CAP_NET_ADMIN");
	for (int i = 0; i < BPF_SOURCE_COUNT; i++)
		assert_non_null(bpf_caps_source_name((enum bpf_source)i));
}

#ifdef HAVE_BPF
static void load_all(void *arg, uint32_t *word)
{
	struct bpf_traffic_counters *traffic;
	struct bpf_owners *owners;
	struct bpf_events *events;
	struct bpf_netns *netns;
	struct bpf_binds *binds;

	(void)arg;
	*word = bpf_owners_open(&owners, BPF_OWNERS_LITE, 16) == 0 && bpf_netns_open(&netns) == 0 &&
		bpf_binds_open(&binds, 16) == 0 && bpf_events_open(&events, true) == 0 &&
		bpf_traffic_open(&traffic) == 0;
}

/* The ids of the programs that a process holds, from the fdinfo of its descriptors. */
static unsigned programs_of(pid_t pid, uint32_t *ids, unsigned max)
{
	char path[300], line[128];
	struct dirent *entry;
	unsigned n = 0;
	FILE *file;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (n < max && sscanf(line, "prog_id: %u", &ids[n]) == 1)
				n++;
		if (file)
			fclose(file);
	}
	closedir(dir);
	return n;
}

static unsigned count_alive(const uint32_t *ids, unsigned n)
{
	unsigned alive = 0;
	int fd;

	for (unsigned i = 0; i < n; i++) {
		fd = bpf_prog_get_fd_by_id(ids[i]);
		if (fd >= 0) {
			alive++;
			close(fd);
		}
	}
	return alive;
}

static void nothing_survives_sigkill(void **state)
{
	uint32_t ids[64], all;
	unsigned n;
	time_t start = 0;
	int err[BPF_SOURCE_COUNT];
	pid_t pid;

	(void)state;
	open_all(err);
	for (int i = 0; i < BPF_SOURCE_COUNT; i++)
		skip_if_refused(err[i]);
	pid = tree_start(load_all, NULL, &all);
	assert_int_equal(all, 1);
	n = programs_of(pid, ids, 64);
	assert_true(n >= 8);
	assert_int_equal(count_alive(ids, n), n);
	tree_end(pid);
	while (count_alive(ids, n) > 0 && before_deadline(&start))
		sched_yield();
	assert_int_equal(count_alive(ids, n), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespace_held_by_descriptor),
		cmocka_unit_test(namespace_held_by_socket),
		cmocka_unit_test(options_of_bound_sockets),
		cmocka_unit_test(connections_hold_ports),
		cmocka_unit_test(whole_table),
		cmocka_unit_test(short_lived_listeners),
		cmocka_unit_test(full_ring_is_counted),
		cmocka_unit_test(events_in_pid_namespace),
		cmocka_unit_test(udp_bytes_are_payload),
		cmocka_unit_test(rights_decide),
		cmocka_unit_test(reasons_have_words),
#ifdef HAVE_BPF
		cmocka_unit_test(nothing_survives_sigkill),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
