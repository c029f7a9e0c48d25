/* The kernel's own answers, in a namespace of our own, against a ledger of what was opened there.
 * INETTOP_RECORD=DIR writes the fixtures that test_sockdiag replays. */
#include "lib/unit.h"

#include <poll.h>
#include <sys/wait.h>

#include "kernel/destroy.h"
#include "kernel/destroy_events.h"
#include "kernel/netstat_counters.h"
#include "kernel/procnet.h"
#include "kernel/rtnl.h"
#include "kernel/sockdiag.h"
#include "row_text.h"
#include "zoo.h"

static struct zoo zoo;
static bool entered;

struct table {
	struct sock_rec rec[400];
	unsigned int n;
};

static void keep(const struct sock_rec *rec, void *ctx)
{
	struct table *table = ctx;

	assert_true(table->n < 400);
	table->rec[table->n++] = *rec;
}

static struct table table;

static struct sockdiag_report dump(uint32_t protos, uint32_t states, uint32_t want)
{
	const struct sockdiag_query query = {.protos = protos, .states = states, .want = want};
	struct sockdiag_report report;
	struct sockdiag *diag;

	table.n = 0;
	assert_int_equal(sockdiag_open(&diag), 0);
	sockdiag_dump(diag, &query, keep, &table, &report);
	sockdiag_free(diag);
	return report;
}

/* Stands in for a row that was not found, after the case has failed for it. */
static const struct sock_rec no_row;

static const struct sock_rec *find(enum sock_proto proto, uint32_t inode)
{
	const struct sock_rec *found = NULL;

	for (unsigned int i = 0; i < table.n; i++) {
		if (table.rec[i].proto != proto || table.rec[i].inode != inode)
			continue;
		/* netlink_diag gives members of multicast groups twice */
		assert_true(!found ||
			    (proto == PROTO_NETLINK && found->cookie == table.rec[i].cookie));
		found = &table.rec[i];
	}
	assert_non_null(found);
	return found ? found : &no_row;
}

static const struct sock_rec *seen_state(enum sock_state state, uint32_t port)
{
	for (unsigned int i = 0; i < table.n; i++)
		if (table.rec[i].state == state && table.rec[i].local_port == port)
			return &table.rec[i];
	return NULL;
}

static const struct sock_rec *find_state(enum sock_state state, uint32_t port)
{
	const struct sock_rec *found = seen_state(state, port);

	assert_non_null(found);
	return found ? found : &no_row;
}

/* Descriptor of the first one in the zoo, -1 if this host could not open it. */
static int zoo_fd(enum sock_proto proto, uint16_t port)
{
	for (unsigned int i = 0; i < zoo.n; i++)
		if (zoo.entry[i].proto == proto && zoo.entry[i].port == port)
			return zoo.entry[i].fd;
	return -1;
}

#define NEED_NAMESPACE()                                                                           \
	do {                                                                                       \
		if (!entered)                                                                      \
			skip_because("no network namespace of our own");                           \
	} while (0)

static void dump_equals_the_ledger(void **state)
{
	struct sockdiag_report report;
	const struct sock_rec *rec;

	(void)state;
	NEED_NAMESPACE();
	report = dump(PROTO_MASK_ALL, STATE_MASK_ALL, SOCKDIAG_WANT_DROPS);
	assert_true(report.complete & PROTO_BIT(PROTO_TCP));
	assert_true(report.unsupported & PROTO_BIT(PROTO_ICMP));
	assert_int_equal(report.complete | report.unsupported, report.asked);
	assert_int_equal(report.undecodable, 0);
	for (unsigned int i = 0; i < zoo.n; i++) {
		if (!(report.complete & PROTO_BIT(zoo.entry[i].proto)))
			continue;
		rec = find(zoo.entry[i].proto, zoo_inode(zoo.entry[i].fd));
		assert_non_null(rec);
		assert_int_equal(rec->state, zoo.entry[i].state);
		assert_int_equal(rec->cookie, zoo_cookie(zoo.entry[i].fd));
		if (zoo.entry[i].port > 1000)
			assert_int_equal(rec->local_port, zoo.entry[i].port);
		if (rec->family == FAM_INET || rec->family == FAM_INET6)
			assert_int_equal(rec->uid, getuid());
	}
}

