#!/bin/sh
# Test driver for automake's parallel harness: runs one test program, counts its cases.
#
# automake's own tap-driver cannot be used with cmocka: a program with two groups prints two plans,
# cmocka 1.1.5 spells a skipped case "not ok N # SKIP", and its output may follow a line of the
# tested code that had no newline. So results are looked for anywhere in a line, plans are summed,
# and "SKIP" wins over "not ok". A program must print a plan, run all of it and exit with 0;
# exit code 77 without a result is a skip whose reason is the last line.
#
# TEST_TIMEOUT (seconds, default 300) bounds a program.

set -u
name= log= trs= color=no
while [ $# -gt 0 ]; do
	case $1 in
	--test-name) name=$2; shift ;;
	--log-file) log=$2; shift ;;
	--trs-file) trs=$2; shift ;;
	--color-tests) color=$2; shift ;;
	--expect-failure | --enable-hard-errors) shift ;;
	--) shift; break ;;
	*) break ;;
	esac
	shift
done

CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT
timeout -k 5 "${TEST_TIMEOUT:-300}" "$@" >"$log" 2>&1 </dev/null
status=$?

awk -v status=$status -v name="$name" -v trs="$trs" -v color=$color '
function result(kind, text) {
	count[kind]++
	printf ":test-result: %s %s\n", kind, text > trs
	if (kind != "PASS")
		report = report sprintf("  %s: %s\n", kind, text)
}
function paint(code, text) { return color == "yes" ? "\033[" code "m" text "\033[m" : text }
/^# skip: / { reason = substr($0, 9) }
{ if ($0 != "") last = $0 }
/^1\.\.0/ {
	planned = 1
	sub(/^1\.\.0 *(# *[Ss][Kk][Ii][Pp][a-z]*:? *)?/, "")
	result("SKIP", $0 == "" ? "no reason given" : $0)
	next
}
/^1\.\.[0-9]+/ { planned = 1; plan += substr($1, 4); next }
/^#/ { next }
match($0, /(not ok|ok) [0-9]+( |$)/) {
	bad = substr($0, RSTART, 3) == "not"
	text = substr($0, RSTART + RLENGTH)
	sub(/^- /, "", text)
	seen++
	if (text ~ /# *SKIP/) {
		sub(/^# *SKIP */, "", text)
		sub(/ *# *SKIP */, ": ", text)
		result("SKIP", reason == "" ? text : text ": " reason)
	} else {
		result(bad ? "FAIL" : "PASS", text)
	}
	reason = ""
}
END {
	if (status == 77 && !seen && !count["SKIP"])
		result("SKIP", last == "" ? "no reason given" : last)
	else if (status == 124 || status == 137)
		result("ERROR", "killed, ran too long (or was killed by SIGKILL)")
	else if (status >= 128)
		result("ERROR", "killed by signal " status - 128)
	else if (!planned)
		result("ERROR", "no test plan printed, exit code " status)
	else if (seen < plan)
		result("ERROR", "only " seen " of " plan " cases ran, exit code " status)
	else if (status != 0 && !count["FAIL"])
		result("ERROR", "exit code " status)
	bad = count["FAIL"] + count["ERROR"]
	verdict = bad ? "FAIL" : count["PASS"] ? "PASS" : "SKIP"
	printf ":global-test-result: %s\n:recheck: %s\n:copy-in-global-log: %s\n", verdict, \
		bad ? "yes" : "no", bad ? "yes" : "no" > trs
	printf "%s: %s (%d passed, %d failed, %d skipped)\n%s", \
		paint(verdict == "FAIL" ? "1;31" : verdict == "PASS" ? 32 : 33, verdict), name, \
		count["PASS"], bad, count["SKIP"], report
}' "$log"
