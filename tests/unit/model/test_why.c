/* Each cause by one small situation; tests/live/why_causes.sh makes them for real. */
#include "lib/unit.h"

#include <errno.h>
#include <sys/socket.h>

#include "why_world.h"

/* ---- the causes */

static void nothing_is_free(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	judge_at(&w, NOW);
	assert_int_equal(w.result.verdict, WHY_FREE);
	assert_int_equal(w.result.n_causes, 0);
	assert_int_equal(w.result.predicted[0].err[BIND_PLAIN], 0);
	end(&w);
}

static void listener_is_named(void **state)
{
	struct world w;
	struct proc_rec p = process(812, "nginx");
	const struct why_cause *cause;

	(void)state;
	start(&w);
	p.unit = text("nginx.service");
	p.user = text("www-data");
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	hold(&w, 7, &p);
	cause = expect(&w, WHY_BUSY, WHY_LISTENER,
		       "nginx (812, user www-data, nginx.service) listens on 0.0.0.0:8080");
	assert_true(advises(cause, "systemctl stop nginx.service"));
	assert_int_equal(cause->n_rows, 2);
	assert_int_equal(cause->rows[0].kind, WHY_ROW_SOCK);
	assert_int_equal(w.result.n_causes, 1);
	end(&w);
}

static void status_makes_the_cause(void **state)
{
	static const struct {
		enum owner_status status;
		enum why_code code;
		const char *words;
	} cases[] = {
		{OWNER_DENIED, WHY_OTHER_USER, "another user (uid 1000)"},
		{OWNER_HIDDEN, WHY_PID_NAMESPACE, "hidden from here"},
		{OWNER_IN_FLIGHT, WHY_IN_FLIGHT, "unix socket, or registered with io_uring"},
		{OWNER_UNRESOLVED, WHY_IN_FLIGHT, "in no process's table"},
		{OWNER_KERNEL, WHY_KERNEL, "held by the kernel itself: no process"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;

		start(&w);
		put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
		store_owner_none(w.st, 7, cases[i].status, (struct bytes){0});
		expect(&w, WHY_BUSY, cases[i].code, cases[i].words);
		assert_null(find(&w, WHY_LISTENER));
		end(&w);
	}
}

static void suspect_is_named(void **state)
{
	struct why_suspect suspect = {7, 812, text("postgres"), text("postgresql.service")};
	const struct why_cause *cause;
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	store_owner_none(w.st, 7, OWNER_DENIED, (struct bytes){0});
	w.facts.suspects = &suspect;
	w.facts.n_suspects = 1;
	cause = expect(&w, WHY_BUSY, WHY_OTHER_USER, "probably postgres (812, postgresql.service)");
	assert_non_null(cause->needs);
	end(&w);
}

static void kernel_user_is_named(void **state)
{
	static const struct {
		enum why_kernel_kind kind;
		const char *name, *words;
	} cases[] = {
		{WHY_KERNEL_VXLAN, "vx0", "vxlan device vx0"},
		{WHY_KERNEL_GENEVE, "gnv0", "geneve device gnv0"},
		{WHY_KERNEL_WIREGUARD, "wg0", "WireGuard wg0"},
		{WHY_KERNEL_RPC, "nlockmgr", "RPC service nlockmgr"},
		{WHY_KERNEL_NFSD, NULL, "the NFS server"},
		{WHY_KERNEL_LOCKD, NULL, "lockd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct why_kernel_user user = {.kind = (uint8_t)cases[i].kind, .proto = PROTO_TCP};
		struct sock_rec rec = row("0.0.0.0", STATE_LISTEN, 7);
		struct world w;

		if (cases[i].name)
			user.name = text(cases[i].name);
		start(&w);
		rec.uid = 0;
		put(&w, &rec);
		/* one table could not be read: then nobody can say that nobody holds it */
		store_owner_none(w.st, 7, OWNER_DENIED, (struct bytes){0});
		w.facts.kernel_users = &user;
		w.facts.n_kernel_users = 1;
		expect(&w, WHY_BUSY, WHY_KERNEL, cases[i].words);
		end(&w);
	}
}

static struct proc_rec proxy(void)
{
	static const char line[] = "/usr/bin/docker-proxy\0-proto\0tcp\0-container-ip\0"
				   "172.18.0.4\0-container-port\0"
				   "80";
	struct proc_rec p = process(900, "docker-proxy");

	p.cmdline = (struct bytes){line, sizeof(line)};
	return p;
}

static void proxy_lives_or_is_stale(void **state)
{
	struct netaddr container = addr("172.18.0.4");
	struct netns_rec ns = {
		.cookie = 3, .inode = 4026532001u, .addrs = &container, .n_addrs = 1};
	struct proc_rec p = proxy();
	struct world w;

	(void)state;
	for (int live = 0; live < 2; live++) {
		start(&w);
		w.facts.all_netns = true;
		if (live)
			store_netns_put(w.st, &ns);
		put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
		hold(&w, 7, &p);
		expect(&w, WHY_BUSY, live ? WHY_DOCKER_PROXY : WHY_STALE_DOCKER_PROXY,
		       "172.18.0.4:80");
		assert_null(find(&w, live ? WHY_STALE_DOCKER_PROXY : WHY_DOCKER_PROXY));
		end(&w);
	}
	/* a namespace that was not looked at may be the container's */
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	hold(&w, 7, &p);
	expect(&w, WHY_BUSY, WHY_DOCKER_PROXY, "docker-proxy (900");
	end(&w);
}

static void forwarder_is_one(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	hold_by(&w, 7, 50, "slirp4netns");
	expect(&w, WHY_BUSY, WHY_FORWARDER, "on behalf of");
	end(&w);
}

static void systemd_keeps_the_port(void **state)
{
	struct why_unit unit = {text("ssh.socket"), text("ssh.service"),
				text("/usr/lib/systemd/system/ssh.socket"), text("8080")};
	struct owner owners[] = {{1, 0, 40}, {77, 0, 3}};
	struct proc_rec init = process(1, "systemd"), sshd = process(77, "sshd");
	const struct why_cause *cause;
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	store_owners_set(w.st, 7, owners, 2, true);
	store_proc_put(w.st, &init);
	store_proc_put(w.st, &sshd);
	w.facts.units = &unit;
	w.facts.n_units = 1;
	cause = expect(&w, WHY_BUSY, WHY_SYSTEMD_SOCKET, "ssh.socket (/usr/lib");
	assert_true(advises(cause, "systemctl stop ssh.socket"));
	assert_null(find(&w, WHY_INHERITED));
	end(&w);
}

static void inherited_by_another_program(void **state)
{
	struct owner owners[] = {{10, 0, 3}, {20, 0, 3}};
	struct proc_rec server = process(10, "server"), child = process(20, "rsync");
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	store_owners_set(w.st, 7, owners, 2, true);
	store_proc_put(w.st, &server);
	store_proc_put(w.st, &child);
	expect(&w, WHY_BUSY, WHY_INHERITED, "held by 2 processes");
	end(&w);
	/* workers of one program are no heirs */
	start(&w);
	child = process(20, "server");
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	store_owners_set(w.st, 7, owners, 2, true);
	store_proc_put(w.st, &server);
	store_proc_put(w.st, &child);
	judge_at(&w, NOW);
	assert_null(find(&w, WHY_INHERITED));
	end(&w);
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	hold_by(&w, 7, 30, "sleep");
	expect(&w, WHY_BUSY, WHY_INHERITED, "was inherited by sleep");
	end(&w);
}

static void reuseport_members_are_counted(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	for (uint32_t inode = 7; inode < 10; inode++) {
		put_row(&w, "0.0.0.0", STATE_LISTEN, inode)->bind.reuseport = 1;
		hold_by(&w, inode, inode, "server");
	}
	assert_true(advises(expect(&w, WHY_BUSY, WHY_REUSEPORT_GROUP, "3 sockets share :8080"),
			    "can join now"));
	end(&w);
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7)->bind.reuseport = 1;
	judge_at(&w, NOW);
	assert_null(find(&w, WHY_REUSEPORT_GROUP));
	end(&w);
}

static void dual_stack_takes_ipv4(void **state)
{
	struct sock_rec rec = row("::", STATE_LISTEN, 7);
	struct world w;

	(void)state;
	start_at(&w, "127.0.0.1");
	put(&w, &rec);
	expect(&w, WHY_BUSY, WHY_DUAL_STACK, "is not IPV6_V6ONLY");
	end(&w);
	start_at(&w, "127.0.0.1");
	rec.v6only = true;
	put(&w, &rec);
	judge_at(&w, NOW);
	assert_int_equal(w.result.verdict, WHY_FREE);
	assert_null(find(&w, WHY_DUAL_STACK));
	end(&w);
}

static void addresses_overlap(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "127.0.0.53", STATE_LISTEN, 7);
	expect(&w, WHY_BUSY, WHY_ADDRESS_OVERLAP, "one of the addresses");
	assert_non_null(find(&w, WHY_LOOPBACK_ONLY));
	end(&w);
	start_at(&w, "127.0.0.53");
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	expect(&w, WHY_BUSY, WHY_ADDRESS_OVERLAP, "stands for every address");
	assert_null(find(&w, WHY_LOOPBACK_ONLY));
	end(&w);
	start_at(&w, "127.0.0.53");
	put_row(&w, "127.0.0.53", STATE_LISTEN, 7);
	judge_at(&w, NOW);
	assert_null(find(&w, WHY_ADDRESS_OVERLAP));
	end(&w);
}

