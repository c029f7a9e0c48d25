#include "kernel/container_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "kernel/runtime_json.h"

#define NAMESPACES_MAX 64
#define LOGS_MAX 100000

/* Whole regular file below root; nothing of it may be a link to elsewhere or a device that blocks.
 */
static int read_file(int root_fd, const char *path, struct strbuf *text)
{
	auto_close int fd =
		openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char buf[16384];
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	strbuf_reset(text);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		strbuf_add(text, buf, (size_t)n);
	if (n < 0)
		return -errno;
	return text->failed ? -EFBIG : 0;
}

static struct bytes static_bytes(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

/* ---- docker: config.v2.json ---- */

struct ports {
	VEC(struct publish_rec) v;
};

/* "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}] */
static void take_bindings(struct ports *ports, const char *key, const json_t *list,
			  const struct netaddr *inner)
{
	const char *slash = strchr(key, '/');
	struct publish_rec pub = {.container_addr = *inner};
	unsigned long port = strtoul(key, NULL, 10);

	if (!slash || !runtime_json_proto(static_bytes(slash + 1), &pub.proto) || !port ||
	    port > UINT16_MAX)
		return;
	pub.container_port = (uint16_t)port;
	for (size_t i = 0; i < json_array_size(list) && ports->v.len < 1024; i++) {
		const json_t *item = json_array_get(list, i);
		struct bytes text = runtime_json_text(item, "HostPort");

		port = text.ptr ? strtoul(text.ptr, NULL, 10) : 0;
		if (!port || port > UINT16_MAX)
			continue;
		pub.host_port = (uint16_t)port;
		pub.host_addr = runtime_json_addr(runtime_json_text(item, "HostIp"));
		vec_push(&ports->v, pub);
	}
}

static struct netaddr first_addr(json_t *networks)
{
	struct netaddr addr = {0};
	const char *key;
	json_t *net;

	json_object_foreach(networks, key, net)
	{
		addr = runtime_json_addr(runtime_json_text(net, "IPAddress"));
		if (addr.family)
			break;
	}
	return addr;
}

int container_files_docker(const char *json, size_t len, struct strbuf *out)
{
	struct runtime_container c = {0};
	struct ports ports = {0};
	json_t *root, *settings, *config, *list;
	struct netaddr inner;
	const char *key;
	int err = runtime_json_load(json, len, &root);

	if (err)
		return err;
	settings = json_object_get(root, "NetworkSettings");
	config = json_object_get(root, "Config");
	inner = first_addr(json_object_get(settings, "Networks"));
	json_object_foreach(json_object_get(settings, "Ports"), key, list)
		take_bindings(&ports, key, list, &inner);
	c.rec.id = runtime_json_text(root, "ID");
	c.rec.name = runtime_json_text(root, "Name");
	if (c.rec.name.len > 1 && *c.rec.name.ptr == '/')
		c.rec.name = (struct bytes){c.rec.name.ptr + 1, c.rec.name.len - 1};
	c.rec.image = runtime_json_text(config, "Image");
	c.rec.runtime = static_bytes("docker");
	runtime_json_labels(json_object_get(config, "Labels"), &c.rec);
	c.pid = (uint32_t)json_integer_value(
		json_object_get(json_object_get(root, "State"), "Pid"));
	c.addrs = inner.family ? &inner : NULL;
	c.n_addrs = inner.family != 0;
	c.published = ports.v.data;
	c.n_published = (uint32_t)ports.v.len;
	if (c.rec.id.ptr)
		runtime_pack(out, &c);
	else
		err = -EBADMSG;
	vec_done(&ports.v);
	json_decref(root);
	return err;
}

/* ---- containers/storage: containers.json of podman and CRI-O ---- */

static bool has_id(const json_t *item, const char *id)
{
	struct bytes found = runtime_json_text(item, "id");

	return found.ptr && found.len == strlen(id) && !memcmp(found.ptr, id, found.len);
}

/* "metadata" is itself JSON in a string: {"image-name":..., "name":..., "pod-name":...} */
static void take_metadata(json_t *meta, struct container_rec *rec)
{
	struct bytes image = runtime_json_text(meta, "image-name");
	struct bytes pod = runtime_json_text(meta, "pod-name");
	struct bytes name = runtime_json_text(meta, "name");

	if (image.ptr)
		rec->image = image;
	if (pod.ptr)
		rec->pod = pod;
	if (name.ptr)
		rec->name = name;
}

static void pack_stored(const json_t *item, const char *runtime, struct strbuf *out)
{
	struct runtime_container c = {.rec.runtime = static_bytes(runtime)};
	const json_t *names = json_object_get(item, "names");
	struct bytes text = runtime_json_text(item, "metadata");
	json_t *meta = NULL;

	c.rec.id = runtime_json_text(item, "id");
	if (json_is_string(json_array_get(names, 0)))
		c.rec.name = static_bytes(json_string_value(json_array_get(names, 0)));
	if (text.ptr && !runtime_json_load(text.ptr, text.len, &meta))
		take_metadata(meta, &c.rec);
	runtime_pack(out, &c);
	json_decref(meta);
}

int container_files_storage(const char *json, size_t len, const char *id, const char *runtime,
			    struct strbuf *out)
{
	json_t *root;
	int err = runtime_json_load(json, len, &root);

	if (err)
		return err;
	err = json_is_array(root) ? -ENOENT : -EBADMSG;
	for (size_t i = 0; err == -ENOENT && i < json_array_size(root); i++) {
		const json_t *item = json_array_get(root, i);

		if (!has_id(item, id))
			continue;
		pack_stored(item, runtime, out);
		err = 0;
	}
	json_decref(root);
	return err;
}

/* ---- containerd: config.json of a task ---- */

int container_files_task(const char *json, size_t len, const char *id, struct strbuf *out)
{
	struct runtime_container c = {
		.rec = {.id = static_bytes(id), .runtime = static_bytes("containerd")}};
	const json_t *notes;
	json_t *root;
	int err = runtime_json_load(json, len, &root);

	if (err)
		return err;
	notes = json_object_get(root, "annotations");
	c.rec.name = runtime_json_text(notes, "io.kubernetes.cri.container-name");
	c.rec.image = runtime_json_text(notes, "io.kubernetes.cri.image-name");
	c.rec.pod = runtime_json_text(notes, "io.kubernetes.cri.sandbox-name");
	c.rec.k8s_namespace = runtime_json_text(notes, "io.kubernetes.cri.sandbox-namespace");
	if (!c.rec.name.ptr)
		c.rec.name = runtime_json_text(notes, "nerdctl/name");
	if (c.rec.name.ptr || c.rec.pod.ptr)
		runtime_pack(out, &c);
	else
		err = -ENOENT;
	json_decref(root);
	return err;
}

/* ---- kubelet: links in /var/log/containers ---- */

int container_files_log_name(const char *name, const char *id, struct strbuf *out)
{
	struct runtime_container c = {.rec.id = static_bytes(id)};
	size_t len = strlen(name), tail = strlen(id) + 5; /* "-ID.log" */
	const char *first = strchr(name, '_');
	const char *second = first ? strchr(first + 1, '_') : NULL;

	if (len <= tail || !second || second + 1 >= name + len - tail || name[len - tail] != '-' ||
	    memcmp(name + len - tail + 1, id, strlen(id)) || strcmp(name + len - 4, ".log"))
		return -ENOENT;
	c.rec.pod = (struct bytes){name, (uint32_t)(first - name)};
	c.rec.k8s_namespace = (struct bytes){first + 1, (uint32_t)(second - first - 1)};
	c.rec.name = (struct bytes){second + 1, (uint32_t)(name + len - tail - second - 1)};
	runtime_pack(out, &c);
	return 0;
}

static int find_log(int root_fd, const char *id, struct strbuf *out)
{
	int fd = openat(root_fd, "var/log/containers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int err = fd < 0 ? -errno : -ENOENT;
	struct dirent *entry;

	for (int n = 0; dir && err == -ENOENT && n < LOGS_MAX && (entry = readdir(dir)); n++)
		err = container_files_log_name(entry->d_name, id, out);
	if (dir)
		closedir(dir);
	return err;
}

/* ---- all of them ---- */

static int find_docker(int root_fd, const char *id, struct strbuf *text, struct strbuf *out)
{
	char path[192];
	int err;

	snprintf(path, sizeof(path), "var/lib/docker/containers/%s/config.v2.json", id);
	err = read_file(root_fd, path, text);
	return err ? err : container_files_docker(strbuf_str(text), text->len, out);
}

static int find_storage(int root_fd, const char *id, struct strbuf *text, struct strbuf *out)
{
	static const char *const files[] = {
		"var/lib/containers/storage/overlay-containers/containers.json",
		"run/containers/storage/overlay-containers/volatile-containers.json",
		"var/lib/containers/storage/vfs-containers/containers.json",
		"run/containers/storage/vfs-containers/volatile-containers.json",
	};
	int best = -ENOENT;

	for (size_t i = 0; best && i < sizeof(files) / sizeof(files[0]); i++) {
		int err = read_file(root_fd, files[i], text);

		if (!err)
			err = container_files_storage(strbuf_str(text), text->len, id, "podman",
						      out);
		if (err != -ENOENT)
			best = err;
	}
	return best;
}

/* One directory for each namespace of containerd: default, k8s.io, moby ... */
static int find_task(int root_fd, const char *id, struct strbuf *text, struct strbuf *out)
{
	static const char top[] = "run/containerd/io.containerd.runtime.v2.task";
	int fd = openat(root_fd, top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int err = fd < 0 ? -errno : -ENOENT;
	struct dirent *entry;

	for (int n = 0; dir && err == -ENOENT && n < NAMESPACES_MAX && (entry = readdir(dir));
	     n++) {
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/config.json", entry->d_name, id);
		err = read_file(dirfd(dir), path, text);
		if (!err)
			err = container_files_task(strbuf_str(text), text->len, id, out);
	}
	if (dir)
		closedir(dir);
	return err;
}

int container_files_find(int root_fd, const char *id, struct strbuf *out)
{
	int (*const finders[])(int, const char *, struct strbuf *,
			       struct strbuf *) = {find_docker, find_storage, find_task};
	struct strbuf text;
	int best = -ENOENT;

	strbuf_init(&text, CONTAINER_FILES_MAX);
	for (size_t i = 0; best && i < sizeof(finders) / sizeof(finders[0]); i++) {
		int err = finders[i](root_fd, id, &text, out);

		if (err != -ENOENT)
			best = err;
	}
	strbuf_done(&text);
	if (best && find_log(root_fd, id, out) == 0)
		best = 0;
	return best;
}
