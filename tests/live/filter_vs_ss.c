/*
 * The filter against ss: the same expressions over the same sockets must give the same sockets,
 * with and without the part that the kernel decides. Expressions are made at random from what the
 * sockets have and what is next to it (FILTER_SS_COUNT, FILTER_SS_SEED), after a fixed list.
 *
 * Left out is what ss does by chance. It decides most expressions twice, in the kernel and then by
 * itself, where it compares the first bytes of addresses whatever their family: 0.0.0.0 is in ::,
 * 128.0.0.0/1 holds fd00::. That shows under a negation, and with dev, which it decides alone. The
 * same holds for autobound, which it takes for a range of ports. When no state is left, it shows
 * those it shows without a filter.
 */
#include "live/filter_zoo.h"

#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "kernel/sockdiag.h"
#include "view/filter.h"

extern char **environ;

#define TEXT_MAX 1024

struct ids {
	VEC(uint64_t) list;
};

/* The sockets of the namespace as one snapshot. */
struct world {
	struct filter_zoo zoo;
	struct sockdiag *diag;
	struct snapshot snap;
	VEC(struct sock *) socks;
	struct arena memory; /* of the sockets */
	struct lookup lookup;
	struct filter_names names;
	unsigned int seed, tried, wrong, refused, pushed;
	unsigned int lsof_matched;
	const char *program; /* inettop */
	char pid[16];	     /* of this process: in its namespace */
	uint64_t program_rows;
	uint64_t matched;
};

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_ids(struct ids *ids)
{
	size_t n = 0;

	if (ids->list.len)
		qsort(ids->list.data, ids->list.len, sizeof(uint64_t), compare_ids);
	for (size_t i = 0; i < ids->list.len; i++)
		if (!n || ids->list.data[n - 1] != ids->list.data[i])
			ids->list.data[n++] = ids->list.data[i];
	ids->list.len = n;
}

/* A tcp listener and an mptcp one can have the same cookie. */
static uint64_t id_of(bool mptcp, bool is_unix, uint64_t cookie)
{
	return cookie | (uint64_t)mptcp << 63 | (uint64_t)is_unix << 62;
}

/* ---- our side ---- */

static void add_sock(const struct sock_rec *rec, void *ctx)
{
	struct world *w = ctx;
	struct sock *sk;

	if (rec->state == STATE_BOUND)
		return;
	sk = arena_alloc(&w->memory, sizeof(*sk));
	memset(sk, 0, sizeof(*sk));
	sk->r = *rec;
	sk->r.tcp = NULL;
	if (rec->path.ptr)
		sk->r.path.ptr = arena_strndup(&w->memory, rec->path.ptr, rec->path.len);
	sk->head.first_ms = -1;
	sk->netns = sk->port = sk->proc = sk->peer = SLOT_NONE;
	vec_push(&w->socks, sk);
}

static void dump(struct world *w, uint32_t protos, uint32_t states, const struct diag_filter *code)
{
	struct sockdiag_query query = {.protos = protos &
						 (PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP) |
						  PROTO_BIT(PROTO_MPTCP) | PROTO_BIT(PROTO_UNIX)),
				       .states = states,
				       .want = SOCKDIAG_WANT_AUTOBOUND,
				       .filter = code && code->len ? code : NULL};
	struct sockdiag_report report;

	vec_clear(&w->socks);
	arena_reset(&w->memory);
	sockdiag_dump(w->diag, &query, add_sock, w, &report);
	w->snap.socks = (const struct sock *const *)w->socks.data;
	w->snap.n_socks = (uint32_t)w->socks.len;
	w->snap.epoch++;
}

static void select_ours(struct world *w, struct filter *f, bool unix_too, struct ids *ret)
{
	struct row row;

	vec_clear(&ret->list);
	for (uint32_t i = 0; i < w->snap.n_socks; i++) {
		const struct sock *sk = w->socks.data[i];
		bool is_unix = sk->r.family == FAM_UNIX;

		if (is_unix != unix_too || !row_at(&w->snap, PANE_SOCKETS, i, &row) ||
		    !filter_match(f, &row, &w->lookup))
			continue;
		vec_push(&ret->list, id_of(sk->r.proto == PROTO_MPTCP, is_unix,
					   is_unix ? sk->r.inode : sk->r.cookie));
	}
	sort_ids(ret);
}

