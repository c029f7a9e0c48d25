#!/bin/bash
# unix, packet and netlink sockets: as ss has them, the processes at the other end as lsof +E.
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command ss lsof python3
tap_netns

tap_tmpdir
oracle() { python3 "$top_srcdir/tests/lib/oracle.py" "$@"; }
ip link add dummy0 type dummy 2>/dev/null && ip link set dummy0 up
tap_zoo unix-listen,addr=@zoo-listen unix-listen,addr="$tmp/listen" unix-dgram,addr="$tmp/dgram" \
	unix-dgram,addr=@zoo-dgram unix-pair unix-pair packet,dev=lo packet,dev=dummy0 netlink netlink
# two processes, one at each end, through a name
python3 - "$tmp/service" <<'EOF' &
import os, signal, socket, sys
signal.alarm(120)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + ".new")
server.listen(4)
if not os.fork():
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[1] + ".new")
    client.send(b"unread")
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(sys.argv[1] + ".new")
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    signal.pause()
served, _ = server.accept()
signal.pause()
EOF
pair=$!
tap_cleanup "kill \$(ps -o pid= --ppid $pair) $pair; wait $pair"
tap_wait 10 test -S "$tmp/service" || tap_fail "the pair of processes did not start"

tap_run "unix: name, state, queues, peer and owners as ss, the other end's process as lsof" oracle unix
tap_run "packet: device, queue, uid, owners as ss" oracle packet
tap_run "netlink: port ids as ss, the kernel's own named" oracle netlink
netns=$(stat -Lc %i /proc/self/ns/net)
list() { "$INETTOP" --no-config --netns "$netns" --pane sockets "$@"; }
tap_is "$(list -A unix --json | grep -o '"path":"@zoo[^"]*"' | sort | xargs)" "path:@zoo-dgram path:@zoo-listen" \
	"abstract names begin with @"
tap_is "$(list -A unix -b -H -c path,peer.pid "src unix:$tmp/service.new && state established" | awk '{ print $2 }')" \
	"$(ps -o pid= --ppid $pair | tr -d ' ')" "the client of a unix service, by the service's name"
tap_run "-A all: every family in one list, none twice" oracle ledger "$ledger"
tap_done
