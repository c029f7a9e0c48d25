/* Random trees: the tree itself, our interpreter and the live kernel must agree. */
#include "lib/unit.h"

#include <errno.h>

#include "kernel/sockdiag.h"
#include "zoo.h"

#define NODES 64

struct tree {
	struct diag_expr node[NODES];
	unsigned int n;
	uint32_t seed;
};

static uint32_t roll(struct tree *tree, uint32_t n)
{
	tree->seed = tree->seed * 1664525u + 1013904223u;
	return (tree->seed >> 8) % n;
}

static const struct netaddr *some_address(uint32_t i)
{
	static struct netaddr addrs[6];
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
	static const uint8_t six[16] = {[15] = 1};

	addrs[0] = (struct netaddr){0};
	addrs[1] = netaddr_v4("\x7f\0\0\1");
	addrs[2] = netaddr_v4("\x7f\0\0\2");
	addrs[3] = netaddr_v6(mapped);
	addrs[4] = netaddr_v6(six);
	addrs[5] = netaddr_v4("\0\0\0\0");
	return &addrs[i % 6];
}

static const struct diag_expr *grow(struct tree *tree, unsigned int depth)
{
	static const enum diag_op leaves[] = {
		DIAG_TRUE,     DIAG_SRC,      DIAG_DST,	      DIAG_SPORT_GE,
		DIAG_SPORT_LE, DIAG_SPORT_EQ, DIAG_DPORT_GE,  DIAG_DPORT_LE,
		DIAG_DPORT_EQ, DIAG_DEV,      DIAG_AUTOBOUND,
	};
	struct diag_expr *e = &tree->node[tree->n++];

	*e = (struct diag_expr){.op = leaves[roll(tree, sizeof(leaves) / sizeof(leaves[0]))]};
	if (depth && tree->n < NODES - 8 && roll(tree, 4)) {
		e->op = DIAG_AND + roll(tree, 3);
		e->left = grow(tree, depth - 1);
		e->right = e->op == DIAG_NOT ? NULL : grow(tree, depth - 1);
		return e;
	}
	e->port = (int32_t)(ZOO_TCP4 + roll(tree, 14));
	if ((e->op == DIAG_SRC || e->op == DIAG_DST) && roll(tree, 2))
		e->port = -1;
	e->ifindex = roll(tree, 2);
	e->prefix.addr = *some_address(roll(tree, 6));
	if (e->prefix.addr.family)
		e->prefix.bits = (uint8_t)roll(tree, e->prefix.addr.family == AF_INET ? 33 : 129);
	return e;
}

static bool host_matches(const struct diag_expr *e, const struct netaddr *addr, uint16_t port)
{
	struct netaddr plain = netaddr_unmap(addr);

	if (e->port >= 0 && e->port != port)
		return false;
	if (e->prefix.addr.family == 0)
		return true;
	if (e->prefix.addr.family == addr->family)
		return netaddr_in_prefix(addr, &e->prefix);
	return plain.family == e->prefix.addr.family && netaddr_in_prefix(&plain, &e->prefix);
}

static bool tree_says(const struct diag_expr *e, const struct diag_entry *s)
{
	switch (e->op) {
	case DIAG_AND:
		return tree_says(e->left, s) && tree_says(e->right, s);
	case DIAG_OR:
		return tree_says(e->left, s) || tree_says(e->right, s);
	case DIAG_NOT:
		return !tree_says(e->left, s);
	case DIAG_TRUE:
		return true;
	case DIAG_SRC:
		return host_matches(e, &s->local, s->local_port);
	case DIAG_DST:
		return host_matches(e, &s->remote, s->remote_port);
	case DIAG_SPORT_GE:
		return s->local_port >= e->port;
	case DIAG_SPORT_LE:
		return s->local_port <= e->port;
	case DIAG_SPORT_EQ:
		return s->local_port == e->port;
	case DIAG_DPORT_GE:
		return s->remote_port >= e->port;
	case DIAG_DPORT_LE:
		return s->remote_port <= e->port;
	case DIAG_DPORT_EQ:
		return s->remote_port == e->port;
	case DIAG_DEV:
		return s->ifindex == e->ifindex;
	case DIAG_CGROUP:
		return s->cgroup == e->cgroup;
	case DIAG_MARK:
		return (s->mark & e->mask) == e->mark;
	case DIAG_AUTOBOUND:
		return !s->userlocks;
	}
	return false;
}

