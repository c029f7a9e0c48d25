/* What `why` reads beyond a tick, from recorded kernels and fixture trees. */
#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kernel/kernel_links.h"
#include "kernel/local_addr.h"
#include "kernel/nft_redirect.h"
#include "kernel/procfs.h"
#include "kernel/rpcbind.h"
#include "kernel/socket_options.h"
#include "kernel/socket_units.h"
#include "kernel/why_facts.h"
#include "tape.h"

static struct tape tape;

static struct netaddr addr(const char *text)
{
	struct netaddr a;

	assert_int_equal(netaddr_parse(text, strlen(text), &a, NULL, NULL), 0);
	return a;
}

static int fixture(const char *name, int flags)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/tests/fixtures/why/%s", top ? top : ".", name);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static size_t load(const char *name, char *buf, size_t size)
{
	int fd = fixture(name, O_RDONLY);
	ssize_t len = read(fd, buf, size);

	assert_true(len > 0);
	close(fd);
	return (size_t)len;
}

static struct netlink *replay(const char *name)
{
	struct transport *transport;
	char buf[65536];
	size_t len = load(name, buf, sizeof(buf));

	assert_int_equal(transport_replay(buf, len, &transport), 0);
	return netlink_new(transport);
}

/* ---- addresses */

static struct local_addr check_local(const char *recording, const char *text)
{
	struct netlink *nl = replay(recording);
	struct netaddr a = addr(text);
	struct local_addr ret;

	assert_int_equal(local_addr_check(nl, &a, &ret), 0);
	netlink_free(nl);
	return ret;
}

static void local_table_decides(void **state)
{
	struct local_addr a;

	(void)state;
	assert_true(check_local("routes.tape", "127.5.5.5").local);
	assert_true(check_local("routes.tape", "10.9.0.1").local);
	assert_true(check_local("routes.tape", "::ffff:10.9.0.1").local);
	assert_false(check_local("routes.tape", "10.9.0.2").local);
	assert_false(check_local("routes.tape", "192.0.2.1").local);
	a = check_local("routes.tape", "10.9.0.255");
	assert_true(a.local && a.broadcast);
	a = check_local("routes.tape", "224.0.0.1");
	assert_true(a.local && a.multicast);
	assert_true(check_local("routes.tape", "0.0.0.0").local);
}

static void addresses_of_devices_decide(void **state)
{
	struct local_addr a = check_local("addrs.tape", "2001:db8:9::1");

	(void)state;
	assert_true(a.local);
	assert_true(a.ifindex > 1);
	assert_true(check_local("addrs.tape", "::1").local);
	assert_int_equal(check_local("addrs.tape", "::1").ifindex, 1);
	assert_false(check_local("addrs.tape", "2001:db8:9::2").local);
	assert_true(check_local("addrs.tape", "ff02::1").multicast);
	assert_true(check_local("addrs.tape", "::").local);
}

static void refused_dump_is_not_known(void **state)
{
	struct local_addr ret;
	struct netaddr a = addr("10.9.0.1");
	struct netlink *nl;

	(void)state;
	tape_init(&tape);
	tape_errno(&tape, NLMSG_ERROR, 1, -EPERM);
	tape_flush(&tape);
	nl = netlink_new(tape_play(&tape));
	assert_int_equal(local_addr_check(nl, &a, &ret), -EPERM);
	netlink_free(nl);
}

/* ---- devices */

static const struct kernel_link *find_link(const struct kernel_link *links, uint32_t n,
					   const char *name)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(links[i].name, name))
			return &links[i];
	return NULL;
}

static void vxlan_ports_are_read(void **state)
{
	struct netlink *nl = replay("links.tape");
	struct kernel_link *links;
	uint32_t n;

	(void)state;
	assert_int_equal(kernel_links_read(nl, &links, &n), 0);
	assert_int_equal(find_link(links, n, "vx0")->port, 4789);
	assert_int_equal(find_link(links, n, "vx0")->kind, WHY_KERNEL_VXLAN);
	assert_true(find_link(links, n, "vx0")->is_up);
	assert_int_equal(find_link(links, n, "vx1")->port, 8472);
	assert_false(find_link(links, n, "vx1")->is_up);
	assert_false(find_link(links, n, "lo")->is_tunnel);
	free(links);
	netlink_free(nl);
}

