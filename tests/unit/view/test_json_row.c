#include "rows.h"

#include "base/xalloc.h"

static struct demo *demo;

static int begin(void **state)
{
	(void)state;
	demo = demo_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	demo_free(demo);
	return 0;
}

static json_t *row_where(json_t *rows, const char *name, int64_t number)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i,
			   row) if (json_integer_value(member(row, name)) == number) return row;
	fail_msg("no row with %s %lld", name, (long long)number);
	return NULL;
}

static const char *string_of(json_t *object, const char *name)
{
	const char *s = json_string_value(member(object, name));

	if (!s)
		fail_msg("%s is no string", name);
	return s;
}

static void documents_have_a_header(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		json_t *doc = pane_document(demo, p, false);

		assert_string_equal(string_of(doc, "schema"), "inettop/1");
		assert_string_equal(string_of(doc, "generated"), "2026-01-15T12:00:00.000Z");
		assert_string_equal(string_of(doc, "host"), "demo");
		assert_string_equal(string_of(doc, "pane"), pane_name(p));
		assert_true(json_is_true(json_object_get(doc, "partial")));
		assert_int_equal(json_integer_value(member(doc, "hidden.owners")), 2);
		assert_int_equal(json_array_size(json_object_get(doc, "notes")), 2);
		assert_true(json_array_size(json_object_get(doc, pane_name(p))) > 0);
		json_decref(doc);
	}
}

static void every_field_is_in_every_row(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		json_t *doc = pane_document(demo, p, true), *row;
		struct field fields[COL_COUNT];
		size_t i, n = field_list(p, fields);

		json_array_foreach(json_object_get(doc, pane_name(p)), i,
				   row) for (size_t f = 0; f < n;
					     f++) if (!member(row, fields[f].name))
			fail_msg("%s has no %s", pane_name(p), fields[f].name);
		json_decref(doc);
	}
}

/* The names that SPEC 5 promises. */
static const char *const promised[PANE_COUNT] = {
	[PANE_SOCKETS] =
		"netns netns_cookie netns_name proto family state local_addr local_port "
		"remote_addr remote_port ifname scope service inode cookie uid user recvq sendq "
		"backlog.current backlog.max drops timer.name timer.expires_ms timer.retrans "
		"v6only reuseport_group conns socket_cgroup owner_status owner_detail owners "
		"owners_complete pid ppid comm cmdline cmdline_cut args exe exe_deleted proc_uid "
		"proc_user proc_state proc_start proc_netns cgroup unit container.id "
		"container.name container.runtime container.image container.pod "
		"container.namespace published rx_bytes tx_bytes rx_rate tx_rate tcp.rtt_us "
		"tcp.rttvar_us tcp.retrans tcp.total_retrans tcp.lost tcp.cwnd tcp.mss "
		"tcp.pacing_rate tcp.delivery_rate tcp.cc peer.pid peer.comm peer.inode path "
		"first_seen age_s age_max_s mark stale",
	[PANE_PORTS] = "netns proto local_addr local_port sockets recvq sendq backlog.max drops "
		       "conns pid comm owners owner_status container.id published mark stale",
	[PANE_PROCESSES] = "pid ppid comm cmdline args exe exe_deleted proc_uid proc_user "
			   "proc_state proc_start proc_netns cgroup unit container.id netns "
			   "netns_cookie netns_name listeners connections fds rx_rate tx_rate "
			   "age_s mark",
	[PANE_NAMESPACES] = "netns netns_cookie netns_name kind holders listeners sockets "
			    "addresses rx_rate tx_rate container.id mark",
	[PANE_CONTAINERS] = "id name runtime image pod namespace netns netns_cookie netns_name "
			    "published processes listeners mark",
	[PANE_EVENTS] = "time mono_ms event netns proto local_addr local_port pid comm uid "
			"lifetime_ms gap_ms previous.pid previous.comm",
};

static void promised_fields_exist(void **state)
{
	(void)state;
	for (int p = 0; p < PANE_COUNT; p++) {
		json_t *doc = pane_document(demo, p, false);
		json_t *row = json_array_get(json_object_get(doc, pane_name(p)), 0);
		char names[2048], *save = NULL;

		snprintf(names, sizeof(names), "%s", promised[p]);
		for (char *w = strtok_r(names, " ", &save); w; w = strtok_r(NULL, " ", &save))
			if (!member(row, w))
				fail_msg("%s lack %s", pane_name(p), w);
		json_decref(doc);
	}
}

