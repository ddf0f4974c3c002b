# Completion of forkwright for fish. To have it: forkwright completion fish > ~/.config/fish/completions/forkwright.fish
# It starts no program: the recipes are the files that are there.

# What of the command line is neither an option nor its value: the command, then its arguments.
function __forkwright_words
    set -l tokens (commandline -opc)
    set -l command
    set -l pending
    for token in $tokens[2..-1]
        if test -n "$pending"
            set pending
        else if string match --quiet -- '-*' $token
            __forkwright_takes_value "$command" $token; and set pending $token
        else
            set -q command[1]; or set command $token
            echo $token
        end
    end
end

# Whether the command (none where it is empty) is there with so many arguments: 0, 1+, or any number.
function __forkwright_at
    set -l found (__forkwright_words)
    if test -z "$argv[1]"
        test (count $found) -eq 0
        return
    end
    test "$found[1]" = "$argv[1]"; or return 1
    set -l given (math (count $found) - 1)
    switch "$argv[2]"
        case ''
            return 0
        case '*+'
            test $given -ge (string trim --right --chars=+ -- $argv[2])
        case '*'
            test $given -eq $argv[2]
    end
end

function __forkwright_recipes
    set -l root .
    set -l tokens (commandline -opc)
    for index in (seq (count $tokens))
        if test "$tokens[$index]" = --root
            set -l next (math $index + 1)
            set -q tokens[$next]; and set root (string replace --regex '^~' "$HOME" -- $tokens[$next])
        else if string match --quiet -- '--root=*' $tokens[$index]
            set root (string replace -- '--root=' '' $tokens[$index])
        end
    end
    for file in $root/recipes/*.yaml $root/recipes/*.yml
        string replace --regex '\.ya?ml$' '' -- (string split --right --max 1 / -- $file)[-1]
    end
end

@TABLES@
