/*
 * Why can't this port be bound? Facts in (model/why_facts.h and the snapshot they belong to), a
 * verdict with causes out. Pure. The causes are one table, see why_rules.c: a new cause is a code
 * here, a row there, and a test.
 */
#ifndef INETTOP_MODEL_WHY_H
#define INETTOP_MODEL_WHY_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "model/snapshot.h"
#include "model/why_facts.h"

enum why_verdict { WHY_FREE, WHY_HIDDEN, WHY_DRAINING, WHY_NOT_A_CONFLICT, WHY_BUSY };

/* SPEC 7; the order is that of the answer. */
enum why_code {
	WHY_LISTENER,
	WHY_OTHER_USER,
	WHY_DOCKER_PROXY,
	WHY_STALE_DOCKER_PROXY,
	WHY_FORWARDER,
	WHY_SYSTEMD_SOCKET,
	WHY_INHERITED,
	WHY_REUSEPORT_GROUP,
	WHY_DUAL_STACK,
	WHY_ADDRESS_OVERLAP,
	WHY_STOPPED_OWNER,
	WHY_DELETED_EXE,
	WHY_TIME_WAIT,
	WHY_ORPHAN,
	WHY_BOUND_NOT_LISTENING,
	WHY_EPHEMERAL_CLIENT,
	WHY_ACCEPT_QUEUE,
	WHY_CLOSE_WAIT_PILEUP,
	WHY_OTHER_NETNS,
	WHY_FOREIGN_NETNS_SOCKET,
	WHY_KERNEL,
	WHY_IN_FLIGHT,
	WHY_PID_NAMESPACE,
	WHY_REDIRECTED,
	WHY_PRIVILEGED_PORT,
	WHY_ADDRESS_NOT_LOCAL,
	WHY_POLICY,
	WHY_QUEUE_FULL,
	WHY_BACKLOG_CAPPED,
	WHY_LOOPBACK_ONLY,
	WHY_MORE_SPECIFIC_WINS,
	WHY_OTHER_PROTOCOL,
	WHY_CODE_COUNT
};

enum why_row_kind { WHY_ROW_SOCK, WHY_ROW_PROC, WHY_ROW_CONTAINER };

/* A row of the snapshot that shows it. */
struct why_row {
	uint8_t kind; /* enum why_row_kind */
	uint32_t slot;
};

struct why_cause {
	uint8_t code;	     /* enum why_code */
	struct bytes text;   /* a sentence, raw: names in it are other people's bytes */
	struct bytes remedy; /* NULL: nothing to do */
	const struct why_row *rows;
	uint32_t n_rows;
	const char *needs; /* the right that would tell more; static, or NULL */
};

struct why_result {
	uint8_t verdict;    /* enum why_verdict; the worse of the places */
	int64_t free_in_ms; /* WHY_DRAINING: when the last one ends; -1 not known */
	struct bind_prediction predicted[2]; /* of facts.places */
	struct bytes headline;		     /* the verdict in one line, raw */
	const char *needs;		     /* WHY_HIDDEN: the right that would tell; static */
	const struct why_cause *causes;
	uint32_t n_causes;
};

/*
 * What to read for a one-shot answer: fills needs whole. The tick then dumps only sockets on that
 * port (NEED_ONE_PORT).
 */
void why_needs(const struct why_want *want, struct needs *ret_needs);

/*
 * Judges the facts of snap->why at now_ms (monotonic; TIME_WAIT runs down between snapshots).
 * Everything in the result lives in the arena or in the snapshot.
 */
void why_judge(const struct snapshot *snap, const struct why_facts *facts, int64_t now_ms,
	       struct arena *arena, struct why_result *ret);

/* "free" ...; "listener" ...; 0, "EADDRINUSE" ...: static. "?" out of range. */
const char *why_verdict_name(unsigned int verdict);
const char *why_code_name(unsigned int code);
const char *why_errno_name(int err);

/* The endpoint as asked for: ":8080", "udp 127.0.0.1:53", with its namespace unless it is ours. */
void why_endpoint(const struct why_want *want, struct strbuf *out);

#endif
