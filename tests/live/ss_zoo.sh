#!/bin/bash
# Every socket and every owner as ss has them, for each kind of socket that sockzoo can open; and as
# sockzoo's own ledger has them where ss is blind (bound-only, threads, in flight).
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command ss python3
tap_netns

tap_tmpdir
oracle() { python3 "$top_srcdir/tests/lib/oracle.py" "$@"; }
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range
ip link add dummy0 type dummy 2>/dev/null && ip addr add 10.9.9.1/24 dev dummy0 && ip link set dummy0 up

tap_zoo listen,port=1001 listen,addr=0.0.0.0,port=1101 listen,addr=::1,port=1001 \
	listen,addr=::,port=1002,v6only listen,addr=::,port=1003,v6only=0 \
	listen,port=1004,dev=lo udp,addr=0.0.0.0,port=1104,dev=lo reuseport,port=1005,n=4 \
	bound,port=1006 bound,addr=::1,port=1006 established,port=1007,n=2 \
	established,addr=::1,port=1007,n=2 pending,port=1008,n=3 half-closed,port=1009 \
	time-wait,port=1010 time-wait,port=1011,client time-wait,addr=::1,port=1010 \
	orphan,port=1012 udp,port=1013 udp,addr=::1,port=1014 udp,addr=::,port=1114 \
	udp-connected,port=1015,peer=1013 udp-connected,addr=::1,port=1015,peer=1014 \
	child,port=1017 passed,port=1018 in-flight,port=1019 \
	listen,mptcp,port=1021 established,mptcp,port=1022,n=2 listen,addr=::,mptcp,port=1023 \
	listen,port=1200,n=50
tap_is "$(grep '^lacks' "$ledger" | grep -v mptcp)" "" "everything could be opened"
tap_run "every socket: state, addresses, queues, uid, inode, timer, owners as ss" oracle sockets
tap_run "every endpoint: queues, owners, inodes, uid as ss" oracle ports
tap_run "the ledger: bound-only, in the accept queue, passed, inherited" oracle ledger "$ledger"

# the same sockets of somebody else
tap_zoo_end
nobody_zoo() { tap_as_nobody "$SOCKZOO" "$@"; }
cp "$SOCKZOO" "$tmp/zoo" && chmod 755 "$tmp/zoo"
printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "%s/zoo" "$@"\n' "$tmp" \
	>"$tmp/as-nobody"
chmod 755 "$tmp/as-nobody"
sockzoo=$SOCKZOO
SOCKZOO=$tmp/as-nobody tap_zoo listen,port=2001 udp,port=2002 established,port=2003 \
	pending,port=2004,n=2 half-closed,port=2005 child,port=2006 time-wait,port=2007
SOCKZOO=$sockzoo
tap_run "another user's sockets: uid and owners as ss" oracle sockets
tap_run "another user's endpoints as ss" oracle ports
tap_zoo_end

# where ss is blind
tap_zoo thread,port=3001 udplite,port=3002 udplite,addr=::1,port=3003 raw,port=200 \
	raw,addr=::1,port=201 icmp,port=77 icmp,addr=::1,port=78 unix-listen,addr=@zoo-listen \
	unix-dgram,addr="$tmp/dgram" unix-pair packet,dev=lo netlink
tap_run "a thread's own table, udplite, raw, icmp, unix, packet, netlink" oracle ledger "$ledger"
tap_done
