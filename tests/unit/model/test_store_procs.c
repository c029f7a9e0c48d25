#include "unit/model/store_world.h"

static void recycled_pid_is_another_process(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	const struct proc *p;
	uint64_t id;

	tick(w->st, 1000, recs, 1, &w->snap);
	one_owner(w->st, recs[0].inode, 42);
	proc(w->st, 42, 5, "old");
	republish(w);
	id = snapshot_proc_by_pid(w->snap, 42)->head.id;
	proc(w->st, 42, 900, "new");
	republish(w);
	p = snapshot_proc_by_pid(w->snap, 42);
	assert_int_not_equal(p->head.id, id);
	assert_memory_equal(p->r.comm.ptr, "new", 3);
	assert_int_equal(p->n_socks, 1);
	assert_true(snapshot_proc_by_id(w->snap, id)->head.gone);
	assert_int_equal(snapshot_proc(w->snap, sock_by_cookie(w->snap, PROTO_TCP, 1)->proc)->r.pid,
			 42);
	assert_int_equal(w->snap->counts.procs, 1);
	store_proc_gone(w->st, 42, 900);
	tick(w->st, 2000, recs, 1, &w->snap);
	assert_true(snapshot_proc_by_pid(w->snap, 42)->head.gone);
	store_owner_none(w->st, recs[0].inode, OWNER_UNRESOLVED, (struct bytes){0});
	tick(w->st, 60000, recs, 1, &w->snap);
	assert_null(snapshot_proc_by_pid(w->snap, 42));
	assert_int_equal(w->snap->counts.unresolved, 1);
}

static void count_missing(void *ctx, const struct proc *p)
{
	(void)p;
	++*(int *)ctx;
}

static void processes_come_and_go_with_their_sockets(void **state)
{
	struct world *w = *state;
	struct sock_rec recs[1] = {listener(1, v4(127, 0, 0, 1), 80)};
	int missing = 0;

	tick(w->st, 1000, recs, 1, &w->snap);
	proc(w->st, 41, 5, "idle");
	one_owner(w->st, recs[0].inode, 42);
	store_each_proc_missing(w->st, PROC_HAVE_CMDLINE, count_missing, &missing);
	assert_int_equal(missing, 1);
	republish(w);
	assert_null(snapshot_proc_by_pid(w->snap, 41));
	store_want_all_procs(w->st, true);
	proc(w->st, 41, 5, "idle");
	republish(w);
	assert_int_equal(w->snap->counts.procs, 2);
	store_want_all_procs(w->st, false);
	store_destroyed(w->st, 0, PROTO_TCP, 1);
	tick(w->st, 2000, recs, 0, &w->snap);
	assert_null(snapshot_proc_by_pid(w->snap, 41));
	assert_non_null(snapshot_proc_by_pid(w->snap, 42)); /* a gone row still names it */
	tick(w->st, 20000, recs, 0, &w->snap);
	tick(w->st, 21000, recs, 0, &w->snap);
	assert_int_equal(w->snap->counts.procs, 0);
	assert_null(snapshot_proc_by_pid(w->snap, 42));
}

static void published_ports_join_both_ends(void **state)
{
	struct world *w = *state;
	struct container_rec web = {.id = text("abc"), .name = text("web")};
	struct publish_rec pub = {.host_addr = v4(0, 0, 0, 0),
				  .host_port = 8080,
				  .proto = PROTO_TCP,
				  .container_addr = v4(172, 17, 0, 2),
				  .container_port = 80};
	struct netns_rec inside = {.cookie = 2, .inode = 7, .kind = NETNS_CONTAINER};
	struct sock_rec recs[1] = {listener(1, v4(0, 0, 0, 0), 80)};
	struct sock_rec proxy = listener(2, v4(0, 0, 0, 0), 8080);
	const struct port *p;

	tick(w->st, 1000, NULL, 0, &w->snap);
	put_all(w->st, store_netns_put(w->st, &inside), ALL, recs, 1);
	store_container_put(w->st, &web, 7, &pub, 1);
	republish(w);
	republish(w);
	p = port_at_number(w->snap, PROTO_TCP, 80);
	assert_int_equal(p->n_published, 1);
	assert_memory_equal(snapshot_container(w->snap, p->container)->r.name.ptr, "web", 3);
	p = port_at_number(w->snap, PROTO_TCP, 8080);
	assert_int_equal(p->owner_status, OWNER_PUBLISHED);
	assert_int_equal(p->n_socks, 0);
	assert_int_equal(p->published[0].container_port, 80);
	tick(w->st, 2000, &proxy, 1, &w->snap);
	p = port_at_number(w->snap, PROTO_TCP, 8080);
	assert_int_equal(p->owner_status, OWNER_PENDING);
	assert_int_equal(p->n_socks, 1);
	store_container_gone(w->st, text("abc"));
	tick(w->st, 3000, &proxy, 1, &w->snap);
	p = port_at_number(w->snap, PROTO_TCP, 8080);
	assert_int_equal(p->n_published, 0);
	assert_int_equal(p->container, SLOT_NONE);
	assert_int_equal(w->snap->counts.containers, 0);
}

/* They are all the endpoints that there are: no socket made room for them before. */
static void published_ports_without_any_socket(void **state)
{
	enum { PORTS = 300 };
	struct world *w = *state;
	struct container_rec web = {.id = text("abc"), .name = text("web")};
	struct publish_rec pubs[PORTS];
	uint32_t found = 0;

	for (int i = 0; i < PORTS; i++)
		pubs[i] = (struct publish_rec){.host_addr = v4(0, 0, 0, 0),
					       .host_port = (uint16_t)(8000 + i),
					       .proto = PROTO_TCP,
					       .container_addr = v4(172, 17, 0, 2),
					       .container_port = 80};
	tick(w->st, 1000, NULL, 0, &w->snap);
	store_container_put(w->st, &web, 7, pubs, PORTS);
	republish(w);
	for (int i = 0; i < PORTS; i++)
		found += port_at_number(w->snap, PROTO_TCP, (uint16_t)(8000 + i)) != NULL;
	assert_int_equal(found, PORTS);
}

static void namespace_takes_its_sockets_along(void **state)
{
	struct world *w = *state;
	struct netns_rec inside = {.cookie = 2, .inode = 7, .kind = NETNS_NAMED};
	struct sock_rec recs[1] = {listener(1, v4(0, 0, 0, 0), 80)};
	uint32_t slot;

	tick(w->st, 1000, recs, 1, &w->snap);
	slot = store_netns_put(w->st, &inside);
	put_all(w->st, slot, ALL, recs, 1); /* the same cookie elsewhere is another socket */
	republish(w);
	assert_int_equal(w->snap->live_socks, 2);
	assert_int_equal(w->snap->counts.listeners, 2);
	assert_int_equal(w->snap->netns[slot]->listeners, 1);
	store_tick_begin(w->st, 2000, 2000);
	store_netns_gone(w->st, slot);
	republish(w);
	assert_int_equal(w->snap->counts.sockets, 1);
	assert_true(w->snap->netns[slot]->head.gone);
	store_tick_begin(w->st, 9000, 9000);
	republish(w);
	store_tick_begin(w->st, 9100, 9100);
	republish(w);
	assert_null(snapshot_netns(w->snap, slot));
	assert_int_equal(w->snap->live_socks, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(recycled_pid_is_another_process),
		TEST(processes_come_and_go_with_their_sockets),
		TEST(published_ports_join_both_ends),
		TEST(published_ports_without_any_socket),
		TEST(namespace_takes_its_sockets_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
