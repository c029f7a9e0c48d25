#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/netstat_counters.h"
#include "kernel/procnet.h"

#define TCP_HEAD                                                                                   \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode\n"
#define LISTEN_LINE                                                                                \
	"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000       " \
	" 0 4711 1 "                                                                               \
	"0000000000000000 100 0 0 10 0"
#define TIME_WAIT_LINE                                                                             \
	"   1: 0100007F:1F90 0100007F:C001 06 00000000:00000000 03:00000FA0 00000000     0       " \
	" 0 0 3 0000000000000000"
#define UDP_LINE                                                                                   \
	"  77: 00000000:0035 00000000:0000 07 00000001:00000340 00:00000000 00000000   101       " \
	" 0 815 2 "                                                                                \
	"0000000000000000 12"
#define UDP6_LINE                                                                                  \
	"  77: 00000000000000000000000001000000:14E9 000080FE00000000000000000100007F:0035 01 "    \
	"00000000:00000000 00:00000000 00000000     0        0 816 2 0000000000000000 0"

static int decode(enum sock_proto proto, int family, const char *line, struct sock_rec *rec)
{
	return procnet_decode_line(proto, family, line, strlen(line), rec);
}

static void tcp_lines_become_records(void **state)
{
	char text[NETADDR_TEXT_MAX];
	struct sock_rec rec;

	(void)state;
	assert_int_equal(decode(PROTO_TCP, AF_INET, LISTEN_LINE, &rec), 0);
	assert_int_equal(rec.state, STATE_LISTEN);
	assert_string_equal(netaddr_format(&rec.local, text), "127.0.0.1");
	assert_int_equal(rec.local_port, 8080);
	assert_int_equal(rec.recvq, 3);
	assert_int_equal(rec.inode, 4711);
	assert_int_equal(rec.uid, 1000);
	assert_int_equal(rec.cookie, 0);
	assert_true(rec.have & REC_UID);
	assert_false(rec.have & REC_BACKLOG_MAX);

	assert_int_equal(decode(PROTO_TCP, AF_INET, TIME_WAIT_LINE, &rec), 0);
	assert_int_equal(rec.state, STATE_TIME_WAIT);
	assert_int_equal(rec.timer, TIMER_TIME_WAIT);
	assert_int_equal(rec.expires_ms, 40000);
	assert_int_equal(rec.remote_port, 0xc001);
	assert_false(rec.have & REC_UID);
}

static void udp_lines_become_records(void **state)
{
	char text[NETADDR_TEXT_MAX];
	struct sock_rec rec;

	(void)state;
	assert_int_equal(decode(PROTO_UDP, AF_INET, UDP_LINE, &rec), 0);
	assert_int_equal(rec.state, STATE_UNCONN);
	assert_int_equal(rec.recvq, 0x340);
	assert_int_equal(rec.sendq, 1);
	assert_int_equal(rec.drops, 12);
	assert_true(rec.have & REC_DROPS);
	assert_int_equal(decode(PROTO_UDP, AF_INET6, UDP6_LINE, &rec), 0);
	assert_int_equal(rec.state, STATE_ESTABLISHED);
	assert_string_equal(netaddr_format(&rec.local, text), "::1");
	assert_string_equal(netaddr_format(&rec.remote, text), "fe80::7f00:1");
	assert_int_equal(rec.remote_port, 53);
	assert_int_equal(decode(PROTO_RAW, AF_INET, UDP_LINE, &rec), 0);
	assert_int_equal(rec.sock_type, 53);
}

static void other_tables_become_records(void **state)
{
	struct sock_rec rec;

	(void)state;
	assert_int_equal(
		decode(PROTO_UNIX, 0,
		       "0000000000000000: 00000002 00000000 00010000 0001 01  1451 /run/x y", &rec),
		0);
	assert_int_equal(rec.state, STATE_LISTEN);
	assert_int_equal(rec.sock_type, SOCK_STREAM);
	assert_int_equal(rec.inode, 1451);
	assert_false(rec.abstract_name);
	assert_int_equal(rec.path.len, 8);
	assert_memory_equal(rec.path.ptr, "/run/x y", 8);
	assert_int_equal(
		decode(PROTO_UNIX, 0,
		       "0000000000000000: 00000002 00000000 00000000 0002 01  7 @a\033\xff", &rec),
		0);
	assert_int_equal(rec.state, STATE_UNCONN);
	assert_true(rec.abstract_name);
	assert_int_equal(rec.path.len, 3);
	assert_int_equal(decode(PROTO_UNIX, 0,
				"0000000000000000: 00000003 00000000 00000000 0001 03  1452", &rec),
			 0);
	assert_int_equal(rec.state, STATE_ESTABLISHED);
	assert_null(rec.path.ptr);

	assert_int_equal(decode(PROTO_PACKET, 0,
				"0000000000000000 3      3    0003   2     1 896    1000   5511  ",
				&rec),
			 0);
	assert_int_equal(rec.local_port, 3);
	assert_int_equal(rec.ifindex, 2);
	assert_int_equal(rec.recvq, 896);
	assert_int_equal(rec.uid, 1000);
	assert_int_equal(rec.inode, 5511);

	assert_int_equal(decode(PROTO_NETLINK, 0,
				"0000000000000000 15  812        00000002 16       0        0     "
				"2        9        1234",
				&rec),
			 0);
	assert_int_equal(rec.sock_type, 15);
	assert_int_equal(rec.local_port, 812);
	assert_int_equal(rec.remote_port, 2);
	assert_int_equal(rec.drops, 9);
	assert_int_equal(rec.inode, 1234);
}

