#include "lib/unit.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "model/journal.h"

#define WALL_MS 1700000000000

static struct bytes text(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

static struct sock_rec listener(uint64_t cookie, uint16_t port, uint32_t inode)
{
	return (struct sock_rec){
		.cookie = cookie,
		.inode = inode,
		.uid = 33,
		.sendq = 128,
		.local_port = port,
		.local = netaddr_v4("\x7f\0\0\1"),
		.have = REC_UID | REC_QUEUES,
		.proto = PROTO_TCP,
		.family = FAM_INET,
		.state = STATE_LISTEN,
	};
}

/* A run of three ticks: a listener with an owner, a connection with tcp_info, an end. */
static void tick(struct store *st, int n)
{
	struct netns_rec ns = {.cookie = 1, .inode = 4026531833, .own = true, .name = text("host")};
	struct owner owner = {.pid = 812, .fd = 6};
	struct proc_rec proc = {
		.pid = 812,
		.start_ticks = 5000,
		.have = PROC_HAVE_STAT | PROC_HAVE_CMDLINE,
		.comm = text("nginx"),
		.cmdline = {"nginx\0-g\0x", 10},
	};
	struct dump_scope scope = {.protos = PROTO_BIT(PROTO_TCP), .states = STATE_MASK_ALL};
	struct sock_rec rec = listener(7, 8080, 1000);

	store_tick_begin(st, 1000 * (n + 1), WALL_MS + 1000 * n);
	scope.netns = store_netns_put(st, &ns);
	if (n == 2)
		store_destroyed(st, scope.netns, PROTO_TCP, 7);
	store_dump_begin(st, &scope);
	if (n < 2)
		store_put(st, &rec);
	rec = listener(8, 9090, 1001);
	store_put(st, &rec);
	store_dump_end(st, PROTO_BIT(PROTO_TCP), PROTO_BIT(PROTO_TCP));
	store_owners_set(st, 1000, &owner, 1, true);
	store_owner_none(st, 1001, OWNER_DENIED, text("refused even to root"));
	store_proc_put(st, &proc);
}

static void same_snapshots(const struct snapshot *a, const struct snapshot *b)
{
	assert_int_equal(a->n_socks, b->n_socks);
	assert_int_equal(a->n_ports, b->n_ports);
	assert_int_equal(a->n_procs, b->n_procs);
	assert_int_equal(a->n_events, b->n_events);
	assert_int_equal(a->counts.listeners, b->counts.listeners);
	for (uint32_t i = 0; i < a->n_ports; i++) {
		const struct port *pa = a->ports[i], *pb = b->ports[i];

		assert_true(!pa == !pb);
		if (!pa || !pb)
			continue;
		assert_int_equal(pa->port, pb->port);
		assert_int_equal(pa->head.gone, pb->head.gone);
		assert_int_equal(pa->owner_status, pb->owner_status);
		assert_int_equal(pa->n_owners, pb->n_owners);
		assert_int_equal(pa->owner_detail.len, pb->owner_detail.len);
	}
	for (uint32_t i = 0; i < a->n_procs; i++) {
		const struct proc *pa = a->procs[i], *pb = b->procs[i];

		if (pa && pb)
			assert_memory_equal(pa->r.cmdline.ptr, pb->r.cmdline.ptr,
					    pa->r.cmdline.len);
	}
}

static void on_name(void *ctx, enum journal_name kind, uint64_t key, struct bytes name)
{
	char *seen = ctx;

	assert_int_equal(kind, JOURNAL_USER);
	assert_int_equal(key, 33);
	memcpy(seen, name.ptr, name.len);
}

static void a_journal_makes_the_same_snapshots(void **state)
{
	struct store *a = store_new(), *b = store_new();
	struct publish_args args = {.needs = NEED_OWNERS};
	struct strbuf journal;
	char name[16] = "";

	(void)state;
	strbuf_init(&journal, 0);
	store_set_journal(a, &journal);
	for (int n = 0; n < 3; n++) {
		const struct snapshot *sa, *sb;
		int64_t mono_ms, wall_ms;
		uint64_t needs;

		tick(a, n);
		journal_name(&journal, JOURNAL_USER, 33, text("www-data"));
		sa = store_publish(a, &args);
		assert_int_equal(journal_clock(journal.data, journal.len, &mono_ms, &wall_ms), 0);
		assert_int_equal(mono_ms, 1000 * (n + 1));
		assert_int_equal(wall_ms, WALL_MS + 1000 * n);
		assert_int_equal(
			journal_apply(b, journal.data, journal.len, 500, on_name, name, &needs), 0);
		assert_int_equal(needs, NEED_OWNERS);
		sb = store_publish(b, &args);
		assert_int_equal(sb->mono_ms, sa->mono_ms + 500);
		same_snapshots(sa, sb);
		strbuf_reset(&journal);
		snapshot_release(sa);
		snapshot_release(sb);
	}
	assert_string_equal(name, "www-data");
	strbuf_done(&journal);
	store_free(a);
	store_free(b);
}

/* A cut or altered frame is told, and the store stays sound. */
static void damage_is_told(void **state)
{
	struct publish_args args = {0};
	struct store *a = store_new();
	struct strbuf journal;
	uint64_t needs;

	(void)state;
	strbuf_init(&journal, 0);
	store_set_journal(a, &journal);
	tick(a, 0);
	for (size_t cut = 1; cut < journal.len; cut++) {
		struct store *b = store_new();
		char *copy = xmemdup(journal.data, cut);

		journal_apply(b, copy, cut, 0, NULL, NULL, &needs);
		snapshot_release(store_publish(b, &args));
		store_free(b);
		free(copy);
	}
	for (size_t at = 0; at < journal.len; at++) {
		struct store *b = store_new();
		char *copy = xmemdup(journal.data, journal.len);

		copy[at] ^= 0x55;
		journal_apply(b, copy, journal.len, 0, NULL, NULL, &needs);
		snapshot_release(store_publish(b, &args));
		store_free(b);
		free(copy);
	}
	assert_int_equal(journal_apply(a, "\xff", 1, 0, NULL, NULL, &needs), -EBADMSG);
	strbuf_done(&journal);
	store_set_journal(a, NULL);
	store_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_journal_makes_the_same_snapshots),
		cmocka_unit_test(damage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
