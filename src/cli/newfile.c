#include "cli/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/sink.h"
#include "base/xalloc.h"

int newfile_open(struct newfile *file, const char *path)
{
	uint64_t unique = 0;
	int err;

	if (getrandom(&unique, sizeof(unique), GRND_NONBLOCK) < 0)
		unique = (uint64_t)getpid();
	if (asprintf(&file->temp, "%s.%016" PRIx64, path, unique) < 0)
		xalloc_oom();
	file->fd = open(file->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0) {
		err = -errno;
		free(file->temp);
		return err;
	}
	file->path = xstrdup(path);
	return 0;
}

int newfile_close(struct newfile *file, int err)
{
	if (!err && fsync(file->fd))
		err = -errno;
	if (close(file->fd) && !err)
		err = -errno;
	if (!err && rename(file->temp, file->path))
		err = -errno;
	if (err)
		unlink(file->temp);
	free(file->temp);
	free(file->path);
	return err;
}

int newfile_replace(const char *path, const char *text, size_t len)
{
	struct newfile file;
	int err = newfile_open(&file, path);

	return err ? err : newfile_close(&file, sink_write_fd(&file.fd, text, len));
}
