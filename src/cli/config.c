#include "cli/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sink.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "cli/newfile.h"

#define FILE_MAX ((size_t)256 << 10)
#define SYSTEM_FILE "/etc/inettop/config"
#define SYSTEM_DIRS "/etc/xdg"

void config_env(struct config_env *env, const char *file)
{
	const struct passwd *pw;

	*env = (struct config_env){
		.home = secure_getenv("HOME"),
		.xdg_home = secure_getenv("XDG_CONFIG_HOME"),
		.xdg_dirs = secure_getenv("XDG_CONFIG_DIRS"),
		.file = file ? file : secure_getenv("INETTOP_CONFIG"),
		.explicit_file = file,
		.uid = geteuid(),
		.trusted = !getauxval(AT_SECURE) && !(geteuid() == 0 && getenv("SUDO_UID")),
	};
	if (env->home && *env->home)
		return;
	pw = getpwuid(env->uid);
	env->home = pw ? pw->pw_dir : NULL;
}

/* ---- reading ---- */

struct line {
	char name[64], value[1024];
};

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

static size_t trimmed(const char *from, const char *to)
{
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (size_t)(to - from);
}

/* 1 = a setting, 0 = blank or comment, -EINVAL = neither. */
static int split_line(const char *at, const char *end, struct line *ret)
{
	const char *equals;
	size_t len;

	at = skip_blanks(at, end);
	if (at == end || *at == '#' || *at == ';')
		return 0;
	equals = memchr(at, '=', (size_t)(end - at));
	len = equals ? trimmed(at, equals) : 0;
	if (!len || len >= sizeof(ret->name) || memchr(at, '\0', (size_t)(end - at)))
		return -EINVAL;
	memcpy(ret->name, at, len);
	ret->name[len] = '\0';
	at = skip_blanks(equals + 1, end);
	len = trimmed(at, end);
	if (len >= sizeof(ret->value))
		return -EINVAL;
	memcpy(ret->value, at, len);
	ret->value[len] = '\0';
	return 1;
}

static void warn(struct strbuf *warnings, const char *where, size_t number, const char *text)
{
	struct strbuf raw;

	strbuf_init(&raw, 0);
	strbuf_addf(&raw, "%s:%zu: %s", where, number, text);
	text_clean(strbuf_str(&raw), raw.len, TEXT_UTF8, warnings);
	strbuf_addc(warnings, '\n');
	strbuf_done(&raw);
}

static void read_line(const char *at, const char *end, const char *where, size_t number,
		      bool system, config_set_fn *set, void *ctx, struct strbuf *warnings)
{
	const char *expected = "another value";
	char text[256];
	struct line line;
	int err = split_line(at, end, &line);

	if (!err)
		return;
	snprintf(text, sizeof(text), "expected NAME = VALUE");
	if (err > 0) {
		err = set(ctx, line.name, line.value, system, &expected);
		if (err == -ENOENT)
			snprintf(text, sizeof(text), "unknown setting \"%s\"", line.name);
		else
			snprintf(text, sizeof(text), "%s: expected %s", line.name, expected);
	}
	if (err < 0)
		warn(warnings, where, number, text);
}

void config_read(const char *text, size_t len, const char *where, bool system, config_set_fn *set,
		 void *ctx, struct strbuf *warnings)
{
	const char *end = text + len;
	size_t number = 0;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		read_line(text, stop, where, ++number, system, set, ctx, warnings);
		text = stop < end ? stop + 1 : end;
	}
}

static int read_all(int fd, struct strbuf *out)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		strbuf_add(out, buf, (size_t)n);
		if (out->failed)
			return -EFBIG;
	}
	return n < 0 ? -errno : 0;
}

/* Whose settings may rule this run: the administrator's, and the user's own. */
static bool is_trusted(const struct config_env *env, const struct stat *st)
{
	if (st->st_mode & S_IWOTH)
		return false;
	return st->st_uid == 0 || (env->trusted && st->st_uid == env->uid);
}

