/*
 * What each cause says: what is there, who, since when, and what to do with which consequence. Raw
 * text: names in it are other people's bytes.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/humanise.h"
#include "model/why_internal.h"

#define SEE_OWNERS "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"

static void add_row_endpoint(struct why_judge *j, struct strbuf *out, const struct why_seen *row)
{
	why_add_endpoint(out, &row->addr, j->facts->want.port, row->ifindex);
}

static const char *verb(const struct why_seen *row)
{
	return row->state == STATE_LISTEN ? "listens on" : "has bound";
}

static void add_port(const struct why_judge *j, struct strbuf *out)
{
	strbuf_addf(out, ":%u", j->facts->want.port);
}

/* "NAME (PID ...) listens on ADDR:PORT and n more, running for 3d4h" */
static void say_owner(struct why_judge *j, const struct why_group *g)
{
	why_add_proc(j, &j->text, g->rows[0]);
	strbuf_addf(&j->text, " %s ", verb(g->rows[0]));
	add_row_endpoint(j, &j->text, g->rows[0]);
	if (g->n > 1)
		strbuf_addf(&j->text, " and %" PRIu32 " more", g->n - 1);
	why_add_age(j, &j->text, g->rows[0]->p);
}

static bool ends_with(struct bytes text, const char *end)
{
	size_t len = strlen(end);

	return text.ptr && text.len > len && !memcmp(text.ptr + text.len - len, end, len);
}

/* How to end the row's process for good. */
static void advise_end(struct why_judge *j, const struct why_seen *row)
{
	const struct proc *p = row->p;

	if (!p) {
		strbuf_adds(&j->remedy, "use another port");
	} else if (p->r.container.name.ptr || p->r.container.id.ptr) {
		strbuf_adds(&j->remedy,
			    "stop its container: a process killed there may be started again");
	} else if (ends_with(p->r.unit, ".service")) {
		strbuf_adds(&j->remedy, "`systemctl stop ");
		why_add_bytes(&j->remedy, p->r.unit);
		strbuf_adds(&j->remedy,
			    "`; killing the process may only make systemd start it again");
	} else {
		strbuf_addf(&j->remedy, "end it (`kill %" PRIu32 "`), or use another port",
			    p->r.pid);
	}
}

void why_tell_listener(struct why_judge *j, const struct why_group *g)
{
	say_owner(j, g);
	advise_end(j, g->rows[0]);
}

void why_tell_other_user(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];
	const struct why_suspect *suspect = NULL;

	strbuf_adds(&j->text, "a process of another user");
	if (row->s && row->s->r.have & REC_UID)
		strbuf_addf(&j->text, " (uid %" PRIu32 ")", row->s->r.uid);
	strbuf_addf(&j->text, " %s ", verb(row));
	add_row_endpoint(j, &j->text, row);
	for (uint32_t i = 0; row->s && i < j->facts->n_suspects && !suspect; i++)
		if (j->facts->suspects[i].inode == row->s->r.inode)
			suspect = &j->facts->suspects[i];
	if (suspect) {
		strbuf_adds(&j->text, "; its cgroup says probably ");
		why_add_bytes(&j->text, suspect->comm);
		strbuf_addf(&j->text, " (%" PRIu32, suspect->pid);
		if (suspect->unit.ptr && suspect->unit.len) {
			strbuf_adds(&j->text, ", ");
			why_add_bytes(&j->text, suspect->unit);
		}
		strbuf_addc(&j->text, ')');
	}
	strbuf_addf(&j->remedy, "ask again as root to see who: `sudo inettop why %u`",
		    j->facts->want.port);
	j->needs = SEE_OWNERS;
}

/* What a proxy's arguments say it forwards to. */
static void add_target(struct why_judge *j, const struct proc *p)
{
	struct bytes ip = why_argument(p, "container-ip"), port = why_argument(p, "container-port");

	strbuf_adds(&j->text, " for ");
	if (p && p->container != SLOT_NONE && snapshot_container(j->snap, p->container)) {
		why_add_bytes(&j->text, snapshot_container(j->snap, p->container)->r.name);
		strbuf_addc(&j->text, ' ');
	}
	why_add_bytes(&j->text, ip);
	strbuf_addc(&j->text, ':');
	why_add_bytes(&j->text, port);
}

