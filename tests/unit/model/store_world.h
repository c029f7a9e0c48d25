/* Builders for store tests. */
#ifndef TESTS_UNIT_MODEL_STORE_WORLD_H
#define TESTS_UNIT_MODEL_STORE_WORLD_H

#include <sys/socket.h>

#include "lib/unit.h"
#include "model/store.h"

#define UNUSED __attribute__((unused))

static UNUSED struct netaddr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct netaddr){.family = AF_INET, .bytes = {a, b, c, d}};
}

static UNUSED struct netaddr v6_any(void)
{
	return (struct netaddr){.family = AF_INET6};
}

static UNUSED struct bytes text(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

static UNUSED struct sock_rec listener(uint64_t cookie, struct netaddr addr, uint32_t port)
{
	return (struct sock_rec){
		.cookie = cookie,
		.inode = (uint32_t)cookie + 1000,
		.proto = PROTO_TCP,
		.family = addr.family == AF_INET ? FAM_INET : FAM_INET6,
		.state = STATE_LISTEN,
		.local = addr,
		.remote.family = addr.family,
		.local_port = port,
		.sendq = 128,
		.have = REC_QUEUES | REC_UID,
	};
}

static UNUSED struct sock_rec conn(uint64_t cookie, struct netaddr addr, uint32_t port,
				   uint32_t remote_port)
{
	struct sock_rec r = listener(cookie, addr, port);

	r.state = STATE_ESTABLISHED;
	r.sendq = 0;
	r.remote = v4(10, 0, 0, 9);
	r.remote_port = remote_port;
	return r;
}

static UNUSED uint32_t host(struct store *st)
{
	struct netns_rec rec = {.cookie = 1, .inode = 4026531840u, .kind = NETNS_HOST, .own = true};

	return store_netns_put(st, &rec);
}

struct dump {
	uint32_t protos, states, complete;
};

static const struct dump ALL UNUSED = {PROTO_MASK_ALL, STATE_MASK_ALL, PROTO_MASK_ALL};

static UNUSED void put_all(struct store *st, uint32_t netns, struct dump how,
			   const struct sock_rec *recs, size_t n)
{
	struct dump_scope scope = {.netns = netns, .protos = how.protos, .states = how.states};

	store_dump_begin(st, &scope);
	for (size_t i = 0; i < n; i++)
		store_put(st, &recs[i]);
	store_dump_end(st, how.protos, how.complete);
}

static UNUSED const struct snapshot *publish(struct store *st)
{
	struct publish_args args = {0};

	return store_publish(st, &args);
}

/* One tick with one complete dump of the host namespace; releases *snap and replaces it. */
static UNUSED void tick(struct store *st, int64_t ms, const struct sock_rec *recs, size_t n,
			const struct snapshot **snap)
{
	const struct snapshot *next;

	store_tick_begin(st, ms, 1000000 + ms);
	put_all(st, host(st), ALL, recs, n);
	next = publish(st);
	snapshot_release(*snap);
	*snap = next;
}

/* The row, or NULL. */
const struct sock *sock_by_cookie(const struct snapshot *snap, uint8_t proto, uint64_t cookie);

/* The newest row of an endpoint, live before gone, or NULL. */
const struct port *port_at_number(const struct snapshot *snap, uint8_t proto, uint16_t port);

struct world {
	struct store *st;
	const struct snapshot *snap;
};

/* cmocka fixtures around a struct world. */
int world_setup(void **state);
int world_teardown(void **state);

void one_owner(struct store *st, uint32_t inode, uint32_t pid);
void proc(struct store *st, uint32_t pid, uint64_t start, const char *comm);
/* Publishes and releases the snapshot before. */
void republish(struct world *w);

#endif
