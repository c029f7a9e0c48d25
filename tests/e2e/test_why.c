/* The page behind `w` on the live kernel: it names who is in the way, and turns free by itself. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/unit.h"
#include "lib/vt.h"

static int listener(int *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static struct vt *open_page(int port)
{
	char filter[16], endpoint[32];
	const char *const argv[] = {getenv("INETTOP"), "--no-config", "-d", "0.3", filter, NULL};
	const struct vt_options options = {.rows = 40, .cols = 120};
	struct vt *vt;

	snprintf(filter, sizeof(filter), ":%d", port);
	snprintf(endpoint, sizeof(endpoint), "127.0.0.1:%d", port);
	assert_non_null(argv[0]);
	vt = vt_start(&options, argv);
	assert_true(vt_wait_text(vt, "test_why", VT_DEADLINE));
	vt_type(vt, "w");
	snprintf(endpoint, sizeof(endpoint), "127.0.0.1:%d is taken", port);
	assert_true(vt_wait_text(vt, endpoint, VT_DEADLINE));
	return vt;
}

static void quit(struct vt *vt)
{
	vt_type(vt, "Q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	vt_free(vt);
}

static void page_turns_free(void **state)
{
	int port, fd = listener(&port);
	struct vt *vt = open_page(port);

	(void)state;
	assert_true(vt_wait_text(vt, "loopback-only", VT_DEADLINE));
	close(fd);
	assert_true(vt_wait_text(vt, "is free", VT_DEADLINE));
	quit(vt);
}

/* Enter on a piece of evidence goes to it, whatever the cursor is on the answer stays. */
static void evidence_is_followed(void **state)
{
	int port, fd = listener(&port);
	struct vt *vt = open_page(port);
	char text[32];

	(void)state;
	vt_type(vt, "<End>");
	vt_observe(vt, 700); /* two more snapshots */
	snprintf(text, sizeof(text), "127.0.0.1:%d is taken", port);
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
	vt_type(vt, "<Enter>");
	snprintf(text, sizeof(text), "%d", (int)getpid());
	assert_true(vt_wait_no_text(vt, "is taken", VT_DEADLINE));
	assert_true(vt_wait_text(vt, text, VT_DEADLINE));
	close(fd);
	quit(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_turns_free),
		cmocka_unit_test(evidence_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