/* The container that the proxy's endpoint is published by, NULL when no runtime told. */
static const struct container *published_by(const struct why_judge *j, const struct why_seen *row)
{
	const struct port *port = row->s ? snapshot_port(j->snap, row->s->port) : NULL;

	return port ? snapshot_container(j->snap, port->container) : NULL;
}

void why_tell_docker_proxy(struct why_judge *j, const struct why_group *g)
{
	const struct container *c = published_by(j, g->rows[0]);

	say_owner(j, g);
	add_target(j, g->rows[0]->p);
	strbuf_adds(&j->remedy, "`docker stop ");
	if (c && c->r.name.ptr) {
		strbuf_adds(&j->text, ", published by container ");
		why_add_bytes(&j->text, c->r.name);
		why_add_bytes(&j->remedy, c->r.name);
	} else {
		strbuf_adds(&j->remedy, "CONTAINER");
	}
	strbuf_adds(
		&j->remedy,
		"` frees it; killing docker-proxy leaves the container running without its port");
}

void why_tell_stale_docker_proxy(struct why_judge *j, const struct why_group *g)
{
	say_owner(j, g);
	add_target(j, g->rows[0]->p);
	strbuf_adds(&j->text, ", an address that no network namespace has any more");
	strbuf_adds(&j->remedy,
		    "its container is gone: restart the docker daemon, or kill the proxy");
}

void why_tell_forwarder(struct why_judge *j, const struct why_group *g)
{
	const struct container *c = published_by(j, g->rows[0]);

	say_owner(j, g);
	strbuf_adds(&j->text, ", on behalf of ");
	if (c && c->r.name.ptr) {
		strbuf_adds(&j->text, "container ");
		why_add_bytes(&j->text, c->r.name);
	} else {
		strbuf_adds(&j->text, "a container or another network namespace");
	}
	strbuf_adds(
		&j->remedy,
		"end what it forwards to (stop the container or unpublish the port): ending the "
		"forwarder alone cuts the container off");
}

static void add_unit(struct why_judge *j, const struct why_unit *unit)
{
	why_add_bytes(&j->text, unit->socket);
	strbuf_adds(&j->text, " (");
	why_add_bytes(&j->text, unit->path);
	strbuf_adds(&j->text, ") listens on ");
	why_add_bytes(&j->text, unit->listen);
	strbuf_adds(&j->text, " for ");
	why_add_bytes(&j->text, unit->service);
}

void why_tell_systemd_socket(struct why_judge *j, const struct why_group *g)
{
	const struct why_unit *unit = j->facts->n_units ? &j->facts->units[0] : NULL;

	if (g->rows[0]->status == OWNER_DENIED)
		j->needs = SEE_OWNERS;
	if (unit) {
		add_unit(j, unit);
	} else {
		strbuf_adds(&j->text, "a service manager holds ");
		add_row_endpoint(j, &j->text, g->rows[0]);
	}
	if (g->rows[0]->p && g->rows[0]->p->r.pid != 1) {
		strbuf_adds(&j->text, ", used by ");
		why_add_proc(j, &j->text, g->rows[0]);
	}
	strbuf_adds(&j->remedy, "`systemctl stop ");
	if (unit)
		why_add_bytes(&j->remedy, unit->socket);
	else
		strbuf_adds(&j->remedy, "NAME.socket");
	strbuf_adds(&j->remedy,
		    "`; stopping or killing the service frees nothing, its manager keeps the port");
}

void why_tell_inherited(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];
	uint32_t n = 0;

	for (uint32_t i = 0; i < row->s->n_owners; i++)
		n += !i || row->s->owners[i].pid != row->s->owners[i - 1].pid;
	add_row_endpoint(j, &j->text, row);
	if (n > 1) {
		strbuf_addf(&j->text,
			    " is held by %" PRIu32 " processes, not all of the same program: ", n);
		why_add_pids(g, &j->text);
		strbuf_adds(&j->text, "; children inherited the descriptor");
	} else {
		strbuf_adds(&j->text, " was inherited by ");
		why_add_proc(j, &j->text, row);
		strbuf_adds(&j->text, " from a parent that opened it");
	}
	strbuf_adds(&j->remedy, "every holder has to close it: end ");
	why_add_pids(g, &j->remedy);
	strbuf_adds(&j->remedy, "; the server should open it with SOCK_CLOEXEC");
}

