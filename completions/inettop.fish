# fish completion for inettop(1): the program itself knows what there is.

function __inettop_words
    command inettop --no-config --complete $argv 2>/dev/null
end

function __inettop_pane
    set -l tokens (commandline -opc)
    set -l i (contains -i -- --pane $tokens)
    and test $i -lt (count $tokens)
    and echo $tokens[(math $i + 1)]
    or echo ports
end

function __inettop_list
    set -l head (string replace -r '[^,]*$' '' -- (commandline -ct))
    for word in $argv
        echo $head$word
    end
end

function __inettop_filter
    switch (commandline -ct)
        case 'container:*'
            string replace -r '^' container: -- (__inettop_words containers)
        case 'ns:*'
            string replace -r '^' ns: -- (__inettop_words namespaces)
        case 'user:*'
            string replace -r '^' user: -- (__inettop_words users)
        case '*'
            __inettop_words fields --pane (__inettop_pane)
    end
end

complete -c inettop -f -a '(__inettop_filter)'
complete -c inettop -n 'test (count (commandline -opc)) -eq 1' -a why -d 'why can a port not be bound?'
complete -c inettop -l pane -x -a '(__inettop_words panes)' -d 'show this pane'
complete -c inettop -s A -l families -x -a '(__inettop_list (__inettop_words families))' -d families
complete -c inettop -s a -l all -d 'also what does not listen'
complete -c inettop -s l -l listening -d 'only what listens'
complete -c inettop -s 4 -l ipv4 -d 'only IPv4'
complete -c inettop -s 6 -l ipv6 -d 'only IPv6'
complete -c inettop -s u -l user -x -a '(__inettop_words users)' -d 'only this user'
complete -c inettop -s p -l pid -x -a '(__fish_complete_pids)' -d 'only this process'
complete -c inettop -l tree -d 'its children too'
complete -c inettop -l netns -x -a 'host all (__inettop_words namespaces)' -d 'only this namespace'
complete -c inettop -s c -l columns -x -a '(__inettop_list help (__inettop_words columns --pane (__inettop_pane)))' -d columns
complete -c inettop -s s -l sort -x -a '(__inettop_words columns --pane (__inettop_pane))' -d 'sort column'
complete -c inettop -s H -l no-heading -d 'no heading'
complete -c inettop -s N -l numeric -d 'exact numbers'
complete -c inettop -s w -l width -x -d 'width of lines'
complete -c inettop -s b -l batch -d 'text instead of a screen'
complete -c inettop -s n -l iterations -x -d 'number of listings or events'
complete -c inettop -s d -l delay -x -d 'time between two looks'
complete -c inettop -l json -d 'a JSON document'
complete -c inettop -l jsonl -d 'a JSON object per line'
complete -c inettop -l csv -d 'comma separated values'
complete -c inettop -s t -l terse -d 'process ids'
complete -c inettop -l all-owners -d 'all holders'
complete -c inettop -s q -l quiet -d 'exit status only'
complete -c inettop -l strict -d 'status 4 when not everything could be seen'
complete -c inettop -l watch -d 'one line per event'
complete -c inettop -l wait -x -a 'up down handover' -d 'wait for a change'
complete -c inettop -l timeout -x -d 'give up after'
complete -c inettop -l save-baseline -r -F -d 'save a listing'
complete -c inettop -l diff -r -F -d 'compare with a saved listing'
complete -c inettop -l record -r -F -d 'write the run to a file'
complete -c inettop -l replay -r -F -d 'play a recorded run'
complete -c inettop -l speed -x -d 'play it faster'
complete -c inettop -l kill -a '(__inettop_words signals)' -d 'send a signal'
complete -c inettop -l yes -d 'do not ask'
complete -c inettop -l force -d 'signal docker-proxy too'
complete -c inettop -l readonly -d 'change nothing'
complete -c inettop -l probe -a force -d 'why: really try'
complete -c inettop -l source -x -a 'auto netlink proc' -d 'source of sockets'
complete -c inettop -l owners -x -a 'auto bpf proc' -d 'source of holders'
complete -c inettop -l no-bpf -d 'load no BPF program'
complete -c inettop -l no-runtime -d 'do not ask container runtimes'
complete -c inettop -l check -d 'what this host allows'
complete -c inettop -l stats -d cost
complete -c inettop -l config -r -F -d 'settings from this file'
complete -c inettop -l no-config -d 'no settings from files'
complete -c inettop -l color -x -a 'auto always never' -d colours
complete -c inettop -l ascii -d 'only ASCII characters'
complete -c inettop -l no-mouse -d 'no mouse'
complete -c inettop -l keys -x -a 'default vim' -d 'key profile'
complete -c inettop -l hold -x -d 'how long marks stay'
complete -c inettop -l theme -x -a '(__inettop_words themes)' -d colours
complete -c inettop -l bell -x -a '(__inettop_filter)' -d 'ring for what matches'
complete -c inettop -s h -l help -d help
complete -c inettop -s V -l version -d version
