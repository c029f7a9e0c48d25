#!/bin/bash
# House rules a machine can see: sizes, columns, names of calls we do without.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"
cd "$top_srcdir" || exit 1

c_files=$(find src tests -name '*.[ch]' ! -name '*.skel.h' ! -name 'vmlinux*.h' | sort)
shell_files=$(find tests -name '*.sh' | sort; echo bootstrap; echo .ci/run)

long_files() { wc -l $c_files $shell_files | awk '$2 != "total" && $1 > 800 { print $2 ": " $1 " lines" }'; }

# A function body starts with "{" and ends with "}" in column one.
long_functions() {
	awk 'FNR == 1 { start = 0 }
		/^{/ { start = FNR }
		/^}/ { if (start && FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }
	' $(printf '%s\n' $c_files | grep '\.c$')
}

wide_lines() {
	local file
	for file in $c_files; do
		expand "$file" | LC_ALL=C.UTF-8 grep -nE '^.{101,}' | sed "s|^\([0-9]*\):.*|$file:\1|"
	done
}

bad_blanks() { grep -nE '[[:space:]]+$|^ {8}' $c_files | cut -c1-100; }

# sprintf and friends have no bound; atoi tells no error; subtraction and typedefs are house rules.
unwanted() {
	grep -nwE '(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|alloca|tmpnam)[[:space:]]*\(|typedef (struct|union|enum)[^(]*$' \
		$c_files | cut -c1-120
}

unfinished() { grep -nwE 'TODO|FIXME|XXX' $c_files $shell_files | grep -v 'check-style.sh' | cut -c1-120; }

# Tests wait for a condition. "sleep N &" and "exec sleep" make a process to look at: allowed.
naps() {
	find tests -name '*.c' -exec grep -nE '\b(sleep|usleep|nanosleep|clock_nanosleep)[[:space:]]*\(' {} +
	find tests -name '*.sh' -exec grep -nE '(^|;|&&|\|\||\bdo|\bthen|\{)[[:space:]]*sleep[[:space:]]+[0-9.$]+[^&]*$' {} +
}

# A header that no Makemodule.am names builds here and is missing from the release.
unlisted() {
	local file
	for file in $c_files $(find src tests -name '*.def'); do
		cat Makefile.am {src,tests}{,/*,/*/*}/Makemodule.am 2>/dev/null | grep -qF "${file%.c}" || echo "$file"
	done
}

# doc/HACKING.md says of every module what it is for.
unmapped() {
	local file name
	for file in $(find src -name '*.[ch]' -o -name '*.def'); do
		name=${file##*/}
		grep -qF "\`${name%.*}\`" doc/HACKING.md || echo "$file"
	done
}

tap_is "$(long_files)" "" "no file is longer than 800 lines"
tap_is "$(long_functions)" "" "no function is longer than 60 lines"
tap_is "$(wide_lines)" "" "no line is wider than 100 columns"
tap_is "$(bad_blanks)" "" "no trailing blanks, tabs indent"
tap_is "$(unwanted)" "" "no call or typedef the house does without"
tap_is "$(unfinished)" "" "no note of unfinished work"
tap_is "$(unlisted)" "" "every source is named in a Makemodule.am"
tap_is "$(unmapped)" "" "every module is named in doc/HACKING.md"
tap_is "$(naps)" "" "no test sleeps"

# Versions of clang-format differ; the layout is the one of Debian 12's.
layout="the layout is that of .clang-format"
if ! command -v clang-format >/dev/null; then
	tap_skip "$layout" "needs clang-format"
elif ! clang-format --version | grep -q 'version 14\.'; then
	tap_skip "$layout" "clang-format is not version 14"
else
	tap_is "$(clang-format --dry-run $(printf '%s\n' $c_files | grep '\.c$') 2>&1 |
		sed -n 's/: warning:.*//p')" "" "$layout"
fi
tap_done
