/* JSON of the runtimes (jansson, in the helper process) into records. */
#include "kernel/runtime_json.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/vec.h"

#define PORTS_MAX 1024
#define ADDRS_MAX 64

/* Nesting outside of strings: jansson's own limit is 2048. */
static bool too_deep(const char *json, size_t len)
{
	unsigned depth = 0;
	bool text = false;

	for (size_t i = 0; i < len; i++) {
		char c = json[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && (c == '[' || c == '{'))
			depth++;
		else if (!text && (c == ']' || c == '}') && depth)
			depth--;
		if (depth > RUNTIME_NESTING_MAX)
			return true;
	}
	return false;
}

int runtime_json_load(const char *json, size_t len, json_t **ret_root)
{
	if (too_deep(json, len))
		return -E2BIG;
	*ret_root = json_loadb(json, len, JSON_ALLOW_NUL, NULL);
	return *ret_root ? 0 : -EBADMSG;
}

struct bytes runtime_json_text(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);
	size_t len = json_string_length(value);

	if (!json_is_string(value) || !len || len > UINT32_MAX)
		return (struct bytes){0};
	return (struct bytes){json_string_value(value), (uint32_t)len};
}

void runtime_json_labels(const json_t *labels, struct container_rec *rec)
{
	struct bytes pod = runtime_json_text(labels, "io.kubernetes.pod.name");
	struct bytes name = runtime_json_text(labels, "io.kubernetes.container.name");

	if (!pod.ptr)
		return;
	rec->pod = pod;
	rec->k8s_namespace = runtime_json_text(labels, "io.kubernetes.pod.namespace");
	if (name.ptr)
		rec->name = name;
}

bool runtime_json_proto(struct bytes text, uint8_t *ret_proto)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} protos[] = {{"tcp", PROTO_TCP}, {"udp", PROTO_UDP}, {"sctp", PROTO_SCTP}};

	for (size_t i = 0; text.ptr && i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (text.len != strlen(protos[i].name) ||
		    memcmp(text.ptr, protos[i].name, text.len))
			continue;
		*ret_proto = protos[i].proto;
		return true;
	}
	return false;
}

struct netaddr runtime_json_addr(struct bytes text)
{
	struct netaddr addr;

	if (!text.ptr || netaddr_parse(text.ptr, text.len, &addr, NULL, NULL) < 0)
		memset(&addr, 0, sizeof(addr));
	return addr;
}

/* ---- GET /containers/json ---- */

struct building {
	struct runtime_container c;
	VEC(struct publish_rec) ports;
	VEC(struct netaddr) addrs;
};

static void add_addr(struct building *b, struct bytes text)
{
	struct netaddr addr = runtime_json_addr(text);

	if (addr.family && b->addrs.len < ADDRS_MAX)
		vec_push(&b->addrs, addr);
}

static void take_networks(struct building *b, json_t *item)
{
	json_t *networks = json_object_get(json_object_get(item, "NetworkSettings"), "Networks");
	const char *key;
	json_t *net;

	json_object_foreach(networks, key, net)
	{
		add_addr(b, runtime_json_text(net, "IPAddress"));
		add_addr(b, runtime_json_text(net, "GlobalIPv6Address"));
	}
}

/* Where a port of the host leads: of the host address' family if the container has one such. */
static struct netaddr inner_addr(const struct building *b, uint8_t family)
{
	struct netaddr any = {0};

	for (size_t i = 0; i < b->addrs.len; i++) {
		if (b->addrs.data[i].family == family)
			return b->addrs.data[i];
		if (!any.family)
			any = b->addrs.data[i];
	}
	return any;
}

static bool json_port(const json_t *obj, const char *key, uint16_t *ret_port)
{
	const json_t *value = json_object_get(obj, key);
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)n;
	return true;
}

