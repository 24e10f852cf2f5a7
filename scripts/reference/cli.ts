// docs/reference/cli.md, from the program's own definition of its commands.

import type { Argument, Command, Option } from 'commander';
import { EXIT_PARTS_MISSING } from '../../node/cli/commands/capsule.ts';
import { EXIT_OF_STATE } from '../../node/cli/task-text.ts';
import { cell, code, table } from './markdown.ts';

function optionRow(option: Option): string[] {
  const { defaultValue: value } = option;
  const shown =
    value === undefined || value === false || (Array.isArray(value) && value.length === 0)
      ? ''
      : code(String(value));
  return [code(option.flags), cell(option.description), shown];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function argumentText(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function section(command: Command, path: string): string[] {
  const args = command.registeredArguments.map(argumentText);
  const described = command.registeredArguments.filter(({ description }) => description !== '');
  const options = command.options.filter(({ hidden, long }) => !hidden && long !== '--version');
  const own = [`## ${path}\n`, `${sentence(command.description())}\n`];
  if (command.commands.length === 0) {
    own.push(
      ['```', [path, ...args, ...(options.length > 0 ? ['[options]'] : [])].join(' '), '```\n'].join('\n'),
    );
    if (described.length > 0)
      own.push(
        `${table(
          ['argument', 'meaning'],
          described.map((one) => [`\`${one.name()}\``, cell(one.description)]),
        )}\n`,
      );
  }
  if (options.length > 0) own.push(`${table(['option', 'meaning', 'default'], options.map(optionRow))}\n`);
  const children = command.commands.flatMap((child) => section(child, `${path} ${child.name()}`));
  return command.commands.length > 0 && options.length === 0 ? children : [...own, ...children];
}

/** The whole document. */
export function cliDocument(program: Command): string {
  const sections = program.commands.flatMap((command) =>
    section(command, `${program.name()} ${command.name()}`),
  );
  const ends = Object.entries(EXIT_OF_STATE)
    .filter(([, code]) => code !== 0)
    .map(([state, code]) => `${code} ${state}`)
    .join(', ');
  return `# Command line

Generated from the commands' own definitions by \`npm run docs:reference\`; do not edit. ${program.description()}

Answers go to stdout, diagnostics to stderr. With \`--json\` the answer is JSON. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 verification refused, 4 unreachable; of a replay of which parts are missing ${EXIT_PARTS_MISSING}; of a task that is waited for also ${ends}; [errors.md](errors.md) lists every error.

${sections.join('\n').trimEnd()}
`;
}
