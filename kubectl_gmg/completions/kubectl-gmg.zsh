#compdef kubectl-gmg
# Completion of kubectl-gmg for zsh. Put this in ~/.zshrc, after compinit:
#
#   source <(kubectl-gmg completion zsh)
#
# or save it as _kubectl-gmg in a folder of your fpath. Candidates are data here: whatever a cluster or a file calls
# its objects is never evaluated, split into words or taken as a pattern, and zsh quotes it where it is inserted.

_kubectl-gmg() {
    local -a asked lines values shown options
    local line value note directive order=-J flag='' last=${(Q)PREFIX} width=0 i

    # The words before the cursor without quotes; of the one at the cursor what stands left of it.
    for ((i = 2; i < CURRENT; i++)); do
        value=${(Q)words[i]}
        [[ ${words[i]} == \~/* ]] && value=$HOME${value#\~}
        asked+=("$value")
    done
    lines=("${(@f)$({ command kubectl-gmg __complete "${asked[@]}" "$last" </dev/null; } 2>/dev/null)}")
    directive=${lines[-1]#:}
    [[ ${lines[-1]} == :<-> ]] && ! ((directive & 1)) || return 1
    lines[-1]=()

    if ((directive & 24)); then
        [[ $last == -*=* ]] && compset -P '*='
        if ((directive & 16)); then
            _files -/
        else
            # Endings are letters; anything else could be a pattern.
            lines=(${lines%%$'\t'*})
            lines=(${(M)lines:#[[:alnum:]]##})
            _files -g "*.(${(j:|:)lines})(-.)"
        fi
        return
    fi

    [[ $last == -*=* ]] && flag=${last%%=*}=
    for line in "${lines[@]}"; do
        value=${line%%$'\t'*} note=${line#"$value"}
        [[ -n $value && $value != *[[:cntrl:]]* ]] || continue
        [[ -n $flag && $value != "$flag"* ]] && value=$flag$value
        note=${note//[[:cntrl:]]/}
        ((${#value} > width)) && width=${#value}
        # A colon ends what _describe takes for the value.
        value=${${value//\\/\\\\}//:/\\:}
        values+=("$value")
        shown+=("$value${note:+:$note}")
    done
    if ((!${#values})); then
        ((directive & 4)) && return 1
        _files
        return
    fi
    # Beside a value that leaves them no room zsh shows, for descriptions, what happens to stand in its memory.
    ((width > COLUMNS - 16)) && shown=("${values[@]}")
    ((directive & 2)) && options=(-S '')
    ((directive & 32)) && order=-V
    _describe $order candidates shown values "${options[@]}"
}

# Read by compinit from a folder of fpath, this file is the body of the function; sourced, it registers it.
if [[ ${funcstack[1]-} == _kubectl-gmg ]]; then
    _kubectl-gmg "$@"
elif (($+functions[compdef])); then
    compdef _kubectl-gmg kubectl-gmg
fi
