# bash completion for inettop(1): the program itself knows what there is.

_inettop_words()
{
	command inettop --no-config --complete "$@" 2>/dev/null | cut -f1
}

# The last item of a comma separated list.
_inettop_list()
{
	local head=
	[[ $cur == *,* ]] && head=${cur%,*},
	mapfile -t COMPREPLY < <(compgen -P "$head" -W "$1" -- "${cur##*,}")
	compopt -o nospace
}

_inettop_pane()
{
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == --pane ]] && { echo "${COMP_WORDS[i + 1]#=}"; return; }
	done
	echo ports
}

_inettop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	if [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $cur == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 1]}
		cur=
	fi
	case $prev in
	--pane) mapfile -t COMPREPLY < <(compgen -W "$(_inettop_words panes)" -- "$cur") ;;
	-A | --families) _inettop_list "$(_inettop_words families)" ;;
	-c | --columns) _inettop_list "help $(_inettop_words columns --pane "$(_inettop_pane)")" ;;
	-s | --sort)
		local minus=
		[[ $cur == -* ]] && minus=-
		mapfile -t COMPREPLY < <(compgen -P "$minus" \
			-W "$(_inettop_words columns --pane "$(_inettop_pane)")" -- "${cur#-}")
		;;
	-u | --user) mapfile -t COMPREPLY < <(compgen -W "$(_inettop_words users)" -- "$cur") ;;
	-p | --pid) mapfile -t COMPREPLY < <(compgen -W "$(command ps -eo pid=)" -- "$cur") ;;
	--netns) mapfile -t COMPREPLY < <(compgen -W "host all $(_inettop_words namespaces)" -- "$cur") ;;
	--kill) mapfile -t COMPREPLY < <(compgen -W "$(_inettop_words signals)" -- "$cur") ;;
	--wait) mapfile -t COMPREPLY < <(compgen -W "up down handover" -- "$cur") ;;
	--probe) mapfile -t COMPREPLY < <(compgen -W "force" -- "$cur") ;;
	--source) mapfile -t COMPREPLY < <(compgen -W "auto netlink proc" -- "$cur") ;;
	--owners) mapfile -t COMPREPLY < <(compgen -W "auto bpf proc" -- "$cur") ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur") ;;
	--keys) mapfile -t COMPREPLY < <(compgen -W "default vim" -- "$cur") ;;
	--theme) mapfile -t COMPREPLY < <(compgen -W "$(_inettop_words themes)" -- "$cur") ;;
	--save-baseline | --diff | --record | --replay | --config)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	-n | --iterations | -d | --delay | -w | --width | --timeout | --speed | --hold | --bell) ;;
	*)
		case $cur in
		-*) mapfile -t COMPREPLY < <(compgen -W "$(_inettop_words options)" -- "$cur") ;;
		container:*) _inettop_values container containers ;;
		ns:*) _inettop_values ns namespaces ;;
		user:*) _inettop_values user users ;;
		*)
			local why=
			((COMP_CWORD == 1)) && why=why
			compopt -o nospace
			mapfile -t COMPREPLY < <(compgen -W "$why state \
				$(_inettop_words fields --pane "$(_inettop_pane)")" -- "$cur")
			;;
		esac
		;;
	esac
	[[ ${COMP_WORDBREAKS} != *:* || $cur != *:* ]] || _inettop_cut_colon
}

# Values of a field.
_inettop_values()
{
	mapfile -t COMPREPLY < <(compgen -P "$1:" -W "$(_inettop_words "$2")" -- "${cur#*:}")
}

# The shell takes what stands before a colon for a word of its own.
_inettop_cut_colon()
{
	local i head=${cur%"${cur##*:}"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$head"}
	done
}

complete -F _inettop inettop