void why_tell_reuseport_group(struct why_judge *j, const struct why_group *g)
{
	bool helps = j->facts->n_places != 0;

	for (uint32_t i = 0; i < j->facts->n_places; i++)
		helps &= !j->raw[i].err[BIND_REUSEPORT];
	strbuf_addf(&j->text, "%" PRIu32 " sockets share ", g->n);
	add_port(j, &j->text);
	strbuf_adds(&j->text, " with SO_REUSEPORT: pids ");
	why_add_pids(g, &j->text);
	strbuf_adds(&j->remedy,
		    "all of them have to end, an old instance keeps getting connections");
	if (helps)
		strbuf_adds(&j->remedy,
			    "; a server of the same user with SO_REUSEPORT can join now");
}

void why_tell_dual_stack(struct why_judge *j, const struct why_group *g)
{
	bool owner_is_dual =
		g->rows[0]->addr.family == AF_INET6 && netaddr_is_any(&g->rows[0]->addr);

	if (owner_is_dual) {
		add_row_endpoint(j, &j->text, g->rows[0]);
		strbuf_adds(&j->text, " is not IPV6_V6ONLY: it takes every IPv4 address too");
		strbuf_adds(&j->remedy,
			    "let that server set IPV6_V6ONLY, or listen on IPv6 addresses only");
		return;
	}
	strbuf_adds(&j->text, "[::] without IPV6_V6ONLY takes IPv4 too, where ");
	add_row_endpoint(j, &j->text, g->rows[0]);
	strbuf_adds(&j->text, " is taken");
	strbuf_adds(&j->remedy, "bind [::] with IPV6_V6ONLY: it does not meet an IPv4 socket");
}

void why_tell_address_overlap(struct why_judge *j, const struct why_group *g)
{
	bool wild = netaddr_is_any(&g->rows[0]->addr);

	add_row_endpoint(j, &j->text, g->rows[0]);
	if (wild)
		strbuf_adds(&j->text, " stands for every address, the wanted one too");
	else
		strbuf_adds(&j->text, " is one of the addresses that the wildcard stands for");
	if (g->n > 1)
		strbuf_addf(&j->text, " (and %" PRIu32 " more)", g->n - 1);
	strbuf_adds(&j->remedy,
		    wild ? "let that server listen on the addresses it needs"
			 : "bind a specific address that is not taken instead of the wildcard");
}

void why_tell_stopped_owner(struct why_judge *j, const struct why_group *g)
{
	const struct proc *p = g->rows[0]->p;

	why_add_proc(j, &j->text, g->rows[0]);
	switch (p->r.state) {
	case 'Z':
		strbuf_adds(&j->text, " is a zombie leader: its threads still hold the socket");
		strbuf_adds(&j->remedy, "end its threads with SIGKILL");
		break;
	case 'D':
		strbuf_adds(&j->text,
			    " hangs in the kernel: it accepts nothing and cannot be killed now");
		strbuf_adds(&j->remedy, "find what it waits for (a disk, a network file system)");
		break;
	default:
		strbuf_adds(&j->text,
			    " is stopped: it accepts nothing and ignores every signal but SIGKILL");
		strbuf_addf(&j->remedy,
			    "`fg` in its shell or `kill -CONT %" PRIu32
			    "`, else `kill -KILL %" PRIu32 "`",
			    p->r.pid, p->r.pid);
	}
}

void why_tell_deleted_exe(struct why_judge *j, const struct why_group *g)
{
	why_add_proc(j, &j->text, g->rows[0]);
	strbuf_adds(&j->text, " runs an executable that was deleted or replaced");
	why_add_age(j, &j->text, g->rows[0]->p);
	strbuf_adds(&j->remedy, "restart it to run the new program");
}

