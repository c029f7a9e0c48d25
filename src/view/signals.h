/* Names and numbers of the signals a person may send. */
#ifndef INETTOP_VIEW_SIGNALS_H
#define INETTOP_VIEW_SIGNALS_H

#include <stddef.h>

struct signal_name {
	const char *name; /* without SIG */
	int number;
	const char *help;
};

/* In the order of their numbers; ret_n = how many. */
const struct signal_name *signals_all(size_t *ret_n);

/* By number or by name with or without SIG, any case. The number, or -1. */
int signals_parse(const char *text, size_t len);

/* "TERM", or NULL for a number that is not in the table. */
const char *signals_name(int number);

#endif
