#include "kernel/forwarders.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Arguments looked at; a forwarder with more is not one that we know. */
#define ARGS_MAX 512

struct args {
	struct bytes v[ARGS_MAX];
	size_t n;
};

static const struct {
	const char *name;
	enum forwarder_kind kind;
} programs[] = {
	{"docker-proxy", FORWARDER_DOCKER_PROXY},
	{"dockerd", FORWARDER_DOCKERD},
	{"conmon", FORWARDER_CONMON},
	{"rootlessport", FORWARDER_ROOTLESSPORT},
	{"containers-rootlessport", FORWARDER_ROOTLESSPORT},
	{"rootlesskit", FORWARDER_ROOTLESSKIT},
	{"pasta", FORWARDER_PASTA},
	{"pasta.avx2", FORWARDER_PASTA},
	{"slirp4netns", FORWARDER_SLIRP4NETNS},
	{"containerd-shim-runc-v2", FORWARDER_SHIM},
	{"containerd-shim", FORWARDER_SHIM},
	{"gvproxy", FORWARDER_GVPROXY},
	{"kube-proxy", FORWARDER_KUBE_PROXY},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define COMM_MAX 15

static bool equals(struct bytes b, const char *s)
{
	return b.len == strlen(s) && !memcmp(b.ptr, s, b.len);
}

const char *forwarders_name(enum forwarder_kind kind)
{
	for (size_t i = 0; i < COUNT(programs); i++)
		if (programs[i].kind == kind)
			return programs[i].name;
	return "";
}

enum forwarder_kind forwarders_by_comm(struct bytes comm)
{
	for (size_t i = 0; comm.ptr && i < COUNT(programs); i++) {
		size_t len = strlen(programs[i].name);

		if (comm.len == (len < COMM_MAX ? len : COMM_MAX) &&
		    !memcmp(comm.ptr, programs[i].name, comm.len))
			return programs[i].kind;
	}
	return FORWARDER_NONE;
}

/* ---- arguments ---- */

static void split(struct bytes cmdline, struct args *args)
{
	const char *p = cmdline.ptr, *end = p + cmdline.len;

	args->n = 0;
	while (p < end && args->n < ARGS_MAX) {
		const char *nul = memchr(p, '\0', (size_t)(end - p));

		if (!nul)
			nul = end;
		args->v[args->n++] = (struct bytes){p, (uint32_t)(nul - p)};
		p = nul + 1;
	}
}

static enum forwarder_kind program(struct bytes arg)
{
	const char *slash = arg.len ? memrchr(arg.ptr, '/', arg.len) : NULL;

	if (slash) {
		arg.len -= (uint32_t)(slash + 1 - arg.ptr);
		arg.ptr = slash + 1;
	}
	for (size_t i = 0; i < COUNT(programs); i++)
		if (equals(arg, programs[i].name))
			return programs[i].kind;
	return FORWARDER_NONE;
}

/* rootless docker starts its proxy as "nsenter -nPATH -F -- docker-proxy ..." */
static size_t skip_nsenter(const struct args *args)
{
	if (!args->n || args->v[0].len < 7 ||
	    memcmp(args->v[0].ptr + args->v[0].len - 7, "nsenter", 7))
		return 0;
	for (size_t i = 1; i < args->n; i++)
		if (equals(args->v[i], "--"))
			return i + 1;
	return 0;
}

/* The value of -NAME, --NAME, -NAME=V or "-NAME V" at position *i; moves *i over a value of its
 * own. */
static bool option(const struct args *args, size_t *i, const char *name, struct bytes *ret_value)
{
	struct bytes arg = args->v[*i];
	size_t len = strlen(name);

	while (arg.len && *arg.ptr == '-' && arg.ptr < args->v[*i].ptr + 2) {
		arg.ptr++;
		arg.len--;
	}
	if (arg.ptr == args->v[*i].ptr || arg.len < len || memcmp(arg.ptr, name, len))
		return false;
	if (arg.len > len && arg.ptr[len] == '=') {
		*ret_value = (struct bytes){arg.ptr + len + 1, arg.len - (uint32_t)len - 1};
		return true;
	}
	if (arg.len > len || *i + 1 >= args->n)
		return false;
	*ret_value = args->v[++*i];
	return true;
}

static bool number(struct bytes text, uint32_t max, uint32_t *ret_number)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > max / 10)
			return false;
		n = n * 10 + (uint32_t)(text.ptr[i] - '0');
	}
	*ret_number = n;
	return text.len && n <= max;
}

