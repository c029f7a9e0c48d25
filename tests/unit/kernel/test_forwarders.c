#include "lib/unit.h"

#include "kernel/forwarders.h"

/* Arguments joined by NULs, as /proc/PID/cmdline has them. */
#define CMDLINE(text) ((struct bytes){text, sizeof(text)})

static void text_is(struct bytes b, const char *wanted)
{
	assert_non_null(b.ptr);
	assert_int_equal(b.len, strlen(wanted));
	assert_memory_equal(b.ptr, wanted, b.len);
}

static void port_is(const struct publish_rec *p, const char *host, unsigned host_port,
		    const char *inner, unsigned inner_port, enum sock_proto proto)
{
	char text[NETADDR_TEXT_MAX];

	assert_string_equal(netaddr_format(&p->host_addr, text), host);
	assert_int_equal(p->host_port, host_port);
	assert_string_equal(netaddr_format(&p->container_addr, text), inner);
	assert_int_equal(p->container_port, inner_port);
	assert_int_equal(p->proto, proto);
}

static void docker_proxy(void **state)
{
	static const struct bytes forms[] = {
		CMDLINE("/usr/bin/docker-proxy\0-proto\0tcp\0-host-ip\000127.0.0.1\0-host-port\0"
			"8080\0-container-ip\000172.17.0.2\0-container-port\00080"),
		CMDLINE("docker-proxy\0--proto=tcp\0--host-ip=127.0.0.1\0--host-port=8080\0"
			"--container-ip=172.17.0.2\0--container-port=80\0-use-listen-fd"),
		CMDLINE("nsenter\0-n/run/user/1000/netns\0-F\0--\0docker-proxy\0-container-ip\0"
			"172.17.0.2\0-container-port\00080\0-host-ip\000127.0.0.1\0-host-port\0"
			"8080"),
	};
	struct forwarder f;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(forwarders_parse(forms[i], &f), FORWARDER_DOCKER_PROXY);
		assert_int_equal(f.n_ports, 1);
		port_is(&f.ports[0], "127.0.0.1", 8080, "172.17.0.2", 80, PROTO_TCP);
	}
}

static void docker_proxy_that_lies_says_nothing(void **state)
{
	static const struct bytes forms[] = {
		CMDLINE("docker-proxy\0-proto\0tcp\0-host-ip\000127.0.0.1\0-host-port\00099999\0"
			"-container-ip\000172.17.0.2\0-container-port\00080"),
		CMDLINE("docker-proxy\0-proto\0icmp\0-host-ip\000127.0.0.1\0-host-port\00080\0"
			"-container-ip\000172.17.0.2\0-container-port\00080"),
		CMDLINE("docker-proxy\0-proto\0tcp\0-host-ip\0localhost\0-host-port\00080\0"
			"-container-ip\000172.17.0.2\0-container-port\00080"),
		CMDLINE("docker-proxy\0-proto"),
		CMDLINE("docker-proxy\0-host-port\0-1\0-container-port\0"),
		CMDLINE("docker-proxy"),
	};
	struct forwarder f;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(forwarders_parse(forms[i], &f), FORWARDER_DOCKER_PROXY);
		assert_int_equal(f.n_ports, 0);
	}
}

static void conmon_names_its_container(void **state)
{
	struct forwarder f;

	(void)state;
	assert_int_equal(forwarders_parse(CMDLINE("/usr/bin/conmon\0--api-version\0001\0-c\0"
						  "1111222233334444\0-u\0001111222233334444\0-n\0"
						  "cache\0--exit-command-arg\0-n"),
					  &f),
			 FORWARDER_CONMON);
	text_is(f.id, "1111222233334444");
	text_is(f.name, "cache");
}

static void shim_names_its_namespace(void **state)
{
	struct forwarder f;

	(void)state;
	assert_int_equal(
		forwarders_parse(
			CMDLINE("/usr/bin/containerd-shim-runc-v2\0-namespace\0k8s.io\0-id\0"
				"abcdef012345\0-address\0/run/containerd/containerd.sock"),
			&f),
		FORWARDER_SHIM);
	text_is(f.id, "abcdef012345");
	text_is(f.k8s_namespace, "k8s.io");
}

