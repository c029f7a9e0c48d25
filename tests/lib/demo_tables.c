/* What is on the demo host. */
#include "lib/demo_internal.h"

#include <sys/socket.h>

#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.family = AF_INET, .bytes = { a, b, c, d }                                         \
	}
#define LEN(array) (uint32_t)(sizeof(array) / sizeof(*(array)))

static const struct netaddr host_addrs[] = {
	V4(127, 0, 0, 1),
	V4(192, 168, 1, 10),
	V4(172, 17, 0, 1),
	{.family = AF_INET6, .bytes = {[15] = 1}},
	{.family = AF_INET6, .bytes = {0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 1, 2, 3}},
};
static const struct netaddr web_addrs[] = {V4(127, 0, 0, 1), V4(172, 17, 0, 2)};
static const struct netaddr pod_addrs[] = {V4(10, 244, 0, 7)};

const struct netns_rec demo_netns[NS_COUNT] = {
	[NS_HOST] = {1, 4026531840, NETNS_HOST, true, 14, BYTES("host"), host_addrs,
		     LEN(host_addrs)},
	[NS_WEB] = {4097, 4026532301, NETNS_CONTAINER, false, 1, BYTES("web"), web_addrs,
		    LEN(web_addrs)},
	[NS_BLUE] = {4098, 4026532402, NETNS_NAMED, false, 0, BYTES("blue"), NULL, 0},
	[NS_POD] = {4099, 4026532503, NETNS_POD, false, 1, BYTES("shop/cart-0"), pod_addrs,
		    LEN(pod_addrs)},
	[NS_FD] = {4100, 4026532604, NETNS_FD, false, 0, NO_BYTES, NULL, 0},
};

const struct container_rec demo_containers[CTR_COUNT] = {
	[CTR_WEB] = {BYTES("3f4e9c0a7b1d52e86f0c4a9d8e7b6a5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a"),
		     BYTES("web"), BYTES("docker"), BYTES("registry.example/shop/web:1.4"),
		     NO_BYTES, NO_BYTES},
	[CTR_CART] = {BYTES("a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"),
		      BYTES("cart"), BYTES("containerd"), BYTES("shop/cart:7"), BYTES("cart-0"),
		      BYTES("shop")},
};

/* Of the container "web": through docker-proxy, and by nat alone. */
const struct publish_rec demo_published[] = {
	{V4(0, 0, 0, 0), V4(172, 17, 0, 2), 8080, 80, PROTO_TCP},
	{V4(0, 0, 0, 0), V4(172, 17, 0, 2), 9443, 443, PROTO_TCP},
};
const uint32_t demo_n_published = LEN(demo_published);

#define CMD(literal)                                                                               \
	{                                                                                          \
		literal, sizeof(literal)                                                           \
	}
#define UNIT(name) BYTES(name ".service")

