#include "cli/cluster.h"

#include <string.h>

/* The letters of ss(8) and netstat(8) that choose what is listed, or what is told of it. */
static const char letters[] = "tuwxSdlanpeiomrH0460Mv";

static uint64_t bit(char c)
{
	const char *at = strchr(letters, c);

	return at ? UINT64_C(1) << (at - letters) : 0;
}

static bool has(const struct plan *plan, char c)
{
	return plan->cluster & bit(c);
}

/* An option with an argument of ours in front of its number. */
static bool is_numbered(const char *text)
{
	return strchr("npdw", *text) && !text[1 + strspn(text + 1, "0123456789.")];
}

bool cluster_is(const char *arg)
{
	uint64_t seen = 0;

	if (arg[0] != '-' || arg[1] == '-' || !arg[1] || !arg[2] || is_numbered(arg + 1))
		return false;
	for (const char *c = arg + 1; *c; c++) {
		if (!bit(*c) || (seen & bit(*c)))
			return false;
		seen |= bit(*c);
	}
	return true;
}

void cluster_add(struct plan *plan, const char *text)
{
	for (; *text; text++)
		plan->cluster |= bit(*text);
}

static void add_columns(struct plan *plan, const enum column_id *cols, size_t n)
{
	for (size_t i = 0; i < n && plan->n_columns < SETTINGS_COLUMNS_MAX; i++)
		if (column_in(cols[i], plan->pane))
			plan->columns_list[plan->n_columns++].col = (uint16_t)cols[i];
}

/* -e -i -o -m tell more of each socket: the pane's columns, then those. */
static void choose_columns(struct plan *plan)
{
	static const struct {
		char letter;
		enum column_id cols[8];
		size_t n;
	} extra[] = {
		{'o', {COL_TIMER_NAME, COL_TIMER_EXPIRES, COL_TIMER_RETRANS}, 3},
		{'e', {COL_UID, COL_INODE, COL_COOKIE, COL_V6ONLY, COL_SOCKET_CGROUP}, 5},
		{'m', {COL_DROPS, COL_RX_BYTES, COL_TX_BYTES}, 3},
		{'i',
		 {COL_TCP_CC, COL_TCP_RTT, COL_TCP_RTTVAR, COL_TCP_RTO, COL_TCP_CWND, COL_TCP_MSS,
		  COL_TCP_TOTAL_RETRANS, COL_TCP_DELIVERY_RATE},
		 8},
	};
	const struct pane_column *own;
	size_t n;

	if (!(plan->cluster & (bit('o') | bit('e') | bit('m') | bit('i'))))
		return;
	own = pane_columns(plan->pane, &n);
	for (size_t i = 0; i < n; i++)
		add_columns(plan, &own[i].col, 1);
	for (size_t i = 0; i < sizeof(extra) / sizeof(*extra); i++)
		if (has(plan, extra[i].letter))
			add_columns(plan, extra[i].cols, extra[i].n);
}

void cluster_apply(struct plan *plan)
{
	bool inet = has(plan, 't') || has(plan, 'u') || has(plan, 'w') || has(plan, 'S') ||
		    has(plan, 'd') || has(plan, 'M') || has(plan, '4') || has(plan, '6');
	bool other = has(plan, 'x') || has(plan, '0') || has(plan, 'v');

	if (!plan->cluster)
		return;
	if (!inet && !other && !plan->families) {
		plan->families = PROTO_MASK_ALL;
		other = true;
	}
	if (!plan->pane_given)
		plan->pane =
			has(plan, 'l') && !has(plan, 'a') && !other ? PANE_PORTS : PANE_SOCKETS;
	plan->listening |= has(plan, 'l') && !has(plan, 'a');
	plan->numeric |= has(plan, 'n');
	plan->no_heading |= has(plan, 'H');
	plan->ipv4 |= has(plan, '4');
	plan->ipv6 |= has(plan, '6');
	if (!plan->families && other)
		plan->families = (inet ? PROTO_MASK_INET : 0) |
				 (has(plan, 'x') ? PROTO_BIT(PROTO_UNIX) : 0) |
				 (has(plan, '0') ? PROTO_BIT(PROTO_PACKET) : 0) |
				 (has(plan, 'v') ? PROTO_BIT(PROTO_VSOCK) : 0);
	if (!plan->columns)
		choose_columns(plan);
}

static void add_protocols(const struct plan *plan, struct strbuf *out)
{
	static const struct {
		char letter;
		const char *filter;
	} protos[] = {
		{'t', "proto:tcp"},
		{'M', "proto:mptcp"},
		{'u', "proto:udp or proto:udplite"},
		{'w', "proto:raw or proto:icmp"},
		{'S', "proto:sctp"},
		{'d', "proto:dccp"},
		{'x', "proto:unix"},
		{'0', "proto:packet"},
		{'v', "proto:vsock"},
	};
	const char *before = out->len ? " (" : "(";
	bool any = false;

	for (size_t i = 0; i < sizeof(protos) / sizeof(*protos); i++) {
		if (!has(plan, protos[i].letter))
			continue;
		strbuf_addf(out, "%s%s", any ? " or " : before, protos[i].filter);
		any = true;
	}
	if (any)
		strbuf_addc(out, ')');
}

/* Without -a and -l ss lists what is connected, unless its filter names states. */
static void add_states(const struct plan *plan, struct strbuf *out)
{
	const char *filter = plan->filter ? plan->filter : "";

	if (has(plan, 'a') || has(plan, 'l') || plan->all || plan->listening ||
	    plan->pane != PANE_SOCKETS || strstr(filter, "state ") || strstr(filter, "exclude "))
		return;
	strbuf_adds(out, out->len ? " " : "");
	strbuf_adds(out, "state established state syn-sent state fin-wait-1 state fin-wait-2 "
			 "state close-wait state last-ack state closing");
}

void cluster_filter(const struct plan *plan, struct strbuf *out)
{
	if (!plan->cluster)
		return;
	add_protocols(plan, out);
	add_states(plan, out);
}
