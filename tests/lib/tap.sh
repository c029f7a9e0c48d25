# shellcheck shell=bash
# TAP for test scripts in bash. Source it first: . "$top_srcdir/tests/lib/tap.sh"
#
# Cases:     tap_ok STATUS NAME         tap_is GOT WANTED NAME     tap_like TEXT REGEX NAME
#            tap_run NAME COMMAND...    tap_skip NAME REASON       tap_fail NAME [DETAIL]
#            tap_skip_all REASON        tap_done (last line of the script)
# Waiting:   tap_wait SECONDS COMMAND...  until COMMAND succeeds; fails when the time is over
# Cleaning:  tap_cleanup COMMAND          run at exit, last added first, also after a signal
#            tap_tmpdir                   sets $tmp, removed at exit
#            tap_spawn COMMAND...         starts it in the background, sets $pid, ended at exit
# Sockets:   tap_zoo SPEC...              starts sockzoo, waits for "ready", sets $zoo_pid and the
#                                         file $ledger (see sockzoo --help); ended at exit
#            tap_zoo_end                  ends the last one now
# Rights:    tap_need_root  tap_need_command NAME...  tap_need_netns   (each skips the whole script)
#            tap_as_nobody COMMAND...     without any capability
# Networks:  tap_netns                    re-executes the script in its own user-visible network
#                                         namespace with loopback up; call it first

tap_count=0
tap_failures=0
tap_cleanups=()

tap_note() { printf '%s\n' "$*" | sed 's/^/# /'; }

tap_ok() {	# tap_ok STATUS NAME [DETAIL]
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failures=$((tap_failures + 1))
		echo "not ok $tap_count - $2"
		[ -z "${3:-}" ] || tap_note "$3"
	fi
	return "$1"
}

tap_fail() { tap_ok 1 "$1" "${2:-}"; }

tap_is() {	# tap_is GOT WANTED NAME
	if [ "$1" = "$2" ]; then
		tap_ok 0 "$3"
	elif [ -z "$2" ]; then
		tap_ok 1 "$3" "$1"
	else
		tap_ok 1 "$3" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$1"))"
	fi
}

tap_like() {	# tap_like TEXT REGEX NAME
	if [[ $1 =~ $2 ]]; then tap_ok 0 "$3"; else tap_ok 1 "$3" "no match for /$2/ in: $1"; fi
}

tap_run() {	# tap_run NAME COMMAND...: passes when COMMAND does
	local name=$1 output status
	shift
	output=$("$@" 2>&1)
	status=$?
	tap_ok $((status != 0)) "$name" "exit code $status: $output"
}

tap_skip() {	# tap_skip NAME REASON
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

tap_skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_done() {
	echo "1..$tap_count"
	exit $((tap_failures > 0))
}

# The pause between two tries: a read that nothing answers. Not a sleep, so that a signal ends it.
exec {tap_silence}<> <(:)
tap_pause() { read -rt 0.05 -u $tap_silence _ || :; }

tap_wait() {	# tap_wait SECONDS COMMAND...
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		tap_pause
	done
}

tap_cleanup() {
	tap_cleanups+=("$*")
	trap tap_clean_all EXIT
	trap 'exit 143' INT TERM HUP
}

tap_clean_all() {
	local i
	for ((i = ${#tap_cleanups[@]} - 1; i >= 0; i--)); do
		eval "${tap_cleanups[i]}"
	done >/dev/null 2>&1
	tap_cleanups=()
}

tap_tmpdir() {
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/inettop-test.XXXXXX") || tap_skip_all "no temporary directory"
	chmod 755 "$tmp"
	tap_cleanup "rm -rf '$tmp'"
}

tap_spawn() {
	"$@" &
	pid=$!
	tap_cleanup "kill $pid; wait $pid"
}

tap_zoo() {
	[ -n "${tmp:-}" ] || tap_tmpdir
	ledger=$(mktemp "$tmp/ledger.XXXXXX")
	coproc ZOO { exec "$SOCKZOO" "$@" >"$ledger"; }
	zoo_pid=$ZOO_PID
	tap_cleanup "kill $zoo_pid; wait $zoo_pid"
	tap_wait 10 grep -qx ready "$ledger" || tap_note "sockzoo $*: $(cat "$ledger")"
}

tap_zoo_end() {
	kill "$zoo_pid" 2>/dev/null
	wait "$zoo_pid" 2>/dev/null
}

tap_need_root() { [ "$(id -u)" = 0 ] || tap_skip_all "needs root"; }

tap_need_command() {
	local name
	for name; do
		command -v "$name" >/dev/null || tap_skip_all "needs $name"
	done
}

tap_as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
}

tap_need_netns() {
	tap_need_root
	tap_need_command unshare ip setpriv
	unshare --net true 2>/dev/null || tap_skip_all "cannot make a network namespace here"
}

tap_netns() {
	[ -z "${TAP_IN_NETNS:-}" ] || return 0
	tap_need_netns
	export TAP_IN_NETNS=1
	exec unshare --net -- bash -c 'ip link set lo up && exec bash "$@"' bash "$0" "$@"
}

PATH=$PATH:/usr/sbin:/sbin
