/* Lines and counters of /proc/net of any bytes. The first byte chooses the table. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/netstat_counters.h"
#include "kernel/procnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netstat_counters counters = {0};
	struct sock_rec rec;
	char *copy;

	if (!size)
		return 0;
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	if (procnet_decode_line(data[0] % PROTO_COUNT, data[0] & 0x80 ? AF_INET6 : AF_INET, copy,
				size - 1, &rec) == 0 &&
	    (rec.state >= STATE_COUNT ||
	     (rec.path.ptr &&
	      (rec.path.ptr < copy || rec.path.ptr + rec.path.len > copy + size - 1))))
		abort();
	(void)netstat_decode_sockstat(copy, size - 1, &counters);
	(void)netstat_decode_snmp(copy, size - 1, &counters);
	free(copy);
	return 0;
}
