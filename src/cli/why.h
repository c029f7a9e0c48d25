/* `inettop why ENDPOINT`. */
#ifndef INETTOP_CLI_WHY_H
#define INETTOP_CLI_WHY_H

#include "cli/live.h"

/* The answer as text or JSON; CLI_OK: something is in the way, CLI_NO: free, CLI_PARTIAL: hidden.
 */
int why_run(struct live *live);

#endif