static bool port(struct bytes text, uint16_t *ret_port)
{
	uint32_t n;

	if (!number(text, UINT16_MAX, &n) || !n)
		return false;
	*ret_port = (uint16_t)n;
	return true;
}

/* ---- docker-proxy ---- */

static bool parse_proto(struct bytes text, uint8_t *ret_proto)
{
	if (equals(text, "tcp"))
		*ret_proto = PROTO_TCP;
	else if (equals(text, "udp"))
		*ret_proto = PROTO_UDP;
	else if (equals(text, "sctp"))
		*ret_proto = PROTO_SCTP;
	else
		return false;
	return true;
}

static void parse_docker_proxy(const struct args *args, size_t i, struct forwarder *f)
{
	struct publish_rec pub = {.proto = PROTO_TCP};
	struct bytes value;
	bool ok = true;

	for (; i < args->n; i++) {
		if (option(args, &i, "proto", &value))
			ok &= parse_proto(value, &pub.proto);
		else if (option(args, &i, "host-ip", &value))
			ok &= !netaddr_parse(value.ptr, value.len, &pub.host_addr, NULL, NULL);
		else if (option(args, &i, "container-ip", &value))
			ok &= !netaddr_parse(value.ptr, value.len, &pub.container_addr, NULL, NULL);
		else if (option(args, &i, "host-port", &value))
			ok &= port(value, &pub.host_port);
		else if (option(args, &i, "container-port", &value))
			ok &= port(value, &pub.container_port);
	}
	if (ok && pub.host_port && pub.container_port)
		f->ports[f->n_ports++] = pub;
}

/* ---- pasta: -t [ADDR[%IF]/]PORT[-PORT][:PORT[-PORT]][,...], -u the same for UDP ---- */

/* First and last port of "80" or "80-90". */
static bool range(struct bytes text, uint16_t ret_range[2])
{
	const char *dash = text.len ? memchr(text.ptr, '-', text.len) : NULL;
	uint32_t len = dash ? (uint32_t)(dash - text.ptr) : text.len;

	if (!port((struct bytes){text.ptr, len}, &ret_range[0]))
		return false;
	ret_range[1] = ret_range[0];
	return (!dash || port((struct bytes){dash + 1, text.len - len - 1}, &ret_range[1])) &&
	       ret_range[1] >= ret_range[0];
}

static void add_range(struct forwarder *f, uint8_t proto, const struct netaddr *addr,
		      struct bytes spec)
{
	const char *colon = spec.len ? memchr(spec.ptr, ':', spec.len) : NULL;
	struct bytes host = {spec.ptr, colon ? (uint32_t)(colon - spec.ptr) : spec.len};
	uint16_t from[2], to[2];

	if (!range(host, from))
		return;
	memcpy(to, from, sizeof(to));
	if (colon && (!range((struct bytes){colon + 1, spec.len - host.len - 1}, to) ||
		      to[1] - to[0] != from[1] - from[0]))
		return;
	for (uint32_t k = 0; k <= (uint32_t)(from[1] - from[0]); k++) {
		struct publish_rec pub = {
			.host_addr = *addr,
			.host_port = (uint16_t)(from[0] + k),
			.container_port = (uint16_t)(to[0] + k),
			.proto = proto,
		};

		if (f->n_ports < FORWARDER_PORTS_MAX)
			f->ports[f->n_ports++] = pub;
	}
}

