#include "live/bind_situation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SINK_PORT 60900 /* and the MAX_SOCKS - 1 after it: no two clients share a 4-tuple */

const char *const kind_names[KINDS] = {"bound",	     "listen",	  "client",	   "ephemeral",
				       "syn-sent",   "server",	  "server+listen", "pending",
				       "tw-server",  "tw-client", "close-wait",	   "fin-wait-1",
				       "fin-wait-2", "orphan"};

static const char *const addr_texts[] = {
	"127.0.0.1", "127.0.0.2",     "0.0.0.0",	  "10.9.0.1",	    "127.0.0.6",      "::1",
	"::",	     "2001:db8:9::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:10.9.0.1"};

unsigned pick(struct world *w, unsigned n)
{
	return (unsigned)nrand48(w->seed) % n;
}

bool chance(struct world *w, unsigned percent)
{
	return pick(w, 100) < percent;
}

_Noreturn void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((format(printf, 2, 3))) static void tell(struct world *w, const char *fmt, ...)
{
	size_t len = strlen(w->story);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->story + len, sizeof(w->story) - len, fmt, ap);
	va_end(ap);
}

struct netaddr parse_addr(const char *text)
{
	struct netaddr a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(a.family, text, a.bytes) != 1)
		bail(text);
	return a;
}

const char *addr_text(const struct netaddr *a)
{
	static char buf[INET6_ADDRSTRLEN];

	return inet_ntop(a->family, a->bytes, buf, sizeof(buf));
}

bool is_mapped(const struct netaddr *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return a->family == AF_INET6 && !memcmp(a->bytes, prefix, 12);
}

/* ---- sockets ---- */

static socklen_t to_sockaddr(const struct netaddr *a, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = a->family;
	if (a->family == AF_INET) {
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, a->bytes, 4);
		return sizeof(*sin);
	}
	sin6->sin6_port = htons(port);
	memcpy(&sin6->sin6_addr, a->bytes, 16);
	return sizeof(*sin6);
}

static struct netaddr from_sockaddr(const struct sockaddr_storage *ss, uint16_t *ret_port)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)ss;
	struct netaddr a = {.family = (uint8_t)ss->ss_family};

	if (a.family == AF_INET) {
		memcpy(a.bytes, &sin->sin_addr, 4);
		*ret_port = ntohs(sin->sin_port);
	} else {
		memcpy(a.bytes, &sin6->sin6_addr, 16);
		*ret_port = ntohs(sin6->sin6_port);
	}
	return a;
}

static struct netaddr local_addr(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		bail("getsockname");
	return from_sockaddr(&ss, ret_port);
}

static int get_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	getsockopt(fd, level, name, &value, &len);
	return value;
}

static void set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		bail("setsockopt");
}

static int keep_fd(struct world *w, int fd)
{
	if (fd < 0)
		return fd;
	if (w->n_fds == MAX_FDS)
		bail("too many descriptors");
	w->fds[w->n_fds++] = fd;
	return fd;
}

static void drop_fd(struct world *w, int fd)
{
	for (size_t i = 0; i < w->n_fds; i++) {
		if (w->fds[i] == fd)
			w->fds[i] = w->fds[--w->n_fds];
	}
	close(fd);
}

static int open_planned(struct world *w, const struct plan *p)
{
	bool tcp = p->proto == PROTO_TCP;
	int fd;

	if (seteuid(p->uid))
		bail("seteuid");
	fd = socket(p->addr.family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC,
		    p->proto == PROTO_UDPLITE ? IPPROTO_UDPLITE : 0);
	if (seteuid(0))
		bail("seteuid");
	if (fd < 0)
		bail("socket");
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, p->reuseaddr);
	set_option(fd, SOL_SOCKET, SO_REUSEPORT, p->reuseport);
	if (p->addr.family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, p->v6only);
	if (p->ifindex)
		set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)p->ifindex);
	return keep_fd(w, fd);
}

static int bind_to(int fd, const struct netaddr *a, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(a, port, &ss);

	return bind(fd, (struct sockaddr *)&ss, len);
}

