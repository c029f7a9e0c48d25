/*
 * A process whose command line blocks its readers: it reads, through its own /proc/self/mem, a
 * page of a FUSE file that nobody answers for (that holds its address space's lock), while another
 * thread of it waits to change the address space. Every reader of its cmdline and environ now
 * waits uninterruptibly; so do those of other programs here, hence the windows are short.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

#define FILE_ID 2
#define PAGE 4096
#define WINDOW_S 8 /* after this the file system ends by itself, whatever happened */
#define KEY_MS 100
#define FRAME_MS 500

static char mount_point[32];

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

/* ---- a file system with one file, whose pages never come */

static void answer(int fd, uint64_t unique, int err, const void *body, size_t len)
{
	char out[sizeof(struct fuse_out_header) + 256];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + len), .error = err, .unique = unique};

	memcpy(out, &head, sizeof(head));
	if (len)
		memcpy(out + sizeof(head), body, len);
	if (write(fd, out, head.len) < 0)
		_exit(1);
}

static struct fuse_attr attr_of(uint64_t node)
{
	bool is_file = node == FILE_ID;

	return (struct fuse_attr){.ino = node,
				  .size = is_file ? PAGE : 0,
				  .nlink = 1,
				  .mode = is_file ? S_IFREG | 0666 : S_IFDIR | 0777};
}

static void serve_one(int fd, const char *buf)
{
	const struct fuse_in_header *in = (const void *)buf;
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
				     .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_write = PAGE};
	struct fuse_attr_out attr = {.attr_valid = 60, .attr = attr_of(in->nodeid)};
	struct fuse_entry_out entry = {
		.nodeid = FILE_ID, .attr_valid = 60, .entry_valid = 60, .attr = attr_of(FILE_ID)};
	struct fuse_open_out opened = {.fh = 1};

	if (in->opcode == FUSE_INIT)
		answer(fd, in->unique, 0, &init, sizeof(init));
	else if (in->opcode == FUSE_LOOKUP)
		answer(fd, in->unique, 0, &entry, sizeof(entry));
	else if (in->opcode == FUSE_GETATTR)
		answer(fd, in->unique, 0, &attr, sizeof(attr));
	else if (in->opcode == FUSE_OPEN)
		answer(fd, in->unique, 0, &opened, sizeof(opened));
	else if (in->opcode != FUSE_READ && in->opcode != FUSE_FORGET &&
		 in->opcode != FUSE_INTERRUPT)
		answer(fd, in->unique, -ENOSYS, NULL, 0);
}

static void __attribute__((noreturn)) serve(int fd)
{
	static _Alignas(16) char buf[65536 + PAGE];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(WINDOW_S);
	while (read(fd, buf, sizeof(buf)) > 0)
		serve_one(fd, buf);
	_exit(0);
}

static pid_t start_file_system(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];
	pid_t pid;

	snprintf(options, sizeof(options), "fd=%d,rootmode=40777,user_id=0,group_id=0", fd);
	strcpy(mount_point, "/tmp/inettop-freeze.XXXXXX");
	if (fd < 0 || !mkdtemp(mount_point) ||
	    mount("freeze", mount_point, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		close(fd);
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		serve(fd);
	close(fd);
	return pid;
}

/* ---- the process that freezes */

static char *frozen_page;

static void *hold_lock(void *arg)
{
	char byte;
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t n = pread(mem, &byte, 1, (off_t)(uintptr_t)frozen_page);

	(void)n;
	return arg;
}

static void *wait_for_lock(void *arg)
{
	for (;;)
		munmap(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PAGE);
	return arg;
}

static void __attribute__((noreturn)) freeze(int port_fd)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int sock = socket(AF_INET, SOCK_STREAM, 0), file;
	char path[64];
	pthread_t threads[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "freezer");
	snprintf(path, sizeof(path), "%s/file", mount_point);
	file = open(path, O_RDONLY | O_CLOEXEC);
	frozen_page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	if (frozen_page == MAP_FAILED || bind(sock, (struct sockaddr *)&addr, len) < 0 ||
	    listen(sock, 1) < 0 || getsockname(sock, (struct sockaddr *)&addr, &len) < 0)
		_exit(1);
	dprintf(port_fd, "%d\n", ntohs(addr.sin_port));
	pthread_create(&threads[0], NULL, hold_lock, NULL);
	for (long end = now_ms() + 100; now_ms() < end;)
		sched_yield();
	pthread_create(&threads[1], NULL, wait_for_lock, NULL);
	for (;;)
		pause();
}

