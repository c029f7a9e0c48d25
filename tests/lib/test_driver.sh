#!/bin/bash
# The driver that counts test cases: a failure it misses would be missed by everyone.
. "$top_srcdir/tests/lib/tap.sh"
tap_tmpdir

# drive SCRIPT: runs it under the driver; sets $results ("PASS FAIL ..."), $verdict and $shown.
drive() {
	shown=$(TEST_TIMEOUT=${limit:-20} sh "$top_srcdir/tests/lib/driver.sh" --test-name t --log-file "$tmp/log" \
		--trs-file "$tmp/trs" --color-tests no --expect-failure no --enable-hard-errors yes -- \
		bash -c "$1")
	results=$(sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' "$tmp/trs" | xargs)
	verdict=$(sed -n 's/^:global-test-result: //p' "$tmp/trs")
}
expect() {	# expect NAME RESULTS VERDICT SCRIPT
	drive "$4"
	tap_is "$results / $verdict" "$2 / $3" "$1"
}

expect "all pass" "PASS PASS" PASS 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect "the plan may come last" "PASS" PASS 'echo ok 1 - a; echo 1..1'
expect "one fails" "PASS FAIL" FAIL 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
expect "a failure counts even if the exit code is 0" "FAIL" FAIL 'echo 1..1; echo not ok 1 - a'
expect "two groups, two plans" "PASS PASS" PASS 'echo 1..1; echo ok 1 - a; echo 1..1; echo ok 1 - b'
expect "the second group is cut short" "PASS ERROR" FAIL 'echo 1..1; echo ok 1 - a; echo 1..2'
expect "a result after text without a newline" "FAIL" FAIL 'echo 1..1; printf noise; echo not ok 1 - a'
expect "a comment is no result" "PASS" PASS 'echo 1..1; echo "# not ok 1 - a"; echo ok 1 - a'
expect "a crash after the last case" "PASS ERROR" FAIL 'echo 1..1; echo ok 1 - a; kill -SEGV $$'
expect "a leak report after the last case" "PASS ERROR" FAIL 'echo 1..1; echo ok 1 - a; exit 23'
expect "no plan at all" "ERROR" FAIL 'echo fine'
expect "an empty program that ends well" "ERROR" FAIL 'exit 0'
expect "a program that cannot start" "ERROR" FAIL 'exec /nonexistent'
limit=1 expect "a program that hangs" "ERROR" FAIL 'read -t 60 <> <(:)'

expect "skip in cmocka's spelling" "PASS SKIP" PASS \
	'echo 1..2; echo ok 1 - a; echo "# skip: no terminal here"; echo "not ok 2 # SKIP b"'
tap_like "$shown" "SKIP: b: no terminal here" "and its reason is shown"
expect "skip in TAP's spelling" "SKIP" SKIP 'echo 1..1; echo "ok 1 - a # SKIP needs ss"'
tap_like "$shown" "SKIP: a: needs ss" "and its reason is shown"
expect "a whole script skipped" "SKIP" SKIP 'echo "1..0 # SKIP needs root"'
tap_like "$shown" "SKIP: needs root" "and its reason is shown"
expect "exit code 77" "SKIP" SKIP 'echo needs a GPU; exit 77'
tap_like "$shown" "SKIP: needs a GPU" "and its reason is shown"
expect "exit code 77 does not hide a failure" "FAIL" FAIL 'echo 1..1; echo not ok 1 - a; exit 77'
tap_done