const struct demo_proc demo_procs[] = {
	{1, 0, 0, 3600, "root", BYTES("systemd"), CMD("/sbin/init"),
	 BYTES("/usr/lib/systemd/systemd"), BYTES("init.scope"), NS_HOST, CTR_NONE, 'S', 0, false},
	{640, 1, 0, 3500, "root", BYTES("dockerd"), CMD("/usr/sbin/dockerd\0-H\0fd://"),
	 BYTES("/usr/sbin/dockerd"), UNIT("docker"), NS_HOST, CTR_NONE, 'S', 0, false},
	{700, 1, 0, 3400, "root", BYTES("sshd"),
	 CMD("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"), BYTES("/usr/sbin/sshd"),
	 UNIT("ssh"), NS_HOST, CTR_NONE, 'S', 0, false},
	{812, 1, 0, 3300, "root", BYTES("nginx"),
	 CMD("nginx: master process /usr/sbin/nginx -g daemon on; master_process on;"),
	 BYTES("/usr/sbin/nginx"), UNIT("nginx"), NS_HOST, CTR_NONE, 'S', 0, false},
	{813, 812, 33, 3299, "www-data", BYTES("nginx"), CMD("nginx: worker process"),
	 BYTES("/usr/sbin/nginx"), UNIT("nginx"), NS_HOST, CTR_NONE, 'S', 0, false},
	{814, 812, 33, 3299, "www-data", BYTES("nginx"), CMD("nginx: worker process"),
	 BYTES("/usr/sbin/nginx"), UNIT("nginx"), NS_HOST, CTR_NONE, 'S', 0, false},
	{901, 1, 110, 3200, "redis", BYTES("redis-server"),
	 CMD("/usr/bin/redis-server 127.0.0.1:6379"), BYTES("/usr/bin/redis-check-rdb"),
	 UNIT("redis-server"), NS_HOST, CTR_NONE, 'S', 0, false},
	{950, 1, 111, 3100, "postgres", BYTES("postgres"),
	 CMD("/usr/lib/postgresql/15/bin/postgres\0-D\0/var/lib/postgresql/15/main"),
	 BYTES("/usr/lib/postgresql/15/bin/postgres"), UNIT("postgresql@15-main"), NS_HOST,
	 CTR_NONE, 'S', 0, false},
	{960, 950, 111, 40, "postgres", BYTES("postgres"),
	 CMD("postgres: 15/main: shop shop 127.0.0.1(40522) idle"),
	 BYTES("/usr/lib/postgresql/15/bin/postgres"), UNIT("postgresql@15-main"), NS_HOST,
	 CTR_NONE, 'S', 0, false},
	{1100, 1, 112, 3000, "_chrony", BYTES("chronyd"), CMD("/usr/sbin/chronyd\0-F\0001"),
	 BYTES("/usr/sbin/chronyd"), UNIT("chrony"), NS_HOST, CTR_NONE, 'S', 0, false},
	{1210, 640, 0, 2400, "root", BYTES("docker-proxy"),
	 CMD("/usr/bin/"
	     "docker-proxy\0-proto\0tcp\0-host-ip\0000.0.0.0\0-host-port\0008080\0-container-ip\0"
	     "172.17.0.2\0-container-port\00080"),
	 BYTES("/usr/bin/docker-proxy"), UNIT("docker"), NS_HOST, CTR_NONE, 'S', 0, false},
	{1300, 640, 1000, 2399, "1000", BYTES("node"), CMD("node\0server.js"),
	 BYTES("/usr/bin/node"), NO_BYTES, NS_WEB, CTR_WEB, 'S', 0, false},
	{1400, 1, 1001, 1200, "1001", BYTES("cart"), CMD("/app/cart\0--port=8000"),
	 BYTES("/app/cart"), NO_BYTES, NS_POD, CTR_CART, 'S', 0, false},
	{1500, 700, 0, 600, "root", BYTES("sshd"), CMD("sshd: ada [priv]"), BYTES("/usr/sbin/sshd"),
	 BYTES("session-3.scope"), NS_HOST, CTR_NONE, 'S', 0, false},
	{1600, 1, 1000, 300, "ada",
	 BYTES("\xd7\x90\xe2\x80\xae"
	       "evil\x1b[2J"),
	 CMD("./\xe2\x80\xae"
	     "txt.exe\0--title=\x1b]0;owned\a\0caf\xe9\0\xff\xfe"),
	 BYTES("/home/ada/caf\xe9/\n"), BYTES("user@1000.service"), NS_HOST, CTR_NONE, 'R', 0,
	 false},
	{1700, 1, 1000, 86000, "ada", BYTES("old-server"), CMD("./old-server\0-p\0009000"),
	 BYTES("/opt/old/server"), UNIT("old"), NS_HOST, CTR_NONE, 'S', 0, true},
	{1800, 1500, 1000, 200, "ada", BYTES("python3"), CMD("python3\0-m\0http.server\0008000"),
	 BYTES("/usr/bin/python3.11"), BYTES("session-3.scope"), NS_HOST, CTR_NONE, 'T', 0, false},
	{1900, 1, 1000, 100, "ada", BYTES("blocker"), NO_BYTES, BYTES("/home/ada/blocker"),
	 NO_BYTES, NS_HOST, CTR_NONE, 'D', PROC_HAVE_CMDLINE, false},
	{2000, 1500, 1000, 30, "ada", BYTES("curl"), CMD("curl\0-s\0http://127.0.0.1:8000/"),
	 BYTES("/usr/bin/curl"), BYTES("session-3.scope"), NS_HOST, CTR_NONE, 'S', 0, false},
	{2100, 1, 0, -1, NULL, NO_BYTES, NO_BYTES, NO_BYTES, NO_BYTES, NS_HOST, CTR_NONE, 0, 0,
	 false},
};
const uint32_t demo_n_procs = LEN(demo_procs);

