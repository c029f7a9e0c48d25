#include "kernel/socket_units.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/vec.h"

#define FILE_MAX (64 << 10)
#define UNITS_MAX 4096

/* The first directory that has a name decides (systemd.unit(5), UNIT FILE LOAD PATH). */
static const char *const directories[] = {
	"etc/systemd/system.control", "run/systemd/system.control",
	"run/systemd/transient",      "run/systemd/generator.early",
	"etc/systemd/system",	      "run/systemd/system",
	"run/systemd/generator",      "usr/local/lib/systemd/system",
	"usr/lib/systemd/system",     "lib/systemd/system",
	"run/systemd/generator.late", "etc/systemd/user",
	"run/systemd/user",	      "usr/lib/systemd/user",
};

struct finder {
	int root_fd;
	bool udp;
	const struct netaddr *addr;
	uint16_t port;
	struct arena *arena;
	VEC(struct why_unit) found;
	VEC(char *) names; /* seen in an earlier directory */
};

/* What the files of one unit say. */
struct unit {
	struct finder *finder;
	struct strbuf listen; /* of the matching directive, empty = none */
	struct strbuf service;
	bool accept;
};

int socket_units_parse_listen(const char *text, size_t len, struct netaddr *ret_addr,
			      uint16_t *ret_port)
{
	const char *colon = memrchr(text, ':', len), *port = colon ? colon + 1 : text;
	size_t n = len - (size_t)(port - text), digits = 0;
	uint32_t value = 0;

	memset(ret_addr, 0, sizeof(*ret_addr));
	while (digits < n && isdigit((unsigned char)port[digits]) && value <= 65535)
		value = value * 10 + (uint32_t)(port[digits++] - '0');
	if (!digits || !value || value > 65535 || (digits < n && port[digits] != '%'))
		return -EINVAL;
	*ret_port = (uint16_t)value;
	if (!colon)
		return digits == n ? 0 : -EINVAL;
	return netaddr_parse(text, (size_t)(colon - text), ret_addr, NULL, NULL);
}

static bool listens_here(const struct finder *f, const char *value, size_t len)
{
	struct netaddr addr;
	uint16_t port;

	if (socket_units_parse_listen(value, len, &addr, &port) || port != f->port)
		return false;
	return !f->addr->family || netaddr_is_any(f->addr) || netaddr_is_any(&addr) ||
	       !netaddr_compare(f->addr, &addr);
}

static void set_text(struct strbuf *to, const char *text, size_t len)
{
	strbuf_reset(to);
	strbuf_add(to, text, len);
}

static bool key_is(const char *line, size_t len, const char *key)
{
	return len == strlen(key) && !memcmp(line, key, len);
}

static void see_directive(struct unit *u, const char *key, size_t key_len, const char *value,
			  size_t len)
{
	if (key_is(key, key_len, u->finder->udp ? "ListenDatagram" : "ListenStream")) {
		if (!len)
			strbuf_reset(&u->listen);
		else if (listens_here(u->finder, value, len))
			set_text(&u->listen, value, len);
	} else if (key_is(key, key_len, "Service")) {
		set_text(&u->service, value, len);
	} else if (key_is(key, key_len, "Accept")) {
		u->accept =
			len && strchr("1yYtToO", *value) && !(len > 1 && (value[1] | 32) == 'f');
	}
}

static void trim(const char **text, size_t *len)
{
	while (*len && isspace((unsigned char)**text))
		(*text)++, (*len)--;
	while (*len && isspace((unsigned char)(*text)[*len - 1]))
		(*len)--;
}

static void see_text(struct unit *u, const char *text, size_t size)
{
	bool in_socket = false;

	while (size) {
		const char *end = memchr(text, '\n', size), *line = text, *equals;
		size_t len = end ? (size_t)(end - text) : size, taken = len + (end != NULL);

		text += taken;
		size -= taken;
		trim(&line, &len);
		equals = memchr(line, '=', len);
		if (!len || *line == '#' || *line == ';')
			continue;
		if (*line == '[') {
			in_socket = key_is(line, len, "[Socket]");
		} else if (in_socket && equals) {
			const char *key = line, *value = equals + 1;
			size_t key_len = (size_t)(equals - line), value_len = len - key_len - 1;

			trim(&key, &key_len);
			trim(&value, &value_len);
			see_directive(u, key, key_len, value, value_len);
		}
	}
}