static const char *find_ifname(void *ctx, uint32_t netns, uint32_t ifindex)
{
	static char name[IF_NAMESIZE];

	(void)ctx;
	(void)netns;
	return if_indextoname(ifindex, name);
}

static uint32_t find_ifindex(void *ctx, const char *name)
{
	(void)ctx;
	return if_nametoindex(name);
}

static uint16_t find_port(void *ctx, const char *name, size_t len)
{
	char copy[64];
	const struct servent *service;

	(void)ctx;
	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, name, len);
	copy[len] = '\0';
	service = getservbyname(copy, NULL);
	return service ? ntohs((uint16_t)service->s_port) : 0;
}

static uint64_t find_cgroup(void *ctx, const char *path)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} fh = {.handle.handle_bytes = sizeof(uint64_t)};
	int mount;
	uint64_t id;

	(void)ctx;
	if (name_to_handle_at(AT_FDCWD, path, &fh.handle, &mount, 0))
		return 0;
	memcpy(&id, fh.handle.f_handle, sizeof(id));
	return id;
}

/* With the kernel's part. */
static void select_pushed(struct world *w, struct filter *f, bool unix_too, struct ids *ret)
{
	const struct filter_push_context context = {.ifindex = find_ifindex, .can_mark = true};
	struct filter_push push;
	struct diag_filter code;
	struct arena arena;

	arena_init(&arena, 0);
	filter_pushdown(f, &context, &arena, &push);
	if (diag_filter_compile(push.expr, &code))
		code = (struct diag_filter){0};
	w->pushed += code.len > 0;
	dump(w, push.protos, push.states, &code);
	select_ours(w, f, unix_too, ret);
	diag_filter_done(&code);
	arena_done(&arena);
}

/* ---- ss ---- */

/* Of a unix socket the inode, which stands where the port is: "u_str [STATE] RECVQ SENDQ NAME
 * INODE ...". The state is left out when there is but one. */
static bool read_inode(const char *line, unsigned long long *ret)
{
	char state[32];

	if (sscanf(line, "%*s %31s", state) != 1)
		return false;
	if (state[0] >= '0' && state[0] <= '9')
		return sscanf(line, "%*s %*s %*s %*s %llu", ret) == 1;
	return sscanf(line, "%*s %*s %*s %*s %*s %llu", ret) == 1;
}

/* One line of ss -e: the cookie, or of a unix socket the inode. */
static void read_line(const char *line, struct ids *ret)
{
	bool is_unix = !strncmp(line, "u_", 2);
	const char *sk = strstr(line, " sk:");
	unsigned long long id;

	if (is_unix && read_inode(line, &id))
		vec_push(&ret->list, id_of(false, true, id));
	else if (!is_unix && sk && sscanf(sk + 4, "%llx", &id) == 1)
		vec_push(&ret->list, id_of(!strncmp(line, "mptcp", 5), false, id));
	else
		printf("# cannot read: %s", line);
}

/* Runs a command and reads its lines. False when it fails. */
static bool read_command(char *const argv[], void (*read)(const char *line, struct ids *ret),
			 struct ids *ret)
{
	posix_spawn_file_actions_t actions;
	int pipes[2], status = -1;
	char line[16384];
	FILE *out;
	pid_t pid;

