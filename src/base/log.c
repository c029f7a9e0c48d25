#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/text.h"

#define LOG_LINE_MAX 8192

static atomic_int log_fd = -1;
static uint64_t log_start;

int log_open(const char *path)
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return -errno;
	log_close();
	log_start = mono_ms();
	log_fd = fd;
	return 0;
}

void log_close(void)
{
	int fd = atomic_exchange(&log_fd, -1);

	if (fd >= 0)
		close(fd);
}

void log_debug(const char *format, ...)
{
	int fd = log_fd, saved = errno;
	struct strbuf raw, line;
	va_list args;

	if (fd < 0)
		return;
	strbuf_init(&raw, LOG_LINE_MAX);
	strbuf_init(&line, 0);
	va_start(args, format);
	strbuf_vaddf(&raw, format, args);
	va_end(args);
	strbuf_addf(&line, "%8" PRIu64 " %d ", mono_ms() - log_start, (int)gettid());
	if (raw.failed)
		strbuf_adds(&line, "(a line too long for the log)");
	text_clean(strbuf_str(&raw), raw.len, TEXT_EXPORT, &line);
	strbuf_addc(&line, '\n');
	/* There is nobody to tell about a log that cannot be written. */
	(void)!write(fd, line.data, line.len);
	strbuf_done(&line);
	strbuf_done(&raw);
	errno = saved;
}