/* Attributes into buf, as the kernel aligns them. */
static size_t put_attr(uint8_t *buf, size_t at, uint16_t type, const void *data, size_t len)
{
	const struct nlattr attr = {(uint16_t)(NLA_HDRLEN + len), type};

	memset(buf + at, 0, NLA_ALIGN(NLA_HDRLEN + len));
	memcpy(buf + at, &attr, sizeof(attr));
	memcpy(buf + at + NLA_HDRLEN, data, len);
	return at + NLA_ALIGN(NLA_HDRLEN + len);
}

/* A link as rtnl_fill_ifinfo() writes it: kind, one attribute of its own kind, master. */
static void put_link(uint32_t index, const char *name, const char *kind, uint16_t type,
		     const void *data, size_t len, uint32_t master)
{
	const struct ifinfomsg info = {.ifi_index = (int)index, .ifi_flags = IFF_UP};
	uint8_t buf[512], nest[256], own[64];
	size_t n, own_len = data ? put_attr(own, 0, type, data, len) : 0;

	memcpy(buf, &info, sizeof(info));
	n = put_attr(buf, sizeof(info), IFLA_IFNAME, name, strlen(name) + 1);
	if (master)
		n = put_attr(buf, n, IFLA_MASTER, &master, sizeof(master));
	if (kind) {
		size_t nest_len = put_attr(nest, 0, IFLA_INFO_KIND, kind, strlen(kind) + 1);

		if (own_len)
			nest_len = put_attr(nest, nest_len, IFLA_INFO_DATA, own, own_len);
		n = put_attr(buf, n, IFLA_LINKINFO, nest, nest_len);
	}
	tape_message(&tape, RTM_NEWLINK, NLM_F_MULTI, 1, buf, n);
}

