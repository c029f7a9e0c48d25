#include "kernel/procnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"

/* The kernel fills what it is given; longer reads cost less (limits.md 1). */
#define READ_SIZE 65536
/* The tables count time in USER_HZ, 100 wherever Linux runs. */
#define MS_PER_TICK 10
/* __SO_ACCEPTCON in the Flags column of /proc/net/unix */
#define UNIX_ACCEPTCON 0x10000u

struct cursor {
	const char *p, *end;
	bool bad;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static void skip_spaces(struct cursor *c)
{
	while (c->p < c->end && *c->p == ' ')
		c->p++;
}

/* A number in base 10 or 16 of at most max_digits; marks the cursor bad if there is none. */
static uint64_t number(struct cursor *c, unsigned int base, unsigned int max_digits)
{
	uint64_t v = 0;
	unsigned int n = 0;
	int d;

	for (; c->p < c->end && (d = hex_digit(*c->p)) >= 0 && (unsigned int)d < base;
	     c->p++, n++) {
		if (n == max_digits)
			c->bad = true;
		else
			v = v * base + (unsigned int)d;
	}
	c->bad |= n == 0;
	return v;
}

static uint32_t hex32(struct cursor *c)
{
	skip_spaces(c);
	return (uint32_t)number(c, 16, 8);
}

static uint32_t dec32(struct cursor *c)
{
	uint64_t v;

	skip_spaces(c);
	v = number(c, 10, 19);
	c->bad |= v > UINT32_MAX;
	return (uint32_t)v;
}

/* %d of a counter that can be negative for an instant, or of -1 */
static void skip_int(struct cursor *c)
{
	skip_spaces(c);
	if (c->p < c->end && *c->p == '-')
		c->p++;
	(void)number(c, 10, 19);
}

static void skip_word(struct cursor *c)
{
	const char *start;

	skip_spaces(c);
	start = c->p;
	while (c->p < c->end && *c->p != ' ')
		c->p++;
	c->bad |= c->p == start;
}

static void expect(struct cursor *c, char want)
{
	if (c->p < c->end && *c->p == want)
		c->p++;
	else
		c->bad = true;
}

/* Each 32 bit word of an address is printed as the number that its bytes are to this machine. */
static struct netaddr address(struct cursor *c, int family)
{
	uint32_t words[4] = {0};
	const unsigned int n = family == AF_INET6 ? 4 : 1;
	struct cursor word;