	vec_clear(&ret->list);
	if (pipe2(pipes, O_CLOEXEC))
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ)) {
		printf("Bail out! cannot start %s\n", argv[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&actions);
	close(pipes[1]);
	out = fdopen(pipes[0], "r");
	while (out && fgets(line, sizeof(line), out))
		read(line, ret);
	if (out)
		fclose(out);
	waitpid(pid, &status, 0);
	sort_ids(ret);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* False when ss refuses the expression. */
static bool select_ss(const char *text, bool unix_too,
		      void (*read)(const char *line, struct ids *ret), struct ids *ret)
{
	char name[] = "ss", tables[16], copy[TEXT_MAX], *rest = NULL;
	char *argv[TEXT_MAX / 2 + 3] = {name, tables};
	int argc = 2;

	snprintf(tables, sizeof(tables), "%s", unix_too ? "-HOanex" : "-HOanetuM");
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	return read_command(argv, read, ret);
}

/* ---- lsof ---- */

/* "d2673874": the inode of a socket. */
static void read_device(const char *line, struct ids *ret)
{
	if (line[0] == 'd')
		vec_push(&ret->list, strtoull(line + 1, NULL, 10));
}

/* What lsof -i gives, of the sockets that this process holds. */
static void select_lsof(const char *word, struct ids *ret)
{
	char name[] = "lsof", flags[] = "-nPwa", by_pid[] = "-p", pid[16], by_word[] = "-i",
	     which[64], fields[] = "-Fd";
	char *argv[] = {name, flags, by_pid, pid, by_word, which, fields, NULL};

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(which, sizeof(which), "%s", word);
	read_command(argv, read_device, ret);
}

/* Inodes of the IP sockets that somebody holds. */
static void select_inodes(struct world *w, struct filter *f, struct ids *ret)
{
	struct row row;

	vec_clear(&ret->list);
	for (uint32_t i = 0; i < w->snap.n_socks; i++) {
		const struct sock *sk = w->socks.data[i];

		if (sk->r.family != FAM_UNIX && sk->r.inode &&
		    row_at(&w->snap, PANE_SOCKETS, i, &row) && filter_match(f, &row, &w->lookup))
			vec_push(&ret->list, sk->r.inode);
	}
	sort_ids(ret);
}

/* ---- the program ---- */

/* ss -e: "ino:N", not there when it is 0. */
static void read_ss_inode(const char *line, struct ids *ret)
{
	const char *ino = strstr(line, " ino:");

	if (ino && strtoull(ino + 5, NULL, 10))
		vec_push(&ret->list, strtoull(ino + 5, NULL, 10));
}

/* The value of a field of a line of --jsonl, up to its end. */
static size_t find_value(const char *line, const char *name, const char **ret)
{
	char quoted[40];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", name);
	at = strstr(line, quoted);
	if (!at)
		return 0;
	*ret = at + strlen(quoted);
	return strcspn(*ret, **ret == '{' || **ret == '[' ? "}]" : ",}");
}

/* "tcp listen 1234": ss does not ask for sockets that are only bound. */
static void read_text_inode(const char *line, struct ids *ret)
{
	char state[32];
	unsigned long long inode;

	if (sscanf(line, "%*s %31s %llu", state, &inode) == 2 && inode && strcmp(state, "bound"))
		vec_push(&ret->list, inode);
}

/* What stands still of a row, as a number that other rows do not have. */
static void read_row(const char *line, struct ids *ret)
{
	static const char *const names[] = {
		"cookie",     "inode",	      "proto",	     "state",	     "local_addr",
		"local_port", "remote_addr",  "remote_port", "ifname",	     "uid",
		"backlog",    "owner_status", "owners",	     "conns",	     "reuseport_group",
		"peer",	      "service",      "v6only",	     "socket_cgroup"};
	uint64_t sum = 0xcbf29ce484222325u;
	const char *value;

	if (!find_value(line, "inode", &value))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = find_value(line, names[i], &value);

		for (size_t j = 0; j < len; j++)
			sum = (sum ^ (unsigned char)value[j]) * 0x100000001b3u;
	}
	vec_push(&ret->list, sum);
}

/* Runs inettop. rounds: of one, the kernel decides what it can; of two, nothing. */
static void run_program(const struct world *w, const char *text, const char *rounds, bool rows,
			void (*read)(const char *line, struct ids *ret), struct ids *ret)
{
	const char *argv[] = {w->program,
			      "--no-config",
			      "--no-runtime",
			      "--pane=sockets",
			      "-aHN",
			      "--netns",
			      w->pid,
			      "-d0.1",
			      "-n",
			      rounds,
			      "-c",
			      "proto,state,inode",
			      rows ? "--jsonl" : text,
			      rows ? text : NULL,
			      NULL};

	read_command((char *const *)(uintptr_t)argv, read, ret);
}

/* ---- comparison ---- */

static bool same_ids(const struct ids *a, const struct ids *b)
{
	return a->list.len == b->list.len &&
	       (!a->list.len ||
		!memcmp(a->list.data, b->list.data, a->list.len * sizeof(uint64_t)));
}

static void print_ids(const char *who, const struct ids *ids)
{
	printf("#   %s: %zu:", who, ids->list.len);
	for (size_t i = 0; i < ids->list.len && i < 12; i++)
		printf(" %llx", (unsigned long long)ids->list.data[i]);
	printf("\n");
}

static void compare(struct world *w, const char *text, bool unix_too)
{
	const struct filter_context context = {.pane = PANE_SOCKETS, .names = &w->names};
	struct ids theirs = {0}, ours = {0}, pushed = {0};
	struct filter_error error = {0};
	struct filter *f = NULL;
	bool accepted = select_ss(text, unix_too, read_line, &theirs);
	bool parsed = filter_parse(&context, text, strlen(text), &f, &error) == 0;
	bool good = !accepted || parsed;

	if (parsed && !filter_state_mask(f)) {
		vec_done(&theirs.list);
		filter_free(f);
		return;
	}
	w->tried++;
	w->refused += !accepted;
	if (accepted && parsed) {
		dump(w, PROTO_MASK_ALL, STATE_MASK_ALL, NULL);
		select_ours(w, f, unix_too, &ours);
		select_pushed(w, f, unix_too, &pushed);
		good = same_ids(&ours, &theirs) && same_ids(&pushed, &theirs);
		w->matched += theirs.list.len;
	}
	if (!good) {
		w->wrong++;
		printf("# differs: %s\n", text);
		if (!parsed)
			printf("#   at %zu: %s\n", error.offset, error.message);
		print_ids("ss", &theirs);
		print_ids("ours", &ours);
		print_ids("pushed", &pushed);
	}
	filter_free(f);
	vec_done(&theirs.list);
	vec_done(&ours.list);
	vec_done(&pushed.list);
}

/* Rows as JSON show what other sockets tell of them; lines of text with these columns do not. */
static void compare_program(struct world *w, const char *text)
{
	const struct filter_context context = {.pane = PANE_SOCKETS, .names = &w->names};
	struct ids theirs = {0}, lines = {0}, some = {0}, all = {0};
	struct filter_error error;
	struct filter *f = NULL;
	bool parsed = !filter_parse(&context, text, strlen(text), &f, &error);

	if (parsed && filter_state_mask(f) && select_ss(text, false, read_ss_inode, &theirs)) {
		run_program(w, text, "1", false, read_text_inode, &lines);
		run_program(w, text, "1", true, read_row, &some);
		run_program(w, text, "2", true, read_row, &all);
		w->program_rows += some.list.len;
	}
	if (!same_ids(&lines, &theirs) || !same_ids(&some, &all)) {
		w->wrong++;
		printf("# differs: inettop %s\n", text);
		print_ids("ss", &theirs);
		print_ids("inettop", &lines);
		print_ids("rows", &some);
		print_ids("rows without push-down", &all);
	}
	filter_free(f);
	vec_done(&theirs.list);
	vec_done(&lines.list);
	vec_done(&some.list);
	vec_done(&all.list);
}

static void compare_lsof(struct world *w, const char *word)
{
	const struct filter_context context = {.pane = PANE_SOCKETS, .names = &w->names};
	struct ids theirs = {0}, ours = {0};
	struct filter_error error = {0};
	struct filter *f = NULL;

	select_lsof(word, &theirs);
	if (filter_parse(&context, word, strlen(word), &f, &error) == 0) {
		dump(w, PROTO_MASK_ALL, STATE_MASK_ALL, NULL);
		select_inodes(w, f, &ours);
	}
	w->lsof_matched += theirs.list.len > 0;
	if (!f || !same_ids(&ours, &theirs)) {
		w->wrong++;
		printf("# differs: lsof -i %s %s\n", word, error.message);
		print_ids("lsof", &theirs);
		print_ids("ours", &ours);
	}
	filter_free(f);
	vec_done(&theirs.list);
	vec_done(&ours.list);
}

/* ---- expressions ---- */

static unsigned int pick(struct world *w, unsigned int n)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return (w->seed >> 8) % n;
}