static void pasta_ports(void **state)
{
	struct forwarder f;

	(void)state;
	assert_int_equal(
		forwarders_parse(
			CMDLINE("/usr/bin/pasta\0--config-net\0-t\000127.0.0.1/8080:80\0-t\0"
				"9000-9002:19000-19002,22\0-u\0::1/53\0-T\0none\0--netns\0"
				"/run/user/1000/netns/netns-1"),
			&f),
		FORWARDER_PASTA);
	assert_int_equal(f.n_ports, 6);
	port_is(&f.ports[0], "127.0.0.1", 8080, "", 80, PROTO_TCP);
	port_is(&f.ports[1], "", 9000, "", 19000, PROTO_TCP);
	port_is(&f.ports[3], "", 9002, "", 19002, PROTO_TCP);
	port_is(&f.ports[4], "", 22, "", 22, PROTO_TCP);
	port_is(&f.ports[5], "::1", 53, "", 53, PROTO_UDP);
	text_is(f.netns, "/run/user/1000/netns/netns-1");
}

static void pasta_of_everything_is_bounded(void **state)
{
	struct forwarder f;

	(void)state;
	forwarders_parse(CMDLINE("pasta\0-t\0001-65535\0-u\00010-5\0-t\00080-81:90\0-t\0/\0-t\0:"),
			 &f);
	assert_int_equal(f.n_ports, FORWARDER_PORTS_MAX);
}

static void slirp_serves_a_process(void **state)
{
	struct forwarder f;

	(void)state;
	assert_int_equal(forwarders_parse(CMDLINE("slirp4netns\0--mtu=65520\0-c\0-r\0003\0004711\0"
						  "tap0"),
					  &f),
			 FORWARDER_SLIRP4NETNS);
	assert_int_equal(f.netns_pid, 4711);
}

static void others_are_none(void **state)
{
	static const struct bytes forms[] = {
		CMDLINE("nginx: master process"),
		CMDLINE("/bin/sh\0-c\0docker-proxy"),
		CMDLINE("nsenter\0-n\0docker-proxy"),
		CMDLINE(""),
		{"docker-proxy", 0},
		{NULL, 0},
	};
	struct forwarder f;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_int_equal(forwarders_parse(forms[i], &f), FORWARDER_NONE);
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(forwarders_by_comm((struct bytes){"docker-proxy", 12}),
			 FORWARDER_DOCKER_PROXY);
	/* the kernel keeps 15 bytes */
	assert_int_equal(forwarders_by_comm((struct bytes){"containerd-shim", 15}), FORWARDER_SHIM);
	assert_int_equal(forwarders_by_comm((struct bytes){"docker-prox", 11}), FORWARDER_NONE);
	assert_int_equal(forwarders_by_comm((struct bytes){NULL, 0}), FORWARDER_NONE);
	for (int kind = 1; kind < FORWARDER_KIND_COUNT; kind++)
		assert_true(*forwarders_name((enum forwarder_kind)kind));
	assert_string_equal(forwarders_name(FORWARDER_NONE), "");
}

/* Any bytes at every length: nothing is read beyond them (sanitizers watch). */
static void cut_anywhere(void **state)
{
	static const char text[] =
		"docker-proxy\0-proto=\0-host-ip\0\0--\0-\0=\0-host-port=\00080\0-t";
	struct forwarder f;

	(void)state;
	for (size_t len = 0; len <= sizeof(text); len++) {
		char *copy = malloc(len ? len : 1);

		memcpy(copy, text, len);
		forwarders_parse((struct bytes){copy, (uint32_t)len}, &f);
		memcpy(copy, "pasta", len < 5 ? len : 5);
		forwarders_parse((struct bytes){copy, (uint32_t)len}, &f);
		assert_int_equal(f.n_ports, 0);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_proxy),
		cmocka_unit_test(docker_proxy_that_lies_says_nothing),
		cmocka_unit_test(conmon_names_its_container),
		cmocka_unit_test(shim_names_its_namespace),
		cmocka_unit_test(pasta_ports),
		cmocka_unit_test(pasta_of_everything_is_bounded),
		cmocka_unit_test(slirp_serves_a_process),
		cmocka_unit_test(others_are_none),
		cmocka_unit_test(names),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