#define NGINX                                                                                      \
	{                                                                                          \
		{812, 6, 0}, {813, 6, 0},                                                          \
		{                                                                                  \
			814, 6, 0                                                                  \
		}                                                                                  \
	}

const struct demo_sock demo_socks[] = {
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 22, NULL, 0, 20001, 0, 0, 128, .held = {{700, 3, 0}}},
	{PROTO_TCP, STATE_LISTEN, "::", 22, NULL, 0, 20002, 0, 0, 128, .held = {{700, 4, 0}},
	 .v6only = true},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 80, NULL, 0, 20010, 0, 1, 511, .held = NGINX},
	{PROTO_TCP, STATE_LISTEN, "::", 80, NULL, 0, 20011, 0, 0, 511,
	 .held = {{812, 7, 0}, {813, 7, 0}}, .v6only = true},
	{PROTO_TCP, STATE_LISTEN, "127.0.0.1", 6379, NULL, 0, 20020, 110, 0, 511,
	 .held = {{901, 6, 0}}},
	{PROTO_TCP, STATE_LISTEN, "::1", 6379, NULL, 0, 20021, 110, 0, 511, .held = {{901, 7, 0}},
	 .v6only = true},
	{PROTO_TCP, STATE_LISTEN, "127.0.0.1", 5432, NULL, 0, 20030, 111, 0, 244,
	 .held = {{950, 7, 0}}},
	{PROTO_UDP, STATE_UNCONN, "127.0.0.1", 323, NULL, 0, 20040, 0, 0, 0,
	 .held = {{1100, 5, 0}}},
	{PROTO_UDP, STATE_UNCONN, "fe80::5054:ff:fe01:203", 546, NULL, 0, 20041, 0, 0, 0,
	 .held = {{1100, 6, 0}}, .ifindex = 2, .drops = 7},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 8080, NULL, 0, 20050, 0, 0, 4096,
	 .held = {{1210, 4, 0}}},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 80, NULL, 0, 30001, 1000, 0, 511, .ns = NS_WEB,
	 .held = {{1300, 18, 0}}},
	{PROTO_TCP, STATE_LISTEN, "::", 8000, NULL, 0, 30002, 1001, 0, 4096, NS_POD,
	 .held = {{1400, 3, 0}}},
	{PROTO_TCP, STATE_LISTEN, "127.0.0.1", 8000, NULL, 0, 20060, 1000, 6, 5,
	 .held = {{1800, 3, 0}}},
	{PROTO_TCP, STATE_LISTEN, "192.168.1.10", 9000, NULL, 0, 20070, 1000, 0, 16,
	 .mark = MARK_CHANGED, .held = {{1700, 3, 0}}},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 31337, NULL, 0, 20080, 1000, 0, 1, .mark = MARK_NEW,
	 .age_s = 2, .held = {{1600, 3, 0}}},
	{PROTO_TCP, STATE_LISTEN, "127.0.0.1", 7777, NULL, 0, 20081, 1000, 0, 1, .mark = MARK_GONE,
	 .age_s = 9, .held = {{1900, 3, 0}}},
	{PROTO_UDP, STATE_UNCONN, "0.0.0.0", 5353, NULL, 0, 20090, 1000, 213, 0,
	 .held = {{1600, 4, 1601}}},
	{PROTO_UDP, STATE_UNCONN, "0.0.0.0", 5353, NULL, 0, 20091, 1000, 0, 0,
	 .held = {{1600, 5, 0}}},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 2049, NULL, 0, 20100, 0, 0, 64, .status = OWNER_KERNEL,
	 .detail = BYTES("nfsd")},
	{PROTO_UDP, STATE_UNCONN, "0.0.0.0", 51820, NULL, 0, 20101, 0, 0, 0,
	 .status = OWNER_KERNEL},
	{PROTO_TCP, STATE_LISTEN, "10.0.0.1", 3306, NULL, 0, 40001, 0, 0, 80, .ns = NS_BLUE,
	 .status = OWNER_DENIED, .detail = BYTES("CAP_SYS_PTRACE")},
	{PROTO_TCP, STATE_LISTEN, "0.0.0.0", 4444, NULL, 0, 20110, 1000, 0, 128, .pending = true},
	{PROTO_RAW, STATE_UNCONN, "0.0.0.0", 1, NULL, 0, 20120, 0, 0, 0, .status = OWNER_HIDDEN,
	 .stale = true},
	{PROTO_TCP, STATE_BOUND, "127.0.0.1", 7000, NULL, 0, 20130, 1000, 0, 0,
	 .held = {{1900, 4, 0}}},
	{PROTO_TCP, STATE_ESTABLISHED, "192.168.1.10", 22, "192.168.1.20", 51514, 21001, 0, 0, 36,
	 .timer = TIMER_KEEPALIVE, .expires_ms = 5400000, .held = {{1500, 4, 0}}, .rx_rate = 820,
	 .tx_rate = 12400},
	{PROTO_TCP, STATE_ESTABLISHED, "192.168.1.10", 80, "203.0.113.7", 40112, 21002, 33, 0, 0,
	 .held = {{813, 11, 0}}, .rx_rate = 1500, .tx_rate = 2400000, .mark = MARK_NEW, .age_s = 3},
	{PROTO_TCP, STATE_ESTABLISHED, "192.168.1.10", 80, "198.51.100.9", 40113, 21003, 33, 0,
	 14480, .held = {{814, 11, 0}}, .timer = TIMER_RETRANS, .expires_ms = 420, .rx_rate = 1,
	 .tx_rate = 9000},
	{PROTO_TCP, STATE_ESTABLISHED, "2001:db8::10", 80, "2001:db8::99", 40114, 21004, 33, 0, 0,
	 .held = {{814, 12, 0}}},
	{PROTO_TCP, STATE_ESTABLISHED, "127.0.0.1", 5432, "127.0.0.1", 40522, 21005, 111, 0, 0,
	 .held = {{960, 9, 0}}, .peer_inode = 21006},
	{PROTO_TCP, STATE_ESTABLISHED, "127.0.0.1", 40522, "127.0.0.1", 5432, 21006, 33, 0, 0,
	 .held = {{813, 12, 0}}, .peer_inode = 21005},
	{PROTO_TCP, STATE_ESTABLISHED, "127.0.0.1", 40600, "127.0.0.1", 8000, 21007, 1000, 0, 0,
	 .held = {{2000, 3, 0}}},
	{PROTO_TCP, STATE_ESTABLISHED, "127.0.0.1", 8000, "127.0.0.1", 40600, 0, 1000, 78, 0,
	 .status = OWNER_ACCEPT_QUEUE},
	{PROTO_TCP, STATE_CLOSE_WAIT, "192.168.1.10", 9000, "192.168.1.30", 50001, 21010, 1000, 1,
	 0, .held = {{1700, 4, 0}, {1700, 5, 0}}, .incomplete = true},
	{PROTO_TCP, STATE_TIME_WAIT, "192.168.1.10", 80, "203.0.113.7", 40100, 0, 0, 0, 0, NS_HOST,
	 OWNER_TIME_WAIT, .timer = TIMER_TIME_WAIT, .expires_ms = 41000},
	{PROTO_TCP, STATE_FIN_WAIT_1, "192.168.1.10", 80, "203.0.113.8", 40101, 0, 0, 0, 2896,
	 .status = OWNER_ORPHAN, .timer = TIMER_PROBE, .expires_ms = 9000},
	{PROTO_TCP, STATE_SYN_SENT, "192.168.1.10", 45000, "240.0.0.1", 443, 21020, 1000, 0, 1,
	 .held = {{2000, 4, 0}}, .timer = TIMER_RETRANS, .expires_ms = 1000},
	{PROTO_UDP, STATE_ESTABLISHED, "192.168.1.10", 44444, "192.168.1.1", 53, 21030, 1000, 0, 0,
	 .held = {{2000, 5, 0}}},
	{PROTO_UNIX, STATE_LISTEN, NULL, 0, NULL, 0, 22001, 0, 0, 4096,
	 .held = {{640, 4, 0}, {1, 60, 0}}, .path = BYTES("/run/docker.sock")},
	{PROTO_UNIX, STATE_ESTABLISHED, NULL, 0, NULL, 0, 22002, 0, 0, 0, .held = {{640, 9, 0}},
	 .path = BYTES("/run/docker.sock"), .peer_inode = 22003},
	{PROTO_UNIX, STATE_ESTABLISHED, NULL, 0, NULL, 0, 22003, 1000, 0, 0, .held = {{1600, 9, 0}},
	 .peer_inode = 22002},
	{PROTO_UNIX, STATE_UNCONN, NULL, 0, NULL, 0, 22004, 1000, 0, 0, .status = OWNER_IN_FLIGHT,
	 .path = BYTES("a\0b\xff\x1b[31m"), .abstract = true},
	{PROTO_NETLINK, STATE_UNCONN, NULL, 4242, NULL, 0, 23001, 0, 0, 0, .held = {{1, 30, 0}}},
	{PROTO_PACKET, STATE_UNCONN, NULL, 2054, NULL, 0, 23002, 0, 0, 0,
	 .status = OWNER_UNRESOLVED, .ifindex = 2},
	{PROTO_VSOCK, STATE_LISTEN, NULL, 1024, NULL, 0, 23003, 0, 0, 0, .held = {{2100, 5, 0}}},
};
const uint32_t demo_n_socks = LEN(demo_socks);

