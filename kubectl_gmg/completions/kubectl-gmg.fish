# Completion of kubectl-gmg for fish 3.0 and later:
#
#   kubectl-gmg completion fish > ~/.config/fish/completions/kubectl-gmg.fish
#
# Candidates are data here: whatever a cluster or a file calls its objects is never evaluated, split into words or
# taken as a pattern, and fish quotes it where it is inserted.

function __kubectl_gmg_says --description 'Whether a directive contains a bit'
    test (math "floor($argv[1] / $argv[2]) % 2") -eq 1
end

function __kubectl_gmg_files --description 'Directories, and files (if endings are given, only with one of these)'
    set -l typed (string replace --regex '^~/' "$HOME/" -- "$argv[1]")
    set -l length (string length -- "$typed")
    for file in "$typed"*
        set -l name "$argv[1]"(string sub --start (math $length + 1) -- "$file")
        if test -d "$file"
            printf '%s/\n' $name
        else if not set -q argv[2]; or contains -- (string replace --regex '.*\.' '' -- "$file") $argv[2..-1]
            printf '%s\n' $name
        end
    end
end

function __kubectl_gmg_complete --description 'The candidates for the word at the cursor'
    # Where there is no such program fish would say so in the middle of the line.
    command --search kubectl-gmg >/dev/null
    or return 1
    set -l asked
    for word in (commandline --tokenize --cut-at-cursor --current-process)[2..-1]
        set -a asked (string replace --regex '^~/' "$HOME/" -- "$word")
    end
    # With a quote still open there is nothing but that quote to undo.
    set -l token (commandline --cut-at-cursor --current-token)
    set -l last (string unescape -- "$token"; or string replace --regex '^["\']' '' -- "$token")
    set -l lines (command kubectl-gmg __complete $asked "$last" </dev/null 2>/dev/null)
    set -l directive (string match --regex '^:[0-9]+$' -- "$lines[-1]" | string sub --start 2)
    test -n "$directive"; and not __kubectl_gmg_says $directive 1
    or return 1
    set -e lines[-1]

    # In --flag=value fish wants the whole word; the program may give the value only.
    set -l flag (string match --regex '^-[^=]*=' -- "$last")
    set -l value (string replace --regex '^-[^=]*=' '' -- "$last")
    if __kubectl_gmg_says $directive 16
        set lines (string match '*/' -- (__kubectl_gmg_files "$value"))
    else if __kubectl_gmg_says $directive 8
        set lines (__kubectl_gmg_files "$value" $lines)
    else if not set -q lines[1]; and not __kubectl_gmg_says $directive 4
        set lines (__kubectl_gmg_files "$value")
    end
    for line in (string match --invert --regex '^[^\t]*[\x01-\x08\x0b-\x1f\x7f]' -- $lines)
        if test -n "$flag"; and test (string sub --length (string length -- $flag) -- $line) != $flag
            set line $flag$line
        end
        printf '%s\n' $line
    end
    # Fish ends a word that it knows to be whole with a blank; not if there is a longer one, too.
    set -l whole (string split --max 1 \t -- "$lines")[1]
    if __kubectl_gmg_says $directive 2; and test (count $lines) -eq 1; and string match --quiet --regex '[^@=/:.,-]$' -- $whole
        string match --quiet -- "$flag*" $whole
        and printf '%s.\n' $whole
        or printf '%s%s.\n' "$flag" $whole
    end
end

complete --command kubectl-gmg --erase
complete --command kubectl-gmg --no-files --keep-order --arguments '(__kubectl_gmg_complete)'