static int connect_to(int fd, const struct netaddr *a, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(a, port, &ss);
	struct timeval patience = {.tv_usec = 100000}; /* some pairs of addresses never meet */

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return connect(fd, (struct sockaddr *)&ss, len);
}

/* An address on this host that a socket bound to a can talk to. */
static struct netaddr peer_for(struct world *w, const struct netaddr *a, bool v6only)
{
	static const uint8_t zero[16];

	if (a->family == AF_INET)
		return parse_addr("127.0.0.1");
	if (is_mapped(a) || (!memcmp(a->bytes, zero, 16) && !v6only && chance(w, 50)))
		return parse_addr("::ffff:127.0.0.1");
	return parse_addr("::1");
}

/* Waits until /proc/net/tcp or tcp6 has a row with these ports in that state. */
static bool wait_state(uint16_t local, uint16_t remote, unsigned state)
{
	static const char *const files[] = {"/proc/net/tcp", "/proc/net/tcp6"};
	for (int tries = 0; tries < DEADLINE_MS; tries++) {
		for (int i = 0; i < 2; i++) {
			FILE *f = fopen(files[i], "re");
			unsigned lport, rport, st;
			char line[512];

			while (f && fgets(line, sizeof(line), f)) {
				if (sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%x %x", &lport,
					   &rport, &st) == 3 &&
				    lport == local && rport == remote && st == state) {
					fclose(f);
					return true;
				}
			}
			if (f)
				fclose(f);
		}
		poll(NULL, 0, 1);
	}
	return false;
}

/* ---- the ledger ---- */

static struct bind_want as_want(const struct plan *p)
{
	return (struct bind_want){.addr = p->addr, .uid = p->uid, .v6only = p->v6only};
}

static bool bucket_fits(const struct bind_bucket *b, const struct plan *p)
{
	/* A lone reuseport want against an otherwise blocked port asks just the bucket. */
	struct bind_sock wall = {
		.addr = p->addr, .uid = p->uid + 1, .port = 1, .state = STATE_LISTEN};
	struct bind_want want = as_want(p);
	struct bind_prediction pr;

	want.port = 1;
	want.bucket = b;
	want.nonlocal = true;
	bind_predict(&want, &wall, 1, &pr, NULL);
	return !pr.err[BIND_REUSEPORT];
}

/* What a successful bind() or listen() leaves in the TCP bind bucket. */
void note_get_port(struct world *w, const struct plan *p, bool plain_v6)
{
	if (p->proto != PROTO_TCP)
		return;
	if (!w->bucket_exists)
		memset(&w->bucket, 0, sizeof(w->bucket));
	w->bucket_exists = true;
	if (!p->reuseport)
		w->bucket.fastreuseport = 0;
	else if (!bucket_fits(&w->bucket, p))
		w->bucket = (struct bind_bucket){.fastreuseport = 2,
						 .fastuid = p->uid,
						 .fast_addr = p->addr,
						 .fast_v6only = p->v6only || plain_v6};
}

/* The memory of a bucket goes with its last socket, and when only connect() made those left. */
void settle_bucket(struct world *w)
{
	bool any = false, bound = false;

	for (size_t i = 0; i < w->n; i++) {
		if (w->socks[i].proto != PROTO_TCP)
			continue;
		any = true;
		bound |= !w->connect_bound[i];
	}
	if (!any)
		w->bucket_exists = false;
	if (!any || !bound)
		w->bucket.fastreuseport = -1;
}

static struct bind_sock *add_sock(struct world *w, const struct plan *p, uint8_t state)
{
	struct bind_sock *s = &w->socks[w->n];

	if (w->n == MAX_SOCKS)
		bail("too many sockets");
	w->connect_bound[w->n++] = p->kind == KIND_EPHEMERAL;
	*s = (struct bind_sock){.addr = p->addr,
				.uid = p->uid,
				.ifindex = p->ifindex,
				.port = w->port,
				.proto = p->proto,
				.state = state,
				.reuseaddr = p->reuseaddr,
				.reuseport = p->reuseport,
				.v6only = p->v6only};
	return s;
}

