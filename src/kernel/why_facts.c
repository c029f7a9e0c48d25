#include "kernel/why_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "kernel/bind_policy.h"
#include "kernel/kernel_links.h"
#include "kernel/local_addr.h"
#include "kernel/nft_redirect.h"
#include "kernel/procfs.h"
#include "kernel/rpcbind.h"
#include "kernel/socket_units.h"

#define RPC_WAIT_MS 300

struct reader {
	const struct why_facts_input *in;
	struct arena *arena;
	struct why_facts *facts;
};

/* ---- small files ---- */

/* Text of /proc/NAME in buf, NUL-terminated; false when it cannot be read. */
static bool read_text(int proc_fd, const char *name, char *buf, size_t size)
{
	ssize_t len = procfs_read(proc_fd, 0, name, buf, size - 1);

	buf[len > 0 ? len : 0] = '\0';
	return len > 0;
}

static int32_t read_number(int proc_fd, const char *name, int32_t unknown)
{
	char text[64];

	return read_text(proc_fd, name, text, sizeof(text)) ? (int32_t)strtol(text, NULL, 10)
							    : unknown;
}

bool why_facts_port_in(const char *ranges, uint16_t port)
{
	const char *at = ranges;

	while (*at >= '0' && *at <= '9') {
		char *end;
		unsigned long low = strtoul(at, &end, 10), high = low;

		if (*end == '-')
			high = strtoul(end + 1, &end, 10);
		if (port >= low && port <= high)
			return true;
		at = *end == ',' ? end + 1 : end;
	}
	return false;
}

int8_t why_facts_cloexec(int proc_fd, uint32_t pid, int fd)
{
	char name[32], text[1024];
	const char *flags;
	ssize_t len;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	len = procfs_read(proc_fd, pid, name, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	flags = strstr(text, "flags:");
	if (!flags)
		return BIND_UNKNOWN;
	return (strtoul(flags + strlen("flags:"), NULL, 8) & O_CLOEXEC) != 0;
}

static void read_sysctls(struct reader *r)
{
	struct why_facts *f = r->facts;
	char text[4096];

	f->somaxconn = read_number(r->in->proc_fd, "sys/net/core/somaxconn", -1);
	f->fin_timeout_s = read_number(r->in->proc_fd, "sys/net/ipv4/tcp_fin_timeout", -1);
	f->range_low = f->range_high = -1;
	if (read_text(r->in->proc_fd, "sys/net/ipv4/ip_local_port_range", text, sizeof(text)) &&
	    sscanf(text, "%d %d", &f->range_low, &f->range_high) != 2)
		f->range_low = f->range_high = -1;
	if (read_text(r->in->proc_fd, "sys/net/ipv4/ip_local_reserved_ports", text, sizeof(text)))
		f->port_reserved = why_facts_port_in(text, f->want.port);
}

/* ---- the addresses ---- */

static void add_place(struct reader *r, const struct netaddr *addr)
{
	struct why_place *place = &r->facts->places[r->facts->n_places++];
	const struct why_want *want = &r->facts->want;
	bool plain_v6 = addr->family == AF_INET6;

	memset(place, 0, sizeof(*place));
	place->bind = (struct bind_want){
		.addr = *addr,
		.uid = want->uid,
		.ifindex = want->scope_ifindex,
		.port = want->port,
		.proto = want->proto,
		.cap_net_bind_service = r->in->cap_bind,
		.unprivileged_start = (uint16_t)read_number(
			r->in->proc_fd, "sys/net/ipv4/ip_unprivileged_port_start", 1024),
		.nonlocal = read_number(r->in->proc_fd,
					plain_v6 ? "sys/net/ipv6/ip_nonlocal_bind"
						 : "sys/net/ipv4/ip_nonlocal_bind",
					0) > 0,
		.addr_local = BIND_UNKNOWN,
	};
	for (int v = 0; v < BIND_VARIANTS; v++)
		place->probe[v] = BIND_UNKNOWN;
}

static bool has_ipv6(const struct reader *r)
{
	char text[16];

	return read_text(r->in->proc_fd, "sys/net/ipv6/bindv6only", text, sizeof(text));
}

static void make_places(struct reader *r)
{
	static const struct netaddr any4 = {.family = AF_INET}, any6 = {.family = AF_INET6};

	r->facts->n_places = 0;
	if (!r->facts->want.any_addr) {
		add_place(r, &r->facts->want.addr);
		return;
	}
	add_place(r, &any4);
	if (has_ipv6(r))
		add_place(r, &any6);
}

static void check_places(struct reader *r, struct netlink *route)
{
	for (uint32_t i = 0; i < r->facts->n_places; i++) {
		struct why_place *place = &r->facts->places[i];
		struct local_addr local;

		if (local_addr_check(route, &place->bind.addr, &local))
			continue;
		place->bind.addr_local = local.local;
		place->bind.addr_ifindex = local.ifindex;
		place->broadcast = local.broadcast;
		place->multicast = local.multicast;
	}
}

/* ---- users inside the kernel ---- */

struct users {
	struct reader *r;
	VEC(struct why_kernel_user) v;
};

static void add_user(struct users *u, enum why_kernel_kind kind, uint8_t proto, const char *name)
{
	size_t len = name ? strlen(name) : 0;
	struct bytes text = {name ? arena_strndup(u->r->arena, name, len) : NULL, (uint32_t)len};

	vec_push(&u->v, ((struct why_kernel_user){(uint8_t)kind, proto, text}));
}

static void see_links(struct users *u, struct netlink *route)
{
	const struct why_want *want = &u->r->facts->want;
	struct kernel_link *links = NULL;
	struct netlink *generic = NULL;
	struct transport *transport;
	uint32_t n = 0;

	kernel_links_read(route, &links, &n);
	for (uint32_t i = 0; i < u->r->facts->n_places; i++)
		u->r->facts->places[i].bind.l3mdev =
			kernel_links_vrf(links, n, want->scope_ifindex);
	for (uint32_t i = 0; !generic && i < n; i++)
		if (links[i].is_tunnel && links[i].kind == WHY_KERNEL_WIREGUARD &&
		    !transport_open(NETLINK_GENERIC, 0, &transport))
			generic = netlink_new(transport);
	if (generic)
		kernel_links_wireguard(generic, links, n);
	netlink_free(generic);
	for (uint32_t i = 0; i < n; i++)
		if (links[i].is_tunnel && links[i].is_up && links[i].port == want->port)
			add_user(u, (enum why_kernel_kind)links[i].kind, PROTO_UDP, links[i].name);
	free(links);
}

/* Lines "tcp 2049". */
static void see_nfsd(struct users *u)
{
	bool udp = u->r->facts->want.proto == PROTO_UDP;
	char text[1024], *save = NULL;

	if (!read_text(u->r->in->proc_fd, "fs/nfsd/portlist", text, sizeof(text)))
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *blank = strchr(line, ' ');

		if (blank && !strncmp(line, udp ? "udp" : "tcp", 3) &&
		    strtoul(blank + 1, NULL, 10) == u->r->facts->want.port)
			add_user(u, WHY_KERNEL_NFSD, u->r->facts->want.proto, NULL);
	}
}

