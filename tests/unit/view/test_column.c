#include "lib/unit.h"

#include <ctype.h>

#include "lib/demo_snapshot.h"
#include "view/column.h"

static enum column_id find(enum pane pane, const char *name)
{
	return column_find(pane, name, strlen(name));
}

static struct row row_of(const struct demo *demo, enum pane pane, uint32_t slot)
{
	struct row row;

	assert_true(row_at(demo_snapshot(demo), pane, slot, &row));
	return row;
}

static const char *cell(const struct demo *demo, const struct row *row, const char *name)
{
	static struct strbuf out;
	enum column_id col = find(row->pane, name);
	struct value_style style = {.wall_ms = DEMO_WALL_MS};
	struct value v;

	assert_int_not_equal(col, COL_COUNT);
	column_get(col, row, demo_lookup(demo), &v);
	strbuf_done(&out);
	strbuf_init(&out, 0);
	value_text(&v, &style, &out);
	return strbuf_str(&out);
}

/* The first socket or endpoint on this local port. */
static struct row on_port(const struct demo *demo, enum pane pane, uint32_t port)
{
	const struct snapshot *snap = demo_snapshot(demo);
	struct row row;

	for (uint32_t i = 0; i < row_slots(snap, pane); i++) {
		struct value v;

		assert_true(row_at(snap, pane, i, &row));
		column_get(COL_LOCAL_PORT, &row, demo_lookup(demo), &v);
		if (v.type == VALUE_PORT && v.num == port)
			return row;
	}
	fail_msg("nothing on port %u", port);
	return (struct row){0};
}

static void ids_are_unique_in_a_pane(void **state)
{
	(void)state;
	for (int i = 0; i < COL_COUNT; i++)
		for (int j = i + 1; j < COL_COUNT; j++)
			if (!strcmp(columns[i].id, columns[j].id) &&
			    columns[i].panes & columns[j].panes)
				fail_msg("two columns %s in one pane", columns[i].id);
}

static void rows_of_the_table_are_whole(void **state)
{
	(void)state;
	for (int i = 0; i < COL_COUNT; i++) {
		const struct column *c = &columns[i];

		if (!c->panes || !c->get || !*c->title || !*c->help || c->type == VALUE_NONE)
			fail_msg("column %s lacks something", c->id);
		if (strlen(c->title) > c->min_width && c->align == ALIGN_RIGHT &&
		    strlen(c->title) > 8)
			fail_msg("the title of %s is too wide", c->id);
		if (c->max_width && c->max_width < c->min_width)
			fail_msg("widths of %s", c->id);
		for (const char *p = c->id; *p; p++)
			if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
			    !strchr("._", *p))
				fail_msg("the name %s is no JSON name of ours", c->id);
	}
}

static void columns_are_found_by_id_and_alias(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++)
		for (int i = 0; i < COL_COUNT; i++)
			if (column_in(i, p) && find(p, columns[i].id) != (enum column_id)i)
				fail_msg("%s of %s cannot be reached", columns[i].id, pane_name(p));
	assert_int_equal(find(PANE_PORTS, "port"), COL_LOCAL_PORT);
	assert_int_equal(find(PANE_PORTS, "address"), COL_LOCAL_ADDR);
	assert_int_equal(find(PANE_PORTS, "process"), COL_PROCESS);
	assert_int_equal(find(PANE_PORTS, "AGE"), COL_AGE);
	assert_int_equal(find(PANE_SOCKETS, "ns"), COL_NETNS_NAME);
	assert_int_equal(find(PANE_SOCKETS, "queue"), COL_QUEUE);
	assert_int_equal(find(PANE_SOCKETS, "user"), COL_USER);
	assert_int_equal(find(PANE_PROCESSES, "user"), COL_PROC_USER);
	assert_int_equal(find(PANE_SOCKETS, "state"), COL_STATE);
	assert_int_equal(find(PANE_SOCKETS, "ctr"), COL_CONTAINER_NAME);
	assert_int_equal(find(PANE_CONTAINERS, "name"), COL_CONTAINER_NAME);
	assert_int_equal(find(PANE_CONTAINERS, "container.name"), COL_CONTAINER_NAME);
	assert_int_equal(find(PANE_NAMESPACES, "sockets"), COL_SOCKET_COUNT);
	assert_int_equal(find(PANE_PORTS, "sockets"), COL_SOCKETS);
	assert_int_equal(find(PANE_PORTS, "tcp.rtt_us"), COL_COUNT);
	assert_int_equal(find(PANE_PROCESSES, "local_port"), COL_COUNT);
	assert_int_equal(column_find(PANE_PORTS, "pid:8", 3), COL_PID);
	assert_int_equal(find(PANE_PORTS, ""), COL_COUNT);
}

