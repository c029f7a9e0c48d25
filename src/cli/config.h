/*
 * Configuration files (inettop-config(5)): "name = value" lines. The system's files are read first,
 * then the user's, so that the later ones win; the command line is the caller's business.
 */
#ifndef INETTOP_CLI_CONFIG_H
#define INETTOP_CLI_CONFIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"

/* Where files are looked for; config_env() takes it from the process. NULL = not set. */
struct config_env {
	const char *home, *xdg_home, *xdg_dirs;
	const char *file;      /* --config, else INETTOP_CONFIG: instead of the user's own */
	bool explicit_file;    /* it was --config: must exist, whoever owns it */
	uid_t uid;	       /* effective */
	bool trusted;	       /* the environment is this user's own: no sudo, no raised rights */
};

/* file: of --config, or NULL. The strings live as long as the environment and passwd entry. */
void config_env(struct config_env *env, const char *file);

/*
 * Takes one setting; 0, or -ENOENT for a name it does not know, -EINVAL with what was expected.
 * system: from a file of the administrator.
 */
typedef int config_set_fn(void *ctx, const char *name, const char *value, bool system,
			  const char **ret_error);

/*
 * Reads all files there are. What is wrong in them is appended to warnings, one line each, and
 * does not stop the reading. 0, or -errno with a line in ret_error when the explicit file cannot
 * be read.
 */
int config_load(const struct config_env *env, config_set_fn *set, void *ctx,
		struct strbuf *warnings, struct strbuf *ret_error);

/* The same for the text of one file, which `where` names in warnings. */
void config_read(const char *text, size_t len, const char *where, bool system, config_set_fn *set,
		 void *ctx, struct strbuf *warnings);

/*
 * Appends to out the old text with the values of lines ("name = value\n" ...) put in: comments and
 * names that known() does not know stay, settings that are not in lines are taken out, new ones
 * come last.
 */
void config_merge(const char *old, size_t old_len, const char *lines,
		  bool (*known)(const char *name), struct strbuf *out);

/*
 * Merges lines into the user's file: temporary file, mode 0600, rename. 0, or -errno; the path, or
 * the reason, in ret_text. Refuses (-EPERM) a directory that belongs to somebody else.
 */
int config_save(const struct config_env *env, const char *lines, bool (*known)(const char *name),
		struct strbuf *ret_text);

#endif
