#include "view/signals.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

static const struct signal_name all[] = {
	{"HUP", SIGHUP, "hang up: many servers read their configuration again"},
	{"INT", SIGINT, "interrupt, as Ctrl-C"},
	{"QUIT", SIGQUIT, "quit, with a core dump"},
	{"ABRT", SIGABRT, "abort, with a core dump"},
	{"KILL", SIGKILL, "end at once: nothing is saved, nothing cleaned up"},
	{"USR1", SIGUSR1, "means what the program says"},
	{"USR2", SIGUSR2, "means what the program says"},
	{"ALRM", SIGALRM, "alarm"},
	{"TERM", SIGTERM, "end in good order"},
	{"CONT", SIGCONT, "go on after a stop"},
	{"STOP", SIGSTOP, "stop until CONT"},
	{"TSTP", SIGTSTP, "stop, as Ctrl-Z"},
	{"WINCH", SIGWINCH, "window size; nginx and httpd stop their workers in good order"},
};

#define N_ALL (sizeof(all) / sizeof(*all))

const struct signal_name *signals_all(size_t *ret_n)
{
	*ret_n = N_ALL;
	return all;
}

static int parse_number(const char *text, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || n > 64)
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	return len && n >= 1 && n <= 64 ? n : -1;
}

int signals_parse(const char *text, size_t len)
{
	if (len > 3 && !strncasecmp(text, "SIG", 3)) {
		text += 3;
		len -= 3;
	}
	for (size_t i = 0; i < N_ALL; i++)
		if (strlen(all[i].name) == len && !strncasecmp(all[i].name, text, len))
			return all[i].number;
	return parse_number(text, len);
}

const char *signals_name(int number)
{
	for (size_t i = 0; i < N_ALL; i++)
		if (all[i].number == number)
			return all[i].name;
	return NULL;
}
