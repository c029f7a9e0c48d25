/* Formats: sockstat_seq_show() in net/ipv4/proc.c, sockstat6_seq_show() in net/ipv6/proc.c and
 * snmp_seq_show(), a line of names and a line of numbers for each protocol. */
#include "kernel/netstat_counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

#define FILE_MAX_BYTES 16384

enum { FILE_SOCKSTAT, FILE_SOCKSTAT6, FILE_SNMP, FILE_COUNT };

struct netstat {
	int fd[FILE_COUNT];
};

struct name_slot {
	const char *group, *name;
	size_t offset;
};

#define SLOT(group, name, member)                                                                  \
	{                                                                                          \
		group, name, offsetof(struct netstat_counters, member)                             \
	}

static const struct name_slot sockstat_slots[] = {
	SLOT("sockets", "used", sockets_used),	 SLOT("TCP", "inuse", tcp_inuse),
	SLOT("TCP", "orphan", tcp_orphan),	 SLOT("TCP", "tw", tcp_tw),
	SLOT("TCP", "alloc", tcp_alloc),	 SLOT("UDP", "inuse", udp_inuse),
	SLOT("UDPLITE", "inuse", udplite_inuse), SLOT("RAW", "inuse", raw_inuse),
	SLOT("FRAG", "inuse", frag_inuse),	 SLOT("TCP6", "inuse", tcp6_inuse),
	SLOT("UDP6", "inuse", udp6_inuse),	 SLOT("UDPLITE6", "inuse", udplite6_inuse),
	SLOT("RAW6", "inuse", raw6_inuse),
};

static const struct name_slot snmp_slots[] = {
	SLOT("Tcp", "ActiveOpens", active_opens),   SLOT("Tcp", "PassiveOpens", passive_opens),
	SLOT("Tcp", "AttemptFails", attempt_fails), SLOT("Tcp", "EstabResets", estab_resets),
	SLOT("Tcp", "CurrEstab", curr_estab),
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct word {
	const char *ptr;
	size_t len;
};

static bool word_is(const struct word *word, const char *s)
{
	return word->len == strlen(s) && memcmp(word->ptr, s, word->len) == 0;
}

/* The next word of the line, false at its end. */
static bool next_word(const char **pos, const char *end, struct word *ret_word)
{
	const char *p = *pos;

	while (p < end && *p == ' ')
		p++;
	ret_word->ptr = p;
	while (p < end && *p != ' ')
		p++;
	ret_word->len = (size_t)(p - ret_word->ptr);
	*pos = p;
	return ret_word->len > 0;
}

static bool word_number(const struct word *word, uint64_t *ret_value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < word->len; i++) {
		if (word->ptr[i] < '0' || word->ptr[i] > '9' || v > UINT64_MAX / 10 - 1)
			return false;
		v = v * 10 + (uint64_t)(word->ptr[i] - '0');
	}
	*ret_value = v;
	return word->len > 0;
}

/* "Group:" at the start of a line, without its colon. */
static bool group_word(const char **pos, const char *end, struct word *ret_group)
{
	if (!next_word(pos, end, ret_group) || ret_group->ptr[ret_group->len - 1] != ':')
		return false;
	ret_group->len--;
	return true;
}

/* Adds the number to the slot of that name. 0 if it is none of ours, 1 if it is, -EBADMSG. */
static int store(const struct name_slot *slots, size_t n, const struct word *group,
		 const struct word *name, const struct word *number,
		 struct netstat_counters *counters)
{
	uint64_t value, *slot;

	for (size_t i = 0; i < n; i++) {
		if (!word_is(group, slots[i].group) || !word_is(name, slots[i].name))
			continue;
		if (!word_number(number, &value))
			return -EBADMSG;
		slot = (uint64_t *)((char *)counters + slots[i].offset);
		*slot += value;
		return 1;
	}
	return 0;
}

static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline : end;
}