static void aliases_are_not_ambiguous(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		for (int i = 0; i < COL_COUNT; i++) {
			char words[128], *save = NULL;

			if (!column_in(i, p))
				continue;
			snprintf(words, sizeof(words), "%s", columns[i].aliases);
			for (char *w = strtok_r(words, " ", &save); w;
			     w = strtok_r(NULL, " ", &save)) {
				enum column_id found = find(p, w);

				if (found != (enum column_id)i && strcmp(columns[found].id, w) != 0)
					fail_msg("%s of %s names two columns", w, pane_name(p));
			}
		}
	}
}

static void misspelt_names_are_suggested(void **state)
{
	(void)state;
	assert_string_equal(column_suggest(PANE_PORTS, "prot", 4), "proto");
	assert_string_equal(column_suggest(PANE_SOCKETS, "recvQ1", 6), "recvq");
	assert_string_equal(column_suggest(PANE_CONTAINERS, "imege", 5), "image");
	assert_null(column_suggest(PANE_PORTS, "elephant", 8));
	assert_null(column_suggest(PANE_PORTS, "", 0));
}

static void panes_show_columns_they_have(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		size_t n, n_keys, width[4] = {0};
		const struct pane_column *shown = pane_columns(p, &n);
		const struct sort_key *keys = pane_sort(p, &n_keys);

		assert_true(n > 0 && n_keys > 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(column_in(shown[i].col, p));
			for (int prio = shown[i].priority; prio < 4; prio++)
				width[prio] += columns[shown[i].col].min_width + 1u;
		}
		for (size_t i = 0; i < n_keys; i++)
			assert_true(column_in(keys[i].col, p));
		if (width[1] > 38 || width[2] > 78 || width[3] > 118)
			fail_msg("%s: %zu %zu %zu columns wide", pane_name(p), width[1], width[2],
				 width[3]);
		assert_int_equal(pane_by_name(pane_name(p), strlen(pane_name(p))), p);
	}
	assert_int_equal(pane_by_name("port", 4), -1);
}

/* SPEC 1: never a bare dash, whatever the status is. */
static void an_owner_is_always_said(void **state)
{
	struct demo *demo = demo_new();
	const struct snapshot *snap = demo_snapshot(demo);

	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		if (!column_in(COL_OWNER, p))
			continue;
		for (uint32_t i = 0; i < row_slots(snap, p); i++) {
			struct row row = row_of(demo, p, i);

			assert_string_not_equal(cell(demo, &row, "owner"), "-");
			if (column_in(COL_PROCESS, p))
				assert_string_not_equal(cell(demo, &row, "process"), "-");
		}
	}
	demo_free(demo);
}

