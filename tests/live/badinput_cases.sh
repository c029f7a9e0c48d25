#!/bin/bash
# Bad input and bad surroundings: one clear line on standard error, nothing on standard output, the
# exit code of SPEC 5, never a crash.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/screen.sh"

tap_tmpdir
export INETTOP_CONFIG=/dev/null

# refused CODE REGEX OPTION...: exit CODE, one line like REGEX
refused() {
	local code=$1 regex=$2 got
	shift 2
	timeout 20 "$INETTOP" "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	got=$?
	if [ $got != "$code" ] || [ -s "$tmp/stdout" ] || [ "$(wc -l <"$tmp/stderr")" != 1 ] ||
		! grep -Eq -e "^inettop: .*$regex" "$tmp/stderr"; then
		tap_fail "inettop $*" "exit code $got, wanted $code and /$regex/: $(cat "$tmp/stdout" "$tmp/stderr")"
	else
		tap_ok 0 "inettop $*: $(cat "$tmp/stderr")"
	fi
}

refused 2 'unknown option "--nonsense"' --nonsense
refused 2 'did you mean --json' --jsn
refused 2 'unknown option "-Z"' -Z
refused 2 'no column "nonsense".*--columns help' -c nonsense
refused 2 'no column "nonsense"' -s nonsense
refused 2 'is not a time from 0.1 to 3600' -d 0
refused 2 'is not a time from 0.1 to 3600' -d soon
refused 2 'is not a time from 0.1 to 3600' -d 3601
refused 2 'is not a number' -n many
refused 2 'is not a number' -w 0
refused 2 'none of ports sockets' --pane nonsense
refused 2 'none of inet unix' -A nonsense
refused 2 'no user' -u nobody-has-this-name
refused 2 'is not a number' -p none
refused 2 'none of auto' --source nonsense
refused 2 'none of up' --wait sideways :1
refused 2 'no signal' --kill=NOPE :1
refused 2 'needs a FILTER' --kill
refused 2 'exclude each other' --json --csv
refused 2 'No such file' --diff /nonexistent/file
refused 3 'No such file' --save-baseline /nonexistent/file
refused 2 'no network namespace' --netns nobody-has-this-name

# the filter: the line, the filter itself, and a caret under the token
caret() {	# caret FILTER COLUMN
	local got
	timeout 20 "$INETTOP" -- "$1" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	got=$?
	tap_is "$got:$(cat "$tmp/stdout"):$(sed -n 2p "$tmp/stderr")" "2::  $1" "filter '$1': exit code 2, the filter again"
	tap_is "$(sed -n 3p "$tmp/stderr" | sed 's/[^ ].*//' | tr -d '\n' | wc -c)" $((2 + $2)) "filter '$1': the caret"
}
caret 'foo:bar' 0
caret ':80 && state nonsense' 13
caret '(tcp' 0

# surroundings
tap_is "$("$INETTOP" -b 2>&1 >/dev/full; echo $?)" "inettop: cannot write: No space left on device
3" "a full disk"
"$INETTOP" -b 2>"$tmp/stderr" | true
tap_is "$(cat "$tmp/stderr")" "" "a closed pipe is nothing to talk about"
"$INETTOP" -b <&- >&- 2>&-
tap_ok $(($? > 3)) "without any standard descriptor"

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	mkdir "$tmp/empty"
	without_proc() {
		unshare --mount --propagation private sh -c 'mount --bind "$0/empty" /proc && exec "$@"' "$tmp" "$@"
	}
	inettop=$INETTOP
	printf '#!/bin/bash\n%s\nwithout_proc "%s" "$@"\n' "$(declare -f without_proc); tmp=$tmp" "$inettop" >"$tmp/no-proc"
	chmod 755 "$tmp/no-proc"
	INETTOP=$tmp/no-proc
	refused 3 '/proc is not mounted' -b
	refused 3 '/proc is not mounted' --json
	refused 3 '/proc is not mounted' --check
	refused 3 '/proc is not mounted' -t :22
	refused 3 '/proc is not mounted' --watch
	INETTOP=$inettop
else
	tap_skip "no /proc" "needs root"
fi

REFUSE=$top_builddir/tests/lib/refuse
if "$REFUSE" 1 true 2>/dev/null; then
	for errno in 1 93 97; do	# EPERM EPROTONOSUPPORT EAFNOSUPPORT
		printf '#!/bin/sh\nexec "%s" %s "%s" "$@"\n' "$REFUSE" $errno "$INETTOP" >"$tmp/refused"
		chmod 755 "$tmp/refused"
		inettop=$INETTOP
		INETTOP=$tmp/refused
		refused 3 "cannot read the kernel's socket tables: netlink: " -b --source=netlink
		tap_like "$("$INETTOP" -b 2>&1; echo "code $?")" '^PROTO .*code 0$' "netlink refused ($errno): text instead"
		tap_like "$("$INETTOP" --check)" 'sockets +/proc/net text' "netlink refused ($errno): --check says so"
		INETTOP=$inettop
	done
else
	tap_skip "netlink refused" "no seccomp filter can be set here"
fi

# terminals
if [ -x "$VTDRIVE" ]; then
	for term in unheard-of '' ../../etc/passwd; do
		VTDRIVE_TERM=$term screen_start 24 80 "$INETTOP"
		screen_wait 10 PROTO
		tap_ok $? "TERM='$term': drawn all the same" "$(screen_text)"
		tap_like "$(screen_text)" 'drawn as for xterm-256color|TERM is not set' "TERM='$term': and said so"
		screen_do type q
		tap_is "$(screen_do exit 5000)" 0 "TERM='$term': quit"
		screen_end
	done
	VTDRIVE_TERM=dumb screen_start 24 80 "$INETTOP"
	tap_is "$(screen_do exit 5000)" 3 "TERM=dumb: exit code 3"
	tap_like "$(screen_text)" "inettop: terminal type 'dumb' .*--batch" "TERM=dumb: one clear line"
	screen_end
	screen_start 24 80 sh -c '"$0" </dev/null' "$INETTOP"
	tap_is "$(screen_do exit 5000)" 3 "no terminal on standard input: exit code 3"
	tap_like "$(screen_text)" 'inettop: .*terminal on standard input' "and one clear line"
	screen_end
else
	tap_skip "terminals" "needs libvterm"
fi
tap_done