/* -ENOENT when there is none, -EPERM when it is not to be trusted. */
static int read_file(const struct config_env *env, const char *path, bool any_owner,
		     struct strbuf *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if (S_ISCHR(st.st_mode) && !any_owner)
		return 0; /* /dev/null: no settings */
	if (!S_ISREG(st.st_mode))
		return any_owner && !S_ISDIR(st.st_mode) ? read_all(fd, out) : -EINVAL;
	if (!any_owner && !is_trusted(env, &st))
		return -EPERM;
	return read_all(fd, out);
}

struct load {
	const struct config_env *env;
	config_set_fn *set;
	void *ctx;
	struct strbuf *warnings;
};

static int load_file(const struct load *load, const char *path, bool system, bool any_owner)
{
	struct strbuf text;
	char reason[128];
	int err;

	strbuf_init(&text, FILE_MAX);
	err = read_file(load->env, path, any_owner, &text);
	if (!err)
		config_read(strbuf_str(&text), text.len, path, system, load->set, load->ctx,
			    load->warnings);
	if (err && err != -ENOENT && err != -ENOTDIR && err != -EACCES) {
		snprintf(reason, sizeof(reason), "not read: %s",
			 err == -EPERM ? "somebody else could have written it" : strerror(-err));
		warn(load->warnings, path, 0, reason);
	}
	strbuf_done(&text);
	return err;
}

/* XDG_CONFIG_DIRS names the most important directory first: read from the end. */
static void load_dirs(const struct load *load, const char *dirs)
{
	size_t len = strlen(dirs);

	while (len) {
		size_t start = len;
		char path[4096];

		while (start && dirs[start - 1] != ':')
			start--;
		if (dirs[start] == '/' && len - start < sizeof(path) - 32) {
			snprintf(path, sizeof(path), "%.*s/inettop/config", (int)(len - start),
				 dirs + start);
			load_file(load, path, true, false);
		}
		len = start ? start - 1 : 0;
	}
}

/* The user's file; false when there is no home. */
static bool user_path(const struct config_env *env, struct strbuf *path)
{
	if (env->file)
		strbuf_adds(path, env->file);
	else if (env->xdg_home && *env->xdg_home == '/')
		strbuf_addf(path, "%s/inettop/config", env->xdg_home);
	else if (env->home && *env->home == '/')
		strbuf_addf(path, "%s/.config/inettop/config", env->home);
	return path->len;
}

int config_load(const struct config_env *env, config_set_fn *set, void *ctx,
		struct strbuf *warnings, struct strbuf *ret_error)
{
	struct load load = {env, set, ctx, warnings};
	const char *dirs = env->xdg_dirs && *env->xdg_dirs ? env->xdg_dirs : SYSTEM_DIRS;
	struct strbuf path;
	int err = 0;

	load_file(&load, SYSTEM_FILE, true, false);
	load_dirs(&load, dirs);
	strbuf_init(&path, 0);
	if (user_path(env, &path))
		err = load_file(&load, strbuf_str(&path), false, env->explicit_file);
	if (err && env->explicit_file)
		strbuf_addf(ret_error, "%s: %s", strbuf_str(&path), strerror(-err));
	strbuf_done(&path);
	return env->explicit_file ? err : 0;
}

/* ---- writing ---- */

/* The value of a name in "name = value" lines; false when it is not there. */
static bool find_value(const char *lines, const char *name, struct line *ret)
{
	for (const char *at = lines; *at;) {
		const char *end = strchrnul(at, '\n');

		if (split_line(at, end, ret) > 0 && !strcmp(ret->name, name))
			return true;
		at = *end ? end + 1 : end;
	}
	return false;
}

static bool has_name(const char *text, size_t len, const char *name)
{
	const char *end = text + len;
	struct line line;

	for (const char *at = text; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		if (split_line(at, stop, &line) > 0 && !strcmp(line.name, name))
			return true;
		at = stop < end ? stop + 1 : end;
	}
	return false;
}

