#include "lib/zoo.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const struct zoo_kind kinds[] = {
	{"listen", zoo_open_listen, "a TCP listener"},
	{"reuseport", zoo_open_reuseport, "n listeners (default 3) in one SO_REUSEPORT group"},
	{"bound", zoo_open_bound, "TCP, bound, not listening"},
	{"established", zoo_open_established, "a listener and n accepted connections, both ends"},
	{"pending", zoo_open_pending, "a listener and n connections it has not accepted"},
	{"half-closed", zoo_open_half_closed, "a connection in fin-wait-2 and close-wait"},
	{"time-wait", zoo_open_time_wait, "what is left of a closed connection"},
	{"orphan", zoo_open_orphan, "fin-wait-2 that no process holds; its peer in close-wait"},
	{"udp", zoo_open_udp, "UDP, bound, no peer"},
	{"udp-connected", zoo_open_udp_connected, "UDP with a peer"},
	{"udplite", zoo_open_udplite, "UDP-Lite, bound, no peer"},
	{"raw", zoo_open_raw, "a raw socket; port=N is its protocol (default 253)"},
	{"icmp", zoo_open_icmp, "an ICMP ping socket; port=N is its identifier"},
	{"unix-listen", zoo_open_unix_listen, "a unix stream listener on addr=PATH or addr=@NAME"},
	{"unix-dgram", zoo_open_unix_dgram, "a unix datagram socket on addr=PATH or addr=@NAME"},
	{"unix-pair", zoo_open_unix_pair, "two connected unix stream sockets"},
	{"packet", zoo_open_packet, "a packet socket on dev=NAME (default lo)"},
	{"netlink", zoo_open_netlink, "a netlink socket"},
	{"child", zoo_open_child, "a listener that a child process holds as well"},
	{"passed", zoo_open_passed, "a listener passed to a child by SCM_RIGHTS, then closed here"},
	{"in-flight", zoo_open_in_flight, "a listener that only a unix socket's queue holds"},
	{"thread", zoo_open_thread, "a listener of a thread with a descriptor table of its own"},
	{"churn", zoo_open_churn, "n listeners (default 500) opened and closed one after another"},
};

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static void help(void)
{
	size_t i;

	puts("Usage: sockzoo [--seconds N] KIND[,KEY[=VALUE]]...\n"
	     "Opens the sockets, prints the ledger, then \"ready\", and holds them until standard\n"
	     "input closes, or N seconds (default 300) have passed, or its parent has died.\n\n"
	     "Kinds:");
	for (i = 0; i < N_ELEMENTS(kinds); i++)
		printf("  %-14s %s\n", kinds[i].name, kinds[i].help);
	puts("\nKeys:\n"
	     "  addr=ADDRESS   127.0.0.1 unless given; IPv6 as 2001:db8::1 or fe80::1%dev\n"
	     "  port=N peer=N  local and remote port; 0 or not given: the kernel chooses\n"
	     "  n=N            how many (connections, or whole sockets)\n"
	     "  backlog=N      of listen(), default 16\n"
	     "  dev=NAME       bind to this device\n"
	     "  v6only[=0]     set or clear IPV6_V6ONLY\n"
	     "  mptcp          MPTCP where TCP would be used\n"
	     "  client         the client end closes first (half-closed, time-wait, orphan)\n"
	     "  live=N hold=MS gap=US   churn: at most N open at once (default 20), each for MS\n"
	     "                 (default 20), US between two (default 2000)\n\n"
	     "Ledger, one line for each holder of a socket, fields split by one blank:\n"
	     "  open|close TIME PROTO FAMILY ADDR PORT PEER PEERPORT STATE INODE COOKIE\n"
	     "  PID TID FD KIND\n"
	     "TIME is CLOCK_MONOTONIC in microseconds, after the open, before the close.\n"
	     "\"-\": no address. PID 0 and FD -1: no descriptor leads to the socket. INODE 0 or\n"
	     "COOKIE 0: none, or not to be known from outside. What this host cannot open\n"
	     "gives a line \"lacks KIND: REASON\" instead. churn starts after \"ready\" and ends\n"
	     "with \"churned N\".");
}

