/* A fake root with files as the runtimes write them. */
#include "lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/container_files.h"
#include "fixture.h"

#define DOCKER_ID "6235c92772448ff100cd280308539928a01b0ce6a74caf2eeb306199f3bc8aef"
#define PODMAN_ID "1111222233334444555566667777888899990000aaaabbbbccccddddeeeeffff"
#define TASK_ID "aaaabbbbccccddddeeeeffff00001111222233334444555566667777888899aa"
#define LOG_ID "bbbbbbbbccccddddeeeeffff00001111222233334444555566667777888899aa"

static char root[] = "/tmp/inettop-root-XXXXXX";
static int root_fd;

/* Writes a file, its directories made on the way. */
static void put(const char *path, const char *text, size_t len)
{
	char dir[512];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = dir; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdirat(root_fd, dir, 0755);
	}
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void put_fixture(const char *path, const char *name)
{
	size_t len;
	char *text = fixture(name, &len);

	put(path, text, len);
	free(text);
}

struct found {
	struct strbuf out, scratch;
	struct runtime_container c;
	int err;
	bool any;
};

static struct found find(const char *id)
{
	struct found f = {0};
	size_t pos = 0;

	strbuf_init(&f.out, 0);
	strbuf_init(&f.scratch, 0);
	f.err = container_files_find(root_fd, id, &f.out);
	f.any = runtime_unpack(strbuf_str(&f.out), f.out.len, &pos, &f.scratch, &f.c);
	assert_int_equal(f.any, !f.err);
	return f;
}

static void done(struct found *f)
{
	strbuf_done(&f->out);
	strbuf_done(&f->scratch);
}

static void text_is(struct bytes b, const char *wanted)
{
	assert_non_null(b.ptr);
	assert_int_equal(b.len, strlen(wanted));
	assert_memory_equal(b.ptr, wanted, b.len);
}

static void docker(void **state)
{
	char text[NETADDR_TEXT_MAX];
	struct found f;

	(void)state;
	put_fixture("var/lib/docker/containers/" DOCKER_ID "/config.v2.json",
		    "containers/config.v2.json");
	f = find(DOCKER_ID);
	assert_int_equal(f.err, 0);
	text_is(f.c.rec.id, DOCKER_ID);
	text_is(f.c.rec.name, "web_1");
	text_is(f.c.rec.image, "nginx:1.25");
	assert_int_equal(f.c.pid, 31337);
	assert_int_equal(f.c.n_published, 3);
	assert_int_equal(f.c.published[0].host_port, 8080);
	assert_int_equal(f.c.published[0].container_port, 80);
	assert_string_equal(netaddr_format(&f.c.published[0].container_addr, text), "172.17.0.2");
	assert_int_equal(f.c.published[2].proto, PROTO_UDP);
	done(&f);
}

static void podman(void **state)
{
	struct found f;

	(void)state;
	put_fixture("var/lib/containers/storage/overlay-containers/containers.json",
		    "containers/containers.json");
	f = find(PODMAN_ID);
	assert_int_equal(f.err, 0);
	text_is(f.c.rec.name, "cache");
	text_is(f.c.rec.image, "docker.io/library/redis:7");
	text_is(f.c.rec.runtime, "podman");
	done(&f);
}

static void containerd(void **state)
{
	struct found f;

	(void)state;
	put("run/containerd/io.containerd.runtime.v2.task/moby/other/config.json", "{}", 2);
	put_fixture("run/containerd/io.containerd.runtime.v2.task/k8s.io/" TASK_ID "/config.json",
		    "containers/task.json");
	f = find(TASK_ID);
	assert_int_equal(f.err, 0);
	text_is(f.c.rec.name, "app");
	text_is(f.c.rec.pod, "api-7d4");
	text_is(f.c.rec.k8s_namespace, "prod");
	text_is(f.c.rec.image, "example.org/app:3");
	done(&f);
}

static void kubelet_logs(void **state)
{
	struct found f;

	(void)state;
	put("var/log/containers/api-7d4_prod_side-car-" LOG_ID ".log", "", 0);
	f = find(LOG_ID);
	assert_int_equal(f.err, 0);
	text_is(f.c.rec.pod, "api-7d4");
	text_is(f.c.rec.k8s_namespace, "prod");
	text_is(f.c.rec.name, "side-car");
	done(&f);
}

