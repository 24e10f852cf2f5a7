// The command blocks of the documents: code blocks marked `sh`. One that no test types says why behind the mark: "sh not run: it needs a
// partner". What is in either is judged as far as it can be without running it.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { faultOf } from './command-lines.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A code block of a document. */
export interface Block {
  readonly file: string;
  readonly line: number;
  /** What stands behind the fence: a language, and for commands why they are not run. */
  readonly mark: string;
  readonly text: string;
}

/** Documents with commands that people read; those that are generated have none. */
export function documents(): string[] {
  const exclude = ['**/node_modules/**', 'dist/**', 'docs/reference/cli.md', 'test/interop/**'];
  return globSync('**/*.md', { cwd: ROOT, exclude }).sort();
}

/** Every code block of a document. */
export function blocksOf(file: string): Block[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: mark = '', 2: block = '', index }) => ({
      file,
      line: text.slice(0, index).split('\n').length,
      mark,
      text: block,
    }),
  );
}

/** The blocks that a test types: commands without a reason not to. */
export function typedBlocks(file: string, heading = ''): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const from = text.slice(0, text.indexOf(heading)).split('\n').length;
  const rest = text.slice(text.indexOf(heading) + heading.length);
  const to = heading === '' ? Infinity : from + (rest.split(/\n## /, 1)[0] ?? '').split('\n').length;
  return blocksOf(file)
    .filter(({ line, mark }) => mark === 'sh' && line >= from && line < to)
    .map((block) => block.text);
}

/** The commands of a block, one for each: lines joined, comments and prompts gone, substitutions on their own. */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  const inner = (line: string): string =>
    line.replaceAll(/\$\(((?:[^()]|\([^()]*\))*)\)/g, (_, command: string) => {
      commands.push(...commandsOf(command));
      return 'x';
    });
  for (const raw of text.replaceAll('\\\n', ' ').split('\n')) {
    const line = inner(raw.replaceAll(/\$\(\(.*?\)\)/g, '1'))
      .replace(/^\s*\$ /, '')
      .replace(/(?:^|\s)#(?![^'"]*['"]\s*$).*$/, '');
    for (const part of splitOutside(line)) {
      const command = part.trim().replace(/^(?:\w+=(?:"[^"]*"|'[^']*'|\S*)\s*)+/, '');
      if (command !== '') commands.push(command);
    }
  }
  return commands;
}

/** Splits at && || ; | & outside of quotes. */
function splitOutside(line: string): string[] {
  const parts = [''];
  let quote = '';
  for (const [at, letter] of [...line].entries()) {
    if (quote === '' && /["']/.test(letter)) quote = letter;
    else if (letter === quote) quote = '';
    const between = quote === '' && /[;|]/.test(letter);
    const and = quote === '' && letter === '&' && !/[0-9>]/.test(line[at - 1] ?? '');
    if (between || and) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

/** Programs that the documents name beside ours, and the shell's own words. Others are a slip, or belong here. */
const OTHERS = new Set(
  'alias cat cd claude cosign cp curl cut docker export git grep head jq kill kubectl ls mkdir mv rm sbatch sed set sha256sum shadow systemctl tail test tar wait wc'.split(
    ' ',
  ),
);

/** What is wrong with a command; undefined when it would be understood. */
export function faultOfCommand(program: Command, command: string): string | undefined {
  const [name = '', ...rest] = command.split(/\s+/);
  const line = command.slice(name.length).trim();
  const filled = (text: string) => text.replaceAll(/<[^>]+>/g, 'x');
  if (name === 'zerostate') return faultOf(program, filled(line));
  if (name === 'npx' && rest[0] === 'zerostate')
    return faultOf(program, filled(line.slice('zerostate'.length).trim()));
  if (name === 'npx' || name === 'node') {
    const file = rest.find((word) => /\.(?:[cm]?js|ts)$/.test(word));
    return file === undefined || existsSync(join(ROOT, file)) ? undefined : `there is no ${file}`;
  }
  if (name === 'npm') {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const [verb = '', script = ''] = rest;
    if (verb === 'run') return Object.hasOwn(scripts, script) ? undefined : `there is no script ${script}`;
    return /^(?:ci|install|pack|publish|start|test)$/.test(verb) ? undefined : `npm ${verb}?`;
  }
  if (!OTHERS.has(name)) return `${name}: a program that no document spoke of before`;
  // Files of the repository that are handed to other programs.
  const missing = rest.find(
    (word) => /^(?:packaging|docs|examples)\//.test(word) && !existsSync(join(ROOT, word)),
  );
  return missing === undefined ? undefined : `there is no ${missing}`;
}