void zoo_die(const char *what)
{
	fprintf(stderr, "sockzoo: %s\n", what);
	exit(2);
}

void zoo_lacks(const struct zoo_spec *spec, const char *what)
{
	printf("lacks %s: %s: %s\n", spec->kind->name, what, strerror(errno));
	fflush(stdout);
}

bool zoo_over(long us)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	char bytes[256];

	if (ppoll(&in, 1, us < 0 ? NULL : &wait, NULL) <= 0)
		return false;
	return read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

static int number(const char *text, int max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 0 || n > max)
		zoo_die("a key wants a number, or it is too large");
	return (int)n;
}

static void copy(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		zoo_die("a value is too long");
	memcpy(to, value, strlen(value) + 1);
}

static void parse_key(struct zoo_spec *spec, const char *key, const char *value)
{
	const struct {
		const char *name;
		int *number, max;
	} numbers[] = {
		{"port", &spec->port, 65535},	      {"peer", &spec->peer, 65535},
		{"n", &spec->count, ZOO_MAX_SOCKETS}, {"backlog", &spec->backlog, INT_MAX},
		{"live", &spec->live, 1000},	      {"hold", &spec->hold, 60000},
		{"gap", &spec->gap, 10000000},	      {"v6only", &spec->v6only, 1},
	};
	size_t i;

	if (!strcmp(key, "addr") && value) {
		copy(spec->addr, sizeof(spec->addr), value);
	} else if (!strcmp(key, "dev") && value) {
		copy(spec->dev, sizeof(spec->dev), value);
	} else if (!strcmp(key, "mptcp")) {
		spec->protocol = IPPROTO_MPTCP;
	} else if (!strcmp(key, "client")) {
		spec->client = true;
	} else if (!strcmp(key, "v6only") && !value) {
		spec->v6only = 1;
	} else {
		for (i = 0; i < N_ELEMENTS(numbers) && strcmp(key, numbers[i].name); i++)
			;
		if (i == N_ELEMENTS(numbers) || !value)
			zoo_die("unknown key, or one without its value (see --help)");
		*numbers[i].number = number(value, numbers[i].max);
	}
}

static struct zoo_spec parse_spec(char *text)
{
	struct zoo_spec spec = {.addr = "",
				.protocol = IPPROTO_TCP,
				.backlog = 16,
				.v6only = -1,
				.live = 20,
				.hold = 20,
				.gap = 2000};
	char *rest = NULL, *word = strtok_r(text, ",", &rest), *value;
	size_t i;

	for (i = 0; word && i < N_ELEMENTS(kinds); i++)
		if (!strcmp(word, kinds[i].name))
			spec.kind = &kinds[i];
	if (!spec.kind)
		zoo_die("unknown kind of socket (see --help)");
	while ((word = strtok_r(NULL, ",", &rest))) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		parse_key(&spec, word, value);
	}
	return spec;
}

/* Bounded in time and descriptors, and gone with the parent. */
static void confine(unsigned int seconds)
{
	struct rlimit files;
	pid_t parent = getppid();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	alarm(seconds);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static void open_all(const struct zoo_spec *specs, int count, bool churn)
{
	int i;

	for (i = 0; i < count; i++)
		if ((specs[i].kind->open == zoo_open_churn) == churn)
			specs[i].kind->open(&specs[i]);
}

int main(int argc, char **argv)
{
	unsigned int seconds = 300;
	struct zoo_spec *specs = calloc((size_t)argc, sizeof(*specs));
	int i, first = 1;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		help();
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "--seconds")) {
		seconds = (unsigned int)number(argv[2], 3600);
		first = 3;
	}
	if (!specs)
		zoo_die("no memory");
	for (i = first; i < argc; i++)
		specs[i] = parse_spec(argv[i]);
	confine(seconds);
	open_all(specs + first, argc - first, false);
	puts("ready");
	fflush(stdout);
	open_all(specs + first, argc - first, true);
	free(specs);
	while (!zoo_over(-1))
		;
	return 0;
}
