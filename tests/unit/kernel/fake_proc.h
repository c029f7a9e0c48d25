/*
 * A fake /proc for tests, expanded from a manifest (archives lose dangling links). Lines:
 *	dir PATH
 *	file PATH TEXT		C escapes \n \t \0 \e \\ in TEXT
 *	link PATH TARGET
 */
#ifndef TESTS_FAKE_PROC_H
#define TESTS_FAKE_PROC_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/unit.h"

static inline size_t fake_unescape(char *text)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p != '\\') {
			text[n++] = *p;
			continue;
		}
		p++;
		text[n++] = (char)(*p == 'n'   ? '\n'
				   : *p == 't' ? '\t'
				   : *p == '0' ? '\0'
				   : *p == 'e' ? '\033'
					       : *p);
	}
	return n;
}

static inline void fake_line(int root, char *line)
{
	char *save, *what, *path, *text;

	line[strcspn(line, "\n")] = '\0';
	what = strtok_r(line, " ", &save);
	if (!what || *what == '#')
		return;
	path = strtok_r(NULL, " ", &save);
	text = save;
	if (!strcmp(what, "dir")) {
		assert_int_equal(mkdirat(root, path, 0755), 0);
	} else if (!strcmp(what, "link")) {
		assert_int_equal(symlinkat(text, root, path), 0);
	} else {
		int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
		size_t len = fake_unescape(text);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, len), len);
		close(fd);
	}
}

/* Makes the tree of tests/fixtures/proc/NAME; returns an O_PATH descriptor, the path in dir. */
static inline int fake_proc_make(const char *name, char dir[64])
{
	char path[4096], line[4096];
	FILE *file;
	int root;

	snprintf(dir, 64, "/tmp/inettop-proc-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/tests/fixtures/proc/%s", getenv("top_srcdir"), name);
	file = fopen(path, "r");
	assert_non_null(file);
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	while (fgets(line, sizeof(line), file))
		fake_line(root, line);
	fclose(file);
	return root;
}

static inline int fake_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fake_proc_remove(int root, const char *dir)
{
	close(root);
	nftw(dir, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