static void no_inet_row_is_missed_or_made_up(void **state)
{
	unsigned int known = 0, tcp = 0;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP), STATE_MASK_ALL, 0);
	for (unsigned int i = 0; i < zoo.n; i++) {
		known += zoo.entry[i].proto == PROTO_TCP || zoo.entry[i].proto == PROTO_UDP;
		known += zoo.entry[i].proto == PROTO_MPTCP; /* and its tcp part */
	}
	/* the connection that nobody accepted, and the one in time-wait */
	assert_int_equal(table.n, known + 2);
	for (unsigned int i = 0; i < table.n; i++)
		tcp += table.rec[i].proto == PROTO_TCP && !table.rec[i].inode;
	assert_int_equal(tcp, 2);
}

static void special_rows_are_right(void **state)
{
	const struct sock_rec *rec;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_MASK_ALL, STATE_MASK_ALL, 0);
	rec = find_state(STATE_LISTEN, ZOO_TCP4);
	assert_int_equal(rec->recvq, 1);
	assert_int_equal(rec->sendq, 7);
	assert_true(rec->have & REC_BACKLOG_MAX);
	rec = find_state(STATE_ESTABLISHED, ZOO_TCP4);
	assert_int_equal(rec->inode, 0);
	assert_false(rec->have & REC_UID);
	rec = find_state(STATE_TIME_WAIT, ZOO_TIME_WAIT);
	assert_int_equal(rec->timer, TIMER_TIME_WAIT);
	assert_true(rec->expires_ms > 0 && rec->expires_ms <= 60000);
	assert_false(rec->have & REC_UID);
	assert_int_equal(find_state(STATE_LISTEN, ZOO_DEVICE)->ifindex, 1);
	assert_true(find_state(STATE_LISTEN, ZOO_V6ONLY)->v6only);
	assert_true(find_state(STATE_LISTEN, ZOO_V6ONLY)->have & REC_V6ONLY);
	assert_false(find_state(STATE_LISTEN, ZOO_DUAL)->v6only);
	assert_false(find_state(STATE_LISTEN, ZOO_TCP4)->have & REC_V6ONLY);
	assert_true(find_state(STATE_UNCONN, ZOO_UDP4)->recvq > 0);
	rec = find_state(STATE_ESTABLISHED, ZOO_UDP_CLIENT);
	assert_int_equal(rec->remote_port, ZOO_UDP4);
}

static void other_families_are_right(void **state)
{
	const struct sock_rec *rec;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_BIT(PROTO_UNIX) | PROTO_BIT(PROTO_PACKET) | PROTO_BIT(PROTO_NETLINK),
	     STATE_MASK_ALL, 0);
	rec = find(PROTO_UNIX, zoo_inode(zoo_fd(PROTO_UNIX, 1)));
	assert_int_equal(rec->peer_inode, zoo_inode(zoo_fd(PROTO_UNIX, 2)));
	assert_int_equal(rec->sock_type, SOCK_STREAM);
	rec = find(PROTO_UNIX, zoo_inode(zoo_fd(PROTO_UNIX, 2)));
	assert_true(rec->recvq >= 5);
	rec = find(PROTO_UNIX, zoo_inode(zoo_fd(PROTO_UNIX, 0)));
	assert_int_equal(rec->state, STATE_LISTEN);
	assert_int_equal(rec->recvq, 1);
	assert_int_equal(rec->sendq, 4);
	assert_int_equal(rec->sock_type, SOCK_SEQPACKET);
	rec = find(PROTO_NETLINK, zoo_inode(zoo_fd(PROTO_NETLINK, 0)));
	assert_int_equal(rec->sock_type, NETLINK_ROUTE);
	assert_int_equal(rec->remote_port, 5);
	if (zoo_fd(PROTO_PACKET, 0x0800) < 0)
		skip_because("no packet socket here");
	rec = find(PROTO_PACKET, zoo_inode(zoo_fd(PROTO_PACKET, 0x0800)));
	assert_int_equal(rec->local_port, 0x0800);
	assert_int_equal(rec->ifindex, 1);
}