static void hostile_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		":",
		"0:",
		"99999999999999999999: 0100007F:1F90 00000000:0000 0A",
		"   0: 0100007F:1F9000 00000000:0000 0A 00000000:00000003 00:00000000 00000000  "
		"1000 0 4711 1 0",
		"   0: 00000100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  "
		"1000 0 4711 1 0",
		"   0: 7F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000 0 "
		"4711 1 0",
		"   0: 0100007F:1F90 00000000:0000 FF 00000000:00000003 00:00000000 00000000  1000 "
		"0 4711 1 0",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  -1 0 "
		"4711 1 0",
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000 "
		"0 99999999999 1 0",
	};
	struct sock_rec rec;
	char *copy;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(decode(PROTO_TCP, AF_INET, lines[i], &rec), -EBADMSG);
	for (size_t len = 0; len < sizeof(UDP6_LINE); len++) {
		copy = malloc(len + 1);
		memcpy(copy, UDP6_LINE, len);
		for (enum sock_proto proto = 0; proto < PROTO_COUNT; proto++)
			(void)procnet_decode_line(proto, AF_INET6, copy, len, &rec);
		free(copy);
	}
	assert_int_equal(decode(PROTO_TCP, AF_INET, TCP_HEAD, &rec), -ENOMSG);
}