static void other_tunnels_are_read(void **state)
{
	const uint16_t port = htons(6081);
	const uint32_t table = 10;
	struct kernel_link *links;
	struct netlink *nl;
	uint32_t n;

	(void)state;
	tape_init(&tape);
	put_link(2, "gnv0", "geneve", IFLA_GENEVE_PORT, &port, sizeof(port), 0);
	put_link(3, "wg0", "wireguard", 0, NULL, 0, 0);
	put_link(4, "red", "vrf", IFLA_VRF_TABLE, &table, sizeof(table), 0);
	put_link(5, "eth0", NULL, 0, NULL, 0, 4);
	tape_errno(&tape, NLMSG_DONE, 1, 0);
	tape_flush(&tape);
	nl = netlink_new(tape_play(&tape));
	assert_int_equal(kernel_links_read(nl, &links, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(find_link(links, n, "gnv0")->port, 6081);
	assert_int_equal(find_link(links, n, "gnv0")->kind, WHY_KERNEL_GENEVE);
	assert_int_equal(find_link(links, n, "wg0")->kind, WHY_KERNEL_WIREGUARD);
	assert_int_equal(kernel_links_vrf(links, n, 5), 4);
	assert_int_equal(kernel_links_vrf(links, n, 4), 4);
	assert_int_equal(kernel_links_vrf(links, n, 2), 0);
	free(links);
	netlink_free(nl);
}

/* ctrl_fill_info() and wg_get_device_dump() */
static void wireguard_port_is_asked_for(void **state)
{
	struct kernel_link links[] = {
		{.ifindex = 3, .is_tunnel = true, .kind = WHY_KERNEL_WIREGUARD}};
	const struct genlmsghdr genl = {.cmd = 1, .version = 1};
	const uint16_t family = 0x25, port = 51820;
	uint8_t buf[64];
	struct netlink *nl;

	(void)state;
	memcpy(buf, &genl, sizeof(genl));
	tape_init(&tape);
	tape_message(&tape, GENL_ID_CTRL, 0, 1, buf,
		     put_attr(buf, sizeof(genl), CTRL_ATTR_FAMILY_ID, &family, sizeof(family)));
	tape_flush(&tape);
	tape_message(
		&tape, family, NLM_F_MULTI, 2, buf,
		put_attr(buf, sizeof(genl), 6 /* WGDEVICE_A_LISTEN_PORT */, &port, sizeof(port)));
	tape_errno(&tape, NLMSG_DONE, 2, 0);
	tape_flush(&tape);
	nl = netlink_new(tape_play(&tape));
	assert_int_equal(kernel_links_wireguard(nl, links, 1), 0);
	assert_int_equal(links[0].port, 51820);
	netlink_free(nl);
}

/* ---- the packet filter */

static uint32_t redirects(uint8_t proto, uint16_t port, struct arena *arena,
			  const struct why_redirect **ret)
{
	struct netlink *nl = replay("nft.tape");
	uint32_t n;

	assert_int_equal(nft_redirect_read(nl, proto, port, arena, ret, &n), 0);
	netlink_free(nl);
	return n;
}

static bool is_text(struct bytes text, const char *want)
{
	return text.len == strlen(want) && !memcmp(text.ptr, want, text.len);
}

static void rules_of_iptables_nft_are_read(void **state)
{
	struct netaddr four = addr("172.18.0.4"), six = addr("2001:db8::80");
	const struct why_redirect *r;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(redirects(PROTO_TCP, 8080, &arena, &r), 2);
	assert_int_equal(r[0].family, AF_INET);
	assert_true(is_text(r[0].table, "nat"));
	assert_true(is_text(r[0].chain, "PREROUTING"));
	assert_int_equal(netaddr_compare(&r[0].to, &four), 0);
	assert_int_equal(r[0].to_port, 80);
	assert_int_equal(r[1].family, AF_INET6);
	assert_int_equal(netaddr_compare(&r[1].to, &six), 0);
	assert_int_equal(r[1].to_port, 8081);
	assert_int_equal(redirects(PROTO_TCP, 30080, &arena, &r), 1);
	assert_true(is_text(r[0].chain, "KUBE-NODEPORTS"));
	assert_int_equal(redirects(PROTO_UDP, 5353, &arena, &r), 1);
	assert_int_equal(redirects(PROTO_TCP, 5353, &arena, &r), 0);
	assert_int_equal(redirects(PROTO_TCP, 9005, &arena, &r), 1);
	assert_int_equal(redirects(PROTO_TCP, 9011, &arena, &r), 0);
	assert_int_equal(redirects(PROTO_TCP, 7000, &arena, &r), 0);
	assert_int_equal(redirects(PROTO_TCP, 7777, &arena, &r), 0);
	assert_int_equal(redirects(PROTO_UDP, 8080, &arena, &r), 0);
	arena_done(&arena);
}

/* Whatever is cut off, nothing beyond is read (the sanitizers watch). */
static void cut_rules_are_safe(void **state)
{
	const struct why_redirect *r;
	struct transport *transport;
	char buf[65536], *copy;
	size_t len = load("nft.tape", buf, sizeof(buf));
	struct arena arena;
	uint32_t n;

	(void)state;
	arena_init(&arena, 0);
	for (size_t cut = 60; cut < len; cut += 7) {
		struct netlink *nl;

		copy = malloc(len);
		memcpy(copy, buf, len);
		memset(copy + cut, 0xff, len - cut < 16 ? len - cut : 16);
		if (!transport_replay(copy, len, &transport)) {
			nl = netlink_new(transport);
			nft_redirect_read(nl, PROTO_TCP, 8080, &arena, &r, &n);
			netlink_free(nl);
		}
		free(copy);
	}
	arena_done(&arena);
}

/* ---- socket units */

static void listen_values_are_parsed(void **state)
{
	static const struct {
		const char *text;
		uint16_t port; /* 0: no internet socket */
		const char *addr;
	} cases[] = {
		{"22", 22, NULL},
		{"127.0.0.1:22", 22, "127.0.0.1"},
		{"[::]:22", 22, "::"},
		{"[fe80::1]:22%eth0", 22, "fe80::1"},
		{"/run/x.sock", 0, NULL},
		{"@abstract", 0, NULL},
		{"vsock:2:22", 0, NULL},
		{"0", 0, NULL},
		{"65536", 0, NULL},
		{"22x", 0, NULL},
		{"", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netaddr got, want = {0};
		uint16_t port = 0;
		int err = socket_units_parse_listen(cases[i].text, strlen(cases[i].text), &got,
						    &port);

		assert_int_equal(err, cases[i].port ? 0 : -EINVAL);
		if (cases[i].addr)
			want = addr(cases[i].addr);
		if (!err) {
			assert_int_equal(port, cases[i].port);
			assert_int_equal(netaddr_compare(&got, &want), 0);
		}
	}
}

static uint32_t units(bool udp, const char *at, uint16_t port, struct arena *arena,
		      const struct why_unit **ret)
{
	int root = fixture("units", O_PATH | O_DIRECTORY);
	struct netaddr none = {0}, a = at ? addr(at) : none;
	uint32_t n;

	socket_units_find(root, udp, &a, port, arena, ret, &n);
	close(root);
	return n;
}

static void units_are_found(void **state)
{
	const struct why_unit *u;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(units(false, NULL, 22, &arena, &u), 1);
	assert_true(is_text(u->socket, "ssh.socket"));
	assert_true(is_text(u->service, "ssh.service"));
	assert_true(is_text(u->path, "/usr/lib/systemd/system/ssh.socket"));
	assert_true(is_text(u->listen, "22"));
	/* a drop-in takes the file's values away */
	assert_int_equal(units(false, NULL, 9090, &arena, &u), 0);
	assert_int_equal(units(false, NULL, 9443, &arena, &u), 1);
	assert_true(is_text(u->service, "cockpit.service"));
	assert_int_equal(units(false, "127.0.0.2", 9443, &arena, &u), 0);
	assert_int_equal(units(false, NULL, 9999, &arena, &u), 0);
	/* only [Socket], the right kind, and Accept=yes */
	assert_int_equal(units(true, NULL, 53, &arena, &u), 1);
	assert_true(is_text(u->listen, "127.0.0.53:53"));
	assert_true(is_text(u->service, "dns@.service"));
	assert_int_equal(units(false, "::1", 53, &arena, &u), 1);
	assert_int_equal(units(false, "127.0.0.53", 53, &arena, &u), 0);
	/* an administrator's file hides the vendor's */
	assert_int_equal(units(false, NULL, 7000, &arena, &u), 0);
	assert_int_equal(units(false, NULL, 7001, &arena, &u), 1);
	arena_done(&arena);
}

/* ---- rpcbind */

static const uint8_t reply[] = {
	0,
	0,
	0,
	9,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* one: 100003 version 3 tcp 2049 */
	0,
	0,
	0,
	1,
	0,
	1,
	0x86,
	0xa3,
	0,
	0,
	0,
	3,
	0,
	0,
	0,
	6,
	0,
	0,
	8,
	1,
	/* one: 100021 version 4 udp 40000 */
	0,
	0,
	0,
	1,
	0,
	1,
	0x86,
	0xb5,
	0,
	0,
	0,
	4,
	0,
	0,
	0,
	17,
	0,
	0,
	0x9c,
	0x40,
	0,
	0,
	0,
	0,
};

static void programs_are_found(void **state)
{
	uint32_t program = 0;

	(void)state;
	assert_int_equal(rpcbind_decode(reply, sizeof(reply), 9, false, 2049, &program), 0);
	assert_string_equal(rpcbind_name(program), "nfs");
	assert_int_equal(rpcbind_decode(reply, sizeof(reply), 9, true, 40000, &program), 0);
	assert_string_equal(rpcbind_name(program), "nlockmgr");
	assert_int_equal(rpcbind_decode(reply, sizeof(reply), 9, true, 2049, &program), -ENOENT);
	assert_int_equal(rpcbind_decode(reply, sizeof(reply), 8, false, 2049, &program), -EBADMSG);
	assert_null(rpcbind_name(1));
	for (size_t cut = 0; cut < sizeof(reply); cut++) {
		uint8_t *copy = malloc(cut + 1);

		memcpy(copy, reply, cut);
		assert_int_not_equal(rpcbind_decode(copy, cut, 9, true, 1, &program), 0);
		free(copy);
	}
}

/* ---- small ones */

static void reserved_ports_are_ranges(void **state)
{
	(void)state;
	assert_true(why_facts_port_in("8080,9148-9200\n", 8080));
	assert_true(why_facts_port_in("8080,9148-9200\n", 9148));
	assert_true(why_facts_port_in("8080,9148-9200\n", 9200));
	assert_false(why_facts_port_in("8080,9148-9200\n", 9201));
	assert_false(why_facts_port_in("\n", 8080));
	assert_false(why_facts_port_in("x8080", 8080));
}

static void bound_rows_become_facts(void **state)
{
	struct why_facts facts = {.want = {.proto = PROTO_TCP, .port = 80}, .n_places = 1};
	struct bpf_bound rows[] = {
		{.end = {.family = AF_INET,
			 .protocol = IPPROTO_TCP,
			 .sport = 80,
			 .state = 10,
			 .reuse = 1,
			 .saddr = {127, 0, 0, 1}},
		 .inode = 7,
		 .uid = 33,
		 .fastreuseport = 1,
		 .fastuid = 33,
		 .fast_family = AF_INET},
		{.end = {.family = AF_INET6,
			 .protocol = IPPROTO_TCP,
			 .sport = 80,
			 .state = 6,
			 .tw_substate = 5,
			 .reuseport = 1}},
		{.end = {.family = AF_INET, .protocol = IPPROTO_TCP, .sport = 80, .state = 7}},
		{.end = {.family = AF_INET, .protocol = IPPROTO_UDP, .sport = 80, .state = 7}},
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	why_facts_put_bound(&facts, rows, 4, &arena);
	assert_int_equal(facts.n_socks, 3);
	assert_int_equal(facts.socks[0].bind.state, STATE_LISTEN);
	assert_int_equal(facts.socks[0].bind.reuseaddr, 1);
	assert_int_equal(facts.socks[0].bind.uid, 33);
	assert_int_equal(facts.socks[1].bind.state, STATE_FIN_WAIT_2);
	assert_true(facts.socks[1].bind.timewait);
	assert_int_equal(facts.socks[1].bind.addr.family, AF_INET6);
	assert_int_equal(facts.socks[2].bind.state, STATE_BOUND);
	assert_ptr_equal(facts.places[0].bind.bucket, &facts.places[0].bucket);
	assert_true(facts.options_by_bpf);
	facts.want.proto = PROTO_UDP;
	rows[3].chain_len = 12;
	why_facts_put_bound(&facts, rows, 4, &arena);
	assert_int_equal(facts.n_socks, 1);
	assert_int_equal(facts.socks[0].bind.state, STATE_UNCONN);
	assert_int_equal(facts.places[0].bind.chain_len, 12);
	arena_done(&arena);
}

static void options_of_a_socket_are_read(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, proc;
	struct socket_options options;
	char link[64], text[64];
	uint32_t inode;
	ssize_t len;

	(void)state;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, text, sizeof(text));
	inode = procfs_link_inode(text, (size_t)len, "socket");
	assert_int_equal(socket_options_read((uint32_t)getpid(), fd, inode, &options), 0);
	assert_int_equal(options.reuseaddr, 1);
	assert_int_equal(options.reuseport, 0);
	assert_int_equal(options.v6only, -1);
	assert_int_equal(socket_options_read((uint32_t)getpid(), fd, inode + 1, &options), -ESTALE);
	proc = procfs_open("/proc");
	assert_int_equal(why_facts_cloexec(proc, (uint32_t)getpid(), fd), 1);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	assert_int_equal(why_facts_cloexec(proc, (uint32_t)getpid(), fd), 0);
	close(fd);
	assert_int_equal(why_facts_cloexec(proc, (uint32_t)getpid(), fd), BIND_UNKNOWN);
	close(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(local_table_decides),
		cmocka_unit_test(addresses_of_devices_decide),
		cmocka_unit_test(refused_dump_is_not_known),
		cmocka_unit_test(vxlan_ports_are_read),
		cmocka_unit_test(other_tunnels_are_read),
		cmocka_unit_test(wireguard_port_is_asked_for),
		cmocka_unit_test(rules_of_iptables_nft_are_read),
		cmocka_unit_test(cut_rules_are_safe),
		cmocka_unit_test(listen_values_are_parsed),
		cmocka_unit_test(units_are_found),
		cmocka_unit_test(programs_are_found),
		cmocka_unit_test(reserved_ports_are_ranges),
		cmocka_unit_test(bound_rows_become_facts),
		cmocka_unit_test(options_of_a_socket_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