struct name_check {
	bool found;
};

static void check_name(const struct sock_rec *rec, void *ctx)
{
	struct name_check *check = ctx;

	if (rec->state != STATE_LISTEN || rec->path.len != ZOO_ABSTRACT_LEN - 1)
		return;
	assert_true(rec->abstract_name);
	assert_memory_equal(rec->path.ptr, &ZOO_ABSTRACT[1], ZOO_ABSTRACT_LEN - 1);
	check->found = true;
}

static void abstract_names_are_raw_bytes(void **state)
{
	const struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_UNIX),
					     .states = STATE_MASK_ALL};
	struct sockdiag_report report;
	struct name_check check = {false};
	struct sockdiag *diag;

	(void)state;
	NEED_NAMESPACE();
	assert_int_equal(sockdiag_open(&diag), 0);
	sockdiag_dump(diag, &query, check_name, &check, &report);
	sockdiag_free(diag);
	assert_true(check.found);
}

static void listener_mask_gives_listeners_only(void **state)
{
	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_MASK_INET, STATE_MASK_LISTENERS, 0);
	assert_true(table.n > 8);
	for (unsigned int i = 0; i < table.n; i++)
		assert_true(STATE_BIT(table.rec[i].state) & STATE_MASK_LISTENERS);
	assert_null(seen_state(STATE_BOUND, ZOO_BOUND));
	dump(PROTO_BIT(PROTO_TCP), STATE_BIT(STATE_BOUND), 0);
	find_state(STATE_BOUND, ZOO_BOUND);
	assert_int_equal(table.n, 1);
}

static void mptcp_is_seen_beside_its_tcp_row(void **state)
{
	uint32_t inode;

	(void)state;
	NEED_NAMESPACE();
	if (!zoo.mptcp)
		skip_because("no mptcp here");
	dump(PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_MPTCP), STATE_MASK_ALL, SOCKDIAG_WANT_TCP_INFO);
	inode = zoo_inode(zoo_fd(PROTO_MPTCP, ZOO_MPTCP));
	find(PROTO_MPTCP, inode);
	assert_int_equal(find(PROTO_MPTCP, inode)->sendq, 3);
	find(PROTO_TCP, inode);
	inode = zoo_inode(zoo_fd(PROTO_MPTCP, 0));
	assert_true(find(PROTO_TCP, inode)->mptcp_subflow);
	assert_true(find(PROTO_MPTCP, inode)->have & REC_TCP);
}

static void autobound_splits_the_dump(void **state)
{
	const struct sock_rec *rec;
	unsigned int n;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_MASK_INET, STATE_MASK_ALL, 0);
	n = table.n;
	dump(PROTO_MASK_INET, STATE_MASK_ALL, SOCKDIAG_WANT_AUTOBOUND);
	assert_int_equal(table.n, n);
	rec = find(PROTO_TCP, zoo_inode(zoo_fd(PROTO_TCP, 0)));
	assert_true(rec->have & REC_SOCKOPT && rec->autobound);
	rec = find(PROTO_TCP, zoo_inode(zoo_fd(PROTO_TCP, ZOO_TCP4)));
	assert_true(rec->have & REC_SOCKOPT && !rec->autobound);
}

static struct tcp_stats looked_up;
static int lookup_err[40];

static void note_lookup(size_t index, int err, const struct sock_rec *rec, void *ctx)
{
	struct sockdiag_key *keys = ctx;

	lookup_err[index] = err;
	if (err)
		return;
	assert_int_equal(rec->cookie, keys[index].cookie);
	if (rec->tcp && rec->local_port == ZOO_ACCEPTED && rec->state == STATE_ESTABLISHED)
		looked_up = *rec->tcp;
}

