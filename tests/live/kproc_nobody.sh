#!/bin/bash
# The tests that make processes of their own, once more as nobody: what an ordinary user can see.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"

tap_need_root
tap_tmpdir
chmod 755 "$tmp"
mkdir "$tmp/tests"
cp -r "$top_srcdir/tests/fixtures" "$tmp/tests/"
chmod -R a+rX "$tmp"
top_srcdir=$tmp

for name in helper owners processes fdtable act proc_events; do
	cp "$top_builddir/tests/unit/kernel/test_$name" "$tmp/"
	tap_run "test_$name as nobody" tap_as_nobody env top_srcdir="$tmp" \
		CMOCKA_MESSAGE_OUTPUT=STDOUT "$tmp/test_$name"
done
tap_done