static const char *one_of(struct world *w, const char *const *list, unsigned int n)
{
	return list[pick(w, n)];
}

#define ONE_OF(w, list) one_of(w, list, sizeof(list) / sizeof(*(list)))

/* Ports that are there or next to one. */
static const char *const ports[] = {"22",   "80",    "443",   "1023",  "1024",	"1025",
				    "53",   "5353",  "2000",  "2001",  "2002",	"3000",
				    "3333", "4000",  "4001",  "6000",  "7000",	"8080",
				    "0",    "32768", "40000", "50000", "65535", "1111"};
static const char *const hosts[] = {"127.0.0.1", "127.0.0.2",  "127.0.0.0/8", "127/8",
				    "10.1.2.3",	 "10/8",       "10.1.2/24",   "10.1.2.3/31",
				    "10.9.9.9",	 "10.0.0.0/8", "[::1]",	      "[fd00::5]",
				    "fd00::/16", "fd00::/15",  "[fd00:1::5]", "[::ffff:10.1.2.3]"};
static const char *const zeros[] = {"0.0.0.0", "[::]", "*", "any", "::1/127", "0/1", "128.0.0.0/1"};
static const char *const port_ops[] = {"=",  "!=", "<",	 ">",  "<=", ">=", "eq",  "ne",
				       "lt", "gt", "le", "ge", "==", "",   "geq", "leq"};