static void exact_lookups_find_every_kind(void **state)
{
	static struct sockdiag_key keys[40];
	struct netlink_result res;
	struct sockdiag *diag;
	unsigned int alive = 0;
	size_t n = 0;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_MASK_INET & ~PROTO_BIT(PROTO_MPTCP), STATE_MASK_ALL & ~STATE_BIT(STATE_BOUND),
	     0);
	for (unsigned int i = 0; i < table.n && n < 39; i++)
		n += sockdiag_key_from(&table.rec[i], &keys[n]);
	keys[n] = keys[0];
	keys[n++].cookie += 1000000;
	assert_int_equal(sockdiag_open(&diag), 0);
	for (size_t i = 0; i < 40; i++)
		lookup_err[i] = 1;
	res = sockdiag_lookup(diag, keys, n, SOCKDIAG_WANT_TCP_INFO, note_lookup, keys);
	assert_int_equal(res.outcome, NETLINK_COMPLETE);
	for (size_t i = 0; i < n - 1; i++) {
		assert_int_not_equal(lookup_err[i], 1);
		alive += lookup_err[i] == 0;
	}
	/* all but one of the two in the reuseport group */
	assert_true(alive >= n - 2);
	assert_true(lookup_err[n - 1] == -ESTALE || lookup_err[n - 1] == -ENOENT);
	assert_int_equal(looked_up.bytes_sent, 5);
	assert_true(looked_up.cc[0] != '\0');
	sockdiag_free(diag);
}

static unsigned int ended;
static uint64_t ended_cookie;

static void note_end(const struct sock_rec *rec, void *ctx)
{
	(void)ctx;
	ended += rec->cookie == ended_cookie;
}

static bool wait_for_end(struct destroy_events *events)
{
	struct pollfd pfd = {.fd = destroy_events_fd(events), .events = POLLIN};
	bool missed;

	for (int i = 0; i < 50 && !ended; i++) {
		if (poll(&pfd, 1, 100) > 0)
			destroy_events_read(events, note_end, NULL, &missed);
	}
	return ended > 0;
}

static void ends_are_told(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM};
	struct destroy_events *events;
	int fd;

	(void)state;
	NEED_NAMESPACE();
	assert_int_equal(destroy_events_open(&events), 0);
	for (size_t i = 0; i < 2; i++) {
		fd = zoo_socket(AF_INET, types[i], 0);
		assert_int_equal(zoo_bind4(fd, INADDR_LOOPBACK, 2000), 0);
		if (types[i] == SOCK_STREAM)
			listen(fd, 1);
		ended_cookie = zoo_cookie(fd);
		ended = 0;
		close(fd);
		assert_true(wait_for_end(events));
	}
	destroy_events_free(events);
}

static void destroying_needs_the_exact_cookie(void **state)
{
	struct sockdiag_key key = {.proto = PROTO_TCP, .family = FAM_INET, .local_port = 2001};
	const uint32_t loopback = htonl(INADDR_LOOPBACK);
	struct sockdiag *diag;
	enum destroy_result res;
	int fd = zoo_socket(AF_INET, SOCK_STREAM, 0), err;

	(void)state;
	NEED_NAMESPACE();
	key.local = netaddr_v4(&loopback);
	key.remote = netaddr_v4("\0\0\0\0");
	assert_int_equal(zoo_bind4(fd, INADDR_LOOPBACK, 2001), 0);
	listen(fd, 1);
	assert_int_equal(sockdiag_open(&diag), 0);
	assert_int_equal(destroy_socket(diag, &key, &err), DESTROY_FAILED);
	assert_int_equal(err, -EINVAL);
	key.cookie = UINT64_MAX;
	assert_int_equal(destroy_socket(diag, &key, &err), DESTROY_FAILED);
	key.cookie = zoo_cookie(fd) + 1000000;
	assert_int_equal(destroy_socket(diag, &key, &err), DESTROY_GONE);
	dump(PROTO_BIT(PROTO_TCP), STATE_MASK_LISTENERS, 0);
	find_state(STATE_LISTEN, 2001);
	key.cookie = zoo_cookie(fd);
	res = destroy_socket(diag, &key, &err);
	if (res == DESTROY_REFUSED || res == DESTROY_UNSUPPORTED)
		skip_because("destroying sockets is not allowed here");
	assert_int_equal(res, DESTROY_DONE);
	assert_int_equal(destroy_socket(diag, &key, &err), DESTROY_GONE);
	close(fd);
	sockdiag_free(diag);
}

