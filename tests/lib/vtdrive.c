/*
 * A terminal for shell scripts: runs a program on the virtual terminal (lib/vt.h) and does what the
 * lines of standard input say, each answered by one line on standard output ("ok", "no", a number).
 *
 *   type KEYS         as vt_type()           wait MS TEXT      until TEXT is on the screen
 *   resize ROWS COLS                         nowait MS TEXT    until it no longer is
 *   show FILE         writes the screen      raw FILE          writes all bytes received
 *   watch MS          reads so long          exit MS           the exit code, -1 none
 *
 * Ends with its input; the program ends with it.
 */
#include "lib/vt.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void answer(bool good)
{
	puts(good ? "ok" : "no");
}

static bool to_file(const char *path, const void *data, size_t len)
{
	FILE *out = fopen(path, "w");

	return out && fwrite(data, 1, len, out) == len && !fclose(out);
}

static void obey(struct vt *vt, const char *word, char *rest)
{
	char *text = rest;
	long ms = strtol(rest, &text, 10);
	const char *data;
	size_t len;

	text += *text == ' ';
	if (!strcmp(word, "type")) {
		vt_type(vt, rest);
		answer(true);
	} else if (!strcmp(word, "wait")) {
		answer(vt_wait_text(vt, text, (int)ms));
	} else if (!strcmp(word, "nowait")) {
		answer(vt_wait_no_text(vt, text, (int)ms));
	} else if (!strcmp(word, "watch")) {
		vt_observe(vt, (int)ms);
		answer(true);
	} else if (!strcmp(word, "resize")) {
		vt_resize(vt, (int)ms, atoi(text));
		answer(true);
	} else if (!strcmp(word, "exit")) {
		printf("%d\n", vt_wait_exit(vt, (int)ms));
	} else if (!strcmp(word, "show")) {
		vt_observe(vt, 0);
		data = vt_screen(vt);
		answer(to_file(rest, data, strlen(data)));
	} else if (!strcmp(word, "raw")) {
		data = vt_raw(vt, &len);
		answer(to_file(rest, data, len));
	} else {
		answer(false);
	}
	fflush(stdout);
}

/* Waits for a line; what the program draws meanwhile is read, or it would wait for us. */
static bool await(struct vt *vt)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&in, 1, 0) == 0)
		vt_observe(vt, 20);
	return true;
}

int main(int argc, char **argv)
{
	struct vt_options options = {0};
	char line[4096], *rest;
	struct vt *vt;

	if (argc < 4) {
		fputs("Usage: vtdrive ROWS COLS PROGRAM [ARG]...\n", stderr);
		return 2;
	}
	options.rows = atoi(argv[1]);
	options.cols = atoi(argv[2]);
	options.term = getenv("VTDRIVE_TERM");
	vt = vt_start(&options, (const char *const *)argv + 3);
	while (await(vt) && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		rest = strchr(line, ' ');
		if (rest)
			*rest++ = '\0';
		obey(vt, line, rest ? rest : line + strlen(line));
	}
	vt_free(vt);
	return 0;
}