	skip_spaces(c);
	for (unsigned int i = 0; i < n; i++) {
		word = (struct cursor){.p = c->p, .end = c->end - c->p >= 8 ? c->p + 8 : c->end};
		words[i] = (uint32_t)number(&word, 16, 8);
		c->bad |= word.bad || word.p - c->p != 8;
		c->p = word.p;
	}
	return family == AF_INET6 ? netaddr_v6(words) : netaddr_v4(words);
}

static enum sock_state inet_state(enum sock_proto proto, uint32_t state)
{
	if (proto != PROTO_TCP)
		return state == STATE_ESTABLISHED ? STATE_ESTABLISHED : STATE_UNCONN;
	if (state == STATE_NEW_SYN_RECV)
		return STATE_SYN_RECV;
	return state >= STATE_ESTABLISHED && state <= STATE_CLOSING ? state : STATE_NONE;
}

/* sl: local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode [ref pointer drops] */
static int decode_inet(struct cursor *c, enum sock_proto proto, int family, struct sock_rec *rec)
{
	rec->family = family == AF_INET6 ? FAM_INET6 : FAM_INET;
	dec32(c);
	expect(c, ':');
	rec->local = address(c, family);
	expect(c, ':');
	rec->local_port = (uint32_t)number(c, 16, 4);
	rec->remote = address(c, family);
	expect(c, ':');
	rec->remote_port = (uint32_t)number(c, 16, 4);
	rec->state = (uint8_t)inet_state(proto, hex32(c));
	rec->sendq = hex32(c);
	expect(c, ':');
	rec->recvq = hex32(c);
	rec->timer = (uint8_t)hex32(c);
	expect(c, ':');
	rec->expires_ms = (uint32_t)number(c, 16, 16) * MS_PER_TICK;
	rec->timer_retrans = (uint8_t)hex32(c);
	rec->uid = dec32(c);
	skip_int(c);
	rec->inode = dec32(c);
	rec->have = REC_QUEUES;
	if (rec->inode)
		rec->have |= REC_UID;
	if (proto == PROTO_RAW)
		rec->sock_type = (uint8_t)rec->local_port;
	if (proto == PROTO_TCP || c->bad)
		return c->bad || rec->state == STATE_NONE ? -EBADMSG : 0;
	skip_int(c);
	skip_word(c);
	rec->drops = dec32(c);
	if (!c->bad)
		rec->have |= REC_DROPS;
	return 0;
}

/* sk: refcount protocol flags type st inode [path]: an abstract name starts with '@' and has '@'
 * for each NUL, so '@' at the start is ambiguous; a newline in a path makes a line of its own. */
static int decode_unix(struct cursor *c, struct sock_rec *rec)
{
	uint32_t flags;

	rec->family = FAM_UNIX;
	skip_word(c);
	hex32(c);
	hex32(c);
	flags = hex32(c);
	rec->sock_type = (uint8_t)hex32(c);
	/* SS_UNCONNECTED 1, SS_CONNECTING 2, SS_CONNECTED 3 (linux/net.h) */
	switch (hex32(c)) {
	case 2:
		rec->state = STATE_SYN_SENT;
		break;
	case 3:
		rec->state = STATE_ESTABLISHED;
		break;
	default:
		rec->state = flags & UNIX_ACCEPTCON ? STATE_LISTEN : STATE_UNCONN;
	}
	rec->inode = dec32(c);
	if (c->bad)
		return -EBADMSG;
	if (c->p < c->end && *c->p == ' ') {
		rec->abstract_name = c->end - c->p > 1 && c->p[1] == '@';
		c->p += rec->abstract_name ? 2 : 1;
		rec->path = (struct bytes){c->p, (uint32_t)(c->end - c->p)};
	}
	return 0;
}

/* sk refcount type protocol ifindex running rmem uid inode */
static int decode_packet(struct cursor *c, struct sock_rec *rec)
{
	rec->family = FAM_PACKET;
	rec->state = STATE_UNCONN;
	skip_word(c);
	skip_int(c);
	rec->sock_type = (uint8_t)dec32(c);
	rec->local_port = hex32(c);
	rec->ifindex = dec32(c);
	dec32(c);
	rec->recvq = dec32(c);
	rec->uid = dec32(c);
	rec->inode = dec32(c);
	rec->have = REC_QUEUES | REC_UID;
	return c->bad ? -EBADMSG : 0;
}

/* sk protocol portid groups rmem wmem dump refcount drops inode */
static int decode_netlink(struct cursor *c, struct sock_rec *rec)
{
	rec->family = FAM_NETLINK;
	rec->state = STATE_UNCONN;
	skip_word(c);
	rec->sock_type = (uint8_t)dec32(c);
	rec->local_port = dec32(c);
	rec->remote_port = hex32(c);
	rec->recvq = dec32(c);
	rec->sendq = dec32(c);
	skip_int(c);
	skip_int(c);
	rec->drops = dec32(c);
	rec->inode = dec32(c);
	rec->have = REC_QUEUES | REC_DROPS;
	return c->bad ? -EBADMSG : 0;
}

static bool is_heading(const char *line, size_t len)
{
	while (len && *line == ' ') {
		line++;
		len--;
	}
	return (len >= 2 && memcmp(line, "sl", 2) == 0) ||
	       (len >= 2 && memcmp(line, "sk", 2) == 0) ||
	       (len >= 4 && memcmp(line, "Num ", 4) == 0);
}

int procnet_decode_line(enum sock_proto proto, int family, const char *line, size_t len,
			struct sock_rec *ret_rec)
{
	struct cursor c = {.p = line, .end = line + len};