static void facts_of_a_listener(void **state)
{
	json_t *doc = pane_document(demo, PANE_PORTS, false);
	json_t *row = row_where(json_object_get(doc, "ports"), "local_port", 80);

	(void)state;
	assert_string_equal(string_of(row, "netns_cookie"), "1");
	assert_string_equal(string_of(row, "cookie"), "9007199254740994");
	assert_string_equal(string_of(row, "service"), "http");
	assert_string_equal(string_of(row, "user"), "root");
	assert_string_equal(string_of(row, "scope"), "any");
	assert_int_equal(json_integer_value(member(row, "backlog.max")), 511);
	assert_int_equal(json_integer_value(member(row, "conns")), 2);
	assert_int_equal(json_array_size(member(row, "owners")), 3);
	assert_int_equal(json_integer_value(member(row, "pid")), 812);
	assert_string_equal(string_of(row, "proc_start"), "2026-01-15T11:05:00.000Z");
	assert_true(json_is_null(member(row, "age_s")));
	assert_int_equal(json_integer_value(member(row, "age_max_s")), 3300);
	assert_true(json_is_null(member(row, "mark")));
	json_decref(doc);
}

static void unknown_is_null(void **state)
{
	json_t *doc = pane_document(demo, PANE_SOCKETS, false);
	json_t *rows = json_object_get(doc, "sockets");
	json_t *pending = row_where(rows, "local_port", 4444);
	json_t *cart = row_where(rows, "uid", 1001);

	(void)state;
	assert_true(json_is_null(member(pending, "owner_status")));
	assert_true(json_is_null(member(pending, "owners")));
	assert_true(json_is_null(member(pending, "pid")));
	assert_true(json_is_null(member(pending, "remote_addr")));
	assert_true(json_is_null(member(pending, "tcp.rtt_us")));
	assert_true(json_is_null(member(cart, "user")));
	json_decref(doc);
}

static void gone_rows_are_left_out_unless_asked_for(void **state)
{
	json_t *doc = pane_document(demo, PANE_SOCKETS, false);
	json_t *all = pane_document(demo, PANE_SOCKETS, true);
	json_t *gone = row_where(json_object_get(all, "sockets"), "local_port", 7777);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(all, "sockets")),
			 json_array_size(json_object_get(doc, "sockets")) + 1);
	assert_string_equal(string_of(gone, "mark"), "gone");
	json_decref(doc);
	json_decref(all);
}

static size_t decode_base64(const char *s, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = 0, n = 0;
	size_t len = 0;

	for (; *s && *s != '='; s++) {
		bits = bits << 6 | (unsigned int)(strchr(digits, *s) - digits);
		n += 6;
		if (n >= 8) {
			n -= 8;
			out[len++] = (char)(bits >> n);
		}
	}
	return len;
}

static void raw_bytes_come_back_from_base64(void **state)
{
	static const char exe[] = "/home/ada/caf\xe9/\n", name[] = "@a\0b\xff\x1b[31m";
	json_t *doc = pane_document(demo, PANE_SOCKETS, false);
	json_t *rows = json_object_get(doc, "sockets");
	json_t *evil = row_where(rows, "pid", 1600), *path = row_where(rows, "inode", 22004);
	char raw[64];

	(void)state;
	assert_string_equal(string_of(evil, "exe"), "/home/ada/caf\xef\xbf\xbd/\n");
	assert_int_equal(decode_base64(string_of(evil, "exe_b64"), raw), sizeof(exe) - 1);
	assert_memory_equal(raw, exe, sizeof(exe) - 1);
	assert_int_equal(decode_base64(string_of(path, "path_b64"), raw), sizeof(name) - 1);
	assert_memory_equal(raw, name, sizeof(name) - 1);
	assert_int_equal(decode_base64(json_string_value(json_array_get(
					       json_object_get(evil, "args_b64"), 3)),
				       raw),
			 2);
	assert_memory_equal(raw, "\xff\xfe", 2);
	json_decref(doc);
}

static void valid_characters_are_kept(void **state)
{
	json_t *doc = pane_document(demo, PANE_PROCESSES, false);
	json_t *evil = row_where(json_object_get(doc, "processes"), "pid", 1600);

	(void)state;
	assert_string_equal(string_of(evil, "comm"), "\xd7\x90\xe2\x80\xae"
						     "evil\x1b[2J");
	assert_null(json_object_get(evil, "comm_b64"));
	assert_string_equal(json_string_value(json_array_get(json_object_get(evil, "args"), 1)),
			    "--title=\x1b]0;owned\a");
	json_decref(doc);
}