/* A member that a sibling hides from the lookup must not be reported as gone. */
static void hidden_sibling_is_not_called_gone(void **state)
{
	struct sockdiag *diag;
	struct sockdiag_key key;
	enum destroy_result res[2];
	unsigned int n = 0;

	(void)state;
	NEED_NAMESPACE();
	dump(PROTO_BIT(PROTO_TCP), STATE_MASK_LISTENERS, 0);
	assert_int_equal(sockdiag_open(&diag), 0);
	for (unsigned int i = 0; i < table.n && n < 2; i++) {
		if (table.rec[i].local_port != ZOO_GROUP)
			continue;
		assert_true(sockdiag_key_from(&table.rec[i], &key));
		res[n++] = destroy_socket(diag, &key, NULL);
	}
	assert_int_equal(n, 2);
	sockdiag_free(diag);
	if (res[0] == DESTROY_REFUSED || res[0] == DESTROY_UNSUPPORTED)
		skip_because("destroying sockets is not allowed here");
	assert_int_not_equal(res[0], DESTROY_GONE);
	assert_int_not_equal(res[1], DESTROY_GONE);
}

static void text_agrees_with_netlink(void **state)
{
	static struct table by_netlink;
	struct procnet_report report;
	const struct sock_rec *a, *b;
	int dir = open("/proc/thread-self/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	NEED_NAMESPACE();
	assert_true(dir >= 0);
	dump(PROCNET_PROTOS, STATE_MASK_ALL & ~STATE_BIT(STATE_BOUND), SOCKDIAG_WANT_DROPS);
	by_netlink = table;
	table.n = 0;
	procnet_read(dir, PROCNET_PROTOS, STATE_MASK_ALL, keep, &table, &report);
	close(dir);
	assert_int_equal(report.undecodable, 0);
	assert_int_equal(report.complete, PROCNET_PROTOS & ~report.unsupported);
	for (unsigned int i = 0; i < by_netlink.n; i++) {
		a = &by_netlink.rec[i];
		if (!a->inode || a->proto == PROTO_NETLINK)
			continue;
		b = find(a->proto, a->inode);
		assert_non_null(b);
		assert_int_equal(b->state, a->state);
		assert_int_equal(b->local_port, a->local_port);
		assert_int_equal(b->remote_port, a->remote_port);
		assert_int_equal(netaddr_compare(&a->local, &b->local), 0);
		assert_int_equal(netaddr_compare(&a->remote, &b->remote), 0);
		if (a->proto != PROTO_UNIX) {
			assert_int_equal(b->recvq, a->recvq);
			assert_int_equal(b->uid, a->uid);
		}
	}
	if (zoo_fd(PROTO_RAW, 253) >= 0)
		find(PROTO_RAW, zoo_inode(zoo_fd(PROTO_RAW, 253)));
}

static void counters_gate_connections(void **state)
{
	struct netstat_counters before, same, after;
	struct netstat *netstat;
	int dir = open("/proc/thread-self/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = zoo_socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	NEED_NAMESPACE();
	assert_int_equal(netstat_open(dir, &netstat), 0);
	close(dir);
	assert_int_equal(netstat_read(netstat, &before), 0);
	assert_int_equal(netstat_read(netstat, &same), 0);
	assert_true(netstat_equal(&before, &same));
	assert_int_equal(zoo_connect4(fd, ZOO_DUAL), 0);
	assert_int_equal(netstat_read(netstat, &after), 0);
	assert_false(netstat_equal(&before, &after));
	assert_int_equal(after.curr_estab, before.curr_estab + 2);
	close(fd);
	netstat_free(netstat);
}

static void interfaces_and_addresses(void **state)
{
	struct netaddr *addrs = NULL;
	uint32_t n = 0;
	struct rtnl *rtnl;
	bool loopback = false;

	(void)state;
	NEED_NAMESPACE();
	assert_int_equal(rtnl_open(&rtnl), 0);
	assert_null(rtnl_name(rtnl, 1));
	assert_int_equal(rtnl_refresh(rtnl), 0);
	assert_string_equal(rtnl_name(rtnl, 1), "lo");
	assert_int_equal(rtnl_index(rtnl, "lo"), 1);
	assert_int_equal(rtnl_index(rtnl, "nothere"), 0);
	assert_null(rtnl_name(rtnl, 4711));
	assert_int_equal(rtnl_addresses(rtnl, &addrs, &n), 0);
	for (uint32_t i = 0; i < n; i++)
		loopback |= addrs[i].family == AF_INET && addrs[i].bytes[0] == 127;
	assert_true(loopback);
	free(addrs);
	rtnl_free(rtnl);
}

/* A stranger cannot even put messages into our queue. */
static void strangers_are_refused_at_their_end(void **state)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	struct nlmsghdr junk = {.nlmsg_len = sizeof(junk), .nlmsg_type = NLMSG_DONE};
	struct transport *transport;
	int fd = zoo_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);

	(void)state;
	assert_int_equal(transport_open(NETLINK_SOCK_DIAG, 0, &transport), 0);
	to.nl_pid = transport->portid;
	junk.nlmsg_pid = transport->portid;
	assert_true(sendto(fd, &junk, sizeof(junk), 0, (struct sockaddr *)&to, sizeof(to)) < 0);
	assert_true(errno == ECONNREFUSED || errno == EPERM);
	close(fd);
	transport_free(transport);
}

