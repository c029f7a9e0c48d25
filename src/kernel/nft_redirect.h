/*
 * Packet filter rules that send what comes for a port elsewhere, so that a port without any socket
 * answers: nftables' own rules and those of iptables-nft, in any family and chain of the namespace.
 * By NFT_MSG_GETRULE (linux/netfilter/nf_tables.h), which asks for CAP_NET_ADMIN. A rule counts
 * when it compares the destination port with ours and then translates (nat, redir, tproxy, the
 * DNAT and REDIRECT targets) or jumps to a chain that kube-proxy or CNI plugins keep for a port.
 * Sets and maps are not looked into.
 */
#ifndef INETTOP_KERNEL_NFT_REDIRECT_H
#define INETTOP_KERNEL_NFT_REDIRECT_H

#include "base/arena.h"
#include "kernel/netlink.h"
#include "model/why_facts.h"

/* A NETLINK_NETFILTER handle of the calling thread's namespace. 0 or -errno. */
int nft_redirect_open(struct netlink **ret_nl);

/*
 * The rules for (protocol, port); everything is in the arena. 0 or -errno: -EPERM, and -ENOENT
 * without nftables in this kernel. What was found before an error is returned too.
 */
int nft_redirect_read(struct netlink *nl, uint8_t proto, uint16_t port, struct arena *arena,
		      const struct why_redirect **ret, uint32_t *ret_n);

#endif