/* Regular files only: opening one of another kind could block. */
static bool see_file(struct unit *u, int dir_fd, const char *name)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	auto_free char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return false;
	text = xmalloc((size_t)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	if (n > 0)
		see_text(u, text, (size_t)n);
	return n > 0;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void see_dropin_dir(struct unit *u, const char *path)
{
	struct dirent **list;
	int n = scandirat(u->finder->root_fd, path, &list, NULL, by_name);
	struct strbuf file;

	strbuf_init(&file, 0);
	for (int i = 0; i < n; i++) {
		if (has_suffix(list[i]->d_name, ".conf")) {
			strbuf_reset(&file);
			strbuf_addf(&file, "%s/%s", path, list[i]->d_name);
			see_file(u, u->finder->root_fd, strbuf_str(&file));
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	strbuf_done(&file);
}

/* The least important first, so that the last word is the one that counts. */
static void see_dropins(struct unit *u, const char *name)
{
	struct strbuf path;

	strbuf_init(&path, 0);
	for (size_t i = sizeof(directories) / sizeof(directories[0]); i-- > 0;) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s.d", directories[i], name);
		see_dropin_dir(u, strbuf_str(&path));
	}
	strbuf_done(&path);
}

static struct bytes keep(struct arena *arena, const char *text, size_t len)
{
	return (struct bytes){arena_strndup(arena, text, len), (uint32_t)len};
}

static void add_unit(struct unit *u, const char *directory, const char *name)
{
	struct arena *arena = u->finder->arena;
	struct why_unit unit = {.socket = keep(arena, name, strlen(name))};
	struct strbuf text;

	strbuf_init(&text, 0);
	strbuf_addf(&text, "/%s/%s", directory, name);
	unit.path = keep(arena, strbuf_str(&text), text.len);
	unit.listen = keep(arena, strbuf_str(&u->listen), u->listen.len);
	if (!u->service.len)
		strbuf_addf(&u->service, "%.*s%s.service", (int)(strlen(name) - strlen(".socket")),
			    name, u->accept ? "@" : "");
	unit.service = keep(arena, strbuf_str(&u->service), u->service.len);
	strbuf_done(&text);
	vec_push(&u->finder->found, unit);
}

static void see_unit(struct finder *f, const char *directory, const char *name)
{
	struct unit u = {.finder = f};
	struct strbuf path;

	strbuf_init(&u.listen, 0);
	strbuf_init(&u.service, 0);
	strbuf_init(&path, 0);
	strbuf_addf(&path, "%s/%s", directory, name);
	if (see_file(&u, f->root_fd, strbuf_str(&path))) {
		see_dropins(&u, name);
		if (u.listen.len)
			add_unit(&u, directory, name);
	}
	strbuf_done(&u.listen);
	strbuf_done(&u.service);
	strbuf_done(&path);
}

static bool seen_before(struct finder *f, const char *name)
{
	for (size_t i = 0; i < f->names.len; i++)
		if (!strcmp(f->names.data[i], name))
			return true;
	vec_push(&f->names, xstrdup(name));
	return false;
}

static void see_directory(struct finder *f, const char *directory)
{
	int fd = openat(f->root_fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) && f->names.len < UNITS_MAX)
		if (has_suffix(entry->d_name, ".socket") && !seen_before(f, entry->d_name))
			see_unit(f, directory, entry->d_name);
	closedir(dir);
}

void socket_units_find(int root_fd, bool udp, const struct netaddr *addr, uint16_t port,
		       struct arena *arena, const struct why_unit **ret, uint32_t *ret_n)
{
	struct finder f = {
		.root_fd = root_fd, .udp = udp, .addr = addr, .port = port, .arena = arena};
	struct why_unit *copy;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		see_directory(&f, directories[i]);
	copy = arena_alloc(arena, f.found.len * sizeof(*copy));
	if (f.found.len)
		memcpy(copy, f.found.data, f.found.len * sizeof(*copy));
	*ret = copy;
	*ret_n = (uint32_t)f.found.len;
	for (size_t i = 0; i < f.names.len; i++)
		free(f.names.data[i]);
	vec_done(&f.names);
	vec_done(&f.found);
}
