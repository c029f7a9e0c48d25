#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "unit/kernel/scene.h"

#include "base/strbuf.h"
#include "kernel/helper.h"
#include "kernel/helper_specs.h"
#include "kernel/processes.h"
#include "kernel/users.h"

static struct helper *helper;
static struct helper_spec specs[HELPER_KIND_COUNT];
static int proc_fd;

/* The last record of each kind that came for a pid. */
struct seen {
	uint32_t pid;
	int fast, whole, stuck;
	struct proc_rec rec;
	char comm[64], exe[4096];
	struct strbuf cmdline;
};

static void note(void *ctx, const struct proc_rec *rec)
{
	struct seen *seen = ctx;

	assert_int_equal(rec->pid, seen->pid);
	seen->rec = *rec;
	if (rec->have & PROC_STUCK)
		seen->stuck++;
	else if (rec->have & PROC_HAVE_CMDLINE)
		seen->whole++;
	else
		seen->fast++;
	memset(seen->comm, 0, sizeof(seen->comm));
	memcpy(seen->comm, rec->comm.ptr, rec->comm.len);
	memset(seen->exe, 0, sizeof(seen->exe));
	if (rec->exe.ptr)
		memcpy(seen->exe, rec->exe.ptr, rec->exe.len);
	strbuf_reset(&seen->cmdline);
	if (rec->cmdline.len)
		strbuf_add(&seen->cmdline, rec->cmdline.ptr, rec->cmdline.len);
}

static struct processes *start(struct seen *seen, pid_t pid)
{
	*seen = (struct seen){.pid = (uint32_t)pid};
	strbuf_init(&seen->cmdline, 0);
	return processes_new(helper, proc_fd, note, seen);
}

static void end(struct processes *p, struct seen *seen)
{
	processes_free(p);
	strbuf_done(&seen->cmdline);
}

/* A child that executes a program which waits for its standard input to close. */
static struct actor execute(const char *path, char *const argv[])
{
	struct actor actor;
	char byte;
	int in[2], ready[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	actor.pid = fork();
	if (actor.pid == 0) {
		dup2(in[0], 0);
		execv(path, argv);
		_exit(9);
	}
	close(in[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	actor.ctl = in[1];
	return actor;
}

static void facts_of_a_process(void **state)
{
	char *argv[] = {(char[]){"my cat"},	(char[]){"-"}, (char[]){""}, (char[]){"a b"},
			(char[]){"\033[31m\n"}, (char[]){"-"}, NULL};
	static const char want[] = "my cat\0-\0\0a b\0\033[31m\n\0-";
	struct actor child = execute("/bin/cat", argv);
	struct procfs_stat st;
	struct seen seen;
	struct processes *p = start(&seen, child.pid);

	(void)state;
	processes_want(p, (uint32_t)child.pid, 0);
	assert_int_equal(seen.fast, 1);
	assert_string_equal(seen.comm, "cat");
	assert_int_equal(seen.rec.ppid, getpid());
	processes_want(p, (uint32_t)child.pid, 0);
	assert_int_equal(seen.fast, 1);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.whole, 1);
	assert_int_equal(seen.cmdline.len, sizeof(want));
	assert_memory_equal(seen.cmdline.data, want, sizeof(want));
	assert_non_null(strstr(seen.exe, "/cat"));
	assert_false(seen.rec.exe_deleted);
	assert_int_equal(seen.rec.uid, geteuid());
	assert_true(seen.rec.have & PROC_HAVE_CGROUP);
	assert_int_equal(procfs_read_stat(proc_fd, (uint32_t)child.pid, &st), 0);
	assert_int_equal(seen.rec.start_ticks, st.start_ticks);
	act_end(&child);
	end(p, &seen);
}

static void empty_is_not_a_dash(void **state)
{
	char *argv[] = {(char[]){"-"}, NULL};
	struct actor dash = execute("/bin/cat", argv);
	struct actor zombie;
	struct seen seen;
	struct processes *p = start(&seen, dash.pid);

	(void)state;
	processes_want(p, (uint32_t)dash.pid, 0);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.cmdline.len, 2);
	assert_string_equal(seen.cmdline.data, "-");
	end(p, &seen);
	/* a zombie has no command line */
	zombie = execute("/bin/cat", argv);
	kill(zombie.pid, SIGKILL);
	waitid(P_PID, (id_t)zombie.pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	p = start(&seen, zombie.pid);
	processes_want(p, (uint32_t)zombie.pid, 0);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.whole, 1);
	assert_int_equal(seen.rec.cmdline.len, 0);
	assert_int_equal(seen.rec.state, 'Z');
	act_end(&dash);
	act_end(&zombie);
	end(p, &seen);
}

static void long_command_lines(void **state)
{
	size_t size = 128 * 1024 - 1;
	char *huge = malloc(size + 1);
	char *argv[] = {(char[]){"cat"}, (char[]){"-"}, huge, NULL};
	struct actor child;
	struct seen seen;
	struct processes *p;

	(void)state;
	memset(huge, 'x', size);
	huge[size] = '\0';
	child = execute("/bin/cat", argv);
	p = start(&seen, child.pid);
	processes_want(p, (uint32_t)child.pid, 0);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.cmdline.len, 4 + 2 + size + 1);
	assert_false(seen.rec.cmdline_cut);
	act_end(&child);
	end(p, &seen);
	free(huge);
}

