/* Shared by the two halves of the demo: its tables and what is built from them. */
#ifndef TESTS_LIB_DEMO_INTERNAL_H
#define TESTS_LIB_DEMO_INTERNAL_H

#include "base/arena.h"
#include "lib/demo_snapshot.h"

#define BYTES(literal) ((struct bytes){literal, sizeof(literal) - 1})
#define NO_BYTES ((struct bytes){NULL, 0})

enum demo_ns { NS_HOST, NS_WEB, NS_BLUE, NS_POD, NS_FD, NS_COUNT };
enum demo_ctr { CTR_WEB, CTR_CART, CTR_COUNT, CTR_NONE = CTR_COUNT };

struct demo_proc {
	uint32_t pid, ppid, uid;
	int32_t age_s; /* seconds since its start, -1 = nothing but its pid is known */
	const char *user;
	struct bytes comm, cmdline, exe, unit;
	uint8_t ns, ctr; /* enum demo_ns, enum demo_ctr */
	char state;
	uint16_t lacks; /* PROC_* */
	bool exe_deleted;
};

struct demo_holder {
	uint32_t pid;
	int32_t fd;
	uint32_t tid;
};

#define DEMO_HOLDERS_MAX 3

struct demo_sock {
	uint8_t proto, state;
	const char *local; /* address, NULL = none */
	uint32_t lport;
	const char *remote;
	uint32_t rport;
	uint32_t inode, uid, recvq, sendq;
	uint8_t ns, status; /* enum demo_ns; enum owner_status, 0 = known when held, else pending */
	uint8_t timer, mark;
	struct demo_holder held[DEMO_HOLDERS_MAX];
	struct bytes path, detail;
	uint32_t drops, expires_ms, peer_inode;
	uint32_t ifindex;
	int32_t age_s;		  /* > 0: its birth was seen */
	int64_t rx_rate, tx_rate; /* with tcp_info when either is not 0 */
	bool abstract, v6only, stale, pending, incomplete;
};

extern const struct netns_rec demo_netns[NS_COUNT];
extern const struct container_rec demo_containers[CTR_COUNT];
extern const struct publish_rec demo_published[];
extern const uint32_t demo_n_published;
extern const struct demo_proc demo_procs[];
extern const uint32_t demo_n_procs;
extern const struct demo_sock demo_socks[];
extern const uint32_t demo_n_socks;
extern const struct event demo_events[];
extern const uint32_t demo_n_events;
extern const struct note demo_notes[];
extern const uint32_t demo_n_notes;

#endif
