#!/bin/bash
# Clusters of options as typed for ss: the same sockets as ss lists for them, by inode or, for those
# that have none, by endpoints.
. "${top_srcdir:?}/tests/lib/tap.sh"
"$INETTOP" -V >/dev/null || { tap_fail "the program runs"; tap_done; }
tap_netns
tap_need_command ss python3 jq
tap_tmpdir
tap_zoo listen listen,addr=::1 established time-wait udp udp,addr=::1 udp-connected bound half-closed \
	pending raw unix-listen,addr=@inettop-clusters unix-dgram,addr=@inettop-clusters-dgram unix-pair
here=$$

# Inodes by ss -e; unix sockets have theirs as the port.
by_ss() {
	ss -H "$@" -e | python3 -c '
import re, sys
for line in sys.stdin:
    w = line.split()
    if w[0].startswith("u_"):
        print(w[5])
    else:
        m = re.search(r"\bino:(\d+)", line)
        if m and m.group(1) != "0": print(m.group(1))' | sort -u
}
ours() { "$INETTOP" --no-config --netns "$here" "$@" --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
for r in d[d["pane"]]:
    if (r["comm"] or "").startswith("inettop"): continue # its own
    for inode in r.get("sockets") or [r["inode"]]:
        if inode: print(inode)' | sort -u; }

# Bound-only sockets: ss 6.1 does not ask for them.
bound=$("$INETTOP" --no-config --netns "$here" --pane sockets --json state bound |
	python3 -c 'import json,sys; print(*(r["inode"] for r in json.load(sys.stdin)["sockets"]), sep="\n")')
for cluster in -tan -tn -tln -tunap -tulpn -uan -un -lntp -tan4 -tan6 -lun6 -xan -xln -xn -tuan4 -an -ln; do
	want=$(by_ss ${cluster//p/})
	got=$(ours $cluster | grep -vxF "$bound")
	case $cluster in
	-an | -ln) # ss has netlink and packet sockets without an inode of theirs here
		want=$(by_ss -tuxw ${cluster})
		got=$(comm -12 <(echo "$got") <(echo "$want"))
		;;
	esac
	tap_is "$got" "$want" "$cluster lists what ss lists"
done
tap_is "$(ours -wan | wc -l)" "$(ss -Hwan | wc -l)" "-wan lists as many as ss"
tap_is "$(ours -tn state listening)" "$(by_ss -tn state listening)" "-tn with a state of the user's"
tap_is "$(ours -tan 'dport gt :1')" "$(by_ss -tan 'dport gt :1')" "-tan with an expression"
tap_like "$("$INETTOP" --no-config --netns "$here" -tano | head -1)" 'TIMER' "-o shows timers"
tap_like "$("$INETTOP" --no-config --netns "$here" -tane | head -1)" 'INODE' "-e shows inodes"
tap_like "$("$INETTOP" --no-config --netns "$here" -tani | head -1)" 'CWND' "-i shows what tcp knows"
tap_is "$("$INETTOP" --no-config --netns "$here" -tlnH | grep -c ADDRESS)" 0 "-H leaves the heading out"
title="the first namespace by its number" # below the others since Linux 6.18
if first=$(stat -Lc %i /proc/1/ns/net 2>/dev/null); then
	tap_is "$("$INETTOP" --no-config --netns "$first" --pane sockets -a --json |
		jq -c '[.sockets[].netns] | unique - [$first]' --argjson first "$first")" "[]" "$title"
else
	tap_skip "$title" "pid 1 does not tell its namespace"
fi
tap_done