/* Says that its command line is all of a huge mapping (any user may, PR_SET_MM_MAP). */
static void claims_gigabytes(int ctl, void *arg)
{
	size_t size = (size_t)1536 << 20;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long at[26];
	char stat[1024], *p, *save, ok;
	int proc = procfs_open("/proc"), n = 0;
	struct prctl_mm_map mm;

	(void)arg;
	memset(stat, 0, sizeof(stat));
	procfs_read(proc, (uint32_t)getpid(), "stat", stat, sizeof(stat) - 1);
	/* fields 26.. of proc(5): startcode endcode startstack; 45.. startdata to env_end */
	p = strrchr(stat, ')') + 2;
	for (p = strtok_r(p, " ", &save); p; p = strtok_r(NULL, " ", &save), n++) {
		if (n >= 23 && n <= 25)
			at[n - 23] = strtoul(p, NULL, 10);
		else if (n >= 42 && n <= 48)
			at[n - 42 + 3] = strtoul(p, NULL, 10);
	}
	mm = (struct prctl_mm_map){
		.start_code = at[0],
		.end_code = at[1],
		.start_stack = at[2],
		.start_data = at[3],
		.end_data = at[4],
		.start_brk = at[5],
		.brk = (unsigned long)sbrk(0),
		.arg_start = (unsigned long)map,
		.arg_end = (unsigned long)map + size,
		.env_start = at[8],
		.env_end = at[9],
		.exe_fd = ~0u,
	};
	ok = map != MAP_FAILED && prctl(PR_SET_MM, PR_SET_MM_MAP, &mm, sizeof(mm), 0) == 0;
	if (write(ctl, &ok, 1) == 1)
		hear(ctl);
}

static void boundless_command_lines(void **state)
{
	struct actor child = act_start(claims_gigabytes, NULL);
	struct seen seen;
	struct processes *p;
	char ok = 0;

	(void)state;
	assert_int_equal(read(child.ctl, &ok, 1), 1);
	if (!ok) {
		act_end(&child);
		skip_because("this kernel refuses PR_SET_MM_MAP");
	}
	p = start(&seen, child.pid);
	processes_want(p, (uint32_t)child.pid, 0);
	assert_true(processes_wait_all(p, 20000));
	assert_int_equal(seen.whole, 1);
	assert_true(seen.rec.cmdline_cut);
	assert_int_equal(seen.cmdline.len, PROCESSES_CMDLINE_MAX);
	act_end(&child);
	end(p, &seen);
}

static void deleted_programs(void **state)
{
	char dir[] = "/tmp/inettop-exe-XXXXXX", path[64];
	char *argv[] = {(char[]){"old"}, NULL};
	struct actor child;
	struct seen seen;
	struct processes *p;
	char command[200];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/evil\nname", dir);
	snprintf(command, sizeof(command), "cp /bin/cat '%s'", path);
	assert_int_equal(system(command), 0);
	child = execute(path, argv);
	unlink(path);
	rmdir(dir);
	p = start(&seen, child.pid);
	processes_want(p, (uint32_t)child.pid, 0);
	assert_true(processes_wait_all(p, 5000));
	assert_true(seen.rec.exe_deleted);
	assert_string_equal(seen.exe, path);
	assert_string_equal(seen.comm, "evil\nname");
	act_end(&child);
	end(p, &seen);
}

static void recycled_pids_are_not_told(void **state)
{
	struct actor child = act_start(wait_for_end, NULL);
	struct seen seen;
	struct processes *p = start(&seen, child.pid);
	struct procfs_stat st;

	(void)state;
	assert_int_equal(procfs_read_stat(proc_fd, (uint32_t)child.pid, &st), 0);
	processes_want(p, (uint32_t)child.pid, st.start_ticks + 1);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.fast + seen.whole, 0);
	/* gone while the request waits */
	processes_want(p, (uint32_t)child.pid, st.start_ticks);
	act_end(&child);
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.whole, 0);
	assert_int_equal(processes_pending(p), 0);
	end(p, &seen);
}

