#!/bin/bash
# The layer table of doc/HACKING.md, checked twice: by the #include lines of every source, and by
# what the archives of the pure layers (model, view) call.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"
cd "$top_srcdir" || exit 1

# layer: headers of ours it may include (regular expressions)
declare -A own=(
	[base]='base/.*'
	[model]='(base|model)/.*'
	[kernel]='(base|kernel)/.*|model/(record|needs|bind_rule|proc_detail|diag_expr|why_facts)\.h'
	[view]='(base|model|view)/.*'
	[session]='(base|model|kernel)/.*|session[a-z_]*\.h'
	[ui]='(base|model|view|ui)/.*|session\.h'
	[cli]='(base|model|view|cli)/.*|session\.h'
)
# layer: system headers it must not include
pure='linux/|libmnl/|libproc2/|bpf/|jansson|curses|ncurses|panel\.h|fcntl\.h|unistd\.h|dirent\.h|poll\.h|pthread\.h|sys/stat\.h|sys/ioctl\.h'
declare -A never=(
	[base]='linux/|libmnl/|libproc2/|bpf/|jansson|curses|ncurses|panel\.h'
	[model]=$pure
	[kernel]='curses|ncurses|panel\.h'
	[view]=$pure
	[session]='libmnl/|libproc2/|bpf/|curses|ncurses|panel\.h'
	[ui]='linux/|libmnl/|libproc2/|bpf/|jansson'
	[cli]='linux/|libmnl/|libproc2/|bpf/|curses|ncurses|panel\.h'
)
calls='(__)?(v?f?printf|puts|fputs|fwrite|putchar|fopen|fopen64|open|openat|open64|openat64|read|write|socket|connect|sendto|recvmsg|ioctl|clock_gettime|gettimeofday|time|getenv|exit|_exit|nanosleep|usleep|sleep|fork|kill)(_chk)?'

sources() {	# sources LAYER
	case $1 in
	session) ls src/session*.[ch] 2>/dev/null ;;
	*) find "src/$1" -name '*.[ch]' ! -name '*.bpf.c' ! -name '*.bpf.h' -o -name '*.def' ;;
	esac
}

includes() {	# includes LAYER QUOTE: "file:line:header"
	sources "$1" | xargs -r grep -nEH "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2" |
		sed -E "s/^([^:]*:[0-9]+:).*include[[:space:]]*$2([^\">]*).*/\1\2/"
}

for layer in base model kernel view session ui cli; do
	bad=$(includes $layer '"' | grep -vE ":(${own[$layer]})$"
		includes $layer '<' | grep -E ":(${never[$layer]})")
	tap_is "$bad" "" "$layer includes only what its row allows"
done

for layer in model view; do
	archive=$top_builddir/lib$layer.a
	bad=$(nm -Au "$archive" 2>/dev/null | grep -E " U $calls$")
	tap_is "$bad" "" "$layer calls nothing that reads, writes, waits or asks the time"
done
tap_done