static void owners_tell_why_nobody_is_named(void **state)
{
	struct demo *demo = demo_new();
	static const struct {
		uint32_t port;
		const char *owner;
	} cases[] = {{2049, "nfsd (kernel)"},
		     {51820, "(kernel)"},
		     {3306, "(denied)"},
		     {9443, "web (published)"},
		     {4444, "\xe2\x80\xa6"},
		     {80, "nginx"},
		     {31337, "\xd7\x90\\u202eevil\\x1b[2J"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct row row = on_port(demo, PANE_PORTS, cases[i].port);

		assert_string_equal(cell(demo, &row, "owner"), cases[i].owner);
	}
	demo_free(demo);
}

/* The kernel fills tcp_info of a listener with zeros and its queue. */
static void a_listener_has_no_round_trips(void **state)
{
	const struct tcp_stats tcp = {.rtt_us = 90, .unacked = 3, .cc = "cubic"};
	struct sock sk = {.r = {.proto = PROTO_TCP, .have = REC_TCP, .tcp = &tcp}};
	struct row row = {.pane = PANE_SOCKETS, .obj = &sk};
	const struct lookup lookup = {0};

	(void)state;
	for (int listens = 0; listens < 2; listens++) {
		struct value rtt = {0}, unacked = {0}, cc = {0};

		sk.r.state = listens ? STATE_LISTEN : STATE_ESTABLISHED;
		column_get(COL_TCP_RTT, &row, &lookup, &rtt);
		column_get(COL_TCP_UNACKED, &row, &lookup, &unacked);
		column_get(COL_TCP_CC, &row, &lookup, &cc);
		assert_int_equal(rtt.type == VALUE_NONE, listens);
		assert_int_equal(unacked.type == VALUE_NONE, listens);
		assert_int_equal(cc.type, VALUE_STRING);
	}
}

static void cells_of_an_endpoint(void **state)
{
	struct demo *demo = demo_new();
	struct row nginx = on_port(demo, PANE_PORTS, 80), slow = on_port(demo, PANE_PORTS, 8000);
	struct row mdns = on_port(demo, PANE_PORTS, 5353), proxy = on_port(demo, PANE_PORTS, 8080);

	(void)state;
	assert_string_equal(cell(demo, &nginx, "queue"), "1/511");
	assert_string_equal(cell(demo, &nginx, "conns"), "2");
	assert_string_equal(cell(demo, &nginx, "owners"), "812:6 813:6 814:6");
	assert_string_equal(cell(demo, &nginx, "age"), "\xe2\x89\xa4"
						       "55m00");
	assert_string_equal(cell(demo, &nginx, "age_s"), "-");
	assert_string_equal(cell(demo, &nginx, "reuseport_group"), "-");
	assert_string_equal(cell(demo, &mdns, "reuseport_group"), "2");
	assert_string_equal(cell(demo, &mdns, "sockets"), "20090 20091");
	assert_string_equal(cell(demo, &mdns, "owners"), "1600.1601:4 1600:5");
	assert_string_equal(cell(demo, &slow, "netns_name"), "shop/cart-0");
	assert_string_equal(cell(demo, &proxy, "container"), "web");
	assert_string_equal(cell(demo, &proxy, "published"), "0.0.0.0:8080->172.17.0.2:80/tcp");
	demo_free(demo);
}

static void cells_of_sockets(void **state)
{
	struct demo *demo = demo_new();
	struct row dhcp = on_port(demo, PANE_SOCKETS, 546),
		   fresh = on_port(demo, PANE_SOCKETS, 31337);

	(void)state;
	assert_string_equal(cell(demo, &dhcp, "local"), "[fe80::5054:ff:fe01:203%eth0]:546");
	assert_string_equal(cell(demo, &dhcp, "remote"), "*:*");
	assert_string_equal(cell(demo, &dhcp, "remote_addr"), "-");
	assert_string_equal(cell(demo, &dhcp, "scope"), "link");
	assert_string_equal(cell(demo, &dhcp, "drops"), "7");
	assert_string_equal(cell(demo, &fresh, "age"), "2s");
	assert_string_equal(cell(demo, &fresh, "mark"), "new");
	demo_free(demo);
}

static void a_mark_ends_with_the_hold_time(void **state)
{
	struct demo *demo = demo_new();
	struct row row = on_port(demo, PANE_SOCKETS, 31337);
	struct lookup later = *demo_lookup(demo);
	struct value v;

	(void)state;
	later.mono_ms += 60000;
	column_get(COL_MARK, &row, &later, &v);
	assert_int_equal(v.type, VALUE_NONE);
	demo_free(demo);
}

static void values_have_the_type_of_their_column(void **state)
{
	struct demo *demo = demo_new();
	const struct snapshot *snap = demo_snapshot(demo);

	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		for (uint32_t i = 0; i < row_slots(snap, p); i++) {
			struct row row = row_of(demo, p, i);

			for (int c = 0; c < COL_COUNT; c++) {
				struct value v;

				if (!columns[c].json || !column_in(c, p) ||
				    columns[c].type == VALUE_STRING)
					continue;
				column_get(c, &row, demo_lookup(demo), &v);
				if (v.type != VALUE_NONE && v.type != VALUE_PENDING)
					assert_int_equal(v.type, columns[c].type);
			}
		}
	}
	demo_free(demo);
}

static void a_lookup_may_know_nothing(void **state)
{
	struct demo *demo = demo_new();
	struct lookup none = {.mono_ms = DEMO_MONO_MS, .wall_ms = DEMO_WALL_MS};
	const struct snapshot *snap = demo_snapshot(demo);

	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		for (uint32_t i = 0; i < row_slots(snap, p); i++) {
			struct row row = row_of(demo, p, i);
			struct value v;

			for (int c = 0; c < COL_COUNT; c++)
				if (column_in(c, p))
					column_get(c, &row, &none, &v);
			if (column_in(COL_SERVICE, p)) {
				column_get(COL_SERVICE, &row, &none, &v);
				assert_int_equal(v.type, VALUE_NONE);
			}
		}
	}
	demo_free(demo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_unique_in_a_pane),
		cmocka_unit_test(rows_of_the_table_are_whole),
		cmocka_unit_test(columns_are_found_by_id_and_alias),
		cmocka_unit_test(aliases_are_not_ambiguous),
		cmocka_unit_test(misspelt_names_are_suggested),
		cmocka_unit_test(panes_show_columns_they_have),
		cmocka_unit_test(an_owner_is_always_said),
		cmocka_unit_test(owners_tell_why_nobody_is_named),
		cmocka_unit_test(cells_of_an_endpoint),
		cmocka_unit_test(cells_of_sockets),
		cmocka_unit_test(a_mark_ends_with_the_hold_time),
		cmocka_unit_test(values_have_the_type_of_their_column),
		cmocka_unit_test(a_listener_has_no_round_trips),
		cmocka_unit_test(a_lookup_may_know_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
