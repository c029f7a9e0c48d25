/*
 * One table for the names that container runtimes and systemd give to cgroups. A path is walked
 * from the left: the first component that matches is the host's container, what follows is inside
 * it (kind, docker in docker, systemd in a container).
 */
#include "kernel/cgroups.h"

#include <string.h>

#define DEPTH_MAX 64
/* docker and its kin use 64 hex digits, some cut them; fewer than 12 are no id. */
#define ID_MIN 12
#define ID_FULL 64

enum what {
	IS_ID,	    /* hex digits */
	IS_NAME,    /* anything */
	IS_ESCAPED, /* a name with \xNN as systemd-escape writes it */
	IS_NUMBER   /* a name of digits */
};

/*
 * prefix NAME suffix. `above`: the component before, `top`: the one before that; NULL = any, ""
 * = there is none. The first row that fits wins.
 */
struct pattern {
	const char *prefix, *suffix, *above, *top;
	const char *runtime;
	enum what what;
	bool monitor;
};

static const struct pattern patterns[] = {
	{"docker-", ".scope", NULL, NULL, "docker", IS_ID, false},
	{"", "", "docker", NULL, "docker", IS_ID, false},
	{"libpod-conmon-", ".scope", NULL, NULL, "podman", IS_ID, true},
	{"libpod-conmon-", "", NULL, NULL, "podman", IS_ID, true},
	{"libpod-payload-", "", NULL, NULL, "podman", IS_ID, false},
	{"libpod-", ".scope", NULL, NULL, "podman", IS_ID, false},
	{"libpod-", "", NULL, NULL, "podman", IS_ID, false},
	{"cri-containerd-", ".scope", NULL, NULL, "containerd", IS_ID, false},
	{"nerdctl-", ".scope", NULL, NULL, "containerd", IS_ID, false},
	{"crio-conmon-", ".scope", NULL, NULL, "cri-o", IS_ID, true},
	{"crio-conmon-", "", NULL, NULL, "cri-o", IS_ID, true},
	{"crio-", ".scope", NULL, NULL, "cri-o", IS_ID, false},
	{"crio-", "", NULL, NULL, "cri-o", IS_ID, false},
	{"", "", "k8s.io", "", "containerd", IS_ID, false},
	{"", "", "default", "", "containerd", IS_NAME, false},
	{"machine-qemu\\x2d", ".scope", NULL, NULL, "libvirt", IS_ESCAPED, false},
	{"machine-lxc\\x2d", ".scope", NULL, NULL, "libvirt-lxc", IS_ESCAPED, false},
	{"machine-", ".scope", NULL, NULL, "nspawn", IS_ESCAPED, false},
	{"systemd-nspawn@", ".service", NULL, NULL, "nspawn", IS_ESCAPED, false},
	{"lxc.payload.", "", NULL, NULL, "lxc", IS_NAME, false},
	{"lxc.monitor.", "", NULL, NULL, "lxc", IS_NAME, true},
	{"", "", "lxc", "libvirt", "libvirt-lxc", IS_NAME, false},
	{"", "", "qemu", "libvirt", "libvirt", IS_NAME, false},
	{"", ".libvirt-lxc", NULL, NULL, "libvirt-lxc", IS_NAME, false},
	{"", ".libvirt-qemu", NULL, NULL, "libvirt", IS_NAME, false},
	{"", "", "lxc", NULL, "proxmox", IS_NUMBER, false},
	{"", "", "lxc", NULL, "lxc", IS_NAME, false},
	{"", ".scope", "qemu.slice", NULL, "proxmox", IS_NUMBER, false},
	{"", "", NULL, "ecs", "ecs", IS_NAME, false},
	{"bpm-", ".scope", NULL, NULL, "bpm", IS_NAME, false},
};

/* "slice:RUNTIME:ID": a node whose kubelet speaks systemd and whose runtime does not. */
static const struct {
	const char *word, *runtime;
} colon_names[] = {
	{"cri-containerd", "containerd"},
	{"docker", "docker"},
	{"libpod", "podman"},
	{"crio", "cri-o"},
	{"nerdctl", "containerd"},
};

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){s, (uint32_t)strlen(s)};
}

static bool equals(struct bytes b, const char *s)
{
	return b.len == strlen(s) && memcmp(b.ptr, s, b.len) == 0;
}

static bool starts_with(struct bytes b, const char *s)
{
	return b.len >= strlen(s) && memcmp(b.ptr, s, strlen(s)) == 0;
}

static bool ends_with(struct bytes b, const char *s)
{
	size_t n = strlen(s);

	return b.len >= n && memcmp(b.ptr + b.len - n, s, n) == 0;
}

