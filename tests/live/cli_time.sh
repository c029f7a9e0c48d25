#!/bin/bash
# --wait, --watch, --kill, --save-baseline and --diff with servers that come, go and hand over.
. "${top_srcdir:?}/tests/lib/tap.sh"
"$INETTOP" -V >/dev/null || { tap_fail "the program runs"; tap_done; }
tap_netns
tap_tmpdir
tap_need_command python3
here=$$
inettop() { timeout 30 "$INETTOP" --no-config --netns "$here" "$@"; }

cat >"$tmp/server.py" <<'PY'
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if "reuseport" in sys.argv: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(8)
time.sleep(300)
PY
start() {	# start PORT [reuseport]: sets $pid
	python3 "$tmp/server.py" "$@" &
	pid=$!
	tap_cleanup "kill -9 $pid"
	inettop --wait up -q "127.0.0.1:$1" 2>/dev/null || inettop --wait up -q ":$1"
}
begin() {	# begin FILE ARG...: in the background, output to FILE; returns when it has looked three times
	local file=$1
	shift
	: >"$tmp/ticks"
	"$INETTOP" --no-config --netns "$here" --stats "$@" >"$file" 2>"$tmp/ticks" &
	run_pid=$!
	tap_cleanup "kill $run_pid"
	tap_wait 20 grep -q 'tick [3-9]' "$tmp/ticks" || tap_note "inettop $*: $(cat "$tmp/ticks")"
}
waiter() { begin "$tmp/outcome" "$@"; wait_pid=$run_pid; }
outcome() { wait $wait_pid; code=$?; out=$(cat "$tmp/outcome"); }

# ---- up, down
waiter --wait up :18461 --timeout 20
start 18461
first=$pid
outcome
tap_is "$code" 0 "--wait up: met"
tap_like "$out" "^up after [0-9]+ ms: python3 $first\$" "--wait up: tells who and when"
tap_is "$(inettop --wait up :18461)" "up already: python3 $first" "--wait up: there before"
waiter --wait down :18461 --timeout 20
kill $first
outcome
tap_is "$code" 0 "--wait down: met"
tap_like "$out" "^down after [0-9]+ ms: was python3 $first\$" "--wait down: tells who it was"
tap_is "$(inettop --wait down :18461)" "down already" "--wait down: not there before"
out=$(inettop --wait up :18461 --timeout 0.3)
tap_is "$?" 1 "--wait up: timeout is exit code 1"
tap_is "$out" "timeout after 300 ms: still down" "--wait up: tells the timeout"

# ---- restart with a gap, watched
begin "$tmp/events" --watch --jsonl -n 4 :18462
watch=$run_pid
start 18462
first=$pid
tap_wait 10 grep -q '"listen"' "$tmp/events"
waiter --wait handover :18462 --timeout 20
kill $first
wait $first 2>/dev/null
tap_wait 10 grep -q '"close"' "$tmp/events"
start 18462
second=$pid
outcome
tap_is "$code" 0 "--wait handover: a restart is one"
tap_like "$out" "^handover after [0-9]+ ms: python3 $second \(was $first, gap [0-9]+ ms\)\$" "--wait handover: with the gap"
tap_wait 10 bash -c "[ \$(wc -l <$tmp/events) -ge 3 ]"
kill $second
wait $watch
tap_is "$?" 0 "--watch -n ends after its events"
tap_is "$(python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
print(*(x["event"] for x in e))
print(e[2]["previous"]["pid"] == int(sys.argv[2]), e[2]["gap_ms"] >= 0, e[1]["lifetime_ms"] > 0)' "$tmp/events" $first)" \
	"listen close listen close
True True True" "--watch: listen, close, listen with the gap, close"

# ---- a handover without a gap, as haproxy and others reload with SO_REUSEPORT
start 18463 reuseport
first=$pid
waiter --wait handover :18463 --timeout 20
python3 "$tmp/server.py" 18463 reuseport &
second=$!
tap_cleanup "kill -9 $second"
tap_wait 10 bash -c "[ \"\$($INETTOP --no-config -t --all-owners --netns $here :18463 | wc -l)\" = 2 ]"
kill $first
outcome
tap_like "$out" "^handover after [0-9]+ ms: python3 $second \(was $first\)\$" "--wait handover: SO_REUSEPORT, no gap"

# ---- a process tree
cat >"$tmp/tree.sh" <<'SH'
read -r _
python3 "$1" 18464 & a=$!
python3 "$1" 18465 & b=$!
read -r _
kill $a $b
wait
SH
mkfifo "$tmp/go"
bash "$tmp/tree.sh" "$tmp/server.py" <"$tmp/go" &
tree=$!
exec 8>"$tmp/go"
tap_cleanup "kill $tree; exec 8>&-"
begin "$tmp/tree" --watch -p $tree --tree -n 2
watch=$run_pid
start 18466	# not of the tree
other=$pid
echo >&8
wait $watch
tap_is "$(grep -oE '1846[0-9]' "$tmp/tree" | sort | tr '\n' ' ')" "18464 18465 " "--watch --tree: what the tree opens and nothing else"
tap_is "$(inettop -p $tree --tree -H -c local_port)" "$(printf '18464\n18465')" "-p --tree lists the same"
echo >&8