/* A new UDP socket's place: first, but IPv6 with SO_REUSEPORT last. */
static void enter_chain(struct world *w, struct bind_sock *s)
{
	int32_t low = 1000, high = 1000;

	for (size_t i = 0; i < w->n; i++) {
		if (&w->socks[i] == s || w->socks[i].proto != s->proto)
			continue;
		low = w->socks[i].chain < low ? w->socks[i].chain : low;
		high = w->socks[i].chain > high ? w->socks[i].chain : high;
	}
	s->chain = s->addr.family == AF_INET6 && s->reuseport ? high + 1 : low - 1;
}

/* Takes over what the kernel made of a socket whose file we hold. */
static void refresh_sock(struct bind_sock *s, int fd)
{
	s->addr = local_addr(fd, &s->port);
	if (s->addr.family == AF_INET6)
		s->v6only = (int8_t)get_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
}

/* ---- making the situation ---- */

static bool bind_planned(struct world *w, const struct plan *p, int fd)
{
	bool ok;

	if (p->kind == KIND_EPHEMERAL)
		return true;
	if (w->port < 1024 || p->uid == 0)
		ok = !bind_to(fd, &p->addr, w->port);
	else
		ok = !seteuid(p->uid) && !bind_to(fd, &p->addr, w->port);
	if (seteuid(0))
		bail("seteuid");
	if (ok)
		note_get_port(w, p,
			      p->addr.family == AF_INET6 &&
				      get_option(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	else
		drop_fd(w, fd);
	return ok;
}

static void limit_ports(struct world *w, unsigned low, unsigned high)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%u %u\n", low, high);

	if (pwrite(w->range_fd, text, (size_t)len, 0) != len)
		bail("ip_local_port_range");
}

static void make_udp(struct world *w, const struct plan *p)
{
	struct netaddr peer = peer_for(w, &p->addr, p->v6only);
	int fd = open_planned(w, p);
	struct bind_sock *s;

	if (!bind_planned(w, p, fd))
		return;
	if (p->kind == KIND_EPHEMERAL) {
		int ret;

		if (w->port < 1024) {
			drop_fd(w, fd);
			return;
		}
		limit_ports(w, w->port, w->port);
		ret = connect_to(fd, &peer, SINK_PORT);
		limit_ports(w, 61000, 65500);
		if (ret) {
			drop_fd(w, fd);
			return;
		}
	} else if (p->kind == KIND_CLIENT && connect_to(fd, &peer, SINK_PORT)) {
		tell(w, "  (udp connect: %s)\n", strerror(errno));
	}
	s = add_sock(w, p, STATE_UNCONN);
	enter_chain(w, s);
	refresh_sock(s, fd);
	w->udp_made++;
	if (p->toggle == 'a')
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, s->reuseaddr = !s->reuseaddr);
	if (p->toggle == 'p')
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, s->reuseport = !s->reuseport);
}

/* Connects to the sink; *ret_peer is the sink's end. */
static bool connect_sink(struct world *w, const struct plan *p, int fd, int *ret_peer)
{
	struct netaddr peer = peer_for(w, &p->addr, p->v6only);

	if (p->kind == KIND_EPHEMERAL)
		limit_ports(w, w->port, w->port);
	if (connect_to(fd, &peer, (uint16_t)(SINK_PORT + w->n))) {
		tell(w, "  (connect: %s)\n", strerror(errno));
		limit_ports(w, 61000, 65500);
		return false;
	}
	limit_ports(w, 61000, 65500);
	*ret_peer = keep_fd(w, accept4(w->sinks[w->n], NULL, NULL, SOCK_CLOEXEC));
	if (*ret_peer < 0)
		bail("accept from sink");
	return true;
}

static void fill_and_close(struct world *w, int fd)
{
	static const char junk[65536];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, junk, sizeof(junk)) > 0)
		;
	drop_fd(w, fd);
}

