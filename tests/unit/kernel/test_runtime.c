#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "kernel/runtime.h"
#include "fixture.h"
#include "stub_runtime.h"

#define OK "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"

static void text_is(struct bytes b, const char *wanted)
{
	assert_non_null(b.ptr);
	assert_int_equal(b.len, strlen(wanted));
	assert_memory_equal(b.ptr, wanted, b.len);
}

static void addr_is(const struct netaddr *addr, const char *wanted)
{
	char text[NETADDR_TEXT_MAX];

	assert_string_equal(netaddr_format(addr, text), wanted);
}

/* ---- the lists ---- */

struct parsed {
	struct strbuf out, scratch;
	size_t pos;
	int err;
};

static struct parsed parse(const char *json, size_t len)
{
	struct parsed p = {0};

	strbuf_init(&p.out, 0);
	strbuf_init(&p.scratch, 0);
	p.err = runtime_parse_list(json, len, "docker", &p.out);
	return p;
}

static bool next(struct parsed *p, struct runtime_container *c)
{
	return runtime_unpack(strbuf_str(&p->out), p->out.len, &p->pos, &p->scratch, c);
}

static void done(struct parsed *p)
{
	strbuf_done(&p->out);
	strbuf_done(&p->scratch);
}

static void docker_list(void **state)
{
	size_t len;
	char *json = fixture("runtime/docker.json", &len);
	struct parsed p = parse(json, len);
	struct runtime_container c;

	(void)state;
	assert_int_equal(p.err, 0);
	assert_true(next(&p, &c));
	text_is(c.rec.id, "6235c92772448ff100cd280308539928a01b0ce6a74caf2eeb306199f3bc8aef");
	text_is(c.rec.name, "web_1"); /* not the link's alias */
	text_is(c.rec.image, "nginx:1.25");
	text_is(c.rec.runtime, "docker");
	assert_null(c.rec.pod.ptr);
	assert_int_equal(c.n_addrs, 2);
	addr_is(&c.addrs[0], "172.18.0.4");
	assert_int_equal(c.n_published, 3); /* 443 is exposed, not published */
	addr_is(&c.published[0].host_addr, "0.0.0.0");
	assert_int_equal(c.published[0].host_port, 8080);
	addr_is(&c.published[0].container_addr, "172.18.0.4");
	assert_int_equal(c.published[0].container_port, 80);
	addr_is(&c.published[1].host_addr, "::");
	addr_is(&c.published[1].container_addr, "fd00:18::4");
	assert_int_equal(c.published[2].proto, PROTO_UDP);
	assert_true(next(&p, &c));
	text_is(c.rec.pod, "api-7d4");
	text_is(c.rec.k8s_namespace, "prod");
	text_is(c.rec.name, "app");
	assert_int_equal(c.n_published, 0);
	assert_false(next(&p, &c));
	done(&p);
	free(json);
}

static void podman_list(void **state)
{
	size_t len;
	char *json = fixture("runtime/podman.json", &len);
	struct parsed p = parse(json, len);
	struct runtime_container c;

	(void)state;
	assert_int_equal(p.err, 0);
	assert_true(next(&p, &c));
	text_is(c.rec.name, "cache");
	assert_int_equal(c.n_published, 1);
	assert_int_equal(c.published[0].host_addr.family, 0); /* any */
	addr_is(&c.published[0].container_addr, "10.88.0.5");
	done(&p);
	free(json);
}

static void crio_container(void **state)
{
	size_t len, pos = 0;
	char *json = fixture("runtime/crio.json", &len);
	struct strbuf out, scratch;
	struct runtime_container c;

	(void)state;
	strbuf_init(&out, 0);
	strbuf_init(&scratch, 0);
	assert_int_equal(runtime_parse_crio(json, len, &out), 0);
	assert_true(runtime_unpack(out.data, out.len, &pos, &scratch, &c));
	text_is(c.rec.name, "coredns");
	text_is(c.rec.pod, "coredns-5d78");
	text_is(c.rec.k8s_namespace, "kube-system");
	text_is(c.rec.runtime, "cri-o");
	assert_int_equal(c.pid, 4711);
	assert_int_equal(c.n_addrs, 2);
	addr_is(&c.addrs[1], "1100:200::3");
	strbuf_done(&out);
	strbuf_done(&scratch);
	free(json);
}