static struct diag_entry some_entry(struct tree *tree)
{
	return (struct diag_entry){
		.local = *some_address(1 + roll(tree, 5)),
		.remote = *some_address(1 + roll(tree, 5)),
		.local_port = (uint16_t)(ZOO_TCP4 + roll(tree, 14)),
		.remote_port = (uint16_t)(ZOO_TCP4 + roll(tree, 14)),
		.ifindex = roll(tree, 2),
		.userlocks = roll(tree, 2),
	};
}

static void code_does_what_the_tree_says(void **state)
{
	const struct diag_expr *root;
	struct diag_filter filter;
	struct diag_entry entry;
	struct tree tree;
	unsigned int yes = 0;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		tree.n = 0;
		tree.seed = i;
		root = grow(&tree, 5);
		assert_int_equal(diag_filter_compile(root, &filter), 0);
		assert_true(diag_filter_valid(filter.code, filter.len));
		for (int j = 0; j < 20; j++) {
			entry = some_entry(&tree);
			assert_int_equal(diag_filter_run(filter.code, filter.len, &entry),
					 tree_says(root, &entry));
			yes += tree_says(root, &entry);
		}
		diag_filter_done(&filter);
	}
	assert_true(yes > 20000 && yes < 80000);
}

static void leaves_look_at_their_own_field(void **state)
{
	const struct diag_expr cgroup = {.op = DIAG_CGROUP, .cgroup = 1ull << 40};
	const struct diag_expr mark = {.op = DIAG_MARK, .mark = 2, .mask = 6};
	struct diag_entry entry = {.cgroup = 1ull << 40, .mark = 3};
	struct diag_filter filter;

	(void)state;
	assert_int_equal(diag_filter_compile(&cgroup, &filter), 0);
	assert_true(diag_filter_run(filter.code, filter.len, &entry));
	entry.cgroup = 1;
	assert_false(diag_filter_run(filter.code, filter.len, &entry));
	diag_filter_done(&filter);
	assert_int_equal(diag_filter_compile(&mark, &filter), 0);
	assert_true(diag_filter_run(filter.code, filter.len, &entry));
	entry.mark = 7;
	assert_false(diag_filter_run(filter.code, filter.len, &entry));
	diag_filter_done(&filter);
}

static void nothing_filters_nothing(void **state)
{
	const struct diag_entry entry = {.local_port = 1};
	struct diag_filter filter;

	(void)state;
	assert_int_equal(diag_filter_compile(NULL, &filter), 0);
	assert_int_equal(filter.len, 0);
	assert_true(diag_filter_run(filter.code, filter.len, &entry));
}

static void what_does_not_fit_is_refused(void **state)
{
	static struct diag_expr chain[2000];
	const struct diag_expr port = {.op = DIAG_SPORT_EQ, .port = 65536};
	const struct diag_expr lone = {.op = DIAG_NOT};
	const struct diag_expr wide = {
		.op = DIAG_SRC, .port = -1, .prefix = {.addr = {.family = AF_INET}, .bits = 33}};
	struct diag_filter filter;

	(void)state;
	assert_int_equal(diag_filter_compile(&port, &filter), -EINVAL);
	assert_int_equal(diag_filter_compile(&lone, &filter), -EINVAL);
	assert_int_equal(diag_filter_compile(&wide, &filter), -EINVAL);
	for (size_t i = 0; i + 1 < 2000; i++)
		chain[i] = (struct diag_expr){.op = DIAG_NOT, .left = &chain[i + 1]};
	chain[1999].op = DIAG_TRUE;
	assert_int_equal(diag_filter_compile(chain, &filter), -E2BIG);
	for (size_t i = 0; i + 1 < 2000; i += 2) {
		chain[i] = (struct diag_expr){
			.op = DIAG_AND, .left = &chain[i + 1], .right = &chain[i + 2]};
		chain[i + 1] = (struct diag_expr){.op = DIAG_SPORT_GE};
	}
	assert_int_equal(diag_filter_compile(chain, &filter), -E2BIG);
}

