#include "ui/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/strbuf.h"

/* A file system without RENAME_NOREPLACE: link() does not replace either. */
static int give_name(const char *temp, const char *path)
{
	if (!renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(temp, path) < 0)
		return -errno;
	unlink(temp);
	return 0;
}

static int fill_file(int fd, int (*fill)(void *ctx, struct sink *out), void *ctx)
{
	struct sink out;
	int err, flushed;

	sink_init(&out, sink_write_fd, &fd);
	err = fill(ctx, &out);
	flushed = sink_flush(&out);
	sink_done(&out);
	if (err || flushed)
		return err ? err : flushed;
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

int newfile_write(const char *path, int (*fill)(void *ctx, struct sink *out), void *ctx)
{
	struct strbuf temp;
	int fd, err;

	strbuf_init(&temp, 0);
	strbuf_addf(&temp, "%s.%d.tmp", path, (int)getpid());
	fd = open(strbuf_str(&temp), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
	} else {
		err = fill_file(fd, fill, ctx);
		if (close(fd) < 0 && !err)
			err = -errno;
		if (!err)
			err = give_name(strbuf_str(&temp), path);
		if (err)
			unlink(strbuf_str(&temp));
	}
	strbuf_done(&temp);
	return err;
}
