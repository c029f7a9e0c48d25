/* Which helper does what, with which rights and how long it may be silent. */
#ifndef INETTOP_KERNEL_HELPER_SPECS_H
#define INETTOP_KERNEL_HELPER_SPECS_H

#include "kernel/helper.h"

/* Fills in all kinds. */
void helper_specs(struct helper_spec ret_specs[HELPER_KIND_COUNT]);

#endif
