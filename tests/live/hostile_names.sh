#!/bin/bash
# A process that puts control bytes wherever it can (comm, argv, environment, program file, directory,
# unix names): no output carries one, and what was there can still be seen.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/screen.sh"
tap_need_command python3
tap_netns

tap_tmpdir
netns=$(stat -Lc %i /proc/self/ns/net)
evil=$'\e]0;OWNED\a\e[2J\r\n\x9b31m\xe2\x80\xae\xc2\x9b1m\xe2\x80\x8b\x7f\xff\b'
mkdir "$tmp/dir${evil//$'\n'/}"
program="$tmp/dir${evil//$'\n'/}/zoo$evil"
cp "$SOCKZOO" "$program"
cat >"$tmp/hostile.py" <<'EOF'
import ctypes, os, signal, socket, sys
signal.alarm(200)
evil = os.fsencode(sys.argv[1])
ctypes.CDLL(None).prctl(15, evil[:15], 0, 0, 0)
listener = socket.socket()
listener.bind(("127.0.0.1", 4001))
listener.listen(3)
named = socket.socket(socket.AF_UNIX)
named.bind(os.fsencode(sys.argv[2]) + b"/unix" + evil)
named.listen(3)
hidden = socket.socket(socket.AF_UNIX)
hidden.bind(b"\0abstract\0" + evil)
hidden.listen(3)
print("ready", flush=True)
signal.pause()
EOF
(cd "$tmp/dir${evil//$'\n'/}" && EVIL="$evil" exec python3 "$tmp/hostile.py" "$evil" "$tmp" "$evil") >"$tmp/ready" &
hostile=$!
tap_cleanup "kill $hostile; wait $hostile"
mkfifo "$tmp/hold"
(exec -a "$evil" "$program" listen,port=4002 established,port=4003) <"$tmp/hold" >"$tmp/zoo-ledger" &
zoo=$!
exec {hold}>"$tmp/hold"
tap_cleanup "kill $zoo; wait $zoo"
tap_wait 20 grep -q ready "$tmp/ready" || tap_fail "the hostile process did not start"
tap_wait 20 grep -q ready "$tmp/zoo-ledger" || tap_fail "the hostile program did not start"

cat >"$tmp/judge.py" <<'EOF'
# clean FILE: nothing but lines of printable text.  drawn FILE: nothing that a screen has no use for.
import re, sys
data = open(sys.argv[2], "rb").read()
bad = []
try:
    text = data.decode("utf-8")
except UnicodeDecodeError as error:
    text = data.decode("utf-8", "replace")
    bad.append(str(error))
if sys.argv[2].endswith(".csv"):
    text = text.replace("\r\n", "\n")  # RFC 4180
hidden = re.compile("[\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
bad += [hex(ord(c)) for c in hidden.findall(text)]
if sys.argv[1] == "clean":
    bad += [hex(ord(c)) for c in re.findall("[\x00-\x09\x0b-\x1f]", text)]
elif b"\x1b]" in data or b"\x1bP" in data or b"OWNED\a" in data:
    bad.append("a string for the terminal")
if not data:
    bad.append("nothing was written")
print(" ".join(bad[:20]))
EOF
judged() {	# judged NAME clean|drawn FILE
	tap_is "$(python3 "$tmp/judge.py" "$2" "$3")" "" "$1: no control byte"
}

columns=local_port,pid,comm,process,cmdline,exe,cgroup,user
for options in "-b -c $columns" "-b --pane sockets -A all -c state,local,path,comm,cmdline,exe,peer.comm" \
	"-b --pane processes" "-b --pane processes -A all" "-b --pane namespaces" "--json --pane sockets -A all" \
	"--json --pane processes" "--jsonl --pane ports" "--csv --pane ports" "--csv --pane sockets -A all" \
	"--csv --pane processes" "-b -w 60"; do
	# shellcheck disable=SC2086
	case $options in --csv*) out=$tmp/out.csv ;; *) out=$tmp/out ;; esac
	"$INETTOP" --no-config --netns "$netns" $options >"$out" 2>"$tmp/err"
	judged "$options" clean "$out"
	[ ! -s "$tmp/err" ] || judged "$options, standard error" clean "$tmp/err"
done
"$INETTOP" --no-config --netns "$netns" -b -c comm,cmdline :4001 >"$tmp/out"
tap_like "$(cat "$tmp/out")" '\\x1b\]0;OWNED' "text: what was replaced can be seen"
"$INETTOP" --no-config --netns "$netns" --json :4002 >"$tmp/out"
tap_like "$(python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["ports"][0]; print(ascii(r["args"][0]), r.get("exe_b64") is not None)' "$tmp/out")" \
	'x1b\]0;OWNED.* True' "JSON: the characters as they are, raw bytes beside what is no UTF-8"
for command in "why :4001" "why --json :4002" "--kill=0 :4001" "comm:$evil" "-c x$evil" "--netns x$evil"; do
	case $command in
	*"$evil"*) "$INETTOP" --no-config "$command" >"$tmp/out" 2>&1 ;;
	why*) "$INETTOP" $command >"$tmp/out" 2>&1 ;;
	*) "$INETTOP" --no-config --netns "$netns" $command >"$tmp/out" 2>&1 </dev/null ;;
	esac
	judged "inettop ${command%%$'\e'*}" clean "$tmp/out"
done
"$INETTOP" --no-config --netns "$netns" --watch -d 0.1 -n 1 >"$tmp/out" 2>&1 &
watch=$!
tap_cleanup "kill $watch; wait $watch"
come_and_go() {
	(exec -a "$evil" timeout 0.4 "$program" listen,port=4009 <&"$tap_silence" >/dev/null)
	[ -s "$tmp/out" ]
}
tap_wait 20 come_and_go
judged "--watch" clean "$tmp/out"

if [ -x "$VTDRIVE" ]; then
	screen_start 40 160 "$INETTOP" --no-config --netns "$netns" -A all
	screen_wait 10 4001
	for keys in p '<Enter>' '<Tab>' '<Tab>' '<Tab>' '<Esc>' l '<Esc>' e '<Esc>' w '<Esc>' k '<Esc>' y '<Esc>' \
		'<M-2>' A p '<End>' '<Enter>' '<Esc>' '<M-3>' '<Enter>' '<Tab>' '<Esc>' t '<M-4>' '<M-6>' '/OWNED<Enter>'; do
		screen_do type "$keys"
		screen_do watch 120
	done
	screen_do type '<M-1>:4001<Enter>'
	screen_do watch 300
	screen_do raw "$tmp/raw"
	judged "the screen, page by page" drawn "$tmp/raw"
	tap_like "$(tr -d '\n' <"$tmp/raw" | grep -ac 'OWNED')" '^[1-9]' "the screen shows what was replaced"
	screen_do type 'Q'
	tap_is "$(screen_do exit 5000)" 0 "and it ends well"
	screen_end
else
	tap_skip "the screen" "needs libvterm"
fi
tap_done
