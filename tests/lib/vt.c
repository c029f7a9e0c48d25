/* The process, the line and the waiting; what is on the screen is in vt_screen.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/vt_internal.h"

static void die(const char *what)
{
	fprintf(stderr, "# terminal harness: %s: %s\n", what, strerror(errno));
	abort();
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

void vt_buffer_add(struct vt_buffer *b, const void *data, size_t len)
{
	if (b->len + len + 1 > b->size) {
		b->size = (b->len + len + 1) * 2;
		b->data = realloc(b->data, b->size);
		if (!b->data)
			die("memory");
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void vt_buffer_clear(struct vt_buffer *b)
{
	free(b->data);
	*b = (struct vt_buffer){0};
}

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct vt *vt = user;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		vt->cursor_visible = value->boolean;
	else if (prop == VTERM_PROP_ALTSCREEN)
		vt->alt_screen = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void set_environment(const struct vt_options *o)
{
	static const char *const kept[] = {"PATH",	    "HOME",	    "USER",
					   "TMPDIR",	    "TERMINFO",	    "ASAN_OPTIONS",
					   "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"};
	char *values[sizeof(kept) / sizeof(kept[0])];
	const char *const *e;
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		values[i] = getenv(kept[i]);
	clearenv();
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (values[i])
			setenv(kept[i], values[i], 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (!o->term || *o->term)
		setenv("TERM", o->term ? o->term : "xterm-256color", 1);
	for (e = o->env; e && *e; e++)
		putenv(strdup(*e));
}

static void run_child(const struct vt_options *o, const char *const argv[])
{
	char **copy;
	size_t n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_environment(o);
	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (n = 0; copy && argv[n]; n++)
		copy[n] = strdup(argv[n]);
	if (copy && (!o->cwd || !chdir(o->cwd)))
		execvp(copy[0], copy);
	dprintf(STDERR_FILENO, "cannot start %s: %s\r\n", argv[0], strerror(errno));
	_exit(127);
}

struct vt *vt_start(const struct vt_options *options, const char *const argv[])
{
	struct vt_options o = options ? *options : (struct vt_options){0};
	struct vt *vt = calloc(1, sizeof(*vt));
	struct winsize size;

	if (!vt)
		die("memory");
	vt->rows = o.rows ? o.rows : 24;
	vt->cols = o.cols ? o.cols : 80;
	vt->cursor_visible = true;
	size = (struct winsize){.ws_row = (unsigned short)vt->rows,
				.ws_col = (unsigned short)vt->cols};
	vt->term = vterm_new(vt->rows, vt->cols);
	vterm_set_utf8(vt->term, 1);
	vt->screen = vterm_obtain_screen(vt->term);
	vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
	vterm_screen_enable_altscreen(vt->screen, 1);
	vterm_screen_reset(vt->screen, 1);
	vt->started = now();
	fflush(NULL);
	vt->pid = forkpty(&vt->master, NULL, NULL, &size);
	if (vt->pid < 0)
		die("forkpty");
	if (vt->pid == 0)
		run_child(&o, argv);
	vt->pidfd = (int)syscall(SYS_pidfd_open, vt->pid, 0);
	if (vt->pidfd < 0 || tcgetattr(vt->master, &vt->termios) < 0 ||
	    fcntl(vt->master, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(vt->master, F_SETFL, O_NONBLOCK) < 0)
		die("terminal");
	return vt;
}

static void flush_out(struct vt *vt)
{
	ssize_t n;

	if (vt->master < 0)
		vt->out.len = 0;
	while (vt->out.len) {
		n = write(vt->master, vt->out.data, vt->out.len);
		if (n <= 0)
			return;
		vt->out.len -= (size_t)n;
		memmove(vt->out.data, vt->out.data + n, vt->out.len);
	}
}

void vt_flush_term(struct vt *vt)
{
	char bytes[256];
	size_t n;

	while ((n = vterm_output_read(vt->term, bytes, sizeof(bytes))) > 0)
		vt_buffer_add(&vt->out, bytes, n);
	flush_out(vt);
}

void vt_send(struct vt *vt, const void *bytes, size_t len)
{
	vt_buffer_add(&vt->out, bytes, len);
	flush_out(vt);
}

/* False when there is nothing more to read now. */
static bool read_some(struct vt *vt)
{
	char bytes[65536];
	ssize_t n;

	if (vt->master < 0)
		return false;
	n = read(vt->master, bytes, sizeof(bytes));
	if (n <= 0)
		return false;
	vt_buffer_add(&vt->raw, bytes, (size_t)n);
	vt_sgr_feed(vt, bytes, (size_t)n);
	vt_flush_term(vt);
	return true;
}