/* Seconds until the last row of the group ends, -1 not known. */
static int64_t last_left_s(const struct why_judge *j, const struct why_group *g)
{
	int64_t longest = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		int64_t left = why_left_ms(j, g->rows[i]);

		if (left < 0)
			return -1;
		longest = left > longest ? left : longest;
	}
	return (longest + 999) / 1000;
}

/* What the dead server's SO_REUSEADDR means for the next one: 1 helps, 0 does not, -1 unknown. */
static int old_reuseaddr(const struct why_group *g)
{
	int all = 1;

	for (uint32_t i = 0; i < g->n; i++) {
		int one = g->rows[i]->w ? g->rows[i]->w->bind.reuseaddr : BIND_UNKNOWN;

		if (!one)
			return 0;
		all = one < 0 ? -1 : all;
	}
	return all;
}

static void advise_reuseaddr(struct why_judge *j, const struct why_group *g)
{
	switch (old_reuseaddr(g)) {
	case 1:
		strbuf_adds(&j->remedy,
			    "a server with SO_REUSEADDR need not wait: the old one had set it too");
		break;
	case 0:
		strbuf_adds(&j->remedy,
			    "wait; SO_REUSEADDR does not help now, the old server had not set it "
			    "(both have to)");
		break;
	default:
		strbuf_adds(&j->remedy,
			    "wait; SO_REUSEADDR helps only if the old server had set it too");
		j->needs = "CAP_BPF and CAP_PERFMON";
	}
}

void why_tell_time_wait(struct why_judge *j, const struct why_group *g)
{
	int64_t left = last_left_s(j, g);

	strbuf_addf(&j->text, "%" PRIu32 " closed connection%s of an earlier server on ", g->n,
		    g->n > 1 ? "s" : "");
	add_port(j, &j->text);
	strbuf_addf(&j->text, " %s in TIME_WAIT", g->n > 1 ? "are" : "is");
	if (left >= 0)
		strbuf_addf(&j->text, ", free in %" PRId64 " s", left);
	advise_reuseaddr(j, g);
}

void why_tell_orphan(struct why_judge *j, const struct why_group *g)
{
	uint64_t unsent = 0;
	char size[HUMANISE_MAX];

	for (uint32_t i = 0; i < g->n; i++)
		if (g->rows[i]->s && g->rows[i]->s->r.have & REC_QUEUES)
			unsent += g->rows[i]->s->r.sendq;
	strbuf_addf(&j->text, "%" PRIu32 " connection%s on ", g->n, g->n > 1 ? "s" : "");
	add_port(j, &j->text);
	strbuf_addf(&j->text, " %s closed by the process but not by the kernel yet",
		    g->n > 1 ? "were" : "was");
	if (unsent)
		strbuf_addf(&j->text, ", still sending %s bytes", humanise_bytes(size, unsent));
	strbuf_adds(&j->remedy,
		    "wait until the peer answers or the kernel gives up, or destroy the socket "
		    "(X on its row, or `ss -K`)");
}

void why_tell_bound_not_listening(struct why_judge *j, const struct why_group *g)
{
	if (g->rows[0]->p) {
		why_add_proc(j, &j->text, g->rows[0]);
		strbuf_adds(&j->text, " has bound ");
		add_row_endpoint(j, &j->text, g->rows[0]);
		why_add_age(j, &j->text, g->rows[0]->p);
	} else {
		add_row_endpoint(j, &j->text, g->rows[0]);
		strbuf_adds(&j->text, " is bound");
	}
	strbuf_adds(&j->text, " and neither listens nor connects: most tools do not show it");
	advise_end(j, g->rows[0]);
}

static bool in_range(const struct why_facts *f)
{
	return f->range_low >= 0 && f->want.port >= f->range_low && f->want.port <= f->range_high;
}

