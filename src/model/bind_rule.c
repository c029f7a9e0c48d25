#include "model/bind_rule.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/record.h"

/* The kernel scans a UDP chain of up to ten sockets whole, a longer one by address. */
#define UDP_SHORT_CHAIN 10

/* Sets of possible outcomes of looking at one socket. */
#define SEES_NOTHING 1u /* passed over */
#define SEES_BLOCK 2u	/* in the way */
#define SEES_FRIEND 4u	/* UDP reuseport: ends the search with success */

enum addr_kind { KIND_V6, KIND_V4, KIND_ANY6 };

/* How the kernel sees an address: KIND_V4 also for mapped ones; v4 is sk_rcv_saddr. */
struct rcv_addr {
	enum addr_kind kind;
	bool inet6; /* family of the socket */
	bool v6only;
	uint8_t v4[4];
	const uint8_t *v6; /* 16 bytes, only if inet6 */
};

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static struct rcv_addr rcv_addr_of(const struct netaddr *addr, bool v6only)
{
	static const uint8_t shadow[4] = {127, 0, 0, 6}; /* LOOPBACK4_IPV6 */
	struct rcv_addr r = {.kind = KIND_V4, .inet6 = addr->family == AF_INET6, .v6only = v6only};

	if (!r.inet6) {
		r.v6only = false;
		memcpy(r.v4, addr->bytes, 4);
		return r;
	}
	r.v6 = addr->bytes;
	if (all_zero(addr->bytes, 16)) {
		r.kind = KIND_ANY6;
	} else if (all_zero(addr->bytes, 10) && addr->bytes[10] == 0xff &&
		   addr->bytes[11] == 0xff) {
		memcpy(r.v4, addr->bytes + 12, 4);
	} else {
		r.kind = KIND_V6;
		memcpy(r.v4, shadow, 4);
	}
	return r;
}

static bool is_any4(const struct rcv_addr *a)
{
	return all_zero(a->v4, 4);
}

static bool is_wildcard(const struct rcv_addr *a)
{
	return a->kind == KIND_ANY6 || (a->kind == KIND_V4 && is_any4(a));
}

static bool v4_equal(const struct rcv_addr *a, const struct rcv_addr *b, bool wild_b)
{
	if (b->v6only)
		return false;
	return !memcmp(a->v4, b->v4, 4) || is_any4(a) || (wild_b && is_any4(b));
}

/* inet_rcv_saddr_equal(): not symmetric. wild_b: b's wildcard counts too. */
static bool rcv_addr_equal(const struct rcv_addr *a, const struct rcv_addr *b, bool wild_b)
{
	if (!a->inet6 || (a->kind == KIND_V4 && b->kind == KIND_V4))
		return v4_equal(a, b, wild_b);
	if (a->kind == KIND_ANY6 && b->kind == KIND_ANY6)
		return true;
	if (wild_b && b->kind == KIND_ANY6 && !(b->v6only && a->kind == KIND_V4))
		return true;
	if (a->kind == KIND_ANY6 && !(a->v6only && b->kind == KIND_V4))
		return true;
	return b->inet6 && !memcmp(a->v6, b->v6, 16);
}

static bool is_udp(uint8_t proto)
{
	return proto == PROTO_UDP || proto == PROTO_UDPLITE;
}

static bool is_tcp(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_MPTCP;
}

/* bind() makes sockets on a plain IPv6 address v6only. */
static struct rcv_addr wanted_addr(const struct bind_want *want)
{
	struct rcv_addr a = rcv_addr_of(&want->addr, want->v6only);

	if (a.kind == KIND_V6)
		a.v6only = true;
	return a;
}

static bool same_port(const struct bind_want *want, const struct bind_sock *s)
{
	if (s->port != want->port)
		return false;
	if (is_tcp(want->proto))
		return is_tcp(s->proto) && s->state != STATE_SYN_RECV && s->l3mdev == want->l3mdev;
	return s->proto == want->proto;
}

static bool addresses_meet(const struct bind_want *want, const struct bind_sock *s, bool v6only)
{
	struct rcv_addr a = wanted_addr(want), b = rcv_addr_of(&s->addr, v6only);

	if (want->ifindex && s->ifindex && want->ifindex != s->ifindex)
		return false;
	/* TCP finds a specific address by hash, where the 127.0.0.6 of IPv6 sockets is not. */
	if (is_tcp(want->proto) && b.kind == KIND_V6 && !a.inet6 && !is_wildcard(&a))
		return false;
	return rcv_addr_equal(&a, &b, true);
}

/* What the kernel concludes from one socket whose options are given, as a SEES_ bit. */
static unsigned sees(enum bind_variant v, const struct bind_want *want, const struct bind_sock *s,
		     bool reuseaddr, bool reuseport, bool v6only)
{
	bool same_owner = s->uid == want->uid || (s->timewait && is_tcp(want->proto));

	if (v == BIND_REUSEADDR && reuseaddr && (is_udp(want->proto) || s->state != STATE_LISTEN))
		return SEES_NOTHING;
	if (!addresses_meet(want, s, v6only))
		return SEES_NOTHING;
	if (v == BIND_REUSEPORT && reuseport && same_owner)
		return is_udp(want->proto) ? SEES_FRIEND : SEES_NOTHING;
	return SEES_BLOCK;
}