static void wrong_types_are_not_there(void **state)
{
	static const char *const lists[] = {
		"[]",
		"[null,1,\"x\",[],{}]",
		"[{\"Id\":7}]",
		"[{\"Id\":\"../../etc/passwd\"}]",
		"[{\"Id\":\"ABCDEF0123456789\"}]",
		"[{\"Id\":\"abc\"}]",
	};
	static const char odd[] =
		"[{\"Id\":\"abcdef012345\",\"Names\":{\"a\":1},\"Image\":[],\"Labels\":\"x\","
		"\"Ports\":[1,{\"PublicPort\":\"80\",\"PrivatePort\":80,\"Type\":\"tcp\"},"
		"{\"PublicPort\":70000,\"PrivatePort\":80,\"Type\":\"tcp\"},"
		"{\"PublicPort\":80,\"PrivatePort\":0,\"Type\":\"tcp\"},"
		"{\"PublicPort\":80,\"PrivatePort\":80,\"Type\":\"icmp\"},"
		"{\"PublicPort\":80,\"PrivatePort\":80,\"Type\":\"tcp\",\"IP\":\"nowhere\"}],"
		"\"NetworkSettings\":{\"Networks\":[1,2]}}]";
	struct runtime_container c;
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		p = parse(lists[i], strlen(lists[i]));
		assert_int_equal(p.err, 0);
		assert_false(next(&p, &c));
		done(&p);
	}
	p = parse(odd, strlen(odd));
	assert_true(next(&p, &c));
	assert_null(c.rec.name.ptr);
	assert_null(c.rec.image.ptr);
	assert_int_equal(c.n_published, 1);
	assert_int_equal(c.published[0].host_addr.family, 0);
	done(&p);
}

static void bad_json_is_refused(void **state)
{
	static const char *const texts[] = {"", "{", "{}", "[", "null", "[{\"Id\":\"abc", "<html>"};
	char deep[200];
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		p = parse(texts[i], strlen(texts[i]));
		assert_int_equal(p.err, -EBADMSG);
		done(&p);
	}
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	p = parse(deep, sizeof(deep));
	assert_int_equal(p.err, -E2BIG);
	done(&p);
	/* brackets in a text are no nesting */
	memcpy(deep, "[\"\\\"", 4);
	memset(deep + 4, '[', 100);
	memcpy(deep + 104, "\"]", 2);
	p = parse(deep, 106);
	assert_int_equal(p.err, 0);
	done(&p);
}

static void every_cut_is_survived(void **state)
{
	size_t len;
	char *json = fixture("runtime/docker.json", &len);

	(void)state;
	for (size_t n = 0; n < len - 1; n += 7) {
		char *copy = malloc(n ? n : 1);
		struct parsed p;

		memcpy(copy, json, n);
		p = parse(copy, n);
		assert_int_equal(p.err, -EBADMSG);
		done(&p);
		free(copy);
	}
	free(json);
}

static void records_are_checked(void **state)
{
	size_t len;
	char *json = fixture("runtime/docker.json", &len);
	struct parsed p = parse(json, len);
	struct runtime_container c;
	uint32_t size;

	(void)state;
	memcpy(&size, p.out.data, sizeof(size));
	for (size_t n = 0; n < size; n++) {
		size_t pos = 0;

		assert_false(runtime_unpack(p.out.data, n, &pos, &p.scratch, &c));
	}
	for (size_t at = 0; at < 24; at++) {
		size_t pos = 0;

		p.out.data[at] ^= (char)0xff;
		while (runtime_unpack(p.out.data, p.out.len, &pos, &p.scratch, &c))
			;
		p.out.data[at] ^= (char)0xff;
	}
	done(&p);
	free(json);
}

static void long_texts_are_cut(void **state)
{
	char *name = malloc(100000);
	struct runtime_container c = {.rec.id = {"abcdef012345", 12}}, back;
	struct strbuf out, scratch;
	size_t pos = 0;

	(void)state;
	memset(name, 'n', 100000);
	c.rec.name = (struct bytes){name, 100000};
	strbuf_init(&out, 0);
	strbuf_init(&scratch, 0);
	runtime_pack(&out, &c);
	assert_true(runtime_unpack(out.data, out.len, &pos, &scratch, &back));
	assert_int_equal(back.rec.name.len, 1024);
	assert_int_equal(back.rec.id.len, 12);
	strbuf_done(&out);
	strbuf_done(&scratch);
	free(name);
}

/* ---- the socket ---- */

static int get(const struct stub_answer *a, struct strbuf *body, int64_t *ret_ms)
{
	int64_t start = (int64_t)mono_ms();
	struct stub stub;
	int err;

	stub_start(&stub, a);
	err = runtime_get(stub.path, "/containers/json", body);
	*ret_ms = (int64_t)mono_ms() - start;
	stub_stop(&stub);
	return err;
}