static void exec_after_byte(int ctl, void *arg)
{
	char *argv[] = {(char[]){"cat"}, (char[]){"-"}, NULL};

	(void)arg;
	hear(ctl);
	dup2(ctl, 0);
	execv("/bin/cat", argv);
	_exit(9);
}

static void exec_is_noticed(void **state)
{
	struct actor child = act_start(exec_after_byte, NULL);
	struct seen seen;
	struct processes *p = start(&seen, child.pid);

	(void)state;
	processes_want(p, (uint32_t)child.pid, 0);
	assert_true(processes_wait_all(p, 5000));
	processes_roll(p, 8, 0);
	assert_int_equal(processes_pending(p), 0);
	tell(child.ctl);
	for (int i = 0; i < 5000 && strcmp(seen.comm, "cat") != 0; i++) {
		poll(NULL, 0, 1);
		processes_roll(p, 8, 0);
	}
	assert_true(processes_wait_all(p, 5000));
	assert_int_equal(seen.whole, 2);
	assert_memory_equal(seen.cmdline.data, "cat\0-", 6);
	act_end(&child);
	end(p, &seen);
}

/* ---- a process that holds up its readers ---- */

static uint32_t blocked_pid;
static helper_handler *real_handler;

static int sticky_handler(const void *request, size_t len, struct helper_out *out, void **state)
{
	uint32_t pid;

	memcpy(&pid, (const char *)request + 8, sizeof(pid));
	while (pid == blocked_pid)
		pause();
	return real_handler(request, len, out, state);
}

static void stuck_costs_nobody_else(void **state)
{
	struct actor a = act_start(wait_for_end, NULL);
	struct actor b = act_start(wait_for_end, NULL);
	struct seen seen_a, seen_b;
	struct helper_spec sticky[HELPER_KIND_COUNT] = {0};
	struct helper *h, *saved = helper;
	struct processes *pa, *pb;

	(void)state;
	blocked_pid = (uint32_t)a.pid;
	real_handler = specs[HELPER_PROC].handler;
	sticky[HELPER_PROC] = specs[HELPER_PROC];
	sticky[HELPER_PROC].handler = sticky_handler;
	assert_int_equal(helper_start(sticky, &h), 0);
	helper = h;
	pa = start(&seen_a, a.pid);
	pb = start(&seen_b, b.pid);
	processes_want(pa, (uint32_t)a.pid, 0);
	processes_want(pb, (uint32_t)b.pid, 0);
	assert_true(processes_wait_all(pa, 10000));
	assert_true(processes_wait_all(pb, 10000));
	assert_int_equal(seen_a.stuck, 1);
	assert_int_equal(seen_a.whole, 0);
	assert_true(seen_a.rec.have & PROC_HAVE_EXE);
	assert_true(seen_a.rec.have & PROC_HAVE_CGROUP);
	assert_int_equal(seen_b.whole, 1);
	assert_int_equal(processes_stuck(pa), 1);
	/* left alone for a while, then asked again */
	processes_want(pa, (uint32_t)a.pid, 0);
	assert_int_equal(seen_a.stuck, 2);
	assert_int_equal(processes_pending(pa), 0);
	processes_roll(pa, 1, INT64_MAX);
	assert_int_equal(processes_pending(pa), 0);
	end(pa, &seen_a);
	end(pb, &seen_b);
	helper_free(h);
	helper = saved;
	act_end(&a);
	act_end(&b);
}

static void names_of_users(void **state)
{
	struct users *u = users_new(helper);
	struct bytes name = users_name(u, 0);

	(void)state;
	assert_null(name.ptr);
	assert_null(users_name(u, 4000000000u).ptr);
	assert_true(helper_drain(helper, HELPER_USER, 10000));
	assert_int_equal(users_generation(u), 2);
	name = users_name(u, 0);
	assert_int_equal(name.len, 4);
	assert_memory_equal(name.ptr, "root", 4);
	assert_null(users_name(u, 4000000000u).ptr);
	assert_int_equal(helper_pending(helper, HELPER_USER), 0);
	users_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_process), cmocka_unit_test(empty_is_not_a_dash),
		cmocka_unit_test(long_command_lines), cmocka_unit_test(boundless_command_lines),
		cmocka_unit_test(deleted_programs),   cmocka_unit_test(recycled_pids_are_not_told),
		cmocka_unit_test(exec_is_noticed),    cmocka_unit_test(stuck_costs_nobody_else),
		cmocka_unit_test(names_of_users),
	};
	int failed;

	helper_specs(specs);
	proc_fd = procfs_open("/proc");
	if (proc_fd < 0 || helper_start(specs, &helper) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	helper_free(helper);
	close(proc_fd);
	return failed;
}