/* The same over all values that unknown options may have. */
static unsigned may_see(enum bind_variant v, const struct bind_want *want,
			const struct bind_sock *s)
{
	unsigned set = 0;

	for (unsigned bits = 0; bits < 8; bits++) {
		bool reuseaddr = bits & 1, reuseport = bits & 2, v6only = bits & 4;

		if ((s->reuseaddr >= 0 && reuseaddr != !!s->reuseaddr) ||
		    (s->reuseport >= 0 && reuseport != !!s->reuseport) ||
		    (s->v6only >= 0 && v6only != !!s->v6only))
			continue;
		set |= sees(v, want, s, reuseaddr, reuseport, v6only);
	}
	return set;
}

static bool one_bit(unsigned set)
{
	return !(set & (set - 1));
}

static unsigned option_gaps(const struct bind_sock *s)
{
	unsigned gaps = 0;

	if (s->reuseaddr < 0 || s->reuseport < 0)
		gaps |= BIND_GAP_OPTIONS;
	if (s->v6only < 0)
		gaps |= BIND_GAP_V6ONLY;
	return gaps;
}

/* What looking at all sockets on the port gives. */
struct survey {
	unsigned sure;	/* union of what is certain to be seen */
	unsigned maybe; /* union of all that may be seen */
	unsigned gaps;	/* missing facts behind the difference */
	size_t count;	/* sockets on the port */
	bool ordered;	/* every socket that may be seen has its place in the chain */
};

static struct survey survey(enum bind_variant v, const struct bind_want *want,
			    const struct bind_sock *socks, size_t n, uint8_t *blocks)
{
	struct survey sv = {.ordered = true};

	for (size_t i = 0; i < n; i++) {
		unsigned set;

		if (!same_port(want, &socks[i]))
			continue;
		sv.count++;
		set = may_see(v, want, &socks[i]);
		sv.maybe |= set;
		if (one_bit(set))
			sv.sure |= set;
		else
			sv.gaps |= option_gaps(&socks[i]);
		if (set != SEES_NOTHING && socks[i].chain < 0)
			sv.ordered = false;
		if (blocks && (set & SEES_BLOCK))
			blocks[i] |= set == SEES_BLOCK ? BIND_BLOCKS(v) : BIND_MAY_BLOCK(v);
	}
	return sv;
}

static const struct bind_sock *next_in_chain(const struct bind_want *want,
					     const struct bind_sock *socks, size_t n, int32_t after)
{
	const struct bind_sock *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (same_port(want, &socks[i]) && socks[i].chain > after &&
		    (!best || socks[i].chain < best->chain))
			best = &socks[i];
	}
	return best;
}

/* Walks the UDP chain as the kernel does; returns the possible ends. */
static unsigned walk_chain(enum bind_variant v, const struct bind_want *want,
			   const struct bind_sock *socks, size_t n)
{
	const struct bind_sock *s = next_in_chain(want, socks, n, -1);
	unsigned ends = 0;

	for (; s; s = next_in_chain(want, socks, n, s->chain)) {
		unsigned set = may_see(v, want, s);

		ends |= set & ~SEES_NOTHING;
		if (!(set & SEES_NOTHING))
			return ends;
	}
	return ends | SEES_NOTHING;
}

static int udp_conflict(enum bind_variant v, const struct bind_want *want,
			const struct bind_sock *socks, size_t n, const struct survey *sv,
			uint8_t *ret_gaps)
{
	unsigned ends;

	if (!(sv->maybe & SEES_BLOCK))
		return 0;
	if ((sv->sure & SEES_BLOCK) && !(sv->maybe & SEES_FRIEND))
		return EADDRINUSE;
	if ((sv->maybe & SEES_FRIEND) &&
	    (!sv->ordered || sv->count > UDP_SHORT_CHAIN || want->chain_len > UDP_SHORT_CHAIN)) {
		*ret_gaps |= sv->gaps | BIND_GAP_ORDER;
		return BIND_UNKNOWN;
	}
	ends = sv->maybe & SEES_FRIEND ? walk_chain(v, want, socks, n) : sv->maybe;
	if (ends == SEES_BLOCK)
		return EADDRINUSE;
	if (!(ends & SEES_BLOCK))
		return 0;
	*ret_gaps |= sv->gaps;
	return BIND_UNKNOWN;
}

/* sk_reuseport_match(): the bucket lets the newcomer in without a look at its sockets. */
static bool bucket_admits(const struct bind_bucket *bucket, const struct bind_want *want)
{
	struct rcv_addr fast, wanted = wanted_addr(want);

	if (bucket->fastreuseport <= 0 || bucket->fastuid != want->uid)
		return false;
	if (bucket->fastreuseport == 1)
		return true;
	fast = rcv_addr_of(&bucket->fast_addr, bucket->fast_v6only);
	return rcv_addr_equal(&fast, &wanted, false);
}