static void answers(void **state)
{
	static const struct {
		const char *text, *body;
		int err;
	} cases[] = {
		{OK "[]", "[]", 0},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "[]", 0},
		{OK, "", 0},
		{"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\n[]", "", -EBADMSG},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n", "",
		 -EBADMSG},
		{"HTTP/1.0 404 Not Found\r\n\r\n{}", "", -ENOENT},
		{"HTTP/1.0 500 No\r\n\r\n{}", "", -EREMOTEIO},
		{"HTTP/1.0 200 OK\r\nX: y", "", -EBADMSG},
		{"SSH-2.0-OpenSSH\r\n\r\n", "", -EBADMSG},
		{"\r\n\r\n", "", -EBADMSG},
		{"", "", -EBADMSG},
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stub_answer a = {.bytes = cases[i].text, .len = strlen(cases[i].text)};
		struct strbuf body;

		strbuf_init(&body, 0);
		assert_int_equal(get(&a, &body, &ms), cases[i].err);
		assert_string_equal(strbuf_str(&body), cases[i].body);
		strbuf_done(&body);
	}
}

static void slow_ones_are_left(void **state)
{
	const struct stub_answer slow[] = {
		{.bytes = OK "[]", .len = strlen(OK "[]"), .pause_ms = 5000},
		{.bytes = OK "[]", .len = strlen(OK "[]"), .pause_ms = 40, .drip = true},
		{.bytes = " ", .len = 1, .repeat = 100000, .pause_ms = 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		struct strbuf body;
		int64_t ms;

		strbuf_init(&body, 0);
		assert_int_equal(get(&slow[i], &body, &ms), -ETIMEDOUT);
		assert_in_range(ms, RUNTIME_TOTAL_MS - 50, RUNTIME_TOTAL_MS + 1500);
		strbuf_done(&body);
	}
}

static void huge_ones_are_left(void **state)
{
	size_t len = 1 << 20;
	char *block = malloc(len);
	struct stub_answer a = {.bytes = block, .len = len, .repeat = 64};
	struct strbuf body;
	int64_t ms;
	int err;

	(void)state;
	memset(block, ' ', len);
	memcpy(block, OK, strlen(OK));
	strbuf_init(&body, 0);
	err = get(&a, &body, &ms);
	assert_true(err == -EFBIG || err == -ETIMEDOUT); /* whichever bound comes first */
	assert_int_equal(body.len, 0);
	strbuf_done(&body);
	free(block);
}

static void nobody_accepts(void **state)
{
	struct stub_answer a = {.deaf = true};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int64_t start, ms;
	struct strbuf body;
	struct stub stub;
	int fds[8], err;

	(void)state;
	stub_start(&stub, &a);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", stub.path);
	for (size_t i = 0; i < 8; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(fds[i], (struct sockaddr *)&addr, sizeof(addr)) < 0)
			assert_int_equal(errno, EAGAIN);
	}
	strbuf_init(&body, 0);
	start = (int64_t)mono_ms();
	err = runtime_get(stub.path, "/containers/json", &body);
	ms = (int64_t)mono_ms() - start;
	assert_int_equal(err, -ETIMEDOUT);
	assert_in_range(ms, RUNTIME_CONNECT_MS - 20, RUNTIME_CONNECT_MS + 500);
	for (size_t i = 0; i < 8; i++)
		close(fds[i]);
	strbuf_done(&body);
	stub_stop(&stub);
}

static void strangers_are_not_asked(void **state)
{
	struct stub_answer a = {.bytes = OK "[]", .len = strlen(OK "[]"), .uid = 65534};
	struct strbuf body;
	int64_t ms;

	(void)state;
	if (geteuid())
		skip_because("needs root");
	strbuf_init(&body, 0);
	assert_int_equal(get(&a, &body, &ms), -EPERM);
	strbuf_done(&body);
}

static void no_socket_there(void **state)
{
	struct strbuf body;
	char path[200];

	(void)state;
	strbuf_init(&body, 0);
	assert_int_equal(runtime_get("/nowhere/docker.sock", "/", &body), -ENOENT);
	assert_int_equal(runtime_get("/dev/null", "/", &body), -ENOTSOCK);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(runtime_get(path, "/", &body), -ENAMETOOLONG);
	strbuf_done(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_list),
		cmocka_unit_test(podman_list),
		cmocka_unit_test(crio_container),
		cmocka_unit_test(wrong_types_are_not_there),
		cmocka_unit_test(bad_json_is_refused),
		cmocka_unit_test(every_cut_is_survived),
		cmocka_unit_test(records_are_checked),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(answers),
		cmocka_unit_test(slow_ones_are_left),
		cmocka_unit_test(huge_ones_are_left),
		cmocka_unit_test(nobody_accepts),
		cmocka_unit_test(strangers_are_not_asked),
		cmocka_unit_test(no_socket_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