void why_tell_ephemeral_client(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];
	const struct netaddr *peer = row->s ? &row->s->r.remote : &row->w->remote;
	uint16_t port = row->s ? (uint16_t)row->s->r.remote_port : row->w->remote_port;

	why_add_proc(j, &j->text, row);
	strbuf_adds(&j->text, " uses ");
	add_port(j, &j->text);
	strbuf_adds(&j->text, " as the local port of a connection to ");
	why_add_endpoint(&j->text, peer, port, 0);
	if (g->n > 1)
		strbuf_addf(&j->text, " and %" PRIu32 " more", g->n - 1);
	strbuf_adds(&j->remedy, "wait for the connection's end, or end it");
	if (in_range(j->facts) && !j->facts->port_reserved)
		strbuf_addf(&j->remedy,
			    "; keep clients off the port: `sysctl "
			    "net.ipv4.ip_local_reserved_ports=%u`",
			    j->facts->want.port);
}

void why_tell_accept_queue(struct why_judge *j, const struct why_group *g)
{
	strbuf_addf(&j->text, "%" PRIu32 " connection%s to ", g->n, g->n > 1 ? "s" : "");
	add_port(j, &j->text);
	strbuf_addf(&j->text, " %s not accepted yet", g->n > 1 ? "are" : "is");
	strbuf_adds(&j->remedy, "they end with their listener");
}

void why_tell_close_wait_pileup(struct why_judge *j, const struct why_group *g)
{
	strbuf_addf(&j->text, "%" PRIu32 " connection%s in CLOSE_WAIT in ", g->n,
		    g->n > 1 ? "s" : "");
	why_add_proc(j, &j->text, g->rows[0]);
	strbuf_adds(&j->text, ": the other end closed, the application does not");
	strbuf_adds(&j->remedy,
		    "restart the application; it leaks descriptors until it closes them");
}

/* ---- elsewhere, or without an owner ---- */

void why_tell_other_netns(struct why_judge *j, const struct why_group *g)
{
	for (uint32_t i = 0; i < g->n && i < 5; i++) {
		const struct netns *ns = snapshot_netns(j->snap, g->rows[i]->s->netns);

		strbuf_adds(&j->text, i ? "; " : "");
		why_add_proc(j, &j->text, g->rows[i]);
		strbuf_addf(&j->text, " %s ", verb(g->rows[i]));
		add_row_endpoint(j, &j->text, g->rows[i]);
		strbuf_adds(&j->text, " in namespace ");
		why_add_bytes(&j->text, ns ? ns->r.name : (struct bytes){0});
	}
	if (g->n > 5)
		strbuf_addf(&j->text, "; %" PRIu32 " more", g->n - 5);
	strbuf_adds(&j->remedy, "no conflict: each network namespace has its own ports");
}

void why_tell_foreign_netns_socket(struct why_judge *j, const struct why_group *g)
{
	const struct netns *ns = snapshot_netns(j->snap, g->rows[0]->s->netns);

	why_add_proc(j, &j->text, g->rows[0]);
	strbuf_addf(&j->text, " runs in network namespace %" PRIu32 " but its socket belongs to ",
		    g->rows[0]->p->r.netns_inode);
	why_add_bytes(&j->text, ns ? ns->r.name : (struct bytes){0});
	strbuf_adds(&j->remedy, "look for the process outside of the namespace of the socket");
}

static void add_kernel_user(struct why_judge *j, const struct why_kernel_user *user)
{
	static const char *const kinds[WHY_KERNEL_KINDS] = {
		[WHY_KERNEL_VXLAN] = "vxlan device ",  [WHY_KERNEL_GENEVE] = "geneve device ",
		[WHY_KERNEL_WIREGUARD] = "WireGuard ", [WHY_KERNEL_RPC] = "RPC service ",
		[WHY_KERNEL_NFSD] = "the NFS server",  [WHY_KERNEL_LOCKD] = "lockd (NFS locks)",
	};

	strbuf_adds(&j->text, kinds[user->kind]);
	if (user->name.ptr)
		why_add_bytes(&j->text, user->name);
}