static const char *const devices[] = {"lo", "d0", "1"};
static const char *const marks[] = {"0", "1", "5", "0x11", "0x1/0xff", "1/0x1", "0x10/0x10", "0/0"};
static const char *const states[] = {
	"established", "syn-sent",     "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
	"closed",      "close-wait",   "last-ack", "listening",	 "closing",    "all",
	"connected",   "synchronized", "bucket",   "big",	 "unconnected"};

enum mode { MODE_NEGATIONS, MODE_DEV, MODE_ZEROS };

static void add_host(struct world *w, enum mode mode, struct strbuf *out)
{
	bool zero = mode == MODE_ZEROS && pick(w, 2);

	strbuf_addf(out, "%s %s%s", pick(w, 2) ? "src" : "dst", pick(w, 3) ? "" : "= ",
		    zero ? ONE_OF(w, zeros) : ONE_OF(w, hosts));
	if (pick(w, 3) == 0)
		strbuf_addf(out, ":%s", ONE_OF(w, ports));
}

static void add_condition(struct world *w, enum mode mode, struct strbuf *out)
{
	const char *op = pick(w, 2) ? "!= " : pick(w, 2) ? "= " : "";
	unsigned int kind = pick(w, 20);

	if (kind >= 12 && kind < 15 && mode == MODE_DEV)
		strbuf_addf(out, "dev %s%s", op, one_of(w, devices, w->zoo.has_device ? 3 : 1));
	else if (kind < 8)
		strbuf_addf(out, "%sport %s %s%s", pick(w, 2) ? "s" : "d", ONE_OF(w, port_ops),
			    pick(w, 4) ? ":" : "", ONE_OF(w, ports));
	else if (kind < 15)
		add_host(w, mode, out);
	else if (kind < 17)
		strbuf_addf(out, "fwmark %s%s", op, ONE_OF(w, marks));
	else if (kind < 19 && w->zoo.has_cgroup)
		strbuf_addf(out, "cgroup %s%s", op,
			    pick(w, 3) ? FILTER_ZOO_CGROUP : "/sys/fs/cgroup/unified");
	else if (mode == MODE_NEGATIONS && !strstr(strbuf_str(out), "autobound"))
		strbuf_adds(out, "autobound");
	else
		add_host(w, mode, out);
}