static void owner_has_troubles(void **state)
{
	struct proc_rec p = process(12, "node");
	struct world w;

	(void)state;
	start(&w);
	p.state = 'T';
	p.exe_deleted = true;
	p.netns_inode = 4026532000u;
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	hold(&w, 7, &p);
	assert_true(
		advises(expect(&w, WHY_BUSY, WHY_STOPPED_OWNER, "is stopped"), "kill -CONT 12"));
	assert_non_null(find(&w, WHY_DELETED_EXE));
	assert_non_null(find(&w, WHY_FOREIGN_NETNS_SOCKET));
	assert_non_null(find(&w, WHY_LISTENER));
	end(&w);
}

static void time_wait_runs_down(void **state)
{
	struct world w;

	(void)state;
	for (int old = -1; old < 2; old++) {
		struct sock_rec rec = row("127.0.0.1", STATE_TIME_WAIT, 0);
		const struct why_cause *cause;

		start(&w);
		rec.remote_port = 5555;
		rec.timer = TIMER_TIME_WAIT;
		rec.expires_ms = 41000;
		rec.have &= (uint16_t)~REC_UID;
		put(&w, &rec)->bind.reuseaddr = (int8_t)old;
		cause = expect(&w, WHY_DRAINING, WHY_TIME_WAIT, "free in 41 s");
		assert_true(advises(cause, old == 1   ? "need not wait"
					   : old == 0 ? "does not help"
						      : "helps only if"));
		assert_int_equal(w.result.free_in_ms, 41000);
		assert_int_equal(!!memmem(w.result.headline.ptr, w.result.headline.len,
					  "SO_REUSEADDR can bind now", 25),
				 old == 1);
		judge_at(&w, NOW + 40000);
		assert_int_equal(w.result.free_in_ms, 1000);
		end(&w);
	}
}