static void take_ports(struct building *b, const json_t *ports)
{
	for (size_t i = 0; i < json_array_size(ports) && b->ports.len < PORTS_MAX; i++) {
		const json_t *port = json_array_get(ports, i);
		struct publish_rec pub = {0};

		if (!json_port(port, "PublicPort", &pub.host_port) ||
		    !json_port(port, "PrivatePort", &pub.container_port) ||
		    !runtime_json_proto(runtime_json_text(port, "Type"), &pub.proto))
			continue;
		pub.host_addr = runtime_json_addr(runtime_json_text(port, "IP"));
		pub.container_addr = inner_addr(b, pub.host_addr.family);
		vec_push(&b->ports, pub);
	}
}

/* "/web"; links add names of the form "/other/alias". */
static struct bytes first_name(const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const json_t *name = json_array_get(names, i);
		const char *text = json_string_value(name);
		size_t len = json_string_length(name);

		if (!text || !len || len > UINT32_MAX)
			continue;
		if (*text == '/') {
			text++;
			len--;
		}
		if (len && !memchr(text, '/', len))
			return (struct bytes){text, (uint32_t)len};
	}
	return (struct bytes){0};
}

static bool is_id(struct bytes id)
{
	for (uint32_t i = 0; i < id.len; i++)
		if (!strchr("0123456789abcdef", id.ptr[i]) || !id.ptr[i])
			return false;
	return id.ptr && id.len >= 12 && id.len <= 64;
}

static void pack_item(json_t *item, const char *runtime, struct strbuf *out)
{
	struct building b = {0};
	struct container_rec *rec = &b.c.rec;

	rec->id = runtime_json_text(item, "Id");
	if (!is_id(rec->id))
		return;
	rec->runtime = (struct bytes){runtime, (uint32_t)strlen(runtime)};
	rec->name = first_name(json_object_get(item, "Names"));
	rec->image = runtime_json_text(item, "Image");
	rec->pod = runtime_json_text(item, "PodName");
	runtime_json_labels(json_object_get(item, "Labels"), rec);
	take_networks(&b, item);
	take_ports(&b, json_object_get(item, "Ports"));
	b.c.published = b.ports.data;
	b.c.n_published = (uint32_t)b.ports.len;
	b.c.addrs = b.addrs.data;
	b.c.n_addrs = (uint32_t)b.addrs.len;
	runtime_pack(out, &b.c);
	vec_done(&b.ports);
	vec_done(&b.addrs);
}

int runtime_parse_list(const char *json, size_t len, const char *runtime, struct strbuf *out)
{
	json_t *root;
	int err = runtime_json_load(json, len, &root);

	if (err)
		return err;
	if (!json_is_array(root))
		err = -EBADMSG;
	for (size_t i = 0; !err && i < json_array_size(root); i++)
		pack_item(json_array_get(root, i), runtime, out);
	json_decref(root);
	return out->failed ? -EFBIG : err;
}

/* ---- CRI-O: GET /containers/ID ---- */

int runtime_parse_crio(const char *json, size_t len, struct strbuf *out)
{
	struct netaddr addrs[ADDRS_MAX];
	struct runtime_container c = {.addrs = addrs};
	json_t *root, *list;
	int err = runtime_json_load(json, len, &root);

	if (err)
		return err;
	c.rec.id = runtime_json_text(root, "id");
	c.rec.name = runtime_json_text(root, "name");
	c.rec.image = runtime_json_text(root, "image");
	c.rec.runtime = (struct bytes){"cri-o", 5};
	c.pid = (uint32_t)json_integer_value(json_object_get(root, "pid"));
	runtime_json_labels(json_object_get(root, "labels"), &c.rec);
	list = json_object_get(root, "ip_addresses");
	for (size_t i = 0; i < json_array_size(list) && c.n_addrs < ADDRS_MAX; i++) {
		const json_t *text = json_array_get(list, i);
		struct bytes bytes = {json_string_value(text), (uint32_t)json_string_length(text)};

		addrs[c.n_addrs] = runtime_json_addr(bytes);
		c.n_addrs += addrs[c.n_addrs].family != 0;
	}
	if (is_id(c.rec.id))
		runtime_pack(out, &c);
	else if (!json_is_object(root) || !c.rec.id.ptr)
		err = -EBADMSG;
	json_decref(root);
	return err;
}
