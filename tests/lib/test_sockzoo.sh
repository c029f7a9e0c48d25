#!/bin/bash
# The ledger of sockzoo against what ss and /proc say: the factory must be right before it judges.
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command ss
tap_netns

tap_tmpdir
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range

tap_zoo listen,port=1001 listen,addr=::,port=1002,v6only listen,addr=::,port=1003,v6only=0 \
	listen,port=1004,dev=lo reuseport,port=1005,n=4 bound,port=1006 \
	established,port=1007,n=2 pending,port=1008,n=3 half-closed,port=1009 time-wait,port=1010 \
	time-wait,port=1011,client orphan,port=1012 udp,port=1013 udp,addr=::1,port=1014 \
	udp-connected,port=1015,peer=1013 udplite,port=1016 raw,port=200 icmp,port=77 \
	unix-listen,addr=@zoo-listen unix-dgram,addr="$tmp/dgram" unix-pair packet,dev=zoo0 netlink \
	child,port=1017 passed,port=1018 in-flight,port=1019 thread,port=1020 listen,mptcp,port=1021 \
	listen,port=1100,n=50

field() { grep " $1\$" "$ledger" | cut -d' ' -f"$2"; }
lines() { grep -c "$1" "$ledger"; }

tap_is "$(grep -v '^open \|^ready\|^lacks ' "$ledger")" "" "the ledger holds nothing else"
tap_is "$(grep '^lacks' "$ledger" | grep -v mptcp)" "" "everything could be opened"

# ss prints: state recvq sendq local peer ... ino:N sk:COOKIE (hexadecimal)
ss_set() { ss -H -n -e -a "$@" | sed -nE 's/.*[ \t]ino:([0-9]+) .*/\1/p' | sort -u; }
zoo_set() { awk -v p="$1" '$1 == "open" && $3 == p && $9 != "bound" && $10 { print $10 }' "$ledger" | sort -u; }
for proto in tcp udp; do
	tap_is "$(comm -23 <(zoo_set $proto) <(ss_set --$proto))" "" \
		"ss knows every $proto inode of the ledger"
done
tap_is "$(ss -H -tan state time-wait | grep -c '127.0.0.1:101[01]')" 2 "both TIME_WAIT ends are there"
tap_like "$(ss -H -tan state time-wait)" "127.0.0.1:1010 " "by default the server's end waits"
tap_is "$(ss -H -tane state fin-wait-2 '( sport = 1012 )' | grep -c 'ino:[1-9]')" 0 "the orphan has no inode"
tap_like "$(ss -H -tln sport = 1004)" '127\.0\.0\.1%lo:1004' "a listener bound to a device"
tap_is "$(lines ':: 1002 .* listen .* listen$') $(lines '127.0.0.1 1005 .* listen .* reuseport$')" "1 4" \
	"v6only and reuseport listeners"
tap_is "$(ss -H -tln sport = 1008 | awk '{ print $2 }')" 3 "three connections wait to be accepted"
tap_is "$(field half-closed 9 | sort | xargs)" "close-wait fin-wait-2" "half closed: both ends"
tap_is "$(lines ' bound .* bound$') $(lines '127.0.0.1 11[0-4][0-9] ')" "1 50" "bound, and fifty more"
tap_is "$(lines '^open [0-9]* raw inet 127.0.0.1 200 ') $(lines '^open [0-9]* icmp inet 127.0.0.1 77 ')" \
	"1 1" "raw and ping sockets"
tap_is "$(lines '^open [0-9]* unix unix @zoo-listen 0 - 0 listen ') $(lines " unix $tmp/dgram ")" "1 1" \
	"unix sockets by name"

# holders, as /proc tells them
holds() { [ "$(readlink "/proc/$1/task/$2/fd/$3")" = "socket:[$4]" ]; }
wrong=$(while read -r event _ _ _ _ _ _ _ _ inode _ holder tid fd kind; do
	[ "$event" = open ] && [ "$fd" -ge 0 ] || continue
	holds "$holder" "$tid" "$fd" "$inode" || echo "$kind $holder $tid $fd $inode"
done <"$ledger")
tap_is "$wrong" "" "every holder has that descriptor"
tap_is "$(field child 12 | sort -u | wc -l) $(field child 10 | sort -u | wc -l)" "2 1" \
	"two processes hold the inherited one"
tap_is "$(field passed 12 | grep -cx "$zoo_pid")" 0 "the passed one is held elsewhere only"
inode=$(field in-flight 10)
tap_is "$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null)" "" "nobody holds the one in flight"
tap_like "$(ss -H -tlne sport = 1019)" "ino:$inode " "and yet it listens"
tap_is "$(find "/proc/$zoo_pid/fd" -lname "socket:\[$(field thread 10)\]")" "" \
	"the thread's is not in the process's table"
children=$(field child 12; field passed 12)
tap_zoo_end
gone() { local p; for p in $children; do [ "$p" = "$zoo_pid" ] || ! kill -0 "$p" || return 1; done; }
tap_run "children end with it" tap_wait 10 gone

tap_zoo churn,n=60,live=5,hold=5,gap=500
tap_run "the churn ends" tap_wait 20 grep -q '^churned 60$' "$ledger"
tap_is "$(lines '^open ') $(lines '^close ')" "60 60" "each opened and closed once"
most=$(awk '$1 == "open" && ++n > most { most = n } $1 == "close" { n-- } END { print most }' "$ledger")
tap_ok $((most > 5)) "never more than the limit at once"
tap_is "$("$SOCKZOO" nonsense 2>&1 </dev/null; echo $?)" "sockzoo: unknown kind of socket (see --help)
2" "a wrong kind is a usage error"
tap_done
