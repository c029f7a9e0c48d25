# shellcheck shell=bash
# The virtual terminal for test scripts, after tap.sh:
#
#   screen_need                      skips the script where libvterm is missing
#   screen_start ROWS COLS PROGRAM [ARG]...
#   screen_do WORD [ARG]...          see tests/lib/vtdrive.c: type wait nowait watch resize exit raw
#   screen_text                      what is on the screen now
#   screen_wait SECONDS REGEX        until a line of the screen matches; fails when the time is over
#   screen_end                       ends the program

VTDRIVE=${top_builddir:?}/tests/lib/vtdrive

screen_need() { [ -x "$VTDRIVE" ] || tap_skip_all "needs libvterm"; }

screen_start() {
	[ -n "${tmp:-}" ] || tap_tmpdir
	rm -f "$tmp/screen-in" "$tmp/screen-out"
	mkfifo "$tmp/screen-in" "$tmp/screen-out"
	"$VTDRIVE" "$@" <"$tmp/screen-in" >"$tmp/screen-out" 2>>"$tmp/screen.log" &
	screen_pid=$!
	exec {screen_in}>"$tmp/screen-in" {screen_out}<"$tmp/screen-out"
	tap_cleanup "kill $screen_pid; wait $screen_pid"
}

screen_do() {
	local answer=
	echo "$*" >&"$screen_in"
	IFS= read -r -t 60 answer <&"$screen_out"
	case $answer in
	ok) return 0 ;;
	no | '') return 1 ;;
	*) echo "$answer" ;;
	esac
}

screen_text() {
	screen_do show "$tmp/screen" && cat "$tmp/screen"
}

screen_shows() { screen_text | grep -Eq -e "$1"; }

screen_wait() {
	local end=$((SECONDS + $1 + 1))
	until screen_shows "$2"; do
		[ $SECONDS -lt $end ] || return 1
		screen_do watch 50
	done
}

screen_end() {
	exec {screen_in}>&- {screen_out}<&-
	kill "$screen_pid" 2>/dev/null
	wait "$screen_pid" 2>/dev/null
}
