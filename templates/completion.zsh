#compdef forkwright
# Completion of forkwright for zsh. To have it: eval "$(forkwright completion zsh)" behind compinit, or put it as _forkwright
# into a folder of $fpath. It starts no program: the recipes are the files that are there.

@TABLES@
_forkwright() {
  local current=${words[CURRENT]} command='' root=. pending='' option='' word='' REPLY=''
  local -a found
  integer index count=0
  for ((index = 2; index < CURRENT; index++)); do
    word=${words[index]}
    if [[ -n $pending ]]; then
      [[ $option == --root ]] && root=${~word}
      pending=''
    elif [[ $word == --root=* ]]; then
      root=${~word#*=}
    elif [[ $word == -*=* ]]; then
      continue
    elif [[ $word == -* ]]; then
      _forkwright_value "$command" "$word"
      option=$word pending=$REPLY
    elif [[ -z $command ]]; then
      command=$word
    else
      ((count += 1))
    fi
  done
  if [[ -n $pending ]]; then
    REPLY=$pending
  elif [[ $current == --*=* ]]; then
    _forkwright_value "$command" "${current%%=*}"
    compset -P '*='
  elif [[ $current == -* ]]; then
    _forkwright_options "$command"
  elif [[ -z $command ]]; then
    _forkwright_commands
  else
    _forkwright_argument "$command" "$count"
  fi
  case $REPLY in
    'words '*) compadd -- ${(s: :)REPLY#words } ;;
    recipes)
      found=($root/recipes/*.(yaml|yml)(N:t:r))
      compadd -- $found
      ;;
    files) _files ;;
    folders) _files -/ ;;
  esac
}

# As a file of $fpath it is the function itself.
if [[ ${funcstack[1]-} == _forkwright ]]; then
  _forkwright "$@"
else
  compdef _forkwright forkwright
fi