static void see_lockd(struct users *u)
{
	bool udp = u->r->facts->want.proto == PROTO_UDP;
	const char *name = udp ? "sys/fs/nfs/nlm_udpport" : "sys/fs/nfs/nlm_tcpport";

	if (read_number(u->r->in->proc_fd, name, 0) == u->r->facts->want.port)
		add_user(u, WHY_KERNEL_LOCKD, u->r->facts->want.proto, NULL);
}

static void see_rpcbind(struct users *u)
{
	const struct why_want *want = &u->r->facts->want;
	uint32_t program;
	char number[16];

	if (!u->r->in->ask_rpc ||
	    rpcbind_program(want->proto == PROTO_UDP, want->port, RPC_WAIT_MS, &program))
		return;
	snprintf(number, sizeof(number), "%u", program);
	add_user(u, WHY_KERNEL_RPC, want->proto,
		 rpcbind_name(program) ? rpcbind_name(program) : number);
}

static void see_kernel_users(struct reader *r, struct netlink *route)
{
	struct users u = {.r = r};
	struct why_kernel_user *copy;

	see_links(&u, route);
	see_nfsd(&u);
	see_lockd(&u);
	see_rpcbind(&u);
	copy = arena_alloc(r->arena, u.v.len * sizeof(*copy));
	if (u.v.len)
		memcpy(copy, u.v.data, u.v.len * sizeof(*copy));
	r->facts->kernel_users = copy;
	r->facts->n_kernel_users = (uint32_t)u.v.len;
	vec_done(&u.v);
}

/* ---- the whole ---- */

static void see_redirects(struct reader *r)
{
	struct why_facts *f = r->facts;
	struct netlink *nl;
	int err = nft_redirect_open(&nl);

	if (!err) {
		err = nft_redirect_read(nl, f->want.proto, f->want.port, r->arena, &f->redirects,
					&f->n_redirects);
		netlink_free(nl);
	}
	f->redirects_need = err == -EPERM || err == -EACCES ? "CAP_NET_ADMIN" : NULL;
}