static bool is_hex_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_hex(struct bytes b, uint32_t least)
{
	for (uint32_t i = 0; i < b.len; i++)
		if (!is_hex_char(b.ptr[i]))
			return false;
	return b.len >= least && b.len <= ID_FULL;
}

static bool is_number(struct bytes b)
{
	for (uint32_t i = 0; i < b.len; i++)
		if (b.ptr[i] < '0' || b.ptr[i] > '9')
			return false;
	return b.len > 0;
}

/* ---- /proc/PID/cgroup ---- */

static bool has_word(const char *list, const char *end, const char *word)
{
	size_t len = strlen(word);

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - list) == len && memcmp(list, word, len) == 0)
			return true;
		list = stop + 1;
	}
	return false;
}

/* "N:CONTROLLERS:PATH": the path when CONTROLLERS has the word ("" = the v2 line). */
static bool line_path(const char *line, const char *eol, const char *word, struct bytes *ret_path)
{
	const char *first = memchr(line, ':', (size_t)(eol - line));
	const char *second = first ? memchr(first + 1, ':', (size_t)(eol - first - 1)) : NULL;

	if (!second)
		return false;
	if (*word ? !has_word(first + 1, second, word) : second != first + 1)
		return false;
	*ret_path = (struct bytes){second + 1, (uint32_t)(eol - second - 1)};
	return true;
}

static struct bytes find_line(const char *text, size_t len, const char *word)
{
	const char *end = text + len;
	struct bytes path = {0};

	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol)
			eol = end;
		if (line_path(line, eol, word, &path))
			break;
		line = eol + 1;
	}
	return path;
}

struct bytes cgroups_pick(const char *text, size_t len)
{
	static const char *const words[] = {"", "name=systemd", "memory", "pids"};
	struct bytes root = {0};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct bytes path = find_line(text, len, words[i]);

		if (path.ptr && !equals(path, "/"))
			return path;
		if (path.ptr && !root.ptr)
			root = path;
	}
	return root;
}

/* ---- the path ---- */

static size_t split(struct bytes path, struct bytes parts[DEPTH_MAX])
{
	const char *p = path.ptr, *end = path.ptr + path.len;
	size_t n = 0;

	while (p < end && n < DEPTH_MAX) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		const char *stop = slash ? slash : end;

		if (stop > p)
			parts[n++] = (struct bytes){p, (uint32_t)(stop - p)};
		p = stop + 1;
	}
	return n;
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes systemd-escape into store; a text that does not fit stays as it is. */
static struct bytes unescape(struct bytes name, char store[CGROUPS_NAME_MAX])
{
	uint32_t n = 0;

	if (name.len > CGROUPS_NAME_MAX)
		return name;
	for (uint32_t i = 0; i < name.len; i++) {
		const char *p = name.ptr + i;
		bool escaped = i + 3 < name.len && p[0] == '\\' && p[1] == 'x' &&
			       hex_value(p[2]) >= 0 && hex_value(p[3]) >= 0;

		store[n++] = escaped ? (char)(hex_value(p[2]) * 16 + hex_value(p[3])) : p[0];
		i += escaped ? 3 : 0;
	}
	return (struct bytes){store, n};
}

/* libvirt puts a running number before the name: "12-web". */
static struct bytes skip_number(struct bytes name)
{
	const char *dash = memchr(name.ptr, '-', name.len);
	struct bytes head = {name.ptr, dash ? (uint32_t)(dash - name.ptr) : 0};

	if (!is_number(head) || head.len + 1 == name.len)
		return name;
	return (struct bytes){dash + 1, name.len - head.len - 1};
}

static bool fits(const struct pattern *pattern, struct bytes name)
{
	switch (pattern->what) {
	case IS_ID:
		return is_hex(name, *pattern->prefix ? ID_MIN : ID_FULL);
	case IS_NUMBER:
		return is_number(name);
	default:
		return name.len > 0;
	}
}

static bool is_at(const struct bytes *parts, size_t i, size_t back, const char *wanted)
{
	if (!wanted)
		return true;
	if (i < back)
		return !*wanted;
	return equals(parts[i - back], wanted);
}

static bool match(const struct pattern *pattern, const struct bytes *parts, size_t i,
		  struct bytes *ret_name)
{
	struct bytes part = parts[i];
	uint32_t affixes = (uint32_t)(strlen(pattern->prefix) + strlen(pattern->suffix));

