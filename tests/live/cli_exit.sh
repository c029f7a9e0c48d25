#!/bin/bash
# Exit codes and messages of the command line, one row per promise of inettop(1).
. "${top_srcdir:?}/tests/lib/tap.sh"
"$INETTOP" -V >/dev/null || { tap_fail "the program runs"; tap_done; }
tap_netns
tap_tmpdir
tap_need_command python3
here=$$

zoo_port=18431
tap_zoo listen,port=$zoo_port udp,port=18432 bound,port=18433 child,port=18435
inettop() { "$INETTOP" --no-config --netns "$here" "$@"; }

check() {	# check CODE STDERR-REGEX ARG...
	local code=$1 wanted=$2 error got
	shift 2
	error=$(inettop "$@" 2>&1 >/dev/null </dev/null)
	got=$?
	tap_is "$got" "$code" "exit code $code: $*"
	if [ -n "$wanted" ]; then
		tap_like "$error" "$wanted" "says so: $*"
	else
		tap_is "$error" "" "says nothing: $*"
	fi
}

check 0 '' :$zoo_port
check 0 '' --json
check 0 '' -q tcp:$zoo_port
check 1 'nothing listens on :1 here.*inettop why 1`' :1
check 1 'nothing listens on :18433 here; 1 in state bound' :18433 -a --pane ports -4 state listening
check 1 '1 listens by udp' tcp:18432 -c local_port
check 1 '' -q :1
check 1 'nothing' -t :1
check 1 'nothing' --csv :1
check 1 'nothing' -p 999999
check 2 'did you mean --columns' --colums proto
check 2 '--delay.*0.1 to 3600' -d 0
check 2 'none of ports' --pane nowhere
check 2 'did you mean proto' -c prto
check 2 'there is no user' -u no-such-user-here
check 2 $'tcp:80x0\n *\\^~+' tcp:80x0
check 2 'filter:' 'sport = ('
check 2 'needs a FILTER' --kill
check 2 'needs --yes' --kill :$zoo_port
check 2 'no such file|No such file' --diff "$tmp/missing"
"$INETTOP" --config "$tmp/no-such-file" -q 2>/dev/null
tap_is "$?" 2 "exit code 2: a --config that is not there"

# What cannot be written is never lost in silence.
for format in "" --json --jsonl --csv -t; do
	error=$(inettop $format :$zoo_port 2>&1 >/dev/full)
	tap_is "$?" 3 "full disk is exit code 3: text $format"
	tap_like "$error" 'cannot write: No space left' "full disk is told: text $format"
done
error=$("$INETTOP" -h 2>&1 >/dev/full)
tap_is "$?" 3 "full disk is exit code 3: -h"

# A reader that goes away ends the run without a word.
{ inettop --jsonl -n 1000 -d 0.1 2>"$tmp/err"; echo $? >"$tmp/code"; } | head -n 1 >"$tmp/out"
tap_is "$(cat "$tmp/code")" 141 "closed pipe: as by SIGPIPE"
tap_is "$(cat "$tmp/err")" "" "closed pipe: no message"
tap_is "$(wc -l <"$tmp/out")" 1 "closed pipe: what was read is whole"
{ timeout 10 "$INETTOP" --no-config --watch 2>"$tmp/err"; echo $? >"$tmp/code"; } | :
tap_is "$(cat "$tmp/code")" 141 "closed pipe: --watch ends although nothing happens"

# A signal ends a series; what was collected is out.
"$INETTOP" --no-config --netns "$here" --jsonl -n 1000 -d 0.1 >"$tmp/out" &
pid=$!
tap_wait 10 grep -q summary "$tmp/out"
kill -INT $pid
wait $pid
tap_is "$?" 0 "SIGINT ends a series with the code of the listing"
tap_run "the last line is whole" python3 -c '
import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$tmp/out"

# The classic.
python3 -m http.server 18434 --bind 127.0.0.1 >/dev/null 2>&1 &
server=$!
tap_cleanup "kill $server"
inettop --wait up :18434 --timeout 20 -q
tap_is "$(inettop -t :18434)" "$server" "-t prints the process id and nothing else"
kill $(inettop -t :18434)
wait $server
tap_is "$?" 143 "kill \$(inettop -t :PORT) ends the server"

# Several holders.
tap_is "$(inettop -t :18435 | wc -l)" 1 "-t: the primary only"
tap_is "$(inettop -t --all-owners :18435 | wc -l)" 2 "-t --all-owners: all of them"

# Several documents: one per line.
inettop --json -n 3 -d 0.1 >"$tmp/out"
tap_is "$(wc -l <"$tmp/out")" 3 "-n 3 --json writes three lines"
inettop --csv -n 2 -d 0.1 -c proto >"$tmp/out"
tap_is "$(grep -c '^netns,' "$tmp/out")" 1 "-n 2 --csv has one header"
tap_is "$(inettop -H -c proto,local_port :$zoo_port)" "tcp $zoo_port" "-H -c"
tap_is "$(inettop -H -w 5 -c proto,local_port :$zoo_port)" "tcp 1" "-w cuts"
tap_is "$(inettop -H -c local_port -s -local_port | sort -rn)" "$(inettop -H -c local_port -s -local_port)" "-s -COL sorts"

# As nobody: own sockets named, the others' not, and --strict says so.
if tap_as_nobody true 2>/dev/null; then
	out=$(tap_as_nobody "$INETTOP" --no-config -H -c owner :$zoo_port)
	tap_is "$out" "(denied)" "as nobody: the owner is denied, not a dash"
	error=$(tap_as_nobody "$INETTOP" --no-config -t :$zoo_port 2>&1)
	tap_is "$?" 0 "as nobody: -t of a foreign socket"
	tap_like "$error" '1 socket without visible owner, try sudo' "as nobody: -t tells what it cannot name"
	tap_as_nobody "$INETTOP" --no-config --strict -q :$zoo_port
	tap_is "$?" 4 "as nobody: --strict is exit code 4"
	tap_like "$(tap_as_nobody "$INETTOP" --no-config --kill --yes :$zoo_port 2>&1)" 'try sudo' "as nobody: --kill"
else
	tap_skip "as nobody" "cannot become nobody here"
fi
tap_done
