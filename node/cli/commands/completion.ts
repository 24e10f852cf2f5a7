// zerostate completion: a script for the shell, made from the commands' own definitions. It asks no node and runs no program of ours.

import { Argument, type Command, type Option } from 'commander';
import { type OutputFlags, runAction } from '../output.ts';

const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

/** A place in the tree of commands, and what may follow there. */
interface Place {
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly Option[];
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.map((child) => child.name());
  const here = { path, commands, options: command.options.filter(({ hidden }) => !hidden) };
  return [here, ...command.commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim()))];
}

const flagsOf = ({ options }: Place) =>
  [...options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long])), '--help'].join(' ');
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The script for one shell. */
export function completionScript(program: Command, shell: Shell): string {
  return bash(program.name(), placesOf(program, ''), shell === 'zsh');
}

/** zsh reads bash's completions through its own bridge. */
function bash(name: string, places: readonly Place[], bridge: boolean): string {
  const cases = places.map((place) => {
    const words = place.commands.join(' ');
    const choices = place.options.flatMap(({ argChoices, long }) =>
      argChoices === undefined
        ? []
        : [`      ${quoted(`${place.path}|${long}`)}) words=${quoted(argChoices.join(' '))} ;;`],
    );
    return {
      line: `    ${quoted(place.path)}) words=${quoted(`${words} ${flagsOf(place)}`.trim())} ;;`,
      choices,
    };
  });
  const groups = places.filter(({ commands }) => commands.length > 0).map(({ path }) => quoted(path));
  return `${bridge ? `#compdef ${name}\nautoload -U +X bashcompinit && bashcompinit\n` : ''}# Completion of ${name}, made by: ${name} completion ${bridge ? 'zsh' : 'bash'}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path" in
      ${groups.join(' | ')}) [[ "\${COMP_WORDS[i]}" == -* ]] || path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${cases.map(({ line }) => line).join('\n')}
  esac
  case "$path|$previous" in
${cases.flatMap(({ choices }) => choices).join('\n')}
      *'|--home' | *'|--dir') COMPREPLY=($(compgen -d -- "$current")); return ;;
      *'|--token-file' | *'|--out' | *'|--config' | *'|--card' | *'|--key') COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 || "$current" == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _${name} ${name}
`;
}

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'whose script').choices(SHELLS))
    .action(async (shell: Shell) => {
      await runAction({} as OutputFlags, async () => {
        process.stdout.write(completionScript(program, shell));
      });
    });
}
