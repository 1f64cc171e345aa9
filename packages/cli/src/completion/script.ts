import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

const BASH = `_alluvium() {
  local IFS=$'\\n'
  COMPREPLY=($(alluvium complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${COMPREPLY[0]-} == */ ]] && compopt -o nospace
}
complete -o default -F _alluvium alluvium`;

const ZSH = `#compdef alluvium
_alluvium() {
  local -a found directories
  found=("\${(@f)$(alluvium complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} == 0 )); then _files; return; fi
  directories=(\${(M)found:#*/})
  found=(\${found:#*/})
  (( \${#directories} )) && compadd -S '' -- $directories
  (( \${#found} )) && compadd -- $found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _alluvium "$@"; else compdef _alluvium alluvium; fi`;

const FISH = `function __alluvium_complete
  set -l words (commandline -opc)
  alluvium complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c alluvium -a '(__alluvium_complete)'`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export async function completion(session: Session, [shell]: readonly [string]): Promise<void> {
  const script = SCRIPTS[shell];
  if (script === undefined) throw new UsageError(`bash, zsh or fish is wanted, not "${shell}"`);
  await session.printText(`${script}\n`);
}
