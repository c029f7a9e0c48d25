#include "kernel/helper_specs.h"

#include <linux/capability.h>

#include "kernel/capabilities.h"
#include "kernel/dns.h"
#include "kernel/fdtable.h"
#include "kernel/processes.h"
#include "kernel/runtime.h"
#include "kernel/users.h"

void helper_specs(struct helper_spec ret_specs[HELPER_KIND_COUNT])
{
	const uint64_t see = CAP_MASK(CAP_SYS_PTRACE) | CAP_MASK(CAP_DAC_READ_SEARCH);

	ret_specs[HELPER_PROC] = (struct helper_spec){processes_helper, see, 200, 512};
	ret_specs[HELPER_ENVIRON] = (struct helper_spec){fdtable_environ_helper, see, 200, 256};
	ret_specs[HELPER_USER] = (struct helper_spec){users_helper, 0, 5000, 0};
	ret_specs[HELPER_DNS] = (struct helper_spec){dns_helper, 0, 5000, 0};
	/* runtime sockets belong to root or a group; joining its own files needs no more */
	ret_specs[HELPER_RUNTIME] =
		(struct helper_spec){runtime_helper, see | CAP_MASK(CAP_DAC_OVERRIDE), 2000, 512};
}