/* Brings an established connection (fd ours, peer the other end) into the planned state. */
static bool age_connection(struct world *w, const struct plan *p, int fd, int peer,
			   struct bind_sock *s, uint16_t peer_port)
{
	switch (p->kind) {
	case KIND_TW_CLIENT:
	case KIND_TW_SERVER:
		drop_fd(w, fd);
		if (!wait_state(w->port, peer_port, STATE_FIN_WAIT_2))
			return false;
		drop_fd(w, peer);
		s->state = STATE_TIME_WAIT;
		s->timewait = true;
		s->uid = 4711; /* nobody's business */
		return wait_state(w->port, peer_port, STATE_TIME_WAIT);
	case KIND_CLOSE_WAIT:
		shutdown(peer, SHUT_WR);
		s->state = STATE_CLOSE_WAIT;
		return wait_state(w->port, peer_port, STATE_CLOSE_WAIT);
	case KIND_FIN_WAIT_1:
		fill_and_close(w, fd);
		s->state = STATE_FIN_WAIT_1;
		return wait_state(w->port, peer_port, STATE_FIN_WAIT_1);
	case KIND_FIN_WAIT_2:
		shutdown(fd, SHUT_WR);
		s->state = STATE_FIN_WAIT_2;
		return wait_state(w->port, peer_port, STATE_FIN_WAIT_2);
	case KIND_ORPHAN:
		drop_fd(w, fd);
		s->state = STATE_FIN_WAIT_2;
		s->timewait = true;
		s->uid = 4711;
		return wait_state(w->port, peer_port, STATE_FIN_WAIT_2);
	default:
		return true;
	}
}

static void toggle_option(struct world *w, const struct plan *p, struct bind_sock *s, int fd)
{
	if (p->toggle == 'a') {
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, s->reuseaddr = !s->reuseaddr);
		tell(w, "  (then SO_REUSEADDR %d)\n", s->reuseaddr);
	}
	if (p->toggle == 'p') {
		set_option(fd, SOL_SOCKET, SO_REUSEPORT, s->reuseport = !s->reuseport);
		tell(w, "  (then SO_REUSEPORT %d)\n", s->reuseport);
		w->history_visible &= s->reuseport;
	}
}

static void make_client(struct world *w, const struct plan *p)
{
	int fd = open_planned(w, p), peer = -1;
	struct bind_sock *s;

	if (!bind_planned(w, p, fd))
		return;
	if (p->kind == KIND_EPHEMERAL && w->port < 1024) {
		drop_fd(w, fd);
		return;
	}
	if (!connect_sink(w, p, fd, &peer) && p->kind == KIND_EPHEMERAL) {
		drop_fd(w, fd);
		return;
	}
	s = add_sock(w, p, peer < 0 ? STATE_BOUND : STATE_ESTABLISHED);
	refresh_sock(s, fd);
	if (peer < 0)
		return;
	w->made[p->kind]++;
	toggle_option(w, p, s, fd);
	if (!age_connection(w, p, fd, peer, s, (uint16_t)(SINK_PORT + w->n - 1)))
		bail("a connection did not reach its state");
}

static void make_syn_sent(struct world *w, const struct plan *p)
{
	struct netaddr hole =
		parse_addr(p->addr.family == AF_INET ? "10.9.0.99" : "2001:db8:9::99");
	int fd = open_planned(w, p);
	struct bind_sock *s;

	if (!bind_planned(w, p, fd))
		return;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect_to(fd, &hole, SINK_PORT) && errno == EINPROGRESS)
		w->made[KIND_SYN_SENT]++;
	s = add_sock(w, p, STATE_SYN_SENT);
	refresh_sock(s, fd);
}

static bool start_listening(struct world *w, const struct plan *p, int fd)
{
	if (listen(fd, 5)) {
		tell(w, "  (listen failed)\n");
		return false;
	}
	note_get_port(w, p,
		      p->addr.family == AF_INET6 && get_option(fd, IPPROTO_IPV6, IPV6_V6ONLY));
	return true;
}

