# Completion of forkwright for bash, 3.2 and later. To have it: eval "$(forkwright completion bash)"
# It starts no program: the recipes are the files that are there.

@TABLES@
_forkwright_recipes() {
  local file
  for file in "$1"/recipes/*.yaml "$1"/recipes/*.yml; do
    file=${file##*/}
    file=${file%.*}
    case $file in
      *[!a-z0-9_-]*) ;;
      *) printf '%s ' "$file" ;;
    esac
  done
}

_forkwright() {
  local current=${COMP_WORDS[COMP_CWORD]} command='' root=. pending='' option='' word='' REPLY='' index count=0
  # bash has --root=x as three words.
  [[ $current == = ]] && current=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ $word == = ]]; then
      continue
    elif [[ -n $pending ]]; then
      [[ $option == --root ]] && root=${word/#\~/$HOME}
      pending=''
    elif [[ $word == -* ]]; then
      _forkwright_value "$command" "$word"
      option=$word pending=$REPLY
    elif [[ -z $command ]]; then
      command=$word
    else
      count=$((count + 1))
    fi
  done
  if [[ -n $pending ]]; then
    REPLY=$pending
  elif [[ $current == -* ]]; then
    _forkwright_options "$command"
  elif [[ -z $command ]]; then
    _forkwright_commands
  else
    _forkwright_argument "$command" "$count"
  fi
  COMPREPLY=()
  case $REPLY in
    'words '*) COMPREPLY=($(compgen -W "${REPLY#words }" -- "$current")) ;;
    recipes) COMPREPLY=($(compgen -W "$(_forkwright_recipes "$root")" -- "$current")) ;;
    files | folders)
      local IFS=$'\n' kind=-f
      [[ $REPLY == folders ]] && kind=-d
      COMPREPLY=($(compgen "$kind" -- "$current"))
      # bash 3.2 has no compopt: names with spaces are not quoted there.
      compopt -o filenames 2>/dev/null || true
      ;;
  esac
}

complete -F _forkwright forkwright
