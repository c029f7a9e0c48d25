#include "cli/filter_files.h"

#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static uint16_t port_of(void *ctx, const char *name, size_t len)
{
	char text[64];
	const struct servent *service;

	(void)ctx;
	if (len >= sizeof(text))
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	service = getservbyname(text, NULL);
	return service ? ntohs((uint16_t)service->s_port) : 0;
}

/* The next blank separated word of a line of /etc/hosts, its length in *ret_len; NULL at the end.
 */
static const char *next_word(const char **at, size_t *ret_len)
{
	const char *word = *at + strspn(*at, " \t\r\n");

	*ret_len = strcspn(word, " \t\r\n#");
	*at = word + *ret_len;
	return *ret_len ? word : NULL;
}

/* Whether one of the line's names is this one; its address. */
static bool line_names(const char *line, const char *name, size_t len, struct netaddr *ret)
{
	const char *word;
	size_t word_len;

	word = next_word(&line, &word_len);
	if (!word || netaddr_parse(word, word_len, ret, NULL, NULL))
		return false;
	while ((word = next_word(&line, &word_len)))
		if (word_len == len && !strncasecmp(word, name, len))
			return true;
	return false;
}

static size_t host_of(void *ctx, const char *name, size_t len, struct netaddr *ret, size_t max)
{
	FILE *file = fopen("/etc/hosts", "re");
	char *line = NULL;
	size_t size = 0, n = 0;

	(void)ctx;
	if (!file)
		return 0;
	while (n < max && getline(&line, &size, file) >= 0)
		n += line_names(line, name, len, &ret[n]);
	free(line);
	fclose(file);
	return n;
}

/* The id of a cgroup2 directory is its inode number (kernfs). */
static uint64_t cgroup_of(void *ctx, const char *path)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", ""};
	char full[4096];
	struct stat st;

	(void)ctx;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		if (!*roots[i] && strncmp(path, "/sys/fs/cgroup", 14))
			break;
		snprintf(full, sizeof(full), "%s/%s", roots[i], path);
		if (!stat(full, &st) && S_ISDIR(st.st_mode))
			return st.st_ino;
	}
	return 0;
}

static void read_ephemeral(struct filter_names *names)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int first, last;
	char line[64];

	if (!file)
		return;
	if (fgets(line, sizeof(line), file) && sscanf(line, "%5u %5u", &first, &last) == 2) {
		names->ephemeral_first = (uint16_t)first;
		names->ephemeral_last = (uint16_t)last;
	}
	fclose(file);
}

void filter_files_names(struct filter_names *names)
{
	*names = (struct filter_names){.port = port_of, .host = host_of, .cgroup = cgroup_of};
	read_ephemeral(names);
}