/* A client of the listener; the listener's side of the pair is left in its accept queue. */
static int call_listener(struct world *w, const struct plan *p, struct netaddr *ret_local,
			 uint16_t *ret_port)
{
	struct netaddr target = p->addr;
	static const uint8_t zero[16];
	int fd;

	if (is_mapped(&target) && !memcmp(target.bytes + 12, zero, 4))
		target = parse_addr("::ffff:127.0.0.1");
	else if (!memcmp(target.bytes, zero, 16))
		target = peer_for(w, &p->addr, p->v6only);
	fd = keep_fd(w, socket(target.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		bail("socket");
	if (connect_to(fd, &target, w->port)) {
		tell(w, "  (call: %s)\n", strerror(errno));
		drop_fd(w, fd);
		return -1;
	}
	local_addr(fd, ret_port);
	*ret_local = target;
	return fd;
}

static int accept_as(struct world *w, int listener, uint32_t uid)
{
	struct pollfd pfd = {.fd = listener, .events = POLLIN};
	int fd;

	if (poll(&pfd, 1, DEADLINE_MS) != 1)
		return -1; /* another listener of a reuseport group got it */
	if (seteuid(uid))
		bail("seteuid");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (seteuid(0))
		bail("seteuid");
	return keep_fd(w, fd);
}

static bool others_listen(const struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->socks[i].proto == PROTO_TCP && w->socks[i].state == STATE_LISTEN)
			return true;
	}
	return false;
}

static void make_server(struct world *w, const struct plan *p)
{
	bool alone = !others_listen(w);
	struct bind_sock *listener, *child;
	int fd = open_planned(w, p), caller, ours;
	struct netaddr local;
	uint16_t caller_port;

	if (!bind_planned(w, p, fd))
		return;
	listener = add_sock(w, p, STATE_BOUND);
	refresh_sock(listener, fd);
	if (p->kind == KIND_BOUND || !start_listening(w, p, fd)) {
		w->made[KIND_BOUND]++;
		toggle_option(w, p, listener, fd);
		return;
	}
	listener->state = STATE_LISTEN;
	if (p->kind == KIND_LISTEN || !alone) {
		w->made[KIND_LISTEN]++;
		toggle_option(w, p, listener, fd);
		return;
	}
	caller = call_listener(w, p, &local, &caller_port);
	if (caller < 0)
		return;
	child = add_sock(w, p, STATE_ESTABLISHED);
	child->addr = local;
	child->v6only = listener->v6only;
	w->made[p->kind]++;
	if (p->kind == KIND_PENDING)
		return;
	ours = accept_as(w, fd, p->accept_uid);
	if (ours < 0)
		bail("accept");
	child->uid = p->accept_uid;
	toggle_option(w, p, child, ours);
	if (p->kind !=
	    KIND_SERVER_LISTEN) { /* the child takes the listener's place in the ledger */
		drop_fd(w, fd);
		*listener = *child;
		child = listener;
		w->n--;
	}
	if (!age_connection(w, p, ours, caller, child, caller_port))
		bail("a connection did not reach its state");
}

static void make_tcp(struct world *w, const struct plan *p)
{
	switch (p->kind) {
	case KIND_CLIENT:
	case KIND_EPHEMERAL:
	case KIND_TW_CLIENT:
		make_client(w, p);
		break;
	case KIND_SYN_SENT:
		make_syn_sent(w, p);
		break;
	case KIND_CLOSE_WAIT:
	case KIND_FIN_WAIT_1:
	case KIND_FIN_WAIT_2:
	case KIND_ORPHAN:
		if (chance(w, 50)) {
			make_client(w, p);
			break;
		}
		/* fall through */
	default:
		make_server(w, p);
	}
}

struct netaddr random_addr(struct world *w)
{
	return parse_addr(addr_texts[pick(w, sizeof(addr_texts) / sizeof(*addr_texts))]);
}

static struct plan random_plan(struct world *w, uint8_t proto)
{
	struct plan p = {.proto = chance(w, 90) ? proto : chance(w, 50) ? PROTO_TCP : PROTO_UDP};

