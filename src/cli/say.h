/* Messages on standard error: one line each, cleaned, behind "inettop: ". */
#ifndef INETTOP_CLI_SAY_H
#define INETTOP_CLI_SAY_H

#include "base/strbuf.h"

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Lines that are clean already, as they are. */
void say_raw(const struct strbuf *text);

#endif