static void put_file(int dir, const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static const char *const fake_files[] = {"tcp", "udp", "unix", "sockstat", "snmp"};

static int fake_tree(char path[32])
{
	int dir;

	strcpy(path, "/tmp/procnet.XXXXXX");
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	return dir;
}

static void remove_tree(int dir, const char *path)
{
	for (size_t i = 0; i < sizeof(fake_files) / sizeof(fake_files[0]); i++)
		unlinkat(dir, fake_files[i], 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

struct rows {
	unsigned int n;
	uint64_t inodes;
};

static void count(const struct sock_rec *rec, void *ctx)
{
	struct rows *rows = ctx;

	rows->n++;
	rows->inodes += rec->inode;
}

static void tree_is_read_in_one_go(void **state)
{
	static char big[300000];
	struct procnet_report report;
	struct rows rows = {0};
	char path[32];
	int dir = fake_tree(path);
	size_t len = 0;

	(void)state;
	put_file(dir, "tcp", TCP_HEAD LISTEN_LINE "\n" TIME_WAIT_LINE "\n",
		 strlen(TCP_HEAD LISTEN_LINE "\n" TIME_WAIT_LINE "\n"));
	procnet_read(dir, PROTO_BIT(PROTO_TCP), STATE_MASK_ALL, count, &rows, &report);
	assert_int_equal(rows.n, 2);
	assert_int_equal(report.complete, PROTO_BIT(PROTO_TCP));
	rows.n = 0;
	procnet_read(dir, PROTO_BIT(PROTO_TCP), STATE_MASK_LISTENERS, count, &rows, &report);
	assert_int_equal(rows.n, 1);

	/* a line across every border of a read; then one line without an end */
	for (unsigned int i = 0; i < 1500; i++)
		len += (size_t)sprintf(big + len, "%s\n", UDP_LINE);
	put_file(dir, "udp", big, len);
	rows = (struct rows){0};
	procnet_read(dir, PROTO_BIT(PROTO_UDP), STATE_MASK_ALL, count, &rows, &report);
	assert_int_equal(rows.n, 1500);
	assert_int_equal(rows.inodes, 1500 * 815);
	assert_int_equal(report.undecodable, 0);
	memset(big, 'A', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	put_file(dir, "unix", big, sizeof(big));
	procnet_read(dir, PROTO_BIT(PROTO_UNIX), STATE_MASK_ALL, count, &rows, &report);
	assert_int_equal(report.records, 0);
	assert_true(report.undecodable > 0);
	remove_tree(dir, path);
}

static void missing_tables_are_named(void **state)
{
	struct procnet_report report;
	struct rows rows = {0};
	char path[32];
	int dir = fake_tree(path);

	(void)state;
	put_file(dir, "tcp", "", 0);
	procnet_read(dir, PROTO_MASK_ALL, STATE_MASK_ALL, count, &rows, &report);
	assert_int_equal(report.complete, PROTO_BIT(PROTO_TCP));
	assert_true(report.unsupported & PROTO_BIT(PROTO_UDP));
	assert_true(report.unsupported & PROTO_BIT(PROTO_MPTCP));
	assert_int_equal(report.err[PROTO_UDP], -ENOENT);
	assert_int_equal(rows.n, 0);
	assert_int_equal(unlinkat(dir, "tcp", 0), 0);
	assert_int_equal(mkdirat(dir, "tcp", 0700), 0);
	procnet_read(dir, PROTO_BIT(PROTO_TCP), STATE_MASK_ALL, count, &rows, &report);
	assert_int_equal(report.complete, 0);
	assert_int_equal(report.err[PROTO_TCP], -EISDIR);
	assert_int_equal(unlinkat(dir, "tcp", AT_REMOVEDIR), 0);
	remove_tree(dir, path);
}

#define SOCKSTAT                                                                                   \
	"sockets: used 16\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 217\nUDP: inuse 5 mem "          \
	"0\nUDPLITE: inuse 6\n"                                                                    \
	"RAW: inuse 7\nFRAG: inuse 0 memory 0\n"
#define SNMP                                                                                       \
	"Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoAlgorithm MaxConn ActiveOpens PassiveOpens " \
	"AttemptFails "                                                                            \
	"EstabResets CurrEstab InSegs\nTcp: 1 -1 14 13 12 11 10 99\n"

static void counters_are_read_again(void **state)
{
	struct netstat_counters a, b;
	struct netstat *netstat;
	char path[32];
	int dir = fake_tree(path);

	(void)state;
	put_file(dir, "sockstat", SOCKSTAT, strlen(SOCKSTAT));
	assert_int_equal(netstat_open(dir, &netstat), -ENOENT);
	put_file(dir, "snmp", SNMP, strlen(SNMP));
	assert_int_equal(netstat_open(dir, &netstat), 0);
	assert_int_equal(netstat_read(netstat, &a), 0);
	assert_int_equal(a.sockets_used, 16);
	assert_int_equal(a.tcp_tw, 3);
	assert_int_equal(a.tcp_orphan, 2);
	assert_int_equal(a.udp_inuse, 5);
	assert_int_equal(a.raw_inuse, 7);
	assert_int_equal(a.active_opens, 14);
	assert_int_equal(a.curr_estab, 10);
	assert_int_equal(netstat_read(netstat, &b), 0);
	assert_true(netstat_equal(&a, &b));
	put_file(dir, "sockstat", "TCP: inuse 2 mem 1\n", 19);
	assert_int_equal(netstat_read(netstat, &b), 0);
	assert_false(netstat_equal(&a, &b));
	put_file(dir, "sockstat", "TCP: inuse x\n", 13);
	assert_int_equal(netstat_read(netstat, &b), -EBADMSG);
	netstat_free(netstat);
	remove_tree(dir, path);
}

static void memory_is_no_change(void **state)
{
	struct netstat_counters a = {0}, b = {0};

	(void)state;
	assert_int_equal(netstat_decode_sockstat("TCP: inuse 1 mem 2\n", 19, &a), 0);
	assert_int_equal(netstat_decode_sockstat("TCP: inuse 1 mem 9\n", 19, &b), 0);
	assert_true(netstat_equal(&a, &b));
}

static void cut_counters_are_refused(void **state)
{
	struct netstat_counters c;
	char *copy;

	(void)state;
	for (size_t len = 0; len < strlen(SNMP); len++) {
		copy = malloc(len + 1);
		memcpy(copy, SNMP, len);
		memset(&c, 0, sizeof(c));
		if (len < strlen(SNMP) - 6)
			assert_int_equal(netstat_decode_snmp(copy, len, &c), -EBADMSG);
		(void)netstat_decode_sockstat(copy, len, &c);
		free(copy);
	}
	assert_int_equal(netstat_decode_snmp("Tcp: a\nUdp: 1\n", 14, &c), -EBADMSG);
	assert_int_equal(netstat_decode_snmp(":\n:\n", 4, &c), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_lines_become_records),
		cmocka_unit_test(udp_lines_become_records),
		cmocka_unit_test(other_tables_become_records),
		cmocka_unit_test(hostile_lines_are_refused),
		cmocka_unit_test(tree_is_read_in_one_go),
		cmocka_unit_test(missing_tables_are_named),
		cmocka_unit_test(counters_are_read_again),
		cmocka_unit_test(memory_is_no_change),
		cmocka_unit_test(cut_counters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