#define AT(seconds_ago) DEMO_WALL_MS - (seconds_ago)*1000, DEMO_MONO_MS - (seconds_ago)*1000
#define HOST_NS .netns_cookie = 1, .netns_inode = 4026531840, .netns_name = BYTES("host")
#define NO_TIMES .lifetime_ms = -1, .gap_ms = -1

const struct event demo_events[] = {
	{1, AT(300), EVENT_LISTEN, PROTO_TCP, FAM_INET, V4(127, 0, 0, 1), 8000, HOST_NS,
	 .pid = 1800, .uid = 1000, .uid_known = true, .comm = BYTES("python3"), NO_TIMES},
	{2, AT(120), EVENT_CLOSE, PROTO_TCP, FAM_INET, V4(192, 168, 1, 10), 9000, HOST_NS,
	 .pid = 640, .uid = 0, .uid_known = true, .comm = BYTES("dockerd"), .lifetime_ms = 3480000,
	 .gap_ms = -1},
	{3, AT(119), EVENT_LISTEN, PROTO_TCP, FAM_INET, V4(192, 168, 1, 10), 9000, HOST_NS,
	 .pid = 1700, .uid = 1000, .uid_known = true, .comm = BYTES("old-server"),
	 .lifetime_ms = -1, .gap_ms = 92, .previous_pid = 640, .previous_comm = BYTES("dockerd")},
	{4,
	 AT(60),
	 EVENT_HANDOVER,
	 PROTO_TCP,
	 FAM_INET6,
	 {.family = AF_INET6},
	 80,
	 HOST_NS,
	 .pid = 812,
	 .uid_known = true,
	 .comm = BYTES("nginx"),
	 NO_TIMES,
	 .previous_pid = 640,
	 .previous_comm = BYTES("nginx")},
	{5, AT(30), EVENT_EXEC, HOST_NS, .pid = 1600, .uid = 1000, .uid_known = true,
	 .comm = BYTES("\xd7\x90\xe2\x80\xae"
		       "evil\x1b[2J"),
	 NO_TIMES},
	{6, AT(20), EVENT_CONTAINER_START, .netns_cookie = 4097, .netns_inode = 4026532301,
	 .netns_name = BYTES("web"), .container_name = BYTES("web"), NO_TIMES},
	{7, AT(9), EVENT_BIND, PROTO_UDP, FAM_INET, V4(0, 0, 0, 0), 5353, HOST_NS, NO_TIMES},
	{8, AT(2), EVENT_CLOSE, PROTO_TCP, FAM_INET, V4(127, 0, 0, 1), 7777, HOST_NS, .pid = 1900,
	 .uid = 1000, .uid_known = true, .comm = BYTES("blocker"), .lifetime_ms = 7012,
	 .gap_ms = -1},
	{9, AT(1), EVENT_EXIT, HOST_NS, .pid = 1901, .uid = 1000, .uid_known = true,
	 .comm = BYTES("make"), .lifetime_ms = 4, .gap_ms = -1},
};
const uint32_t demo_n_events = LEN(demo_events);

const struct note demo_notes[] = {
	{NOTE_FALLBACK, 0, 0, BYTES("owners"), BYTES("no CAP_BPF: reading /proc")},
	{NOTE_INTERRUPTED, 4, 4026531840, BYTES("raw"), BYTES("the dump was cut short")},
};
const uint32_t demo_n_notes = LEN(demo_notes);
