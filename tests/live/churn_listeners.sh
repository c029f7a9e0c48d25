#!/bin/bash
# 500 listeners opened and closed while inettop runs: nothing missed, nothing twice, no wrong owner,
# and nothing that stays is called gone. The judge is the ledger of the program that opens them;
# ss when it is over.
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command ss python3
tap_netns

tap_tmpdir
oracle() { python3 "$top_srcdir/tests/lib/oracle.py" "$@"; }
churn() { python3 "$top_srcdir/tests/lib/churn.py" "$@"; }
netns=$(stat -Lc %i /proc/self/ns/net)
stable=(listen,port=101,n=20 udp,port=201,n=10 established,port=301,n=3 child,port=311)

# --watch: each of them is told once as it comes and once as it goes
watching() { grep -q '"local_port":399' "$tmp/events"; }
watch() {	# watch NAME CHURN OPTION...
	local name=$1 churn=$2
	shift 2
	: >"$tmp/events"
	tap_spawn "$INETTOP" --no-config --watch --jsonl --netns "$netns" "$@" >"$tmp/events"
	watcher=$pid
	# it has begun when it tells of a listener that was opened meanwhile
	tap_wait 10 probe_listener watching || tap_fail "$name: it never began" "$(tail -3 "$tmp/events")"
	tap_zoo "${stable[@]}" "churn,port=10000,n=500,$churn"
	tap_run "$name: 500 come and go" tap_wait 30 grep -q '^churned 500$' "$ledger"
	tap_wait 10 said_all || :
	kill -INT "$watcher"
	wait "$watcher"
	tap_is "$?" 0 "$name: ends when interrupted"
	grep -v '"local_port":399,' "$tmp/events" >"$tmp/told"
}
probe_listener() {
	timeout 0.3 "$SOCKZOO" listen,port=399 <&"$tap_silence" >/dev/null
	"$@"
}
said_all() { [ "$(grep -v '"local_port":399,' "$tmp/events" | grep -c '"event":"close"')" -ge 500 ]; }
if "$INETTOP" --check | grep -q '^events *BPF'; then
	watch "--watch" live=20,hold=20,gap=1000
	tap_run "--watch: each listener once up and once down, with its process" \
		churn events "$ledger" "$tmp/told"
	tap_zoo_end
else
	tap_skip "--watch: listeners that live for 20 ms" "no BPF here"
fi

# without BPF what lives for some ticks is told
watch "--watch --no-bpf" live=100,hold=800,gap=1000 --no-bpf -d 0.1
tap_run "--watch --no-bpf: each listener once up and once down, with its process" \
	churn events "$ledger" "$tmp/told"
tap_zoo_end

# -n: a full list, again and again
tap_zoo "${stable[@]}" churn,port=10000,n=500,live=50,hold=300,gap=100
"$INETTOP" --no-config -n 30 -d 0.1 --json --pane sockets --netns "$netns" >"$tmp/rows"
tap_run "-n 30: every list has what was open all the time, once, with its holders" \
	churn rows "$ledger" "$tmp/rows"
tap_wait 20 grep -q '^churned 500$' "$ledger"
tap_run "when it is over, every socket as ss" oracle sockets
tap_done
