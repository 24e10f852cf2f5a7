// Judges command lines as people read them in help texts, hints and documents: is there such a command, with such options and arguments?

import type { Command } from 'commander';

/** Words of a line, as a shell would split them; what follows a pipe, a semicolon or a comment is not of it. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, bare] of line
    .replaceAll(/\$\(.*\)/g, 'x')
    .matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)) {
    if (bare !== undefined && /^(?:[|;&>#]|\d?>)/.test(bare)) break;
    words.push(double ?? single ?? bare ?? '');
  }
  return words;
}

/** The command that the first words name, and the words left; undefined when the first names none. */
export function commandOf(
  program: Command,
  words: readonly string[],
): { command: Command; rest: string[] } | undefined {
  let command = program;
  let at = 0;
  for (; command.commands.length > 0; at++) {
    const word = words[at];
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word ?? ''));
    // A group that does something itself, such as `relay`, has options of its own.
    if (next === undefined && command !== program && command.options.length > 0) break;
    if (next === undefined) return undefined;
    command = next;
  }
  return { command, rest: words.slice(at) };
}

/** What is wrong with a line without the program's name; undefined when it would be understood. */
export function faultOf(program: Command, line: string): string | undefined {
  const words = wordsOf(line);
  const found = commandOf(program, words);
  if (found === undefined) return `there is no command ${words.slice(0, 2).join(' ')}`;
  const { command, rest } = found;
  const { operands, unknown } = command.parseOptions(rest);
  const flag = unknown.find((word) => word.startsWith('-') && word !== '--help');
  if (flag !== undefined) return `${command.name()} has no option ${flag}`;
  const args = command.registeredArguments;
  if (operands.length < args.filter(({ required }) => required).length) return 'an argument is missing';
  if (operands.length > args.length && args.at(-1)?.variadic !== true) return 'there are too many arguments';
  const missing = command.options.find(
    ({ long, mandatory }) => mandatory && !rest.some((word) => word === long),
  );
  return missing === undefined ? undefined : `${missing.long} is missing`;
}
