#!/bin/bash
# System calls that fail: every row is there, or the list says that it is partial, or one clear line and
# exit code 3. Never a crash, never for ever.
. "$top_srcdir/tests/lib/tap.sh"
tap_need_command strace
tap_netns
strace -o /dev/null true 2>/dev/null || tap_skip_all "strace may not trace here"

tap_tmpdir
netns=$(stat -Lc %i /proc/self/ns/net)
tap_zoo listen,port=1001,n=40 udp,port=2001,n=20 established,port=3001,n=20
wanted=$(grep -c '^open ' "$ledger")

for fault in recvmsg:error=ENOBUFS:when=3 recvmsg:error=ENOBUFS:when=2..5 recvmsg:error=ENOBUFS:when=2+ \
	recvmsg:error=ENOMEM:when=1+ recvmsg:error=EINTR:when=3 sendmsg:error=ENOBUFS:when=1+ \
	sendto:error=ENOBUFS:when=1+ socket:error=EMFILE:when=1+ socket:error=EMFILE:when=3+ \
	recvfrom:error=ENOBUFS:when=1+ openat:error=EMFILE:when=60+ getdents64:error=ENOMEM:when=1+; do
	timeout -k 1 60 strace -f -qq -o /dev/null -e "inject=$fault" "$INETTOP" --no-config --no-bpf --json \
		--pane sockets --netns "$netns" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null
	got=$?
	rows=$(grep -o '"owner_status":' "$tmp/stdout" | wc -l)
	if [ $got = 3 ]; then
		tap_is "$(wc -l <"$tmp/stderr")" 1 "$fault: $(cat "$tmp/stderr")"
	elif [ "$rows" = "$wanted" ]; then
		tap_is "$got" 0 "$fault: every row"
	else
		tap_is "$got $(grep -c '"partial":true' "$tmp/stdout")" "0 1" "$fault: $rows of $wanted rows, and says partial"
	fi
done
tap_done