void why_tell_kernel(struct why_judge *j, const struct why_group *g)
{
	const struct why_kernel_user *user = NULL;

	for (uint32_t i = 0; i < j->facts->n_kernel_users && !user; i++)
		if (why_same_group(j->facts->kernel_users[i].proto, j->facts->want.proto))
			user = &j->facts->kernel_users[i];
	add_row_endpoint(j, &j->text, g->rows[0]);
	strbuf_adds(&j->text, " is held by the kernel itself: ");
	if (user) {
		add_kernel_user(j, user);
	} else {
		strbuf_adds(&j->text, "no process has it open");
	}
	if (!user)
		strbuf_adds(&j->remedy,
			    "look for NFS, iSCSI, a tunnel device or another kernel service");
	else if (user->kind <= WHY_KERNEL_WIREGUARD && user->name.ptr)
		strbuf_addf(&j->remedy, "`ip link delete %.*s` frees it, and takes the tunnel down",
			    (int)user->name.len, user->name.ptr);
	else
		strbuf_adds(&j->remedy, "stop that service, or give it another port");
}

void why_tell_in_flight(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];

	add_row_endpoint(j, &j->text, row);
	strbuf_adds(&j->text, " is open, but in no process's table of descriptors");
	if (row->status == OWNER_IN_FLIGHT)
		strbuf_adds(
			&j->text,
			": it is on its way through a unix socket, or registered with io_uring");
	if (row->s && row->s->owner_detail.ptr) {
		strbuf_adds(&j->text, " (");
		why_add_bytes(&j->text, row->s->owner_detail);
		strbuf_addc(&j->text, ')');
	}
	strbuf_adds(&j->remedy, "it is freed when who sent, queued or registered it ends");
}

void why_tell_pid_namespace(struct why_judge *j, const struct why_group *g)
{
	add_row_endpoint(j, &j->text, g->rows[0]);
	strbuf_addf(&j->text, " is held by a process that is hidden from here (%s)",
		    j->facts->hidepid && !j->facts->pidns ? "/proc is mounted with hidepid"
							  : "it is outside of this pid namespace");
	strbuf_adds(&j->remedy, "ask again from the host, as root");
	j->needs = j->facts->hidepid && !j->facts->pidns ? "CAP_SYS_PTRACE, or the group of hidepid"
							 : "the host's pid namespace";
}

void why_tell_redirected(struct why_judge *j, const struct why_group *g)
{
	const struct why_redirect *r = &j->facts->redirects[0];

	(void)g;
	strbuf_adds(&j->text, "what comes for ");
	add_port(j, &j->text);
	strbuf_adds(&j->text, " is redirected by the packet filter (table ");
	why_add_bytes(&j->text, r->table);
	strbuf_adds(&j->text, ", chain ");
	why_add_bytes(&j->text, r->chain);
	strbuf_addc(&j->text, ')');
	if (r->to.family || r->to_port) {
		strbuf_adds(&j->text, " to ");
		if (r->to.family)
			why_add_endpoint(&j->text, &r->to,
					 r->to_port ? r->to_port : j->facts->want.port, 0);
		else
			strbuf_addf(&j->text, ":%u", r->to_port);
	}
	if (j->facts->n_redirects > 1)
		strbuf_addf(&j->text, ", and %" PRIu32 " more rules", j->facts->n_redirects - 1);
	strbuf_adds(&j->remedy,
		    "a server bound here would not get these packets: unpublish the port (docker, "
		    "kube-proxy) or remove the rule");
}

/* ---- not a conflict ---- */

void why_tell_privileged_port(struct why_judge *j, const struct why_group *g)
{
	uint16_t start = j->facts->places[0].bind.unprivileged_start;

	(void)g;
	strbuf_addf(&j->text,
		    "ports below %u need CAP_NET_BIND_SERVICE, which uid %" PRIu32 " lacks", start,
		    j->facts->want.uid);
	strbuf_addf(&j->remedy,
		    "run as root, `setcap cap_net_bind_service+ep PROGRAM`, "
		    "AmbientCapabilities= in the unit, or `sysctl "
		    "net.ipv4.ip_unprivileged_port_start=%u`",
		    j->facts->want.port);
}