	p.kind = pick(w, KINDS);
	if (chance(w, 30))
		p.kind = chance(w, 50) ? KIND_BOUND : KIND_LISTEN;
	p.addr = random_addr(w);
	p.reuseaddr = chance(w, 50);
	p.reuseport = chance(w, 50);
	p.v6only = p.addr.family == AF_INET6 && !is_mapped(&p.addr) && chance(w, 35);
	p.uid = chance(w, 25) ? OTHER_UID : 0;
	p.accept_uid = chance(w, 80) ? p.uid : OTHER_UID - p.uid;
	if (chance(w, 15))
		p.ifindex = w->lo;
	else if (chance(w, 8) && (p.kind == KIND_BOUND || p.kind == KIND_LISTEN))
		p.ifindex = w->veth;
	if (chance(w, 15))
		p.toggle = chance(w, 50) ? 'a' : 'p';
	return p;
}

void add_random(struct world *w, uint8_t proto)
{
	struct plan p = random_plan(w, proto);
	bool elsewhere = chance(w, 6);
	size_t before = w->n;

	tell(w, "%s %s %s reuseaddr=%d reuseport=%d v6only=%d uid=%u/%u if=%u%s\n",
	     p.proto == PROTO_TCP ? "tcp" : "udp", kind_names[p.kind], addr_text(&p.addr),
	     p.reuseaddr, p.reuseport, p.v6only, p.uid, p.accept_uid, p.ifindex,
	     elsewhere ? " in the other namespace" : "");
	if (elsewhere) {
		struct netaddr any = parse_addr("0.0.0.0");

		p = (struct plan){.proto = p.proto, .addr = any, .kind = KIND_BOUND};
		if (setns(w->other_netns, CLONE_NEWNET))
			bail("setns");
		bind_to(open_planned(w, &p), &any, w->port);
		if (setns(w->netns, CLONE_NEWNET))
			bail("setns");
		return;
	}
	if (p.proto == PROTO_TCP)
		make_tcp(w, &p);
	else
		make_udp(w, &p);
	settle_bucket(w);
	if (w->n == before)
		tell(w, "  (not made)\n");
}

void end_situation(struct world *w)
{
	struct linger now = {.l_onoff = 1};

	while (w->n_fds) {
		int fd = w->fds[--w->n_fds];

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(fd);
	}
	w->n = 0;
	w->bucket_exists = false;
	w->history_visible = true;
	memset(&w->bucket, 0, sizeof(w->bucket));
	w->story[0] = '\0';
}

static void run(const char *command)
{
	if (system(command))
		bail(command);
}

static int open_netns(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		bail("/proc/thread-self/ns/net");
	return fd;
}

static int make_sink(uint16_t port)
{
	struct netaddr any = parse_addr("::");
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	set_option(fd, SOL_SOCKET, SO_RCVBUF, 4096);
	if (bind_to(fd, &any, port) || listen(fd, 64))
		bail("sink");
	return fd;
}

void make_world(struct world *w, unsigned seed)
{
	w->seed[0] = (unsigned short)seed;
	w->seed[1] = (unsigned short)(seed >> 16);
	if (unshare(CLONE_NEWNET)) {
		printf("1..0 # SKIP cannot make a network namespace: %s\n", strerror(errno));
		exit(0);
	}
	w->other_netns = open_netns();
	run("ip link set lo up");
	if (unshare(CLONE_NEWNET))
		bail("unshare");
	w->netns = open_netns();
	run("ip link set lo up && ip link add veth0 type veth peer name veth1 && "
	    "ip address add 10.9.0.1/24 dev veth0 && ip link set veth1 up && ip link set veth0 up "
	    "&& "
	    "ip address add 2001:db8:9::1/64 dev veth0 nodad");
	w->range_fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
	if (w->range_fd < 0)
		bail("ip_local_port_range");
	limit_ports(w, 61000, 65500);
	w->lo = 1;
	w->veth = if_nametoindex("veth0");
	if (!w->veth)
		bail("veth0");
	for (uint16_t i = 0; i < MAX_SOCKS; i++)
		w->sinks[i] = make_sink(SINK_PORT + i);
	w->history_visible = true;
}
