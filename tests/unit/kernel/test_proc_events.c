#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

#include "unit/kernel/scene.h"

#include "kernel/proc_events.h"

struct events {
	int n, of_child[3];
	uint32_t child, exit_code;
	struct proc_event_rec last;
};

static void note(void *ctx, const struct proc_event_rec *event)
{
	struct events *events = ctx;

	events->n++;
	events->last = *event;
	if (event->pid != events->child)
		return;
	events->of_child[event->kind]++;
	if (event->kind == PROC_EV_EXIT)
		events->exit_code = event->exit_code;
}

static size_t make(char *buf, uint32_t what, uint32_t pid, uint32_t tgid)
{
	struct nlmsghdr nl = {0};
	struct cn_msg cn = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(struct proc_event)};
	struct proc_event ev = {.timestamp_ns = 42};
	uint32_t data[4] = {1, 1, pid, tgid};

	nl.nlmsg_len = sizeof(nl) + sizeof(cn) + sizeof(ev);
	memcpy(&ev.what, &what, sizeof(what));
	if (what != PROC_EVENT_FORK) {
		data[0] = pid;
		data[1] = tgid;
	}
	memcpy(&ev.event_data, data, sizeof(data));
	memcpy(buf, &nl, sizeof(nl));
	memcpy(buf + sizeof(nl), &cn, sizeof(cn));
	memcpy(buf + sizeof(nl) + sizeof(cn), &ev, sizeof(ev));
	return nl.nlmsg_len;
}

static void decodes(void **state)
{
	struct events events = {0};
	char buf[512];
	size_t len = make(buf, PROC_EVENT_FORK, 70, 70);

	(void)state;
	assert_int_equal(proc_events_decode(buf, len, note, &events), 1);
	assert_int_equal(events.last.kind, PROC_EV_FORK);
	assert_int_equal(events.last.pid, 70);
	assert_int_equal(events.last.ppid, 1);
	assert_int_equal(events.last.time_ns, 42);
	len = make(buf, PROC_EVENT_FORK, 71, 70); /* a thread */
	assert_int_equal(proc_events_decode(buf, len, note, &events), 0);
	len = make(buf, PROC_EVENT_EXIT, 70, 70);
	assert_int_equal(proc_events_decode(buf, len, note, &events), 1);
	assert_int_equal(events.last.kind, PROC_EV_EXIT);
	len = make(buf, PROC_EVENT_UID, 70, 70);
	assert_int_equal(proc_events_decode(buf, len, note, &events), 0);
}

static void cut_anywhere_is_refused(void **state)
{
	struct events events = {0};
	char buf[512];
	size_t len = make(buf, PROC_EVENT_EXEC, 70, 70);
	uint32_t forged = 0xfffffff0;

	(void)state;
	for (size_t i = sizeof(struct nlmsghdr); i < len; i++)
		assert_int_equal(proc_events_decode(buf, i, note, &events), -EINVAL);
	memcpy(buf, &forged, sizeof(forged));
	assert_int_equal(proc_events_decode(buf, len, note, &events), -EINVAL);
	assert_int_equal(events.n, 0);
}

static void exits(int ctl, void *arg)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 3"}, NULL};

	(void)arg;
	hear(ctl);
	execv("/bin/sh", argv);
}

static void sees_a_child(void **state)
{
	struct proc_events *connector;
	struct events events = {0};
	struct actor child;

	(void)state;
	if (proc_events_open(&connector) < 0)
		skip_because("the proc connector is refused here");
	child = act_start(exits, NULL);
	events.child = (uint32_t)child.pid;
	tell(child.ctl);
	for (int i = 0; i < 200 && !events.of_child[PROC_EV_EXIT]; i++) {
		struct pollfd pfd = {.fd = proc_events_fd(connector), .events = POLLIN};

		poll(&pfd, 1, 20);
		proc_events_read(connector, note, &events);
	}
	act_end(&child);
	proc_events_close(connector);
	if (!events.n)
		skip_because("the proc connector is silent here");
	assert_int_equal(events.of_child[PROC_EV_FORK], 1);
	assert_int_equal(events.of_child[PROC_EV_EXEC], 1);
	assert_int_equal(events.of_child[PROC_EV_EXIT], 1);
	assert_int_equal(WEXITSTATUS(events.exit_code), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes),
		cmocka_unit_test(cut_anywhere_is_refused),
		cmocka_unit_test(sees_a_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
