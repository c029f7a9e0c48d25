#include "kernel/bpf/bpf_caps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#ifdef HAVE_BPF
#include <bpf/libbpf.h>
#endif

#include "base/cleanup.h"
#include "kernel/bpf/bpf_binds.h"
#include "kernel/bpf/bpf_events.h"
#include "kernel/bpf/bpf_netns.h"
#include "kernel/bpf/bpf_owners.h"
#include "kernel/bpf/bpf_traffic.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"
#define LOCKDOWN_PATH "/sys/kernel/security/lockdown"

#ifdef HAVE_BPF
static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}
#endif

static bool has_cap(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

static unsigned effective_rights(void)
{
	cap_t caps = cap_get_proc();
	unsigned rights = 0;

	if (!caps)
		return 0;
	if (has_cap(caps, CAP_SYS_ADMIN))
		rights = BPF_RIGHT_BPF | BPF_RIGHT_PERFMON;
	if (has_cap(caps, CAP_BPF))
		rights |= BPF_RIGHT_BPF;
	if (has_cap(caps, CAP_PERFMON))
		rights |= BPF_RIGHT_PERFMON;
	if (has_cap(caps, CAP_NET_ADMIN))
		rights |= BPF_RIGHT_NET_ADMIN;
	cap_free(caps);
	return rights;
}

unsigned bpf_caps_missing(unsigned wanted)
{
	return wanted & ~effective_rights();
}

int bpf_caps_precheck(unsigned wanted)
{
#ifdef HAVE_BPF
	libbpf_set_print(print_nothing);
#endif
	if (bpf_caps_missing(wanted))
		return -EPERM;
	return access(BTF_PATH, R_OK) == 0 ? 0 : -ENODATA;
}

int bpf_caps_classify(int err, unsigned wanted)
{
	if (bpf_caps_missing(wanted))
		return -EPERM;
	switch (err) {
	case -ENOMEM:
	case -ENODEV:
		return err;
	case -EPERM:
		return -EACCES;
	default: /* verifier: EACCES, EINVAL; relocation: ESRCH; an old kernel: many things */
		return -ENOSYS;
	}
}

const char *bpf_caps_strerror(int err, unsigned missing)
{
	switch (-err) {
	case 0:
		return "works";
	case ENOTSUP:
		return "built without BPF";
	case ENODATA:
		return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)";
	case EACCES:
		return "refused by the kernel's security policy (lockdown or LSM)";
	case ENODEV:
		return "no cgroup2 hierarchy is mounted";
	case ENOSYS:
		return "this kernel is too old for it";
	case ENOMEM:
		return "no memory for the maps";
	case EPERM:
		break;
	default:
		return strerror(-err);
	}
	if ((missing & BPF_RIGHTS_WALK) == BPF_RIGHTS_WALK)
		return "needs CAP_BPF and CAP_PERFMON";
	if (missing & BPF_RIGHT_BPF)
		return "needs CAP_BPF";
	return missing & BPF_RIGHT_PERFMON ? "needs CAP_PERFMON" : "needs CAP_NET_ADMIN";
}

/* mountinfo writes blanks and backslashes as three octal digits (proc_pid_mountinfo(5)). */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

int bpf_caps_cgroup2(char *ret, unsigned long size)
{
	auto_free char *line = NULL;
	char *path, *end;
	size_t room = 0;
	int err = -ENODEV;
	FILE *file = fopen("/proc/self/mountinfo", "re");

	while (file && err == -ENODEV && getline(&line, &room, file) > 0) {
		if (!strstr(line, " - cgroup2 "))
			continue;
		path = line;
		for (int i = 0; path && i < 4; i++)
			path = strchr(path, ' ') ? strchr(path, ' ') + 1 : NULL;
		end = path ? strchr(path, ' ') : NULL;
		if (!end)
			continue;
		*end = '\0';
		unescape(path);
		err = strlen(path) < size ? 0 : -ENAMETOOLONG;
		if (err == 0)
			strcpy(ret, path);
	}
	if (file)
		fclose(file);
	return err;
}

/* "none [integrity] confidentiality": the one in brackets holds. */
static void read_lockdown(char *ret, size_t size)
{
	char line[128] = "", *start, *end;
	FILE *file = fopen(LOCKDOWN_PATH, "re");

	ret[0] = '\0';
	if (!file)
		return;
	if (fgets(line, sizeof(line), file)) {
		start = strchr(line, '[');
		end = start ? strchr(start, ']') : NULL;
		if (end)
			snprintf(ret, size, "%.*s", (int)(end - start - 1), start + 1);
	}
	fclose(file);
}

static int try_owners(void)
{
	struct bpf_owners *owners;
	int err = bpf_owners_open(&owners, BPF_OWNERS_LITE, 16);

	if (err == 0)
		bpf_owners_close(owners);
	return err;
}

static int try_netns(void)
{
	struct bpf_netns *netns;
	int err = bpf_netns_open(&netns);

	if (err == 0)
		bpf_netns_close(netns);
	return err;
}

static int try_binds(void)
{
	struct bpf_binds *binds;
	int err = bpf_binds_open(&binds, 16);

	if (err == 0)
		bpf_binds_close(binds);
	return err;
}

static int try_events(void)
{
	struct bpf_events *events;
	int err = bpf_events_open(&events, false);

	if (err == 0)
		bpf_events_close(events);
	return err;
}

static int try_traffic(void)
{
	struct bpf_traffic_counters *traffic;
	int err = bpf_traffic_open(&traffic);

	if (err == 0)
		bpf_traffic_close(traffic);
	return err;
}

void bpf_probe_support(struct bpf_support *ret)
{
	*ret = (struct bpf_support){0};
	ret->rights = effective_rights();
	ret->btf = access(BTF_PATH, R_OK) == 0;
	read_lockdown(ret->lockdown, sizeof(ret->lockdown));
	if (bpf_caps_cgroup2(ret->cgroup2, sizeof(ret->cgroup2)) != 0)
		ret->cgroup2[0] = '\0';
	ret->error[BPF_SOURCE_OWNERS] = try_owners();
	ret->error[BPF_SOURCE_NETNS] = try_netns();
	ret->error[BPF_SOURCE_BINDS] = try_binds();
	ret->error[BPF_SOURCE_EVENTS] = try_events();
	ret->error[BPF_SOURCE_TRAFFIC] = try_traffic();
}

const char *bpf_caps_source_name(enum bpf_source source)
{
	static const char *const names[BPF_SOURCE_COUNT] = {
		[BPF_SOURCE_OWNERS] = "owners",	    [BPF_SOURCE_NETNS] = "namespaces",
		[BPF_SOURCE_BINDS] = "bind table",  [BPF_SOURCE_EVENTS] = "events",
		[BPF_SOURCE_TRAFFIC] = "udp bytes",
	};

	return names[source];
}