void why_facts_read_netns(const struct why_facts_input *in, struct arena *arena,
			  struct why_facts *ret)
{
	struct reader r = {.in = in, .arena = arena, .facts = ret};
	struct netlink *route;

	read_sysctls(&r);
	make_places(&r);
	if (!local_addr_open(&route)) {
		check_places(&r, route);
		see_kernel_users(&r, route);
		netlink_free(route);
	}
	see_redirects(&r);
}

void why_facts_read_host(const struct why_facts_input *in, struct arena *arena,
			 struct why_facts *ret)
{
	bool udp = ret->want.proto == PROTO_UDP || ret->want.proto == PROTO_UDPLITE;

	socket_units_find(in->root_fd, udp, &ret->want.addr, ret->want.port, arena, &ret->units,
			  &ret->n_units);
	bind_policy_find(in->proc_fd, udp, arena, &ret->policies, &ret->n_policies);
}

/* ---- sockets from the BPF walk ---- */

static struct netaddr addr_of(const struct bpf_endpoint *end, const uint8_t bytes[16])
{
	return end->family == AF_INET ? netaddr_v4(bytes) : netaddr_v6(bytes);
}

/* A socket that bind() finds in state CLOSE is bound (TCP) or without a peer (UDP); SYN_RECV is the
 * child of a listener here, not a request. */
static uint8_t state_of(const struct bpf_endpoint *end)
{
	bool tcp = end->protocol == IPPROTO_TCP;

	if (end->state == STATE_CLOSE)
		return tcp ? STATE_BOUND : STATE_UNCONN;
	if (end->state == STATE_SYN_RECV)
		return STATE_ESTABLISHED;
	return end->state == STATE_TIME_WAIT && end->tw_substate ? end->tw_substate : end->state;
}

static void put_sock(struct why_sock *s, const struct bpf_bound *row, int32_t place)
{
	const struct bpf_endpoint *end = &row->end;

	*s = (struct why_sock){
		.bind = {.addr = addr_of(end, end->saddr),
			 .uid = row->uid,
			 .ifindex = end->ifindex,
			 .l3mdev = row->l3mdev,
			 .port = end->sport,
			 .proto = end->protocol == IPPROTO_TCP ? PROTO_TCP : PROTO_UDP,
			 .state = state_of(end),
			 .timewait = end->state == STATE_TIME_WAIT,
			 .reuseaddr = end->reuse != 0,
			 .reuseport = end->reuseport != 0,
			 .v6only = end->v6only != 0,
			 .chain = place},
		.cookie = row->cookie,
		.remote = addr_of(end, end->daddr),
		.inode = row->inode,
		.remote_port = end->dport,
		.connect_bind = row->connect_bind ? 1 : BIND_UNKNOWN,
	};
}

static void put_memory(struct why_facts *facts, const struct bpf_bound *row)
{
	for (uint32_t i = 0; i < facts->n_places; i++) {
		struct why_place *place = &facts->places[i];

		if (row->end.protocol == IPPROTO_UDP)
			place->bind.chain_len = row->chain_len;
		else if (row->l3mdev == place->bind.l3mdev)
			place->bucket = (struct bind_bucket){
				.fastreuseport = row->fastreuseport,
				.fastuid = row->fastuid,
				.fast_addr = row->fast_family == AF_INET
						     ? netaddr_v4(row->fast_addr)
						     : netaddr_v6(row->fast_addr),
				.fast_v6only = row->fast_v6only,
			};
	}
}

void why_facts_put_bound(struct why_facts *facts, const struct bpf_bound *rows, size_t n,
			 struct arena *arena)
{
	bool udp = facts->want.proto == PROTO_UDP;
	struct why_sock *socks = arena_alloc(arena, n * sizeof(*socks));
	uint32_t count = 0;

	for (uint32_t i = 0; i < facts->n_places; i++) {
		facts->places[i].bucket = (struct bind_bucket){0};
		facts->places[i].bind.bucket = &facts->places[i].bucket;
	}
	for (size_t i = 0; i < n; i++) {
		if (rows[i].end.protocol != (udp ? IPPROTO_UDP : IPPROTO_TCP))
			continue;
		put_sock(&socks[count], &rows[i], (int32_t)i);
		put_memory(facts, &rows[i]);
		count++;
	}
	facts->socks = socks;
	facts->n_socks = count;
	facts->options_by_bpf = true;
}