static void audit_refuses_bad_code(void **state)
{
	static const uint8_t bad[][8] = {
		{1, 4, 0, 0, 0, 4, 0, 0},  /* jumps nowhere */
		{1, 4, 6, 0, 0, 4, 0, 0},  /* into a command */
		{1, 4, 16, 0, 0, 4, 0, 0}, /* too far */
		{1, 0, 4, 0, 0, 4, 0, 0},  /* takes no room */
		{99, 4, 4, 0, 0, 4, 0, 0}, /* unknown */
		{2, 4, 4, 0, 0, 4, 0, 0},  /* a comparison without a port */
	};
	uint8_t noise[32];
	struct tree random = {.seed = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(diag_filter_valid(bad[i], 8));
	for (int i = 0; i < 100000; i++) {
		for (size_t j = 0; j < sizeof(noise); j++)
			noise[j] = (uint8_t)roll(&random, j % 4 ? 20 : 14);
		if (diag_filter_valid(noise, (size_t)roll(&random, 33))) {
			struct diag_entry entry = some_entry(&random);

			(void)diag_filter_run(noise, 0, &entry);
		}
	}
}

struct rows {
	struct sock_rec rec[100];
	unsigned int n;
};

static void keep(const struct sock_rec *rec, void *ctx)
{
	struct rows *rows = ctx;

	if (rows->n < 100)
		rows->rec[rows->n++] = *rec;
}

static struct diag_entry entry_of(const struct sock_rec *rec)
{
	return (struct diag_entry){
		.local = rec->local,
		.remote = rec->remote,
		.local_port = (uint16_t)rec->local_port,
		.remote_port = (uint16_t)rec->remote_port,
		.ifindex = rec->ifindex,
		.userlocks = !rec->autobound,
	};
}

static void compare_with_kernel(struct sockdiag *diag, const struct rows *all,
				const struct diag_filter *filter)
{
	static struct rows some;
	struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP),
				       .states = STATE_MASK_ALL,
				       .filter = filter};
	struct sockdiag_report report;
	struct diag_entry entry;
	bool given;

	some.n = 0;
	sockdiag_dump(diag, &query, keep, &some, &report);
	assert_int_equal(report.complete, query.protos);
	for (unsigned int i = 0; i < all->n; i++) {
		entry = entry_of(&all->rec[i]);
		given = false;
		for (unsigned int j = 0; j < some.n; j++)
			given |= some.rec[j].cookie == all->rec[i].cookie;
		assert_int_equal(given, diag_filter_run(filter->code, filter->len, &entry));
	}
}

static void kernel_agrees_with_the_interpreter(void **state)
{
	const struct sockdiag_query query = {.protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP),
					     .states = STATE_MASK_ALL,
					     .want = SOCKDIAG_WANT_AUTOBOUND};
	static struct rows all;
	struct sockdiag_report report;
	struct diag_filter filter;
	struct sockdiag *diag;
	struct tree tree;
	struct zoo zoo;

	(void)state;
	if (!zoo_enter())
		skip_because("no network namespace of our own");
	zoo_open(&zoo);
	assert_int_equal(sockdiag_open(&diag), 0);
	sockdiag_dump(diag, &query, keep, &all, &report);
	assert_int_equal(report.complete, query.protos);
	assert_true(all.n > 15);
	/* what is not a socket (time-wait) has no locks that the kernel could tell */
	for (unsigned int i = 0; i < all.n; i++)
		if (all.rec[i].state == STATE_TIME_WAIT)
			all.rec[i--] = all.rec[--all.n];
	for (uint32_t i = 0; i < 400; i++) {
		tree.n = 0;
		tree.seed = i + 77;
		assert_int_equal(diag_filter_compile(grow(&tree, 4), &filter), 0);
		compare_with_kernel(diag, &all, &filter);
		diag_filter_done(&filter);
	}
	sockdiag_free(diag);
	zoo_close(&zoo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_does_what_the_tree_says),
		cmocka_unit_test(leaves_look_at_their_own_field),
		cmocka_unit_test(nothing_filters_nothing),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(audit_refuses_bad_code),
		cmocka_unit_test(kernel_agrees_with_the_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
