/*
 * sockzoo: opens the sockets named on its command line, says exactly what it opened, and keeps them
 * until its standard input closes. The ledger is what live tests compare inettop with.
 */
#ifndef TESTS_LIB_ZOO_H
#define TESTS_LIB_ZOO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define ZOO_MAX_SOCKETS 20000

struct zoo_kind;

/* One argument: KIND[,KEY[=VALUE]]... */
struct zoo_spec {
	const struct zoo_kind *kind;
	char addr[108]; /* address text, or the path of a unix socket ("@name": abstract) */
	char dev[16];	/* SO_BINDTODEVICE, or the device of a packet socket */
	int protocol;	/* IPPROTO_TCP or IPPROTO_MPTCP */
	int port, peer; /* 0: any */
	int count, backlog;
	int v6only;	     /* -1: as the system has it */
	bool client;	     /* the client end closes first */
	int live, hold, gap; /* churn: at most so many at once; ms each is kept, us between two */
};

/* A line of the ledger, as the kernel describes the socket. */
struct zoo_entry {
	const char *proto, *family, *state;
	char addr[128], peer[128];
	unsigned int port, peer_port;
	uint64_t inode, cookie;
};

struct zoo_holder {
	pid_t pid, tid;
	int fd; /* -1: no descriptor leads to the socket */
};

struct zoo_kind {
	const char *name;
	void (*open)(const struct zoo_spec *spec);
	const char *help;
};

/* ---- sockzoo.c */
/* Ends the program: the host cannot do what the command line asks because of a mistake in it. */
void zoo_die(const char *what) __attribute__((noreturn));
/* "lacks KIND: reason", for what this host or user cannot open; the rest goes on. */
void zoo_lacks(const struct zoo_spec *spec, const char *what);
/* Waits up to us microseconds (-1: for ever); true when standard input has closed. */
bool zoo_over(long us);

/* ---- zoo_ledger.c */
struct zoo_entry zoo_describe(int fd);
void zoo_print(const char *event, const struct zoo_spec *spec, const struct zoo_entry *entry,
	       struct zoo_holder holder);
/* "open" line for a descriptor of the calling thread. */
void zoo_print_fd(const struct zoo_spec *spec, int fd);

/* ---- zoo_inet.c: descriptor, or -1 after zoo_lacks */
int zoo_bound(const struct zoo_spec *spec, int type, int protocol, bool reuseport);
int zoo_listener(const struct zoo_spec *spec, bool reuseport);
void zoo_open_listen(const struct zoo_spec *spec);
void zoo_open_reuseport(const struct zoo_spec *spec);
void zoo_open_bound(const struct zoo_spec *spec);
void zoo_open_udp(const struct zoo_spec *spec);
void zoo_open_udp_connected(const struct zoo_spec *spec);
void zoo_open_udplite(const struct zoo_spec *spec);
void zoo_open_raw(const struct zoo_spec *spec);
void zoo_open_icmp(const struct zoo_spec *spec);

/* ---- zoo_tcp.c: connections in a given state */
void zoo_open_established(const struct zoo_spec *spec);
void zoo_open_pending(const struct zoo_spec *spec);
void zoo_open_half_closed(const struct zoo_spec *spec);
void zoo_open_time_wait(const struct zoo_spec *spec);
void zoo_open_orphan(const struct zoo_spec *spec);

/* ---- zoo_local.c */
void zoo_open_unix_listen(const struct zoo_spec *spec);
void zoo_open_unix_dgram(const struct zoo_spec *spec);
void zoo_open_unix_pair(const struct zoo_spec *spec);
void zoo_open_packet(const struct zoo_spec *spec);
void zoo_open_netlink(const struct zoo_spec *spec);

/* ---- zoo_holders.c: who holds the socket */
void zoo_open_child(const struct zoo_spec *spec);
void zoo_open_passed(const struct zoo_spec *spec);
void zoo_open_in_flight(const struct zoo_spec *spec);
void zoo_open_thread(const struct zoo_spec *spec);

/* ---- zoo_churn.c */
void zoo_open_churn(const struct zoo_spec *spec);

#endif
