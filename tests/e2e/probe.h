/* Starting tests/e2e/ui_probe: what it shows and which keys it knows is told there. */
#ifndef TESTS_E2E_PROBE_H
#define TESTS_E2E_PROBE_H

#include "lib/unit.h"
#include "lib/vt.h"

static inline const char *probe_path(void)
{
	static char path[4096];
	const char *dir = getenv("top_builddir");

	snprintf(path, sizeof(path), "%s/tests/e2e/ui_probe", dir ? dir : ".");
	return path;
}

static inline struct vt *probe_start(const struct vt_options *options)
{
	const char *const argv[] = {probe_path(), NULL};
	struct vt *vt = vt_start(options, argv);

	assert_true(vt_wait_text(vt, "probe ", VT_DEADLINE));
	return vt;
}

/* A shell command with the probe's path as "$0". */
static inline struct vt *probe_shell(const struct vt_options *options, const char *script)
{
	const char *const argv[] = {"bash", "-c", script, probe_path(), NULL};

	return vt_start(options, argv);
}

static inline void probe_quit(struct vt *vt)
{
	vt_type(vt, "q");
	assert_int_equal(vt_wait_exit(vt, VT_DEADLINE), 0);
	assert_true(vt_termios_restored(vt));
	assert_false(vt_alt_screen(vt));
	vt_free(vt);
}

#endif
