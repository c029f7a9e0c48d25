/* Containers against a stub runtime, asked through the real helper process. */
#include "lib/unit.h"

#include <errno.h>

#include "base/clock.h"
#include "fixture.h"
#include "kernel/containers.h"
#include "kernel/helper_specs.h"
#include "stub_runtime.h"

#define WEB "6235c92772448ff100cd280308539928a01b0ce6a74caf2eeb306199f3bc8aef"
#define POD "aaaabbbbccccddddeeeeffff00001111222233334444555566667777888899aa"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000001"
#define OK "HTTP/1.0 200 OK\r\n\r\n"

static struct helper_spec specs[HELPER_KIND_COUNT];
static struct helper *helper;
static uint32_t addr_inode;

static uint32_t netns_of(void *ctx, const struct netaddr *addr)
{
	(void)ctx;
	(void)addr;
	return addr_inode;
}

static struct containers *open_with(const char *path, bool no_runtime)
{
	char url[128];
	struct containers_config cfg = {
		.helper = helper, .no_runtime = no_runtime, .netns_of = netns_of};

	snprintf(url, sizeof(url), "unix://%s", path);
	cfg.docker_host = url;
	return containers_new(&cfg);
}

static struct bytes text(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

static void seen(struct containers *all, const char *id, uint32_t inode)
{
	struct container_rec rec = {.id = text(id), .runtime = text("docker")};

	containers_seen(all, &rec, 0, inode);
}

/* Ticks until nothing is asked any more. */
static void settle(struct containers *all, int64_t now_ms)
{
	for (int i = 0; i < 20; i++) {
		containers_tick(all, now_ms);
		if (!containers_pending(all))
			return;
		assert_true(helper_drain(helper, HELPER_RUNTIME, 5000));
	}
	fail();
}

static unsigned n_gone;

static void count_gone(void *ctx, struct bytes id)
{
	(void)ctx;
	(void)id;
	n_gone++;
}

static void sweep(struct containers *all)
{
	containers_sweep(all, count_gone, NULL);
}

static void text_is(struct bytes b, const char *wanted)
{
	assert_non_null(b.ptr);
	assert_int_equal(b.len, strlen(wanted));
	assert_memory_equal(b.ptr, wanted, b.len);
}

static char *http(const char *name, size_t *ret_len)
{
	size_t len;
	char *body = fixture(name, &len), *all = malloc(len + sizeof(OK));

	memcpy(all, OK, strlen(OK));
	memcpy(all + strlen(OK), body, len);
	*ret_len = strlen(OK) + len;
	free(body);
	return all;
}

static void runtime_tells(void **state)
{
	struct container_view view;
	struct containers *all;
	struct stub_answer a = {0};
	struct stub stub;
	char *answer = http("runtime/docker.json", &a.len);

	(void)state;
	a.bytes = answer;
	stub_start(&stub, &a);
	all = open_with(stub.path, false);
	settle(all, 1000); /* nobody there: not asked */
	assert_false(containers_find(all, text(WEB), &view));
	seen(all, WEB, 4026532001);
	settle(all, 2000);
	assert_true(containers_find(all, text(WEB), &view));
	assert_true(view.told);
	assert_true(view.listed);
	assert_true(view.changed);
	assert_int_equal(view.netns_inode, 4026532001);
	text_is(view.rec.name, "web_1");
	assert_int_equal(view.n_published, 3);
	/* the list also has one that nobody saw */
	assert_true(containers_find(all, text(POD), &view));
	text_is(view.rec.pod, "api-7d4");

	n_gone = 0;
	containers_settle(all);
	sweep(all);
	sweep(all);
	assert_int_equal(n_gone, 0); /* listed */
	assert_true(containers_find(all, text(WEB), &view));
	assert_false(view.changed);

	/* the daemon ends: what is not seen either is gone */
	stub_stop(&stub);
	seen(all, POD, 0);
	settle(all, 20000);
	sweep(all);
	assert_int_equal(n_gone, 1);
	assert_false(containers_find(all, text(WEB), &view));
	assert_true(containers_find(all, text(POD), &view));
	containers_free(all);
	free(answer);
}

static void hostile_answers_change_nothing(void **state)
{
	static const char *const answers[] = {
		"",
		"HTTP/1.0 200 OK\r\n\r\n",
		OK "[",
		OK "{}",
		OK "[1,2,{\"Id\":[]}]",
		"HTTP/1.0 500 x\r\n\r\n",
		OK "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct stub_answer a = {.bytes = answers[i], .len = strlen(answers[i])};
		struct containers_trouble troubles[4];
		struct container_view view;
		struct containers *all;
		struct stub stub;

		stub_start(&stub, &a);
		all = open_with(stub.path, false);
		seen(all, OTHER, 7);
		settle(all, 1000);
		sweep(all);
		assert_true(containers_find(all, text(OTHER), &view));
		assert_false(view.told);
		assert_null(view.rec.name.ptr);
		assert_int_equal(view.netns_inode, 7);
		assert_int_equal(view.n_published, 0);
		if (strcmp(answers[i], OK "[1,2,{\"Id\":[]}]")) {
			assert_int_equal(containers_troubles(all, troubles, 4), 1);
			assert_string_equal(troubles[0].source, "docker");
		}
		containers_free(all);
		stub_stop(&stub);
	}
}

static void no_runtime_asks_no_socket(void **state)
{
	struct stub_answer a = {.bytes = OK "[{\"Id\":\"" OTHER "\",\"Names\":[\"/x\"]}]"};
	struct container_view view;
	struct containers *all;
	struct stub stub;

	(void)state;
	a.len = strlen(a.bytes);
	stub_start(&stub, &a);
	all = open_with(stub.path, true);
	seen(all, OTHER, 0);
	settle(all, 1000);
	assert_true(containers_find(all, text(OTHER), &view));
	assert_null(view.rec.name.ptr);
	containers_free(all);

	all = open_with(stub.path, false);
	seen(all, OTHER, 0);
	settle(all, 1000);
	assert_true(containers_find(all, text(OTHER), &view));
	text_is(view.rec.name, "x");
	containers_free(all);
	stub_stop(&stub);
}

static struct forwarder proxy(const char *inner)
{
	struct forwarder f = {.kind = FORWARDER_DOCKER_PROXY, .n_ports = 1};

	f.ports[0] = (struct publish_rec){.host_port = 8080, .container_port = 80};
	assert_int_equal(netaddr_parse("127.0.0.1", 9, &f.ports[0].host_addr, NULL, NULL), 0);
	assert_int_equal(
		netaddr_parse(inner, strlen(inner), &f.ports[0].container_addr, NULL, NULL), 0);
	return f;
}

static void proxy_is_joined_by_address(void **state)
{
	struct forwarder f = proxy("172.17.0.9");
	struct container_view view;
	struct containers *all = open_with("/nowhere", true);

	(void)state;
	addr_inode = 4026532009;
	seen(all, OTHER, 4026532009);
	containers_forwarder(all, 100, &f);
	sweep(all);
	assert_true(containers_find(all, text(OTHER), &view));
	assert_int_equal(view.n_published, 1);
	assert_int_equal(view.published[0].host_port, 8080);
	containers_settle(all);
	seen(all, OTHER, 4026532009);
	sweep(all);
	assert_true(containers_find(all, text(OTHER), &view));
	assert_false(view.changed); /* the same again */

	containers_forwarder_gone(all, 100);
	seen(all, OTHER, 4026532009);
	sweep(all);
	assert_true(containers_find(all, text(OTHER), &view));
	assert_int_equal(view.n_published, 0);
	assert_true(view.changed);
	containers_free(all);
	addr_inode = 0;
}

static void unknown_target_stands_for_itself(void **state)
{
	struct forwarder f = proxy("172.17.0.9");
	struct container_view view;
	struct containers *all = open_with("/nowhere", true);

	(void)state;
	containers_forwarder(all, 100, &f);
	sweep(all);
	sweep(all);
	assert_true(containers_find(all, text("172.17.0.9"), &view));
	assert_int_equal(view.n_published, 1);
	assert_null(view.rec.name.ptr);
	n_gone = 0;
	containers_forwarder_gone(all, 100);
	sweep(all);
	sweep(all);
	assert_int_equal(n_gone, 1);
	containers_free(all);
}

/* The runtime answered and has no such container: nothing stands behind the proxy. */
static void stale_proxy_leads_nowhere(void **state)
{
	struct stub_answer a = {.bytes = OK "[]", .len = strlen(OK "[]")};
	struct forwarder f = proxy("172.17.0.9");
	struct container_view view;
	struct containers *all;
	size_t pos = 0;
	struct stub stub;

	(void)state;
	stub_start(&stub, &a);
	all = open_with(stub.path, false);
	containers_forwarder(all, 100, &f);
	settle(all, 1000);
	sweep(all);
	assert_false(containers_next(all, &pos, &view));
	containers_free(all);
	stub_stop(&stub);
}

static void environment(void **state)
{
	struct containers_config cfg = {0};

	(void)state;
	setenv("DOCKER_HOST", "unix:///x.sock", 1);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	unsetenv("SUDO_UID");
	containers_environ(&cfg);
	assert_string_equal(cfg.docker_host, "unix:///x.sock");
	assert_null(cfg.runtime_dir);
	memset(&cfg, 0, sizeof(cfg));
	setenv("SUDO_UID", "1000", 1);
	containers_environ(&cfg);
	assert_null(cfg.docker_host);
	unsetenv("SUDO_UID");
	unsetenv("DOCKER_HOST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtime_tells),
		cmocka_unit_test(hostile_answers_change_nothing),
		cmocka_unit_test(no_runtime_asks_no_socket),
		cmocka_unit_test(proxy_is_joined_by_address),
		cmocka_unit_test(unknown_target_stands_for_itself),
		cmocka_unit_test(stale_proxy_leads_nowhere),
		cmocka_unit_test(environment),
	};
	int failed;

	helper_specs(specs);
	if (helper_start(specs, &helper) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	helper_free(helper);
	return failed;
}
