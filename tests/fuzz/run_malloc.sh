#!/bin/bash
# Makes the n-th allocation fail, for many n and several ways to run: the program goes on, ends with
# a documented exit code, or says "out of memory" and aborts. Long: run by "make torture".
#
# A crash inside glibc's name service switch (2.36 does not check one allocation) is not ours.
. "${top_srcdir:?}/tests/lib/tap.sh"
tap_need_command "${CC:-cc}"
tap_netns "$@"
if [ -z "${MALLOC_INSIDE:-}" ]; then
	export MALLOC_INSIDE=1
	exec unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
tap_tmpdir
ulimit -c 0
${CC:-cc} -shared -fPIC -o "$tmp/shim.so" "$top_srcdir/tests/fuzz/malloc_shim.c" ||
	tap_skip_all "the shim does not compile"
tap_zoo listen,port=1001 udp,port=1002 established,port=1003 unix-pair

is_glibcs() {	# is_glibcs N MODE...
	local n=$1
	shift
	command -v gdb >/dev/null && gdb -q -batch -ex "set startup-with-shell off" \
		-ex "set environment MALLOC_FAIL $n" -ex "set environment LD_PRELOAD $tmp/shim.so" \
		-ex run -ex "bt 1" --args "$INETTOP" "$@" 2>&1 | grep -q '^#0 .*nss_'
}

one() {	# one N MODE...
	local n=$1 code
	shift
	(exec env MALLOC_FAIL="$n" LD_PRELOAD="$tmp/shim.so" timeout -k 2 20 "$INETTOP" "$@" \
		</dev/null >"$tmp/out" 2>"$tmp/err") 2>/dev/null
	code=$?
	case $code in
	0 | 1 | 3) return 0 ;;
	134) grep -q 'out of memory\|nss_database' "$tmp/err" && return 0 ;;
	139) is_glibcs "$n" "$@" && return 0 ;;
	esac
	echo "allocation $n: exit code $code: $(head -c 200 "$tmp/err")"
	return 1
}

for mode in --json "--csv --pane processes -A all" "-b --pane sockets -A all -n 3 -d 0.1" \
	"--jsonl --pane namespaces" "-b :1001 or state established" --check; do
	bad=
	for n in {1..300} {300..3000..41}; do
		# shellcheck disable=SC2086 # a mode is words
		text=$(one "$n" --no-config --no-bpf $mode) || bad+=$text$'\n'
	done
	tap_ok $((${#bad} > 0)) "$mode" "$bad"
done
tap_done