# ---- kill
tap_like "$(inettop --kill --yes :18466)" "^python3 $other \(.*\): SIGTERM, ended after [0-9]+ ms\$" "--kill --yes"
out=$(inettop --kill --yes :18466)
tap_is "$?" 1 "--kill: nothing matched is exit code 1"
python3 -c '
import signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.socket(); s.bind(("127.0.0.1", 18467)); s.listen(); time.sleep(300)' &
stubborn=$!
tap_cleanup "kill -9 $stubborn"
inettop --wait up -q :18467
out=$(inettop --kill --yes --timeout 0.3 :18467)
tap_is "$?" 5 "--kill: still alive is exit code 5"
tap_like "$out" "still alive" "--kill: tells who lives"
out=$(inettop --kill=USR2 --yes :18467 2>&1)
tap_is "$?" 0 "--kill=USR2: sent, not waited for"
wait $stubborn 2>/dev/null
start 18468
exec -a docker-proxy python3 "$tmp/server.py" 18469 &
proxy=$!
tap_cleanup "kill -9 $proxy"
inettop --wait up -q :18469
printf docker-proxy >/proc/$proxy/comm 2>/dev/null
if [ "$(cat /proc/$proxy/comm)" = docker-proxy ]; then
	out=$(inettop --kill --yes :18469)
	tap_is "$?" 5 "--kill: docker-proxy is refused"
	tap_like "$out" "stop its container" "--kill: says what to do instead"
	inettop --kill --yes --force :18469 >"$tmp/out"
	tap_is "$?" 0 "--kill --force: docker-proxy too"
fi
# Ourselves and our ancestors: a shell that listens and asks for its own end.
out=$(timeout 20 python3 -c '
import socket, subprocess, sys
s = socket.socket(); s.bind(("127.0.0.1", 18470)); s.listen()
r = subprocess.run([sys.argv[1], "--no-config", "--kill=KILL", "--yes", ":18470"], capture_output=True, text=True)
print(r.returncode, r.stdout)' "$INETTOP")
tap_like "$out" "^5 python3 .*refused" "--kill: an ancestor is refused"

# ---- baseline
inettop --save-baseline "$tmp/base.json"
tap_is "$?" 0 "--save-baseline"
tap_is "$(stat -c %a "$tmp/base.json")" 600 "--save-baseline: mode 0600"
tap_is "$(inettop --diff "$tmp/base.json")" "" "--diff: nothing changed"
start 18471
out=$(inettop --diff "$tmp/base.json")
tap_is "$?" 1 "--diff: a difference is exit code 1"
tap_like "$out" "^\+ tcp 127.0.0.1:18471 .*python3" "--diff: tells what came"
kill $pid
inettop --wait down -q :18471
inettop --kill --yes :18468 -q
out=$(inettop --diff "$tmp/base.json" :18468)
tap_like "$(inettop --diff "$tmp/base.json")" "^- tcp 127.0.0.1:18468 " "--diff: tells what went"
ln -s "$tmp/target" "$tmp/link"
inettop --save-baseline "$tmp/link"
tap_ok "$([ ! -e "$tmp/target" ]; echo $?)" "--save-baseline: does not write through a planted link"
echo '{"schema":"other/1"}' >"$tmp/bad.json"
inettop --diff "$tmp/bad.json" 2>"$tmp/err"
tap_is "$?" 2 "--diff: not our document is exit code 2"

# ---- real servers
if command -v nginx >/dev/null; then
	mkdir "$tmp/nginx"
	chmod 777 "$tmp/nginx"
	cat >"$tmp/nginx.conf" <<-CONF
		daemon off; pid $tmp/nginx/pid; error_log $tmp/nginx/log; worker_processes 2; events {}
		http { access_log off; server { listen 127.0.0.1:18472; } }
	CONF
	run_nginx() { nginx -p "$tmp/nginx" -c "$tmp/nginx.conf" 2>/dev/null & master=$!; }
	waiter --wait up :18472 --timeout 20
	run_nginx
	tap_cleanup "kill -9 $master"
	outcome
	tap_like "$out" "^up after [0-9]+ ms: nginx $master" "nginx: up"
	waiter --wait handover :18472 --timeout 2
	kill -HUP $master
	outcome
	tap_is "$out" "timeout after 2000 ms: no handover" "nginx: a reload keeps the master, no handover"
	waiter --wait handover :18472 --timeout 20
	old=$master
	kill $old; wait $old
	run_nginx
	tap_cleanup "kill -9 $master"
	outcome
	tap_like "$out" "nginx $master \(was $old(, gap [0-9]+ ms)?\)\$" "nginx: a restart is a handover"
	kill $master
else
	tap_skip "nginx" "needs nginx"
fi
if command -v haproxy >/dev/null; then
	cat >"$tmp/haproxy.cfg" <<-CONF
		defaults
		 mode tcp
		 timeout client 1s
		 timeout server 1s
		 timeout connect 1s
		listen l
		 bind 127.0.0.1:18473
	CONF
	haproxy -db -f "$tmp/haproxy.cfg" >/dev/null 2>&1 &
	old=$!
	tap_cleanup "kill -9 $old"
	inettop --wait up -q :18473 --timeout 20
	waiter --wait handover :18473 --timeout 20
	haproxy -db -f "$tmp/haproxy.cfg" -sf $old >/dev/null 2>&1 &
	new=$!
	tap_cleanup "kill -9 $new"
	outcome
	tap_like "$out" "^handover after [0-9]+ ms: haproxy $new \(was $old\)\$" "haproxy: a reload is a handover without a gap"
else
	tap_skip "haproxy" "needs haproxy"
fi
tap_done
