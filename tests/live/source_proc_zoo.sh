#!/bin/bash
# --source=proc: the same rows and owners as netlink for what the text tables have (SPEC 2).
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command ss python3
tap_netns

tap_tmpdir
oracle() { python3 "$top_srcdir/tests/lib/oracle.py" "$@"; }
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range

tap_zoo listen,port=1001 listen,addr=0.0.0.0,port=1101 listen,addr=::1,port=1001 \
	listen,addr=::,port=1002,v6only listen,addr=::,port=1003,v6only=0 listen,port=1004,dev=lo \
	reuseport,port=1005,n=4 established,port=1007,n=2 established,addr=::1,port=1007,n=2 \
	pending,port=1008,n=3 half-closed,port=1009 time-wait,port=1010 time-wait,addr=::1,port=1010 \
	orphan,port=1012 udp,port=1013 udp,addr=::1,port=1014 udp-connected,port=1015,peer=1013 \
	child,port=1017 passed,port=1018 in-flight,port=1019 thread,port=1020 \
	udplite,port=3002 udplite,addr=::1,port=3003 raw,port=200 raw,addr=::1,port=201 \
	icmp,port=77 icmp,addr=::1,port=78
tap_run "the same sockets and owners from text" oracle source
tap_run "the same as the ledger says" oracle ledger "$ledger" --source=proc
listing() { "$INETTOP" --no-config --json --netns "$(stat -Lc %i /proc/self/ns/net)" "$@" 2>/dev/null; }
tap_is "$(listing --source=proc --pane sockets state bound | grep -o '"state":"[^"]*"')" "" \
	"text has no bound-only sockets, and says nothing else in their place"
tap_zoo_end

tap_zoo listen,mptcp,port=1021 established,mptcp,port=1022,n=2
tap_run "an mptcp socket is a tcp one in text, with the same owners" oracle source
tap_done
