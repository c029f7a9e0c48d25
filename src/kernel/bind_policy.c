#include "kernel/bind_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "kernel/bpf/bpf_caps.h"
#include "kernel/procfs.h"

#define PROGRAMS_MAX 64

struct policies {
	VEC(struct why_policy) v;
	struct arena *arena;
};

static void add(struct policies *p, enum why_policy_kind kind, const char *name)
{
	size_t len = strlen(name);

	vec_push(&p->v, ((struct why_policy){(uint8_t)kind,
					     {arena_strndup(p->arena, name, len), (uint32_t)len}}));
}

/* ---- cgroup programs ---- */

static long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static void program_name(uint32_t id, char name[BPF_OBJ_NAME_LEN + 1])
{
	union bpf_attr attr = {.prog_id = id};
	struct bpf_prog_info info = {0};
	auto_close int fd = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	name[0] = '\0';
	if (fd < 0)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (!sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr)) {
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
		name[BPF_OBJ_NAME_LEN] = '\0';
	}
}

/* The two that bpf_events.h attaches only watch. */
static bool only_watches(const char *name)
{
	return !strcmp(name, "on_post_bind4") || !strcmp(name, "on_post_bind6");
}

static void query_hook(struct policies *p, int cgroup, unsigned type)
{
	uint32_t ids[PROGRAMS_MAX] = {0};
	char name[BPF_OBJ_NAME_LEN + 1];
	union bpf_attr attr = {0};

	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = type;
	attr.query.query_flags = BPF_F_QUERY_EFFECTIVE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (sys_bpf(BPF_PROG_QUERY, &attr) && errno != ENOSPC)
		return;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS_MAX; i++) {
		program_name(ids[i], name);
		if (!only_watches(name))
			add(p, WHY_POLICY_CGROUP, name);
	}
}

/* The v2 line of /proc/self/cgroup: "0::PATH". */
static bool own_cgroup(int proc_fd, struct strbuf *out)
{
	char text[8192];
	ssize_t len = procfs_read(proc_fd, 0, "self/cgroup", text, sizeof(text) - 1);
	const char *line;

	if (len <= 0)
		return false;
	text[len] = '\0';
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "0::", 3)) {
			strbuf_add(out, line + 3, strcspn(line + 3, "\n"));
			return true;
		}
	}
	return false;
}

static void find_cgroup_programs(struct policies *p, int proc_fd, bool udp)
{
	static const unsigned hooks[] = {BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND,
					 BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND,
					 BPF_CGROUP_INET_SOCK_CREATE};
	auto_close int cgroup = -1;
	struct strbuf path;
	char mount[4096];

	(void)udp;
	strbuf_init(&path, 0);
	if (!bpf_caps_cgroup2(mount, sizeof(mount))) {
		strbuf_adds(&path, mount);
		if (own_cgroup(proc_fd, &path))
			cgroup = open(strbuf_str(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	strbuf_done(&path);
	for (size_t i = 0; cgroup >= 0 && i < sizeof(hooks) / sizeof(hooks[0]); i++)
		query_hook(p, cgroup, hooks[i]);
}

/* ---- security modules and seccomp ---- */

static ssize_t read_text(const char *path, char *buf, size_t size)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* SELinux decides by port (name_bind), unless the domain is unconfined. */
static bool selinux_confines(int proc_fd)
{
	char text[512];
	ssize_t len;

	if (read_text("/sys/fs/selinux/enforce", text, sizeof(text)) <= 0 || text[0] != '1')
		return false;
	len = procfs_read(proc_fd, 0, "self/attr/current", text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return !strstr(text, ":unconfined_t:");
}

static bool refuses_any_port(bool udp)
{
	auto_close int fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};

	if (fd < 0)
		return errno == EPERM || errno == EACCES;
	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) &&
	       (errno == EPERM || errno == EACCES);
}

static bool has_seccomp(int proc_fd)
{
	char text[8192];
	ssize_t len = procfs_read(proc_fd, 0, "self/status", text, sizeof(text) - 1);
	const char *line;

	text[len > 0 ? len : 0] = '\0';
	line = strstr(text, "\nSeccomp:");
	return line && strtol(line + strlen("\nSeccomp:"), NULL, 10) == 2;
}

void bind_policy_find(int proc_fd, bool udp, struct arena *arena, const struct why_policy **ret,
		      uint32_t *ret_n)
{
	struct policies p = {.arena = arena};
	struct why_policy *copy;

	find_cgroup_programs(&p, proc_fd, udp);
	if (selinux_confines(proc_fd))
		add(&p, WHY_POLICY_LSM, "SELinux");
	if (!p.v.len && refuses_any_port(udp)) {
		if (has_seccomp(proc_fd))
			add(&p, WHY_POLICY_SECCOMP, "");
		else
			add(&p, WHY_POLICY_LSM, "");
	}
	copy = arena_alloc(arena, p.v.len * sizeof(*copy));
	if (p.v.len)
		memcpy(copy, p.v.data, p.v.len * sizeof(*copy));
	*ret = copy;
	*ret_n = (uint32_t)p.v.len;
	vec_done(&p.v);
}