static void add_list(struct world *w, enum mode mode, unsigned int depth, struct strbuf *out)
{
	static const char *const joins[] = {" and ", " or ", " ", " && ", " || ", " & ", " | "};
	unsigned int n = 1 + pick(w, 3);

	for (unsigned int i = 0; i < n; i++) {
		if (i)
			strbuf_adds(out, ONE_OF(w, joins));
		if (mode != MODE_ZEROS && pick(w, 5) == 0)
			strbuf_adds(out, pick(w, 2) ? "not " : "! ");
		if (depth && pick(w, 3) == 0) {
			strbuf_adds(out, "( ");
			add_list(w, mode, depth - 1, out);
			strbuf_adds(out, " )");
		} else {
			add_condition(w, mode, out);
		}
	}
}

static void random_expression(struct world *w, struct strbuf *out)
{
	static const enum mode modes[] = {MODE_NEGATIONS, MODE_NEGATIONS, MODE_DEV, MODE_ZEROS};

	strbuf_reset(out);
	for (unsigned int n = pick(w, 3); n; n--)
		strbuf_addf(out, "%s %s ", pick(w, 3) ? "state" : "exclude", ONE_OF(w, states));
	if (!out->len || pick(w, 5))
		add_list(w, modes[pick(w, 4)], 3, out);
}

static const char *const fixed[] = {
	"",
	"sport = :22 or sport = :80 and sport = :443",
	"sport = :443 and sport = :80 or sport = :22",
	"sport = :ssh",
	"( dport = :22 or sport = :22 )",
	"sport = 0x50",
	"sport = :0120",
	"state listening sport != :80",
	"state established state time-wait",
	"exclude listening",
	"exclude established exclude time-wait exclude listening",
	"state all exclude closed",
	"excl listening",
	"state ESTABLISHED",
	"state syn-rcv",
	"src inet:127.0.0.1",
	"src inet6:[::1]",
	"sport = inet6::443",
	"not src inet:10.1.2.3",
	"sport = :443 and src inet:any",
	"src any",
	"src all sport = :22",
	"src default",
	"dst *:53",
	"src 10.1.2.3:1023",
	"src 10.1.2.4/31:1024",
	"src fd00::5:1024",
	"autobound",
	"not autobound",
	"autobound and state time-wait",
	"src 10.0.0.0/255.0.0.0",
	"fwmark = 0x11/0x1",
	"fwmark = 021",
	"dev lo",
	"dev != lo",
	"dev 1",
	"! ! sport = :22",

	"sport = :22 dport = :22 or src 127.0.0.1",
	"dport > :0 dport < :1024",
	"sport = :65536",
	"src 10 or src 127.0.0.1",
};
static const char *const lsof_words[] = {
	"4",
	"6",
	"tcp",
	"udp",
	"TCP",
	"4tcp",
	"6tcp",
	"4udp",
	"6udp",
	":22",
	":80,443",
	":1000-3000",
	":22,1020-1030,5353",
	"tcp:443",
	"udp:53",
	"tcp:ssh",
	"udp:domain",
	"tcp:ssh,http",
	"@127.0.0.1",
	"@127.0.0.1:22",
	"tcp@127.0.0.1",
	"udp@127.0.0.1:53",
	"4@10.1.2.3",
	"@10.1.2.3:1023-1025",
	"@[::1]",
	"6@[::1]:53",
	"6tcp@[fd00::5]",
	"@[fd00::5]:1024",
	"@[fd00:1::5]:65535,50000",
	"@0.0.0.0:5353",

	":6000",
	":8080",
	":1",
	"@10.1.2.9",
};
/* Rows with facts of others: connections, the other end. */
static const char *const program_only[] = {
	"sport = :80",
	"dport = :80",
	"state listening",
	"state established dport = :80",
	"not dport = :80",
	"dst ::ffff:10.1.2.3",
	"src 127.0.0.1 and dport >= :1",
	"dev d0 or sport = :80",
	"fwmark = 5 and state connected",
};
static const char *const fixed_unix[] = {
	"",
	"src unix:*",
	"src unix:@filter*",
	"src unix:@FILTER-ZOO/*",
	"src unix:*zoo/t?o",
	"src unix:@x\\\\[y]z",
	"src unix:@x[[]y]z",
	"src unix:@x[a-z[]y]z",
	"not src unix:@filter*",
	"src unix:",
	"src unix:/tmp/inettop-filter-*.sock",
	"state listening src unix:@*",
	"src unix:@filter* or src @x*",
	"src unix:@filter* and not src unix:*one",
	"autobound",
	"not autobound",
	"state established",
};

