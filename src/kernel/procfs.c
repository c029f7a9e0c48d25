#include "kernel/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

#define DELETED " (deleted)"
/* More is not faster (measured), and it lives on the stack. */
#define DENTS_SIZE 16384

int procfs_open(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* "PID/name" or "name". */
static int make_path(char buf[64], uint32_t pid, const char *name)
{
	int len = pid ? snprintf(buf, 64, "%u/%s", pid, name) : snprintf(buf, 64, "%s", name);

	return len < 64 ? 0 : -ENAMETOOLONG;
}

static int open_below(int proc_fd, uint32_t pid, const char *name, int flags)
{
	char path[64];
	int r = make_path(path, pid, name);

	if (r < 0)
		return r;
	r = openat(proc_fd, path, flags | O_CLOEXEC | O_NOFOLLOW);
	return r < 0 ? -errno : r;
}

int procfs_opendir(int proc_fd, uint32_t pid, const char *name)
{
	return open_below(proc_fd, pid, name, O_RDONLY | O_DIRECTORY);
}

ssize_t procfs_read(int proc_fd, uint32_t pid, const char *name, void *buf, size_t size)
{
	auto_close int fd = open_below(proc_fd, pid, name, O_RDONLY);
	size_t len = 0;

	if (fd < 0)
		return fd;
	while (len < size) {
		ssize_t n = read(fd, (char *)buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

ssize_t procfs_readlink(int proc_fd, uint32_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	int r = make_path(path, pid, name);
	ssize_t n;

	if (r < 0)
		return r;
	n = readlinkat(proc_fd, path, buf, size);
	return n < 0 ? -errno : n;
}

/* A decimal number at *pos, behind blanks; moves *pos past it. */
static bool take_number(const char **pos, const char *end, uint64_t *ret_value)
{
	const char *p = *pos;
	uint64_t value = 0;
	bool negative, any = false;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	negative = p < end && *p == '-';
	if (negative)
		p++;
	for (; p < end && *p >= '0' && *p <= '9'; p++, any = true) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	}
	*pos = p;
	*ret_value = negative ? 0 - value : value;
	return any;
}

int procfs_parse_stat(const char *text, size_t len, struct procfs_stat *ret_stat)
{
	const char *close_paren = memrchr(text, ')', len);
	const char *end = text + len, *p = text;
	uint64_t field[20] = {0};
	uint64_t pid;

	if (!close_paren || !take_number(&p, end, &pid) || close_paren + 2 >= end ||
	    close_paren[1] != ' ')
		return -EINVAL;
	p = close_paren + 3;
	/* field[0] is number 4 of proc(5), ppid; [18] number 22, starttime */
	for (size_t i = 0; i < 19; i++)
		if (!take_number(&p, end, &field[i]))
			return -EINVAL;
	*ret_stat = (struct procfs_stat){
		.pid = (uint32_t)pid,
		.state = close_paren[2],
		.ppid = (uint32_t)field[0],
		.pgrp = (uint32_t)field[1],
		.session = (uint32_t)field[2],
		.flags = (uint32_t)field[5],
		.threads = (uint32_t)field[16],
		.start_ticks = field[18],
	};
	return 0;
}

/* The last of the numbers on a line, and how many there are. */
static uint32_t last_number(const char *p, const char *end, uint32_t *ret_count)
{
	uint64_t value, last = 0;

	for (*ret_count = 0; take_number(&p, end, &value); (*ret_count)++)
		last = value;
	return (uint32_t)last;
}

static bool line_is(const char *line, const char *end, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(end - line) > len && memcmp(line, name, len) == 0 && line[len] == ':';
}

int procfs_parse_status(const char *text, size_t len, struct procfs_status *ret_status)
{
	const char *end = text + len;
	uint64_t id[3];
	uint32_t n;
	bool have_uid = false;

	*ret_status = (struct procfs_status){0};
	for (const char *line = text; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		const char *p;

		if (!eol)
			eol = end;
		p = memchr(line, ':', (size_t)(eol - line));
		p = p ? p + 1 : eol;
		if (line_is(line, eol, "Uid")) {
			have_uid = take_number(&p, eol, &id[0]) && take_number(&p, eol, &id[1]) &&
				   take_number(&p, eol, &id[2]);
		} else if (line_is(line, eol, "NSpid")) {
			ret_status->ns_pid = last_number(p, eol, &n);
			ret_status->n_levels = n;
		} else if (line_is(line, eol, "NSpgid")) {
			ret_status->ns_pgid = last_number(p, eol, &n);
		}
		line = eol + 1;
	}
	if (!have_uid)
		return -EINVAL;
	ret_status->ruid = (uint32_t)id[0];
	ret_status->euid = (uint32_t)id[1];
	ret_status->suid = (uint32_t)id[2];
	return 0;
}

int procfs_read_stat(int proc_fd, uint32_t pid, struct procfs_stat *ret_stat)
{
	char buf[1024];
	ssize_t n = procfs_read(proc_fd, pid, "stat", buf, sizeof(buf));

	return n < 0 ? (int)n : procfs_parse_stat(buf, (size_t)n, ret_stat);
}

int procfs_read_status(int proc_fd, uint32_t pid, struct procfs_status *ret_status)
{
	char buf[8192];
	ssize_t n = procfs_read(proc_fd, pid, "status", buf, sizeof(buf));

	return n < 0 ? (int)n : procfs_parse_status(buf, (size_t)n, ret_status);
}

ssize_t procfs_read_comm(int proc_fd, uint32_t pid, char buf[PROCFS_COMM_MAX])
{
	ssize_t n = procfs_read(proc_fd, pid, "comm", buf, PROCFS_COMM_MAX);

	return n > 0 && buf[n - 1] == '\n' ? n - 1 : n;
}

uint32_t procfs_link_inode(const char *text, size_t len, const char *prefix)
{
	size_t plen = strlen(prefix);
	const char *p, *end = text + len;
	uint64_t value;

	if (len < plen + 4 || memcmp(text, prefix, plen) != 0 || text[plen] != ':' ||
	    text[plen + 1] != '[' || end[-1] != ']')
		return 0;
	p = text + plen + 2;
	if (*p < '0' || *p > '9' || !take_number(&p, end, &value) || p != end - 1 ||
	    value > UINT32_MAX)
		return 0;
	return (uint32_t)value;
}

int procfs_read_ns(int proc_fd, uint32_t pid, const char *ns, uint32_t *ret_inode)
{
	char name[32], text[64];
	ssize_t n;

	snprintf(name, sizeof(name), "ns/%s", ns);
	n = procfs_readlink(proc_fd, pid, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	*ret_inode = procfs_link_inode(text, (size_t)n, ns);
	return *ret_inode ? 0 : -EINVAL;
}

bool procfs_cut_deleted(const char *text, size_t *len)
{
	size_t tail = sizeof(DELETED) - 1;

	if (*len < tail || memcmp(text + *len - tail, DELETED, tail) != 0)
		return false;
	*len -= tail;
	return true;
}

int procfs_read_uid(int proc_fd, uint32_t pid, uint32_t *ret_uid)
{
	struct stat st;
	char path[16];

	snprintf(path, sizeof(path), "%u", pid);
	if (fstatat(proc_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret_uid = st.st_uid;
	return 0;
}

int64_t procfs_number(const char *name)
{
	int64_t value = 0;

	if (!*name)
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || value > INT32_MAX / 10)
			return -1;
		value = value * 10 + (*name - '0');
	}
	return value > INT32_MAX ? -1 : value;
}

int procfs_each_number(int dir_fd, uint32_t from, procfs_entry_fn *fn, void *ctx)
{
	_Alignas(struct dirent64) char buf[DENTS_SIZE];

	if (lseek(dir_fd, from, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		ssize_t len = getdents64(dir_fd, buf, sizeof(buf));

		if (len < 0)
			return -errno;
		if (len == 0)
			return 0;
		for (ssize_t pos = 0; pos < len;) {
			const struct dirent64 *entry = (const void *)(buf + pos);
			int64_t number = procfs_number(entry->d_name);

			if (number >= 0 && !fn(ctx, (uint32_t)number))
				return 0;
			pos += entry->d_reclen;
		}
	}
}

int procfs_read_boot(int proc_fd, int64_t *ret_s)
{
	static const char word[] = "\nbtime ";
	const size_t size = 1 << 20; /* the line of interrupts before it can be long */
	char *text = xmalloc(size);
	ssize_t len = procfs_read(proc_fd, 0, "stat", text, size - 1);
	const char *at;
	int err = len < 0 ? (int)len : -EINVAL;

	if (len > 0) {
		text[len] = '\0';
		at = strstr(text, word);
		if (at) {
			*ret_s = strtoll(at + sizeof(word) - 1, NULL, 10);
			err = 0;
		}
	}
	free(text);
	return err;
}