/*
 * Whether somebody may have left the bucket in a state that admits the newcomer. The uid of a
 * connection does not tell: its listener, now closed, may have been another user's.
 */
static bool bucket_may_admit(const struct bind_want *want, const struct bind_sock *socks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct bind_sock *s = &socks[i];

		bool own = s->state == STATE_LISTEN || s->state == STATE_BOUND;

		if (same_port(want, s) && s->reuseport && (!own || s->uid == want->uid))
			return true;
	}
	return false;
}

static int tcp_conflict(enum bind_variant v, const struct bind_want *want,
			const struct bind_sock *socks, size_t n, const struct survey *sv,
			uint8_t *ret_gaps)
{
	if (!(sv->maybe & SEES_BLOCK))
		return 0;
	if (v == BIND_REUSEPORT && want->bucket && bucket_admits(want->bucket, want))
		return 0;
	if (v == BIND_REUSEPORT && !want->bucket && bucket_may_admit(want, socks, n)) {
		*ret_gaps |= sv->gaps | BIND_GAP_BUCKET;
		return BIND_UNKNOWN;
	}
	if (sv->sure & SEES_BLOCK)
		return EADDRINUSE;
	*ret_gaps |= sv->gaps;
	return BIND_UNKNOWN;
}

static bool is_multicast(const struct bind_want *want, const struct rcv_addr *a)
{
	return a->kind == KIND_V4 ? (a->v4[0] & 0xf0) == 0xe0
				  : a->kind == KIND_V6 && want->addr.bytes[0] == 0xff;
}

/* fe80::/10, and multicast of interface or link scope. */
static bool needs_device(const uint8_t v6[16])
{
	if (v6[0] == 0xff)
		return (v6[1] & 0x0f) == 1 || (v6[1] & 0x0f) == 2;
	return v6[0] == 0xfe && (v6[1] & 0xc0) == 0x80;
}

/* Whether a device-bound IPv6 socket must have the address on that very device. */
static bool tied_to_device(const struct rcv_addr *a)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return a->kind == KIND_V6 && (needs_device(a->v6) || !memcmp(a->v6, loopback, 16));
}

/* 1, 0 or BIND_UNKNOWN: the address may be bound on this host. */
static int address_usable(const struct bind_want *want, const struct rcv_addr *a)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (is_wildcard(a) || is_multicast(want, a) || want->nonlocal)
		return 1;
	if (a->kind == KIND_V4 && !memcmp(a->v4, broadcast, 4))
		return 1;
	if (want->addr_local != 1 || !a->inet6 || !want->ifindex || !tied_to_device(a))
		return want->addr_local;
	if (!want->addr_ifindex)
		return BIND_UNKNOWN;
	return want->addr_ifindex == want->ifindex;
}

/* The checks before the conflict search: 0, errno or BIND_UNKNOWN (address). */
static int check_address(const struct bind_want *want)
{
	struct rcv_addr a = wanted_addr(want);
	bool denied = want->port < want->unprivileged_start && !want->cap_net_bind_service;
	int usable = address_usable(want, &a);

	if (a.inet6) {
		if (a.kind == KIND_V6 && is_multicast(want, &a) && is_tcp(want->proto))
			return EINVAL;
		if (denied)
			return EACCES;
		if (a.kind == KIND_V4 && want->v6only)
			return EINVAL;
		if (a.kind == KIND_V6 && needs_device(a.v6) && !want->ifindex)
			return EINVAL;
	}
	if (usable < 0)
		return BIND_UNKNOWN;
	if (!usable)
		return EADDRNOTAVAIL;
	return denied ? EACCES : 0;
}

static void forget_blocks(enum bind_variant v, size_t n, uint8_t *blocks)
{
	for (size_t i = 0; blocks && i < n; i++)
		blocks[i] &= (uint8_t) ~(BIND_BLOCKS(v) | BIND_MAY_BLOCK(v));
}

void bind_predict(const struct bind_want *want, const struct bind_sock *socks, size_t n,
		  struct bind_prediction *ret, uint8_t *ret_blocks)
{
	int before = check_address(want);

	memset(ret, 0, sizeof(*ret));
	if (ret_blocks)
		memset(ret_blocks, 0, n);
	for (enum bind_variant v = BIND_PLAIN; v < BIND_VARIANTS; v++) {
		struct survey sv = survey(v, want, socks, n, ret_blocks);

		if (is_tcp(want->proto)) {
			ret->err[v] = tcp_conflict(v, want, socks, n, &sv, &ret->gaps[v]);
		} else if (is_udp(want->proto)) {
			ret->err[v] = udp_conflict(v, want, socks, n, &sv, &ret->gaps[v]);
		} else {
			ret->err[v] = BIND_UNKNOWN;
			ret->gaps[v] = BIND_GAP_PROTO;
			continue;
		}
		if (!ret->err[v])
			forget_blocks(v, n, ret_blocks);
		if (before == BIND_UNKNOWN) {
			ret->err[v] = BIND_UNKNOWN;
			ret->gaps[v] |= BIND_GAP_ADDRESS;
		} else if (before) {
			ret->err[v] = before;
			ret->gaps[v] = 0;
		}
	}
}