/* ---- main ---- */

static void check(unsigned int *number, bool ok, const char *what)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++*number, what);
}

static void run_all(struct world *w, unsigned int count)
{
	unsigned int number = 0, wrong;
	struct strbuf text;

	strbuf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		compare(w, fixed[i], false);
	check(&number, !w->wrong, "a list of expressions selects the sockets that ss selects");
	wrong = w->wrong;
	for (size_t i = 0; i < sizeof(fixed_unix) / sizeof(*fixed_unix); i++)
		compare(w, fixed_unix[i], true);
	check(&number, w->wrong == wrong, "so do expressions about unix sockets");
	wrong = w->wrong;
	for (unsigned int i = 0; i < count; i++) {
		random_expression(w, &text);
		compare(w, strbuf_str(&text), false);
	}
	check(&number, w->wrong == wrong, "so do random expressions");
	wrong = w->wrong;
	for (size_t i = 0; i < sizeof(lsof_words) / sizeof(*lsof_words); i++)
		compare_lsof(w, lsof_words[i]);
	check(&number, w->wrong == wrong && w->lsof_matched > 30,
	      "words select the sockets that lsof -i selects");
	wrong = w->wrong;
	for (size_t i = 1; i < sizeof(fixed) / sizeof(*fixed); i += 3)
		compare_program(w, fixed[i]);
	for (size_t i = 0; i < sizeof(program_only) / sizeof(*program_only); i++)
		compare_program(w, program_only[i]);
	for (unsigned int i = 0; i < count / 40; i++) {
		random_expression(w, &text);
		compare_program(w, strbuf_str(&text));
	}
	check(&number, w->wrong == wrong && w->program_rows > 100,
	      "the program shows what ss shows, and the same rows with push-down as without");
	check(&number, w->refused < w->tried / 20, "ss takes nearly all of them");
	check(&number, w->pushed > w->tried / 2, "most are decided by the kernel in part");
	check(&number, w->matched > w->tried, "they select sockets");
	printf("# %u expressions, %u wrong, %u refused by ss, %u pushed down, %llu sockets\n",
	       w->tried, w->wrong, w->refused, w->pushed, (unsigned long long)w->matched);
	printf("1..%u\n", number);
	strbuf_done(&text);
}

int main(int argc, char **argv)
{
	const char *count = getenv("FILTER_SS_COUNT"), *seed = getenv("FILTER_SS_SEED"), *reason;
	static struct world w;

	w.program = argc > 1 ? argv[1] : "./inettop";
	snprintf(w.pid, sizeof(w.pid), "%d", (int)getpid());

	setvbuf(stdout, NULL, _IOLBF, 0);
	w.seed = seed ? (unsigned int)strtoul(seed, NULL, 0) : (unsigned int)time(NULL);
	if (!filter_zoo_open(&w.zoo, &reason)) {
		printf("1..0 # SKIP %s\n", reason);
		return 0;
	}
	if (sockdiag_open(&w.diag)) {
		printf("1..0 # SKIP needs sock_diag\n");
		return 0;
	}
	printf("# seed %u, device %d, cgroup %d, mptcp %d\n", w.seed, w.zoo.has_device,
	       w.zoo.has_cgroup, w.zoo.has_mptcp);
	arena_init(&w.memory, 0);
	w.lookup.ifname = find_ifname;
	w.names = (struct filter_names){.port = find_port, .cgroup = find_cgroup};
	run_all(&w, count ? (unsigned int)strtoul(count, NULL, 0) : 500);
	vec_done(&w.socks);
	arena_done(&w.memory);
	sockdiag_free(w.diag);
	filter_zoo_close(&w.zoo);
	return w.wrong != 0;
}
