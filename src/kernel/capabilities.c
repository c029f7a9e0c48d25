#include "kernel/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "kernel/procfs.h"

#define MOUNTINFO_MAX (1u << 20)

struct feature {
	const char *code, *text, *missing;
	uint64_t needs;
	uint64_t implied_by; /* any of these will do instead */
};

static const struct feature features[CAPF_COUNT] = {
	[CAPF_OWNERS] = {"owners", "sockets of other users' processes",
			 "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
			 CAP_MASK(CAP_SYS_PTRACE) | CAP_MASK(CAP_DAC_READ_SEARCH), 0},
	[CAPF_EXE] = {"exe", "program file and namespaces of other users' processes",
		      "CAP_SYS_PTRACE", CAP_MASK(CAP_SYS_PTRACE), 0},
	[CAPF_NETNS] = {"netns", "other network namespaces", "CAP_SYS_ADMIN and CAP_SYS_PTRACE",
			CAP_MASK(CAP_SYS_ADMIN) | CAP_MASK(CAP_SYS_PTRACE), 0},
	[CAPF_SIGNAL] = {"signal", "signals to other users' processes", "CAP_KILL",
			 CAP_MASK(CAP_KILL), 0},
	[CAPF_DESTROY] = {"destroy", "destroying sockets", "CAP_NET_ADMIN", CAP_MASK(CAP_NET_ADMIN),
			  0},
	[CAPF_MARK] = {"mark", "firewall marks of sockets", "CAP_NET_ADMIN",
		       CAP_MASK(CAP_NET_ADMIN), 0},
	[CAPF_BPF] = {"bpf", "BPF: owners in one pass, events, bytes of UDP",
		      "CAP_BPF and CAP_PERFMON", CAP_MASK(CAP_BPF) | CAP_MASK(CAP_PERFMON),
		      CAP_MASK(CAP_SYS_ADMIN)},
	[CAPF_CGROUP_ID] = {"cgroup", "the cgroup a socket was made in", "CAP_DAC_READ_SEARCH",
			    CAP_MASK(CAP_DAC_READ_SEARCH), 0},
	[CAPF_PROBE] = {"probe", "trying to bind privileged ports", "CAP_NET_BIND_SERVICE",
			CAP_MASK(CAP_NET_BIND_SERVICE), 0},
};

int capabilities_get(uint64_t *ret_mask)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	*ret_mask = 0;
	if (capget(&header, data) < 0)
		return -errno;
	*ret_mask = (uint64_t)data[1].effective << 32 | data[0].effective;
	return 0;
}

void capabilities_check(uint64_t mask, struct cap_status ret_status[CAPF_COUNT])
{
	for (int i = 0; i < CAPF_COUNT; i++) {
		const struct feature *feature = &features[i];
		bool available =
			(mask & feature->needs) == feature->needs || (mask & feature->implied_by);

		ret_status[i] = (struct cap_status){
			.code = feature->code,
			.text = feature->text,
			.needs = feature->needs,
			.available = available,
			.missing = available ? NULL : feature->missing,
		};
	}
}

uint64_t capabilities_needed(bool bpf, bool netns, bool act)
{
	uint64_t mask =
		CAP_MASK(CAP_SYS_PTRACE) | CAP_MASK(CAP_DAC_READ_SEARCH) | CAP_MASK(CAP_NET_ADMIN);

	if (bpf)
		mask |= CAP_MASK(CAP_BPF) | CAP_MASK(CAP_PERFMON);
	if (netns)
		mask |= CAP_MASK(CAP_SYS_ADMIN);
	if (act)
		mask |= CAP_MASK(CAP_KILL);
	return mask;
}

/* The bounding and ambient sets; both may be refused to one without CAP_SETPCAP, or be old news. */
static void empty_other_sets(uint64_t keep)
{
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep & CAP_MASK(cap)))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

int capabilities_limit(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	const struct rlimit no_core = {0, 0};
	uint64_t mask;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -errno;
	empty_other_sets(keep);
	if (capget(&header, data) < 0)
		return -errno;
	mask = ((uint64_t)data[1].permitted << 32 | data[0].permitted) & keep;
	data[0] = (struct __user_cap_data_struct){(uint32_t)mask, (uint32_t)mask, 0};
	data[1] =
		(struct __user_cap_data_struct){(uint32_t)(mask >> 32), (uint32_t)(mask >> 32), 0};
	return capset(&header, data) < 0 ? -errno : 0;
}