	if (is_heading(line, len))
		return -ENOMSG;
	memset(ret_rec, 0, sizeof(*ret_rec));
	ret_rec->proto = (uint8_t)proto;
	switch (proto) {
	case PROTO_UNIX:
		return decode_unix(&c, ret_rec);
	case PROTO_PACKET:
		return decode_packet(&c, ret_rec);
	case PROTO_NETLINK:
		return decode_netlink(&c, ret_rec);
	default:
		return decode_inet(&c, proto, family, ret_rec);
	}
}

struct table {
	const char *name;
	uint8_t proto;	/* enum sock_proto */
	uint8_t family; /* AF_INET, AF_INET6, 0 */
};

static const struct table tables[] = {
	{"tcp", PROTO_TCP, AF_INET},
	{"tcp6", PROTO_TCP, AF_INET6},
	{"udp", PROTO_UDP, AF_INET},
	{"udp6", PROTO_UDP, AF_INET6},
	{"udplite", PROTO_UDPLITE, AF_INET},
	{"udplite6", PROTO_UDPLITE, AF_INET6},
	{"raw", PROTO_RAW, AF_INET},
	{"raw6", PROTO_RAW, AF_INET6},
	{"icmp", PROTO_ICMP, AF_INET},
	{"icmp6", PROTO_ICMP, AF_INET6},
	{"unix", PROTO_UNIX, 0},
	{"packet", PROTO_PACKET, 0},
	{"netlink", PROTO_NETLINK, 0},
};

struct reader {
	const struct table *table;
	uint32_t states;
	void (*each)(const struct sock_rec *rec, void *ctx);
	void *ctx;
	struct procnet_report *report;
};

static void read_line(const struct reader *reader, const char *line, size_t len)
{
	const struct table *table = reader->table;
	struct sock_rec rec;
	int r = procnet_decode_line(table->proto, table->family, line, len, &rec);

	if (r == -ENOMSG)
		return;
	if (r < 0) {
		reader->report->undecodable++;
		return;
	}
	if (table->family && !(reader->states & STATE_BIT(rec.state)))
		return;
	reader->report->records++;
	reader->each(&rec, reader->ctx);
}

/* Gives away the whole lines in buf and returns how many bytes of the last one are left. A line
 * that fills the buffer is none of the kernel's: it counts as one that cannot be decoded. */
static size_t read_lines(const struct reader *reader, char *buf, size_t len)
{
	char *p = buf, *end = buf + len, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p)))) {
		read_line(reader, p, (size_t)(newline - p));
		p = newline + 1;
	}
	if (p == buf && len == READ_SIZE) {
		reader->report->undecodable++;
		return 0;
	}
	memmove(buf, p, (size_t)(end - p));
	return (size_t)(end - p);
}

static int read_table(const struct reader *reader, int fd, char *buf)
{
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, buf + len, READ_SIZE - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len = read_lines(reader, buf, len + (size_t)n);
	}
	if (len)
		read_line(reader, buf, len);
	return 0;
}

static void read_one(int net_dir, const struct reader *reader, char *buf)
{
	const struct table *table = reader->table;
	struct procnet_report *report = reader->report;
	int fd = openat(net_dir, table->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0) {
		r = -errno;
		if (r == -ENOENT && table->family == AF_INET6)
			return; /* no IPv6 here */
		if (r == -ENOENT)
			report->unsupported |= PROTO_BIT(table->proto);
	} else {
		r = read_table(reader, fd, buf);
		close(fd);
	}
	if (r < 0) {
		report->complete &= ~PROTO_BIT(table->proto);
		if (!report->err[table->proto])
			report->err[table->proto] = r;
	}
}

void procnet_read(int net_dir, uint32_t protos, uint32_t states,
		  void (*each)(const struct sock_rec *rec, void *ctx), void *ctx,
		  struct procnet_report *ret_report)
{
	struct reader reader = {.states = states, .each = each, .ctx = ctx, .report = ret_report};
	char *buf = xmalloc(READ_SIZE);

	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->asked = protos & PROTO_MASK_ALL;
	ret_report->complete = protos & PROCNET_PROTOS;
	ret_report->unsupported = ret_report->asked & ~PROCNET_PROTOS;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!(protos & PROTO_BIT(tables[i].proto)))
			continue;
		reader.table = &tables[i];
		read_one(net_dir, &reader, buf);
	}
	free(buf);
}
