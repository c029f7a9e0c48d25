/*
 * What is wrong with a row, from one table of rules, and one sentence that explains a row. Pure
 * functions of a snapshot and one of its rows.
 */
#ifndef INETTOP_MODEL_PROBLEMS_H
#define INETTOP_MODEL_PROBLEMS_H

#include "base/strbuf.h"
#include "model/snapshot.h"

#define PROBLEM_QUEUE_FULL (1u << 0)
#define PROBLEM_DROPS (1u << 1) /* rose within the last ten seconds */
#define PROBLEM_CLOSE_WAIT (1u << 2)
#define PROBLEM_DELETED_EXE (1u << 3)
#define PROBLEM_STOPPED (1u << 4)
#define PROBLEM_BOUND_ONLY (1u << 5)
#define PROBLEM_STALE_PROXY (1u << 6)
#define PROBLEM_COUNT 7

/* PROBLEM_* mask of a row; a gone row has none. */
uint32_t problems_port(const struct snapshot *snap, const struct port *p);
uint32_t problems_sock(const struct snapshot *snap, const struct sock *s);
uint32_t problems_proc(const struct snapshot *snap, const struct proc *p);

/* Whether drops grew within the last seconds. */
bool problems_drops_rise(int64_t now_ms, const struct port *p);

/* A few words for one bit, static ("accept queue full"); "" for 0. */
const char *problems_text(uint32_t bit);

/* Appends one sentence about the row, raw (comm may hold any byte). now_ms: monotonic. */
void explain_port(struct strbuf *out, const struct snapshot *snap, const struct port *p,
		  int64_t now_ms);
void explain_sock(struct strbuf *out, const struct snapshot *snap, const struct sock *s,
		  int64_t now_ms);
void explain_proc(struct strbuf *out, const struct snapshot *snap, const struct proc *p,
		  int64_t now_ms);

#endif