struct frozen {
	pid_t server, pid;
	char port[16];
};

/* In a child: whether its cmdline does not come. */
static bool is_frozen(pid_t pid)
{
	char path[32], byte;
	siginfo_t info = {0};
	bool blocked;
	pid_t reader = fork();

	if (reader == 0) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
		n = read(open(path, O_RDONLY | O_CLOEXEC), &byte, 1);
		_exit(n < 0);
	}
	for (long end = now_ms() + 200; now_ms() < end && !info.si_pid;)
		waitid(P_PID, (id_t)reader, &info, WEXITED | WNOHANG | WNOWAIT);
	blocked = !info.si_pid;
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	return blocked;
}

static int start_frozen(void **state)
{
	static struct frozen f;
	int fds[2];
	ssize_t n;

	*state = &f;
	f = (struct frozen){.server = -1, .pid = -1};
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 0;
	f.server = start_file_system();
	if (f.server < 0 || pipe(fds) < 0)
		return 0;
	f.pid = fork();
	if (f.pid == 0)
		freeze(fds[1]);
	close(fds[1]);
	n = read(fds[0], f.port, sizeof(f.port) - 1);
	close(fds[0]);
	f.port[n > 0 ? strcspn(f.port, "\n") : 0] = '\0';
	for (long end = now_ms() + 2000; now_ms() < end && !is_frozen(f.pid);)
		;
	return 0;
}

static int end_frozen(void **state)
{
	struct frozen *f = *state;

	if (f->pid > 0)
		kill(f->pid, SIGKILL);
	if (f->server > 0) {
		kill(f->server, SIGKILL);
		waitpid(f->server, NULL, 0);
		umount2(mount_point, MNT_DETACH);
		rmdir(mount_point);
	}
	if (f->pid > 0)
		waitpid(f->pid, NULL, 0);
	return 0;
}

static void need_frozen(const struct frozen *f)
{
	if (f->pid < 0 || !is_frozen(f->pid))
		skip_because("no process can be frozen here (needs root and FUSE)");
}

/* ---- cases */

static long press_and_see(struct vt *vt, const char *key, const char *text)
{
	long before = now_ms();

	vt_type(vt, key);
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
	return now_ms() - before;
}

static void the_screen_does_not_freeze(void **state)
{
	const struct frozen *f = *state;
	const char *const argv[] = {getenv("INETTOP"), "--no-config", "-d", "0.3", NULL};
	long slow = 0, slowest = 0;
	char text[32];
	struct vt *vt;

	need_frozen(f);
	vt = vt_start(NULL, argv);
	assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	assert_in_range(vt_elapsed(vt), 0, FRAME_MS);
	for (int i = 0; i < 15; i++) {
		long ms = press_and_see(vt, "h", "─ Help ─");

		slow += ms > KEY_MS;
		slowest = ms > slowest ? ms : slowest;
		vt_type(vt, "q");
		assert_true(vt_wait_text(vt, "PROTO", VT_DEADLINE));
	}
	print_message("# slowest key %ld ms\n", slowest);
	assert_in_range(slow, 0, 1); /* of 15, on a machine that others use */
	snprintf(text, sizeof(text), "\\:%s<Enter>", f->port);
	vt_type(vt, text);
	assert_true(vt_wait_text(vt, "freezer", VT_DEADLINE));
	assert_true(is_frozen(f->pid));
	vt_type(vt, "Q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

static void a_listing_ends_and_names_it(void **state)
{
	const struct frozen *f = *state;
	char command[512], out[65536] = "";
	long before = now_ms();
	size_t len;
	FILE *p;

	need_frozen(f);
	snprintf(command, sizeof(command), "'%s' --no-config --json :%s", getenv("INETTOP"),
		 f->port);
	p = popen(command, "r");
	len = fread(out, 1, sizeof(out) - 1, p);
	out[len] = '\0';
	assert_int_equal(pclose(p), 0);
	assert_in_range(now_ms() - before, 0, 3000);
	assert_non_null(strstr(out, "\"comm\":\"freezer\""));
	assert_non_null(strstr(out, "\"cmdline\":null"));
	assert_true(is_frozen(f->pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_screen_does_not_freeze, start_frozen,
						end_frozen),
		cmocka_unit_test_setup_teardown(a_listing_ends_and_names_it, start_frozen,
						end_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