static void closing_is_an_orphan(void **state)
{
	struct sock_rec rec = row("127.0.0.1", STATE_FIN_WAIT_1, 0);
	struct world w;

	(void)state;
	start(&w);
	rec.sendq = 12288;
	put(&w, &rec);
	expect(&w, WHY_BUSY, WHY_ORPHAN, "still sending 12K bytes");
	end(&w);
}

static void connections_without_listener(void **state)
{
	struct sock_rec rec = row("127.0.0.1", STATE_ESTABLISHED, 9);
	struct world w;

	(void)state;
	start(&w);
	rec.remote = addr("198.51.100.7");
	rec.remote_port = 443;
	put(&w, &rec);
	hold_by(&w, 9, 33, "curl");
	expect(&w, WHY_BUSY, WHY_EPHEMERAL_CLIENT, "curl (33, uid 1000) uses :8080");
	end(&w);
	start(&w);
	put_row(&w, "0.0.0.0", STATE_BOUND, 9);
	hold_by(&w, 9, 77, "server");
	expect(&w, WHY_BUSY, WHY_BOUND_NOT_LISTENING,
	       "server (77, uid 1000) has bound 0.0.0.0:8080");
	end(&w);
	start(&w);
	rec.state = STATE_CLOSE_WAIT;
	put(&w, &rec);
	hold_by(&w, 9, 33, "node");
	expect(&w, WHY_BUSY, WHY_CLOSE_WAIT_PILEUP, "1 connection in CLOSE_WAIT in node (33");
	end(&w);
}

static void pileup_needs_many(void **state)
{
	struct world w;

	(void)state;
	for (uint32_t n = 15; n < 17; n++) {
		start(&w);
		put_row(&w, "0.0.0.0", STATE_LISTEN, 1);
		hold_by(&w, 1, 12, "node");
		for (uint32_t i = 0; i < n; i++) {
			struct sock_rec rec = row("127.0.0.1", STATE_CLOSE_WAIT, 10 + i);

			rec.remote_port = 5000 + i;
			put(&w, &rec);
			hold_by(&w, 10 + i, 12, "node");
		}
		judge_at(&w, NOW);
		assert_int_equal(!!find(&w, WHY_CLOSE_WAIT_PILEUP), n >= 16);
		end(&w);
	}
}

static void queue_is_full(void **state)
{
	struct sock_rec listener = row("0.0.0.0", STATE_LISTEN, 7),
			waiting = row("127.0.0.1", STATE_ESTABLISHED, 0);
	struct world w;

	(void)state;
	start(&w);
	listener.recvq = 3;
	listener.sendq = 2;
	put(&w, &listener);
	waiting.remote_port = 5555;
	put(&w, &waiting);
	expect(&w, WHY_BUSY, WHY_QUEUE_FULL, "is full (3 of 2)");
	assert_non_null(find(&w, WHY_ACCEPT_QUEUE));
	end(&w);
	start(&w);
	listener.recvq = 2;
	put(&w, &listener);
	judge_at(&w, NOW);
	assert_null(find(&w, WHY_QUEUE_FULL));
	assert_null(find(&w, WHY_BACKLOG_CAPPED));
	end(&w);
	start(&w);
	listener.sendq = 4096;
	put(&w, &listener);
	expect(&w, WHY_BUSY, WHY_BACKLOG_CAPPED, "limit of 4096");
	end(&w);
}