/* Long command lines: cut at 4 KiB in socket and port rows, between characters, whole elsewhere. */
static void command_lines_are_cut_in_socket_rows(void **state)
{
	enum { LEN = 9000 };
	struct snapshot snap = *demo_snapshot(demo);
	struct sock sk = *snap.socks[0];
	struct proc p = *snap.procs[sk.proc];
	const struct proc **procs = xmemdup(snap.procs, snap.n_procs * sizeof(*procs));
	struct row row = {.snap = &snap, .obj = &sk, .pane = PANE_SOCKETS};
	char *cmdline = xmalloc(LEN);
	struct value v;

	(void)state;
	for (size_t i = 0; i < LEN; i++)
		cmdline[i] = "\xe2\x82\xac"[i % 3];
	p.r.cmdline = (struct bytes){cmdline, LEN};
	procs[sk.proc] = &p;
	snap.procs = procs;
	column_get(COL_CMDLINE, &row, demo_lookup(demo), &v);
	assert_int_equal(v.str.len, 4095);
	column_get(COL_CMDLINE_CUT, &row, demo_lookup(demo), &v);
	assert_int_equal(v.num, 1);
	row = (struct row){.snap = &snap, .obj = &p, .pane = PANE_PROCESSES};
	column_get(COL_CMDLINE, &row, demo_lookup(demo), &v);
	assert_int_equal(v.str.len, LEN);
	free(cmdline);
	free(procs);
}

static void numbers_beyond_two_to_53_are_null(void **state)
{
	struct strbuf out, scratch;
	struct sink sink;
	struct jsonw w;
	struct value v = {.type = VALUE_SIZE, .num = (UINT64_C(1) << 53) + 1};

	(void)state;
	strbuf_init(&out, 0);
	strbuf_init(&scratch, 0);
	sink_init(&sink, keep, &out);
	jsonw_init(&w, &sink);
	jsonw_begin_object(&w);
	value_json(&v, "rx_bytes", &w, &scratch);
	assert_null(value_csv(&v, &scratch).ptr);
	v.num--;
	value_json(&v, "tx_bytes", &w, &scratch);
	v.type = VALUE_AGE;
	v.num = 1384;
	value_json(&v, "age_s", &w, &scratch);
	jsonw_end_object(&w);
	sink_flush(&sink);
	assert_string_equal(strbuf_str(&out),
			    "{\"rx_bytes\":null,\"tx_bytes\":9007199254740992,\"age_s\":1.384}");
	sink_done(&sink);
	strbuf_done(&scratch);
	strbuf_done(&out);
}

static void lines_have_a_type(void **state)
{
	const struct snapshot *snap = demo_snapshot(demo);
	char *line, *save = NULL, *text;
	struct json_rows jr;
	struct strbuf out;
	struct sink sink;
	struct row row;
	size_t n = 0;

	(void)state;
	strbuf_init(&out, 0);
	sink_init(&sink, keep, &out);
	json_rows_init(&jr, &sink, PANE_CONTAINERS, DEMO_HOST, demo_lookup(demo));
	for (uint32_t i = 0; i < snap->n_containers; i++)
		if (row_at(snap, PANE_CONTAINERS, i, &row))
			json_rows_line(&jr, &row);
	json_rows_summary(&jr, snap);
	sink_flush(&sink);
	text = strbuf_detach(&out, NULL);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
		json_t *doc = read_json(line, strlen(line));

		assert_string_equal(string_of(doc, "type"), n < 2 ? "container" : "summary");
		if (n == 0)
			assert_string_equal(string_of(doc, "name"), "web");
		if (n == 2)
			assert_int_equal(json_integer_value(json_object_get(doc, "rows")), 2);
		json_decref(doc);
	}
	assert_int_equal(n, 3);
	free(text);
	json_rows_done(&jr);
	sink_done(&sink);
	strbuf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_have_a_header),
		cmocka_unit_test(every_field_is_in_every_row),
		cmocka_unit_test(promised_fields_exist),
		cmocka_unit_test(facts_of_a_listener),
		cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(gone_rows_are_left_out_unless_asked_for),
		cmocka_unit_test(raw_bytes_come_back_from_base64),
		cmocka_unit_test(valid_characters_are_kept),
		cmocka_unit_test(command_lines_are_cut_in_socket_rows),
		cmocka_unit_test(numbers_beyond_two_to_53_are_null),
		cmocka_unit_test(lines_have_a_type),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
