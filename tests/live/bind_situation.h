/*
 * Real sockets in random states on one port, and this program's own ledger of them: what the kernel
 * must hold for each, written down from how it was made, not read back. For tests that compare
 * bind_predict() with the kernel.
 */
#ifndef TESTS_LIVE_BIND_SITUATION_H
#define TESTS_LIVE_BIND_SITUATION_H

#include "model/bind_rule.h"
#include "model/record.h"

#define MAX_SOCKS 8
#define MAX_FDS 32
#define OTHER_UID 65534
#define DEADLINE_MS 2000

enum kind {
	KIND_BOUND,
	KIND_LISTEN,
	KIND_CLIENT,	     /* bound, then connected */
	KIND_EPHEMERAL,	     /* connected without bind() */
	KIND_SYN_SENT,
	KIND_SERVER,	     /* accepted, listener closed */
	KIND_SERVER_LISTEN,  /* accepted, listener open */
	KIND_PENDING,	     /* in the accept queue */
	KIND_TW_SERVER,
	KIND_TW_CLIENT,
	KIND_CLOSE_WAIT,
	KIND_FIN_WAIT_1,     /* orphan with unsent data */
	KIND_FIN_WAIT_2,     /* half closed, file open */
	KIND_ORPHAN,	     /* FIN_WAIT_2 without file: a mini socket */
	KINDS
};

extern const char *const kind_names[KINDS];

/* One socket to make, and how. */
struct plan {
	enum kind kind;
	uint8_t proto;
	struct netaddr addr;
	bool reuseaddr, reuseport, v6only, toggled_off;
	uint32_t uid, accept_uid, ifindex;
	char toggle; /* 0, 'a', 'p': option inverted at the end */
};

struct world {
	unsigned short seed[3];
	int netns, other_netns; /* where the situations are, and a stranger */
	int range_fd, sinks[MAX_SOCKS];
	unsigned lo, veth;
	/* the situation */
	uint16_t port;
	struct bind_sock socks[MAX_SOCKS];
	bool connect_bound[MAX_SOCKS];
	size_t n;
	struct bind_bucket bucket;
	bool bucket_exists;
	bool history_visible; /* nothing happened that only the bucket knows */
	int fds[MAX_FDS];
	size_t n_fds;
	char story[2048]; /* how it came about, for people */
	unsigned made[KINDS], udp_made;
};

/* Enters a new network namespace: loopback, veth0 with 10.9.0.1 and 2001:db8:9::1. Prints a skip
 * and exits where that is not allowed. */
void make_world(struct world *w, unsigned seed);

/* Makes one more random socket, most likely of the protocol; it may turn out to be impossible. */
void add_random(struct world *w, uint8_t proto);

/* Writes down what a successful bind() or listen() leaves in the bind bucket, then what is left of
 * that when the binder (not in the ledger) has closed. */
void note_get_port(struct world *w, const struct plan *p, bool plain_v6);
void settle_bucket(struct world *w);

/* Closes everything at once, connections by reset. */
void end_situation(struct world *w);

unsigned pick(struct world *w, unsigned n);
bool chance(struct world *w, unsigned percent);
struct netaddr parse_addr(const char *text);
struct netaddr random_addr(struct world *w);
const char *addr_text(const struct netaddr *a); /* in a static buffer */
bool is_mapped(const struct netaddr *a);

/* Ends the program: TAP's way to say that the test itself is broken. */
_Noreturn void bail(const char *what);

#endif