static void others_do_not_conflict(void **state)
{
	struct sock_rec rec = row("0.0.0.0", STATE_LISTEN, 7);
	struct world w;

	(void)state;
	start(&w);
	put_in(&w, w.elsewhere, &rec);
	rec.inode = 8;
	rec.proto = PROTO_UDP;
	rec.state = STATE_UNCONN;
	put_in(&w, w.here, &rec);
	expect(&w, WHY_FREE, WHY_OTHER_NETNS, "in namespace web_1");
	assert_non_null(find(&w, WHY_OTHER_PROTOCOL));
	assert_int_equal(w.result.n_causes, 2);
	end(&w);
}

static void specific_wins(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	put_row(&w, "127.0.0.1", STATE_LISTEN, 8);
	expect(&w, WHY_BUSY, WHY_MORE_SPECIFIC_WINS, "0.0.0.0:8080, 127.0.0.1:8080");
	end(&w);
}

static void redirect_is_told(void **state)
{
	struct why_redirect r = {AF_INET, text("nat"), text("KUBE-NODEPORTS"), addr("10.0.0.5"),
				 80};
	struct world w;

	(void)state;
	start(&w);
	w.facts.redirects = &r;
	w.facts.n_redirects = 1;
	expect(&w, WHY_FREE, WHY_REDIRECTED, "table nat, chain KUBE-NODEPORTS) to 10.0.0.5:80");
	end(&w);
}

static void not_a_conflict(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	w.facts.places[0].bind.unprivileged_start = 9000;
	expect(&w, WHY_NOT_A_CONFLICT, WHY_PRIVILEGED_PORT, "ports below 9000");
	assert_int_equal(w.result.predicted[0].err[BIND_PLAIN], EACCES);
	end(&w);
	start_at(&w, "192.0.2.1");
	w.facts.places[0].bind.addr_local = 0;
	expect(&w, WHY_NOT_A_CONFLICT, WHY_ADDRESS_NOT_LOCAL, "192.0.2.1 is not an address");
	end(&w);
	start_at(&w, "fe80::1");
	expect(&w, WHY_NOT_A_CONFLICT, WHY_ADDRESS_NOT_LOCAL, "needs its device");
	end(&w);
}

static void policy_hides_the_answer(void **state)
{
	struct why_policy policy = {WHY_POLICY_CGROUP, text("deny_bind")};
	struct world w;

	(void)state;
	start(&w);
	w.facts.policies = &policy;
	w.facts.n_policies = 1;
	expect(&w, WHY_HIDDEN, WHY_POLICY, "(deny_bind)");
	for (int v = 0; v < BIND_VARIANTS; v++)
		assert_int_equal(w.result.predicted[0].err[v], BIND_UNKNOWN);
	w.facts.places[0].probe[BIND_PLAIN] = EPERM;
	expect(&w, WHY_NOT_A_CONFLICT, WHY_POLICY, "decides about bind()");
	end(&w);
	/* what is taken is taken whatever a policy says */
	start(&w);
	w.facts.policies = &policy;
	w.facts.n_policies = 1;
	put_row(&w, "0.0.0.0", STATE_LISTEN, 7);
	expect(&w, WHY_BUSY, WHY_POLICY, "decides");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_free),
		cmocka_unit_test(listener_is_named),
		cmocka_unit_test(status_makes_the_cause),
		cmocka_unit_test(suspect_is_named),
		cmocka_unit_test(kernel_user_is_named),
		cmocka_unit_test(proxy_lives_or_is_stale),
		cmocka_unit_test(forwarder_is_one),
		cmocka_unit_test(systemd_keeps_the_port),
		cmocka_unit_test(inherited_by_another_program),
		cmocka_unit_test(reuseport_members_are_counted),
		cmocka_unit_test(dual_stack_takes_ipv4),
		cmocka_unit_test(addresses_overlap),
		cmocka_unit_test(owner_has_troubles),
		cmocka_unit_test(time_wait_runs_down),
		cmocka_unit_test(closing_is_an_orphan),
		cmocka_unit_test(connections_without_listener),
		cmocka_unit_test(pileup_needs_many),
		cmocka_unit_test(queue_is_full),
		cmocka_unit_test(others_do_not_conflict),
		cmocka_unit_test(specific_wins),
		cmocka_unit_test(redirect_is_told),
		cmocka_unit_test(not_a_conflict),
		cmocka_unit_test(policy_hides_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