bool capabilities_is_setuid(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

const char *capabilities_names(uint64_t mask, char *buf, size_t size)
{
	size_t len = 0;

	if (size)
		buf[0] = '\0';
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(mask & CAP_MASK(cap)))
			continue;
		name = cap_to_name((cap_value_t)cap);
		if (!name)
			continue;
		for (char *p = name; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		if (len < size) {
			int n = snprintf(buf + len, size - len, "%s%s", len ? " and " : "", name);

			len += n > 0 ? (size_t)n : 0;
		}
		cap_free(name);
	}
	return buf;
}

uint32_t capabilities_raise_nofile(uint32_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
		struct rlimit more = limit;

		more.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	return limit.rlim_cur > wanted ? wanted : (uint32_t)limit.rlim_cur;
}

/* ---- how /proc was mounted ---- */

static bool has_option(const char *options, size_t len, const char *name, const char **ret_value)
{
	const char *end = options + len;
	size_t name_len = strlen(name);

	while (options < end) {
		const char *comma = memchr(options, ',', (size_t)(end - options));
		size_t n = comma ? (size_t)(comma - options) : (size_t)(end - options);

		if (n >= name_len && memcmp(options, name, name_len) == 0) {
			*ret_value = options + name_len;
			return true;
		}
		options += n + 1;
	}
	return false;
}

static uint8_t parse_hidepid(const char *value, const char *end)
{
	static const char *const words[] = {"off", "noaccess", "invisible", NULL, "ptraceable"};

	if (value < end && *value >= '0' && *value <= '4')
		return (uint8_t)(*value - '0');
	for (uint8_t i = 0; i < 5; i++)
		if (words[i] && (size_t)(end - value) >= strlen(words[i]) &&
		    memcmp(value, words[i], strlen(words[i])) == 0)
			return i;
	return 0;
}

/* One line: "36 35 0:31 / /proc rw,nosuid - proc proc rw,hidepid=invisible"
 * (proc_pid_mountinfo(5)). */
static bool parse_mount(const char *line, const char *eol, const char *mount_point,
			struct cap_procview *view)
{
	size_t point_len = strlen(mount_point);
	const char *p = line, *sep, *value;

	for (int i = 0; i < 4; i++) {
		p = memchr(p, ' ', (size_t)(eol - p));
		if (!p)
			return false;
		p++;
	}
	if ((size_t)(eol - p) <= point_len || memcmp(p, mount_point, point_len) != 0 ||
	    p[point_len] != ' ')
		return false;
	sep = memmem(p, (size_t)(eol - p), " - proc ", 8);
	if (!sep)
		return false;
	p = memrchr(sep, ' ', (size_t)(eol - sep));
	p++;
	*view = (struct cap_procview){0};
	if (has_option(p, (size_t)(eol - p), "hidepid=", &value))
		view->hidepid = parse_hidepid(value, eol);
	if (has_option(p, (size_t)(eol - p), "gid=", &value))
		view->gid = (uint32_t)strtoul(value, NULL, 10);
	view->subset_pid = has_option(p, (size_t)(eol - p), "subset=pid", &value);
	return true;
}

void capabilities_parse_mountinfo(const char *text, size_t len, const char *mount_point,
				  struct cap_procview *ret_view)
{
	const char *end = text + len;

	*ret_view = (struct cap_procview){0};
	/* the last mount on a point covers the others; a line without its end was cut off */
	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));

		if (!eol)
			break;
		parse_mount(line, eol, mount_point, ret_view);
		line = eol + 1;
	}
}

static bool in_group(uint32_t gid)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

void capabilities_procview(int proc_fd, struct cap_procview *ret_view)
{
	char *text = xmalloc(MOUNTINFO_MAX + 1);
	ssize_t n = procfs_read(proc_fd, 0, "self/mountinfo", text, MOUNTINFO_MAX);
	uint64_t mask = 0;
	char link[64];
	uint32_t pidns;

	text[n > 0 ? n : 0] = '\0';
	capabilities_parse_mountinfo(text, n > 0 ? (size_t)n : 0, "/proc", ret_view);
	free(text);
	n = procfs_readlink(proc_fd, 0, "self/ns/pid", link, sizeof(link));
	pidns = n > 0 ? procfs_link_inode(link, (size_t)n, "pid") : 0;
	ret_view->pidns = pidns && pidns != PROCFS_PIDNS_INIT;
	capabilities_get(&mask);
	/* fs/proc/base.c, has_pid_permissions(): 4 asks for ptrace whatever the group */
	ret_view->hides = ret_view->hidepid >= 2 && !(mask & CAP_MASK(CAP_SYS_PTRACE)) &&
			  (ret_view->hidepid == 4 || !in_group(ret_view->gid));
}