int netstat_decode_sockstat(const char *text, size_t len, struct netstat_counters *counters)
{
	const char *end = text + len, *p = text, *eol;
	struct word group, name, number;
	int found = 0, r;

	for (; p < end; p = eol + 1) {
		eol = line_end(p, end);
		if (!group_word(&p, eol, &group))
			continue;
		while (next_word(&p, eol, &name) && next_word(&p, eol, &number)) {
			r = store(sockstat_slots, COUNT(sockstat_slots), &group, &name, &number,
				  counters);
			if (r < 0)
				return r;
			found += r;
		}
	}
	return found ? 0 : -EBADMSG;
}

int netstat_decode_snmp(const char *text, size_t len, struct netstat_counters *counters)
{
	const char *end = text + len, *p = text, *eol, *names, *names_end;
	struct word group, name, number;
	int found = 0, r;

	for (; p < end; p = eol + 1) {
		names_end = line_end(p, end);
		names = p;
		if (names_end == end || !group_word(&names, names_end, &group))
			break;
		p = names_end + 1;
		eol = line_end(p, end);
		if (!group_word(&p, eol, &name) || name.len != group.len)
			return -EBADMSG;
		while (next_word(&names, names_end, &name) && next_word(&p, eol, &number)) {
			r = store(snmp_slots, COUNT(snmp_slots), &group, &name, &number, counters);
			if (r < 0)
				return r;
			found += r;
		}
	}
	return found == (int)COUNT(snmp_slots) ? 0 : -EBADMSG;
}

int netstat_open(int net_dir, struct netstat **ret_netstat)
{
	static const char *const names[FILE_COUNT] = {"sockstat", "sockstat6", "snmp"};
	struct netstat *netstat = xmalloc(sizeof(*netstat));
	int err = 0;

	for (int i = 0; i < FILE_COUNT; i++) {
		netstat->fd[i] = openat(net_dir, names[i], O_RDONLY | O_CLOEXEC);
		if (netstat->fd[i] < 0 && !(i == FILE_SOCKSTAT6 && errno == ENOENT))
			err = -errno;
	}
	if (err) {
		netstat_free(netstat);
		return err;
	}
	*ret_netstat = netstat;
	return 0;
}

void netstat_free(struct netstat *netstat)
{
	if (!netstat)
		return;
	for (int i = 0; i < FILE_COUNT; i++)
		if (netstat->fd[i] >= 0)
			close(netstat->fd[i]);
	free(netstat);
}

static int read_file(int fd, char *buf, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = pread(fd, buf + len, size - len, (off_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			*ret_len = len;
			return 0;
		}
		len += (size_t)n;
	}
	return -EFBIG;
}

static int read_files(struct netstat *netstat, int n, struct netstat_counters *counters)
{
	char buf[FILE_MAX_BYTES];
	size_t len = 0;
	int r;

	for (int i = 0; i < n; i++) {
		if (netstat->fd[i] < 0)
			continue;
		r = read_file(netstat->fd[i], buf, sizeof(buf), &len);
		if (r < 0)
			return r;
		if (i == FILE_SNMP)
			r = netstat_decode_snmp(buf, len, counters);
		else
			r = netstat_decode_sockstat(buf, len, counters);
		if (r < 0)
			return r;
	}
	return 0;
}

int netstat_read(struct netstat *netstat, struct netstat_counters *ret_counters)
{
	memset(ret_counters, 0, sizeof(*ret_counters));
	return read_files(netstat, FILE_COUNT, ret_counters);
}

int netstat_read_inuse(struct netstat *netstat, struct netstat_counters *counters)
{
	struct netstat_counters now = {
		.active_opens = counters->active_opens,
		.passive_opens = counters->passive_opens,
		.attempt_fails = counters->attempt_fails,
		.estab_resets = counters->estab_resets,
		.curr_estab = counters->curr_estab,
	};

	*counters = now;
	return read_files(netstat, FILE_SNMP, counters);
}

bool netstat_equal(const struct netstat_counters *a, const struct netstat_counters *b)
{
	struct netstat_counters x = *a, y = *b;

	x.tcp_orphan = y.tcp_orphan = x.tcp_alloc = y.tcp_alloc = 0;
	return memcmp(&x, &y, sizeof(x)) == 0;
}