static void merge_old(const char *old, size_t old_len, const char *lines,
		      bool (*known)(const char *name), struct strbuf *out)
{
	const char *end = old + old_len;
	struct line line, wanted;

	for (const char *at = old; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		if (split_line(at, stop, &line) <= 0 || !known(line.name))
			strbuf_add(out, at, (size_t)(stop - at));
		else if (find_value(lines, line.name, &wanted))
			strbuf_addf(out, "%s = %s", wanted.name, wanted.value);
		if (split_line(at, stop, &line) <= 0 || !known(line.name) ||
		    find_value(lines, line.name, &wanted))
			strbuf_addc(out, '\n');
		at = stop < end ? stop + 1 : end;
	}
}

void config_merge(const char *old, size_t old_len, const char *lines,
		  bool (*known)(const char *name), struct strbuf *out)
{
	struct line line;

	merge_old(old, old_len, lines, known, out);
	for (const char *at = lines; *at;) {
		const char *end = strchrnul(at, '\n');

		if (split_line(at, end, &line) > 0 && !has_name(old, old_len, line.name))
			strbuf_addf(out, "%s = %s\n", line.name, line.value);
		at = *end ? end + 1 : end;
	}
}

/* Makes the last two directories of the path where they are missing. */
static void make_dirs(const char *path)
{
	auto_free char *dir = xstrdup(path);
	char *last = strrchr(dir, '/'), *before;

	if (!last || last == dir)
		return;
	*last = '\0';
	before = strrchr(dir, '/');
	if (before && before != dir) {
		*before = '\0';
		mkdir(dir, 0700);
		*before = '/';
	}
	mkdir(dir, 0700);
}

/* Whose the nearest directory above the path is that exists: nothing is made in another's home. */
static int check_dir(const struct config_env *env, const char *path)
{
	auto_free char *dir = xstrdup(path);
	struct stat st;
	char *last;

	do {
		last = strrchr(dir, '/');
		if (!last)
			return -EINVAL;
		*(last == dir ? last + 1 : last) = '\0';
	} while (stat(dir, &st) && errno == ENOENT && last != dir);
	return st.st_uid == env->uid ? 0 : -EPERM;
}

static int save_at(const struct config_env *env, const char *path, const char *lines,
		   bool (*known)(const char *name))
{
	struct strbuf old, merged;
	int err = check_dir(env, path);

	if (err)
		return err;
	strbuf_init(&old, FILE_MAX);
	strbuf_init(&merged, 0);
	err = read_file(env, path, true, &old);
	if (err == -ENOENT)
		err = 0;
	if (!err) {
		config_merge(strbuf_str(&old), old.len, lines, known, &merged);
		err = newfile_replace(path, strbuf_str(&merged), merged.len);
	}
	strbuf_done(&merged);
	strbuf_done(&old);
	return err;
}

int config_save(const struct config_env *env, const char *lines, bool (*known)(const char *name),
		struct strbuf *ret_text)
{
	auto_free char *real = NULL;
	struct strbuf path;
	int err;

	strbuf_init(&path, 0);
	if (!user_path(env, &path)) {
		strbuf_adds(ret_text, "no home directory");
		return -ENOENT;
	}
	err = check_dir(env, strbuf_str(&path));
	if (!err) {
		make_dirs(strbuf_str(&path));
		real = realpath(strbuf_str(&path), NULL); /* a link into somewhere stays a link */
		err = save_at(env, real ? real : strbuf_str(&path), lines, known);
	}
	if (err == -EPERM)
		strbuf_addf(ret_text, "%s is somebody else's", strbuf_str(&path));
	else if (err)
		strbuf_addf(ret_text, "%s: %s", strbuf_str(&path), strerror(-err));
	else
		strbuf_adds(ret_text, strbuf_str(&path));
	strbuf_done(&path);
	return err;
}