static void record_fixtures(const char *dir)
{
	const struct sockdiag_query query = {.protos = PROTO_MASK_ALL,
					     .states = STATE_MASK_ALL,
					     .want = SOCKDIAG_WANT_TCP_INFO | SOCKDIAG_WANT_DROPS};
	struct sockdiag_report report;
	struct transport *transport;
	struct sockdiag *diag;
	struct row_text rows;
	char path[4096];
	FILE *out;
	int fd;

	snprintf(path, sizeof(path), "%s/zoo.tape", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(transport_open(NETLINK_SOCK_DIAG, 0, &transport), 0);
	diag = sockdiag_from_transport(transport_record(transport, fd));
	row_text_open(&rows);
	sockdiag_dump(diag, &query, row_text_add, &rows, &report);
	sockdiag_free(diag);
	close(fd);
	fclose(rows.out);
	snprintf(path, sizeof(path), "%s/zoo.rows", dir);
	out = fopen(path, "we");
	assert_non_null(out);
	fwrite(rows.text, 1, rows.len, out);
	fclose(out);
	free(rows.text);
}

static int enter(void **state)
{
	(void)state;
	entered = zoo_enter();
	if (entered)
		zoo_open(&zoo);
	if (entered && getenv("INETTOP_RECORD"))
		record_fixtures(getenv("INETTOP_RECORD"));
	return 0;
}

static int leave(void **state)
{
	(void)state;
	zoo_close(&zoo);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_equals_the_ledger),
		cmocka_unit_test(no_inet_row_is_missed_or_made_up),
		cmocka_unit_test(special_rows_are_right),
		cmocka_unit_test(other_families_are_right),
		cmocka_unit_test(abstract_names_are_raw_bytes),
		cmocka_unit_test(listener_mask_gives_listeners_only),
		cmocka_unit_test(mptcp_is_seen_beside_its_tcp_row),
		cmocka_unit_test(autobound_splits_the_dump),
		cmocka_unit_test(exact_lookups_find_every_kind),
		cmocka_unit_test(text_agrees_with_netlink),
		cmocka_unit_test(counters_gate_connections),
		cmocka_unit_test(interfaces_and_addresses),
		cmocka_unit_test(strangers_are_refused_at_their_end),
		cmocka_unit_test(ends_are_told),
		cmocka_unit_test(destroying_needs_the_exact_cookie),
		cmocka_unit_test(hidden_sibling_is_not_called_gone),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