static void add_pasta_ports(struct forwarder *f, uint8_t proto, struct bytes spec)
{
	const char *slash = spec.len ? memchr(spec.ptr, '/', spec.len) : NULL;
	struct netaddr addr = {0};
	const char *zone;
	size_t zone_len;

	if (slash) {
		uint32_t len = (uint32_t)(slash - spec.ptr);
		const char *percent = memchr(spec.ptr, '%', len);

		if (percent != spec.ptr &&
		    netaddr_parse(spec.ptr, percent ? (size_t)(percent - spec.ptr) : len, &addr,
				  &zone, &zone_len) < 0)
			return;
		spec = (struct bytes){slash + 1, spec.len - len - 1};
	}
	while (spec.len) {
		const char *comma = memchr(spec.ptr, ',', spec.len);
		uint32_t len = comma ? (uint32_t)(comma - spec.ptr) : spec.len;

		add_range(f, proto, &addr, (struct bytes){spec.ptr, len});
		spec.ptr += len + !!comma;
		spec.len -= len + !!comma;
	}
}

static void parse_pasta(const struct args *args, size_t i, struct forwarder *f)
{
	struct bytes value;

	for (; i < args->n; i++) {
		if (option(args, &i, "tcp-ports", &value) || option(args, &i, "t", &value))
			add_pasta_ports(f, PROTO_TCP, value);
		else if (option(args, &i, "udp-ports", &value) || option(args, &i, "u", &value))
			add_pasta_ports(f, PROTO_UDP, value);
		else if (option(args, &i, "netns", &value))
			f->netns = value;
		else if (i + 1 == args->n)
			number(args->v[i], UINT32_MAX / 2, &f->netns_pid);
	}
}

/* ---- the rest ---- */

static void parse_conmon(const struct args *args, size_t i, struct forwarder *f)
{
	struct bytes value;

	for (; i < args->n; i++) {
		if (option(args, &i, "c", &value) || option(args, &i, "cid", &value))
			f->id = value;
		else if (option(args, &i, "n", &value) || option(args, &i, "name", &value))
			f->name = value;
	}
}

static void parse_shim(const struct args *args, size_t i, struct forwarder *f)
{
	struct bytes value;

	for (; i < args->n; i++) {
		if (option(args, &i, "id", &value))
			f->id = value;
		else if (option(args, &i, "namespace", &value))
			f->k8s_namespace = value;
	}
}

/* slirp4netns [OPTION]... PID [TAPNAME] */
static void parse_slirp(const struct args *args, size_t i, struct forwarder *f)
{
	for (; i < args->n; i++)
		if (number(args->v[i], UINT32_MAX / 2, &f->netns_pid) &&
		    args->v[i - 1].ptr[0] != '-')
			return;
}

enum forwarder_kind forwarders_parse(struct bytes cmdline, struct forwarder *ret_forwarder)
{
	struct args args;
	size_t first;

	memset(ret_forwarder, 0, offsetof(struct forwarder, ports));
	if (!cmdline.ptr || !cmdline.len)
		return FORWARDER_NONE;
	split(cmdline, &args);
	first = skip_nsenter(&args);
	if (first >= args.n)
		return FORWARDER_NONE;
	ret_forwarder->kind = (uint8_t)program(args.v[first]);
	if (ret_forwarder->kind == FORWARDER_DOCKER_PROXY)
		parse_docker_proxy(&args, first + 1, ret_forwarder);
	else if (ret_forwarder->kind == FORWARDER_PASTA)
		parse_pasta(&args, first + 1, ret_forwarder);
	else if (ret_forwarder->kind == FORWARDER_CONMON)
		parse_conmon(&args, first + 1, ret_forwarder);
	else if (ret_forwarder->kind == FORWARDER_SHIM)
		parse_shim(&args, first + 1, ret_forwarder);
	else if (ret_forwarder->kind == FORWARDER_SLIRP4NETNS)
		parse_slirp(&args, first + 1, ret_forwarder);
	return (enum forwarder_kind)ret_forwarder->kind;
}