void why_tell_address_not_local(struct why_judge *j, const struct why_group *g)
{
	const struct bind_want *bind = &j->facts->places[0].bind;
	char addr[NETADDR_TEXT_MAX];

	(void)g;
	netaddr_format(&bind->addr, addr);
	if (netaddr_scope(&bind->addr) == SCOPE_LINK && !bind->ifindex) {
		strbuf_addf(&j->text, "%s is a link-local address: it needs its device", addr);
		strbuf_addf(&j->remedy, "name the device: [%s%%DEVICE]:%u", addr,
			    j->facts->want.port);
		return;
	}
	strbuf_addf(&j->text, "%s is not an address of this host", addr);
	if (bind->ifindex)
		strbuf_addf(&j->text, "'s device %" PRIu32, bind->ifindex);
	strbuf_adds(&j->remedy, "add it to an interface, or bind with IP_FREEBIND "
				"(`sysctl net.ipv4.ip_nonlocal_bind=1` allows it for all)");
}

void why_tell_policy(struct why_judge *j, const struct why_group *g)
{
	const struct why_policy *p = &j->facts->policies[0];

	(void)g;
	switch ((enum why_policy_kind)p->kind) {
	case WHY_POLICY_CGROUP:
		strbuf_adds(&j->text, "a BPF program on the cgroup decides about bind() here");
		break;
	case WHY_POLICY_LSM:
		strbuf_adds(&j->text, "a security module decides about bind() here");
		break;
	case WHY_POLICY_SECCOMP:
		strbuf_adds(&j->text, "a seccomp filter refuses bind() here");
		break;
	}
	if (p->name.len) {
		strbuf_adds(&j->text, " (");
		why_add_bytes(&j->text, p->name);
		strbuf_addc(&j->text, ')');
	}
	strbuf_adds(&j->remedy,
		    "its answer cannot be predicted: try with --probe; systemd units set such "
		    "programs by SocketBindDeny=");
}

/* ---- it listens, but clients fail ---- */

void why_tell_queue_full(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];

	strbuf_addf(&j->text, "the accept queue of ");
	add_row_endpoint(j, &j->text, row);
	strbuf_addf(&j->text,
		    " is full (%" PRIu32 " of %" PRIu32 "): connections are being dropped",
		    row->s->r.recvq, row->s->r.sendq);
	strbuf_adds(&j->remedy, "the application accepts too slowly or hangs");
}

void why_tell_backlog_capped(struct why_judge *j, const struct why_group *g)
{
	const struct why_seen *row = g->rows[0];

	strbuf_adds(&j->text, "the accept queue of ");
	add_row_endpoint(j, &j->text, row);
	strbuf_addf(&j->text,
		    " is at this host's limit of %" PRIu32
		    " (net.core.somaxconn): a larger listen() argument has no effect",
		    row->s->r.sendq);
	strbuf_adds(&j->remedy,
		    "raise net.core.somaxconn and restart the server if the queue overflows");
}

void why_tell_loopback_only(struct why_judge *j, const struct why_group *g)
{
	add_row_endpoint(j, &j->text, g->rows[0]);
	strbuf_adds(&j->text, " is a loopback address: only this host can connect");
	strbuf_adds(&j->remedy,
		    "let the server listen on an outside address if others shall reach it");
}

void why_tell_more_specific_wins(struct why_judge *j, const struct why_group *g)
{
	strbuf_addf(&j->text, "%" PRIu32 " listeners share ", g->n);
	add_port(j, &j->text);
	strbuf_adds(&j->text, ", and the more specific address gets the connections: ");
	for (uint32_t i = 0; i < g->n && i < 5; i++) {
		strbuf_adds(&j->text, i ? ", " : "");
		add_row_endpoint(j, &j->text, g->rows[i]);
	}
	strbuf_adds(&j->remedy, "connect to the address of the server that is meant");
}

void why_tell_other_protocol(struct why_judge *j, const struct why_group *g)
{
	why_add_proc(j, &j->text, g->rows[0]);
	strbuf_addf(&j->text, " %s the same number for %s: ", verb(g->rows[0]),
		    why_same_group(g->rows[0]->proto, PROTO_TCP) ? "TCP" : "UDP");
	add_row_endpoint(j, &j->text, g->rows[0]);
	strbuf_adds(&j->remedy, "no conflict: TCP and UDP have their own ports");
}