	if (part.len <= affixes || !starts_with(part, pattern->prefix) ||
	    !ends_with(part, pattern->suffix) || !is_at(parts, i, 1, pattern->above) ||
	    !is_at(parts, i, 2, pattern->top))
		return false;
	*ret_name = (struct bytes){part.ptr + strlen(pattern->prefix), part.len - affixes};
	return fits(pattern, *ret_name);
}

static void take(const struct pattern *pattern, struct bytes name, struct cgroup_facts *facts)
{
	facts->runtime = bytes_of(pattern->runtime);
	facts->monitor = pattern->monitor;
	if (pattern->what == IS_ID) {
		facts->id = name;
		return;
	}
	if (pattern->what == IS_ESCAPED)
		name = unescape(name, facts->store[0]);
	if (starts_with(facts->runtime, "libvirt") && pattern->what == IS_ESCAPED)
		name = skip_number(name);
	if (pattern->top && !strcmp(pattern->top, "ecs"))
		facts->id = name;
	else
		facts->name = name;
}

static bool match_colons(struct bytes part, struct cgroup_facts *facts)
{
	const char *last = memrchr(part.ptr, ':', part.len);
	struct bytes head, id;

	if (!last)
		return false;
	head = (struct bytes){part.ptr, (uint32_t)(last - part.ptr)};
	id = (struct bytes){last + 1, part.len - head.len - 1};
	for (size_t i = 0; i < sizeof(colon_names) / sizeof(colon_names[0]); i++) {
		const char *word = colon_names[i].word;

		if (!is_hex(id, ID_MIN) || head.len <= strlen(word) || !ends_with(head, word) ||
		    head.ptr[head.len - strlen(word) - 1] != ':')
			continue;
		facts->runtime = bytes_of(colon_names[i].runtime);
		facts->id = id;
		return true;
	}
	return false;
}

/* ---- kubelet's pods ---- */

static bool is_uid(struct bytes b)
{
	for (uint32_t i = 0; i < b.len; i++)
		if (!is_hex_char(b.ptr[i]) && b.ptr[i] != '-' && b.ptr[i] != '_')
			return false;
	return b.len >= 32 && b.len <= 36;
}

/* "podUID" below kubepods, or "...kubepods...-podUID.slice" (also before ":"), '-' written '_'. */
static void find_pod(const struct bytes *parts, size_t i, struct cgroup_facts *facts)
{
	struct bytes part = parts[i], uid = {0};
	const char *slice = memmem(part.ptr, part.len, ".slice", 6);
	const char *dash = memmem(part.ptr, part.len, "-pod", 4);

	if (slice && dash && dash < slice && memmem(part.ptr, part.len, "kubepods", 8))
		uid = (struct bytes){dash + 4, (uint32_t)(slice - dash - 4)};
	else if (starts_with(part, "pod") && i > 0 &&
		 (equals(parts[i - 1], "kubepods") || equals(parts[i - 1], "burstable") ||
		  equals(parts[i - 1], "besteffort")))
		uid = (struct bytes){part.ptr + 3, part.len - 3};
	if (!uid.ptr || !is_uid(uid))
		return;
	for (uint32_t j = 0; j < uid.len; j++)
		facts->store[1][j] = uid.ptr[j] == '_' ? '-' : uid.ptr[j];
	facts->pod_uid = (struct bytes){facts->store[1], uid.len};
}

/* ---- the walk ---- */

static bool is_unit(struct bytes part)
{
	static const char *const kinds[] = {".service", ".scope", ".socket", ".mount", ".swap"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (part.len > strlen(kinds[i]) && ends_with(part, kinds[i]))
			return true;
	return false;
}

static bool is_container(const struct bytes *parts, size_t i, struct cgroup_facts *facts)
{
	struct bytes name;

	for (size_t j = 0; j < sizeof(patterns) / sizeof(patterns[0]); j++) {
		if (!match(&patterns[j], parts, i, &name))
			continue;
		take(&patterns[j], name, facts);
		return true;
	}
	if (match_colons(parts[i], facts))
		return true;
	if (!is_hex(parts[i], ID_FULL))
		return false;
	facts->runtime = bytes_of("container");
	facts->id = parts[i];
	return true;
}

void cgroups_parse(struct bytes path, struct cgroup_facts *ret_facts)
{
	struct bytes parts[DEPTH_MAX];
	size_t n = path.ptr ? split(path, parts) : 0;

	*ret_facts = (struct cgroup_facts){0};
	for (size_t i = 0; i < n; i++) {
		find_pod(parts, i, ret_facts);
		if (is_unit(parts[i]))
			ret_facts->unit = parts[i];
		if (is_container(parts, i, ret_facts))
			return;
	}
}