/* One round: waits up to timeout ms for output or the program's end, takes what there is. */
static void pump(struct vt *vt, long timeout)
{
	struct pollfd fds[2] = {{.fd = vt->master, .events = POLLIN},
				{.fd = vt->exited ? -1 : vt->pidfd, .events = POLLIN}};

	if (vt->out.len)
		fds[0].events |= POLLOUT;
	if (timeout < 0)
		timeout = 0;
	if (vt->exited)
		fds[0].fd = -1, timeout = 0;
	poll(fds, 2, (int)timeout);
	flush_out(vt);
	if (fds[1].revents && waitpid(vt->pid, &vt->status, WNOHANG) == vt->pid) {
		vt->exited = true;
		while (read_some(vt))
			;
	} else if (fds[0].revents & (POLLIN | POLLHUP)) {
		if (!read_some(vt) && (fds[0].revents & POLLHUP)) /* slave closed, program lives */
			poll(&fds[1], 1, (int)timeout);
	}
}

bool vt_wait(struct vt *vt, vt_predicate *predicate, void *arg, int deadline)
{
	long end = now() + deadline;

	while (!predicate(vt, arg)) {
		if (now() >= end || vt->exited) {
			vt_dump(vt, stderr);
			return false;
		}
		pump(vt, end - now());
	}
	vt->seen = now();
	return true;
}

static bool has_exited(struct vt *vt, void *arg)
{
	(void)arg;
	return vt->exited;
}

int vt_wait_exit(struct vt *vt, int deadline)
{
	if (!vt_wait(vt, has_exited, NULL, deadline))
		return -1;
	return WIFEXITED(vt->status) ? WEXITSTATUS(vt->status) : 256 + WTERMSIG(vt->status);
}

void vt_observe(struct vt *vt, int duration)
{
	long end = now() + duration;

	while (now() < end && !vt->exited)
		pump(vt, end - now());
}

long vt_elapsed(const struct vt *vt)
{
	return vt->seen - vt->started;
}

pid_t vt_pid(const struct vt *vt)
{
	return vt->pid;
}

bool vt_exited(const struct vt *vt)
{
	return vt->exited;
}

void vt_signal(struct vt *vt, int sig)
{
	if (!vt->exited)
		kill(vt->pid, sig);
}

void vt_hangup(struct vt *vt)
{
	close(vt->master);
	vt->master = -1;
}

void vt_resize(struct vt *vt, int rows, int cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	if (rows && cols) {
		vt->rows = rows;
		vt->cols = cols;
		vterm_set_size(vt->term, rows, cols);
	}
	ioctl(vt->master, TIOCSWINSZ, &size);
}

bool vt_termios_restored(const struct vt *vt)
{
	struct termios t;

	return vt->master >= 0 && !tcgetattr(vt->master, &t) && t.c_iflag == vt->termios.c_iflag &&
	       t.c_oflag == vt->termios.c_oflag && t.c_cflag == vt->termios.c_cflag &&
	       t.c_lflag == vt->termios.c_lflag &&
	       !memcmp(t.c_cc, vt->termios.c_cc, sizeof(t.c_cc));
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	if (!vt->exited) {
		kill(vt->pid, SIGKILL);
		waitpid(vt->pid, &vt->status, 0);
	}
	if (vt->master >= 0)
		close(vt->master);
	close(vt->pidfd);
	vterm_free(vt->term);
	vt_buffer_clear(&vt->raw);
	vt_buffer_clear(&vt->out);
	vt_buffer_clear(&vt->row);
	vt_buffer_clear(&vt->all);
	vt_buffer_clear(&vt->title);
	free(vt);
}
