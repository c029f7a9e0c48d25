/* The statistics that INET_DIAG_INFO carries, of any kernel's length. Pure; any bytes are safe. */
#ifndef INETTOP_KERNEL_SOCKDIAG_INFO_H
#define INETTOP_KERNEL_SOCKDIAG_INFO_H

#include <stddef.h>

#include "model/record.h"

/* struct tcp_info (linux/tcp.h). What data is too short for is ~0; cc is "". */
void sockdiag_decode_tcp_info(const void *data, size_t len, struct tcp_stats *ret_tcp);

/* struct mptcp_info (linux/mptcp.h): the byte counters, retransmits and times; the rest is ~0. */
void sockdiag_decode_mptcp_info(const void *data, size_t len, struct tcp_stats *ret_tcp);

#endif
