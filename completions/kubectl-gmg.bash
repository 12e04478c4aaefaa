# Completion of kubectl-gmg for bash 3.2 and later, with or without the bash-completion package. Put this in ~/.bashrc:
#
#   source <(kubectl-gmg completion bash)          # bash 3.2 of macOS: eval "$(kubectl-gmg completion bash)"
#
# Candidates are data here: whatever a cluster or a file calls its objects is never evaluated, split into words or
# taken as a pattern, and it is quoted where it is inserted.

# Read a line as the shell would. Sets the caller's words (without quotes, the last one up to the cursor), raw (that
# one as it is typed), quote (the one that is still open) and target (1 in the name of a redirection's file).
__kubectl_gmg_read() {
    local line=$1 word='' started=0 c next i
    words=() raw='' quote='' target=0
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1} next=${line:i+1:1}
        if [[ -z $quote && $c == [[:space:]\<\>] ]]; then
            # A number or & just before < or > belongs to the redirection, as in 2>file.
            if ((started && !target)) && [[ $c == [[:space:]] || -z $raw || $raw == *[!0-9\&]* ]]; then
                words+=("$word")
            fi
            if [[ $c != [[:space:]] ]]; then
                target=1
                [[ $next == [\<\>\&\|] ]] && i=$((i + 1))
            elif ((started)); then
                target=0
            fi
            word='' raw='' started=0
            continue
        fi
        started=1 raw+=$c
        if [[ -n $quote && $c == "$quote" ]]; then
            quote=''
        elif [[ -z $quote && $c == [\"\'] ]]; then
            quote=$c
        elif [[ $c == \\ && ( -z $quote || ( $quote == \" && $next == [\"\\\$\`] ) ) ]]; then
            word+=$next raw+=$next i=$((i + 1))
        else
            word+=$c
        fi
    done
    words+=("$word")
}

# Set the caller's text to a value as it can be typed at the cursor. Fails if it cannot stand in the open quote.
__kubectl_gmg_quote() {
    local value=$1 escape=\\ special='[^[:alnum:]%@_.:/=+,-]' c i
    case $quote in
        \') special=\' escape="'\\'" ;;
        \") special='["\\$`]' ;;
    esac
    # Nothing hides ! from the history between double quotes; and bash closes no quote after such a letter.
    [[ $quote == \" && $value == *\!* ]] && return 1
    [[ $quote && $value == *"$quote" ]] && return 1
    text=$value
    [[ $value == *$special* ]] || return 0
    text=''
    for ((i = 0; i < ${#value}; i++)); do
        c=${value:i:1}
        # Within a word ~ and # are letters: ids hold them.
        if [[ $c == $special && ( $c != [~#] || -n $quote || $i == 0 || ${value:i-1:1} == [:=] ) ]]; then
            text+=$escape
        fi
        text+=$c
    done
}

# Set the caller's values to the directories, and to the files with one of the endings, that begin with a text.
__kubectl_gmg_files() {
    local typed=$1 file ending
    shift
    values=() notes=()
    [[ $typed == \~/* ]] && typed=$HOME${typed:1}
    while IFS= read -r file; do
        if [[ -d $file ]]; then
            values+=("$file/") notes+=('')
            continue
        fi
        for ending in "$@"; do
            [[ $file == *."$ending" ]] && values+=("$file") notes+=('') && break
        done
    done < <(compgen -f -- "$typed" 2>/dev/null)
}

# Set the caller's values, notes (their descriptions) and directive from the program's answer. Fails without one.
__kubectl_gmg_ask() {
    local line tab=$'\t'
    values=() notes=() directive=''
    while IFS= read -r line; do
        if [[ $directive ]]; then
            values+=("${directive%%$tab*}")
            [[ $directive == *$tab* ]] && notes+=("${directive#*$tab}") || notes+=('')
        fi
        directive=$line
    done < <({ command kubectl-gmg __complete "$@" </dev/null; } 2>/dev/null)
    [[ $directive == :* && $directive != *[!:0-9]* ]] || return 1
    directive=${directive#:}
    ! ((directive & 1))
}

# Put the descriptions behind the candidates in COMPREPLY.
__kubectl_gmg_describe() {
    local width=${COLUMNS:-80} column=0 room entry i
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        ((${#COMPREPLY[i]} > column)) && column=${#COMPREPLY[i]}
    done
    # A few very long values are not worth that descriptions are cut to nothing.
    ((column > width - 25)) && column=$((width > 50 ? width - 25 : width / 2))
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        [[ ${shown[i]} ]] || continue
        printf -v entry "%-${column}s" "${COMPREPLY[i]}"
        room=$((width - ${#entry} - 5))
        ((room < 8)) && continue
        ((${#shown[i]} > room)) && shown[i]=${shown[i]:0:room-3}...
        # Readline puts entries side by side unless one is wider than half the screen.
        printf -v entry "%-$((width / 2))s" "$entry  (${shown[i]})"
        COMPREPLY[i]=$entry
    done
}

# Fill COMPREPLY from the caller's values: quoted, and only what takes the place of the text that bash replaces.
__kubectl_gmg_offer() {
    local replaced=$1 flag=$2 open=$quote before text i
    [[ $raw == *"$replaced" ]] || return 0
    __kubectl_gmg_read "${raw%"$replaced"}"
    before=${words[0]} quote=$open
    for ((i = 0; i < ${#values[@]}; i++)); do
        text=${values[i]}
        [[ $text && $text != *[[:cntrl:]]* ]] || continue
        [[ $flag && $text != "$flag"* ]] && text=$flag$text
        [[ $text == "$before"* ]] && __kubectl_gmg_quote "${text#"$before"}" || continue
        COMPREPLY+=("$text")
        shown+=("${notes[i]//[[:cntrl:]]/}")
    done
}

_kubectl_gmg() {
    local IFS=$' \t\n' words values notes shown raw quote target directive flag='' last modern=0 i
    COMPREPLY=() shown=()
    type compopt >/dev/null 2>&1 && modern=1
    __kubectl_gmg_read "${COMP_LINE:0:COMP_POINT}"
    # In the name of a redirection's file bash needs no help.
    ((target || ${#words[@]} < 2)) && return 0
    words=("${words[@]:1}")
    last=${words[${#words[@]}-1]}
    for ((i = 0; i < ${#words[@]} - 1; i++)); do
        [[ ${words[i]} == \~/* ]] && words[i]=$HOME${words[i]:1}
    done
    __kubectl_gmg_ask "${words[@]}" || directive=4 values=()
    ((modern && directive & 28)) && compopt +o default
    [[ $last == -*=* ]] && flag=${last%%=*}=
    if ((directive & 16)); then
        __kubectl_gmg_files "${last#"$flag"}"
    elif ((directive & 8)); then
        __kubectl_gmg_files "${last#"$flag"}" ${values[@]+"${values[@]}"}
    fi
    __kubectl_gmg_offer "$2" "$flag"
    ((modern && directive & 32)) && compopt -o nosort 2>/dev/null
    # The next part of a value, or of a path, follows without a blank.
    if ((directive & 2)) || [[ $((directive & 24)) != 0 && ${COMPREPLY[0]-} == */ ]]; then
        ((modern)) && compopt -o nospace
    elif ((!modern && ${#COMPREPLY[@]} == 1)) && [[ -z $quote ]]; then
        COMPREPLY[0]+=' '
    fi
    # Where candidates are put into the line one after the other, descriptions would stand there too.
    if ((${#COMPREPLY[@]} > 1)) && [[ ${COMP_TYPE-} != 37 && ${COMP_TYPE-} != 42 ]]; then
        __kubectl_gmg_describe
    fi
    return 0
}

if type compopt >/dev/null 2>&1; then
    complete -o default -F _kubectl_gmg kubectl-gmg
else
    complete -o default -o nospace -F _kubectl_gmg kubectl-gmg
fi
