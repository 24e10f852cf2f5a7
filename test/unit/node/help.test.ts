// The command line says nothing about itself that is not so: every command has an example that parses, and every hint, error remedy and
// document names commands and options that exist.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { leavesOf } from '../../../bin/examples.ts';
import { buildProgram } from '../../../bin/program.ts';
import { commandOf, faultOf, wordsOf } from '../../support/command-lines.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ROOMS = ['bin', 'bootstrap', 'index-service', 'node', 'protocol', 'relay', 'sim', 'wasm-runner'];
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (words) => {
      text += words;
    },
  });
  command.outputHelp();
  return text;
}

describe('the command line', () => {
  const program = buildProgram('zerostate');

  it('has an example for every command, and each would be understood', () => {
    const faults: string[] = [];
    for (const [path, command] of leavesOf(program)) {
      const [, after = ''] = helpOf(command).split(/^Examples?:$/m);
      const examples = [...after.matchAll(/^ +(?:\$ )?(.*\bzerostate .+)$/gm)].flatMap(([, line]) =>
        (line ?? '')
          .replace(/ {3,}.*$/, '')
          .split(' && ')
          .filter((part) => /\bzerostate /.test(part)),
      );
      if (examples.length === 0) faults.push(`${path}: no example`);
      let own = false;
      for (const line of examples) {
        const words = line.slice(line.indexOf('zerostate ') + 'zerostate '.length);
        own ||= commandOf(program, wordsOf(words))?.command === command;
        // A line of another program ends in one of ours: `claude mcp add zerostate -- zerostate mcp`.
        const fault = line.startsWith('zerostate ')
          ? faultOf(program, words.replaceAll(/<[^>]+>/g, 'x'))
          : undefined;
        if (fault !== undefined) faults.push(`${path}: "${line}": ${fault}`);
      }
      if (examples.length > 0 && !own) faults.push(`${path}: no example of itself`);
    }
    assert.deepEqual(faults, []);
  });

  it('has one grammar: the same flags for the same things, and a question before what cannot be taken back', () => {
    /** What destroys, spends or speaks for good. */
    const final =
      /^(?:apply|appeal|close|dispute|dissolve|leave|order|release|remove|reverse|revoke|rollback|rotate|transfer|unpin)$/;
    const faults: string[] = [];
    for (const [path, command] of leavesOf(program)) {
      const has = (flag: string) => command.options.some(({ long }) => long === flag);
      const wants = (flag: string) => {
        if (!has(flag)) faults.push(`${path}: no ${flag}`);
      };
      if (!/^[a-z][a-z-]*(?: [a-z][a-z-]*){0,2}$/.test(path)) faults.push(`${path}: not in lower case`);
      if (command.description() === '' || /\.$/.test(command.description()))
        faults.push(`${path}: no description, or one that ends like a sentence`);
      for (const { description, long } of command.options) {
        if (!/^--[a-z][a-z-]*$/.test(long ?? '')) faults.push(`${path}: ${long}`);
        if (description === '') faults.push(`${path}: ${long} says nothing`);
      }
      for (const argument of command.registeredArguments)
        if (argument.description === '') faults.push(`${path}: <${argument.name()}> says nothing`);
      // A command that prints what it was asked for has no second form.
      if (!/^(?:completion|wasm meter)$/.test(path)) wants('--json');
      if (has('--api')) for (const flag of ['--node', '--home', '--token-file', '--jsonl']) wants(flag);
      if (final.test(command.name())) for (const flag of ['--dry-run', '--yes']) wants(flag);
    }
    assert.deepEqual(faults, []);
  });

  it('names no command in its messages that is not there', () => {
    const faults: string[] = [];
    const files = ROOMS.flatMap((room) =>
      globSync([`${room}/**/*.ts`, `${room}/console/static/**/*.js`], { cwd: ROOT }),
    );
    let seen = 0;
    for (const file of files)
      for (const [, before, rest] of read(file).matchAll(/(.?.)\bzerostate ([a-z][^\n"`'\\]*)/g)) {
        // The command ends where the sentence goes on.
        const [line = ''] = (rest ?? '').split(
          /[.,;:)](?:\s|$)| (?:or|and|is|of|there|shows|says|on|with) |\$\{/,
        );
        const words = wordsOf(line);
        const [first = '', second] = words;
        const group = program.commands.find((one) => one.name() === first);
        // In prose the name is followed by any word; after a quotation mark, a colon or a prompt it is a command.
        const isCommand = (file.endsWith('.js') ? /'$/ : /["$]|: $/).test(before ?? '');
        if (first === 'help' || (group === undefined && !isCommand)) continue;
        const found = commandOf(program, words);
        if (found === undefined && !isCommand) continue;
        seen += 1;
        if (group === undefined || (found === undefined && second !== undefined && /^[a-z]+$/.test(second)))
          faults.push(`${file}: zerostate ${words.slice(0, 3).join(' ')}`);
        for (const flag of words.filter((word) => /^--[a-z-]+$/.test(word)))
          if (found?.command.options.every(({ long }) => long !== flag) === true && flag !== '--help')
            faults.push(`${file}: zerostate ${words.join(' ')}: no option ${flag}`);
      }
    assert.ok(seen > 40, `${seen} commands are named`);
    assert.deepEqual([...new Set(faults)], []);
  });

  it('is written in the documents as it is', () => {
    const faults: string[] = [];
    let seen = 0;
    for (const file of [
      'README.md',
      ...globSync('**/*.md', { cwd: ROOT, exclude: ['node_modules', 'dist'] }),
    ]) {
      if (file.includes('node_modules') || file.endsWith('reference/cli.md')) continue;
      const blocks = [...read(file).matchAll(/^```(?:sh|bash|console)?\n([\s\S]*?)^```/gm)];
      for (const [, block] of blocks)
        for (const line of (block ?? '').replaceAll('\\\n', ' ').split('\n')) {
          const [, rest] = /^\s*(?:\$ )?(?:npx )?zerostate ([a-z].*)$/.exec(line) ?? [];
          if (rest === undefined) continue;
          seen += 1;
          const fault = faultOf(program, rest.replaceAll(/<[^>]+>/g, 'x'));
          if (fault !== undefined) faults.push(`${file}: zerostate ${rest}: ${fault}`);
        }
    }
    assert.ok(seen > 40, `${seen} lines`);
    assert.deepEqual(faults, []);
  });
});
