#!/bin/bash
# Makes system calls of the program fail, one kind at a time at its first, third, ... call, and looks
# at what a script would see: no crash, no hang, valid JSON, the documented exit codes, and never a
# row that is missing in silence. Long: run by "make torture". Arguments: the calls to try.
#
# INJECT_WHEN  the positions (default "1 2 3 5 8 13 21 34 55 1+ 20+")
. "${top_srcdir:?}/tests/lib/tap.sh"
tap_need_command strace python3
tap_netns "$@"
if [ -z "${INJECT_INSIDE:-}" ]; then	# few processes: each run takes a moment
	export INJECT_INSIDE=1
	exec unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
tap_tmpdir

cases=(
	socket:{EMFILE,EPERM,EPROTONOSUPPORT,ENOMEM} sendto:{ENOBUFS,EINTR,EPERM,ECONNREFUSED}
	sendmsg:{ENOBUFS,EINTR,EPIPE} recvmsg:{ENOBUFS,EINTR,EAGAIN,ENOMEM} recvfrom:{EINTR,ENOMEM}
	bind:{EPERM,EADDRINUSE} openat:{EMFILE,ENFILE,EACCES,ENOENT,ENOMEM,ESRCH}
	getdents64:{EIO,ENOMEM,EINTR} read:{EIO,EINTR,ESRCH,EAGAIN} pread64:{EIO,EINTR}
	readlinkat:{EACCES,ENOENT,ENOMEM} newfstatat:{EACCES,ENOMEM} setns:{EPERM,ENOMEM}
	clone:{EAGAIN,ENOMEM} clone3:{EAGAIN,ENOSYS} write:{EIO,ENOSPC,EPIPE,EINTR} writev:{ENOSPC,EIO}
	poll:{EINTR,ENOMEM} epoll_create1:EMFILE epoll_ctl:ENOMEM eventfd2:EMFILE
	socketpair:{EMFILE,ENOMEM} bpf:{EPERM,EINVAL,ENOMEM} prctl:{EPERM,EINVAL} capset:EPERM
	getsockopt:{ENOPROTOOPT,EINVAL} setsockopt:{EPERM,ENOPROTOOPT} ioctl:{ENOTTY,EPERM}
	prlimit64:EPERM getrandom:{ENOSYS,EAGAIN} pidfd_open:{ENOSYS,EMFILE}
)
read -ra positions <<<"${INJECT_WHEN:-1 2 3 5 8 13 21 34 55 1+ 20+}"

tap_zoo listen,port=1001 listen,port=1002 listen,addr=::1,port=1003 udp,port=1004 \
	udp,addr=::1,port=1005
cat >"$tmp/judge" <<'END'
import json, sys
code = int(sys.argv[1])
text = open(sys.argv[2], "rb").read()
if code == 3:
    if sys.argv[5] == "1+" and sys.argv[4] in ("EIO", "ENOSPC"):
        sys.exit(0)  # the line could not be written either
    sys.exit(0 if open(sys.argv[3], "rb").read().strip() else "exit code 3 without a line")
if code == 141 and sys.argv[4] == "EPIPE":
    sys.exit(0)
if code not in (0, 1):
    sys.exit("exit code %d" % code)
doc = json.loads(text)
have = {row["local_port"] for row in doc["ports"]}
owned = [row for row in doc["ports"] if row["owner_status"] == "known"]
if not {1001, 1002, 1003, 1004, 1005} <= have and not doc["partial"] and not doc["notes"]:
    sys.exit("rows are missing in silence: %s" % sorted(have))
if any(not row["owner_status"] for row in doc["ports"]):
    sys.exit("an owner without a reason")
END

one() {	# one CALL ERRNO WHEN
	local code start=$SECONDS
	timeout -k 2 30 strace -f -qq --seccomp-bpf -o /dev/null -e trace="$1" -e inject="$1:error=$2:when=$3" \
		"$INETTOP" --no-config --json --netns="$own" </dev/null >"$tmp/out" 2>"$tmp/err"
	code=$?
	[ $((SECONDS - start)) -lt 15 ] || { echo "took $((SECONDS - start)) s"; return 1; }
	# before main() it is the loader that fails
	[ $code = 127 ] && grep -q 'error while loading\|cannot' "$tmp/err" && return 0
	python3 "$tmp/judge" $code "$tmp/out" "$tmp/err" "$2" "$3" 2>&1 || { head -c 300 "$tmp/err"; return 1; }
}

own=$(stat -Lc %i /proc/self/ns/net)
for c in "${cases[@]}"; do
	[ $# = 0 ] || [[ " $* " = *" ${c%:*} "* ]] || continue
	bad=
	for when in "${positions[@]}"; do
		# interrupted for ever, or no answer for ever, is no fault of a kernel
		[[ $when = *+ && $c = *:@(EINTR|EAGAIN) ]] && continue
		text=$(one "${c%:*}" "${c#*:}" "$when") || bad+="when=$when: $text"$'\n'
	done
	tap_ok $((${#bad} > 0)) "$c" "$bad"
done
tap_done
