#!/bin/bash
# The running screen while 500 listeners come and go: what stays is there in every frame, once, and is
# never marked gone; when it is over, the screen shows what ss does.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/screen.sh"
tap_need_command ss
tap_netns
screen_need

tap_tmpdir
netns=$(stat -Lc %i /proc/self/ns/net)
tap_zoo listen,port=101,n=20 churn,port=10000,n=500,live=60,hold=600,gap=1000
stable=$(seq 101 120 | xargs)
screen_start 200 100 "$INETTOP" --no-config --netns "$netns" -d 0.2 --hold 1
screen_wait 10 '127\.0\.0\.1 +120 ' || tap_fail "the screen begins" "$(screen_text)"

frames=0 wrong='' marks=''
while ! grep -q '^churned 500$' "$ledger" && [ $frames -lt 400 ]; do
	screen_do watch 50
	screen_text >"$tmp/frame"
	got=$(sed -nE 's/^. +tcp +127\.0\.0\.1 +(1[0-2][0-9]) .*/\1/p' "$tmp/frame" | xargs)
	[ "$got" = "$stable" ] || wrong+="frame $frames: $got"$'\n'
	grep -Eq '^- +tcp +127\.0\.0\.1 +1[0-2][0-9] ' "$tmp/frame" && marks+="frame $frames "
	frames=$((frames + 1))
done
tap_ok $((frames < 3)) "$frames frames were looked at"
tap_is "$wrong" "" "every frame has every stable listener once"
tap_is "$marks" "" "none of them is marked gone"
tap_run "500 have come and gone" grep -q '^churned 500$' "$ledger"
as_ss() {
	screen_do watch 50
	[ "$(screen_text | sed -nE 's/^(.) +tcp +127\.0\.0\.1 +([0-9]+) .* ([0-9]+) root .*/\1\2 \3/p' | sort)" = \
		"$(ss -Hltnp | sed -nE 's/.*127\.0\.0\.1:([0-9]+) .*pid=([0-9]+),.*/ \1 \2/p' | sort)" ]
}
tap_run "when it is over and the marks have faded: ports and pids as ss" tap_wait 15 as_ss
tap_like "$(screen_text)" 'listen 20 ' "and as many in the header"
screen_end
tap_done
