#!/bin/bash
# What the code can do and what the documents, help and completions tell, compared both ways:
# options, columns, JSON fields, keys, settings, exit codes, signals' and panes' words.
set -u
. "${top_srcdir:?}/tests/lib/tap.sh"
cd "$top_srcdir" || exit 1
inettop=${INETTOP:?}
"$inettop" -V >/dev/null || { tap_fail "the program runs"; tap_done; }
man=doc/inettop.1
manuals="doc/inettop.1 doc/inettop-json.5 doc/inettop-config.5 $(ls doc/inettop-filter.7 2>/dev/null)"

section() {	# section FILE NAME: the lines of a section of a manual
	awk -v name="$2" '/^\.Sh / { on = $0 == ".Sh " name } on' "$1"
}
unescape() { sed 's/\\&//g; s/\\e/\\/g; s/\\(aq/'"'"'/g; s/\\-/-/g'; }
ask() { "$inettop" --no-config --complete "$@" | cut -f1; }
same() {	# same CODE DOCUMENT NAME: the same words, and there are some
	if [ -z "$1" ]; then
		tap_fail "$3" "the code names none"
	else
		tap_is "$(sort -u <<<"$2")" "$(sort -u <<<"$1")" "$3"
	fi
}

# ---- options
options=$(ask options | tr ' ' '\n')
in_man=$(section $man OPTIONS | grep '^\.It Fl' | unescape | grep -oE 'Fl [A-Za-z0-9-]+' |
	sed 's/^Fl /-/')
same "$options" "$in_man" "options: table and manual"
in_help=$("$inettop" -h | sed '1,2d; /^NAME/,$d' | grep -oE '(^|[ ,(])--?[A-Za-z0-9][a-z0-9-]*' |
	grep -oE -- '--?[A-Za-z0-9].*')
same "$options" "$in_help" "options: table and -h"
lines=$("$inettop" -h | wc -l)
tap_ok $((lines < 10 || lines > 24)) "-h has at most 24 lines"
in_fish=$(sed -nE 's/^complete -c inettop (.*)/\1/p' completions/inettop.fish |
	sed -nE 's/^(-s ([A-Za-z0-9]) )?-l ([a-z0-9-]+).*/-\2\n--\3/p' | grep -vx -- -)
same "$options" "$in_fish" "options: table and fish completion"
in_zsh=$(sed -n '/^_arguments/,$p' completions/_inettop | grep -oE -- "[{,']-[A-Za-z0-9],|--[a-z0-9-]+" |
	tr -d "{,'" | sed 's/-$//')
same "$options" "$in_zsh" "options: table and zsh completion"
takes_arg=$("$inettop" --complete options | awk -F'\t' '$2 != "" { print $1 }' | tr ' ' '\n')
in_bash=$(sed -n '/case \$prev in/,/^	\*)/p' completions/inettop.bash | grep -oE '^	-[^)]*\)' | tr -d '\t) ' | tr '|' '\n')
same "$takes_arg" "$in_bash" "options with an argument: table and bash completion"

# ---- columns, fields, keys
columns=$(sed -nE 's/^COLUMN\([A-Z0-9_]+, "([^"]+)".*/\1/p' src/view/columns.def)
same "$columns" "$(section $man COLUMNS | sed -n 's/^\.It Cm //p')" "columns: table and manual"
fields=$(grep -E '^COLUMN\(.*, JSON( \| DESC)?, [a-z0-9_]+\)$' src/view/columns.def |
	sed -E 's/^COLUMN\([A-Z0-9_]+, "([^"]+)".*/\1/')
same "$fields" "$(section doc/inettop-json.5 'OBJECT MEMBERS' | sed -n 's/^\.It Va //p')" \
	"JSON fields: table and manual"
for pane in $(ask panes); do
	asked=$(ask columns --pane "$pane")
	tap_is "$(comm -23 <(sort -u <<<"$asked") <(sort -u <<<"$columns"))" "" "columns of $pane are in the table"
done
aliases=$(sed -nE 's/^COLUMN\([A-Z0-9_]+, "[^"]+", "([^"]*)".*/\1/p' src/view/columns.def | tr ' ' '\n' | grep .)
in_man=$(section $man COLUMNS | sed -nE 's/^\.Pq .*; also (.*)/\1/p' | tr ' ' '\n')
same "$aliases" "$in_man" "aliases of columns: table and manual"
keys=$(sed -nE 's/^ACTION\([A-Z0-9_]+, "[^"]+", "(([^"\\]|\\.)*)".*/\1/p' src/view/actions.def |
	sed 's/\\\\/\\/g' | tr ' ' '\n' | grep .)
in_man=$(section $man KEYS | sed -n 's/^\.It Ic //p' | unescape | tr ' ' '\n')
same "$keys" "$in_man" "keys: table and manual"

# ---- settings, exit codes
settings=$(sed -nE 's/^	\[SET_[A-Z_]+\] = \{"([a-z-]+)".*/\1/p' src/view/settings.c
	grep -oE '"(columns|sort)\.[a-z]+"' src/view/settings.c | tr -d '"'
	grep -oE 'strcmp\(name, "[a-z]+"\)' src/cli/cli.c | cut -d'"' -f2)
in_man=$(section doc/inettop-config.5 SETTINGS | sed -n 's/^\.It Cm //p' | unescape | tr -d ',' | tr ' ' '\n' | grep .)
same "$settings" "$in_man" "settings: code and manual"
codes=$(sed -nE 's/^	CLI_[A-Z]+ = ([0-9]+),.*/\1/p' src/cli/plan.h; echo 141)
same "$codes" "$(section $man 'EXIT STATUS' | sed -n 's/^\.It //p')" "exit codes: code and manual"

# ---- form
for manual in $manuals; do
	if command -v mandoc >/dev/null; then
		tap_is "$(mandoc -T lint -W warning "$manual" 2>&1)" "" "$manual: mandoc has no complaint"
	else
		tap_skip "$manual: mandoc has no complaint" "needs mandoc"
	fi
done
tap_run "bash completion parses" bash -n completions/inettop.bash
if command -v zsh >/dev/null; then
	tap_run "zsh completion parses" zsh -n completions/_inettop
else
	tap_skip "zsh completion parses" "needs zsh"
fi
if command -v fish >/dev/null; then
	tap_run "fish completion parses" fish -n completions/inettop.fish
else
	tap_skip "fish completion parses" "needs fish"
fi
tap_done
