#include "kernel/net_activity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "model/record.h"

#define TEXT_MAX 32768
#define LINE_WORDS 3

enum { FILE_SNMP, FILE_SNMP6, FILE_SOCKSTAT, FILE_SOCKSTAT6, FILE_PROTOCOLS, FILE_COUNT };

/* What is compared from one read to the next: a hash of the lines that tell of it. */
enum { SUM_TCP, SUM_ALLOC, SUM_OTHER, SUM_COUNT };

struct net_activity {
	int fd[FILE_COUNT];
	uint64_t sums[SUM_COUNT];
	bool counts_mptcp, started;
	char text[TEXT_MAX];
};

static uint64_t hash_bytes(uint64_t hash, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)p[i]) * 0x100000001b3u;
	return hash;
}

static bool starts_with(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !memcmp(line, word, n);
}

static void sum_line(uint64_t sums[SUM_COUNT], const char *line, size_t len)
{
	if (starts_with(line, len, "sockets:"))
		return; /* of every family */
	if (starts_with(line, len, "TCP: ") || starts_with(line, len, "TCP6: "))
		sums[SUM_ALLOC] = hash_bytes(sums[SUM_ALLOC], line, len);
	if (starts_with(line, len, "TCP") || starts_with(line, len, "Tcp:"))
		sums[SUM_TCP] = hash_bytes(sums[SUM_TCP], line, len);
	else
		sums[SUM_OTHER] = hash_bytes(sums[SUM_OTHER], line, len);
}

static void sum_text(uint64_t sums[SUM_COUNT], const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol)
			eol = end;
		sum_line(sums, text, (size_t)(eol - text));
		text = eol + 1;
	}
}

static const struct {
	char name[12];
	uint8_t proto;
	bool v6;
} known_protocols[] = {
	{"UDP", PROTO_UDP, false},	    {"UDPv6", PROTO_UDP, true},
	{"UDP-Lite", PROTO_UDPLITE, false}, {"UDPLITEv6", PROTO_UDPLITE, true},
	{"MPTCP", PROTO_MPTCP, false},	    {"MPTCPv6", PROTO_MPTCP, true},
	{"RAW", PROTO_RAW, false},	    {"RAWv6", PROTO_RAW, true},
	{"PING", PROTO_ICMP, false},	    {"PINGv6", PROTO_ICMP, true},
	{"SCTP", PROTO_SCTP, false},	    {"SCTPv6", PROTO_SCTP, true},
	{"DCCP", PROTO_DCCP, false},	    {"DCCPv6", PROTO_DCCP, true},
};

/* Name, size and number of sockets of one protocol. */
static void decode_line(const char *line, size_t len, struct net_activity_report *report)
{
	char name[16];
	unsigned long size;
	long sockets;
	char copy[96];

	if (len >= sizeof(copy))
		len = sizeof(copy) - 1;
	memcpy(copy, line, len);
	copy[len] = '\0';
	if (sscanf(copy, "%15s %lu %ld", name, &size, &sockets) != LINE_WORDS || !sockets)
		return;
	for (size_t i = 0; i < sizeof(known_protocols) / sizeof(known_protocols[0]); i++)
		if (!strcmp(name, known_protocols[i].name))
			*(known_protocols[i].v6 ? &report->none6 : &report->none4) &=
				~PROTO_BIT(known_protocols[i].proto);
}

void net_activity_decode(const char *text, size_t len, bool counts_mptcp,
			 struct net_activity_report *report)
{
	const char *end = text + len;

	report->none4 = report->none6 = 0;
	if (!starts_with(text, len, "protocol "))
		return;
	for (size_t i = 0; i < sizeof(known_protocols) / sizeof(known_protocols[0]); i++)
		if (counts_mptcp || known_protocols[i].proto != PROTO_MPTCP)
			report->none4 |= PROTO_BIT(known_protocols[i].proto);
	report->none6 = report->none4;
	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol)
			break;
		decode_line(text, (size_t)(eol - text), report);
		text = eol + 1;
	}
}

/* mptcp_token_new_connect() and mptcp_listen() count since 6.3. */
static bool kernel_counts_mptcp(void)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 3);
}

int net_activity_open(int net_dir, struct net_activity **ret_activity)
{
	static const char *const names[FILE_COUNT] = {"snmp", "snmp6", "sockstat", "sockstat6",
						      "protocols"};
	struct net_activity *a = xcalloc(1, sizeof(*a));
	int err = 0;

	for (int i = 0; i < FILE_COUNT; i++) {
		a->fd[i] = openat(net_dir, names[i], O_RDONLY | O_CLOEXEC);
		if (a->fd[i] < 0 && !(errno == ENOENT && (i == FILE_SNMP6 || i == FILE_SOCKSTAT6)))
			err = -errno;
	}
	if (err) {
		net_activity_free(a);
		return err;
	}
	a->counts_mptcp = kernel_counts_mptcp();
	*ret_activity = a;
	return 0;
}

void net_activity_free(struct net_activity *activity)
{
	if (!activity)
		return;
	for (int i = 0; i < FILE_COUNT; i++)
		if (activity->fd[i] >= 0)
			close(activity->fd[i]);
	free(activity);
}

static ssize_t read_text(struct net_activity *a, int fd)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = pread(fd, a->text + len, sizeof(a->text) - len, (off_t)len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	} while (n > 0 && len < sizeof(a->text));
	return len < sizeof(a->text) ? (ssize_t)len : -EFBIG;
}

int net_activity_read(struct net_activity *activity, struct net_activity_report *ret_report)
{
	uint64_t sums[SUM_COUNT] = {0};

	*ret_report = (struct net_activity_report){.tcp = true, .alloc = true, .other = true};
	for (int i = 0; i < FILE_COUNT; i++) {
		ssize_t len = activity->fd[i] < 0 ? 0 : read_text(activity, activity->fd[i]);

		if (len < 0)
			return (int)len;
		if (i == FILE_PROTOCOLS)
			net_activity_decode(activity->text, (size_t)len, activity->counts_mptcp,
					    ret_report);
		else
			sum_text(sums, activity->text, (size_t)len);
	}
	if (activity->started) {
		ret_report->tcp = sums[SUM_TCP] != activity->sums[SUM_TCP];
		ret_report->alloc = sums[SUM_ALLOC] != activity->sums[SUM_ALLOC];
		ret_report->other = sums[SUM_OTHER] != activity->sums[SUM_OTHER];
	}
	memcpy(activity->sums, sums, sizeof(sums));
	activity->started = true;
	return 0;
}