static void unknown_and_broken(void **state)
{
	static const char id[] = "0123456789ab";
	struct found f;
	char deep[256];

	(void)state;
	f = find(id);
	assert_int_equal(f.err, -ENOENT);
	done(&f);
	put("var/lib/docker/containers/0123456789ab/config.v2.json", "{\"ID\":", 6);
	f = find(id);
	assert_int_equal(f.err, -EBADMSG);
	done(&f);
	memset(deep, '[', sizeof(deep));
	put("var/lib/docker/containers/0123456789ab/config.v2.json", deep, sizeof(deep));
	f = find(id);
	assert_int_equal(f.err, -E2BIG);
	done(&f);
	/* a name that leads elsewhere is not followed, one that would block is not opened */
	unlinkat(root_fd, "var/lib/docker/containers/0123456789ab/config.v2.json", 0);
	assert_int_equal(symlinkat("/etc/passwd", root_fd,
				   "var/lib/docker/containers/0123456789ab/config.v2.json"),
			 0);
	f = find(id);
	assert_int_equal(f.err, -ELOOP);
	done(&f);
	unlinkat(root_fd, "var/lib/docker/containers/0123456789ab/config.v2.json", 0);
	assert_int_equal(
		mkfifoat(root_fd, "var/lib/docker/containers/0123456789ab/config.v2.json", 0600),
		0);
	f = find(id);
	assert_int_equal(f.err, -EINVAL);
	done(&f);
}

static void log_names(void **state)
{
	static const char *const bad[] = {
		"",
		".log",
		"_",
		"__-abcdef012345.log",
		"a_b-abcdef012345.log",
		"a_b_c-abcdef012345.txt",
		"a_b_c-abcdef01234.log",
		"a_b_cabcdef012345.log",
		"a_b_-abcdef012345.log",
	};
	struct strbuf out;

	(void)state;
	strbuf_init(&out, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(container_files_log_name(bad[i], "abcdef012345", &out), -ENOENT);
	assert_int_equal(out.len, 0);
	assert_int_equal(container_files_log_name("a_b_c-abcdef012345.log", "abcdef012345", &out),
			 0);
	assert_true(out.len > 0);
	strbuf_done(&out);
}

static void wrong_types(void **state)
{
	static const char docker_odd[] =
		"{\"ID\":\"x\",\"Name\":7,\"Config\":[],\"State\":\"up\",\"NetworkSettings\":{"
		"\"Ports\":"
		"{\"80\":[{\"HostPort\":\"1\"}],\"x/tcp\":[{\"HostPort\":\"1\"}],\"80/tcp\":[1,"
		"{\"HostPort\":1},{\"HostPort\":\"99999\"},{\"HostPort\":\"-1\"}]},\"Networks\":7}"
		"}";
	struct runtime_container c;
	struct strbuf out, scratch;
	size_t pos = 0;

	(void)state;
	strbuf_init(&out, 0);
	strbuf_init(&scratch, 0);
	assert_int_equal(container_files_docker(docker_odd, strlen(docker_odd), &out), 0);
	assert_true(runtime_unpack(out.data, out.len, &pos, &scratch, &c));
	assert_int_equal(c.n_published, 0);
	assert_int_equal(container_files_docker("[]", 2, &out), -EBADMSG);
	assert_int_equal(container_files_storage("{}", 2, "x", "podman", &out), -EBADMSG);
	assert_int_equal(container_files_storage("[{\"id\":[]}]", 11, "x", "podman", &out),
			 -ENOENT);
	assert_int_equal(container_files_task("[]", 2, "x", &out), -ENOENT);
	strbuf_done(&out);
	strbuf_done(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker),
		cmocka_unit_test(podman),
		cmocka_unit_test(containerd),
		cmocka_unit_test(kubelet_logs),
		cmocka_unit_test(unknown_and_broken),
		cmocka_unit_test(log_names),
		cmocka_unit_test(wrong_types),
	};
	char command[128];
	int failed;

	if (!mkdtemp(root))
		return 1;
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(root_fd);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) ? 1 : failed;
}
